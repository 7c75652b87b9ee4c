"""Numbers whose name ends in their unit, for people: ``intensity_peak_W_per_m2`` in kW/cm²."""

from __future__ import annotations

import math
from typing import Any

from scipy.constants import c, e, h

from thermosim.language.units import parse_quantity, si_text

UNITS = {
    "_W_per_m2_K": "W/(m² K)",
    "_W_per_m_K": "W/(m K)",
    "_W_per_m3": "W/m³",
    "_W_per_m2": "W/m²",
    "_W_per_K": "W/K",
    "_K_per_s": "K/s",
    "_per_m2": "1/m²",
    "_per_m3": "1/m³",
    "_per_m": "1/m",
    "_m2": "m²",
    "_m3": "m³",
    "_eV": "eV",
    "_nm": "nm",
    "_Pa": "Pa",
    "_W": "W",
    "_K": "K",
    "_m": "m",
    "_s": "s",
}
_PREFIXED = ("W", "m", "s", "Pa", "W/K", "W/m³")
_CENTIMETRES = {"1/m³": (1e6, "1/cm³"), "1/m": (1e2, "1/cm"), "1/m²": (1e4, "1/cm²")}
_NAMES = {
    "n_dots_per_m3": "density of dots",
    "f_escape": "share of emission that escapes",
    "f_reabsorbed": "share of emission that dots reabsorb",
    "beta_tau_X": "x = sigma_abs I tau_X/E_ex",
    "eta_ext": "eta_ext",
    "eta_ext_low_intensity": "eta_ext, low intensity",
    "mean_emission_eV": "<E_PL>",
    "mean_escape_eV": "<E_esc>",
    "n_cells_estimate": "cells, about",
    "isolated_dot_radius_for_minus_1K_m": "isolated dot radius for -1 K",
    "isolated_black_dot_radius_for_minus_1K_m": "isolated black dot radius for -1 K",
}


def unit_of(name: str) -> str:
    """Return the unit that the name of a number ends in, or nothing."""
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")


def readable(name: str) -> str:
    """Return the name of a number without its unit, as words."""
    if name in _NAMES:
        return _NAMES[name]
    ending = next((ending for ending in UNITS if name.endswith(ending)), "")
    return name.removesuffix(ending).replace("delta_T", "ΔT").replace("_", " ")


def shown(name: str, value: Any) -> str:
    """Return a number in the unit that the field uses, with a prefix where that reads well.

    Intensities are in W/cm², cross-sections in cm², densities in 1/cm³, absolute temperatures in K
    without a prefix; the minus is one that can be copied.
    """
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(shown(name, one) for one in value) or "none"
    if isinstance(value, bool) or not isinstance(value, float | int):
        return str(value)
    if isinstance(value, int):
        return str(value)
    unit = unit_of(name)
    if unit == "W/m²":
        text = si_text(value / 1e4, "W/cm²")
    elif unit in _CENTIMETRES:
        factor, unit = _CENTIMETRES[unit]
        text = f"{value / factor:.4g} {unit}"
    elif unit == "m²" and "sigma" in name:
        text = f"{1e4 * value:.4g} cm²"
    elif unit in ("m²", "m³"):
        text = f"{value * 10.0 ** (6 * int(unit == 'm²') * 2 + 18 * int(unit == 'm³')):.4g} µ{unit}"
    elif unit in _PREFIXED or (unit == "K" and _is_difference(name)):
        text = si_text(value, unit)
    else:
        digits = 6 if unit in ("K", "eV", "nm") else 4
        text = f"{value:.{digits}g} {unit}".rstrip()
    return text.replace("−", "-")


def _is_difference(name: str) -> bool:
    return any(word in name for word in ("delta_T", "difference", "fluctuation", "event", "sigma"))


def photon_energies(low: str, high: str) -> tuple[str, str]:
    """Return two ends of a window as photon energies, the lower first, if they are wavelengths.

    Anything else is returned as it is, for whoever reads it as an energy to judge.
    """
    found = []
    for text in (low, high):
        try:
            length = parse_quantity(text, "m")
        except ValueError:
            return low, high
        if not length > 0.0 or not math.isfinite(length):
            return low, high
        found.append(h * c / length / e)
    return f"{min(found):.9g} eV", f"{max(found):.9g} eV"
