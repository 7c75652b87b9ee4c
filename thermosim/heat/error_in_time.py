"""The error of the mesh in a transient, carried along: what was done wrong early stays for a while.

With elements one degree higher the error δ of the semi-discrete solution obeys, to first order,
``M δ̇ + F' δ = -F(θ_h, θ̇_h)`` in the finer space. It is integrated beside the run by backward Euler
over a few steps at a time, the residual as the mean of both ends. The ± is the effect of δ over
1 - (p/(p+1))^1.5, as in a steady run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dolfinx import fem

from thermosim.fem.domain import vector
from thermosim.fem.statemap import StateMap
from thermosim.heat.correction import Look
from thermosim.heat.error import ROUNDING, safety
from thermosim.heat.linearised import Linearised
from thermosim.heat.transient import TransientProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from thermosim.case.settings import SolverSettings
    from thermosim.schedule.settings import Probe

MANY = 150_000  # unknowns of the finer space above which no error is carried along
EVERY = 5  # steps of the run in one step of its error
_MASS = 1e30  # times θ̇ against which conduction is nothing [1/s]
_RTOL = 1e-4  # of iterative solvers


class CarriedError:
    """The error of the temperature of one transient problem.

    Attributes
    ----------
    delta : θ of the finer space less θ_h [K]
    """

    def __init__(self, problem: TransientProblem, settings: SolverSettings) -> None:
        self.problem, self._settings = problem, settings
        fine = self.fine = TransientProblem(
            problem.domain, problem.model, problem.degree + 1, problem.factor, problem.time
        )
        fine.share(problem)
        self.delta = fem.Function(fine.space)
        self._map: StateMap | None = None
        self._before: Any = None
        self._time = 0.0

    @property
    def states(self) -> StateMap:
        """How `delta` is written down."""
        if self._map is None:
            self._map = StateMap(self.fine.space)
        return self._map

    def begin(self, time: float) -> None:
        """Take the residual at a start or restart of the steps (collective)."""
        self._time, self._before = time, self._residual()

    def jump(self, before: Any) -> None:
        """Add the heat that held temperatures misplace as they jump (collective).

        `before` is θ at the local nodes of the problem as it was, or is meant to be, inside the
        body; now held nodes stand at other values, and with them a part of the cells beside them.
        """
        fine, problem = self.fine, self.problem
        change = fem.Function(problem.space)
        change.x.array[:] = before - problem.theta.x.array
        misplaced = fem.Function(fine.space)
        misplaced.interpolate(change)
        right = self._residual()
        right.scale(-1.0)
        fine.rate.x.array[:] += misplaced.x.array  # F is linear in the rate
        right.axpy(1.0, self._assembled())
        fine.shift.value = _MASS
        linear = Linearised(fine, self._settings, _RTOL)
        try:
            self.delta.x.array[:] += _MASS * linear.correction(right).x.array
        finally:
            linear.destroy()

    def go_on(self, time: float) -> None:
        """Carry the error on to `time`, the problem's own (collective).

        Raises
        ------
        SolveError
            If its linear system is not solved.
        """
        length = time - self._time
        if length <= 0.0:
            return
        fine, now = self.fine, self._residual()
        fine.rate.x.array[:] += self.delta.x.array / length  # F is linear in the rate
        right = self._assembled()
        right.axpy(-1.0, now)
        right.axpy(-0.5, now)
        right.axpy(-0.5, self._before)
        fine.rate.x.array[:] -= self.delta.x.array / length
        fine.shift.value = 1.0 / length
        linear = Linearised(fine, self._settings, _RTOL)
        try:
            self.delta.x.array[:] = linear.correction(right).x.array
        finally:
            linear.destroy()
        self._time, self._before = time, now

    def _residual(self) -> Any:
        """Return F at the problem's state in the finer space [W]."""
        self.fine.theta.interpolate(self.problem.theta)
        self.fine.rate.interpolate(self.problem.rate)
        return self._assembled()

    def _assembled(self) -> Any:
        b = vector(self.fine.space)
        self.fine.assemble_residual(b)
        with b.localForm() as local:
            local.array[self.fine.held_dofs] = 0.0
        return b

    def bounds(self, regions: Iterable[str], probes: Mapping[str, Probe]) -> dict[str, float]:
        """Return the ± of the temperatures of regions and probes by their names [K].

        Collective.
        """
        fine, look = self.fine, Look(self.fine, regions, probes, heats=False)
        fine.theta.interpolate(self.problem.theta)
        known = look.read()
        fine.theta.x.array[:] += self.delta.x.array
        moved = look.read()
        factor, rounding = safety(self.problem.degree), ROUNDING * fine.model.T_ref
        return {name: factor * abs(moved[name] - known[name]) + rounding for name in known}
