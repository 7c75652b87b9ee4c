"""Meshes cut open along interfaces: nodes of their own on either side, at the same places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from thermosim.errors import MeshError
from thermosim.fem.data import MeshData, facet_nodes, split_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def part_particle(data: MeshData, *, jump: bool) -> MeshData:
    """Part particle and substrate where they lie on each other without touching.

    With `jump` they are parted at the contact too, for a coupling by its conductance.
    """
    names = {}
    if "particle_base" in data.boundaries:
        names["particle_base"] = "substrate_under"
    if jump and "contact" in data.boundaries:
        names["contact"] = "contact_substrate"
    if not names:
        return data
    return split_at(data, names, "particle", keep=() if jump else ("contact",))


def cut_open(mesh: MeshData, contacts: Mapping[str, tuple[str, str]]) -> MeshData:
    """Return the mesh with its regions parted at the contacts.

    Every interface gets two boundaries, ``CONTACT:REGION``, with nodes at the same places. Regions
    that touch without a contact stay joined, also where three of them meet.

    Raises
    ------
    MeshError
        If two regions of a contact do not touch.
    """
    if not contacts:
        return mesh
    facets = _Facets.of(mesh)
    table, boundaries = mesh.facet_tags.copy(), dict(mesh.boundaries)
    parted = np.zeros(len(facets.cells), dtype=bool)
    for name, pair in contacts.items():
        tags = [mesh.regions[region] for region in pair]
        owners = mesh.cell_tags[facets.cells]
        there = (np.sort(owners, axis=1) == np.sort(tags)).all(axis=1)
        if not there.any():
            raise MeshError(f'contacts.{name}: "{pair[0]}" and "{pair[1]}" do not touch')
        parted |= there
        for tag, region in zip(tags, pair, strict=True):
            boundaries[f"{name}:{region}"] = max(boundaries.values(), default=0) + 1
            mine = there[:, None] & (owners == tag)
            table[facets.cells[mine], facets.local[mine]] = boundaries[f"{name}:{region}"]
    cells, points = _part(mesh, facets, parted)
    return replace(mesh, points=points, cells=cells, facet_tags=table, boundaries=boundaries)


@dataclass(frozen=True)
class _Facets:
    """Facets between two cells: the cells, shape (n, 2), and the local facet in each."""

    cells: NDArray[np.int64]
    local: NDArray[np.int64]

    @staticmethod
    def of(mesh: MeshData) -> _Facets:
        d = mesh.tdim
        corners = mesh.cells[:, : d + 1]
        keys = [np.sort(np.delete(corners, i, axis=1), axis=1) for i in range(d + 1)]
        owner = np.tile(np.arange(len(corners)), d + 1)
        local = np.repeat(np.arange(d + 1), len(corners))
        stacked = np.vstack(keys)
        order = np.lexsort(stacked.T)
        same = (stacked[order][1:] == stacked[order][:-1]).all(axis=1)
        pairs = np.column_stack([order[:-1][same], order[1:][same]])
        return _Facets(owner[pairs], local[pairs])


def _part(
    mesh: MeshData, facets: _Facets, parted: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give each side of the marked facets nodes of its own.

    The cells around a node fall into groups that hang together by facets which are not parted;
    each group but the first gets a copy of the node.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    split = _nodes_of(mesh, facets, parted)
    marked = np.zeros(len(mesh.points), dtype=bool)
    marked[split] = True
    owner, slot = np.nonzero(marked[mesh.cells])
    number = np.full(mesh.cells.shape, -1, dtype=np.int64)
    number[owner, slot] = np.arange(len(owner))
    joined = _joined_pairs(mesh, facets, ~parted, number)
    graph = coo_matrix((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=[len(owner)] * 2)
    _, group = connected_components(graph, directed=False)
    node = mesh.cells[owner, slot]
    _, first = np.unique(group, return_index=True)
    owners_of_group = node[first]  # one node per group: the groups of a node are its copies
    order = np.argsort(owners_of_group, kind="stable")
    is_copy = np.zeros(len(first), dtype=bool)
    is_copy[order[1:]] = owners_of_group[order][1:] == owners_of_group[order][:-1]
    target = owners_of_group.copy()
    target[is_copy] = len(mesh.points) + np.arange(is_copy.sum())
    cells = mesh.cells.copy()
    cells[owner, slot] = target[group]
    return cells, np.vstack([mesh.points, mesh.points[owners_of_group[is_copy]]])


def _nodes_of(mesh: MeshData, facets: _Facets, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the nodes of the marked facets, those of edges included."""
    on_facet = np.array(facet_nodes(mesh.tdim, mesh.order))
    cells, local = facets.cells[marked, 0], facets.local[marked, 0]
    return np.asarray(np.unique(mesh.cells[cells[:, None], on_facet[local]]))


def _joined_pairs(
    mesh: MeshData, facets: _Facets, kept: NDArray[np.bool_], number: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return which (cell, node) pairs are the same node seen from two cells that share a facet."""
    on_facet = np.array(facet_nodes(mesh.tdim, mesh.order))
    cells, local = facets.cells[kept], facets.local[kept]
    near = (number[cells[:, 0]] >= 0).any(axis=1)
    cells, local = cells[near], local[near]
    sides = []
    for side in (0, 1):
        rows = cells[:, side, None]
        slots = on_facet[local[:, side]]
        nodes, numbers = mesh.cells[rows, slots], number[rows, slots]
        order = np.argsort(nodes, axis=1)
        sides.append(np.take_along_axis(numbers, order, axis=1).ravel())
    pairs = np.column_stack(sides)
    return np.asarray(pairs[pairs[:, 0] >= 0])
