"""Shapes of particles: ``[particle.shape]`` of a case file, chosen by ``kind``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from thermosim.shapes.base import ShapeBase, TruncatedBody, equivalent_radius
from thermosim.shapes.sphere import Sphere, SphericalCap

Shape = Annotated[Sphere | SphericalCap, Field(discriminator="kind")]

__all__ = ["Shape", "ShapeBase", "Sphere", "SphericalCap", "TruncatedBody", "equivalent_radius"]
