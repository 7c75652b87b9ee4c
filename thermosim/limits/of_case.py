"""What follows from a case without solving it: excitation, density of dots, closed-form limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.gain import (
    cooling_gain,
    excitation_number,
    external_efficiency,
    heat_source,
)
from thermosim.gain.escape.of_body import escape_numbers
from thermosim.limits.below import conductivity_below
from thermosim.limits.closed import limits_summary

if TYPE_CHECKING:
    from thermosim.case.particle_case import Case

_OF_DOTS = ("isolated_dot_radius_for_minus_1K_m", "n_R_for_claimed_delta_T_per_m2")


def derived_quantities(case: Case) -> dict[str, Any]:
    """Return derived numbers by name, units in the names."""
    shape = case.particle.shape
    radius = case.contact_radius
    body = shape.truncated(radius)
    numbers: dict[str, Any] = {
        "regions": ", ".join(f"{name} ({m})" for name, m in case.material_names().items()),
        "particle_volume_m3": body.volume,
        "particle_free_area_m2": body.free_area,
        "contact_radius_m": radius,
    }
    numbers |= light_of(case)
    numbers |= limits_of(case)
    numbers |= _mesh_estimate(case)
    return numbers


def light_of(case: Case) -> dict[str, float]:
    """Return excitation, escape, gain and heat source at the peak intensity of the laser."""
    if case.laser is None:
        return {"heat_source_W_per_m3": case.source.heat_source if case.source else 0.0}
    p = case.resolved_gain().parameters(case.laser.photon_energy)
    I, T = case.laser.peak_intensity, case.chamber.temperature
    x = excitation_number(I, T, p)
    return {
        "intensity_peak_W_per_m2": I,
        "beta_tau_X": float(x),
        "n_dots_per_m3": float(p.n_dots),
        **escape_of(case),
        "eta_ext": float(external_efficiency(x, p)),
        "gain_per_dot_W": float(cooling_gain(I, T, p)),
        "heat_source_W_per_m3": float(heat_source(I, T, p)),
    }


def escape_of(case: Case) -> dict[str, float]:
    """Return how the emission leaves the particle of a case; nothing without a laser."""
    if case.laser is None:
        return {}
    gain, escape = case.escape()
    p = gain.parameters(case.laser.photon_energy)
    return escape_numbers(gain, escape, p, case.chamber.temperature)


def limits_of(case: Case, claimed_delta_T: float | None = None) -> dict[str, float]:
    """Return the closed-form limits of a case (uniform light, isothermal particle).

    With a given heat source there are no dots, and what is said of dots is left out.
    """
    from thermosim.bodies.emissivity import emissivity_law

    shape, T = case.particle.shape, case.chamber.temperature
    parts, b = case.substrate.parts(), case.contact_radius
    body = shape.truncated(b)
    source = light_of(case)["heat_source_W_per_m3"]
    material = case.material(case.particle.material)
    size = shape.equivalent_radius
    law = emissivity_law(case.particle.emissivity, material, size, (0.9 * T, 1.1 * T))
    emissivity = float(law.at(T))
    # with a source in place of dots only the product n g has a meaning
    n_dots = case.gain.n_dots if case.source is None else 1.0
    has_mass = material.density is not None and material.specific_heat is not None
    found = limits_summary(
        radius=size,
        n_dots=n_dots,
        g=-source / n_dots,
        T_env=T,
        emissivity=emissivity,
        volumetric_heat_capacity=float(material.volumetric_heat_capacity(T)) if has_mass else None,
        k_particle=float(material.conductivity.components(T)[0]),
        contact_radius=b,
        contact_h_c=case.contact.conductance or None,
        k_par=conductivity_below(parts, case.material, T, b),
        pressure=case.chamber.pressure,
        gas=case.chamber.gas,
        accommodation=case.chamber.accommodation,
        claimed_delta_T=claimed_delta_T,
        area=body.free_area,
        volume=body.volume,
        near_field=_near_field(case),
    )
    dots = () if case.source is None else _OF_DOTS
    return {name: value for name, value in found.items() if name not in dots}


def _near_field(case: Case) -> float:
    """Return the conductance of near-field radiation to the substrate [W/K]."""
    from thermosim.bodies.nearfield import body_plane_conductance

    field, b = case.near_field, case.contact_radius
    if field is None:
        return 0.0
    return body_plane_conductance(field.excess, case.particle.shape, case.radiation.gap, b)


def _mesh_estimate(case: Case) -> dict[str, int]:
    """Estimate the number of cells, from rings of cells that grow geometrically off the rim."""
    from math import log, pi

    per_radius, per_contact, growth = case.mesh.resolved(
        2 if case.symmetry == "axisymmetric" else 3
    )
    b = case.contact_radius
    far = max(case.particle.shape.equivalent_radius, case.substrate.equivalent_radius)
    layers = log(max(far / b * per_contact, 2.0)) / growth if b else 0.0
    if case.symmetry == "axisymmetric":
        cells = 2.0 * per_radius**2 + layers * 2 * pi / growth
    else:
        turn = 1.0 if case.symmetry == "3d" else 0.25
        ring = turn * 30 * per_contact / growth**2 if b else 0.0
        cells = turn * 10 * per_radius**3 + ring + layers * 40 / growth**2 * turn
    return {"n_cells_estimate": int(cells)}
