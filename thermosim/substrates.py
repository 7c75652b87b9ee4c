"""Substrates: ``[substrate]`` of a case file, chosen by ``kind``.

The top face is the plane z = 0, the substrate is below it, and the particle stands at the origin.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from thermosim.emissivity import SurfaceEmissivity
from thermosim.sections import Section
from thermosim.units import Length, Positive, Temperature

Face = Literal["held", "radiating", "insulated"]
Direction = tuple[float, float, float]


class SubstrateBase(Section):
    """Fields that every substrate has; lengths in m, temperatures in K."""

    rim: Face = Field("held", description="What happens at the outer edge")
    bottom: Face = Field("radiating", description="What happens at the lower face")
    held_temperature: Positive[Temperature] | None = Field(
        None, description="Temperature of held faces; that of the chamber if not given"
    )
    emissivity: SurfaceEmissivity = Field(
        "material", description="Of the faces that radiate, 0 to 1; default: that of the material"
    )


class Slab(SubstrateBase):
    """A disk (``radius``) or a rectangle (``width``, ``length``) of one material."""

    kind: Literal["slab"] = "slab"
    material: str = Field("mica", min_length=1, description="Name of the material")
    thickness: Positive[Length] = Field(description="From the top face to the lower face")
    radius: Positive[Length] | None = Field(None, description="Radius of a disk")
    width: Positive[Length] | None = Field(None, description="Size of a rectangle along x")
    length: Positive[Length] | None = Field(
        None, description="Size of a rectangle along y; equal to the width if not given"
    )
    crystal_axis: Direction = Field(
        (0.0, 0.0, 1.0), description="Direction of the unique crystal axis (across the layers)"
    )

    @field_validator("crystal_axis")
    @classmethod
    def _unit_axis(cls, value: Direction) -> Direction:
        return unit_axis(value)

    @model_validator(mode="after")
    def _disk_or_rectangle(self) -> Self:
        if (self.radius is None) == (self.width is None):
            raise ValueError("give either radius (a disk) or width (a rectangle), one of them")
        if self.length is not None and self.width is None:
            raise ValueError("length belongs to width (a rectangle); a disk has only a radius")
        return self

    @property
    def top_area(self) -> float:
        """Area of the upper face, the place of the particle included [m²]."""
        if self.radius is not None:
            return pi * self.radius**2
        assert self.width is not None
        return self.width * (self.length or self.width)

    @property
    def bottom_area(self) -> float:
        """Area of the lower face [m²]."""
        return self.top_area

    @property
    def rim_area(self) -> float:
        """Area of the outer edge [m²]."""
        if self.radius is not None:
            return 2 * pi * self.radius * self.thickness
        assert self.width is not None
        return 2 * (self.width + (self.length or self.width)) * self.thickness

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return self.top_area * self.thickness

    @property
    def equivalent_radius(self) -> float:
        """Radius of the disk with the same upper face [m]."""
        return self.radius or sqrt(self.top_area / pi)

    @property
    def is_axisymmetric(self) -> bool:
        """Whether geometry and crystal axis leave a body of revolution about z."""
        return self.radius is not None and abs(self.crystal_axis[2]) == 1


def unit_axis(direction: Direction) -> Direction:
    """Return ``direction`` at length 1.

    Raises
    ------
    ValueError
        If it is the zero vector or not finite.
    """
    length = sqrt(sum(c * c for c in direction))
    if not 0 < length < float("inf"):
        raise ValueError("must be a direction: three finite numbers, not all zero")
    x, y, z = (c / length for c in direction)
    return x, y, z


class NoSubstrate(Section):
    """The particle floats in the chamber."""

    kind: Literal["none"] = "none"


Substrate = Annotated[NoSubstrate | Slab, Field(discriminator="kind")]
