"""Bodies of revolution: their outline in the half plane (r, z), cut flat by the contact."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Segment:
    """A piece of an outline that ends at `end` (r, z) [m], at most a quarter turn long.

    `kind` is "line", "circle" (arc about `center`) or "ellipse" (arc about `center` whose major
    axis runs through `major`).
    """

    kind: str
    end: Point
    center: Point = (0.0, 0.0)
    major: Point = (0.0, 0.0)


@dataclass(frozen=True)
class Profile:
    """The outline of a body of revolution that stands on z = 0.

    It begins at (`base_radius`, 0) and ends on the axis. `contact_radius` is at most the radius of
    the base; a body cut by its contact has no more base than that.
    """

    base_radius: float
    contact_radius: float
    segments: tuple[Segment, ...]
    size: float

    @property
    def height(self) -> float:
        """Where the outline meets the axis [m]."""
        return self.segments[-1].end[1]

    @property
    def reach(self) -> float:
        """Largest distance of the outline from the axis [m]."""
        return max(self.base_radius, *(segment.end[0] for segment in self.segments))


def upward_arcs(across: float, upright: float, center: float, start: float) -> tuple[Segment, ...]:
    """Return the arcs from (start, 0) over the widest place to the top."""
    middle = (0.0, center)
    kind = "circle" if across == upright else "ellipse"
    major = (across, center) if across > upright else (0.0, center + upright)
    top = Segment(kind, (0.0, center + upright), middle, major)
    if start >= across:
        return (top,)
    return (Segment(kind, (across, center), middle, major), top)
