"""The ± of what is asked for and of every number beside it, as far as they can be estimated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, SolveError
from thermosim.model.budget import leaving, released, share_stored
from thermosim.run.summary import goal_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.heat.error import ErrorEstimate, Finer
    from thermosim.heat.observe import Readings
    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.budget import Budget
    from thermosim.model.model import Model
    from thermosim.results.journal import Journal
    from thermosim.run.march import TransientRun

STEADY = 1e-3  # share of the heat exchanged that may still be stored
_ADJOINT = 1e-5  # residual of the adjoint


@dataclass(frozen=True)
class Enough:
    """When no other mesh follows.

    Attributes
    ----------
    share : ± over ΔT of the goal that is asked for
    steers : residual of the adjoint over its load, where it decides about the next mesh
    """

    share: float
    steers: float

    def met(self, found: float, bound: float) -> bool:
        """Whether a ΔT with its ±, both in K, is what is asked for."""
        return bound <= self.share * abs(found)


def goal_error(
    model: Model,
    problem: HeatProblem,
    light: AbsorbedLight | None,
    readings: Readings,
    budget: Budget,
    journal: Journal,
    enough: Enough | None = None,
) -> dict[str, Any]:
    """Return the ± of the goal, its parts [K], and `errors` of all else (collective).

    Where it is not `enough`, so that another mesh follows, there are no `errors`.

    Raises
    ------
    SolveError
        If the adjoint problem is not solved.
    """
    from thermosim.heat.error import Finer

    finer = Finer(problem, model.case.solver, _ADJOINT)
    try:
        if light is not None:
            from thermosim.light.sampling import sampled

            finer.misfits = list(sampled(light, finer.fine))
        estimate = _of_goal(model, finer, readings, budget)
        last = enough is None or enough.met(_found(model, readings), estimate.bound)
        if enough is not None and not last and finer.linear.iterative:
            finer.linear.rtol = enough.steers
            estimate = _of_goal(model, finer, readings, budget, estimate.adjoint)
        journal.estimate = estimate
        if model.case.mesh.target_error is None:  # else the last mesh has the word
            for note in estimate.notes:
                journal.say(note)
        found: dict[str, Any] = {
            "delta_T_error_K": estimate.bound,
            "delta_T_error_discretisation_K": estimate.discretisation,
            "delta_T_error_geometry_K": estimate.geometry,
            "delta_T_error_algebraic_K": estimate.algebraic,
            "delta_T_error_patches_K": estimate.patches,
            **({"delta_T_error_light_K": estimate.light} if finer.misfits else {}),
        }
        if last:
            found["errors"] = _of_all(model, finer, readings, budget, estimate.bound)
        return found
    finally:
        finer.destroy()


def _of_goal(
    model: Model, finer: Finer, readings: Readings, budget: Budget, guess: Any = None
) -> ErrorEstimate:
    goal = model.goal
    source, surface = released(budget), goal.surface
    share = leaving(budget, (surface,)) / source if source and surface else 0.0
    load = _load(model, readings)
    return finer.goal(goal.region, share, load, surface=surface, guess=guess)


def _found(model: Model, readings: Readings) -> float:
    """Return ΔT of the goal [K]."""
    goal = goal_numbers(model, readings.temperatures())
    return float(goal["goal_K"] - model.T_ref)


def _load(model: Model, readings: Readings) -> Callable[[Any], Any] | None:
    """Return what assembles the temperature at the probe that is asked for; None: the mean."""
    from thermosim.heat.observe import point_load
    from thermosim.heat.probes import PointProbe

    probe = readings.probes.get(model.goal.probe or "")
    return partial(point_load, probe) if isinstance(probe, PointProbe) else None


def _of_all(
    model: Model, finer: Finer, readings: Readings, budget: Budget, bound: float
) -> dict[str, float]:
    """Return the ± of every number by its name; the goal has its own."""
    from thermosim.heat.correction import MANY, errors_of_all

    asked = _asked(model)
    known = {**readings.temperatures(), **budget}
    found = {}
    if finer.fine.space.dofmap.index_map.size_global <= MANY:
        found = errors_of_all(finer, known, model.regions, model.probes)
    return {**found, asked: bound} if asked in known else found


def error_in_time(
    run: TransientRun, budget: Budget, notes: list[str], journal: Journal
) -> dict[str, Any]:
    """Return the ± of the last state of a transient: of the mesh and of the steps (collective).

    Both are carried through the run, so that they die away as they do in the body. Once less than
    0.1 % of the heat exchanged is still stored, that of the mesh is as for a steady run.
    """
    model, problem = run.model, run.problem
    if not model.case.solver.error_estimate:
        return {}
    try:
        with journal.phase("error_estimate", "error estimate of the last state"):
            found, steps, lit = _carried(run, notes)
            if share_stored(budget) <= STEADY and _is_fixed(problem):
                found = goal_error(model, problem, run.light, run.readings, budget, journal)
                lit = {}
    except SolveError as failure:  # the run itself is whole: it must not be lost for this
        notes.append(f"no error of the mesh is estimated: {failure}")
        return {}
    for name in steps.keys() & found.get("errors", {}).keys():
        found["errors"][name] += steps[name] + lit.get(name, 0.0)
    if "delta_T_error_K" in found:
        time = steps.get(_asked(model), 0.0)
        found["delta_T_error_K"] += time
        found["delta_T_error_time_K"] = time
        if lit:
            found["delta_T_error_light_K"] = lit[_asked(model)]
            found["delta_T_error_K"] += lit[_asked(model)]
    return found


def _asked(model: Model) -> str:
    """Return the name of the goal among the temperatures."""
    goal = model.goal
    return f"probe_{goal.probe}_K" if goal.probe else f"region_{goal.region}_mean_K"


def _is_fixed(problem: HeatProblem) -> bool:
    from thermosim.heat.fixing import check_fixed

    try:
        check_fixed(problem)
    except CaseError:
        return False
    return True


def _carried(
    run: TransientRun, notes: list[str]
) -> tuple[dict[str, Any], dict[str, float], dict[str, float]]:
    """Return the ± of the mesh in a state that may still change, of steps and of light [K]."""
    if run.ledger.error is None:
        notes.append(
            "no estimate of the errors of a state that still changes: the finer problem is too "
            "large to be carried through the run; repeat with mesh.refinement = 2"
        )
        return {}, {}, {}
    goal = run.model.goal
    carried = run.ledger.error
    mesh, steps, lit = carried.bounds({*run.model.regions, goal.region}, run.model.probes)
    found = {"delta_T_error_K": mesh[_asked(run.model)], "errors": mesh}
    return found, steps, {} if carried.light is None else lit
