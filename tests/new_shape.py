"""A shape that the package does not have, written as anyone may write one: a round platelet."""

import contextlib
import math
from typing import Literal

from pydantic import Field

from thermosim.language.units import Length, Positive
from thermosim.shapes import ShapeBase, TruncatedBody
from thermosim.shapes.profile import Profile, Segment


@contextlib.contextmanager
def disc_known():
    """Enter the disc among the shapes for a while."""

    class Disc(ShapeBase):
        """A round platelet."""

        kind: Literal["disc"] = "disc"
        radius: Positive[Length] = Field(description="Radius of the platelet")
        thickness: Positive[Length] = Field(description="Height of the platelet")

        @property
        def volume(self) -> float:
            return math.pi * self.radius**2 * self.thickness

        @property
        def area(self) -> float:
            return 2 * math.pi * self.radius * (self.radius + self.thickness)

        @property
        def bounding_box(self):
            R = self.radius
            return (-R, -R, 0.0), (R, R, self.thickness)

        @property
        def centroid_height(self) -> float:
            return self.thickness / 2

        @property
        def is_axisymmetric(self) -> bool:
            return True

        @property
        def base_area(self) -> float:
            return math.pi * self.radius**2

        @property
        def largest_contact_radius(self) -> float:
            return self.radius

        def truncated(self, contact_radius: float) -> TruncatedBody:
            touch = math.pi * contact_radius**2
            return TruncatedBody(
                self.volume, self.area - touch, touch, self.thickness, self.thickness / 2, 0.0
            )

        def profile(self, contact_radius: float) -> Profile:
            R, h = self.radius, self.thickness
            sides = Segment("line", (R, h)), Segment("line", (0.0, h))
            return Profile(R, contact_radius, sides, min(R, h))

    try:
        yield Disc
    finally:
        del ShapeBase._register["disc"]
