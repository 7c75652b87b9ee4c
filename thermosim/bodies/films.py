"""Thin films on surfaces of the bodies, ``[[films]]``: they conduct along and store heat."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from thermosim.language.sections import Section
from thermosim.language.units import Length, Positive

_THICKEST = 0.01  # m; heat that crosses a film is not computed


class BodyFilm(Section):
    """A film so thin that it has the temperature of the surface under it; it is not meshed.

    It does not change the emissivity: give that to the body that carries it.
    """

    boundary: str = Field(description="Surface that carries the film")
    material: str = Field(min_length=1, description="Name of the material; its k along the film")
    thickness: Positive[Length] = Field(description="From the body to the free side; at most 1 cm")

    @field_validator("thickness")
    @classmethod
    def _thin(cls, value: float) -> float:
        if value > _THICKEST:
            raise ValueError("must be at most 1 cm; mesh what is thicker as a body")
        return value


class FilmSettings(BodyFilm):
    """A film on a particle or its substrate.

    On an upper or lower face of the substrate it reflects, and absorbs its part of the beam by the
    index of its material; on a particle it changes no light.
    """

    boundary: Literal["particle_surface", "substrate_top", "substrate_bottom", "substrate_rim"] = (
        Field(description="Surface that carries the film")
    )
