"""Where rays meet a convex polyhedron; see `hits`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from thermosim.shapes.hits import Floats, HitBody, Rng, check_lengths

_TINY = 1e-9  # of the radius: hits closer than this are the facet that a ray starts from
_ROUNDING = 1e-15  # of the radius
_BLOCK = 65_536  # rays times facets at a time, which stay in the cache


class ConvexSurface(HitBody):
    """A convex polyhedron: the points with ``normals @ x <= offsets``.

    Parameters
    ----------
    normals
        Outward normals of the facets, shape (m, 3); scaled to unit length here.
    offsets
        Shape (m,) [m], for normals of unit length.

    Raises
    ------
    ValueError
        If the half-spaces enclose no bounded body.
    """

    def __init__(self, normals: ArrayLike, offsets: ArrayLike) -> None:
        across = np.atleast_2d(np.asarray(normals, float))
        self.offsets = np.atleast_1d(np.asarray(offsets, float))
        length = np.linalg.norm(across, axis=-1)
        if across.shape != (self.offsets.size, 3) or not np.all(length > 0.0):
            raise ValueError(
                f"normals of shape {across.shape} and offsets of shape {self.offsets.shape} must "
                "be (m, 3) and (m,), and no normal zero"
            )
        self.normals: Floats = across / length[:, None]
        check_lengths(self._inner[3], "radius of the largest ball inside the half-spaces")
        low, high = self.vertices.min(axis=0), self.vertices.max(axis=0)
        self.centre = 0.5 * (low + high)
        self.radius = float(np.linalg.norm(self.vertices - self.centre, axis=1).max())

    @cached_property
    def _inner(self) -> Floats:
        """Centre and radius of the largest ball inside [m], shape (4,)."""
        from scipy.optimize import linprog

        scale = float(np.max(np.abs(self.offsets))) or 1.0
        rows = np.column_stack([self.normals, np.ones(len(self.offsets))])
        bounds = [(None, None)] * 3 + [(0.0, None)]
        found = linprog([0.0, 0.0, 0.0, -1.0], rows, self.offsets / scale, bounds=bounds)
        if found.status != 0:
            raise ValueError(
                f"the {len(self.offsets)} half-spaces enclose no bounded body (linear program: "
                f"{found.message}); add the missing facets or turn the normals outward"
            )
        return np.asarray(found.x) * scale

    @cached_property
    def vertices(self) -> Floats:
        """Corners of the polyhedron [m], shape (k, 3)."""
        from scipy.spatial import HalfspaceIntersection, QhullError

        centre, size = self._inner[:3], self._inner[3]
        local = (self.offsets - self.normals @ centre) / size
        planes = np.column_stack([self.normals, -local])
        try:
            with np.errstate(divide="ignore", invalid="ignore"):  # corners at infinity
                found = HalfspaceIntersection(planes, np.zeros(3))
        except QhullError as error:
            raise ValueError("the half-spaces enclose no bounded polyhedron") from error
        if not np.all(np.isfinite(found.intersections)):
            raise ValueError("the half-spaces enclose no bounded polyhedron; add facets")
        return np.asarray(centre + size * found.intersections)

    @cached_property
    def _tetrahedra(self) -> tuple[Floats, Floats]:
        """Corners (t, 4, 3) of a decomposition and cumulative shares of volume (t,)."""
        from scipy.spatial import Delaunay

        corners = self.vertices[Delaunay(self.vertices / self._inner[3]).simplices]
        volumes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
        return corners, np.cumsum(volumes) / volumes.sum()

    @cached_property
    def _volume_and_area(self) -> tuple[float, float]:
        from scipy.spatial import ConvexHull

        size = float(self._inner[3])
        hull = ConvexHull(self.vertices / size)
        return float(hull.volume) * size**3, float(hull.area) * size**2

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return self._volume_and_area[0]

    @property
    def area(self) -> float:
        """Surface [m²]."""
        return self._volume_and_area[1]

    @property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return float(self.vertices[:, 2].min())

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the polyhedron."""
        corners, cumulative = self._tetrahedra
        chosen = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
        weights = rng.exponential(size=(count, 4))
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("ij,ijk->ik", weights, corners[chosen]))

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `HitSurface`."""
        n, block = len(origins), max(_BLOCK // len(self.offsets), 1)
        if n > block:
            parts = [slice(first, first + block) for first in range(0, n, block)]
            hits = [self.first_hit(origins[p], directions[p], inside) for p in parts]
            distances, normals = zip(*hits, strict=True)
            return np.concatenate(distances), np.concatenate(normals)
        speed, room = directions @ self.normals.T, self.offsets - origins @ self.normals.T
        distance, facet = self._leave(speed, room) if inside else self._enter(speed, room)
        return distance, self.normals[facet]

    def _leave(self, speed: Floats, room: Floats) -> tuple[Floats, Any]:
        """Return distances and facets, from speeds across all facets and the room before them."""
        # a ray along the facet that it starts from does not meet it
        hurry = speed / np.maximum(room, _ROUNDING * self.radius)
        rows, facet = np.arange(len(speed)), np.argmax(hurry, axis=1)
        return np.maximum(room[rows, facet], 0.0) / speed[rows, facet], facet

    def _enter(self, speed: Floats, room: Floats) -> tuple[Floats, Any]:
        """Return distances (inf: none) and facets of rays from outside."""
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = room / speed
        left = np.where(speed > 0.0, steps, np.inf).min(axis=1)
        beside = np.where((speed == 0.0) & (room < 0.0), np.inf, -np.inf)
        steps = np.where(speed < 0.0, steps, beside)
        facet = np.argmax(steps, axis=1)
        t = steps[np.arange(len(speed)), facet]
        return np.where((t < left) & (t > _TINY * self.radius), t, np.inf), facet

    def placed(self, factor: float, shift: ArrayLike) -> ConvexSurface:
        """Return the polyhedron enlarged about the origin and moved."""
        return ConvexSurface(self.normals, self.offsets * factor + self.normals @ np.asarray(shift))
