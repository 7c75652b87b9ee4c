"""Maps the field expects: LITMoS, minimum achievable temperature, cooling efficiency.

LITMoS (laser-induced thermal modulation spectroscopy): temperature change per absorbed power over
the pump wavelength. Its zero crossings give the external efficiency and the background absorption.
Sheik-Bahae and Epstein, Nature Photon. 1, 693 (2007), 10.1038/nphoton.2007.244; Melgaard et al.,
Sci. Rep. 6, 20380 (2016), 10.1038/srep20380.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.constants import e

from thermosim.gain.absorption import dot_volume
from thermosim.gain.cooling import optimum, parameters_over
from thermosim.gain.density import GivenDensity
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.ensemble import Ensemble
from thermosim.gain.model import GainModel
from thermosim.gain.numbers import GainParameters
from thermosim.gain.numerics import floats
from thermosim.gain.source import (
    cooling_gain,
    heat_source,
    mean_escape,
    pump_absorption,
)
from thermosim.language.spread import FactorSpread

Array = NDArray[np.float64]
_COLDEST = 10.0
HOTTEST = 3.0
"""How many times the starting temperature a balance is looked for up to."""
WEAK = 1e-6
"""Intensity [W/m²] at which no dot holds two excitons."""
_STEPS = 121
_STEP = 1.5  # K


class Litmos(NamedTuple):
    """Heat per absorbed energy over the pump photon energy [J], and what its zeros tell.

    ``heating`` is ΔT/P times the conductance to the surroundings: negative where it cools.
    ``crossings`` are photon energies [J] from blue to red. ``eta_ext`` and ``alpha_background``
    [1/m] are those read from two crossings; None where there are not two.
    """

    photon_energy: Array
    heating: Array
    crossings: tuple[float, ...]
    eta_ext: float | None
    alpha_background: float | None
    lowest: float
    lowest_at: float


class EfficiencyMap(NamedTuple):
    """Cooling efficiency (heat drawn per absorbed energy), shape (intensities, energies)."""

    photon_energy: Array
    intensity: Array
    efficiency: Array


class TemperatureMap(NamedTuple):
    """Temperature [K] at which dots and background draw no heat, shape (intensities, energies).

    ``floor`` is its lowest value; it lies at ``floor_energy`` [J], ``floor_intensity`` [W/m²].
    NaN where the body heats beyond the range of temperatures searched.
    """

    photon_energy: Array
    intensity: Array
    temperature: Array
    floor: float
    floor_energy: float
    floor_intensity: float


class DetuningMap(NamedTuple):
    """Cooling efficiency under weak light over pump photon energy [J] and temperature [K].

    ``efficiency`` has the shape (temperatures, energies); ``floor`` [K] is the lowest temperature
    of those given at which any of the energies cools, NaN if none does.
    """

    photon_energy: Array
    temperature: Array
    efficiency: Array
    floor: float
    floor_energy: float


def at_temperature(model: GainModel, photon_energy: ArrayLike, T: float) -> GainParameters:
    """Return exact parameters at one temperature [K], also beyond the range of the interpolants."""
    E = np.asarray(photon_energy, dtype=np.float64)
    mean = float(model.mean_emission(T))
    p = parameters_over(model, E, T)
    return p._replace(
        mean_emission=mean, mean_emission_shift=(0.0,),
        temperature_min=min(p.temperature_min, T), temperature_max=max(p.temperature_max, T),
    )  # fmt: skip


def with_hot_spots(model: GainModel, factor: float) -> GainModel:
    """Return the model with dots under uneven light of ``<I²>/<I>²`` = ``factor`` (at least 1).

    Local intensities over their mean are taken as lognormal; a dot under f times the light is one
    of f times the cross-section, so the spread joins that of the cross-sections.

    Raises
    ------
    ValueError
        If the factor is below 1, or the cross-sections have a spread of another shape.
    """
    if not factor >= 1.0:
        raise ValueError(f"<I²>/<I>² = {factor:g} is below 1, which no light can be")
    if factor == 1.0:
        return model
    ensemble = model.ensemble or Ensemble()
    own = ensemble.sigma_abs
    if own is not None and (own.file is not None or own.shape != "lognormal"):
        raise ValueError('hot spots need gain.ensemble.sigma_abs with shape = "lognormal"')
    width = 0.0 if own is None or own.width is None else own.width
    both = FactorSpread(width=math.sqrt(factor * (1.0 + width**2) - 1.0), shape="lognormal")
    return model.model_copy(update={"ensemble": ensemble.model_copy(update={"sigma_abs": both})})


def efficiency_of_cooling(intensity: Any, T: float, p: GainParameters) -> Any:
    """Return heat drawn per energy absorbed by dots and background; negative where it heats."""
    I = np.maximum(intensity, np.finfo(float).tiny)
    return -heat_source(I, T, p) / (pump_absorption(I, T, p) * I)


def litmos(
    model: GainModel, intensity: float, T: float, photon_energy: ArrayLike | None = None
) -> Litmos:
    """Return the LITMoS curve at one intensity [W/m²] and temperature [K]."""
    E = default_energies(model, T) if photon_energy is None else floats(photon_energy)
    heating = np.asarray(-efficiency_of_cooling(intensity, T, at_temperature(model, E, T)))

    def one(energy: float) -> float:
        return -float(efficiency_of_cooling(intensity, T, at_temperature(model, energy, T)))

    crossings = _crossings(one, E, heating)
    eta, background = None, None
    if len(crossings) == 2:
        alpha = [_alpha_of_dots(model, E_0, intensity, T) for E_0 in crossings]
        # of the emission under a pump that all dots absorb alike, as spectra are taken
        mean = float(model.mean_emission(T)) - model.escape_values()[2]
        eta, background = from_crossings(crossings, alpha, mean)
    lowest = int(np.argmin(heating))
    return Litmos(E, heating, crossings, eta, background, float(heating[lowest]), float(E[lowest]))


def from_crossings(
    crossings: ArrayLike, alpha: ArrayLike, mean_energy: float
) -> tuple[float, float]:
    """Return ``eta_ext`` and the background absorption from the two zeros of a LITMoS curve.

    At both ``eta_ext alpha/(alpha + alpha_b) <E_esc> = E`` holds, with the absorption ``alpha`` of
    the dots [1/m] at each: ``alpha_b = (E_1 - E_2)/(E_2/alpha_2 - E_1/alpha_1)``.
    """
    (E_1, E_2), (alpha_1, alpha_2) = floats(crossings), floats(alpha)
    background = (E_1 - E_2) / (E_2 / alpha_2 - E_1 / alpha_1)
    return float(E_1 * (1.0 + background / alpha_1) / mean_energy), float(background)


def _alpha_of_dots(model: GainModel, energy: float, intensity: float, T: float) -> float:
    p = at_temperature(model, energy, T)
    return float(pump_absorption(intensity, T, p) - p.alpha_background)


def _crossings(function: Any, E: Array, values: Array) -> tuple[float, ...]:
    """Return the zeros of a function between the grid points where it changes sign, falling."""
    from scipy.optimize import brentq

    at = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    zeros = [float(brentq(function, E[i], E[i + 1], xtol=1e-12 * e)) for i in at]
    return tuple(sorted(zeros, reverse=True))


def default_energies(model: GainModel, T: float, points: int = _STEPS) -> Array:
    """Return pump photon energies [J] from 0.2 eV below the mean escaping one to 20 meV above."""
    p = model.parameters(float(model.cross_section.photon_energy))
    top = float(mean_escape(T, p))
    return np.asarray(np.linspace(top - 0.2 * e, top + 0.02 * e, points))


def default_intensities(model: GainModel, photon_energy: float, T: float) -> Array:
    """Return four decades of intensity [W/m²] about the one of largest gain."""
    best = optimum(T, model.parameters(photon_energy)).intensity
    if not 0.0 < best < np.inf:
        best = 3e7
    return np.asarray(best * np.geomspace(1e-3, 10.0, _STEPS))


def efficiency_map(
    model: GainModel, photon_energy: ArrayLike, intensity: ArrayLike, T: float
) -> EfficiencyMap:
    """Return the cooling efficiency over photon energy [J] and intensity [W/m²]."""
    E, I = floats(photon_energy), floats(intensity)
    p = at_temperature(model, E[None, :], T)
    return EfficiencyMap(E, I, np.asarray(efficiency_of_cooling(I[:, None], T, p)))


def coldest(model: GainModel) -> float:
    """Return the lowest temperature [K] at which the emission of a model is defined, 10 at least.

    Detailed balance with an exponential tail has no peak where kT is below 1.05 E_U.
    """
    line = model.line
    if not isinstance(line, VanRoosbroeckEmission):
        return _COLDEST
    T = np.linspace(_COLDEST, model.reference_temperature, 2901)
    without_peak = np.flatnonzero(~line.has_peak(T, model.reference_temperature))
    return float(T[without_peak[-1] + 1]) if without_peak.size else _COLDEST


def temperature_map(
    model: GainModel,
    photon_energy: ArrayLike,
    intensity: ArrayLike,
    T_start: float,
) -> TemperatureMap:
    """Return the temperature that a body without any leak ends at, from ``T_start`` [K].

    Where dots cool at ``T_start`` it is the first colder temperature, where they heat the first
    hotter one, at which they draw nothing: the gap follows the temperature, so that this balance is
    stable. Bodies with leaks end in between.
    """
    E, I = floats(photon_energy), floats(intensity)
    found = np.full((I.size, E.size), np.nan)
    cools = _net(model, E, I, T_start) >= 0.0
    for down, end in ((True, coldest(model)), (False, HOTTEST * T_start)):
        steps = np.linspace(T_start, end, int(abs(end - T_start) / _STEP) + 2)
        _first_balance(model, E, I, steps, cools if down else ~cools, found)
    lowest = np.unravel_index(int(np.nanargmin(found)), found.shape) if np.any(cools) else (0, 0)
    return TemperatureMap(
        E, I, found, float(found[lowest]), float(E[lowest[1]]), float(I[lowest[0]])
    )


class SizeStudy(NamedTuple):
    """Dots over their diameter [m], at a fixed share of the volume; SI units.

    ``gain`` [W per dot] and ``net_cooling`` [W/m³ of the body] at the intensity asked for,
    ``largest_gain`` [W] at ``best_intensity`` [W/m²] of each. ``best`` is the diameter of the
    largest ``net_cooling``, NaN where none cools.
    """

    diameter: Array
    edge: Array
    sigma_abs: Array
    eta_BX: Array
    gain: Array
    net_cooling: Array
    largest_gain: Array
    best_intensity: Array
    best: float


def size_study(
    model: GainModel, photon_energy: float, intensity: float, T: float, diameters: ArrayLike
) -> SizeStudy:
    """Return what dots of each diameter [m] do; shares of the escape stay as they are.

    Raises
    ------
    ValueError
        If nothing of the model follows from a diameter.
    """
    size = model.size
    if size is None:
        raise ValueError("needs a section [gain.size] with the diameter of the dots")
    d = np.atleast_1d(floats(diameters))
    rows = []
    for one in d:
        n_dots = model.n_dots * float(dot_volume(size.diameter) / dot_volume(one))
        given = {"size": size.at(float(one)), "density": GivenDensity(n_dots=n_dots)}
        tree = {name: getattr(model, name) for name in model.model_fields_set}
        dots = GainModel.model_validate(tree | given)
        p = dots.parameters(photon_energy)
        most = optimum(T, p)
        rows.append((
            dots.size.edge() if dots.size else math.nan, dots.sigma_abs(photon_energy, T),
            dots.recombination.efficiencies()[2], cooling_gain(intensity, T, p),
            -heat_source(intensity, T, p), most.net_gain, most.intensity,
        ))  # fmt: skip
    edge, sigma, eta, gain, cooling, largest, at = np.array(rows, dtype=np.float64).T
    top = int(np.argmax(cooling))
    best = float(d[top]) if cooling[top] > 0.0 else math.nan
    return SizeStudy(d, edge, sigma, eta, gain, cooling, largest, at, best)


def _net(model: GainModel, E: Array, I: Array, T: float) -> Array:
    """Return the net cooling per volume and intensity, shape (intensities, energies)."""
    return np.asarray(
        -heat_source(I[:, None], T, at_temperature(model, E[None, :], T)) / I[:, None]
    )


def _first_balance(
    model: GainModel, E: Array, I: Array, steps: Any, wanted: Any, found: Array
) -> None:
    """Enter in ``found`` where the net cooling first changes sign along the temperatures.

    The zero between two steps is that of the straight line between them, whose error is
    below 0.01 K; where cooling lasts to the coldest step, that is the result.
    """
    open_ = np.array(wanted)
    before = _net(model, E, I, float(steps[0]))
    for T_0, T_1 in itertools.pairwise(steps):
        if not open_.any():
            return
        after = _net(model, E, I, float(T_1))
        here = open_ & ((before >= 0.0) != (after >= 0.0))
        share = before[here] / (before[here] - after[here])
        found[here] = T_0 + (T_1 - T_0) * share
        open_ &= ~here
        before = after
    if steps[-1] < steps[0]:
        found[open_] = steps[-1]


def detuning_map(model: GainModel, photon_energy: ArrayLike, temperature: ArrayLike) -> DetuningMap:
    """Return the cooling efficiency under weak light over photon energy [J] and temperature [K]."""
    E, T = floats(photon_energy), floats(temperature)
    rows = [efficiency_of_cooling(WEAK, float(t), at_temperature(model, E, float(t))) for t in T]
    efficiency = np.asarray(rows)
    cools = np.argwhere(efficiency > 0.0)
    if not cools.size:
        return DetuningMap(E, T, efficiency, math.nan, math.nan)
    coldest_row = min(cools[:, 0], key=lambda row: T[row])
    best = int(np.argmax(efficiency[coldest_row]))
    return DetuningMap(E, T, efficiency, float(T[coldest_row]), float(E[best]))
