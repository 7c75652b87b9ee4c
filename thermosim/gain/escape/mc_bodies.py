"""Bodies that Monte Carlo photons travel in: sphere, box, convex polyhedron.

A body offers `volume`, `area`, `bottom` (lowest z), `sample` (uniform points inside) and `hit`
(where a ray from inside meets the surface). Lengths in m, points and directions of shape (n, 3),
normals point outward. A mesh is in `escape_mc_mesh`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Rng = np.random.Generator


class Hit(NamedTuple):
    """Where rays meet the surface.

    ``distance`` (n,) [m], outward unit ``normal`` (n, 3), and the ``point`` (n, 3) [m] from which
    reflected light goes on. A distance of NaN says that the ray found no surface (a leak).
    """

    distance: Floats
    normal: Floats
    point: Floats


class Body(Protocol):
    """What the transport of photons asks of a body."""

    @property
    def volume(self) -> float:
        """Volume [m³]."""

    @property
    def area(self) -> float:
        """Whole surface [m²]."""

    @property
    def bottom(self) -> float:
        """Lowest z of the body [m]: the plane of a substrate that it may rest on."""

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the volume, shape (count, 3)."""

    def hit(self, position: Floats, direction: Floats) -> Hit:
        """Return where rays that start inside at ``position`` meet the surface."""

    def scaled(self, factor: float) -> Body:
        """Return the body with all lengths multiplied by ``factor``."""


def dot(a: Floats, b: Floats) -> Floats:
    """Return the scalar products of rows, shape (n,)."""
    return np.asarray(np.einsum("ij,ij->i", a, b))


def isotropic_directions(rng: Rng, count: int) -> Floats:
    """Return unit vectors uniform on the sphere, shape (count, 3)."""
    z = 2.0 * rng.random(count) - 1.0
    azimuth = 2.0 * pi * rng.random(count)
    across = np.sqrt(1.0 - z * z)
    return np.stack([across * np.cos(azimuth), across * np.sin(azimuth), z], axis=1)


def lambertian_directions(rng: Rng, normal: Floats) -> Floats:
    """Return unit vectors with the cosine law about ``normal``, shape (n, 3)."""
    vectors = isotropic_directions(rng, len(normal)) + normal
    length = np.sqrt(dot(vectors, vectors))
    # exactly opposite to the normal: no direction left; go along the normal
    vectors = np.where(length[:, None] > 0.0, vectors, normal)
    return np.asarray(vectors / np.where(length > 0.0, length, 1.0)[:, None])


def _check_lengths(lengths: ArrayLike, what: str) -> None:
    values = np.asarray(lengths, float)
    if not np.all((values > 0.0) & np.isfinite(values)):
        raise ValueError(f"{what} = {values.tolist()} m must be positive and finite")


@dataclass(frozen=True)
class SphereBody:
    """A sphere of ``radius`` [m] about the origin."""

    radius: float

    def __post_init__(self) -> None:
        _check_lengths(self.radius, "radius")

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return 4.0 / 3.0 * pi * self.radius**3

    @property
    def area(self) -> float:
        """Surface [m²]."""
        return 4.0 * pi * self.radius**2

    @property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return -self.radius

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the sphere."""
        distance = self.radius * np.cbrt(rng.random(count))
        return distance[:, None] * isotropic_directions(rng, count)

    def hit(self, position: Floats, direction: Floats) -> Hit:
        """Return where rays from inside meet the sphere."""
        along = dot(position, direction)
        inside = self.radius**2 - dot(position, position)
        distance = np.sqrt(np.maximum(along**2 + inside, 0.0)) - along
        distance = np.maximum(distance, 0.0)
        point = position + distance[:, None] * direction
        normal = point / np.sqrt(dot(point, point))[:, None]
        return Hit(distance, normal, self.radius * normal)

    def scaled(self, factor: float) -> SphereBody:
        """Return a sphere ``factor`` times as large."""
        return SphereBody(self.radius * factor)


@dataclass(frozen=True)
class BoxBody:
    """A cuboid of edges ``size`` (x, y, z) [m] about the origin."""

    size: tuple[float, float, float]

    def __post_init__(self) -> None:
        _check_lengths(self.size, "size")

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        x, y, z = self.size
        return x * y * z

    @property
    def area(self) -> float:
        """Surface [m²]."""
        x, y, z = self.size
        return 2.0 * (x * y + y * z + z * x)

    @property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return -0.5 * self.size[2]

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the box."""
        return np.asarray((rng.random((count, 3)) - 0.5) * self.size)

    def hit(self, position: Floats, direction: Floats) -> Hit:
        """Return where rays from inside meet the box."""
        half = 0.5 * np.asarray(self.size)
        ahead = np.copysign(half, direction) - position
        steps = np.abs(ahead) / np.maximum(np.abs(direction), 1e-300)
        axis = np.argmin(steps, axis=1)
        rows = np.arange(len(axis))
        normal = np.zeros_like(position)
        normal[rows, axis] = np.copysign(1.0, direction[rows, axis])
        distance = steps[rows, axis]
        point = np.clip(position + distance[:, None] * direction, -half, half)
        return Hit(distance, normal, point)

    def scaled(self, factor: float) -> BoxBody:
        """Return a box ``factor`` times as large."""
        x, y, z = self.size
        return BoxBody((x * factor, y * factor, z * factor))


@dataclass(frozen=True, eq=False)
class ConvexBody:
    """A convex polyhedron: the points with ``normals @ x <= offsets``.

    Attributes
    ----------
    normals
        Outward normals of the facets, shape (m, 3); scaled to unit length here.
    offsets
        Shape (m,) [m], for normals of unit length.
    """

    normals: Floats
    offsets: Floats

    def __post_init__(self) -> None:
        normals = np.atleast_2d(np.asarray(self.normals, float))
        offsets = np.atleast_1d(np.asarray(self.offsets, float))
        length = np.linalg.norm(normals, axis=-1)
        if normals.shape != (offsets.size, 3) or not np.all(length > 0.0):
            raise ValueError(
                f"normals of shape {normals.shape} and offsets of shape {offsets.shape} must be "
                "(m, 3) and (m,), and no normal zero"
            )
        object.__setattr__(self, "normals", normals / length[:, None])
        object.__setattr__(self, "offsets", offsets)
        _check_lengths(self._inner[3], "radius of the largest ball inside the half-spaces")

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

    def hit(self, position: Floats, direction: Floats) -> Hit:
        """Return where rays from inside meet the polyhedron."""
        speed = direction @ self.normals.T
        room = np.maximum(self.offsets - position @ self.normals.T, 0.0)
        steps = np.where(speed > 1e-15, room / np.where(speed > 1e-15, speed, 1.0), np.inf)
        facet = np.argmin(steps, axis=1)
        distance = steps[np.arange(len(facet)), facet]
        return Hit(distance, self.normals[facet], position + distance[:, None] * direction)

    def scaled(self, factor: float) -> ConvexBody:
        """Return the polyhedron enlarged about the origin."""
        return ConvexBody(self.normals, self.offsets * factor)
