"""An irregular convex grain, as grinding leaves it: seeded, so that a case names one grain."""

from __future__ import annotations

import random
from functools import lru_cache
from math import cos, pi, sin, sqrt
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from thermosim.language.units import Length, Positive
from thermosim.shapes.faceted import FacetedShape
from thermosim.shapes.hull import convex_hull, from_halfspaces
from thermosim.shapes.polyhedron import Polyhedron, polyhedron_moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORK = 240  # facets tried in all
_CANDIDATES = 16
_Axis = Annotated[float, Field(gt=0.05, le=1)]


class Grain(FacetedShape):
    """A convex body of random facets; equal seeds give equal grains on every machine."""

    kind: Literal["grain"] = "grain"
    diameter: Positive[Length] = Field(description="Of the sphere of equal volume")
    aspect: tuple[_Axis, _Axis, _Axis] = Field(
        (1.0, 0.8, 0.6), description="Relative lengths along three axes; the largest is 1"
    )
    facets: int = Field(20, ge=8, le=200, description="Number of facets")
    roughness: float = Field(
        0.25, ge=0, le=0.5, description="Spread of the facets' distances; 0: all touch an ellipsoid"
    )
    seed: int = Field(0, ge=0, description="Which grain")

    @model_validator(mode="after")
    def _longest_is_one(self) -> Self:
        if max(self.aspect) != 1:
            raise ValueError(f"aspect = {self.aspect}: the largest of the three must be 1")
        return self

    @property
    def volume(self) -> float:
        """Volume, π d³/6 [m³]."""
        return pi * self.diameter**3 / 6

    @property
    def area(self) -> float:
        """Surface, the sum of the facets [m²]."""
        return polyhedron_moments(self.body())[1]

    def body(self) -> Polyhedron:
        """Return the grain; its facets from the largest to the smallest."""
        unit = unit_grain(self.aspect, self.facets, self.roughness, self.seed)
        return unit.scaled(self.diameter)


@lru_cache(maxsize=32)
def unit_grain(
    aspect: tuple[float, float, float], facets: int, roughness: float, seed: int
) -> Polyhedron:
    """Return the grain of volume π/6 (diameter 1).

    Tangent planes of a sphere in directions that keep apart, moved in and out by ``roughness``,
    stretched by ``aspect``. Of a few such bodies the one whose shortest edge is longest is taken,
    since a mesh must resolve that edge.
    """
    draw = random.Random(seed).random  # its sequence is the same in every Python and machine
    best, longest = None, -1.0
    for _ in range(min(max(_WORK // facets, 1), 12)):
        body = _stretched(_faceted_ball(facets, roughness, draw), aspect)
        a, b = body.edges()[-1]
        shortest = float(np.linalg.norm(body.vertices[a] - body.vertices[b]))
        if shortest > longest:
            best, longest = body, shortest
    assert best is not None
    return best


def _stretched(ball: Polyhedron, aspect: tuple[float, float, float]) -> Polyhedron:
    body = Polyhedron(ball.vertices * aspect, ball.faces)
    volume, _, centroid = polyhedron_moments(body)
    factor = float(np.cbrt(pi / 6 / volume))
    areas = np.linalg.norm(body.face_vectors(), axis=1)
    order = np.argsort(-areas, kind="stable")
    return Polyhedron((body.vertices - centroid) * factor, tuple(body.faces[i] for i in order))


def _faceted_ball(facets: int, roughness: float, draw: Draw) -> Polyhedron:
    normals = _spread_directions(facets, draw)
    spread = np.array([2 * draw() - 1 for _ in range(facets)])
    # tangent planes of the sphere all give a facet, so that a smaller spread ends the search
    for strength in roughness * np.linspace(1, 0, 21):
        body = from_halfspaces(normals, 1 + strength * spread)
        if len(body.faces) == facets:
            return body
    raise AssertionError("tangent planes of a sphere lost a facet")


def _spread_directions(count: int, draw: Draw) -> NDArray[np.float64]:
    """Return unit vectors (count, 3), each the farthest of some random ones from those before."""
    while True:
        chosen = np.array([_direction(draw)])
        while len(chosen) < count:
            candidates = np.array([_direction(draw) for _ in range(_CANDIDATES)])
            nearest = np.max(candidates @ chosen.T, axis=1)
            chosen = np.concatenate([chosen, candidates[[np.argmin(nearest)]]])
        if _encloses_origin(chosen):
            return chosen


def _encloses_origin(directions: NDArray[np.float64]) -> bool:
    return bool(np.all(convex_hull(directions).equations[:, 3] < -0.2))


def _direction(draw: Draw) -> tuple[float, float, float]:
    z, turn = 2 * draw() - 1, 2 * pi * draw()
    across = sqrt(1 - z * z)
    return across * cos(turn), across * sin(turn), z


if TYPE_CHECKING:
    from collections.abc import Callable

    Draw = Callable[[], float]
