"""Light of a case into a body on a mesh: model and escape chosen, intensity set."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, Problem
from thermosim.fem.spaces import per_cell
from thermosim.gain import GainParameters, pump_absorption
from thermosim.gain.escape.methods import AutoEscape, MonteCarloEscape
from thermosim.gain.escape.of_body import (
    ResolvedGain,
    escape_by_path,
    escape_numbers,
    resolve_escape,
)
from thermosim.gain.escape.of_body import with_choice as escape_chosen
from thermosim.light.absorbed import AbsorbedLight, add_to_ground, fill_by_formula
from thermosim.light.glow import glow_heat
from thermosim.light.ground import (
    beam_heat,
)
from thermosim.light.judged import judge_rays, reflection_notes
from thermosim.light.outline import outline_of
from thermosim.light.waves import points_for_waves
from thermosim.optics.choice import choose
from thermosim.optics.model import (
    AttenuatingOptics,
    AutoOptics,
    FullWaveOptics,
    MieOptics,
    RayOptics,
)

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.gain import GainModel
    from thermosim.gain.escape.methods import Escape
    from thermosim.light.fullwave.dots import DotLight
    from thermosim.light.outline import Outline
    from thermosim.model.model import Light


def absorbed_light(
    light: Light, domain: Domain, degree: int, like: AbsorbedLight | None = None
) -> AbsorbedLight:
    """Return the light of a model on its mesh (collective).

    Parameters
    ----------
    light
        Of the model.
    domain
        Its mesh.
    degree
        Of the quadrature of heat sources; light with finer structure chooses a higher one.
    like
        Light of a case with the same layers: what they absorb of a watt of emission is as there.

    Raises
    ------
    CaseError
        If the model of the light does not suit the case, or an index of refraction is missing.
    """
    outline = outline_of(light, domain)
    light, notes = with_choice(light, outline)
    optics = light.optics
    dots = dots_of(light, domain.comm)
    gain, facts, escape = emission_of(light, outline, dots)
    p = gain.parameters(light.laser.photon_energy)
    unlit = unlit_absorption(light, p)
    found = AbsorbedLight(light, domain, outline, gain, facts, p, unlit, 0.0, dots=dots)
    found.notes += notes
    by_wave = isinstance(optics, FullWaveOptics) and optics.escape_in_gain
    if not by_wave and isinstance(light.gain.escape, AutoEscape) and math.isnan(light.index):
        found.notes.append("WARNING: escape: all emission leaves, for lack of a refractive index")
    shadow = isinstance(optics, RayOptics)
    found.glow = glow_heat(light, domain, escape) if like is None else like.glow
    found.beam = beam_heat(light, found.ground_layers, domain, outline, shadow=shadow)
    if isinstance(optics, AttenuatingOptics):
        _check_saturation(found, optics)
    if isinstance(optics, RayOptics):
        found.intensity = per_cell(domain)
        found.rebuild(found.alpha)
        judge_rays(found)
    elif isinstance(optics, MieOptics | FullWaveOptics):
        wave, rule = light.laser.wavelength / light.index, optics.quadrature_degree
        made = points_for_waves(domain, found.region, wave, rule, degree)
        found.intensity, found.quadrature_degree, coarse = made
        found.notes += coarse
        found.rebuild(found.alpha)
        if isinstance(optics, MieOptics) and optics.substrate and found.expected:
            found.notes += reflection_notes(light, outline, found.alpha, found.expected)
    else:
        fill_by_formula(found, degree)
    if not isinstance(optics, RayOptics | FullWaveOptics):
        add_to_ground(found, {}, {})
    return found


def dots_of(light: Light, comm: Any) -> DotLight | None:
    """Return what full wave optics finds of the light of dots; None if not asked (collective).

    Raises
    ------
    CaseError
        If the gain cannot take what it shall.
    """
    optics = light.optics
    if not isinstance(optics, FullWaveOptics):
        return None
    if optics.purcell_in_gain and light.gain.thermal is not None:
        rule = "but the laws of gain.thermal are those of dots in a large crystal"
        raise CaseError([Problem("optics.purcell_in_gain", "true", rule, "remove one of them")])
    kind = light.gain.escape.kind
    if optics.escape_in_gain and kind not in ("auto", "none"):
        rule = f'but gain.escape.kind = "{kind}" says how much light leaves'
        raise CaseError([Problem("optics.escape_in_gain", "true", rule, "remove one of them")])
    from thermosim.light.fullwave.dots import dot_light

    return dot_light(light, comm)


def emission_of(
    light: Light, outline: Outline, dots: DotLight | None = None
) -> tuple[GainModel, dict[str, float], Escape | None]:
    """Return the gain with its escape worked out for what the light meets, its numbers, itself.

    With the Purcell factor and the escape of `dots` where the case asks for them.

    Raises
    ------
    CaseError
        If the method of the escape does not suit the body.
    """
    facts: dict[str, float] = {}
    try:
        if dots is None:
            gain, escape = _of_body(light, light.gain, outline)
        else:
            gain, escape, facts = _of_dots(light, dots, outline)
    except ValueError as error:
        kind = f'"{light.gain.escape.kind}"'
        raise CaseError([Problem("gain.escape.kind", kind, str(error))]) from error
    p = gain.parameters(light.laser.photon_energy)
    return gain, escape_numbers(gain, escape, p, light.T_ref) | facts, escape


def _of_body(light: Light, asked: GainModel, outline: Outline) -> ResolvedGain:
    chosen = escape_chosen(asked, light.index)
    return resolve_escape(chosen, _emitter(light, outline), light.contact_radius, light.T_ref)


def _of_dots(
    light: Light, dots: DotLight, outline: Outline
) -> tuple[GainModel, Escape | None, dict[str, float]]:
    """Return gain, escape and numbers with what full wave optics knows of the dots."""
    from thermosim.gain.purcell import radiating_faster
    from thermosim.light.fullwave.dots import shares_of

    optics, asked = light.optics, light.gain
    assert isinstance(optics, FullWaveOptics)
    if optics.purcell_in_gain:
        asked = radiating_faster(asked, dots.mean)
    solved = escape_by_path(asked, dots.path, optics.host_absorption, dots.down, light.T_ref)
    taken = solved if optics.escape_in_gain else _of_body(light, asked, outline)
    return taken.model, taken.escape, dots.numbers | shares_of(solved.escape)


def unlit_absorption(light: Light, p: GainParameters) -> float:
    """Return the absorption coefficient [1/m] of dots and host in the dark, at T_ref."""
    return float(pump_absorption(0.0, light.T_ref, p)) + light.optics.host_absorption


def with_choice(light: Light, outline: Outline) -> tuple[Light, list[str]]:
    """Return the light with its model chosen, where that is left to us, and what to say of it."""
    if not isinstance(light.optics, AutoOptics):
        return light, []
    sphere, shape = outline.sphere(), light.shape
    cut = shape.truncated(light.contact_radius).depth if shape and light.contact_radius else 0.0
    found = choose(
        light.optics, light.laser, light.index, outline.size, sphere, light.symmetry,
        alone=light.alone, cut=cut,
    )  # fmt: skip
    notes = [f"light: {found.why}"]
    if found.doubt:
        notes.append(f"WARNING: light ({found.optics.model}): {found.doubt}")
    return replace(light, optics=found.optics), notes


def _emitter(light: Light, outline: Outline) -> Any:
    """Return what the escape is worked out for; photons are followed in known shapes alone."""
    if light.shape is not None or not isinstance(light.gain.escape, MonteCarloEscape):
        return outline.body
    sphere = outline.sphere()
    if sphere is None:
        raise ValueError("photons are followed in the shapes of particles and in spheres alone")
    return sphere[1]


def _check_saturation(light: AbsorbedLight, optics: AttenuatingOptics) -> None:
    if optics.saturation and light.parameters.population is None:
        rule, key = "but the gain counts no bleaching of dots", "optics.saturation"
        remedy = 'write gain.recombination.kind = "ladder" with bleaching = true'
        raise CaseError([Problem(key, "true", rule, remedy)])
