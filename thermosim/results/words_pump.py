"""What shines on the body, and what ΔT each level of a light in steps makes, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scipy.constants import c, e, h

from thermosim.language.units import si_text, time_text

if TYPE_CHECKING:
    from thermosim.results.result import Result

_LEVELS = 12  # of the light, told one by one
_PROFILES = {"plane": "plane wave", "gaussian": "on the axis of a Gaussian beam",
             "top_hat": "in a top hat"}  # fmt: skip


def intensity_text(value: float, *, zeros: bool = True) -> str:
    """Return an intensity [W/m²] in W/cm², with a prefix: ``3.000 kW/cm²``."""
    return si_text(value / 1e4, "W/cm²", zeros=zeros)


def pump_rows(numbers: Mapping[str, Any], laser: Any) -> list[tuple[str, str]]:
    """Return the peak intensity, photon energy and profile of a steady `laser` (None: no row)."""
    if laser is None or numbers.get("kind") != "steady":
        return []
    energy = laser.photon_energy
    colour = f"{energy / e:.5g} eV ({1e9 * h * c / energy:.4g} nm)"
    peak = intensity_text(laser.peak_intensity, zeros=False)
    return [("pump", f"{peak}, {colour}, {_PROFILES.get(laser.profile, laser.profile)}")]


def step_rows(result: Result) -> list[tuple[str, str]]:
    """Return mean ΔT at the end of each level of the light; no row of one level, or of many."""
    levels, laser = result.summary.get("segments", []), result.case.laser
    if not 2 <= len(levels) <= _LEVELS or not all("delta_T_last_K" in level for level in levels):
        return []
    lines = []
    for level in levels:
        light = f"factor {level['intensity_factor']:.4g}"
        if laser is not None:
            light = intensity_text(level["intensity_factor"] * laser.peak_intensity, zeros=False)
        delta = si_text(level["delta_T_last_K"], "K", zeros=True)
        lines.append(f"{light} until {time_text(level['stop_s'])}: {delta}")
    return [("mean ΔT, step by step", "\n".join(lines))]
