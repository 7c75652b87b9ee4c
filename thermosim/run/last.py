"""The result of a transient of a particle: its last state with light, thermometer and error."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from thermosim.errors import SolveError
from thermosim.limits.of_case import escape_of
from thermosim.results import FORMAT, Result
from thermosim.results.provenance import versions
from thermosim.run.course import lock_in_summary, segments
from thermosim.schedule.schedule import walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.case.particle_case import Case
    from thermosim.results.journal import Journal
    from thermosim.run.march import TransientRun

STEADY = 1e-3  # share of the heat turned over that may still be stored


def still_stored(budget: dict[str, float]) -> float:
    """Return the heat stored per time, over the most that is turned over (0: steady; 0 to 1)."""
    from thermosim.heat.transient import STORED

    kept = sum(abs(heat) for name, heat in budget.items() if name.endswith(f":{STORED}"))
    turned = sum(abs(heat) for heat in budget.values()) / 2
    return min(kept / turned, 1.0) if turned else 0.0


def error_if_steady(
    budget: dict[str, float],
    estimate: Callable[[], dict[str, float]],
    notes: list[str],
    journal: Journal,
) -> dict[str, float]:
    """Return the estimated error in space of the last state if it is steady, else note why not.

    The dual-weighted residual of the steady problem knows nothing of errors made earlier; once
    less than 0.1 % of the heat turned over is still stored they have died away with the rest of
    the past, and it holds as for a steady run (collective).
    """
    share = still_stored(budget)
    if share > STEADY:
        notes.append(
            "no error of the mesh is estimated: at the end the bodies still store "
            f"{share:.1%} of the heat turned over; repeat with mesh.refinement = 2, or run "
            "the steady case on this mesh"
        )
        return {}
    try:
        with journal.phase("error_estimate", "error estimate of the last state"):
            return estimate()
    except SolveError as failure:  # the run itself is whole: it must not be lost for this
        notes.append(f"no error of the mesh is estimated: {failure}")
        return {}


def light_now(case: Case, run: TransientRun, notes: list[str], journal: Journal) -> dict[str, Any]:
    """Return the numbers of the light and of the thermometer for the last state (collective)."""
    if run.light is None:
        return {}
    from thermosim.light import light_summary
    from thermosim.run.simulate import reading

    found = light_summary(run.light, run.problem)
    if case.output.thermometer:
        with journal.phase("thermometer", "what a thermometer would read"):
            found |= reading(case, run.problem, run.light, notes)
    return found


def particle_result(
    case: Case, run: TransientRun, report: dict[str, float], journal: Journal
) -> Result:
    """Return the last state, its budget and what the march took (collective)."""
    from thermosim.run.simulate import particle_notes

    series, course, budget = run.series(), run.course, run.observer.budget()
    journal.judge_balance(course.worst_balance, case.solver.balance_tolerance)
    run.note_stats()
    low, high = series["delta_T_min_K"].min(), series["delta_T_max_K"].max()
    notes = particle_notes(case, {"delta_T_min_K": float(low), "delta_T_max_K": float(high)})
    summary = {
        "format": FORMAT,
        "title": case.title,
        "kind": "transient",
        **{key: value for key, value in run.rows[-1].items() if key.startswith("delta_T_")},
        **_error(case, run, budget, notes, journal),
        **heat_now(budget),
        "energy_balance_rel": course.worst_balance,
        **_course(case, run),
        "chamber_temperature_K": case.chamber.temperature,
        "contact_radius_m": case.contact_radius,
        **escape_of(case),
        **_numerics(case, run, report),
        **light_now(case, run, notes, journal),
    }
    notes += [line for line in journal.lines if "WARNING" in line]
    return Result(summary, budget, case, None, notes, run.problem)


def _error(
    case: Case, run: TransientRun, budget: dict[str, float], notes: list[str], journal: Journal
) -> dict[str, float]:
    from thermosim.run.simulate import mean_error

    if not case.solver.error_estimate:
        return {}
    estimate = partial(mean_error, run.problem, case, budget, journal)
    return error_if_steady(budget, estimate, notes, journal)


def _course(case: Case, run: TransientRun) -> dict[str, Any]:
    """Return when the run ended, what each level of the light did, and lock-in."""
    assert case.transient is not None
    series, course = run.series(), run.course
    levels = segments(series, walk(run.pieces, case.transient.duration))
    timed = [level for level in levels if "time_constant_63_s" in level]
    found = {
        "time_s": course.time,
        "ended_steady": course.ended_steady,
        **({key: timed[-1][key] for key in timed[-1] if "constant" in key} if timed else {}),
        "segments": levels,
        "integrator": case.transient.integrator,
        "n_steps": course.steps,
        "rejected_steps": course.rejections,
    }
    if case.transient.lock_in is not None:
        found["lock_in"] = lock_in_summary(series, case.transient)
    return found


def _numerics(case: Case, run: TransientRun, report: dict[str, float]) -> dict[str, Any]:
    return {
        "n_dofs": int(run.problem.space.dofmap.index_map.size_global),
        "n_cells": int(report["n_cells"]),
        "min_scaled_jacobian": report["min_scaled_jacobian"],
        "newton_iterations": run.course.newton_iterations,
        "linear_iterations": run.course.linear_iterations,
        "n_ranks": run.comm.size,
        "mesh_hash": run.problem.domain.mesh_hash,
        "case_hash": case.digest(),
        **versions(),
    }


def heat_now(budget: dict[str, float]) -> dict[str, float]:
    """Return the budget of one moment in the few numbers that people ask for [W]."""
    from thermosim.heat.transient import STORED
    from thermosim.run.simulate import heat_summary

    kept = {name: value for name, value in budget.items() if name.endswith(f":{STORED}")}
    flows = {name: value for name, value in budget.items() if name not in kept}
    found = heat_summary(flows)
    found["heat_to_substrate_W"] -= kept.get(f"particle:{STORED}", 0.0)
    return {**found, "heat_stored_W": sum(kept.values())}
