"""The half plane (r, z) of a body of revolution on round layers, drawn and meshed."""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING, Any

from thermosim.mesh.cut_open import part_particle
from thermosim.mesh.session import generate, gmsh_session, name_entities, read_arrays
from thermosim.mesh.sizes import Sizes, plane_size_field
from thermosim.shapes.cad import to_draw

if TYPE_CHECKING:
    from thermosim.fem.data import MeshData
    from thermosim.mesh.layers import Layer
    from thermosim.shapes.profile import Point, Profile, Segment

MICROMETRE = 1e-6


def mesh_half_plane(
    profile: Profile, layers: tuple[Layer, ...], order: int, sizes: Sizes, *, jump: bool
) -> MeshData:
    """Mesh the half plane; `jump` also cuts the mesh open at the contact.

    Regions: ``particle`` and those of the layers. Boundaries: ``particle_surface``, ``contact``,
    ``particle_base`` over ``substrate_under`` (they lie on each other outside the contact),
    ``substrate_top``, ``substrate_bottom`` and what the layers name. The axis has no name.
    """
    scale = drawing_unit(profile, layers)
    with gmsh_session() as gmsh:
        drawing = HalfPlaneDrawing(gmsh, scale)
        drawing.particle(profile, layers[0].plan.radius if layers else 0.0)
        drawing.layers(layers, profile)
        gmsh.model.occ.synchronize()
        name_entities(gmsh, 2, drawing.regions, drawing.boundaries)
        surface, inside = drawing.boundaries["particle_surface"], drawing.regions["particle"]
        places = corners(layers, 1 / scale)
        plane_size_field(gmsh, sizes.scaled(1 / scale), surface, places, inside)
        gmsh.option.setNumber("Mesh.Algorithm", 6)
        generate(gmsh, 2)
        gmsh.model.mesh.setOrder(order)
        data = read_arrays(gmsh, 2, order, MICROMETRE, "axisymmetric", {})
    data.points[:] *= scale / MICROMETRE
    return part_particle(data, jump=jump)


def drawing_unit(profile: Profile, layers: tuple[Layer, ...]) -> float:
    """Return the length [m] that gmsh sees as 1.

    OpenCASCADE works to 1e-7 and loses second-order nodes on lines longer than some 1e5.
    """
    largest = max(hypot(*s.end) for s in profile.segments)
    for layer in layers:
        largest = max(largest, layer.plan.extent, -layer.bottom)
    return max(profile.contact_radius, largest / 2e4)


def corners(layers: tuple[Layer, ...], factor: float) -> list[tuple[float, float, float]]:
    """Return r, z and cell size, times `factor`, where a layer meets a frame or a pillar."""
    found = []
    for above, layer in zip((None, *layers), layers, strict=False):
        if layer.hole_radius is not None and layer.hole_radius < layer.plan.inner:
            found.append((layer.hole_radius, layer.bottom, layer.thickness / 16))
        if above is not None and above.plan.inner < layer.plan.inner:
            size = min(above.plan.inner, above.thickness, layer.thickness) / 16
            found.append((above.plan.inner, above.bottom, size))
    return [(r * factor, z * factor, h * factor) for r, z, h in found]


class HalfPlaneDrawing:
    """Points and curves of the half plane, each drawn once, and the names they get."""

    def __init__(self, gmsh: Any, scale: float, upright_at: Point | None = None) -> None:
        """Draw (r, z) as (x, y); or upright along x from a place in model units."""
        self.occ, self.scale, self.upright_at = gmsh.model.occ, scale, upright_at
        self.points: dict[Point, int] = {}
        self.lines: dict[frozenset[Point], int] = {}
        self.regions: dict[str, list[int]] = {}
        self.boundaries: dict[str, list[int]] = {}

    def point(self, at: Point) -> int:
        """Draw a point once."""
        if at not in self.points:
            r, z = (c / self.scale for c in at)
            x, y = self.upright_at or (0.0, 0.0)
            place = (r, z, 0.0) if self.upright_at is None else (x + r, y, z)
            self.points[at] = self.occ.addPoint(*to_draw(place))
        return self.points[at]

    def line(self, a: Point, b: Point, name: str = "") -> int:
        """Draw a line once; name it if it has a name."""
        key = frozenset((a, b))
        if key not in self.lines:
            self.lines[key] = self.occ.addLine(self.point(a), self.point(b))
            if name:
                self.boundaries.setdefault(name, []).append(self.lines[key])
        return self.lines[key]

    def level(self, z: float, breaks: list[tuple[float, str]]) -> list[int]:
        """Draw lines at height z from the axis outward; each ends at r and has a name or none."""
        ends = [(0.0, z), *((r, z) for r, _ in breaks)]
        return [
            self.line(a, b, name) for (a, b), (_, name) in zip(pairwise(ends), breaks, strict=True)
        ]

    def curve(self, segment: Segment, start: Point) -> int:
        """Draw a piece of a particle's outline."""
        if segment.kind == "line":
            return self.line(start, segment.end, "particle_surface")
        first, last = self.point(start), self.point(segment.end)
        center = self.point(segment.center)
        if segment.kind == "circle":
            tag = self.occ.addCircleArc(first, center, last)
        else:
            tag = self.occ.addEllipseArc(first, center, self.point(segment.major), last)
        self.boundaries.setdefault("particle_surface", []).append(tag)
        return int(tag)

    def region(self, name: str, curves: list[int]) -> None:
        """Fill a closed row of curves."""
        face = self.occ.addPlaneSurface([self.occ.addCurveLoop(curves)])
        self.regions.setdefault(name, []).append(face)

    def particle(self, profile: Profile, top_radius: float) -> None:
        """Draw a particle on a top face of the given radius [m]."""
        start = (profile.base_radius, 0.0)
        curves = self.level(0.0, base_breaks(profile, top_radius)) if profile.base_radius else []
        last = start
        for segment in profile.segments:
            curves.append(self.curve(segment, last))
            last = segment.end
        self.region("particle", [*curves, self.line(last, (0.0, 0.0))])

    def layers(self, layers: tuple[Layer, ...], profile: Profile) -> None:
        """Draw the layers under a particle."""
        for i, layer in enumerate(layers):
            R = layer.plan.radius
            if i:
                breaks = _outward([(layers[i - 1].plan.radius, "")], R, layer.face)
            else:
                under = [b for b in base_breaks(profile, R) if b[0] <= R]
                breaks = _outward(under, R, layer.face)
            top = self.level(layer.top, breaks)
            side = self.line((R, layer.top), (R, layer.bottom), layer.sides[0])
            if i + 1 < len(layers):
                bottom = self.level(layer.bottom, [(R, "")])
            elif layer.hole_radius is not None:
                hole = [(min(layer.hole_radius, R), "substrate_bottom")]
                bottom = self.level(layer.bottom, _outward(hole, R, "substrate_frame"))
            else:
                bottom = self.level(layer.bottom, [(R, "substrate_bottom")])
            axis = self.line((0.0, layer.bottom), (0.0, layer.top))
            self.region(layer.region, [*top, side, *reversed(bottom), axis])


def base_breaks(profile: Profile, top_radius: float) -> list[tuple[float, str]]:
    """Return the parts of the base from the axis outward: contact, base on the top, free base."""
    a, b = profile.base_radius, profile.contact_radius
    breaks = [(b, "contact")] if b else []
    covered = min(a, top_radius)
    if covered > b:
        breaks.append((covered, "particle_base"))
    if a > max(covered, b):
        breaks.append((a, "particle_surface"))
    return breaks


def _outward(breaks: list[tuple[float, str]], radius: float, name: str) -> list[tuple[float, str]]:
    return breaks if breaks and breaks[-1][0] >= radius else [*breaks, (radius, name)]
