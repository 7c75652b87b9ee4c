"""Parameters of a fit as people read them: units, digits, intervals."""

from __future__ import annotations

import numpy as np

from thermosim.infer.fit.profile import LEVELS
from thermosim.infer.fit.result import Estimate
from thermosim.language.units import with_error
from thermosim.visual import style


def scaled_of(estimate: Estimate) -> tuple[float, str]:
    """Return what a parameter is divided by in a picture, and the unit that is left."""
    unit, value = estimate.parameter.unit, estimate.value
    if unit in _PREFIXED:
        return style.si_scale([value], unit)
    factor, unit = _CENTIMETRES.get(unit, (1.0, unit))
    if value and not 1e-3 < abs(value / factor) < 1e4:
        power = int(np.floor(np.log10(abs(value / factor))))
        return factor * 10.0**power, f"$10^{{{power}}}$" + ("" if unit == "1" else f" {unit}")
    return factor, unit


_CENTIMETRES = {"m^2": (1e-4, "cm²"), "1/m^3": (1e6, "1/cm³"), "1/m": (1e2, "1/cm")}
_PREFIXED = ("s", "W/K", "K", "K/s", "J/K")


def shown(estimate: Estimate) -> dict[str, str]:
    """Return a parameter for people: value ± sigma, and both intervals.

    In one unit and with one number of decimals; very small ones as ``(5.98 ± 0.12) × 10⁻¹⁷``.
    """
    p = estimate.parameter
    factor, unit = shown_unit(estimate)
    if p.held:
        return {"name": p.name, "value": told(f"{estimate.value / factor:.6g}", unit),
                "words": p.words, "68": "held", "95": ""}  # fmt: skip
    sigma = None if estimate.sigma is None else estimate.sigma / factor
    places = places_of(sigma)
    middle = number(estimate.value / factor, places)
    value = f"{middle} ± {'?' if sigma is None else number(sigma, places)}"
    ends = []
    for k in range(len(LEVELS)):
        low, high = (
            "open" if end is None else number(end / factor, places)
            for end in (estimate.low[k], estimate.high[k])
        )
        ends.append(told(f"{low} … {high}", unit))
    return {"name": p.name, "value": told(value, unit),
            "words": p.words, "68": ends[0], "95": ends[1]}  # fmt: skip


def told(text: str, unit: str) -> str:
    """Return a text with its unit, in brackets where a power of ten follows several numbers."""
    several = unit.startswith("×") and " " in text
    return f"({text}) {unit}" if several else f"{text} {unit}".rstrip()


def number(value: float, places: int | None) -> str:
    """Return a number with so many decimals; None: with five digits."""
    text = f"{value:.5g}" if places is None else f"{value:.{places}f}"
    return text.replace("-", "−")


def places_of(sigma: float | None) -> int | None:
    """Return the decimals that a standard deviation of two digits leaves; None without one."""
    if not sigma or not np.isfinite(sigma):
        return None
    return int(np.clip(1 - np.floor(np.log10(sigma)), 0, 12))


def shown_unit(estimate: Estimate) -> tuple[float, str]:
    """Return what a parameter is divided by in words, and the unit that is left, "" for none."""
    unit = estimate.parameter.unit
    if unit in _PREFIXED and estimate.value != 0.0:
        return style.si_scale([estimate.value], unit)
    factor, unit = _CENTIMETRES.get(unit, (1.0, unit))
    unit = "" if unit == "1" else unit
    size = abs(estimate.value / factor)
    if size and not 1e-3 <= size < 1e6:
        power = int(np.floor(np.log10(size)))
        return factor * 10.0**power, f"{_power(power)} {unit}".rstrip()
    return factor, unit


def _power(power: int) -> str:
    return style.power_of_ten(10.0**power, 1).removeprefix("1 ")


def follows(unit: str, value: float, sigma: float | None) -> str:
    """Return a number that follows from parameters, for people."""
    text = with_error(value, sigma) if sigma else f"{value:.7g}".replace("-", "−")
    return f"{text} {unit}".rstrip()
