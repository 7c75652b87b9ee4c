"""Meshes refined where it pays, until the error of the mean ΔT meets ``mesh.target_error``.

A body of any geometry gets sizes cell by cell (`adapt_body`); a particle, whose singularity is
known, a few parameters. There the dual-weighted residuals of a solve are summed over three zones:
the cells at the rim of the contact, the graded cells around it, and the body. What dominates is
refined by as much as its known rate of convergence asks for: the error of the rim falls with its
cell size h (the flux is singular like d^-1/2), that of the others with h^2p, that of the curved
surface with h⁴.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from thermosim.errors import MeshError
from thermosim.mesh.build import is_revolved
from thermosim.mesh.layers import layers_of

if TYPE_CHECKING:
    from thermosim.case.body_case import BodyCase
    from thermosim.case.particle_case import Case
    from thermosim.case.settings import MeshSettings
    from thermosim.heat.error import ErrorEstimate
    from thermosim.heat.problem import HeatProblem
    from thermosim.mesh.background import SizeMap
    from thermosim.results import Result
    from thermosim.results.journal import Journal

Plan = TypeVar("Plan")
Summary = dict[str, Any]
_MOST_MESHES = 10
_START = {"plane": (4.0, 100.0, 0.5), "rings": (4.0, 400.0, 0.45), "solids": (5.0, 20.0, 0.5)}
_START_SECTORS = 16
# At a singularity like d^-1/2 that the cells do not resolve, errors of means fall like p^-2, so
# that degree p + 1 sees of that of degree p the part 1 - (p/(p+1))²: 0.56 for p = 2; measured, 0.55
# to 0.65. Planes and rings resolve the rim of a particle.
_SAFETY = {"plane": 1.2, "rings": 1.2, "solids": 1.8, "body": 1.8}
_ZONE = 6.0  # cell sizes around the rim that count as the rim


@dataclass(frozen=True)
class Shares:
    """Errors of the mean ΔT [K] by where they come from; each has its remedy."""

    rim: float
    graded: float
    body: float
    geometry: float


def refined(
    case: Case, solve: Callable[[Case], tuple[Result, HeatProblem]], journal: Journal
) -> tuple[Result, HeatProblem]:
    """Solve on finer and finer meshes until the estimated error meets the target (collective).

    The mesh parameters that the case gives are where it begins; others begin coarse. The case of
    the result holds those of the last mesh. If the target is not met, a line says so.
    """
    assert case.mesh.target_error is not None
    kind = mesh_kind(case)

    def finer_case(case: Case, problem: HeatProblem, tolerance: float) -> Case:
        shares = error_shares(case, problem, journal.estimate)
        return with_mesh(case, **finer(case, shares, tolerance, kind))

    begin = with_mesh(case, **_start(case.mesh, kind))
    return until_met(
        case.mesh.target_error / _SAFETY[kind],
        begin,
        solve,
        lambda found: found["delta_T_mean_K"],
        finer_case,
        journal,
    )


def refined_body(
    case: BodyCase,
    solve: Callable[[SizeMap | None], tuple[Result, HeatProblem]],
    journal: Journal,
) -> tuple[Result, HeatProblem]:
    """Solve on meshes that follow the error of the goal until the target is met (collective).

    The first mesh is that of the case. If the target is not met, a line says so.
    """
    from thermosim.run.adapt_cells import wanted_sizes

    def finer_sizes(_: SizeMap | None, problem: HeatProblem, tolerance: float) -> SizeMap | None:
        return wanted_sizes(problem.domain, journal.estimate, case.solver.degree, tolerance)

    assert case.mesh.target_error is not None
    begin: SizeMap | None = None
    return until_met(
        case.mesh.target_error / _SAFETY["body"],
        begin,
        solve,
        lambda found: found["goal_K"] - case.reference,
        finer_sizes,
        journal,
    )


def until_met(
    target: float,
    begin: Plan,
    solve: Callable[[Plan], tuple[Result, HeatProblem]],
    size: Callable[[Summary], float],
    refine: Callable[[Plan, HeatProblem, float], Plan],
    journal: Journal,
) -> tuple[Result, HeatProblem]:
    """Solve and refine until the estimated error is below `target` times the size of the result.

    `target` is what the user asked for, less what the estimate may lack (`_SAFETY`).

    A plan is what `solve` makes a mesh of, `refine` returns the next one for an error [K]. The
    summary gets the steps as ``refinement_history``. If a finer mesh cannot be made, the result is
    that of the last one, with a warning (collective).
    """
    plan, notes = begin, list[str]()
    history: list[dict[str, float]] = []
    for step in range(_MOST_MESHES):
        try:
            result, problem = solve(plan)
        except MeshError as error:
            if not history:
                raise
            notes.append(f"WARNING: mesh.target_error is not met, since {error}")
            break  # with what the mesh before has given
        found, bound = abs(size(result.summary)), journal.estimate.bound
        history.append({"n_dofs": result.summary["n_dofs"], "error_K": bound})
        journal.say(
            f"error {bound / found if found else np.inf:.2e} of ΔT on "
            f"{result.summary['n_dofs']} unknowns (aim {target:.3g})"
        )
        if bound <= target * found:
            break
        if step + 1 < _MOST_MESHES:
            plan = refine(plan, problem, target * found)
    else:
        notes.append("WARNING: mesh.target_error is not met on the last mesh")
    for note in (*notes, *journal.estimate.notes):
        journal.say(note)
        result.notes.append(note)
    result.summary["refinement_history"] = history
    return result, problem


def mesh_kind(case: Case) -> str:
    """Return how a case is meshed: "plane" (r, z), "rings" or "solids"."""
    layers = layers_of(case.substrate) if case.contact_radius else ()
    if case.symmetry == "axisymmetric":
        return "plane"
    return "rings" if is_revolved(case, layers) else "solids"


def with_mesh(case: Case, **changes: Any) -> Case:
    """Return the case with other mesh settings."""
    return case.model_copy(update={"mesh": case.mesh.model_copy(update=changes)})


def _start(settings: MeshSettings, kind: str) -> dict[str, Any]:
    radius, contact, growth = _START[kind]
    found: dict[str, Any] = {
        "cells_per_radius": settings.cells_per_radius or radius,
        "cells_per_contact": settings.cells_per_contact or contact,
        "growth": settings.growth or growth,
    }
    if kind == "rings":
        found["sectors"] = settings.sectors or _START_SECTORS
    return found


def error_shares(case: Case, problem: HeatProblem, estimate: ErrorEstimate) -> Shares:
    """Return where the error comes from (collective)."""
    comm, indicators = problem.domain.comm, np.asarray(estimate.indicators)
    x = estimate.space.tabulate_dof_coordinates()[: len(indicators)] * problem.domain.unit
    flat = problem.domain.symmetry == "axisymmetric"
    z = x[:, 1] if flat else x[:, 2]
    centers = case.particle.places()
    b = case.contact_radius
    if flat:
        r = x[:, 0]
    else:
        r = np.min([np.hypot(x[:, 0] - c[0], x[:, 1] - c[1]) for c in centers], axis=0)
    distance = np.hypot(r - b, z) if b else np.full(len(z), np.inf)
    h_rim = b / (case.mesh.cells_per_contact or 1.0) / case.mesh.refinement
    near = distance < _ZONE * h_rim
    far = (z > 0) & (distance > case.particle.shape.equivalent_radius / 2)

    def share(mask: Any) -> float:
        return abs(float(comm.allreduce(float(indicators[mask].sum()))))

    return Shares(share(near), share(~near & ~far), share(far), estimate.geometry)


def finer(case: Case, shares: Shares, tolerance: float, kind: str) -> dict[str, Any]:
    """Return the mesh settings that bring each part of the error below its part of `tolerance`."""
    settings, order = case.mesh, 2 * case.solver.degree
    allowed = tolerance / 4
    changes: dict[str, Any] = {}
    radius, contact, growth = (
        settings.cells_per_radius or 1.0,
        settings.cells_per_contact or 1.0,
        settings.growth or 1.0,
    )
    if shares.rim > allowed:
        factor = min(max(1.3 * shares.rim / allowed, 1.5), 30.0)
        changes["cells_per_contact"] = min(contact * factor, 1e6)
    if shares.graded > allowed:
        changes["growth"] = max(growth / _step(shares.graded / allowed, order), 0.02)
    if max(shares.body, shares.geometry) > allowed:
        worst = max(_step(shares.body / allowed, order), _step(shares.geometry / allowed, 4))
        changes["cells_per_radius"] = min(radius * worst, 200.0)
        if kind == "rings":
            changes["sectors"] = 4 * int(np.ceil((settings.sectors or 8) * worst / 4))
    changes = changes or {"refinement": settings.refinement * 1.2}
    # rounded, so that what rounding makes of the estimate on other ranks leaves the mesh as it is
    return {
        name: float(f"{value:.4g}") if isinstance(value, float) else value
        for name, value in changes.items()
    }


def _step(ratio: float, order: int) -> float:
    """Return by how much cells shrink so that an error of h^order falls by `ratio`."""
    return float(min(max(1.1 * ratio ** (1 / order), 1.15), 1.7)) if ratio > 1 else 1.0
