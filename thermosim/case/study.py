"""The section ``[study]``: which parameters of a case vary, over which values, in which stages."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from thermosim.case.methods import Method, methods
from thermosim.language.kinds import OneOf
from thermosim.language.sections import Section
from thermosim.language.units import parse_quantity

MAX_POINTS = 100_000
_DIGITS = 12  # of the values of a range: enough for any input, the same on every machine
_COUNT = re.compile(r"(\d*)\s*(log|lin|)")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True)
class Interval:
    """A range of one parameter, in the unit that its ends were given in."""

    low: float
    high: float
    unit: str
    log: bool
    count: int | None = None

    def at(self, share: Any) -> tuple[Any, ...]:
        """Return the values, as a case file has them, at shares between 0 and 1 of the range."""
        u = np.atleast_1d(np.asarray(share, dtype=np.float64))
        if self.log:
            numbers = self.low * (self.high / self.low) ** u
        else:
            numbers = self.low + (self.high - self.low) * u
        numbers = np.where(u == 1.0, self.high, numbers)
        return tuple(self._written(float(number)) for number in numbers)

    def _written(self, number: float) -> Any:
        rounded = float(f"{number:.{_DIGITS}g}")
        return f"{rounded!r} {self.unit}" if self.unit else rounded

    def points(self) -> tuple[Any, ...]:
        """Return the values at equal steps (of the logarithm, if `log`)."""
        assert self.count is not None
        return self.at(np.linspace(0.0, 1.0, self.count))


@dataclass(frozen=True)
class Variable:
    """One parameter that varies: a list of values, or an interval to sample from."""

    path: str
    values: tuple[Any, ...] = ()
    interval: Interval | None = None

    def at(self, share: Any) -> tuple[Any, ...]:
        """Return the values at shares between 0 and 1: of the interval, or of the list."""
        if self.interval is not None:
            return self.interval.at(share)
        last = len(self.values) - 1
        places = np.minimum((np.atleast_1d(share) * len(self.values)).astype(int), last)
        return tuple(self.values[i] for i in places)

    @property
    def spacing(self) -> str:
        """How the values are spaced: "log", "lin" or, for a list, "list"."""
        if self.interval is None:
            return "list"
        return "log" if self.interval.log else "lin"


def parse_variable(path: str, given: Any) -> Variable:
    """Return the variable that a text or a list stands for.

    ``"1um:50um:20log"`` is a range with a number of points, ``"1um:50um:log"`` an interval to
    sample from, ``"1um,2um"`` a list; without "log" ranges are linear. A list of a case file may
    hold anything that stands at the path, sections too.

    Raises
    ------
    ValueError
        If the text is none of these.
    """
    if isinstance(given, list | tuple):
        values = tuple(given)
    elif isinstance(given, str) and given.strip():
        parts = given.split(":")
        if len(parts) > 1:
            interval = _interval(given, [part.strip() for part in parts])
            values = () if interval.count is None else interval.points()
            return Variable(path, values, interval)
        listed = parse_value(given)
        values = tuple(
            listed if isinstance(listed, list) else [parse_value(v) for v in given.split(",")]
        )
    else:
        raise ValueError(f'{given!r} is no list and no range such as "1um:50um:20log"')
    if not values or any(value == "" for value in values):
        raise ValueError("a value is missing; write for instance 1um,2um,5um or 1um:50um:20log")
    return Variable(path, values)


def _interval(text: str, parts: list[str]) -> Interval:
    spacing = _COUNT.fullmatch(parts[2] if len(parts) == 3 else "")
    if len(parts) > 3 or spacing is None:
        raise ValueError(
            f'"{text}" is no range; write LOW:HIGH:COUNT, LOW:HIGH:COUNTlog or, to sample from, '
            "LOW:HIGH or LOW:HIGH:log"
        )
    ends = [_NUMBER.fullmatch(part) for part in parts[:2]]
    if ends[0] is None or ends[1] is None:
        raise ValueError(f'"{text}": both ends of a range are numbers with units')
    unit = ends[0][2] or ends[1][2]
    low, high = (parse_quantity(f"{end[1]} {end[2] or unit}", unit) for end in ends if end)
    log, count = spacing[2] == "log", int(spacing[1]) if spacing[1] else None
    if low >= high:
        raise ValueError(f'"{text}": the first end must be below the second')
    if log and low <= 0:
        raise ValueError(f'"{text}": a logarithmic range starts above 0')
    if count is not None and not 2 <= count <= MAX_POINTS:
        raise ValueError(f'"{text}": a range has 2 to {MAX_POINTS} points')
    return Interval(low, high, unit, log, count)


def parse_value(text: str) -> Any:
    """Return what a value on the command line stands for: TOML, or else the text itself."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text.strip()


def flattened(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of nested sections by dotted path."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            found.update(flattened(value, f"{path}."))
        else:
            found[path] = value
    return found


def _flatten(given: Any) -> Any:
    return flattened(given) if isinstance(given, Mapping) else given


class Stage(Section):
    """A named set of overrides: one effect switched on."""

    name: str = Field(min_length=1, max_length=80, description="What the stage is called")
    set: dict[str, Any] = Field(
        default_factory=dict,
        description="Keys of the case with new values; a section whose kind (or model) changes "
        "starts anew",
    )


class Study(Section):
    """Many runs of one case: what varies, and what is looked for."""

    method: Annotated[str, OneOf(methods)] = Field(
        default="grid", description="Every combination, or a way to sample (docs/studies.md)"
    )
    samples: Annotated[int, Field(ge=1, le=MAX_POINTS)] | None = Field(
        default=None, description="How many samples (saltelli, morris: base samples, trajectories)"
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="Of the samples")
    vary: Annotated[dict[str, Any], BeforeValidator(_flatten)] = Field(
        default_factory=dict,
        description='Path of the case to a list of values or a range "LOW:HIGH:COUNTlog"',
    )
    zip: tuple[tuple[str, ...], ...] = Field(
        default=(), description="Groups of paths whose values advance together"
    )
    stages: tuple[Stage, ...] = Field(
        default=(), max_length=100, description="Named sets of overrides; the whole is run in each"
    )
    cumulative: bool = Field(
        default=True, description="Each stage keeps the overrides of those before it"
    )
    objective: str = Field(
        default="delta_T_mean_K", description="The number of the summary whose optimum is named"
    )
    goal: Literal["min", "max"] = Field(default="min", description="Which optimum")
    invalid: Literal["refuse", "record"] = Field(
        default="refuse",
        description="Points that are no valid case: refuse the study, or record them as failed",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.vary and not self.stages:
            raise ValueError("nothing varies; add [study.vary] or --vary PATH=VALUES")
        names = Counter(stage.name for stage in self.stages)
        if doubled := [name for name, count in names.items() if count > 1]:
            raise ValueError(f'two stages are named "{doubled[0]}"; rename one')
        self._check_method()
        sizes = [len(group[0].values) or 1 for group in self.groups()]
        n_points = int(np.prod([float(size) for size in sizes])) * max(1, len(self.stages))
        if not self.sampling.samples and n_points > MAX_POINTS:
            raise ValueError(f"{n_points} points are more than {MAX_POINTS}; take fewer values")
        return self

    def _check_method(self) -> None:
        if not self.sampling.samples:
            if self.samples is not None:
                raise ValueError('samples needs a method that samples, such as "latin_hypercube"')
            return
        if self.samples is None:
            raise ValueError(f'method = "{self.method}" needs samples, for instance samples = 64')
        if not self.vary:
            raise ValueError(f'method = "{self.method}" needs something to vary')
        if self.sampling.power_of_2 and self.samples & (self.samples - 1):
            raise ValueError(
                f"samples = {self.samples} must be a power of 2, which the balance of a Sobol "
                "sequence needs"
            )
        if self.sampling.ranks and self.stages:
            raise ValueError(f'method = "{self.method}" takes no stages; run one study for each')

    @property
    def sampling(self) -> Method:
        """The method itself."""
        return methods()[self.method]()

    def variables(self) -> tuple[Variable, ...]:
        """Return what varies, in the order of the file.

        Raises
        ------
        ValueError
            Naming the path and what is wrong with its values.
        """
        found = []
        for path, given in self.vary.items():
            try:
                variable = parse_variable(path, given)
                self._check_counts(variable)
            except ValueError as error:
                raise ValueError(f"vary.{path}: {error}") from error
            found.append(variable)
        return tuple(found)

    def _check_counts(self, variable: Variable) -> None:
        interval = variable.interval
        if interval is None:
            return
        if not self.sampling.samples and interval.count is None:
            raise ValueError("says not how many points; write for instance LOW:HIGH:20log")
        if self.sampling.samples and interval.count is not None:
            raise ValueError("samples says how many points; write LOW:HIGH or LOW:HIGH:log")

    def groups(self) -> tuple[tuple[Variable, ...], ...]:
        """Return the variables in groups: those of one group advance together.

        Raises
        ------
        ValueError
            If `zip` names what does not vary, or twice, or values of different number.
        """
        variables = {variable.path: variable for variable in self.variables()}
        leader: dict[str, tuple[str, ...]] = {}
        for group in self.zip:
            for path in group:
                if path not in variables:
                    raise ValueError(f"zip: {path} does not vary; add it to vary")
                if path in leader:
                    raise ValueError(f"zip: {path} stands there twice")
                leader[path] = group
            sizes = {path: len(variables[path].values) for path in group}
            if not self.sampling.samples and len(set(sizes.values())) > 1:
                found = ", ".join(f"{path} has {n}" for path, n in sizes.items())
                raise ValueError(f"zip needs as many values of each: {found}")
        ordered = dict.fromkeys(leader.get(path, (path,)) for path in variables)
        return tuple(tuple(variables[path] for path in group) for group in ordered)
