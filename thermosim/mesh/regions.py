"""The mesh of a body of any geometry: drawn or read, named, and cut open at its contacts."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.geometry import Box, GeometryFile, Rectangle
from thermosim.bodies.spheres import Spheres
from thermosim.errors import MeshError
from thermosim.mesh.cut_open import cut_open
from thermosim.mesh.estimate import OF_BODY, body_cells, check_count
from thermosim.mesh.files import draw_file, file_order, set_file_sizes
from thermosim.mesh.msh import plain_msh
from thermosim.mesh.notes import STRAIGHTENED, TURNED
from thermosim.mesh.plane import PLANES, XY, drawn_plane, mesh_plane
from thermosim.mesh.quality import quality_report
from thermosim.mesh.repair import straightened
from thermosim.mesh.session import generate, gmsh_session, group_name, read_any
from thermosim.mesh.spheres import draw_spheres, sphere_fields
from thermosim.mesh.touching import check_joined

if TYPE_CHECKING:
    from thermosim.bodies.geometry import BodyMesh, Geometry
    from thermosim.fem.data import MeshData
    from thermosim.model.drawing import BodyDrawing, Names
    from thermosim.model.sizes import SizeMap

MICROMETRE = 1e-6
_CELLS_ALONG = 20.0
_FOLDED = 0.1  # scaled Jacobian below which a curved cell is straightened


def build_body(drawing: BodyDrawing) -> tuple[MeshData, dict[str, float]]:
    """Return the mesh of a body, cut open at its contacts, and its quality report.

    The names that are used are checked before anything is meshed.

    Raises
    ------
    MeshError
        If the geometry cannot be read or meshed, or lacks names.
    CaseError
        If the case uses names that the geometry does not have.
    """
    geometry, settings, sizes = drawing.geometry, drawing.mesh, drawing.sizes
    dim = 3 if geometry.symmetry == "3d" else 2
    with _opened(geometry, dim) as gmsh:
        unit, order = _prepare(gmsh, geometry, settings, dim)
        drawing.check_names(_names(gmsh, dim), _names(gmsh, dim - 1))
        if order is None:
            order = settings.order
            if sizes is not None:
                check_count(sizes.cell_count(), settings.max_cells, OF_BODY)
                _follow(gmsh, sizes, unit)
            else:
                check_count(_expected_cells(gmsh, dim), settings.max_cells, OF_BODY)
            generate(gmsh, dim)
            gmsh.model.mesh.setOrder(order)
        n_cells = sum(len(tags) for tags in gmsh.model.mesh.getElements(dim)[1])
        if not n_cells:
            raise MeshError("the mesh holds no cells; is geometry.symmetry right?")
        if n_cells > settings.max_cells:
            raise MeshError(f"{n_cells} cells are more than mesh.max_cells = {settings.max_cells}")
        columns = mesh_plane(gmsh, geometry.symmetry) if dim == 2 else XY
        data, done = read_any(
            gmsh, dim, order, MICROMETRE, geometry.symmetry, _exact(geometry), columns
        )
    if columns != XY:
        done[TURNED] = list(PLANES.values()).index(columns)
    data.points[:] *= unit / MICROMETRE
    if isinstance(geometry, GeometryFile) and geometry.join is not False:
        check_joined(data, asked_to_join=bool(geometry.join))
    data, report = _sound(data, drawing)
    return cut_open(data, drawing.contacts), report | done


def _opened(geometry: Geometry | Spheres, dim: int) -> Any:
    """Return what the mesh comes from, for a ``with``: a plain file, else a session of gmsh."""
    plain = None
    if isinstance(geometry, GeometryFile) and geometry.file.suffix.lower() == ".msh":
        plain = plain_msh(geometry.file) if dim == 3 and not geometry.join else None
    return gmsh_session() if plain is None else nullcontext(plain)


def _sound(data: MeshData, drawing: BodyDrawing) -> tuple[MeshData, dict[str, float]]:
    """Return the mesh, its folded cells straightened, and its quality report."""
    threshold = drawing.mesh.min_quality
    is_mesh = drawing.file is not None and drawing.file.suffix.lower() == ".msh"
    remedy = "make the mesh of the file anew, finer there" if is_mesh else "raise mesh.refinement"
    try:
        return data, quality_report(data, threshold, remedy)
    except MeshError:
        mended, count = straightened(data, min(threshold, _FOLDED))
        if not count:
            raise
    return mended, quality_report(mended, threshold, remedy) | {STRAIGHTENED: float(count)}


def _expected_cells(gmsh: Any, dim: int) -> float:
    """Return how many cells of the largest size fill the model, where OpenCASCADE has drawn it."""
    largest = gmsh.option.getNumber("Mesh.MeshSizeMax") * gmsh.option.getNumber(
        "Mesh.MeshSizeFactor"
    )
    content = sum(gmsh.model.occ.getMass(*entity) for entity in gmsh.model.occ.getEntities(dim))
    return body_cells(largest, content, dim)


def _names(gmsh: Any, dim: int) -> Names:
    groups = gmsh.model.getPhysicalGroups(dim)
    return tuple(group_name(gmsh, d, g) for d, g in groups)


def _prepare(
    gmsh: Any, geometry: Geometry | Spheres, settings: BodyMesh, dim: int
) -> tuple[float, int | None]:
    """Draw or read the geometry; return metres per length, and the order of a ready mesh."""
    own: list[int] = []
    if isinstance(geometry, GeometryFile):
        unit = draw_file(gmsh, geometry, dim)
        if geometry.file.suffix.lower() == ".msh":
            return unit, file_order(gmsh, geometry.file, dim)
        set_file_sizes(gmsh, geometry, settings, unit)
    else:
        if isinstance(geometry, Spheres):
            unit = geometry.extent
            own = sphere_fields(gmsh, draw_spheres(gmsh, geometry, unit), settings, unit)
        else:
            unit = _draw(gmsh, geometry)
        size = (settings.size or unit / _CELLS_ALONG) / unit / settings.refinement
        gmsh.option.setNumber("Mesh.MeshSizeMin", size)
        gmsh.option.setNumber("Mesh.MeshSizeMax", size)
    if settings.near or own:
        _grade(gmsh, settings, unit, dim, own)
    return unit, None


def _draw(gmsh: Any, geometry: Rectangle | Box) -> float:
    """Draw and name a rectangle or box in units of its largest extent [m], which is returned."""
    if isinstance(geometry, Rectangle):
        (x0, x1), (y0, y1) = geometry.intervals
        unit = max(x1 - x0, y1 - y0)
        _rectangle(gmsh, geometry, unit)
        return unit
    intervals = (geometry.x, geometry.y, geometry.z)
    unit = max(high - low for low, high in intervals)
    start = [low / unit for low, _ in intervals]
    size = [(high - low) / unit for low, high in intervals]
    volume = gmsh.model.occ.addBox(*start, *size)
    gmsh.model.occ.synchronize()
    gmsh.model.addPhysicalGroup(3, [volume], name=geometry.region)
    names = dict(zip(("left", "right", "front", "back", "bottom", "top"), range(6), strict=True))
    for _, face in gmsh.model.getBoundary([(3, volume)], oriented=False):
        box = np.reshape(gmsh.model.getBoundingBox(2, face), (2, 3))
        axis = int(np.argmin(box[1] - box[0]))
        upper = box[0, axis] > start[axis] + size[axis] / 2
        name = next(n for n, i in names.items() if i == 2 * axis + int(upper))
        gmsh.model.addPhysicalGroup(2, [face], name=name)
    return unit


def _rectangle(gmsh: Any, geometry: Rectangle, unit: float) -> None:
    occ = gmsh.model.occ
    (x0, x1), (y0, y1) = geometry.intervals
    # anticlockwise: bottom and right in order of position, top and left against it
    corners = {"bottom": y0, "right": x1, "top": y1, "left": x0}
    curves: list[tuple[str, int]] = []
    first = last = occ.addPoint(x0 / unit, y0 / unit, 0.0)
    for side, fixed in corners.items():
        for name, at in _ends(geometry, side):
            x, y = (at, fixed) if side in ("bottom", "top") else (fixed, at)
            closes = side == "left" and at == y0
            point = first if closes else occ.addPoint(x / unit, y / unit, 0.0)
            curves.append((name, occ.addLine(last, point)))
            last = point
    surface = occ.addPlaneSurface([occ.addCurveLoop([curve for _, curve in curves])])
    occ.synchronize()
    gmsh.model.addPhysicalGroup(2, [surface], name=geometry.region)
    for name in geometry.boundary_names or ():
        tags = [curve for n, curve in curves if n == name]
        gmsh.model.addPhysicalGroup(1, tags, name=name)


def _ends(geometry: Rectangle, side: str) -> list[tuple[str, float]]:
    """Return the pieces of a side with the end of each in the anticlockwise sense."""
    pieces = geometry.pieces(side)
    if side in ("bottom", "right"):
        return pieces
    starts = [geometry.along(side)[0], *(end for _, end in pieces[:-1])]
    return [(name, start) for (name, _), start in zip(pieces, starts, strict=True)][::-1]


def _exact(geometry: Geometry | Spheres) -> dict[str, float]:
    """Return the closed-form volume of a built-in body [m³; m² per metre of depth if planar]."""
    if isinstance(geometry, Spheres):
        return {f"volume:{name}": volume for name, volume in geometry.volumes().items()}
    if isinstance(geometry, GeometryFile):
        return {}
    if isinstance(geometry, Box):
        size = math.prod(high - low for low, high in (geometry.x, geometry.y, geometry.z))
    else:
        (x0, x1), (y0, y1) = geometry.intervals
        across = math.pi * (x1**2 - x0**2) if geometry.symmetry == "axisymmetric" else x1 - x0
        size = across * (y1 - y0)
    return {f"volume:{geometry.region}": size}


def _grade(gmsh: Any, settings: BodyMesh, unit: float, dim: int, own: list[int]) -> None:
    """Make cells small near named boundaries, growing away from them; ``own`` fields count too."""
    field = gmsh.model.mesh.field
    tags = list(own)
    for name, size in settings.near.items():
        wanted = [g for d, g in gmsh.model.getPhysicalGroups(dim - 1)
                  if group_name(gmsh, d, g) == name]  # fmt: skip
        if not wanted:
            continue  # `missing_in` names it
        distance = field.add("Distance")
        entities = gmsh.model.getEntitiesForPhysicalGroup(dim - 1, wanted[0])
        field.setNumbers(distance, "CurvesList" if dim == 2 else "SurfacesList", entities)
        field.setNumber(distance, "Sampling", 400)
        smallest = size / unit / settings.refinement
        tags.append(field.add("MathEval"))
        formula = f"{smallest:.11g}+{settings.growth / settings.refinement:.11g}*F{distance}"
        field.setString(tags[-1], "F", formula)
    if tags:
        gmsh.option.setNumber("Mesh.MeshSizeMin", 0.0)
        smallest = field.add("Min")
        field.setNumbers(smallest, "FieldsList", tags)
        field.setAsBackgroundMesh(smallest)


def _follow(gmsh: Any, wanted: SizeMap, unit: float) -> None:
    """Let gmsh mesh with the sizes of a map alone; `unit` is metres per length of the model."""
    at, sizes = wanted.points[wanted.cells] / unit, wanted.sizes[wanted.cells] / unit
    place = np.zeros((*at.shape[:2], 3))
    columns = drawn_plane(gmsh) if at.shape[2] == 2 else XY
    place[:, :, list(columns[: at.shape[2]])] = at
    rows = np.concatenate([place.transpose(0, 2, 1).reshape(len(at), -1), sizes], axis=1)
    view = gmsh.view.add("sizes")
    gmsh.view.addListData(view, "ST" if at.shape[1] == 3 else "SS", len(rows), rows.ravel())
    field = gmsh.model.mesh.field.add("PostView")
    gmsh.model.mesh.field.setNumber(field, "ViewTag", view)
    gmsh.model.mesh.field.setAsBackgroundMesh(field)
    for source in ("Points", "Curvature"):
        gmsh.option.setNumber(f"Mesh.MeshSizeFrom{source}", 0)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.option.setNumber("Mesh.MeshSizeFactor", 1)
    gmsh.option.setNumber("Mesh.MeshSizeMin", 0)
    gmsh.option.setNumber("Mesh.MeshSizeMax", 1e22)
