"""What every shape of a particle can tell about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np

from thermosim.errors import MeshError
from thermosim.language.kinds import Kind
from thermosim.shapes.hits import CutSurface, HitBody, HitSurface

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from thermosim.shapes.profile import Profile

_ROUNDING = 1e-9


@dataclass(frozen=True)
class TruncatedBody:
    """A body that sits on the plane z = 0, cut flat by its contact; all values in SI units.

    Attributes
    ----------
    volume
        Volume above the plane [m³].
    free_area
        Area of the surface that is not contact [m²].
    contact_area
        Area of the contact in the plane z = 0 [m²].
    height
        Top of the body above the plane [m].
    centroid_height
        Centre of mass above the plane [m], for a uniform density.
    depth
        How much the cut takes off the uncut body, along z [m].
    """

    volume: float
    free_area: float
    contact_area: float
    height: float
    centroid_height: float
    depth: float

    @property
    def area(self) -> float:
        """Whole surface, contact included [m²]."""
        return self.free_area + self.contact_area


def equivalent_radius(volume: ArrayLike) -> NDArray[np.float64]:
    """Return the radius [m] of the sphere of the given volume [m³]."""
    return np.cbrt(3 * np.asarray(volume, dtype=float) / (4 * pi))


def disk_area(radius: ArrayLike) -> NDArray[np.float64]:
    """Return the area of a disk, π r² [m²]."""
    return np.asarray(pi * np.asarray(radius, dtype=float) ** 2)


def unit_vectors(directions: ArrayLike) -> NDArray[np.float64]:
    """Return ``directions``, shape (..., 3), scaled to length 1.

    Raises
    ------
    ValueError
        If the last axis is not 3 long, or a direction is zero or not finite.
    """
    vectors = np.asarray(directions, dtype=float)
    if vectors.ndim == 0 or vectors.shape[-1] != 3:
        raise ValueError(f"directions have shape {vectors.shape}; the last axis must be 3 long")
    largest = np.max(np.abs(vectors), axis=-1, keepdims=True)
    if not np.all(np.isfinite(vectors)) or np.any(largest == 0):
        raise ValueError("a direction must be finite and not the zero vector")
    scaled = vectors / largest
    return np.asarray(scaled / np.linalg.norm(scaled, axis=-1, keepdims=True))


def check_contact(contact_radius: float, largest: float, what: str) -> None:
    """Refuse a contact radius that is negative, not finite or above ``largest`` (all in m).

    Raises
    ------
    ValueError
        Naming the value, the limit and ``what`` sets the limit.
    """
    if not 0 <= contact_radius <= largest * (1 + _ROUNDING):
        raise ValueError(
            f"contact radius {contact_radius:.6g} m must lie between 0 and {what}, {largest:.6g} m"
        )


MODULES = ("sphere", "ellipsoid", "crystals", "grain", "surface")
"""Modules of this folder that hold shapes."""


class ShapeBase(
    Kind, ABC, chosen_by="kind", modules=tuple(f"thermosim.shapes.{name}" for name in MODULES)
):
    """Common part of the shapes; coordinates are those of the pose the particle rests in.

    The pose: the plane of the substrate is z = 0, the body is above it and touches it, and its
    z axis passes through the middle of the contact. Lengths are in m.
    """

    kind: str

    @property
    @abstractmethod
    def volume(self) -> float:
        """Volume of the uncut body [m³]."""

    @property
    @abstractmethod
    def area(self) -> float:
        """Whole surface of the uncut body [m²]."""

    @property
    @abstractmethod
    def bounding_box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest x, y, z of the uncut body in its pose [m]."""

    @property
    @abstractmethod
    def centroid_height(self) -> float:
        """Centre of mass of the uncut body above the plane it rests on [m]."""

    @property
    @abstractmethod
    def is_axisymmetric(self) -> bool:
        """Whether the body in its pose is a body of revolution about z."""

    @property
    def has_mirror_planes(self) -> bool:
        """Whether x = 0 and y = 0 are mirror planes of the body in its pose."""
        return self.is_axisymmetric

    @property
    @abstractmethod
    def base_area(self) -> float:
        """Area of the facet that the uncut body rests on [m²]; 0 on an edge or a point."""

    @property
    @abstractmethod
    def largest_contact_radius(self) -> float:
        """The largest radius [m] that ``truncated`` takes."""

    @abstractmethod
    def truncated(self, contact_radius: float) -> TruncatedBody:
        """Return the body with a contact of area π ``contact_radius``² [m] at z = 0.

        A body that rests on a facet keeps its form: the contact is a disk in the facet. Any other
        body is cut by a plane where the cut has that area. A radius of 0 leaves the body whole.

        Raises
        ------
        ValueError
            If the contact does not fit the body.
        """

    def profile(self, contact_radius: float) -> Profile:
        """Return the outline in the half plane (r, z), of bodies of revolution, with the contact.

        Raises
        ------
        MeshError
            If the shape is no body of revolution about z.
        """
        raise MeshError(
            f'particle.shape.kind = "{self.kind}" is no body of revolution; use symmetry = "3d"'
        )

    def hit_body(self) -> HitBody:
        """Return what rays and photons meet: the uncut body in its pose.

        Raises
        ------
        MeshError
            If the kind of shape has not said what its surface is.
        """
        raise MeshError(
            f"{type(self).__name__}: rays do not know the surface of this shape; choose another "
            'kind of shape, optics.model = "uniform", or an escape of kind = "ergodic"'
        )

    def hit_surface(
        self, contact_radius: float = 0.0, place: tuple[float, float] = (0.0, 0.0)
    ) -> HitSurface:
        """Return what rays meet, cut flat by the contact as `truncated` does.

        Parameters
        ----------
        contact_radius
            Of the disk as large as the contact [m].
        place
            x and y of the middle of the contact [m].

        Raises
        ------
        ValueError
            If the contact does not fit the shape.
        MeshError
            As `hit_body`, or for an open surface from a file.
        """
        depth = self.truncated(contact_radius).depth if contact_radius > 0.0 else 0.0
        body = self.hit_body().placed(1.0, (*place, -depth))
        return CutSurface(body) if depth > 0.0 else body

    @property
    def equivalent_radius(self) -> float:
        """Radius of the sphere of equal volume [m]."""
        return float(equivalent_radius(self.volume))

    @property
    def height(self) -> float:
        """Top of the uncut body above the plane it rests on [m]."""
        return self.bounding_box[1][2]
