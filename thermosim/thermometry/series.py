"""From a series of spectra to temperatures, each with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.constants import e

from thermosim.errors import CaseError, Problem
from thermosim.thermometry.settings import MIN_BINS, Array, ThermometrySettings
from thermosim.thermometry.spectra import Spectra
from thermosim.thermometry.tail import TailFit, fit_tail

_EDGE = 1e-9  # part of a bin: samples that lie on the edge of a window belong to it


@dataclass(frozen=True)
class WindowCounts:
    """Photon counts in the bins of the window: ``energy`` [J] (n,), ``counts`` (m, n).

    ``variance`` (m, n) is the photon noise and, where a background was taken off, its noise.
    """

    energy: Array
    counts: Array
    variance: Array


@dataclass(frozen=True)
class ThermometrySeries:
    """Temperatures [K] of a series of spectra, shape (m,), read against one reference spectrum.

    ``sigma`` [K] is one standard deviation; ``sigma_common`` [K] is the part that the noise of the
    reference puts on all points alike. Both are 0 for the reference itself, whose temperature is
    given. ``slope`` in 1/J. ``time`` [s] is None when the columns are not named by times.
    """

    labels: tuple[str, ...]
    time: Array | None
    reference_index: int
    reference_temperature: float
    temperature: Array
    sigma: Array
    sigma_common: Array
    slope: Array
    sigma_slope: Array
    intercept: Array
    centre: Array
    reduced_chi2: Array
    bins: npt.NDArray[np.int64]

    @property
    def delta_T(self) -> Array:
        """Temperature minus the temperature of the reference [K]."""
        return self.temperature - self.reference_temperature


def window_counts(spectra: Spectra, settings: ThermometrySettings) -> WindowCounts:
    """Return the counts of ``spectra`` in the window, background off, summed to ``bin_width``.

    Samples wider than ``bin_width`` stay as they are.

    Raises
    ------
    CaseError
        If the window (or the background range) lies outside the spectra or holds too few samples.
    """
    edge = _EDGE * settings.bin_width
    inside = _between(spectra.energy, settings.E_min - edge, settings.E_max + edge)
    _require_window(spectra, settings, inside)
    raw = spectra.signal * settings.counts_per_unit
    level, level_variance = _background_level(spectra, raw, settings)
    energy, counts = spectra.energy[inside], raw[:, inside]
    index = np.floor((energy - settings.E_min + edge) / settings.bin_width)
    starts = np.flatnonzero(np.r_[True, np.diff(index) > 0])
    samples = np.diff(np.r_[starts, energy.size])
    summed = np.add.reduceat(counts, starts, axis=1)
    return WindowCounts(
        energy=np.asarray(np.add.reduceat(energy, starts) / samples),
        counts=np.asarray(summed - level[:, None] * samples),
        variance=np.asarray(np.clip(summed, 0.0, None) + level_variance[:, None] * samples**2),
    )


def temperature_series(spectra: Spectra, settings: ThermometrySettings) -> ThermometrySeries:
    """Read the temperature of each spectrum against the reference spectrum of ``settings``.

    Raises
    ------
    CaseError
        If the window, the reference or a spectrum does not allow a fit; it names the spectrum.
    """
    window = window_counts(spectra, settings)
    reference = reference_index(spectra, settings)
    fits = [_fit_one(spectra, settings, window, i, reference) for i in range(len(spectra.labels))]
    columns = {
        name: np.asarray([getattr(fit, name) for fit in fits]) for name in TailFit.__annotations__
    }
    for name in ("sigma", "sigma_common", "sigma_slope"):
        columns[name][reference] = 0.0
    return ThermometrySeries(
        labels=spectra.labels,
        time=spectra.time,
        reference_index=reference,
        reference_temperature=settings.reference_temperature,
        **columns,
    )


def reference_index(spectra: Spectra, settings: ThermometrySettings) -> int:
    """Return the column of the reference spectrum; CaseError if its label is not there."""
    if not settings.reference_label:
        return 0
    if settings.reference_label not in spectra.labels:
        problem = Problem(
            "thermometry.reference_label",
            f'"{settings.reference_label}"',
            "is no column of the file",
            f"columns are {', '.join(spectra.labels)}",
        )
        raise CaseError([problem], spectra.source)
    return spectra.labels.index(settings.reference_label)


def summary(series: ThermometrySeries, settings: ThermometrySettings) -> dict[str, Any]:
    """Return the readings as plain Python values, with the unit in each key."""
    coldest = int(np.argmin(series.temperature))
    readings = {
        "label": list(series.labels),
        "temperature_K": series.temperature.tolist(),
        "delta_T_K": series.delta_T.tolist(),
        "sigma_K": series.sigma.tolist(),
        "sigma_common_K": series.sigma_common.tolist(),
        "slope_per_eV": (series.slope * e).tolist(),
        "reduced_chi2": series.reduced_chi2.tolist(),
        "bins": series.bins.tolist(),
    }
    if series.time is not None:
        readings = {"time_s": series.time.tolist(), **readings}
    return {
        "E_min_eV": settings.E_min / e,
        "E_max_eV": settings.E_max / e,
        "weights": settings.weights,
        "reference": series.labels[series.reference_index],
        "reference_temperature_K": series.reference_temperature,
        "coldest": series.labels[coldest],
        "coldest_delta_T_K": float(series.delta_T[coldest]),
        "coldest_sigma_K": float(series.sigma[coldest]),
        "hottest": series.labels[int(np.argmax(series.temperature))],
        "hottest_delta_T_K": float(series.delta_T.max()),
        "hottest_sigma_K": float(series.sigma[int(np.argmax(series.temperature))]),
        "readings": readings,
    }


def _fit_one(
    spectra: Spectra, settings: ThermometrySettings, window: WindowCounts, i: int, reference: int
) -> TailFit:
    raw = settings.weights == "binomial"
    try:
        return fit_tail(
            window.energy,
            window.counts[i],
            window.counts[reference],
            settings.reference_temperature,
            settings.weights,
            variance=None if raw else window.variance[i],
            reference_variance=None if raw else window.variance[reference],
        )
    except ValueError as error:
        problem = Problem(f'spectrum "{spectra.labels[i]}" (column {i + 2})', "", str(error))
        raise CaseError([problem], spectra.source) from error


def _between(energy: Array, low: float, high: float) -> npt.NDArray[np.bool_]:
    return np.asarray((energy >= low) & (energy <= high))


def _require_window(
    spectra: Spectra, settings: ThermometrySettings, inside: npt.NDArray[np.bool_]
) -> None:
    lowest, highest = spectra.energy[0], spectra.energy[-1]
    spacing = float(np.max(np.diff(spectra.energy)))
    outside = settings.E_min < lowest - spacing or settings.E_max > highest + spacing
    if not outside and inside.sum() >= MIN_BINS:
        return
    rule = (
        f"the spectra reach from {lowest / e:.4f} to {highest / e:.4f} eV"
        if outside
        else f"only {inside.sum()} samples lie in the window, a fit needs {MIN_BINS}"
    )
    value = f"{settings.E_min / e:.4f} to {settings.E_max / e:.4f} eV"
    raise CaseError(
        [Problem("thermometry.E_min, E_max", value, rule, "move or widen the window")],
        spectra.source,
    )


def _background_level(
    spectra: Spectra, raw: Array, settings: ThermometrySettings
) -> tuple[Array, Array]:
    """Return the mean background counts of a sample and the variance of that mean, shape (m,)."""
    if settings.background is None:
        return np.zeros(len(raw)), np.zeros(len(raw))
    low, high = settings.background
    dark = _between(spectra.energy, low, high)
    if dark.sum() < MIN_BINS:
        value = f"{low / e:.4f} to {high / e:.4f} eV"
        rule = f"holds {dark.sum()} samples, a background needs {MIN_BINS}"
        name = "thermometry.background_E_min, background_E_max"
        raise CaseError([Problem(name, value, rule, "move or widen the range")], spectra.source)
    level = raw[:, dark].mean(axis=1)
    return level, np.clip(level, 0.0, None) / dark.sum()
