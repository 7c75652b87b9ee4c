"""Convex bodies from points or half-spaces (Qhull), with their flat faces put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.shapes.base import unit_vectors
from thermosim.shapes.polyhedron import Polyhedron

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SAME = 1e-9  # relative to the size of the body
_ANGLE = 1e-6  # rad: nearer to a half turn than this is a half turn


def from_halfspaces(
    normals: ArrayLike, offsets: ArrayLike, opposite: tuple[int, ...] = ()
) -> Polyhedron:
    """Return the body n·x ≤ d; it must be bounded and hold the origin inside (all d > 0).

    Parameters
    ----------
    normals, offsets
        Shapes (m, 3) and (m,). Half-spaces that cut nothing off give no face; the others give
        faces in the order they stand in. Vertices come by height z, then y, then x.
    opposite
        Half-spaces whose face begins with the corner that lies straight across from its first
        vertex, and not, as the others, with the corner after that one. The first edge of a face
        is its x axis when the body lies on it, so that this is a convention of each shape.

    Raises
    ------
    ValueError
        If an offset is not positive or the body is unbounded.
    """
    n, d = unit_vectors(normals), np.asarray(offsets, dtype=float)
    if not np.all(d > 0):
        raise ValueError("the origin must lie inside all half-spaces (offsets above 0)")
    # faces of the hull of the dual points n/d are the vertices of the body
    dual = convex_hull(n / d[:, None]).equations
    if not np.all(dual[:, 3] < 0):
        raise ValueError("the half-spaces leave the body open: the origin is not enclosed")
    points = merge_points(-dual[:, :3] / dual[:, 3:])
    return _assemble(points[_by_height(points)], n, d, opposite)


def _by_height(points: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the order by z, then y, then x; what differs by rounding alone is equal."""
    tolerance = _SAME * np.max(np.abs(points))
    ranks = np.empty(points.shape, dtype=np.int64)
    for axis, values in enumerate(points.T):
        order = np.argsort(values, kind="stable")
        steps = np.diff(values[order], prepend=values[order[0]]) > tolerance
        ranks[order, axis] = np.cumsum(steps)
    return np.asarray(np.lexsort(ranks.T))


def convex_hull(points: ArrayLike) -> Any:
    """Return the convex hull of points, shape (n, 3), as SciPy has it.

    Raises
    ------
    ValueError
        If they are as good as in one plane, as the corners of a needle of 1e15 times its width.
    """
    from scipy.spatial import ConvexHull, QhullError

    try:
        return ConvexHull(points)
    except QhullError as error:
        raise ValueError("is too thin or too long for what numbers can hold") from error


def merge_points(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``points``, shape (n, k), without those that repeat an earlier one to rounding."""
    tolerance = _SAME * np.max(np.abs(points))
    kept: list[NDArray[np.float64]] = []
    for point in points:
        if not kept or np.min(np.max(np.abs(np.array(kept) - point), axis=1)) > tolerance:
            kept.append(point)
    return np.array(kept)


def _assemble(
    points: NDArray[np.float64],
    normals: NDArray[np.float64],
    offsets: NDArray[np.float64],
    opposite: tuple[int, ...] = (),
) -> Polyhedron:
    tolerance = _SAME * 10 * np.max(np.abs(points))
    faces = []
    for i, (normal, offset) in enumerate(zip(normals, offsets, strict=True)):
        on_plane = np.flatnonzero(np.abs(points @ normal - offset) <= tolerance)
        if len(on_plane) >= 3:
            faces.append(_counterclockwise(points, on_plane, normal, across=i in opposite))
    return Polyhedron(points, tuple(faces))


def _counterclockwise(
    points: NDArray[np.float64],
    indices: NDArray[np.intp],
    normal: NDArray[np.float64],
    *,
    across: bool,
) -> tuple[int, ...]:
    """Return the corners of a face by their angle about its middle, the first vertex at 0.

    They run from just after -π to π; with `across` a corner at π, which rounding could as well
    put at -π, comes first.
    """
    spokes = points[indices] - points[indices].mean(axis=0)
    x = unit_vectors(spokes[0])
    y = np.cross(normal, x)
    angles = np.arctan2(spokes @ y, spokes @ x)
    straight = np.abs(angles) > np.pi - _ANGLE
    order = np.argsort(np.where(straight, -np.pi if across else np.pi, angles))
    return tuple(int(i) for i in indices[order])
