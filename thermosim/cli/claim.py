"""``thermosim claim``: whether a claimed ΔT is possible at all."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.console import (
    AxisOption,
    CaseArgument,
    ColumnOption,
    JsonOption,
    OverwriteOption,
    QuietOption,
    SetOption,
    console,
    is_root,
    plain,
    print_json,
    progress,
    say,
)

if TYPE_CHECKING:
    from thermosim.visual.claim_words import Document

_ABSOLUTE = 100.0  # K: a column of such numbers holds temperatures, not differences


def claim(
    case: CaseArgument,
    delta_t: Annotated[
        str, typer.Option("--delta-t", metavar="ΔT", help='The claim, such as "-9 K"')
    ],
    after: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='When it was seen after light on, such as "10 min"'),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ΔT over time: text of times and K")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PAGE", help="Write an HTML page")
    ] = None,
    overrides: SetOption = [],  # noqa: B006  typer copies it
    axis: AxisOption = "",
    column: ColumnOption = "",
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Judge a claimed ΔT: possible, impossible or only if, and what each number would have to be.

    By the lumped balance of `limits`; ordered by the checklist of arXiv:2408.02977.
    """
    from thermosim.case.read import load_case
    from thermosim.infer.claim import require_claim
    from thermosim.infer.python import claim as judged

    claimed, observed = _difference(delta_t), _time(after)
    loaded = load_case(case, overrides)
    require_claim(loaded, claimed)
    measured = None if data is None else _series(data, axis, column)
    if page is not None:
        _require_free(page, overwrite=overwrite)
    with progress(quiet=quiet or json) as tell:
        found = judged(loaded, claimed, observed, tell).document
    if measured is not None:
        found["data"] = measured
    if not is_root():
        return
    if page is not None:
        from thermosim.visual.claim_page import claim_page
        from thermosim.visual.style import write_bytes

        write_bytes(page, claim_page(found, loaded.to_toml()).encode())
        say(f"page: {page}")
    if json:
        print_json(found)
    else:
        print_claim(found)


def _difference(text: str) -> float:
    from thermosim.errors import CaseError, Problem
    from thermosim.language.units import parse_quantity

    try:
        return parse_quantity(text, "delta_degC")
    except ValueError as error:
        rule = 'must be a temperature change, such as "-9 K"'
        raise CaseError([Problem("--delta-t", f'"{text}"', rule)]) from error


def _time(text: str | None) -> float | None:
    from thermosim.errors import CaseError, Problem
    from thermosim.language.units import parse_quantity

    if text is None:
        return None
    try:
        found = parse_quantity(text, "s", "10 min")
    except ValueError as error:
        raise CaseError([Problem("--after", f'"{text}"', str(error))]) from error
    if found <= 0.0:
        raise CaseError([Problem("--after", f'"{text}"', "must be a time above zero")])
    return found


def _series(path: Path, axis: str, column: str) -> dict[str, Any]:
    """Return what a measured course says; what was taken for what is told."""
    from thermosim.errors import CaseError, Problem
    from thermosim.infer.sight import course
    from thermosim.language.tables import Reading, read_table

    table = read_table(path, Reading(axis=axis, column=column), ("time",))
    if len(table.columns) != 1:
        labels = ", ".join(table.labels)
        rule, remedy = f"holds {len(table.columns)} columns: {labels}", "name one with --column"
        raise CaseError([Problem("--data", "", rule, remedy)], str(path))
    assert table.axis is not None
    values, notes = table.columns[0], list(table.notes)
    if values.min() > _ABSOLUTE:
        notes.append(f"temperatures: ΔT is counted from the first, {values[0]:g} K")
        values = values - values[0]
    found: dict[str, Any] = dict(course(table.axis.to_si(table.values), values, str(path)))
    return {**found, "time_s": table.axis.to_si(table.values), "delta_T_K": values, "notes": notes}


def _require_free(page: Path, *, overwrite: bool) -> None:
    from thermosim.errors import CaseError

    if page.is_dir():
        raise CaseError("is a directory; name a file, such as claim.html", str(page))
    if page.exists() and not overwrite:
        raise CaseError("exists; give --overwrite, or another name", str(page))


def print_claim(found: Document) -> None:
    """Print the sentence, the duties, and what each number would have to be."""
    from thermosim.visual.claim_words import duties

    console().print(plain(found["sentence"]), highlight=False, soft_wrap=True)
    for duty in duties(found):
        console().print(f"\n{duty.name}: {duty.met}", style="bold", highlight=False)
        for line in duty.lines:
            console().print(f"  {plain(line)}", highlight=False, soft_wrap=True)
    titles = {"required": "what each number would have to be, alone",
              "required_even_light": "the same in even light, without losses"}  # fmt: skip
    for name, title in titles.items():
        if found[name]:
            _print_required(title, found[name])
    for note in found.get("data", {}).get("notes", ()):
        say(note)


_PATH = 24
_NARROWEST = {"number": _PATH, "distance": 8, "known as": 10}  # words whole on 80 columns


def folded(path: str, width: int = _PATH) -> str:
    """Return a dotted path in lines of a width, broken after dots alone."""
    lines = [""]
    for part in re.findall(r"[^.]+\.?", path):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _print_required(title: str, required: Document) -> None:
    """Print the numbers that have a value, and name those of which none does."""
    from rich.table import Table

    from thermosim.visual.claim_words import required_rows, without_value

    console().print(f"\n{title}", style="bold", highlight=False)
    rows, without = required_rows(required), without_value(required)
    if rows:
        table = Table(box=None, padding=(0, 1), collapse_padding=True, pad_edge=False)
        for name in ("number", "case", "would have to be", "distance", "known as"):
            left, wraps = name in ("number", "known as"), name == "number"
            table.add_column(
                name, justify="left" if left else "right", no_wrap=not wraps, overflow="fold",
                min_width=_NARROWEST.get(name),
            )  # fmt: skip
        for row in rows:
            known = textwrap.fill(row[-1], _NARROWEST["known as"])
            table.add_row(folded(row[0]), *map(plain, row[1:-1]), known)
        console().print(table)
    if without:
        console().print(f"no value does: {', '.join(without)}", highlight=False)
