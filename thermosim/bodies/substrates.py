"""Substrates: ``[substrate]`` of a case file, chosen by ``kind``.

The particle stands at the origin on the plane z = 0, which is the top face; the substrate is below
it. Plan forms are disks (``radius``) or rectangles (``width`` along x, ``length`` along y).
"""

from __future__ import annotations

from abc import abstractmethod
from math import pi, sqrt
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from thermosim.bodies.emissivity import SurfaceEmissivity
from thermosim.language.kinds import Kind
from thermosim.language.sections import Section
from thermosim.language.units import Length, Positive, Temperature
from thermosim.materials.conductivity import unit_axis

Face = Literal["held", "radiating", "insulated"]
MaterialName = Annotated[str, Field(min_length=1, description="Name of the material")]
Thickness = Annotated[
    Positive[Length], Field(ge=1e-10, description="From top face to lower face; at least an atom")
]


def along_x_y_or_z(axis: tuple[float, float, float]) -> bool:
    """Whether a unit vector lies along an axis of coordinates: mirrors leave its line as it is."""
    return max(abs(c) for c in axis) == 1


class Substrate(Kind, chosen_by="kind"):
    """What the particle stands on, or nothing."""

    kind: str


class SubstrateBase(Substrate):
    """What every substrate has: faces, held temperature, emissivity, axis of the crystal."""

    rim: Face = Field("held", description="What happens at the outer edge")
    bottom: Face = Field("radiating", description="What happens at the lower face")
    held_temperature: Positive[Temperature] | None = Field(
        None, description="Temperature of held faces; that of the chamber if not given"
    )
    emissivity: SurfaceEmissivity = Field(
        "material", description="Of the faces that radiate, 0 to 1; default: that of the material"
    )
    crystal_axis: tuple[float, float, float] = Field(
        (0.0, 0.0, 1.0), description="Direction of the unique crystal axis (across the layers)"
    )

    @field_validator("crystal_axis")
    @classmethod
    def _unit_axis(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        return unit_axis(value)

    @model_validator(mode="after")
    def _held_temperature_is_used(self) -> Self:
        if self.held_temperature is not None and "held" not in (self.rim, self.bottom):
            raise ValueError('held_temperature needs rim = "held" or bottom = "held"')
        return self

    @property
    @abstractmethod
    def volume(self) -> float:
        """Volume [m³]."""

    @property
    @abstractmethod
    def top_area(self) -> float:
        """Area of the faces that look up, the place of the particle included [m²]."""

    @property
    @abstractmethod
    def bottom_area(self) -> float:
        """Area of the faces that look down [m²]."""

    @property
    @abstractmethod
    def rim_area(self) -> float:
        """Area of the outer edge, where ``rim`` acts [m²]."""

    @property
    @abstractmethod
    def is_axisymmetric(self) -> bool:
        """Whether geometry and crystal axis leave a body of revolution about z."""

    @property
    def has_mirror_planes(self) -> bool:
        """Whether x = 0 and y = 0 are mirror planes of geometry and crystal."""
        return along_x_y_or_z(self.crystal_axis)

    @property
    @abstractmethod
    def thickness_below(self) -> float:
        """Material straight below the particle [m]."""


class PlanForm(SubstrateBase):
    """A substrate that is a disk or a rectangle seen from above."""

    radius: Positive[Length] | None = Field(None, description="Radius of a disk")
    width: Positive[Length] | None = Field(None, description="Size of a rectangle along x")
    length: Positive[Length] | None = Field(
        None, description="Size of a rectangle along y; equal to the width if not given"
    )

    @model_validator(mode="after")
    def _disk_or_rectangle(self) -> Self:
        if (self.radius is None) == (self.width is None):
            raise ValueError("give either radius (a disk) or width (a rectangle), one of them")
        if self.length is not None and self.width is None:
            raise ValueError("length belongs to width (a rectangle); a disk has only a radius")
        return self

    @property
    def sides(self) -> tuple[float, float]:
        """Size along x and y [m]; twice the radius for a disk."""
        if self.radius is not None:
            return 2 * self.radius, 2 * self.radius
        assert self.width is not None
        return self.width, self.length or self.width

    @property
    def top_area(self) -> float:
        """Area of the upper face, the place of the particle included [m²]."""
        return pi * self.radius**2 if self.radius is not None else self.sides[0] * self.sides[1]

    @property
    def bottom_area(self) -> float:
        """Area of the lower face [m²]."""
        return self.top_area

    @property
    def perimeter(self) -> float:
        """Length of the outer edge [m]."""
        return 2 * pi * self.radius if self.radius is not None else 2 * sum(self.sides)

    @property
    def rim_area(self) -> float:
        """Area of the outer edge [m²]."""
        return self.perimeter * self.thickness_below

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return self.top_area * self.thickness_below

    @property
    def equivalent_radius(self) -> float:
        """Radius of the disk with the same upper face [m]."""
        return sqrt(self.top_area / pi)

    @property
    def is_axisymmetric(self) -> bool:
        """Whether it is a disk whose crystal axis stands upright."""
        return self.radius is not None and abs(self.crystal_axis[2]) == 1


class NoSubstrate(Substrate):
    """The particle floats in the chamber."""

    kind: Literal["none"] = "none"


class Slab(PlanForm):
    """A disk or a rectangle of one material."""

    kind: Literal["slab"] = "slab"
    material: MaterialName = "mica"
    thickness: Thickness

    @property
    def thickness_below(self) -> float:
        """The thickness [m]."""
        return self.thickness


class Layer(Section):
    """One layer of a stack."""

    material: MaterialName
    thickness: Thickness
    crystal_axis: tuple[float, float, float] | None = Field(
        None, description="Direction of the unique crystal axis; that of the stack if not given"
    )

    @field_validator("crystal_axis")
    @classmethod
    def _unit_axis(
        cls, value: tuple[float, float, float] | None
    ) -> tuple[float, float, float] | None:
        return None if value is None else unit_axis(value)


class Stack(PlanForm):
    """Layers on each other; the first is the top one, on which the particle stands."""

    kind: Literal["stack"] = "stack"
    layers: tuple[Layer, ...] = Field(
        min_length=1, max_length=20, description="From the top one downward"
    )

    @property
    def thickness_below(self) -> float:
        """Sum of the thicknesses [m]."""
        return sum(layer.thickness for layer in self.layers)

    @property
    def interfaces(self) -> tuple[float, ...]:
        """Heights z of top face, interfaces and lower face [m], from 0 downward."""
        heights = [0.0]
        for layer in self.layers:
            heights.append(heights[-1] - layer.thickness)
        return tuple(heights)

    @property
    def axes(self) -> tuple[tuple[float, float, float], ...]:
        """Crystal axis of each layer."""
        return tuple(layer.crystal_axis or self.crystal_axis for layer in self.layers)

    @property
    def is_axisymmetric(self) -> bool:
        """Whether it is a disk with every crystal axis upright."""
        return self.radius is not None and all(abs(axis[2]) == 1 for axis in self.axes)

    @property
    def has_mirror_planes(self) -> bool:
        """Whether the crystal axes of all layers leave x = 0 and y = 0 mirror planes."""
        return all(along_x_y_or_z(axis) for axis in self.axes)


class Membrane(PlanForm):
    """A thin sheet over a round hole in a frame; the particle stands over the hole's middle.

    Outside the hole the lower face rests on the frame and is held (``frame``); inside, ``bottom``
    acts. With the plan no larger than the hole the frame holds the outer edge alone.
    """

    kind: Literal["membrane"] = "membrane"
    material: MaterialName = "fused_silica"
    thickness: Thickness
    hole_radius: Positive[Length] = Field(description="Radius of the hole")
    frame: Face = Field("held", description="What happens where the sheet lies on the frame")

    @model_validator(mode="after")
    def _hole_fits(self) -> Self:
        if self.hole_radius > min(self.sides) / 2:
            raise ValueError(
                f"hole_radius = {self.hole_radius:.6g} m: must not reach beyond the sheet, "
                f"{min(self.sides) / 2:.6g} m from its middle"
            )
        return self

    @property
    def thickness_below(self) -> float:
        """Thickness of the sheet [m]."""
        return self.thickness

    @property
    def hole_area(self) -> float:
        """Area of the hole, the free part of the lower face [m²]."""
        return pi * self.hole_radius**2

    @property
    def frame_area(self) -> float:
        """Area of the lower face that lies on the frame [m²]."""
        return max(self.top_area - self.hole_area, 0.0)


class Cantilever(SubstrateBase):
    """A thin beam along x from its root, where ``rim`` acts; ``bottom`` rules the rest.

    The particle stands ``tip_distance`` from the free end, in the middle of the width. Top, lower
    face, flanks and tip radiate or are insulated as ``bottom`` says.
    """

    kind: Literal["cantilever"] = "cantilever"
    material: MaterialName = "silicon"
    length: Positive[Length] = Field(description="From the root to the free end, along x")
    width: Positive[Length] = Field(description="Along y")
    thickness: Thickness
    tip_distance: Positive[Length] | None = Field(
        None, description="From the particle to the free end; half the width if not given"
    )

    @model_validator(mode="after")
    def _particle_on_beam(self) -> Self:
        if self.bottom == "held":
            raise ValueError('bottom: a cantilever is held at its root alone; use rim = "held"')
        if self.particle_distance >= self.length:
            raise ValueError(
                f"tip_distance = {self.particle_distance:.6g} m: must be below the length, "
                f"{self.length:.6g} m"
            )
        return self

    @property
    def particle_distance(self) -> float:
        """From the particle to the free end [m]."""
        return self.width / 2 if self.tip_distance is None else self.tip_distance

    @property
    def x_range(self) -> tuple[float, float]:
        """The root and the free end along x, with the particle at 0 [m]."""
        return self.particle_distance - self.length, self.particle_distance

    @property
    def thickness_below(self) -> float:
        """Thickness of the beam [m]."""
        return self.thickness

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return self.length * self.width * self.thickness

    @property
    def top_area(self) -> float:
        """Area of the upper face [m²]."""
        return self.length * self.width

    @property
    def bottom_area(self) -> float:
        """Area of the lower face [m²]."""
        return self.top_area

    @property
    def flank_area(self) -> float:
        """Area of the two flanks and the free end [m²]."""
        return (2 * self.length + self.width) * self.thickness

    @property
    def rim_area(self) -> float:
        """Area of the root [m²]."""
        return self.width * self.thickness

    @property
    def is_axisymmetric(self) -> bool:
        """A beam is not."""
        return False

    @property
    def has_mirror_planes(self) -> bool:
        """A beam is held at one end: x = 0 is no mirror plane."""
        return False


class Pedestal(PlanForm):
    """A round pillar under the particle, standing in the middle of a slab."""

    kind: Literal["pedestal"] = "pedestal"
    material: MaterialName = "silicon"
    thickness: Thickness
    pedestal_radius: Positive[Length] = Field(description="Radius of the pillar")
    pedestal_height: Positive[Length] = Field(description="Height of the pillar above the slab")
    pedestal_material: str | None = Field(
        None, min_length=1, description="Material of the pillar; that of the slab if not given"
    )

    @model_validator(mode="after")
    def _pillar_fits(self) -> Self:
        if self.pedestal_radius >= min(self.sides) / 2:
            raise ValueError(
                f"pedestal_radius = {self.pedestal_radius:.6g} m: must be below half the slab, "
                f"{min(self.sides) / 2:.6g} m"
            )
        return self

    @property
    def thickness_below(self) -> float:
        """Height of the pillar and thickness of the slab [m]."""
        return self.pedestal_height + self.thickness

    @property
    def pedestal_volume(self) -> float:
        """Volume of the pillar [m³]."""
        return pi * self.pedestal_radius**2 * self.pedestal_height

    @property
    def pedestal_side_area(self) -> float:
        """Area of the pillar's side [m²]."""
        return 2 * pi * self.pedestal_radius * self.pedestal_height

    @property
    def rim_area(self) -> float:
        """Area of the slab's outer edge [m²]."""
        return self.perimeter * self.thickness

    @property
    def volume(self) -> float:
        """Volume of slab and pillar [m³]."""
        return self.top_area * self.thickness + self.pedestal_volume
