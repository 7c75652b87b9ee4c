"""Steady states: plain Newton, and continuation in the source where that fails."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import SolveError
from thermosim.fem.domain import minmax
from thermosim.heat.advice import less_heat, may_run_away
from thermosim.heat.fixing import check_fixed
from thermosim.heat.newton import NewtonSolver
from thermosim.heat.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.case.settings import SolverSettings
    from thermosim.heat.problem import HeatProblem

_FIRST_STEP, _SMALLEST_STEP = 0.25, 1.0 / 256


def solve_steady(
    problem: HeatProblem,
    settings: SolverSettings,
    tell: Callable[[str], None] = lambda text: None,
) -> NewtonSolver:
    """Solve for the steady state from the present `problem.theta`; return the solver, for reuse.

    Raises
    ------
    CaseError
        If nothing fixes the temperature of a part, or a property has a value that cannot be.
    SolveError
        If neither Newton nor continuation in the source finds a steady state above 0 K.
    """
    check_fixed(problem)
    solver, properties = NewtonSolver(problem, settings), Properties(problem)
    start = problem.theta.x.array.copy()
    try:
        solver.solve()
    except SolveError as error:
        tell(f"{error}; raising the source in steps instead")
        tried = problem.theta.x.array.copy()
        problem.theta.x.array[:] = start
        _continue_in_source(problem, solver, error, partial(_explain, properties, tried))
    properties.look()
    check_above_zero(problem)
    return solver


def _explain(properties: Properties, tried: Any) -> None:
    """Tell of properties that cannot be, or that jump, at temperatures that were `tried`.

    Raises
    ------
    CaseError
        If there is one.
    """
    theta = properties.problem.theta
    properties.problem.impose(theta)
    properties.look()
    theta.x.array[:] = tried
    if np.all(np.isfinite(tried)):
        properties.look()
    properties.explain()


_HEATING, _FAR_START, _DIFFERENT = 1.0, 300.0, 1e-3


def second_state(
    problem: HeatProblem, solver: NewtonSolver, start: float | None
) -> tuple[float, float] | None:
    """Look for another steady state; return its lowest and highest temperature [K], or None.

    Where the source grows with temperature (runaway on the heating branch) two stable states can
    exist, and which one a particle is in depends on its past. The search starts from a uniform
    `start` [K above the reference]; None: 300 K, and only if the state found is 1 K warmer than the
    reference and the mesh is two-dimensional, where it costs little. `problem.theta` is kept.
    """
    low, high = _range(problem)
    if start is None:
        if high - problem.model.T_ref < _HEATING or problem.domain.tdim > 2:
            return None
        start = _FAR_START
    theta, stats = problem.theta, solver.stats
    first = theta.x.array.copy()
    solver.stats = replace(stats)
    try:
        theta.x.array[:] = start
        solver.solve(again=True)
        found = _range(problem)
    except SolveError:
        return None  # nothing was found from there, which is no fault of the first state
    finally:
        theta.x.array[:] = first
        solver.stats = stats
    size = max(abs(high - problem.model.T_ref), abs(low - problem.model.T_ref))
    differs = max(abs(found[0] - low), abs(found[1] - high)) > _DIFFERENT * size
    return found if differs and found[0] > 0.0 else None


def _continue_in_source(
    problem: HeatProblem, solver: NewtonSolver, first: SolveError, explain: Callable[[], None]
) -> None:
    """Raise the source from 0 to 1, each state the first guess of the next."""
    reached, step = 0.0, _FIRST_STEP
    problem.theta.x.array[:] = 0.0
    while reached < 1.0:
        good = problem.theta.x.array.copy()
        problem.load.value = min(1.0, reached + step)
        try:
            solver.solve()
            _refuse_below_zero(problem)
        except SolveError as error:
            problem.theta.x.array[:] = good
            step /= 2
            if step < _SMALLEST_STEP:
                problem.load.value = 1.0
                explain()
                raise SolveError(_nothing_beyond(problem, reached, error)) from first
            continue
        solver.stats.continuation_steps += 1
        reached, step = float(problem.load.value), min(2 * step, 1.0)
    problem.load.value = 1.0


def _nothing_beyond(problem: HeatProblem, reached: float, error: SolveError) -> str:
    low, high = _range(problem)
    found = (
        f"no steady state found beyond {100 * reached:.1f} % of the source, where the temperature "
        f"runs from {low:.4g} K to {high:.4g} K ({error})"
    )
    if may_run_away(problem.model):
        found += (
            ". The source may exceed what the surfaces and contacts can carry (thermal runaway, or "
            "cooling below 0 K)"
        )
    return f"{found}: {less_heat(problem.model)}, add a contact or gas, or run a transient"


def _range(problem: HeatProblem) -> tuple[float, float]:
    tdim = problem.domain.tdim
    index_map = problem.domain.mesh.topology.index_map(tdim)
    low, high = minmax(problem.theta, np.arange(index_map.size_local, dtype=np.int32))
    return low + problem.model.T_ref, high + problem.model.T_ref


def _refuse_below_zero(problem: HeatProblem) -> None:
    low, _ = _range(problem)
    if not low > 0.0:
        raise SolveError(f"the solution reaches {low:.4g} K, below absolute zero")


def check_above_zero(problem: HeatProblem) -> None:
    """Refuse a solution that is not above 0 K everywhere.

    Raises
    ------
    SolveError
        Saying which temperature was reached.
    """
    low, _ = _range(problem)
    if not low > 0.0:
        raise SolveError(
            f"the solution reaches {low:.4g} K: more heat is taken out than the surroundings can "
            f"supply; {less_heat(problem.model)}"
        )
