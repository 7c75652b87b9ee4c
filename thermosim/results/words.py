"""The closing table of a result, in words: `thermosim run` prints it, the report holds it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scipy.constants import zero_Celsius

from thermosim.language.units import si_text, si_with_error, time_text, with_error
from thermosim.results.words_pump import intensity_text, pump_rows, step_rows

if TYPE_CHECKING:
    from thermosim.results.result import Result

Rows = list[tuple[str, str]]

_TAKERS = {"dots": "the dots", "host": "host and defects", "substrate": "the substrate"}
_SURE = 5e-4  # numerical error over ΔT below which digits would promise more than is known
_FAR = 30.0  # change of ΔT [K] beyond which a linear estimate says no more than that
_SMALL = 0.01  # of ΔT: an assumption that matters less is not told
_SMALL_PART = 0.01  # of the ±: less is not told
_TOLD, _MOST = 0.01, 5  # share of the variance from which a number is told, and how many
_ALL = 99.4  # % of the volume, told in two digits
_NOTHING = 1e-12  # of the heat exchanged: rounding


def result_rows(result: Result) -> Rows:
    """Return what a result says, name and value, the most wanted first."""
    numbers = result.summary
    rows = _differences(result) if result.layout.zero else _temperatures(result)
    rows += (
        _uncertainty_rows(numbers)
        + _assumption_rows(numbers)
        + _dot_rows(numbers)
        + _thermometer_rows(numbers)
        + pump_rows(numbers, result.case.laser)
        + _light_rows(numbers)
        + _heat_rows(result)
    )
    return rows + _ending_rows(numbers, result.layout.driver)


def goal_delta(result: Result) -> tuple[float, float | None]:
    """Return ΔT of the goal and its numerical error [K]; None where that is not known."""
    numbers, layout = result.summary, result.layout
    error = numbers.get("delta_T_error_K")
    if layout.probe is None:
        return numbers["delta_T_mean_K"], error
    return numbers[f"probe_{layout.probe}_K"] - layout.T_ref, error


def delta_text(delta: float, error: float | None) -> str:
    """Return a ΔT with its numerical error [K], without digits that the physics does not hold."""
    if error is None or not 0.0 < error < _SURE * abs(delta):
        return si_with_error(delta, error, "K")
    return f"{si_text(delta, 'K', zeros=True)} ± {_rounded(error)}"


def _covered(numbers: Mapping[str, Any]) -> str:
    """Return what the ± of ΔT covers: light is sampled, and solved for, in its own way."""
    part = numbers.get("delta_T_error_light_K", 0.0)
    if part <= _SMALL_PART * numbers["delta_T_error_K"]:
        return " (numerical)"
    field = "the field and " if "optics_unknowns" in numbers else ""
    return f" (numerical, {_rounded(part)} of it {field}the sampling of the light)"


def goal_words(result: Result) -> str:
    """Return ΔT with its ±, digits by the largest of them."""
    numbers, (delta, error) = result.summary, goal_delta(result)
    material = numbers.get("delta_T_material_K", 0.0)
    if error is None or not material > error:
        return delta_text(delta, error) + ("" if error is None else _covered(numbers))
    numerical = f"numerical ± {_rounded(error)}{_covered(numbers).removeprefix(' (numerical')}"
    numerical = numerical.removesuffix(")")
    return f"{si_with_error(delta, material, 'K')} (numbers not known exactly; {numerical})"


def largest_error(result: Result) -> float | None:
    """Return the largest ± of ΔT that is known [K]."""
    error = goal_delta(result)[1]
    return None if error is None else max(error, result.summary.get("delta_T_material_K", 0.0))


def _uncertainty_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return the numbers that make most of the ± of what is not known exactly."""
    known = numbers.get("sensitivity", {})
    told = [(path, entry) for path, entry in known.items() if entry["share"] > _TOLD][:_MOST]
    lines = [
        f"{path}, {spread(entry)}: {signed(entry['change_K'])}"
        f"{'' if entry['linear'] else ', not linear'}"
        for path, entry in told
    ]
    rows = _sample_rows(numbers.get("samples"))
    return rows + ([("not known exactly, one sigma", "\n".join(lines))] if lines else [])


def _sample_rows(samples: Mapping[str, Any] | None) -> Rows:
    """Return how ΔT spreads over samples, and how far straight lines are from that."""
    if samples is None:
        return []
    low, high = (si_text(samples[f"{end}_K"], "K", 3) for end in ("p2_5", "p97_5"))
    cools = 100.0 * samples["cooling_share"]
    text = f"95 % within {low} … {high}; {cools:.0f} % cool ({samples['n']} samples)"
    if "linear_sigma_K" in samples:
        sigma, linear = samples["sigma_K"], samples["linear_sigma_K"]
        middle = 0.5 * (samples["p84_K"] - samples["p16_K"])
        text += f"\n± {_rounded(sigma)} by the samples (± {_rounded(middle)} holds 68 %); "
        text += f"± {_rounded(linear)} by the derivatives"
        if sigma > 0.0 < middle:
            off = [f"{100.0 * (linear / size - 1.0):+.1f} %" for size in (sigma, middle)]
            text += f": {off[0]} ({off[1]})"
    return [("numbers not known exactly", text)]


def spread(entry: Mapping[str, Any]) -> str:
    """Return how well a number is known: measured or estimated, one standard deviation."""
    ratio = entry["sigma"] / abs(entry["value"])
    size = (
        f"factor {math.exp(ratio):.2g}"
        if entry["shape"] == "lognormal"
        else f"± {100.0 * ratio:.2g} %"
    )
    return f"{entry['kind']} {size}"


def signed(change: float) -> str:
    """Return a change of ΔT [K] with its sign."""
    return ("+" if change > 0.0 else "−") + _rounded(abs(change))


def goal_text(result: Result) -> str:
    """Return the absolute temperature of the goal with its error, in words."""
    delta, error = goal_delta(result)
    return absolute(result.layout.T_ref + delta, error, abs(delta))


def doubted(numbers: Mapping[str, Any], name: str, text: str) -> str:
    """Return a number in words, "no estimate" beside it where errors were asked for in vain."""
    errors = numbers.get("errors")
    return text if errors is None or name in errors else f"{text}, no estimate"


def absolute(value: float, error: float | None = None, change: float = 0.0) -> str:
    """Return a temperature in K and °C, with as many places as its error allows.

    Without an error, three digits of the `change` [K] that matters are told.
    """
    if error is not None and error > 0 and math.isfinite(error):
        text = with_error(value, error)
        places = len(text.split(" ")[0].partition(".")[2])
    else:
        digits = 2 - math.floor(math.log10(change)) if change > 0 else 2
        places = min(max(digits, 2), 6)
        text = f"{value:.{places}f}"
    return f"{text} K ({value - zero_Celsius:.{places}f} °C)".replace("-", "−")


def _differences(result: Result) -> Rows:
    """Return ΔT of the region that is asked about, and of probes."""
    numbers, layout = result.summary, result.layout
    mean = goal_words(result)
    low, high = (si_text(numbers[f"delta_T_{end}_K"], "K", zeros=True) for end in ("min", "max"))
    rows = [(layout.goal, mean), ("lowest … highest", f"{low} … {high}")]
    errors = numbers.get("errors", {})
    for name, value in probes_of(numbers).items():
        key = f"probe_{name}_K"
        text = delta_text(value - layout.T_ref, errors.get(key))
        rows.append((f"ΔT at {name}", doubted(numbers, key, text)))
    return rows + step_rows(result)


def _rounded(value: float) -> str:
    """Return a difference of temperatures [K] with two digits."""
    return si_text(float(f"{value:.2g}"), "K", 3)


def _temperatures(result: Result) -> Rows:
    """Return the absolute temperatures of goal, probes and regions."""
    numbers, layout = result.summary, result.layout
    rows = [(layout.goal, goal_text(result))]
    if layout.lit:
        side = f"ΔT from {layout.T_ref:g} K"
        rows.append((side, delta_text(*goal_delta(result))))
    change, errors = change_of(result), numbers.get("errors", {})

    def told(key: str) -> str:
        return doubted(numbers, key, absolute(numbers[key], errors.get(key), change))

    others = (name for name in probes_of(numbers) if name != layout.probe)
    rows += [(f"temperature at {name}", told(f"probe_{name}_K")) for name in others]
    for name in layout.regions:
        low, mean, high = (told(f"region_{name}_{key}_K") for key in ("min", "mean", "max"))
        if layout.goal != f"mean temperature of {name}":
            rows.append((f"mean temperature of {name}", mean))
        rows.append((f"lowest … highest of {name}", f"{low} … {high}"))
    return rows


def probes_of(numbers: Mapping[str, Any]) -> dict[str, float]:
    """Return the absolute temperatures [K] at the probes, by name."""
    return {name[6:-2]: value for name, value in numbers.items() if name.startswith("probe_")}


def change_of(result: Result) -> float:
    """Return the largest difference between regions, or between them and what ΔT starts from."""
    numbers, T_ref = result.summary, result.layout.T_ref
    ends = [v for k, v in numbers.items() if k.startswith("region_") and k.endswith("_K")]
    return max((abs(value - T_ref) for value in ends), default=0.0)


def _heat_rows(result: Result) -> Rows:
    """Return the heat flows: in the few numbers of the summary, or the whole budget."""
    numbers, accounts, unit = result.summary, result.layout.accounts, result.layout.heat_unit
    if accounts:
        known = {words: numbers[key] for key, words in accounts.items() if key in numbers}
        turned = max(map(abs, known.values()), default=0.0)
        return [(words, heat_text(heat, turned, unit)) for words, heat in known.items()]
    turned, errors = max(map(abs, result.budget.values()), default=0.0), numbers.get("errors", {})
    unsure = numbers.get("delta_T_material_K", 0.0) > (goal_delta(result)[1] or 0.0)
    rows = []
    for path, heat in result.budget.items():
        text = heat_text(heat, turned, unit)
        if path in errors and not unsure:  # digits by the largest ±, which heat has none of
            text = si_with_error(without_rounding(heat, turned), errors[path], unit)
        rows.append((heat_words(path), doubted(numbers, path, text)))
    return rows


def heat_words(path: str) -> str:
    """Return an entry of the budget in words, in the direction in which it counts."""
    place, _, way = path.partition(":")
    if place == "source":
        region, _, emission = way.partition(":")
        return f"heat released in {region}" + (", by emission" if emission else "")
    if way == "stored":
        return f"heat stored in {place}"
    return f"heat leaving by {place}, {way.replace('_', ' ')}"


def heat_text(heat: float, turned: float, unit: str = "W") -> str:
    """Return a heat flow [W] with four digits; rounding, beside what is exchanged, is 0."""
    return si_text(without_rounding(heat, turned), unit, zeros=True)


def without_rounding(heat: float, turned: float) -> float:
    """Return a heat flow, or 0 where it is rounding beside what is exchanged; any one unit."""
    return heat if abs(heat) > _NOTHING * turned else 0.0


def _assumption_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return what was assumed, the largest effect on ΔT first, as far as any of them matters."""
    delta = numbers["delta_T_mean_K"]
    least = _SMALL * abs(delta)
    found = [row for row in numbers.get("assumptions", []) if abs(row["change_K"]) > least]
    lines = []
    for row in found:
        change = row["change_K"]
        turns = ", which turns the sign" if (delta + change) * delta < 0.0 else ""
        far = "beyond " if abs(change) > _FAR else "about "
        size = min(abs(change), _FAR)
        text = signed(math.copysign(size, change))
        lines.append(f"{row['assumed']}; {row['instead']}: {far}{text}{turns}")
    rows = [("assumed, by effect on ΔT", "\n".join(lines))] if lines else []
    if "delta_T_model_low_K" in numbers and lines:
        low, high = (_rounded(numbers[f"delta_T_model_{end}_K"]) for end in ("low", "high"))
        rows.insert(0, ("span, if one thing assumed fails", f"{low} … {high}"))
    return rows


def _dot_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return what single photons and thermal motion do to one dot."""
    if "dot_fluctuation_K" not in numbers:
        return []
    parts = [f"{si_text(numbers['dot_fluctuation_K'], 'K', 3)} rms of thermal motion"]
    parts.append(f"{signed(numbers['dot_photon_event_K'])} at each photon")
    if "dot_relaxation_time_s" in numbers:
        parts.append(f"both gone within {si_text(numbers['dot_relaxation_time_s'], 's', 3)}")
    rows = [("one dot fluctuates by", ", ".join(parts))]
    photons = f"{numbers['dot_photons_per_s']:.3g} emitted a second"
    if "dot_g2" in numbers:
        photons += f", g2(0) = {numbers['dot_g2']:.3g} under weak light"
    return [*rows, ("photons", photons)]


def _thermometer_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return the reading of a PL thermometer, with the places that photon noise leaves."""
    if "delta_T_thermometer_K" not in numbers:
        return []
    reading, sigma = (numbers[f"delta_T_thermometer{end}_K"] for end in ("", "_sigma"))
    places = max(1 - math.floor(math.log10(sigma)), 0) if sigma > 0 else 4
    reading = round(reading, places) + 0.0  # no minus before zero
    unseen = ", too small to be seen" if abs(reading) < 2.0 * sigma else ""
    text = f"{reading:.{places}f} ± {sigma:.{places}f} K (photon noise){unseen}"
    return [("PL thermometry would read", text.replace("-", "−"))]


def _light_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return who absorbs how much, the intensity in the particle and what hot spots cost."""
    if "absorbed_power_W" not in numbers:
        return []
    shares = [
        f"{si_text(numbers[f'absorbed_by_{name}_W'], 'W', zeros=True)} by {words}"
        for name, words in _TAKERS.items()
        if numbers[f"absorbed_by_{name}_W"] > 0
    ]
    mean, most = (numbers[f"intensity_{key}_W_per_m2"] for key in ("mean", "max"))
    rows = [
        ("light absorbed", ", ".join(shares) or "none"),
        *_wave_rows(numbers),
        ("intensity inside", f"{intensity_text(mean)} everywhere"),
    ]
    factor = numbers.get("hot_spot_factor", 1.0)
    if factor < 1 + 1e-6:
        return rows
    inside = f"mean {intensity_text(mean)}, highest {intensity_text(most)}"
    rows[-1] = ("intensity inside", f"{inside}, ⟨I²⟩/⟨I⟩² = {factor:.3g}")
    if "gain_reduction_rel" in numbers:
        lost = numbers["gain_reduction_rel"]
        heats = "all of it: they turn cooling into heating" if lost > 1 else f"{100 * lost:.3g} %"
        rows.append(("gain lost to hot spots", heats))
    if numbers.get("heating_volume_fraction"):
        share = 100.0 * numbers["heating_volume_fraction"]
        some = f"dots in {share:.2g} % of the volume heat"
        rows.append(("pumped beyond the crossover", some if share < _ALL else "all dots heat"))
    return rows


def _wave_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return what full wave optics found, with its own error: of a plane wave, or of a beam."""
    if "optics_unknowns" not in numbers:
        return []
    plane = {"Q_ext": "Q_ext", "Q_abs": "Q_abs", "Q_sca": "Q_sca"}
    beam = {"extinguished": "taken", "absorbed": "absorbed", "scattered": "scattered"}
    lines = []
    for name, words in (plane if "optics_Q_ext" in numbers else beam).items():
        value = numbers.get(f"optics_{name}", numbers.get(f"optics_{name}_W"))
        text = f"{words} {value:.4g}" if name in plane else f"{si_text(value, 'W')} {words}"
        error = numbers.get(f"optics_{name}_error_rel")
        lines.append(text if error is None else f"{text} ± {100 * error:.2g} %")
    size = f"{numbers['optics_unknowns']:.0f} unknowns, {numbers['optics_memory_MB']:.0f} MB"
    if "optics_balance_rel" in numbers:
        size += f", balance {numbers['optics_balance_rel']:.1e} (no error bar)".replace("-", "−")
    rows = [("light by Maxwell's equations", ", ".join(lines) + f"\n{size}")]
    if "optics_purcell_mean" in numbers:
        mean, low, high = (numbers[f"optics_purcell_{name}"] for name in ("mean", "min", "max"))
        rows.append(
            (
                "rate of radiation",
                f"{mean:.3g} of that in an endless crystal, {low:.3g} to {high:.3g} by place",
            )
        )
    if "optics_reabsorbed_fraction" in numbers:
        names = ("escape_up", "escape_down", "reabsorbed")
        up, down, again = (100.0 * numbers[f"optics_{name}_fraction"] for name in names)
        text = f"{up:.3g} % up, {down:.3g} % down, {again:.2g} % absorbed in the body"
        rows.append(("emission by Maxwell's equations", text))
    if "optics_force_N" in numbers:
        way = "up" if numbers["optics_force_N"] > 0.0 else "down"
        rows.append(("force of the light", f"{si_text(abs(numbers['optics_force_N']), 'N')} {way}"))
    return rows


def _ending_rows(numbers: Mapping[str, Any], driver: str) -> Rows:
    """Return the balance, and of a transient when it ended, its time constant and lock-in."""
    residual = f"{numbers['energy_balance_rel']:.1e}"
    rows = [("relative energy residual", residual.replace("-", "−"))]
    if "energy_account_rel" in numbers:
        unit = "J/m" if numbers["symmetry"] == "planar" else "J"
        keys = ("energy_in_J", "enthalpy_change_J")
        came, kept = (si_text(numbers[key], unit, zeros=True) for key in keys)
        off = f"{numbers['energy_account_rel']:.1e}".replace("-", "−").replace("0.0e+00", "0")
        rows.append(("energy account", f"{came} came in, {kept} stored, off by {off} of the heat"))
    if "time_s" in numbers:
        early = ", steady" if numbers.get("ended_steady") else ""
        rows.append(("all this after", f"{time_text(numbers['time_s'])}{early}"))
    if "time_constant_63_s" in numbers:
        tau = time_text(numbers["time_constant_63_s"])
        rows.append(("63 % of the last change after", tau))
    for entry in numbers.get("lock_in", []):
        name = f"lock-in at {si_text(entry['frequency_Hz'], 'Hz')}"
        lag = f"{entry['lag_rad']:.4f} rad behind the {driver}".replace("-", "−")
        lag = doubted(numbers, "lock_in", lag)
        rows.append((name, f"{si_text(entry['amplitude_K'], 'K')}, {lag}"))
    return rows
