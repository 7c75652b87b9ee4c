"""The noise of spectra that are no raw counts: dark-subtracted, averaged, normalised.

The variance of a sample of signal ``S`` is ``S/c + a²``: ``c`` photons per unit, read noise ``a``.
Both are estimated from what the log ratio of two spectra leaves over: neighbouring bins share the
spectrum, the gap and every slow fault, so the differences of their residuals are noise alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermosim.thermometry.counts import CountsFit
from thermosim.thermometry.settings import Array

_LEAST = 30  # differences of neighbours that tell a noise
_SIGMAS = 4.0
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
    error = np.sqrt(3.0 / squares.size)  # of a mean of squared differences, which overlap
    if abs(excess - 1.0) <= max(_SIGMAS * error * max(excess, 1.0), 0.25):
        return None
    photons, flat = light[:, 0], still
    scale = float(np.mean(photons) / np.mean(flat))
    best: tuple[float, float, float] | None = None
    for ratio in _RATIOS:
        shape = photons + ratio * scale * flat
        level = float(np.mean(squares / shape))
        likelihood = -0.5 * float(np.sum(np.log(level * shape) + 1.0)) - (_GAIN if ratio else 0.0)
        if best is None or likelihood > best[0]:
            best = likelihood, level, ratio * scale
    _, level, flat_part = best or (0.0, 1.0, 0.0)
    # variance in counts of the fit = level * (photons + flat_part), so 1 unit is c/level photons
    return Noise(
        excess=excess,
        counts_per_unit=counts_per_unit / level,
        read_noise=float(np.sqrt(level * flat_part)) / counts_per_unit,
    )


def _differences(fits: list[CountsFit], samples: Array) -> tuple[Array, Array, Array]:
    """Return the variances by light and dark of neighbours, by one unit of read noise, and d²/2."""
    light, flat, squares = [], [], []
    for fit in fits:
        variance = fit.light + fit.still
        rest = fit.residual * np.sqrt(variance)
        squares.append(0.5 * np.diff(rest) ** 2)
        light.append(np.stack([_pairs(fit.light), _pairs(fit.still)], axis=-1))
        flat.append(_pairs(samples * (1.0 + fit.ratio**2)))
    return np.concatenate(light), np.concatenate(flat), np.concatenate(squares)


def _pairs(values: Array) -> Array:
    return np.asarray(0.5 * (values[1:] + values[:-1]))
