"""Coated bodies in full wave optics, against the series of coated spheres."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from tests.fullwave import (  # noqa: E402
    INDEX,
    MICA,
    QUICK,
    WAVELENGTH,
    efficiencies,
    field_errors,
    of_mie,
    series,
    solved,
)
from thermosim.optics.layered_field import Stack  # noqa: E402
from thermosim.optics.mie_coated import scatterer  # noqa: E402
from thermosim.optics.model import Coating  # noqa: E402
from thermosim.shapes import SphericalCap  # noqa: E402

R = 0.3e-6
LAYERS = ((50e-9, 1.46), (30e-9, 2.2))


def coated(*layers):
    coatings = tuple(Coating(thickness=d, refractive_index=n) for d, n in layers)
    return QUICK.model_copy(update={"coatings": coatings})


@pytest.mark.parametrize("layers", [LAYERS[:1], LAYERS], ids=["one", "two"])
def test_coated_sphere_is_that_of_the_series(layers):
    radii = R + np.concatenate([[0.0], np.cumsum([d for d, _ in layers])])
    x = tuple(2 * math.pi * radii / WAVELENGTH)
    Q_ext, Q_sca, _ = scatterer((INDEX, *(n for _, n in layers)), x, 25).efficiencies(x[0])
    ext, absorbed, sca = efficiencies(solved(R, optics=coated(*layers)), R)
    assert ext == pytest.approx(Q_ext, rel=3e-4)
    assert sca == pytest.approx(Q_sca, rel=3e-4)
    assert absorbed == pytest.approx(Q_ext - Q_sca, rel=1e-3)
    assert Q_ext != pytest.approx(of_mie(R)[0], rel=0.02)


def test_a_coating_of_nothing():
    """Of index 1 it changes nothing but the mesh: alone, and above mica."""
    nothing = coated((50e-9, 1.0))
    found = solved(R, optics=nothing)
    assert efficiencies(found, R) == pytest.approx(of_mie(R), rel=3e-4)
    assert field_errors(found, R)[0] < 2e-3
    Q = efficiencies(solved(R, MICA, optics=coated((20e-9, 1.0))), R)
    assert Q[:2] == pytest.approx(series(R), rel=3e-4)


def test_a_coating_of_the_body_is_a_larger_body():
    """A cap on its flat base, coated by what it is made of: a larger cap but for its rim."""
    shape = SphericalCap(base_radius=0.2e-6, cap_height=0.15e-6)
    bare = solved(R, Stack((1.0, 1.58)), shape=shape, contact=50e-9)
    same = solved(
        R, Stack((1.0, 1.58)), shape=shape, contact=50e-9, optics=coated((20e-9, INDEX.real))
    )
    wider = SphericalCap(base_radius=0.22e-6, cap_height=0.17e-6)
    larger = solved(R, Stack((1.0, 1.58)), shape=wider, contact=50e-9)
    w = [one.best.powers.extinction for one in (bare, same, larger)]
    assert abs(same.balance) < 1e-3
    assert w[1] == pytest.approx(w[2], rel=0.05)
    assert w[1] > 1.2 * w[0]


def test_mica_below_a_cut_sphere_with_a_coating():
    """The coating ends on the substrate, beside the contact."""
    found = solved(0.2e-6, Stack((1.0, 1.58)), contact=40e-9, optics=coated((20e-9, 1.46)))
    assert abs(found.balance) < 1e-3
    bare = solved(0.2e-6, Stack((1.0, 1.58)), contact=40e-9)
    assert found.best.powers.extinction > bare.best.powers.extinction
