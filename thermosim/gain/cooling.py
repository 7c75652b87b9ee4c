"""Where a dot cools best: closed forms at A = C = 0 and exact optima of every model.

The net gain of a dot is its cooling gain less its share of the background absorption,
``net = -heat_source / n_dots``. In the excitation number x it is a ratio of polynomials, so that
optimum and crossover are roots, found to rounding.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import polynomial as poly
from numpy.typing import ArrayLike, NDArray
from scipy.constants import e

from thermosim.gain.absorption import UrbachTail
from thermosim.gain.efficiency import internal_efficiency_needed, outcoupled_efficiency
from thermosim.gain.model import GainModel, groups_of
from thermosim.gain.numbers import GainParameters
from thermosim.gain.numerics import floats
from thermosim.gain.source import (
    cross_section,
    decay_at,
    excitation_number,
    heat_source,
    kept_efficiency,
    mean_escape,
)

Array = NDArray[np.float64]
_SEARCHED = (1e-9, 1e7)  # excitation numbers between which the optimum of an ensemble is looked for


class Optimum(NamedTuple):
    """The largest net gain over intensity at one photon energy and temperature.

    ``x``, ``intensity`` [W/m²] and ``net_gain`` [W] are 0 where nothing cools, and infinite where
    the gain never saturates. ``x_crossover`` and ``intensity_crossover`` are where cooling turns
    into heating (0: it never cools; infinite: it always does).
    """

    x: float
    intensity: float
    net_gain: float
    x_crossover: float
    intensity_crossover: float


class JointOptimum(NamedTuple):
    """The largest net cooling per volume over photon energy [J] and intensity [W/m²]."""

    photon_energy: float
    intensity: float
    net_cooling: float
    at_edge: bool


def closed_optimum(
    photon_energy: ArrayLike,
    mean_emission: ArrayLike,
    eta_X: ArrayLike,
    eta_BX: ArrayLike,
    tau_X: ArrayLike,
) -> tuple[Array, Array, Array]:
    """Return ``x*``, ``g_max`` [W] and crossover ``x0`` at A = C = 0; arguments broadcast.

    With ``a = (eta_X - eta_BX) <E_PL>`` and ``b = E_ex - eta_BX <E_PL>``: ``x* = sqrt(a/b) - 1``,
    ``g_max = (sqrt a - sqrt b)²/tau_X``, ``x0 = a/b - 1``. All three are 0 where ``a <= b`` (no
    cooling) and infinite where ``b <= 0`` (a biexciton cools too). From Eqs. (2) and (3) of
    arXiv:2406.10641.
    """
    E_ex, E_PL = np.asarray(photon_energy, np.float64), np.asarray(mean_emission, np.float64)
    a = (floats(eta_X) - eta_BX) * E_PL
    b = E_ex - np.asarray(eta_BX) * E_PL
    a, b = np.broadcast_arrays(a, b)
    cools = np.asarray(eta_X) * E_PL > E_ex
    ratio = np.where(b > 0, np.maximum(a, b) / np.where(b > 0, b, 1.0), np.inf)
    difference = np.sqrt(np.maximum(a, 0.0)) - np.sqrt(np.maximum(b, 0.0))
    gain = np.where(b > 0, np.maximum(difference, 0.0) ** 2 / tau_X, np.inf)
    x_opt, x_0 = np.sqrt(ratio) - 1.0, ratio - 1.0
    return tuple(np.where(cools, value, 0.0) for value in (x_opt, gain, x_0))  # type: ignore[return-value]


def gain_spectrum(
    photon_energy: ArrayLike, mean_emission: ArrayLike, eta_ext: ArrayLike, alpha: ArrayLike
) -> Any:
    """Return ``G = (eta_ext <E_PL> - E_ex) alpha``, Eq. (1) of arXiv:2406.10641.

    In the unit of ``alpha`` times J: net energy drawn per incident photon flux where alpha is the
    absorption coefficient [1/m].
    """
    return (floats(eta_ext) * mean_emission - photon_energy) * alpha


def best_photon_energy_urbach(mean_emission: ArrayLike, eta_ext: ArrayLike, E_U: ArrayLike) -> Any:
    """Return the photon energy ``eta <E_PL> - E_U`` [J] where G is largest in an Urbach tail."""
    return floats(eta_ext) * mean_emission - E_U


def peak_gain_ratio(mean_emission: ArrayLike, eta_ext: ArrayLike, E_U: ArrayLike) -> Any:
    """Return the peak of G at ``eta_ext`` over that at 1 in an Urbach tail: a pure exponential."""
    return np.exp(-(1.0 - floats(eta_ext)) * mean_emission / E_U)


def cooling_efficiency(
    eta_ext: ArrayLike, mean_emission: ArrayLike, photon_energy: ArrayLike
) -> Any:
    """Return heat drawn per absorbed energy, ``(eta_ext <E> - E_ex)/E_ex``; negative when it heats.

    Sheik-Bahae and Epstein, Nature Photon. 1, 693 (2007), 10.1038/nphoton.2007.244.
    """
    return floats(eta_ext) * mean_emission / photon_energy - 1.0


def _kept(temperature: float, p: GainParameters) -> Any:
    kept = kept_efficiency(temperature, p)
    return 1.0 if kept is None else kept


def background_energy(temperature: float, p: GainParameters) -> float:
    """Return the energy [J] that the background absorbs per photon that the dots absorb."""
    sigma = float(cross_section(temperature, p))
    return float(p.alpha_background * p.photon_energy / (p.n_dots * sigma))


def net_gain_ratio(temperature: float, p: GainParameters) -> tuple[Any, Any]:
    """Return polynomials ``(N, D)`` in x with ``net = x N / (D tau_X)`` [W per dot].

    ``N`` is in J, coefficients rise in degree.
    """
    decay = decay_at(p, temperature, p)
    emitted = p.bright * _kept(temperature, p) * np.asarray(decay.emitted, np.float64)
    absorbed = np.asarray(decay.absorbed, np.float64)
    population = absorbed if decay.population is None else np.asarray(decay.population, np.float64)
    recycled = poly.polysub(absorbed, p.f_reabsorbed * emitted)
    energy = float(mean_escape(temperature, p))
    drawn = poly.polysub(p.f_escape * energy * emitted, p.photon_energy * recycled)
    extra = background_energy(temperature, p)
    if p.population is None:
        return poly.polysub(drawn, extra * recycled), recycled
    heat = extra * poly.polymul(population, recycled)
    return poly.polysub(poly.polymul(absorbed, drawn), heat), poly.polymul(population, recycled)


def optimum(temperature: float, p: GainParameters) -> Optimum:
    """Return the best intensity and the crossover at one temperature [K]."""
    if p.groups:
        return _searched_optimum(temperature, p)
    numerator, denominator = net_gain_ratio(temperature, p)
    x, crossover = _best_x(numerator, denominator)
    per_x = p.photon_energy / (p.tau_X * float(cross_section(temperature, p)))
    if not np.isfinite(x):
        return Optimum(np.inf, np.inf, _limit(numerator, denominator, p.tau_X), crossover,
                       crossover * per_x)  # fmt: skip
    gain = x * poly.polyval(x, numerator) / (poly.polyval(x, denominator) * p.tau_X)
    return Optimum(x, x * per_x, float(gain), crossover, crossover * per_x)


def _searched_optimum(temperature: float, p: GainParameters) -> Optimum:
    """Return the optimum of an ensemble: its net gain is a sum of many ratios of polynomials."""
    from scipy.optimize import brentq, minimize_scalar

    per_x = 1.0 / float(excitation_number(1.0, temperature, p))

    def net(log_x: Any) -> Any:
        return -heat_source(np.exp(log_x) * per_x, temperature, p) / p.n_dots

    grid = np.log(np.geomspace(*_SEARCHED, 1601))
    values = net(grid)
    if values[0] <= 0.0:
        return Optimum(0.0, 0.0, 0.0, 0.0, 0.0)
    heats = np.flatnonzero(values <= 0.0)
    last = int(heats[0]) if heats.size else grid.size - 1
    crossover = np.inf
    if heats.size:
        crossover = np.exp(brentq(net, grid[last - 1], grid[last], xtol=1e-14))
    top = int(np.argmax(values[: last + 1]))
    if top == grid.size - 1:
        return Optimum(np.inf, np.inf, float(values[top]), crossover, crossover * per_x)
    found = minimize_scalar(
        lambda log_x: -net(log_x), bounds=(grid[max(top - 1, 0)], grid[top + 1]), method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    x = float(np.exp(found.x))
    return Optimum(x, x * per_x, float(-found.fun), float(crossover), float(crossover * per_x))


def _best_x(numerator: Array, denominator: Array) -> tuple[float, float]:
    """Return x of the largest ``x N/D`` and the smallest x where N changes sign."""
    if numerator[0] <= 0.0:
        return 0.0, 0.0
    crossings = _positive_roots(numerator)
    crossover = crossings[0] if crossings.size else np.inf
    top = poly.polymulx(numerator)
    slope = poly.polysub(
        poly.polymul(poly.polyder(top), denominator), poly.polymul(top, poly.polyder(denominator))
    )
    candidates = _positive_roots(slope)
    candidates = candidates[candidates < crossover]
    if not candidates.size:
        return np.inf, crossover
    value = candidates * poly.polyval(candidates, numerator) / poly.polyval(candidates, denominator)
    return float(candidates[np.argmax(value)]), float(crossover)


def _positive_roots(polynomial: Any) -> Array:
    """Return the real positive roots, rising, each polished by Newton's method."""
    c = np.trim_zeros(np.asarray(polynomial, np.float64), "b")
    if c.size < 2:
        return np.empty(0)
    roots = poly.polyroots(c)
    real = np.sort(roots.real[(np.abs(roots.imag) <= 1e-6 * np.abs(roots)) & (roots.real > 0)])
    slope = poly.polyder(c)
    for _ in range(3):
        steepness = poly.polyval(real, slope)
        step = np.where(
            steepness != 0, poly.polyval(real, c) / np.where(steepness, steepness, 1), 0
        )
        real = real - step
    return np.asarray(real[real > 0])


def _limit(numerator: Array, denominator: Array, tau_X: float) -> float:
    top = np.trim_zeros(poly.polymulx(numerator), "b")
    bottom = np.trim_zeros(denominator, "b")
    if top.size > bottom.size:
        return float(np.inf)
    return float(top[-1] / bottom[-1] / tau_X) if top.size == bottom.size else 0.0


def break_even_eta(temperature: float, p: GainParameters) -> float:
    """Return the internal efficiency of a bright dot that just cools at low intensity (may be > 1).

    The net gain at x → 0 vanishes: ``eta_ext <E_esc> = E_ex`` plus the background's share.
    Infinite where no light leaves and none is recycled.
    """
    if p.f_escape == 0.0 and p.f_reabsorbed == 0.0:
        return np.inf
    bright = p.bright * _kept(temperature, p)
    needed = (p.photon_energy + background_energy(temperature, p)) / mean_escape(temperature, p)
    return float(internal_efficiency_needed(needed, p.f_escape, p.f_reabsorbed) / bright)


def best_photon_energy(model: GainModel, temperature: float | None = None) -> float:
    """Return the pump photon energy [J] where G is largest: low intensity, fixed photon flux.

    In an Urbach tail the closed form ``eta_ext <E_esc> - E_U``, otherwise a numerical maximum
    (relative accuracy about 1e-8): of all dots where they are not alike, with what quenching,
    laws of temperature and up-conversion leave of the efficiency; NaN where nothing cools.
    """
    from scipy.optimize import minimize_scalar

    T = model.reference_temperature if temperature is None else temperature
    laws = (model.ensemble, model.quenching, model.thermal, model.upconversion)
    if any(law is not None for law in laws):
        return _best_of_all(model, T)
    f_escape, f_reabsorbed, red_shift = model.escape_values()
    eta_int = model.recombination.efficiencies()[0] * (1.0 - model.dark_fraction)
    eta = float(outcoupled_efficiency(eta_int, f_escape, f_reabsorbed))
    energy = float(model.mean_emission(T)) - red_shift
    if isinstance(model.absorption, UrbachTail):
        E_U = float(model.absorption.urbach_energy(T, model.reference_temperature))
        return float(best_photon_energy_urbach(energy, eta, E_U))

    def log_loss(E: Any) -> Any:
        return -np.log(eta * energy - E) - np.log(model.sigma_abs(E, T))

    low, high = eta * energy - 1.0 * e, eta * energy * (1.0 - 1e-12)
    grid = np.linspace(low, high, 512)[:-1]
    start = int(np.argmin(log_loss(grid)))
    bounds = (grid[max(start - 1, 0)], grid[min(start + 1, grid.size - 1)])
    found = minimize_scalar(log_loss, bounds=bounds, method="bounded", options={"xatol": 1e-9 * e})
    return float(found.x)


def _best_of_all(model: GainModel, T: float) -> float:
    """Return the pump photon energy [J] of the largest gain of all dots; NaN where none cools.

    0 photons per area make no gain; 1 per m² and second is weak enough for any dot.
    """
    from scipy.optimize import minimize_scalar

    top = float(mean_escape(T, model.parameters(model.cross_section.photon_energy)))

    def loss(E: Any) -> Any:
        return heat_source(E, T, parameters_over(model, E, T)._replace(alpha_background=0.0))

    grid = np.linspace(top - 1.0 * e, top, 1024)
    start = int(np.argmin(at_grid := loss(grid)))
    if not at_grid[start] < 0.0:
        return math.nan
    bounds = (grid[max(start - 1, 0)], grid[min(start + 1, grid.size - 1)])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9 * e})
    return float(found.x)


def joint_optimum(
    model: GainModel,
    energy_range: tuple[float, float],
    intensity_max: float,
    temperature: float | None = None,
) -> JointOptimum:
    """Return photon energy and intensity (at most ``intensity_max``) of the largest net cooling.

    The gain of a dot grows without bound as the pump moves to the red and its intensity follows,
    so a limit of intensity is part of the question. ``at_edge`` tells whether the optimum sits on
    the edge of ``energy_range`` or at ``intensity_max``. ``net_cooling`` [W/m³] is 0 where
    nothing cools.
    """
    from scipy.optimize import minimize_scalar

    T = model.reference_temperature if temperature is None else temperature

    def best_intensity(E: float) -> float:
        return min(optimum(T, parameters_over(model, E, T)).intensity, intensity_max)

    def loss(E: float) -> float:
        return float(heat_source(best_intensity(E), T, parameters_over(model, E, T)))

    grid = np.linspace(*energy_range, 65)
    start = int(np.argmin([loss(E) for E in grid]))
    bounds = (grid[max(start - 1, 0)], grid[min(start + 1, 64)])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-8 * e})
    energy, value = float(found.x), float(found.fun)
    if loss(float(grid[start])) <= value:
        energy, value = float(grid[start]), loss(float(grid[start]))
    edge = min(abs(energy - energy_range[0]), abs(energy - energy_range[1])) < 1e-6 * e
    intensity = best_intensity(energy)
    edge = edge or intensity >= intensity_max
    return JointOptimum(energy, intensity, max(-value, 0.0), bool(edge))


def parameters_over(
    model: GainModel, photon_energy: ArrayLike, temperature: float
) -> GainParameters:
    """Return parameters that hold arrays: many photon energies [J] at one temperature [K]."""
    E = np.asarray(photon_energy, dtype=np.float64)
    p = model.parameters(float(model.cross_section.photon_energy))
    sigma, groups = model.sigma_abs(E, temperature), groups_of(model, E, temperature)
    p = p._replace(photon_energy=E, sigma_abs=sigma, log_sigma=(0.0,), groups=groups)
    if model.upconversion is None:
        return p
    lifted = model.upconversion.efficiency(E, temperature)
    return p._replace(upconverted=(lifted, (0.0,)))
