"""Sizes and quality of a mesh from its nodes alone: volume, area, Jacobians, edges."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import factorial, pi, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.data import EDGES, MeshData, facet_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_CHUNK = 50_000
_FEW = 8_192
_FLAT = 1e-9  # shape quality of a cell without content


def volumes(mesh: MeshData) -> dict[str, float]:
    """Return the volume of each region [m³] (planar: m², per metre of depth), all copies."""
    scale = mesh.unit ** (2 if mesh.symmetry == "planar" else 3) * mesh.multiplicity
    found = {}
    for name, tag in mesh.regions.items():
        cells = mesh.cells[mesh.cell_tags == tag]
        found[name] = scale * _integral(mesh, cells, mesh.tdim)
    return found


def areas(mesh: MeshData) -> dict[str, float]:
    """Return the area of each boundary [m²] (planar: m), all copies; one side if it has two."""
    scale = mesh.unit ** (1 if mesh.symmetry == "planar" else 2) * mesh.multiplicity
    found = {}
    for name, tag in mesh.boundaries.items():
        facets = boundary_facets(mesh, tag)
        found[name] = scale * _integral(mesh, facets, mesh.tdim - 1)
    return found


def boundary_facets(mesh: MeshData, tag: int) -> NDArray[np.int64]:
    """Return the nodes of each facet of a boundary once, shape (n, nodes per facet)."""
    local = facet_nodes(mesh.tdim, mesh.order)
    parts = [mesh.cells[mesh.facet_tags[:, i] == tag][:, local[i]] for i in range(mesh.tdim + 1)]
    facets = np.vstack(parts)
    _, first = np.unique(np.sort(facets[:, : mesh.tdim], axis=1), axis=0, return_index=True)
    return np.asarray(facets[first])


def _integral(mesh: MeshData, cells: NDArray[np.int64], dim: int) -> float:
    """Integrate 1 (2 pi r if axisymmetric) over simplices of dimension `dim`."""
    points, weights = _rule(dim, _degree(mesh, dim))
    values, slopes = _basis(dim, mesh.order, points)
    total = 0.0
    for start in range(0, len(cells), _CHUNK):
        nodes = mesh.points[cells[start : start + _CHUNK]]
        tangents = np.tensordot(nodes, slopes, (1, 2)).transpose(0, 2, 1, 3)
        metric = _stretch(tangents)
        if mesh.symmetry == "axisymmetric":
            metric = metric * 2 * pi * np.einsum("qi,ci->cq", values, nodes[:, :, 0])
        total += float((metric @ weights).sum())
    return total


def _degree(mesh: MeshData, dim: int) -> int:
    """Return the degree of the quadrature: exact for cells, and close for curved facets."""
    radial = mesh.order if mesh.symmetry == "axisymmetric" else 0
    if mesh.order == 1:
        return radial
    return radial + (dim if dim == mesh.tdim else 8)


def _stretch(tangents: NDArray[Any]) -> NDArray[np.float64]:
    """Return the size of the parallelotope of tangents (..., gdim, dim), shape (...)."""
    gdim, dim = tangents.shape[-2:]
    if dim == 1:
        return np.asarray(np.linalg.norm(tangents[..., 0], axis=-1))
    if gdim == dim:
        return np.abs(determinant(tangents))
    return np.asarray(np.linalg.norm(np.cross(tangents[..., 0], tangents[..., 1]), axis=-1))


def determinant(m: NDArray[Any]) -> NDArray[np.float64]:
    """Return the determinants of 2 x 2 or 3 x 3 matrices (..., n, n): written out, it is fast."""
    if m.shape[-1] == 2:
        return np.asarray(m[..., 0, 0] * m[..., 1, 1] - m[..., 0, 1] * m[..., 1, 0])
    a, b, c = m[..., 0, :], m[..., 1, :], m[..., 2, :]
    return np.asarray(
        a[..., 0] * (b[..., 1] * c[..., 2] - b[..., 2] * c[..., 1])
        - a[..., 1] * (b[..., 0] * c[..., 2] - b[..., 2] * c[..., 0])
        + a[..., 2] * (b[..., 0] * c[..., 1] - b[..., 1] * c[..., 0])
    )


def scaled_jacobians(mesh: MeshData, shape: Floats | None = None) -> Floats:
    """Return the minimum Jacobian of each cell over that of the straight cell, shape (n_cells,).

    1 for a straight cell, below 0 for one that folds over, -1 for one without content. A lower
    bound: the least Bernstein coefficient of the Jacobian, a polynomial (Johnen et al.,
    10.1016/j.jcp.2012.08.051). `shape` is from `shape_qualities`, where it is known.
    """
    flat = (shape_qualities(mesh) if shape is None else shape) <= _FLAT
    if mesh.order == 1:
        return np.where(flat, -1.0, 1.0)
    tdim = mesh.tdim
    places, to_bernstein = _bernstein(tdim, tdim)
    slopes = _basis(tdim, mesh.order, places)[1]
    found = np.empty(len(mesh.cells))
    for start in range(0, len(mesh.cells), _CHUNK):
        nodes = mesh.points[mesh.cells[start : start + _CHUNK]]
        jacobians = determinant(np.tensordot(nodes, slopes, (1, 2)).transpose(0, 2, 1, 3))
        spokes = nodes[:, 1 : tdim + 1] - nodes[:, :1]
        straight = determinant(np.swapaxes(spokes, 1, 2))
        straight[flat[start : start + _CHUNK]] = 1.0
        found[start : start + _CHUNK] = ((jacobians / straight[:, None]) @ to_bernstein.T).min(1)
    found[flat] = -1.0
    return found


def edge_lengths(mesh: MeshData) -> Floats:
    """Return the straight lengths of the edges of each cell [m], shape (n_cells, edges)."""
    found = np.empty((len(EDGES[mesh.tdim]), len(mesh.cells)))
    for rows, corners in _corners(mesh):
        for length, (i, j) in zip(found, EDGES[mesh.tdim], strict=True):
            along = corners[i] - corners[j]
            length[rows] = np.sqrt(_sum(along * along)) * mesh.unit
    return found.T


def shape_qualities(mesh: MeshData, edges: Floats | None = None) -> Floats:
    """Return how regular the straight cells are: 1 for equal edges, 0 for a flat cell.

    2-D: 4√3 A/Σl²; 3-D: 12 (3V)^{2/3}/Σl² (Liu and Joe, 10.1007/BF01934266). `edges` are from
    `edge_lengths`, where they are known.
    """
    edges = edge_lengths(mesh) if edges is None else edges
    found = np.empty(len(mesh.cells))
    for rows, corners in _corners(mesh):
        squares = _sum(edges[rows].T ** 2)
        x = corners * mesh.unit
        size = np.abs(determinant((x[1:] - x[:1]).transpose(2, 0, 1))) / factorial(mesh.tdim)
        flat = mesh.tdim == 2
        found[rows] = 4 * np.sqrt(3) * size if flat else 12 * (3 * size) ** (2 / 3)
        found[rows] /= squares
    return found


def _corners(mesh: MeshData) -> Iterator[tuple[slice, Floats]]:
    """Yield some cells at a time, and where their vertices are, shape (vertex, gdim, n_cells).

    Few enough for the processor's cache, and each coordinate by itself, which NumPy adds and
    multiplies four times as fast.
    """
    columns, vertices = np.ascontiguousarray(mesh.points.T), mesh.cells[:, : mesh.tdim + 1]
    for start in range(0, len(mesh.cells), _FEW):
        rows = slice(start, start + _FEW)
        yield rows, np.take(columns, vertices[rows].T, axis=1).transpose(1, 0, 2)


def _sum(terms: Floats) -> Floats:
    """Return the sum of the rows, in their order."""
    total = terms[0].copy()
    for term in terms[1:]:
        total += term
    return np.asarray(total)


def _simplex(dim: int) -> Any:
    from basix import CellType

    return (CellType.interval, CellType.triangle, CellType.tetrahedron)[dim - 1]


@lru_cache(maxsize=16)
def _rule(dim: int, degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a rule for the unit simplex: Gauss-Jacobi points on the collapsed cube."""
    import basix

    points, weights = basix.make_quadrature(
        _simplex(dim), degree, basix.QuadratureType.gauss_jacobi
    )
    return points[:, ::-1], weights


def _basis(
    dim: int, order: int, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Lagrange functions (q, nodes) and their slopes (q, dim, nodes), DOLFINx node order."""
    import basix

    element = basix.create_element(basix.ElementFamily.P, _simplex(dim), order)
    table = element.tabulate(1, np.ascontiguousarray(points))[..., 0]
    return table[0], table[1:].transpose(1, 0, 2)


@lru_cache(maxsize=4)
def _bernstein(dim: int, degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a lattice of points and the matrix from values there to Bernstein coefficients."""
    powers = np.array([p for p in product(range(degree + 1), repeat=dim + 1) if sum(p) == degree])
    bary = powers / degree
    count = [factorial(degree) / prod(map(factorial, p)) for p in powers.tolist()]
    matrix = np.prod(bary[:, None] ** powers, axis=2) * count
    return bary[:, 1:], np.linalg.inv(matrix)
