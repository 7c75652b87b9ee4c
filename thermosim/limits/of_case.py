"""What follows from a case without solving it: excitation, density of dots, closed-form limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, Problem
from thermosim.gain import (
    cooling_gain,
    excitation_number,
    external_efficiency,
    heat_source,
)
from thermosim.gain.escape.of_body import escape_numbers
from thermosim.limits.below import conductivity_below
from thermosim.limits.closed import limits_summary
from thermosim.materials.report import varying_properties
from thermosim.model.of_case import model_of

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.model.lump import Lump
    from thermosim.model.model import Light, Model

_OF_DOTS = ("isolated_dot_radius_for_minus_1K_m", "n_R_for_claimed_delta_T_per_m2")


def derived_quantities(case: AnyCase) -> dict[str, Any]:
    """Return derived numbers by name, units in the names.

    Names of the boundaries of a geometry in a file are known once it is read.
    """
    model = model_of(case)
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
    elif lump is not None:
        numbers["heat_source_W_per_m3"] = lump.heat_source or 0.0
    if lump is not None:
        numbers |= _limits(model, lump)
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
        "eta_ext": float(external_efficiency(x, p)),
        "gain_per_dot_W": float(cooling_gain(I, T, p)),
        "heat_source_W_per_m3": float(heat_source(I, T, p)),
    }


def escape_of(light: Light) -> dict[str, float]:
    """Return how the emission leaves the lit body."""
    gain, escape = light.resolved()
    p = gain.parameters(light.laser.photon_energy)
    return escape_numbers(gain, escape, p, light.T_ref)


def limits_of(case: AnyCase, claimed_delta_T: float | None = None) -> dict[str, float]:
    """Return the closed-form limits of a case (uniform light, isothermal particle).

    With a given heat source there are no dots, and what is said of dots is left out.

    Raises
    ------
    CaseError
        If the case is not about a particle.
    """
    model = model_of(case)
    if model.lump is None:
        rule = "is missing: the closed forms are of a particle on its substrate"
        raise CaseError([Problem("particle", "", rule, "compute a body with thermosim run")])
    return _limits(model, model.lump, claimed_delta_T)


def _limits(model: Model, lump: Lump, claimed_delta_T: float | None = None) -> dict[str, float]:
    from thermosim.bodies.emissivity import emissivity_law

    particle, chamber, light = lump.particle, lump.chamber, model.light
    shape, T, b = particle.shape, chamber.temperature, lump.contact_radius
    body = shape.truncated(b)
    material = lump.material(particle.material)
    size = shape.equivalent_radius
    law = emissivity_law(particle.emissivity, material, size, (0.9 * T, 1.1 * T))
    # with a source in place of dots only the product n g has a meaning
    n_dots = 1.0 if light is None else light.gain.n_dots
    source = lump.heat_source or 0.0
    if light is not None:
        source = light_numbers(light)["heat_source_W_per_m3"]
    has_mass = material.density is not None and material.specific_heat is not None
    found = limits_summary(
        radius=size,
        n_dots=n_dots,
        g=-source / n_dots,
        T_env=T,
        emissivity=float(law.at(T)),
        volumetric_heat_capacity=float(material.volumetric_heat_capacity(T)) if has_mass else None,
        k_particle=float(material.conductivity.components(T)[0]),
        contact_radius=b,
        contact_h_c=lump.h_c,
        k_par=conductivity_below(lump.parts, lump.material, T, b),
        pressure=chamber.pressure,
        gas=chamber.gas,
        accommodation=chamber.accommodation,
        claimed_delta_T=claimed_delta_T,
        area=body.free_area,
        volume=body.volume,
        near_field=lump.near_field(),
    )
    dots = _OF_DOTS if light is None else ()
    return {name: value for name, value in found.items() if name not in dots}
