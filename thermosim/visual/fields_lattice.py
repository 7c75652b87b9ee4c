"""Curved simplices: reference nodes in VTK's order, shape functions, regular subdivision."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, permutations, product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ALONG = {1: (), 2: (0.5,), 3: (0.5 - 0.05**0.5, 0.5 + 0.05**0.5)}  # Gauss-Lobatto
EDGES = {2: ((0, 1), (1, 2), (2, 0)), 3: ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3))}
FACES = ((0, 1, 3), (1, 2, 3), (2, 0, 3), (0, 2, 1))
"""Faces of a tetrahedron, by vertices, in VTK's order."""


@cache
def nodes(dim: int, degree: int) -> Floats:
    """Return barycentric coordinates of the nodes of a Lagrange simplex, shape (k, dim + 1).

    VTK's order: vertices, edges from first to second vertex, faces, inside; degree 1 to 3. The
    nodes of degree 3 stand at Gauss-Lobatto points, where DOLFINx has and writes them.
    """
    corners = np.eye(dim + 1)
    found = list(corners)
    for a, b in EDGES[dim]:
        found += [corners[a] + (corners[b] - corners[a]) * t for t in _ALONG[degree]]
    if degree == 3:
        middles = ((0, 1, 2),) if dim == 2 else FACES
        found += [corners[list(face)].mean(axis=0) for face in middles]
    return np.array(found)


def basis(dim: int, degree: int, at: Floats) -> Floats:
    """Return the shape functions at barycentric coordinates `at` (p, dim + 1), shape (p, k)."""
    return np.asarray(
        np.linalg.solve(_monomials(nodes(dim, degree), degree).T, _monomials(at, degree).T).T
    )


def _monomials(at: Floats, degree: int) -> Floats:
    """Return all products of the free coordinates up to `degree`, shape (p, k)."""
    free = at[:, 1:].T
    powers = product(range(degree + 1), repeat=len(free))
    columns = [
        np.prod([x**p for x, p in zip(free, q, strict=True)], axis=0)
        for q in powers
        if sum(q) <= degree
    ]
    return np.stack(columns, axis=1)


@cache
def subdivision(dim: int, parts: int) -> tuple[Floats, Ints]:
    """Divide a simplex into parts**dim: barycentric coordinates (p, dim + 1) and cells.

    Kuhn's: the simplex is n >= x >= y (>= z) >= 0 of a lattice of cubes, each cut the same way.
    """
    steps = [s for s in product(range(parts + 1), repeat=dim) if _descends(s)]
    number = {s: i for i, s in enumerate(steps)}
    cells = []
    for corner in product(range(parts), repeat=dim):
        for order in permutations(range(dim)):
            path = [corner]
            for axis in order:
                path.append(tuple(c + (i == axis) for i, c in enumerate(path[-1])))
            if all(step in number for step in path):
                cells.append([number[step] for step in path])
    lattice = np.array(steps, dtype=float)
    bounds = np.hstack([np.full((len(steps), 1), float(parts)), lattice, np.zeros((len(steps), 1))])
    return -np.diff(bounds, axis=1) / parts, np.array(cells)


def _descends(step: tuple[int, ...]) -> bool:
    return all(a >= b for a, b in pairwise(step))


def edge_points(dim: int, edge: tuple[int, int], parts: int) -> Floats:
    """Return barycentric coordinates along an edge, ends included, shape (parts + 1, dim + 1)."""
    along = np.linspace(0.0, 1.0, parts + 1)[:, None]
    corners = np.eye(dim + 1)
    return np.asarray(corners[edge[0]] * (1 - along) + corners[edge[1]] * along)


@cache
def face_nodes(degree: int) -> tuple[Ints, ...]:
    """Return, per face of a tetrahedron, its nodes in the order of a triangle's nodes."""
    tetrahedron, triangle = nodes(3, degree), nodes(2, degree)
    found = []
    for face in FACES:
        wanted = np.zeros((len(triangle), 4))
        wanted[:, list(face)] = triangle
        distance = np.abs(wanted[:, None, :] - tetrahedron[None, :, :]).max(axis=2)
        found.append(distance.argmin(axis=1))
    return tuple(found)


def evaluate(shape: Floats, nodal: Floats) -> Floats:
    """Return nodal data (m, k, ...) at the points of `shape` (p, k): shape (m, p, ...)."""
    return np.asarray(np.einsum("pk,mk...->mp...", shape, nodal, optimize=True))


def crossings(pattern: int, count: int) -> list[tuple[int, int]]:
    """Return the edges (above, below) of a simplex of `count` vertices that a plane cuts, in order.

    Bit i of `pattern` says that vertex i is above. Two above and two below of a tetrahedron give
    the four edges around a quadrilateral.
    """
    above = [i for i in range(count) if pattern >> i & 1]
    below = [i for i in range(count) if not pattern >> i & 1]
    if len(above) == len(below) == 2:
        (a, b), (c, d) = above, below
        return [(a, c), (a, d), (b, d), (b, c)]
    return [(a, b) for a in above for b in below]
