"""Substrates: ``[substrate]`` of a case file, chosen by ``kind``.

The particle stands at the origin on the plane z = 0, which is the top face; the substrate is below
it. Plan forms are disks (``radius``) or rectangles (``width`` along x, ``length`` along y).
"""

from __future__ import annotations

from thermosim.bodies.substrates.base import NoSubstrate, PlanForm, Substrate, SubstrateBase
from thermosim.bodies.substrates.cantilever import Cantilever
from thermosim.bodies.substrates.membrane import Membrane
from thermosim.bodies.substrates.parts import Face, Plan, SubstrateFace, SubstratePart
from thermosim.bodies.substrates.pedestal import Pedestal
from thermosim.bodies.substrates.slab import Slab
from thermosim.bodies.substrates.stack import Layer, Stack

__all__ = [
    "Cantilever",
    "Face",
    "Layer",
    "Membrane",
    "NoSubstrate",
    "Pedestal",
    "Plan",
    "PlanForm",
    "Slab",
    "Stack",
    "Substrate",
    "SubstrateBase",
    "SubstrateFace",
    "SubstratePart",
]
