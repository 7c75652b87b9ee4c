"""How radiation between surfaces is computed: the sections ``[radiation]`` and ``[enclosures]``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from thermosim.language.sections import Section
from thermosim.language.units import Length

NARROWEST = 0.3e-9
"""Narrowest gap [m] between two bodies that touch: the distance of atoms."""


class ViewFactorSettings(Section):
    """How finely surfaces are divided that see each other."""

    patches: Annotated[int, Field(ge=2, le=2000)] = Field(
        default=200, description="Patches of even irradiation into which the surfaces are divided"
    )
    rays: Annotated[int, Field(ge=64, le=2**20)] = Field(
        default=4096, description="Rays of each patch for view factors in 3-D"
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="Of the rays")
    quadrature: Annotated[int, Field(ge=1, le=20)] = Field(
        default=8, description="Degree of the quadrature of emitted heat on each facet"
    )


class RadiationSettings(ViewFactorSettings):
    """Radiation to the chamber alone, or also between the surfaces that see each other."""

    model: Literal["chamber", "enclosure"] = Field(
        default="chamber",
        description='"chamber": every surface sees only the chamber; "enclosure": particle and '
        "substrate also radiate to each other (grey, diffuse, with reflections)",
    )
    near_field: bool = Field(
        default=False,
        description="Let the underside of the particle also exchange heat with the substrate by "
        "waves that reach across a narrow gap; both materials need infrared constants",
    )
    gap: Annotated[Length, Field(ge=NARROWEST, le=1e-6)] = Field(
        default=1e-9,
        description="Vacuum gap beside the contact, for near_field; an estimate between 0.3 nm "
        "(van der Waals) and 10 nm (rough surfaces)",
    )


class BodyEnclosure(ViewFactorSettings):
    """Radiating boundaries of a body that see each other (grey, diffuse, with reflections)."""

    boundaries: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="Each with radiation given by numbers; what they see besides is at T_env"
    )
