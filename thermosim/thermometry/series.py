"""From a series of spectra to temperatures, each with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.constants import e

from thermosim.errors import CaseError, Problem
from thermosim.language.tables.spectra import Spectra
from thermosim.thermometry.counts import Counts, CountsFit, fit_counts, without_floor
from thermosim.thermometry.judge import Judged, judged_fit
from thermosim.thermometry.noise import estimated_noise
from thermosim.thermometry.settings import MIN_BINS, Array, ThermometrySettings
from thermosim.thermometry.tail import TailFit, fit_tail, require_bins

_MANY = 1000.0  # counts in a bin; with fewer the mean of ln(N) is not that of ln of the mean
_EDGE = 1e-9  # part of a bin: samples that lie on the edge of a window belong to it


@dataclass(frozen=True)
class WindowCounts:
    """Photon counts in the bins of the window: ``energy`` [J] (n,), ``counts`` (m, n), net.

    ``variance`` (m, n) is the photon noise and all other noise; ``dark`` (m, n) the part of dark
    counts, background and read noise; ``shared_dark`` (n,) that of a dark spectrum taken off all;
    ``level`` (m,) the variance of the background of a sample; ``samples`` (n,) those of a bin.
    """

    energy: Array
    counts: Array
    variance: Array
    dark: Array
    shared_dark: Array
    level: Array
    samples: Array

    def of(self, i: int) -> Counts:
        """Return the counts of one spectrum."""
        return Counts(self.counts[i], self.dark[i], self.level[i], self.samples)


@dataclass(frozen=True)
class ThermometrySeries:
    """Temperatures [K] of a series of spectra, shape (m,), read against one reference spectrum.

    ``sigma`` [K] is one standard deviation; ``sigma_common`` [K] is the part that the noise of the
    reference puts on all points alike. Both are 0 for the reference itself, whose temperature is
    given. ``slope`` in 1/J. ``time`` [s] is None when the columns are not named by times.
    ``refused`` (m,) marks spectra without a temperature (nan); ``settings`` are those of the fit,
    with the noise that was estimated; ``warnings`` say what is not as it should be.
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
    refused: npt.NDArray[np.bool_]
    settings: ThermometrySettings
    warnings: tuple[str, ...] = ()

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
    held = np.zeros_like(raw) if spectra.dark is None else spectra.dark * settings.counts_per_unit
    held = np.broadcast_to(held, raw.shape)
    level, level_variance = _background_level(spectra, raw - held, settings)
    energy = spectra.energy[inside]
    index = np.floor((energy - settings.E_min + edge) / settings.bin_width)
    starts = np.flatnonzero(np.r_[True, np.diff(index) > 0])
    samples = np.diff(np.r_[starts, energy.size])
    summed = np.add.reduceat(raw[:, inside], starts, axis=1)
    off = np.clip(np.add.reduceat(held[:, inside], starts, axis=1), 0.0, None)
    read = (settings.read_noise * settings.counts_per_unit) ** 2 * samples
    # of a spectrum and its own dark spectrum both have the noise of the dark counts
    own = spectra.dark is not None and spectra.dark.ndim == 2
    shared = off[0] if spectra.dark is not None and not own else np.zeros(samples.size)
    known = np.clip(level, 0.0, None)[:, None] * samples
    extra = level_variance[:, None] * samples**2
    return WindowCounts(
        energy=np.asarray(np.add.reduceat(energy, starts) / samples),
        counts=np.asarray(summed - off - level[:, None] * samples),
        variance=np.asarray(np.clip(summed, 0.0, None) + off + read + extra),
        dark=np.asarray(off * (2.0 if own else 1.0) + known + read),
        shared_dark=np.asarray(shared),
        level=level_variance,
        samples=samples.astype(np.float64),
    )


def temperature_series(spectra: Spectra, settings: ThermometrySettings) -> ThermometrySeries:
    """Read the temperature of each spectrum against the reference spectrum of ``settings``.

    Numbers that scatter otherwise than counts do get the noise that they show, unless
    ``counts_per_unit`` is given. A log ratio that is no straight line gets no temperature, or a
    wider ± (``misfit``). ``warnings`` tell of both.

    Raises
    ------
    CaseError
        If the window, the reference or a spectrum does not allow a fit (it names the spectrum), or
        no spectrum has a temperature.
    """
    reference = reference_index(spectra, settings)
    settings, warnings = _with_noise(spectra, settings, reference)
    window = window_counts(spectra, settings)
    judged = [
        _judged(spectra, settings, window, i, reference)
        for i in range(len(spectra.labels))
        if i != reference
    ]
    own = Judged(_fit_one(spectra, settings, window, reference, reference)[0], False, "")
    judged.insert(reference, own)
    fits = [one.fit for one in judged]
    columns = {
        name: np.asarray([getattr(fit, name) for fit in fits]) for name in TailFit.__annotations__
    }
    for name in ("sigma", "sigma_common", "sigma_slope"):
        columns[name][reference] = 0.0
    columns["temperature"][reference] = settings.reference_temperature
    refused = np.asarray([one.refused for one in judged])
    told = [one.warning for one in judged if one.warning]
    if len(judged) > 1 and refused.sum() == len(judged) - 1:
        raise CaseError([Problem("log ratio", "", text) for text in told], spectra.source)
    return ThermometrySeries(
        labels=spectra.labels,
        time=spectra.time,
        reference_index=reference,
        reference_temperature=settings.reference_temperature,
        refused=refused,
        settings=settings,
        warnings=(*warnings, *told),
        **columns,
    )


def _with_noise(
    spectra: Spectra, settings: ThermometrySettings, reference: int
) -> tuple[ThermometrySettings, list[str]]:
    """Return settings with the noise that the numbers show, where they are no counts."""
    if "counts_per_unit" in settings.model_fields_set or len(spectra.labels) < 2:
        return settings, []
    window = window_counts(spectra, settings)
    others = [i for i in range(len(spectra.labels)) if i != reference]
    fits = [_fit_one(spectra, settings, window, i, reference)[1] for i in others]
    found = estimated_noise(fits, settings.counts_per_unit, window.samples)
    if found is None:
        return settings, []
    if settings.weights == "uniform":
        return settings, []
    text = f"{found.excess:.2g} of that of counts (reduced chi2)"
    given = {}
    noise = []
    if found.counts_per_unit != settings.counts_per_unit:
        text = f"the numbers are no counts: largest {spectra.signal.max():.4g}, noise {text}"
        given["counts_per_unit"] = found.counts_per_unit
        noise.append(f"{found.counts_per_unit:.3g} photons per unit")
    else:
        text = f"the noise is {text}"
    if settings.weights == "binomial":
        return settings, [f'{text}; weights = "binomial" takes raw counts alone']
    if found.read_noise > 0.0:
        given["read_noise"] = float(np.hypot(found.read_noise, settings.read_noise))
        noise.append(f"read noise {given['read_noise']:.3g} units a sample")
    return settings.model_copy(update=given), [
        f"{text}; ± is from their scatter ({', '.join(noise)}): give counts_per_unit "
        '(--counts-per-unit) and read_noise (--read-noise), or weights = "uniform"'
    ]


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
    coldest, hottest = (int(f(series.temperature)) for f in (np.nanargmin, np.nanargmax))
    readings = {
        "label": list(series.labels),
        "temperature_K": _told(series.temperature),
        "delta_T_K": _told(series.delta_T),
        "sigma_K": _told(series.sigma),
        "sigma_common_K": _told(series.sigma_common),
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
        "hottest": series.labels[hottest],
        "hottest_delta_T_K": float(series.delta_T[hottest]),
        "hottest_sigma_K": float(series.sigma[hottest]),
        "counts_per_unit": series.settings.counts_per_unit,
        "read_noise": series.settings.read_noise,
        "warnings": list(series.warnings),
        "readings": readings,
    }


def _told(values: Array) -> list[float | None]:
    """Return numbers for JSON; None where there is none."""
    return [float(value) if np.isfinite(value) else None for value in values]


def _fit_one(
    spectra: Spectra, settings: ThermometrySettings, window: WindowCounts, i: int, reference: int
) -> tuple[TailFit, CountsFit]:
    """Return the fit of one spectrum by its weights, and the fit of its counts that judges it."""
    T0 = settings.reference_temperature
    N, N0 = window.counts[i], window.counts[reference]
    try:
        if settings.weights == "binomial":
            fit = fit_tail(window.energy, N, N0, T0, "binomial")
            return fit, fit_counts(window.energy, window.of(i), window.of(reference), T0)
        require_bins((N > 0.0) & (N0 > 0.0))
        by_counts = fit_counts(
            window.energy, window.of(i), window.of(reference), T0, window.shared_dark
        )
        if settings.weights == "poisson" and _few(window, (i, reference)):
            return by_counts.tail, by_counts
        own, other = window.variance[i], window.variance[reference]
        fit = fit_tail(
            window.energy, N, N0, T0, settings.weights, variance=own, reference_variance=other
        )
    except ValueError as error:
        problem = Problem(f'spectrum "{spectra.labels[i]}" (column {i + 2})', "", str(error))
        raise CaseError([problem], spectra.source) from error
    return fit, by_counts


def _judged(
    spectra: Spectra, settings: ThermometrySettings, window: WindowCounts, i: int, reference: int
) -> Judged:
    def floor() -> tuple[float, float]:
        pair = window.of(i), window.of(reference)
        try:
            return without_floor(window.energy, *pair, settings.reference_temperature)
        except ValueError:  # light and level cannot be told apart: then nothing is known
            return float("nan"), float("nan")

    fit, by_counts = _fit_one(spectra, settings, window, i, reference)
    return judged_fit(fit, by_counts, settings, spectra.labels[i], floor)


def _few(window: WindowCounts, rows: tuple[int, int]) -> bool:
    """Whether counts are so few, or have such noise, that the log ratio loses to the counts."""
    chosen = list(rows)
    return bool(np.min(window.counts[chosen]) < _MANY or np.any(window.dark[chosen] > 0.0))


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
