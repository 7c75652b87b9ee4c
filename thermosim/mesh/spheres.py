"""Balls in one another, drawn as half a section, with the sizes of their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.mesh.halfplane import HalfPlaneDrawing
from thermosim.mesh.session import name_entities

if TYPE_CHECKING:
    from thermosim.bodies.geometry import BodyMesh
    from thermosim.bodies.spheres import Spheres
    from thermosim.shapes.profile import Point

_PER_RADIUS, _PER_LAYER, _PER_CONTACT = 8.0, 2.0, 40.0


def draw_spheres(gmsh: Any, geometry: Spheres, unit: float) -> list[tuple[list[int], float]]:
    """Draw and name balls, ``unit`` metres being 1; return curves with the cell size there [m]."""
    drawing = HalfPlaneDrawing(gmsh, unit)
    height, sizes = geometry.centre, list[tuple[list[int], float]]()
    balls, cut = geometry.balls, geometry.contact_radius if geometry.below else 0.0
    inner: list[int] = []
    poles: tuple[Point, Point] | None = None
    for i, ball in enumerate(balls):
        last = i + 1 == len(balls)
        low = (cut, 0.0) if last and cut else (0.0, height - ball.radius)
        high = (0.0, height + ball.radius)
        arc = _arc(drawing, low, (ball.radius, height), high, (0.0, height))
        if last:
            drawing.boundaries[geometry.outside] = arc
        else:
            thickness = balls[i + 1].radius - ball.radius
            sizes.append((arc, min(ball.radius / _PER_RADIUS, thickness / _PER_LAYER)))
        foot = (0.0, 0.0) if last and cut else low
        base = [drawing.line(foot, low)] if foot != low else []
        if poles is None:
            axis = [drawing.line(high, foot)]
        else:
            axis = [drawing.line(high, poles[1]), *reversed(inner), drawing.line(poles[0], foot)]
        drawing.region(ball.name, [*base, *arc, *axis])
        inner, poles = arc, (low, high)
    if len(balls) == 1 or cut:
        sizes.append((inner, balls[-1].radius / _PER_RADIUS))
    if geometry.below is not None:
        _half_ball(drawing, geometry.below.name, geometry.below.radius, cut)
    gmsh.model.occ.synchronize()
    name_entities(gmsh, 2, drawing.regions, drawing.boundaries)
    if cut:
        sizes.append(([drawing.line((0.0, 0.0), (cut, 0.0))], cut / _PER_CONTACT))
    return sizes


def _arc(
    drawing: HalfPlaneDrawing, low: Point, side: Point, high: Point, centre: Point
) -> list[int]:
    """Draw an arc in two pieces, each below half a turn."""
    low_, side_, high_, middle = (drawing.point(at) for at in (low, side, high, centre))
    add = drawing.occ.addCircleArc
    return [int(add(low_, middle, side_)), int(add(side_, middle, high_))]


def _half_ball(drawing: HalfPlaneDrawing, name: str, radius: float, cut: float) -> None:
    """Draw the half ball under z = 0 whose top is touched within ``cut``."""
    origin, rim, side, bottom = (0.0, 0.0), (cut, 0.0), (radius, 0.0), (0.0, -radius)
    contact, top = drawing.line(origin, rim), drawing.line(rim, side, "top")
    arc = drawing.occ.addCircleArc(*(drawing.point(at) for at in (side, origin, bottom)))
    drawing.boundaries["far"] = [int(arc)]
    drawing.region(name, [contact, top, int(arc), drawing.line(bottom, origin)])


def sphere_fields(
    gmsh: Any, sizes: list[tuple[list[int], float]], settings: BodyMesh, unit: float
) -> list[int]:
    """Return fields of gmsh: small cells at the interfaces, growing with the distance."""
    field, tags = gmsh.model.mesh.field, []
    for curves, size in sizes:
        distance = field.add("Distance")
        field.setNumbers(distance, "CurvesList", curves)
        field.setNumber(distance, "Sampling", 400)
        tags.append(field.add("MathEval"))
        smallest, growth = size / unit / settings.refinement, settings.growth / settings.refinement
        field.setString(tags[-1], "F", f"{smallest:.17g}+{growth:.17g}*F{distance}")
    return tags
