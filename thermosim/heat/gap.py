"""Heat across the gap between the underside of one body and the top of another.

Each point of the upper surface exchanges heat with the point straight below it, ``h(d)`` per area
at the local height d, for a part of its area that depends on where it looks: gas that bridges the
gap, or near-field radiation. A constant, sparse, symmetric coupling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from petsc4py import PETSc

from thermosim.errors import CaseError
from thermosim.fem.domain import vector
from thermosim.heat.enclosure_surface import cell_values, surface_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.enclosure_surface import SurfacePoints
    from thermosim.heat.state import State
    from thermosim.model.heat import Gap

    Array = NDArray[np.float64]

_UPRIGHT = 1e-6  # n_z of a facet below which it has no plan view
_BESIDE = 1e-3  # distance to the nearest facet, over its size, up to which a point lies on it


class GapCoupling:
    """One gap: its matrix for the residual and the heat that crosses it.

    Attributes
    ----------
    matrix : C [W/K], to be added to residual (C θ) and Jacobian
    """

    def __init__(self, problem: State, gap: Gap) -> None:
        """Pair the points of the surfaces (collective).

        Raises
        ------
        CaseError
            If one of the surfaces does not exist, or nothing lies below the upper one.
        """
        self.problem, self.gap = problem, gap
        domain, space = problem.domain, problem.space
        for name in (gap.upper, gap.lower):
            if not domain.has(name):
                raise CaseError(f'{gap.name}: the mesh has no boundary "{name}"')
        above = surface_points(domain, space, [gap.upper], 2 * problem.degree + 2)
        below = surface_points(domain, space, [gap.lower], 1)
        share = gap.share(above.normals[:, 2])
        columns, values, height = _partners(problem, above, below)
        weights = np.where(np.isnan(height), 0.0, above.weights * share)
        if not domain.comm.allreduce(float(weights.sum())) > 0:
            raise CaseError(f'{gap.name}: nothing of "{gap.lower}" lies below "{gap.upper}"')
        distance = np.nan_to_num(np.maximum(height, 0.0))
        h = gap.conductance(distance)
        self._upper = _from_csr(problem, above.values)
        self._lower = _from_columns(problem, columns, values)
        self._across = self._upper.duplicate(copy=True)
        self._across.axpy(-1.0, self._lower, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
        self._h = [self._rows(weights * h), *(self._rows(weights * g) for g in gap.to_chamber)]
        self.matrix = self._matrix()

    def _rows(self, values: Array) -> Any:
        found = self._upper.createVecLeft()
        found.array[:] = values
        return found

    def _matrix(self) -> Any:
        total = _weighted(self._across, self._h[0])
        for side, h in ((self._upper, self._h[1]), (self._lower, self._h[2])):
            taken = _weighted(side, h)
            total.axpy(-1.0, taken, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
            taken.destroy()
        return total

    def conductance(self) -> float:
        """Return the conductance of the whole gap [W/K]."""
        return float(self._h[0].sum())

    def budget(self) -> dict[str, float]:
        """Return the heat through the gap, and what it takes off the path to the chamber [W]."""
        theta = vector(self.problem.space)
        theta.array[:] = self.problem.theta.x.array[: theta.local_size]
        across, above, below = (
            float(h.dot(side * theta))
            for h, side in zip(self._h, (self._across, self._upper, self._lower), strict=True)
        )
        gap = self.gap
        found = {f"{gap.upper}:{gap.name}": across, f"{gap.lower}:{gap.name}": -across}
        if gap.path:
            found |= {f"{gap.upper}:{gap.path}": -above, f"{gap.lower}:{gap.path}": -below}
        return found


def _weighted(B: Any, h: Any) -> Any:
    """Return Bᵀ diag(h) B."""
    scaled = B.duplicate(copy=True)
    scaled.diagonalScale(h)
    product = B.transposeMatMult(scaled)
    scaled.destroy()
    return product


def _partners(
    problem: State, above: SurfacePoints, below: SurfacePoints
) -> tuple[Any, Array, Array]:
    """Return global dofs and basis values of the points straight below, and the heights [m].

    Shapes (n, k), (n, k) and (n,); the height is NaN where there is nothing below.
    """
    nodes, local, dofs = _gathered(problem, below)
    n = len(above.points)
    if not len(nodes):
        return np.zeros((n, 1), dtype=PETSc.IntType), np.zeros((n, 1)), np.full(n, np.nan)
    tdim = problem.domain.tdim
    flat = np.arange(tdim - 1)
    facet, on = _facet_below(above.points[:, flat], nodes[:, :tdim, :][..., flat])
    at, place = _reference(above.points[:, flat], nodes[facet], flat)
    height = np.where(on, above.points[:, 2] - place[:, 2], np.nan)
    return dofs[facet], cell_values(problem.space, local[facet], at, tdim), height


def _gathered(problem: State, below: SurfacePoints) -> tuple[Array, Any, Any]:
    """Return nodes, local numbers and cell dofs of all ranks' lower facets that look up."""
    space, comm = problem.space, problem.domain.comm
    dofs = np.asarray(space.dofmap.list)[below.cell]
    numbers = space.dofmap.index_map.local_to_global(dofs.ravel().astype(np.int32))
    up = below.outward[:, 2] > _UPRIGHT
    columns = (below.key, below.nodes, below.local, np.asarray(numbers).reshape(dofs.shape))
    mine = [column[up] for column in columns]
    every = comm.allgather(mine)
    key, nodes, local, found = (np.concatenate([part[i] for part in every]) for i in range(4))
    order = np.argsort(key)
    return nodes[order], local[order], found[order].astype(PETSc.IntType)


def _facet_below(points: Array, corners: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the nearest facet in the plan view, and whether the point lies on it."""
    import shapely

    if points.shape[1] == 1:
        flat = np.zeros((*corners.shape[:2], 2))
        flat[..., 0] = corners[..., 0]
        points, corners = np.column_stack([points, np.zeros(len(points))]), flat
    shapes = shapely.polygons(corners) if corners.shape[1] == 3 else shapely.linestrings(corners)
    (row, facet), distance = shapely.STRtree(shapes).query_nearest(
        shapely.points(points), all_matches=False, return_distance=True
    )
    found = np.empty(len(points), dtype=np.int64)
    found[row] = facet
    away = np.empty(len(points))
    away[row] = distance
    size = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)[found]
    return found, away <= _BESIDE * size


def _reference(points: Array, nodes: Array, flat: Any) -> tuple[Array, Array]:
    """Return where on the reference facet each point lies in the plan view, and its place [m]."""
    d = len(flat)
    at: Array = np.full((len(points), d), 1 / (d + 1))
    for _ in range(6):
        value, slope = _shape(at, nodes.shape[1])
        x = np.einsum("nk,nkd->nd", value, nodes)
        jacobian = np.einsum("nkt,nkd->ndt", slope, nodes[..., flat])
        at = at + np.linalg.solve(jacobian, (points - x[:, flat])[..., None])[..., 0]
    at = np.clip(at, 0.0, 1.0)
    return at, np.einsum("nk,nkd->nd", _shape(at, nodes.shape[1])[0], nodes)


def _shape(at: Array, n_nodes: int) -> tuple[Array, Array]:
    """Return the Lagrange functions of a facet (n, k) and their slopes (n, k, d)."""
    d = at.shape[1]
    bary = np.hstack([1 - at.sum(axis=1, keepdims=True), at])
    d_bary = np.vstack([-np.ones(d), np.eye(d)])
    if n_nodes == d + 1:
        return bary, np.broadcast_to(d_bary, (len(at), d + 1, d))
    pairs = {1: [(0, 1)], 2: [(1, 2), (0, 2), (0, 1)]}[d]
    corner = bary * (2 * bary - 1)
    d_corner = (4 * bary - 1)[..., None] * d_bary
    middle = np.stack([4 * bary[:, i] * bary[:, j] for i, j in pairs], axis=1)
    d_middle = np.stack(
        [4 * (bary[:, i, None] * d_bary[j] + bary[:, j, None] * d_bary[i]) for i, j in pairs],
        axis=1,
    )
    return np.hstack([corner, middle]), np.concatenate([d_corner, d_middle], axis=1)


def _from_csr(problem: State, values: Any) -> Any:
    """Return a parallel matrix from the rows of this rank, columns numbered locally."""
    index_map = problem.space.dofmap.index_map
    columns = index_map.local_to_global(values.indices.astype(np.int32)).astype(PETSc.IntType)
    return _matrix(problem, values.indptr, columns, values.data)


def _from_columns(problem: State, columns: Any, values: Array) -> Any:
    """Return a parallel matrix from the rows of this rank: global columns and values (n, k)."""
    starts = np.arange(len(columns) + 1) * columns.shape[1]
    return _matrix(problem, starts, columns.ravel(), values.ravel())


def _matrix(problem: State, starts: Any, columns: Any, values: Any) -> Any:
    sizes = ((len(starts) - 1, None), vector(problem.space).getSizes())
    csr = (starts.astype(PETSc.IntType), columns, values)
    return PETSc.Mat().createAIJ(sizes, csr=csr, comm=problem.domain.comm)
