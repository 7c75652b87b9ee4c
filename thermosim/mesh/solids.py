"""3-D geometries that are no bodies of revolution: any particles on any substrate, by gmsh."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.mesh.bodies import draw_body
from thermosim.mesh.cut_open import part_particle
from thermosim.mesh.drawn import redrawn_faces
from thermosim.mesh.ellipsoids import curve_onto
from thermosim.mesh.estimate import check_count, sheet_cells, solid_cells
from thermosim.mesh.facets import faceted_body, strip_width
from thermosim.mesh.halfplane import MICROMETRE
from thermosim.mesh.measure import scaled_jacobians
from thermosim.mesh.quarter import Groups, Quarter
from thermosim.mesh.session import generate, gmsh_session, name_entities, read_arrays
from thermosim.mesh.sizes import solid_size_field, solid_sizes
from thermosim.mesh.stepbody import follow_bends
from thermosim.shapes import Ellipsoid, FacetedShape, Surface
from thermosim.shapes.cad import to_draw
from thermosim.shapes.solid import RestingSolid, flat_of

ATOM = 1e-10
"""Width [m] below which no contact is meaningful."""
_ALGORITHMS = ((5, 1), (6, 1), (1, 1), (6, 10))  # Delaunay, frontal, adaptive; then HXT
_ACROSS = 30.0  # cells are at most that much wider than a layer is thick
_STRIP = 7.0  # cells across a strip are that much coarser than across a disk as wide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.data import MeshData
    from thermosim.mesh.drawn import DrawnBody
    from thermosim.mesh.layers import Layer, Plan
    from thermosim.mesh.sizes import Sizes
    from thermosim.model.drawing import ParticleDrawing


def mesh_solids(drawing: ParticleDrawing, layers: tuple[Layer, ...]) -> MeshData:
    """Mesh the particles on their layers in 3-D.

    Boundaries are named as in `halfplane`; the sides of a beam are ``substrate_side``.

    Raises
    ------
    MeshError
        If the geometry has no mesh.
    """
    shape, b = drawing.shape, drawing.contact_radius
    places = drawing.places()
    check_places(drawing, layers)
    sizes = solid_sizes(drawing.mesh, shape, b)
    extent = max([shape.equivalent_radius, *(layer.plan.extent for layer in layers)])
    rim = 2 * np.pi * b
    if b and isinstance(shape, FacetedShape | Surface) and not shape.base_area:
        # on an edge the flat is a strip, much narrower than the disk of its area
        width, rim = _strip(shape, b)
        check_strip(b, width, rim)
        sizes = replace(sizes, h_rim=min(sizes.h_rim, _STRIP * width / b * sizes.h_rim))
    volume = shape.volume * len(places)
    count = solid_cells(volume, len(places), rim, sizes, extent)
    count += sum(sheet_cells(layer, widest_cell(layer)) for layer in layers)
    check_count(count / (4 if drawing.symmetry == "quarter" else 1), drawing.mesh.max_cells)
    data = _first_that_works(drawing, layers, sizes, extent)
    if isinstance(shape, Ellipsoid) and not shape.is_axisymmetric:
        data = curve_onto(data, shape, b, places)
    return part_particle(data, jump=drawing.jump)


def _strip(shape: FacetedShape | Surface, contact_radius: float) -> tuple[float, float]:
    """Return width and length [m] of the outline of the flat that a contact cuts."""
    if isinstance(shape, Surface) and isinstance(solid := shape.resting(), RestingSolid):
        return flat_of(solid, contact_radius)
    return strip_width(faceted_body(shape, contact_radius))


def check_strip(contact_radius: float, width: float, rim: float) -> None:
    """Refuse a flat, given by its width and the length of its outline [m], thinner than an atom.

    Raises
    ------
    MeshError
        Giving the width.
    """
    if width < ATOM:
        raise MeshError(
            f"a contact as large as a disk of radius {contact_radius:.4g} m would be a strip of "
            f"{rim / 2:.4g} m by {width:.3g} m on the edge that the particle rests on, thinner "
            "than an atom; make contact.radius larger, or let the particle rest on a vertex or a "
            "facet"
        )


class _UnmeshedError(MeshError):
    """gmsh gave up on a geometry that it has drawn."""


def _first_that_works(
    drawing: ParticleDrawing, layers: tuple[Layer, ...], sizes: Sizes, extent: float
) -> MeshData:
    """Draw and mesh; where gmsh fails or bends cells too much, try other algorithms.

    Raises
    ------
    MeshError
        With the last complaint of gmsh, if none succeeds.
    """
    failure: MeshError | None = None
    best: tuple[float, MeshData] | None = None
    for algorithms in _ALGORITHMS:
        try:
            data = _draw_and_mesh(drawing, layers, sizes, extent, algorithms)
        except _UnmeshedError as error:
            failure = error
            continue
        least = float(scaled_jacobians(data).min())
        if best is None or least > best[0]:
            best = least, data
        if least >= drawing.mesh.min_quality:
            break
    if best is None:
        raise MeshError(
            f"gmsh cannot mesh this geometry ({failure}); a finer mesh (mesh.refinement), or parts "
            "less thin, may help"
        ) from failure
    return best[1]


def _draw_and_mesh(
    drawing: ParticleDrawing,
    layers: tuple[Layer, ...],
    sizes: Sizes,
    extent: float,
    algorithms: tuple[int, int],
) -> MeshData:
    shape, b, places = drawing.shape, drawing.contact_radius, drawing.places()
    scale = max(b, max(extent, shape.height) / 2e4)
    with gmsh_session() as gmsh:
        quarter = drawing.symmetry == "quarter"
        bodies = [
            draw_body(gmsh, shape, b, (float(x), float(y)), scale, quarter=quarter)
            for x, y in places
        ]
        if isinstance(shape, Surface) and shape.is_solid:
            follow_bends(gmsh, shape.equivalent_radius / sizes.h_body)
        supports = _Layers(gmsh, scale, layers, bodies)
        gmsh.model.occ.synchronize()
        regions, boundaries = _names(bodies, supports)
        boundaries = owned_faces(gmsh, boundaries)
        if quarter:
            bodies, regions, boundaries = _quarter(gmsh, bodies, regions, boundaries)
        name_entities(gmsh, 3, regions, boundaries)
        low, high = (np.array(corner) for corner in shape.bounding_box)
        middle, reach = (low + high) / 2, float(np.max(high - low)) / 2
        centers = [(float(x + middle[0]), float(y + middle[1]), middle[2]) for x, y in places]
        sheets = [(regions[layer.region], widest_cell(layer) / scale) for layer in layers]
        solid_size_field(gmsh, sizes, scale, bodies, centers, reach, extent, sheets)
        data = _mesh(gmsh, drawing.mesh.order, algorithms, drawing.symmetry)
    data.points[:] *= scale / MICROMETRE
    return data


def widest_cell(layer: Layer) -> float:
    """Return the most that the cells of a layer may measure [m]: thin or bent, it needs small ones.

    A cell much wider than its layer is thick makes poor tetrahedra, and one as wide as a pillar
    or a hole does not follow its curve.
    """
    limits = [_ACROSS * layer.thickness]
    bent = [radius for radius in (layer.plan.radius, layer.hole_radius) if radius]
    # an edge that long is bent by an eighth of the thickness
    limits += [min(radius / 2, sqrt(radius * layer.thickness)) for radius in bent]
    return min(limits)


def _mesh(gmsh: Any, order: int, algorithms: tuple[int, int], symmetry: str) -> MeshData:
    gmsh.option.setNumber("Mesh.Algorithm", algorithms[0])
    gmsh.option.setNumber("Mesh.Algorithm3D", algorithms[1])
    try:
        generate(gmsh, 3)
    except Exception as error:  # gmsh raises plain Exception with its log as the text
        raise _UnmeshedError(str(error)) from error
    gmsh.model.mesh.setOrder(order)
    return read_arrays(gmsh, 3, order, MICROMETRE, symmetry, {})


def _names(bodies: list[DrawnBody], supports: _Layers) -> tuple[Groups, Groups]:
    regions = {"particle": [body.volume for body in bodies], **supports.regions}
    boundaries: Groups = {}
    for body in bodies:
        for name, tags in body.faces.items():
            boundaries.setdefault(name, []).extend(tags)
    for name, tags in supports.boundaries.items():
        boundaries.setdefault(name, []).extend(tags)
    return regions, boundaries


def _quarter(
    gmsh: Any, bodies: list[DrawnBody], regions: Groups, boundaries: Groups
) -> tuple[list[DrawnBody], Groups, Groups]:
    """Keep the quarter x, y ≥ 0 of the model; return bodies and names of what is left."""
    x0, y0, z0, x1, y1, z1 = gmsh.model.getBoundingBox(-1, -1)
    curves = [c for body in bodies for c in (*body.foot, *body.rim, *(c for c, _ in body.short))]
    quarter = Quarter(
        gmsh,
        [tag for tags in regions.values() for tag in tags],
        [tag for tags in boundaries.values() for tag in tags],
        curves,
        max(map(abs, (x0, y0, z0, x1, y1, z1))),
    )
    kept = [quarter.of_body(body) for body in bodies]
    return kept, quarter.of_groups(3, regions), quarter.of_groups(2, boundaries)


def owned_faces(gmsh: Any, boundaries: Groups) -> Groups:
    """Return the names with each face that OpenCASCADE has redrawn replaced by the new one.

    Raises
    ------
    MeshError
        If a face that two bodies share got lost that way.
    """
    found = redrawn_faces(gmsh, boundaries)
    for name in ("contact", "particle_base"):
        for face in found.get(name, []):
            if len(gmsh.model.getAdjacencies(2, face)[0]) != 2:
                raise MeshError(f'the face "{name}" does not join particle and substrate')
    return found


def check_places(drawing: ParticleDrawing, layers: tuple[Layer, ...]) -> None:
    """Refuse particles whose foot reaches over the edge of what they stand on.

    Raises
    ------
    MeshError
        Naming the particle.
    """
    if not layers:
        return
    outline = _foot_outline(drawing)
    for i, place in enumerate(drawing.places()):
        if not _inside(outline + place, layers[0].plan):
            raise MeshError(
                f"particle {i + 1} at ({place[0]:.4g}, {place[1]:.4g}) m: its base reaches over "
                f"the edge of the {layers[0].region}; make the substrate larger, or move it"
            )


def _foot_outline(drawing: ParticleDrawing) -> NDArray[np.float64]:
    """Return points (n, 2) [m] around the face by which a particle lies on its substrate."""
    shape, b = drawing.shape, drawing.contact_radius
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    circle = np.column_stack([np.cos(turns), np.sin(turns)])
    if not shape.base_area:
        return np.asarray(b * circle)
    if shape.is_axisymmetric:
        return np.asarray(np.sqrt(shape.base_area / np.pi) * circle)
    assert isinstance(shape, FacetedShape | Surface)
    vertices = shape.vertices_faces()[0]
    low = np.abs(vertices[:, 2]) <= 1e-9 * np.ptp(vertices, axis=0).max()
    return np.asarray(vertices[low, :2])


def _inside(points: Any, plan: Plan) -> bool:
    if plan.radius:
        return bool(np.all(np.hypot(points[:, 0], points[:, 1]) < plan.radius))
    corners = np.array(plan.corners)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return bool(np.all((points > low) & (points < high)))


class _Layers:
    """The layers under the particles, drawn from the top down."""

    def __init__(
        self, gmsh: Any, scale: float, layers: tuple[Layer, ...], bodies: list[DrawnBody]
    ) -> None:
        self.occ, self.scale = gmsh.model.occ, scale
        self.regions: dict[str, list[int]] = {}
        self.boundaries: dict[str, list[int]] = {}
        feet = [self.occ.addCurveLoop(body.foot) for body in bodies if body.foot]
        covered = [
            tag
            for body in bodies
            for name in ("contact", "particle_base")
            for tag in body.faces.get(name, [])
        ]
        for i, layer in enumerate(layers):
            if i and layer.plan == layers[i - 1].plan:
                outline, top = self._lower, covered
            else:
                outline = self._outline(layer.plan, layer.top)
                open_top = self._face([outline, *feet], layer.face)
                top = [open_top, *covered]
            feet, covered = self._below(layer, outline, top, last=i + 1 == len(layers))

    def _outline(self, plan: Plan, z: float) -> list[int]:
        if plan.radius:
            z, radius = to_draw(np.divide((z, plan.radius), self.scale))
            return [self.occ.addCircle(0, 0, z, radius)]
        corners = to_draw(np.divide([(x, y, z) for x, y in plan.corners], self.scale))
        self._corners = [self.occ.addPoint(*corner) for corner in corners]
        ends = zip(self._corners, self._corners[1:] + self._corners[:1], strict=True)
        return [self.occ.addLine(a, b) for a, b in ends]

    def _sides(self, layer: Layer, outline: list[int]) -> list[int]:
        """Draw the sides of a layer down from its outline; leave its lower outline behind."""
        if layer.plan.radius:
            down = -float(to_draw(layer.thickness / self.scale))
            made = self.occ.extrude([(1, outline[0])], 0, 0, down)
            self._lower = [made[0][1]]  # the circle; the seam follows it
            return [tag for dim, tag in made if dim == 2]
        upper = self._corners
        self._lower = self._outline(layer.plan, layer.bottom)
        posts = [self.occ.addLine(a, b) for a, b in zip(upper, self._corners, strict=True)]
        around = zip(outline, posts[1:] + posts[:1], self._lower, posts, strict=True)
        return [self.occ.addPlaneSurface([self.occ.addCurveLoop(four)]) for four in around]

    def _face(self, loops: list[Any], name: str) -> int:
        wires = [self.occ.addCurveLoop(w) if isinstance(w, list) else w for w in loops]
        face = int(self.occ.addPlaneSurface(wires))
        if name:
            self.boundaries.setdefault(name, []).append(face)
        return face

    def _below(
        self, layer: Layer, outline: list[int], top: list[int], *, last: bool
    ) -> tuple[list[int], list[int]]:
        """Draw sides, lower face and volume; return loops and faces that the next layer shares."""
        sides = self._sides(layer, outline)
        for side, name in zip(sides, layer.sides, strict=True):
            self.boundaries.setdefault(name, []).append(side)
        bottom = self._bottom(layer, last=last)
        loop = self.occ.addSurfaceLoop([*top, *sides, *bottom])
        volume = self.occ.addVolume([loop])
        self.regions.setdefault(layer.region, []).append(volume)
        return [self.occ.addCurveLoop(self._lower)], bottom

    def _bottom(self, layer: Layer, *, last: bool) -> list[int]:
        hole = layer.hole_radius
        if not last:
            return [self._face([self._lower], "")]
        if hole is None or (layer.plan.radius and hole >= layer.plan.radius):
            return [self._face([self._lower], "substrate_bottom")]
        z, radius = to_draw(np.divide((layer.bottom, hole), self.scale))
        circle = self.occ.addCurveLoop([self.occ.addCircle(0, 0, z, radius)])
        frame = self._face([self._lower, circle], "substrate_frame")
        return [frame, self._face([circle], "substrate_bottom")]
