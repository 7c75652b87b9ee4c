"""The field at any points of space: cells of the optics mesh with them in, or the nearest ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.domain import geometry_dofmap
from thermosim.light.fullwave.samples import cells_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Complexes = NDArray[np.complex128]
_NEAR = 40  # cells looked at for each point, the nearest first
_INSIDE = 1e-9  # depth in a cell, of its size, from which on no other one is looked at
_STEPS = 8  # of Newton's method for the place in a cell with curved sides


@dataclass(frozen=True)
class Places:
    """Where points lie in the cells of a region.

    Attributes
    ----------
    points
        All points (r, z), moved into the region, shape (n, 2).
    mine, cells
        Which of them this rank answers for, and its cells.
    """

    points: Floats
    mine: Integers
    cells: NDArray[np.int32]

    def values(self, function: Any, comm: Any) -> Complexes:
        """Return ``(E_r, E_z, u)`` of a solution at all points, shape (n, 3) (collective)."""
        found = np.zeros((len(self.points), 3), complex)
        x = np.column_stack([self.points[self.mine], np.zeros(len(self.mine))])
        E, u = function.sub(0).collapse(), function.sub(1).collapse()
        if len(self.mine):
            found[self.mine, :2] = E.eval(x, self.cells).reshape(-1, 2)
            found[self.mine, 2] = u.eval(x, self.cells).reshape(-1)
        comm.Allreduce(np.array(found), found)
        return found


def locate(domain: Domain, points: Floats, regions: Sequence[str] = ("body",)) -> Places:
    """Return where points (r, z), the same on every rank, lie in regions (collective).

    The field across a surface jumps by the square of the index: points beside the regions, where
    another mesh draws its surface otherwise, are moved to their nearest cell.
    """
    cells = np.concatenate([cells_of(domain, region) for region in regions])
    score: Floats = np.full(len(points), -np.inf)
    best: Integers = np.zeros(len(points), np.int64)
    inside = points
    if len(cells):
        best, score, inside = _nearest(domain, cells, points)
    comm = domain.comm
    scores = np.array(comm.allgather(score))
    mine = np.flatnonzero(scores.argmax(axis=0) == comm.rank)
    moved = np.zeros_like(points)
    moved[mine] = inside[mine]
    comm.Allreduce(np.array(moved), moved)
    return Places(moved, mine, cells[best[mine]] if len(cells) else cells)


def _nearest(
    domain: Domain, cells: NDArray[np.int32], points: Floats
) -> tuple[Integers, Floats, Floats]:
    """Return for each point the cell in which it lies deepest, how deep, and its place there."""
    from scipy.spatial import cKDTree

    nodes = domain.mesh.geometry.x[geometry_dofmap(domain.mesh)[cells], :2]
    tree = cKDTree(nodes[:, :3].mean(axis=1))
    _, near = tree.query(points, k=min(_NEAR, len(cells)))
    near = near.reshape(len(points), -1)
    best, score = near[:, 0].copy(), np.full(len(points), -np.inf)
    place = np.zeros((len(points), 2))
    for candidates in near.T:
        open_ = np.flatnonzero(score < _INSIDE)
        X = _pulled_back(nodes[candidates[open_]], points[open_])
        depth = np.minimum(X.min(axis=1), 1.0 - X.sum(axis=1))
        better = depth > score[open_]
        there = open_[better]
        best[there], score[there], place[there] = candidates[there], depth[better], X[better]
    clipped = _into_cell(place)
    return best, score, np.einsum("nk,nki->ni", _shape(clipped)[0], nodes[best])


def _into_cell(X: Floats) -> Floats:
    """Return places moved into the reference triangle."""
    X = np.clip(X, 0.0, 1.0)
    over = np.maximum(X.sum(axis=1) - 1.0, 0.0)
    return np.asarray(np.clip(X - 0.5 * over[:, None], 0.0, 1.0))


def _shape(X: Floats) -> tuple[Floats, Floats]:
    """Return the six functions of a triangle of second order and their slopes, DOLFINx order."""
    x, y = X.T
    t = 1.0 - x - y
    N = np.stack(
        [t * (2 * t - 1), x * (2 * x - 1), y * (2 * y - 1), 4 * x * y, 4 * t * y, 4 * t * x], 1
    )
    nil = np.zeros_like(x)
    dx = np.stack([1 - 4 * t, 4 * x - 1, nil, 4 * y, -4 * y, 4 * (t - x)], 1)
    dy = np.stack([1 - 4 * t, nil, 4 * y - 1, 4 * x, 4 * (t - y), -4 * x], 1)
    return N, np.stack([dx, dy], 2)


def _pulled_back(nodes: Floats, points: Floats) -> Floats:
    """Return the place of each point in the reference cell of its own cell, shape (n, 2)."""
    X: Floats = np.full((len(points), 2), 1.0 / 3.0)
    for _ in range(_STEPS):
        N, slope = _shape(X)
        miss = points - np.einsum("nk,nki->ni", N, nodes)
        J = np.einsum("nki,nkj->nij", nodes, slope)
        step = np.linalg.solve(J, miss[:, :, None])[:, :, 0]
        X = np.clip(X + step, -2.0, 3.0)
    return X
