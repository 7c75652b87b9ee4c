"""What follows from a case without solving it: excitation, density of dots, closed-form limits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.chamber import pressure_of_equal_radiation
from thermosim.bodies.emissivity import infrared_of, isolated_dot_radius_mie
from thermosim.errors import CaseError, Problem
from thermosim.gain import (
    cooling_gain,
    excitation_number,
    external_efficiency,
    heat_source,
)
from thermosim.gain.escape.of_body import escape_numbers
from thermosim.limits.closed import internal_difference, isolated_dot_radius, required_n_R
from thermosim.limits.lumped import ALL, PATHS, Lumped
from thermosim.limits.many import many_numbers
from thermosim.materials.report import varying_properties
from thermosim.model.of_case import model_of

if TYPE_CHECKING:
    from thermosim.model.model import Light
    from thermosim.model.of_case import AnyCase


_PHOTONS = 10_000


def derived_quantities(case: AnyCase) -> dict[str, Any]:
    """Return derived numbers by name, units in the names.

    Names of the boundaries of a geometry in a file are known once it is read. Trapped photons take
    long: few are followed here, and it is said.
    """
    model = model_of(case)
    asked = model.light
    if asked is not None:
        model = replace(model, light=asked.followed_by(_PHOTONS))
    layout, lump = model.layout, model.lump
    numbers: dict[str, Any] = {
        "symmetry": model.symmetry,
        "regions": ", ".join(f"{name} ({m})" for name, m in layout.regions.items()),
        "boundaries": ", ".join(layout.boundaries) or "none",
        "reference_temperature_K": model.T_ref,
    }
    if layout.insulated:
        numbers["insulated_boundaries"] = ", ".join(layout.insulated)
    if lump is not None:
        body = lump.particle.shape.truncated(lump.contact_radius)
        numbers["particle_volume_m3"] = body.volume
        numbers["particle_free_area_m2"] = body.free_area
        numbers["contact_radius_m"] = lump.contact_radius
    if model.light is not None:
        numbers |= light_numbers(model.light)
        if model.light is not asked:
            numbers["escape_by"] = f"{_PHOTONS} photons, not as many as a run follows"
    elif lump is not None:
        numbers["heat_source_W_per_m3"] = lump.heat_source or 0.0
    if lump is not None:
        numbers |= _limits(Lumped.of(model, lump))
    numbers |= model.closed
    cells = model.drawing.estimated_cells()
    if cells is not None:
        numbers["n_cells_estimate"] = cells
    return numbers | varying_properties(dict(model.materials.values()), model.T_ref)


def light_numbers(light: Light) -> dict[str, float]:
    """Return excitation, escape, gain and heat source at the peak intensity of the laser.

    What follows from the escape is left out where that is known only on a mesh.
    """
    I, T = light.laser.peak_intensity, light.T_ref
    numbers = {"intensity_peak_W_per_m2": I, "n_dots_per_m3": float(light.gain.n_dots)}
    if light.needs_mesh:
        return numbers
    p = light.resolved().model.parameters(light.laser.photon_energy)
    x = excitation_number(I, T, p)
    return {
        **numbers,
        "beta_tau_X": float(x),
        **escape_of(light),
        "eta_ext": float(external_efficiency(x, p, T)),
        "gain_per_dot_W": float(cooling_gain(I, T, p)),
        "heat_source_W_per_m3": float(heat_source(I, T, p)),
    }


def escape_of(light: Light) -> dict[str, float]:
    """Return how the emission leaves the lit body."""
    gain, escape = light.resolved()
    p = gain.parameters(light.laser.photon_energy)
    return escape_numbers(gain, escape, p, light.T_ref)


def limits_of(case: AnyCase, claimed_delta_T: float | None = None) -> dict[str, float]:
    """Return the limits of a case: what a run finds where the particle has one temperature.

    The lumped balance of the model that a run solves, see `lumped`. What does not exist (a path, a
    steady state, a conductance that a claim would allow) is left out; so is what is said of dots
    where a heat source is given.

    Raises
    ------
    CaseError
        If the case is not about a particle or a dot.
    """
    model = model_of(case)
    if model.closed and claimed_delta_T is None:
        return dict(model.closed)
    if model.lump is None:
        rule = "is missing: the closed forms are of a particle on its substrate"
        raise CaseError([Problem("particle", "", rule, "compute a body with thermosim run")])
    return _limits(Lumped.of(model, model.lump), claimed_delta_T) | many_numbers(case)


def _limits(body: Lumped, claimed: float | None = None) -> dict[str, float]:
    power = body.source(0.0)
    paths = [path for path in PATHS if path in body.leaving(0.0)]
    conductances = {path: body.conductance(path) for path in paths}
    found: dict[str, Any] = {f"{'heating' if power > 0 else 'cooling'}_power_W": abs(power)}
    found |= {f"conductance_{path}_W_per_K": G for path, G in conductances.items()}
    found["conductance_total_W_per_K"] = sum(conductances.values())
    found |= _steady_states(body, paths)
    found |= _of_dots(body)
    found |= _clock(body, found.get("delta_T_all_paths_K"))
    if claimed is not None:
        found |= _claim(body, claimed)
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _steady_states(body: Lumped, paths: list[str]) -> dict[str, Any]:
    """Return ΔT by radiation alone, with each other path, and with all; heat by path with all."""
    sets = {"radiation_only": frozenset({"radiation"})}
    sets |= {f"with_{path}": frozenset({"radiation", path}) for path in paths[1:]}
    sets["all_paths"] = ALL
    states = {name: body.steady(only) for name, only in sets.items()}
    found: dict[str, Any] = {
        f"delta_T_{name}_K": theta for name, theta in states.items() if theta is not None
    }
    theta = states["all_paths"]
    if theta is not None:
        found["heat_released_W"] = body.source(theta)
        leaving = body.leaving(theta)
        found |= {f"heat_leaving_by_{path}_W": heat + 0.0 for path, heat in leaving.items()}
        found["heat_leaving_by_total_W"] = sum(leaving.values())
    if body.support is not None and body.support.absorbed:
        found["light_absorbed_by_substrate_W"] = body.support.absorbed
        found["delta_T_of_substrate_by_light_K"] = body.support.lit
    if body.support is not None and body.support.taken and theta is not None:
        emitted = body.emitted(theta)
        found["emission_absorbed_by_substrate_W"] = body.support.taken * emitted
        found["delta_T_of_substrate_by_emission_K"] = body.support.glow * emitted
    return found


def _of_dots(body: Lumped) -> dict[str, Any]:
    """Return sizes that follow from the gain of one dot, and what radiation compares with."""
    T, chamber, particle = body.T_env, body.lump.chamber, body.lump.particle
    eps = body.emissivity(T)
    mean = body.source(0.0) / body.volume
    found: dict[str, Any] = {
        "emissivity": eps,
        "temperature_difference_inside_K": internal_difference(1.0, -mean, body.radius, body.k(T)),
    }
    if eps > 0:
        found["pressure_gas_equals_radiation_Pa"] = pressure_of_equal_radiation(
            T, eps, chamber.gas, chamber.accommodation, body.radius
        )
    light = body.model.light
    if light is None or mean >= 0:
        return found
    g = -mean / light.gain.n_dots
    found["isolated_black_dot_radius_for_minus_1K_m"] = isolated_dot_radius(g, -1.0, T)
    infrared = infrared_of(particle.emissivity, body.lump.material(particle.material))
    if infrared is not None:
        own = isolated_dot_radius_mie(g, -1.0, T, infrared)
        found["isolated_dot_radius_for_minus_1K_m"] = own
    return found


def _clock(body: Lumped, theta: float | None) -> dict[str, Any]:
    capacity = body.heat_capacity()
    if capacity is None:
        return {}
    clock: dict[str, Any] = {"initial_rate_K_per_s": body.source(0.0) / capacity}
    if theta is not None:
        step = max(1e-4 * abs(theta), 1e-9)
        slope = (body.net(theta - step) - body.net(theta + step)) / (2 * step)
        if slope > 0:
            clock["relaxation_time_s"] = capacity / slope
    return clock


def _claim(body: Lumped, claimed: float) -> dict[str, Any]:
    """Return what a claimed ΔT leaves room for; nothing where the body cannot hold it."""
    power = -body.source(claimed)
    found: dict[str, Any] = {
        "claimed_delta_T_K": claimed, "cooling_power_at_claim_W": power,
    }  # fmt: skip
    largest = -power / claimed
    others = sum(body.leaving(claimed, ALL - {"contact"}).values())
    if largest > 0:
        found["largest_total_conductance_W_per_K"] = largest
        if -(power + others) / claimed > 0:
            found["largest_contact_conductance_W_per_K"] = -(power + others) / claimed
    capacity = body.heat_capacity()
    time = None if capacity is None else body.time_to(claimed, capacity)
    if time is not None:
        found["time_to_claimed_delta_T_s"] = time
    light, eps = body.model.light, body.emissivity(body.T_env + claimed)
    if light is not None and largest > 0 and eps > 0:
        g = power / body.volume / light.gain.n_dots
        found["n_R_for_claimed_delta_T_per_m2"] = required_n_R(claimed, g, body.T_env, eps)
    return found
