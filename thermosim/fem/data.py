"""A mesh as plain arrays: what gmsh makes, what the cache keeps, what DOLFINx distributes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 2
_REMAINDERS = 2**20
EDGES = {
    2: ((1, 2), (0, 2), (0, 1)),
    3: ((2, 3), (1, 3), (1, 2), (0, 3), (0, 2), (0, 1)),
}
"""Vertices of the edges of a simplex, in the order in which DOLFINx numbers their nodes."""


@dataclass(frozen=True)
class MeshData:
    """Simplex mesh with named regions and boundaries; the coordinates are multiples of `unit`.

    Attributes
    ----------
    points : shape (n_nodes, gdim), in units of `unit`
    cells : shape (n_cells, nodes per cell), DOLFINx (not gmsh) node order
    order : polynomial order of the geometry, 1 or 2
    cell_tags : shape (n_cells,), the value in `regions`
    facet_tags : shape (n_cells, facets per cell); entry (c, i) tags the facet of cell c opposite
        its vertex i with a value of `boundaries`, 0 where it has no name
    regions, boundaries : name -> tag
    unit : metres per mesh length
    symmetry : "axisymmetric" (points are r, z), "planar" (x, y), "quarter" or "3d"
    exact : closed-form sizes of the geometry in SI, by name, where known
    """

    points: NDArray[np.float64]
    cells: NDArray[np.int64]
    order: int
    cell_tags: NDArray[np.int32]
    facet_tags: NDArray[np.int32]
    regions: dict[str, int]
    boundaries: dict[str, int]
    unit: float
    symmetry: str
    exact: dict[str, float] = field(default_factory=dict)

    @property
    def multiplicity(self) -> int:
        """How many copies of the mesh make up the body (4 for a quarter)."""
        return 4 if self.symmetry == "quarter" else 1

    @property
    def tdim(self) -> int:
        """Topological dimension: 2 or 3."""
        return self.facet_tags.shape[1] - 1

    def content_hash(self) -> str:
        """Return a digest of the arrays and names: two meshes with the same digest are the same."""
        digest = hashlib.sha256(json.dumps(self._names(), sort_keys=True).encode())
        for array in (self.points, self.cells, self.cell_tags, self.facet_tags):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    def _names(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "order": self.order,
            "regions": self.regions,
            "boundaries": self.boundaries,
            "unit": self.unit,
            "symmetry": self.symmetry,
            "exact": self.exact,
        }

    def header(self) -> str:
        """Return everything but the arrays as JSON text."""
        return json.dumps(self._names(), sort_keys=True)


def facet_table(
    cells: NDArray[np.int64], facets: NDArray[np.int64], tags: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the tag of each cell's facets from tagged facets given by their vertices.

    Parameters
    ----------
    cells : shape (n_cells, d+1), vertices of each simplex
    facets : shape (n_facets, d), vertices of each tagged facet
    tags : shape (n_facets,)

    Returns
    -------
    shape (n_cells, d+1): entry (c, i) belongs to the facet opposite vertex i of cell c, 0 untagged.
    """
    n_cells, n_local = cells.shape
    table = np.zeros((n_cells, n_local), dtype=np.int32)
    if not len(facets):
        return table
    size = int(cells.max()) + 1
    wanted = facet_keys(facets.T, size)
    order = np.argsort(wanted)
    wanted, tags = wanted[order], tags[order]
    candidate = np.zeros(size, dtype=bool)
    candidate[facets.ravel()] = True
    for i in range(n_local):
        others = np.delete(cells, i, axis=1)
        rows = np.flatnonzero(candidate[others].all(axis=1))
        keys = facet_keys(others[rows].T, size)
        at = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
        hit = wanted[at] == keys
        table[rows[hit], i] = tags[at[hit]]
    return table


def outer_facets(mesh: MeshData) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return cell and local number of each facet that belongs to one cell alone."""
    n_local = mesh.tdim + 1
    columns, size = np.ascontiguousarray(mesh.cells[:, :n_local].T), len(mesh.points)
    keys = [facet_keys(np.delete(columns, i, axis=0), size) for i in range(n_local)]
    ordered = np.sort(np.concatenate(keys))
    # sorting keys takes a tenth of sorting the numbers of facets by their keys
    new = np.concatenate([[True], ordered[1:] != ordered[:-1], [True]])
    single = ordered[new[:-1] & new[1:]]
    found = [np.flatnonzero(_among(key, single)) for key in keys]
    return np.concatenate(found), np.repeat(np.arange(n_local), [len(rows) for rows in found])


def _among(keys: NDArray[np.int64], few: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which keys are among a few sorted ones.

    Most are told apart by a table of remainders alone.
    """
    seen = np.zeros(_REMAINDERS, dtype=bool)
    seen[few & (_REMAINDERS - 1)] = True
    found = seen[keys & (_REMAINDERS - 1)]
    likely = np.flatnonzero(found)
    at = np.minimum(np.searchsorted(few, keys[likely]), len(few) - 1)
    found[likely] = few[at] == keys[likely] if len(few) else False
    return np.asarray(found)


def facet_keys(vertices: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Return one integer per facet, independent of the order of its vertices (a column each)."""
    ordered = _in_order(list(vertices))
    if keys_are_exact(size, len(ordered)):
        key = ordered[0].astype(np.int64)
        for column in ordered[1:]:
            key = key * size + column
        return key
    # more than 1.6 million nodes in 3-D: hash the rows (64 bits; a collision has odds below 1e-6)
    mixed = np.zeros(vertices.shape[1], dtype=np.uint64)
    for column in ordered:
        mixed ^= (
            column.astype(np.uint64)
            + np.uint64(0x9E3779B97F4A7C15)
            + (mixed << np.uint64(6))
            + (mixed >> np.uint64(2))
        )
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(31)
    return mixed.view(np.int64)


def keys_are_exact(size: int, n_vertices: int) -> bool:
    """Whether the numbers of `facet_keys` for `size` vertices are in order and never collide."""
    return bool(size**n_vertices < 2**62)


def _in_order(columns: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return the columns of a table with each row sorted: few columns, whole ones compared."""
    for last in range(len(columns) - 1, 0, -1):
        for i in range(last):
            low, high = columns[i], columns[i + 1]
            columns[i], columns[i + 1] = np.minimum(low, high), np.maximum(low, high)
    return columns


def split_at(
    mesh: MeshData, names: dict[str, str], region: str, keep: tuple[str, ...] = ()
) -> MeshData:
    """Return the mesh cut open along boundaries: cells outside `region` get nodes of their own.

    `names` maps each such boundary to what its facets on the other side are called from now on;
    both sides keep the same coordinates, so that a temperature jump can be coupled node by node.
    Nodes on the boundaries `keep` stay common: the edge of a cut that ends in a body.

    Raises
    ------
    ValueError
        If a boundary has no facet on both sides.
    """
    inside = mesh.cell_tags == mesh.regions[region]
    table, boundaries = mesh.facet_tags.copy(), dict(mesh.boundaries)
    cut = np.zeros(table.shape, dtype=bool)
    for name, other in names.items():
        here = mesh.facet_tags == mesh.boundaries[name]
        theirs = here & ~inside[:, None]
        if not theirs.any() or theirs.sum() * 2 != here.sum():
            raise ValueError(f'boundary "{name}" does not part "{region}" from another region')
        boundaries[other] = max(boundaries.values()) + 1
        table[theirs] = boundaries[other]
        cut |= here
    nodes = _nodes_on(mesh, cut)
    kept = [mesh.facet_tags == mesh.boundaries[name] for name in keep]
    for facets in kept:
        nodes = np.setdiff1d(nodes, _nodes_on(mesh, facets))
    renumber = np.arange(len(mesh.points))
    renumber[nodes] = len(mesh.points) + np.arange(len(nodes))
    cells = mesh.cells.copy()
    cells[~inside] = renumber[cells[~inside]]
    points = np.vstack([mesh.points, mesh.points[nodes]])
    return replace(mesh, points=points, cells=cells, facet_tags=table, boundaries=boundaries)


def _nodes_on(mesh: MeshData, facets: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the nodes (vertices and mid-edge nodes) of the marked facets."""
    n_local = facets.shape[1]
    on_facet = facet_nodes(n_local - 1, mesh.order)
    found = [mesh.cells[facets[:, i]][:, on_facet[i]].ravel() for i in range(n_local)]
    return np.unique(np.concatenate(found))


def facet_nodes(tdim: int, order: int) -> list[list[int]]:
    """Return, per local facet, its local node numbers in DOLFINx order (vertices, then edges)."""
    edges = EDGES[tdim]
    result = []
    for i in range(tdim + 1):
        vertices = [v for v in range(tdim + 1) if v != i]
        middle = [tdim + 1 + k for k, e in enumerate(edges) if i not in e] if order == 2 else []
        result.append(vertices + middle)
    return result
