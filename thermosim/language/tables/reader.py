"""One reader of tables of numbers: spectra, traces, decays, optical constants.

It says in ``notes`` what it took; where two readings are possible it asks, with the option to give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.language.tables.axes import (
    OPTICAL,
    UNITS,
    UNNAMED,
    Array,
    Axis,
    axis_of,
    guesses,
    unit_of,
)
from thermosim.language.tables.columns import (
    chosen_column,
    columns_of,
    labels_of,
    signal_per_of,
)
from thermosim.language.tables.dialects import Found, recognise
from thermosim.language.tables.headings import Headings, axis_with_unit, headings_of
from thermosim.language.tables.layout import (
    DECIMALS,
    SEPARATORS,
    Block,
    Layout,
    Row,
    ambiguous_commas,
    blocks_of,
    find_layout,
    rows_of,
)
from thermosim.language.tables.text import read_text


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, where it does not say so itself; empty: as the reader finds.

    ``axis``: unit of the axis (``"nm"``, ``"eV"``, ``"1/cm"``, ``"ns"`` …). ``column``: name or
    number of the one column to take. ``block``: which table, where a file has several, from 1.
    """

    axis: str = ""
    column: str = ""
    separator: str = ""
    decimal: str = ""
    block: int = 0


@dataclass(frozen=True)
class Table:
    """Columns of numbers over an axis, as written: ``values`` (n,), ``columns`` (m, n).

    ``axis`` is None when nothing tells what the first column is; ``dark`` (n,) is a column of dark
    counts. ``signal_per`` is "energy" or "wavelength" where a heading says so. ``channel`` [s] and
    ``frame`` [s] are the time per row and per column that a dialect tells. ``units`` are those of
    the columns where a line of units tells them; ``errors`` (m, n) are columns of errors, NaN for a
    column that has none.
    """

    axis: Axis | None
    values: Array
    columns: Array
    labels: tuple[str, ...]
    dark: Array | None
    lines: tuple[int, ...]
    signal_per: str
    dialect: str
    channel: float | None
    frame: float | None
    notes: tuple[str, ...]
    source: str
    units: tuple[str, ...] = ()
    errors: Array | None = None


def read_table(
    path: str | Path,
    how: Reading | None = None,
    kinds: tuple[str, ...] = OPTICAL,
    *,
    channel: float | None = None,
) -> Table:
    """Read a text file of numbers: an axis of one of ``kinds`` and columns over it.

    ``channel`` [s] is the time from row to row of decays that are counts alone.

    Raises
    ------
    CaseError
        If it holds no table, a fault, or can be read in two ways: one line for each cause.
    """
    return read_tables(path, how or Reading(), kinds, several=False, channel=channel)[0]


def read_tables(
    path: str | Path,
    how: Reading,
    kinds: tuple[str, ...] = OPTICAL,
    *,
    several: bool = True,
    channel: float | None = None,
) -> list[Table]:
    """Read every table of a file (with one block of numbers each), or the one asked for."""
    source = str(path)
    text, encoding = read_text(Path(path))
    found = recognise(list(enumerate(text.splitlines(), start=1)))
    found.channel = channel or found.channel
    if encoding != "UTF-8":
        found.notes.insert(0, f"{encoding} text")
    if found.name:
        found.notes.insert(0, f"written by {found.name}")
    layout = find_layout(found.lines, _separator(how, source), how.decimal)
    if layout is None:
        example = '"energy (eV),0 s,60 s" or "wavelength (nm),0 s,60 s", numbers below it'
        raise CaseError(f"the file holds no table of numbers; write for instance {example}", source)
    rows = rows_of(found.lines, layout)
    blocks = _asked(blocks_of(rows, layout, source), how, several, source)
    _require_one_decimal(rows, blocks, layout, how, source)
    return [_table(block, found, layout, how, kinds, source) for block in blocks]


def _separator(how: Reading, source: str) -> str:
    """Return the separator itself for its name, such as ``tabs``."""
    if how.decimal and how.decimal not in DECIMALS:
        raise CaseError([Problem("decimal", f'"{how.decimal}"', 'must be "." or ","')], source)
    if not how.separator or how.separator in SEPARATORS:
        return how.separator
    for mark, name in SEPARATORS.items():
        if how.separator.rstrip("s") == name.rstrip("s"):
            return mark
    rule = f"must be one of {', '.join(SEPARATORS.values())}"
    raise CaseError([Problem("separator", f'"{how.separator}"', rule)], source)


def _asked(blocks: list[Block], how: Reading, several: bool, source: str) -> list[Block]:
    where = ", ".join(f"{b.lines[0]} to {b.lines[-1]}" for b in blocks)
    if how.block:
        if how.block > len(blocks):
            rule = f"the file has {len(blocks)} tables, in lines {where}"
            raise CaseError([Problem("block", str(how.block), rule)], source)
        return [blocks[how.block - 1]]
    if len(blocks) > 1 and not several:
        rule = f"the file holds {len(blocks)} tables, in lines {where}"
        raise CaseError([Problem("file", "", rule, "say which: --block 1, 2 …")], source)
    return blocks


def _require_one_decimal(
    rows: Sequence[Row], blocks: list[Block], layout: Layout, how: Reading, source: str
) -> None:
    """Refuse ``1,234`` that may be 1.234 or 1234, and decimal commas between commas."""
    lines = {line for block in blocks for line in block.lines}
    cells = [row.cells for row in rows if row.line in lines]
    if layout.decimal == "," and not how.decimal and ambiguous_commas(cells):
        shown = next(cell for row in cells for cell in row if "," in cell)
        rule = "the comma may mark decimals or thousands"
        remedy = """say which: --decimal "," (decimals) or --decimal "'" (thousands)"""
        raise CaseError([Problem("file", f'"{shown}"', rule, remedy)], source)


def _table(
    block: Block, found: Found, layout: Layout, how: Reading, kinds: tuple[str, ...], source: str
) -> Table:
    above = [pair for pair in (*found.before, *found.lines) if pair[0] < block.lines[0]]
    heading = headings_of(above, block.width, layout.separator)
    _require_width(block, layout, heading, source)
    data = np.asarray(block.rows, dtype=np.float64).T
    notes = [*found.notes, str(layout)]
    at, axis = _axis(heading, data, found, how, kinds, source, notes)
    keep, dark, errors = columns_of(heading, data, at, axis, notes, source)
    labels = labels_of(heading, keep, notes)
    table = Table(
        axis=axis,
        values=data[at]
        if at >= 0
        else (found.channel or 1.0) * np.arange(data.shape[1], dtype=np.float64),
        columns=data[keep],
        labels=labels,
        dark=None if dark is None else data[dark],
        lines=tuple(block.lines),
        signal_per=signal_per_of(heading, keep),
        dialect=found.name,
        channel=found.channel,
        frame=found.frame,
        notes=tuple(notes),
        source=source,
        units=tuple(heading.units[j] for j in keep),
        errors=_errors(data, keep, errors),
    )
    return _one_column(table, how) if how.column else table


def _errors(data: Array, keep: list[int], errors: dict[int, int]) -> Array | None:
    none = np.full(data.shape[1], np.nan)
    return np.array([data[errors[j]] if j in errors else none for j in keep]) if errors else None


def _one_column(table: Table, how: Reading) -> Table:
    at = chosen_column(table.labels, how.column, (), "column", table.source)
    note = f'column "{table.labels[at]}" as asked for'
    return replace(
        table,
        columns=table.columns[[at]],
        labels=(table.labels[at],),
        units=(table.units[at],),
        errors=None if table.errors is None else table.errors[[at]],
        notes=(*table.notes, note),
    )


def _require_width(block: Block, layout: Layout, heading: Headings, source: str) -> None:
    """Refuse a table whose rows have twice as many cells as there are names."""
    named = [i for i, name in enumerate(heading.names) if name]
    half = block.width // 2
    if layout.separator == "," and block.width % 2 == 0 and named == list(range(half)):
        rule = f"{half} names stand above {block.width} numbers a row"
        remedy = "decimal commas between commas: save with semicolons or tabs, or decimal points"
        raise CaseError([Problem(f"line {block.lines[0]}", "", rule, remedy)], source)


def _axis(
    heading: Headings,
    data: Array,
    found: Found,
    how: Reading,
    kinds: tuple[str, ...],
    source: str,
    notes: list[str],
) -> tuple[int, Axis | None]:
    """Return the column of the axis (-1: there is none) and what it is."""
    at, axis = _named_axis(heading, kinds, source)
    if how.axis:
        given = axis_of(f"[{how.axis}]") or axis_of(how.axis)
        if given is None or not given.unit:
            known = ", ".join(unit for kind in kinds for unit in UNITS[kind])
            raise CaseError([Problem("axis", f'"{how.axis}"', f"must be one of {known}")], source)
        notes.append(f"axis: column {max(at, 0) + 1}, {given} as asked for")
        return max(at, 0), given
    if axis is None and found.channel is not None and "time" in kinds:
        notes.append(f"axis: {found.channel * 1e9:.6g} ns from row to row")
        return -1, Axis("time", "s")
    axis = axis or found.axis
    if axis is not None and axis.unit:
        by = f'"{heading.names[at]}"' if heading.names[max(at, 0)] else (found.name or "its unit")
        notes.append(f"axis: column {max(at, 0) + 1}, {axis}, by {by}")
        return max(at, 0), axis
    return _guessed(data[max(at, 0)], max(at, 0), axis, heading, kinds, source, notes)


def _named_axis(heading: Headings, kinds: tuple[str, ...], source: str) -> tuple[int, Axis | None]:
    """Return the first column whose heading names an axis; a single letter only as the first."""
    for j, (name, unit) in enumerate(zip(heading.names, heading.units, strict=True)):
        try:
            axis = axis_with_unit(name, unit)
        except ValueError as error:
            where = f"line {heading.line}, column {j + 1}"
            raise CaseError([Problem(where, f'"{name}"', str(error))], source) from error
        word = j == 0 or len(name) > 2 or unit_of(name) in UNNAMED
        if axis is not None and axis.kind in kinds and word:
            return j, axis
    return -1, None


def _guessed(
    values: Array,
    at: int,
    named: Axis | None,
    heading: Headings,
    kinds: tuple[str, ...],
    source: str,
    notes: list[str],
) -> tuple[int, Axis | None]:
    """Return the one axis on which all values are of visible light; else ask."""
    optical = tuple(kind for kind in kinds if kind in OPTICAL)
    if named is not None and named.kind == "time":
        optical = ()
    possible = guesses(values, (named.kind,) if named and optical else optical)
    span = f"{values.min():g} to {values.max():g}"
    if len(possible) == 1 and kinds == OPTICAL:
        why = "its heading names no unit" if named else "no heading names it"
        axis = replace(possible[0], air=bool(named and named.air))
        notes.append(f"axis: column {at + 1} ({span}) taken as {axis}: {why}; --axis changes it")
        return at, axis
    shown = f'"{heading.names[at]}"' if heading.names[at] else span
    where = f"line {heading.line}, column {at + 1}" if heading.line else f"column {at + 1}"
    units = [axis.unit for axis in possible] or [u for kind in kinds for u in UNITS[kind]]
    could = f"could be {' or '.join(units)}" if possible else "nothing tells what it is"
    remedy = f"say which: --axis {' or --axis '.join(units[:4])}, or name the column so"
    if len(heading.names) == 1 and kinds == ("time",):
        remedy = 'these are counts alone: give the time from row to row, as in --channel "4 ps"'
    rule = f"must name the axis; {span} {could}" if heading.names[at] else could
    raise CaseError([Problem(where, shown, rule, remedy)], source)
