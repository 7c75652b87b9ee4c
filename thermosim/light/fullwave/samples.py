"""Points of a quadrature rule in cells, with their weights, and fields at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import basix
import numpy as np
import ufl

from thermosim.fem.compile import compile_expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]


@dataclass(frozen=True)
class Samples:
    """Points of this rank's cells.

    Attributes
    ----------
    cells
        Their local numbers; points go cell by cell.
    reference
        Points of the reference cell, shape (q, 2).
    r, z
        Places, shape (n,), n = q times the number of cells.
    weight
        Of an integral over the whole turn, ``2 pi r dr dz``.
    """

    cells: NDArray[np.int32]
    reference: Floats
    r: Floats
    z: Floats
    weight: Floats


def cells_of(domain: Domain, region: str) -> NDArray[np.int32]:
    """Return the cells of a region that this rank owns."""
    cells = domain.cells(region)
    owned: NDArray[np.int32] = cells[cells < domain.mesh.topology.index_map(domain.tdim).size_local]
    return owned


def sample(domain: Domain, cells: NDArray[np.int32], degree: int) -> Samples:
    """Return the points of the rule of a degree in cells (collective)."""
    cell = domain.mesh.basix_cell()
    points, weights = basix.make_quadrature(cell, degree)
    x = ufl.SpatialCoordinate(domain.mesh)
    size = abs(ufl.JacobianDeterminant(domain.mesh))
    values = _evaluated(ufl.as_vector([x[0], x[1], size]), points, domain, cells, real=True)
    r, z, det = values.T
    weight = 2.0 * np.pi * r * det * np.tile(weights, len(cells))
    return Samples(cells, points, np.ascontiguousarray(r), np.ascontiguousarray(z), weight)


def field_at(function: Any, samples: Samples, domain: Domain) -> Complexes:
    """Return ``(E_r, E_z, u)`` of a solution at points, shape (n, 3) (collective)."""
    E, u = ufl.split(function)
    whole = ufl.as_vector([E[0], E[1], u])
    found: Complexes = _evaluated(whole, samples.reference, domain, samples.cells, real=False)
    return found


def curl_at(function: Any, mode: Any, samples: Samples, domain: Domain) -> Complexes:
    """Return ``∂_z u - m E_z``, ``∂_r u - m E_r`` and ``∂_z E_r - ∂_r E_z``, shape (n, 3).

    Of a solution at points; `mode` is a constant of the mesh (collective).
    """
    E, u = ufl.split(function)
    curl = [u.dx(1) - mode * E[1], u.dx(0) - mode * E[0], E[0].dx(1) - E[1].dx(0)]
    points, cells = samples.reference, samples.cells
    found: Complexes = _evaluated(ufl.as_vector(curl), points, domain, cells, real=False)
    return found


def gradient_at(function: Any, samples: Samples, domain: Domain) -> Complexes:
    """Return ``∂_r f``, ``∂_z f`` and f of a scalar at points, shape (n, 3) (collective)."""
    whole = ufl.as_vector([function.dx(0), function.dx(1), function])
    found: Complexes = _evaluated(whole, samples.reference, domain, samples.cells, real=False)
    return found


def _evaluated(
    expression: Any, points: Floats, domain: Domain, cells: NDArray[np.int32], *, real: bool
) -> Any:
    compiled = compile_expression(expression, points, domain.comm, complex_numbers=not real)
    return np.asarray(compiled.eval(domain.mesh, cells)).reshape(-1, 3)
