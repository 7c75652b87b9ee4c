"""The folder of a run: steady ones fill it aside; transients work in ``OUTPUT.running``."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, StorageError
from thermosim.fem.parallel import all_agree, on_root
from thermosim.results.checkpoint import remove_checkpoints
from thermosim.results.folder import not_stored, publish, staging_folder, write_documents
from thermosim.results.result import CASE, SUMMARY
from thermosim.results.series import full
from thermosim.run.snapshots import SNAPSHOTS
from thermosim.run.summary import note_times

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.heat.problem import HeatProblem
    from thermosim.results import Result
    from thermosim.results.journal import Journal
    from thermosim.run.march import TransientRun

LOCK = "lock"
Finish = Callable[[Path], None]


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


def write_steady(
    folder: Path,
    result: Result,
    problem: HeatProblem,
    journal: Journal,
    start: float,
    finish: Finish,
) -> None:
    """Write everything of a steady run aside and rename it into place (collective)."""
    comm = problem.domain.comm
    note_times(result, journal, start)  # for what is kept of it if the disk is full
    staged = on_root(comm, lambda: staging_folder(folder))
    failure: Exception | None = None
    with journal.phase("output", f"write {folder}"):
        if result.case.output.fields:
            from thermosim.run.fields import write_fields  # DOLFINx's writers load late

            try:
                write_fields(staged, problem)
                _write_light(staged, result, problem)
            except (OSError, RuntimeError) as error:  # DOLFINx tells a full disk as the latter
                failure = not_stored(folder, error)
        discard_on_failure(comm, staged, failure)
    note_times(result, journal, start)

    def documents() -> None:
        try:
            write_documents(staged, result, journal.lines)
            finish(staged)
            publish(staged, folder)
        except OSError as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise not_stored(folder, error) from error

    on_root(comm, documents)
    result.directory = folder


def _write_light(folder: Path, result: Result, problem: HeatProblem) -> None:
    """Write the light in pieces finer than its fringes, where its model knows it (collective)."""
    if not result.case.output.pictures:
        return
    from thermosim.light import GainSource
    from thermosim.visual.light_map import write_light_map
    from thermosim.visual.near_field import write_near_field
    from thermosim.visual.report import shows_light

    light = result.layout.lit
    for body in problem.model.bodies:
        source = body.source
        if body.region != light or not isinstance(source, GainSource) or not shows_light(result):
            continue
        known = source.origin
        if known is not None:
            write_light_map(folder, result, known.fringe, known.intensity_at, problem.domain.comm)
            if (wave := known.wave) is not None:
                write_near_field(folder, wave.surroundings, wave.around_at, problem.domain.comm)


def discard_on_failure(comm: Any, staged: Path, failure: Exception | None) -> None:
    """Raise the failure of any rank on all of them, and remove what was begun (collective).

    Not where the failure is caught: the writers of DOLFINx write once more when they go away.
    """
    try:
        all_agree(comm, failure)
    except StorageError:
        if comm.rank == 0:
            shutil.rmtree(staged, ignore_errors=True)
        raise


def occupy(running: Path, case: AnyCase, overwrite: bool, resume: bool) -> Any:
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


def finish_transient(
    run: TransientRun,
    result: Result,
    journal: Journal,
    places: tuple[Path, Path],
    finish: Finish,
    start: float,
) -> None:
    """Write fields and documents, then rename the folder; checkpoints go last (collective)."""
    running, output = places
    files, failure = run.files, None
    assert files is not None
    with journal.phase("output", f"write {output}"):
        if run.model.case.output.fields:
            run.keep_last_field()
            try:
                files.snapshots.write_fields(running, run.problem)
            except (OSError, RuntimeError) as error:  # DOLFINx tells a full disk as the latter
                failure = full(running, error)
            all_agree(run.comm, failure)
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
