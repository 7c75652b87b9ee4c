"""What a step in time looked at: the states of its stages, as Newton's method left them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.schedule.forcing import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.transient import TransientProblem

_W = 2**0.5 / 4
# where the stages of the methods are in a step, and with what weights their rates make the step and
# that of the embedded method (references in `timestepper`); backward Euler has none
RULES = {
    "backward_euler": Rule((1.0,), (1.0,)),
    "dirk2": Rule(
        (0.0, 2 - 2**0.5, 1.0),
        (_W, _W, 1 - 2 * _W),
        ((1 - _W) / 3, (3 * _W + 1) / 3, (1 - 2 * _W) / 3),
    ),
    "dirk3": Rule(
        (0.0, 1767732205903 / 2027836641118, 3 / 5, 1.0),
        (
            1471266399579 / 7840856788654,
            -4482444167858 / 7529755066697,
            11266239266428 / 11593286722821,
            1767732205903 / 4055673282236,
        ),
        (
            2756255671327 / 12835298489170,
            -10771552573575 / 22201958757719,
            9247589265047 / 10645013368117,
            2193209047091 / 5459859503100,
        ),
    ),
    "dirk4": Rule(
        (0.0, 1 / 2, 83 / 250, 31 / 50, 17 / 20, 1.0),
        (82889 / 524892, 0.0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 1 / 4),
        (
            4586570599 / 29645900160,
            0.0,
            178811875 / 945068544,
            814220225 / 1159782912,
            -3700637 / 11593932,
            61727 / 225920,
        ),
    ),
}
_SAME = 1e-6  # of a step: times that are one stage


@dataclass(frozen=True)
class Stage:
    """θ [K] and θ̇ [K/s] at the local nodes, and the factor of the light, at a time [s]."""

    time: float
    theta: NDArray[np.float64]
    rate: NDArray[np.float64]
    factor: float

    @classmethod
    def now(cls, problem: TransientProblem, time: float) -> Stage:
        """Return the present state of a problem."""
        theta, rate = problem.theta.x.array.copy(), problem.rate.x.array.copy()
        return cls(time, theta, rate, float(problem.factor.value))

    def put(self, problem: TransientProblem) -> None:
        """Make it the state of a problem."""
        problem.at(self.time)
        problem.theta.x.array[:], problem.rate.x.array[:] = self.theta, self.rate
        problem.factor.value = self.factor


class Step:
    """The stages of one step, the last evaluation of each."""

    def __init__(self, rule: Rule, first: Stage) -> None:
        self.rule, self.first = rule, first
        self._met: dict[float, Stage] = {}

    def note(self, stage: Stage) -> None:
        """Keep an evaluation; that of the same time before it is forgotten."""
        self._met[stage.time] = stage

    def local_error(self, taken: float, stages: list[Stage]) -> NDArray[np.float64]:
        """Return how the embedded method differs from the step, at the local nodes [K].

        Beside backward Euler stands the trapezoid.
        """
        if not self.rule.embedded:
            return np.asarray(taken / 2 * (self.first.rate - stages[-1].rate))
        weights = np.subtract(self.rule.embedded, self.rule.weights)
        return np.asarray(
            taken * sum(w * stage.rate for w, stage in zip(weights, stages, strict=True))
        )

    def stages(self, taken: float) -> list[Stage]:
        """Return the stages of the accepted step, `taken` [s] long, in the order of the rule."""
        found = []
        for place in self.rule.places:
            time = self.first.time + place * taken
            if place == 0.0:
                found.append(self.first)
                continue
            near = min(self._met, key=lambda t: abs(t - time))
            assert abs(near - time) <= _SAME * taken + 8 * np.spacing(time)
            found.append(self._met[near])
        return found
