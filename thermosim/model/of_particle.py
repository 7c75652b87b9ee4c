"""From a case to its heat model: bodies with their materials, surfaces with their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.bodies.chamber import gas_conductivity
from thermosim.bodies.emissivity import emissivity_law
from thermosim.bodies.substrates import NoSubstrate
from thermosim.bodies.supports import support_faces, supports
from thermosim.errors import CaseError
from thermosim.model.heat import (
    Enclosure,
    Exchange,
    Film,
    GasGap,
    HeatBody,
    HeatModel,
    Held,
    Jump,
    Radiation,
    Source,
    Surface,
    SurfaceLaw,
    film_of,
)

if TYPE_CHECKING:
    from thermosim.bodies.films import FilmSettings
    from thermosim.case.particle_case import Case
    from thermosim.fem.domain import Domain
    from thermosim.materials.conductivity import Axis

_FACING_AWAY = ("substrate_bottom", "substrate_frame", "substrate_rim")


def heat_model(
    case: Case, domain: Domain, source: Source, in_substrate: Source | None = None
) -> HeatModel:
    """Return the heat model of a case on its mesh; sources are of the particle and the substrate.

    Raises
    ------
    CaseError
        If a material lacks a property that the case asks for.
    """
    bodies = [_body(case, "particle", case.particle.material, source)]
    surfaces = [_particle_surface(case)]
    held: list[Held] = []
    jumps: list[Jump] = []
    if not isinstance(case.substrate, NoSubstrate) and len(domain.regions) > 1:
        bodies += _support_bodies(case, in_substrate)
        sides, held = _support_surfaces(case, domain)
        surfaces += sides
        if "contact_substrate" in domain.boundaries and case.contact.conductance:
            h_c = case.contact.conductance
            jumps.append(Jump("contact", "contact", "contact_substrate", h_c))
    return HeatModel(
        case.chamber.temperature,
        tuple(bodies),
        tuple(surfaces),
        tuple(held),
        tuple(jumps),
        _enclosures(case, surfaces),
        _gaps(case, surfaces),
        tuple(_film(case, film, domain) for film in case.films),
    )


def _enclosures(case: Case, surfaces: list[Surface]) -> tuple[Enclosure, ...]:
    """Return the surfaces that see each other; lower faces and rims see only the chamber."""
    settings = case.radiation
    names = tuple(s.boundary for s in surfaces if s.boundary not in _FACING_AWAY)
    if settings.model == "chamber" or len(names) < 2:
        return ()
    chosen = settings.model_dump(include={"patches", "rays", "seed", "quadrature"})
    return (Enclosure(names, **chosen),)


def _gaps(case: Case, surfaces: list[Surface]) -> tuple[GasGap, ...]:
    chamber = case.chamber
    h = {}
    for surface in surfaces:
        law = surface.paths.get("gas")
        if isinstance(law, Exchange):
            h[surface.boundary] = law.h
    upper = "particle_surface"
    lower = "pedestal_top" if "pedestal_top" in h else "substrate_top"
    if not chamber.gap_gas or upper not in h or lower not in h:
        return ()
    k_gas = float(gas_conductivity(chamber.temperature, chamber.gas))
    return (GasGap(upper, lower, chamber.gap_free_molecular(), k_gas, (h[upper], h[lower])),)


def _film(case: Case, film: FilmSettings, domain: Domain) -> Film:
    if not domain.has(film.boundary):
        raise CaseError(
            f'films: boundary = "{film.boundary}": this case has no such surface in its mesh; '
            "a substrate is meshed only where the particle touches it"
        )
    return film_of(film, case.material(film.material))


def _body(
    case: Case, region: str, name: str, source: Source | None, axis: Axis | None = None
) -> HeatBody:
    material = case.material(name)
    return HeatBody(
        region, material.conductivity, axis, material.density, material.specific_heat, source
    )


def _support_bodies(case: Case, in_substrate: Source | None) -> list[HeatBody]:
    return [
        _body(
            case,
            part.region,
            part.material,
            in_substrate if part.region == "substrate" else None,
            part.axis,
        )
        for part in supports(case.substrate)
    ]


def _particle_surface(case: Case) -> Surface:
    radius = case.particle.shape.equivalent_radius
    emissivity = _emissivity(case, "particle", case.particle.material, radius)
    return Surface("particle_surface", _paths(case, emissivity, radius))


def _support_surfaces(case: Case, domain: Domain) -> tuple[list[Surface], list[Held]]:
    substrate: Any = case.substrate
    size = getattr(substrate, "equivalent_radius", None) or substrate.width / 2
    surfaces, held = [], []
    for side in support_faces(substrate):
        if not domain.has(side.boundary):
            continue
        if side.face == "held":
            held.append(Held(side.boundary, substrate.held_temperature or case.chamber.temperature))
        elif side.face == "radiating":
            part = side.support
            emissivity = _emissivity(case, "substrate", part.material, part.thickness)
            surfaces.append(Surface(side.boundary, _paths(case, emissivity, size)))
    return surfaces, held


def _paths(case: Case, emissivity: Any, distance: float) -> dict[str, SurfaceLaw]:
    T_env = case.chamber.temperature
    paths: dict[str, SurfaceLaw] = {"radiation": Radiation(emissivity, T_env)}
    if case.chamber.pressure:
        paths["gas"] = Exchange(case.chamber.gas_conductance(distance), T_env)
    return paths


def _emissivity(case: Case, owner: str, name: str, size: float) -> Any:
    setting = getattr(case, owner).emissivity
    try:
        return emissivity_law(setting, case.material(name), size)
    except ValueError as error:
        raise CaseError(f"{owner}.emissivity ({name}): {error}") from error
