"""Couplings that tie many nodes to each other through few numbers, such as radiosities.

Their derivative is dense but of low rank: it is never assembled. The Newton matrix becomes
``A + Σ couplings``, with A (conduction, local surfaces, contacts) as the preconditioner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from petsc4py import PETSc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain


class Coupling(Protocol):
    """A part of the residual that no form holds; every method is collective."""

    def add_residual(self, b: Any) -> None:
        """Add the residual [W] at the problem's theta to the vector `b`."""
        ...

    def linearise(self) -> None:
        """Take the derivative at the problem's theta, for `add_product`."""
        ...

    def add_product(self, x: Any, y: Any, *, transposed: bool = False) -> None:
        """Add derivative times `x` (or its transpose times `x`) to `y`."""
        ...

    def budget(self) -> dict[str, float]:
        """Return heat leaving [W] by name, to be added to that of the forms."""
        ...


class _Sum:
    """PETSc context of A plus couplings; rows and columns of held nodes are those of A."""

    def __init__(
        self, A: Any, couplings: Sequence[Coupling], held: NDArray[Any], *, transposed: bool
    ) -> None:
        self.A, self.couplings, self.transposed = A, couplings, transposed
        self.held = held[held < A.getLocalSize()[0]]
        self.x, self.y = A.createVecs()
        self.factor = 1.0

    def assemblyEnd(self, mat: Any, mode: Any) -> None:
        """Forget the scale: A and the couplings are new."""
        self.factor = 1.0

    def scale(self, mat: Any, factor: float) -> None:
        """J = factor J, which PETSc asks for where a step begins with an explicit stage."""
        self.factor *= factor

    def mult(self, mat: Any, x: Any, y: Any) -> None:
        """Y = J x."""
        self.A.mult(x, y)
        self._add(x, y, transposed=self.transposed)

    def multTranspose(self, mat: Any, x: Any, y: Any) -> None:
        """Y = Jᵀ x."""
        self.A.multTranspose(x, y)
        self._add(x, y, transposed=not self.transposed)

    def _add(self, x: Any, y: Any, *, transposed: bool) -> None:
        x.copy(self.x)
        self.x.array[self.held] = 0.0
        self.y.set(0.0)
        for coupling in self.couplings:
            coupling.add_product(self.x, self.y, transposed=transposed)
        self.y.array[self.held] = 0.0
        y.axpy(1.0, self.y)
        y.scale(self.factor)


def operator(
    A: Any,
    couplings: Sequence[Coupling],
    held: NDArray[Any],
    domain: Domain,
    *,
    transposed: bool = False,
) -> Any:
    """Return the matrix A + couplings, without assembling it; A itself if there are none.

    `transposed`: A is a transposed matrix, and the couplings are added transposed.
    """
    if not couplings:
        return A
    context = _Sum(A, couplings, held, transposed=transposed)
    J = PETSc.Mat().createPython(A.getSizes(), context, comm=domain.comm)
    J.setUp()
    return J
