"""Facets of a surface as arrays: where they are, how large, and θ at points on them.

What couples far-apart nodes is computed on arrays, not by forms. Each rank holds the facets of
its cells; `key` names a facet the same way on any number of ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import basix
import numpy as np

from thermosim.fem.data import facet_nodes
from thermosim.fem.domain import coordinate_element, geometry_dofmap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

_CELLS = {1: basix.CellType.interval, 2: basix.CellType.triangle, 3: basix.CellType.tetrahedron}


@dataclass(frozen=True)
class SurfacePoints:
    """Quadrature points on the local facets of some boundaries; lengths in m.

    Attributes
    ----------
    boundary, region, key : shape (n_facets,): index of the boundary, tag of the cell, name
    cell, local : shape (n_facets,), the local cell and the number of the facet in it
    nodes : shape (n_facets, k, 3), vertices first, then mid-edge nodes
    outward : shape (n_facets, 3), normal at the middle, out of the cell
    facet : shape (n,), the facet of each point
    points, normals : shape (n, 3)
    weights : shape (n,) [m²], of the whole body (revolved, or all copies of a quarter)
    values : sparse, shape (n, n_dofs): θ at the points from the local dofs, ghosts included
    """

    boundary: NDArray[np.int64]
    region: NDArray[np.int64]
    key: NDArray[np.int64]
    cell: NDArray[np.int64]
    local: NDArray[np.int64]
    nodes: NDArray[np.float64]
    outward: NDArray[np.float64]
    facet: NDArray[np.int64]
    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    weights: NDArray[np.float64]
    values: Any

    @property
    def areas(self) -> NDArray[np.float64]:
        """Area of each facet [m²], shape (n_facets,)."""
        return np.asarray(np.bincount(self.facet, self.weights, len(self.key)), dtype=float)


def surface_points(
    domain: Domain, space: Any, boundaries: Sequence[str], degree: int
) -> SurfacePoints:
    """Return the points of the quadrature rule of `degree` on outer boundaries by name."""
    cells, local, which = _exterior(domain, boundaries)
    tdim = domain.tdim
    facet_points, facet_weights = basix.make_quadrature(_CELLS[tdim - 1], degree)
    n_q = len(facet_weights)
    points, tangents, opposite = _geometry(domain, cells, local, facet_points)
    normals, stretch = _normals(tangents, points, opposite)
    weights = _weights(domain, points, stretch) * facet_weights
    middle = np.full((1, tdim - 1), 1 / tdim)
    centre, across, _ = _geometry(domain, cells, local, middle)
    outward, _ = _normals(across, centre, opposite)
    unit = domain.unit
    return SurfacePoints(
        which,
        _region_tags(domain)[cells],
        np.asarray(domain.mesh.topology.original_cell_index)[cells] * (tdim + 1) + local,
        cells,
        local,
        in_space(_nodes(domain, cells, local), domain) * unit,
        in_space(outward[:, 0], domain),
        np.repeat(np.arange(len(cells)), n_q),
        in_space(points.reshape(-1, points.shape[-1]), domain) * unit,
        in_space(normals.reshape(-1, points.shape[-1]), domain),
        weights.ravel(),
        _values(space, cells, local, facet_points, tdim),
    )


def in_space(x: NDArray[np.float64], domain: Domain) -> NDArray[np.float64]:
    """Return mesh coordinates, shape (..., gdim), with three components; (r, z) is (r, 0, z)."""
    full = np.zeros((*x.shape[:-1], 3))
    if domain.symmetry == "axisymmetric":
        full[..., 0], full[..., 2] = x[..., 0], x[..., 1]
    else:
        full[..., : x.shape[-1]] = x
    return full


def _exterior(
    domain: Domain, boundaries: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return cell, local number and boundary index of each outer facet, in order of its key."""
    topology, tdim = domain.mesh.topology, domain.tdim
    topology.create_connectivity(tdim - 1, tdim)
    topology.create_connectivity(tdim, tdim - 1)
    outer = domain.outer_facets()
    to_cell, to_facet = topology.connectivity(tdim - 1, tdim), topology.connectivity(tdim, tdim - 1)
    rows = []
    for index, name in enumerate(boundaries):
        for facet in np.intersect1d(domain.facets(name), outer):
            cell = to_cell.links(facet)[0]
            rows.append((cell, int(np.flatnonzero(to_facet.links(cell) == facet)[0]), index))
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    original = np.asarray(topology.original_cell_index)[table[:, 0]]
    table = table[np.lexsort((table[:, 1], original))]
    return table[:, 0], table[:, 1], table[:, 2]


def _region_tags(domain: Domain) -> NDArray[np.int64]:
    tags = domain.cell_tags
    found = np.zeros(int(tags.indices.max(initial=-1)) + 1, dtype=np.int64)
    found[tags.indices] = tags.values
    return found


def _on_cell(tdim: int, local: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of the reference facet as points of the reference cell."""
    corners = np.delete(np.vstack([np.zeros(tdim), np.eye(tdim)]), local, axis=0)
    return np.asarray(corners[0] + points @ (corners[1:] - corners[0]))


def _order(domain: Domain) -> int:
    return int(coordinate_element(domain.mesh).degree)


def _nodes(
    domain: Domain, cells: NDArray[np.int64], local: NDArray[np.int64]
) -> NDArray[np.float64]:
    on_facet = np.array(facet_nodes(domain.tdim, _order(domain)))
    geometry = domain.mesh.geometry
    dofs = geometry_dofmap(domain.mesh)[cells[:, None], on_facet[local]]
    return np.asarray(geometry.x[dofs][..., : geometry.dim])


def _geometry(
    domain: Domain, cells: NDArray[np.int64], local: NDArray[np.int64], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return points (n, q, gdim), tangents (n, q, gdim, tdim-1), and the opposite vertices."""
    tdim, geometry = domain.tdim, domain.mesh.geometry
    element = basix.create_element(
        basix.ElementFamily.P, _CELLS[tdim], _order(domain), basix.LagrangeVariant.gll_warped
    )
    x = geometry.x[geometry_dofmap(domain.mesh)[cells]][..., : geometry.dim]
    at = np.empty((len(cells), len(points), geometry.dim))
    tangents = np.empty((*at.shape, tdim - 1))
    for number in range(tdim + 1):
        mine = local == number
        table = element.tabulate(1, _on_cell(tdim, number, points))[..., 0]
        at[mine] = np.einsum("qk,nkd->nqd", table[0], x[mine])
        corners = np.delete(np.vstack([np.zeros(tdim), np.eye(tdim)]), number, axis=0)
        along = (corners[1:] - corners[0]).T
        jacobian = np.einsum("tqk,nkd->nqdt", table[1:], x[mine])
        tangents[mine] = jacobian @ along
    return at, tangents, x[np.arange(len(cells)), local]


def _normals(
    tangents: NDArray[np.float64], points: NDArray[np.float64], opposite: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return unit normals away from the opposite vertex, and the stretch of lengths or areas."""
    if tangents.shape[-1] == 1:
        t = tangents[..., 0]
        normal = np.stack([t[..., 1], -t[..., 0]], axis=-1)
    else:
        normal = np.asarray(np.cross(tangents[..., 0], tangents[..., 1]), dtype=float)
    stretch = np.linalg.norm(normal, axis=-1)
    inward = np.einsum("nqd,nqd->nq", normal, points - opposite[:, None]) < 0
    sign = np.where(inward, -1.0, 1.0)
    return normal * (sign / stretch)[..., None], stretch


def _weights(
    domain: Domain, points: NDArray[np.float64], stretch: NDArray[np.float64]
) -> NDArray[np.float64]:
    whole: Any = float(domain.multiplicity)
    if domain.symmetry == "axisymmetric":
        whole = 2 * np.pi * points[..., 0]
    return np.asarray(stretch * whole * domain.area_scale)


def _values(
    space: Any,
    cells: NDArray[np.int64],
    local: NDArray[np.int64],
    points: NDArray[np.float64],
    tdim: int,
) -> Any:
    from scipy.sparse import csr_matrix

    element, dofmap = space.element.basix_element, np.asarray(space.dofmap.list)
    n_q, n_local = len(points), dofmap.shape[1]
    table = np.empty((len(cells), n_q, n_local))
    for number in range(tdim + 1):
        table[local == number] = element.tabulate(0, _on_cell(tdim, number, points))[0, :, :, 0]
    rows = np.repeat(np.arange(len(cells) * n_q), n_local)
    columns = np.repeat(dofmap[cells], n_q, axis=0).ravel()
    index_map = space.dofmap.index_map
    shape = (len(cells) * n_q, index_map.size_local + index_map.num_ghosts)
    return csr_matrix((table.ravel(), (rows, columns)), shape=shape)


def cell_values(
    space: Any, local: NDArray[np.int64], points: NDArray[np.float64], tdim: int
) -> NDArray[np.float64]:
    """Return the basis functions of cells, shape (n, k), at one point of a facet of each.

    `points`, shape (n, tdim-1), lie on the reference facet with the number `local` (n,).
    """
    element = space.element.basix_element
    found = np.empty((len(points), element.dim))
    for number in range(tdim + 1):
        mine = local == number
        at = _on_cell(tdim, number, points[mine])
        found[mine] = element.tabulate(0, at)[0, :, :, 0]
    return found
