"""Light in layers at points of space, against its azimuthal modes and Maxwell's equations."""

import math

import numpy as np
import pytest

from thermosim.optics.layered_field import K, Stack, axial_gaussian, axial_wave, field, plane_wave
from thermosim.optics.layered_space import beam_in_space, turned, wave_in_space

MICA = Stack((1.0, 1.58 + 0.01j), (), -0.1)
FILM = Stack((1.0, 2.0, 1.4), (0.3,), 0.05)
POINTS = np.array([[0.3, 0.2, 0.4], [-0.4, 0.1, -0.3], [0.2, -0.5, -0.05], [0.0, 0.35, -0.7]])


def of_modes(angle, p, s, stack, below):
    """The wave toward azimuth 0 as the sum of its modes, m from -30 to 30."""
    r, phi = np.hypot(*POINTS.T[:2]), np.arctan2(POINTS[:, 1], POINTS[:, 0])
    total = np.zeros((len(POINTS), 3), complex)
    for m in range(-30, 31):
        E = field(plane_wave(angle, p, s, m, below=below), stack, r, POINTS[:, 2])
        turn = np.exp(1j * m * phi)
        total += turn[:, None] * np.stack([E[:, 0], 1j * E[:, 2] / r, E[:, 1]], axis=1)
    cos, sin = np.cos(phi), np.sin(phi)
    E_r, E_phi, E_z = total.T
    return np.stack([cos * E_r - sin * E_phi, sin * E_r + cos * E_phi, E_z], axis=1)


@pytest.mark.parametrize(("p", "s"), [(1.0, 0.0), (0.0, 1.0), (0.6, 0.8j)])
@pytest.mark.parametrize("stack", [Stack(), MICA, FILM])
def test_waves_are_sums_of_modes(stack, p, s):
    below = stack is FILM
    ours = wave_in_space(0.7, p, s, stack, below=below)(POINTS)
    assert ours == pytest.approx(of_modes(0.7, p, s, stack, below), abs=1e-12)


def test_azimuth():
    """A wave toward y is one toward x, turned with its vectors."""
    x = wave_in_space(0.5, 1.0, 0.5j, MICA)(POINTS)
    there = np.stack([-POINTS[:, 1], POINTS[:, 0], POINTS[:, 2]], axis=1)
    y = wave_in_space(0.5, 1.0, 0.5j, MICA, azimuth=0.5 * math.pi)(there)
    assert y == pytest.approx(np.stack([-x[:, 1], x[:, 0], x[:, 2]], axis=1), abs=1e-12)
    # it runs toward its azimuth
    step = wave_in_space(0.5, 1.0, 0.0, Stack(), azimuth=0.3)
    places = np.array([[0.0, 0.0, 0.0], [0.01 * math.cos(0.3), 0.01 * math.sin(0.3), 0.0]])
    a, b = step(places)[:, 2]
    assert np.angle(b / a) == pytest.approx(K * 0.01 * math.sin(0.5), rel=1e-6)


def test_light_along_the_axis():
    """The mode of a plane wave is that wave; a focus is brightest, and along x, on the axis."""
    one = beam_in_space(axial_wave(), MICA)(POINTS)
    assert one == pytest.approx(wave_in_space(0.0, 1.0, 0.0, MICA)(POINTS), abs=1e-12)
    beam = beam_in_space(axial_gaussian(0.8, 0.2, 3.0), Stack())
    places = np.array([[0.0, 0.0, 0.2], [1e-6, 1e-6, 0.2], [0.3, 0.0, 0.2], [0.0, 0.3, 0.2]])
    E = beam(places)
    assert E[0] == pytest.approx(E[1], abs=1e-4)
    assert abs(E[0, 0]) == pytest.approx(1.0, rel=1e-6)
    assert abs(E[0, 1:]) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert max(abs(E[2, 0]), abs(E[3, 0])) < 0.9


@pytest.mark.parametrize("off", [0.0, 1e-18, -3e-15, 1e-11, 1e-8])
def test_light_beside_the_axis_is_that_on_it(off):
    """However near it a point lies, and on which side."""
    beam = beam_in_space(axial_gaussian(0.8, 0.2, 3.0), MICA)
    here, there = beam(np.array([[off, -0.5 * off, 0.2], [2e-7, 0.0, 0.2]]))
    assert here == pytest.approx(there, abs=1e-5)


@pytest.mark.parametrize("z", [0.4, -0.5])
def test_maxwell(z):
    """``∇·E = 0`` and ``∇²E = -k² ε E`` in each medium, by differences."""
    h, stack = 1e-3, MICA
    lights = [turned(beam_in_space(axial_gaussian(0.8, 0.2, 3.0), stack), 0.4)]
    lights.append(wave_in_space(0.6, 0.7, 0.4j, stack, azimuth=1.0))
    place = np.array([0.21, -0.13, z])
    for light in lights:
        E = light(place[None])[0]
        forth = [light((place + h * axis)[None])[0] for axis in np.eye(3)]
        back = [light((place - h * axis)[None])[0] for axis in np.eye(3)]
        divergence = sum((forth[i][i] - back[i][i]) / (2 * h) for i in range(3))
        assert abs(divergence) < 2e-4 * K
        waves = sum(forth[i] + back[i] - 2 * E for i in range(3)) / h**2
        assert waves == pytest.approx(-(K**2) * stack.permittivity(np.array([z])) * E, abs=2e-3)
