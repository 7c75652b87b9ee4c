"""The verdict on a claimed ΔT in words: one sentence, the arithmetic, and the four duties.

The duties are those of arXiv:2408.02977: heating against cooling, cooling metrics, thermodynamic
consistency, reliable thermometry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from thermosim.language.units import si_text, time_text

Document = Mapping[str, Any]
_MOST_NAMED = 3  # numbers of a combination that a sentence names
_PREFIXED = ("m", "s", "W", "W/K", "Pa")
_SEEN = 3.0  # sigma of photon noise from which a claim is seen
_BIASED = 0.1  # share of a claim above which a bias is told as a fault
_SLOW, _FAST = 10.0, 0.1  # observed time over time constant, outside which the two do not agree
_PATHS = {
    "radiation": "radiation", "contact": "contact", "gas": "gas", "near_field": "near field",
    "contact_of_half_spaces": "contact between two half-spaces", "total": "all paths",
}  # fmt: skip


@dataclass(frozen=True)
class Duty:
    """One duty of a claim: its name, whether it is met ("yes", "no", "open"), and lines on it."""

    name: str
    met: str
    lines: tuple[str, ...]


def kelvin(value: float | None) -> str:
    """Return a ΔT in words."""
    return "no steady state" if value is None else si_text(value, "K", 3)


_CENTIMETRES = {
    "W/m^2": (1e7, "kW/cm²"), "1/m^3": (1e6, "1/cm³"), "1/m": (1e2, "1/cm"), "m^2": (1e-4, "cm²"),
}  # fmt: skip


def quantity(value: float, unit: str, digits: int = 4) -> str:
    """Return a number in the unit in which the field tells it: energies in eV."""
    from scipy.constants import e

    if unit in ("J", "J/K"):
        value, unit = value / e, unit.replace("J", "eV", 1)
        if abs(value) >= 1.0 or unit != "eV":
            return f"{value:.{digits + 1}g} {unit}"
        return si_text(value, unit, digits)
    if unit in _CENTIMETRES:
        factor, unit = _CENTIMETRES[unit]
        return f"{value / factor:.{digits}g} {unit}"
    if unit in _PREFIXED:
        return si_text(value, unit.replace("^2", "²"), digits)
    unit = unit.replace("^2", "²").replace("^3", "³").replace("*", " ")
    return f"{value:.{digits}g} {unit}".strip()


def rounded(value: float) -> str:
    """Return a number with two digits and no power of ten: 2400."""
    return f"{float(f'{value:.2g}'):g}"


def sigmas(value: float | None) -> str:
    """Return a distance in standard deviations; nothing where there is none."""
    return (
        ""
        if value is None
        else f"{'+' if value >= 0.0 else ''}{rounded(value)} σ".replace("-", "−")
    )


def sentence(found: Document) -> str:
    """Return the verdict in one sentence."""
    return {"possible": _possible, "conditional": _conditional, "impossible": _impossible}[
        found["verdict"]
    ](found)


def _claimed(found: Document) -> str:
    after = found["after_s"]
    return kelvin(found["claimed_delta_T_K"]) + (f" after {time_text(after)}" if after else "")


def _possible(found: Document) -> str:
    likeliest = found["likeliest"]
    here = kelvin(found["delta_T_as_written_K"])
    if not likeliest["values"]:
        return f"{_claimed(found)} is possible: the case as it stands gives {here}."
    return (
        f"{_claimed(found)} is possible: the case as it stands gives {here}, and the claim is "
        f"{likeliest['sigma']:.2g} σ away ({_combination(likeliest)})."
    )


def _conditional(found: Document) -> str:
    likeliest, conditions = found["likeliest"], []
    if likeliest["light"] != "as written":
        conditions.append("light is even and no excitation is lost")
    if likeliest["values"]:
        conditions.append(f"{_combination(likeliest)}, {likeliest['sigma']:.2g} σ together")
    if found["thermodynamics"]["problems"]:
        conditions.append("dots do what thermodynamics does not allow")
    here = kelvin(found["delta_T_as_written_K"])
    return (
        f"{_claimed(found)} is possible only if {' and '.join(conditions)}; the case as it stands "
        f"gives {here}."
    )


def _combination(likeliest: Document) -> str:
    named = list(likeliest["values"].items())
    texts = [
        f"{path} = {quantity(v['value'], v['unit'], 3)} ({sigmas(v['sigma'])})"
        for path, v in named[:_MOST_NAMED]
    ]
    more = len(named) - len(texts)
    return ", ".join(texts) + (f" and {more} smaller changes" if more > 0 else "")


def _impossible(found: Document) -> str:
    clock, claimed = found["clock"], _claimed(found)
    if clock["after_s"] is not None and clock["after_s"] < clock["shortest_time_s"]:
        return (
            f"{claimed} is impossible: without any leak the body would need "
            f"{time_text(clock['shortest_time_s'])}."
        )
    allowed = si_text(found["allowed_conductance_W_per_K"], "W/K", 3)
    path, G = largest_path(found)
    coldest = found["coldest_even_light_K"]
    light = "even light without losses" if coldest is not None else "the case"
    best = found["coldest_within_ranges_K"] if coldest is None else coldest
    against = (
        f"the {path} alone conducts {si_text(G, 'W/K', 3)}, and {light} allows {allowed} in all"
        if found["allowed_conductance_W_per_K"] < G
        else f"{light} allows {allowed} in all"
    )
    return f"{claimed} is impossible: {against}; within all ranges {light} reaches {kelvin(best)}."


def largest_path(found: Document) -> tuple[str, float]:
    """Return the name of the path that conducts most, and its conductance [W/K]."""
    paths = {k: v for k, v in found["conductances_W_per_K"].items() if k != "total"}
    name = max(paths, key=lambda path: paths[path])
    return _PATHS[name], paths[name]


def conductance_rows(found: Document) -> list[tuple[str, float]]:
    """Return each path with what it conducts [W/K]."""
    return [(_PATHS[name], G) for name, G in found["conductances_W_per_K"].items()]


def required_rows(required: Document) -> list[tuple[str, str, str, str, str]]:
    """Return path, what the case has, what it would have to be, distance, and how it is known.

    Of numbers that have such a value; see `without_value`.
    """
    return [
        (path, quantity(v["now"], v["unit"]), quantity(v["value"], v["unit"]),
         sigmas(v["sigma"]), v["kind"] + _beyond(v))
        for path, v in required.items() if v["value"] is not None
    ]  # fmt: skip


def without_value(required: Document) -> list[str]:
    """Return the numbers of which no value gives the claim."""
    return [path for path, v in required.items() if v["value"] is None]


def _beyond(needed: Document) -> str:
    """Return whether a value that is needed lies outside the range of its prior."""
    outside = needed["value"] is not None and needed.get("within_range") is False
    return ", beyond its range" if outside else ""


def duties(found: Document) -> list[Duty]:
    """Return the four duties of a claim, in the order of the checklist."""
    return [_heating(found), _metrics(found), _thermodynamics(found), _thermometry(found)]


def _heating(found: Document) -> Duty:
    null, power = found["null_test"], found["cooling_power_W"]
    cools = power > 0.0
    what = "cools with" if cools else "warms with"
    lines = [
        f"The case as it stands {what} {si_text(abs(power), 'W')}: "
        f"ΔT = {kelvin(found['delta_T_as_written_K'])}.",
        f"Even light and dots without losses: {si_text(found['cooling_power_even_light_W'], 'W')} "
        f"of cooling, ΔT = {kelvin(found['delta_T_even_light_K'])}.",
        f"Null test: the {si_text(null['absorbed_power_W'], 'W')} that are absorbed, with no "
        f"emission (eta = 0), make ΔT = {kelvin(null['delta_T_K'])}; a control that heats less was "
        "not the same experiment.",
    ]
    return Duty("Heating against cooling", "yes" if cools else "no", tuple(lines))


def _metrics(found: Document) -> Duty:
    claim = found["claimed_delta_T_K"]
    allowed = found["allowed_conductance_W_per_K"]
    best = si_text(found["cooling_power_even_light_W"], "W", 3)
    lines = [
        f"Allowed: {best} / {si_text(-claim, 'K', 3)} = {si_text(allowed, 'W/K', 3)} by all paths "
        "together.",
        "; ".join(f"{name}: {si_text(G, 'W/K', 3)}" for name, G in conductance_rows(found)) + ".",
        f"Coldest within the ranges of all numbers: {kelvin(found['coldest_within_ranges_K'])}"
        + (
            "."
            if found["coldest_even_light_K"] is None
            else f"; with even light and no losses {kelvin(found['coldest_even_light_K'])}."
        ),
    ]
    likeliest = found["likeliest"]
    if likeliest is None:
        lines.append("No combination within the ranges gives the claim.")
    elif likeliest["values"]:
        lines.append(
            f"Likeliest combination ({likeliest['light']}): {_combination(likeliest)}; "
            f"{likeliest['sigma']:.2g} σ together."
        )
    met = {"possible": "yes", "conditional": "open", "impossible": "no"}[found["verdict"]]
    return Duty("Cooling metrics", met, tuple(lines))


def _thermodynamics(found: Document) -> Duty:
    guard = found["thermodynamics"]
    lines = list(guard["problems"])
    if guard["entropy_margin_eV"] is not None:
        margin = 1e3 * guard["entropy_margin_eV"]
        lines.insert(0, f"Second law: {margin:.3g} meV are left per photon (E_ex/eta − mu + kT).")
    if guard["mean_emission_detailed_balance_eV"] is not None:
        lines.append("Detailed balance with the absorption edge: <E_PL> = "
                     f"{guard['mean_emission_detailed_balance_eV']:.4f} eV.")  # fmt: skip
    met = "no" if guard["problems"] else "yes" if lines else "open"
    lines = lines or ["Not judged: the case has no absorption edge that its emission belongs to."]
    return Duty("Thermodynamic consistency", met, tuple(lines))


def _thermometry(found: Document) -> Duty:
    lines, faults = _reading(found)
    more, wrong = _clock(found)
    lines, faults = lines + more, faults + wrong
    met = "no" if faults else "yes" if found["thermometry"] else "open"
    return Duty("Reliable thermometry", met, tuple(lines))


def _reading(found: Document) -> tuple[list[str], int]:
    seen, claim = found["thermometry"], found["claimed_delta_T_K"]
    if not seen:
        return ["No reading: the window of [thermometry] holds no line in balance with an edge."], 0
    sigma, reading = seen["sigma_K"], seen["reading_K"]
    text = f"A body at {kelvin(claim)} reads {reading:.3g} ± {sigma:.2g} K (photon noise)"
    bias = f"bias by the gap that moves {seen['bias_gap_K']:+.2g} K"
    if "bias_reabsorption_K" in seen:
        bias += f", by reabsorption {seen['bias_reabsorption_K']:+.2g} K"
    lines = [f"{text}; {bias}.".replace("-", "−")]
    unseen = abs(claim) < _SEEN * sigma
    if unseen:
        lines.append(f"The claim is below {_SEEN:g} σ of the noise: it could not be seen.")
    biased = abs(reading - claim) > _BIASED * abs(claim)
    if biased:
        lines.append("The bias is more than a tenth of the claim.")
    return lines, unseen + biased


def _clock(found: Document) -> tuple[list[str], int]:
    clock, lines, faults = found["clock"], [], 0
    tau = clock["shortest_time_s"]
    if not tau:
        return ["No clock: density or specific heat of the particle is not known."], 0
    lines.append(
        f"Clock: a body that holds the claim has a time constant of {time_text(tau)} at most "
        "(C |ΔT| / P), and needs no less."
    )
    observed = {"observed": clock["after_s"]}
    if "data" in found:
        data = found["data"]
        observed["of the data"] = data["time_constant_s"]
        end = f"{data['end_K']:.3g} ± {data['end_sigma_K']:.2g} K".replace("-", "−")
        slow = (time_text(data[f"time_constant{part}_s"], 3) for part in ("", "_sigma"))
        lines.append(f"Data: end {end}, time constant {' ± '.join(slow)}.")
    for name, time in observed.items():
        if time is None:
            continue
        ratio = time / tau
        if ratio > _SLOW:
            faults += 1
            lines.append(
                f"The time {name} is {rounded(ratio)} times that: the particle settles at once, "
                "so what drifts over this time is something else."
            )
        elif ratio < (1.0 if name == "observed" else _FAST):
            faults += 1
            lines.append(f"The time {name} is {ratio:.2g} of that: too short.")
    return lines, faults
