"""Newton's method on a heat problem, by PETSc SNES."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from petsc4py import PETSc

from thermosim.errors import SolveError
from thermosim.fem.domain import copy_to_function, vector
from thermosim.fem.multigrid import BY_STRETCH, FACTORED, is_stretched, preconditioner
from thermosim.fem.solvers import configure, weakly
from thermosim.heat.last_steps import STALLED, LastSteps
from thermosim.heat.linear_failure import linear_failure
from thermosim.heat.lowrank import operator
from thermosim.heat.near import NearSolver, near_factors

if TYPE_CHECKING:
    from thermosim.case.settings import SolverSettings
    from thermosim.heat.problem import HeatProblem

_DIRECT = {"ksp_type": "preonly", **FACTORED}
# In two dimensions the order by minimum degree takes half the time of MUMPS's own choice, from
# 10 k to 150 k unknowns, and as long at 570 k
_PLANE = {"mat_mumps_icntl_7": 0}
_CG = {"ksp_max_it": 500, "ksp_norm_type": "unpreconditioned"}  # the norm that Newton looks at
_GMRES = {"ksp_max_it": 500, "ksp_gmres_restart": 60}
_COUPLED_RTOL = 1e-10  # GMRES on a matrix whose assembled part is factored
_FAST = 1e-3  # residual over the one before at which a derivative is kept
_SURELY = 0.3  # residual of the last linear solve over what Newton asks for
_FLOOR = 1e-8  # residual over load up to which a stalled Newton counts as converged
_FALLS = 0.999  # residual over the one before above which a step did not help
_MET, _TOO_SMALL, _NOT_FINITE, _LIMIT_REACHED = 2, 4, -4, -5
_REASONS = {
    _TOO_SMALL: "the residual or the steps became smaller than rounding",
    -3: "the linear solver failed",
    _NOT_FINITE: "the residual became infinite or not a number",
    _LIMIT_REACHED: "the iteration limit was reached",
    -6: "the line search failed",
    -8: "the residual has a local minimum that is not zero",
    -9: "the residual diverged",
}


@dataclass
class NewtonStats:
    """What a solve took."""

    newton_iterations: int = 0
    linear_iterations: int = 0
    residual_rel: float = 0.0
    continuation_steps: int = 0


def linear_options(
    settings: SolverSettings, problem: HeatProblem, *, symmetric: bool, coupled: bool = False
) -> dict[str, Any]:
    """Return the PETSc options of the linear solver: direct in 2-D, CG (or GMRES) + AMG in 3-D.

    `coupled`: the matrix has a part that is not assembled; GMRES, preconditioned by the rest.
    """
    plane = problem.domain.tdim == 2
    if settings.linear == "direct" or (settings.linear == "auto" and plane):
        direct = {**_DIRECT, **(_PLANE if plane else {})}
        if coupled:
            return {**direct, "ksp_type": "gmres", "ksp_rtol": _COUPLED_RTOL, **_GMRES}
        return {**direct, "pc_type": "cholesky"} if symmetric else direct
    stretched = problem.degree >= BY_STRETCH and is_stretched(problem.domain)
    multigrid = preconditioner(problem.degree, stretched=stretched)
    if coupled or not symmetric:
        return {"ksp_type": "gmres", "ksp_rtol": settings.linear_rtol, **_GMRES, **multigrid}
    return {"ksp_type": "cg", "ksp_rtol": settings.linear_rtol, **_CG, **multigrid}


class NewtonSolver:
    """SNES for one heat problem; matrices and the preconditioner live as long as it does.

    Attributes
    ----------
    A : the assembled part of the derivative, from which the preconditioner is made
    J : the whole derivative; A itself where the problem has no `couplings`
    """

    def __init__(self, problem: HeatProblem, settings: SolverSettings) -> None:
        self.problem, self.settings = problem, settings
        self.x, self.b = vector(problem.space), vector(problem.space)
        self.A = problem.stiffness.duplicate()
        held = problem.held_dofs
        self.J = operator(self.A, problem.couplings, held, problem.domain)
        self.stats = NewtonStats()
        self._norm, self._last, self._first_iterations = 0.0, 0.0, 0
        # θ = 0 and its residual, for a solve that begins there
        self._zero: tuple[Any, Any] | None = None
        self._scale = 0.0
        self.snes = self._make_snes()

    @property
    def coupled(self) -> bool:
        """Whether `J` has a part that is not assembled; `A` is then its preconditioner."""
        return bool(self.problem.couplings)

    def _make_snes(self) -> Any:
        snes = PETSc.SNES().create(self.problem.domain.comm)
        symmetric = self.problem.model.symmetric
        linear = linear_options(
            self.settings, self.problem, symmetric=symmetric, coupled=self.coupled
        )
        near = near_factors(self.problem, linear)
        options = {
            "snes_type": "newtonls",
            "snes_linesearch_type": "bt",
            "snes_max_it": self.settings.max_newton,
            **({"ksp_type": "preonly"} if near is not None else linear),
        }
        self._iterative = linear["ksp_type"] != "preonly"
        snes.setFunction(weakly(self._residual), self.b)
        snes.setJacobian(weakly(self._jacobian), self.J, self.A)
        configure(snes, options)
        if near is not None:
            snes.getKSP().getPC().setType("python")
            snes.getKSP().getPC().setPythonContext(NearSolver(near, linear))
        snes.setConvergenceTest(weakly(self._reason_to_stop))
        return snes

    def _reason_to_stop(self, snes: Any, iteration: int, norms: tuple[float, float, float]) -> int:
        """Return PETSc's own reason, or 4 where rounding has the word; 0: go on.

        There the line search halves steps that mend the state but not the norm: the last steps
        are taken without it (`LastSteps`).
        """
        size, step, residual = norms
        before, self._last = self._last, residual
        _, atol, stol, _ = snes.getTolerances()
        if not np.isfinite(residual):
            return _NOT_FINITE
        if residual < atol:
            return _MET
        if iteration == 0:
            return 0
        stalls = residual > _FALLS * before and residual <= self._rounding()
        return _TOO_SMALL if stalls or step < stol * size else 0

    def _residual(self, snes: Any, x: Any, b: Any) -> None:
        self.set_theta(x)
        zero, self._zero = self._zero, None
        if zero is not None and np.array_equal(zero[0], x.array_r):
            b.array[:] = zero[1]
            return
        self.problem.assemble_residual(b)
        held = self.problem.held_dofs
        with b.localForm() as local:
            local.array[held] = 0.0

    def _jacobian(self, snes: Any, x: Any, A: Any, P: Any) -> None:
        norm = float(snes.getFunctionNorm())
        falls_fast = snes.getIterationNumber() > 0 and norm < _FAST * self._norm
        self._norm = norm
        if falls_fast:
            return  # the derivative of an earlier state serves
        self.set_theta(x)
        self.assemble_jacobian()
        self._keep_or_drop_preconditioner(snes.getKSP())

    def _keep_or_drop_preconditioner(self, ksp: Any) -> None:
        """Let an iterative solver keep its preconditioner while that serves."""
        if not self._iterative:
            return
        last = ksp.getIterationNumber()
        first = self._first_iterations = self._first_iterations or last
        tired = last > 1.5 * first + 3
        ksp.getPC().setReusePreconditioner(bool(first and not tired))
        if tired:
            self._first_iterations = 0

    def assemble_jacobian(self) -> None:
        """Assemble the derivative at the present theta into `A`, and what `J` adds to it."""
        self.problem.assemble_jacobian(self.A)
        for part in self.problem.couplings:
            part.linearise()
        self.J.assemble()

    def set_theta(self, x: Any) -> None:
        """Copy a vector into the problem's unknown."""
        copy_to_function(x, self.problem.theta)

    def load_norm(self) -> float:
        """Return |F| at θ = 0 with the held temperatures imposed: the scale of the residual [W]."""
        theta, self._zero = self.problem.theta, None
        kept = theta.x.array.copy()
        theta.x.array[:] = 0.0
        self.problem.impose(theta)
        self._residual(None, self._theta_vector(), self.b)
        norm = float(self.b.norm())
        theta.x.array[:] = kept
        return norm

    def _theta_vector(self) -> Any:
        self.x.array[:] = self.problem.theta.x.array[: self.x.local_size]
        return self.x

    def solve(self, *, again: bool = False) -> NewtonStats:
        """Solve from the present theta, to `newton_rtol` of the load.

        `again`: the load is that of the last time.

        Raises
        ------
        SolveError
            Saying why SNES stopped.
        """
        if not again:
            self._scale = self.load_norm()
            if self.problem.domain.comm.size == 1:
                self._zero = self.x.array_r.copy(), self.b.array_r.copy()
        scale = self._scale
        self.problem.impose(self.problem.theta)
        x = self._theta_vector()
        if scale == 0.0:
            x.set(0.0)
            self.set_theta(x)
            return self.stats
        set_tolerance(self.snes, self.settings.newton_rtol * scale, STALLED)
        self.snes.solve(None, x)
        self.set_theta(x)
        reason, residual = self.snes.getConvergedReason(), self.snes.getFunctionNorm()
        self._record(residual / scale)
        allowed = self._allowed(reason, scale)
        if residual > allowed:
            raise SolveError(self._why(reason))
        if reason != _MET:
            self._go_on(x, allowed, scale)
        return self.stats

    def _go_on(self, x: Any, allowed: float, scale: float) -> None:
        """Go on where the residual is rounding, until the heat balances."""
        last = LastSteps(self, allowed)
        self.stats.residual_rel = last.take(x) / scale
        self.stats.newton_iterations += last.taken
        self.stats.linear_iterations += last.linear_iterations

    def residual_at(self, x: Any) -> None:
        """Assemble the residual of a state into `b`, zero at held nodes [W]."""
        self._residual(None, x, self.b)

    def linearise(self, x: Any) -> None:
        """Let the linear solver solve for the derivative at a state."""
        self.set_theta(x)
        self.assemble_jacobian()
        self.snes.getKSP().setOperators(self.J, self.A)

    def _allowed(self, reason: int, scale: float) -> float:
        """Return the residual [W] that counts as converged where `newton_rtol` was not met.

        A body that hardly conducts to anything has a rounding floor above it, which Newton meets
        as steps that are too small or that do not help; it does not run out of iterations there.
        """
        floor = _FLOOR * scale
        return floor if reason == _LIMIT_REACHED else max(floor, self._rounding())

    def _record(self, residual_rel: float) -> None:
        self.stats.newton_iterations += self.snes.getIterationNumber()
        self.stats.linear_iterations += self.snes.getLinearSolveIterations()
        self.stats.residual_rel = residual_rel

    def _rounding(self) -> float:
        """Return the residual [W] that rounding alone leaves, from the size of the matrix."""
        diagonal = self.A.getDiagonal()
        held = self.problem.held_dofs
        diagonal.array[held[held < diagonal.local_size]] = 0.0
        largest = float(diagonal.norm(PETSc.NormType.INFINITY))
        return float(20 * np.finfo(float).eps * largest * self.x.norm())

    def _why(self, reason: int) -> str:
        cause = _REASONS.get(reason, f"SNES stopped with reason {reason}")
        if reason == -3:
            cause += f": {linear_failure(self.snes.getKSP(), coupled=self.coupled)}"
        return (
            f"Newton did not converge after {self.snes.getIterationNumber()} iterations: {cause}; "
            f"residual {self.stats.residual_rel:.1e} of the load"
        )


def set_tolerance(snes: Any, atol: float, stol: float) -> None:
    """Let Newton stop at a residual [W] or step (relative), and ask no more of a linear solve."""
    snes.setTolerances(rtol=1e-50, atol=atol, stol=stol)
    ksp = snes.getKSP()
    if ksp.getNormType() == PETSc.KSP.NormType.UNPRECONDITIONED:
        ksp.setTolerances(atol=_SURELY * atol)
