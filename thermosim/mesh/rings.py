"""Meshes of revolution: a half plane turned about the axis, as rings of tetrahedra.

The heat flux is singular at the rim of a contact, but only across the rim. So the cells may be as
small as one likes in (r, z) while few sectors do about the axis: a thousandth of the cells that an
unstructured mesh of the same accuracy has.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.data import EDGES, MeshData

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = tuple[NDArray[Any], NDArray[Any]]  # flat node and half step of each cell

# a prism over the triangle (0, 1, 2), cut into three; (vertex, lower 0 or upper 1 level)
_TETRAHEDRA = (
    ((0, 0), (1, 0), (2, 0), (2, 1)),
    ((0, 0), (1, 0), (1, 1), (2, 1)),
    ((0, 0), (0, 1), (1, 1), (2, 1)),
)
# for each of them: the edge of the triangle (by its opposite vertex) whose wall a facet lies on
_WALLS = ((0, 1, None, None), (0, None, None, 2), (None, None, 1, 2))


def turn(flat: MeshData, symmetry: str, sectors: int) -> MeshData:
    """Return the mesh of revolution of an axisymmetric mesh.

    Parameters
    ----------
    flat
        Mesh in (r, z), of first or second order.
    symmetry
        "3d" for the whole body, "quarter" for x, y ≥ 0.
    sectors
        Sectors of a whole turn; a multiple of 4 for a quarter.
    """
    whole = symmetry == "3d"
    count = sectors if whole else sectors // 4
    n_turns = 2 * count if whole else 2 * count + 1
    number, points = _turned_nodes(flat, n_turns, 2 * pi / sectors)
    cells, tags, facets = [], [], []
    order = np.argsort(flat.cells[:, :3], axis=1)  # one diagonal for both prisms at a wall
    for kind in range(3):
        rows = _tetrahedra(flat, order, kind)
        walls = _walls(flat.facet_tags, order, kind)
        for sector in range(count):
            made = _numbers(number, rows, sector, n_turns)
            solid = _solid(made)
            cells.append(made[solid])
            facets.append(walls[solid])
            tags.append(flat.cell_tags[solid])
    return _compact(
        replace(
            flat,
            points=points,
            cells=np.vstack(cells),
            cell_tags=np.concatenate(tags),
            facet_tags=np.vstack(facets),
            symmetry=symmetry,
        )
    )


def _turned_nodes(
    flat: MeshData, n_turns: int, angle: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return node numbers, shape (n, n_turns), and coordinates; a node on the axis has one number.

    Every second turn lies within a sector of the given angle.
    """
    r, z = flat.points.T
    on_axis = _on_axis(flat.points)
    copies = np.where(on_axis, 1, n_turns)
    first = np.concatenate([[0], np.cumsum(copies)[:-1]])
    step = np.where(on_axis, 0, 1)
    number = first[:, None] + step[:, None] * np.arange(n_turns)
    made = np.empty((int(copies.sum()), 3))
    k = np.arange(n_turns)
    turns = angle * (k // 2 + (k % 2) * _part_of_sector(flat)[:, None])
    radius = np.where(on_axis, 0.0, r)[:, None]
    made[number, 0] = radius * np.cos(turns)
    made[number, 1] = radius * np.sin(turns)
    made[number, 2] = z[:, None]
    return number, made


def _part_of_sector(flat: MeshData) -> NDArray[np.float64]:
    """Return where in a sector each flat node has its inner copy: 0 to 1, shape (n,).

    For a vertex in the middle. For the diagonal over an edge where a straight one would pass, so
    that it is hardly bent: nearer to its outer end.
    """
    part = np.full(len(flat.points), 0.5)
    if flat.order == 1:
        return part
    r = np.abs(flat.points[:, 0])
    for k, (i, j) in enumerate(EDGES[2]):
        ends = np.sort(flat.cells[:, [i, j]], axis=1)
        low, high = r[ends[:, 0]], r[ends[:, 1]]
        part[flat.cells[:, 3 + k]] = high / np.maximum(low + high, np.finfo(float).tiny)
    return part


def _tetrahedra(flat: MeshData, order: NDArray[np.int64], kind: int) -> list[Row]:
    """Return, for each node of one of the three tetrahedra, its flat node and its half step."""
    vertices = np.take_along_axis(flat.cells[:, :3], order, axis=1)
    axis = _on_axis(flat.points)[vertices]
    corners = _TETRAHEDRA[kind]
    rows: list[Row] = []
    for v, level in corners:
        rows.append((vertices[:, v], np.full(len(vertices), 2 * level)))
    if flat.order == 1:
        return rows
    for i, j in EDGES[3]:
        (u, low), (w, high) = corners[i], corners[j]
        # an edge that ends on the axis stays in the plane of its other end
        half = np.where(axis[:, u], 2 * high, np.where(axis[:, w], 2 * low, low + high))
        rows.append((vertices[:, u] if u == w else _middle(flat, order, u, w), half))
    return rows


def _on_axis(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.abs(points[:, 0]) <= 1e-12 * np.abs(points[:, 0]).max())


def _middle(flat: MeshData, order: NDArray[np.int64], u: int, w: int) -> NDArray[np.int64]:
    """Return the flat node in the middle of the edge between the sorted vertices u and w."""
    # the node of the edge opposite local vertex i stands at 3 + i
    opposite = order[:, 3 - u - w]
    return np.asarray(np.take_along_axis(flat.cells, 3 + opposite[:, None], axis=1)[:, 0])


def _numbers(
    number: NDArray[np.int64],
    rows: list[Row],
    sector: int,
    n_turns: int,
) -> NDArray[np.int64]:
    columns = [number[nodes, (2 * sector + half) % n_turns] for nodes, half in rows]
    return np.stack(columns, axis=1)


def _solid(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the cells that the axis has not made flat."""
    ordered = np.sort(cells[:, :4], axis=1)
    return np.asarray((ordered[:, 1:] != ordered[:, :-1]).all(axis=1))


def _walls(facet_tags: NDArray[np.int32], order: NDArray[np.int64], kind: int) -> NDArray[np.int32]:
    """Return the facet tags of one of the three tetrahedra of each prism."""
    walls = np.zeros((len(facet_tags), 4), dtype=np.int32)
    for facet, opposite in enumerate(_WALLS[kind]):
        if opposite is not None:
            tags = np.take_along_axis(facet_tags, order[:, opposite][:, None], axis=1)
            walls[:, facet] = tags[:, 0]
    return walls


def _compact(mesh: MeshData) -> MeshData:
    """Leave out the nodes that no cell uses: diagonals that the axis has closed."""
    used = np.zeros(len(mesh.points), dtype=bool)
    used[mesh.cells.ravel()] = True
    renumber = np.cumsum(used) - 1
    return replace(mesh, points=mesh.points[used], cells=renumber[mesh.cells])
