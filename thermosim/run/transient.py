"""A transient run: set up, started or continued, and made a result of.

While it runs everything stands in ``OUTPUT.running``; at its end the folder is renamed.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.fem.parallel import all_agree, on_root
from thermosim.model.budget import stored_part
from thermosim.model.of_case import model_of
from thermosim.results import Result
from thermosim.results.checkpoint import latest_checkpoint
from thermosim.results.journal import Journal, Tell
from thermosim.run.course import course_numbers
from thermosim.run.folder import (
    Finish,
    find_interrupted,
    finish_transient,
    occupy,
    running_folder,
)
from thermosim.run.goal import error_in_time
from thermosim.run.march import Files, TransientRun
from thermosim.run.prepare import heat_on, light_in, mesh_of, set_initial_state
from thermosim.run.snapshots import Snapshots
from thermosim.run.span import in_time
from thermosim.run.summary import (
    goal_numbers,
    head,
    light_numbers,
    note_times,
    notes_of,
    numerics,
)
from thermosim.schedule.schedule import Exposure, largest_factor

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.model.model import Model
    from thermosim.run.prepare import Report
    from thermosim.run.steady import Sampler

_TEMPERATURES = ("delta_T_", "region_", "probe_")


def simulate_transient(
    model: Model,
    output: Path | None,
    journal: Journal,
    comm: Any,
    start: float,
    *,
    overwrite: bool = False,
    resume: bool = False,
    finish: Finish = lambda folder: None,
    uncertainty: bool | Sampler = True,
) -> Result:
    """Run a model with a section [transient], or go on with one (collective).

    `start` is the `time.perf_counter` at which the run began; `journal` notes what is said and
    how long it takes; `finish` draws pictures into the filled folder on rank 0 before it is
    renamed to `output`.

    Raises
    ------
    CaseError, MeshError
        If the case cannot be computed as it stands, or an interrupted run is in the way.
    SolveError
        If no step meets the tolerance.
    StorageError
        If a file cannot be written or read back.
    Interrupted
        If the process was told to stop.
    """
    lock: list[Any] = []
    running = None if output is None else running_folder(output)
    if running is not None:
        on_root(comm, lambda: lock.append(occupy(running, model.case, overwrite, resume)))
    try:
        run, report = _begin(model, journal, comm, running, resume=resume)
        n_unknowns = run.problem.space.dofmap.index_map.size_global
        with journal.phase("solve", f"transient: {n_unknowns} unknowns"):
            run.march()
        result = _result(run, report, journal)
        if uncertainty:
            result.summary |= in_time(run, result.summary, result.notes)
        if uncertainty and model.case.uncertainty.asked:
            sampler = uncertainty if callable(uncertainty) else None
            result.summary |= _uncertainty(run, journal, sampler)
        if output is not None and running is not None:
            finish_transient(run, result, journal, (running, output), finish, start)
        else:
            note_times(result, journal, start)
    finally:
        for stream in lock:
            stream.close()
    return result


def end_and_extreme(case: AnyCase, comm: Any) -> dict[str, float]:
    """Return the mean ΔT [K] of a transient at its end and where it is largest (collective).

    Raises
    ------
    MeshError, SolveError
        If it cannot be meshed or solved.
    """
    run, _ = set_up(model_of(case), Journal(lambda text: None), comm, None, keep=False)
    run.march()
    means = [row["delta_T_mean_K"] for row in run.rows]
    return {"end": means[-1], "extreme": max(means, key=abs)}


def _uncertainty(
    run: TransientRun, journal: Journal, sampler: Sampler | None = None
) -> dict[str, Any]:
    """Return what numbers that are not known exactly do to the last state and to the extreme.

    By runs of their own, and so only where the case asks for it (collective).
    """
    from thermosim.run.sensitivity import beside, entries, material_error, sensitivities_in_time

    case, comm = run.model.case, run.problem.domain.comm
    with journal.phase("uncertainty", "uncertainty: two runs for each number not known exactly"):
        found = sensitivities_in_time(case, lambda other: end_and_extreme(other, comm))
    if not found:
        return {}
    slopes = {
        "delta_T_material_K": material_error(found["end"]),
        "delta_T_extreme_material_K": material_error(found["extreme"]),
        "sensitivity": entries(found["end"]),
        "sensitivity_of_extreme": entries(found["extreme"]),
    }
    if case.uncertainty.method != "sobol":
        return slopes
    assert sampler is not None  # see `simulate`
    return slopes | beside(slopes, sampler(case, journal.say))


def _begin(
    model: Model, journal: Journal, comm: Any, running: Path | None, *, resume: bool
) -> tuple[TransientRun, Report]:
    """Set a run up, and bring it to its last checkpoint if it is resumed (collective)."""
    try:
        run, report = set_up(model, journal, comm, running)
    except Exception:
        # nothing was computed: leave no folder that looks like a run to go on with
        if running is not None and comm.rank == 0 and not resume:
            shutil.rmtree(running, ignore_errors=True)
        raise
    if not resume or running is None:
        return run, report
    kept = on_root(comm, lambda: latest_checkpoint(running, journal.say))
    if kept is None:
        journal.say("no checkpoint yet: starting from the beginning")
    else:
        run.restore(kept)
        journal.say(f"going on from t = {run.course.time:.6g} s")
    return run, report


def resume_transient(
    directory: Path,
    *,
    tell: Tell = lambda text: None,
    finish: Finish = lambda folder: None,
    comm: Any = None,
) -> Result:
    """Go on with an interrupted run, on any number of ranks, to its end (collective).

    Raises
    ------
    CaseError, SolveError, StorageError, Interrupted
        As `simulate_transient`.
    """
    from mpi4py import MPI

    comm = MPI.COMM_WORLD if comm is None else comm
    output, case = on_root(comm, lambda: find_interrupted(directory))
    journal = Journal(tell if comm.rank == 0 else lambda text: None)
    start = time.perf_counter()
    return simulate_transient(
        model_of(case), output, journal, comm, start, resume=True, finish=finish
    )


def set_up(
    model: Model, journal: Journal, comm: Any, running: Path | None, *, keep: bool = True
) -> tuple[TransientRun, Report]:
    """Make a run ready to march from its initial state, and return the report of its mesh.

    Collective; `running` is the folder to write into, or None; `keep` as of `mesh_of`.

    Raises
    ------
    CaseError, MeshError, SolveError
        As `simulate_transient`.
    """
    case = model.case
    assert case.transient is not None
    domain, report = mesh_of(model, comm, journal, keep=keep)
    with journal.phase("setup", "set-up (compiles forms on the first run)"):
        from thermosim.fem.domain import constant
        from thermosim.heat.in_time import forcing_of, held_rates
        from thermosim.heat.observe import Readings
        from thermosim.heat.timestepper import TimeStepper
        from thermosim.heat.transient import TransientProblem

        duration = case.transient.duration
        factor = constant(domain, 1.0)
        light = light_in(model, domain, journal, factor)
        if light is not None and light.gain.ageing:
            light.exposure = constant(domain, 0.0)
        heat = heat_on(model, domain, light, factor)
        problem = TransientProblem(domain, heat, case.solver.degree, factor)
        problem.held_rates = held_rates(problem, duration)
        stepper = TimeStepper(problem, case.solver, case.transient)
        stepper.forcing = forcing_of(model.formulas, domain, model.T_ref, duration)
        readings = Readings(problem, model.goal.region, model.regions, model.probes)
        run = TransientRun(model, stepper, readings, journal.tell)
        run.light = light
        _start_clock(run)
        if run.ledger.error is not None and light is not None:
            from thermosim.light.sampling import sampled

            run.ledger.error.sample(list(sampled(light, run.ledger.error.fine)))
        problem.compile()
        run.ledger.meant = set_initial_state(model, problem)
        stepper.set_scale(largest_factor(run.pieces, duration))
    if running is not None:
        snapshots = Snapshots(running, run.states)
        run.files = Files(running, None, snapshots, case.digest(), domain.mesh_hash)
    return run, report


def _start_clock(run: TransientRun) -> None:
    """Let dots that age be as old as the light that they have had, whenever the time changes."""
    light = run.light
    if light is None or light.exposure is None:
        return
    had, exposure = Exposure(run.pieces), light.exposure

    def clock(time: float) -> None:
        exposure.value = had(time)

    run.problem.clock = clock
    if run.ledger.error is not None:
        run.ledger.error.fine.clock = clock


def _result(run: TransientRun, report: Report, journal: Journal) -> Result:
    """Return the last state, its budget and what the march took (collective)."""
    from thermosim.heat.formulas import check_visited

    model, problem, course = run.model, run.problem, run.course
    all_agree(problem.domain.comm, check_visited(model.formulas, problem, course.time))
    budget, last, account = run.meter.read(), run.rows[-1], course.account
    journal.judge_account(account.missing, account.error, run.ledger.allowed())
    run.note_stats()
    notes = notes_of(model, problem.domain.boundaries, run.rows)
    shift = course.worst_balance * max(abs(last["delta_T_min_K"]), abs(last["delta_T_max_K"]))
    bound = run.settings.tolerance
    tolerance = model.case.solver.balance_tolerance
    journal.judge_balance(course.worst_balance, tolerance, shift, bound)
    temperatures = {key: last[key] for key in last if key.startswith(_TEMPERATURES)}
    summary = {
        **head(model),
        **temperatures,
        **goal_numbers(model, temperatures),
        **error_in_time(run, budget, notes, journal),
        **model.accounts(budget),
        "heat_stored_W": sum(stored_part(budget).values()),
        "energy_balance_rel": course.worst_balance,
        "energy_in_J": account.came_in,
        "enthalpy_change_J": account.change,
        "energy_account_rel": account.error,
        **course_numbers(run),
        **model.facts,
        **numerics(model, problem, report),
        **light_numbers(model, problem, run.light, notes, journal),
    }
    notes += [line for line in journal.lines if "WARNING" in line]
    return Result(summary, budget, model.case, None, notes, problem)
