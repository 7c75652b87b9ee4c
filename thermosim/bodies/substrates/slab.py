"""A slab: a disk or a rectangle of one material."""

from __future__ import annotations

from typing import Literal

from thermosim.bodies.substrates.base import MaterialName, PlanForm, Thickness


class Slab(PlanForm):
    """A disk or a rectangle of one material."""

    kind: Literal["slab"] = "slab"
    material: MaterialName = "mica"
    thickness: Thickness

    @property
    def thickness_below(self) -> float:
        """The thickness [m]."""
        return self.thickness
