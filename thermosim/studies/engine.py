"""Handing points to an executor and taking their records, whatever happens to single points."""

from __future__ import annotations

import queue
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from thermosim.errors import MissingDependencyError, SolveError
from thermosim.studies.store import Record, read_record
from thermosim.studies.worker import Run, compute, without_result

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.studies.executors import Crew

_LAST_BREATH = 10.0  # seconds until a process that is known to be dead can be asked why
Work = deque[tuple[str, "AnyCase"]]
Flying = dict["Future[Record]", tuple[str, "AnyCase"]]


def compute_all(
    cases: Mapping[str, AnyCase],
    crew: Crew,
    run: Run,
    folder: Path,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Record]:
    """Yield the record of every case, in the order in which they get done.

    `meanwhile` is called before each wait for a point.

    If a process of the crew dies (a crash, out of memory), the points that were under way are run
    again one at a time, so that the one which kills its process is found. What the machine
    disturbed is run again once the others are done, one point at a time.

    Raises
    ------
    SolveError
        If an executor that cannot be started again breaks; what is finished is kept.
    """
    disturbed = {}
    for record in _compute_once(cases, crew, run, folder, meanwhile):
        if record.status == "disturbed":
            disturbed[record.key] = cases[record.key]
        else:
            yield record
    yield from _compute_once(disturbed, replace(crew, window=1), run, folder, meanwhile)


def _compute_once(
    cases: Mapping[str, AnyCase],
    crew: Crew,
    run: Run,
    folder: Path,
    meanwhile: Callable[[], object],
) -> Iterator[Record]:
    waiting: Work = deque(cases.items())
    doubtful: Work = deque()
    while waiting or doubtful:
        work, window = (doubtful, 1) if doubtful else (waiting, crew.window)
        flying: Flying = {}
        with crew.start() as executor:
            try:
                yield from _drain(executor, work, window, flying, run, folder, meanwhile)
            except BrokenExecutor as error:
                if not crew.restarts:
                    raise SolveError(
                        f"{crew.name}: the executor broke ({error}); finished points are kept: "
                        "start the same sweep again"
                    ) from error
                found, lost = _after_crash(flying, folder)
                yield from found
                if window == 1:
                    killed = _killed_from_outside(executor)
                    yield from (_died(key, killed=killed) for key, _ in lost)
                else:
                    doubtful.extend(lost)
            finally:
                for future in flying:
                    future.cancel()


def _drain(
    executor: Executor,
    work: Work,
    window: int | None,
    flying: Flying,
    run: Run,
    folder: Path,
    meanwhile: Callable[[], object],
) -> Iterator[Record]:
    """Submit work, at most `window` points at a time, and yield records as they come."""
    done: queue.SimpleQueue[Future[Record]] = queue.SimpleQueue()
    while work or flying:
        while work and (window is None or len(flying) < window):
            key, case = work[0]
            future = executor.submit(compute, key, case, run, str(folder))
            flying[future] = work.popleft()
            future.add_done_callback(done.put)
        meanwhile()
        future = done.get()
        record = _record(future, flying[future][0])
        del flying[future]
        yield record


def _record(future: Future[Record], key: str) -> Record:
    try:
        return future.result()
    except (BrokenExecutor, MissingDependencyError, ImportError):
        raise
    except CancelledError as error:  # the cluster went away: no fault of this point
        raise BrokenExecutor("its work was cancelled") from error
    except Exception as error:  # of the transport: a lost worker, a case that cannot be sent
        return without_result(key, error)


def _after_crash(flying: Flying, folder: Path) -> tuple[list[Record], list[tuple[str, AnyCase]]]:
    """Return what the dead pool finished all the same, and what it lost."""
    found, lost = [], []
    for key, case in flying.values():
        record = read_record(folder / f"{key}.json")
        if record is None:
            lost.append((key, case))
        else:
            found.append(record)
    flying.clear()
    return found, lost


def _killed_from_outside(executor: Executor) -> bool:
    """Whether a local process was killed, as Linux does when memory runs out; a crash is not."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    end = time.monotonic() + _LAST_BREATH
    # the executor's own thread waits for them too, and who comes second learns nothing by join
    while any(process.exitcode is None for process in processes) and time.monotonic() < end:
        time.sleep(0.01)
    return any(process.exitcode == -signal.SIGKILL for process in processes)


def _died(key: str, *, killed: bool) -> Record:
    words = "the process that computed this point "
    if killed:
        return Record(key, "disturbed", words + "was killed: is there too little memory?")
    return Record(key, "failed", words + "died (a crash)")
