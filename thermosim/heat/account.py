"""The energy account of a transient: the heat that came in, and what became of it.

A balance of rates closes at every instant even where a step jumps over a pulse or over a peak of
the specific heat. The account is over the whole run. What came in is what the stages of each step
released less what left, with the weights of the method; but formulas in time are integrated by a
quadrature of their own, on parts of the step short enough to show all that they do. It is set
beside the change of ∫∫ ρ c_p dT dV by the exact antiderivative of the laws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from thermosim.heat.enthalpy import Enthalpy
from thermosim.heat.stages import Stage
from thermosim.model.budget import STORED, Budget, flows_part, leaving, released
from thermosim.schedule.forcing import Rule

if TYPE_CHECKING:
    from thermosim.heat.budget import HeatMeter
    from thermosim.heat.timestepper import TimeStepper

_SIMPSON = Rule((0.0, 0.5, 1.0), (1 / 6, 4 / 6, 1 / 6))
_SHOWN = 1e-4  # of what a formula changes in a step that its own quadrature may miss


@dataclass
class Account:
    """Energies of a run so far [J].

    Attributes
    ----------
    came_in : released less leaving, integrated
    turned : the heat exchanged, integrated
    started_with : heat content at t = 0, over that at T_ref
    holds : heat content now
    turning, since : the heat exchanged [W] at the last row, and its time [s]
    """

    came_in: float = 0.0
    turned: float = 0.0
    started_with: float = 0.0
    holds: float = 0.0
    turning: float = 0.0
    since: float = 0.0

    @property
    def change(self) -> float:
        """The heat that the bodies took up [J]."""
        return self.holds - self.started_with

    @property
    def missing(self) -> float:
        """What came in and is not there [J]."""
        return self.came_in - self.change

    @property
    def error(self) -> float:
        """The missing energy over the heat exchanged."""
        scale = max(self.turned, abs(self.change), abs(self.came_in))
        return abs(self.missing) / scale if scale else 0.0

    def note(self, time: float, budget: Budget) -> None:
        """Take the heat exchanged [W] at a row of the series."""
        flows = flows_part(budget)
        turning = max(abs(released(flows)), sum(map(abs, flows.values())) / 2)
        self.turned += (time - self.since) * (turning + self.turning) / 2
        self.turning, self.since = turning, time


class Accountant:
    """Keeps the account of one stepper."""

    def __init__(self, stepper: TimeStepper, meter: HeatMeter, in_time: frozenset[str]) -> None:
        """`in_time` are the paths of heat that follow formulas in time."""
        self.stepper, self._meter, self._in_time = stepper, meter, in_time
        self.enthalpy = Enthalpy(stepper.problem)
        self._stored = frozenset(name for name in meter.names if name.endswith(f":{STORED}"))

    def begin(self, account: Account) -> None:
        """Take what the bodies hold at t = 0 (collective)."""
        account.started_with = account.holds = self.enthalpy.total()

    def add_jump(self, account: Account) -> None:
        """Add what held temperatures that have just jumped brought (collective)."""
        account.came_in += self._settle(account)

    def add_step(self, account: Account) -> None:
        """Add the last step of the stepper, whose end is the present state (collective)."""
        gained = self._settle(account)
        if self.enthalpy.varies:
            gained = self._by_stages(self._stored)
        account.came_in += gained
        if self._in_time:
            account.came_in += self._by_itself() - self._by_stages(self._in_time)

    def _settle(self, account: Account) -> float:
        """Find the heat content now; return what it gained [J]."""
        before, account.holds = account.holds, self.enthalpy.total()
        return account.holds - before

    def _by_stages(self, names: frozenset[str]) -> float:
        """Return the heat of paths over the last step [J] as the method counts it."""
        stepper, first = self.stepper, self.stepper.first
        taken = stepper.time - first.time
        weights = [taken * weight for weight in stepper.rule.weights]
        return self._sum(names, list(zip(weights, stepper.stages, strict=True)))

    def _by_itself(self) -> float:
        """Return the heat that formulas in time brought in the last step [J], all of it."""
        stepper, first = self.stepper, self.stepper.first
        last = Stage.now(stepper.problem, stepper.time)
        terms = []
        for begin, end in stepper.forcing.parts(first.time, last.time, _SIMPSON, _SHOWN):
            for place, weight in zip(_SIMPSON.places, _SIMPSON.weights, strict=True):
                time = begin + place * (end - begin)
                terms.append((weight * (end - begin), self._between(first, last, time)))
        return self._sum(self._in_time, terms)

    def _between(self, first: Stage, last: Stage, time: float) -> Stage:
        """Return the state at a time of the step, from the stages around it."""
        known = sorted([first, *self.stepper.stages, last], key=lambda stage: stage.time)
        after = next((i for i, stage in enumerate(known) if stage.time >= time), len(known) - 1)
        one, two = known[max(after - 1, 0)], known[after]
        length = two.time - one.time
        share = (time - one.time) / length if length else 0.0
        factor = one.factor + share * (two.factor - one.factor)
        return Stage(time, one.theta + share * (two.theta - one.theta), two.rate, factor)

    def _sum(self, names: frozenset[str], terms: list[tuple[float, Stage]]) -> float:
        """Return Σ weight times the heat of the paths: stored, or released less leaving [J]."""
        problem = self.stepper.problem
        now, total = Stage.now(problem, self.stepper.time), 0.0
        for weight, stage in terms:
            if weight:
                stage.put(problem)
                heat = self._meter.parts(names)
                kept = sum(heat.pop(name) for name in names & self._stored)
                total += weight * (kept + released(heat) - leaving(heat))
        now.put(problem)
        return total
