"""The noise of spectra that are no raw counts: dark-subtracted, averaged, normalised.

The variance of a sample of signal ``S`` is ``S/c + a²``: ``c`` photons per unit, read noise ``a``.
Both are estimated from what the log ratio of two spectra leaves over: neighbouring bins share the
spectrum, the gap and every slow fault, so second differences of their residuals are noise alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermosim.thermometry.counts import CountsFit
from thermosim.thermometry.settings import Array

_LEAST = 30  # differences of neighbours that tell a noise
_SIGMAS = 4.0
_LEAST_EXCESS = 0.25  # a noise this near to that of counts is taken as that of counts
_GAIN = 4.0  # of the log likelihood, for a read noise to be taken as real
_RATIOS = np.r_[0.0, np.geomspace(1e-3, 1e3, 121)]


@dataclass(frozen=True)
class Noise:
    """Noise of a file: variance over that of raw counts, photons per unit, read noise in units."""

    excess: float
    counts_per_unit: float
    read_noise: float


def estimated_noise(fits: list[CountsFit], counts_per_unit: float, samples: Array) -> Noise | None:
    """Return the noise that fits of one file show; None where it is that of raw counts.

    ``fits`` were made with ``counts_per_unit``; ``samples`` (n,) are the samples of each bin. None
    also where there are too few bins to tell.
    """
    light, still, squares = _differences(fits, samples)
    if squares.size < _LEAST or not np.any(squares > 0.0):
        return None
    weight = light[:, 0] + light[:, 1]
    excess = float(np.mean(squares / weight))
    # of a mean of squared second differences, which overlap, of counts that may be few
    error = float(np.sqrt(np.mean(4.0 + 1.0 / weight) / squares.size))
    if max(excess, 1.0 / excess) <= 1.0 + max(_SIGMAS * error, _LEAST_EXCESS):
        return None
    level, flat = _shape(light[:, 0], still, squares)
    # variance in counts of the fit = level * light + flat * samples, so 1 unit is c/level photons
    return Noise(excess, counts_per_unit / level, float(np.sqrt(flat)) / counts_per_unit)


def _shape(photons: Array, flat: Array, squares: Array) -> tuple[float, float]:
    """Return factor of the photon noise and variance of a sample: the likeliest simple pair.

    One of the two alone, counts as they are with read noise, or light without, unless both
    together are much likelier.
    """
    one = float(np.mean(photons) / np.mean(flat))
    found: list[tuple[float, float, float]] = []
    for part in one * _RATIOS:
        shape = photons + part * flat
        level = float(np.mean(squares / shape))
        both = _GAIN if part else 0.0
        found.append((_likelihood(squares, level * shape) - both, level, level * part))
        found.append((_likelihood(squares, shape), 1.0, part))
    _, level, variance = max(found)
    return level, variance


def _likelihood(squares: Array, variance: Array) -> float:
    return -0.5 * float(np.sum(np.log(variance) + squares / variance))


def _differences(fits: list[CountsFit], samples: Array) -> tuple[Array, Array, Array]:
    """Return the variances by light and dark of neighbours, by one unit of read noise, and d²/6."""
    light, flat, squares = [], [], []
    for fit in fits:
        variance = fit.light + fit.still
        rest = fit.residual * np.sqrt(variance)
        squares.append(np.diff(rest, 2) ** 2 / 6.0)  # of white noise: its variance
        light.append(np.stack([_triples(fit.light), _triples(fit.still)], axis=-1))
        flat.append(_triples(samples * (1.0 + fit.ratio**2)))
    return np.concatenate(light), np.concatenate(flat), np.concatenate(squares)


def _triples(values: Array) -> Array:
    return np.asarray((values[2:] + 4.0 * values[1:-1] + values[:-2]) / 6.0)
