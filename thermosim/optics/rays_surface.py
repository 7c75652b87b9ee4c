"""Surfaces that rays meet: sphere, ellipsoid, convex bodies cut flat, closed triangle meshes."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.errors import MeshError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_TINY = 1e-9
# The ray engine works in single precision; starts are moved by this much of the size.
_STEP = 1e-5
_TRIES = 6


class Surface(Protocol):
    """A closed surface; ``centre`` (3,) and ``radius`` are those of a sphere that encloses it."""

    @property
    def centre(self) -> Floats:
        """Centre of the enclosing sphere [m], shape (3,)."""

    @property
    def radius(self) -> float:
        """Radius of the enclosing sphere [m]."""

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances [m] (inf: none) and outward unit normals of the first hits.

        ``inside`` says on which side of the surface the rays run; origins may lie on the
        surface, where they start. Shapes (n, 3) to (n,) and (n, 3).
        """


class SphereSurface:
    """A sphere."""

    def __init__(self, radius: float, centre: ArrayLike = (0.0, 0.0, 0.0)) -> None:
        if radius <= 0.0:
            raise ValueError(f"radius = {radius:.6g} m: must be > 0")
        self._radius = float(radius)
        self._centre = np.asarray(centre, float)

    @property
    def centre(self) -> Floats:
        """Centre of the sphere [m]."""
        return self._centre

    @property
    def radius(self) -> float:
        """Radius of the sphere [m]."""
        return self._radius

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `Surface`."""
        offset = (origins - self._centre) / self._radius
        b = np.sum(offset * directions, axis=1)
        # perpendicular distance by subtraction of vectors: no cancellation far away
        closest = offset - b[:, None] * directions
        squared = 1.0 - np.sum(closest**2, axis=1)
        half_chord = np.sqrt(np.maximum(squared, 0.0))
        t = (half_chord if inside else -half_chord) - b
        missed = (squared <= 0.0) | (t <= _TINY)
        t = np.maximum(t, 0.0) if inside else np.where(missed, np.inf, t)
        normal = offset + np.where(np.isfinite(t), t, 0.0)[:, None] * directions
        return t * self._radius, normal


class EllipsoidSurface:
    """An ellipsoid with semi-axes ``axes`` (3,) [m] along the columns of ``rotation`` (3, 3)."""

    def __init__(self, axes: ArrayLike, rotation: ArrayLike, centre: ArrayLike) -> None:
        self._axes, self._rotation = np.asarray(axes, float), np.asarray(rotation, float)
        self._centre = np.asarray(centre, float)
        self._ball = SphereSurface(1.0)

    @property
    def centre(self) -> Floats:
        """Centre of the ellipsoid [m]."""
        return self._centre

    @property
    def radius(self) -> float:
        """Longest semi-axis [m]."""
        return float(self._axes.max())

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `Surface`."""
        start = (origins - self._centre) @ self._rotation / self._axes
        along = directions @ self._rotation / self._axes
        stretch = np.linalg.norm(along, axis=1)
        t, normal = self._ball.first_hit(start, along / stretch[:, None], inside)
        normal = (normal / self._axes) @ self._rotation.T
        return t / stretch, normal / np.linalg.norm(normal, axis=1, keepdims=True)


class CutSurface:
    """The part of a convex body above the plane ``z = floor``: a flat contact, a cap.

    ``centre`` and ``radius`` of an enclosing sphere default to those of the whole body.
    """

    def __init__(
        self,
        body: Surface,
        floor: float = 0.0,
        centre: ArrayLike | None = None,
        radius: float | None = None,
    ) -> None:
        if floor >= body.centre[2] + body.radius:
            raise ValueError(f"floor = {floor:.6g} m: must lie below the top of the body")
        self._body, self._floor = body, float(floor)
        self._centre = body.centre if centre is None else np.asarray(centre, float)
        self._radius = body.radius if radius is None else float(radius)

    @property
    def centre(self) -> Floats:
        """Centre of the enclosing sphere [m]."""
        return self._centre

    @property
    def radius(self) -> float:
        """Radius of the enclosing sphere [m]."""
        return self._radius

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `Surface`."""
        t, normal = self._body.first_hit(origins, directions, inside)
        dz = directions[:, 2]
        moving = np.abs(dz) > 0.0
        t_flat = np.where(moving, (self._floor - origins[:, 2]) / np.where(moving, dz, 1.0), np.inf)
        if inside:
            flat = (dz < 0.0) & (t_flat <= t)
        else:
            below = np.isfinite(t) & (origins[:, 2] + np.where(moving, t, 0.0) * dz < self._floor)
            flat = np.zeros(len(t), bool)
            flat[below] = self._through_flat(origins[below], directions[below], t_flat[below])
            t = np.where(below, np.inf, t)
        t = np.where(flat, np.maximum(t_flat, 0.0), t)
        return t, np.where(flat[:, None], (0.0, 0.0, -1.0), normal)

    def _through_flat(self, origins: Floats, directions: Floats, t_flat: Floats) -> Bools:
        """Return which rays from below, on their way into the whole body, cross the flat face."""
        entry, _ = self._body.first_hit(origins, directions, False)
        at = origins + entry[:, None] * directions
        through, _ = self._body.first_hit(at, directions, True)
        rising = (directions[:, 2] > 0.0) & (t_flat > _TINY * self._radius)
        return np.asarray(rising & (t_flat < entry + through))


class MeshSurface:
    """A closed triangle mesh with outward faces, traced with Embree through trimesh.

    Raises
    ------
    MeshError
        If the mesh is not closed, or its faces do not point outward.
    """

    def __init__(self, vertices: ArrayLike, faces: ArrayLike) -> None:
        points = np.asarray(vertices, float)
        self._centre: Floats = 0.5 * (points.min(axis=0) + points.max(axis=0))
        self._radius = float(np.linalg.norm(points - self._centre, axis=1).max())
        self._points = (points - self._centre) / self._radius
        self._faces = np.asarray(faces, np.int64)
        body = self._mesh
        if not (body.is_watertight and body.is_winding_consistent):
            raise MeshError(
                "the surface for ray optics is not closed (an edge is not shared by exactly two "
                "triangles that turn the same way); repair it, for instance in MeshLab"
            )
        if body.volume <= 0.0:
            raise MeshError("the triangles of the surface point inward; flip their orientation")

    @property
    def centre(self) -> Floats:
        """Centre of the bounding box [m]."""
        return self._centre

    @property
    def radius(self) -> float:
        """Distance of the farthest vertex from the centre [m]."""
        return self._radius

    @cached_property
    def _mesh(self) -> Any:
        import trimesh

        return trimesh.Trimesh(self._points, self._faces, process=False)

    @cached_property
    def _normals(self) -> Floats:
        a, b, c = (self._points[self._faces[:, i]] for i in range(3))
        normal = np.cross(b - a, c - a)
        return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `Surface`.

        A face that a ray on this side cannot meet (the one it starts from, or a leak through
        an edge in single precision) is passed and the search goes on behind it. A ray inside
        that finds no way out, which happens at edges, is moved a little toward the centroid.
        """
        offset: Floats = np.asarray((origins - self._centre) / self._radius, np.float64)
        distance, normal = np.full(len(offset), np.inf), np.zeros(offset.shape)
        self._search(offset, directions, inside, (distance, normal))
        lost = np.isinf(distance) if inside else np.zeros(len(offset), bool)
        for pull in (1e-4, 1e-3, 1e-2):
            if not lost.any():
                break
            middle: Floats = np.asarray(self._mesh.center_mass, float)
            moved: Floats = np.asarray((1.0 - pull) * offset[lost] + pull * middle, np.float64)
            found = np.full(len(moved), np.inf), np.zeros(moved.shape)
            self._search(moved, directions[lost], inside, found)
            distance[lost], normal[lost] = found
            lost = np.isinf(distance)
        return distance * self._radius, normal

    def _search(
        self, offset: Floats, directions: Floats, inside: bool, found: tuple[Floats, Floats]
    ) -> None:
        """Fill distances and normals of the hits, in place and in units of the radius."""
        distance, normal = found
        left: NDArray[np.intp] = np.arange(len(offset))
        travelled = np.full(len(offset), _STEP)
        for _ in range(_TRIES):
            start = offset[left] + travelled[left, None] * directions[left]
            face = np.asarray(self._mesh.ray.intersects_first(start, directions[left]))
            left, face = left[face >= 0], face[face >= 0]
            if left.size == 0:
                return
            outward = self._normals[face]
            along = np.sum(outward * directions[left], axis=1)
            gap = np.sum(outward * (self._points[self._faces[face, 0]] - offset[left]), axis=1)
            right = along > 0.0 if inside else along < 0.0
            t = gap / np.where(along == 0.0, np.inf, along)
            distance[left[right]] = np.maximum(t[right], 0.0)
            normal[left[right]] = outward[right]
            travelled[left] = np.maximum(t, travelled[left]) + _STEP
            left = left[~right]
