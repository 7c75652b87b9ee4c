"""A membrane: a thin sheet over a round hole in a frame."""

from __future__ import annotations

from math import pi
from typing import Literal, Self

from pydantic import Field, model_validator

from thermosim.bodies.substrates.base import MaterialName, PlanForm, Thickness
from thermosim.bodies.substrates.parts import Face, SubstrateFace, SubstratePart
from thermosim.language.units import Length, Positive


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

    def parts(self) -> tuple[SubstratePart, ...]:
        """Return the sheet."""
        hole = self.hole_radius
        return (self._part("substrate", self.material, self.thickness, hole_radius=hole),)

    def faces(self) -> tuple[SubstrateFace, ...]:
        """Return the boundaries, that on the frame after the top, where there is one."""
        top, *others = super().faces()
        if not self.frame_area:
            return (top, *others)
        frame = self._face("substrate_frame", self.frame, top.part, up=False)
        return (top, frame, *others)

    @property
    def hole_area(self) -> float:
        """Area of the hole, the free part of the lower face [m²]."""
        return pi * self.hole_radius**2

    @property
    def frame_area(self) -> float:
        """Area of the lower face that lies on the frame [m²]."""
        return max(self.top_area - self.hole_area, 0.0)
