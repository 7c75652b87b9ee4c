"""Measured data of a fit: what the reader found, in SI units, with their noise."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.infer.fit.likelihood import Array, Bools
from thermosim.infer.fit.parameters import plain_unit
from thermosim.language.named import photon_energies
from thermosim.language.tables import Reading, Table, chosen_column, read_table
from thermosim.language.units import parse_quantity

_FEWEST = 4
_IN_LABEL = re.compile(r"([-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*([^\d\s].*)")
_UNIT_OF = re.compile(r"[(\[]\s*([^)\]]+?)\s*[)\]]\s*$")
_COUNTS = {"", "counts", "count", "cnts", "cnt", "cps", "a.u.", "a.u", "au", "arb. u.", "photons"}


@dataclass(frozen=True)
class Asked:
    """What a user says of the data of one model, beside the files; empty: as the data tell.

    ``noise``: ``counts``, ``errors``, ``scatter``, ``relative``, ``3 %`` or a value with a unit.
    ``unit`` of the column; ``window`` of the axis; the others are for decays.
    """

    reading: Reading = field(default_factory=Reading)
    noise: str = ""
    unit: str = ""
    window: tuple[str, str] | None = None
    channel: str = ""
    response: str = ""
    excitons: tuple[float, ...] = ()
    column: str = ""


@dataclass(frozen=True)
class Measured:
    """One data set: ``y`` over ``x``, both in SI (energies in eV, counts as they are).

    ``sigma`` (n,) is the noise; where ``counts`` is true that of counts. ``estimated``: only the
    shape of the noise is known, its size follows from the scatter. ``setting`` is the number with
    a unit that the column is named by (``3 kW/cm2``), ``fraction`` whether it is a bare number.
    """

    label: str
    x: Array
    y: Array
    sigma: Array
    counts: bool
    estimated: bool
    noise: str
    x_name: str
    x_unit: str
    x_factor: float
    y_name: str
    y_unit: str
    notes: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Wanted:
    """What a model takes: kinds of axes, words of its column, its unit, noise where none is told.

    ``unit``: ``counts`` (any number), ``1`` (a share), or a unit such as ``K``.
    """

    kinds: tuple[str, ...]
    words: tuple[str, ...]
    unit: str
    noise: str
    x_unit: str = ""


def read_measured(paths: Sequence[Path], wanted: Wanted, asked: Asked) -> list[Measured]:
    """Return every data set of some files.

    Raises
    ------
    CaseError
        As `read_table`; and where a unit is missing, or a number is no number of the model.
    """
    found: list[Measured] = []
    for path in paths:
        table = read_table(path, asked.reading, wanted.kinds)
        chosen = columns_of(table, wanted, asked)
        for at in chosen:
            label = table.labels[at] if len(chosen) > 1 else Path(path).stem
            if len(paths) > 1 and len(chosen) > 1:
                label = f"{Path(path).stem} {label}"
            found.append(one_measured(table, at, label, wanted, asked))
    return found


def columns_of(table: Table, wanted: Wanted, asked: Asked) -> list[int]:
    """Return the columns that are data: named by a setting, by a word of the model, or all."""
    labels = table.labels
    if asked.column:
        return [chosen_column(labels, asked.column, (), "--column", table.source)]
    fitting = [i for i, label in enumerate(labels) if begins(label, wanted.words)]
    settings = [i for i, label in enumerate(labels) if setting_of(label) is not None]
    unnamed = all(label.startswith("column ") for label in labels)
    if fitting or settings:
        return fitting or settings
    if unnamed or len(labels) == 1:
        return list(range(len(labels)))
    return [chosen_column(labels, "", wanted.words, "--column", table.source)]


def begins(label: str, words: Sequence[str]) -> bool:
    """Whether a heading begins with one of some words."""
    plain = re.sub(r"^[\W_]+", "", unicodedata.normalize("NFKC", label)).lower()
    return any(re.match(re.escape(word) + r"(?![^\W\d_])", plain) for word in words)


def setting_of(label: str) -> tuple[float, str] | None:
    """Return number and unit by which a column is named: ``3 kW/cm2``, ``0.3 excitons``."""
    match = _IN_LABEL.fullmatch(unicodedata.normalize("NFKC", label).strip())
    return (float(match[1].replace(",", ".")), plain_unit(match[2])) if match else None


def one_measured(table: Table, at: int, label: str, wanted: Wanted, asked: Asked) -> Measured:
    """Return one column of a table as a data set, sorted along its axis."""
    axis = table.axis
    assert axis is not None
    x, unit, factor = axis_in_si(table, wanted)
    order = np.argsort(x, kind="stable")
    scale, told = unit_factor(table, at, wanted, asked)
    y = table.columns[at] - (0.0 if table.dark is None else table.dark)
    errors = None if table.errors is None else table.errors[at]
    errors = None if errors is None or np.isnan(errors).any() else errors * scale
    sigma, counts, estimated, noise = noise_of(y * scale, errors, wanted, asked, table.source)
    name = table.labels[at]
    name = name if wanted.unit == "counts" else _UNIT_OF.sub("", name).strip()
    found = Measured(
        label, x[order], y[order] * scale, sigma[order], counts, estimated, noise, axis.kind,
        unit, factor, name,
        "" if wanted.unit == "1" else wanted.unit,
        (*table.notes, *told, f'"{label}": {noise}'), table.source,
    )  # fmt: skip
    return windowed(found, asked)


def axis_in_si(table: Table, wanted: Wanted) -> tuple[Array, str, float]:
    """Return the axis in SI (energies in eV), and the unit in which people see it."""
    from scipy.constants import e

    axis = table.axis
    assert axis is not None
    if wanted.x_unit == "eV":
        return axis.to_energy(table.values) / e, "eV", 1.0
    return axis.to_si(table.values), axis.unit, float(axis.to_si(np.ones(1))[0])


def unit_factor(table: Table, at: int, wanted: Wanted, asked: Asked) -> tuple[float, list[str]]:
    """Return what the numbers of a column are times to be in SI, and what was taken for that."""
    match = _UNIT_OF.search(table.labels[at])
    unit = asked.unit or (table.units[at] if table.units else "") or (match[1] if match else "")
    unit = plain_unit(unit.strip("()[]"))
    if wanted.unit == "counts":
        return 1.0, []
    y = table.columns[at]
    if unit in ("%", "percent"):
        return 0.01, []
    if unit.lower() in _COUNTS or unit == "1":
        if wanted.unit == "1" and not unit and np.max(y) > 1.0:
            rule = f"reaches {np.max(y):g}: a share is at most 1, or is it in percent?"
            remedy = "say which: --unit % or --unit 1, or name it so"
            raise CaseError(
                [Problem("column", f'"{table.labels[at]}"', rule, remedy)], table.source
            )
        told = f"column {table.labels[at]!r} taken in {wanted.unit}: it names no unit"
        return 1.0, [] if unit else [told.replace("in 1", "as a share")]
    try:
        return parse_quantity(f"1 {unit}", "" if wanted.unit == "1" else wanted.unit), []
    except ValueError as error:
        where = Problem("column", f'"{table.labels[at]}"', f'unit "{unit}" {error}',
                        f"say it: --unit {wanted.unit}")  # fmt: skip
        raise CaseError([where], table.source) from error


def noise_of(
    y: Array, errors: Array | None, wanted: Wanted, asked: Asked, source: str
) -> tuple[Array, bool, bool, str]:
    """Return sigma, whether it is that of counts, whether its size is open, and words for it."""
    rule = asked.noise or ("errors" if errors is not None else wanted.noise)
    whole = bool(np.all(y >= 0.0) and np.all(y == np.round(y)) and np.max(y) > 1.0)
    one = np.ones_like(y)
    if rule == "errors":
        return _given_errors(errors, source), False, False, "noise: column of errors"
    if rule == "counts" or (rule == "counts or relative" and whole):
        if np.any(y < 0.0):
            rule = (
                "counts cannot be negative: give --noise scatter, or do not take a dark level off"
            )
            raise CaseError([Problem("column", f"{np.min(y):g}", rule)], source)
        scaled = "" if whole else ", its size from their scatter: they are no whole numbers"
        return one, True, not whole, f"noise: that of counts (Poisson){scaled}"
    if rule in ("relative", "counts or relative"):
        size = np.maximum(np.abs(y), 1e-2 * np.max(np.abs(y)))
        return size, False, True, "noise: the same share of each number, from their scatter"
    if rule == "scatter":
        size = float(np.ptp(y)) or 1.0
        return one * size, False, True, "noise: the same for all, from their scatter"
    return _given_noise(y, rule, wanted, source)


def _given_errors(errors: Array | None, source: str) -> Array:
    if errors is None:
        rule = "needs a column of errors beside the data"
        raise CaseError([Problem("--noise", '"errors"', rule)], source)
    if np.any(errors <= 0.0):
        raise CaseError([Problem("errors", f"{np.min(errors):g}", "must be > 0")], source)
    return errors


def _given_noise(y: Array, rule: str, wanted: Wanted, source: str) -> tuple[Array, bool, bool, str]:
    try:
        if rule.endswith("%"):
            share = float(rule.rstrip("% ")) / 100.0
            sigma = np.maximum(share * np.abs(y), 1e-6 * np.max(np.abs(y)))
        else:
            unit = "" if wanted.unit in ("1", "counts") else wanted.unit
            sigma = np.full_like(y, parse_quantity(rule, unit))
        if not np.all(sigma > 0.0):
            raise ValueError("must be > 0")
    except ValueError as error:
        words = "counts, errors, scatter, relative, a share such as 3 %, or a value with a unit"
        problem = Problem("--noise", f'"{rule}"', f"must be one of {words}", str(error))
        raise CaseError([problem], source) from error
    return sigma, False, False, f"noise: {rule}"


def windowed(data: Measured, asked: Asked) -> Measured:
    """Return what lies in the window asked for.

    Raises
    ------
    CaseError
        If hardly anything does.
    """
    keep: Bools = np.ones(len(data.x), bool)
    if asked.window is not None:
        ends = []
        window = photon_energies(*asked.window) if data.x_unit == "eV" else asked.window
        for text in window:
            unit = data.x_unit if data.x_name != "time" else "s"
            try:
                ends.append(
                    parse_quantity(text, unit) * (1.0 if unit in ("eV", "s") else data.x_factor)
                )
            except ValueError as error:
                raise CaseError([Problem("--window", f'"{text}"', str(error))]) from error
        keep = (data.x >= min(ends)) & (data.x <= max(ends))
    if keep.sum() < _FEWEST:
        rule = f"holds {keep.sum()} numbers, a fit needs at least {_FEWEST}"
        where = "--window" if asked.window else f'"{data.label}"'
        raise CaseError([Problem(where, "", rule)], data.source)
    return replace(data, x=data.x[keep], y=data.y[keep], sigma=data.sigma[keep])
