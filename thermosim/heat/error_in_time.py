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
    from thermosim.heat.error import Misfit
    from thermosim.schedule.settings import Probe

MANY = 150_000  # unknowns of the finer space above which no error is carried along
EVERY = 4  # steps of the run in one step of its error
_MASS = 1e30  # times θ̇ against which conduction is nothing [1/s]
_CARRIED = 1.3  # safety of long steps of backward Euler, measured
_STEPS = 3.0  # safety of what the embedded method says, measured
_RTOL = 1e-4  # of iterative solvers


class CarriedError:
    """The error of the temperature of one transient problem.

    Attributes
    ----------
    delta : θ of the finer space less θ_h [K]
    light : what other samples of the light change [K]; None where none are known
    steps : what the steps in time did wrong, as far as it lasts [K]
    """

    def __init__(self, problem: TransientProblem, settings: SolverSettings) -> None:
        self.problem, self._settings = problem, settings
        self.light: Any = None
        self._misfits: list[Misfit] = []
        self._sampling: tuple[Any, Any] = (None, None)
        fine = self.fine = TransientProblem(
            problem.domain, problem.model, problem.degree + 1, problem.factor, problem.time
        )
        fine.share(problem)
        self.delta, self.steps = fem.Function(fine.space), fem.Function(fine.space)
        self._waiting = fem.Function(problem.space)
        self._map: StateMap | None = None
        self._before: Any = None
        self._held: tuple[Any, Any] = (None, None)
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
        known = {"error_of_mesh": self.delta, "error_of_steps": self.steps}
        return known if self.light is None else {**known, "error_of_light": self.light}

    def sample(self, misfits: list[Misfit]) -> None:
        """Carry along what other samples of the light change too."""
        self._misfits = misfits
        self.light = fem.Function(self.fine.space) if misfits else None

    def _missed_light(self) -> Any:
        """Return what other samples change in the residual now, at their worst [W]."""
        b = vector(self.fine.space)
        b.set(0.0)
        for misfit in self._misfits:
            part = misfit.worst()
            b.axpy(-1.0 if part.sum() > 0.0 else 1.0, part)
        with b.localForm() as local:
            local.array[self.fine.held_dofs] = 0.0
        return b

    def begin(self, time: float) -> None:
        """Take the residual at a start or restart of the steps (collective)."""
        self._take(time, self._residual())

    def _take(self, time: float, now: Any) -> None:
        """Keep what the next stretch begins with: heat is kept, where ρ c_p changes too."""
        self._time, self._before = time, now
        self._held = (self._stored(self.delta, now), self._stored(self.steps, now))
        if self.light is not None:
            self._sampling = (self._stored(self.light, now), self._missed_light())

    def add_step(self, local: Any, missed: Any | None, *, fixed: bool) -> None:
        """Add the error of one step at the local nodes of the problem [K].

        Errors that a tolerance has cut to one size are added without sign. Those of steps of a
        `fixed` length are not: in stiff parts they swing, and only the sum means something. The
        heat content that a step `missed` is known exactly.
        """
        self._waiting.x.array[:] += local if fixed else np.abs(local)
        if missed is not None:
            self._waiting.x.array[:] += missed / _STEPS

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
        right = self._stored(misplaced, self._residual())
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
        kept, wrong = self._held
        kept.scale(1.0 / length)
        kept.axpy(-0.5, now)
        kept.axpy(-0.5, self._before)
        steps = fem.Function(fine.space)
        steps.interpolate(self._waiting)
        wrong.axpy(1.0, self._stored(steps, now))
        wrong.scale(1.0 / length)
        heat = self._lit(length)
        rate = fine.rate.x.array.copy()
        fine.rate.x.array[:] = 0.0  # what a change of ρ c_p does is in the heat that is kept
        fine.shift.value = 1.0 / length
        linear = Linearised(fine, self._settings, _RTOL)
        try:
            self.delta.x.array[:] = linear.correction(kept).x.array
            self.steps.x.array[:] = linear.correction(wrong).x.array
            if heat is not None:
                self.light.x.array[:] = linear.correction(heat).x.array
        finally:
            linear.destroy()
        fine.rate.x.array[:] = rate
        self._waiting.x.array[:] = 0.0
        self._take(time, now)

    def _lit(self, length: float) -> Any | None:
        """Return the right side of the error of the light over a stretch [s] (collective)."""
        if self.light is None:
            return None
        heat, before = self._sampling
        heat.scale(1.0 / length)
        heat.axpy(-0.5, before)
        heat.axpy(-0.5, self._missed_light())
        return heat

    def _stored(self, change: Any, now: Any) -> Any:
        """Return the heat that a change of θ [K] stores [J]: F is linear in the rate."""
        fine = self.fine
        kept = fine.rate.x.array.copy()
        fine.rate.x.array[:] += change.x.array
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
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """Return the ± of temperatures of regions and probes [K]: of mesh, steps and light.

        Collective.
        """
        fine, look = self.fine, Look(self.fine, regions, probes, heats=False)
        fine.theta.interpolate(self.problem.theta)
        known, kept = look.read(), fine.theta.x.array.copy()
        found = []
        for change in (self.delta, self.steps, self.light):
            if change is None:
                found.append(dict.fromkeys(known, 0.0))
                continue
            fine.theta.x.array[:] = kept + change.x.array
            moved = look.read()
            found.append({name: abs(moved[name] - known[name]) for name in known})
        factor, rounding = _CARRIED * safety(self.problem.degree), ROUNDING * fine.model.T_ref
        mesh = {name: factor * size + rounding for name, size in found[0].items()}
        return mesh, {name: _STEPS * size for name, size in found[1].items()}, found[2]


def carried_error(problem: TransientProblem, settings: SolverSettings) -> CarriedError | None:
    """Return what carries the errors through a run; None if nobody asks, or it is too large."""
    finer = ((problem.degree + 1) / problem.degree) ** problem.domain.tdim
    size = finer * problem.space.dofmap.index_map.size_global
    return CarriedError(problem, settings) if settings.error_estimate and size <= MANY else None
