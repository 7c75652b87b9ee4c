"""From a case about one dot to its model: balls, interfaces, and what single photons do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from scipy.constants import Stefan_Boltzmann, pi

from thermosim.bodies.dot import DOT, FAR, SURFACE, conductivity_of
from thermosim.gain.absorption import dot_volume
from thermosim.gain.one_dot import one_dot
from thermosim.gain.source import cooling_gain, emission_rate, heat_source, mean_escape
from thermosim.language.units import si_text
from thermosim.model.budget import Budget, flows_part, leaving, released
from thermosim.model.doubts import gain_remarks
from thermosim.model.drawing import drawing_of_dot
from thermosim.model.heat import Exchange, HeatBody, HeatModel, HeatSurface, Jump, Radiation
from thermosim.model.layout import Layout
from thermosim.model.model import Goal, Light, Model

if TYPE_CHECKING:
    from thermosim.case.dot_case import DotCase

_WAYS = {
    "radiation": "thermal radiation",
    "beyond": "conduction to far away",
    "stored": "heat capacity",
}
_COLDEST, _HOTTEST = 10.0, 3.0  # K, and times the temperature of the surroundings
_STEP = 0.01  # K
_FLUCTUATES = (
    "the mean ΔT of one dot is what many equal dots, or one for long, have on average: at any "
    "moment the dot is off by its thermal fluctuation (dot_fluctuation_K)"
)


def of_dot(case: DotCase) -> Model:
    """Return the model of one dot and of what is around it.

    Raises
    ------
    CaseError
        If a material lacks a property that the case asks for.
    """
    light = light_of(case)
    closed = closed_forms(case, light)
    T = case.dot.temperature
    return Model(
        case=case,
        symmetry="axisymmetric",
        T_ref=T,
        drawing=drawing_of_dot(case),
        heat=lambda names: heat_of(case),
        goal=Goal(DOT),
        accounts=_accounts,
        light=light,
        regions=tuple(case.material_names()),
        probes=case.all_probes(case.probes),
        thermometry=None if case.output.thermometer is False else case.thermometry,
        materials={
            region: (name, case.material(name)) for region, name in case.material_names().items()
        },
        facts={"surroundings_temperature_K": T, **closed},
        closed=closed,
        start=T,
        remarks=lambda names: [_FLUCTUATES, *gain_remarks(light)],
        layout=layout_of(case),
    )


def layout_of(case: DotCase) -> Layout:
    """Return how a result about one dot is told and shown."""
    dot, names = case.dot, case.material_names()
    far = case.dot.surroundings.region() is not None
    free = SURFACE in dot.spheres(case.diameter).boundary_names
    return Layout(
        about=DOT,
        question=f"{_question(case)} How cold or warm does it get, and what is that beside its "
        "thermal fluctuation?",
        symmetry="axisymmetric",
        T_ref=dot.temperature,
        zero="surroundings",
        goal="ΔT of the dot, mean",
        regions=names,
        boundaries=(*((SURFACE,) if free else ()), *((FAR,) if far else ())),
        insulated=("top",) if free and far else (),
        main=DOT,
        driver="light",
        places={DOT: "", SURFACE: "", FAR: ""},
        ways=_WAYS,
        sources={DOT: "light and its emission"},
        lit=DOT,
    )


def _question(case: DotCase) -> str:
    dot = case.dot
    text = f"One dot of {dot.material}, {si_text(case.diameter, 'm', 3)} across"
    if dot.shell is not None:
        text += f", coated with {si_text(dot.shell.thickness, 'm', 3)} of {dot.shell.material}"
    around = dot.surroundings.region()
    where = "in vacuum" if around is None else f"{dot.surroundings.kind} {around[1]}"
    return f"{text}; {where}, {dot.temperature:g} K."


def light_of(case: DotCase) -> Light:
    """Return the light in the dot: even, with one dot in its volume."""
    index = case.index_in_light(case.dot.material, case.optics, case.laser)
    return Light(DOT, case.laser, case.optics, case.gain_of_dot, case.dot.temperature, index)


def heat_of(case: DotCase) -> HeatModel:
    """Return the heat model of one dot.

    Beyond the ball that is meshed, the temperature of an endless medium falls as 1/r: heat
    leaves through a conductance k/r of its round surface, exactly where all is round.
    """
    dot, T = case.dot, case.dot.temperature
    spheres, around = dot.spheres(case.diameter), dot.surroundings.region()
    bodies = []
    for region, name in case.material_names().items():
        one = case.material(name)
        bodies.append(
            HeatBody(region, one.conductivity, None, one.density, one.specific_heat, None)
        )
    surfaces = []
    if SURFACE in spheres.boundary_names:
        surfaces.append(HeatSurface(SURFACE, {"radiation": Radiation(_emissivity(case), T)}))
    if around is not None:
        k = conductivity_of(case.material(around[1]), T)
        surfaces.append(HeatSurface(FAR, {"beyond": Exchange(k / spheres.extent, T)}))
    jumps = tuple(
        Jump(one.name, f"{one.name}:{inner}", f"{one.name}:{outer}", one.h, one.regions)
        for one in dot.interfaces()
        for inner, outer in [one.regions]
    )
    return HeatModel(T, tuple(bodies), tuple(surfaces), (), jumps)


def _emissivity(case: DotCase) -> float:
    dot, radius = case.dot, case.dot.outer_radius(case.diameter)
    return dot.surroundings.emissivity_of(radius, dot.temperature, case.material(dot.material))


def closed_forms(case: DotCase, light: Light) -> dict[str, float]:
    """Return what follows of one dot in closed form, by name with its unit.

    Resistances stand in a row, from the mean of the dot to far away; radiation stands beside
    them. On a substrate the resistance is an estimate, see `OnSubstrate`.
    """
    dot, T, d = case.dot, case.dot.temperature, case.diameter
    inner = dot.inner_resistances(d, T, case.material)
    outer = dot.outer_resistance(d, T, case.material)
    per_T4 = 4.0 * pi * dot.outer_radius(d) ** 2 * _emissivity(case) * Stefan_Boltzmann
    I, E = light.laser.peak_intensity, light.laser.photon_energy
    p, volume = light.gain.parameters(E), float(dot_volume(d))

    def released(t: float) -> float:
        return (float(heat_source(I, t, p)) + case.optics.host_absorption * I) * volume

    change = _change(released, T, inner, outer, per_T4)
    at = T if math.isnan(change) else T + change
    slope = (released(at + _STEP) - released(at - _STEP)) / (2.0 * _STEP)
    G_out = 1.0 / outer + 4.0 * per_T4 * at**3
    conductance = 1.0 / (inner + 1.0 / G_out) if G_out else 0.0
    found = {
        "dot_gain_W": float(cooling_gain(I, T, p)),
        "dot_delta_T_closed_K": change,
        "dot_delta_T_inside_K": released(T) * inner,
        "dot_delta_T_outside_K": released(T) * outer,
        "dot_conductance_W_per_K": conductance,
        "dot_emissivity": _emissivity(case),
        **_moments(case, light, at, max(conductance - slope, 0.0)),
    }
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _moments(case: DotCase, light: Light, T: float, conductance: float) -> dict[str, float]:
    """Return what single photons and thermal motion do to a dot at ``T`` [K].

    ``conductance`` [W/K] is what brings the dot back: that of its surroundings, and that its gain
    falls as it cools, which in vacuum is nearly all of it.
    """
    I, E = light.laser.peak_intensity, light.laser.photon_energy
    p = light.gain.parameters(E)
    volume = float(dot_volume(case.diameter))
    eta_X, _, eta_BX = light.gain.recombination.efficiencies()
    numbers = one_dot(
        float(case.material(case.dot.material).volumetric_heat_capacity(T)) * volume,
        conductance or math.nan, T, float(mean_escape(T, p)) - E,
        float(emission_rate(I, T, p)), eta_X, eta_BX,
    )  # fmt: skip
    return {
        "dot_photon_event_K": numbers.photon_event,
        "dot_fluctuation_K": numbers.fluctuation,
        "dot_relaxation_time_s": numbers.relaxation,
        "dot_photon_noise_K": numbers.shot,
        "dot_photons_per_s": numbers.photons,
        "dot_g2": numbers.g2,
    }


def _change(
    released: Callable[[float], float], T: float, inner: float, outer: float, per_T4: float
) -> float:
    """Return ΔT [K] of the dot where what leaves is what is released at its own temperature.

    NaN where the two meet neither above 10 K nor below three times the surroundings.
    """
    from scipy.optimize import brentq

    def left(theta: float) -> float:
        q = released(T + theta)
        skin = theta - q * inner
        return q - skin / outer - per_T4 * ((T + skin) ** 4 - T**4)

    end = _COLDEST - T if released(T) < 0.0 else (_HOTTEST - 1.0) * T
    if left(0.0) == 0.0:
        return 0.0
    if left(end) * left(0.0) > 0.0:
        return math.nan
    return float(brentq(left, end, 0.0, xtol=1e-300, rtol=1e-13, maxiter=1000))


def _accounts(budget: Budget) -> dict[str, float]:
    flows = flows_part(budget)
    return {"heat_source_W": released(flows), "heat_leaving_W": leaving(flows)}
