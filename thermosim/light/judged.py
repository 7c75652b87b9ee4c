"""What a reader must know of the light on a mesh: notes of its models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from thermosim.light.outline import sphere_of
from thermosim.light.waves import largest_cell
from thermosim.optics.choice import CUT
from thermosim.optics.model import RayOptics

if TYPE_CHECKING:
    from thermosim.light.outline import Outline
    from thermosim.model.model import Light

_COARSE, _BARELY = 4.0, 0.01


def _judge_cells(light: Any) -> None:
    """Say where cells are larger than what rays resolve, which closed forms do resolve."""
    optics, n = light.light.optics, light.light.index
    assert isinstance(optics, RayOptics)
    fine = optics.finest(light.light.laser.wavelength, n, light.outline.size)
    size = largest_cell(light.domain, light.region)
    if size > _COARSE * fine:
        light.notes.append(
            f"WARNING: cells of the {light.region} are up to {size * 1e9:.0f} nm large, rays "
            f"resolve {fine * 1e9:.0f} nm: hot spots are evened out, which thermosim limits does "
            "not do; raise mesh.cells_per_radius"
        )


def judge_rays(light: Any) -> None:
    """Note light that was dropped or not followed, and cells too large for the rays."""
    ledger = light.ledger
    assert ledger is not None
    unknown = ledger.truncated + ledger.lost
    if unknown > _BARELY * ledger.incident:
        light.notes.append(
            f"WARNING: {100.0 * unknown / ledger.incident:.2g} % of the light was still under way "
            "when its rays were dropped; lower optics.cutoff or raise optics.max_interactions"
        )
    _judge_cells(light)


def reflection_notes(light: Light, outline: Outline, alpha: float, absorbed: float) -> list[str]:
    """Return what to say of a sphere that absorbs `absorbed` [W] over its substrate.

    ``alpha`` [1/m] is its absorption.
    """
    centre, radius = sphere_of(outline)
    optics = light.optics.model_copy(update={"substrate": False, "gap": 0.0})
    ratio = absorbed / replace(light, optics=optics).in_sphere(centre, radius, alpha).absorbed
    said = [f"light: over its substrate the sphere absorbs {ratio:.4g} times what it would without"]
    depth = 1.0 - centre[2] / radius
    if depth > CUT:
        said.append(
            f"WARNING: light (mie): the contact cuts off {depth:.1%} of the radius; the light is "
            "that of a whole sphere that touches"
        )
    return said
