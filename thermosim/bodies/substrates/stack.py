"""A stack: layers on each other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from thermosim.bodies.substrates.base import MaterialName, PlanForm, Thickness
from thermosim.bodies.substrates.parts import SubstratePart
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
    layers: tuple[Layer, ...] = Field(
        min_length=1, max_length=20, description="From the top one downward"
    )

    def parts(self) -> tuple[SubstratePart, ...]:
        """Return the layers from the top one down, ``substrate_1`` first."""
        found, top = list[SubstratePart](), 0.0
        for i, layer in enumerate(self.layers):
            part = self._part(
                f"substrate_{i + 1}",
                layer.material,
                layer.thickness,
                top,
                axis=layer.crystal_axis or self.crystal_axis,
                key=f"layers[{i}].material",
            )
            found.append(part)
            top = part.bottom
        return tuple(found)
