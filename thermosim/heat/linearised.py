"""The derivative of a problem at a state, for the adjoint of a goal and for corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dolfinx import fem
from petsc4py import PETSc

from thermosim.errors import SolveError
from thermosim.fem.domain import copy_to_function, vector
from thermosim.fem.solvers import configure
from thermosim.heat.lowrank import operator
from thermosim.heat.newton import linear_options
from thermosim.heat.problem import add_product_of

if TYPE_CHECKING:
    from thermosim.case.settings import SolverSettings
    from thermosim.heat.problem import HeatProblem

_ROUGH = 10.0
_REFINED = 2  # steps, each of which takes a factor 1e-6 or so off what rounding did


class Linearised:
    """F' at the present state of a problem, held rows and columns those of the identity."""

    def __init__(self, problem: HeatProblem, settings: SolverSettings, rtol: float) -> None:
        """`rtol` is asked of iterative solvers."""
        self.problem, self._rtol = problem, rtol
        self._A, self._changing = problem.stiffness.duplicate(), None
        self._options = linear_options(
            settings,
            problem,
            symmetric=problem.model.symmetric and not problem.couplings,
            coupled=bool(problem.couplings),
        )
        self._solvers: dict[bool, Any] = {}
        if not self.iterative:
            self._changing = problem.stiffness.duplicate()
            problem.assemble_changing(self._changing)
        problem.assemble_jacobian(self._A, self._changing)
        for part in problem.couplings:
            part.linearise()

    @property
    def iterative(self) -> bool:
        """Whether a solution is approached step by step, so that a first guess helps."""
        return bool(self._options["ksp_type"] != "preonly")

    def adjoint(self, b: Any, guess: Any = None) -> Any:
        """Return the z that vanishes at held nodes with F'ᵀ z = `b` (collective).

        `guess` is a function near it, for iterative solvers. Conjugate gradients are asked for
        10 `rtol`: what they leave is orthogonal to all steps, and changes errors 1e-4 times less.

        Raises
        ------
        SolveError
            If it is not solved for.
        """
        rough = _ROUGH if self._options["ksp_type"] == "cg" else 1.0
        return self._solve(b, transposed=True, guess=guess, rtol=rough * self._rtol)

    def correction(self, b: Any) -> Any:
        """Return the δ that vanishes at held nodes with F' δ = `b` (collective).

        Raises
        ------
        SolveError
            If it is not solved for.
        """
        return self._solve(b, transposed=False, rtol=self._rtol)

    def destroy(self) -> None:
        """Give the memory back."""
        for solver in self._solvers.values():
            solver.destroy()
        self._A.destroy()
        if self._changing is not None:
            self._changing.destroy()

    def _solve(self, b: Any, *, transposed: bool, rtol: float, guess: Any = None) -> Any:
        problem, ksp = self.problem, self._solver(transposed)
        x, right = vector(problem.space), b.copy()
        self._release(right)
        if guess is not None:
            x.array[:] = guess.x.array[: x.local_size]
        if self.iterative:
            ksp.setInitialGuessNonzero(guess is not None)
            ksp.setTolerances(rtol=rtol)
        ksp.solve(right, x)
        reason = ksp.getConvergedReason()
        if self._changing is not None and reason >= 0:
            self._refine(ksp, right, x, transposed=transposed)
        if reason < 0 or (x.norm() == 0.0 and right.norm() > 0.0):
            raise SolveError(
                f"the adjoint problem of the error estimate was not solved (KSP reason {reason}); "
                'set solver.error_estimate = false to do without, or solver.linear = "direct"'
            )
        found = fem.Function(problem.space)
        copy_to_function(x, found)
        return found

    def _refine(self, ksp: Any, right: Any, x: Any, *, transposed: bool) -> None:
        """Mend what rounding did to the factors, by the residual of the terms one by one.

        Of a body that hardly loses heat they know the loss to some 1e-7 alone: entries of the
        matrix are as large as its cells conduct to each other (iterative refinement with an exact
        residual: Higham, Accuracy and Stability of Numerical Algorithms, chapter 12).
        """
        left, step = vector(self.problem.space), vector(self.problem.space)
        for _ in range(_REFINED):
            left.set(0.0)
            add_product_of(self._changing, x, left, transposed=transposed)
            x.copy(step)
            self.problem.add_stiffness(step, left, transposed=transposed)
            left.aypx(-1.0, right)
            self._release(left)
            ksp.solve(left, step)
            x.axpy(1.0, step)
        left.destroy()
        step.destroy()

    def _release(self, b: Any) -> None:
        """Set a right side to 0 at held nodes."""
        with b.localForm() as local:
            local.array[self.problem.held_dofs] = 0.0

    def _solver(self, transposed: bool) -> Any:
        """Return the solver of one direction; of a symmetric matrix there is only one."""
        problem = self.problem
        symmetric = problem.model.symmetric
        known = transposed or (symmetric and not problem.couplings)
        if known in self._solvers:
            return self._solvers[known]
        ksp = PETSc.KSP().create(problem.domain.comm)
        configure(ksp, self._options)
        # transposed as a matrix: BoomerAMG, asked to work transposed, returns nothing of use
        A = self._A if symmetric or not transposed else self._A.transpose(PETSc.Mat())
        parts, held = problem.couplings, problem.held_dofs
        J = operator(A, parts, held, problem.domain, transposed=transposed)
        ksp.setOperators(J, A)
        self._solvers[known] = ksp
        return ksp
