"""The derivative of a problem at a state, for the adjoint of a goal and for corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dolfinx import fem
from petsc4py import PETSc

from thermosim.errors import SolveError
from thermosim.fem.domain import copy_to_function, vector
from thermosim.fem.solvers import configure
from thermosim.heat.lowrank import operator
from thermosim.heat.near import matrix_of, near_factors, solved_near
from thermosim.heat.newton import linear_options
from thermosim.heat.problem import add_product_of

if TYPE_CHECKING:
    from thermosim.case.settings import SolverSettings
    from thermosim.heat.problem import HeatProblem

_EXACT = 1e-12  # residual over right side, of the terms one by one, of a solve by factors near by
_REFINED = 2  # steps, each of which takes a factor 1e-6 or so off what rounding did


class Linearised:
    """F' at the present state of a problem, held rows and columns those of the identity.

    Attributes
    ----------
    rtol : what iterative solvers are asked for
    """

    def __init__(self, problem: HeatProblem, settings: SolverSettings, rtol: float) -> None:
        """`rtol` is asked of iterative solvers."""
        self.problem, self.rtol = problem, rtol
        self._A: Any = None
        self._changing: Any = None
        self._options = linear_options(
            settings,
            problem,
            symmetric=problem.model.symmetric and not problem.couplings,
            coupled=bool(problem.couplings),
        )
        self._solvers: dict[bool, Any] = {}
        self._near: Any = None
        if not self.iterative:
            self._changing = problem.stiffness.duplicate()
            problem.assemble_changing(self._changing)
            self._near = near_factors(problem, self._options)
        if self._near is None:
            self._assemble()
        for part in problem.couplings:
            part.linearise()

    @property
    def iterative(self) -> bool:
        """Whether a solution is approached step by step, so that a first guess helps."""
        return bool(self._options["ksp_type"] != "preonly")

    def adjoint(self, b: Any, guess: Any = None) -> Any:
        """Return the z that vanishes at held nodes with F'ᵀ z = `b` (collective).

        `guess` is a function near it, for iterative solvers.

        Raises
        ------
        SolveError
            If it is not solved for.
        """
        return self._solve(b, transposed=True, guess=guess)

    def correction(self, b: Any) -> Any:
        """Return the δ that vanishes at held nodes with F' δ = `b` (collective).

        Raises
        ------
        SolveError
            If it is not solved for.
        """
        return self._solve(b, transposed=False)

    def _assemble(self) -> None:
        self._A = self.problem.stiffness.duplicate()
        self.problem.assemble_jacobian(self._A, self._changing)

    def destroy(self) -> None:
        """Give the memory back."""
        for held in (*self._solvers.values(), self._A, self._changing):
            if held is not None:
                held.destroy()

    def _solve(self, b: Any, *, transposed: bool, guess: Any = None) -> Any:
        problem = self.problem
        x, right = vector(problem.space), b.copy()
        self._release(right)
        if guess is not None:
            x.array[:] = guess.x.array[: x.local_size]
        reason = 0
        if self._near is None or not self._solved_near(right, x):
            self._near = None
            reason = self._solved(right, x, guess is not None, transposed=transposed)
        if reason < 0 or (x.norm() == 0.0 and right.norm() > 0.0):
            raise SolveError(
                f"the adjoint problem of the error estimate was not solved (KSP reason {reason}); "
                'set solver.error_estimate = false to do without, or solver.linear = "direct"'
            )
        found = fem.Function(problem.space)
        copy_to_function(x, found)
        return found

    def _solved(self, right: Any, x: Any, guessed: bool, *, transposed: bool) -> int:
        """Solve for `x` by the matrix itself; return PETSc's reason to stop, negative if failed.

        `guessed`: whether an iterative solver begins at the `x` that is given.
        """
        if self._A is None:
            self._assemble()
        ksp = self._solver(transposed)
        if self.iterative:
            ksp.setInitialGuessNonzero(guessed)
            ksp.setTolerances(rtol=self.rtol)
        ksp.solve(right, x)
        reason = int(ksp.getConvergedReason())
        if self._changing is not None and reason >= 0:
            self._refine(ksp, right, x, transposed=transposed)
        return reason

    def _solved_near(self, right: Any, x: Any) -> bool:
        """Solve for `x` by factors near by; return whether that succeeded."""
        part = vector(self.problem.space)

        def product(x: Any, y: Any) -> None:
            self._changing.mult(x, y)
            x.copy(part)
            self.problem.add_stiffness(part, y)
            self._release(y)

        A = matrix_of(product, x)
        found = solved_near(self._near, A, right, x, _EXACT)
        A.destroy()
        part.destroy()
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
