"""What every substrate is made of: parts on each other, and faces with what happens there.

Mesh, heat, optics, limits and notes ask for these, never for the kind of substrate.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, pi
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from thermosim.bodies.emissivity import SurfaceEmissivity
    from thermosim.materials.conductivity import Axis

Face = Literal["held", "radiating", "insulated"]


@dataclass(frozen=True)
class Plan:
    """A part seen from above: a disk of `radius` about the axis, or the polygon `corners` [m]."""

    radius: float = 0.0
    corners: tuple[tuple[float, float], ...] = ()

    @property
    def extent(self) -> float:
        """Largest distance from the axis [m]."""
        if self.radius:
            return self.radius
        return float(max(hypot(x, y) for x, y in self.corners))

    @property
    def inner(self) -> float:
        """Radius [m] of the largest disk about the axis that fits."""
        if self.radius:
            return self.radius
        return float(min(abs(c) for corner in self.corners for c in corner))

    def holds(self, x: Any, y: Any) -> Any:
        """Return which points (x, y) [m], arrays of one shape, lie within."""
        if self.radius:
            return x**2 + y**2 < self.radius**2
        xs, ys = zip(*self.corners, strict=True)
        return (x > min(xs)) & (x < max(xs)) & (y > min(ys)) & (y < max(ys))

    @property
    def area(self) -> float:
        """Area [m²]."""
        if self.radius:
            return pi * self.radius**2
        xs, ys = zip(*self.corners, strict=True)
        return float((max(xs) - min(xs)) * (max(ys) - min(ys)))


@dataclass(frozen=True)
class SubstratePart:
    """A region of a substrate.

    Attributes
    ----------
    region
        Its name in the mesh.
    material, axis
        Name of the material, and the direction across its layers.
    plan, top, thickness
        What is drawn: the outline, and z of the upper face and the thickness [m].
    sides
        Names of its sides: one for a disk, one for each edge of a polygon.
    face
        Name of its upper face where nothing covers it.
    hole_radius
        Parts the lower face of a membrane [m].
    key
        Key of ``[substrate]`` that names the material, for messages.
    """

    region: str
    material: str
    axis: Axis
    plan: Plan
    top: float
    thickness: float
    sides: tuple[str, ...]
    face: str = "substrate_top"
    hole_radius: float | None = None
    key: str = "material"

    @property
    def bottom(self) -> float:
        """Height z of the lower face [m]."""
        return self.top - self.thickness

    @property
    def drawn(self) -> list[Any]:
        """All that shapes its mesh, for the name of a mesh in the cache; no material."""
        plan = [self.plan.radius, self.plan.corners]
        names = [self.region, self.face, self.sides]
        return [*names, *plan, self.top, self.thickness, self.hole_radius]


@dataclass(frozen=True)
class SubstrateFace:
    """A boundary of a substrate, by the name that the mesh gives it.

    Attributes
    ----------
    boundary, happens
        Its name, and whether it is held, radiates or is insulated.
    part
        The part whose material emits there.
    emissivity, held_temperature
        What the case says of it; no temperature [K] is that of the chamber.
    sees_particle
        Whether it may exchange radiation with the particle; lower faces and rims look away.
    """

    boundary: str
    happens: Face
    part: SubstratePart
    emissivity: SurfaceEmissivity
    held_temperature: float | None
    sees_particle: bool
