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
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Compute every number and figure of a paper that can be computed: a table and one page."""
    from thermosim.cli.folder import filled_folder
    from thermosim.errors import CaseError
    from thermosim.reproduce import yamada2024

    if paper not in PAPERS:
        raise CaseError(f'reproduce "{paper}": must be one of {", ".join(PAPERS)}')
    folder = output or Path(paper)
    with (
        filled_folder(folder, "reproduce", overwrite=overwrite) as staged,
        progress(quiet=quiet or json) as tell,
    ):
        document = yamada2024.reproduce(staged, tell)
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

    judged = [row for row in document["rows"] if row["agrees"] is not None]
    others = [row for row in judged if not row["agrees"]]
    counts = {
        "numbers compared": str(len(judged)),
        "that round to the printed": str(len(judged) - len(others)),
    }
    print_table(document["title"], counts)
    table = Table(title="the others", title_justify="left", box=None, padding=(0, 1))
    table.add_column("where", no_wrap=True)
    table.add_column("what")
    for heading in ("printed", "computed"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for row in others:
        where, what = row["section"].partition(", ")[::2]
        words = f"{what}: {row['quantity']}" if what else row["quantity"]
        unit = "" if row["unit"] == "1" else row["unit"]
        table.add_row(where, words, row["printed"], f"{row['computed']:.4g}", unit)
    console().print(table)
