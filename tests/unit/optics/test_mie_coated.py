"""Coated spheres: limits in which a coating is not there, or all there is."""

import numpy as np
import pytest

from thermosim.optics.mie import mie_efficiencies, scattering_coefficients
from thermosim.optics.mie_coated import largest_count, scatterer, surface_waves


@pytest.mark.parametrize(("m", "x"), [(1.9 + 1e-3j, 3.5), (0.54 + 2.23j, 2.0), (1.5 + 1j, 60.0)])
def test_a_bare_sphere_is_that_of_the_mie_series(m, x):
    a, b = scattering_coefficients(np.array([m]), np.array([x]))
    found = scatterer((m,), (x,), len(a))
    np.testing.assert_allclose(found.a * found.scale**2, a[:, 0], rtol=1e-8)
    np.testing.assert_allclose(found.b * found.scale**2, b[:, 0], rtol=1e-8)
    efficiencies = [float(Q) for Q in mie_efficiencies(m, x)[:3]]
    assert found.efficiencies(x) == pytest.approx(efficiencies, rel=1e-12)
    assert np.all(np.abs(found.a[np.arange(1, len(a) + 1) > x]) < 20)


@pytest.mark.parametrize("m", [1.9 + 1e-3j, 0.54 + 2.23j])
def test_coatings_of_one_material_are_one_sphere(m):
    one = scatterer((m,), (5.0,), 30)
    for parts in ((2.0, 5.0), (4.999, 5.0), (1e-3, 5.0), (1.0, 2.0, 3.0, 5.0)):
        found = scatterer((m,) * len(parts), parts, 30)
        assert found.efficiencies(5.0) == pytest.approx(one.efficiencies(5.0), rel=1e-11)


def test_a_coating_of_index_one_is_not_there():
    Q = mie_efficiencies(1.9 + 0.1j, 3.0)
    found = scatterer((1.9 + 0.1j, 1.0), (3.0, 5.0), 30).efficiencies(5.0)
    assert found[0] * 25 == pytest.approx(float(Q[0]) * 9, rel=1e-11)
    assert found[1] * 25 == pytest.approx(float(Q[1]) * 9, rel=1e-11)


def test_a_thick_coating_that_absorbs_hides_the_core():
    dark = mie_efficiencies(1.5 + 1j, 100.0)
    for core in (1.33, 0.05 + 3j):
        found = scatterer((core, 1.5 + 1j), (50.0, 100.0), 140).efficiencies(100.0)
        assert found[:2] == pytest.approx([float(dark[0]), float(dark[1])], rel=1e-10)


def test_a_tiny_coated_sphere_is_that_of_electrostatics():
    """Bohren and Huffman (1983), eq. (5.36)."""
    x, f = 1e-3, 0.6**3
    e1, e2 = (1.9 + 0.2j) ** 2, (1.3 + 0.1j) ** 2
    above = (e2 - 1) * (e1 + 2 * e2) + f * (e1 - e2) * (1 + 2 * e2)
    below = (e2 + 2) * (e1 + 2 * e2) + f * (2 * e2 - 2) * (e1 - e2)
    found = scatterer((1.9 + 0.2j, 1.3 + 0.1j), (0.6 * x, x), 5).efficiencies(x)
    assert found[0] == pytest.approx(4 * x * (above / below).imag, rel=1e-4)


@pytest.mark.parametrize("x", [1e-3, 0.5, 3.5, 120.0])
def test_the_scale_keeps_numbers_small(x):
    count = largest_count(x, 1000)
    psi, xi, scale = surface_waves(x, count)
    assert np.isfinite(xi).all()
    assert (psi != 0).all()
    beyond = np.arange(1, count + 1) > x
    assert np.abs(psi[1:] / scale)[beyond].max() < 2
    assert (np.abs(xi[1:]) * scale)[beyond].max() < 2
    assert np.all(scale[~beyond] == 1.0)
