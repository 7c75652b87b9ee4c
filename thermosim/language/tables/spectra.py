"""Series of measured spectra: one file or several, on one axis of photon energy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.constants import c, e, h

from thermosim.errors import CaseError, Problem
from thermosim.language.tables import Reading, Table, chosen_column, read_table, seconds_of

Array = npt.NDArray[np.float64]

MIN_ROWS = 3  # of a spectrum that anything can be fitted to
_SAME_AXIS = 1e-4  # of the spacing of samples; files of one series share their axis
_TIME_IN_NAME = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*_?(ms|sec|min|hours?|s|h)(?![^\W_])", re.IGNORECASE
)


@dataclass(frozen=True)
class Spectra:
    """Spectra on one energy axis.

    ``energy`` [J], shape (n,), rises; ``signal``, shape (m, n), holds the numbers of the file per
    sample (not per energy: a ratio of two spectra needs no Jacobian); ``time`` [s], shape (m,), is
    None when the column names are not all times. ``dark``, shape (n,) or (m, n), are dark counts
    that ``signal`` still holds; ``signal_per`` is "energy" or "wavelength" where a heading says so;
    ``notes`` say what the reader took.
    """

    energy: Array
    signal: Array
    labels: tuple[str, ...]
    time: Array | None
    source: str = ""
    dark: Array | None = None
    signal_per: str = ""
    notes: tuple[str, ...] = ()

    def column(self, name: str, words: Sequence[str] = (), key: str = "column") -> int:
        """Return the spectrum called ``name``; without a name the one that is meant.

        That is the only one, or the only one whose name begins with one of ``words``. CaseError
        if there is none, or more than one.
        """
        return chosen_column(self.labels, name, words, key, self.source)


def photon_energy_from_wavelength(wavelength: Array) -> Array:
    """Return the photon energy ``h c / lambda`` [J] of a vacuum ``wavelength`` [m]."""
    return np.asarray(h * c / np.asarray(wavelength, float))


def read_spectra(path: str | Path | Sequence[str | Path], how: Reading | None = None) -> Spectra:
    """Read spectra from one file, a column each, or from several files, one each.

    Columns named by times (``0 s``, ``10 min``), and files whose names hold one, have a time.
    What files may look like: docs/thermometry.md.

    Raises
    ------
    CaseError
        One line for each cause, with the option that helps.
    """
    paths = [path] if isinstance(path, str | Path) else list(path)
    if len(paths) == 1:
        return _spectra(read_table(paths[0], how))
    return _joined([_spectra(read_table(one, how)) for one in paths], [Path(p) for p in paths])


def write_spectra(spectra: Spectra, path: str | Path, comment: str = "") -> None:
    """Write ``spectra`` as a CSV file that `read_spectra` reads, energies in eV."""
    lines = [f"# {text}" for text in comment.splitlines()]
    lines.append(",".join(["energy (eV)", *spectra.labels]))
    rows = zip(spectra.energy / e, spectra.signal.T, strict=True)
    lines += [",".join([f"{E:.10g}", *(f"{v:.10g}" for v in row)]) for E, row in rows]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _spectra(table: Table) -> Spectra:
    if table.axis is None:
        raise AssertionError("a table of spectra without an axis")
    if len(table.values) < MIN_ROWS:
        rule = f"there are {len(table.values)} rows of numbers, a fit needs at least {MIN_ROWS}"
        raise CaseError([Problem("file", "", rule)], table.source)
    _check_axis(table)
    energy = table.axis.to_energy(table.values)
    order = np.argsort(energy)
    labels, time = _times(table)
    notes = list(table.notes)
    if time is not None:
        notes.append(f"{len(labels)} spectra, named by times")
    else:
        notes.append(f"{len(labels)} spectra: {', '.join(labels[:8])}")
    return Spectra(
        energy=energy[order],
        signal=table.columns[:, order].copy(),
        labels=labels,
        time=time,
        source=table.source,
        dark=None if table.dark is None else table.dark[order],
        signal_per=table.signal_per,
        notes=tuple(notes),
    )


def _times(table: Table) -> tuple[tuple[str, ...], Array | None]:
    """Return labels and times [s] of the columns; None if they have no times."""
    found = [seconds_of(label) for label in table.labels]
    times = [t for t in found if t is not None]
    if len(times) == len(found):
        return table.labels, np.asarray(times, dtype=np.float64)
    unnamed = all(label.startswith("column ") for label in table.labels)
    if unnamed and table.frame is not None and len(found) > 1:
        series = np.asarray(table.frame * np.arange(len(found)), dtype=np.float64)
        return tuple(f"{t:.10g} s" for t in series), series
    return table.labels, None


def _check_axis(table: Table) -> None:
    """Require a positive axis that rises or falls throughout."""
    axis = table.values
    if np.min(axis) <= 0.0:
        i = int(np.argmax(axis <= 0.0))
        problem = Problem(f"line {table.lines[i]}, column 1", f"{axis[i]:g}", "must be > 0")
        raise CaseError([problem], table.source)
    sign = 1.0 if axis[-1] > axis[0] else -1.0
    wrong = np.flatnonzero(sign * np.diff(axis) <= 0.0)
    if wrong.size:
        i = int(wrong[0]) + 1
        rule = f"the axis must rise or fall throughout; the row before has {axis[i - 1]:g}"
        more = f" (and {wrong.size - 1} more lines)" if wrong.size > 1 else ""
        where = f"line {table.lines[i]}, column 1{more}"
        remedy = "sort the rows, drop repeated ones"
        raise CaseError([Problem(where, f"{axis[i]:g}", rule, remedy)], table.source)


def _joined(parts: list[Spectra], paths: list[Path]) -> Spectra:
    """Return the spectra of several files, one each, sorted by the times in their names."""
    first = parts[0]
    for part in parts:
        _require_one(part, first)
    labels = [path.stem for path in paths]
    if len({*labels}) < len(labels):
        labels = [str(path) for path in paths]
    found = [_time_in(path.stem) for path in paths]
    times = [t for t in found if t is not None]
    order, time = list(range(len(parts))), None
    if len(times) == len(parts) and len({*times}) == len(times):
        order = sorted(order, key=times.__getitem__)
        time = np.asarray(sorted(times), dtype=np.float64)
        labels = [f"{t:.10g} s" for t in times]
    dark = None
    if any(part.dark is not None for part in parts):
        none = np.zeros_like(first.energy)
        dark = np.asarray([none if parts[i].dark is None else parts[i].dark for i in order])
    how = "named by the times in their names" if time is not None else "named by their files"
    return Spectra(
        energy=first.energy,
        signal=np.concatenate([parts[i].signal for i in order]),
        labels=tuple(labels[i] for i in order),
        time=time,
        source=f"{first.source} and {len(parts) - 1} more",
        dark=dark,
        notes=(*first.notes[:-1], f"{len(parts)} files, one spectrum each, {how}"),
    )


def _require_one(part: Spectra, first: Spectra) -> None:
    """Require one spectrum a file, on the axis of the first file."""
    if len(part.labels) != 1:
        rule = f"holds {len(part.labels)} spectra ({', '.join(part.labels[:8])})"
        remedy = "of several files each gives one: say which with --column"
        raise CaseError([Problem("file", "", rule, remedy)], part.source)
    step = np.min(np.diff(first.energy))
    if part.energy.shape != first.energy.shape or (
        np.max(np.abs(part.energy - first.energy)) > _SAME_AXIS * step
    ):
        rule = f"has another axis than {first.source}"
        raise CaseError([Problem("file", "", rule, "export all files on one axis")], part.source)


def _time_in(stem: str) -> float | None:
    match = list(_TIME_IN_NAME.finditer(stem))
    return seconds_of(f"{match[-1][1]} {match[-1][2]}") if match else None
