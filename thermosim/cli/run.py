"""``thermosim run`` and ``thermosim compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from thermosim.cli.console import (
    JsonOption,
    OutputOption,
    OverwriteOption,
    QuietOption,
    SetOption,
    console,
    is_root,
    plain,
    print_json,
    print_table,
    progress,
)
from thermosim.fem.loading import loading, starting

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.results import Result

ResumeOption = Annotated[
    Path | None,
    typer.Option("--resume", metavar="DIR", help="Go on with the interrupted transient in DIR"),
]
UncertaintyOption = Annotated[
    Literal["linear", "sobol", "none"] | None,
    typer.Option(
        help="How numbers that are not known exactly are followed to ΔT; as --set "
        "uncertainty.method"
    ),
]


def run(
    case: Annotated[Path | None, typer.Argument(metavar="CASE", help="Case file (TOML)")] = None,
    output: OutputOption = None,
    overrides: SetOption = [],  # noqa: B006  typer copies it
    overwrite: OverwriteOption = False,
    resume: ResumeOption = None,
    uncertainty: UncertaintyOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Compute a case: ΔT, where the heat goes, files and pictures.

    Runs alone or under mpirun/srun. Without -o the results go to a folder named after the case.
    """
    with starting():
        from thermosim.case.read import load_case
        from thermosim.errors import CaseError, StorageError

    if (case is None) == (resume is None):
        raise CaseError("thermosim run needs a case file, or --resume DIR alone")
    if case is None or resume is not None:
        assert resume is not None
        if output is not None or overrides or overwrite or uncertainty:
            raise CaseError("--resume goes on as the run began: leave out all other options")
        result = resume_case(resume, quiet=quiet or json)
    else:
        folder = output or Path(case.stem)
        method = [f'uncertainty.method="{uncertainty}"'] if uncertainty else []
        with starting():
            loaded = load_case(case, [*overrides, *method])
        try:
            result = run_case(loaded, folder, overwrite=overwrite, quiet=quiet or json)
        except StorageError as error:
            if error.result is not None:
                _show(error.result, quiet=quiet, json=json)
            raise
    _show(result, quiet=quiet, json=json)


def _show(result: Result, *, quiet: bool, json: bool) -> None:
    if json:
        print_json(result.document())
    elif not quiet:
        print_result(result)


def run_case(case: AnyCase, folder: Path, *, overwrite: bool, quiet: bool) -> Result:
    """Run one case with progress and pictures."""
    with starting():
        from thermosim.fem.parallel import begin_ranks
        from thermosim.infer.sampled import sampled
        from thermosim.run.simulate import simulate

        begin_ranks()
    with progress(quiet=quiet) as tell:

        def draw(staged: Path) -> None:
            if case.output.pictures:
                with loading():
                    from thermosim.infer.quick import quick_ladder
                    from thermosim.visual.report import draw_result

                tell("pictures")
                draw_result(staged, ladder=quick_ladder(case))

        return simulate(
            case, folder, overwrite=overwrite, tell=tell, finish=draw, uncertainty=sampled
        )


def resume_case(directory: Path, *, quiet: bool) -> Result:
    """Go on with an interrupted transient, with progress and pictures."""
    from thermosim.fem.parallel import begin_ranks
    from thermosim.run.folder import find_interrupted
    from thermosim.run.transient import resume_transient

    begin_ranks()
    _, case = find_interrupted(directory)
    with progress(quiet=quiet) as tell:

        def draw(staged: Path) -> None:
            if case.output.pictures:
                from thermosim.visual.report import draw_result

                tell("pictures")
                draw_result(staged)

        return resume_transient(directory, tell=tell, finish=draw)


def print_result(result: Result) -> None:
    """Print the closing table, and below it the notes."""
    from thermosim.results.words import result_rows

    rows = {name: plain(text) for name, text in result_rows(result)} | _numerics(result.summary)
    if result.notes:
        rows["notes" if len(result.notes) > 1 else "note"] = "\n".join(result.notes)
    if result.directory is not None:
        rows["files"] = str(result.directory)
    print_table(result.case.title or "result", rows)


def _numerics(numbers: dict[str, Any]) -> dict[str, str]:
    """Return what it took."""
    steps = f"{numbers['n_steps']} steps, " if "n_steps" in numbers else ""
    work = (
        f"{numbers['n_dofs']} unknowns, {steps}{numbers['newton_iterations']} Newton and "
        f"{numbers['linear_iterations']} linear iterations"
    )
    return {"solved": work, "took": f"{numbers['wall_s']:.2f} s, without pictures"}


def compare(
    cases: Annotated[list[Path], typer.Argument(metavar="CASE…", help="Two or more case files")],
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Run several cases and set them side by side: ΔT and the heat-leak budget."""
    from thermosim.case.read import load_case
    from thermosim.errors import CaseError
    from thermosim.results.folder import check_target

    folder = output or Path("comparison")
    names = [path.stem for path in cases]
    if len(set(names)) < max(len(names), 2):
        raise CaseError(
            f"thermosim compare takes two or more case files of different names, not "
            f"{', '.join(map(str, cases))}"
        )
    loaded = {path.stem: load_case(path) for path in cases}
    for name in loaded:
        check_target(folder / name, overwrite=overwrite)
    results = {
        name: run_case(case, folder / name, overwrite=overwrite, quiet=quiet or json)
        for name, case in loaded.items()
    }
    if not is_root():
        return
    if loaded and all(case.output.pictures for case in loaded.values()):
        from thermosim.visual.report import draw_comparison

        draw_comparison([folder / name for name in results], folder)
    if json:
        print_json({name: result.document() for name, result in results.items()})
    elif not quiet:
        print_comparison(results)


def _broken(text: str, width: int = 19) -> str:
    """Return a text whose dotted paths may be broken after dots, so that columns lose nothing."""
    from thermosim.cli.claim import folded

    return " ".join(folded(w, width) if len(w) > width else w for w in text.split(" "))


def print_comparison(results: dict[str, Any]) -> None:
    """Print the results in columns."""
    from rich.table import Table

    from thermosim.results.words import result_rows

    tables = [dict(result_rows(result)) for result in results.values()]
    letters = {chr(ord("A") + i): name for i, name in enumerate(results)}
    print_table("side by side", letters)
    table = Table(box=None, padding=(0, 1))
    table.add_column("")
    for letter in letters:
        table.add_column(letter, justify="right", overflow="fold")
    for label in dict.fromkeys(label for rows in tables for label in rows):
        firsts = (rows.get(label, "").partition("\n")[0] for rows in tables)
        table.add_row(label, *(_broken(plain(text)) for text in firsts))
    console().print(table)
