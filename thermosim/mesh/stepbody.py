"""Particles from STEP files drawn for the mesher: whole, on a facet, or cut by their contact."""

from __future__ import annotations

from math import pi
from typing import Any

from thermosim.errors import MeshError
from thermosim.mesh.drawn import DrawnBody, redrawn_faces
from thermosim.shapes.cad import to_draw
from thermosim.shapes.solid import RestingSolid, cut_at
from thermosim.shapes.solid_cut import cut_solid
from thermosim.shapes.solid_read import faces_in_plane

_NOTHING = 1e-4  # model lengths: shorter curves are the poles of spheres


def draw_solid(
    gmsh: Any, solid: RestingSolid, contact_radius: float, place: tuple[float, float], scale: float
) -> DrawnBody:
    """Draw a STEP solid whose contact is centred on `place` [m], with `scale` metres as 1.

    Raises
    ------
    MeshError
        If it rests on several facets, or on one with a hole.
    """
    tag = solid.draw(gmsh, scale, place)
    if contact_radius and solid.base_area > 0:
        return _imprinted(gmsh, tag, contact_radius / scale, place, scale)
    faces, rim = {}, []
    if contact_radius:
        tag, cut = cut_solid(gmsh, tag, cut_at(solid, contact_radius) / scale, solid.path)
        faces, rim = {"contact": [cut]}, _loops(gmsh, cut)[0]
    around = [face for _, face in gmsh.model.getBoundary([(3, tag)], oriented=False)]
    faces["particle_surface"] = [face for face in around if [face] != faces.get("contact")]
    return DrawnBody(tag, faces, rim, rim, _lengths(gmsh, tag))


def _imprinted(
    gmsh: Any, tag: int, radius: float, place: tuple[float, float], scale: float
) -> DrawnBody:
    """Draw the contact disk into the facet that a volume rests on, and the volume anew."""
    occ, base = gmsh.model.occ, faces_in_plane(gmsh, tag, 0.0)
    loops = [loop for face in base for loop in _loops(gmsh, face)]
    if len(base) != 1 or len(loops) != 1:
        what = f"{len(base)} separate facets" if len(base) != 1 else "a facet with a hole"
        raise MeshError(f"the particle rests on {what}; the contact needs one whole facet")
    free = [face for _, face in gmsh.model.getBoundary([(3, tag)], oriented=False)]
    free.remove(base[0])
    occ.remove([(3, tag)])
    occ.remove([(2, base[0])])
    x, y, radius = to_draw((*(c / scale for c in place), radius))
    rim = [occ.addCircle(x, y, 0.0, radius)]
    disk, outline = occ.addCurveLoop(rim), occ.addCurveLoop(loops[0])
    faces = {
        "particle_surface": free,
        "contact": [occ.addPlaneSurface([disk])],
        "particle_base": [occ.addPlaneSurface([outline, disk])],
    }
    every = [face for group in faces.values() for face in group]
    volume = occ.addVolume([occ.addSurfaceLoop(every)])
    occ.synchronize()
    return DrawnBody(volume, redrawn_faces(gmsh, faces), loops[0], rim, _lengths(gmsh, volume))


def _lengths(gmsh: Any, tag: int) -> list[tuple[int, float]]:
    """Return the curves of a volume with their lengths, but for the poles of spheres."""
    faces = gmsh.model.getBoundary([(3, tag)], oriented=False)
    curves = sorted(set(gmsh.model.getBoundary(faces, combined=False, oriented=False)))
    lengths = [(tag, float(gmsh.model.occ.getMass(1, tag))) for _, tag in curves]
    return [(tag, length) for tag, length in lengths if length > _NOTHING]


def _loops(gmsh: Any, face: int) -> list[list[int]]:
    """Return the outlines of a face, the curves of each one after the other."""
    return [[abs(int(c)) for c in loop] for loop in gmsh.model.occ.getCurveLoops(face)[1]]


def follow_bends(gmsh: Any, cells_per_radius: float) -> None:
    """Make cells on bent faces as small as on a sphere of their radius of curvature."""
    gmsh.option.setNumber("Mesh.MeshSizeFromCurvature", 2 * pi * cells_per_radius)
