"""A solid from a STEP file in the pose it rests in, measured by OpenCASCADE."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.shapes.base import TruncatedBody, check_contact, disk_area
from thermosim.shapes.cad import gmsh_session
from thermosim.shapes.polyhedron import Polyhedron
from thermosim.shapes.solid_cut import cut_level, cut_solid, section, too_small, widest_radius
from thermosim.shapes.solid_read import SIZE, faces_in_plane, insert, move, reach, read_solid
from thermosim.shapes.triangulation import check_closed

if TYPE_CHECKING:
    from numpy.typing import NDArray

Angles = tuple[float, float, float]
Box = tuple[tuple[float, float, float], tuple[float, float, float]]
_MODEL = 2e4  # the largest body in a model whose contact has the radius 1
_SHALLOW = 1e-4  # part of the height at which the middle of a bent bottom is looked for
_SAME = 1e-6  # part by which a cut may miss the area of the contact
_ACROSS, _TURN = 12, 24  # triangles along a solid and around a bend, for its outline


@dataclass(frozen=True, eq=False)
class RestingSolid:
    """A STEP solid on z = 0, its contact around the origin, with its numbers (SI).

    `unit` is metres per length as OpenCASCADE reads the file, `angles` turn it and `shift` [m]
    moves it into the pose. `body` is its outline in triangles, whose corners lie on the solid.
    """

    path: Path
    unit: float
    angles: Angles
    shift: tuple[float, float, float]
    volume: float
    area: float
    centroid: NDArray[np.float64]
    box: Box
    base_area: float
    base_inradius: float
    body: Polyhedron

    @property
    def size(self) -> float:
        """Longest side of the bounding box [m]."""
        return float(np.max(np.subtract(self.box[1], self.box[0])))

    def draw(self, gmsh: Any, scale: float, place: tuple[float, float] = (0.0, 0.0)) -> int:
        """Draw the whole solid in its pose, its contact around `place` [m]; `scale` metres are 1.

        Returns the tag of its volume.
        """
        tag = insert(gmsh, self.path, self.unit / scale)
        shift = np.add(self.shift, (*place, 0.0)) / scale
        move(gmsh, tag, self.angles, shift)
        return tag

    def scale(self, contact_radius: float) -> float:
        """Return metres per model length that keep a cut far above OpenCASCADE's 1e-7."""
        return max(contact_radius, self.size / _MODEL)


@lru_cache(maxsize=8)
def rest_solid(path: Path, scale: float, angles: Angles, _changed: int = 0) -> RestingSolid:
    """Read the one solid of a STEP file and stand it on z = 0; `scale` multiplies its lengths.

    The origin is the centre of the facet it rests on; of the edges, if there is none; or else the
    middle of its lowest part.

    Raises
    ------
    MeshError
        If the file holds no or several solids, or the solid is open or cuts through itself.
    """
    unit, extent = read_solid(path)
    with gmsh_session() as gmsh:
        tag = insert(gmsh, path, SIZE / extent)
        m = unit * scale * extent / SIZE  # metres per model length
        move(gmsh, tag, angles, (0.0, 0.0, 0.0))
        _refuse_inside_out(gmsh, tag, path)
        outline = _outline(gmsh, tag, path)
        low, high = reach(gmsh, tag)
        gmsh.model.mesh.clear()
        x, y = _origin(gmsh, tag, low, high)
        shift = (-x, -y, -low[2])
        move(gmsh, tag, (0.0, 0.0, 0.0), shift)
        base_area, inradius = _base(gmsh, tag)
        faces = gmsh.model.getBoundary([(3, tag)], oriented=False)
        return RestingSolid(
            path, unit * scale, angles, _times(shift, m),
            gmsh.model.occ.getMass(3, tag) * m**3,
            sum(gmsh.model.occ.getMass(*face) for face in faces) * m**2,
            np.array(gmsh.model.occ.getCenterOfMass(3, tag)) * m,
            (_times(np.add(low, shift), m), _times(np.add(high, shift), m)),
            base_area * m**2, inradius * m,
            _moved(outline, shift, m),
        )  # fmt: skip


def _times(values: Any, factor: float) -> tuple[float, float, float]:
    x, y, z = (float(v) * factor for v in values)
    return x, y, z


def _refuse_inside_out(gmsh: Any, tag: int, path: Path) -> None:
    if gmsh.model.occ.getMass(3, tag) <= 0:
        raise MeshError(f"{path}: the solid is inside out or flat; export it again")


def _origin(
    gmsh: Any, tag: int, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[float, float]:
    """Return x, y of the middle of what touches the plane below, in model lengths."""
    occ = gmsh.model.occ
    lowest: list[tuple[int, int]] = [(2, face) for face in faces_in_plane(gmsh, tag, low[2])]
    if not lowest:
        curves = gmsh.model.getBoundary([(3, tag)], combined=False, oriented=False)
        curves = set(gmsh.model.getBoundary(curves, combined=False, oriented=False))
        lowest = [c for c in sorted(curves) if _is_low(occ, c, low[2])]
    if not lowest:
        level = low[2] + _SHALLOW * (high[2] - low[2])
        return _section_centre(gmsh, tag, level)
    weights = np.array([occ.getMass(*entity) for entity in lowest])
    middles = np.array([occ.getCenterOfMass(*entity) for entity in lowest])
    x, y, _ = weights @ middles / weights.sum()
    return float(x), float(y)


def _is_low(occ: Any, curve: tuple[int, int], level: float) -> bool:
    """Whether a curve lies as low as the body reaches: its middle does; poles are no curves."""
    low = abs(occ.getCenterOfMass(*curve)[2] - level) < 1e-5
    return bool(low and occ.getMass(*curve) > 1e-4)


def _section_centre(gmsh: Any, tag: int, level: float) -> tuple[float, float]:
    faces = section(gmsh, tag, level)
    weights = np.array([gmsh.model.occ.getMass(2, face) for face in faces])
    middles = np.array([gmsh.model.occ.getCenterOfMass(2, face)[:2] for face in faces])
    x, y = weights @ middles / weights.sum()
    gmsh.model.occ.remove([(2, face) for face in faces], recursive=True)
    gmsh.model.occ.synchronize()
    return float(x), float(y)


def _base(gmsh: Any, tag: int) -> tuple[float, float]:
    """Return area and inscribed radius about the origin of the facets in z = 0."""
    occ, faces = gmsh.model.occ, faces_in_plane(gmsh, tag, 0.0)
    if not faces:
        return 0.0, 0.0
    area = sum(float(occ.getMass(2, face)) for face in faces)
    middle = occ.addPoint(0.0, 0.0, 0.0)
    inside = min(occ.getDistance(0, middle, 2, face)[0] for face in faces) < 1e-6
    outline = gmsh.model.getBoundary([(2, f) for f in faces], combined=True, oriented=False)
    radius = min(float(occ.getDistance(0, middle, *curve)[0]) for curve in outline)
    occ.remove([(0, middle)])
    return area, radius if inside else 0.0


def _moved(body: Polyhedron, shift: tuple[float, float, float], m: float) -> Polyhedron:
    points = body.vertices + shift
    points[np.abs(points[:, 2]) < 1e-9 * SIZE, 2] = 0.0
    return Polyhedron(points * m, body.faces)


def _outline(gmsh: Any, tag: int, path: Path) -> Polyhedron:
    """Return triangles of the surface whose corners lie on it, checked to be closed."""
    for name, value in (("MeshSizeFromCurvature", _TURN), ("MeshSizeMax", SIZE / _ACROSS)):
        gmsh.option.setNumber(f"Mesh.{name}", value)
    try:
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOutwardOrientation(tag)
    except Exception as error:  # gmsh raises plain Exception with its log as the text
        raise MeshError(f"{path}: the faces of the solid cannot be meshed ({error})") from error
    finally:
        gmsh.option.setNumber("Mesh.MeshSizeFromCurvature", 0)
        gmsh.option.setNumber("Mesh.MeshSizeMax", 1e22)
    nodes, x, _ = gmsh.model.mesh.getNodes()
    number = {int(node): i for i, node in enumerate(nodes)}
    rows = [number[int(n)] for n in gmsh.model.mesh.getElementsByType(2)[1]]
    points, triangles = np.reshape(x, (-1, 3)), np.reshape(rows, (-1, 3))
    try:
        check_closed(points, triangles)
    except ValueError as error:
        raise MeshError(f"{path}: {error}") from error
    used, new = np.unique(triangles, return_inverse=True)
    faces = tuple((int(a), int(b), int(c)) for a, b, c in new.reshape(-1, 3))
    return Polyhedron(points[used], faces)


def truncate_solid(solid: RestingSolid, contact_radius: float) -> TruncatedBody:
    """Return what a contact of area π ``contact_radius``² [m] leaves of a solid.

    Raises
    ------
    ValueError
        If the contact is larger than the base allows, or than the widest section.
    MeshError
        If the cut meets the solid in several places.
    """
    if solid.base_area > 0 or contact_radius == 0:
        limit = solid.base_inradius if solid.base_area > 0 else float("inf")
        what = "the distance from the centre of the facet it rests on to the facet's edge"
        check_contact(contact_radius, limit, what)
        contact = float(disk_area(contact_radius))
        return TruncatedBody(
            solid.volume, solid.area - contact, contact, solid.box[1][2],
            float(solid.centroid[2]), depth=0.0,
        )  # fmt: skip
    return _truncated(solid, contact_radius)[0]


def flat_of(solid: RestingSolid, contact_radius: float) -> tuple[float, float]:
    """Return width 2 A/L and length L [m] of the outline of the flat that a contact cuts.

    Raises
    ------
    ValueError, MeshError
        As `truncate_solid`.
    """
    body, length = _truncated(solid, contact_radius)
    return 2 * body.contact_area / length, length


@lru_cache(maxsize=16)
def _truncated(solid: RestingSolid, contact_radius: float) -> tuple[TruncatedBody, float]:
    """Return the cut body and the length of the outline of its flat [m]."""
    level, m = cut_at(solid, contact_radius), solid.scale(contact_radius)
    with gmsh_session() as gmsh:
        tag, flat = cut_solid(gmsh, solid.draw(gmsh, m), level / m, solid.path)
        mass, faces = gmsh.model.occ.getMass, gmsh.model.getBoundary([(3, tag)], oriented=False)
        contact = mass(2, flat) * m**2
        if abs(contact / float(disk_area(contact_radius)) - 1) > _SAME:
            raise too_small(solid.path)
        outline = gmsh.model.getBoundary([(2, flat)], oriented=False)
        free = sum(mass(*face) for face in faces if face[1] != flat) * m**2
        height = gmsh.model.occ.getCenterOfMass(3, tag)[2] * m
        top = solid.box[1][2] - level
        body = TruncatedBody(mass(3, tag) * m**3, free, contact, top, height, depth=level)
        return body, sum(mass(*curve) for curve in outline) * m


@lru_cache(maxsize=16)
def cut_at(solid: RestingSolid, contact_radius: float) -> float:
    """Return the level z [m] of the section of area π ``contact_radius``².

    Raises
    ------
    ValueError
        If no section is as large.
    """
    check_contact(contact_radius, float("inf"), "the widest section")
    m = solid.scale(contact_radius)
    with gmsh_session() as gmsh:
        tag = solid.draw(gmsh, m)
        level = cut_level(gmsh, tag, solid.box[1][2] / m, pi * (contact_radius / m) ** 2)
    if level is None:
        largest = largest_solid_contact(solid)
        check_contact(contact_radius, largest, "that of the widest section")
        raise MeshError(f"{solid.path}: no section has the area of the contact")
    return level * m


@lru_cache(maxsize=16)
def largest_solid_contact(solid: RestingSolid) -> float:
    """Return the largest contact radius [m]: inscribed in the base, or of the widest section."""
    if solid.base_area > 0:
        return solid.base_inradius
    m = solid.size / SIZE
    with gmsh_session() as gmsh:
        return widest_radius(gmsh, solid.draw(gmsh, m), solid.box[1][2] / m) * m
