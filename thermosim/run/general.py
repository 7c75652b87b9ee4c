"""A run of a general case: body from ``[geometry]``, formulas on regions and boundaries."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.case.body_case import BodyCase
from thermosim.errors import CaseError
from thermosim.results import FORMAT, Result
from thermosim.results.provenance import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thermosim.fem.domain import Domain
    from thermosim.heat.error import ErrorEstimate
    from thermosim.heat.formulas import GeneralInput
    from thermosim.heat.general_observe import Reading, Readings
    from thermosim.heat.newton import NewtonSolver
    from thermosim.heat.problem import HeatProblem
    from thermosim.model.sizes import SizeMap
    from thermosim.results.journal import Journal
    from thermosim.run.march import TransientRun
    from thermosim.schedule.settings import Probe

Report = dict[str, float]


def make_body(case: BodyCase, comm: Any, sizes: SizeMap | None = None) -> tuple[Domain, Report]:
    """Return the mesh over all ranks, with cells of given sizes (collective)."""
    from thermosim.mesh.build import domain_of
    from thermosim.model.drawing import drawing_of_body

    return domain_of(replace(drawing_of_body(case), sizes=sizes), comm)


def input_of(case: BodyCase) -> GeneralInput:
    """Return regions, boundaries and contacts as the heat model takes them."""
    from thermosim.heat.formulas import GeneralInput
    from thermosim.model.heat import Enclosure, film_of

    bodies = {
        name: (case.material(region.material), region.heat_source, region.axis)
        for name, region in case.regions.items()
    }
    contacts = {name: (*contact.between, contact.h_c) for name, contact in case.contacts.items()}
    enclosures = tuple(Enclosure(**one.model_dump()) for one in case.enclosures.values())
    films = tuple(film_of(film, case.material(film.material)) for film in case.films)
    return GeneralInput(bodies, case.boundaries, contacts, enclosures, films)


def probes_of(case: BodyCase) -> dict[str, Probe]:
    """Return all probes by name.

    Raises
    ------
    CaseError
        If a name stands in [[probes]] and in [transient.probes].
    """
    found: dict[str, Probe] = {probe.name: probe for probe in case.probes}
    for name, probe in (case.transient.probes if case.transient else {}).items():
        if name in found:
            raise CaseError(f'probe "{name}" stands in [[probes]] and in [transient.probes]')
        found[name] = probe
    return found


def _checked_domain(
    case: BodyCase, comm: Any, journal: Journal, sizes: SizeMap | None = None
) -> tuple[Domain, Report, GeneralInput]:
    """Return the mesh and what acts on it, the formulas checked at its nodes."""
    from thermosim.fem.parallel import all_agree
    from thermosim.heat.formulas import check_boundaries, check_formulas
    from thermosim.run.simulate import mesh_line

    with journal.phase("mesh", "mesh"):
        domain, report = make_body(case, comm, sizes)
    journal.say(mesh_line(case, domain, report))
    given = input_of(case)
    check_boundaries(given, domain)
    times = (0.0,) if case.transient is None else (0.0, case.transient.duration)
    all_agree(comm, check_formulas(given, domain, case.reference, times))
    return domain, report, given


def solve_general(
    case: BodyCase, comm: Any, journal: Journal, sizes: SizeMap | None = None
) -> tuple[Result, HeatProblem]:
    """Find the steady state of a general case, on cells of given sizes (collective).

    Raises
    ------
    CaseError, MeshError, SolveError
        As `simulate`.
    """
    domain, report, given = _checked_domain(case, comm, journal, sizes)
    with journal.phase("setup", "set-up (compiles forms on the first run)"):
        from thermosim.fem.domain import constant
        from thermosim.heat.formulas import general_model
        from thermosim.heat.general_observe import Readings
        from thermosim.heat.problem import HeatProblem

        model = general_model(given, domain, case.reference, constant(domain, 0.0))
        problem = HeatProblem(domain, model, case.solver.degree)
        readings = Readings(problem, case.regions, probes_of(case), "probes")
        problem.compile()
    with journal.phase("solve", f"solve: {problem.space.dofmap.index_map.size_global} unknowns"):
        from thermosim.heat.steady import solve_steady

        solver = solve_steady(problem, case.solver, journal.say)
    return _steady_result(case, problem, solver, readings, report, journal), problem


def _steady_result(
    case: BodyCase,
    problem: HeatProblem,
    solver: NewtonSolver,
    readings: Readings,
    report: Report,
    journal: Journal,
) -> Result:
    from thermosim.heat.budget import balance_error, heat_budget

    with journal.phase("budget", "heat budget"):
        budget = heat_budget(problem, solver)
        temperatures = readings.temperatures()
    goal: dict[str, Any] = _goal(case, temperatures)
    if case.solver.error_estimate:
        with journal.phase("error_estimate", "error estimate"):
            journal.estimate = goal_error(case, problem, readings.probes)
            goal["goal_error_K"] = journal.estimate.bound
        if case.mesh.target_error is None:  # else the last mesh has the word
            for note in journal.estimate.notes:
                journal.say(note)
    balance = balance_error(budget)
    stats = solver.stats
    summary = {
        **_head(case, "steady"),
        **_delta(case, temperatures),
        **temperatures,
        **goal,
        **_heat(budget),
        "energy_balance_rel": balance,
        **_numerics(case, problem, report),
        "newton_iterations": stats.newton_iterations,
        "linear_iterations": stats.linear_iterations,
        "residual_rel": stats.residual_rel,
        "continuation_steps": stats.continuation_steps,
    }
    journal.judge_balance(balance, case.solver.balance_tolerance)
    notes = _notes(case, problem.domain, temperatures, journal)
    return Result(summary, budget, case, None, notes, problem)


def _head(case: BodyCase, kind: str) -> dict[str, Any]:
    return {"format": FORMAT, "title": case.title, "kind": kind, "symmetry": case.symmetry}


def _numerics(case: BodyCase, problem: HeatProblem, report: Report) -> dict[str, Any]:
    return {
        "T_ref_K": problem.model.T_ref,
        "n_dofs": int(problem.space.dofmap.index_map.size_global),
        "n_cells": int(report["n_cells"]),
        "min_scaled_jacobian": report["min_scaled_jacobian"],
        "n_ranks": problem.domain.comm.size,
        "mesh_hash": problem.domain.mesh_hash,
        "case_hash": case.digest(),
        **versions(),
    }


def goal_region(case: BodyCase) -> str:
    """Return the region that the goal is, or else the first one."""
    return case.goal if case.goal in case.regions else next(iter(case.regions))


def _delta(case: BodyCase, temperatures: dict[str, float]) -> dict[str, float]:
    """Return mean, lowest and highest ΔT of the region of the goal [K]."""
    name = goal_region(case)
    return {
        f"delta_T_{key}_K": temperatures[f"region_{name}_{key}_K"] - case.reference
        for key in ("mean", "min", "max")
    }


def _goal(case: BodyCase, found: dict[str, float]) -> dict[str, Any]:
    """Return the name of the goal and its temperature [K]."""
    name = case.goal or goal_region(case)
    key = f"region_{name}_mean_K" if name in case.regions else f"probe_{name}_K"
    return {"goal": name, "goal_K": found[key]}


def goal_error(
    case: BodyCase, problem: HeatProblem, probes: Mapping[str, Reading]
) -> ErrorEstimate:
    """Return the estimated error of the goal (collective)."""
    from thermosim.heat.error import estimate_error
    from thermosim.heat.general_observe import point_load
    from thermosim.heat.probes import PointProbe

    region, probe = goal_region(case), probes.get(case.goal or "")
    load = None
    if case.goal not in case.regions and isinstance(probe, PointProbe):
        load = partial(point_load, probe)
    steers = case.mesh.target_error is not None
    return estimate_error(problem, case.solver, region, load=load, steers=steers)


def _heat(budget: dict[str, float]) -> dict[str, float]:
    from thermosim.heat.budget import leaving, released

    return {"heat_source_W": released(budget), "heat_leaving_W": leaving(budget)}


def _notes(case: BodyCase, domain: Domain, found: dict[str, float], journal: Journal) -> list[str]:
    """Return what a reader must know: silent insulation, properties beyond their range."""
    notes = []
    if case.symmetry == "planar":
        notes.append("planar: heat in W is per metre of depth")
    sides = {f"{name}:{r}" for name, contact in case.contacts.items() for r in contact.between}
    silent = [name for name in domain.boundaries if name not in case.boundaries.keys() | sides]
    if silent:
        notes.append(f"insulated, since the case says nothing of them: {', '.join(silent)}")
    for name, region in case.regions.items():
        low, high = found[f"region_{name}_min_K"], found[f"region_{name}_max_K"]
        lines = case.material(region.material).outside_range(low, high)
        notes += [f"{name} ({region.material}) {line}" for line in lines]
    return notes + [line for line in journal.lines if "WARNING" in line]


def set_up_general(
    case: BodyCase, journal: Journal, comm: Any, running: Path | None
) -> tuple[TransientRun, Report]:
    """Make a transient of a general case ready to march (collective)."""
    assert case.transient is not None
    domain, report, given = _checked_domain(case, comm, journal)
    with journal.phase("setup", "set-up (compiles forms on the first run)"):
        from thermosim.fem.domain import constant
        from thermosim.heat.formulas import general_model, held_rates
        from thermosim.heat.general_observe import GeneralObserver
        from thermosim.heat.timestepper import TimeStepper
        from thermosim.heat.transient import TransientProblem, with_factor
        from thermosim.run.march import Files, TransientRun
        from thermosim.run.snapshots import Snapshots
        from thermosim.run.transient import set_initial_state
        from thermosim.schedule.schedule import largest_factor

        factor, time = constant(domain, 1.0), constant(domain, 0.0)
        model = with_factor(general_model(given, domain, case.reference, time), factor)
        problem = TransientProblem(domain, model, case.solver.degree, factor, time)
        end = case.transient.duration
        problem.held_rates = held_rates(problem.space, model, domain, end)
        stepper = TimeStepper(problem, case.solver, case.transient)
        observer = GeneralObserver(problem, stepper.solver, goal_region(case), probes_of(case))
        run = TransientRun(case, stepper, observer, journal.tell)
        problem.compile()
        set_initial_state(case, problem)
        stepper.set_scale(largest_factor(run.pieces, end))
    if running is not None:
        snapshots = Snapshots(running, run.states)
        run.files = Files(running, None, snapshots, case.digest(), domain.mesh_hash)
    return run, report


def transient_result(case: BodyCase, run: TransientRun, report: Report, journal: Journal) -> Result:
    """Return the last state of a transient, its budget and what the march took (collective)."""
    from thermosim.heat.general_observe import GeneralObserver
    from thermosim.heat.transient import STORED
    from thermosim.run.last import error_if_steady

    assert case.transient is not None
    assert isinstance(run.observer, GeneralObserver)
    course, last = run.course, run.rows[-1]
    budget = run.observer.budget()
    flows = {name: heat for name, heat in budget.items() if not name.endswith(f":{STORED}")}
    kept = ("delta_T_", "region_", "probe_")
    temperatures = {key: last[key] for key in last if key.startswith(kept)}
    journal.judge_balance(course.worst_balance, case.solver.balance_tolerance)
    run.note_stats()
    notes = _notes(case, run.problem.domain, temperatures, journal)
    goal: dict[str, Any] = _goal(case, temperatures)
    if case.solver.error_estimate:
        probes = run.observer.readings.probes

        def estimate() -> dict[str, float]:
            return {"goal_error_K": goal_error(case, run.problem, probes).bound}

        goal |= error_if_steady(budget, estimate, notes, journal)
    summary = {
        **_head(case, "transient"),
        **temperatures,
        **goal,
        **_heat(flows),
        "heat_stored_W": sum(budget.values()) - sum(flows.values()),
        "energy_balance_rel": course.worst_balance,
        "time_s": course.time,
        "ended_steady": course.ended_steady,
        "integrator": case.transient.integrator,
        "n_steps": course.steps,
        "rejected_steps": course.rejections,
        **_numerics(case, run.problem, report),
        "newton_iterations": course.newton_iterations,
        "linear_iterations": course.linear_iterations,
    }
    return Result(summary, budget, case, None, notes, run.problem)
