"""The field at any points of space: every rank has all cells of the body, and asks for its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.edges import Basis, are_straight, lines, place_each
from thermosim.light.fullwave.samples import cells_of
from thermosim.light.fullwave.volume.mirrors import unfolded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from thermosim.light.fullwave.volume.mirrors import Parity
    from thermosim.light.fullwave.volume.system import Scattering

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Complexes = NDArray[np.complex128]
_NEAR = 16  # cells looked at for each point, the nearest first
_INSIDE = 1e-9  # depth in a cell, of its size, from which on no other one is looked at
_STEPS = 6  # of Newton's method for the place in a cell with curved sides
_CHUNK = 20_000  # points at a time


@dataclass(frozen=True)
class Places:
    """Where points lie in the cells of pieces.

    Attributes
    ----------
    asked
        The points, shape (n, 3).
    x
        The same, moved into the cells, shape (n, 3).
    cells, reference
        The cell of each, and its place there, (n, 3).
    """

    asked: Floats
    x: Floats
    cells: Integers
    reference: Floats


@dataclass
class Pieces:
    """Cells of some regions of all ranks, and what each solution is in them.

    Attributes
    ----------
    nodes
        Shape (cells, 10, 3).
    coefficients
        Of the functions of the reference cell, by light and part, shape (cells, functions).
    mirrors
        Whether the cells are those with x, y ≥ 0 alone.
    """

    basis: Basis
    nodes: Floats
    coefficients: Mapping[tuple[str, Parity], Complexes]
    mirrors: bool

    @classmethod
    def gather(
        cls, system: Scattering, solved: Mapping[tuple[str, Parity], Any], regions: Sequence[str]
    ) -> Pieces:
        """Collect the cells of regions on every rank (collective)."""
        edges, comm = system.edges, system.domain.comm
        cells = np.concatenate([cells_of(system.domain, region) for region in regions])
        nodes = np.concatenate(comm.allgather(edges.nodes[cells]))
        own = {
            key: np.concatenate(comm.allgather(edges.coefficients(values, cells)))
            for key, values in solved.items()
        }
        return cls(edges.basis, nodes, own, system.layer.mirrors)

    @cached_property
    def _inverse(self) -> Floats:
        """Return ``∂X_i/∂x_j`` of the cells with straight sides through the same corners."""
        corners = self.nodes[:, 1:4] - self.nodes[:, :1]
        return np.asarray(np.linalg.inv(corners.transpose(0, 2, 1)))

    @cached_property
    def _straight(self) -> NDArray[np.bool_]:
        return are_straight(self.nodes)

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.nodes[:, :4].mean(axis=1))

    def locate(self, points: Floats) -> Places:
        """Return where points, shape (n, 3), lie; those outside take their nearest cell.

        The field across a surface jumps by the square of the index: points beside the regions,
        where another mesh draws its surface otherwise, must not take what is beyond it.
        """
        folded = points.copy()
        if self.mirrors:
            folded[:, :2] = np.abs(folded[:, :2])
        cells, reference = np.zeros(len(points), np.int64), np.zeros((len(points), 3))
        for start in range(0, len(points), _CHUNK):
            part = slice(start, start + _CHUNK)
            cells[part], reference[part] = self._nearest(folded[part])
        x = np.einsum("nk,nki->ni", lines(reference)[0], self.nodes[cells])
        if self.mirrors:
            x[:, :2] = np.where(points[:, :2] < 0.0, -x[:, :2], x[:, :2])
        return Places(points, x, cells, reference)

    def _nearest(self, points: Floats) -> tuple[Integers, Floats]:
        """Return for each point the cell in which it lies deepest, and its place there."""
        count = min(_NEAR, len(self.nodes))
        _, first = self._tree.query(points, k=min(4, count))
        first = first.reshape(len(points), -1)
        best, score = first[:, 0].copy(), np.full(len(points), -np.inf)
        where = np.zeros((len(points), 3))
        self._look(points, np.arange(len(points)), first, best, score, where)
        rest = np.flatnonzero(score < _INSIDE)
        if len(rest) and count > first.shape[1]:
            _, more = self._tree.query(points[rest], k=count)
            self._look(points, rest, more[:, first.shape[1] :], best, score, where)
        return best, _into_cell(where)

    def _look(
        self, points: Floats, asked: Integers, cells: Integers, best: Integers, score: Floats,
        where: Floats,
    ) -> None:  # fmt: skip
        """Look into more cells, one column after the other, for the points that are in none yet."""
        for column in cells.T:
            open_ = score[asked] < _INSIDE
            some, candidates = asked[open_], column[open_]
            if not len(some):
                return
            X = self._pulled_back(candidates, points[some])
            depth = np.minimum(X.min(axis=1), 1.0 - X.sum(axis=1))
            better = depth > score[some]
            there = some[better]
            best[there], score[there], where[there] = candidates[better], depth[better], X[better]

    def _pulled_back(self, cells: Integers, points: Floats) -> Floats:
        """Return the place of each point in the reference cell of its own cell, shape (n, 3)."""
        far = points - self.nodes[cells, 0]
        X: Floats = np.asarray((self._inverse[cells] @ far[:, :, None])[:, :, 0])
        open_ = np.flatnonzero(~self._straight[cells])
        X[open_] = np.clip(X[open_], -2.0, 3.0)
        for _ in range(_STEPS):
            if not len(open_):
                break
            own = self.nodes[cells[open_]]
            N, slope = lines(X[open_])
            miss = points[open_] - np.einsum("nk,nki->ni", N, own)
            off = np.linalg.norm(miss, axis=1) > 1e-10 * np.linalg.norm(np.ptp(own, axis=1), axis=1)
            open_, own, miss = open_[off], own[off], miss[off]
            J = np.einsum("jnk,nki->nij", slope[:, off], own, optimize=True)
            step = np.linalg.solve(J, miss[:, :, None])[:, :, 0]
            X[open_] = np.clip(X[open_] + step, -2.0, 3.0)
        return X

    def scattered(self, places: Places, light: str) -> dict[Parity, Complexes]:
        """Return the scattered field of each part of a light at places, shape (n, 3)."""
        n = len(places.cells)
        own = {parity: c for (kind, parity), c in self.coefficients.items() if kind == light}
        found: dict[Parity, Complexes] = {p: np.empty((n, 3), complex) for p in own}
        for start in range(0, n, _CHUNK):
            part = slice(start, start + _CHUNK)
            cells, X = places.cells[part], places.reference[part]
            value = self.basis.values(X)
            inverse = self._inverse[cells]
            bent = np.flatnonzero(~self._straight[cells])
            if len(bent):
                inverse[bent] = place_each(self.nodes[cells[bent]], X[bent]).inverse[:, 0]
            for parity, coefficients in own.items():
                c = coefficients[cells]
                both = np.stack([c.real, c.imag], axis=1) @ value @ inverse
                E = both[:, 0] + 1j * both[:, 1]
                found[parity][part] = unfolded(E, parity, places.asked[part])
        return found


def _into_cell(X: Floats) -> Floats:
    """Return places moved into the reference tetrahedron."""
    X = np.clip(X, 0.0, 1.0)
    over = np.maximum(X.sum(axis=1), 1.0)
    return np.asarray(X / over[:, None])
