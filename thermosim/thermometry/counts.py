"""Temperatures from few counts, on top of dark counts and read noise: no bin is left out.

Net counts ``n`` and ``n0`` of the two spectra obey ``E(n - r n0) = 0`` with the ratio
``r = exp(a + s E)``, whatever the spectrum, the dark level taken off and the exposure. The sum of
``w x (n - r n0)`` is therefore zero on average for any weights; those of least noise are
``w = r mu0 / var(n - r n0)``. Without dark counts ``w = 1/(1 + r)``, and this is the likelihood of
the counts (given their sum, two Poisson counts are binomial).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from thermosim.thermometry.settings import Array
from thermosim.thermometry.tail import (
    TailFit,
    require_bins,
    temperature_from_slope,
    temperature_sigma,
)

_STEPS = 100
_TOLERANCE = 1e-8
_LARGEST = 300.0  # logarithm
_LARGEST_STEP = 1.0  # of the logarithm of a ratio or spectrum
_HALVINGS = 30


@dataclass(frozen=True)
class Counts:
    """Net counts of spectra in bins, and their noise beyond that of the light itself.

    ``net`` (..., n); ``dark`` (..., n) the variance by dark counts and read noise of each bin;
    ``level`` (...) the variance of a background level per sample that was taken off all bins
    alike, ``samples`` (n,) the samples in a bin.
    """

    net: Array
    dark: Array
    level: Array
    samples: Array


@dataclass(frozen=True)
class CountsFit:
    """A `TailFit`, and what tells whether its line is one.

    ``residual`` (..., n) is ``(n - r n0)/sqrt(variance)``, ``ratio`` is r; ``light`` and ``still``
    are the parts of that variance by the light and by dark counts and read noise. ``excess`` tells
    by how many standard deviations chi² is too large; ``bend`` by how many the line is bent, and
    ``bend_temperature`` [K] how far the temperatures at the ends of the window are from the middle.
    ``floor`` tells by how many the spectra flatten towards high energy, ``flattening`` by which
    part of their slope from the middle to the end.
    """

    tail: TailFit
    residual: Array
    light: Array
    still: Array
    ratio: Array
    excess: Array
    bend: Array
    bend_temperature: Array
    floor: Array
    flattening: Array


def fit_counts(
    energy: npt.ArrayLike,
    signal: Counts,
    reference: Counts,
    reference_temperature: float,
    shared_dark: npt.ArrayLike = 0.0,
) -> CountsFit:
    """Fit the ratio of net counts and return temperatures; shapes as `fit_tail`.

    ``shared_dark`` (n,) is the variance of dark counts that were taken off both spectra.
    Temperatures are means: the curvature of ``T = 1/(1/T0 - k s)`` is taken off, ``sigma²/T``.

    Raises
    ------
    ValueError
        If a spectrum has light in fewer than three bins, or a tail has no temperature.
    """
    x = np.asarray(energy, float)
    n, n0 = np.broadcast_arrays(signal.net, reference.net)
    require_bins(n > 0.0)
    require_bins(n0 > 0.0)
    if np.any(n.sum(-1) <= 0.0) or np.any(n0.sum(-1) <= 0.0):
        raise ValueError("a spectrum has no counts in the window")
    fit = _settled(x, n, n0, signal, reference, np.asarray(shared_dark, float))
    covariance = _covariance(fit, signal, reference)
    from_reference = fit.ratio * fit.expected + fit.ratio**2 * reference.dark
    return _judged(fit, covariance, from_reference, reference_temperature)


def _settled(
    x: Array, n: Array, n0: Array, signal: Counts, reference: Counts, shared_dark: Array
) -> _Ready:
    """Solve for the ratio: steps of scoring, each with the weights of the ratio so far."""
    u = (x - x.mean()) / np.ptp(x)
    total, floor, flattening = _smooth(u, n + n0, signal.dark + reference.dark, signal.samples)
    theta = np.stack([np.log(n.sum(-1) / n0.sum(-1)), np.zeros(n.shape[:-1])], axis=-1)
    design = _line(u)
    for _ in range(_STEPS):
        r = np.asarray(np.exp(np.clip(theta @ design.T, -_LARGEST, _LARGEST)))
        light = r * total  # r mu0 + r² mu0, with mu0 = total/(1 + r)
        still = signal.dark + r**2 * reference.dark + (1.0 - r) ** 2 * shared_dark
        expected = light / (1.0 + r)  # r mu0, of the spectrum that is not the reference
        weight = expected / (light + still)
        score = (weight * (n - r * n0)) @ design
        step = np.linalg.solve(_information(weight * expected, design), score[..., None])[..., 0]
        theta = np.asarray(theta + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP))
        if np.all(np.abs(step) <= _TOLERANCE):
            rest = n - r * n0
            return _Ready(x, u, theta, rest, light, still, weight, expected, r, floor, flattening)
    raise ValueError("too few counts in the window for a slope: widen the window")


def _covariance(fit: _Ready, signal: Counts, reference: Counts) -> Array:
    """Return the covariance of intercept and slope; a background level moves all bins together."""
    design = _line(fit.u)
    information = _information(fit.weight * fit.expected, design)
    covariance = np.linalg.inv(information)
    for part, times in ((signal, np.ones_like(fit.ratio)), (reference, fit.ratio)):
        push = (fit.weight * times * part.samples) @ design
        moved = np.linalg.solve(information, push[..., None])
        variance = np.asarray(part.level, float)[..., None, None]
        covariance = covariance + variance * moved * np.swapaxes(moved, -1, -2)
    return np.asarray(covariance, dtype=np.float64)


def _line(u: Array) -> Array:
    return np.stack([np.ones_like(u), u], axis=-1)


@dataclass(frozen=True)
class _Ready:
    """A fit that has settled; ``theta`` is over ``u``, the energy over the width of the window."""

    x: Array
    u: Array
    theta: Array
    rest: Array
    light: Array
    still: Array
    weight: Array
    expected: Array
    ratio: Array
    floor: Array
    flattening: Array


def _judged(fit: _Ready, covariance: Array, from_reference: Array, T0: float) -> CountsFit:
    """Return temperatures and what judges them."""
    width = np.ptp(fit.x)
    variance = fit.light + fit.still
    residual = fit.rest / np.sqrt(variance)
    slope = fit.theta[..., 1] / width
    sigma_slope = np.sqrt(covariance[..., 1, 1]) / width
    T = temperature_from_slope(slope, T0)
    sigma = temperature_sigma(T, sigma_slope)
    pull = fit.weight * fit.expected
    centre = (pull * fit.u).sum(-1) / pull.sum(-1)
    off = fit.u - centre[..., None]
    influence = (fit.weight * off) ** 2
    shared = (influence * from_reference).sum(-1) / (influence * variance).sum(-1)
    freedom = fit.u.size - 2
    chi2 = (residual**2).sum(-1)
    fourth = 1.0 / variance  # of Poisson counts, where r is near 1
    bend, curvature = _bend(fit, pull)
    tail = TailFit(
        temperature=np.asarray(T - sigma**2 / T),
        sigma=sigma,
        sigma_common=np.asarray(sigma * np.sqrt(np.clip(shared, 0.0, 1.0))),
        slope=np.asarray(slope),
        sigma_slope=np.asarray(sigma_slope),
        intercept=np.asarray(fit.theta[..., 0] + fit.theta[..., 1] * centre),
        centre=np.asarray(fit.x.mean() + centre * width),
        reduced_chi2=np.asarray(chi2 / freedom),
        bins=np.full(T.shape, fit.u.size, dtype=np.int64),
    )
    return CountsFit(
        tail=tail,
        residual=residual,
        light=fit.light,
        still=fit.still,
        ratio=fit.ratio,
        excess=np.asarray((chi2 - freedom) / np.sqrt(2.0 * freedom + fourth.sum(-1))),
        bend=bend,
        bend_temperature=np.abs(temperature_sigma(T, curvature / width)),
        floor=fit.floor,
        flattening=fit.flattening,
    )


def _bend(fit: _Ready, pull: Array) -> tuple[Array, Array]:
    """Return the curvature of the log ratio: in standard deviations, and over half the window."""
    basis = _line(fit.u)
    square = np.broadcast_to(fit.u**2, fit.rest.shape)
    projection = np.linalg.solve(_information(pull, basis), ((pull * square) @ basis)[..., None])
    off = square - (basis @ projection)[..., 0]
    score = (fit.weight * fit.rest * off).sum(-1)
    information = (pull * off**2).sum(-1)
    # d ln(ratio)/du changes by 2 c (u - middle), so by c from the middle to an end
    return np.asarray(score / np.sqrt(information)), np.asarray(score / information)


def _information(weight: Array, design: Array) -> Array:
    return np.asarray(np.einsum("...i,ij,ik->...jk", weight, design, design))


def _smooth(u: Array, total: Array, dark: Array, samples: Array) -> tuple[Array, Array, Array]:
    """Return ``total`` (..., n) as a smooth spectrum, and how surely and how much it flattens.

    The spectrum of a sample is exp of a parabola, fitted to the counts; bins hold ``samples``.
    """
    design = np.stack([np.ones_like(u), u, u**2], axis=-1)
    theta = np.zeros((*total.shape[:-1], 3))
    theta[..., 0] = np.log(np.maximum(total.sum(-1) / samples.sum(), np.finfo(float).tiny))
    for _ in range(_STEPS):
        model = samples * np.exp(np.clip(theta @ design.T, -_LARGEST, _LARGEST))
        weight = model / (model + dark)
        information = _information(weight * model, design)
        ridge = 1e-12 * np.trace(information, axis1=-2, axis2=-1)
        information = information + ridge[..., None, None] * np.eye(3)
        score = (weight * (total - model)) @ design
        step = np.linalg.solve(information, score[..., None])[..., 0]
        theta = theta + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        if np.all(np.abs(step) <= 1e-4):
            break
    surely = theta[..., 2] / np.sqrt(np.linalg.inv(information)[..., 2, 2])
    flattening = theta[..., 2] / np.maximum(-theta[..., 1], 1e-12)
    smooth = samples * np.exp(np.clip(theta @ design.T, -_LARGEST, _LARGEST))
    return np.asarray(smooth), np.asarray(surely), np.asarray(flattening)


def without_floor(
    energy: npt.ArrayLike, signal: Counts, reference: Counts, reference_temperature: float
) -> tuple[float, float]:
    """Return the counts per sample on which a pair seems to stand, and the temperature without.

    The level is that which leaves the logarithm of the spectrum a straight line, the same in both
    spectra. Emission by itself never flattens: ``alpha E² exp(-E/kT)`` bends the other way.
    """
    x = np.asarray(energy, float)
    u = (x - x.mean()) / np.ptp(x)
    n, dark = signal.net + reference.net, signal.dark + reference.dark
    low, high = 0.0, float(np.min(_smooth(u, n, dark, signal.samples)[0] / signal.samples))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        still = dark + middle * signal.samples
        flat = float(_smooth(u, n - middle * signal.samples, still, signal.samples)[1]) > 0.0
        low, high = (middle, high) if flat else (low, middle)
    level = 0.25 * (low + high)  # of each of the two
    off = level * signal.samples
    pair = [replace(one, net=one.net - off, dark=one.dark + off) for one in (signal, reference)]
    fit = fit_counts(x, pair[0], pair[1], reference_temperature)
    return level, float(fit.tail.temperature)
