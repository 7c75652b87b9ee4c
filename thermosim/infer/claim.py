"""Is a claimed ΔT possible at all? The lumped balance of a case, asked the other way round.

Verdicts
    possible: a combination within 2 standard deviations of
    the priors, all together, makes the body as cold as claimed. conditional: some combination
    within the ranges does, or would if light were even and no excitation lost, or the dots as
    written break the second law. impossible: none does, or the time is too short.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scipy.constants import e

from thermosim.errors import CaseError, Problem
from thermosim.gain.guard import guarded
from thermosim.infer.bench import Bench
from thermosim.infer.ladder import even_light
from thermosim.infer.needed import (
    SURE_SIGMA,
    Needed,
    Together,
    judged_numbers,
    needed_alone,
    needed_together,
)
from thermosim.infer.sight import has_own_edge, readings
from thermosim.limits.below import resistance_below
from thermosim.limits.lumped import PATHS, Lumped
from thermosim.model.of_case import model_of

if TYPE_CHECKING:
    from thermosim.case.particle_case import Case
    from thermosim.case.read import AnyCase

_OPTION = "--delta-t"


@dataclass(frozen=True)
class Examined:
    """A case and what its numbers would have to be."""

    bench: Bench
    alone: tuple[Needed, ...]
    together: Together


def require_claim(case: AnyCase, claim: float) -> None:
    """Refuse what is no claim of cooling, and cases without light or particle.

    Raises
    ------
    CaseError
        One message, with the option or the section at fault.
    """
    shown = f'"{claim:g} K"'
    if claim >= 0.0:
        rule = "is no cooling: a claim is a ΔT below zero"
        raise CaseError([Problem(_OPTION, shown, rule, 'write for instance "-9 K"')])
    model = model_of(case)
    if model.lump is None:
        rule = "is missing: a claim is judged by the closed forms of a particle"
        raise CaseError([Problem("particle", "", rule, "compute a body with thermosim run")])
    if model.light is None:
        rule = "is missing: without light nothing cools"
        raise CaseError([Problem("laser", "", rule, "add a section [laser]")])
    if not model.light.laser.peak_intensity:
        rule = "is no light, without which nothing cools"
        raise CaseError([Problem("laser.intensity", "0 W/m^2", rule, 'write "3 kW/cm^2"')])
    T = model.lump.chamber.temperature
    if claim <= -T:
        raise CaseError([Problem(_OPTION, shown, f"lies below 0 K: the chamber is at {T:g} K")])


def judge(
    case: AnyCase, favourable: AnyCase, claim: float, after: float | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:  # fmt: skip
    """Return the verdict on a claimed ΔT [K] as a document (docs/claim.md), JSON as it stands.

    Parameters
    ----------
    case, favourable
        The case, and what it is with ``assumptions = "favourable"``: spectra that nobody gave.
    claim
        ΔT [K], below zero.
    after
        Time after light on [s] at which it was observed; None: not said.

    Raises
    ------
    CaseError
        See `require_claim`; also where the body heats even in the most favourable light.
    """
    require_claim(case, claim)
    written: Any = case
    best: Any = favourable
    even = even_light(best)
    bodies = (Bench(written).body(), Bench(even).body())
    _require_cooling(bodies[1])
    tell("what each number would have to be")
    first = _examined(written, claim)
    second = None
    if first.together.sigma is None and even != written:
        tell("the same in even light, without losses")
        second = _examined(even, claim)
    found = {
        "title": written.title, "claimed_delta_T_K": claim, "after_s": after,
        **_balance(bodies, claim),
        "required": _required(first), "required_even_light": second and _required(second),
        "likeliest": _likeliest(first, "as written") or _likeliest(second, "even light"),
        "coldest_within_ranges_K": first.together.coldest,
        "coldest_even_light_K": second and second.together.coldest,
        "null_test": _null_test(first.bench),
        "clock": _clock(bodies, claim, after),
        "thermometry": readings(bodies[0], claim, written.thermometry),
        "thermodynamics": _guard(bodies[0]),
    }  # fmt: skip
    return {"verdict": verdict(found), **found}


def _examined(case: Case, claim: float) -> Examined:
    bench = Bench(case)
    known = judged_numbers(bench)
    return Examined(
        bench, tuple(needed_alone(bench, claim, known)), needed_together(bench, claim, known)
    )


def _require_cooling(best: Lumped) -> None:
    """Refuse a body that would heat if light were even and no excitation lost."""
    power = best.source(0.0)
    if power >= 0.0:
        light = best.model.light
        assert light is not None
        E = light.laser.photon_energy / e
        rule = f"heats at every allowed value: {power:.3g} W in even light, without losses"
        remedy = "a claim of cooling needs a pump below the mean emission"
        raise CaseError([Problem("laser.photon_energy", f"{E:.4g} eV", rule, remedy)])


def verdict(found: dict[str, Any]) -> str:
    """Return the verdict that a document supports, as the head of this module defines it."""
    likeliest, clock = found["likeliest"], found["clock"]
    short = clock["after_s"] is not None and clock["after_s"] < clock["shortest_time_s"]
    if likeliest is None or short:
        return "impossible"
    sure = likeliest["light"] == "as written" and likeliest["sigma"] <= SURE_SIGMA
    return "possible" if sure and not found["thermodynamics"]["problems"] else "conditional"


def _balance(bodies: tuple[Lumped, Lumped], claim: float) -> dict[str, Any]:
    """Return powers and conductances [W, W/K]: what flows, and what a claim allows."""
    written, even = bodies
    power, best = -written.source(0.0), -even.source(0.0)
    at_claim = -even.source(claim)
    paths = [path for path in PATHS if path in written.leaving(0.0)]
    conducts = {path: written.conductance(path) for path in paths}
    conducts["total"] = sum(conducts.values())
    if written.support is not None:
        conducts["contact_of_half_spaces"] = _half_spaces(written)
    return {
        "allowed_conductance_W_per_K": -best / claim,
        "allowed_conductance_at_claim_W_per_K": -at_claim / claim if at_claim > 0.0 else None,
        "allowed_conductance_as_written_W_per_K": -power / claim if power > 0.0 else None,
        "conductances_W_per_K": conducts,
        "cooling_power_W": power, "cooling_power_even_light_W": best,
        "delta_T_as_written_K": written.steady(), "delta_T_even_light_K": even.steady(),
    }  # fmt: skip


def _half_spaces(body: Lumped) -> float:
    """Return the conductance [W/K] of the contact between two half-spaces.

    ``1/G = 1/(4 k b) + R_below + 1/(π b² h_c)``, b the radius of the contact.
    """
    lump, T = body.lump, body.T_env
    b = lump.contact_radius
    resistance = 1.0 / (4.0 * body.k(T) * b) + resistance_below(lump.parts, lump.material, T, b)
    if lump.h_c:
        resistance += 1.0 / (math.pi * b**2 * lump.h_c)
    return 1.0 / resistance


def _required(found: Examined) -> dict[str, Any]:
    return {needed.path: needed.document() for needed in found.alone}


def _likeliest(found: Examined | None, light: str) -> dict[str, Any] | None:
    if found is None or found.together.sigma is None:
        return None
    together = found.together
    units = {needed.path: needed for needed in found.alone}
    ranked = sorted(together.values, key=lambda path: -abs(together.distances[path]))
    values = {
        path: {"value": together.values[path], "unit": units[path].unit, "now": units[path].now,
               "sigma": together.distances[path]}
        for path in ranked
    }  # fmt: skip
    theta = found.bench.exactly().body(together.values).steady()
    return {"light": light, "sigma": together.sigma, "values": values, "delta_T_K": theta}


def _null_test(bench: Bench) -> dict[str, Any]:
    """Return how warm the same absorbed power makes the body if no dot emits."""
    dark = bench.dark()
    power = dark.source(0.0)
    return {"absorbed_power_W": power, "delta_T_K": dark.with_absorbed(power)}


def _clock(bodies: tuple[Lumped, Lumped], claim: float, after: float | None) -> dict[str, Any]:
    """Return times [s]: ``C |ΔT|/P`` is both the least time and the longest time constant.

    Not even a body without leaks cools faster than P/C; and one whose steady state is the claim
    leaks P/|ΔT| per kelvin, or less cooling power than P acts on it.
    """
    written, even = bodies
    capacity, power = even.heat_capacity(), -even.source(0.0)
    found: dict[str, Any] = {"after_s": after, "heat_capacity_J_per_K": capacity}
    found["shortest_time_s"] = 0.0 if capacity is None else -capacity * claim / power
    found["relaxation_time_as_written_s"] = None
    if capacity is not None:
        total = sum(written.conductance(path) for path in PATHS if path in written.leaving(0.0))
        found["relaxation_time_as_written_s"] = capacity / total if total > 0.0 else None
    if after is not None and found["shortest_time_s"]:
        found["observed_over_time_constant"] = after / found["shortest_time_s"]
    return found


def _guard(body: Lumped) -> dict[str, Any]:
    """Return what the second law and detailed balance say of the dots as written.

    Nothing where the case has no absorption edge that their emission could be in balance with.
    """
    light = body.model.light
    assert light is not None
    if not has_own_edge(light):
        return {
            "entropy_margin_eV": None, "chemical_potential_eV": None,
            "mean_emission_detailed_balance_eV": None, "problems": [],
        }  # fmt: skip
    index = light.index if math.isfinite(light.index) else 1.0
    guard = guarded(light.resolved().model, light.laser.photon_energy, light.T_ref, index)

    def number(energy: float) -> float | None:
        return energy / e if math.isfinite(energy) else None

    return {
        "entropy_margin_eV": number(guard.margin),
        "chemical_potential_eV": number(guard.chemical_potential),
        "mean_emission_detailed_balance_eV": number(guard.mean_emission_detailed_balance),
        "problems": list(guard.problems),
    }
