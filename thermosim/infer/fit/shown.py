"""Parameters of a fit as people read them: units, digits, intervals."""

from __future__ import annotations

import numpy as np

from thermosim.infer.fit.profile import LEVELS
from thermosim.infer.fit.result import Estimate
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
    """Return a parameter for people: value ± sigma, and both intervals."""
    p = estimate.parameter
    factor, unit = shown_unit(estimate)
    unit = f" {unit}" if unit else ""
    if p.held:
        return {"name": p.name, "value": f"{estimate.value / factor:.6g}{unit}", "words": p.words,
                "68": "held", "95": ""}  # fmt: skip
    sigma = "?" if estimate.sigma is None else f"{estimate.sigma / factor:.2g}"
    ends = []
    for k in range(len(LEVELS)):
        low, high = estimate.low[k], estimate.high[k]
        ends.append(f"{_end(low, factor)} … {_end(high, factor)}{unit}")
    wide = None if estimate.sigma is None else estimate.sigma / factor
    value = digits_of(estimate.value / factor, wide)
    return {"name": p.name, "value": f"{value} ± {sigma}{unit}",
            "words": p.words, "68": ends[0], "95": ends[1]}  # fmt: skip


def shown_unit(estimate: Estimate) -> tuple[float, str]:
    """Return what a parameter is divided by in words, and the unit that is left, "" for none."""
    unit = estimate.parameter.unit
    if unit in _PREFIXED and estimate.value != 0.0:
        return style.si_scale([estimate.value], unit)
    factor, unit = _CENTIMETRES.get(unit, (1.0, unit))
    return factor, "" if unit == "1" else unit


def digits_of(value: float, sigma: float | None) -> str:
    """Return a number with as many digits as its standard deviation leaves."""
    if not sigma or value == 0.0:
        return f"{value:.4g}"
    digits = int(np.clip(np.ceil(np.log10(abs(value) / sigma)) + 2, 2, 9))
    return f"{value:.{digits}g}"


def _end(end: float | None, factor: float) -> str:
    return "open" if end is None else f"{end / factor:.5g}"
