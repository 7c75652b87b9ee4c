"""A body that closed forms take for isothermal and evenly lit: what they need of a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thermosim.bodies.chamber import Chamber
    from thermosim.bodies.particle import Particle
    from thermosim.bodies.substrates import SubstratePart
    from thermosim.materials import Material


@dataclass(frozen=True)
class Lump:
    """A particle, its contact, and what conducts below.

    Attributes
    ----------
    material : properties by name
    contact_radius : [m]; 0 without contact
    h_c : conductance of the contact [W/(m² K)]; None: perfect
    parts : of the substrate, the top one first
    heat_source : given [W/m³]; None: that of the light
    near_field : gives the conductance of near-field radiation to the substrate [W/K]
    touches : gives the contact radius [m] of a sphere of a radius [m] on a plane
    """

    particle: Particle
    chamber: Chamber
    material: Callable[[str], Material]
    contact_radius: float
    h_c: float | None
    parts: tuple[SubstratePart, ...]
    heat_source: float | None
    near_field: Callable[[], float]
    touches: Callable[[float], float]
