"""Numbers of a gain model for tables, files and figures: data only, no drawing.

Keys end in their unit; energies for people are in eV.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.constants import e

from thermosim.gain.absorption import TabulatedAbsorption, Tail
from thermosim.gain.balance import DetailedBalanceEmission
from thermosim.gain.cooling import (
    best_photon_energy,
    break_even_eta,
    cooling_efficiency,
    gain_spectrum,
    joint_optimum,
    optimum,
    parameters_over,
)
from thermosim.gain.emission import MeasuredEmission, VanRoosbroeckEmission
from thermosim.gain.ensemble import gap_variance
from thermosim.gain.guard import Guard, guarded
from thermosim.gain.ladder_section import LadderRecombination
from thermosim.gain.maps import at_temperature
from thermosim.gain.model import GainModel
from thermosim.gain.numerics import floats, mean_energy, trapezoid
from thermosim.gain.recombination import TrionBiexciton
from thermosim.gain.source import (
    cooling_gain,
    cross_section,
    excitation_number,
    external_efficiency,
    flow,
    heat_source,
    mean_escape,
    pump_absorption,
    without_auger,
)
from thermosim.gain.trpl import ladder_decay, pulsed_decay

Array = NDArray[np.float64]
PAPER_EFFICIENCIES = (1.0, 0.99, 0.98, 0.97, 0.96)


class IntensityCurve(NamedTuple):
    """Over ``intensity`` [W/m²]: x, eta_ext, g [W per dot], heat_source [W/m³].

    ``gain_without_auger`` is g with the efficiency of low intensity at every intensity.
    """

    intensity: Array
    x: Array
    eta_ext: Array
    gain: Array
    gain_without_auger: Array
    heat_source: Array


class GainSpectrum(NamedTuple):
    """G over photon energy [J] for several eta_ext: ``gain`` [J/m], shape (efficiencies, energies).

    ``relative`` is ``gain`` over the largest value of the first efficiency.
    """

    photon_energy: Array
    eta_ext: Array
    gain: Array
    relative: Array


class CoolingMap(NamedTuple):
    """Net cooling [W/m³], shape (intensities, energies), and its largest value on the map."""

    photon_energy: Array
    intensity: Array
    net_cooling: Array
    best_photon_energy: float
    best_intensity: float
    best_net_cooling: float
    at_edge: bool


class Decays(NamedTuple):
    """Emission after a pulse, shape (fluences, times): normalised to ``n/tau_rad``."""

    time: Array
    mean_excitons: Array
    signal: Array


def gain_summary(
    model: GainModel, photon_energy: float, temperature: float | None = None
) -> dict[str, Any]:
    """Return the numbers of a model at a pump photon energy [J]; None stands for infinite.

    Where nothing cools, optimum and crossover are 0. The optimum is that of the net gain, which
    counts the background absorption; ``g_max_W`` is that net gain per dot.
    """
    T = model.reference_temperature if temperature is None else float(temperature)
    p = model.parameters(photon_energy)
    best, (eta_X, eta_T, eta_BX) = optimum(T, p), model.recombination.efficiencies()
    at_opt = float(external_efficiency(best.x, p, T)) if math.isfinite(best.x) else None
    escape = float(mean_escape(T, p))
    eta = at_opt if at_opt is not None else float(external_efficiency(0.0, p, T))
    return {
        "temperature_K": T,
        "photon_energy_eV": photon_energy / e,
        "mean_emission_eV": float(model.mean_emission(T)) / e,
        "mean_escape_eV": escape / e,
        "eta_X": eta_X,
        "eta_T": eta_T,
        "eta_BX": eta_BX,
        "cools": best.net_gain > 0.0,
        "x_opt": _finite(best.x),
        "g_max_W": _finite(best.net_gain),
        "x_crossover": _finite(best.x_crossover),
        "eta_ext_at_opt": at_opt,
        "cooling_efficiency_at_opt": _finite(cooling_efficiency(eta, escape, photon_energy)),
        "eta_X_break_even": _finite(break_even_eta(T, p)),
        "intensity_opt_W_per_m2": _finite(best.intensity),
        "intensity_crossover_W_per_m2": _finite(best.intensity_crossover),
        "best_photon_energy_eV": _finite(best_photon_energy(model, T) / e),
        "n_dots_per_m3": model.n_dots,
        "sigma_abs_m2": float(cross_section(T, p)),
        "alpha_per_m": float(pump_absorption(0.0, T, p)),
        "heat_source_at_opt_W_per_m3": _finite(-model.n_dots * best.net_gain),
        **ensemble_numbers(model, photon_energy, T),
        **_guard_numbers(guarded(model, photon_energy, T)),
        **({"data_read": read} if (read := data_read(model)) else {}),
    }


def ensemble_numbers(model: GainModel, photon_energy: float, T: float) -> dict[str, float]:
    """Return what dots that are not alike cost, and the widths of the line [eV] that they make.

    ``gain_left_by_ensemble`` is the net gain per absorbed photon over that of dots that are all
    like the mean, at the intensity that is best for those; left out where those do not cool.
    Nothing where dots are alike.
    Widths are standard deviations: of one dot, of the gaps, of the light of all.
    """
    if model.ensemble is None:
        return {}
    alike = model.model_copy(update={"ensemble": None})
    p, q = model.parameters(photon_energy), alike.parameters(photon_energy)
    E = float(model.mean_emission(T)) + np.linspace(-0.6, 0.9, 6001) * e
    one, whole = (_deviation(E, some.emission_spectrum(E, T)) for some in (alike, model))
    weak = flow(0.0, T, p)
    best = optimum(T, q)
    left = {}
    if 0.0 < best.intensity < math.inf:
        per_photon = [
            float(p_.alpha_background * best.intensity - heat_source(best.intensity, T, p_))
            / float(pump_absorption(best.intensity, T, p_) - p_.alpha_background)
            for p_ in (p, q)
        ]
        left = {"gain_left_by_ensemble": per_photon[0] / per_photon[1]}
    return {
        "dot_kinds": len(model.members()),
        "homogeneous_width_eV": one / e,
        "gap_width_eV": math.sqrt(max(gap_variance(model.members()), 0.0)) / e,
        "line_width_eV": whole / e,
        "gap_offset_of_emission_eV": float(weak.offset / weak.emitted) / e,
        **left,
    }


def _deviation(energy: Array, spectrum: Array) -> float:
    """Return the standard deviation of a spectrum [J]."""
    mean = float(mean_energy(energy, spectrum))
    return math.sqrt(
        float(trapezoid(spectrum * (energy - mean) ** 2, energy) / trapezoid(spectrum, energy))
    )


def temperature_variants(
    model: GainModel, photon_energy: float, intensity: float, T: float
) -> dict[str, float | None]:
    """Return the gain of a dot 9 K colder over that at ``T`` [K], for each law of temperature.

    As given; with <E_PL>(T) by detailed balance with the edge, E_U constant; with both of Einstein
    form, which is the consistent one (phonon of 200 K). None where the gain vanishes or the line of
    so slow a tail has no peak; the first alone of a table.
    """
    constant = {"E_U_model": "constant"}
    laws: dict[str, dict[str, Any]] = {"as_given": {}}
    if isinstance(model.absorption, Tail):
        balance = DetailedBalanceEmission()
        laws["detailed_balance_E_U_constant"] = {
            "emission": balance, "absorption": model.absorption.model_copy(update=constant),
        }  # fmt: skip
        laws["detailed_balance_einstein"] = {
            "emission": balance,
            "absorption": model.absorption.model_copy(update={"E_U_model": "einstein"}),
        }
    return {
        f"gain_9K_colder_{name}": _colder(model.model_copy(update=law), photon_energy, intensity, T)
        for name, law in laws.items()
    }


def _colder(model: GainModel, E: float, I: float, T: float) -> float | None:
    line, colder = model.line, T - 9.0
    T_ref = model.reference_temperature
    if isinstance(line, VanRoosbroeckEmission) and not line.has_peak(colder, T_ref):
        return None
    p, q = (at_temperature(model, E, t) for t in (T, colder))
    here = float(cooling_gain(I, T, p))
    return float(cooling_gain(I, colder, q)) / here if here else None


def data_read(model: GainModel) -> list[str]:
    """Return what was taken from each file of measured spectra: axis, column, per which unit."""
    parts = (model.absorption, model.emission)
    return [
        ", ".join(part.read_as())
        for part in parts
        if isinstance(part, TabulatedAbsorption | MeasuredEmission)
    ]


def _guard_numbers(guard: Guard) -> dict[str, Any]:
    return {
        "mean_emission_detailed_balance_eV": _finite(guard.mean_emission_detailed_balance / e),
        "second_law_margin_eV": _finite(guard.margin / e),
        "problems": list(guard.problems),
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def default_intensities(
    model: GainModel, photon_energy: float, temperature: float | None = None, points: int = 241
) -> Array:
    """Return intensities [W/m²], even in logarithm, from 1/300 to 10 times the optimum.

    Where nothing cools, or the gain never saturates, x = 0.014 takes the place of the optimum.
    """
    T = model.reference_temperature if temperature is None else temperature
    p = model.parameters(photon_energy)
    centre = optimum(T, p).intensity
    if not 0.0 < centre < math.inf:
        centre = 0.014 / float(excitation_number(1.0, T, p))
    return np.asarray(centre * np.geomspace(1.0 / 300.0, 10.0, points))


def intensity_curve(
    model: GainModel,
    photon_energy: float,
    intensity: ArrayLike | None = None,
    temperature: float | None = None,
) -> IntensityCurve:
    """Return x, eta_ext and g over intensity [W/m²] (Fig. 3 of the paper)."""
    T = model.reference_temperature if temperature is None else float(temperature)
    p = model.parameters(photon_energy)
    given = default_intensities(model, photon_energy, T) if intensity is None else intensity
    I = np.asarray(given, dtype=np.float64)
    x = excitation_number(I, T, p)
    return IntensityCurve(
        intensity=I,
        x=x,
        eta_ext=external_efficiency(x, p, T),
        gain=cooling_gain(I, T, p),
        gain_without_auger=cooling_gain(I, T, without_auger(p)),
        heat_source=heat_source(I, T, p),
    )


def spectrum_curves(
    model: GainModel,
    eta_ext: ArrayLike = PAPER_EFFICIENCIES,
    photon_energy: ArrayLike | None = None,
    temperature: float | None = None,
) -> GainSpectrum:
    """Return G(E_ex) for several external efficiencies (Eq. 1 and Fig. 1f of the paper)."""
    T = model.reference_temperature if temperature is None else float(temperature)
    p = model.parameters(float(model.cross_section.photon_energy))
    mean = float(mean_escape(T, p))
    given = np.linspace(mean - 0.16 * e, mean + 0.01 * e, 341)
    E = given if photon_energy is None else np.asarray(photon_energy, dtype=np.float64)
    eta = np.atleast_1d(np.asarray(eta_ext, dtype=np.float64))
    gain = np.asarray(gain_spectrum(E, mean, eta[:, None], model.alpha(E, T)))
    return GainSpectrum(E, eta, gain, gain / gain[0].max())


def net_cooling_map(
    model: GainModel,
    energy_range: tuple[float, float],
    intensity_range: tuple[float, float],
    temperature: float | None = None,
    shape: tuple[int, int] = (161, 161),
) -> CoolingMap:
    """Return net cooling over photon energy [J] and intensity [W/m²], with the best point.

    ``shape`` is (intensities, energies). Intensities are even in logarithm.
    """
    T = model.reference_temperature if temperature is None else float(temperature)
    E = floats(np.linspace(*energy_range, shape[1]))
    I = floats(np.geomspace(*intensity_range, shape[0]))
    p = parameters_over(model, E[None, :], T)
    best = joint_optimum(model, energy_range, intensity_range[1], T)
    return CoolingMap(
        photon_energy=E,
        intensity=I,
        net_cooling=np.asarray(-heat_source(I[:, None], T, p)),
        best_photon_energy=best.photon_energy,
        best_intensity=best.intensity,
        best_net_cooling=best.net_cooling,
        at_edge=best.at_edge,
    )


def trpl_table(
    model: GainModel,
    time: ArrayLike,
    mean_excitons: ArrayLike,
    charged_fraction: float = 0.0,
) -> Decays:
    """Return decays after a pulse, over ``n/tau_rad``, for each mean number of excitons.

    Eq. (2) models use the closed form, in which a biexciton emits 4 times as fast as an exciton;
    ladders are integrated with their own rates.
    """
    t = np.atleast_1d(np.asarray(time, dtype=np.float64))
    n = np.atleast_1d(np.asarray(mean_excitons, dtype=np.float64))
    section = model.recombination
    if isinstance(section, LadderRecombination):
        unit = section.radiative_rate(1, 0)
        decays = [
            ladder_decay(t, one, section.ladder(), section.neutral_states, charged_fraction)
            for one in n
        ]
        return Decays(t, n, np.array(decays) / (unit * n[:, None]))
    if not isinstance(section, TrionBiexciton):
        raise ValueError(f'recombination.kind = "{section.kind}" tells no decay after a pulse')
    signal = pulsed_decay(
        t, n[:, None], section.tau_X, section.tau_T, section.tau_BX, section.A, charged_fraction
    )
    return Decays(t, n, np.asarray(signal / n[:, None]))
