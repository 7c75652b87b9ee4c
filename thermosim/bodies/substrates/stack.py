"""A stack: layers on each other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from thermosim.bodies.substrates.base import MaterialName, PlanForm, Thickness, along_x_y_or_z
from thermosim.language.sections import Section
from thermosim.materials.conductivity import unit_axis


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
    layers: tuple[Layer, ...] = Field(min_length=1, max_length=20)

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
