"""Plane waves about an axis: their spherical waves, and the focused Gaussian beam."""

import math

import numpy as np
import pytest
from scipy.special import lpmv

from thermosim.optics.axial import (
    PlaneWaves,
    angular_functions,
    gaussian_area,
    gaussian_waves,
    plane_wave,
)
from thermosim.optics.beam import gaussian_profile
from thermosim.optics.mie_layers import lit_sphere

POINTS = np.array([[0.0, 0.2], [0.9, -0.5], [1.7, 0.8], [0.4, 2.0]])  # rho, z in 1/k


def direct_field(light, rho, z):
    """E_x in the plane y = 0, E_y over (0, rho), and E_z, by brute force over the azimuth."""
    beta = 2 * np.pi * (np.arange(400) + 0.5) / 400
    mu, B = np.meshgrid(light.mu, beta, indexing="ij")
    kappa = np.sqrt(1 - mu**2 + 0j)
    p, s = (light.weight * light.A_p)[:, None], (light.weight * light.A_s)[:, None]
    E_x = p * np.cos(B) ** 2 * mu + s * np.sin(B) ** 2
    E_z = -p * np.cos(B) * kappa
    wave = np.exp(1j * mu * z)
    along_x = np.exp(1j * kappa * rho * np.cos(B))
    along_y = np.exp(1j * kappa * rho * np.sin(B))
    return [(E * wave * w).sum() / 400 for E, w in ((E_x, along_x), (E_x, along_y), (E_z, along_x))]


def series_field(sphere, rho, z):
    """Return the same from the spherical waves."""
    r = np.hypot(rho, z)
    mu, sine = z / r, rho / r
    A_r, A_theta, A_phi = sphere.amplitudes(np.array([r / sphere.x]), np.array([mu]))
    return [
        (A_r * sine + A_theta * mu)[0],
        A_phi[0],
        (A_r * mu - A_theta * sine)[0],
    ]


def test_angular_functions_are_those_of_legendre():
    mu = np.array([-0.7, 0.2, 0.999])
    pi, tau = angular_functions(mu, 6)
    for n in range(1, 7):
        # SciPy counts the phase of Condon and Shortley
        assert pi[n - 1] == pytest.approx(-lpmv(1, n, mu) / np.sqrt(1 - mu**2), rel=1e-12)
        step = 1e-6
        slope = (lpmv(1, n, mu + step * 0.1) - lpmv(1, n, mu - step * 0.1)) / (0.2 * step)
        assert tau[n - 1] == pytest.approx(np.sqrt(1 - mu**2) * slope, rel=1e-6)
    scale = np.geomspace(1.0, 1e-9, 6)
    scaled = angular_functions(mu + 0.3j, 6, scale, 2.0)
    for one, other in zip(scaled, angular_functions(mu + 0.3j, 6), strict=True):
        np.testing.assert_allclose(one, 2.0 * scale[:, None] * other, rtol=1e-12)


def test_a_plane_wave_has_all_coefficients_one():
    p, q = plane_wave().regular(80)
    assert np.array_equal(p, np.ones(80))
    assert np.array_equal(q, np.ones(80))


@pytest.mark.parametrize(
    "light",
    [
        gaussian_waves(4.7, 1.3, 30.0),
        gaussian_waves(2.0, 0.0, 30.0),
        # unlike amplitudes of p and s, upward and downward
        PlaneWaves(np.array([0.4, -0.8]), np.array([1.0, 0.5j]), np.array([2.0, 1j]), np.ones(2)),
    ],
    ids=["beam", "tight beam", "two cones"],
)
def test_spherical_waves_are_the_same_light(light):
    """In a sphere of index 1 the field is that of the light itself."""
    inside = lit_sphere(1.0, 4.0, light, terms=30).inside
    for rho, z in POINTS:
        direct, series = direct_field(light, rho, z), series_field(inside, rho, z)
        np.testing.assert_allclose(series, direct, atol=1e-11)


def test_a_wide_beam_is_that_of_paraxial_optics():
    """1e-4 is the square of the angle, 2/(k waist)²."""
    waist, focus = 200.0, 3000.0
    light = gaussian_waves(waist, focus, 2e4)
    assert abs(light.field(focus)) == pytest.approx(1.0, abs=1e-12)
    for z in (0.0, -2e4, 1.2e4):
        paraxial = gaussian_profile(z - focus, 0.0, waist, 2 * np.pi)
        assert abs(light.field(z)) ** 2 == pytest.approx(float(paraxial), rel=2e-4)
    assert gaussian_area(waist) == pytest.approx(math.pi * waist**2 / 2, rel=1e-4)


def test_power_of_a_tight_beam_is_its_flux():
    """Through a plane, by fields: H is E turned by 90 degrees, so E_x over y stands for H_y."""
    waist, (nodes, weights) = 5.0, np.polynomial.legendre.leggauss(40)
    light, flux = gaussian_waves(waist, 0.0, 1.0), 0.0
    for r, weight in zip(10 + 10 * nodes, 10 * weights, strict=True):
        E_x, H_y, _ = direct_field(light, r, 0.5)
        flux += (E_x * np.conj(H_y)).real * 2 * np.pi * r * weight
    assert flux == pytest.approx(gaussian_area(waist), rel=1e-5)
    assert gaussian_area(waist) > 1.02 * math.pi * waist**2 / 2
