"""Ellipsoids as sheared spheres: level planes stay level, so that the cut is the same problem."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from thermosim.fem.data import EDGES, MeshData
from thermosim.shapes.sphere import cap_depth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.shapes import Ellipsoid


def level_map(shape: Ellipsoid) -> NDArray[np.float64]:
    """Return the matrix (3, 3) [m] from the unit sphere to the ellipsoid that keeps planes level.

    L Lᵀ = R diag(a², b², c²) Rᵀ with the last row of L along z only.
    """
    squares = shape.rotation @ np.diag(shape.axes**2) @ shape.rotation.T
    matrix = np.zeros((3, 3))
    matrix[2, 2] = np.sqrt(squares[2, 2])
    matrix[:2, 2] = squares[:2, 2] / matrix[2, 2]
    matrix[:2, :2] = np.linalg.cholesky(squares[:2, :2] - np.outer(matrix[:2, 2], matrix[:2, 2]))
    return matrix


def cut_of_sphere(shape: Ellipsoid, contact_radius: float) -> tuple[float, float]:
    """Return radius of the flat and depth of the cut on the unit sphere."""
    part = min(contact_radius / shape.largest_contact_radius, 1.0)
    return part, float(cap_depth(1.0, part))


def curve_onto(
    mesh: MeshData, shape: Ellipsoid, contact_radius: float, places: NDArray[np.float64]
) -> MeshData:
    """Move the nodes of the particles' surfaces exactly onto the ellipsoids.

    Nodes of the rim of a contact go onto its ellipse. gmsh finds its own second-order nodes on
    such surfaces by parameters, which near a small contact miss by more than a cell.
    """
    free = _facet_edges(mesh, ("particle_surface",))
    flat = _facet_edges(mesh, ("contact", "particle_base"))
    if mesh.order == 1:
        return mesh
    inverse = np.linalg.inv(level_map(shape))
    radius, depth = cut_of_sphere(shape, contact_radius)
    lift, points = np.array([0, 0, 1 - depth]), mesh.points.copy()
    on_rim = np.isin(free[:, 2], flat[:, 2])
    for edges, rim in ((free[~on_rim], False), (free[on_rim], True)):
        nodes = np.unique(edges[:, :2])
        for group in (nodes, edges[:, 2]):
            if group is not nodes:
                points[group] = (points[edges[:, 0]] + points[edges[:, 1]]) / 2
            where = _nearest(points[group][:, :2] * mesh.unit, places)
            u = (points[group] * mesh.unit - where) @ inverse.T - lift
            u = _onto_rim(u, radius, depth) if rim else u / np.linalg.norm(u, axis=1)[:, None]
            points[group] = ((u + lift) @ level_map(shape).T + where) / mesh.unit
    return replace(mesh, points=points)


def _onto_rim(u: NDArray[np.float64], radius: float, depth: float) -> NDArray[np.float64]:
    across = u[:, :2] / np.linalg.norm(u[:, :2], axis=1)[:, None] * radius
    return np.column_stack([across, np.full(len(u), depth - 1)])


def _nearest(at: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the place (x, y, 0) that each point belongs to: that of the nearest particle."""
    far = np.linalg.norm(at[:, None, :] - places[None], axis=2)
    found = places[np.argmin(far, axis=1)]
    return np.column_stack([found, np.zeros(len(found))])


def _facet_edges(mesh: MeshData, boundaries: tuple[str, ...]) -> NDArray[np.int64]:
    """Return both vertices and the middle node of the edges of facets, shape (n, 3)."""
    rows = [np.empty((0, 3), dtype=np.int64)]
    for name in boundaries:
        if name not in mesh.boundaries:
            continue
        for i in range(4):
            cells = mesh.cells[mesh.facet_tags[:, i] == mesh.boundaries[name]]
            for k, (a, b) in enumerate(EDGES[3]):
                if i not in (a, b):
                    rows.append(cells[:, [a, b, 4 + k]])
    return np.unique(np.vstack(rows), axis=0)
