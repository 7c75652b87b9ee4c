"""The error of what is asked for, as far as it can be estimated."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from thermosim.errors import SolveError
from thermosim.model.budget import leaving, released, share_stored

if TYPE_CHECKING:
    from thermosim.heat.observe import Readings
    from thermosim.heat.problem import HeatProblem
    from thermosim.model.budget import Budget
    from thermosim.model.model import Model
    from thermosim.results.journal import Journal

STEADY = 1e-3  # share of the heat turned over that may still be stored


def goal_error(
    model: Model, problem: HeatProblem, readings: Readings, budget: Budget, journal: Journal
) -> dict[str, float]:
    """Return the estimated error of the goal and its parts [K] (collective)."""
    from thermosim.heat.error import estimate_error
    from thermosim.heat.observe import point_load
    from thermosim.heat.probes import PointProbe

    goal, load = model.goal, None
    probe = readings.probes.get(goal.probe or "")
    if isinstance(probe, PointProbe):
        load = partial(point_load, probe)
    source = released(budget)
    surface = goal.surface
    share = leaving(budget, (surface,)) / source if source and surface else 0.0
    steers = model.case.mesh.target_error is not None
    estimate = estimate_error(
        problem, model.case.solver, goal.region, share, load, surface=surface, steers=steers
    )
    journal.estimate = estimate
    if not steers:  # else the last mesh has the word
        for note in estimate.notes:
            journal.say(note)
    return {
        "delta_T_error_K": estimate.bound,
        "delta_T_error_discretisation_K": estimate.discretisation,
        "delta_T_error_geometry_K": estimate.geometry,
    }


def error_if_steady(
    model: Model,
    problem: HeatProblem,
    readings: Readings,
    budget: Budget,
    notes: list[str],
    journal: Journal,
) -> dict[str, float]:
    """Return the estimated error in space of the last state if it is steady, else note why not.

    The dual-weighted residual of the steady problem knows nothing of errors made earlier; once
    less than 0.1 % of the heat turned over is still stored they have died away with the rest of
    the past, and it holds as for a steady run (collective).
    """
    if not model.case.solver.error_estimate:
        return {}
    share = share_stored(budget)
    if share > STEADY:
        notes.append(
            "no error of the mesh is estimated: at the end the bodies still store "
            f"{share:.1%} of the heat turned over; repeat with mesh.refinement = 2, or run "
            "the steady case on this mesh"
        )
        return {}
    try:
        with journal.phase("error_estimate", "error estimate of the last state"):
            return goal_error(model, problem, readings, budget, journal)
    except SolveError as failure:  # the run itself is whole: it must not be lost for this
        notes.append(f"no error of the mesh is estimated: {failure}")
        return {}
