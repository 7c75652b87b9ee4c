"""``thermosim reproduce``: the numbers and figures of a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from thermosim.cli.console import (
    JsonOption,
    OutputOption,
    OverwriteOption,
    QuietOption,
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
    from thermosim.errors import CaseError
    from thermosim.reproduce import yamada2024
    from thermosim.results.folder import check_target, publish, staging_folder

    if paper not in PAPERS:
        raise CaseError(f'reproduce "{paper}": must be one of {", ".join(PAPERS)}')
    folder = output or Path(paper)
    check_target(folder, overwrite=overwrite)
    staged = staging_folder(folder)
    with progress(quiet=quiet or json) as tell:
        document = yamada2024.reproduce(staged, tell)
    publish(staged, folder)
    if json:
        print_json(document)
        return
    if quiet:
        return
    judged = [row for row in document["rows"] if row["agrees"] is not None]
    agreeing = sum(bool(row["agrees"]) for row in judged)
    rows = {"numbers compared": str(len(judged)), "that round to the printed": str(agreeing)}
    for row in judged:
        if not row["agrees"]:
            value = f"{row['printed']} printed, {row['computed']:.4g} computed {row['unit']}"
            rows[f"{row['section']}: {row['quantity']}"] = value
    rows["page"] = str(folder / "index.html")
    print_table(document["title"], rows)
