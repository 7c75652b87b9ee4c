"""A cantilever: a thin beam held at its root."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from thermosim.bodies.substrates.base import MaterialName, SubstrateBase, Thickness
from thermosim.bodies.substrates.parts import Plan, SubstrateFace, SubstratePart
from thermosim.language.units import Length, Positive


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

    def parts(self) -> tuple[SubstratePart, ...]:
        """Return the beam."""
        (root, tip), y = self.x_range, self.width / 2
        plan = Plan(corners=((root, -y), (tip, -y), (tip, y), (root, y)))
        sides = ("substrate_side", "substrate_side", "substrate_side", "substrate_rim")
        axis, thickness = self.crystal_axis, self.thickness
        return (SubstratePart("substrate", self.material, axis, plan, 0.0, thickness, sides),)

    def faces(self) -> tuple[SubstrateFace, ...]:
        """Return the boundaries; ``bottom`` rules all beside the root."""
        (beam,) = self.parts()
        return (
            self._face("substrate_top", self.bottom, beam),
            self._face("substrate_side", self.bottom, beam),
            self._face("substrate_bottom", self.bottom, beam, up=False),
            self._face("substrate_rim", self.rim, beam, up=False),
        )

    @property
    def equivalent_radius(self) -> float:
        """Half the width [m]."""
        return self.width / 2

    @property
    def top_area(self) -> float:
        """Area of the upper face [m²]."""
        return self.length * self.width

    @property
    def has_mirror_planes(self) -> bool:
        """A beam is held at one end: x = 0 is no mirror plane."""
        return False
