"""The error of the mesh in a transient, carried along: what was done wrong early stays for a while.

With elements one degree higher the error δ of the semi-discrete solution obeys, to first order,
``M δ̇ + F' δ = -F(θ_h, θ̇_h)`` in the finer space. It is integrated beside the run by backward Euler
over a few steps at a time, the residual as the mean of both ends. The ± is the effect of δ over
1 - (p/(p+1))^1.5, as in a steady run. What the embedded method says of each step is carried along
in the same way: it dies away as the errors do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
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
EVERY = 8  # steps of the run in one step of its error
_MASS = 1e30  # times θ̇ against which conduction is nothing [1/s]
_STEPS = 1.5  # safety of what the embedded method says
_RTOL = 1e-4  # of iterative solvers


class CarriedError:
    """The error of the temperature of one transient problem.

    Attributes
    ----------
    delta : θ of the finer space less θ_h [K]
    steps : what the steps in time did wrong, as far as it lasts [K]
    """

    def __init__(self, problem: TransientProblem, settings: SolverSettings) -> None:
        self.problem, self._settings = problem, settings
        fine = self.fine = TransientProblem(
            problem.domain, problem.model, problem.degree + 1, problem.factor, problem.time
        )
        fine.share(problem)
        self.delta, self.steps = fem.Function(fine.space), fem.Function(fine.space)
        self._waiting = fem.Function(problem.space)
        self._map: StateMap | None = None
        self._before: Any = None
        self._time = 0.0

    @property
    def states(self) -> StateMap:
        """How `delta` is written down."""
        if self._map is None:
            self._map = StateMap(self.fine.space)
        return self._map

    @property
    def fields(self) -> dict[str, Any]:
        """What a checkpoint must hold, by name."""
        return {"error_of_mesh": self.delta, "error_of_steps": self.steps}

    def begin(self, time: float) -> None:
        """Take the residual at a start or restart of the steps (collective)."""
        self._time, self._before = time, self._residual()

    def add_step(self, local: Any, *, fixed: bool) -> None:
        """Add the error of one step at the local nodes of the problem [K].

        Errors that a tolerance has cut to one size are added without sign. Those of steps of a
        `fixed` length are not: in stiff parts they swing, and only the sum means something.
        """
        self._waiting.x.array[:] += local if fixed else np.abs(local)

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
        right = self._stored(misplaced, 1.0, self._residual())
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
        kept = self._stored(self.delta, length, now)
        kept.axpy(-0.5, now)
        kept.axpy(-0.5, self._before)
        steps = fem.Function(fine.space)
        steps.interpolate(self._waiting)
        steps.x.array[:] += self.steps.x.array
        wrong = self._stored(steps, length, now)
        fine.shift.value = 1.0 / length
        linear = Linearised(fine, self._settings, _RTOL)
        try:
            self.delta.x.array[:] = linear.correction(kept).x.array
            self.steps.x.array[:] = linear.correction(wrong).x.array
        finally:
            linear.destroy()
        self._waiting.x.array[:] = 0.0
        self._time, self._before = time, now

    def _stored(self, change: Any, length: float, now: Any) -> Any:
        """Return the heat that a change of θ [K] stores per time [W]: F is linear in the rate."""
        fine = self.fine
        kept = fine.rate.x.array.copy()
        fine.rate.x.array[:] += change.x.array / length
        stored = self._assembled()
        stored.axpy(-1.0, now)
        fine.rate.x.array[:] = kept
        return stored

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

    def bounds(
        self, regions: Iterable[str], probes: Mapping[str, Probe]
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Return the ± of temperatures of regions and probes [K], of the mesh and of the steps.

        Collective.
        """
        fine, look = self.fine, Look(self.fine, regions, probes, heats=False)
        fine.theta.interpolate(self.problem.theta)
        known, kept = look.read(), fine.theta.x.array.copy()
        found = []
        for change in (self.delta, self.steps):
            fine.theta.x.array[:] = kept + change.x.array
            moved = look.read()
            found.append({name: abs(moved[name] - known[name]) for name in known})
        factor, rounding = safety(self.problem.degree), ROUNDING * fine.model.T_ref
        mesh = {name: factor * size + rounding for name, size in found[0].items()}
        return mesh, {name: _STEPS * size for name, size in found[1].items()}


def carried_error(problem: TransientProblem, settings: SolverSettings) -> CarriedError | None:
    """Return what carries the errors through a run; None if nobody asks, or it is too large."""
    finer = ((problem.degree + 1) / problem.degree) ** problem.domain.tdim
    size = finer * problem.space.dofmap.index_map.size_global
    return CarriedError(problem, settings) if settings.error_estimate and size <= MANY else None
