"""What the commands say of a case with ``[geometry]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.cli.console import plain

if TYPE_CHECKING:
    from thermosim.case.body_case import BodyCase
    from thermosim.results import Result


def body_numbers(case: BodyCase) -> dict[str, Any]:
    """Return what `thermosim check` says of a body; names of a file are known once it is read."""
    boundaries = case.geometry.boundary_names
    silent = [name for name in boundaries or () if name not in case.boundaries]
    found: dict[str, Any] = {
        "symmetry": case.symmetry,
        "regions": ", ".join(f"{name} ({m})" for name, m in case.material_names().items()),
        "boundaries": ", ".join(case.boundaries) or "none",
        "reference_temperature_K": case.reference,
    }
    if silent:
        found["insulated_boundaries"] = ", ".join(silent)
    return found


def body_rows(result: Result) -> dict[str, str]:
    """Return the rows of the closing table: temperatures, heat by boundary, balance."""
    from thermosim.language.units import si_with_error
    from thermosim.results.words import ending_rows, heat_text, without_rounding

    numbers: dict[str, Any] = result.summary
    rows: dict[str, str] = {}
    errors: dict[str, float] | None = numbers.get("errors")
    for name, value in numbers.items():
        if name.startswith("probe_"):
            rows[f"T at {name[6:-2]}"] = temperature(value, name, errors)
        elif name.startswith("region_") and name.endswith("_mean_K"):
            region = name[7:-7]
            ends = (f"region_{region}_{key}_K" for key in ("min", "max"))
            low, high = (temperature(numbers[end], end, errors) for end in ends)
            rows[f"T of {region}, mean"] = temperature(value, name, errors)
            rows[f"T of {region}, lowest … highest"] = f"{low} … {high}"
    unit = "W/m" if result.case.symmetry == "planar" else "W"
    turned = max((abs(heat) for heat in result.budget.values()), default=0.0)
    for path, heat in result.budget.items():
        shown = heat_text(heat, turned, unit)
        if errors is not None and path in errors:
            shown = si_with_error(without_rounding(heat, turned), errors[path], unit)
        elif errors is not None:
            shown += ", no estimate"
        rows[heat_words(path)] = plain(shown)
    return rows | {name: plain(text) for name, text in ending_rows(numbers)}


def heat_words(path: str) -> str:
    """Return an entry of the budget in words."""
    place, _, way = path.partition(":")
    if place == "source":
        return f"heat released in {way}"
    if way == "stored":
        return f"heat stored in {place}"
    return f"heat leaving by {place}, {way.replace('_', ' ')}"


def temperature(value: float, name: str, errors: dict[str, float] | None) -> str:
    """Return an absolute temperature in K and °C, with its ± where errors were estimated."""
    from thermosim.language.units import with_error

    error = (errors or {}).get(name)
    if errors is not None and error is None:
        return f"{value:.5f} K ({value - 273.15:.5f} °C), no estimate"
    shown = with_error(value, error).replace("−", "-") if error else f"{value:.5f}"
    return f"{shown} K ({value - 273.15:.5f} °C)"
