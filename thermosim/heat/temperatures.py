"""Temperatures of a particle and of the sides of its contact, from a solved problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermosim.fem.domain import constant, integrate, minmax

if TYPE_CHECKING:
    from thermosim.heat.problem import HeatProblem


def particle_temperatures(problem: HeatProblem) -> dict[str, float]:
    """Return mean, lowest and highest ΔT of the particle [K] (collective)."""
    domain = problem.domain
    size = integrate(domain, constant(domain, 1.0), domain.dx("particle"))
    mean = integrate(domain, problem.theta, domain.dx("particle")) / size
    low, high = minmax(problem.theta, domain.cells("particle"))
    return {"delta_T_mean_K": mean, "delta_T_min_K": low, "delta_T_max_K": high}


def contact_temperatures(problem: HeatProblem) -> dict[str, float]:
    """Return the mean ΔT [K] of both sides of a contact with a temperature jump (collective)."""
    domain, found = problem.domain, {}
    for jump in problem.model.jumps:
        for side, boundary in (("particle", jump.side_1), ("substrate", jump.side_2)):
            area = integrate(domain, constant(domain, 1.0), domain.ds(boundary))
            mean = integrate(domain, problem.theta, domain.ds(boundary)) / area
            found[f"delta_T_{jump.name}_{side}_K"] = mean
    return found
