"""Sets up a transient, starts or continues it, and makes a result of it.

While it runs everything stands in ``OUTPUT.running``; at its end the folder is renamed.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.case.body_case import BodyCase
from thermosim.errors import CaseError
from thermosim.fem.parallel import on_root
from thermosim.results import Result
from thermosim.results.checkpoint import latest_checkpoint, remove_checkpoints
from thermosim.results.folder import publish, staging_folder, write_documents
from thermosim.results.result import CASE, SUMMARY
from thermosim.results.series import full
from thermosim.run.last import particle_result
from thermosim.run.march import Files, TransientRun
from thermosim.run.snapshots import SNAPSHOTS, Snapshots
from thermosim.schedule.schedule import largest_factor

if TYPE_CHECKING:
    from thermosim.case.particle_case import Case
    from thermosim.case.read import AnyCase
    from thermosim.fem.domain import Domain
    from thermosim.heat.transient import TransientProblem
    from thermosim.light import AbsorbedLight
    from thermosim.results.journal import Journal

LOCK = "lock"


def running_folder(directory: Path) -> Path:
    """Return where a run writes until it is finished."""
    return directory.with_name(f"{directory.name}.running")


def find_interrupted(directory: Path) -> tuple[Path, AnyCase]:
    """Return the final folder and the case of a run that can go on; `directory` may be either.

    Raises
    ------
    CaseError
        If there is none.
    """
    from thermosim.case.read import load_case

    final = directory
    if directory.name.endswith(".running"):
        final = directory.with_name(directory.name.removesuffix(".running"))
    running = running_folder(final)
    if not (running / CASE).exists():
        why = "is finished" if (final / SUMMARY).exists() else "holds no interrupted run"
        raise CaseError(f"{why}: there is no {running}", str(directory))
    return final, load_case(running / CASE)


def simulate_transient(
    case: AnyCase,
    output: Path | None,
    journal: Journal,
    comm: Any,
    start: float,
    *,
    overwrite: bool = False,
    resume: bool = False,
    finish: Callable[[Path], None] = lambda folder: None,
) -> Result:
    """Run a case with a section [transient], or go on with one (collective).

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
        on_root(comm, lambda: lock.append(_occupy(running, case, overwrite, resume)))
    from thermosim.run.simulate import note_times

    try:
        run, report = _begin(case, journal, comm, running, resume=resume)
        n_unknowns = run.problem.space.dofmap.index_map.size_global
        with journal.phase("solve", f"transient: {n_unknowns} unknowns"):
            run.march()
        result = _result(case, run, report, journal)
        if output is not None and running is not None:
            _finish(case, run, result, journal, (running, output), finish, start)
        else:
            note_times(result, journal, start)
    finally:
        for stream in lock:
            stream.close()
    return result


def _begin(
    case: AnyCase, journal: Journal, comm: Any, running: Path | None, *, resume: bool
) -> tuple[TransientRun, dict[str, float]]:
    """Set a run up, and bring it to its last checkpoint if it is resumed (collective)."""
    try:
        run, report = set_up(case, journal, comm, running)
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
    tell: Callable[[str], None] = lambda text: None,
    finish: Callable[[Path], None] = lambda folder: None,
    comm: Any = None,
) -> Result:
    """Go on with an interrupted run, on any number of ranks, to its end (collective).

    Raises
    ------
    CaseError, SolveError, StorageError, Interrupted
        As `simulate_transient`.
    """
    import time

    from mpi4py import MPI

    from thermosim.results.journal import Journal

    comm = MPI.COMM_WORLD if comm is None else comm
    output, case = on_root(comm, lambda: find_interrupted(directory))
    journal = Journal(tell if comm.rank == 0 else lambda text: None)
    start = time.perf_counter()
    return simulate_transient(case, output, journal, comm, start, resume=True, finish=finish)


def _occupy(running: Path, case: AnyCase, overwrite: bool, resume: bool) -> Any:
    """Make (or find) the running folder and lock it against a second process."""
    if resume:
        return _lock(running)
    if running.exists():
        if not (running / CASE).is_file() or not (running / LOCK).is_file():
            raise CaseError(
                "is in the way and no interrupted run; move it, or name another folder with -o",
                str(running),
            )
        if not overwrite:
            raise CaseError(
                f"holds an interrupted run; go on with `thermosim run --resume "
                f"{running.name.removesuffix('.running')}`, or discard it with --overwrite",
                str(running),
            )
        _lock(running).close()
        shutil.rmtree(running)
    staged = staging_folder(running)
    try:
        (staged / CASE).write_text(case.to_toml())
        staged.chmod(0o755)
        staged.replace(running)
    except OSError as error:
        raise full(running, error) from error
    return _lock(running)


def _lock(running: Path) -> Any:
    stream = (running / LOCK).open("w")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stream.close()
        raise CaseError("another process is computing this run", str(running)) from error
    return stream


def set_up(
    case: AnyCase, journal: Journal, comm: Any, running: Path | None
) -> tuple[TransientRun, dict[str, float]]:
    """Make a run ready to march from its initial state, and return the report of its mesh.

    Collective; `running` is the folder to write into, or None.

    Raises
    ------
    CaseError, MeshError, SolveError
        As `simulate_transient`.
    """
    if isinstance(case, BodyCase):
        from thermosim.run.general import set_up_general

        return set_up_general(case, journal, comm, running)
    from thermosim.run.simulate import make_domain, mesh_line

    assert case.transient is not None
    with journal.phase("mesh", "mesh"):
        domain, report = make_domain(case, comm)
    journal.say(mesh_line(case, domain, report))
    with journal.phase("setup", "set-up (compiles forms on the first run)"):
        from thermosim.heat.observe import Observer
        from thermosim.heat.timestepper import TimeStepper

        problem, pump = _problem(case, domain, journal)
        stepper = TimeStepper(problem, case.solver, case.transient)
        observer = Observer(problem, stepper.solver, "particle", case.transient.probes)
        run = TransientRun(case, stepper, observer, journal.tell)
        run.light = pump
        problem.compile()
        set_initial_state(case, problem)
        stepper.set_scale(largest_factor(run.pieces, case.transient.duration))
    if running is not None:
        snapshots = Snapshots(running, run.states)
        run.files = Files(running, None, snapshots, case.digest(), domain.mesh_hash)
    return run, report


def _problem(
    case: Case, domain: Domain, journal: Journal
) -> tuple[TransientProblem, AbsorbedLight | None]:
    """Return the heat problem of a particle and the light in it, which one factor scales."""
    from thermosim.fem.domain import constant
    from thermosim.heat.transient import ScaledSource, TransientProblem
    from thermosim.model.of_particle import heat_model
    from thermosim.run.simulate import heat_sources, light_in

    degree, light = case.solver.degree, constant(domain, 1.0)
    pump = light_in(case, domain, degree, journal.say)
    if pump is not None:
        pump.scale = light
    source, ground = heat_sources(case, pump)
    source = ScaledSource(source, light) if pump is None else source
    model = heat_model(case, domain, source, ground)
    return TransientProblem(domain, model, degree, light), pump


def set_initial_state(case: AnyCase, problem: TransientProblem) -> None:
    """Set θ to the initial state that the case names.

    Raises
    ------
    SolveError
        If a steady state is asked for and none is found.
    """
    from thermosim.heat.transient import steady_state

    assert case.transient is not None
    initial = case.transient.initial
    theta = problem.theta.x.array
    laser = None if isinstance(case, BodyCase) else case.laser
    try:
        factor = initial.light_before(None if laser is None else laser.peak_intensity)
    except ValueError as error:
        raise CaseError(str(error)) from error
    if factor is not None:
        theta[:] = steady_state(problem, case.solver, factor)
    elif initial.level is not None:
        theta[:] = initial.level - problem.model.T_ref
    elif not isinstance(case, BodyCase):
        theta[:] = case.chamber.temperature - problem.model.T_ref
    problem.impose(problem.theta)


def _result(case: AnyCase, run: TransientRun, report: dict[str, float], journal: Journal) -> Result:
    if isinstance(case, BodyCase):
        from thermosim.run.general import transient_result

        return transient_result(case, run, report, journal)
    return particle_result(case, run, report, journal)


def _write_fields(running: Path, snapshots: Snapshots, run: TransientRun) -> None:
    from thermosim.fem.parallel import all_agree

    failure = None
    try:
        snapshots.write_fields(running, run.problem)
    except (OSError, RuntimeError) as error:  # DOLFINx tells a full disk as the latter
        failure = full(running, error)
    all_agree(run.comm, failure)


def _finish(
    case: AnyCase,
    run: TransientRun,
    result: Result,
    journal: Journal,
    places: tuple[Path, Path],
    finish: Callable[[Path], None],
    start: float,
) -> None:
    """Write fields and documents, then rename the folder; checkpoints go last."""
    running, output = places
    files = run.files
    assert files is not None
    with journal.phase("output", f"write {output}"):
        if case.output.fields:
            run.keep_last_field()
            _write_fields(running, files.snapshots, run)

    from thermosim.run.simulate import note_times

    note_times(result, journal, start)

    def documents() -> None:
        try:
            write_documents(running, result, journal.lines)
            finish(running)
            shutil.rmtree(running / SNAPSHOTS)
            publish(running, output)
            remove_checkpoints(output)
            (output / LOCK).unlink(missing_ok=True)
        except OSError as error:
            raise full(running, error) from error

    on_root(run.comm, documents)
    result.directory = output
