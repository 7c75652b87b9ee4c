"""Where rays meet triangles: closed meshes, convex or not (trimesh, with Embree for the rays)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.errors import MeshError
from thermosim.shapes.hits import Exit, Floats, HitBody, Rng, accepted

# The ray engine works in single precision: starts are moved along the ray, or below the surface,
# by these parts of the size.
_STEP = 1e-5
_INSET = 1e-6
_TRIES = 6


def normals_and_areas(corners: Floats) -> tuple[Floats, Floats]:
    """Return unit normals (n, 3) and areas (n,) [m²] of triangles, shape (n, 3, 3) [m]."""
    a, b, c = (corners[:, k] for k in range(3))
    cross = np.cross(b - a, c - a)
    length = np.linalg.norm(cross, axis=1)
    return np.asarray(cross / length[:, None]), np.asarray(length / 2)


class MeshSurface(HitBody):
    """A closed triangle mesh; triangles that look inward are turned.

    Light that has left is not followed into the body again beyond a dent.

    Parameters
    ----------
    vertices
        Shape (k, 3) [m].
    faces
        Vertex numbers of the triangles, shape (m, 3).

    Raises
    ------
    MeshError
        If the mesh is not closed or encloses no volume.
    """

    def __init__(self, vertices: ArrayLike, faces: ArrayLike) -> None:
        import trimesh

        points = np.asarray(vertices, float)
        if points.ndim != 2 or points.shape[1] != 3 or not points.size:
            raise MeshError(f"mesh vertices of shape {points.shape} must be (k, 3)")
        if not np.all(np.isfinite(points)):
            raise MeshError("the mesh has vertices that are not finite numbers; remove them")
        self._given = points, np.asarray(faces, np.int64)
        self.centre = 0.5 * (points.min(axis=0) + points.max(axis=0))
        self.radius = float(np.linalg.norm(points - self.centre, axis=1).max())
        self._mesh: Any = trimesh.Trimesh((points - self.centre) / self.radius, self._given[1])
        if not self._mesh.is_watertight:
            raise MeshError(
                f"the surface of {len(self._mesh.faces)} triangles is not closed (an edge is not "
                "shared by exactly two triangles); repair it, for instance in MeshLab"
            )
        if not self._mesh.is_winding_consistent:
            trimesh.repair.fix_normals(self._mesh)
        if self._mesh.volume < 0.0:
            self._mesh.invert()
        if not self._mesh.volume > 0.0:
            raise MeshError("the mesh encloses no volume; check its triangles")
        self._inset = _INSET * float(np.max(np.ptp(self._mesh.bounds, axis=0)))

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return float(self._mesh.volume) * self.radius**3

    @property
    def area(self) -> float:
        """Surface [m²]."""
        return float(self._mesh.area) * self.radius**2

    @cached_property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return float(self._given[0][:, 2].min())

    @cached_property
    def _facets(self) -> tuple[Floats, Floats]:
        """Outward normals and one corner of each triangle, in units of the radius."""
        corners = np.asarray(self._mesh.vertices, float)[np.asarray(self._mesh.faces)]
        return normals_and_areas(corners)[0], corners[:, 0].copy()

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the body (trial points in its bounding box)."""
        low, high = self._mesh.bounds

        def trial(n: int) -> Floats:
            points = low + (high - low) * rng.random((n, 3))
            return np.asarray(points[self._mesh.contains(points)])

        share = float(self._mesh.volume / np.prod(high - low))
        return accepted(trial, share, count) * self.radius + self.centre

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `HitSurface`.

        A face that a ray on this side cannot meet (the one it starts from, or a leak through
        an edge in single precision) is passed and the search goes on behind it. A ray inside
        that finds no way out, which happens at edges, is moved a little toward the centroid.
        """
        offset: Floats = np.asarray((origins - self.centre) / self.radius, np.float64)
        distance, normal = self._search(offset, directions, inside)
        lost = np.isinf(distance) if inside else np.zeros(len(offset), bool)
        for pull in (1e-4, 1e-3, 1e-2):
            if not lost.any():
                break
            middle: Floats = np.asarray(self._mesh.center_mass, float)
            moved: Floats = np.asarray((1.0 - pull) * offset[lost] + pull * middle, np.float64)
            distance[lost], normal[lost] = self._search(moved, directions[lost], inside)
            lost = np.isinf(distance)
        return distance * self.radius, normal

    def _search(
        self,
        offset: Floats,
        directions: Floats,
        inside: bool,
        step: float = _STEP,
        tries: int = _TRIES,
    ) -> tuple[Floats, Floats]:
        """Return distances and normals of the hits, in units of the radius."""
        normals, corners = self._facets
        distance, normal = np.full(len(offset), np.inf), np.zeros(offset.shape)
        left: NDArray[np.intp] = np.arange(len(offset))
        travelled = np.full(len(offset), step)
        for _ in range(tries):
            start = offset[left] + travelled[left, None] * directions[left]
            face = np.asarray(self._mesh.ray.intersects_first(start, directions[left]))
            left, face = left[face >= 0], face[face >= 0]
            if left.size == 0:
                break
            outward = normals[face]
            along = np.sum(outward * directions[left], axis=1)
            gap = np.sum(outward * (corners[face] - offset[left]), axis=1)
            right = along > 0.0 if inside else along < 0.0
            t = gap / np.where(along == 0.0, np.inf, along)
            distance[left[right]] = np.maximum(t[right], 0.0)
            normal[left[right]] = outward[right]
            travelled[left] = np.maximum(t, travelled[left]) + step
            left = left[~right]
        return distance, normal

    def exit(self, origins: Floats, directions: Floats) -> Exit:
        """Return where rays from inside meet the mesh; NaN distances for those that leak.

        Light goes on from a little below the surface, so that one search finds the next face.
        """
        offset: Floats = np.asarray((origins - self.centre) / self.radius, np.float64)
        distance, normal = self._search(offset, directions, True, step=0.0, tries=1)
        distance[np.isinf(distance)] = np.nan
        point = offset + distance[:, None] * directions - self._inset * normal
        return Exit(distance * self.radius, normal, point * self.radius + self.centre)

    def placed(self, factor: float, shift: ArrayLike) -> MeshSurface:
        """Return the body enlarged about the origin and moved."""
        points, faces = self._given
        return MeshSurface(points * factor + np.asarray(shift), faces)
