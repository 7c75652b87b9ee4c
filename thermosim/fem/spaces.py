"""The spaces of a mesh, each made once: their dofs take as long as a small solve."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import thermosim.fem.first  # noqa: F401

# isort: split
import basix.ufl
import numpy as np
from petsc4py import PETSc
from scipy.sparse import csr_array

from thermosim.fem.domain import add_to_matrix, assemble_matrix, compile_form, create_matrix, fem
from thermosim.fem.symbols import Reading, Symbol, measure, reading, test_function, trial_function

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain


_KEPT = 50_000  # unknowns of a matrix that is kept for another one on its mesh


def lagrange(domain: Domain, degree: int) -> Any:
    """Return the continuous Lagrange space of the given degree, the one of the domain."""
    return _space(domain, ("Lagrange", degree))


def per_cell(domain: Domain) -> Any:
    """Return a new function with one value a cell (collective)."""
    return fem.Function(_space(domain, ("DG", 0)))


def quadrature_function(domain: Domain, degree: int) -> Any:
    """Return a new function that lives at the points of the quadrature rule of `degree`."""
    return fem.Function(_space(domain, degree))


def _space(domain: Domain, element: tuple[str, int] | int) -> Any:
    """Return the space of an element, by a number that of points of a rule (collective)."""

    def make() -> Any:
        made = (
            _at_points(domain.mesh.basix_cell(), element) if isinstance(element, int) else element
        )
        return fem.functionspace(domain.mesh, made)

    return domain.once(("space", element), make)


@functools.cache
def _at_points(cell: Any, degree: int) -> Any:
    """Return the element of a rule, which basix names by a text of all its points."""
    return basix.ufl.quadrature_element(cell, degree=degree)


def cell_dofs(space: Any, cells: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the local dofs of cells, in order."""
    index_map = space.dofmap.index_map
    has = np.zeros(index_map.size_local + index_map.num_ghosts, dtype=bool)
    has[space.dofmap.list[cells]] = True
    return np.flatnonzero(has).astype(np.int32)


def cell_matrix(domain: Domain, space: Any, form: Any, *, filled: bool) -> Any:
    """Return a matrix of a form (None: of zeros) with room for all couplings of nodes of a cell.

    `filled` says that zeros must be put there first: PETSc drops what is not set when it first
    assembles. The last matrix is kept with the domain: for the same form with the same numbers it
    is there, for another one it tells what is where.
    """
    found = reading(form) if isinstance(form, Symbol) else None
    key, numbers = ("matrix", space.ufl_element(), filled), _numbers(form, found)
    known = domain.kept.get(key)
    if known is not None and numbers is not None and known[0] == numbers:
        return known[1].copy()
    if known is not None:
        A = known[1].duplicate()
    elif domain.comm.size == 1:
        A = _matrix_of_cells(space)
    else:
        cells = measure("dx", space.mesh, None, None, None)
        whole = compile_form(trial_function(space) * test_function(space) * cells)
        A = create_matrix(whole)
        if filled:
            assemble_matrix(A, whole, [])
            A.zeroEntries()
    if form is not None:
        add_to_matrix(A, compile_form(form, found))
    A.assemble()
    if domain.comm.size == 1 and A.getSize()[0] <= _KEPT:
        domain.kept[key] = numbers, A.copy()
    return A


def _matrix_of_cells(space: Any) -> Any:
    """Return the matrix of zeros with all couplings of nodes of a cell, on one rank.

    As DOLFINx makes it, but sooner for low orders: the product of two tables of cells and nodes.
    """
    n, dofs = space.dofmap.index_map.size_local, space.dofmap.list
    starts = np.arange(0, dofs.size + 1, dofs.shape[1])
    has = csr_array((np.ones(dofs.size, dtype=bool), dofs.ravel(), starts), (len(dofs), n))
    coupled = (has.T.tocsr() @ has).tocsc()  # symmetric: turned over it is itself, but sorted
    rows, columns = (part.astype(PETSc.IntType) for part in (coupled.indptr, coupled.indices))
    csr = (rows, columns, np.zeros(len(columns)))
    A = PETSc.Mat().createAIJ((n, n), csr=csr, comm=space.mesh.comm)
    places = PETSc.LGMap().create(np.arange(n, dtype=PETSc.IntType), comm=space.mesh.comm)
    A.setLGMap(places, places)
    A.setOption(PETSc.Mat.Option.NEW_NONZERO_ALLOCATION_ERR, True)
    A.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
    return A


def _numbers(form: Any, found: Reading | None) -> Any:
    """Return all that decides the entries of the matrix of a form on its mesh; None: not known."""
    if form is None:
        return ()
    if found is None or not found.known or found.functions:
        return None
    return (*found.lines, *(float(constant.value) for constant in found.constants))
