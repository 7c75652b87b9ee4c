"""Shapes of particles: ``[particle.shape]`` of a case file, chosen by ``kind``.

Coordinates are those of the pose the particle rests in: the substrate is the plane z = 0, and the
middle of the contact is the origin.
"""

from __future__ import annotations

from thermosim.shapes.base import ShapeBase, TruncatedBody, equivalent_radius
from thermosim.shapes.crystals import (
    Box,
    HexagonalPrism,
    Rhombohedron,
    TruncatedCube,
    TruncatedOctahedron,
)
from thermosim.shapes.ellipsoid import Ellipsoid
from thermosim.shapes.faceted import FacetedShape
from thermosim.shapes.grain import Grain
from thermosim.shapes.polyhedron import Polyhedron
from thermosim.shapes.sphere import Sphere, SphericalCap
from thermosim.shapes.surface import Surface

__all__ = [
    "Box",
    "Ellipsoid",
    "FacetedShape",
    "Grain",
    "HexagonalPrism",
    "Polyhedron",
    "Rhombohedron",
    "ShapeBase",
    "Sphere",
    "SphericalCap",
    "Surface",
    "TruncatedBody",
    "TruncatedCube",
    "TruncatedOctahedron",
    "equivalent_radius",
]
