"""The sphere, free or cut flat by a contact disk, and the spherical cap."""

from __future__ import annotations

import functools
from math import pi, tan
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from thermosim.language.units import Angle, Length, Positive
from thermosim.shapes.base import (
    ShapeBase,
    TruncatedBody,
    check_contact,
    disk_area,
)
from thermosim.shapes.hits import CapSurface, SphereSurface
from thermosim.shapes.profile import Profile, Segment, upward_arcs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def center_height(radius: ArrayLike, contact_radius: ArrayLike) -> NDArray[np.float64]:
    """Return the height [m] of a sphere's centre above its flat: sqrt(R² - b²)."""
    R, b = np.asarray(radius, dtype=float), np.asarray(contact_radius, dtype=float)
    return np.asarray(np.sqrt((R - b) * (R + b)))


def cap_depth(radius: ArrayLike, contact_radius: ArrayLike) -> NDArray[np.float64]:
    """Return how deep [m] a flat of radius b cuts into a sphere: R - sqrt(R² - b²).

    Written as b²/(R + sqrt(R² - b²)), which keeps all digits as b/R → 0.
    """
    R, b = np.asarray(radius, dtype=float), np.asarray(contact_radius, dtype=float)
    return np.asarray(b * (b / (R + center_height(R, b))))


def cap_volume(base_radius: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    """Return the volume [m³] of a spherical cap: π h (3 a² + h²)/6."""
    a, h = np.asarray(base_radius, dtype=float), np.asarray(height, dtype=float)
    return np.asarray(pi * h * (3 * a**2 + h**2) / 6)


def cap_curved_area(base_radius: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    """Return the curved area [m²] of a spherical cap, without its base: π (a² + h²)."""
    a, h = np.asarray(base_radius, dtype=float), np.asarray(height, dtype=float)
    return np.asarray(pi * (a**2 + h**2))


def cap_centroid_height(base_radius: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    """Return the centre of mass [m] of a spherical cap above its base.

    h (2 a² + h²)/(2 (3 a² + h²)): h/3 for a flat cap, h/2 for the whole sphere.
    """
    a, h = np.asarray(base_radius, dtype=float), np.asarray(height, dtype=float)
    return np.asarray(h * (2 * a**2 + h**2) / (2 * (3 * a**2 + h**2)))


def truncated_sphere_volume(radius: ArrayLike, contact_radius: ArrayLike) -> NDArray[np.float64]:
    """Return the volume [m³] of a sphere cut by a flat of radius b, its centre above the flat."""
    R, b = np.asarray(radius, dtype=float), np.asarray(contact_radius, dtype=float)
    return np.asarray(4 / 3 * pi * R**3 - cap_volume(b, cap_depth(R, b)))


def truncated_sphere_free_area(radius: ArrayLike, contact_radius: ArrayLike) -> NDArray[np.float64]:
    """Return the curved area [m²] left of a sphere cut by a flat of radius b: 2 π R (2 R - d)."""
    R = np.asarray(radius, dtype=float)
    return np.asarray(2 * pi * R * (2 * R - cap_depth(R, contact_radius)))


@functools.lru_cache(maxsize=1024)  # a model asks a dozen times, a claim for thousands of models
def _truncated(R: float, b: float) -> TruncatedBody:
    """Return a sphere of radius R cut flat by a disk of radius b [m]."""
    depth = float(cap_depth(R, b))
    height = 2 * R - depth
    return TruncatedBody(
        volume=float(truncated_sphere_volume(R, b)),
        free_area=float(truncated_sphere_free_area(R, b)),
        contact_area=float(disk_area(b)),
        height=height,
        centroid_height=float(cap_centroid_height(b, height)),
        depth=depth,
    )


class Sphere(ShapeBase):
    """A sphere; a contact of radius b cuts it flat, b²/2R deep."""

    kind: Literal["sphere"] = "sphere"
    radius: Positive[Length] = Field(description="Radius of the sphere")

    @property
    def volume(self) -> float:
        """Volume of the whole sphere [m³]."""
        return _truncated(self.radius, 0.0).volume

    @property
    def area(self) -> float:
        """Surface of the whole sphere [m²]."""
        return float(truncated_sphere_free_area(self.radius, 0))

    @property
    def bounding_box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest x, y, z, the sphere standing on z = 0 [m]."""
        R = self.radius
        return (-R, -R, 0.0), (R, R, 2 * R)

    @property
    def centroid_height(self) -> float:
        """Height of the centre of the whole sphere [m]."""
        return self.radius

    @property
    def is_axisymmetric(self) -> bool:
        """A sphere always is."""
        return True

    @property
    def base_area(self) -> float:
        """A sphere rests on a point: 0."""
        return 0.0

    @property
    def largest_contact_radius(self) -> float:
        """The radius of the sphere [m]: its half."""
        return self.radius

    def truncated(self, contact_radius: float) -> TruncatedBody:
        """Return the sphere cut flat at z = 0 by a disk of radius ``contact_radius`` [m].

        Raises
        ------
        ValueError
            If the contact radius is negative or above the radius.
        """
        check_contact(contact_radius, self.radius, "the radius of the sphere")
        return _truncated(self.radius, min(contact_radius, self.radius))

    def hit_body(self) -> SphereSurface:
        """Return the sphere that rays meet."""
        return SphereSurface(self.radius, (0.0, 0.0, self.radius))

    def profile(self, contact_radius: float) -> Profile:
        """Return the outline: arcs over the widest place to the top."""
        R, b = self.radius, contact_radius
        return Profile(b, b, upward_arcs(R, R, float(center_height(R, b)), b), R)


class SphericalCap(ShapeBase):
    """A part of a sphere on its flat base: a droplet, a melted or annealed grain."""

    kind: Literal["spherical_cap"] = "spherical_cap"
    base_radius: Positive[Length] = Field(description="Radius of the flat base")
    cap_height: Positive[Length] | None = Field(
        None, description="Height of the cap; give this or contact_angle"
    )
    contact_angle: Annotated[Positive[Angle], Field(lt=pi)] | None = Field(
        None, description="Angle between base and surface, inside the body, below 180°"
    )

    @model_validator(mode="after")
    def _one_height(self) -> Self:
        if (self.cap_height is None) == (self.contact_angle is None):
            raise ValueError("give either cap_height or contact_angle, one of them")
        return self

    @property
    def height(self) -> float:
        """Height of the cap [m]: a tan(contact angle/2)."""
        if self.cap_height is not None:
            return self.cap_height
        assert self.contact_angle is not None
        return self.base_radius * tan(self.contact_angle / 2)

    @property
    def sphere_radius(self) -> float:
        """Radius [m] of the sphere that the cap is a part of: (a² + h²)/2h."""
        return (self.base_radius**2 + self.height**2) / (2 * self.height)

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return float(cap_volume(self.base_radius, self.height))

    @property
    def area(self) -> float:
        """Whole surface, base included [m²]."""
        return float(cap_curved_area(self.base_radius, self.height)) + self.base_area

    @property
    def base_area(self) -> float:
        """Area of the flat base [m²]."""
        return float(disk_area(self.base_radius))

    @property
    def bounding_box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest x, y, z, the base at z = 0 [m]."""
        r = self.base_radius if self.height <= self.base_radius else self.sphere_radius
        return (-r, -r, 0.0), (r, r, self.height)

    @property
    def centroid_height(self) -> float:
        """Centre of mass above the base [m]."""
        return float(cap_centroid_height(self.base_radius, self.height))

    @property
    def is_axisymmetric(self) -> bool:
        """A cap on its base always is."""
        return True

    @property
    def largest_contact_radius(self) -> float:
        """The radius of the base [m]."""
        return self.base_radius

    def truncated(self, contact_radius: float) -> TruncatedBody:
        """Return the cap with a contact disk of radius ``contact_radius`` [m] in its base.

        Raises
        ------
        ValueError
            If the contact radius is negative or above the radius of the base.
        """
        check_contact(contact_radius, self.base_radius, "the radius of the base")
        contact = float(disk_area(min(contact_radius, self.base_radius)))
        return TruncatedBody(
            volume=self.volume,
            free_area=self.area - contact,
            contact_area=contact,
            height=self.height,
            centroid_height=self.centroid_height,
            depth=0.0,
        )

    def hit_body(self) -> CapSurface:
        """Return the cap that rays meet."""
        return CapSurface(self.base_radius, self.height)

    def profile(self, contact_radius: float) -> Profile:
        """Return the outline; a contact of the whole base leaves no sliver of it."""
        a, h, R = self.base_radius, self.height, self.sphere_radius
        b = a if contact_radius >= a * (1 - 1e-9) else contact_radius
        center = h - R
        segments: tuple[Segment, ...]
        if h > a * (1 + 1e-9):
            segments = upward_arcs(R, R, center, a)
        else:
            segments = (Segment("circle", (0.0, h), (0.0, center)),)
        return Profile(a, b, segments, self.equivalent_radius)
