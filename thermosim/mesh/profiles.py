"""Bodies of revolution: their outline in the half plane (r, z), cut flat by the contact."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.shapes import Ellipsoid, Sphere, SphericalCap
from thermosim.shapes.sphere import cap_depth, center_height

if TYPE_CHECKING:
    from thermosim.shapes import ShapeBase

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


def profile_of(shape: ShapeBase, contact_radius: float) -> Profile:
    """Return the outline of a shape with its contact.

    Raises
    ------
    MeshError
        If the shape is no body of revolution about z.
    """
    b = contact_radius
    if isinstance(shape, Sphere):
        R = shape.radius
        return Profile(b, b, _upward(R, R, float(center_height(R, b)), b), R)
    if isinstance(shape, SphericalCap):
        return _cap(shape, b)
    if isinstance(shape, Ellipsoid) and shape.is_axisymmetric:
        across, upright = spheroid_axes(shape)
        center = upright * (1 - float(cap_depth(1.0, min(b / across, 1.0))))
        sharpest = min(across, upright) ** 2 / max(across, upright)
        size = sqrt(sharpest * shape.equivalent_radius)  # curved cells follow the sharpest bend
        return Profile(b, b, _upward(across, upright, center, b), size)
    kind: Any = getattr(shape, "kind", type(shape).__name__)
    raise MeshError(f'particle.shape.kind = "{kind}" is no body of revolution; use symmetry = "3d"')


def spheroid_axes(shape: Ellipsoid) -> tuple[float, float]:
    """Return the semi-axes across and along z [m] of a spheroid that stands on its axis."""
    turned = shape.rotation @ np.diag(shape.axes**2) @ shape.rotation.T
    return sqrt(turned[0, 0]), sqrt(turned[2, 2])


def _upward(across: float, upright: float, center: float, start: float) -> tuple[Segment, ...]:
    """Return the arcs from (start, 0) over the widest place to the top."""
    middle = (0.0, center)
    kind = "circle" if across == upright else "ellipse"
    major = (across, center) if across > upright else (0.0, center + upright)
    top = Segment(kind, (0.0, center + upright), middle, major)
    if start >= across:
        return (top,)
    return (Segment(kind, (across, center), middle, major), top)


def _cap(cap: SphericalCap, contact_radius: float) -> Profile:
    a, h, R = cap.base_radius, cap.height, cap.sphere_radius
    # whole contact: the same number, so that no sliver of base is left
    b = a if contact_radius >= a * (1 - 1e-9) else contact_radius
    center = h - R
    if h > a * (1 + 1e-9):
        segments = _upward(R, R, center, a)
    else:
        segments = (Segment("circle", (0.0, h), (0.0, center)),)
    return Profile(a, b, segments, cap.equivalent_radius)
