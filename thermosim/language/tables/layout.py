"""Where the numbers of a text stand: separators, decimal marks, the block of rows, its faults."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from thermosim.errors import CaseError, Problem

SPACES = " "
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars", SPACES: "spaces"}
DECIMALS = {".": "points", ",": "commas", "'": "points, commas between thousands"}
COMMENTS = ("#", "%", "//", "!")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})*(?:\.\d*)?")
_UNLIKE = re.compile(r"[+-]?(?:nan|inf|infinity|-+)", re.IGNORECASE)
_ONLY_GROUPS = re.compile(r"[+-]?\d{1,3},\d{3}")
_LOOKED_AT = 3000  # lines by which the layout is found
_LEAST = 3  # rows of a second table
_SHOWN = 40
_LONGEST_QUOTED = 100_000  # characters of a line in which quotes are looked for

Kind = Literal["numbers", "mixed", "text"]


class Layout(NamedTuple):
    """How rows are written: what separates cells, and the mark of decimals."""

    separator: str
    decimal: str

    def __str__(self) -> str:
        return f"{SEPARATORS[self.separator]} between columns, decimal {DECIMALS[self.decimal]}"


class Row(NamedTuple):
    """A line that is neither empty nor a comment: its number, its cells, what they are."""

    line: int
    cells: list[str]
    kind: Kind


@dataclass(frozen=True)
class Block:
    """A table of numbers: ``rows`` by column, ``lines`` their numbers in the file."""

    lines: list[int]
    rows: list[list[float]]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0])


def cells_of(line: str, separator: str) -> list[str]:
    """Return the cells of a line, without quotes and without empty cells at its end."""
    if separator == SPACES:
        cells = line.split()
    elif '"' in line and len(line) < _LONGEST_QUOTED:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    else:
        cells = line.split(separator)
    cells = [cell.strip() for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def number(cell: str, decimal: str) -> float | None:
    """Return the number that a cell stands for, None if it is none."""
    text = cell.replace("−", "-")
    if decimal == "," and "." not in text:
        text = text.replace(",", ".")
    elif decimal == "'" and _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if _NUMBER.fullmatch(text):
        value = float(text.replace("d", "e").replace("D", "e"))
        return value if math.isfinite(value) else math.nan
    return math.nan if _UNLIKE.fullmatch(text) else None


def is_comment(line: str) -> bool:
    """Whether a line is a comment."""
    return line.lstrip().startswith(COMMENTS)


def rows_of(lines: Sequence[tuple[int, str]], layout: Layout) -> list[Row]:
    """Return the rows of numbered lines; empty lines and comments are left out."""
    found = []
    for line, text in lines:
        if text.strip() and not is_comment(text):
            cells = cells_of(text, layout.separator)
            found.append(Row(line, cells, _kind(cells, layout.decimal)))
    return found


def _kind(cells: list[str], decimal: str) -> Kind:
    if not cells or number(cells[0], decimal) is None:
        return "text"
    return "numbers" if all(number(c, decimal) is not None for c in cells) else "mixed"


def runs_of(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Return first and last + 1 of each run of rows of numbers that have one width."""
    runs, first = [], 0
    for i in range(len(rows) + 1):
        if first < i < len(rows) and _alike(rows[first], rows[i]):
            continue
        if i > first and rows[first].kind == "numbers":
            runs.append((first, i))
        first = i
    return runs


def _alike(first: Row, row: Row) -> bool:
    same = len(first.cells) == len(row.cells)
    return same and first.kind == row.kind == "numbers"


def find_layout(
    lines: Sequence[tuple[int, str]], separator: str = "", decimal: str = ""
) -> Layout | None:
    """Return the layout that reads most rows as numbers; None if no row reads as such.

    ``separator`` and ``decimal`` leave only the layouts that have them.
    """
    best: tuple[tuple[float, ...], Layout] | None = None
    for s in SEPARATORS:
        for d in DECIMALS:
            if (s == "," and d != ".") or s != (separator or s) or d != (decimal or d):
                continue
            rows = rows_of(lines[:_LOOKED_AT], Layout(s, d))
            score = _score(rows)
            if any(score) and (best is None or score > best[0]):
                best = score, Layout(s, d)
    return best[1] if best else None


def _score(rows: Sequence[Row]) -> tuple[float, ...]:
    runs = [(end - first, len(rows[first].cells) > 1) for first, end in runs_of(rows)]
    tables = [length for length, several in runs if several]
    columns = [length for length, several in runs if not several]
    mixed = sum(row.kind == "mixed" and len(row.cells) > 1 for row in rows)
    # a table of one row counts less than a long column, a table of three rows more
    long = max(tables, default=0)
    return (long if long >= _LEAST else 0, max(columns, default=0), long, mixed)


def blocks_of(rows: Sequence[Row], layout: Layout, source: str) -> list[Block]:
    """Return the tables of a file: the longest, and any other of its width with three rows.

    Raises
    ------
    CaseError
        Naming each kind of fault in a table once, with the first of its lines.
    """
    runs = runs_of(rows)
    if not runs:
        faults = [row for row in rows if row.kind == "mixed" and len(row.cells) > 1]
        _raise_faults(faults, max((len(r.cells) for r in faults), default=0), layout, source)
        return []
    longest = max(runs, key=lambda run: (len(rows[run[0]].cells) > 1, run[1] - run[0]))
    width = len(rows[longest[0]].cells)
    found: list[tuple[int, int]] = []
    for run in runs:
        if run == longest or (run[1] - run[0] >= _LEAST and len(rows[run[0]].cells) == width):
            first, last = _grown(rows, run, width)
            if found and first <= found[-1][1]:
                found[-1] = (found[-1][0], max(last, found[-1][1]))
            else:
                found.append((first, last))
    blocks = []
    for first, last in found:
        part = rows[first:last]
        bad = [
            r
            for r in part
            if r.kind != "numbers" or len(r.cells) != width or _unlike(r, layout.decimal)
        ]
        _raise_faults(bad, width, layout, source)
        values = [[number(c, layout.decimal) or 0.0 for c in r.cells] for r in part]
        blocks.append(Block([row.line for row in part], values))
    return blocks


def _unlike(row: Row, decimal: str) -> bool:
    """Whether a row holds what is written like a number and is none: ``nan``, 1e400."""
    return any(math.isnan(number(cell, decimal) or 0.0) for cell in row.cells)


def _grown(rows: Sequence[Row], run: tuple[int, int], width: int) -> tuple[int, int]:
    """Return the run with the faulty rows beside it: rows that begin with a number."""
    first, last = run
    while first > 0 and rows[first - 1].kind == "mixed" and len(rows[first - 1].cells) == width:
        first -= 1
    while last < len(rows) and rows[last].kind != "text":
        last += 1
    return first, last


def _raise_faults(bad: Sequence[Row], width: int, layout: Layout, source: str) -> None:
    """Raise one `Problem` for each kind of fault."""
    causes: dict[tuple[int, str], Problem] = {}
    times: Counter[tuple[int, str]] = Counter()
    for row in bad:
        column, rule, shown, remedy = _fault(row, width, layout)
        times[column, rule] += 1
        where = f"line {row.line}, column {column}" if column else f"line {row.line}"
        causes.setdefault((column, rule), Problem(where, shown, rule, remedy))
    if causes:
        raise CaseError([repeated(p, times[key]) for key, p in causes.items()], source)


def repeated(problem: Problem, times: int) -> Problem:
    """Return a fault that occurs ``times`` times as one line."""
    if times < 2:
        return problem
    lines = f"{times - 1} more line" + ("s" if times > 2 else "")
    return Problem(f"{problem.path} (and {lines})", problem.value, problem.rule, problem.remedy)


def _fault(row: Row, width: int, layout: Layout) -> tuple[int, str, str, str]:
    """Return column (0: the whole row), rule, what stands there, and remedy."""
    if len(row.cells) != width:
        rule = f"has {len(row.cells)} columns where the table has {width}"
        return 0, rule, "", "give each column a number"
    for column, cell in enumerate(row.cells, start=1):
        value = number(cell, layout.decimal)
        shown = f'"{cell[:_SHOWN]}"'
        if value is None:
            remedy = f"the file was read with {layout}; --separator and --decimal change that"
            return column, "must be a number", shown, remedy
        if math.isnan(value):
            return column, "must be finite", shown, "remove the row"
    raise AssertionError(f"line {row.line} has no fault")


def ambiguous_commas(block_cells: Sequence[list[str]]) -> bool:
    """Whether commas may mark thousands: each has three digits behind, and the axis has none."""
    commas = [cell for cells in block_cells for cell in cells if "," in cell]
    axis = any("," in cells[0] for cells in block_cells)
    return bool(commas) and not axis and all(_ONLY_GROUPS.fullmatch(cell) for cell in commas)
