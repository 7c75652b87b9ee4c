"""Geometry and meshes from files: .geo scripts, .msh meshes, STEP solids."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.language.names import plain_name
from thermosim.mesh.files_script import check_script
from thermosim.mesh.join import join_parts
from thermosim.mesh.split import SIMPLICES, SPLIT, CellType
from thermosim.shapes.cad import try_reading

if TYPE_CHECKING:
    from thermosim.bodies.geometry import BodyMesh, GeometryFile

_TOLD = 6  # parts without a name that are told one by one
MILLIMETRE = 1e-3
"""Unit [m] in which gmsh reads STEP files."""
_MADE_UP = "Open CASCADE STEP translator"
_CELLS_ALONG = 20.0
_NEAR = 1e-3  # part of the extent by which a point may miss what it names


def draw_file(gmsh: Any, geometry: GeometryFile, dim: int) -> float:
    """Read the file into gmsh and check its names; return metres per length of it.

    Raises
    ------
    MeshError
        If the file is not what its ending says, or lacks names.
    """
    path = geometry.file
    kind = path.suffix.lower()
    if kind == ".geo":
        check_script(path)
        # what gmsh itself presumes: scripts rely on sizes at points
        gmsh.option.setNumber("Mesh.MeshSizeFromPoints", 1)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 1)
    else:
        _check_header(path, kind)
    if kind == ".msh":
        _merge_mesh(gmsh, path)
    else:
        try_reading(path)
        if geometry.is_step:
            _read_step(gmsh, geometry, dim)
        else:
            gmsh.merge(str(path))
    if not geometry.is_step:
        gmsh.model.occ.synchronize()
        if geometry.join:
            join_parts(gmsh, path, dim)
    _check_groups(gmsh, path, dim)
    return MILLIMETRE if geometry.unit is None else geometry.unit


def _merge_mesh(gmsh: Any, path: Path) -> None:
    """Read a mesh by way of the process that reads it first: a text is read but once."""
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder, "mesh.msh")
        try_reading(path, binary)
        gmsh.merge(str(binary))


def _check_header(path: Path, kind: str) -> None:
    """Refuse a file whose content gmsh would take for something else, such as a script."""
    with path.open("rb") as stream:
        head = stream.read(64).lstrip()
    expected = b"$MeshFormat" if kind == ".msh" else b"ISO-10303-21"
    if not head.startswith(expected):
        what = "gmsh mesh" if kind == ".msh" else "STEP file"
        raise MeshError(f"{path}: is no {what}; it should begin with {expected.decode()}")


def file_order(gmsh: Any, path: Path, dim: int) -> int:
    """Return the order of the cells of a mesh that was read.

    Raises
    ------
    MeshError
        If there are none, or others than those that are known, of order 1 or 2.
    """
    kinds = [CellType(gmsh, number) for number in gmsh.model.mesh.getElementTypes(dim)]
    known = (*SIMPLICES[dim], *SPLIT[dim])
    orders = {kind.order for kind in kinds}
    if len(orders) != 1 or not orders <= {1, 2} or any(k.family not in known for k in kinds):
        cells = {2: "triangles or quadrilaterals", 3: "tetrahedra, hexahedra, prisms or pyramids"}
        names = ", ".join(kind.name for kind in kinds) or "none"
        hint = "" if kinds else ". Is geometry.symmetry right?"
        raise MeshError(f"{path}: needs {cells[dim]}, all of order 1 or 2; it has: {names}{hint}")
    return orders.pop()


def set_file_sizes(gmsh: Any, geometry: GeometryFile, settings: BodyMesh, unit: float) -> None:
    """Set the cell sizes of a geometry that was read; those in a script stay in force."""
    gmsh.option.setNumber("Mesh.MeshSizeFactor", 1 / settings.refinement)
    size = settings.size
    if size is None and not geometry.is_step:
        return
    if size is None:
        x0, y0, z0, x1, y1, z1 = gmsh.model.getBoundingBox(-1, -1)
        size = unit * float(np.linalg.norm([x1 - x0, y1 - y0, z1 - z0])) / _CELLS_ALONG
    gmsh.option.setNumber("Mesh.MeshSizeMax", size / unit)


def _read_step(gmsh: Any, geometry: GeometryFile, dim: int) -> None:
    """Read the parts of a STEP file, joined where they touch, and name them."""
    made = gmsh.model.occ.importShapes(str(geometry.file), highestDimOnly=True, format="step")
    gmsh.model.occ.synchronize()
    parts = [shape for shape in made if shape[0] == dim]
    if not parts or len(parts) < len(made):
        what = {2: "faces", 3: "solids"}[dim]
        raise MeshError(f"{geometry.file}: must hold {what} alone; is geometry.symmetry right?")
    labels = [_label(gmsh, *part) for part in parts]
    pieces = _joined(gmsh, geometry, parts)
    shapes = [shape for piece in pieces for shape in piece]
    regions = _at_points(gmsh, shapes, geometry.region_at)
    for label, piece in zip(labels, pieces, strict=True):
        if label and not regions.keys() & geometry.region_at.keys():
            regions.setdefault(label, []).extend(tag for _, tag in piece)
    named = {tag for tags in regions.values() for tag in tags}
    _refuse_unnamed(gmsh, geometry, [s for s in shapes if s[1] not in named], regions)
    faces = gmsh.model.getBoundary(shapes, combined=False, oriented=False, recursive=False)
    boundaries = _at_points(gmsh, sorted(set(faces)), geometry.boundary_at)
    for level, groups in ((dim, regions), (dim - 1, boundaries)):
        for name, tags in groups.items():
            gmsh.model.addPhysicalGroup(level, tags, name=name)


def _refuse_unnamed(
    gmsh: Any, geometry: GeometryFile, unnamed: list[tuple[int, int]], regions: dict[str, list[int]]
) -> None:
    """Refuse parts without a name, and say where they are: the unit of a file surprises often."""
    if not unnamed:
        return
    places = []
    for shape in unnamed[:_TOLD]:
        box = [f"{value:.6g}" for value in gmsh.model.getBoundingBox(*shape)]
        places.append(f"({', '.join(box[:3])}) to ({', '.join(box[3:])}) mm")
    more = "" if len(unnamed) <= _TOLD else f", and {len(unnamed) - _TOLD} more"
    owners: dict[int, list[str]] = {}
    for name, tags in regions.items():
        for tag in tags:
            owners.setdefault(tag, []).append(name)
    shared = [names for names in owners.values() if len(names) > 1]
    same = f"; the points of {' and '.join(shared[0])} lie in one part" if shared else ""
    raise MeshError(
        f"{geometry.file}: parts have no name: {'; '.join(places)}{more}{same}; name each by a "
        'point inside, [geometry.region_at] NAME = [["0 mm", "0 mm", "0 mm"]], or in the '
        "CAD program, or read the file in a .geo with ShapeFromFile"
    )


def _label(gmsh: Any, dim: int, tag: int) -> str:
    """Return the name that the CAD program gave a part; empty if it has none."""
    label = gmsh.model.getEntityName(dim, tag).rpartition("/")[2].strip()
    return "" if _MADE_UP in label else plain_name(label)


def _joined(
    gmsh: Any, geometry: GeometryFile, parts: list[tuple[int, int]]
) -> list[list[tuple[int, int]]]:
    """Make parts that touch share their faces; return what became of each."""
    if len(parts) == 1:
        return [[parts[0]]]
    _, pieces = gmsh.model.occ.fragment(parts[:1], parts[1:])
    gmsh.model.occ.synchronize()
    owners = Counter(shape for piece in pieces for shape in set(piece))
    if max(owners.values()) > 1:
        raise MeshError(f"{geometry.file}: its parts overlap")
    return [list(piece) for piece in pieces]


def _at_points(
    gmsh: Any, shapes: list[tuple[int, int]], points: dict[str, tuple[tuple[float, ...], ...]]
) -> dict[str, list[int]]:
    """Return the shapes nearest to given points [m], by name."""
    found: dict[str, list[int]] = {}
    for name, places in points.items():
        for place in places:
            distance, tag = _nearest(gmsh, shapes, [c / MILLIMETRE for c in (*place, 0.0)[:3]])
            x0, y0, z0, x1, y1, z1 = gmsh.model.getBoundingBox(-1, -1)
            if distance > _NEAR * float(np.linalg.norm([x1 - x0, y1 - y0, z1 - z0])):
                raise MeshError(
                    f"geometry: the point of {name} is {distance:.3g} mm away from the nearest "
                    "part; give a point on it"
                )
            if tag not in found.setdefault(name, []):
                found[name].append(tag)
    return found


def _nearest(gmsh: Any, shapes: list[tuple[int, int]], x: list[float]) -> tuple[float, int]:
    """Return the distance to the nearest shape (0 inside) and its tag."""
    occ = gmsh.model.occ
    point = occ.addPoint(*x)
    found = min((float(occ.getDistance(0, point, dim, tag)[0]), tag) for dim, tag in shapes)
    occ.remove([(0, point)])
    return found


def _check_groups(gmsh: Any, path: Path, dim: int) -> None:
    """Refuse geometry without named regions, and entities with two names."""
    groups = gmsh.model.getPhysicalGroups(dim)
    what = {2: "Surface", 3: "Volume"}[dim]
    if not groups:
        raise MeshError(
            f'{path}: has no named region; add Physical {what}("NAME") = {{…}}. '
            "Is geometry.symmetry right?"
        )
    for level in (dim, dim - 1):
        owners: Counter[int] = Counter()
        for _, tag in gmsh.model.getPhysicalGroups(level):
            owners.update(int(e) for e in gmsh.model.getEntitiesForPhysicalGroup(level, tag))
        twice = [entity for entity, count in owners.items() if count > 1]
        if twice:
            raise MeshError(
                f"{path}: entity {twice[0]} of dimension {level} is in two physical groups; "
                "give each one name"
            )
