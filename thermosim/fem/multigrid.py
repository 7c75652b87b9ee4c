"""The preconditioner of iterative solvers: the best that this PETSc has."""

from __future__ import annotations

import functools
from typing import Any

from petsc4py import PETSc

# Strong threshold and smoother, measured against 0.5 and the default Gauss-Seidel: half the time on
# rings of tetrahedra (P1, P2), 0.75 on unstructured ones with P2, 1.1 with P1 (44 k nodes)
BOOMERAMG: dict[str, Any] = {
    "pc_type": "hypre",
    "pc_hypre_type": "boomeramg",
    "pc_hypre_boomeramg_coarsen_type": "HMIS",
    "pc_hypre_boomeramg_interp_type": "ext+i",
    "pc_hypre_boomeramg_strong_threshold": 0.7,
    "pc_hypre_boomeramg_relax_type_all": "Chebyshev",
    "pc_hypre_boomeramg_agg_nl": 1,
    "pc_hypre_boomeramg_P_max": 4,
}
# For a PETSc without hypre; a larger threshold drops couplings that quadratic elements need
GAMG: dict[str, Any] = {
    "pc_type": "gamg",
    "pc_gamg_threshold": 0.02,
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_pc_type": "jacobi",
}
FACTORED: dict[str, Any] = {"pc_type": "lu", "pc_factor_mat_solver_type": "mumps"}


@functools.cache
def preconditioner() -> dict[str, Any]:
    """Return the PETSc options of BoomerAMG, else GAMG, else a factorisation by MUMPS."""
    if has_package("hypre"):
        return BOOMERAMG
    return GAMG if has("gamg") else FACTORED


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
