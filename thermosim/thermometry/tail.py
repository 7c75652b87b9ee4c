"""Temperature from the ratio of two high-energy tails of luminescence.

With ``I ∝ alpha(E) E² / (exp(E/kT) - 1)`` and an absorption ``alpha`` that does not change,
``ln(I(T)/I(T0)) = const - (E/k)(1/T - 1/T0)``: a straight line whose slope gives the temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt
from scipy.constants import k

from thermosim.thermometry.settings import MIN_BINS, Array, Weights

_NEWTON_STEPS = 60
_NEWTON_TOLERANCE = 1e-6  # of the standard error; convergence is quadratic


def ratio_slope(temperature: npt.ArrayLike, reference_temperature: npt.ArrayLike) -> Array:
    """Return the slope [1/J] of ``ln(I(T)/I(T0))``: ``s = -(1/T - 1/T0)/k``, T and T0 in K."""
    T, T0 = np.asarray(temperature, float), np.asarray(reference_temperature, float)
    return np.asarray(-(1.0 / T - 1.0 / T0) / k)


def temperature_from_slope(slope: npt.ArrayLike, reference_temperature: npt.ArrayLike) -> Array:
    """Return ``T = 1/(1/T0 - k s)`` [K] for the slope ``s`` [1/J] of the log ratio.

    Raises
    ------
    ValueError
        If a slope reaches ``1/(k T0)``: such a tail is flat or rises, and has no temperature.
    """
    inverse = 1.0 / np.asarray(reference_temperature, float) - k * np.asarray(slope, float)
    if not np.all(inverse > 0.0):
        raise ValueError(
            "the tail does not fall towards high energy, so it has no temperature: "
            "the window holds noise or background"
        )
    return np.asarray(1.0 / inverse)


def temperature_sigma(temperature: npt.ArrayLike, sigma_slope: npt.ArrayLike) -> Array:
    """Return ``sigma_T = k T² sigma_s`` [K] for the uncertainty ``sigma_s`` [1/J] of the slope."""
    return np.asarray(k * np.asarray(temperature, float) ** 2 * np.asarray(sigma_slope, float))


@dataclass(frozen=True)
class Line:
    """A weighted straight line ``y = intercept + slope (x - centre)``; arrays over spectra."""

    slope: Array
    intercept: Array
    centre: Array
    spread: Array  # sum of w (x - centre)²; 1/sqrt of it is the standard error for w = 1/variance


@dataclass(frozen=True)
class TailFit:
    """Temperatures read from tails; every field has the leading shape of the spectra.

    ``sigma`` [K] is one standard deviation; ``sigma_common`` [K] is the part of it that stems from
    the reference spectrum and is therefore shared by all spectra compared with that reference.
    ``slope`` and ``sigma_slope`` are in 1/J, ``centre`` in J, ``intercept`` is ``ln(I/I0)`` there.
    """

    temperature: Array
    sigma: Array
    sigma_common: Array
    slope: Array
    sigma_slope: Array
    intercept: Array
    centre: Array
    reduced_chi2: Array
    bins: npt.NDArray[np.int64]


def weighted_line(x: npt.ArrayLike, y: npt.ArrayLike, weight: npt.ArrayLike) -> Line:
    """Return the closed-form weighted least-squares line along the last axis (shapes broadcast).

    A point of weight zero does not count. Raises ValueError when fewer than two points count.
    """
    x, y, w = np.broadcast_arrays(*(np.asarray(a, float) for a in (x, y, weight)))
    total = w.sum(-1)
    if np.any((w > 0.0).sum(-1) < 2):
        raise ValueError("a line needs at least two points of positive weight")
    centre = (w * x).sum(-1) / total
    dx = x - centre[..., None]
    spread = (w * dx**2).sum(-1)
    slope = (w * dx * y).sum(-1) / spread
    return Line(slope, np.asarray((w * y).sum(-1) / total), np.asarray(centre), np.asarray(spread))


def log_ratio_variance(
    signal: Array, reference: Array, variance: Array, reference_variance: Array
) -> Array:
    """Return the variance of ``ln(signal/reference)``: ``var/N² + var0/N0²`` (counts, var = N)."""
    return np.asarray(variance / signal**2 + reference_variance / reference**2)


def fit_tail(
    energy: npt.ArrayLike,
    signal: npt.ArrayLike,
    reference: npt.ArrayLike,
    reference_temperature: float,
    weights: Weights = "poisson",
    *,
    variance: npt.ArrayLike | None = None,
    reference_variance: npt.ArrayLike | None = None,
) -> TailFit:
    """Fit the log ratio of ``signal`` to ``reference`` and return the temperatures.

    Parameters
    ----------
    energy
        Photon energies [J], shape (n,).
    signal, reference
        Photon counts, shapes (..., n), which broadcast. Exposures may differ.
    reference_temperature
        Temperature [K] at which ``reference`` was taken.
    weights
        See `ThermometrySettings`.
    variance, reference_variance
        Variances of the counts; the counts themselves by default (photon noise).

    Raises
    ------
    ValueError
        If fewer than three bins can be used, or a tail has no temperature.
    """
    x = np.asarray(energy, float)
    N, N0 = np.broadcast_arrays(np.asarray(signal, float), np.asarray(reference, float))
    if x.ndim != 1 or N.shape[-1:] != x.shape:
        raise ValueError(f"energy {x.shape} and spectra {N.shape} do not have the same last axis")
    if not (np.all(np.isfinite(N)) and np.all(np.isfinite(N0)) and np.all(np.isfinite(x))):
        raise ValueError("energies and spectra must be finite")
    if weights == "binomial":
        if variance is not None or reference_variance is not None:
            raise ValueError('weights = "binomial" takes raw counts and no variances')
        return _fit_binomial(x, N, N0, reference_temperature)
    if weights not in get_args(Weights):
        raise ValueError(f"weights = {weights!r}: must be one of {', '.join(get_args(Weights))}")
    var, var0 = (
        counts if given is None else np.broadcast_to(np.asarray(given, float), N.shape)
        for counts, given in ((N, variance), (N0, reference_variance))
    )
    return _fit_log_ratio(x, (N, var), (N0, var0), reference_temperature, weights == "uniform")


def _fit_log_ratio(
    x: Array, signal: tuple[Array, Array], reference: tuple[Array, Array], T0: float, uniform: bool
) -> TailFit:
    """Least squares on ``ln(N/N0)``; bins without signal cannot be used and get no weight."""
    used = (signal[0] > 0.0) & (reference[0] > 0.0) & (signal[1] > 0.0) & (reference[1] > 0.0)
    bins = require_bins(used)
    N, var, N0, var0 = (np.where(used, a, 1.0) for a in (*signal, *reference))
    y = np.log(N / N0)
    own = np.where(used, var / N**2, 0.0)
    total = np.where(used, log_ratio_variance(N, N0, var, var0), 1.0)
    weight = np.where(used, 1.0 if uniform else 1.0 / total, 0.0)
    line = weighted_line(x, y, weight)
    dx = x - line.centre[..., None]
    chi2 = (weight * (y - line.intercept[..., None] - line.slope[..., None] * dx) ** 2).sum(-1)
    reduced = chi2 / (bins - 2)
    sigma_slope = 1.0 / np.sqrt(line.spread)
    if uniform:  # the scatter about the line is the only measure of the noise, bin by bin
        rest = np.where(used, y - line.intercept[..., None] - line.slope[..., None] * dx, 0.0)
        sigma_slope = _scatter(weight, dx, rest, line.spread)
    influence = (weight * dx) ** 2
    shared = 1.0 - (influence * own).sum(-1) / (influence * total).sum(-1)
    return _result(line, sigma_slope, T0, shared=shared, chi2=reduced, bins=bins)


def _scatter(weight: Array, dx: Array, rest: Array, spread: Array) -> Array:
    """Return the standard error of a slope from residuals whose noise differs from bin to bin.

    The HC2 estimate: each residual stands for its own bin, freed of the leverage of that bin.
    MacKinnon, White, J. Econometrics 29, 305 (1985), 10.1016/0304-4076(85)90158-7.
    """
    lever = weight / weight.sum(-1)[..., None] + weight * dx**2 / spread[..., None]
    own = (weight * dx * rest) ** 2 / np.where(weight > 0.0, 1.0 - lever, 1.0)
    return np.asarray(np.sqrt(own.sum(-1)) / spread)


def _fit_binomial(x: Array, N: Array, N0: Array, T0: float) -> TailFit:
    """Maximise the likelihood of ``N`` out of ``N + N0``: ``logit p = a + s E``, bin by bin.

    Given their sum, two Poisson counts are binomial, and the unknown spectrum drops out; a bin
    with zero counts in one spectrum is information as any other.
    """
    if np.any(N < 0.0) or np.any(N0 < 0.0):
        raise ValueError('weights = "binomial" needs raw counts: a negative number was found')
    trials = N + N0
    bins = require_bins(trials > 0.0)
    if np.any(N.sum(-1) <= 0.0) or np.any(N0.sum(-1) <= 0.0):
        raise ValueError("a spectrum has no counts in the window")
    _require_overlap(x, N > 0.0, N0 > 0.0)
    line, p = _logistic_newton(x, N, trials)
    noise = trials * p * (1.0 - p)
    pearson = (N - trials * p) ** 2 / np.where(noise > 0.0, noise, 1.0)
    influence = noise * (x - line.centre[..., None]) ** 2
    shared = (influence * p).sum(-1) / influence.sum(-1)
    chi2 = pearson.sum(-1) / (bins - 2)
    return _result(line, 1.0 / np.sqrt(line.spread), T0, shared=shared, chi2=chi2, bins=bins)


def _logistic_newton(x: Array, N: Array, trials: Array) -> tuple[Line, Array]:
    """Newton steps as weighted lines (iteratively reweighted least squares)."""
    # the empirical logit starts close enough for Newton to converge, empty bins included
    lit, dark = N + 0.5, trials - N + 0.5
    weight = np.where(trials > 0.0, lit * dark / (lit + dark), 0.0)
    start = weighted_line(x, np.log(lit / dark), weight)
    slope, intercept, centre = start.slope, start.intercept, start.centre
    for _ in range(_NEWTON_STEPS):
        eta = intercept[..., None] + slope[..., None] * (x - centre[..., None])
        p = np.asarray(1.0 / (1.0 + np.exp(-np.clip(eta, -500.0, 500.0))))
        noise = trials * p * (1.0 - p)
        step = np.where(trials > 0.0, (N - trials * p) / np.where(noise > 0.0, noise, 1.0), 0.0)
        line = weighted_line(x, eta + step, noise)
        change = np.abs(line.slope - slope) * np.sqrt(line.spread)
        slope, intercept, centre = line.slope, line.intercept, line.centre
        if np.all(change <= _NEWTON_TOLERANCE):
            return line, p
    raise ValueError(
        f"the likelihood fit did not settle in {_NEWTON_STEPS} steps: use poisson weights"
    )


def _require_overlap(x: Array, lit: npt.NDArray[np.bool_], lit0: npt.NDArray[np.bool_]) -> None:
    """Refuse counts that do not overlap in energy: the best slope is infinite."""

    def ends(mask: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
        return np.where(mask, x, np.inf).min(-1), np.where(mask, x, -np.inf).max(-1)

    (low, high), (low0, high0) = ends(lit), ends(lit0)
    if not np.all((high > low0) & (high0 > low)):
        raise ValueError("the likelihood has no maximum: too few counts in the window for a slope")


def require_bins(used: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return how many bins are used (along the last axis); ValueError if too few for a line."""
    bins = np.asarray(used.sum(-1), dtype=np.int64)
    if np.any(bins < MIN_BINS):
        raise ValueError(
            f"only {bins.min()} bins of the window can be used (the others hold no signal), "
            f"a line needs {MIN_BINS}: widen or lower the window, or widen the bins"
        )
    return bins


def _result(
    line: Line,
    sigma_slope: Array,
    T0: float,
    *,
    shared: Array,
    chi2: Array,
    bins: npt.NDArray[np.int64],
) -> TailFit:
    temperature = temperature_from_slope(line.slope, T0)
    sigma = temperature_sigma(temperature, sigma_slope)
    return TailFit(
        temperature=temperature,
        sigma=sigma,
        sigma_common=np.asarray(sigma * np.sqrt(np.clip(shared, 0.0, 1.0))),
        slope=line.slope,
        sigma_slope=np.asarray(sigma_slope),
        intercept=line.intercept,
        centre=line.centre,
        reduced_chi2=np.asarray(chi2),
        bins=bins,
    )


def photon_noise_sigma(
    temperature: npt.ArrayLike, counts: npt.ArrayLike, width: float, bin_width: float
) -> Array:
    """Return the photon-noise uncertainty [K] of two equal exponential tails (closed form).

    Bins of ``bin_width`` [J] over a window of ``width`` [J] hold ``counts exp(-i bin_width/kT)``
    photons in each spectrum, so the log ratio of bin i has the variance ``2/N_i`` and
    ``sigma_T = k T² / sqrt(sum w (E - E_mean)²)``. ``temperature`` [K] and ``counts`` broadcast.
    """
    T, first = np.broadcast_arrays(np.asarray(temperature, float), np.asarray(counts, float))
    offset = np.arange(round(width / bin_width)) * bin_width
    weight = 0.5 * first[..., None] * np.exp(-offset / (k * T[..., None]))
    line = weighted_line(offset, np.zeros_like(weight), weight)
    return temperature_sigma(T, 1.0 / np.sqrt(line.spread))
