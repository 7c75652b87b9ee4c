"""The exact two-sided contact: heat h_c (θ₁ - θ₂) between pairs of nodes at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from petsc4py import PETSc

from thermosim.errors import MeshError
from thermosim.fem import symbols
from thermosim.fem.domain import assemble_matrix, boundary_dofs, compile_form, create_matrix, vector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.model.heat import Jump
    from thermosim.model.laws import Number


def contact_matrix(domain: Domain, jump: Jump, space: Any, number: Number) -> Any:
    """Return C [W/K] with (C θ)·v = ∫ h_c (θ₁ - θ₂)(v₁ - v₂) dA over the contact.

    C = Bᵀ M B: M is the mass matrix of side 1 and B takes the jump at its nodes.

    Raises
    ------
    MeshError
        If the nodes of the two sides do not match.
    """
    M = _side_mass(domain, jump, space, number)
    B = _jump_operator(domain, jump, space)
    C = M.ptap(B)
    M.destroy()
    B.destroy()
    return C


def _side_mass(domain: Domain, jump: Jump, space: Any, number: Number) -> Any:
    u, v = symbols.trial_function(space), symbols.test_function(space)
    scale = number(domain.area_scale) * number(jump.h_c)
    form = compile_form(scale * u * v * domain.weight * domain.ds(jump.side_1))
    M = create_matrix(form)
    assemble_matrix(M, form, [])
    return M


def _jump_operator(domain: Domain, jump: Jump, space: Any) -> Any:
    """Return B: row i is θ₁ - θ₂ for a node of side 1, empty for every other node."""
    rows, places = _owned(domain, jump.side_1, space)
    columns, partners = _owned(domain, jump.side_2, space)
    found = _match(domain, jump, (rows, places), (columns, partners))
    size = vector(space).getSizes()
    B = PETSc.Mat().createAIJ((size, size), nnz=(2, 2), comm=domain.comm)
    B.setOption(PETSc.Mat.Option.NEW_NONZERO_ALLOCATION_ERR, False)
    for row, column in zip(rows, found, strict=True):
        # added: at the end of an interface both sides may be one node, where nothing jumps
        B.setValues([row], [row, column], [1.0, -1.0], addv=PETSc.InsertMode.ADD_VALUES)
    B.assemble()
    return B


def _owned(
    domain: Domain, boundary: str, space: Any
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return global numbers and coordinates of the owned nodes on a boundary."""
    index_map = space.dofmap.index_map
    dofs = boundary_dofs(space, domain, [boundary])
    dofs = dofs[dofs < index_map.size_local]
    numbers = np.asarray(index_map.local_to_global(dofs), dtype=PETSc.IntType)
    return numbers, space.tabulate_dof_coordinates()[dofs]


def _match(
    domain: Domain,
    jump: Jump,
    ours: tuple[NDArray[np.int32], NDArray[np.float64]],
    theirs: tuple[NDArray[np.int32], NDArray[np.float64]],
) -> NDArray[np.int32]:
    """Return, for each of our nodes, the number of the node of the other side at its place."""
    from scipy.spatial import cKDTree

    comm = domain.comm
    numbers = np.concatenate(comm.allgather(theirs[0]))
    places = np.vstack(comm.allgather(theirs[1]))
    total = comm.allreduce(len(ours[0]))
    if len(numbers) != total:
        raise MeshError(
            f'contact "{jump.name}": {total} nodes on one side, {len(numbers)} on the other'
        )
    if not len(ours[0]):
        worst = 0.0
        found = np.empty(0, dtype=PETSc.IntType)
    else:
        distance, at = cKDTree(places).query(ours[1])
        worst, found = float(distance.max()), numbers[at]
    size = float(np.ptp(places, axis=0).max())
    if comm.allreduce(float(worst > 1e-9 * size)):
        raise MeshError(f'contact "{jump.name}": the nodes of the two sides do not match')
    return found
