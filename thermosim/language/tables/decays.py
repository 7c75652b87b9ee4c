"""Decays of luminescence as programs of photon counters write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.language.tables.axes import Array
from thermosim.language.tables.reader import Reading, read_table
from thermosim.language.units import parse_quantity

_RESPONSE = re.compile(r"(irf|instrument|prompt|response|scatter)\b.*", re.IGNORECASE)


@dataclass(frozen=True)
class Decays:
    """Counts over time after a pulse: ``time`` [s] (n,), ``counts`` (m, n).

    ``response`` (n,) is the instrument response, where the file holds a column of that name.
    """

    time: Array
    counts: Array
    labels: tuple[str, ...]
    response: Array | None
    notes: tuple[str, ...]
    source: str


def read_decays(path: str | Path, how: Reading | None = None, channel: str = "") -> Decays:
    """Read decays: time and counts, or counts alone with ``channel``, the time of a row ("4 ps").

    Raises
    ------
    CaseError
        As `read_table`; also where nothing tells the time of a row.
    """
    how = how or Reading()
    step = _step(channel, str(path)) if channel else None
    table = read_table(path, how, ("time",), channel=step)
    if table.axis is None:
        raise AssertionError("a table of decays without an axis of time")
    time = table.axis.to_si(table.values)
    _require_rise(time, table.lines, table.source)
    response = [i for i, label in enumerate(table.labels) if _RESPONSE.match(label)]
    keep = [i for i in range(len(table.labels)) if i not in response[:1]]
    notes = list(table.notes)
    if response and keep:
        notes.append(f'instrument response: column "{table.labels[response[0]]}"')
    counts = table.columns if table.dark is None else table.columns - table.dark
    return Decays(
        time=time,
        counts=counts[keep] if keep else counts,
        labels=tuple(table.labels[i] for i in keep) or table.labels,
        response=counts[response[0]] if response and keep else None,
        notes=tuple(notes),
        source=table.source,
    )


def _step(channel: str, source: str) -> float:
    try:
        step = parse_quantity(channel, "s", "4 ps")
    except ValueError as error:
        raise CaseError([Problem("channel", f'"{channel}"', str(error))], source) from error
    if step <= 0.0:
        raise CaseError([Problem("channel", f'"{channel}"', "must be > 0")], source)
    return step


def _require_rise(time: Array, lines: tuple[int, ...], source: str) -> None:
    fall = np.flatnonzero(np.diff(time) <= 0.0)
    if fall.size:
        where = f"line {lines[fall[0] + 1]}"
        raise CaseError([Problem(where, "", "times must rise from row to row")], source)
