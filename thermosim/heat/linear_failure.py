"""Which linear solver failed, how, and what to try."""

from __future__ import annotations

from typing import Any

_HOW = {
    -3: "did not converge",
    -4: "diverged",
    -5: "broke down",
    -8: "met a matrix that is not positive definite",
    -9: "met a number that is infinite or not a number",
    -11: "could not factor or set up its preconditioner",
}
"""What PETSc's reasons of a KSP mean (KSPConvergedReason)."""
_NAMES = {"python": "cholesky"}  # what `heat.near` falls back on


def linear_failure(ksp: Any, *, coupled: bool) -> str:
    """Return which linear solver failed, how, and what to try.

    `coupled` says that surfaces exchange radiation, which the preconditioner leaves out.
    """
    reason = int(ksp.getConvergedReason())
    pc = _NAMES.get(ksp.getPC().getType(), ksp.getPC().getType())
    direct = ksp.getType() == "preonly"
    name = f"{pc.upper()} factorisation" if direct else f"{ksp.getType().upper()} with {pc.upper()}"
    how = _HOW.get(reason, f"stopped with reason {reason}")
    count = "" if direct else f" after {ksp.getIterationNumber()} iterations"
    return f"{name} {how}{count}; {_remedy(direct=direct or pc == 'lu', coupled=coupled)}"


def _remedy(*, direct: bool, coupled: bool) -> str:
    if coupled and not direct:
        return (
            'try solver.linear = "direct", or fewer patches of the enclosure; its surfaces are '
            "best followed where each body also conducts to something at a known temperature"
        )
    if coupled:
        return (
            "try fewer patches of the enclosure, solver.degree = 1, or a start nearer to the "
            "solution: as a transient, which goes there step by step"
        )
    if direct:
        return (
            "is there a region that nothing holds at a temperature, by a boundary, a contact or "
            "radiation?"
        )
    return 'try solver.linear = "direct", or a smaller solver.linear_rtol'
