"""What a worker does: compute one point, keep its record, never let one point end the others."""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from thermosim.errors import MissingDependencyError, StorageError, ThermosimError
from thermosim.studies.store import Record, keep_record

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase

Run = Callable[["AnyCase"], Any]
_PETSC_MEMORY = 55  # PETSC_ERR_MEM
_ONE_AT_A_TIME = threading.Lock()  # gmsh and PETSc are not made for threads, which Dask uses


def run_alone(case: AnyCase) -> Any:
    """Run a case in this process only, whatever other ranks there are; return its `Result`."""
    with _ONE_AT_A_TIME:
        from mpi4py import MPI

        _start_petsc_alone()
        from thermosim.run.simulate import simulate

        return simulate(case, comm=MPI.COMM_SELF, uncertainty=False)


@dataclass(frozen=True)
class Numbers:
    """What a sample is asked for, as a `Result` tells it."""

    summary: dict[str, float]
    notes: tuple[str, ...] = ()


def delta_alone(case: AnyCase) -> Numbers:
    """Run a case in this process only for its mean ΔT [K]: steady, or at the end and the extreme.

    Some ten times as fast as `run_alone` where light is a series.
    """
    with _ONE_AT_A_TIME:
        from mpi4py import MPI

        _start_petsc_alone()
        if case.transient is not None:
            from thermosim.run.transient import end_and_extreme

            return Numbers(end_and_extreme(case, MPI.COMM_SELF))
        from thermosim.run.again import mean_again

        return Numbers({"end": mean_again(case, MPI.COMM_SELF)})


def _start_petsc_alone() -> None:
    """Start PETSc on this process only: with all ranks it would wait for some that never do."""
    if "petsc4py.PETSc" not in sys.modules:
        import petsc4py
        from mpi4py import MPI

        petsc4py.init(comm=MPI.COMM_SELF)


def compute(key: str, case: AnyCase, run: Run, folder: str) -> Record:
    """Run one point and return its record, which is also kept if the worker sees the folder.

    Any exception of the run becomes a record that says "failed", but for what no point can be
    blamed for: what is missing in the environment is raised, other faults of it are "disturbed".
    """
    start = time.perf_counter()
    try:
        result = run(case)
        record = Record(key, "done", "", _plain(result.summary), [str(n) for n in result.notes])
    except (MissingDependencyError, ImportError):
        raise
    except Exception as error:  # a fault of one point must not end the others: it is recorded
        record = without_result(key, error)
    record.wall_s = round(time.perf_counter() - start, 4)
    _leave_what_is_loaded()
    if record.status != "disturbed" and Path(folder).is_dir():
        keep_record(Path(folder), record)
    return record


@functools.cache  # after the first point
def _leave_what_is_loaded() -> None:
    """Let Python no more look for cycles in all that is loaded, which takes as long as a point."""
    gc.collect()
    gc.freeze()


def without_result(key: str, error: Exception) -> Record:
    """Return the record of a point that ended in an exception."""
    status: Literal["failed", "disturbed"] = "disturbed" if of_the_machine(error) else "failed"
    if isinstance(error, ThermosimError):
        return Record(key, status, str(error))
    trace = "".join(traceback.format_exception(error))
    return Record(key, status, f"{type(error).__name__}: {error}", traceback=trace)


def of_the_machine(error: BaseException | None) -> bool:
    """Whether an error tells of the machine (disk, memory, permission, time), not of the case."""
    faults = (StorageError, OSError, MemoryError, subprocess.TimeoutExpired)
    while error is not None:
        if isinstance(error, faults) or getattr(error, "ierr", None) == _PETSC_MEMORY:
            return True
        if isinstance(error, ThermosimError):
            return False
        error = error.__cause__
    return False


def _plain(summary: Any) -> dict[str, Any]:
    """Return the numbers and texts of a summary as JSON can hold them."""
    return {
        str(name): value.item() if hasattr(value, "item") else value
        for name, value in summary.items()
    }


def enter() -> None:
    """Prepare a local worker process: it leaves interrupts to its parent, and goes with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_go_with_parent, daemon=True).start()


def _go_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def ready() -> int:
    """Return the process id: what a pool is asked first, to see that it can start, and MPI in it.

    An MPI that cannot start ends its process: no point is to be blamed for that.
    """
    if importlib.util.find_spec("mpi4py") is not None:
        importlib.import_module("mpi4py.MPI")
    return os.getpid()
