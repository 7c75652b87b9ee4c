"""Closed bodies with flat faces: volume, area, section and what is left above a cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from thermosim.shapes.base import unit_vectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FLAT = 1e-9  # relative to the size of the body: below this a point counts as in a plane
_LEVELS = 64


@dataclass(frozen=True, eq=False)
class Polyhedron:
    """A closed surface of flat convex polygons.

    Attributes
    ----------
    vertices
        Shape (n, 3) [m].
    faces
        Indices of the vertices of each face, counterclockwise seen from outside.
    """

    vertices: NDArray[np.float64]
    faces: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> float:
        """Longest side of the bounding box [m]."""
        return float(np.max(np.ptp(self.vertices, axis=0)))

    @cached_property
    def fans(self) -> NDArray[np.int64]:
        """Vertex numbers of triangles that the faces are split into, shape (n, 3)."""
        fans = [(f[0], f[i], f[i + 1]) for f in self.faces for i in range(1, len(f) - 1)]
        return np.array(fans, dtype=np.int64).reshape(-1, 3)

    def triangles(self) -> NDArray[np.float64]:
        """Return the corners of the faces cut into triangles, shape (m, 3, 3)."""
        return np.asarray(self.vertices[self.fans])

    def face_vectors(self) -> NDArray[np.float64]:
        """Return area times outward normal of each face, shape (faces, 3) [m²]."""
        return np.array([_polygon_vector(self.vertices[list(f)]) for f in self.faces])

    def halfspaces(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return outward normals (m, 3) and offsets (m,): inside is n·x ≤ d if convex."""
        normals = unit_vectors(self.face_vectors())
        corners = self.vertices[[f[0] for f in self.faces]]
        return normals, np.einsum("ij,ij->i", normals, corners)

    def edges(self) -> list[tuple[int, int]]:
        """Return the edges as pairs of vertices, the longest first."""
        pairs = {(min(e), max(e)) for f in self.faces for e in _ring(f)}

        def order(pair: tuple[int, int]) -> tuple[float, tuple[int, int]]:
            length = float(np.linalg.norm(self.vertices[pair[0]] - self.vertices[pair[1]]))
            return -round(length / self.size, 9), pair

        return sorted(pairs, key=order)

    def moved(self, rotation: NDArray[np.float64], shift: ArrayLike = 0.0) -> Polyhedron:
        """Return the body turned by ``rotation`` (3, 3) and then moved by ``shift`` (3,) [m]."""
        return Polyhedron(self.vertices @ rotation.T + np.asarray(shift), self.faces)

    def scaled(self, factor: float) -> Polyhedron:
        """Return the body with all lengths times ``factor``."""
        return Polyhedron(self.vertices * factor, self.faces)


def _ring(face: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(zip(face, face[1:] + face[:1], strict=True))


def _polygon_vector(points: NDArray[np.float64]) -> NDArray[np.float64]:
    spokes = points[1:] - points[0]
    return np.asarray(np.cross(spokes[:-1], spokes[1:]).sum(axis=0) / 2)


def moments(triangles: ArrayLike, apex: ArrayLike) -> tuple[float, float, NDArray[np.float64]]:
    """Return volume [m³], area [m²] and centre of mass [m] of what triangles and apex enclose.

    Signed tetrahedra from ``apex`` to each triangle, shape (m, 3, 3); faces that contain the apex
    may be left out, which is how a body is closed by a plane through the apex.

    Raises
    ------
    ValueError
        If they enclose no volume.
    """
    corners = np.asarray(triangles, dtype=float) - np.asarray(apex, dtype=float)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    volumes = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    area = float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
    volume = float(volumes.sum())
    if not volume > 0:
        raise ValueError(f"the faces enclose no volume ({volume:.3g} m³)")
    centroid = (volumes[:, None] * (a + b + c) / 4).sum(axis=0) / volume + np.asarray(apex)
    return volume, area, centroid


def polyhedron_moments(body: Polyhedron) -> tuple[float, float, NDArray[np.float64]]:
    """Return volume [m³], area [m²] and centre of mass [m] of a closed body."""
    return moments(body.triangles(), body.vertices.mean(axis=0))


def split_triangles(
    triangles: ArrayLike, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut the triangles (m, 3, 3) of a closed surface by the plane z = ``level`` [m].

    Returns
    -------
    kept
        The parts with z ≥ level as triangles, shape (n, 3, 3).
    outline
        The edges of the section, shape (k, 2, 3), counterclockwise seen from above.
    """
    corners = np.asarray(triangles, dtype=float)
    above = corners[:, :, 2] >= level
    count = above.sum(axis=1)
    one, two = corners[count == 1], corners[count == 2]
    first = np.argmax(above[count == 1], axis=1)
    low = np.argmin(above[count == 2], axis=1)
    p, q, r = (one[np.arange(len(one)), (first + i) % 3] for i in range(3))
    s, t, u = (two[np.arange(len(two)), (low + i) % 3] for i in range(3))
    q, r = _at_level(p, q, level), _at_level(p, r, level)
    s_t, s_u = _at_level(t, s, level), _at_level(u, s, level)
    parts = [np.stack(part, axis=1) for part in [(p, q, r), (t, u, s_u), (t, s_u, s_t)]]
    outline = [np.stack(edge, axis=1) for edge in [(q, r), (s_u, s_t)]]
    return np.concatenate([corners[count == 3], *parts]), np.concatenate(outline)


def _at_level(
    high: NDArray[np.float64], low: NDArray[np.float64], level: float
) -> NDArray[np.float64]:
    fraction = (high[:, 2] - level) / (high[:, 2] - low[:, 2])
    points = high + fraction[:, None] * (low - high)
    points[:, 2] = level
    return np.asarray(points)


def section_area(triangles: ArrayLike, level: float) -> float:
    """Return the area [m²] of the section of a closed surface (m, 3, 3) by z = ``level`` [m]."""
    corners = np.asarray(triangles, dtype=float)
    a, b, c = (corners[:, i, 2] >= level for i in range(3))
    crossing = (a | b | c) & ~(a & b & c)
    outline = split_triangles(corners[crossing], level)[1]
    if len(outline) == 0:
        return 0.0
    edges = outline - outline[0, 0]
    cross = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    return float(cross.sum() / 2)


def cut_level(triangles: ArrayLike, area: float) -> tuple[float, float]:
    """Return the lowest level z [m] where the section has the given area, and the largest area.

    Between neighbouring heights of vertices the section area is a quadratic in z. The search
    stops at the first maximum; the level is NaN if the area is not reached before it.
    """
    corners = np.asarray(triangles, dtype=float)
    levels = _levels_around(corners, area)
    largest = section_area(corners, levels[0])
    for low, high in pairwise(levels):
        quadratic = _section_quadratic(corners, low, high)
        top = _largest_value(quadratic)
        if top >= area:
            fraction = _smaller_root(quadratic, area)
            return _polish(corners, quadratic, low, high, fraction, area), max(top, largest)
        if top < largest * (1 - _FLAT):
            break
        largest = max(top, largest)
    return float("nan"), largest


def _levels_around(corners: NDArray[np.float64], area: float) -> list[float]:
    """Return few neighbouring heights of vertices between which ``area`` or the maximum lies."""
    heights = np.unique(corners[:, :, 2])
    far = np.diff(heights, prepend=-np.inf) > _FLAT * (heights[-1] - heights[0])
    levels = heights[far]
    while len(levels) > _LEVELS:
        picked = levels[np.linspace(0, len(levels) - 1, _LEVELS).astype(int)]
        areas = np.array([section_area(corners, float(z)) for z in picked])
        falls = np.diff(areas, prepend=0.0) < -_FLAT * areas
        stop = int(np.argmax(np.append(falls | (areas >= area), True)[1:])) + 1
        stop = min(stop, len(picked) - 1)
        levels = levels[(levels >= picked[max(stop - 2, 0)]) & (levels <= picked[stop])]
    return [float(z) for z in levels]


def _section_quadratic(
    corners: NDArray[np.float64], low: float, high: float
) -> NDArray[np.float64]:
    # levels inside the interval: at its ends a vertex may make the section ambiguous
    s = np.array([0.25, 0.5, 0.75])
    areas = [section_area(corners, low + (high - low) * float(x)) for x in s]
    return np.asarray(np.linalg.solve(np.vander(s, 3), areas))


def _largest_value(quadratic: NDArray[np.float64]) -> float:
    a, b, _ = (float(v) for v in quadratic)
    ends = [0.0, 1.0] + ([min(max(-b / (2 * a), 0.0), 1.0)] if a < 0 else [])
    return float(max(np.polyval(quadratic, s) for s in ends))


def _smaller_root(quadratic: NDArray[np.float64], area: float) -> float:
    a, b, c = (float(v) for v in quadratic)
    c -= area
    if abs(b) <= 1e-12 * abs(a):  # a vertex below: the area grows as the square of the depth
        return sqrt(max(-c / a, 0.0))
    slope = b + sqrt(max(b * b - 4 * a * c, 0.0))
    return min(max(-2 * c / slope, 0.0), 1.0) if slope > 0 else 0.0


def _polish(
    corners: NDArray[np.float64],
    quadratic: NDArray[np.float64],
    low: float,
    high: float,
    fraction: float,
    area: float,
) -> float:
    for _ in range(3):
        slope = 2 * quadratic[0] * fraction + quadratic[1]
        miss = section_area(corners, low + (high - low) * fraction) - area
        if slope * fraction <= _FLAT * area:  # at the maximum: no digit to win
            break
        fraction = float(min(max(fraction - miss / slope, 0.0), 1.0))
    return low + (high - low) * fraction


def equal_area_radius(area: float) -> float:
    """Return the radius [m] of the disk of the given area [m²]."""
    return sqrt(area / pi)
