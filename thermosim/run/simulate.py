"""The door of a run: from a case to its result, steady or in time, written down if asked."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, Problem, SolveError
from thermosim.model.of_case import model_of
from thermosim.model.priors import given_priors
from thermosim.results import Result
from thermosim.results.claims import ends_claims
from thermosim.results.folder import check_target, keep_failed, numbers_kept
from thermosim.results.journal import Journal, Tell

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.heat.problem import HeatProblem
    from thermosim.model.drawing import Drawing
    from thermosim.run.folder import Finish
    from thermosim.run.goal import Enough
    from thermosim.run.steady import Sampler, Solved


@ends_claims
def simulate(
    case: AnyCase,
    output: str | Path | None = None,
    *,
    overwrite: bool = False,
    tell: Tell = lambda text: None,
    finish: Finish = lambda folder: None,
    comm: Any = None,
    uncertainty: bool | Sampler | None = None,
) -> Result:
    """Run a case and return its result; write its folder if `output` is given.

    Collective over `comm` (default: all ranks of MPI.COMM_WORLD). `finish` is called on rank 0
    with the filled folder before it is renamed into place, to draw pictures into it. If the solve
    fails, what there is goes to a folder named ``OUTPUT.failed``.

    `uncertainty` works out what ``[uncertainty]`` asks for; by default where a folder is written
    or the case asks for it. `infer.sampled.sampled` in its place draws samples where they
    are asked for.

    Raises
    ------
    CaseError, MeshError
        If the case cannot be computed as it stands.
    SolveError
        If no solution was found.
    StorageError, Interrupted
        If a transient could not be written down, or was told to stop; it can go on later.
    """
    if isinstance(case, str | Path):
        raise TypeError(f"simulate takes a case; write simulate(load_case({str(case)!r}))")
    from mpi4py import MPI

    from thermosim.fem.parallel import on_root
    from thermosim.run.folder import write_steady
    from thermosim.run.summary import note_times

    if uncertainty is None:
        uncertainty = output is not None or case.uncertainty.asked
    given_priors(case)  # what it names must be there before anything is computed
    comm = MPI.COMM_WORLD if comm is None else comm
    if uncertainty and case.uncertainty.method == "sobol":
        _check_sampler(alone=comm.size == 1, given=uncertainty is not True)
    journal = Journal(tell if comm.rank == 0 else lambda text: None)
    folder = Path(output) if output is not None else None
    if folder is not None:
        target = folder
        on_root(comm, lambda: check_target(target, overwrite=overwrite))
    start = time.perf_counter()
    if case.transient is not None:
        from thermosim.run.transient import simulate_transient

        return simulate_transient(
            model_of(case), folder, journal, comm, start, overwrite=overwrite, finish=finish,
            uncertainty=uncertainty,
        )  # fmt: skip
    try:
        result, problem = _solve_to_target(case, comm, journal, uncertainty=uncertainty)
    except SolveError as failure:
        if folder is not None:
            kept, message = folder.with_name(f"{folder.name}.failed"), str(failure)
            on_root(comm, lambda: keep_failed(kept, case, message, journal.lines))
        raise
    if folder is not None:
        with numbers_kept(folder, result, journal.lines) if comm.rank == 0 else nullcontext():
            write_steady(folder, result, problem, journal, start, finish)
    else:
        note_times(result, journal, start)
    return result


def _check_sampler(*, alone: bool, given: bool) -> None:
    """Refuse samples where there is nothing to draw them, or where other ranks run beside them."""
    if alone and given:
        return
    rule = "runs samples in processes of its own, for which this run is not made"
    remedy = "call thermosim run without mpirun, or simulate(case, uncertainty=infer.sampled)"
    raise CaseError([Problem("uncertainty.method", '"sobol"', rule, remedy)])


def _solve_to_target(
    case: AnyCase, comm: Any, journal: Journal, *, uncertainty: bool | Sampler
) -> tuple[Result, HeatProblem]:
    """Solve once, or on meshes refined where it pays until ``mesh.target_error`` is met."""
    from thermosim.run.steady import solved, with_uncertainty

    model = model_of(case)
    last: list[Solved] = []

    def solve(drawing: Drawing, enough: Enough | None) -> tuple[Result, HeatProblem]:
        # the case of the result holds the settings of the last mesh
        finer = case.model_copy(update={"mesh": drawing.mesh})
        last[:] = [solved(replace(model, case=finer, drawing=drawing), comm, journal, enough)]
        return last[0].result, last[0].problem

    if case.mesh.target_error is None:
        last.append(solved(model, comm, journal))
    else:
        from thermosim.run.adapt import refined

        refined(model.drawing, solve, model.T_ref, journal)
    if uncertainty is not False:
        with_uncertainty(last[0], journal, None if uncertainty is True else uncertainty)
    return last[0].result, last[0].problem
