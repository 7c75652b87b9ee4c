"""Substrates in the heat model: a material for each region, and what happens at each face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.bodies.substrates import Cantilever, Membrane, Pedestal, Stack

if TYPE_CHECKING:
    from thermosim.bodies.substrates import Face


@dataclass(frozen=True)
class Support:
    """A region of the substrate: its material and the direction across its layers."""

    region: str
    material: str
    axis: tuple[float, float, float]
    thickness: float


@dataclass(frozen=True)
class SupportFace:
    """A boundary of the substrate, what happens there, and the region it belongs to."""

    boundary: str
    face: Face
    support: Support


def supports(substrate: Any) -> tuple[Support, ...]:
    """Return the regions of a substrate, the one under the particle first."""
    if isinstance(substrate, Stack):
        return tuple(
            Support(f"substrate_{i + 1}", layer.material, axis, layer.thickness)
            for i, (layer, axis) in enumerate(zip(substrate.layers, substrate.axes, strict=True))
        )
    axis = substrate.crystal_axis
    base = Support("substrate", substrate.material, axis, substrate.thickness)
    if isinstance(substrate, Pedestal):
        material = substrate.pedestal_material or substrate.material
        return (Support("pedestal", material, axis, substrate.pedestal_height), base)
    return (base,)


def support_faces(substrate: Any) -> Iterator[SupportFace]:
    """Yield the faces of a substrate by the names that the mesh gives them.

    The top face radiates, but on a cantilever, where ``bottom`` rules all faces beside the root.
    What lies under the base of a particle is left out: no heat leaves it to the chamber.
    """
    regions = supports(substrate)
    first, last = regions[0], regions[-1]
    if isinstance(substrate, Cantilever):
        yield SupportFace("substrate_top", substrate.bottom, first)
        yield SupportFace("substrate_side", substrate.bottom, first)
    else:
        # the open top of a pedestal's slab is that of the slab
        top = last if isinstance(substrate, Pedestal) else first
        yield SupportFace("substrate_top", "radiating", top)
    if isinstance(substrate, Pedestal):
        yield SupportFace("pedestal_top", "radiating", first)
        yield SupportFace("pedestal_side", "radiating", first)
    if isinstance(substrate, Membrane):
        yield SupportFace("substrate_frame", substrate.frame, last)
    yield SupportFace("substrate_bottom", substrate.bottom, last)
    yield SupportFace("substrate_rim", substrate.rim, last)
