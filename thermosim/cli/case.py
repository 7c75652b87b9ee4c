"""``thermosim check``, ``init``, ``schema`` and ``doctor``: what needs no finite elements."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from thermosim.cli.console import (
    CaseArgument,
    JsonOption,
    SetOption,
    print_json,
    print_table,
)
from thermosim.fem.loading import starting


def check(case: CaseArgument, overrides: SetOption = [], json: JsonOption = False) -> None:  # noqa: B006
    """Validate a case and print what follows from it, without solving anything."""
    with starting():
        from thermosim.case.read import load_case
        from thermosim.infer.check import check as checked

        loaded = load_case(case, overrides)
        found = checked(loaded)
    if json:
        print_json(found.document())
        return
    print_table(f"{case}: valid", found.rows())
    typer.echo("\n" + loaded.to_toml())


def init(
    path: Annotated[Path, typer.Argument(help="File to write")] = Path("case.toml"),
) -> None:
    """Write a commented starter case."""
    from thermosim.case.starter import STARTER
    from thermosim.errors import CaseError

    if path.exists():
        raise CaseError("exists already; name another file", str(path))
    try:
        path.write_text(STARTER)
    except OSError as error:
        raise CaseError(f"cannot be written: {error.strerror}", str(path)) from error
    typer.echo(f"wrote {path}; next: thermosim check {path}")


def schema() -> None:
    """Print the JSON Schema of case files, for editors."""
    from thermosim.cli.reference import schema_document

    typer.echo(json_module.dumps(schema_document(), indent=2))


def doctor(json: JsonOption = False) -> None:
    """Print versions, features and caches, and what is missing."""
    from thermosim.cli.installation import collect, render

    report = collect()
    if json:
        print_json(report)
    else:
        render(report)
    if any(problem.get("required") for problem in report.get("problems", [])):
        raise typer.Exit(4)
