"""How the pump goes on and off in time: the section ``[transient.schedule]``.

Every kind is a sequence of pieces, each linear in time and smooth inside; the stepper starts anew
where one ends, so that a switch is met exactly. A value is a factor on the intensity of ``[laser]``
(or on ``[source]``).
"""

from __future__ import annotations

import io
import itertools
import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from thermosim.language.files import named_file, read_bounded
from thermosim.language.kinds import Kind
from thermosim.language.units import Frequency, Intensity, NonNegative, Positive, Time

_MAX_ROWS = 1_000_000
_MAX_BYTES = 100 * _MAX_ROWS
_SAME = 1e-12  # relative difference of times that counts as none


@dataclass(frozen=True)
class Piece:
    """A factor that runs straight from `first` at `start` [s] to `last` at `stop` [s]."""

    start: float
    stop: float
    first: float
    last: float

    def factor(self, time: float) -> float:
        """Return the factor at a time of this piece, its ends included."""
        if self.first == self.last or math.isinf(self.stop):
            return self.first
        share = (time - self.start) / (self.stop - self.start)
        return self.first + (self.last - self.first) * min(max(share, 0.0), 1.0)


Pieces = Callable[[int], Piece | None]
"""The i-th piece (from 0, in order of time); None beyond the last."""


class Schedule(Kind, chosen_by="kind"):
    """The course of the light in time."""

    kind: str

    @abstractmethod
    def pieces(self, reference: float | None) -> Pieces:
        """Return the pieces; `reference` [W/m²] is the intensity that a factor of 1 stands for.

        Raises
        ------
        ValueError
            If intensities are given and there is no laser to refer them to.
        """


class Constant(Schedule):
    """The same light all the time."""

    kind: Literal["constant"] = "constant"
    factor: NonNegative[float] = Field(default=1.0, description="On the intensity of the laser")

    def pieces(self, reference: float | None) -> Pieces:
        """Return the one piece; `reference` [W/m²] is not needed."""
        return _from_levels([0.0], [self.factor])


class Steps(Schedule):
    """Levels that follow each other, the last one kept."""

    kind: Literal["steps"] = "steps"
    every: Positive[Time] | None = Field(default=None, description="Length of each level")
    times: tuple[NonNegative[Time], ...] | None = Field(
        default=None, description='Start of each level, the first "0 s"; in place of every'
    )
    factors: tuple[NonNegative[float], ...] | None = Field(
        default=None, description="Levels as factors on the intensity of the laser"
    )
    intensities: tuple[NonNegative[Intensity], ...] | None = Field(
        default=None, description="Levels as peak intensities; in place of factors"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        _one_of("every", self.every, "times", self.times)
        levels = _one_of("factors", self.factors, "intensities", self.intensities)
        if not levels:
            raise ValueError("needs at least one level")
        if self.times is not None:
            _check_times(self.times, len(levels))
        return self

    def pieces(self, reference: float | None) -> Pieces:
        """Return the levels; `reference` [W/m²] is the intensity that a factor of 1 stands for.

        Raises
        ------
        ValueError
            If intensities are given and there is no laser to refer them to.
        """
        levels = _factors(self.factors, self.intensities, reference)
        starts = self.times or [i * (self.every or 0.0) for i in range(len(levels))]
        return _from_levels(starts, levels)


class Chopped(Schedule):
    """Light that is on for a share of every period."""

    kind: Literal["chopped"] = "chopped"
    period: Positive[Time] | None = Field(
        default=None, description="From one switch on to the next"
    )
    frequency: Positive[Frequency] | None = Field(default=None, description="In place of period")
    duty: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.5, description="Share that is on")
    phase: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Part of a period already over at t = 0; at phase 0 light goes on"
    )
    on: NonNegative[float] = Field(default=1.0, description="Factor while on")
    off: NonNegative[float] = Field(default=0.0, description="Factor while off")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        _one_of("period", self.period, "frequency", self.frequency)
        if self.on == self.off:
            raise ValueError(f'on = off = {self.on:g}: nothing is chopped; use kind = "constant"')
        return self

    @property
    def length(self) -> float:
        """The period [s]."""
        return self.period if self.period is not None else 1.0 / (self.frequency or 1.0)

    def pieces(self, reference: float | None) -> Pieces:
        """Return the pieces, on and off in turn, without end."""
        T, origin = self.length, -self.phase * self.length
        skip = 0 if self.phase < self.duty else 1

        def edge(k: int) -> float:
            whole, odd = divmod(k, 2)
            return origin + (whole + (self.duty if odd else 0.0)) * T

        def piece(i: int) -> Piece | None:
            k = i + skip
            value = self.off if k % 2 else self.on
            return Piece(max(0.0, edge(k)), edge(k + 1), value, value)

        return piece

    def fundamental(self, harmonic: int = 1) -> complex:
        """Return the Fourier coefficient c of the factor, 2 Re(c exp(i 2 pi n t/T)) in the sum."""
        n = harmonic
        turn = np.exp(2j * np.pi * n * self.phase)
        step = 1.0 - np.exp(-2j * np.pi * n * self.duty)
        return complex((self.on - self.off) * step / (2j * np.pi * n) * turn)


class Pulses(Schedule):
    """Rectangular pulses on a steady background."""

    kind: Literal["pulses"] = "pulses"
    width: Positive[Time] = Field(description="Length of a pulse")
    delay: NonNegative[Time] = Field(default=0.0, description="Start of the first pulse")
    period: Positive[Time] | None = Field(default=None, description="From pulse to pulse")
    count: Annotated[int, Field(ge=1)] = Field(default=1, description="How many pulses")
    factor: NonNegative[float] = Field(default=1.0, description="During a pulse")
    background: NonNegative[float] = Field(default=0.0, description="Between pulses")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.count > 1 and self.period is None:
            raise ValueError(f"count = {self.count} pulses need a period")
        if self.period is not None and self.period <= self.width:
            raise ValueError(f"width = {self.width:g} s must be below period = {self.period:g} s")
        return self

    def pieces(self, reference: float | None) -> Pieces:
        """Return pulses and pauses in turn."""
        first_pause = 1 if self.delay > 0 else 0

        def piece(i: int) -> Piece | None:
            if first_pause and i == 0:
                return Piece(0.0, self.delay, self.background, self.background)
            n, pause = divmod(i - first_pause, 2)
            if n >= self.count:
                return None
            start = self.delay + n * (self.period or 0.0)
            if not pause:
                return Piece(start, start + self.width, self.factor, self.factor)
            last = n == self.count - 1
            stop = math.inf if last else self.delay + (n + 1) * (self.period or 0.0)
            return Piece(start + self.width, stop, self.background, self.background)

        return piece


class Ramp(Schedule):
    """A straight rise or fall, then a constant level."""

    kind: Literal["ramp"] = "ramp"
    duration: Positive[Time] = Field(description="Length of the ramp")
    delay: NonNegative[Time] = Field(default=0.0, description="Start of the ramp")
    first: NonNegative[float] = Field(default=0.0, description="Factor before the ramp")
    last: NonNegative[float] = Field(default=1.0, description="Factor after it")

    def pieces(self, reference: float | None) -> Pieces:
        """Return pause, ramp and level."""
        end = self.delay + self.duration
        return _from_points(
            [0.0, self.delay, end] if self.delay else [0.0, end],
            [self.first, self.first, self.last] if self.delay else [self.first, self.last],
        )


class Table(Schedule):
    """A course read from a CSV file (columns ``time_s`` and ``factor`` or ``intensity_W_m2``)."""

    kind: Literal["table"] = "table"
    file: Path | None = Field(default=None, description="Relative to the case file; read at once")
    times: tuple[NonNegative[Time], ...] = Field(default=(), description="In place of a file")
    factors: tuple[NonNegative[float], ...] | None = Field(
        default=None,
        description="Levels as factors on the intensity of the laser, one for each time",
    )
    intensities: tuple[NonNegative[Intensity], ...] | None = Field(
        default=None, description="Levels as peak intensities; in place of factors"
    )
    between: Literal["linear", "steps"] = Field(
        default="linear", description="Straight lines between the rows, or levels kept to the next"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, tree: Any, info: ValidationInfo) -> Any:
        """Replace ``file`` by what stands in it, so that a stored case is whole by itself."""
        if not isinstance(tree, dict) or tree.get("file") is None:
            return tree
        clash = {"times", "factors", "intensities"} & set(tree)
        if clash:
            raise ValueError(f"file and {', '.join(sorted(clash))} say the same thing twice")
        folder = (info.context or {}).get("directory", "")
        rest = {key: value for key, value in tree.items() if key != "file"}
        return {**rest, **_read_table(named_file(folder, str(tree["file"])))}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        levels = _one_of("factors", self.factors, "intensities", self.intensities)
        _check_times(self.times, len(levels))
        return self

    def pieces(self, reference: float | None) -> Pieces:
        """Return one piece per row; beyond the last row its value stays.

        Raises
        ------
        ValueError
            If intensities are given and there is no laser to refer them to.
        """
        levels = _factors(self.factors, self.intensities, reference)
        make = _from_points if self.between == "linear" else _from_levels
        return make(self.times, levels)


def walk(pieces: Pieces, duration: float) -> Iterator[Piece]:
    """Yield the pieces up to `duration` [s], the last one cut there."""
    i = 0
    while (piece := pieces(i)) is not None and piece.start < duration * (1 - _SAME):
        yield Piece(piece.start, min(piece.stop, duration), piece.first, _last(piece, duration))
        i += 1


class Exposure:
    """How long a body has had the whole light: the integral of the factor over time [s]."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces, self._sums, self._last = pieces, [0.0], 0

    def __call__(self, time: float) -> float:
        """Return the exposure up to a time [s]."""
        last = self._pieces(self._last)
        i = self._last if last is not None and time >= last.start else 0
        while (piece := self._pieces(i)) is not None:
            if time <= piece.stop:
                inside, self._last = time - piece.start, i
                return self._sums[i] + 0.5 * inside * (piece.first + piece.factor(time))
            if i + 1 == len(self._sums):
                whole = 0.5 * (piece.stop - piece.start) * (piece.first + piece.last)
                self._sums.append(self._sums[i] + whole)
            i += 1
        return self._sums[-1]


def largest_factor(pieces: Pieces, duration: float) -> float:
    """Return the largest factor up to `duration` [s], looking at no more than 10 000 pieces."""
    first = zip(range(10_000), walk(pieces, duration), strict=False)
    return max(max(piece.first, piece.last) for _, piece in first)


def _last(piece: Piece, duration: float) -> float:
    return piece.last if piece.stop <= duration else piece.factor(duration)


def _from_levels(starts: Sequence[float], levels: Sequence[float]) -> Pieces:
    def piece(i: int) -> Piece | None:
        if i >= len(levels):
            return None
        stop = starts[i + 1] if i + 1 < len(levels) else math.inf
        return Piece(starts[i], stop, levels[i], levels[i])

    return piece


def _from_points(times: Sequence[float], values: Sequence[float]) -> Pieces:
    def piece(i: int) -> Piece | None:
        if i >= len(times):
            return None
        if i == len(times) - 1:
            return Piece(times[i], math.inf, values[i], values[i])
        return Piece(times[i], times[i + 1], values[i], values[i + 1])

    return piece


def _factors(
    factors: Sequence[float] | None, intensities: Sequence[float] | None, reference: float | None
) -> Sequence[float]:
    if factors is not None:
        return factors
    if not reference:
        raise ValueError(
            "transient.schedule.intensities: there is no laser intensity to refer them to; "
            "give factors"
        )
    return [value / reference for value in intensities or ()]


def _one_of(name_1: str, value_1: Any, name_2: str, value_2: Any) -> Any:
    if (value_1 is None) == (value_2 is None):
        raise ValueError(f"give either {name_1} or {name_2}")
    return value_1 if value_1 is not None else value_2


def _check_times(times: Sequence[float], n_levels: int) -> None:
    if len(times) != n_levels:
        raise ValueError(f"{len(times)} times but {n_levels} values; give one value per time")
    if not times or times[0] != 0.0:
        raise ValueError(f"the first time must be 0 s, but times start {list(times[:1])}")
    for before, after in itertools.pairwise(times):
        if not after > before:
            raise ValueError(f"times must rise; {after:g} s follows {before:g} s")


def _read_table(path: Path) -> dict[str, Any]:
    """Return times and values of a CSV file with a header."""
    import csv

    try:
        data = read_bounded(path, _MAX_BYTES)
        if len(data) > _MAX_BYTES:
            raise ValueError(f"{path} is too large: it may have {_MAX_BYTES} bytes")
        lines = io.StringIO(data.decode("utf-8-sig"), newline="")
        rows = [row for row in csv.reader(lines) if row and not row[0].startswith("#")]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if len(rows) < 2 or len(rows) > _MAX_ROWS:
        raise ValueError(
            f"{path} has {len(rows)} rows; it needs a header and 1 to {_MAX_ROWS} rows"
        )
    header = [name.strip() for name in rows[0]]
    name = {"factor": "factors", "intensity_W_m2": "intensities"}
    value = next((column for column in header if column in name), None)
    if "time_s" not in header or value is None:
        raise ValueError(f"{path}: the header must name time_s and factor or intensity_W_m2")
    return {
        "times": _column(path, rows, header.index("time_s"), "s"),
        name[value]: _column(path, rows, header.index(value), "W/m^2" if "int" in value else ""),
    }


def _column(path: Path, rows: list[list[str]], at: int, unit: str) -> list[Any]:
    found: list[Any] = []
    for number, row in enumerate(rows[1:], start=2):
        try:
            value = float(row[at])
        except (ValueError, IndexError) as error:
            raise ValueError(
                f"{path}, row {number}: {','.join(row)!r} is no row of numbers"
            ) from error
        found.append(f"{value!r} {unit}" if unit else value)
    return found
