"""Substrates as layers under z = 0: the parts of a substrate, as the mesher draws them."""

from __future__ import annotations

from thermosim.bodies.substrates import Plan, Substrate
from thermosim.bodies.substrates import SubstratePart as Layer

__all__ = ["Layer", "Plan", "layers_of"]


def layers_of(substrate: Substrate) -> tuple[Layer, ...]:
    """Return the layers of a substrate, the top one first; none for a particle that floats."""
    return substrate.parts()
