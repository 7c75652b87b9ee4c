"""Habits of crystals: box, rhombohedron, hexagonal prism, truncated octahedron and cube."""

from __future__ import annotations

from itertools import product
from math import cos, pi, sin, sqrt
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from thermosim.language.units import Angle, Length, Positive
from thermosim.shapes.faceted import FacetedShape
from thermosim.shapes.hull import from_halfspaces

if TYPE_CHECKING:
    from thermosim.shapes.polyhedron import Polyhedron


def rhombohedron_volume(edge: float, angle: float) -> float:
    """Return e³ (1 - cos α) sqrt(1 + 2 cos α) [m³], α the angle [rad] between the three edges.

    The same as e³ sqrt(1 - 3 cos²α + 2 cos³α), without its cancellation near 0 and 120°.
    """
    return edge**3 * 2 * sin(angle / 2) ** 2 * sqrt(1 + 2 * cos(angle))


class Box(FacetedShape):
    """A rectangular block, a along x, b along y, c upward: a platelet if c is small."""

    kind: Literal["box"] = "box"
    a: Positive[Length] = Field(description="Edge along x")
    b: Positive[Length] = Field(description="Edge along y")
    c: Positive[Length] = Field(description="Edge along z: the thickness of a platelet")

    @property
    def volume(self) -> float:
        """Volume, a b c [m³]."""
        return self.a * self.b * self.c

    @property
    def area(self) -> float:
        """Surface, 2 (a b + b c + c a) [m²]."""
        return 2 * (self.a * self.b + self.b * self.c + self.c * self.a)

    def body(self) -> Polyhedron:
        """Return the box; faces -z, +z, -x, +x, -y, +y."""
        normals = [(0, 0, -1), (0, 0, 1), (-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0)]
        scale = max(self.a, self.b, self.c)
        halves = [x / (2 * scale) for x in (self.c, self.c, self.a, self.a, self.b, self.b)]
        return from_halfspaces(normals, halves, opposite=(1,)).scaled(scale)


class Rhombohedron(FacetedShape):
    """Six equal rhombs; the habit of Cs4PbBr6 (its primitive cell has 88.9°)."""

    kind: Literal["rhombohedron"] = "rhombohedron"
    edge: Positive[Length] = Field(description="Length of every edge")
    angle: Annotated[Positive[Angle], Field(lt=2 * pi / 3)] = Field(
        description="Between the edges at the vertex on the threefold axis, below 120°"
    )

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return rhombohedron_volume(self.edge, self.angle)

    @property
    def area(self) -> float:
        """Surface, 6 e² sin α [m²]."""
        return 6 * self.edge**2 * sin(self.angle)

    def body(self) -> Polyhedron:
        """Return the rhombohedron, its threefold axis along z, its faces in opposite pairs."""
        lift = sqrt((1 + 2 * cos(self.angle)) / 3)
        reach = 2 * sin(self.angle / 2) / sqrt(3)
        turns = 2 * pi / 3 * np.arange(3)
        edges = np.stack([reach * np.cos(turns), reach * np.sin(turns), np.full(3, lift)], axis=1)
        normals = np.cross(edges, np.roll(edges, -1, axis=0))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        half = np.abs(np.einsum("ij,ij->i", normals, np.roll(edges, -2, axis=0))) / 2
        both = np.stack([-normals, normals], axis=1).reshape(-1, 3)
        return from_halfspaces(both, np.repeat(half, 2), opposite=(0, 2)).scaled(self.edge)


class HexagonalPrism(FacetedShape):
    """A prism on a regular hexagon."""

    kind: Literal["hexagonal_prism"] = "hexagonal_prism"
    edge: Positive[Length] = Field(description="Edge of the hexagon")
    length: Positive[Length] = Field(description="Along the sixfold axis")

    @property
    def volume(self) -> float:
        """Volume, 3√3/2 e² l [m³]."""
        return 1.5 * sqrt(3) * self.edge**2 * self.length

    @property
    def area(self) -> float:
        """Surface, 3√3 e² + 6 e l [m²]."""
        return 3 * sqrt(3) * self.edge**2 + 6 * self.edge * self.length

    def body(self) -> Polyhedron:
        """Return the prism; faces -z, +z, then the six sides."""
        turns = pi / 3 * np.arange(6)
        sides = np.stack([np.cos(turns), np.sin(turns), np.zeros(6)], axis=1)
        normals = np.concatenate([[(0, 0, -1), (0, 0, 1)], sides])
        scale = max(self.edge, self.length)
        ends, side = self.length / (2 * scale), sqrt(3) / 2 * self.edge / scale
        offsets = [ends] * 2 + [side] * 6
        return from_halfspaces(normals, offsets, opposite=(1, 2, 5, 6)).scaled(scale)


_CUBE_FACES = np.array([(0, 0, -1), (0, 0, 1), (-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0)])
_OCTAHEDRON_FACES = np.array([(x, y, z) for z, y, x in product((-1, 1), repeat=3)])


class TruncatedOctahedron(FacetedShape):
    """An octahedron whose six tips are cut off squarely; hexagons and squares."""

    kind: Literal["truncated_octahedron"] = "truncated_octahedron"
    edge: Positive[Length] = Field(description="Edge of the octahedron before the cut")
    truncation: float = Field(
        1 / 3, gt=0, lt=0.5, description="Part of the edge cut off at each end; 1/3: regular"
    )

    @property
    def volume(self) -> float:
        """Volume, √2 e³ (1/3 - t³) [m³]."""
        return sqrt(2) * self.edge**3 * (1 / 3 - self.truncation**3)

    @property
    def area(self) -> float:
        """Surface, e² (2√3 - 6√3 t² + 6 t²) [m²]."""
        t = self.truncation
        return self.edge**2 * (2 * sqrt(3) - 6 * (sqrt(3) - 1) * t**2)

    def body(self) -> Polyhedron:
        """Return the body; the eight hexagons first."""
        tip = 1 / sqrt(2)  # of the octahedron of edge 1
        offsets = [tip / sqrt(3)] * 8 + [tip * (1 - self.truncation)] * 6
        normals = np.concatenate([_OCTAHEDRON_FACES, _CUBE_FACES])
        return from_halfspaces(normals, offsets, opposite=(0, 2, 5, 7)).scaled(self.edge)


class TruncatedCube(FacetedShape):
    """A cube whose eight corners are cut off; octagons and triangles."""

    kind: Literal["truncated_cube"] = "truncated_cube"
    edge: Positive[Length] = Field(description="Edge of the cube before the cut")
    truncation: float = Field(
        1 - 1 / sqrt(2), gt=0, lt=0.5, description="Part of the edge cut off at each end"
    )

    @property
    def volume(self) -> float:
        """Volume, e³ (1 - 4 t³/3) [m³]."""
        return self.edge**3 * (1 - 4 * self.truncation**3 / 3)

    @property
    def area(self) -> float:
        """Surface, e² (6 - 12 t² + 4√3 t²) [m²]."""
        return self.edge**2 * (6 - (12 - 4 * sqrt(3)) * self.truncation**2)

    def body(self) -> Polyhedron:
        """Return the body; the six octagons first, -z leading."""
        offsets = [0.5] * 6 + [(1.5 - self.truncation) / sqrt(3)] * 8
        normals = np.concatenate([_CUBE_FACES, _OCTAHEDRON_FACES])
        return from_halfspaces(normals, offsets, opposite=(2, 5)).scaled(self.edge)
