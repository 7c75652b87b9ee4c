"""From a drawn gmsh model to a mesh in plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.fem.data import MeshData, facet_table
from thermosim.language.names import plain_name
from thermosim.shapes.cad import gmsh_session, load_gmsh

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["generate", "gmsh_session", "load_gmsh", "name_entities", "read_arrays"]

# gmsh node order -> DOLFINx node order (edges of second-order simplices are numbered differently)
_PERMUTATION = {
    (2, 1): [0, 1, 2],
    (2, 2): [0, 1, 2, 4, 5, 3],
    (3, 1): [0, 1, 2, 3],
    (3, 2): [0, 1, 2, 3, 8, 9, 5, 7, 6, 4],
}
_N_NODES = {(1, 1): 2, (1, 2): 3, (2, 1): 3, (2, 2): 6, (3, 1): 4, (3, 2): 10}


def generate(gmsh: Any, dim: int) -> None:
    """Mesh the model, each volume by itself.

    Beside a small contact the surfaces of particle and substrate are so close that their facets
    overlap. That does no harm, since the gap is not meshed, but gmsh refuses to fill two volumes
    with such facets together.
    """
    gmsh.model.mesh.generate(min(dim, 2))
    if dim < 3:
        return
    volumes = gmsh.model.getEntities(3)
    gmsh.option.setNumber("Mesh.MeshOnlyVisible", 1)
    try:
        for volume in volumes:
            gmsh.model.setVisibility(gmsh.model.getEntities(), 0)
            gmsh.model.setVisibility([volume], 1, recursive=True)
            gmsh.model.mesh.generate(3)
    finally:
        gmsh.model.setVisibility(gmsh.model.getEntities(), 1)
        gmsh.option.setNumber("Mesh.MeshOnlyVisible", 0)


def name_entities(
    gmsh: Any, dim: int, regions: dict[str, list[int]], boundaries: dict[str, list[int]]
) -> None:
    """Give the gmsh entities their names: physical groups of dimension `dim` and below."""
    for level, groups in ((dim, regions), (dim - 1, boundaries)):
        for name, tags in groups.items():
            if tags:
                gmsh.model.addPhysicalGroup(level, tags, name=name)


def group_name(gmsh: Any, dim: int, group: int) -> str:
    """Return the name of a physical group as a case writes it.

    Raises
    ------
    MeshError
        If the name is no UTF-8, or two groups would have one name.
    """
    try:
        names = {g: gmsh.model.getPhysicalName(dim, g) for _, g in gmsh.model.getPhysicalGroups(dim)}
    except UnicodeDecodeError as error:
        raise MeshError(
            "a name of a physical group is not encoded in UTF-8; save the file in UTF-8"
        ) from error
    found = {g: plain_name(name) or f"group_{g}" for g, name in names.items()}
    same = [name for g, name in names.items() if g != group and found[g] == found[group]]
    if same:
        raise MeshError(
            f'the physical groups "{names[group]}" and "{same[0]}" have one name here, '
            f'"{found[group]}"; rename one'
        )
    return found[group]


def read_arrays(
    gmsh: Any, tdim: int, order: int, unit: float, symmetry: str, exact: dict[str, float]
) -> MeshData:
    """Return the meshed gmsh model as arrays; its physical groups become names.

    Every physical group of dimension `tdim` is a region and of dimension `tdim - 1` a boundary.
    """
    tags, points = _nodes(gmsh)
    compact = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    compact[tags] = np.arange(len(tags))
    regions, cells, cell_tags = _groups(gmsh, tdim, order, compact)
    boundaries, facets, marks = _groups(gmsh, tdim - 1, order, compact)
    if not len(cells):
        raise MeshError("the geometry has no named region with cells")
    used, cells, facets = _drop_unused(cells, facets, len(points))
    table = facet_table(cells[:, : tdim + 1], facets[:, :tdim], marks)
    gdim = 2 if symmetry in ("axisymmetric", "planar") else 3
    columns = _columns(symmetry)
    cells = cells[:, _PERMUTATION[tdim, order]]
    return MeshData(
        points[used][:, columns[:gdim]], cells, order, cell_tags, table,
        regions, boundaries, unit, symmetry, exact,
    )  # fmt: skip


def _columns(symmetry: str) -> list[int]:
    return [0, 1, 2] if symmetry in ("3d", "quarter") else [0, 1]


def _nodes(gmsh: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    return np.asarray(tags, dtype=np.int64), np.asarray(coordinates).reshape(-1, 3)


def _groups(
    gmsh: Any, dim: int, order: int, compact: NDArray[np.int64]
) -> tuple[dict[str, int], NDArray[np.int64], NDArray[np.int32]]:
    """Return names, elements (rows of node numbers) and marks of the physical groups of `dim`."""
    names: dict[str, int] = {}
    elements: list[NDArray[np.int64]] = [np.empty((0, _N_NODES[dim, order]), dtype=np.int64)]
    marks = [np.empty(0, dtype=np.int32)]
    for _, group in gmsh.model.getPhysicalGroups(dim):
        name = group_name(gmsh, dim, group)
        names[name] = len(names) + 1
        for entity in gmsh.model.getEntitiesForPhysicalGroup(dim, group):
            rows = _elements(gmsh, dim, entity, order, compact)
            elements.append(rows)
            marks.append(np.full(len(rows), names[name], dtype=np.int32))
    return names, np.vstack(elements), np.concatenate(marks)


def _elements(
    gmsh: Any, dim: int, entity: int, order: int, compact: NDArray[np.int64]
) -> NDArray[np.int64]:
    kind = {1: "Line", 2: "Triangle", 3: "Tetrahedron"}[dim]
    wanted = gmsh.model.mesh.getElementType(kind, order)
    types, _, nodes = gmsh.model.mesh.getElements(dim, entity)
    if any(t != wanted for t in types):
        raise MeshError(f"the mesh holds cells other than {kind.lower()}s of order {order}")
    if not len(types):
        return np.empty((0, _N_NODES[dim, order]), dtype=np.int64)
    return compact[np.asarray(nodes[0], dtype=np.int64)].reshape(-1, _N_NODES[dim, order])


def _drop_unused(
    cells: NDArray[np.int64], facets: NDArray[np.int64], n_points: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    used = np.zeros(n_points, dtype=bool)
    used[cells.ravel()] = True
    renumber = np.cumsum(used) - 1
    kept = used[facets].all(axis=1)
    if not kept.all():
        raise MeshError("a named boundary does not belong to any named region")
    return np.flatnonzero(used), renumber[cells], renumber[facets]
