"""From a drawn gmsh model to a mesh in plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.fem.data import MeshData, facet_table
from thermosim.language.names import plain_name
from thermosim.mesh.split import CellType, Splitter
from thermosim.shapes.cad import gmsh_session, load_gmsh

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["generate", "gmsh_session", "load_gmsh", "name_entities", "read_arrays"]

# gmsh node order -> DOLFINx node order (edges of second-order simplices are numbered differently)
_PERMUTATION = {
    (2, 1): [0, 1, 2],
    (2, 2): [0, 1, 2, 4, 5, 3],
    (3, 1): [0, 1, 2, 3],
    (3, 2): [0, 1, 2, 3, 8, 9, 5, 7, 6, 4],
}
_N_NODES = {(2, 1): 3, (2, 2): 6, (3, 1): 4, (3, 2): 10}


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
        groups = [g for _, g in gmsh.model.getPhysicalGroups(dim)]
        names = {g: gmsh.model.getPhysicalName(dim, g) for g in groups}
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
    gmsh: Any,
    tdim: int,
    order: int,
    unit: float,
    symmetry: str,
    exact: dict[str, float],
) -> MeshData:
    """Return the meshed gmsh model as arrays; its physical groups become names.

    Every physical group of dimension `tdim` is a region and of dimension `tdim - 1` a boundary.
    """
    return read_any(gmsh, tdim, order, unit, symmetry, exact)[0]


def read_any(
    gmsh: Any,
    tdim: int,
    order: int,
    unit: float,
    symmetry: str,
    exact: dict[str, float],
    columns: tuple[int, ...] = (0, 1, 2),
) -> tuple[MeshData, dict[str, float]]:
    """Return what `read_arrays` does, and ``split_cells``, how many were no simplices, if any.

    `columns` are the coordinates of the file that become those of the mesh.
    """
    tags, points = _nodes(gmsh)
    compact = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    compact[tags] = np.arange(len(tags))
    splitter = Splitter(gmsh, points)
    regions, cells, cell_tags = _groups(gmsh, tdim, compact, splitter.cells, _N_NODES[tdim, order])
    boundaries, facets, marks = _groups(gmsh, tdim - 1, compact, splitter.facets, tdim)
    if not len(cells):
        raise MeshError("the geometry has no named region with cells")
    points = splitter.points
    used, cells, facets = _drop_unused(cells, facets, len(points))
    table = facet_table(cells[:, : tdim + 1], facets, marks)
    gdim = 2 if symmetry in ("axisymmetric", "planar") else 3
    cells = cells[:, _PERMUTATION[tdim, order]]
    report = {"split_cells": float(splitter.count)} if splitter.count else {}
    return MeshData(
        points[used][:, list(columns[:gdim])], cells, order, cell_tags, table,
        regions, boundaries, unit, symmetry, exact,
    ), report  # fmt: skip


def _nodes(gmsh: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    tags, coordinates, _ = gmsh.model.mesh.getNodes()
    return np.asarray(tags, dtype=np.int64), np.asarray(coordinates).reshape(-1, 3)


def _groups(
    gmsh: Any,
    dim: int,
    compact: NDArray[np.int64],
    simplices: Callable[[CellType, NDArray[np.int64]], NDArray[np.int64]],
    n_columns: int,
) -> tuple[dict[str, int], NDArray[np.int64], NDArray[np.int32]]:
    """Return names, simplices (rows of node numbers) and marks of the physical groups of `dim`."""
    names: dict[str, int] = {}
    elements: list[NDArray[np.int64]] = [np.empty((0, n_columns), dtype=np.int64)]
    marks = [np.empty(0, dtype=np.int32)]
    for _, group in gmsh.model.getPhysicalGroups(dim):
        name = group_name(gmsh, dim, group)
        names[name] = len(names) + 1
        for entity in gmsh.model.getEntitiesForPhysicalGroup(dim, group):
            types, _, nodes = gmsh.model.mesh.getElements(dim, entity)
            for number, flat in zip(types, nodes, strict=True):
                kind = CellType(gmsh, number)
                rows = compact[np.asarray(flat, dtype=np.int64)].reshape(-1, len(kind.places))
                elements.append(simplices(kind, rows))
                marks.append(np.full(len(elements[-1]), names[name], dtype=np.int32))
    return names, np.vstack(elements), np.concatenate(marks)


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
