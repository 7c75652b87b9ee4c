"""Cell sizes of a body from the error estimate of its goal: small where the error comes from.

The dual-weighted residuals of a solve, summed cell by cell, tell what each cell adds to the error.
The next mesh has the fewest cells, ∫ h^-d, with which the sum falls to the target: with a local
error e (h/h_0)^2p per volume for elements of degree p in d dimensions, a Lagrange multiplier gives
h ∝ (h_0^2p/e)^{1/(2p+d)}.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.parallel import on_root
from thermosim.model.sizes import SizeMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.heat.error import ErrorEstimate
    from thermosim.heat.problem import HeatProblem
    from thermosim.model.drawing import BodyDrawing

_FINEST, _COARSEST = 0.15, 1.6  # a step changes sizes by that much
_GROWTH = 0.4  # per distance
_AIM = 0.7  # of the target, since estimates scatter
_CANCEL = 4.0  # errors of cells may cancel; more than that is luck
_DIGITS = 32.0  # sizes are rounded to steps of 2 %, so that rounding leaves the mesh as it is


def finer_cells(
    drawing: BodyDrawing, problem: HeatProblem, estimate: ErrorEstimate, tolerance: float
) -> BodyDrawing:
    """Return the drawing with sizes that bring the error of the goal to `tolerance` [K]."""
    sizes = wanted_sizes(problem.domain, estimate, problem.degree, tolerance)
    return replace(drawing, sizes=sizes)


def wanted_sizes(
    domain: Domain, estimate: ErrorEstimate, degree: int, tolerance: float
) -> SizeMap | None:
    """Return the cell sizes that bring the error of the goal to `tolerance` [K] (collective).

    `degree` is that of the temperature. Rank 0, which makes the mesh, gets the map, others None.
    """
    errors = np.abs(cell_errors(estimate))
    parts = domain.comm.gather((_corners(domain)[: len(errors)], errors))
    made: list[SizeMap] = []

    def make() -> None:
        corners, errors = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        factors = size_factors(
            errors, degree, corners.shape[1] - 1, tolerance, estimate.bound / estimate.factor
        )
        sizes = np.exp2(np.round(np.log2(cell_sizes(corners) * factors) * _DIGITS) / _DIGITS)
        made.append(SizeMap.of_cells(corners, sizes).graded(_GROWTH))

    on_root(domain.comm, make)
    return made[0] if made else None


def cell_errors(estimate: ErrorEstimate) -> NDArray[np.float64]:
    """Return what the cells of a rank add to the error of the goal [K]; its sum is the error.

    The share of a node goes in equal parts to the cells around it (collective).
    """
    from thermosim.heat import error

    return np.asarray(error.cell_errors(estimate.indicators, estimate.space))


def _corners(domain: Domain) -> NDArray[np.float64]:
    """Return the corners of the local cells, shape (n, d+1, gdim) [m]."""
    from thermosim.fem.domain import geometry_dofmap

    gdim = domain.mesh.geometry.dim
    vertices = geometry_dofmap(domain.mesh)[:, : domain.tdim + 1]
    return np.asarray(domain.mesh.geometry.x[vertices][:, :, :gdim] * domain.unit)


def cell_sizes(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edge of the regular simplex of the size of each cell, (n, d+1, d) -> (n,) [m]."""
    spokes = corners[:, 1:] - corners[:, :1]
    content = np.abs(np.linalg.det(spokes))
    if spokes.shape[1] == 2:
        return np.asarray(np.sqrt(content * 2 / np.sqrt(3)))
    return np.asarray(np.cbrt(content * np.sqrt(2)))


def size_factors(
    errors: NDArray[Any], degree: int, dim: int, tolerance: float, bound: float
) -> NDArray[np.float64]:
    """Return by how much each cell should change so that the errors meet the tolerance.

    Parameters
    ----------
    errors : what each cell adds, without sign, shape (n,) [K]
    degree, dim : of the temperature and of the mesh
    tolerance, bound : wanted and present error of the goal [K]
    """
    total = float(errors.sum())
    rate = 2 * degree
    aim = _AIM * tolerance * min(max(total / bound, 1.0), _CANCEL)
    floor = 1e-12 * total / len(errors)
    shape = np.maximum(errors, floor) ** (-1.0 / (rate + dim))
    # Σ errors (c shape)^rate = aim; cells at a limit change less, so c is found by bisection
    low, high = -60.0, 60.0
    for _ in range(100):
        middle = (low + high) / 2
        factors = np.clip(np.exp(middle) * shape / shape.max(), _FINEST, _COARSEST)
        if float((errors * factors**rate).sum()) > aim:
            high = middle
        else:
            low = middle
    return np.asarray(np.clip(np.exp(low) * shape / shape.max(), _FINEST, _COARSEST))
