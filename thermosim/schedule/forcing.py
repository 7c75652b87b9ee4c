"""What formulas of a case do in time: their switches, and steps short enough to see each pulse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MISSED = 0.02  # of what a formula changes in a step that the stages of the step may miss
_NOTHING = 1e-6  # of what it changes in all the run
_SIDE = 2e-12  # of the duration: beside a switch


@dataclass(frozen=True)
class Rule:
    """Where a step of a Runge-Kutta method looks, as parts of the step, and with what weights.

    `embedded` are the weights of the method of another order beside it.
    """

    places: tuple[float, ...]
    weights: tuple[float, ...]
    embedded: tuple[float, ...] = ()


class Course:
    """Values of one formula, shape (places, times), at times [s] that show all it does."""

    def __init__(self, times: Floats, values: Floats) -> None:
        self.times, self.values = times, values
        steps = np.diff(times) * (values[:, 1:] + values[:, :-1]) / 2
        self._sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(steps, axis=1)], axis=1)
        length = times[-1] - times[0]
        mean = self._sums[:, -1:] / length
        self._all = np.trapezoid(np.abs(values - mean), times, axis=1)

    @property
    def strongest(self) -> float:
        """The time at which the values are largest [s]."""
        return float(self.times[np.argmax(np.abs(self.values).max(axis=0))])

    def at(self, times: Floats) -> Floats:
        """Return the values at `times`, shape (places, n)."""
        i = np.clip(np.searchsorted(self.times, times) - 1, 0, len(self.times) - 2)
        share = (times - self.times[i]) / (self.times[i + 1] - self.times[i])
        return np.asarray(self.values[:, i] * (1 - share) + self.values[:, i + 1] * share)

    def sees(self, start: float, stop: float, rule: Rule, missed: float) -> bool:
        """Whether the stages of a step miss no more than a part of what the formula does in it."""
        ends = np.array([start, stop])
        first, last = np.searchsorted(self.times, ends)
        if last - first < 2:
            return True
        inside = self.values[:, first:last]
        course = np.concatenate([self.at(ends[:1]), inside, self.at(ends[1:])], axis=1)
        times = np.concatenate([ends[:1], self.times[first:last], ends[1:]])
        change = course - course[:, :1]
        stages = self.at(start + (stop - start) * np.array(rule.places)) - course[:, :1]
        gap = np.trapezoid(change, times) - (stop - start) * stages @ np.array(rule.weights)
        allowed = missed * np.trapezoid(np.abs(change), times) + _NOTHING * self._all
        return bool(np.all(np.abs(gap) <= allowed))


@dataclass(frozen=True)
class Forcing:
    """All formulas of a case that change in time.

    Attributes
    ----------
    duration : of the run [s]
    switches : times within it at which one of them jumps or kinks [s], sorted
    courses : what each does at a few places
    """

    duration: float = 0.0
    switches: Floats = field(default_factory=lambda: np.empty(0))
    courses: tuple[Course, ...] = ()

    def limit(self, start: float, step: float, rule: Rule, missed: float = _MISSED) -> float:
        """Return the step, halved until the stages of `rule` see what the formulas do in it."""
        side = _SIDE * self.duration
        while step > 4 * side:
            ends = start + side, start + step - side
            if all(course.sees(*ends, rule, missed) for course in self.courses):
                break
            step /= 2
        return step

    def parts(
        self, start: float, stop: float, rule: Rule, missed: float
    ) -> list[tuple[float, float]]:
        """Return the parts of a stretch of time in each of which `rule` sees what they do."""
        found, at = [], start
        while at < stop:
            step = self.limit(at, stop - at, rule, missed)
            end = stop if at + step >= stop else at + step
            found.append((at, end))
            at = end
        return found

    def span(self, time: float) -> tuple[float, float]:
        """Return the switches around a time, 0 and infinity beyond them [s]."""
        i = int(np.searchsorted(self.switches, time * (1 + 1e-12), side="right"))
        before = float(self.switches[i - 1]) if i else 0.0
        return before, float(self.switches[i]) if i < len(self.switches) else float("inf")


def distinct(times: Iterable[float], duration: float) -> Floats:
    """Return times sorted, those closer than 1e-12 of the duration as one."""
    found = np.unique(np.fromiter(times, float))
    new = np.append(True, np.diff(found) > 1e-12 * duration)[: len(found)]
    return np.asarray(found[new])
