"""From a case about a particle to its model: bodies with their materials, surfaces with paths."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from thermosim.bodies.chamber import gas_conductivity
from thermosim.bodies.emissivity import emissivity_law
from thermosim.errors import CaseError
from thermosim.language.units import si_text
from thermosim.model.budget import EMISSION, Budget, flows_part, leaving, to_chamber
from thermosim.model.doubts import particle_remarks
from thermosim.model.drawing import drawing_of_particle
from thermosim.model.ground import ground_of
from thermosim.model.heat import (
    Enclosure,
    Exchange,
    Film,
    Gap,
    GasGap,
    HeatBody,
    HeatModel,
    HeatSurface,
    Held,
    Jump,
    Radiation,
    SurfaceLaw,
    UniformSource,
    film_of,
)
from thermosim.model.layout import Focus, Layout
from thermosim.model.lump import Lump
from thermosim.model.model import Emitted, Goal, Light, Model
from thermosim.model.near import near_field_conductance, near_field_gaps
from thermosim.optics.beam import wavelength_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from thermosim.bodies.films import FilmSettings
    from thermosim.case.particle_case import Case
    from thermosim.materials.conductivity import Axis

PARTICLE, SURFACE = "particle", "particle_surface"
_PLACES = {
    PARTICLE: "",
    SURFACE: "",
    "substrate": "",
    "substrate_top": "top face",
    "substrate_bottom": "lower face",
    "substrate_rim": "rim",
}
_WAYS = {
    "radiation": "thermal radiation",
    "gas": "residual gas",
    "held": "conduction to holder",
    "near_field": "near-field radiation",
    "stored": "heat capacity",
}
_ACCOUNTS = {
    "heat_source_W": "released in the particle",
    "heat_source_substrate_W": "light absorbed in the substrate",
    "heat_emission_substrate_W": "emission absorbed in the substrate",
    "heat_to_chamber_W": "particle to chamber",
    "heat_to_substrate_W": "particle to substrate",
    "heat_substrate_to_chamber_W": "substrate to chamber",
    "heat_to_holder_W": "substrate to holder",
    "heat_stored_W": "stored per time",
}


def of_particle(case: Case) -> Model:
    """Return the model of a particle, of what it rests on, and of its light.

    Raises
    ------
    CaseError
        If a material lacks a property that the case asks for.
    """
    light = light_of(case)
    return Model(
        case=case,
        symmetry=case.symmetry,
        T_ref=case.chamber.temperature,
        drawing=drawing_of_particle(case),
        heat=partial(heat_of, case),
        goal=Goal(PARTICLE, surface=SURFACE),
        accounts=_accounts,
        light=light,
        probes=case.all_probes(case.probes),
        thermometry=None if case.output.thermometer is False else case.thermometry,
        materials={
            owner: (name, case.material(name)) for owner, name in case.material_names().items()
        },
        facts={
            "chamber_temperature_K": case.chamber.temperature,
            "contact_radius_m": case.contact_radius,
        },
        start=case.chamber.temperature,
        layout=layout_of(case),
        lump=lump_of(case),
        remarks=partial(particle_remarks, case, light),
    )


def lump_of(case: Case) -> Lump:
    """Return the particle as closed forms take it."""
    h_c, source = case.contact.conductance, case.source
    return Lump(
        case.particle, case.chamber, case.material, case.contact_radius, h_c or None,
        case.substrate.parts(), None if source is None else source.heat_source,
        partial(near_field_conductance, case), case.contact.radius_for,
    )  # fmt: skip


def layout_of(case: Case) -> Layout:
    """Return how a result about a particle is told and shown."""
    touched = case.substrate.faces() if case.contact_radius else ()
    given = case.laser is None
    return Layout(
        about=PARTICLE,
        question=_question(case),
        symmetry=case.symmetry,
        T_ref=case.chamber.temperature,
        zero="chamber",
        goal="ΔT of the particle, mean",
        regions=case.material_names(),
        boundaries=(SURFACE, *(f.boundary for f in touched if f.happens != "insulated")),
        insulated=tuple(f.boundary for f in touched if f.happens == "insulated"),
        main=PARTICLE,
        other="substrate",
        contact="heat_to_substrate_W",
        driver="heat source" if given else "light",
        places=_PLACES,
        ways=_WAYS,
        sources={PARTICLE: "given heat source" if given else "light and its emission"},
        accounts=_accounts_told(case),
        lit=None if given else PARTICLE,
        focus=_focus(case),
    )


def _accounts_told(case: Case) -> dict[str, str]:
    """Return the words of the accounts whose paths the case has."""
    there = {face.happens for face in case.substrate.faces()} if case.contact_radius else set()
    absent = [] if "held" in there else ["heat_to_holder_W"]
    absent += [] if "radiating" in there else ["heat_substrate_to_chamber_W"]
    absent += [] if case.contact_radius else ["heat_to_substrate_W"]
    return {name: words for name, words in _ACCOUNTS.items() if name not in absent}


def _focus(case: Case) -> Focus:
    (low, *_), (high, *_) = case.particle.shape.bounding_box
    places = case.particle.places()
    title = "Particle" if len(places) == 1 else f"Particles ({len(places)} in all)"
    return Focus(
        region=PARTICLE,
        title=f"{title}: {case.particle.material}",
        width=(float(low), float(high)),
        foot=(float(places[0, 0]), float(places[0, 1])),
        count=len(places),
        below=f"Substrate: {_below(case)}".rstrip(": "),
    )


def _below(case: Case) -> str:
    """Return the materials of a substrate from the top down."""
    return " on ".join(part.material for part in case.substrate.parts())


def _question(case: Case) -> str:
    """Return what was asked: body, place and chamber in a sentence."""
    shape, count = case.particle.shape, case.particle.count
    kind = shape.kind.replace("_", " ")
    radius = "radius" if kind == "sphere" else "equivalent radius"
    size = si_text(shape.equivalent_radius, "m", 3)
    text = f"{kind.capitalize()} of {case.particle.material}, {radius} {size}"
    if count > 1:
        text = f"{count} particles, each a {text[0].lower()}{text[1:]}"
    if case.substrate.parts():
        text += f", on {_below(case)} ({case.substrate.kind})"
    if case.contact_radius:
        text += f", contact radius {si_text(case.contact_radius, 'm', 3)} ({case.contact.kind})"
    asked = "How cold or warm does it get, and where does the heat go?"
    return f"{text}; chamber at {case.chamber.temperature:g} K. {asked}"


def light_of(case: Case) -> Light | None:
    """Return the light in the particle and what lies under it; None without a laser."""
    laser = case.laser
    if laser is None:
        return None
    return Light(
        PARTICLE, laser, case.optics, case.gain, case.chamber.temperature,
        case.particle_index, case.particle.shape, case.contact_radius,
        ground_of(case, laser.wavelength, "laser"), case.symmetry, case.particle.count == 1,
        _emitted(case),
    )  # fmt: skip


def _emitted(case: Case) -> Emitted | None:
    """Return what the emission falls on; None without a substrate that the particle touches."""
    if not (case.contact_radius and case.substrate.parts()):
        return None
    T = case.chamber.temperature
    wavelength = wavelength_of(float(case.gain.mean_emission(T)))
    shape = case.particle.shape
    height = shape.centroid_height - shape.truncated(case.contact_radius).depth
    places = tuple((float(x), float(y)) for x, y in case.particle.places()[:, :2])
    ground = ground_of(case, wavelength, "gain.emission")
    return Emitted(wavelength, float(height), places, ground)


def heat_of(case: Case, boundaries: Collection[str]) -> HeatModel:
    """Return the heat model of a case on a mesh with these boundaries.

    A substrate is meshed only where the particle touches it. Light brings its sources later.

    Raises
    ------
    CaseError
        If a material lacks a property that the case asks for, or a film has no surface.
    """
    given = None if case.source is None else UniformSource(case.source.heat_source)
    bodies = [_body(case, PARTICLE, case.particle.material, given)]
    surfaces = [_particle_surface(case)]
    held: list[Held] = []
    jumps: list[Jump] = []
    if case.contact_radius:
        bodies += [
            _body(case, part.region, part.material, None, part.axis)
            for part in case.substrate.parts()
        ]
        sides, held = _support_surfaces(case, boundaries)
        surfaces += sides
        if "contact_substrate" in boundaries and case.contact.conductance:
            h_c, owners = case.contact.conductance, (PARTICLE, "substrate")
            jumps.append(Jump("contact", "contact", "contact_substrate", h_c, owners))
    return HeatModel(
        case.chamber.temperature,
        tuple(bodies),
        tuple(surfaces),
        tuple(held),
        tuple(jumps),
        _enclosures(case, surfaces),
        _gaps(case, surfaces, boundaries),
        tuple(part for film in case.films for part in _films(case, film, boundaries)),
    )


def _accounts(budget: Budget) -> dict[str, float]:
    """Return the budget in the few numbers that people ask for [W]."""
    flows = flows_part(budget)
    from_particle = to_chamber(flows, SURFACE)
    source = flows.get(f"source:{PARTICLE}", 0.0)
    held = sum(value for name, value in flows.items() if name.endswith(":held"))
    kept = budget.get(f"{PARTICLE}:stored", 0.0)
    emission = sum(value for name, value in flows.items() if name.endswith(f":{EMISSION}"))
    # summed, not a rest of sums: rounding is no heat
    others = [name for name in flows if name.startswith("source:") and name != f"source:{PARTICLE}"]
    substrate = sum(flows[name] for name in others if not name.endswith(f":{EMISSION}"))
    return {
        "heat_source_W": source,
        **({"heat_source_substrate_W": substrate} if substrate else {}),
        **({"heat_emission_substrate_W": emission} if emission else {}),
        "heat_to_chamber_W": from_particle,
        "heat_to_substrate_W": source - from_particle - kept,
        "heat_substrate_to_chamber_W": leaving(flows) - from_particle - held,
        "heat_to_holder_W": held,
    }


def _enclosures(case: Case, surfaces: list[HeatSurface]) -> tuple[Enclosure, ...]:
    """Return the surfaces that see each other; lower faces and rims see only the chamber."""
    settings = case.radiation
    away = {face.boundary for face in case.substrate.faces() if not face.sees_particle}
    names = tuple(s.boundary for s in surfaces if s.boundary not in away)
    if settings.model == "chamber" or len(names) < 2:
        return ()
    chosen = settings.model_dump(include={"patches", "rays", "seed", "quadrature"})
    return (Enclosure(names, **chosen),)


def _gaps(case: Case, surfaces: list[HeatSurface], boundaries: Collection[str]) -> tuple[Gap, ...]:
    """Return what crosses the gap under the particle: gas, near-field radiation, both or none."""
    chamber, found = case.chamber, list[Gap]()
    lower = "pedestal_top" if "pedestal_top" in boundaries else "substrate_top"
    h = {
        surface.boundary: law.h
        for surface in surfaces
        if isinstance(law := surface.paths.get("gas"), Exchange)
    }
    if chamber.gap_gas and SURFACE in h and lower in h:
        k_gas = float(gas_conductivity(chamber.temperature, chamber.gas))
        taken = (h[SURFACE], h[lower])
        found.append(GasGap(SURFACE, lower, chamber.gap_free_molecular(), k_gas, taken))
    return (*found, *near_field_gaps(case, SURFACE, lower, boundaries))


def _films(case: Case, film: FilmSettings, boundaries: Collection[str]) -> Iterator[Film]:
    """Yield a film, and what of it lies under the particle that stands on it."""
    if film.boundary not in boundaries:
        raise CaseError(
            f'films: boundary = "{film.boundary}": this case has no such surface in its mesh; '
            "a substrate is meshed only where the particle touches it"
        )
    yield (found := film_of(film, case.material(film.material)))
    if film.boundary != "substrate_top" or "pedestal_top" in boundaries:
        return
    below = case.substrate.parts()[0].region
    for name in ("contact", "contact_substrate", "substrate_under"):
        if name in boundaries and not (name == "contact" and "contact_substrate" in boundaries):
            yield replace(found, boundary=name, region=below)


def _body(
    case: Case, region: str, name: str, source: UniformSource | None, axis: Axis | None = None
) -> HeatBody:
    material = case.material(name)
    return HeatBody(
        region, material.conductivity, axis, material.density, material.specific_heat, source
    )


def _particle_surface(case: Case) -> HeatSurface:
    radius, particle = case.particle.shape.equivalent_radius, case.particle
    emissivity = _emissivity(case, PARTICLE, particle.emissivity, particle.material, radius)
    return HeatSurface(SURFACE, _paths(case, emissivity, radius))


def _support_surfaces(
    case: Case, boundaries: Collection[str]
) -> tuple[list[HeatSurface], list[Held]]:
    surfaces, held = [], []
    for side in case.substrate.faces():
        if side.boundary not in boundaries:
            continue
        if side.happens == "held":
            held.append(Held(side.boundary, side.held_temperature or case.chamber.temperature))
        elif side.happens == "radiating":
            part = side.part
            emissivity = _emissivity(
                case, "substrate", side.emissivity, part.material, part.thickness
            )
            size = case.substrate.equivalent_radius
            surfaces.append(HeatSurface(side.boundary, _paths(case, emissivity, size)))
    return surfaces, held


def _paths(case: Case, emissivity: Any, distance: float) -> dict[str, SurfaceLaw]:
    T_env = case.chamber.temperature
    paths: dict[str, SurfaceLaw] = {"radiation": Radiation(emissivity, T_env)}
    if case.chamber.pressure:
        paths["gas"] = Exchange(case.chamber.gas_conductance(distance), T_env)
    return paths


def _emissivity(case: Case, owner: str, setting: Any, name: str, size: float) -> Any:
    try:
        return emissivity_law(setting, case.material(name), size)
    except ValueError as error:
        raise CaseError(f"{owner}.emissivity ({name}): {error}") from error
