"""Cells that are small against the waves of a field interpolate it."""

import numpy as np
import pytest

pytest.importorskip("dolfinx")

from thermosim.light.sampled import sampled


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("size", [0.01, 0.05, 0.3, 1.0, 5.0])
def test_waves_are_met_to_1e_10_with_fewer_points(dim, size):
    import basix

    kind = basix.CellType.triangle if dim == 2 else basix.CellType.tetrahedron
    rule = basix.make_quadrature(kind, 30 if dim == 2 else 14)[0]
    rng = np.random.default_rng(0)
    asked = []

    def field(points):
        asked.append(len(points))
        return 1.0 + np.cos(points @ np.array([0.6, 0.0, 0.8])) ** 2  # wave number 2

    corners = rng.uniform(-5, 5, (40, 1, 3)) + size * rng.uniform(-0.4, 0.4, (40, dim + 1, 3))
    shares = np.column_stack([1.0 - rule.sum(axis=1), rule])
    points = np.einsum("qi,nij->nqj", shares, corners).reshape(-1, 3)
    values = sampled(field, rule, 2.0, np.zeros(3), 100.0)(points)
    exact = field(points)
    np.testing.assert_allclose(values, exact, rtol=1e-10)
    assert sum(asked[:-1]) <= len(points)
    if size <= 0.05:
        assert sum(asked[:-1]) < 0.5 * len(points)


def test_beyond_the_surface_every_point_is_asked():
    """The series has a kink there, which no polynomial follows."""
    import basix

    rule = basix.make_quadrature(basix.CellType.triangle, 30)[0]
    corners = np.array([[0.99, 0, 0], [1.01, 0, 0], [1.0, 0, 0.02]])
    shares = np.column_stack([1.0 - rule.sum(axis=1), rule])
    points = shares @ corners

    def field(x):
        return np.minimum(np.linalg.norm(x, axis=1), 1.0)

    values = sampled(field, rule, 1.0, np.zeros(3), 1.0)(points)
    np.testing.assert_array_equal(values, field(points))
