"""Where rays meet a body: sphere, ellipsoid, cap, box, convex polyhedron, or a body cut flat.

One geometry for the rays of the pump, the photons of the emission and what shades what. Lengths
in m, points and directions (unit vectors) of shape (n, 3), normals point outward. Triangle meshes
are in `hits_mesh`, convex polyhedra in `hits_convex`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from math import pi
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rng = np.random.Generator
_TINY = 1e-9


class Exit(NamedTuple):
    """Where rays from inside meet the surface.

    ``distance`` (n,) [m], outward unit ``normal`` (n, 3), and the ``point`` (n, 3) [m] from which
    reflected light goes on. A distance of NaN says that the ray found no surface (a leak).
    """

    distance: Floats
    normal: Floats
    point: Floats


class HitSurface(ABC):
    """A closed surface that rays meet.

    Attributes
    ----------
    centre, radius
        Of a sphere that encloses it [m], shape (3,) and a number.
    """

    centre: Floats
    radius: float

    @abstractmethod
    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances [m] (inf: none) and outward unit normals of the first hits.

        ``inside`` says on which side of the surface the rays run; origins may lie on the
        surface, where they start. Shapes (n, 3) to (n,) and (n, 3).
        """

    def exit(self, origins: Floats, directions: Floats) -> Exit:
        """Return where rays that start inside meet the surface."""
        distance, normal = self.first_hit(origins, directions, inside=True)
        return Exit(distance, normal, origins + distance[:, None] * directions)


class HitBody(HitSurface):
    """A body inside such a surface, in which photons are born and travel."""

    @property
    @abstractmethod
    def volume(self) -> float:
        """Volume [m³]."""

    @property
    @abstractmethod
    def area(self) -> float:
        """Whole surface [m²]."""

    @property
    @abstractmethod
    def bottom(self) -> float:
        """Lowest z [m]: the plane of a substrate that the body may rest on."""

    @abstractmethod
    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the volume, shape (count, 3)."""

    @abstractmethod
    def placed(self, factor: float, shift: ArrayLike) -> HitBody:
        """Return the body enlarged about the origin by ``factor``, then moved by (3,) [m]."""

    def scaled(self, factor: float) -> HitBody:
        """Return the body with all lengths multiplied by ``factor``."""
        return self.placed(factor, (0.0, 0.0, 0.0))


def dot(a: Floats, b: Floats) -> Floats:
    """Return the scalar products of rows, shape (n,)."""
    return np.asarray(np.einsum("ij,ij->i", a, b))


def isotropic_directions(rng: Rng, count: int) -> Floats:
    """Return unit vectors uniform on the sphere, shape (count, 3)."""
    z = 2.0 * rng.random(count) - 1.0
    azimuth = 2.0 * pi * rng.random(count)
    across = np.sqrt(1.0 - z * z)
    return np.stack([across * np.cos(azimuth), across * np.sin(azimuth), z], axis=1)


def accepted(trial: Callable[[int], Floats], share: float, count: int) -> Floats:
    """Return ``count`` points, from trials (n points) of which about a ``share`` is accepted."""
    found: list[Floats] = []
    missing = count
    while missing > 0:
        found.append(trial(int(1.1 * missing / share) + 10))
        missing -= len(found[-1])
    return np.asarray(np.concatenate(found)[:count])


def check_lengths(lengths: ArrayLike, what: str) -> None:
    """Refuse lengths [m] that are not positive and finite, naming them as ``what``."""
    values = np.asarray(lengths, float)
    if not np.all((values > 0.0) & np.isfinite(values)):
        raise ValueError(f"{what} = {values.tolist()} m must be positive and finite")


class SphereSurface(HitBody):
    """A sphere."""

    def __init__(self, radius: float, centre: ArrayLike = (0.0, 0.0, 0.0)) -> None:
        check_lengths(radius, "radius")
        self.radius = float(radius)
        self.centre = np.asarray(centre, float)

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
        return float(self.centre[2]) - self.radius

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the sphere."""
        distance = self.radius * np.cbrt(rng.random(count))
        return distance[:, None] * isotropic_directions(rng, count) + self.centre

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `HitSurface`."""
        offset = (origins - self.centre) / self.radius
        b = np.sum(offset * directions, axis=1)
        # perpendicular distance by subtraction of vectors: no cancellation far away
        closest = offset - b[:, None] * directions
        squared = 1.0 - np.sum(closest**2, axis=1)
        half_chord = np.sqrt(np.maximum(squared, 0.0))
        if inside:
            t = np.maximum(half_chord - b, 0.0)
            return t * self.radius, offset + t[:, None] * directions
        t = -half_chord - b
        t = np.where((squared <= 0.0) | (t <= _TINY), np.inf, t)
        normal = offset + np.where(np.isfinite(t), t, 0.0)[:, None] * directions
        return t * self.radius, normal

    def exit(self, origins: Floats, directions: Floats) -> Exit:
        """Return where rays from inside meet the sphere, on it to rounding."""
        offset = origins - self.centre
        along = dot(offset, directions)
        inside = self.radius**2 - dot(offset, offset)
        distance = np.maximum(np.sqrt(np.maximum(along**2 + inside, 0.0)) - along, 0.0)
        normal = offset + distance[:, None] * directions
        normal /= np.sqrt(dot(normal, normal))[:, None]
        return Exit(distance, normal, self.radius * normal + self.centre)

    def placed(self, factor: float, shift: ArrayLike) -> SphereSurface:
        """Return the sphere enlarged about the origin and moved."""
        return SphereSurface(self.radius * factor, self.centre * factor + np.asarray(shift))


def ellipsoid_area(a: ArrayLike, b: ArrayLike, c: ArrayLike) -> NDArray[np.float64]:
    """Return the surface [m²] of an ellipsoid of semi-axes a, b, c [m].

    4π R_G(a² b², b² c², c² a²) with Carlson's symmetric integral: DLMF 19.33.1.
    """
    from scipy.special import elliprg

    a, b, c = (np.asarray(x, dtype=float) for x in (a, b, c))
    scale = np.maximum(np.maximum(a, b), c)
    a2, b2, c2 = ((x / scale) ** 2 for x in (a, b, c))
    return np.asarray(4 * pi * scale**2 * elliprg(a2 * b2, b2 * c2, c2 * a2))


class EllipsoidSurface(HitBody):
    """An ellipsoid with semi-axes ``axes`` (3,) [m] along the columns of ``rotation`` (3, 3)."""

    def __init__(self, axes: ArrayLike, rotation: ArrayLike, centre: ArrayLike) -> None:
        self.axes, self.rotation = np.asarray(axes, float), np.asarray(rotation, float)
        self.centre, self.radius = np.asarray(centre, float), float(self.axes.max())
        self._ball = SphereSurface(1.0)

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return float(4.0 / 3.0 * pi * np.prod(self.axes))

    @cached_property
    def area(self) -> float:
        """Surface [m²]."""
        return float(ellipsoid_area(*self.axes))

    @property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return float(self.centre[2] - np.linalg.norm(self.rotation[2] * self.axes))

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the ellipsoid."""
        ball = np.cbrt(rng.random(count))[:, None] * isotropic_directions(rng, count)
        return np.asarray((ball * self.axes) @ self.rotation.T + self.centre)

    def _meet(
        self, origins: Floats, directions: Floats, inside: bool
    ) -> tuple[Floats, Floats, Floats]:
        """Return distances, normals, and the places on the unit sphere of scaled axes."""
        start = (origins - self.centre) @ self.rotation / self.axes
        along = directions @ self.rotation / self.axes
        stretch = np.linalg.norm(along, axis=1)
        t, place = self._ball.first_hit(start, along / stretch[:, None], inside)
        normal = (place / self.axes) @ self.rotation.T
        return t / stretch, normal / np.linalg.norm(normal, axis=1, keepdims=True), place

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `HitSurface`."""
        return self._meet(origins, directions, inside)[:2]

    def exit(self, origins: Floats, directions: Floats) -> Exit:
        """Return where rays from inside meet the ellipsoid, on it to rounding."""
        distance, normal, place = self._meet(origins, directions, True)
        return Exit(distance, normal, (place * self.axes) @ self.rotation.T + self.centre)

    def placed(self, factor: float, shift: ArrayLike) -> EllipsoidSurface:
        """Return the ellipsoid enlarged about the origin and moved."""
        return EllipsoidSurface(
            self.axes * factor, self.rotation, self.centre * factor + np.asarray(shift)
        )


class CutSurface(HitSurface):
    """The part of a convex body above the plane ``z = floor``: a flat contact, a cap.

    ``centre`` and ``radius`` of an enclosing sphere default to those of the whole body.
    """

    def __init__(
        self,
        body: HitSurface,
        floor: float = 0.0,
        centre: ArrayLike | None = None,
        radius: float | None = None,
    ) -> None:
        if floor >= body.centre[2] + body.radius:
            raise ValueError(f"floor = {floor:.6g} m: must lie below the top of the body")
        self._body, self._floor = body, float(floor)
        self.centre = body.centre if centre is None else np.asarray(centre, float)
        self.radius = body.radius if radius is None else float(radius)

    def first_hit(self, origins: Floats, directions: Floats, inside: bool) -> tuple[Floats, Floats]:
        """Return distances and outward normals of the first hits; see `HitSurface`."""
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

    def exit(self, origins: Floats, directions: Floats) -> Exit:
        """Return where rays from inside meet the surface, in the flat to rounding."""
        t, normal, _ = self._body.exit(origins, directions)
        dz, above = directions[:, 2], origins[:, 2] - self._floor
        fall = np.where(dz < 0.0, above / np.where(dz < 0.0, -dz, 1.0), np.inf)
        flat = fall < t
        distance = np.where(flat, np.maximum(fall, 0.0), t)
        point = origins + distance[:, None] * directions
        point[:, 2] = np.where(flat, self._floor, np.maximum(point[:, 2], self._floor))
        return Exit(distance, np.where(flat[:, None], (0.0, 0.0, -1.0), normal), point)

    def _through_flat(self, origins: Floats, directions: Floats, t_flat: Floats) -> Bools:
        """Return which rays from below, on their way into the whole body, cross the flat face."""
        entry, _ = self._body.first_hit(origins, directions, False)
        at = origins + entry[:, None] * directions
        through, _ = self._body.first_hit(at, directions, True)
        rising = (directions[:, 2] > 0.0) & (t_flat > _TINY * self.radius)
        return np.asarray(rising & (t_flat < entry + through))


class CapSurface(CutSurface, HitBody):
    """A part of a sphere on its flat base, whose middle is at ``place`` (3,) [m]."""

    def __init__(
        self, base_radius: float, height: float, place: ArrayLike = (0.0, 0.0, 0.0)
    ) -> None:
        check_lengths((base_radius, height), "base radius and height")
        self.base_radius, self.height = base_radius, height
        self.place = np.asarray(place, float)
        R = (base_radius**2 + height**2) / (2.0 * height)
        ball = SphereSurface(R, np.add(self.place, (0.0, 0.0, height - R)))
        around = ball if height >= R else SphereSurface(base_radius, self.place)
        super().__init__(ball, float(self.place[2]), around.centre, around.radius)

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return pi * self.height * (3 * self.base_radius**2 + self.height**2) / 6

    @property
    def area(self) -> float:
        """Whole surface, base included [m²]."""
        return pi * (2 * self.base_radius**2 + self.height**2)

    @property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return float(self.place[2])

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the cap (trial points in the cylinder around it)."""
        R, widest = self._body.radius, self.radius

        def trial(n: int) -> Floats:
            across, angle = widest * np.sqrt(rng.random(n)), 2.0 * pi * rng.random(n)
            z = self.height * rng.random(n)
            points = np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=1)
            return np.asarray(points[across**2 + (z - (self.height - R)) ** 2 <= R**2])

        share = self.volume / (pi * widest**2 * self.height)
        return np.asarray(accepted(trial, share, count) + self.place)

    def placed(self, factor: float, shift: ArrayLike) -> CapSurface:
        """Return the cap enlarged about the origin and moved."""
        return CapSurface(
            self.base_radius * factor, self.height * factor, self.place * factor + np.asarray(shift)
        )
