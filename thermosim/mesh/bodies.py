"""Particles drawn in OpenCASCADE: solids over z = 0 with contact and base as faces of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.mesh.drawn import DrawnBody, redrawn_faces
from thermosim.mesh.ellipsoids import cut_of_sphere, level_map
from thermosim.mesh.facets import FacetedBody, faceted_body
from thermosim.mesh.halfplane import HalfPlaneDrawing
from thermosim.mesh.stepbody import draw_solid
from thermosim.shapes import Ellipsoid, FacetedShape, Sphere, Surface
from thermosim.shapes.cad import to_draw
from thermosim.shapes.solid import RestingSolid

if TYPE_CHECKING:
    from thermosim.shapes import ShapeBase

_FLAT = 1e-5


def draw_body(
    gmsh: Any,
    shape: ShapeBase,
    contact_radius: float,
    place: tuple[float, float],
    scale: float,
    *,
    quarter: bool = False,
) -> DrawnBody:
    """Draw a particle whose contact is centred on `place` [m], with `scale` metres as 1.

    If it is cut to a `quarter` later, an ellipsoid is drawn as one: OpenCASCADE cuts it badly.
    """
    if isinstance(shape, Surface) and isinstance(solid := shape.resting(), RestingSolid):
        return draw_solid(gmsh, solid, contact_radius, place, scale)
    if isinstance(shape, FacetedShape | Surface):
        body = faceted_body(shape, contact_radius)
        on_facet = bool(shape.base_area)
        return _Facets(gmsh, body, place, scale).draw(contact_radius, on_facet=on_facet)
    turn = np.pi / 2 if quarter and not shape.is_axisymmetric else 2 * np.pi
    return _draw_curved(gmsh, shape, contact_radius, place, scale, turn)


class _Facets:
    """A body with flat faces, each point and edge drawn once."""

    def __init__(
        self, gmsh: Any, body: FacetedBody, place: tuple[float, float], scale: float
    ) -> None:
        self.gmsh, self.occ, self.body, self.scale = gmsh, gmsh.model.occ, body, scale
        self.place = place
        shift = np.array([*place, 0.0])
        corners = to_draw((np.asarray(body.vertices) + shift) / scale)
        self.points = [self.occ.addPoint(*corner) for corner in corners]
        self.lengths = body.edge_lengths()
        self.edges = {
            (a, b): self.occ.addLine(self.points[a], self.points[b]) for a, b in self.lengths
        }

    def loop(self, loop: tuple[int, ...]) -> list[int]:
        pairs = zip(loop, loop[1:] + loop[:1], strict=True)
        return [self.edges[min(p), max(p)] for p in pairs]

    def draw(self, contact_radius: float, *, on_facet: bool) -> DrawnBody:
        base = self.body.base if contact_radius else []
        if contact_radius and len(base) != 1:
            raise MeshError(
                f"the particle rests on {len(base)} separate facets; the contact needs one"
            )
        faces: dict[str, list[int]] = {"particle_surface": []}
        foot, rim = [], []
        for i, face in enumerate(self.body.faces):
            loops = [self.occ.addCurveLoop(self.loop(part)) for part in face]
            if i not in base:
                faces["particle_surface"].append(self.occ.addPlaneSurface(loops))
                continue
            foot = rim = self.loop(face[0])
            if len(loops) > 1:
                raise MeshError("the facet that the particle rests on has a hole")
            if on_facet:
                x, y, radius = to_draw(np.divide((*self.place, contact_radius), self.scale))
                rim = [self.occ.addCircle(x, y, 0.0, radius)]
                circle = self.occ.addCurveLoop(rim)
                faces["contact"] = [self.occ.addPlaneSurface([circle])]
                faces["particle_base"] = [self.occ.addPlaneSurface([*loops, circle])]
            else:
                faces["contact"] = [self.occ.addPlaneSurface(loops)]
        everything = [tag for tags in faces.values() for tag in tags]
        volume = self.occ.addVolume([self.occ.addSurfaceLoop(everything)])
        # before the substrate takes over the base, so that both have the same face
        self.occ.synchronize()
        faces = redrawn_faces(self.gmsh, faces)
        short = [(self.edges[pair], length / self.scale) for pair, length in self.lengths.items()]
        return DrawnBody(volume, faces, foot, rim, short)


def _draw_curved(
    gmsh: Any,
    shape: ShapeBase,
    contact_radius: float,
    place: tuple[float, float],
    scale: float,
    turn: float,
) -> DrawnBody:
    """Draw a body of revolution, or an ellipsoid as a sphere that is then sheared."""
    occ = gmsh.model.occ
    profile, matrix = shape.profile(contact_radius) if shape.is_axisymmetric else None, None
    if profile is None:
        assert isinstance(shape, Ellipsoid)
        R = shape.equivalent_radius
        part, _ = cut_of_sphere(shape, contact_radius)
        profile = Sphere(radius=R).profile(part * R)
        matrix = level_map(shape) / R
    # an ellipsoid is moved with its shear: what OpenCASCADE moves by itself shares no edges later
    x, y = (0.0, 0.0) if matrix is not None else (place[0] / scale, place[1] / scale)
    drawing = HalfPlaneDrawing(gmsh, scale, upright_at=(x, y))
    drawing.particle(profile, float("inf") if contact_radius else 0.0)
    face = drawing.regions["particle"][0]
    made = occ.revolve([(2, face)], x, y, 0, 0, 0, 1, turn)
    volume = next(tag for dim, tag in made if dim == 3)
    occ.remove([(2, face)], recursive=True)
    if matrix is not None:
        rows = np.zeros((4, 4))
        rows[:3, :3], rows[3, 3] = matrix, 1.0
        rows[:2, 3] = np.array(place) / scale
        occ.affineTransform([(3, volume)], to_draw(rows).ravel().tolist())
    occ.synchronize()
    return _sorted_faces(gmsh, volume, profile.contact_radius > 0)


def _sorted_faces(gmsh: Any, volume: int, touching: bool) -> DrawnBody:
    """Name the faces of a turned body: those in z = 0 are contact (the smallest) and base."""
    faces: dict[str, list[int]] = {"particle_surface": []}
    flat = []
    for _, face in gmsh.model.getBoundary([(3, volume)], oriented=False):
        x0, y0, z0, x1, y1, z1 = gmsh.model.getBoundingBox(2, face)
        if min(x1 - x0, y1 - y0) < _FLAT * (z1 - z0):
            continue  # a mirror plane of a quarter
        if touching and z1 - z0 < 1e-5 * (x1 - x0) + 1e-6 and abs(z1) < 1e-6 + 1e-5 * (x1 - x0):
            flat.append((x1 - x0, face))
        else:
            faces["particle_surface"].append(face)
    flat.sort()
    foot: list[int] = []
    rim: list[int] = []
    if flat:
        faces["contact"] = [flat[0][1]]
        rim = [c for _, c in gmsh.model.getBoundary([(2, flat[0][1])], oriented=False)]
        faces["particle_base"] = [face for _, face in flat[1:]]
        both = [(2, face) for _, face in flat]
        foot = [c for _, c in gmsh.model.getBoundary(both, combined=True, oriented=False)]
    return DrawnBody(volume, {k: v for k, v in faces.items() if v}, foot, rim)
