"""Steps in time by PETSc TS: implicit, stiffly accurate, with error control in kelvin.

Every method is one-step and its last stage is the new state, so that F(θ, θ̇) = 0 holds there with
the θ̇ of that stage: the heat balance closes at every step to the tolerance of Newton's method.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from petsc4py import PETSc

from thermosim.errors import SolveError
from thermosim.fem.domain import vector
from thermosim.fem.solvers import configure, weakly
from thermosim.heat.advice import less_heat
from thermosim.heat.newton import NewtonSolver, linear_options, set_tolerance
from thermosim.heat.stages import METHODS, RULES, Stage, Step, StepStats
from thermosim.heat.transient import TransientSystem
from thermosim.schedule.forcing import Forcing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.case.settings import SolverSettings
    from thermosim.heat.enthalpy import Enthalpy
    from thermosim.heat.transient import TransientProblem
    from thermosim.schedule.schedule import Piece
    from thermosim.schedule.settings import TransientSettings

_SAME = 1e-9  # relative difference of two step lengths that counts as none
_ROUNDING = 3 * float(np.finfo(float).eps)
_SHORT = 1e-12  # first step over time, at least: what rounding of the time leaves sure
_SHORTEST = 1e-14  # step over time below which time hardly moves
_SLOW = 2  # Newton iterations after which an old Jacobian is made anew
_PC_RANGE = 4.0  # a preconditioner serves shifts within this factor
_MAX_REJECTIONS = 40
_WATCHED, _IN_VAIN = 300, 270  # steps looked back on; those at which Newton may have failed
_GROWTH = 10.0  # of a step, at most
_FIRST = 0.1  # part of the tolerance by which the first step may change the temperature
_REASONS = {
    -1: "Newton failed however short the step",
    -2: "the error stayed above the tolerance however short the step",
}


@dataclass
class _Linear:
    """What the present Jacobian and preconditioner were made for."""

    shift: float = 0.0
    pc_shift: float = 0.0
    pc_iterations: int = 0
    last_iterations: int = 0
    valid: bool = False


class TimeStepper:
    """Takes steps of one problem; `time` [s] and the problem's `theta` and `rate` are its state.

    Attributes
    ----------
    wanted : the step [s] that accuracy allows next, before it is cut to meet a time
    forcing : formulas in time that no step may miss
    enthalpy : the heat content that each step must meet node by node; None: it is not looked at
    stages : of the last step
    """

    def __init__(
        self,
        problem: TransientProblem,
        solver_settings: SolverSettings,
        settings: TransientSettings,
    ) -> None:
        self.problem, self.settings = problem, settings
        self.solver = NewtonSolver(problem, solver_settings)
        self.system = TransientSystem(problem, self.solver)
        self.stats, self._before = StepStats(), StepStats()
        self.u = vector(problem.space)
        self.time, self.wanted = 0.0, 0.0
        self.piece: Piece | None = None
        self._linear = _Linear()
        self._failed: deque[bool] = deque(maxlen=_WATCHED)
        self._scale = 0.0
        self._capacity: Any = None
        self._stiffness: Any = None
        symmetric = problem.model.symmetric
        self._linear_options = linear_options(
            solver_settings, problem, symmetric=symmetric, coupled=self.solver.coupled
        )
        self._iterative = self._linear_options["ksp_type"] != "preonly"
        self.ts: Any = None
        self.forcing = Forcing()
        self.enthalpy: Enthalpy | None = None
        self.rule = RULES[settings.integrator]
        self.stages: list[Stage] = []
        self._step: Step | None = None
        self._missed: NDArray[np.float64] | None = None

    def _make_ts(self) -> Any:
        problem, settings = self.problem, self.settings
        kind, subtype, _ = METHODS[settings.integrator]
        ts = PETSc.TS().create(problem.domain.comm)
        ts.setProblemType(PETSc.TS.ProblemType.NONLINEAR)
        ts.setEquationType(PETSc.TS.EquationType.IMPLICIT)
        ts.setIFunction(weakly(self._function), vector(problem.space))
        ts.setIJacobian(weakly(self._jacobian), self.solver.J, self.solver.A)
        options: dict[str, Any] = {"ts_type": kind, "ts_max_snes_failures": -1}
        if kind == "dirk":
            options["ts_dirk_type"] = subtype
        elif kind == "arkimex":
            options |= {"ts_arkimex_type": subtype, "ts_arkimex_fully_implicit": True}
        else:
            options |= {"ts_theta_theta": 1.0}
        options |= {
            "ts_adapt_type": "none" if settings.step else "basic",
            "ts_adapt_wnormtype": "infinity",
            "snes_type": "newtonls",
            "snes_linesearch_type": "bt",
            "snes_max_it": self.solver.settings.max_newton,
        }
        configure(ts, {**options, **self._linear_options})
        ts.setMaxStepRejections(_MAX_REJECTIONS)  # the name of its option differs between PETScs
        ts.setTolerances(atol=settings.tolerance, rtol=settings.relative_tolerance)
        ts.setExactFinalTime(PETSc.TS.ExactFinalTime.STEPOVER)
        ts.setMaxTime(1e300)
        ts.setMaxSteps(2**31 - 1)
        ts.setErrorIfStepFails(False)
        ts.setSolution(self.u)
        return ts

    # callbacks of PETSc

    def _function(self, ts: Any, time: float, u: Any, rate: Any, b: Any) -> None:
        assert self.piece is not None
        self.problem.factor.value = self.piece.factor(time)
        self.system.set_state(time, u, rate)
        if self._step is not None:
            self._step.note(Stage.now(self.problem, time))
        self.system.residual(rate, b)

    def _jacobian(
        self, ts: Any, time: float, u: Any, rate: Any, shift: float, A: Any, P: Any
    ) -> None:
        snes, linear = ts.getSNES(), self._linear
        iteration = snes.getIterationNumber()
        same = linear.valid and abs(shift / linear.shift - 1) < _SAME
        linear.last_iterations = snes.getKSP().getIterationNumber()
        if same and iteration < _SLOW:
            return
        self.system.set_state(time, u, rate)
        self.system.jacobian(shift)
        self.stats.jacobians += 1
        linear.valid, linear.shift = True, shift
        self._keep_or_drop_preconditioner(snes, shift)

    def _keep_or_drop_preconditioner(self, snes: Any, shift: float) -> None:
        """Keep the preconditioner of an iterative solve while it serves."""
        linear = self._linear
        if not self._iterative:
            return
        ratio = shift / linear.pc_shift if linear.pc_shift else np.inf
        tired = linear.pc_iterations and linear.last_iterations > 1.5 * linear.pc_iterations + 3
        keep = 1 / _PC_RANGE < ratio < _PC_RANGE and not tired
        snes.getKSP().getPC().setReusePreconditioner(bool(keep))
        if not keep:
            self.stats.preconditioners += 1
            linear.pc_shift, linear.pc_iterations = shift, 0
        elif not linear.pc_iterations:
            linear.pc_iterations = linear.last_iterations

    def _set_newton_tolerance(self, h: float) -> None:
        """Refer the residual to the load; below the rounding of its terms nothing is asked.

        The terms are of the size of the diagonal of stiffness + 4 capacity/h times θ.
        """
        theta, work = self.u, self.solver.x
        work.waxpy(4.0 / h, self._capacity, self._stiffness)
        work.pointwiseMult(work, theta)
        atol = max(self.solver.settings.newton_rtol * self._scale, _ROUNDING * work.norm(), 1e-300)
        set_tolerance(self.ts.getSNES(), atol, 1e-13)

    # what callers use

    def set_scale(self, largest_factor: float) -> None:
        """Set the scale of residuals [W]: what the strongest light and the start bring."""
        problem = self.problem
        problem.factor.value = largest_factor
        problem.rate.x.array[:] = 0.0
        self._scale = self.solver.load_norm()
        for course in self.forcing.courses if self._scale == 0.0 else ():
            problem.time.value = course.strongest
            self._scale = max(self._scale, self.solver.load_norm())
        problem.time.value = 0.0
        b = vector(problem.space)
        problem.assemble_residual(b)
        with b.localForm() as local:
            local.array[problem.held_dofs] = 0.0
        self._scale = max(self._scale, float(b.norm()))

    def start(self, time: float, piece: Piece, wanted: float | None = None) -> None:
        """Start anew at `time` from the problem's theta: at a switch or a checkpoint.

        Nothing of earlier steps is kept, so that a run that is taken up here goes the same way.
        `wanted` is the next step [s]; None chooses it from the rate of change.
        """
        self.time, self.piece, self._step = time, piece, None
        self._linear = _Linear()
        self.problem.factor.value = piece.factor(time)
        self.system.solve_rate(time)
        self._capacity, self._stiffness = self.system.diagonals()
        self._put_state()
        self._renew()
        self.ts.setTime(time)
        self.wanted = wanted if wanted is not None else self._first_step(piece)

    def _put_state(self) -> None:
        """Hand the problem's theta to PETSc, held nodes as they are exactly."""
        self.u.array[:] = self.problem.theta.x.array[: self.u.local_size]

    def _renew(self) -> None:
        """Make TS anew: it keeps guesses of earlier steps, which a resumed run does not have."""
        if self.ts is not None:
            self._count(self.ts)
            self._before = replace(self.stats)
            self.ts.destroy()
        self.ts = self._make_ts()

    def _first_step(self, piece: Piece) -> float:
        settings = self.settings
        if settings.step or settings.first_step:
            return float(settings.step or settings.first_step or 0.0)
        length = min(piece.stop, settings.duration) - piece.start
        largest = self._surest_rate()
        if largest == 0.0:
            return 1e-6 * length
        step = max(_FIRST * settings.tolerance / largest, _SHORT * piece.start)
        return float(min(max(step, 1e-13 * length), 1e-2 * length))

    def _surest_rate(self) -> float:
        """Return the largest |θ̇| [K/s] less what rounding alone makes of small nodes."""
        n = self.u.local_size
        rate, theta = (abs(f.x.array[:n]) for f in (self.problem.rate, self.problem.theta))
        noise = _ROUNDING * 10 * self._stiffness.array_r * theta / self._capacity.array_r
        largest = float((rate - noise).max(initial=0.0))
        return float(max(self.problem.domain.comm.allgather(largest)))

    def advance(self, stop: float) -> float:
        """Take one step, at most to `stop` [s]; return its length [s].

        Raises
        ------
        SolveError
            If no step, however short, meets the tolerance.
        """
        while True:
            remaining = stop - self.time
            h = self._cut(remaining)
            taken = self._try(h)
            shrink = self._by_heat_content(taken)
            if shrink >= 1.0:
                break
            self._go_back(taken * shrink)
        ts = self.ts
        proposed = ts.getTimeStep()
        self._adapt(h, taken, proposed if shrink >= _GROWTH else min(proposed, shrink * taken))
        self.time = stop if abs(taken - remaining) <= _SAME * remaining else ts.getTime()
        ts.setTime(self.time)
        self.solver.set_theta(self.u)
        self.problem.at(self.time)
        self._put_state()
        self._count(ts)
        return float(taken)

    def _try(self, h: float) -> float:
        """Let PETSc take a step of at most `h` [s]; return its length [s]."""
        ts = self.ts
        self._step = Step(self.rule, Stage.now(self.problem, self.time))
        self._set_newton_tolerance(h)
        ts.setTimeStep(h)
        failures = ts.getSNESFailures()
        ts.step()
        self._check(ts)
        self._give_up_where_newton_fails(ts.getSNESFailures() > failures)
        taken = float(ts.getTime() - self.time)
        if taken <= _SHORTEST * self.time:
            raise SolveError(
                f"the steps became shorter than rounding at t = {self.time:.6g} s, where the "
                f"temperature changes by {self.system.largest_rate():.3g} K/s: it runs away; "
                f"{less_heat(self.problem.model)}, or give the heat a way out"
            )
        self.stages = self._step.stages(taken)
        return taken

    def _by_heat_content(self, taken: float) -> float:
        """Return by what factor the step may grow, below 1 if it missed heat content (collective).

        A step over a peak of the specific heat may meet every tolerance and not see the peak.
        """
        if self.enthalpy is None:
            return _GROWTH
        assert self._step is not None
        first, last = self._step.first.theta, self.stages[-1].theta
        shares = self._step.shares(taken, self.stages)
        missed, self._missed = self.enthalpy.defect(shares, first, last)
        if self.settings.step:
            return _GROWTH
        size = np.maximum(np.abs(first), np.abs(last))
        allowed = self.settings.tolerance + self.settings.relative_tolerance * size
        local = float((missed / allowed).max(initial=0.0))
        worst = max(self.problem.domain.comm.allgather(local))
        if not worst > 1e-12:
            return _GROWTH
        factor = float(np.clip(0.9 * worst ** (-1 / 3), 0.1, _GROWTH))
        return min(factor, 0.5) if worst > 1.0 else max(factor, 1.0)

    def _go_back(self, wanted: float) -> None:
        """Return to where the step began, to try a shorter one [s]."""
        assert self._step is not None
        assert self.piece is not None
        self.problem.theta.x.array[:] = self._step.first.theta
        if wanted <= _SHORTEST * self.time:
            raise SolveError(
                f"no step taken at t = {self.time:.6g} s: a density or a specific heat changes so "
                "fast with temperature that no step follows it; widen its jump or its peak"
            )
        self.start(self.time, self.piece, wanted)
        for stats in (self.stats, self._before):
            stats.rejections += 1

    @property
    def first(self) -> Stage:
        """The state at which the last step began."""
        assert self._step is not None
        return self._step.first

    def local_error(self) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return what the last step did wrong at the nodes [K], in two parts.

        How the method of another order differs, and the heat content that the step missed.
        """
        assert self._step is not None
        taken = self.time - self._step.first.time
        shares = self._step.shares(taken, self.stages, beside=True)
        found = np.asarray(sum(weight * rate for weight, _, rate in shares))
        if self.enthalpy is not None:
            found = self.enthalpy.difference(shares, self.stages[-1].theta, found)
        return found, self._missed

    def _give_up_where_newton_fails(self, failed: bool) -> None:
        """End a run that stalls: that has to cut nearly every step since Newton fails."""
        self._failed.append(failed)
        if sum(self._failed) >= _IN_VAIN:
            raise SolveError(
                f"Newton failed at {sum(self._failed)} of the last {len(self._failed)} steps, up "
                f"to t = {self.time:.6g} s, and each had to be cut; raise solver.max_newton, lower "
                f"transient.step or transient.tolerance, or {less_heat(self.problem.model)}"
            )

    def _cut(self, remaining: float) -> float:
        """Return the next step: what is wanted, without a sliver left before the stop."""
        h = min(self.wanted, self.settings.max_step or np.inf)
        if not self.settings.step:
            h = self.forcing.limit(self.time, min(h, remaining), self.rule)
        if h >= remaining * (1 - _SAME):
            return remaining
        if not self.settings.step and h > remaining / 2:
            return remaining / 2
        return float(h)

    def _adapt(self, asked: float, taken: float, proposed: float) -> None:
        if self.settings.step:
            return
        was_cut = asked < self.wanted * (1 - _SAME)
        accepted = taken >= asked * (1 - _SAME)
        grows = proposed >= asked
        self.wanted = max(self.wanted, proposed) if was_cut and accepted and grows else proposed

    def _check(self, ts: Any) -> None:
        reason = ts.getConvergedReason()
        if reason < 0:
            cause = _REASONS.get(reason, f"TS stopped with reason {reason}")
            raise SolveError(
                f"no step taken at t = {self.time:.6g} s: {cause}; try a larger "
                "transient.tolerance, a smaller transient.first_step, or solver.max_newton"
            )
        if not np.isfinite(self.u.norm()):
            raise SolveError(f"the temperature became infinite at t = {self.time:.6g} s")

    def _count(self, ts: Any) -> None:
        stats, before = self.stats, self._before
        stats.steps = before.steps + ts.getStepNumber()
        stats.rejections = before.rejections + ts.getStepRejections()
        stats.newton_iterations = before.newton_iterations + ts.getSNESIterations()
        stats.linear_iterations = before.linear_iterations + ts.getKSPIterations()
