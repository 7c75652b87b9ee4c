"""The coldest point by finite-element runs: steps along the gradient of one adjoint solve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import SolveError
from thermosim.model.priors import Prior

if TYPE_CHECKING:
    from thermosim.infer.optimise import Best, Search

_STEPS, _ENOUGH = 12, 1e-5  # of the descent, and the part of ΔT at which it ends
_APART = 0.01  # of a value, by which runs differ where a number changes the mesh
_SLACK = 1e-6  # of a constraint

Solve = Callable[[Mapping[str, float]], tuple[float, dict[str, float]]]


@dataclass(frozen=True)
class Descent:
    """Where runs went from the optimum of the lumped balance.

    Attributes
    ----------
    values : path -> value [SI] at the coldest run
    delta_T_K : there
    slopes_K : path -> change of ΔT over the whole range of a number, at the slope there
    first_K : ΔT of the run at the optimum of the lumped balance
    runs : how many, each with its gradient
    failure : why it ended early; empty if it did not
    """

    values: dict[str, float]
    delta_T_K: float
    slopes_K: dict[str, float]
    first_K: float
    runs: int
    failure: str = ""


def solver_of(search: Search, comm: Any) -> Solve:
    """Return what solves a case and its adjoint problem at values of the numbers that vary."""
    from thermosim.run.again import mean_and_slopes

    def solve(values: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        known = [
            Prior(v.path, values[v.path], _APART * (abs(values[v.path]) or v.high - v.low),
                  v.low, v.high, "normal", v.unit, "estimate", "varies")
            for v in search.varied
        ]  # fmt: skip
        return mean_and_slopes(search.bench.changed(values), known, comm)

    return solve


def descend(
    search: Search, best: Best, solve: Solve, tell: Callable[[str], None] = lambda text: None
) -> Descent:
    """Go on from the best point of the lumped balance by runs, within bounds and constraints.

    Sequential quadratic programming (Kraft's SLSQP) over shares of the ranges; `solve` returns ΔT
    [K] and its slopes [K per SI unit]. The coldest run within the constraints is kept.

    Raises
    ------
    MeshError, SolveError
        If the first run fails; where a later one does, that is told.
    """
    from scipy.optimize import minimize

    scale, seen = abs(best.delta_T) or 1.0, list[tuple[dict[str, float], float, dict[str, float]]]()

    def cost(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = search.values(np.clip(point, 0.0, 1.0))
        tell(f"run {len(seen) + 1}")
        delta_T, by = solve(values)
        slopes = {v.path: by[v.path] * v.slope(values[v.path]) for v in search.varied}
        seen.append((values, delta_T, slopes))
        return delta_T / scale, np.array(list(slopes.values())) / scale

    def margins(point: NDArray[np.float64]) -> NDArray[np.float64]:
        body = search.bench.body(search.values(np.clip(point, 0.0, 1.0)))
        return np.array(list(search.margins(body).values()))

    start, failure = np.array([v.share(best.values[v.path]) for v in search.varied]), ""
    try:
        minimize(
            cost, start, jac=True, method="SLSQP", bounds=[(0.0, 1.0)] * len(start),
            constraints=[{"type": "ineq", "fun": margins}] if margins(start).size else [],
            options={"maxiter": _STEPS, "ftol": _ENOUGH},
        )  # fmt: skip
    except SolveError as error:
        if not seen:
            raise
        failure = str(error)
    within = [run for run in seen if not search.broken(run[0], -_SLACK)] or seen[:1]
    coldest = min(within, key=lambda run: run[1])
    return Descent(*coldest, seen[0][1], len(seen), failure)
