"""Exchange areas in the plane: closed forms, things in between, openings."""

import numpy as np
import pytest
from scipy.constants import Stefan_Boltzmann as sigma

from thermosim.bodies.viewfactors import close
from thermosim.bodies.viewfactors_planar import Outline, exchange_areas


def wall(a, b, patch, n=8, graded=False):
    """Edges from a to b; the body is to the left of the way, what it sees to the right."""
    s = np.linspace(0, 1, n + 1)
    s = s**2 if graded else s
    points = np.asarray(a, float) + s[:, None] * (np.asarray(b, float) - np.asarray(a, float))
    ends = np.stack([points[:-1], points[1:]], axis=1)
    along = ends[:, 1] - ends[:, 0]
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    patches = patch + np.arange(n) if isinstance(patch, np.int64) else np.full(n, patch)
    return ends, normals, patches


def circle(radius, patch, n, outside=True, centre=(0.0, 0.0)):
    angle = np.linspace(0, 2 * np.pi, n + 1) * (1 if outside else -1)
    points = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1) + centre
    ends = np.stack([points[:-1], points[1:]], axis=1)
    along = ends[:, 1] - ends[:, 0]
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    return ends, normals / np.linalg.norm(normals, axis=1)[:, None], np.full(n, patch)


def outline(*parts):
    return Outline(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def lengths(shape):
    mine = shape.patch >= 0
    size = np.linalg.norm(shape.ends[:, 1] - shape.ends[:, 0], axis=1)
    return np.bincount(shape.patch[mine], size[mine])


@pytest.mark.parametrize("n", [1, 7])
def test_parallel_plates(n):
    """Hottel: √2 - 1 for plates as wide as they are apart."""
    shape = outline(wall((1, 0), (0, 0), 0, n), wall((0, 1), (1, 1), 1, n))
    found = exchange_areas(shape)
    assert found.exchange[0, 1] == pytest.approx(np.sqrt(2) - 1, rel=1e-12)
    assert found.chamber == pytest.approx(2 - np.sqrt(2), rel=1e-12)
    assert np.allclose(close(found, lengths(shape)), found.exchange, rtol=1e-9)


@pytest.mark.parametrize("graded", [False, True])
def test_triangle(graded):
    """3, 4, 5: S_ij = (a_i + a_j - a_k)/2, and nothing leaves."""
    shape = outline(
        wall((0, 0), (0, 3), 0, 6, graded),
        wall((4, 0), (0, 0), 1, 5, graded),
        wall((0, 3), (4, 0), 2, 9, graded),
    )
    found = exchange_areas(shape)
    exact = [[0, 1, 2], [1, 0, 3], [2, 3, 0]]
    assert np.allclose(found.exchange, exact, rtol=0, atol=1e-12)
    assert np.allclose(found.chamber, 0, rtol=0, atol=1e-12)
    assert np.allclose(close(found, lengths(shape)).sum(axis=1), [3, 4, 5], rtol=1e-12)


def test_a_screen_between_plates():
    """Strings drawn around the tip of a screen that hides half: (√2 - 1)/2."""
    for n, off in ((1, 0.1), (12, 0.01)):
        screen = wall((0.5, 0.5), (3, 0.5), -1)
        shape = outline(wall((1, 0), (0, 0), 0, n), wall((0, 1), (1, 1), 1, n), screen)
        assert exchange_areas(shape).exchange[0, 1] == pytest.approx((np.sqrt(2) - 1) / 2, rel=off)


def test_a_wall_between_plates_hides_all():
    screen = wall((-1, 0.5), (3, 0.5), -1)
    shape = outline(wall((1, 0), (0, 0), 0), wall((0, 1), (1, 1), 1), screen)
    found = exchange_areas(shape)
    assert found.exchange[0, 1] == 0


@pytest.mark.parametrize("off_centre", [0.0, 0.3])
def test_cylinder_in_a_cylinder(off_centre):
    """F = 1 from the inner one, r/R back to it, wherever it stands."""
    inner = circle(0.4, 0, 48, outside=True, centre=(off_centre, 0))
    shape = outline(inner, circle(1, 1, 96, outside=False))
    areas = lengths(shape)
    found = exchange_areas(shape)
    assert np.allclose(found.chamber, 0, rtol=0, atol=1e-12)
    assert found.exchange[0, 1] == pytest.approx(areas[0], rel=2e-3)
    closed = close(found, areas)
    assert closed[0, 1] == pytest.approx(areas[0], rel=1e-9)
    assert closed[1, 1] == pytest.approx(areas[1] - areas[0], rel=1e-9)


def test_edges_behind_each_other_see_nothing():
    shape = outline(wall((0, 0), (1, 0), 0), wall((0, 1), (1, 1), 1))
    assert exchange_areas(shape).exchange[0, 1] == 0


def test_an_edge_partly_behind_another():
    """A step: the part of the long wall in front of the short one's line is all that counts."""
    long, short = wall((0, 2), (0, -1), 0, 1), wall((2, 0), (0, 0), 1, 1)
    turned = Outline(long[0], -long[1], long[2])
    shape = outline((turned.ends, turned.normals, turned.patch), short)
    exact = (2 + 2 - np.hypot(2, 2)) / 2
    assert exchange_areas(shape).exchange[0, 1] == pytest.approx(exact, rel=1e-12)


def test_triangular_cavity_resolved_along_its_sides():
    """Isothermal sides 3, 4, 5 m; ε 0.6, 0.4, 0.8; 2 and 1 kW/m² into two, 300 K on the third.

    One radiosity per side gives 640.683 and 598.772 K; resolved along the sides 642.641, 599.606 K.
    """

    def temperatures(n):
        t = (1 - np.cos(np.pi * np.linspace(0, 1, n + 1))) / 2
        parts = []
        corners = ((0, 0), (0, 3)), ((4, 0), (0, 0)), ((0, 3), (4, 0))
        for k, (a, b) in enumerate(corners):
            ends, normals, _ = wall(a, b, 0, n)
            points = np.asarray(a) + t[:, None] * (np.asarray(b) - np.asarray(a))
            ends = np.stack([points[:-1], points[1:]], axis=1)
            parts.append((ends, normals, k * n + np.arange(n)))
        shape = outline(*parts)
        areas, side = lengths(shape), np.repeat([0, 1, 2], n)
        F = close(exchange_areas(shape), areas) / areas[:, None]
        emissivity = np.array([0.6, 0.4, 0.8])[side]
        radiosity = np.linalg.inv(np.eye(3 * n) - (1 - emissivity)[:, None] * F)

        def heat(emission):
            J = radiosity @ (emissivity * emission[side])
            return np.bincount(side, areas * (J - F @ J))

        matrix = np.stack([heat(unit) for unit in np.eye(3)], axis=1)
        cold = sigma * 300**4
        asked = np.array([2000 * 3, 1000 * 5]) - matrix[[0, 2], 1] * cold
        return (np.linalg.solve(matrix[np.ix_([0, 2], [0, 2])], asked) / sigma) ** 0.25

    lumped, fine = temperatures(1), temperatures(40)
    assert lumped == pytest.approx([640.6832, 598.7724], abs=1e-3)
    assert fine == pytest.approx([642.641, 599.606], abs=3e-3)
