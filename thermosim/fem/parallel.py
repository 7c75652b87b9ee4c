"""What several ranks need: work on one rank for all, and one clear end when a rank fails."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from thermosim.errors import MissingDependencyError

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")
_NAP = 0.005  # seconds
# where launchers say how many processes they started together
_WRONG = "the launcher does not belong to the MPI of this Python"
_STARTED = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS")


def on_root(comm: Any, work: Callable[[], T], *, long: bool = False) -> T:
    """Run `work` on rank 0 and hand its result, or its exception, to every rank.

    Where it takes `long` the others sleep: waiting in MPI takes a whole core of each.
    """
    outcome: tuple[bool, Any] = (True, None)
    if comm.rank == 0:
        try:
            outcome = (True, work())
        except Exception as error:
            outcome = (False, error)
    if long:
        _sleep_until_all_are_here(comm)
    good, value = comm.bcast(outcome, root=0)
    if not good:
        raise value
    result: T = value
    return result


def _sleep_until_all_are_here(comm: Any) -> None:
    everyone = comm.Ibarrier()
    while not everyone.Test():
        time.sleep(_NAP)


def all_agree(comm: Any, error: Exception | None) -> None:
    """Raise on every rank if any rank brings an error: the one of the lowest such rank.

    For steps that may fail on some ranks only; without it the others would wait forever.
    """
    found = [e for e in comm.allgather(error) if e is not None]
    if found:
        raise found[0]


def end_together(message: str, status: int, patience: float = 10.0) -> None:
    """End a run that failed: quietly if every rank failed, with an abort if only some did.

    Does nothing where MPI is not in use.
    """
    mpi4py = sys.modules.get("mpi4py.MPI")
    if mpi4py is None or not mpi4py.Is_initialized() or mpi4py.COMM_WORLD.size == 1:
        return
    comm = mpi4py.COMM_WORLD
    everyone = comm.Ibarrier()
    deadline = time.monotonic() + patience
    while not everyone.Test():
        if time.monotonic() > deadline:
            sys.stderr.write(f"thermosim: rank {comm.rank} failed alone: {message}\n")
            sys.stderr.flush()
            comm.Abort(status)
        time.sleep(0.01)


def begin_ranks() -> None:
    """Let the ranks of a command end together, once they are seen to know of each other.

    Raises
    ------
    MissingDependencyError
        If a launcher of another MPI started several processes, each of which is alone.
    """
    if wrong_launcher():
        raise MissingDependencyError(f"{_WRONG} (MPICH). {_fitting('MPICH')}")
    import thermosim.fem.first  # noqa: F401

    # isort: split
    from mpi4py import MPI

    started = max(int(os.environ.get(name, "1")) for name in _STARTED)
    if MPI.COMM_WORLD.size == 1 and started > 1:
        library = " ".join(MPI.Get_library_version().split(",")[0].split()[:3])
        raise MissingDependencyError(
            f"{started} processes were started together, but each is alone for MPI: {_WRONG} "
            f"({library}). {_fitting(library)}"
        )
    abort_on_exception(MPI.COMM_WORLD)


def wrong_launcher() -> bool:
    """Whether MPI, of DOLFINx's wheel, would end this process as soon as it is loaded.

    It is MPICH and knows no PMIx, by which Open MPI's mpirun and srun --mpi=pmix start processes.
    """
    wheel = importlib.util.find_spec("dolfinx_solver") is not None
    return wheel and "PMIX_RANK" in os.environ and "PMI_RANK" not in os.environ


def _fitting(library: str) -> str:
    own = Path(sys.prefix, "bin", "mpiexec")
    launcher = str(own) if own.exists() else "the mpirun of the same installation"
    on_slurm = "inside the job" if "MPICH" in library else "or srun --mpi=pmix"
    return f"Run it with  {launcher}  (on Slurm: {on_slurm})"


def abort_on_exception(comm: Any) -> None:
    """Make an uncaught exception on one rank of several end them all with one message."""
    if comm.size == 1:
        return
    previous = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(f"rank {comm.rank} failed:\n")
        previous(kind, error, trace)
        sys.stderr.flush()
        comm.Abort(1)

    sys.excepthook = hook
