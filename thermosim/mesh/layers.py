"""Substrates as layers under z = 0: what is drawn for each kind, and how its faces are named."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, pi
from typing import Any

from thermosim.bodies.substrates import Cantilever, Membrane, Pedestal, PlanForm, Slab, Stack
from thermosim.errors import MeshError


@dataclass(frozen=True)
class Plan:
    """A layer seen from above: a disk of `radius` about the axis, or the polygon `corners` [m]."""

    radius: float = 0.0
    corners: tuple[tuple[float, float], ...] = ()

    @property
    def extent(self) -> float:
        """Largest distance from the axis [m]."""
        if self.radius:
            return self.radius
        return float(max(hypot(x, y) for x, y in self.corners))

    @property
    def inner(self) -> float:
        """Radius [m] of the largest disk about the axis that fits."""
        if self.radius:
            return self.radius
        return float(min(abs(c) for corner in self.corners for c in corner))

    @property
    def area(self) -> float:
        """Area [m²]."""
        if self.radius:
            return pi * self.radius**2
        xs, ys = zip(*self.corners, strict=True)
        return float((max(xs) - min(xs)) * (max(ys) - min(ys)))


@dataclass(frozen=True)
class Layer:
    """One layer: its region, plan, heights [m] and the names of its sides.

    `face` is the name of its top where nothing covers it; `sides` holds one name for a disk, and
    one for each edge of a polygon. `hole_radius` parts the lower face of a membrane.
    """

    region: str
    plan: Plan
    top: float
    bottom: float
    sides: tuple[str, ...]
    hole_radius: float | None = None
    face: str = "substrate_top"

    @property
    def thickness(self) -> float:
        """Height of the layer [m]."""
        return self.top - self.bottom


def layers_of(substrate: Any) -> tuple[Layer, ...]:
    """Return the layers of a substrate, the top one first; none for a particle that floats.

    Regions: ``substrate`` (slab, membrane, cantilever, the slab of a pedestal), ``substrate_1`` …
    (stack, the top layer first) and ``pedestal``.
    """
    if isinstance(substrate, Cantilever):
        return (_beam(substrate),)
    if not isinstance(substrate, PlanForm):
        return ()
    plan = _plan(substrate)
    rim = ("substrate_rim",) * (1 if plan.radius else 4)
    if isinstance(substrate, Slab):
        return (Layer("substrate", plan, 0.0, -substrate.thickness, rim),)
    if isinstance(substrate, Membrane):
        hole = substrate.hole_radius
        return (Layer("substrate", plan, 0.0, -substrate.thickness, rim, hole),)
    if isinstance(substrate, Stack):
        z = substrate.interfaces
        return tuple(
            Layer(f"substrate_{i + 1}", plan, z[i], z[i + 1], rim)
            for i in range(len(substrate.layers))
        )
    if isinstance(substrate, Pedestal):
        pillar = Plan(substrate.pedestal_radius)
        foot = -substrate.pedestal_height
        return (
            Layer("pedestal", pillar, 0.0, foot, ("pedestal_side",), face="pedestal_top"),
            Layer("substrate", plan, foot, foot - substrate.thickness, rim),
        )
    raise MeshError(f'substrate.kind = "{getattr(substrate, "kind", substrate)}" cannot be meshed')


def _plan(substrate: PlanForm) -> Plan:
    if substrate.radius is not None:
        return Plan(substrate.radius)
    x, y = (side / 2 for side in substrate.sides)
    return Plan(corners=((-x, -y), (x, -y), (x, y), (-x, y)))


def _beam(beam: Cantilever) -> Layer:
    (root, tip), y = beam.x_range, beam.width / 2
    plan = Plan(corners=((root, -y), (tip, -y), (tip, y), (root, y)))
    sides = ("substrate_side", "substrate_side", "substrate_side", "substrate_rim")
    return Layer("substrate", plan, 0.0, -beam.thickness, sides)
