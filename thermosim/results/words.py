"""The closing table of a particle, in words: `thermosim run` prints it, the report holds it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from thermosim.language.units import si_text, si_with_error, time_text

Rows = list[tuple[str, str]]

HEAT = {
    "heat_source_W": "released in the particle",
    "heat_to_chamber_W": "particle to chamber",
    "heat_to_substrate_W": "particle to substrate",
    "heat_substrate_to_chamber_W": "substrate to chamber",
    "heat_to_holder_W": "substrate to holder",
    "heat_stored_W": "stored per time",
}
_TAKERS = {"dots": "the dots", "host": "host and defects", "substrate": "the substrate"}
_NOTHING = 1e-12  # of the heat turned over: rounding


def particle_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return what the summary of a particle says, name and value, the most wanted first."""
    mean = si_with_error(numbers["delta_T_mean_K"], numbers.get("delta_T_error_K"), "K")
    if "delta_T_error_K" in numbers:
        mean += " (numerical)"
    low, high = (si_text(numbers[f"delta_T_{end}_K"], "K", zeros=True) for end in ("min", "max"))
    rows = [("ΔT of the particle, mean", mean), ("lowest … highest", f"{low} … {high}")]
    rows += _thermometer_rows(numbers) + _light_rows(numbers)
    turned = max((abs(numbers.get(key, 0.0)) for key in HEAT), default=0.0)
    rows += [(HEAT[key], heat_text(numbers[key], turned)) for key in HEAT if key in numbers]
    return rows + ending_rows(numbers)


def heat_text(heat: float, turned: float, unit: str = "W") -> str:
    """Return a heat flow [W] with four digits; rounding, beside what is turned over, is 0."""
    return si_text(without_rounding(heat, turned), unit, zeros=True)


def without_rounding(heat: float, turned: float) -> float:
    """Return a heat flow, or 0 where it is rounding beside what is turned over; any one unit."""
    return heat if abs(heat) > _NOTHING * turned else 0.0


def _thermometer_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return the reading of a PL thermometer, with the places that photon noise leaves."""
    if "delta_T_thermometer_K" not in numbers:
        return []
    reading, sigma = (numbers[f"delta_T_thermometer{end}_K"] for end in ("", "_sigma"))
    places = max(1 - math.floor(math.log10(sigma)), 0) if sigma > 0 else 4
    reading = round(reading, places) + 0.0  # no minus before zero
    text = f"{reading:.{places}f} ± {sigma:.{places}f} K (photon noise)"
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
        ("intensity inside, mean", _intensity(mean)),
    ]
    factor = numbers.get("hot_spot_factor", 1.0)
    if factor < 1 + 1e-6:
        return rows
    rows[-1] = (
        "intensity inside, mean … highest",
        f"{_intensity(mean)} … {_intensity(most)}, ⟨I²⟩/⟨I⟩² = {factor:.3g}",
    )
    if "gain_reduction_rel" in numbers:
        lost = numbers["gain_reduction_rel"]
        heats = ", which turns cooling into heating" if lost > 1 else ""
        rows.append(("gain lost to hot spots", f"{100 * lost:.3g} %{heats}"))
    return rows


def _intensity(value: float) -> str:
    return si_text(value / 1e4, "W/cm²", zeros=True)


def ending_rows(numbers: Mapping[str, Any]) -> Rows:
    """Return the balance, and of a transient when it ended, its time constant and lock-in."""
    balance = f"{numbers['energy_balance_rel']:.1e} of the heat turned over"
    rows = [("energy balance", balance.replace("-", "−"))]
    if "energy_account_rel" in numbers:
        unit = "J/m" if numbers["symmetry"] == "planar" else "J"
        keys = ("energy_in_J", "enthalpy_change_J")
        came, kept = (si_text(numbers[key], unit, zeros=True) for key in keys)
        off = f"{numbers['energy_account_rel']:.1e}".replace("-", "−")
        rows.append(("energy account", f"{came} came in, {kept} stored, {off} of the heat missing"))
    if "time_s" in numbers:
        early = ", steady" if numbers.get("ended_steady") else ""
        rows.append(("all this after", f"{time_text(numbers['time_s'])}{early}"))
    if "time_constant_63_s" in numbers:
        tau = time_text(numbers["time_constant_63_s"])
        rows.append(("63 % of the last change after", tau))
    for entry in numbers.get("lock_in", []):
        name = f"lock-in at {si_text(entry['frequency_Hz'], 'Hz')}"
        lag = f"{entry['lag_rad']:.4f} rad behind the light".replace("-", "−")
        lag += ", no estimate" if "errors" in numbers else ""
        rows.append((name, f"{si_text(entry['amplitude_K'], 'K')}, {lag}"))
    return rows
