"""The cooling gain and the heat source: one definition for arrays and for UFL forms.

Every number of the formula is an entry of `GainParameters`. The functions below are arithmetic on
those entries (they branch on ``None`` and on lengths, never on values), so an entry may be a
float, an array that broadcasts, or a ``fem.Constant``. Dots that are not alike are entries of
``groups``; what they absorb and emit is added up by `flow`.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

from thermosim.gain.efficiency import outcoupled_efficiency, polynomial
from thermosim.gain.numbers import Dot, DotGroup, GainParameters
from thermosim.language.namespaces import NUMPY, Namespace, balanced_sum


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


def quenched(temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the efficiency at ``temperature`` [K] over that at the reference (Mott and Seitz).

    ``(1 + s)/(1 + s exp(theta (1/T_ref - 1/T)))``; 1 where nothing quenches, or no temperature is
    told.
    """
    if p.quenching is None or temperature is None:
        return 1.0
    theta, strength, T_ref = p.quenching
    T = xp.minimum(xp.maximum(temperature, p.temperature_min), p.temperature_max)
    return (1.0 + strength) / (1.0 + strength * xp.exp(theta * (1.0 / T_ref - 1.0 / T)))


def aged_efficiency(dose: Any, ageing: tuple[tuple[Any, Any], ...], xp: Namespace = NUMPY) -> Any:
    """Return the efficiency after a ``dose`` [J/m²] of pump light over that of fresh dots.

    ``1 + sum c (1 - exp(-dose/D))`` over processes of change c and dose D: c below 0 darkens,
    above 0 brightens.
    """
    return 1.0 + balanced_sum([c * (1.0 - xp.exp(-dose / D)) for c, D in ageing])


def kept_efficiency(temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the efficiency over that of fresh dots at the reference temperature; None for 1."""
    parts = [] if p.aged is None else [p.aged]
    if p.quenching is not None:
        parts.append(quenched(temperature, p, xp))
    if p.upconverted is not None:
        at_rest, follows = p.upconverted
        parts.append(at_rest)
        if temperature is not None and len(follows) > 1:
            parts.append(xp.exp(chebyshev(scaled_temperature(temperature, p, xp), follows)))
    return functools.reduce(operator.mul, parts) if parts else None


class Decay(NamedTuple):
    """Polynomials in x, the excitation number with the lifetime at the reference temperature."""

    emitted: tuple[Any, ...]
    absorbed: tuple[Any, ...]
    population: tuple[Any, ...] | None


def decay_at(
    one: GainParameters | DotGroup, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Decay:
    """Return how dots, alike or of a group, decay at a temperature [K]; None: that of reference."""
    polynomials = (one.emitted, one.absorbed, one.population)
    if one.follows is None or temperature is None:
        return Decay(*polynomials)
    s = scaled_temperature(temperature, p, xp)
    emitted, absorbed, population = (
        None if at_rest is None else tuple(
            c if len(move) == 1 else c + chebyshev(s, move)
            for c, move in zip(at_rest, moves, strict=True)
        )
        for at_rest, moves in zip(polynomials, one.follows, strict=True)
    )  # fmt: skip
    assert emitted is not None
    assert absorbed is not None
    return Decay(emitted, absorbed, population)


def cross_section(temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the absorption cross-section of one dot [m²] at the pump energy; the mean of all."""
    if p.groups:
        return _mean_of_dots(temperature, p, xp, lifetimes=False)
    s = scaled_temperature(temperature, p, xp)
    return p.sigma_abs * xp.exp(chebyshev(s, p.log_sigma))


class Flow(NamedTuple):
    """What the mean dot does with one pump photon per area.

    ``absorbed`` and ``emitted`` in photons [m²], reabsorbed ones not counted as absorbed but as
    emitted; ``offset`` [J m²]: the emitted photons times the gap offsets of their dots.
    """

    absorbed: Any
    emitted: Any
    offset: Any


def flow(intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Flow:
    """Return what an ensemble (``p.groups``) absorbs and emits under ``intensity`` [W/m²].

    With ``s`` the shares, ``r`` those of the reabsorption and eta the efficiencies at each dot's
    own x: ``absorbed = sum s sigma``, ``first = sum s sigma eta``, ``emitted = first/(1 - f_r sum
    r eta)``; the offsets of the light that was absorbed again are those of the dots that emit it.
    """
    s, photons = scaled_temperature(temperature, p, xp), intensity / p.photon_energy
    kept = kept_efficiency(temperature, p, xp)
    absorbed, first, offset, again, again_offset = [], [], [], [], []
    for group in p.groups:
        per_sigma, decay = photons * group.tau_X, decay_at(group, temperature, p, xp)
        for dot, factor in _with_factors(group, s, xp):
            x = per_sigma * factor * dot.sigma_abs
            decays = polynomial(x, decay.absorbed)
            eta = polynomial(x, decay.emitted) / decays
            eta = eta if kept is None else eta * kept
            taken = dot.weight * factor
            if decay.population is not None:
                taken = taken * (decays / polynomial(x, decay.population))
            absorbed.append(taken)
            first.append(taken * eta)
            offset.append(first[-1] * dot.gap)
            if dot.recycled is not None:
                again.append(dot.recycled * eta)
                again_offset.append(again[-1] * dot.gap)
    emitted, offsets = balanced_sum(first), balanced_sum(offset)
    if again:
        emitted = emitted / (1.0 - p.f_reabsorbed * balanced_sum(again))
        offsets = offsets + p.f_reabsorbed * emitted * balanced_sum(again_offset)
    return Flow(balanced_sum(absorbed), emitted, offsets)


def _flow_at(x: Any, p: GainParameters, temperature: Any, xp: Namespace) -> Flow:
    """Return the flow at a mean excitation number; at the reference temperature where None."""
    if temperature is None:
        groups = tuple(g._replace(log_sigma=(0.0,), log_slope=None, follows=None) for g in p.groups)
        p = p._replace(groups=groups, temperature_min=0.0, temperature_max=1.0, quenching=None)
        if p.upconverted is not None:
            p = p._replace(upconverted=(p.upconverted[0], (0.0,)))
        temperature = 0.0
    per_intensity = _mean_of_dots(temperature, p, xp, lifetimes=True) / p.photon_energy
    return flow(x / per_intensity, temperature, p, xp)


def _mean_of_dots(temperature: Any, p: GainParameters, xp: Namespace, *, lifetimes: bool) -> Any:
    """Return the mean cross-section [m²] of an ensemble, or of that times tau_X [m² s]."""
    s = scaled_temperature(temperature, p, xp)
    sums = []
    for group in p.groups:
        for dot, factor in _with_factors(group, s, xp):
            part = dot.weight * factor
            sums.append(part * group.tau_X if lifetimes else part)
    return balanced_sum(sums)


def _with_factors(group: DotGroup, s: Any, xp: Namespace) -> list[tuple[Dot, Any]]:
    """Return each dot of a group with the factor on its cross-section at a scaled temperature."""
    level = chebyshev(s, group.log_sigma)
    if group.log_slope is None:
        scale = xp.exp(level)
        return [(dot, _saturated(dot, scale)) for dot in group.dots]
    slope = chebyshev(s, group.log_slope)
    scales = [xp.exp(level - dot.offset * slope) for dot in group.dots]
    return [(dot, _saturated(dot, one)) for dot, one in zip(group.dots, scales, strict=True)]


def _saturated(dot: Dot, scale: Any) -> Any:
    """Return the factor on the cross-section of a dot where the tail of its group has ``scale``."""
    if dot.filled is None:
        return scale
    return (1.0 + dot.filled) * scale / (1.0 + dot.filled * scale)


def mean_escape(temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the mean photon energy [J] of the light that leaves the body, under weak light."""
    energy = _mean_leaving(temperature, p, xp)
    if p.groups:
        weak = flow(0.0, temperature, p, xp)
        energy = energy + weak.offset / weak.emitted
    return energy


def _mean_leaving(temperature: Any, p: GainParameters, xp: Namespace) -> Any:
    """Return the mean photon energy [J] of the light of a dot of mean gap that leaves the body."""
    s = scaled_temperature(temperature, p, xp)
    return p.mean_emission + chebyshev(s, p.mean_emission_shift) - p.red_shift


def excitation_rate(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return ``beta = sigma_abs I / E_ex`` [1/s] of one dot; the mean where they are not alike."""
    return cross_section(temperature, p, xp) * intensity / p.photon_energy


def excitation_number(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return ``x = beta tau_X``, tau_X at the reference temperature; the mean of all dots."""
    if p.groups:
        mean = _mean_of_dots(temperature, p, xp, lifetimes=True)
        return mean * intensity / p.photon_energy
    return excitation_rate(intensity, temperature, p, xp) * p.tau_X


def internal_efficiency(
    x: Any, p: GainParameters, temperature: Any = None, xp: Namespace = NUMPY
) -> Any:
    """Return photons emitted per photon absorbed by dots at the excitation number ``x``.

    Where dots are not alike, how they share the light depends on the temperature [K] (None: that
    of reference), and light that is absorbed again is counted out.
    """
    if p.groups:
        none_again = p._replace(f_reabsorbed=0.0 * p.f_reabsorbed)
        found = _flow_at(x, none_again, temperature, xp)
        return found.emitted / found.absorbed
    decay = decay_at(p, temperature, p, xp)
    eta = p.bright * polynomial(x, decay.emitted) / polynomial(x, decay.absorbed)
    kept = kept_efficiency(temperature, p, xp)
    return eta if kept is None else eta * kept


def external_efficiency(
    x: Any, p: GainParameters, temperature: Any = None, xp: Namespace = NUMPY
) -> Any:
    """Return photons that leave the body per pump photon absorbed by dots.

    The temperature [K] counts where dots are not alike or quench; None: that of reference.
    """
    if p.groups:
        found = _flow_at(x, p, temperature, xp)
        return p.f_escape * found.emitted / found.absorbed
    eta = internal_efficiency(x, p, temperature, xp)
    return outcoupled_efficiency(eta, p.f_escape, p.f_reabsorbed)


def absorbing_share(
    x: Any, p: GainParameters, temperature: Any = None, xp: Namespace = NUMPY
) -> Any:
    """Return the share of the dots that can absorb; 1 where bleaching is neglected."""
    decay = decay_at(p, temperature, p, xp)
    if decay.population is None:
        return 1.0
    return polynomial(x, decay.absorbed) / polynomial(x, decay.population)


def cooling_gain(intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the cooling gain ``g = beta (eta_ext <E_esc> - E_ex)`` [W] of one dot; > 0 cools.

    ``intensity`` [W/m²] and ``temperature`` [K] broadcast with each other and with ``p``. Eq. (3)
    of arXiv:2406.10641, times the share of dots that can absorb where bleaching is counted; the
    mean where dots are not alike.
    """
    if p.groups:
        found = flow(intensity, temperature, p, xp)
        leaving = found.emitted * _mean_leaving(temperature, p, xp) + found.offset
        drawn = p.f_escape * leaving - p.photon_energy * found.absorbed
        return intensity / p.photon_energy * drawn
    beta = excitation_rate(intensity, temperature, p, xp)
    x = beta * p.tau_X
    energy = (
        external_efficiency(x, p, temperature, xp) * mean_escape(temperature, p, xp)
        - p.photon_energy
    )
    return beta * absorbing_share(x, p, temperature, xp) * energy


def emission_rate(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return the photons of one dot that leave the body per time [1/s], ``beta eta_ext``.

    Times the share of dots that can absorb; the mean where dots are not alike.
    """
    if p.groups:
        found = flow(intensity, temperature, p, xp)
        return p.f_escape * found.emitted * intensity / p.photon_energy
    x = excitation_number(intensity, temperature, p, xp)
    beta = excitation_rate(intensity, temperature, p, xp)
    absorbing = absorbing_share(x, p, temperature, xp)
    return beta * absorbing * external_efficiency(x, p, temperature, xp)


def heat_source(intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY) -> Any:
    """Return the heat released per volume [W/m³], ``-n_dots g + alpha_background I``; < 0 cools."""
    gain = cooling_gain(intensity, temperature, p, xp)
    return p.alpha_background * intensity - p.n_dots * gain


def pump_absorption(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return the absorption coefficient [1/m] of the pump: dots and background."""
    if p.groups:
        return p.n_dots * flow(intensity, temperature, p, xp).absorbed + p.alpha_background
    beta = excitation_rate(intensity, temperature, p, xp)
    absorbing = absorbing_share(beta * p.tau_X, p, temperature, xp)
    dots = p.n_dots * cross_section(temperature, p, xp) * absorbing
    return dots + p.alpha_background


def emitted_light(
    intensity: Any, temperature: Any, p: GainParameters, xp: Namespace = NUMPY
) -> Any:
    """Return the light that dots send out of the body per volume [W/m³]: absorbed plus cooling."""
    taken = pump_absorption(intensity, temperature, p, xp) - p.alpha_background
    return taken * intensity + p.n_dots * cooling_gain(intensity, temperature, p, xp)


def without_auger(p: GainParameters) -> GainParameters:
    """Return the parameters with the efficiency of weak light at every intensity."""

    def linear(entry: Any) -> Any:
        moves = entry.follows and (entry.follows[0][:1], entry.follows[1][:1], None)
        return entry._replace(
            emitted=entry.emitted[:1], absorbed=entry.absorbed[:1], population=None, follows=moves
        )

    found: GainParameters = linear(p)
    return found._replace(groups=tuple(linear(group) for group in p.groups))
