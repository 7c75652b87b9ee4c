"""Where points are computed: local processes, the ranks of an MPI run, a Dask cluster."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from thermosim.errors import CaseError, MissingDependencyError, SolveError
from thermosim.studies.worker import enter, ready


@dataclass(frozen=True)
class Crew:
    """How to start an executor, how many points to hand it at a time, whether to start it again.

    Attributes
    ----------
    start : gives the executor inside a ``with`` block
    window : most points handed over and not done; None: all at once
    restarts : whether a broken executor may be started anew, to find the point that broke it
    """

    start: Callable[[], AbstractContextManager[Executor]]
    window: int | None
    restarts: bool
    name: str


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def given(executor: Executor) -> Crew:
    """Return a crew of an executor that somebody else started and will shut down."""
    return Crew(lambda: contextlib.nullcontext(executor), None, False, type(executor).__name__)


def local(workers: int | None = None) -> Crew:
    """Return a crew of local processes, one for each core (at most `workers`)."""
    count = workers or cores()
    return Crew(lambda: _processes(count), 2 * count, True, f"{count} local processes")


@contextlib.contextmanager
def _processes(count: int) -> Iterator[Executor]:
    import multiprocessing

    with environment(OMP_NUM_THREADS="1"):
        pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), enter)
        try:
            _see_it_start(pool)
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def _see_it_start(pool: Executor) -> None:
    try:
        pool.submit(ready).result()
    except BrokenExecutor as error:
        raise SolveError(
            "the worker processes do not start; what MPI says of it, if anything, stands above. A "
            'script that calls sweep must do so under if __name__ == "__main__"'
        ) from error


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set environment variables for the processes started inside the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def under_mpi_futures() -> bool:
    """Whether ``python -m mpi4py.futures`` runs this process, as the one that hands out work."""
    core = sys.modules.get("mpi4py.futures._core")
    return core is not None and getattr(core, "SharedPool", None) is not None


def mpi() -> Crew:
    """Return a crew of the other ranks of ``mpirun -n N python -m mpi4py.futures``."""
    return Crew(_ranks, None, False, "MPI ranks")


@contextlib.contextmanager
def _ranks() -> Iterator[Executor]:
    from mpi4py.futures import MPIPoolExecutor

    # the workers must not run the command line, which is the main module
    pool: Any = MPIPoolExecutor(main=False)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def dask(address: str, workers: int | None = None) -> Crew:
    """Return a crew of a Dask cluster: an address such as ``tcp://host:8786``, or "local"."""
    return Crew(lambda: _dask(address, workers or cores()), None, False, f"Dask, {address}")


@contextlib.contextmanager
def _dask(address: str, count: int) -> Iterator[Executor]:
    try:
        import distributed
    except ImportError as error:
        raise MissingDependencyError(
            "Dask is not installed. Run:  python3 -m pip install dask distributed; "
            "or leave --dask out"
        ) from error
    with contextlib.ExitStack() as stack:
        cluster: Any = address
        if address == "local":
            cluster = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=count, threads_per_worker=1, dashboard_address=None
                )
            )
        try:
            client = stack.enter_context(distributed.Client(cluster, timeout="20s"))
        except (OSError, ValueError) as error:
            raise CaseError(f"--dask {address}: no cluster answers there: {error}") from error
        yield client.get_executor(retries=2)
