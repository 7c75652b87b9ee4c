"""The last steps of Newton's method, where the norm of the residual is rounding.

In a body that conducts far better than it loses heat, the rounding of conduction hides that the
heat of the state does not balance yet: what a line search sees is noise, and it refuses steps that
mend the state. The net heat of a body that nothing holds has no such rounding, and neither has the
length of the steps: both fall until they are rounding themselves.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from thermosim.heat.problem import HeatProblem


class Newton(Protocol):
    """What the last steps need of a solver: its problem, its SNES and the residual `b` [W]."""

    problem: HeatProblem
    snes: Any
    b: Any

    def residual_at(self, x: Any) -> None:
        """Assemble the residual of a state into `b` [W]."""

    def linearise(self, x: Any) -> None:
        """Let the linear solver solve for the derivative at a state."""

    def set_theta(self, x: Any) -> None:
        """Copy a vector into the problem's unknown."""


STALLED = 1e-12  # step over solution below which rounding has the word
_NEAR = 0.1  # step over solution up to which a step needs no line search
_STEPS = 20  # at most
_SHRINKS = 0.5  # step over the one before it above which it is rounding, too
_SAME = 1e-3  # step over solution up to which the derivative is kept


@dataclass
class LastSteps:
    """Steps from a state whose residual is at most `allowed` [W], which it stays.

    Attributes
    ----------
    taken, linear_iterations : how many steps were taken, and what they took
    """

    solver: Newton
    allowed: float
    taken: int = 0
    linear_iterations: int = 0

    def take(self, x: Any) -> float:
        """Change `x` by steps while they get shorter; return the residual [W] (collective)."""
        step, before, stale = x.duplicate(), np.inf, True
        floats = not self.solver.problem.model.held
        while self.taken < _STEPS:
            if floats:
                self._level(x)
            self._residual(x)
            if stale:
                self.solver.linearise(x)
            size = self._solve(step, floats=floats)
            near = size <= min(_SHRINKS * before, _NEAR * x.norm())
            if not (near and self._moves(x, step)):
                break
            before, stale = size, size > _SAME * x.norm()
            self.taken += 1
            if size <= STALLED * x.norm():
                break
        residual = self._residual(x)
        self.solver.set_theta(x)
        return residual

    def _residual(self, x: Any) -> float:
        self.solver.residual_at(x)
        return float(self.solver.b.norm())

    def _solve(self, step: Any, *, floats: bool) -> float:
        """Put the step of the present residual into `step`; return its length, nan if it failed.

        Of a body that floats without its mean, which rounding of the derivative drowns.
        """
        ksp = self.solver.snes.getKSP()
        ksp.solve(self.solver.b, step)
        self.linear_iterations += ksp.getIterationNumber()
        if floats:
            step.shift(-step.sum() / step.getSize())
        return float(step.norm()) if ksp.getConvergedReason() > 0 else np.nan

    def _moves(self, x: Any, step: Any) -> bool:
        """Take a step, if the residual stays rounding."""
        x.axpy(-1.0, step)
        if self._residual(x) <= self.allowed:
            return True
        x.axpy(1.0, step)
        return False

    def _level(self, x: Any) -> None:
        """Warm or cool all of the body alike until its heat balances: conduction does not mind."""
        from scipy.optimize import root_scalar

        near = _SAME * float(x.norm()) / np.sqrt(x.getSize())
        heat = self._net_heat(x, 0.0)
        if heat == 0.0 or near == 0.0:
            return
        with warnings.catch_warnings():  # that two levels leave the same heat, to the last digit
            warnings.simplefilter("ignore", RuntimeWarning)
            found = root_scalar(
                lambda level: self._net_heat(x, level) / heat,
                x0=0.0,
                x1=near,
                method="secant",
                xtol=STALLED * near,
                maxiter=_STEPS,
            )
        if abs(self._net_heat(x, found.root)) < abs(heat):
            x.shift(found.root)

    def _net_heat(self, x: Any, level: float) -> float:
        """Return the net heat [W] of a state and a level: conduction adds nothing to it."""
        x.shift(level)
        self.solver.set_theta(x)
        x.shift(-level)
        self.solver.problem.assemble_beside_conduction(self.solver.b)
        return float(self.solver.b.sum())
