"""Which columns of a table are signal, dark counts, a second axis, or none of these."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.language.tables.axes import OPTICAL, UNNAMED, Array, Axis, axis_of, unit_of
from thermosim.language.tables.headings import Headings

_INDEX = re.compile(r"(pixel|px|index|no\.?|nr\.?|#|channel|item|row)s?", re.IGNORECASE)
_ERROR = re.compile(r"(.*\b)?(error|err|std|stdev|sd|uncertainty|±)\b.*", re.IGNORECASE)
_DARK = re.compile(r"(dark|background|backgr|bkgd?|bg|dunkel|hintergrund)\b.*", re.IGNORECASE)
_PER = re.compile(r"/\s*\(?\s*(nm|eV|meV)\b|\bper[ _](nm|ev|mev)\b", re.IGNORECASE)
_SAME_AXIS = 1e-6  # relative


def columns_of(
    heading: Headings,
    data: Array,
    at: int,
    axis: Axis | None,
    notes: list[str],
    source: str,
) -> tuple[list[int], int | None, dict[int, int]]:
    """Return the columns of signal, that of dark counts, and those of errors: signal -> error."""
    keep: list[int] = []
    dark = None
    errors: dict[int, int] = {}
    for j, name in enumerate(heading.names):
        if j == at:
            continue
        if _ERROR.fullmatch(name) and keep and keep[-1] not in errors:
            errors[keep[-1]] = j
            notes.append(f'column {j + 1} "{name}": errors of column {keep[-1] + 1}')
        elif _INDEX.fullmatch(name) or _ERROR.fullmatch(name):
            notes.append(f'column {j + 1} "{name}" left out')
        elif _DARK.match(name) and dark is None and len(heading.names) > 2:
            dark = j
            notes.append(f'background: column {j + 1} "{name}", taken off the others')
        elif axis is not None and _is_second_axis(name, axis):
            _second_axis(name, j, data, at, axis, source)
            notes.append(f'column {j + 1} "{name}" left out: a second axis')
        else:
            keep.append(j)
    if not keep:
        rule = "there must be at least one column of numbers beside the axis"
        where = f"line {heading.line}" if heading.line else "file"
        raise CaseError([Problem(where, "", rule)], source)
    return keep, dark, errors


def _is_second_axis(name: str, axis: Axis) -> bool:
    """Whether a heading in words (not a letter, not a unit) names another axis of this kind."""
    try:
        word = unit_of(name) in UNNAMED or (len(name) > 2 and not unit_of(name))
        other = axis_of(name) if word else None
    except ValueError:  # a name with a unit that does not fit: no axis
        return False
    return other is not None and (other.kind in OPTICAL) == (axis.kind in OPTICAL)


def _second_axis(name: str, j: int, data: Array, at: int, axis: Axis, source: str) -> None:
    """Refuse a further axis of the same kind that has other values."""
    other = axis_of(name)
    if other is None or other.kind != axis.kind or not np.any(data[j] != data[at]):
        return
    if other.unit not in ("", axis.unit):
        return
    if np.max(np.abs(data[j] - data[at])) > _SAME_AXIS * np.max(np.abs(data[at])):
        rule = f"columns {at + 1} and {j + 1} are two axes with other values"
        remedy = "save each spectrum to a file of its own and give both files"
        raise CaseError([Problem(f"column {j + 1}", f'"{name}"', rule, remedy)], source)


def labels_of(heading: Headings, keep: list[int], notes: list[str]) -> tuple[str, ...]:
    """Return the names of the columns, made unique; ``column 2`` where there is none."""
    labels: list[str] = []
    for j in keep:
        label = heading.names[j] or f"column {j + 1}"
        if label in labels:
            notes.append(f'column {j + 1} is called "{label}" too: here "{label} ({j + 1})"')
            label = f"{label} ({j + 1})"
        labels.append(label)
    return tuple(labels)


def signal_per_of(heading: Headings, keep: list[int]) -> str:
    """Return "energy" or "wavelength" where a heading says per eV or per nm."""
    for j in keep:
        match = _PER.search(f"{heading.names[j]} {heading.units[j]}")
        if match:
            return "wavelength" if (match[1] or match[2]).lower() == "nm" else "energy"
    return ""


def chosen_column(
    labels: Sequence[str], name: str, words: Sequence[str], key: str, source: str
) -> int:
    """Return the column called ``name`` (or numbered so); without a name the only one.

    Where there are several, that whose name begins with one of ``words``.

    Raises
    ------
    CaseError
        If there is no such column, or more than one: which ``key`` chooses.
    """
    if name:
        return _named(labels, name, key, source)
    if len(labels) == 1:
        return 0
    fitting = [i for i, label in enumerate(labels) if _begins(label, words)]
    if len(fitting) == 1:
        return fitting[0]
    shown = ", ".join(labels[i] for i in fitting) or f"any of {', '.join(labels)}"
    remedy = f'say which: {key} = "{labels[fitting[0] if fitting else 0]}"'
    raise CaseError([Problem("columns", "", f"{shown} could be meant", remedy)], source)


def _named(labels: Sequence[str], name: str, key: str, source: str) -> int:
    lower = [label.lower() for label in labels]
    if lower.count(name.lower()) == 1 and name not in labels:
        return lower.index(name.lower())
    if name in labels:
        return labels.index(name)
    if name.isdigit() and 2 <= int(name) <= len(labels) + 1:
        return int(name) - 2  # columns are counted from the axis, which is 1
    told = f"columns are {', '.join(labels)}"
    raise CaseError([Problem(key, f'"{name}"', "is no column of the file", told)], source)


def _begins(label: str, words: Sequence[str]) -> bool:
    plain = re.sub(r"^[\W_]+", "", label).lower()
    return any(re.match(re.escape(word) + r"(?![^\W\d_])", plain) for word in words)
