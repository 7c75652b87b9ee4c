"""The rows of ``thermosim gain`` for people."""

from __future__ import annotations

from typing import Any

from thermosim.cli.console import engineering


def gain_rows(numbers: dict[str, Any]) -> dict[str, str]:
    """Return the rows of the table for people."""
    efficiencies = [f"{100 * numbers[name]:.4g} %" for name in ("eta_X", "eta_T", "eta_BX")]
    rows = {
        "pump": f"{numbers['photon_energy_eV']:.4f} eV at {numbers['temperature_K']:g} K",
        "<E_PL>": f"{numbers['mean_emission_eV']:.4f} eV",
        "efficiency of X, T, BX": ", ".join(efficiencies),
        "light that escapes": _escape_text(numbers),
        "eta_ext, low intensity": f"{100 * numbers['eta_ext_low_intensity']:.4g} %",
        "eta_X for break-even": _percent(numbers["eta_X_break_even"]),
        "best photon energy": _best_energy_text(numbers["best_photon_energy_eV"]),
        "dots": f"{numbers['n_dots_per_m3']:.4g} 1/m³, {numbers['sigma_abs_m2']:.4g} m² each, "
        f"alpha = {numbers['alpha_per_m']:.4g} 1/m",
    }
    if "dot_kinds" in numbers:
        rows["dots not alike"] = _ensemble_text(numbers)
    if "dot_fluctuation_K" in numbers:
        rows["one dot"] = _one_dot_text(numbers)
    rows |= _optimum_rows(numbers)
    rows["at the case's intensity"] = (
        f"x = {numbers['case_beta_tau_X']:.4g}, "
        f"g = {engineering(numbers['case_gain_per_dot_W'], 'W')} per dot, heat source "
        f"{numbers['case_heat_source_W_per_m3']:.4g} W/m³{_lit_text(numbers)}"
    )
    rows["9 K colder"] = _colder_text(numbers)
    edge = ", at the edge of the map" if numbers["joint_best_at_edge"] else ""
    if numbers["joint_best_net_cooling_W_per_m3"] > 0.0:
        rows["best of the map"] = (
            f"{numbers['joint_best_photon_energy_eV']:.4f} eV, "
            f"{_kilowatt(numbers['joint_best_intensity_W_per_m2'])}: "
            f"{numbers['joint_best_net_cooling_W_per_m3']:.4g} W/m³ of net cooling{edge}"
        )
    return rows


def _colder_text(numbers: dict[str, Any]) -> str:
    """Say how the gain follows the temperature, under the laws that a case may choose."""
    laws = {
        "as given": "as given",
        "detailed_balance_E_U_constant": "<E_PL> by detailed balance",
        "detailed_balance_einstein": "that and E_U of Einstein form",
    }
    found = {law: numbers.get(f"gain_9K_colder_{law.replace(' ', '_')}") for law in laws}
    parts = [f"{100 * v:.3g} % ({laws[law]})" for law, v in found.items() if v is not None]
    return "gain there: " + ", ".join(parts) if parts else "no gain here"


def _ensemble_text(numbers: dict[str, Any]) -> str:
    widths = [1e3 * numbers[f"{name}_width_eV"] for name in ("homogeneous", "gap", "line")]
    text = (
        f"widths {widths[0]:.4g} meV of one dot, {widths[1]:.4g} of the gaps, {widths[2]:.4g} of "
        f"all; emission at gaps {1e3 * numbers['gap_offset_of_emission_eV']:+.3g} meV off the mean"
    )
    if "gain_left_by_ensemble" in numbers:
        left = 100.0 * numbers["gain_left_by_ensemble"]
        text += f"; {left:.3g} % of the net gain per photon of dots all alike"
    return text


def _one_dot_text(numbers: dict[str, Any]) -> str:
    change = numbers.get("dot_delta_T_closed_K")
    mean = "no steady state" if change is None else engineering(change, "K")
    if "dot_delta_T_outside_K" in numbers:
        parts = (
            engineering(numbers[f"dot_delta_T_{side}_K"], "K") for side in ("inside", "outside")
        )
        mean += " ({} in dot and shell, {} outside)".format(*parts)
    g2 = numbers.get("dot_g2")
    return (
        f"mean ΔT {mean}; {engineering(numbers['dot_photon_event_K'], 'K')} at each photon, "
        f"fluctuation {engineering(numbers['dot_fluctuation_K'], 'K')} rms, both within "
        f"{engineering(numbers['dot_relaxation_time_s'], 's')}; {numbers['dot_photons_per_s']:.3g} "
        f"photons/s, g2(0) = {'none' if g2 is None else f'{g2:.3g}'}"
    )


def _optimum_rows(numbers: dict[str, Any]) -> dict[str, str]:
    if not numbers["cools"]:
        return {"optimum": "none: at this photon energy it heats at every intensity"}
    if numbers["x_opt"] is None:
        return {"optimum": "none: the gain never saturates"}
    rows = {
        "optimum": f"x = {numbers['x_opt']:.4g}, {_kilowatt(numbers['intensity_opt_W_per_m2'])}: "
        f"g = {engineering(numbers['g_max_W'], 'W')} per dot, "
        f"{numbers['heat_source_at_opt_W_per_m3']:.4g} W/m³",
        "  eta_ext there": f"{100 * numbers['eta_ext_at_opt']:.4g} %, cooling efficiency "
        f"{100 * numbers['cooling_efficiency_at_opt']:.3g} %",
    }
    if numbers["x_crossover"] is not None:
        crossover = _kilowatt(numbers["intensity_crossover_W_per_m2"])
        rows["heats above"] = f"x = {numbers['x_crossover']:.4g}, {crossover}"
    if "body_intensity_opt_W_per_m2" in numbers:
        rows["in the body's light"] = _body_text(numbers)
    return rows


def _lit_text(numbers: dict[str, Any]) -> str:
    """Say what the light inside the body makes of the case's intensity."""
    lit = numbers.get("body_heat_source_of_case_W_per_m3")
    if lit is None:
        return ""
    return f" in even light; {lit:.4g} W/m³ in the body's, {'heating' if lit > 0 else 'cooling'}"


def _body_text(numbers: dict[str, Any]) -> str:
    """Say what the light inside the body makes of the optimum of its dots."""
    there, best = (numbers[f"body_heat_source_at_opt{of}_W_per_m3"] for of in ("_of_dots", ""))
    text = (
        f'optics.model = "{numbers["body_optics_model"]}", <I²>/<I>² = '
        f"{numbers['body_hot_spot_factor']:.3g}: {there:.4g} W/m³ at the optimum above, "
        f"{'heating' if there > 0 else 'cooling'}; "
    )
    if best >= 0.0:
        return text + "it heats at every intensity"
    return text + f"best {_kilowatt(numbers['body_intensity_opt_W_per_m2'])}: {best:.4g} W/m³"


def _escape_text(numbers: dict[str, Any]) -> str:
    error = numbers.get("f_escape_error")
    spread = f" ± {100 * error:.1g}" if error else ""
    return (
        f"{100 * numbers['f_escape']:.4g}{spread} %, reabsorbed by dots "
        f"{100 * numbers['f_reabsorbed']:.4g} %, <E_esc> = {numbers['mean_escape_eV']:.4f} eV"
    )


def _best_energy_text(energy: float | None) -> str:
    return "none: no pump cools" if energy is None else f"{energy:.4f} eV (low intensity)"


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.4g} %"


def _kilowatt(intensity: float) -> str:
    return f"{intensity / 1e7:.4g} kW/cm²"
