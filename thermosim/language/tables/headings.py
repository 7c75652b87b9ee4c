"""The lines above a table: names of columns, a second line of units, comments of Origin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from thermosim.language.tables.axes import Axis, axis_of, seconds_of, unit_of
from thermosim.language.tables.layout import SEPARATORS, SPACES, cells_of, is_comment

_MOST = 4  # lines of a heading
_WORDS = re.compile(
    r'"[^"]*"|[+-]?[\d.,]+\s*(?:ms|us|ns|ps|s|sec|min|h)\b'
    r"|[^\s\[(]+(?:\s*/\s*[^\s\d]+)?(?:\s*[\[(][^\])]*[\])])?"
)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
_SIGNAL_UNITS = re.compile(
    r"(?:counts?|cnts?|cps|a\.?u\.?|arb\.?\s*u\w*\.?|photons?|1|%|absorbance|abs|od|"
    r"(?:counts|photons|a\.?u\.?|w)\s*/\s*\w+|1/cm|cm-1|w/nm|µw|kcps)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Headings:
    """Names and units of the columns of a table, and the line that names them (0: none does)."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    line: int = 0


def headings_of(above: Sequence[tuple[int, str]], width: int, separator: str) -> Headings:
    """Return the headings of a table of ``width`` columns from the lines above it."""
    rows = _rows(above, width, separator)
    units = [""] * width
    comments = [""] * width
    names: list[str] | None = None
    line = 0
    for number, cells in rows:  # upward
        if names is None and _only_units(cells):
            units = [cell.strip("()[]{} ") for cell in cells]
        elif _names_an_axis(cells):
            names, line = cells, number
            break
        elif names is None and not any(comments) and not cells[0]:
            comments = cells
        elif names is None:
            names, line = cells, number
    if names is None:
        return Headings(tuple(units), ("",) * width, rows[0][0] if any(units) else 0)
    alone = len({*names[1:]}) < width - 1 or not all(names[1:])
    if any(comments) and (alone or all(seconds_of(c) is not None for c in comments[1:])):
        names = [names[0], *(c or n for c, n in zip(comments[1:], names[1:], strict=True))]
    return Headings(tuple(names), tuple(units), line)


def _rows(
    above: Sequence[tuple[int, str]], width: int, separator: str
) -> list[tuple[int, list[str]]]:
    """Return the lines directly above a table that have as many cells, from below."""
    found: list[tuple[int, list[str]]] = []
    for number, text in reversed(above):
        if not text.strip():
            continue
        if len(found) == _MOST:
            break
        cells = _as_cells(text, width, separator)
        if cells is None:
            if found and not is_comment(text):
                break
            continue
        found.append((number, cells))
    return found


def _as_cells(text: str, width: int, separator: str) -> list[str] | None:
    """Return the cells of a line of headings, None if it is none; its separator may be another."""
    plain = not is_comment(text)
    while is_comment(text):
        text = text.lstrip()[1:].lstrip("/")
    others = [s for s in SEPARATORS if s not in (separator, SPACES)]
    for one in [separator, *others] if separator != SPACES else others:
        cells = cells_of(text, one)
        cells += [""] * (width - len(cells)) if one in text and len(cells) > 1 else []
        if len(cells) == width and (width > 1 or not one.strip()) and _may_name(cells):
            return cells
    for cells in ([c.strip() for c in re.split(r"\s{2,}|\t", text.strip())],
                  [c.strip('"') for c in _WORDS.findall(text)], text.split()):  # fmt: skip
        prose = separator != SPACES or not plain
        if len(cells) == width and _may_name(cells) and (not prose or _names_an_axis(cells)):
            return cells
    return None


def _may_name(cells: list[str]) -> bool:
    """Whether cells can be names: not a setting such as ``Gain: 3``, not a row of numbers."""
    if re.search(r"[:=]$|^[>+*=-]{3,}", cells[0].strip()) or not any(cells):
        return False
    if _is_number(cells[0]):
        return False
    return _names_an_axis(cells) or not re.search(r":\s", " ".join(cells))


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _only_units(cells: list[str]) -> bool:
    """Whether each cell is a unit or empty, one at least a unit; ``E`` and ``s`` are names."""
    shown = [cell for cell in cells if cell]
    bracketed = all(re.fullmatch(r"[\[({].*[\])}]", cell) for cell in shown)
    known = all(unit_of(c) or _SIGNAL_UNITS.fullmatch(c.strip("()[]{} ")) for c in shown)
    return bool(shown) and (bracketed or (known and bool(unit_of(cells[0]))))


def _names_an_axis(cells: list[str]) -> bool:
    try:
        return any(axis_of(cell) is not None for cell in cells if not unit_of(cell))
    except ValueError:  # a name with a unit that does not fit names an axis, wrongly
        return True


def axis_with_unit(name: str, unit: str) -> Axis | None:
    """Return the axis that a name and a unit on a line of its own mean."""
    return axis_of(f"{name} [{unit}]" if unit_of(unit) else name) or axis_of(name)
