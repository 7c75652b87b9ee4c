"""Heat on its way through a particle to its contact, against closed forms and finite elements."""

import math

import numpy as np
import pytest

from thermosim.limits.inside import (
    crossing_resistances,
    flat_resistance,
    interface_resistance,
    neumann,
    pointed_resistance,
    sphere_resistance,
    surface_shift,
)

K = 0.3


@pytest.mark.parametrize(
    ("share", "expected"),
    # third-degree elements on fine meshes, contact on an ideal conductor; ± 2e-5
    [(0.02, 1.0152768), (0.05, 1.0232329), (0.1, 1.0230974), (0.2, 0.9971039), (0.3, 0.9504314),
     (0.5, 0.8210298), (0.7, 0.6658467), (0.9, 0.4907988)],
)  # fmt: skip
def test_sphere_on_a_disk(share, expected):
    found = sphere_resistance(5e-6, share * 5e-6, K) * 4 * K * share * 5e-6
    assert found == pytest.approx(expected, rel=5e-5)


def test_a_small_disk_on_a_sphere_is_a_half_space_and_a_logarithm():
    for e in (1e-5, 1e-3):
        found = sphere_resistance(1.0, e, K) * 4 * K * e
        series = 1 + e / math.pi * (math.log(2 / e) - 0.8 - 2 * math.log(2))
        assert found - 1 == pytest.approx(series - 1, rel=2e-3)


def ball(n=40, around=1):
    x, w = np.polynomial.legendre.leggauss(n)
    s, w_s = (1 + x) / 2, w / 2 * 3 * ((1 + x) / 2) ** 2
    S, M = np.meshgrid(s, x, indexing="ij")
    points = np.stack([S * np.sqrt(1 - M**2), 0 * S, S * M], axis=-1).reshape(-1, 3)
    return points, np.outer(w_s, w / 2).ravel()


def test_neumann_has_no_mean_and_draws_evenly():
    points, weight = ball()
    assert neumann(points, 1.0) @ weight == pytest.approx(0, abs=3e-3)
    at, step = np.array([0.1, 0.2, 0.3]), 1e-3
    around = [at + sign * step * axis for axis in np.eye(3) for sign in (1, -1)]
    curved = (neumann(np.array(around), 1.0).sum() - 6 * neumann(at[None], 1.0)[0]) / step**2
    assert curved == pytest.approx(3.0, rel=1e-4)  # 4πkR times 1/(kV)
    rim = np.array([0.6, 0.0, 0.8])
    slope = neumann(np.array([rim, 0.999 * rim]), 1.0)
    assert (slope[0] - slope[1]) / 1e-3 == pytest.approx(0, abs=1e-2)  # no flux through the rest


def test_surface_of_a_sphere_heated_evenly():
    q, R = 1e7, 5e-6
    heat = q * 4 / 3 * math.pi * R**3
    assert surface_shift(heat, R, K) == pytest.approx(-q * R**2 / (15 * K), rel=1e-12)


def test_flat_bodies():
    a = 2e-6
    half_ball = 2 / 3 * math.pi * a**3
    small = flat_resistance(half_ball, 1e-3 * a, K) * 4 * K * 1e-3 * a
    assert 1 - small == pytest.approx(18 / (5 * math.pi) * 1e-3, rel=1e-3)
    # third-degree elements, contact on an ideal conductor
    for share, expected in {
        0.15: 0.8295363,
        0.5: 0.4827439,
        0.9: 0.3148114,
        1.0: 0.3339412,
    }.items():
        found = flat_resistance(half_ball, share * a, K) * 4 * K * share * a
        assert found == pytest.approx(expected, rel=5e-4)


def test_pointed_bodies():
    """Blunt: a half-space. A needle: a rod that widens, depth/(kπb²)."""
    b = 1e-7
    assert pointed_resistance(1e-6 * b, b, K) == pytest.approx(1 / (4 * K * b), rel=1e-5)
    needle = pointed_resistance(100 * b, b, K)
    assert needle == pytest.approx(100 * b / (K * math.pi * b**2), rel=1e-3)


@pytest.mark.parametrize(("biot", "expected"), [(0.01, 1.0898672), (1, 1.0797357), (10, 1.0467932)])
def test_interface_between_even_and_isothermal_flux(biot, expected):
    """Third-degree elements, b/R = 0.01, less 1/(πb²h_c)."""
    b = 5e-8
    spreading = sphere_resistance(5e-6, b, K)
    h_c = biot * K / b
    alone = 1 / (math.pi * b**2 * h_c)
    found = spreading + interface_resistance(b, h_c, spreading) - alone
    assert found * 4 * K * b == pytest.approx(expected, rel=2e-3)


def test_crossing_of_rings():
    """An even disk: 8/(3π²a) with itself, and a ring far out sees the contact as a point."""
    edges = np.linspace(0, 1, 401)
    r, share = (edges[1:] + edges[:-1]) / 2, np.diff(edges**2)
    own, _ = crossing_resistances(r, share, 1e-6)
    assert own == pytest.approx(8 / (3 * math.pi**2), rel=1e-2)
    _, mutual = crossing_resistances(np.array([1.0, 1.001]), np.array([0.5, 0.5]), 1e-3)
    assert mutual == pytest.approx(1 / (2 * math.pi), rel=1e-3)
