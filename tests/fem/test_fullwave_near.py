"""The field around a body: the series outside a sphere, fringes above mica, and its picture."""

import math

import numpy as np
import pytest
from scipy.special import spherical_jn, spherical_yn

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from mpi4py import MPI  # noqa: E402

from tests.fullwave import GAP, INDEX, MICA, WAVELENGTH, solved  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.optics.mie import scattering_coefficients  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402
from thermosim.visual import near_field  # noqa: E402
from thermosim.visual.report import draw_result  # noqa: E402

R = 0.3e-6
K = 2 * math.pi / WAVELENGTH


def on_axis(z):
    """Return (0, 0, z)."""
    return np.stack([0 * z, 0 * z, z], axis=1)


def behind(radius, distance):
    """|E|² behind a sphere on the axis of the light; Bohren and Huffman, eq. (4.45).

    There pi_n = tau_n = n (n + 1)/2, so that the wave that is scattered is
    ``sum i^n (2n + 1)/2 (i a_n (x h_n)'/x - b_n h_n)``.
    """
    a, b = (
        part.ravel() for part in scattering_coefficients(np.array([INDEX]), np.array([K * radius]))
    )
    n = np.arange(1, len(a) + 1)[:, None]
    x = K * distance
    h = spherical_jn(n, x) + 1j * spherical_yn(n, x)
    before = spherical_jn(n - 1, x) + 1j * spherical_yn(n - 1, x)
    slope = before - n * h / x  # of x h, over x
    wave = 1j**n * (2 * n + 1) / 2 * (1j * a[:, None] * slope - b[:, None] * h)
    return np.abs(np.exp(1j * x) + wave.sum(axis=0)) ** 2


def test_behind_a_sphere_it_is_the_series():
    distance = R + np.array([2e-9, 20e-9, 100e-9, 200e-9])
    found = solved(R).around(on_axis(R - distance), MPI.COMM_SELF)
    assert found == pytest.approx(behind(R, distance), rel=1e-2)
    assert found.max() > 3.0


def test_around_a_sphere_it_is_that_of_scattnlay():
    """python-scattnlay 2.4 at places around a sphere of 0.3 µm, the wave along z, linear along x.

    Peña-Rodríguez and Ladutenko, doi:10.1016/j.cpc.2017.01.017.
    """
    places = np.array(
        [
            [0, 0, 0.305], [0, 0, 0.4], [0.31, 0, 0], [0, 0.31, 0], [0.2, 0.1, 0.25],
            [-0.15, 0.25, -0.2], [0.45, 0, 0.1], [0.05, 0.3, 0.35], [0, 0, -0.32],
        ]
    )  # fmt: skip
    exact = [
        16.44117133, 3.88940277, 0.32907490, 0.62284770, 0.77392089,
        0.61920218, 0.91750806, 0.41464520, 4.76577507,
    ]  # fmt: skip
    # our light comes down: z of theirs is -z of ours
    points = places * [1e-6, 1e-6, -1e-6] + [0, 0, R]
    found = solved(R).around(points, MPI.COMM_SELF)
    assert found == pytest.approx(exact, rel=1e-2)
    assert np.median(np.abs(found / exact - 1)) < 2e-3


def test_nothing_above_mica():
    """A body of index 1 leaves the fringes of the light and its reflection, and what goes in."""
    empty = solved(R, MICA, index=1.0 + 0j)
    z = np.linspace(-0.25e-6, 0.8e-6, 40)
    found = empty.around(on_axis(z), MPI.COMM_SELF)
    r, above = (1 - 1.58) / (1 + 1.58), z + GAP
    exact = np.where(above > 0, np.abs(1 + r * np.exp(2j * K * above)) ** 2, (1 + r) ** 2)
    assert found == pytest.approx(exact, rel=1e-9)


def test_picture_of_a_case(tmp_path):
    """Pixels to both sides of the axis, outlines of body and coating, and the picture."""
    case = parse_case(
        {
            "particle": {"shape": {"kind": "sphere", "radius": "0.2 um"}},
            "laser": {"wavelength": "532 nm", "intensity": "1 kW/cm^2"},
            "optics": {
                "model": "full_wave", "degree": 2, "error_estimate": False,
                "cells_per_wavelength": 1.5, "gap": "20 nm",
                "coatings": [{"thickness": "30 nm", "refractive_index": 1.46}],
            },
            "substrate": {"kind": "slab", "material": "muscovite", "radius": "50 um",
                          "thickness": "20 um"},
            "contact": {"kind": "none"},
            "mesh": {"cells_per_radius": 4},
            "solver": {"error_estimate": False},
        }
    )  # fmt: skip
    simulate(case, tmp_path / "run")
    field = near_field.read_near_field(tmp_path / "run")
    assert field.squared.shape == (len(field.z), len(field.x))
    assert field.squared == pytest.approx(field.squared[:, ::-1], rel=1e-5)
    assert field.around.levels == pytest.approx([-50e-9])
    body, coat = field.around.outlines
    assert np.hypot(coat[:, 0], coat[:, 1] - 0.2e-6) == pytest.approx(0.23e-6, rel=1e-6)
    assert body[-1] == pytest.approx([0.0, 0.4e-6], abs=1e-15)
    assert len(field.x) * len(field.z) <= 2.1 * near_field.MOST
    written = {path.name for path in draw_result(tmp_path / "run")}
    assert "near_field.png" in written
