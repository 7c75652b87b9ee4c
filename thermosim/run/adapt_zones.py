"""Meshes of particles refined zone by zone: where the singularity is known, a few numbers do.

The dual-weighted residuals of a solve are summed over three zones: the cells at the rim of the
contact, the graded cells around it, and the body. What dominates is refined by as much as its known
rate of convergence asks for: the error of the rim falls with its cell size h (the flux is singular
like d^-1/2), that of the others with h^2p, that of the curved surface with h⁴.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.mesh.particles import mesh_kind

if TYPE_CHECKING:
    from thermosim.heat.error import ErrorEstimate
    from thermosim.heat.problem import HeatProblem
    from thermosim.model.drawing import ParticleDrawing

_START = {"plane": (4.0, 100.0, 0.5), "rings": (4.0, 400.0, 0.45), "solids": (5.0, 20.0, 0.5)}
_START_SECTORS = 16
_ZONE = 6.0  # cell sizes around the rim that count as the rim


@dataclass(frozen=True)
class Shares:
    """Errors of the mean ΔT [K] by where they come from; each has its remedy."""

    rim: float
    graded: float
    body: float
    geometry: float


def coarse(drawing: ParticleDrawing) -> ParticleDrawing:
    """Return the drawing to begin with: what the settings leave open begins coarse."""
    settings, kind = drawing.mesh, mesh_kind(drawing)
    radius, contact, growth = _START[kind]
    found: dict[str, Any] = {
        "cells_per_radius": settings.cells_per_radius or radius,
        "cells_per_contact": settings.cells_per_contact or contact,
        "growth": settings.growth or growth,
    }
    if kind == "rings":
        found["sectors"] = settings.sectors or _START_SECTORS
    return drawing.with_mesh(**found)


def finer_zones(
    drawing: ParticleDrawing, problem: HeatProblem, estimate: ErrorEstimate, tolerance: float
) -> ParticleDrawing:
    """Return the drawing whose mesh brings the error to `tolerance` [K] (collective)."""
    shares = error_shares(drawing, problem, estimate)
    return drawing.with_mesh(**finer(drawing, shares, tolerance, problem.degree))


def error_shares(drawing: ParticleDrawing, problem: HeatProblem, estimate: ErrorEstimate) -> Shares:
    """Return where the error comes from (collective)."""
    comm, indicators = problem.domain.comm, np.asarray(estimate.indicators)
    x = estimate.space.tabulate_dof_coordinates()[: len(indicators)] * problem.domain.unit
    flat = problem.domain.symmetry == "axisymmetric"
    z = x[:, 1] if flat else x[:, 2]
    centers = drawing.places()
    b = drawing.contact_radius
    if flat:
        r = x[:, 0]
    else:
        r = np.min([np.hypot(x[:, 0] - c[0], x[:, 1] - c[1]) for c in centers], axis=0)
    distance = np.hypot(r - b, z) if b else np.full(len(z), np.inf)
    h_rim = b / (drawing.mesh.cells_per_contact or 1.0) / drawing.mesh.refinement
    near = distance < _ZONE * h_rim
    far = (z > 0) & (distance > drawing.shape.equivalent_radius / 2)

    def share(mask: Any) -> float:
        return abs(float(comm.allreduce(float(indicators[mask].sum()))))

    return Shares(share(near), share(~near & ~far), share(far), estimate.geometry)


def finer(
    drawing: ParticleDrawing, shares: Shares, tolerance: float, degree: int
) -> dict[str, Any]:
    """Return the mesh settings that bring each part of the error below its part of `tolerance`."""
    settings, order = drawing.mesh, 2 * degree
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
        if mesh_kind(drawing) == "rings":
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
