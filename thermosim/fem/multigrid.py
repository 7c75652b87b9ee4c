"""The preconditioner of iterative solvers: the best that this PETSc has."""

from __future__ import annotations

import functools
import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import basix
import numpy as np
from petsc4py import PETSc

from thermosim.fem.domain import geometry_dofmap

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain

# Smoother, measured against the default Gauss-Seidel: half the time on rings of tetrahedra (P1,
# P2), 0.75 on unstructured ones with P2
BOOMERAMG: dict[str, Any] = {
    "pc_type": "hypre",
    "pc_hypre_type": "boomeramg",
    "pc_hypre_boomeramg_coarsen_type": "HMIS",
    "pc_hypre_boomeramg_interp_type": "ext+i",
    "pc_hypre_boomeramg_relax_type_all": "Chebyshev",
    "pc_hypre_boomeramg_agg_nl": 1,
    "pc_hypre_boomeramg_P_max": 4,
}
_STRENGTH = {1: 0.7, 2: 0.8}
"""Strong threshold by order of the elements, measured for 0.5 to 0.95 (docs/performance.md)."""
BY_STRETCH = 3
"""Order from which on it goes by whether cells are stretched."""
_BEYOND = {False: 0.8, True: 0.95}
_STRETCHED = 2.5  # longest over shortest edge; rings have 6, cells without structure 1.7
# For a PETSc without hypre; a larger threshold drops couplings that quadratic elements need
GAMG: dict[str, Any] = {
    "pc_type": "gamg",
    "pc_gamg_threshold": 0.02,
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_pc_type": "jacobi",
}
FACTORED: dict[str, Any] = {"pc_type": "lu", "pc_factor_mat_solver_type": "mumps"}


def preconditioner(order: int = 1, *, stretched: bool = False) -> dict[str, Any]:
    """Return the PETSc options of BoomerAMG, else GAMG, else a factorisation by MUMPS.

    `order` is that of the elements.
    """
    kind = _kind()
    if kind is not BOOMERAMG:
        return kind
    strength = _STRENGTH.get(order, _BEYOND[stretched])
    return {**BOOMERAMG, "pc_hypre_boomeramg_strong_threshold": strength}


@functools.cache
def _kind() -> dict[str, Any]:
    if has_package("hypre"):
        return BOOMERAMG
    return GAMG if has("gamg") else FACTORED


def is_stretched(domain: Domain) -> bool:
    """Whether cells are longer one way than the other, by their geometric mean (collective)."""
    return bool(domain.once(("stretched",), lambda: stretch(domain) > _STRETCHED))


def stretch(domain: Domain) -> float:
    """Return the geometric mean of longest over shortest distance of a cell's corners [1].

    Collective.
    """
    mesh = domain.mesh
    n = mesh.topology.index_map(domain.tdim).size_local
    corners = geometry_dofmap(mesh)[:n, : len(basix.topology(mesh.basix_cell())[0])]
    shortest, longest = np.full(n, np.inf), np.zeros(n)
    for i, j in combinations(range(corners.shape[1]), 2):
        sides = mesh.geometry.x[corners[:, i]] - mesh.geometry.x[corners[:, j]]
        squares = np.einsum("cx,cx->c", sides, sides)
        np.minimum(shortest, squares, out=shortest)
        np.maximum(longest, squares, out=longest)
    total = float(0.5 * np.log(longest / shortest).sum())
    total, count = (domain.comm.allreduce(part) for part in (total, n))
    return math.exp(total / count)


def has_package(name: str) -> bool:
    """Whether this PETSc was built with a package."""
    return bool(PETSc.Sys.hasExternalPackage(name))


def has(kind: str) -> bool:
    """Whether this PETSc knows a preconditioner."""
    pc = PETSc.PC().create(PETSc.COMM_SELF)
    try:
        pc.setType(kind)
    except PETSc.Error:
        return False
    finally:
        pc.destroy()
    return True
