"""Balls in one another, alone or standing on a half-space: half a section, turned about z."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from thermosim.language.names import Name
from thermosim.language.sections import Section
from thermosim.language.units import Length, NonNegative, Positive


class Ball(Section):
    """A ball, or what a ball adds around a smaller one; half of it where it lies below."""

    name: Name = Field(description="Name of its region")
    radius: Positive[Length] = Field(description="Radius")


class Spheres(Section):
    """Balls about one centre, from the inside out; the region of each is what it adds.

    With ``below`` the outermost ball is cut flat at z = 0, where a disk of ``contact_radius``
    touches the half-space of which a half ball is drawn. Boundaries: ``outside`` of the outermost
    ball, and with ``below`` its round ``far`` and its ``top`` outside the contact.
    """

    kind: Literal["spheres"] = "spheres"
    symmetry: Literal["axisymmetric"] = "axisymmetric"
    balls: tuple[Ball, ...] = Field(min_length=1, description="From the inside out")
    outside: Name = Field(description="Name of the surface of the outermost ball")
    contact_radius: NonNegative[Length] = Field(0.0, description="Of the disk that touches")
    below: Ball | None = Field(None, description="The half-space under it")

    @property
    def region_names(self) -> tuple[str, ...]:
        """Names of the regions, from the inside out."""
        names = tuple(ball.name for ball in self.balls)
        return names if self.below is None else (*names, self.below.name)

    @property
    def boundary_names(self) -> tuple[str, ...]:
        """Names of the boundaries; the axis has none."""
        return (self.outside,) if self.below is None else (self.outside, "top", "far")

    @property
    def centre(self) -> float:
        """Height of the centre [m]."""
        if self.below is None:
            return 0.0
        return math.sqrt(self.balls[-1].radius ** 2 - self.contact_radius**2)

    @property
    def extent(self) -> float:
        """Radius of the largest ball [m]."""
        below = () if self.below is None else (self.below,)
        return float(max(ball.radius for ball in (*self.balls, *below)))

    def volumes(self) -> dict[str, float]:
        """Return the volume of each region [m³] in closed form."""
        found, within = dict[str, float](), 0.0
        for ball in self.balls:
            whole = 4.0 * math.pi / 3.0 * ball.radius**3
            if self.below is not None and ball is self.balls[-1]:
                depth = ball.radius - self.centre
                whole -= math.pi * depth**2 * (3.0 * ball.radius - depth) / 3.0
            found[ball.name], within = whole - within, whole
        if self.below is not None:
            found[self.below.name] = 2.0 * math.pi / 3.0 * self.below.radius**3
        return found
