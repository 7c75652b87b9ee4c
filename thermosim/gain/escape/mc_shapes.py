"""Curved bodies for Monte Carlo photons, and the body that belongs to a shape of a case."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from thermosim.gain.escape.mc_bodies import (
    Body,
    ConvexBody,
    Floats,
    Hit,
    Rng,
    SphereBody,
    dot,
    isotropic_directions,
)
from thermosim.gain.escape.mc_mesh import MeshBody
from thermosim.shapes import Ellipsoid, FacetedShape, ShapeBase, Sphere, SphericalCap, Surface
from thermosim.shapes.base import disk_area
from thermosim.shapes.ellipsoid import ellipsoid_area
from thermosim.shapes.sphere import cap_curved_area, cap_volume


@dataclass(frozen=True, eq=False)
class EllipsoidBody:
    """An ellipsoid with semi-axes ``axes`` (3,) [m] along the columns of ``rotation`` (3, 3)."""

    axes: Floats
    rotation: Floats
    center: Floats

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return float(4.0 / 3.0 * pi * np.prod(self.axes))

    @property
    def area(self) -> float:
        """Surface [m²]."""
        return float(ellipsoid_area(*self.axes))

    @property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return float(self.center[2] - np.linalg.norm(self.rotation[2] * self.axes))

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the ellipsoid."""
        ball = np.cbrt(rng.random(count))[:, None] * isotropic_directions(rng, count)
        return np.asarray((ball * self.axes) @ self.rotation.T + self.center)

    def hit(self, position: Floats, direction: Floats) -> Hit:
        """Return where rays from inside meet the ellipsoid (a unit sphere in scaled axes)."""
        p = (position - self.center) @ self.rotation / self.axes
        u = direction @ self.rotation / self.axes
        square, along = dot(u, u), dot(p, u)
        root = np.sqrt(np.maximum(along**2 + square * (1.0 - dot(p, p)), 0.0))
        distance = np.maximum((root - along) / square, 0.0)
        q = p + distance[:, None] * u
        q /= np.sqrt(dot(q, q))[:, None]
        normal = (q / self.axes) @ self.rotation.T
        normal /= np.sqrt(dot(normal, normal))[:, None]
        return Hit(distance, normal, (q * self.axes) @ self.rotation.T + self.center)

    def scaled(self, factor: float) -> EllipsoidBody:
        """Return the ellipsoid enlarged about the origin."""
        return EllipsoidBody(self.axes * factor, self.rotation, self.center * factor)


@dataclass(frozen=True)
class CapBody:
    """A part of a sphere above the plane z = 0, its base of ``base_radius`` [m] in that plane."""

    base_radius: float
    height: float

    @property
    def _sphere(self) -> tuple[float, float]:
        """Radius of the sphere and height of its centre [m]."""
        radius = (self.base_radius**2 + self.height**2) / (2.0 * self.height)
        return radius, self.height - radius

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return float(cap_volume(self.base_radius, self.height))

    @property
    def area(self) -> float:
        """Whole surface, base included [m²]."""
        curved = cap_curved_area(self.base_radius, self.height)
        return float(curved + disk_area(self.base_radius))

    @property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return 0.0

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the cap (trial points in the cylinder around it)."""
        radius, center = self._sphere
        widest = radius if center > 0.0 else self.base_radius
        share = self.volume / (pi * widest**2 * self.height)
        found: list[Floats] = []
        missing = count
        while missing > 0:
            trials = int(1.1 * missing / share) + 10
            across, angle = widest * np.sqrt(rng.random(trials)), 2.0 * pi * rng.random(trials)
            z = self.height * rng.random(trials)
            inside = across**2 + (z - center) ** 2 <= radius**2
            points = np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=1)
            found.append(points[inside])
            missing -= len(found[-1])
        return np.asarray(np.concatenate(found)[:count])

    def hit(self, position: Floats, direction: Floats) -> Hit:
        """Return where rays from inside meet the cap or its base."""
        radius, center = self._sphere
        curved = SphereBody(radius).hit(position - (0.0, 0.0, center), direction)
        down = direction[:, 2] < 0.0
        fall = np.where(down, position[:, 2] / np.where(down, -direction[:, 2], 1.0), np.inf)
        base = fall < curved.distance
        distance = np.where(base, np.maximum(fall, 0.0), curved.distance)
        normal = np.where(base[:, None], (0.0, 0.0, -1.0), curved.normal)
        point = position + distance[:, None] * direction
        point[:, 2] = np.where(base, 0.0, np.maximum(point[:, 2], 0.0))
        return Hit(distance, normal, point)

    def scaled(self, factor: float) -> CapBody:
        """Return a cap ``factor`` times as large."""
        return CapBody(self.base_radius * factor, self.height * factor)


def body_of(shape: float | Body | ShapeBase) -> Body:
    """Return what photons travel in: a radius [m] becomes a sphere, a body stays what it is.

    Raises
    ------
    MeshError
        For a STEP solid, which has no triangles before it is meshed, or an open surface.
    ValueError
        For a shape that has no body here.
    """
    if isinstance(shape, int | float):
        return SphereBody(float(shape))
    if not isinstance(shape, ShapeBase):
        return shape
    if isinstance(shape, Sphere):
        return SphereBody(shape.radius)
    if isinstance(shape, SphericalCap):
        return CapBody(shape.base_radius, shape.height)
    if isinstance(shape, Ellipsoid):
        return EllipsoidBody(shape.axes, shape.rotation, np.array(shape.center))
    if isinstance(shape, FacetedShape):
        return ConvexBody(*shape.convex_halfspaces())
    if isinstance(shape, Surface):
        return MeshBody(*shape.vertices_faces())
    raise ValueError(
        f"{type(shape).__name__}: photons cannot travel in this shape; pass its surface as "
        'MeshBody, or use kind = "ergodic", which needs volume and area only'
    )
