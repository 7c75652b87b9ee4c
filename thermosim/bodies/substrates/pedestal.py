"""A pedestal: a round pillar in the middle of a slab."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from thermosim.bodies.substrates.base import MaterialName, PlanForm, Thickness
from thermosim.bodies.substrates.parts import Plan, SubstrateFace, SubstratePart
from thermosim.language.units import Length, Positive


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

    def parts(self) -> tuple[SubstratePart, ...]:
        """Return the pillar and the slab that it stands on."""
        pillar = SubstratePart(
            "pedestal",
            self.pedestal_material or self.material,
            self.crystal_axis,
            Plan(self.pedestal_radius),
            0.0,
            self.pedestal_height,
            ("pedestal_side",),
            face="pedestal_top",
            key="pedestal_material" if self.pedestal_material else "material",
        )
        return pillar, self._part("substrate", self.material, self.thickness, pillar.bottom)

    def faces(self) -> tuple[SubstrateFace, ...]:
        """Return the boundaries, those of the pillar after the top of the slab."""
        pillar, slab = self.parts()
        _, *others = super().faces()
        return (
            self._face("substrate_top", "radiating", slab),
            self._face("pedestal_top", "radiating", pillar),
            self._face("pedestal_side", "radiating", pillar),
            *others,
        )
