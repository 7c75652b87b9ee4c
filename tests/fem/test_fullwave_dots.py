"""Dots in a body: the rate at which they radiate, against closed forms."""

import cmath
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import spherical_jn, spherical_yn

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from mpi4py import MPI  # noqa: E402

from tests.fullwave import GAP, MICA, QUICK, WAVELENGTH, laser  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.light.fullwave.dots import emission, spread  # noqa: E402
from thermosim.light.fullwave.solution import Task  # noqa: E402
from thermosim.optics.layered_field import Stack  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402
from thermosim.shapes import Sphere  # noqa: E402

R = 0.2e-6


def dots(places, index, stack=None):
    profile = Sphere(radius=R).profile(0.0)
    task = Task(profile, index + 0j, stack or Stack(), laser(), QUICK)
    return emission(task, np.array(places), MPI.COMM_SELF)


def above(height, n):
    """Rates of dipoles across and along the normal of a half-space; Novotny and Hecht, 10.4."""
    x = 2 * math.pi / WAVELENGTH * height

    def parts(s):
        mu, inside = cmath.sqrt(1 - s**2), cmath.sqrt(n**2 - s**2)
        turn = cmath.exp(2j * x * mu) * s / mu
        r_s = (mu - inside) / (mu + inside)
        r_p = (n**2 * mu - inside) / (n**2 * mu + inside)
        return 0.75 * (r_s - mu**2 * r_p) * turn, 1.5 * s**2 * r_p * turn

    def total(i):
        # s = sin(t), then cosh(t): no root at s = 1
        first = quad(lambda t: (parts(math.sin(t))[i] * math.cos(t)).real, 0, math.pi / 2)[0]
        far = math.acosh(1 + 20 / x)
        return first + quad(lambda t: (parts(math.cosh(t))[i] * math.sinh(t)).real, 0, far)[0]

    return 1 + total(0), 1 + total(1)


def in_the_centre(m):
    """The rate of a dipole in the centre of a sphere over that in its medium endlessly.

    The wave of n = 1 that comes back, from the continuity of its fields across and along.
    """
    x = 2 * math.pi * R / WAVELENGTH
    y = m * x

    def waves(z):
        j, h = spherical_jn(1, z), spherical_jn(1, z) + 1j * spherical_yn(1, z)
        dj = spherical_jn(1, z, True)
        dh = dj + 1j * spherical_yn(1, z, True)
        return z * j, j + z * dj, z * h, h + z * dh

    psi, dpsi, xi, dxi = waves(y)
    _, _, out, dout = waves(x)
    return 1 - ((dxi * out - m * xi * dout) / (dpsi * out - m * psi * dout)).real


def test_in_nothing_every_dot_radiates_alike():
    found = dots([[0.0, R], [0.1e-6, R], [0.1e-6, 1.7 * R], [0.19e-6, R]], 1.0)
    assert found.purcell == pytest.approx(1.0, rel=2e-3)
    assert found.mean == pytest.approx(1.0, rel=2e-3)


def test_above_mica():
    found = dots([[0.0, 0.02e-6], [0.1e-6, R], [0.0, 1.9 * R]], 1.0, MICA)
    for (_, z), (radial, around, upright) in zip(found.points, found.purcell, strict=True):
        across, along = above(z + GAP, 1.58)
        assert (radial, around) == pytest.approx((across, across), rel=5e-3)
        assert upright == pytest.approx(along, rel=5e-3)
    assert found.purcell.max() > 1.1


def test_in_the_centre_of_a_sphere():
    """The point of the rule next to it is not it: the rate goes with the square of the distance."""
    found = dots([[0.0, R]], 1.9)
    assert np.hypot(found.points[0, 0], found.points[0, 1] - R) < 0.03e-6
    exact = in_the_centre(1.9)
    assert found.purcell[0] == pytest.approx(exact, rel=0.03)
    assert abs(exact - 1) > 0.1


def test_places_are_spread_evenly():
    """A quarter of the dots in each quarter of a ball's volume by distance, and by height."""
    places = spread(Sphere(radius=1.0).profile(0.0), 1000)
    far = np.hypot(places[:, 0], places[:, 1] - 1.0)
    assert np.histogram(far**3, [0, 0.25, 0.5, 0.75, 1.001])[0] == pytest.approx(250, abs=12)
    assert np.median(places[:, 1]) == pytest.approx(1.0, abs=5e-3)


def case_of(**optics):
    return parse_case(
        {
            "particle": {"shape": {"kind": "sphere", "radius": "0.02 um"}},
            "laser": {"wavelength": "532 nm", "intensity": "1 W/cm^2"},
            "optics": {
                "model": "full_wave", "degree": 3, "error_estimate": False,
                "cells_per_wavelength": 2.0, "purcell_places": 8, "refractive_index": 1.9,
                **optics,
            },
            "gain": {"recombination": {"kind": "trion_biexciton", "eta_X": 0.9},
                     "escape": {"kind": "none"}},
            "contact": {"kind": "none"},
            "mesh": {"cells_per_radius": 4},
            "solver": {"error_estimate": False},
            "uncertainty": {"method": "none"},
        }
    )  # fmt: skip


def test_a_case_tells_it():
    found = simulate(case_of()).summary
    low, mean, high = (found[f"optics_purcell_{name}"] for name in ("min", "mean", "max"))
    # small against the wavelength: (3/(n² + 2))²/n of the rate in the crystal, wherever they are
    assert low < mean < high < 1.1 * low
    assert mean == pytest.approx((3 / (1.9**2 + 2)) ** 2 / 1.9, rel=0.1)
    assert found["eta_ext_low_intensity"] == pytest.approx(0.9)
    assert found["f_escape"] == 1.0  # not that of these dots, which nobody asked for
    assert found["optics_reabsorbed_fraction"] > 0.0


def test_the_gain_takes_it_where_asked():
    """Dots in a speck radiate slowly, and more of what they absorb is heat."""
    found = simulate(case_of(purcell_in_gain=True)).summary
    F = found["optics_purcell_mean"]
    assert F < 0.2
    assert found["eta_ext_low_intensity"] == pytest.approx(0.9 * F / (0.9 * F + 0.1), rel=1e-6)


def test_metal_is_refused():
    with pytest.raises(CaseError, match="quenched"):
        dots([[0.0, R]], 1.9, Stack((1.0, 0.5 + 2.2j), (), -0.1))
