import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.constants import c, e, h
from scipy.integrate import quad
from scipy.special import j1

from thermosim.optics.beam import Laser, speckle_factor, wavelength_of


def test_default_photon_energy_and_its_wavelength():
    laser = Laser(intensity="3 kW/cm^2")
    assert laser.photon_energy == 2.33 * e
    assert laser.wavelength == pytest.approx(532.1209e-9, rel=1e-6, abs=0)
    assert laser.peak_intensity == pytest.approx(3e7)


def test_wavelength_gives_photon_energy():
    laser = Laser(wavelength="532 nm", intensity=1.0)
    assert laser.photon_energy == pytest.approx(h * c / 532e-9, rel=1e-15, abs=0)
    found = Laser(photon_energy="2 eV", intensity=1.0).wavelength  # rounded to 15 digits
    assert found == pytest.approx(wavelength_of(2 * e), rel=1e-14, abs=0)


def test_section_survives_writing_and_reading():
    laser = Laser(wavelength="500 nm", profile="gaussian", power="1 mW", waist="10 um")
    again = Laser.model_validate(laser.model_dump())
    assert again.model_dump() == laser.model_dump()
    assert Laser.model_validate(laser.model_dump(exclude_unset=True)) == laser


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"photon_energy": "2.33 eV", "wavelength": "600 nm", "intensity": 1.0}, "contradict"),
        ({}, "strength of the beam is missing"),
        ({"profile": "plane", "power": "1 mW"}, "no finite power"),
        ({"intensity": 1.0, "power": 1.0}, "twice"),
        ({"profile": "gaussian", "power": 1.0}, "needs waist"),
        ({"profile": "top_hat", "power": 1.0}, "needs radius"),
        ({"profile": "top_hat", "power": 1.0, "radius": 1.0, "waist": 1.0}, "belongs to"),
        ({"intensity": 1.0, "focus": "1 um"}, "focus"),
        ({"intensity": 1.0, "polarisation_angle": "30 deg"}, "has no meaning"),
        ({"intensity": 1.0, "tilt": "200 deg"}, "less than or equal"),
        ({"intensity": -1.0}, "greater than or equal"),
        ({"intensity": 1.0, "colour": "green"}, "Extra inputs"),
    ],
)
def test_wrong_sections_are_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        Laser(**fields)


def test_gaussian_carries_its_power_through_every_plane():
    laser = Laser(profile="gaussian", power=1e-3, waist=1e-6, focus=2e-6)
    for z in (-2e-6, 0.0, 30e-6):
        through = quad(
            lambda r, z=z: 2 * math.pi * r * float(laser.intensity_at(np.array([[r, 0.0, z]]))[0]),
            0.0,
            2e-4,
            points=[1e-6, 1e-5],
            epsrel=1e-11,
        )[0]
        assert through == pytest.approx(1e-3, rel=1e-9)


def test_gaussian_waist_lies_beyond_the_aim_along_the_beam():
    laser = Laser(profile="gaussian", power=1e-3, waist=1e-6, focus=2e-6)
    axis = laser.intensity_at([[0, 0, -2e-6], [1e-6, 0, -2e-6], [0, 0, 0]])
    z_R = math.pi * 1e-12 / laser.wavelength
    assert axis[0] == pytest.approx(2e-3 / (math.pi * 1e-12), rel=1e-14)
    assert axis[1] / axis[0] == pytest.approx(math.exp(-2), rel=1e-13, abs=0)
    assert axis[2] / axis[0] == pytest.approx(1 / (1 + (2e-6 / z_R) ** 2), rel=1e-13, abs=0)


def test_top_hat_and_aim():
    laser = Laser(profile="top_hat", power="1 mW", radius="5 um", aim=["1 um", "0 um", "0 um"])
    values = laser.intensity_at([[5.9e-6, 0, 3e-6], [6.1e-6, 0, 0], [-3.9e-6, 0, 0]])
    peak = 1e-3 / (math.pi * 25e-12)
    assert values == pytest.approx([peak, 0.0, peak], rel=1e-12)


@settings(max_examples=50)
@given(tilt=st.floats(0, math.pi), azimuth=st.floats(-7, 7), angle=st.floats(-4, 4))
def test_axes_and_fields_are_orthonormal(tilt, azimuth, angle):
    laser = Laser(
        intensity=1.0,
        tilt=tilt,
        azimuth=azimuth,
        polarisation="linear",
        polarisation_angle=angle,
    )
    assert laser.axes @ laser.axes.T == pytest.approx(np.eye(3), abs=1e-14)
    ((share, field),) = laser.field_directions
    assert share == 1.0
    assert float(field @ laser.direction) == pytest.approx(0.0, abs=1e-14)
    assert float(np.linalg.norm(field)) == pytest.approx(1.0, rel=1e-14, abs=0)


def test_tilted_gaussian_is_the_untilted_one_turned():
    shared = {"profile": "gaussian", "power": 1e-3, "waist": 1e-6}
    straight = Laser(**shared)
    tilted = Laser(**shared, tilt="30 deg", azimuth="20 deg")
    points = np.random.default_rng(1).normal(scale=1e-6, size=(20, 3))
    turned = points @ np.diag([1, 1, -1]) @ tilted.axes
    assert tilted.intensity_at(turned) == pytest.approx(
        straight.intensity_at(points), rel=1e-12, abs=0
    )
    assert tilted.direction == pytest.approx(
        [0.5 * math.cos(math.pi / 9), 0.5 * math.sin(math.pi / 9), -math.cos(math.pi / 6)]
    )


def test_unpolarised_light_is_two_halves():
    shares = Laser(intensity=1.0).field_directions
    assert [share for share, _ in shares] == [0.5, 0.5]
    assert np.array([field for _, field in shares]) == pytest.approx(np.eye(3)[:2])


def test_speckle_statistics_and_correlation():
    step, grain = 0.25, 1.0
    axis = np.arange(0, 60, step)
    u, v = (a.ravel() for a in np.meshgrid(axis, axis))
    pattern = speckle_factor(u, v, grain, seed=3)
    assert pattern.mean() == pytest.approx(1.0, abs=0.03)
    assert pattern.std() == pytest.approx(1.0, abs=0.05)
    square = pattern.reshape(axis.size, axis.size) - pattern.mean()
    for lag in (1, 2, 4):
        measured = (square[:, lag:] * square[:, :-lag]).mean() / square.var()
        argument = 3.8317059702 * lag * step / grain
        assert measured == pytest.approx((2 * j1(argument) / argument) ** 2, abs=0.03)
    again = speckle_factor(u[:10], v[:10], grain, seed=3)
    assert again == pytest.approx(pattern[:10], rel=1e-12, abs=0)
    assert not np.allclose(speckle_factor(u[:10], v[:10], grain, seed=4), again)


def test_speckle_contrast_scales_the_fluctuation():
    points = np.random.default_rng(0).uniform(0, 1e-4, (500, 3))
    half = Laser(intensity=2.0, speckle={"grain": "1 um", "contrast": 0.5}).intensity_at(points)
    full = Laser(intensity=2.0, speckle={"grain": "1 um"}).intensity_at(points)
    assert half - 2.0 == pytest.approx(0.5 * (full - 2.0), rel=1e-12, abs=0)


def test_spectrum_has_the_mean_and_width_of_the_line():
    laser = Laser(intensity=1.0, linewidth="10 meV")
    energies, weights = np.array(laser.spectrum()).T
    assert weights.sum() == pytest.approx(1.0, rel=1e-14, abs=0)
    assert weights @ energies == pytest.approx(laser.photon_energy, rel=1e-14, abs=0)
    sigma = math.sqrt(weights @ (energies - laser.photon_energy) ** 2)
    assert sigma == pytest.approx(0.01 * e / 2.3548200450309493, rel=1e-9, abs=0)
    assert Laser(intensity=1.0).spectrum() == ((laser.photon_energy, 1.0),)
