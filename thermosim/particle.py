"""The particle: ``[particle]`` of a case file."""

from __future__ import annotations

from pydantic import Field

from thermosim.emissivity import ParticleEmissivity
from thermosim.sections import Section
from thermosim.shapes import Shape


class Particle(Section):
    """One particle, or several equal ones: shape, material and the surface that radiates."""

    shape: Shape
    material: str = Field("Cs4PbBr6", min_length=1, description="Name of the material")
    emissivity: ParticleEmissivity = Field(
        "material",
        description="Hemispherical total emissivity, 0 to 1; of the material; or small_body",
    )
