"""The particle: ``[particle]`` of a case file, and where several equal ones stand."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from functools import lru_cache
from math import cos, hypot, pi, sin, sqrt
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from thermosim.bodies.emissivity import ParticleEmissivity
from thermosim.bodies.heap import Heap
from thermosim.language.kinds import Kind
from thermosim.language.sections import Section
from thermosim.language.spread import FactorSpread
from thermosim.language.units import Length, NonNegative, Positive
from thermosim.shapes import ShapeBase
from thermosim.shapes.overlap import overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray

Place = tuple[Length, Length]
_TRIES = 5000  # in vain, before an arrangement counts as full
_MOST = 1000


class Arrangement(Kind, chosen_by="kind"):
    """Where the particles stand."""

    kind: str

    @abstractmethod
    def places(self, shape: ShapeBase) -> NDArray[np.float64]:
        """Return the middle of each contact, shape (n, 2) [m].

        Raises
        ------
        ValueError
            If particles overlap or find no room.
        """


class Single(Arrangement):
    """One particle, its contact at the origin."""

    kind: Literal["single"] = "single"

    def places(self, shape: ShapeBase) -> NDArray[np.float64]:
        """Return the middle of the contact, shape (1, 2) [m]."""
        return np.zeros((1, 2))


class Positions(Arrangement):
    """Equal particles at given places."""

    kind: Literal["positions"] = "positions"
    positions: tuple[Place, ...] = Field(
        min_length=1, max_length=_MOST, description="x and y of the middle of each contact"
    )

    def places(self, shape: ShapeBase) -> NDArray[np.float64]:
        """Return the middles of the contacts, shape (n, 2) [m].

        Raises
        ------
        ValueError
            If two of the particles overlap; says which.
        """
        places = np.array(self.positions, dtype=float)
        check_apart(shape, places)
        return places


class RandomPlaces(Arrangement):
    """Equal particles at random places in a disk, none closer than ``gap``; seeded."""

    kind: Literal["random"] = "random"
    count: int = Field(ge=1, le=_MOST, description="Number of particles")
    radius: Positive[Length] = Field(description="Of the disk that holds all the particles")
    gap: NonNegative[Length] = Field(0.0, description="Least distance between two particles")
    seed: int = Field(0, ge=0, description="Which arrangement")

    def places(self, shape: ShapeBase) -> NDArray[np.float64]:
        """Return the middles of the contacts, shape (count, 2) [m].

        Circles around the particles keep apart, so ``gap`` is kept or exceeded.

        Raises
        ------
        ValueError
            If there is no room; says how many found a place.
        """
        room, distance = self.radius - footprint_radius(shape), 2 * footprint_radius(shape)
        return _scatter(self.count, room, distance + self.gap, self.seed)


class Particle(Section):
    """One particle, or several equal ones: shape, material and the surface that radiates."""

    shape: ShapeBase
    material: str = Field("Cs4PbBr6", min_length=1, description="Name of the material")
    emissivity: ParticleEmissivity = Field(
        "material",
        description="Hemispherical total emissivity, 0 to 1; of the material; or small_body",
    )
    arrangement: Arrangement = Field(
        default_factory=Single, description="One particle, or where several stand"
    )
    sizes: FactorSpread | None = Field(
        None, description="Radii of many spheres, as factors: for limits; a run has all alike"
    )
    heap: Heap | None = Field(
        None, description="Spheres on each other: for limits; a run has one particle alone"
    )

    @model_validator(mode="after")
    def _there_is_room(self) -> Self:
        if not isinstance(self.arrangement, Single):
            self.places()
        return self

    @model_validator(mode="after")
    def _spheres_suit(self) -> Self:
        for name in ("sizes", "heap"):
            if getattr(self, name) is not None and self.shape.kind != "sphere":
                raise ValueError(f'{name}: for spheres only, and this is a "{self.shape.kind}"')
        if self.sizes is not None:
            self.sizes.refuse_outside("particle.sizes", 1.0, 0.0, math.inf, "particles")
        if self.heap is not None and not isinstance(self.arrangement, Single):
            raise ValueError(
                f'heap: says where all particles are; remove arrangement "{self.arrangement.kind}"'
            )
        return self

    def places(self) -> NDArray[np.float64]:
        """Return x, y of the middle of each contact, shape (n, 2) [m].

        Raises
        ------
        ValueError
            If particles overlap or find no room.
        """
        return self.arrangement.places(self.shape)

    @property
    def count(self) -> int:
        """Number of particles."""
        return len(self.places())


def footprint_radius(shape: ShapeBase) -> float:
    """Return the radius [m] of a circle about the contact that holds the body seen from above."""
    low, high = shape.bounding_box
    if shape.is_axisymmetric:
        return high[0]
    return hypot(max(-low[0], high[0]), max(-low[1], high[1]))


def check_apart(shape: ShapeBase, places: NDArray[np.float64]) -> None:
    """Refuse places, shape (n, 2) [m], at which two equal bodies overlap.

    Raises
    ------
    ValueError
        Naming the first pair and its distance.
    """
    near = 2 * footprint_radius(shape)
    for i, place in enumerate(places):
        offsets = places[i + 1 :] - place
        for j in np.flatnonzero(np.linalg.norm(offsets, axis=1) < near):
            if overlap(shape, (float(offsets[j, 0]), float(offsets[j, 1]))):
                distance = float(np.linalg.norm(offsets[j]))
                raise ValueError(
                    f"particles {i + 1} and {i + 2 + int(j)} overlap: their places are "
                    f"{distance:.6g} m apart; move one, or make the shape smaller"
                )


@lru_cache(maxsize=16)
def _scatter(count: int, room: float, distance: float, seed: int) -> NDArray[np.float64]:
    draw = random.Random(seed).random  # its sequence is the same in every Python and machine
    places, in_vain = np.empty((0, 2)), 0
    while len(places) < count and in_vain < _TRIES and room >= 0:
        in_vain += 1
        radius, turn = room * sqrt(draw()), 2 * pi * draw()
        place = np.array([radius * cos(turn), radius * sin(turn)])
        if len(places) == 0 or np.min(np.linalg.norm(places - place, axis=1)) >= distance:
            places, in_vain = np.concatenate([places, place[None, :]]), 0
    if len(places) < count:
        raise ValueError(
            f"only {len(places)} of {count} particles found a place; make the disk larger, or "
            "count or gap smaller"
        )
    places.flags.writeable = False
    return places
