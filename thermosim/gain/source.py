"""The cooling gain and the heat source: one definition for arrays and for UFL forms.

Every number of the formula is an entry of `GainParameters`. The functions below are arithmetic on
those entries (they branch on ``None`` and on lengths, never on values), so an entry may be a
float, an array that broadcasts, or a ``fem.Constant``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from thermosim.gain.efficiency import outcoupled_efficiency, polynomial
from thermosim.language.namespaces import NUMPY, Namespace, balanced_sum


class GainParameters(NamedTuple):
    """Every number that enters the heat source at one pump photon energy; SI units.

    Attributes
    ----------
    n_dots
        Density of dots [1/m³].
    photon_energy
        Pump photon energy [J].
    sigma_abs
        Absorption cross-section of one dot at the pump energy and the reference temperature [m²].
    log_sigma
        Chebyshev coefficients of ``ln(sigma_abs(T) / sigma_abs)``.
    mean_emission
        Mean photon energy of the emission at the reference temperature [J].
    mean_emission_shift
        Chebyshev coefficients of ``mean_emission(T) - mean_emission`` [J].
    temperature_min, temperature_max
        Range [K] of both interpolants; beyond it they keep the value at its end.
    tau_X
        Lifetime of the exciton [s].
    emitted, absorbed
        Polynomials in x whose ratio is the efficiency of a bright dot (Eq. 2 and its ladders).
    population
        Polynomial in x with ``absorbed / population`` the share of dots that can absorb; None
        where bleaching is neglected, as in Eq. (3).
    bright
        Share of the absorbing dots that emit at all.
    f_escape, f_reabsorbed
        Share of the emitted photons that leaves the body, and that dots absorb again.
    red_shift
        Mean emitted less mean escaping photon energy [J].
    alpha_background
        Absorption that only heats [1/m].
    """

    n_dots: Any
    photon_energy: Any
    sigma_abs: Any
    log_sigma: tuple[Any, ...]
    mean_emission: Any
    mean_emission_shift: tuple[Any, ...]
    temperature_min: Any
    temperature_max: Any
    tau_X: Any
    emitted: tuple[Any, ...]
    absorbed: tuple[Any, ...]
    population: tuple[Any, ...] | None
    bright: Any
    f_escape: Any
    f_reabsorbed: Any
    red_shift: Any
    alpha_background: Any


def chebyshev(s: Any, coefficients: tuple[Any, ...]) -> Any:
    """Return ``sum c_k T_k(s)``, with ``T_(2k) = 2 T_k² - 1`` and ``T_(2k+1) = 2 T_k T_(k+1) - s``.

    As accurate as Clenshaw's rule and, unlike it, no deeper as a form than the logarithm of the
    number of coefficients.
    """
    T: list[Any] = [1.0 + 0.0 * s, s]
    for k in range(2, len(coefficients)):
        half = k // 2
        T.append(2.0 * T[half] * T[k - half] - T[k % 2])
    return balanced_sum([c * T_k for c, T_k in zip(coefficients, T, strict=False)])


def scaled_temperature(temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the temperature [K] mapped from the range of the interpolants to [-1, 1], clamped."""
    low, high = p.temperature_min, p.temperature_max
    return (2.0 * xp.minimum(xp.maximum(temperature, low), high) - low - high) / (high - low)


def cross_section(temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the absorption cross-section of one dot [m²] at the pump energy."""
    s = scaled_temperature(temperature, p, xp)
    return p.sigma_abs * xp.exp(chebyshev(s, p.log_sigma))


def mean_escape(temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the mean photon energy [J] of the light that leaves the body."""
    s = scaled_temperature(temperature, p, xp)
    return p.mean_emission + chebyshev(s, p.mean_emission_shift) - p.red_shift


def excitation_rate(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return ``beta = sigma_abs I / E_ex`` [1/s] of one dot."""
    return cross_section(temperature, p, xp) * intensity / p.photon_energy


def excitation_number(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return ``x = beta tau_X``."""
    return excitation_rate(intensity, temperature, p, xp) * p.tau_X


def internal_efficiency(x: Any, p: GainParameters) -> Any:
    """Return photons emitted per photon absorbed by dots at the excitation number ``x``."""
    return p.bright * polynomial(x, p.emitted) / polynomial(x, p.absorbed)


def external_efficiency(x: Any, p: GainParameters) -> Any:
    """Return photons that leave the body per pump photon absorbed by dots."""
    return outcoupled_efficiency(internal_efficiency(x, p), p.f_escape, p.f_reabsorbed)


def absorbing_share(x: Any, p: GainParameters) -> Any:
    """Return the share of the dots that can absorb; 1 where bleaching is neglected."""
    if p.population is None:
        return 1.0
    return polynomial(x, p.absorbed) / polynomial(x, p.population)


def cooling_gain(intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the cooling gain ``g = beta (eta_ext <E_esc> - E_ex)`` [W] of one dot; > 0 cools.

    ``intensity`` [W/m²] and ``temperature`` [K] broadcast with each other and with ``p``. Eq. (3)
    of arXiv:2406.10641, times the share of dots that can absorb where bleaching is counted.
    """
    beta = excitation_rate(intensity, temperature, p, xp)
    x = beta * p.tau_X
    energy = external_efficiency(x, p) * mean_escape(temperature, p, xp) - p.photon_energy
    return beta * absorbing_share(x, p) * energy


def heat_source(intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the heat released per volume [W/m³], ``-n_dots g + alpha_background I``; < 0 cools."""
    gain = cooling_gain(intensity, temperature, p, xp)
    return p.alpha_background * intensity - p.n_dots * gain


def pump_absorption(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return the absorption coefficient [1/m] of the pump: dots and background."""
    beta = excitation_rate(intensity, temperature, p, xp)
    dots = p.n_dots * cross_section(temperature, p, xp) * absorbing_share(beta * p.tau_X, p)
    return dots + p.alpha_background
