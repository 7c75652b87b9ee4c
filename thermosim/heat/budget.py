"""Where the heat goes: sources, surfaces and held faces, from the weak form itself.

Fluxes are consistent with the discrete equations (Carey, 10.1016/0045-7825(82)90008-1, or Hughes
et al., 10.1006/jcph.2000.6577): what leaves at a held face is the residual of its nodes, so that
the balance closes to the tolerance of the solver on any mesh, and says so when it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from thermosim.fem.domain import boundary_dofs, compile_form, constant, vector

if TYPE_CHECKING:
    from thermosim.heat.newton import NewtonSolver
    from thermosim.heat.problem import HeatProblem

BETWEEN_BODIES = ("exchange", "gap")
"""Paths of surfaces to other surfaces of the model; each sums to zero over all boundaries."""

Budget = dict[str, float]
"""Heat [W] by name: ``source:REGION`` released; ``BOUNDARY:PATH`` and ``BOUNDARY:held`` leaving."""


def heat_budget(problem: HeatProblem, solver: NewtonSolver) -> Budget:
    """Return the heat released and leaving by every path at the present state (collective)."""
    one = constant(problem.domain, 1.0)
    found: Budget = {}
    for name, form in problem.terms(problem.theta, one).items():
        if name.startswith("conduction:"):
            continue
        sign = -1.0 if name.startswith("source:") else 1.0
        found[name] = sign * _sum(problem, fem.assemble_scalar(compile_form(form)))
    parts: list[Any] = [*problem.couplings, *problem.gaps]
    for part in parts:
        for name, value in part.budget().items():
            found[name] = found.get(name, 0.0) + value
    found.update(_held(problem, solver))
    return found


def _sum(problem: HeatProblem, value: Any) -> float:
    return float(problem.domain.comm.allreduce(value))


def _held(problem: HeatProblem, solver: NewtonSolver) -> Budget:
    """Return what leaves at each held face; a node on two faces counts for the first."""
    if not problem.model.held:
        return {}
    b = vector(problem.space)
    problem.assemble_residual(b)
    residual = b.array_r
    taken = np.zeros(len(residual), dtype=bool)
    found: Budget = {}
    for held in problem.model.held:
        dofs = boundary_dofs(problem.space, problem.domain, [held.boundary])
        dofs = dofs[dofs < len(residual)]
        dofs = dofs[~taken[dofs]]
        taken[dofs] = True
        found[f"{held.boundary}:held"] = -_sum(problem, float(residual[dofs].sum()))
    return found


def released(budget: Budget) -> float:
    """Return the heat that all sources release [W]."""
    return sum(value for name, value in budget.items() if name.startswith("source:"))


def leaving(budget: Budget, boundaries: tuple[str, ...] | None = None) -> float:
    """Return the heat that leaves [W], through the named boundaries or all of them."""
    return sum(
        value
        for name, value in budget.items()
        if not name.startswith("source:")
        and (boundaries is None or name.partition(":")[0] in boundaries)
    )


def to_chamber(budget: Budget, boundary: str) -> float:
    """Return the heat that leaves a boundary other than to another body [W]."""
    return leaving(budget, (boundary,)) - sum(
        budget.get(f"{boundary}:{path}", 0.0) for path in BETWEEN_BODIES
    )


def balance_error(budget: Budget) -> float:
    """Return |released - leaving| over the larger of the heat released and the heat turned over."""
    turned_over = sum(abs(value) for name, value in budget.items() if "source:" not in name) / 2
    scale = max(abs(released(budget)), turned_over)
    return abs(released(budget) - leaving(budget)) / scale if scale else 0.0
