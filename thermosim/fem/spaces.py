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

from thermosim.fem.domain import add_to_matrix, compile_form, fem
from thermosim.fem.symbols import Reading, Symbol, reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

    Ints = NDArray[np.int64]

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


def cell_matrix(domain: Domain, space: Any, form: Any) -> Any:
    """Return a matrix of a form (None: of zeros) with room for all couplings of nodes of a cell.

    The last matrix is kept with the domain (one rank): for the same form with the same numbers it
    is there, for another one it tells what is where (collective).
    """
    found = reading(form) if isinstance(form, Symbol) else None
    key, numbers = ("matrix", space.ufl_element()), _numbers(form, found)
    known = domain.kept.get(key)
    if known is not None and numbers is not None and known[0] == numbers:
        return known[1].copy()
    A = _matrix_of_cells(space) if known is None else known[1].duplicate()
    if form is not None:
        add_to_matrix(A, compile_form(form, found))
    A.assemble()
    if domain.comm.size == 1 and A.getSize()[0] <= _KEPT:
        domain.kept[key] = numbers, A.copy()
    return A


def _matrix_of_cells(space: Any) -> Any:
    """Return the matrix of zeros with all couplings of nodes of a cell (collective).

    As DOLFINx makes it, but sooner for low orders. Zeros are there from the start: PETSc drops what
    is not set when it first assembles.
    """
    index_map, comm = space.dofmap.index_map, space.mesh.comm
    local = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    places = np.asarray(index_map.local_to_global(local), dtype=np.int64)
    rows, columns = (part.astype(PETSc.IntType) for part in _couplings(space, places))
    size = (index_map.size_local, index_map.size_global)
    csr = (rows, columns, np.zeros(len(columns)))
    A = PETSc.Mat().createAIJ((size, size), csr=csr, comm=comm)
    numbers = PETSc.LGMap().create(places.astype(PETSc.IntType), comm=comm)
    A.setLGMap(numbers, numbers)
    A.setOption(PETSc.Mat.Option.NEW_NONZERO_ALLOCATION_ERR, True)
    A.setOption(PETSc.Mat.Option.KEEP_NONZERO_PATTERN, True)
    return A


def _couplings(space: Any, places: Ints) -> tuple[NDArray[np.int32], Ints]:
    """Return where the rows of own nodes start, and their columns by global number (collective).

    The product of two tables of cells and nodes, with others' cells that have own nodes. `places`
    are the global numbers of local nodes.
    """
    topology, index_map = space.mesh.topology, space.dofmap.index_map
    dofs = space.dofmap.list[: topology.index_map(topology.dim).size_local]
    others = _cells_of_others(index_map, places, dofs, space.mesh.comm)
    names = np.unique(np.concatenate([places, others.ravel()]))
    here, there = (np.searchsorted(names, part).astype(np.int32) for part in (places, others))
    cells = np.concatenate([here[dofs], there])
    starts = np.arange(0, cells.size + 1, cells.shape[1], dtype=np.int32)
    ones = np.ones(cells.size, dtype=bool)
    has = csr_array((ones, cells.ravel(), starts), (len(cells), len(names)))
    first = int(np.searchsorted(names, index_map.local_range[0]))  # own names follow each other
    if len(names) == index_map.size_local:
        coupled = (has.T.tocsr() @ has).tocsc()  # symmetric: turned over it is itself, but sorted
    else:
        coupled = has.T.tocsr()[first : first + index_map.size_local] @ has
        coupled.sort_indices()
    return coupled.indptr, names[coupled.indices]


def _cells_of_others(index_map: Any, places: Ints, dofs: NDArray[np.int32], comm: Any) -> Ints:
    """Return the nodes, by global number, of others' cells that have own nodes (collective)."""
    width, own = dofs.shape[1], index_map.size_local
    near = dofs[np.unique(np.flatnonzero(dofs.ravel() >= own) // width)]
    owners = np.concatenate([np.full(own, comm.rank, dtype=np.int32), index_map.owners])[near]
    told: list[Ints | None] = [None] * comm.size
    for rank in np.unique(index_map.owners):
        told[rank] = places[near[(owners == rank).any(axis=1)]]
    heard = [cells for cells in comm.alltoall(told) if cells is not None]
    return np.concatenate([np.empty((0, width), dtype=np.int64), *heard])


def _numbers(form: Any, found: Reading | None) -> Any:
    """Return all that decides the entries of the matrix of a form on its mesh; None: not known."""
    if form is None:
        return ()
    if found is None or not found.known or found.functions:
        return None
    return (*found.lines, *(float(constant.value) for constant in found.constants))
