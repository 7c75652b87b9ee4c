"""``thermosim gain --map``: LITMoS, minimum achievable temperature, cooling efficiency."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from thermosim.cli.console import print_json, print_table, say
from thermosim.language.named import readable, shown

if TYPE_CHECKING:
    from enum import Enum
    from pathlib import Path

    from matplotlib.figure import Figure

    from thermosim.case.read import AnyCase
    from thermosim.gain import GainModel
    from thermosim.gain.maps import Litmos
    from thermosim.model.model import Light


def show_map(
    name: Enum,
    case: AnyCase,
    light: Light,
    hot_spots: float,
    output: Path | None,
    *,
    overwrite: bool,
    json: bool,
) -> None:
    """Print the numbers of a map, or the whole of it as JSON; draw it with ``output``.

    Raises
    ------
    CaseError
        If light cannot be that uneven, or the cross-sections have a spread that it cannot join.
    """
    from thermosim.cli.folder import filled_folder, write_json
    from thermosim.errors import CaseError, Problem
    from thermosim.gain.maps import with_hot_spots
    from thermosim.visual.style import save

    try:
        model = with_hot_spots(light.resolved().model, hot_spots)
    except ValueError as error:
        raise CaseError([Problem("--hot-spots", f"{hot_spots:g}", str(error))]) from error
    numbers, arrays, figures = _MAPS[name.value](model, light, case)
    numbers = {"map": name.value, "hot_spot_factor": hot_spots, **numbers}
    if output is not None:
        with filled_folder(output, "gain", overwrite=overwrite) as folder:
            write_json(folder / f"{name.value}.json", {**numbers, **arrays})
            (folder / "case.toml").write_text(case.to_toml(), encoding="utf-8")
            for stem, figure in figures().items():
                save(figure, folder / f"{stem}.png")
    if json:
        print_json({**numbers, **arrays})
        return
    rows = {readable(key): shown(key, value) for key, value in numbers.items()}
    print_table(case.title or name.value, rows)
    say(f"files: {output}" if output is not None else "figure and table: add -o DIR")


def _litmos(model: GainModel, light: Light, case: AnyCase) -> tuple[dict[str, Any], Any, Any]:
    from scipy.constants import c, e, h

    from thermosim.gain.maps import WEAK, litmos

    I, T = light.laser.peak_intensity, light.T_ref
    found, weak = litmos(model, I, T), litmos(model, WEAK, T)
    conductance = _conductance(case)
    numbers = {
        "temperature_K": T,
        "intensity_W_per_m2": I,
        "crossings_nm": [h * c / E * 1e9 for E in found.crossings],
        "crossings_eV": [E / e for E in found.crossings],
        "eta_ext_from_crossings": found.eta_ext,
        "alpha_background_from_crossings_per_m": found.alpha_background,
        "eta_ext_weak_light": weak.eta_ext,
        "alpha_background_weak_light_per_m": weak.alpha_background,
        "best_cooling_efficiency": -found.lowest,
        "best_wavelength_nm": h * c / found.lowest_at * 1e9,
        "conductance_W_per_K": conductance,
    }
    wavelength = h * c / found.photon_energy * 1e9
    arrays = {"wavelength_nm": wavelength.tolist(), "heat_per_absorbed": found.heating.tolist()}
    if conductance is not None:
        arrays["delta_T_per_absorbed_power_K_per_W"] = (found.heating / conductance).tolist()
    return numbers, arrays, lambda: _litmos_figure(found, conductance, I, case)


def _litmos_figure(
    found: Litmos, conductance: float | None, intensity: float, case: AnyCase
) -> dict[str, Figure]:
    from thermosim.visual.map_plots import draw_litmos

    return {"litmos": draw_litmos(found, conductance, intensity, case.title)}


def _conductance(case: AnyCase) -> float | None:
    """Return the conductance of the body to its surroundings [W/K]; None where none is known."""
    from thermosim.limits.of_case import limits_of
    from thermosim.model.of_case import model_of

    if model_of(case).lump is None:
        return None
    return limits_of(case)["conductance_total_W_per_K"]


def _mat(model: GainModel, light: Light, case: AnyCase) -> tuple[dict[str, Any], Any, Any]:
    import numpy as np
    from scipy.constants import e

    from thermosim.gain import maps

    E_ex, I, T = light.laser.photon_energy, light.laser.peak_intensity, light.T_ref
    energies = maps.default_energies(model, T)
    found = maps.temperature_map(model, energies, maps.default_intensities(model, E_ex, T), T)
    here = maps.temperature_map(model, [E_ex], [maps.WEAK, I], T).temperature[:, 0]
    detuned = maps.detuning_map(model, energies, np.linspace(maps.coldest(model), 1.2 * T, 141))
    range_ = (model.temperature_min, model.temperature_max)
    numbers = {
        "start_K": T,
        "photon_energy_eV": E_ex / e,
        "delta_T_weak_light_K": _finite(here[0] - T),
        "intensity_W_per_m2": I,
        "delta_T_K": _finite(here[1] - T),
        "lowest_delta_T_of_map_K": _finite(found.floor - T),
        "lowest_at_eV": found.floor_energy / e,
        "lowest_at_W_per_m2": found.floor_intensity,
        "searched_down_to_K": maps.coldest(model),
        "model_made_for_K": list(range_),
    }
    arrays = {
        "photon_energies_eV": (energies / e).tolist(),
        "intensities_W_per_m2": found.intensity.tolist(),
        "temperatures_K": [[_finite(T_end) for T_end in row] for row in found.temperature],
        "temperature_axis_K": detuned.temperature.tolist(),
        "efficiency_over_temperature": detuned.efficiency.tolist(),
    }

    def figures() -> dict[str, Figure]:
        from thermosim.visual import map_plots

        return {
            "mat_intensity": map_plots.draw_temperature_map(found, T, range_, case.title),
            "mat_temperature": map_plots.draw_detuning_map(detuned, range_, case.title),
        }

    return numbers, arrays, figures


def _efficiency(model: GainModel, light: Light, case: AnyCase) -> tuple[dict[str, Any], Any, Any]:
    import numpy as np
    from scipy.constants import e

    from thermosim.gain import maps

    T, E_ex = light.T_ref, light.laser.photon_energy
    energies = maps.default_energies(model, T)
    found = maps.efficiency_map(model, energies, maps.default_intensities(model, E_ex, T), T)
    best = np.unravel_index(int(np.argmax(found.efficiency)), found.efficiency.shape)
    numbers = {
        "temperature_K": T,
        "best_efficiency": float(found.efficiency[best]),
        "best_at_eV": float(energies[best[1]]) / e,
        "best_at_W_per_m2": float(found.intensity[best[0]]),
    }
    arrays = {
        "photon_energies_eV": (energies / e).tolist(),
        "intensities_W_per_m2": found.intensity.tolist(),
        "efficiencies": found.efficiency.tolist(),
    }

    def figures() -> dict[str, Figure]:
        from thermosim.visual.map_plots import draw_efficiency_map

        return {"efficiency": draw_efficiency_map(found, case.title)}

    return numbers, arrays, figures


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _size(model: GainModel, light: Light, case: AnyCase) -> tuple[dict[str, Any], Any, Any]:
    import numpy as np
    from scipy.constants import e

    from thermosim.errors import CaseError, Problem
    from thermosim.gain.maps import size_study

    E, I, T = light.laser.photon_energy, light.laser.peak_intensity, light.T_ref
    try:
        found = size_study(model, E, I, T, np.linspace(8e-9, 28e-9, 161))
    except ValueError as error:
        raise CaseError([Problem("gain.size", "", str(error))]) from error
    top = int(np.nanargmax(np.where(np.isfinite(found.best), found.net_cooling, 0.0)))
    numbers = {
        "photon_energy_eV": E / e,
        "intensity_W_per_m2": I,
        "best_diameter_m": _finite(found.best),
        "edge_there_eV": float(found.edge[top]) / e,
        "eta_BX_there": float(found.eta_BX[top]),
        "gain_there_W": float(found.gain[top]),
        "net_cooling_there_W_per_m3": float(found.net_cooling[top]),
    }
    arrays = {
        "diameters_m": found.diameter.tolist(),
        "edges_eV": (found.edge / e).tolist(),
        "sigma_abs_m2": found.sigma_abs.tolist(),
        "eta_BX": found.eta_BX.tolist(),
        "gain_W": found.gain.tolist(),
        "net_cooling_W_per_m3": found.net_cooling.tolist(),
        "largest_gain_W": [_finite(g) for g in found.largest_gain],
        "best_intensity_W_per_m2": [_finite(best) for best in found.best_intensity],
    }

    def figures() -> dict[str, Figure]:
        from thermosim.visual.map_plots import draw_size_study

        return {"size": draw_size_study(found, I, case.title)}

    return numbers, arrays, figures


_MAPS = {"size": _size, "litmos": _litmos, "mat": _mat, "efficiency": _efficiency}
