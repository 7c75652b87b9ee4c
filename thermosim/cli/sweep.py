"""``thermosim sweep``: many runs of one case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.console import (
    CaseArgument,
    JsonOption,
    OutputOption,
    OverwriteOption,
    QuietOption,
    SetOption,
    console,
    engineering,
    is_root,
    plain,
    print_json,
    print_table,
    progress,
    say,
    under_mpi,
)

if TYPE_CHECKING:
    from rich.table import Table

    from thermosim.studies import Report, StudyResult
    from thermosim.studies.executors import Crew
    from thermosim.studies.optimum import Optimum

VaryOption = Annotated[
    list[str],
    typer.Option(
        "--vary",
        metavar="PATH=VALUES",
        help="What varies: PATH=1um,2um,5um or PATH=1um:50um:20log (20 points, logarithmic), "
        "PATH=1um:50um:log to sample from; may repeat",
    ),
]
ZipOption = Annotated[
    list[str],
    typer.Option("--zip", metavar="PATH,PATH", help="Parameters that advance together; may repeat"),
]
MethodOption = Annotated[
    str | None,
    typer.Option(
        "--method",
        help="grid, random, latin_hypercube, sobol, saltelli, morris … (docs/studies.md)",
    ),
]
SamplesOption = Annotated[int | None, typer.Option("--samples", help="How many samples")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Of the samples")]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes; one per core by default")
]
DaskOption = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help='Dask scheduler, tcp://host:8786, or "local"'),
]
PartOption = Annotated[
    str | None,
    typer.Option(
        "--part",
        metavar="N/M",
        help="Only every M-th point from the N-th on, beside other parts in the same folder; then "
        "the same command without --part collects them (jobs of an array)",
    ),
]
RetryOption = Annotated[bool, typer.Option("--retry-failed", help="Run failed points again")]
_MOST_OPTIMA, _MOST_FAILED = 40, 3


def sweep(
    case: CaseArgument,
    vary: VaryOption = [],  # noqa: B006  typer copies it
    zipped: ZipOption = [],  # noqa: B006
    method: MethodOption = None,
    samples: SamplesOption = None,
    seed: SeedOption = None,
    overrides: SetOption = [],  # noqa: B006
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    retry_failed: RetryOption = False,
    part: PartOption = None,
    workers: WorkersOption = None,
    dask: DaskOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Run a case over many values of its parameters; goes on where it was stopped.

    What varies stands in the case's section [study] or in --vary. Runs on all cores, on the ranks
    of `mpirun -n N python3 -m mpi4py.futures -m thermosim sweep …`, or on a Dask cluster.
    """
    from thermosim.errors import ThermosimError
    from thermosim.studies.executors import under_mpi_futures

    study = {
        "zip": [text.split(",") for text in zipped] or None,
        "method": method,
        "samples": samples,
        "seed": seed,
    }
    options = {
        "vary": dict(_pair("--vary", text) for text in vary),
        "study": {name: value for name, value in study.items() if value is not None},
        "overrides": {key: _value(text) for key, text in (_pair("--set", t) for t in overrides)},
        "anew": overwrite,
        "retry_failed": retry_failed,
        "part": None if part is None else _part(part),
    }
    try:
        crew = crew_of(workers, dask)
        _run(case, output or Path(f"{case.stem}_sweep"), options, crew, quiet=quiet, json=json)
    except ThermosimError as error:
        if not under_mpi_futures():
            raise
        # the other ranks wait for work, not for an end in common
        say(f"thermosim: {error}")
        raise typer.Exit(error.exit_status) from error


def _run(
    case: Path, folder: Path, options: dict[str, Any], crew: Crew, *, quiet: bool, json: bool
) -> None:
    from thermosim import studies

    try:
        with progress(quiet=quiet or json) as tell:
            result = studies.sweep(case, executor=crew, store=folder, tell=tell, **options)
            report = None if options["part"] else studies.report(result, tell)
    except KeyboardInterrupt:
        say(f"finished points are kept in {folder}; the same command goes on from there")
        raise
    if report is not None and json:
        print_json(report.document())
    elif report is not None and not quiet and is_root():
        _print(result, report)
    if result.exit_status:
        raise typer.Exit(result.exit_status)


def crew_of(workers: int | None, dask: str | None) -> Crew:
    """Return where the points are computed.

    Raises
    ------
    CaseError
        Under mpirun without ``-m mpi4py.futures``: every rank would run the whole study.
    """
    from thermosim.errors import CaseError
    from thermosim.studies import executors

    if dask is not None:
        return executors.dask(dask, workers)
    if executors.under_mpi_futures():
        return executors.mpi()
    if under_mpi():
        raise CaseError(
            "under mpirun a sweep runs on mpi4py's executor: "
            "mpirun -n N python3 -m mpi4py.futures -m thermosim sweep …"
        )
    return executors.local(workers)


def _pair(option: str, text: str) -> tuple[str, str]:
    from thermosim.errors import CaseError

    key, equals, value = text.partition("=")
    if not equals or not all(part.strip() for part in key.split(".")) or not value.strip():
        raise CaseError(f"{option} {text}: write {option} path.to.key=value")
    return ".".join(part.strip() for part in key.split(".")), value.strip()


def _part(text: str) -> tuple[int, int]:
    from thermosim.errors import CaseError

    n, _, m = text.partition("/")
    if not (n.strip().isdecimal() and m.strip().isdecimal()):
        raise CaseError(f"--part {text}: write two whole numbers, such as 2/4 for the 2nd of 4")
    return int(n), int(m)


def _value(text: str) -> Any:
    from thermosim.case.study import parse_value

    return parse_value(text)


def _print(result: StudyResult, report: Report) -> None:
    failed = result.failed
    rows = {
        "points": f"{report.points}, {report.computed} of them computed now",
        "without a result": str(len(failed)),
    }
    for label, message in list(failed.items())[:_MOST_FAILED]:
        rows[f"  {label}"] = message
    rows["files"] = str(result.directory)
    print_table(report.title or "study", rows)
    for table in (_optima_table(report), _indices_table(report)):
        if table.row_count:
            console().print(table)


def _optima_table(report: Report) -> Table:
    from rich.table import Table

    table = Table(title=report.goal_words, title_justify="left", box=None, padding=(0, 1))
    for head in ("", "at", "value", "optimum between", "by parabola"):
        table.add_column(head, justify="left" if not head else "right", overflow="fold")
    for place, best in report.optima[:_MOST_OPTIMA]:
        of_all = best is report.best and len(report.optima) > 1
        words = optimum_words(best, report.along_unit, report.unit)
        table.add_row(f"* {place}" if of_all else place, *words)
    if len(report.optima) > 1:
        table.caption, table.caption_justify = "* best of all", "left"
    return table


def _indices_table(report: Report) -> Table:
    from rich.table import Table

    table = Table(title=f"sensitivity of {report.objective}", title_justify="left")
    if report.indices is None:
        return table
    table.add_column("parameter")
    for name in report.indices.data_vars:
        table.add_column(str(name), justify="right")
    for i, name in enumerate(report.indices["parameter"].values):
        numbers = (f"{float(v.values[i]):.3g}" for v in report.indices.data_vars.values())
        table.add_row(str(name), *numbers)
    return table


def optimum_words(best: Optimum, along_unit: str, unit: str) -> tuple[str, str, str, str]:
    """Return where the best point is, its value, its neighbours and the vertex between them."""
    from thermosim.visual.claim_words import quantity

    at = f"{best.along} {plain(quantity(best.at, along_unit))}"
    value = engineering(best.value, unit)
    if best.at_end:
        return at, value, "at the end: widen the range", ""
    if best.low == best.high:
        return at, value, "", ""
    low, high = (plain(quantity(end, along_unit)) for end in (best.low, best.high))
    estimate = plain(quantity(best.estimate, along_unit, 3))
    return at, value, f"{low} … {high}", estimate
