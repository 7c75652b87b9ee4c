"""Bodies of revolution on a slab: the half plane (r, z) and what comes of turning it."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, pi
from typing import TYPE_CHECKING, Any

from thermosim.mesh.quality import check_quality
from thermosim.mesh.session import generate, gmsh_session, read_arrays
from thermosim.mesh.sizes import Sizes, set_size_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thermosim.mesh.data import MeshData
    from thermosim.settings import Symmetry

MICROMETRE = 1e-6
_TURN = {"quarter": pi / 2, "3d": 2 * pi}


@dataclass(frozen=True)
class Segment:
    """A piece of a profile that ends at `end` (r, z) [m].

    `kind` is "line", "circle" (arc about `center`) or "ellipse" (arc about `center` whose major
    axis runs through `major`); arcs are shorter than half a turn.
    """

    kind: str
    end: tuple[float, float]
    center: tuple[float, float] = (0.0, 0.0)
    major: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class RevolvedBody:
    """A profile in the half plane r ≥ 0 over the plane z = 0, and the slab below; all in m.

    The profile begins at the rim of the contact, `start` (on the axis if there is no contact),
    and its last segment ends on the axis. `contact_radius` is 0 for a body without contact.
    `slab` is (radius, thickness), or None for a body that floats.
    """

    start: tuple[float, float]
    profile: Sequence[Segment]
    contact_radius: float
    slab: tuple[float, float] | None


def mesh_revolved(
    body: RevolvedBody, symmetry: Symmetry, order: int, sizes: Sizes, exact: dict[str, float]
) -> tuple[MeshData, dict[str, float]]:
    """Mesh the body; return the arrays and the quality report.

    Regions: ``particle``, ``substrate``. Boundaries: ``particle_surface``, ``contact``,
    ``substrate_top``, ``substrate_bottom``, ``substrate_rim``. The axis and the planes of a
    quarter have no name: nothing flows through them.
    """
    scale = _drawing_unit(body)
    with gmsh_session() as gmsh:
        dim = 2 if symmetry == "axisymmetric" else 3
        faces = _half_plane(gmsh, body, scale, upright=dim == 3)
        if dim == 2:
            gmsh.model.occ.synchronize()
            _name_curves(gmsh, faces)
        else:
            _turn(gmsh, faces, _TURN[symmetry], body, scale)
        set_size_field(gmsh, sizes.scaled(1 / scale), dim)
        gmsh.option.setNumber("Mesh.Algorithm", 6 if dim == 2 else 5)
        generate(gmsh, dim)
        gmsh.model.mesh.setOrder(order)
        report = check_quality(gmsh, dim, sizes.min_quality)
        data = read_arrays(gmsh, dim, order, MICROMETRE, symmetry, exact)
    data.points[:] *= scale / MICROMETRE
    return data, report


def _drawing_unit(body: RevolvedBody) -> float:
    """Return the length [m] that gmsh sees as 1.

    OpenCASCADE works to 1e-7 and loses second-order nodes on lines longer than some 1e5.
    """
    largest = max(hypot(*s.end) for s in body.profile)
    if body.slab:
        largest = max(largest, *body.slab)
    return max(body.contact_radius, largest / 2e4)


@dataclass(frozen=True)
class _Faces:
    """gmsh tags of the half plane."""

    particle: int
    substrate: int | None
    particle_curves: list[int]
    contact: int | None
    top: int | None = None
    rim: int | None = None
    bottom: int | None = None


def _half_plane(gmsh: Any, body: RevolvedBody, scale: float, *, upright: bool) -> _Faces:
    """Draw (r, z) as (x, y), or upright as (x, z) to be turned about z."""
    occ = gmsh.model.occ

    def point(at: tuple[float, float]) -> int:
        r, z = at[0] / scale, at[1] / scale
        return int(occ.addPoint(r, 0.0, z) if upright else occ.addPoint(r, z, 0.0))

    b = body.contact_radius
    start = point(body.start)
    curves, last = [], start
    for segment in body.profile:
        end = point(segment.end)
        curves.append(_curve(occ, segment, last, end, point))
        last = end
    if not b:
        axis = occ.addLine(last, start)
        loop = occ.addCurveLoop([*curves, axis])
        return _Faces(occ.addPlaneSurface([loop]), None, curves, None)
    origin = point((0.0, 0.0))
    contact = occ.addLine(origin, start)
    particle = occ.addPlaneSurface(
        [occ.addCurveLoop([contact, *curves, occ.addLine(last, origin)])]
    )
    if body.slab is None:
        return _Faces(particle, None, curves, contact)
    radius, thickness = body.slab
    edge, low = point((radius, 0.0)), point((radius, -thickness))
    foot = point((0.0, -thickness))
    top, rim = occ.addLine(start, edge), occ.addLine(edge, low)
    bottom, axis = occ.addLine(low, foot), occ.addLine(foot, origin)
    slab = occ.addPlaneSurface([occ.addCurveLoop([contact, top, rim, bottom, axis])])
    return _Faces(particle, slab, curves, contact, top, rim, bottom)


def _curve(occ: Any, segment: Segment, first: int, last: int, point: Any) -> int:
    if segment.kind == "line":
        return int(occ.addLine(first, last))
    center = point(segment.center)
    if segment.kind == "circle":
        return int(occ.addCircleArc(first, center, last))
    return int(occ.addEllipseArc(first, center, point(segment.major), last))


def _name_curves(gmsh: Any, faces: _Faces) -> None:
    name_entities(
        gmsh,
        2,
        {"particle": [faces.particle], "substrate": [faces.substrate]},
        {
            "particle_surface": list(faces.particle_curves),
            "contact": [faces.contact],
            "substrate_top": [faces.top],
            "substrate_rim": [faces.rim],
            "substrate_bottom": [faces.bottom],
        },
    )


def _turn(gmsh: Any, faces: _Faces, angle: float, body: RevolvedBody, scale: float) -> None:
    """Turn the half plane about z, join the two bodies at the contact and name what results."""
    occ = gmsh.model.occ
    volumes = []
    for face in (faces.particle, faces.substrate):
        if face is not None:
            made = occ.revolve([(2, face)], 0, 0, 0, 0, 0, 1, angle)
            volumes.append(next(tag for dim, tag in made if dim == 3))
    occ.remove([(2, f) for f in (faces.particle, faces.substrate) if f is not None])
    if len(volumes) == 2:
        _, parts = occ.fragment([(3, volumes[0])], [(3, volumes[1])])
        volumes = [part[0][1] for part in parts]
    occ.synchronize()
    thickness = body.slab[1] / scale if body.slab else 0.0
    named: dict[str, list[int | None]] = {}
    for region, volume in zip(("particle", "substrate"), volumes, strict=False):
        for _, surface in gmsh.model.getBoundary([(3, volume)], oriented=False):
            name = _surface_name(gmsh, surface, region, body.contact_radius / scale, thickness)
            if name and surface not in named.setdefault(name, []):
                named[name].append(surface)
    regions: dict[str, list[int | None]] = {"particle": [volumes[0]]}
    if len(volumes) == 2:
        regions["substrate"] = [volumes[1]]
    name_entities(gmsh, 3, regions, named)


def _surface_name(
    gmsh: Any, surface: int, region: str, contact_radius: float, thickness: float
) -> str | None:
    """Return the boundary that a turned surface belongs to; None for a plane of symmetry."""
    x0, y0, z0, x1, y1, z1 = gmsh.model.getBoundingBox(2, surface)
    size = max(x1 - x0, y1 - y0, z1 - z0)
    flat = 1e-5 * size
    if x1 - x0 < flat or y1 - y0 < flat:
        return None
    if z1 - z0 < flat:
        if abs(z0 + thickness) < flat + 1e-6 * thickness and thickness:
            return "substrate_bottom"
        return "contact" if x1 <= contact_radius * (1 + 1e-5) + 1e-6 else "substrate_top"
    return "particle_surface" if region == "particle" else "substrate_rim"


def name_entities(
    gmsh: Any,
    dim: int,
    regions: dict[str, list[int | None]],
    boundaries: dict[str, list[int | None]],
) -> None:
    """Give the gmsh entities their names (physical groups); absent ones (None) are left out."""
    for level, groups in ((dim, regions), (dim - 1, boundaries)):
        for name, tags in groups.items():
            present = [tag for tag in tags if tag is not None]
            if present:
                gmsh.model.addPhysicalGroup(level, present, name=name)
