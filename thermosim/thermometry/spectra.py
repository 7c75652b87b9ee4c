"""Series of measured spectra: the CSV file and its checks."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.constants import c, e, h

from thermosim.errors import CaseError, Problem
from thermosim.language.files import read_bounded
from thermosim.language.units import parse_quantity
from thermosim.thermometry.settings import MIN_BINS, Array

_AXIS = re.compile(r"(energy|wavelength|E)[\s_]*[(\[]?\s*(eV|nm)\s*[)\]]?", re.IGNORECASE)
_AXIS_UNITS = {"energy": "ev", "e": "ev", "wavelength": "nm"}
_HEADER_EXAMPLE = 'write for instance "energy (eV),0 s,60 s" or "wavelength (nm),0 s,60 s"'
_MAX_PROBLEMS = 20
_MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class Spectra:
    """Spectra on one energy axis.

    ``energy`` [J], shape (n,), rises; ``signal``, shape (m, n), holds the numbers of the file per
    sample (not per energy: a ratio of two spectra needs no Jacobian); ``time`` [s], shape (m,), is
    None when the column names are not all times.
    """

    energy: Array
    signal: Array
    labels: tuple[str, ...]
    time: Array | None
    source: str = ""


def photon_energy_from_wavelength(wavelength: Array) -> Array:
    """Return the photon energy ``h c / lambda`` [J] of a vacuum ``wavelength`` [m]."""
    return np.asarray(h * c / np.asarray(wavelength, float))


def read_spectra(path: str | Path) -> Spectra:
    """Read a CSV file: first column energy in eV or wavelength in nm, then one spectrum a column.

    The first row names the columns: ``energy (eV)`` or ``wavelength (nm)``, then times with a unit
    (``0 s``, ``10 min``) or any other names. Commas, semicolons or tabs separate columns; lines
    that start with ``#`` are comments.

    Raises
    ------
    CaseError
        With every fault found (the first 20), each with its line and column.
    """
    source = str(path)
    rows = _rows(_read_text(Path(path), source), source)
    line, header = next(rows, (0, []))
    if not header:
        raise CaseError(f"the file holds no spectra; {_HEADER_EXAMPLE}", source)
    problems: list[Problem] = []
    unit = _axis_unit(line, header, problems)
    labels = _labels(line, header, problems)
    lines, values = _numbers(rows, header, problems)
    if not problems:
        _check_axis(lines, [row[0] for row in values], problems)
    if problems:
        raise CaseError(_shortened(problems), source)
    table = np.asarray(values, dtype=np.float64)
    energy = table[:, 0] * e if unit == "ev" else photon_energy_from_wavelength(table[:, 0] * 1e-9)
    order = np.argsort(energy)
    return Spectra(energy[order], table[order, 1:].T.copy(), labels, _times(labels), source)


def write_spectra(spectra: Spectra, path: str | Path, comment: str = "") -> None:
    """Write ``spectra`` as a CSV file that `read_spectra` reads, energies in eV."""
    lines = [f"# {text}" for text in comment.splitlines()]
    lines.append(",".join(["energy (eV)", *spectra.labels]))
    rows = zip(spectra.energy / e, spectra.signal.T, strict=True)
    lines += [",".join([f"{E:.10g}", *(f"{v:.10g}" for v in row)]) for E, row in rows]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read_text(path: Path, source: str) -> str:
    try:
        data = read_bounded(path, _MAX_BYTES)
        if len(data) > _MAX_BYTES:
            raise CaseError(f"is too large for spectra: it may have {_MAX_BYTES} bytes", source)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise CaseError(f"cannot be read: {error.strerror or error}", source) from error
    except UnicodeDecodeError as error:
        raise CaseError(
            f"byte {error.start} is no UTF-8 text; save the spectra as CSV in UTF-8", source
        ) from error


def _rows(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each line that is neither empty nor a comment."""
    content = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    first = content[0] if content else ""
    delimiter = next((d for d in ("\t", ";") if d in first), ",")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            cells = next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise CaseError(
                f"line {number}: cannot be split into cells ({error})", source
            ) from error
        yield number, [cell.strip() for cell in cells]


def _axis_unit(line: int, header: list[str], problems: list[Problem]) -> str:
    match = _AXIS.fullmatch(header[0])
    if match and _AXIS_UNITS[match[1].lower()] == match[2].lower():
        return match[2].lower()
    rule = "must name the axis, energy in eV or wavelength in nm"
    problems.append(Problem(f"line {line}, column 1", f'"{header[0]}"', rule, _HEADER_EXAMPLE))
    return ""


def _labels(line: int, header: list[str], problems: list[Problem]) -> tuple[str, ...]:
    labels = header[1:]
    if not labels:
        rule = "there must be at least one spectrum beside the axis"
        problems.append(Problem(f"line {line}", "", rule, _HEADER_EXAMPLE))
    for column, label in enumerate(labels, start=2):
        where = f"line {line}, column {column}"
        if not label:
            problems.append(Problem(where, '""', "a spectrum must have a name, such as its time"))
        elif label in labels[: column - 2]:
            problems.append(Problem(where, f'"{label}"', "two spectra have this name; rename one"))
    return tuple(labels)


def _numbers(
    rows: Iterator[tuple[int, list[str]]], header: list[str], problems: list[Problem]
) -> tuple[list[int], list[list[float]]]:
    lines, values = [], []
    for line, cells in rows:
        if len(cells) != len(header):
            rule = f"has {len(cells)} columns, the first row has {len(header)}"
            problems.append(Problem(f"line {line}", "", rule, "give each spectrum a number"))
            continue
        lines.append(line)
        values.append(
            [_number(line, column, cell, problems) for column, cell in enumerate(cells, start=1)]
        )
    if len(values) < MIN_BINS and not problems:
        rule = f"there are {len(values)} rows of numbers, a fit needs at least {MIN_BINS}"
        problems.append(Problem("file", "", rule))
    return lines, values


def _number(line: int, column: int, cell: str, problems: list[Problem]) -> float:
    where = f"line {line}, column {column}"
    try:
        value = float(cell)
    except ValueError:
        remedy = "write a decimal point" if re.fullmatch(r"[+-]?\d+,\d+", cell) else ""
        problems.append(Problem(where, f'"{cell[:40]}"', "must be a number", remedy))
        return math.nan
    if not math.isfinite(value):
        problems.append(Problem(where, f'"{cell[:40]}"', "must be finite", "remove the row"))
    return value


def _check_axis(lines: list[int], axis: list[float], problems: list[Problem]) -> None:
    """Require a positive axis that rises or falls throughout."""
    sign = 1.0 if axis[-1] > axis[0] else -1.0
    for index, (line, value) in enumerate(zip(lines, axis, strict=True)):
        where = f"line {line}, column 1"
        if value <= 0.0:
            problems.append(Problem(where, f"{value:g}", "must be > 0"))
        elif index and sign * (value - axis[index - 1]) <= 0.0:
            rule = f"the axis must rise or fall throughout; the row before has {axis[index - 1]:g}"
            problems.append(Problem(where, f"{value:g}", rule, "sort the rows, drop repeated ones"))


def _times(labels: tuple[str, ...]) -> Array | None:
    """Return the times [s] that the column names stand for, or None if not all are times."""
    try:
        return np.asarray([parse_quantity(label, "s") for label in labels], dtype=np.float64)
    except ValueError:  # any name is allowed: then the series has no time axis
        return None


def _shortened(problems: list[Problem]) -> list[Problem]:
    more = len(problems) - _MAX_PROBLEMS
    if more <= 0:
        return problems
    return [*problems[:_MAX_PROBLEMS], Problem("file", "", f"{more} more faults like these")]
