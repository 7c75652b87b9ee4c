"""Near-field radiation between a particle and what it touches: as a gap, as a number, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermosim.bodies.nearfield import UNCERTAINTY_FACTOR, body_plane_conductance
from thermosim.model.heat import NearFieldGap

if TYPE_CHECKING:
    from collections.abc import Collection

    from thermosim.case.particle_case import Case

_ON_FACET = ("particle_base", "substrate_under")


def near_field_gaps(
    case: Case, upper: str, lower: str, boundaries: Collection[str]
) -> list[NearFieldGap]:
    """Return the gap that waves cross, if the case asks for it.

    A body that lies flat is near with its facet alone.
    """
    field = case.near_field
    if field is None:
        return []
    faces = _ON_FACET if _ON_FACET[0] in boundaries else (upper, lower)
    return [NearFieldGap(*faces, field, case.radiation.gap)]


def near_field_conductance(case: Case) -> float:
    """Return the conductance of the whole gap [W/K]; 0 if the case does not ask for it."""
    field = case.near_field
    if field is None:
        return 0.0
    shape, gap = case.particle.shape, case.radiation.gap
    return body_plane_conductance(field.excess, shape, gap, case.contact_radius)


def near_field_remarks(case: Case, boundaries: Collection[str]) -> list[str]:
    """Return how sure the near field is, where there is one."""
    if not case.radiation.near_field:
        return []
    names = [case.particle.material, case.substrate.parts()[0].material]
    guessed = [name for name in names if getattr(case.material(name).infrared, "estimate", False)]
    sure = (
        f"infrared constants of {' and '.join(guessed)} are estimates: uncertain by a factor "
        f"{UNCERTAINTY_FACTOR:g}"
        if guessed
        else "as sure as the infrared constants and the gap"
    )
    gap = f"a gap of {case.radiation.gap * 1e9:g} nm beside the contact (radiation.gap)"
    return [f"near-field radiation: {gap}, conductance about as 1/gap; {sure}"]
