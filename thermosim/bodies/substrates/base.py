"""What all substrates share: faces, plan form, and none at all."""

from __future__ import annotations

from abc import abstractmethod
from math import pi, sqrt
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from thermosim.bodies.emissivity import SurfaceEmissivity
from thermosim.bodies.substrates.parts import Face, Plan, SubstrateFace, SubstratePart
from thermosim.language.kinds import Kind
from thermosim.language.units import Length, Positive, Temperature
from thermosim.materials.conductivity import unit_axis

MaterialName = Annotated[str, Field(min_length=1, description="Name of the material")]
Thickness = Annotated[
    Positive[Length], Field(ge=1e-10, description="From top face to lower face; at least an atom")
]


def along_x_y_or_z(axis: tuple[float, float, float]) -> bool:
    """Whether a unit vector lies along an axis of coordinates: mirrors leave its line as it is."""
    return max(abs(c) for c in axis) == 1


MODULES = ("base", "slab", "stack", "membrane", "cantilever", "pedestal")
"""Modules of this folder that hold substrates."""


class Substrate(
    Kind, chosen_by="kind", modules=tuple(f"thermosim.bodies.substrates.{name}" for name in MODULES)
):
    """What the particle stands on, or nothing."""

    kind: str

    @abstractmethod
    def parts(self) -> tuple[SubstratePart, ...]:
        """Return the regions, the one under the particle first."""

    @abstractmethod
    def faces(self) -> tuple[SubstrateFace, ...]:
        """Return the boundaries; what a base of the particle covers exchanges no heat."""

    @property
    @abstractmethod
    def equivalent_radius(self) -> float:
        """Size across [m]: of the disk with the same upper face, or half the width of a beam."""

    @property
    def is_axisymmetric(self) -> bool:
        """Whether geometry and crystal axes leave a body of revolution about z."""
        return all(part.plan.radius and abs(part.axis[2]) == 1 for part in self.parts())

    @property
    def has_mirror_planes(self) -> bool:
        """Whether x = 0 and y = 0 are mirror planes of geometry and crystals."""
        return all(along_x_y_or_z(part.axis) for part in self.parts())


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

    def faces(self) -> tuple[SubstrateFace, ...]:
        """Return the boundaries; what a base of the particle covers exchanges no heat.

        The rim of several parts counts as one face of the lowest.
        """
        first, last = self.parts()[0], self.parts()[-1]
        return (
            self._face("substrate_top", "radiating", first),
            self._face("substrate_bottom", self.bottom, last, up=False),
            self._face("substrate_rim", self.rim, last, up=False),
        )

    def _face(
        self, boundary: str, happens: Face, part: SubstratePart, *, up: bool = True
    ) -> SubstrateFace:
        return SubstrateFace(boundary, happens, part, self.emissivity, self.held_temperature, up)

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return sum(part.plan.area * part.thickness for part in self.parts())

    @property
    @abstractmethod
    def top_area(self) -> float:
        """Area of the faces that look up, the place of the particle included [m²]."""


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
    def plan(self) -> Plan:
        """The outline seen from above."""
        if self.radius is not None:
            return Plan(self.radius)
        x, y = (side / 2 for side in self.sides)
        return Plan(corners=((-x, -y), (x, -y), (x, y), (-x, y)))

    def _part(
        self, region: str, material: str, thickness: float, top: float = 0.0, **more: Any
    ) -> SubstratePart:
        """Return a part that has the outline of the whole."""
        axis = more.pop("axis", self.crystal_axis)
        rim = ("substrate_rim",) * (1 if self.radius else 4)
        return SubstratePart(region, material, axis, self.plan, top, thickness, rim, **more)

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
        return self.plan.area

    @property
    def equivalent_radius(self) -> float:
        """Radius of the disk with the same upper face [m]."""
        return sqrt(self.top_area / pi)


class NoSubstrate(Substrate):
    """The particle floats in the chamber."""

    kind: Literal["none"] = "none"

    def parts(self) -> tuple[SubstratePart, ...]:
        """Return none."""
        return ()

    def faces(self) -> tuple[SubstrateFace, ...]:
        """Return none."""
        return ()

    @property
    def equivalent_radius(self) -> float:
        """No size [m]."""
        return 0.0
