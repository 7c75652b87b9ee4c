"""The light in a sphere of a case: which layers, which distance, which beam it means."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from thermosim.errors import CaseError
from thermosim.optics.axial import gaussian_area, gaussian_waves, plane_wave
from thermosim.optics.beam import Laser
from thermosim.optics.mie import extinction_coefficient
from thermosim.optics.mie_layers import PlaneLayers, lit_sphere
from thermosim.optics.model import MieOptics
from thermosim.optics.rules import optics_problems
from thermosim.optics.sphere_light import light_in_sphere

R, N, ALPHA = 0.3e-6, 1.9, 2.4e4
PLANE = Laser(wavelength=532e-9, intensity=2.0)
K = 2 * math.pi / 532e-9
INDEX = complex(N, extinction_coefficient(ALPHA, 532e-9))
CENTRE = (0.0, 0.0, R)
MICA = (1.58 + 0j, 20e-6)


def over(gap, indices, thicknesses=(), light=None):
    layers = PlaneLayers(K * (R + gap), indices, thicknesses)
    return lit_sphere(INDEX, K * R, light or plane_wave(), layers)


def test_a_substrate_is_seen_when_asked_for():
    alone = light_in_sphere(MieOptics(), PLANE, R, CENTRE, N, ALPHA, [MICA])
    touching = light_in_sphere(MieOptics(substrate=True), PLANE, R, CENTRE, N, ALPHA, [MICA])
    assert alone.efficiency("Q_ext") == pytest.approx(lit_sphere(INDEX, K * R, plane_wave()).Q_ext)
    wanted = over(0.0, (1.58 + 0j,))
    assert touching.efficiency("Q_ext") == pytest.approx(wanted.Q_ext, rel=1e-12)
    power = wanted.Q_abs * math.pi * R**2 * 2.0
    assert touching.absorbed == pytest.approx(power, rel=1e-12, abs=0)


def test_distance_is_gap_and_height():
    """The sphere of a contact that cuts it is taken whole."""
    optics = MieOptics(substrate=True, gap=30e-9)
    for height, gap in ((0.0, 30e-9), (20e-9, 50e-9), (-5e-9, 30e-9)):
        centre = (0.0, 0.0, R + height)
        found = light_in_sphere(optics, PLANE, R, centre, N, ALPHA, [MICA])
        wanted = over(gap, (1.58 + 0j,)).Q_ext
        assert found.efficiency("Q_ext") == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("below", "indices", "thicknesses"),
    [
        ([(1.58, 1e-6)], (1.58, 1.0), (K * 1e-6,)),  # a thin film on nothing
        ([(2.0, 1e-7), (1.58, 20e-6), (3.0, 1e-7)], (2.0, 1.58), (K * 1e-7,)),
    ],
)
def test_thin_layers_interfere_and_thick_ones_go_down_for_ever(below, indices, thicknesses):
    optics = MieOptics(substrate=True, gap=50e-9)
    found = light_in_sphere(optics, PLANE, R, CENTRE, N, ALPHA, below)
    wanted = over(50e-9, indices, thicknesses)
    assert found.efficiency("Q_abs") == pytest.approx(wanted.Q_abs, rel=1e-12, abs=0)


def test_a_beam_is_focused_where_the_laser_says():
    laser = Laser(
        wavelength=532e-9, profile="gaussian", waist=0.4e-6, power=1e-3,
        focus=0.2e-6, aim=(0.0, 0.0, R + 0.1e-6),
    )  # fmt: skip
    optics = MieOptics(substrate=True, gap=50e-9)
    found = light_in_sphere(optics, laser, R, CENTRE, N, ALPHA, [MICA])
    # down is along z of the waves: 0.1 um above the centre, and 0.2 um further
    light = gaussian_waves(K * 0.4e-6, K * 0.1e-6, 40.0)
    wanted = over(50e-9, (1.58 + 0j,), light=light)
    assert found.efficiency("Q_ext") == pytest.approx(wanted.Q_ext, rel=1e-10)
    assert found.incident == pytest.approx(1e-3 * K**2 / gaussian_area(K * 0.4e-6), rel=1e-12)
    given = laser.model_copy(update={"power": None, "intensity": 5.0})
    assert light_in_sphere(optics, given, R, CENTRE, N, ALPHA, [MICA]).incident == 5.0


def test_a_wide_beam_is_a_plane_wave():
    wide = Laser(wavelength=532e-9, profile="gaussian", waist=50e-6, intensity=2.0)
    points = np.array(CENTRE) + R * np.array([[0.5, 0, 0], [0, 0.3, -0.8], [0, 0, 0.2]])
    for optics in (MieOptics(), MieOptics(substrate=True)):
        one, other = (
            light_in_sphere(optics, laser, R, CENTRE, N, ALPHA, [MICA]) for laser in (wide, PLANE)
        )
        assert one.intensity(points) == pytest.approx(other.intensity(points), rel=1e-4)


def test_light_from_above_meets_the_far_side_last():
    """The bright side of a sphere over mica is below, as without it; a mirror lights it again."""
    low, high = ([[0.0, 0.0, R + s * 0.9 * R]] for s in (-1, 1))
    found = light_in_sphere(MieOptics(substrate=True), PLANE, R, CENTRE, N, ALPHA, [MICA])
    assert found.intensity(low)[0] > 3 * found.intensity(high)[0]


def test_spheres_that_touch_metal_are_refused_with_a_remedy():
    with pytest.raises(CaseError, match=r"does not settle.*optics\.gap"):
        light_in_sphere(MieOptics(substrate=True), PLANE, R, CENTRE, N, ALPHA, [(0.05 + 2.5j, 1.0)])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"gap": "10 nm"}, "add substrate = true"),
        ({"substrate": True, "average": "orientation"}, "light along the normal"),
        ({"substrate": 1}, "boolean"),
    ],
)
def test_sections_that_make_no_sense_are_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        MieOptics.model_validate(given)


def test_tilted_light_over_a_substrate_is_refused():
    def problems(tilt):
        laser = Laser(intensity=1.0, tilt=tilt)
        optics = MieOptics(substrate=True)
        return list(optics_problems(optics, laser, None, "3d", known=True, transient=False))

    assert not problems(0.0)
    for tilt in (0.3, math.pi):
        (problem,) = problems(tilt)
        assert problem.path == "optics.substrate"
