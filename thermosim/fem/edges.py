"""Edge elements (Nédélec's first kind) on tetrahedra, with matrices in complex numbers.

The curl of such an element is ``J curl φ / det J`` of that in the reference cell, so that a matrix
is a sum over products of tables that no cell changes: in cells with straight sides and constant
coefficients 12 numbers a cell are all that has to be known. Code compiled from a form takes the
81 products of all derivatives instead, at a cost of most of a solution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import basix
import basix.ufl
import numpy as np

from thermosim.fem.domain import boundary_dofs, geometry_dofmap
from thermosim.fem.library import dolfinx
from thermosim.fem.zmumps import Triplets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
    Integers = NDArray[np.int64]

_PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
_CHUNK = 400  # cells at a time: what a cache holds
_SUMMED = 4_000_000  # entries at a time, before those of one place are added
_STRAIGHT = 1e-7  # of a side, by which the middle of a straight one may be off


@dataclass(frozen=True)
class Rule:
    """Points of the reference cell, shape (q, 3), and weights (q,)."""

    points: Floats
    weights: Floats

    @classmethod
    def of(cls, degree: int) -> Rule:
        """Return the rule that integrates polynomials of a degree."""
        return cls(*basix.make_quadrature(basix.CellType.tetrahedron, degree))


@dataclass(frozen=True)
class Geometry:
    """Cells at the points of a rule.

    Attributes
    ----------
    x
        Places, shape (cells, q, 3).
    J
        ``∂x_i/∂X_j``, shape (cells, q, 3, 3).
    det
        Its determinant, positive, shape (cells, q).
    """

    x: Floats
    J: Floats
    det: Floats

    @property
    def inverse(self) -> Floats:
        """``∂X_i/∂x_j``."""
        return np.asarray(np.linalg.inv(self.J))


class Basis:
    """Functions of the reference cell and their curls."""

    def __init__(self, degree: int) -> None:
        """Make those of a degree."""
        made = basix.ufl.element("N1curl", "tetrahedron", degree)
        self.element, self.degree = made, degree

    def at(self, points: Floats) -> tuple[Floats, Floats]:
        """Return functions and their curls at points (q, 3), each of shape (q, functions, 3)."""
        value, x, y, z = self.element.basix_element.tabulate(1, points)
        curl = np.stack([
            y[..., 2] - z[..., 1], z[..., 0] - x[..., 2], x[..., 1] - y[..., 0],
        ], axis=-1)  # fmt: skip
        return np.asarray(value), np.asarray(curl)

    def values(self, points: Floats) -> Floats:
        """Return the functions alone at points (q, 3), shape (q, functions, 3)."""
        return np.asarray(self.element.basix_element.tabulate(0, points)[0])


def place(nodes: Floats, points: Floats) -> Geometry:
    """Return cells of second order, nodes (cells, 10, 3), at points (q, 3) of the reference cell.

    Nodes are in the order of DOLFINx.
    """
    table, slope = lines(points)
    x = np.einsum("qk,cki->cqi", table, nodes, optimize=True)
    J = np.einsum("jqk,cki->cqij", slope, nodes, optimize=True)
    return Geometry(x, J, np.abs(np.linalg.det(J)))


def lines(points: Floats) -> tuple[Floats, Floats]:
    """Return the ten functions of second order at points, (n, 10), and their slopes, (3, n, 10)."""
    table = _LINES.tabulate(1, points)[:, :, :, 0]
    return np.asarray(table[0]), np.asarray(table[1:])


def place_each(nodes: Floats, points: Floats) -> Geometry:
    """Return cells at one point (n, 3) of each, as `place` with q = 1."""
    table, slope = lines(points)
    x = np.einsum("nk,nki->ni", table, nodes)[:, None]
    J = np.einsum("jnk,nki->nij", slope, nodes, optimize=True)[:, None]
    return Geometry(x, J, np.abs(np.linalg.det(J)))


_LINES = basix.create_element(basix.ElementFamily.P, basix.CellType.tetrahedron, 2)


class EdgeSpace:
    """Fields in edge elements on a mesh of tetrahedra of second order.

    Attributes
    ----------
    domain
        With the mesh.
    basis
        In the reference cell.
    dofs
        Of each cell that this rank owns, local numbers.
    nodes
        Of each, shape (cells, 10, 3).
    straight
        Whether its sides are.
    """

    def __init__(self, domain: Domain, degree: int) -> None:
        """Number the unknowns (collective)."""
        mesh = domain.mesh
        self.domain, self.basis = domain, Basis(degree)
        self.space = dolfinx.fem.functionspace(mesh, self.basis.element)
        count = mesh.topology.index_map(domain.tdim).size_local
        self.dofs = np.asarray(self.space.dofmap.list)[:count]
        self.nodes = np.asarray(mesh.geometry.x[geometry_dofmap(mesh)[:count]])
        self.straight = are_straight(self.nodes)
        mesh.topology.create_entity_permutations()
        turned = mesh.topology.get_cell_permutation_info()[:count]
        kinds, self.kind = np.unique(turned, return_inverse=True)
        size = self.dofs.shape[1]
        self._turns = np.empty((len(kinds), size, size))
        for turn, kind in zip(self._turns, kinds, strict=True):
            one = np.eye(size).ravel()
            self.space.element.T_apply(one, np.array([kind], np.uint32), size)
            turn[:] = one.reshape(size, size)

    @property
    def unknowns(self) -> int:
        """Their number over all ranks."""
        return int(self.space.dofmap.index_map.size_global)

    @cached_property
    def places(self) -> Integers:
        """Global numbers of the local unknowns, ghosts included."""
        index_map = self.space.dofmap.index_map
        local = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
        return np.asarray(index_map.local_to_global(local), dtype=np.int64)

    def on(self, boundaries: Iterable[str]) -> NDArray[np.bool_]:
        """Return which local unknowns, ghosts included, lie on boundaries (collective)."""
        found = np.zeros(len(self.places), bool)
        found[boundary_dofs(self.space, self.domain, boundaries)] = True
        return found

    def coefficients(self, values: Complexes, cells: NDArray[Any]) -> Complexes:
        """Return what multiplies the functions of the reference cell, shape (cells, functions)."""
        own = values[self.dofs[cells]]
        found: Complexes = np.empty_like(own)
        for kind, some in self._by_kind(cells):
            found[some] = own[some] @ self._turns[kind]
        return found

    def load(self, driven: Complexes, cells: NDArray[Any], rule: Rule) -> Complexes:
        """Return ``∫ driven·E'`` of all local unknowns, shape (n,), what others add included.

        `driven` is a field times the weight of an integral at the points, (cells, q, 3)
        (collective).
        """
        b = dolfinx.fem.Function(self.space, dtype=np.complex128)
        value = self.basis.values(rule.points)
        inverse = place(self.nodes[cells], rule.points).inverse
        pulled = np.einsum("cqij,cqj->cqi", inverse, driven)
        own = np.einsum("cqi,qni->cn", pulled, value, optimize=True)
        for kind, some in self._by_kind(cells):
            np.add.at(b.x.array, self.dofs[cells[some]].ravel(),
                      (own[some] @ self._turns[kind].T).ravel())  # fmt: skip
        b.x.scatter_reverse(dolfinx.la.InsertMode.add)
        return np.asarray(b.x.array)

    def gathered(self, local: Complexes) -> Complexes:
        """Return on rank 0 the values of all unknowns in global order (collective)."""
        owned = self.space.dofmap.index_map.size_local
        parts = self.domain.comm.gather(np.array(local[:owned]), root=0)
        return np.concatenate(parts) if parts is not None else np.empty(0, np.complex128)

    def matrix(
        self,
        constant: tuple[NDArray[Any], Complexes],
        varying: tuple[NDArray[Any], Callable[[Geometry, NDArray[Any]], Any], Rule],
        fixed: NDArray[np.bool_],
    ) -> Triplets:
        """Return the lower triangle of ``∫ D curl E·curl E' + M E·E'`` that this rank brings.

        Parameters
        ----------
        constant
            Cells of straight sides, where D is 1, and the number M of each.
        varying
            Cells, and what gives the diagonals of D and M, two arrays (cells, q, 3), from their
            geometry at the points of a rule.
        fixed
            Local unknowns that are zero: their rows and columns are those of the identity.
        """
        sums = _Sums(self.unknowns, self.places, fixed)
        low = np.tril_indices(self.dofs.shape[1])
        for cells, entries in self._constant(*constant, low):
            sums.add(self.dofs[cells], entries, low)
        for cells, entries in self._varying(*varying, low):
            sums.add(self.dofs[cells], entries, low)
        owned = self.space.dofmap.index_map.size_local
        return sums.triplets(np.flatnonzero(fixed[:owned]))

    def _by_kind(self, cells: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
        for kind in range(len(self._turns)):
            some = np.flatnonzero(self.kind[cells] == kind)
            if len(some):
                yield kind, some

    def _constant(
        self, cells: NDArray[Any], M: Complexes, low: Any
    ) -> Iterator[tuple[NDArray[Any], Complexes]]:
        rule = Rule.of(2 * self.basis.degree)
        value, curl = self.basis.at(rule.points)
        for kind, some in self._by_kind(cells):
            turn = self._turns[kind]
            curls = np.tensordot(rule.weights, _products(turn, curl, low), 1)
            masses = np.tensordot(rule.weights, _products(turn, value, low), 1)
            for start in range(0, len(some), _CHUNK):
                part = some[start : start + _CHUNK]
                at = place(self.nodes[cells[part]], _MIDDLE)
                J, det, inverse = at.J[:, 0], at.det[:, 0], at.inverse[:, 0]
                D = _six(np.einsum("cki,ckj->cij", J, J) / det[:, None, None])
                N = _six(np.einsum("cik,cjk->cij", inverse, inverse) * det[:, None, None])
                yield cells[part], D @ curls + M[part, None] * (N @ masses)

    def _varying(
        self, cells: NDArray[Any], tensors: Any, rule: Rule, low: Any
    ) -> Iterator[tuple[NDArray[Any], Complexes]]:
        value, curl = self.basis.at(rule.points)
        for kind, some in self._by_kind(cells):
            both = np.concatenate([
                _products(self._turns[kind], table, low).reshape(-1, len(low[0]))
                for table in (curl, value)
            ])  # fmt: skip
            for start in range(0, len(some), _CHUNK):
                part = cells[some[start : start + _CHUNK]]
                at = place(self.nodes[part], rule.points)
                D, M = tensors(at, part)
                weight = rule.weights[:, None] * np.ones((len(part), 1, 1))
                D = D * (weight / at.det[:, :, None])
                M = M * (weight * at.det[:, :, None])
                inverse = at.inverse
                curls = np.einsum("cqki,cqk,cqkj->cqij", at.J, D, at.J, optimize=True)
                masses = np.einsum("cqik,cqk,cqjk->cqij", inverse, M, inverse, optimize=True)
                G = np.concatenate([_six(curls), _six(masses)], axis=1).reshape(len(part), -1)
                found = np.empty((len(part), len(low[0])), complex)
                found.real, found.imag = G.real @ both, G.imag @ both
                yield part, found


_MIDDLE = np.full((1, 3), 0.25)


def _six(G: Any) -> Any:
    """Return the six numbers of symmetric matrices, shape (..., 3, 3) to (..., 6)."""
    return np.stack([G[..., a, b] for a, b in _PAIRS], axis=-1)


def _products(turn: Floats, table: Floats, low: Any) -> Floats:
    """Return the six products of functions i and j, shape (q, 6, pairs i ≥ j)."""
    turned = np.einsum("ij,qja->aqi", turn, table, optimize=True)
    i, j = low
    found = []
    for a, b in _PAIRS:
        one = turned[a][:, i] * turned[b][:, j]
        found.append(one if a == b else one + turned[b][:, i] * turned[a][:, j])
    return np.stack(found, axis=1)


class _Sums:
    """Entries of a matrix by their places, those of one place added a few million at a time."""

    def __init__(self, size: int, places: Integers, fixed: NDArray[np.bool_]) -> None:
        self.size, self.places, self.fixed = size, places, fixed
        self._waiting: list[tuple[Any, Any, Any]] = []
        self._count = 0
        self._sum: Any = None

    def add(self, dofs: NDArray[Any], entries: Complexes, low: Any) -> None:
        rows, columns = dofs[:, low[0]].ravel(), dofs[:, low[1]].ravel()
        free = ~(self.fixed[rows] | self.fixed[columns])
        rows, columns = self.places[rows[free]], self.places[columns[free]]
        places = np.maximum(rows, columns), np.minimum(rows, columns)
        self._waiting.append((*places, entries.ravel()[free]))
        self._count += len(places[0])
        if self._count > _SUMMED:
            self._merge()

    def _merge(self) -> None:
        from scipy.sparse import coo_array

        if not self._waiting:
            return
        rows, columns, values = (np.concatenate(part) for part in zip(*self._waiting, strict=True))
        place = rows.astype(np.int32), columns.astype(np.int32)
        found = coo_array((values, place), shape=(self.size,) * 2).tocsr()
        self._sum = found if self._sum is None else self._sum + found
        self._waiting, self._count = [], 0

    def triplets(self, ones: Integers) -> Triplets:
        self._merge()
        rows = columns = self.places[ones]
        values = np.ones(len(ones), complex)
        if self._sum is not None:
            whole = self._sum.tocoo()
            rows = np.concatenate([whole.row.astype(np.int64), rows])
            columns = np.concatenate([whole.col.astype(np.int64), columns])
            values = np.concatenate([whole.data, values])
        return Triplets(self.size, rows, columns, values)


def are_straight(nodes: Floats) -> NDArray[np.bool_]:
    """Return which cells of second order have straight sides."""
    from thermosim.fem.data import EDGES

    ends = np.array(EDGES[3])
    middle = 0.5 * (nodes[:, ends[:, 0]] + nodes[:, ends[:, 1]])
    size = np.linalg.norm(nodes[:, ends[:, 0]] - nodes[:, ends[:, 1]], axis=2)
    off = np.linalg.norm(nodes[:, 4:] - middle, axis=2)
    return np.asarray((off < _STRAIGHT * size).all(axis=1))
