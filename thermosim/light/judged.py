"""What a reader must know of the light on a mesh: notes of its models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.light.outline import sphere_of
from thermosim.optics.choice import CUT
from thermosim.optics.model import MieOptics, RayOptics

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain

_COARSE, _BARELY = 4.0, 0.01


def largest_cell(domain: Domain, region: str) -> float:
    """Return the longest diameter of a cell of a region [m] (collective)."""
    cells = domain.cells(region)
    found = domain.mesh.h(domain.tdim, cells) if len(cells) else np.zeros(1)
    return float(max(domain.comm.allgather(float(found.max())))) * domain.unit


def say_substrate(light: Any, optics: MieOptics) -> None:
    """Note what the substrate does to the light in a sphere."""
    if not optics.substrate or not light.expected:
        return
    free = replace(light.light, optics=optics.model_copy(update={"substrate": False, "gap": 0.0}))
    centre, radius = sphere_of(light.outline)
    ratio = light.expected / free.in_sphere(centre, radius, light.alpha).absorbed
    light.notes.append(
        f"light: over its substrate the sphere absorbs {ratio:.4g} times what it would without"
    )
    depth = (radius - centre[2]) / radius
    if depth > CUT:
        light.notes.append(
            f"WARNING: light (mie): the contact cuts off {depth:.1%} of the radius; the light is "
            "that of a whole sphere that touches"
        )


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
    if light.ground is not None and light.beam is None:
        light.notes.append(
            "WARNING: the substrate absorbs; light that reaches it beside the particle, without "
            "having met the particle, is not counted as heat"
        )
