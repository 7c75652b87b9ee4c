"""Solves with a matrix by factors of one near it, which is kept with the mesh.

Where points of a study differ in their light alone, so does only the derivative of the sources,
a small part of the matrix: conjugate gradients, preconditioned by the factors of the rest at θ = 0
(`HeatProblem.near_matrix`), take two to five iterations, less than new factors take. The factors
are made or found by all numbers of their matrix, so that no solution hangs on the points before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from petsc4py import PETSc

from thermosim.fem.multigrid import has_package
from thermosim.fem.solvers import configure

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.heat.problem import HeatProblem

    Product = Callable[[Any, Any], object]
    """Puts the matrix times the first vector into the second."""

# Its solves take a third of the time of those of MUMPS in two dimensions, its factors less, too
_CHOLMOD = {
    "ksp_type": "preonly",
    "pc_type": "cholesky",
    "pc_factor_mat_solver_type": "cholmod",
    "mat_cholmod_factor": "SIMPLICIAL",  # BLAS gains nothing on fronts this small
    "mat_cholmod_print": 0,  # it would say that a matrix is not positive definite
}
_NOT_POSITIVE = 81  # PETSC_ERR_MAT_CH_ZRPVT
_KEPT = 50_000  # unknowns of a matrix whose factors are kept
_MOST = 12  # iterations, as much work as factors
_NEWTON = 1e-14  # residual over right side of a solve whose rounding the next step mends


def near_factors(problem: HeatProblem, options: dict[str, Any]) -> Any | None:
    """Return a direct solver of the matrix near that of a problem; None where it has none.

    `options` are those of a direct solver of its own.
    """
    domain, space = problem.domain, problem.space
    few = space.dofmap.index_map.size_global <= _KEPT and domain.tdim == 2
    symmetric = options["ksp_type"] == "preonly" and options["pc_type"] == "cholesky"
    A = problem.near_matrix() if few and symmetric and domain.comm.size == 1 else None
    if A is None:
        return None
    key, numbers = ("factors", space.ufl_element()), (problem.held_dofs, *A.getValuesCSR())
    known = domain.kept.get(key)
    if known is None or not all(map(np.array_equal, known[0], numbers)):
        problem.hold(A)
        domain.kept[key] = known = numbers, _factored(A, options)
    return known[1]


def _factored(A: Any, options: dict[str, Any]) -> Any | None:
    """Return the direct solver of a matrix; None of one that is not positive definite."""
    ksp = PETSc.KSP().create(A.comm)
    cholmod = has_package("cholmod") or has_package("suitesparse")  # Debian's name, and PETSc's
    configure(ksp, _CHOLMOD if cholmod else options)
    ksp.setOperators(A)
    try:
        ksp.setUp()
    except PETSc.Error as error:
        if error.ierr != _NOT_POSITIVE:
            raise
        return None
    return None if ksp.getPC().getFailedReason() else ksp


def solved_near(factors: Any, A: Any, b: Any, x: Any, rtol: float) -> bool:
    """Solve ``A x = b`` for `x` by conjugate gradients; return whether that succeeded.

    To a residual of `rtol` times that of x = 0. `A` is symmetric, and near that of `factors`.
    """
    ksp = PETSc.KSP().create(A.comm)
    ksp.setType("cg")
    ksp.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
    ksp.setTolerances(rtol=rtol, atol=0.0, max_it=_MOST)
    ksp.setOperators(A)
    pc = ksp.getPC()
    pc.setType("python")
    pc.setPythonContext(_Called(factors.solve))
    ksp.solve(b, x)
    reason = int(ksp.getConvergedReason())
    ksp.destroy()
    return reason > 0


def matrix_of(product: Product, like: Any) -> Any:
    """Return a function as PETSc's matrix, for vectors as `like`."""
    sizes = like.getSizes()
    A = PETSc.Mat().createPython((sizes, sizes), _Called(product), comm=like.comm)
    A.setUp()
    return A


class _Called:
    """A function of two vectors as PETSc's matrix or preconditioner (python)."""

    def __init__(self, function: Product) -> None:
        self._function = function

    def mult(self, A: Any, x: Any, y: Any) -> None:
        """Put the product into `y`."""
        self._function(x, y)

    def apply(self, pc: Any, x: Any, y: Any) -> None:
        """Put what is found for `x` into `y`."""
        self._function(x, y)


class NearSolver:
    """PETSc's preconditioner (python) that solves with its matrix by factors of one near it.

    By its own factors from where on the other's do not serve.
    """

    def __init__(self, factors: Any, options: dict[str, Any]) -> None:
        self._factors, self._options = factors, options
        self._own: Any = None

    def setUp(self, pc: Any) -> None:
        """Take a new matrix."""
        self.destroy(pc)

    def destroy(self, pc: Any) -> None:
        """Give the memory of factors back."""
        if self._own is not None:
            self._own.destroy()
        self._own = None

    def apply(self, pc: Any, b: Any, x: Any) -> None:
        """Solve for `x`."""
        A = pc.getOperators()[1]
        if self._factors is not None:
            if solved_near(self._factors, A, b, x, _NEWTON):
                return
            self._factors = None
        if self._own is None:
            self._own = PETSc.KSP().create(A.comm)
            configure(self._own, self._options)
            self._own.setOperators(A)
        self._own.solve(b, x)
        if self._own.getConvergedReason() < 0:
            pc.setFailedReason(self._own.getPC().getFailedReason())
