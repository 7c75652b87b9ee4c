"""A slab: a disk or a rectangle of one material."""

from __future__ import annotations

from typing import Literal

from thermosim.bodies.substrates.base import MaterialName, PlanForm, Thickness
from thermosim.bodies.substrates.parts import SubstratePart


class Slab(PlanForm):
    """A disk or a rectangle of one material."""

    kind: Literal["slab"] = "slab"
    material: MaterialName = "mica"
    thickness: Thickness

    def parts(self) -> tuple[SubstratePart, ...]:
        """Return the slab."""
        return (self._part("substrate", self.material, self.thickness),)
