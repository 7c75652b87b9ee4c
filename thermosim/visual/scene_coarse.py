"""Meshes thinned out for pages: corners alone, then one corner for each and its neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from thermosim.visual.fields_read import Field


Ints = NDArray[np.int64]
_SEED = 7
_REGIONS = 57  # bits of a mark that are left for them


def corners_only(mesh: Field) -> tuple[Field, Ints]:
    """Return a mesh with straight cells, and which of its nodes are left."""
    return _used(replace(mesh, cells=mesh.cells[:, : mesh.dim + 1], degree=1))


def coarsened(mesh: Field) -> tuple[Field, Ints, Ints]:
    """Return a mesh of straight cells in which clusters of nodes are one, its cells and nodes.

    Nodes that stay are no neighbours (a maximal independent set, by Luby's rule); every other one
    moves to one that stays and lies on all the faces of regions and sides of the box that it does.
    So regions keep their outlines, and cells that were small stay the smaller ones.
    """
    target = _independent(_edges(mesh), _marks(mesh))
    cells = target[mesh.cells]
    ordered = np.sort(cells, axis=1)
    kept = np.flatnonzero((np.diff(ordered, axis=1) > 0).all(axis=1))
    _, first = np.unique(ordered[kept], axis=0, return_index=True)
    kept = kept[np.sort(first)]
    thin, used = _used(replace(mesh, cells=cells[kept], regions=mesh.regions[kept]))
    return thin, kept.astype(np.int64), used


def _used(mesh: Field) -> tuple[Field, Ints]:
    used, inverse = np.unique(mesh.cells, return_inverse=True)
    thin = replace(
        mesh,
        points=mesh.points[used],
        values=mesh.values[used],
        names=np.arange(len(used)),
        cells=inverse.reshape(mesh.cells.shape).astype(np.int64),
    )
    return thin, used.astype(np.int64)


def _edges(mesh: Field) -> Ints:
    """Return the edges of straight cells, each once, in both directions."""
    size = mesh.dim + 1
    pairs = [mesh.cells[:, [a, b]] for a in range(size) for b in range(size) if a < b]
    edges = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
    return np.concatenate([edges, edges[:, ::-1]])


def _marks(mesh: Field) -> Ints:
    """Return in bits on the skins of which regions, and on which sides of the box, a node lies."""
    size, marks = mesh.dim + 1, np.zeros(len(mesh.points), dtype=np.int64)
    facets = np.concatenate([np.delete(mesh.cells, i, axis=1) for i in range(size)])
    _, number = np.unique(mesh.regions, return_inverse=True)
    owner = np.tile(number.reshape(-1), size)
    keys = np.column_stack([np.sort(facets, axis=1), owner])
    _, inverse, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    skin = counts[inverse.reshape(-1)] == 1
    bits = np.left_shift(1, 6 + owner[skin] % _REGIONS)
    np.bitwise_or.at(marks, facets[skin], bits[:, None])
    sides = np.hstack(
        [mesh.points == mesh.points.min(axis=0), mesh.points == mesh.points.max(axis=0)]
    )
    return np.asarray(marks | sides @ np.left_shift(1, np.arange(sides.shape[1])), np.int64)


def _independent(edges: Ints, marks: Ints) -> Ints:
    """Return for each node the one it becomes: itself, or a neighbour with all its marks."""
    count = len(marks)
    bits = np.unpackbits(marks[:, None].view(np.uint8), axis=1).sum(axis=1)
    priority = bits + np.random.default_rng(_SEED).random(count)
    state = np.zeros(count, dtype=np.int64)  # 1 stays, -1 moves
    start, end = edges[(marks[edges[:, 0]] & marks[edges[:, 1]]) == marks[edges[:, 1]]].T
    while (state == 0).any():
        free = (state[start] == 0) & (state[end] == 0)
        best = np.full(count, -1.0)
        np.maximum.at(best, end[free], priority[start[free]])
        state[(state == 0) & (priority > best)] = 1
        state[end[(state[start] == 1) & (state[end] == 0)]] = -1
    target = np.arange(count)
    stays = (state[start] == 1) & (state[end] == -1)
    a, b = start[stays], end[stays]
    order = np.argsort(priority[a])
    target[b[order]] = a[order]
    return target
