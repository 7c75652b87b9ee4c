"""``thermosim reproduce``: the numbers and figures of a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from thermosim.cli.console import (
    JsonOption,
    OutputOption,
    OverwriteOption,
    QuietOption,
    console,
    print_json,
    print_table,
    progress,
)

PAPERS = ("yamada2024",)


def reproduce(
    paper: Annotated[str, typer.Argument(help=f"Which one: {', '.join(PAPERS)}")],
    measured: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Measured points for Fig. 5e, drawn over the computed"),
    ] = None,
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Compute every number and figure of a paper that can be computed: a table and one page."""
    from thermosim.cli.folder import filled_folder
    from thermosim.errors import CaseError
    from thermosim.reproduce import yamada2024
    from thermosim.reproduce.yamada_experiment import read_measured

    if paper not in PAPERS:
        raise CaseError(f'reproduce "{paper}": must be one of {", ".join(PAPERS)}')
    try:
        points = None if measured is None else read_measured(measured)
    except (OSError, ValueError) as error:
        raise CaseError(str(getattr(error, "strerror", None) or error), str(measured)) from error
    folder = output or Path(paper)
    with (
        filled_folder(folder, "reproduce", overwrite=overwrite) as staged,
        progress(quiet=quiet or json) as tell,
    ):
        document = yamada2024.reproduce(staged, tell, points)
    if json:
        print_json(document)
        return
    if quiet:
        return
    print_comparison(document)
    print_table("", {"page": str(folder / "index.html")})


def print_comparison(document: dict[str, Any]) -> None:
    """Print how many numbers agree, and those that do not, printed beside computed."""
    from rich.table import Table

    names = {"paper": "printed in the paper", "expected": "our own expectation"}
    told = {}
    for source, name in names.items():
        count = document["counts"][source]
        chosen = count["agree_by_choice"]
        by = f", {chosen} more because a parameter was chosen for it" if chosen else ""
        told[name] = f"{count['compared']} compared, {count['agree']} agree{by}"
    print_table(document["title"], told)
    others = [row for row in document["rows"] if row["agrees"] is False]
    table = Table(title="those that do not agree", title_justify="left", box=None, padding=(0, 1))
    table.add_column("where", no_wrap=True)
    table.add_column("what")
    for heading in ("printed or expected", "computed"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for row in others:
        where, what = row["section"].partition(", ")[::2]
        words = f"{what}: {row['quantity']}" if what else row["quantity"]
        unit = "" if row["unit"] == "1" else row["unit"]
        table.add_row(where, words, row["printed"], f"{row['computed']:.4g}", unit)
    console().print(table)
