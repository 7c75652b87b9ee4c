"""What a reading is worth: bias and noise that a model of the spectrum predicts.

A model is any function ``spectrum(energy [J], temperature [K])`` whose arguments broadcast and
which returns relative photon numbers per energy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thermosim.language.tables.spectra import Spectra
from thermosim.thermometry.settings import Array, ThermometrySettings, bin_centres
from thermosim.thermometry.tail import TailFit, fit_tail

SpectrumModel = Callable[[Array, Array], Array]
_NEWTON_STEPS = 50
_NEWTON_TOLERANCE = 1e-9  # K


def emission_model(at: Callable[[Array, float], Array]) -> SpectrumModel:
    """Return ``at(energy [J], temperature [K])``, a spectrum at one temperature, as a model.

    Temperatures of the model have shape () or (..., 1).
    """

    def spectrum(energy: Array, temperature: Array) -> Array:
        E, T = np.asarray(energy, float), np.asarray(temperature, float)
        if T.ndim and T.shape[-1] != 1:
            raise ValueError(f"temperatures {T.shape} must have shape () or (..., 1)")
        rows = [at(E, float(t)) for t in T.ravel()]
        return np.asarray(rows, dtype=np.float64).reshape(T.shape[:-1] + E.shape)

    return spectrum


def escaping(spectrum: SpectrumModel, escape: SpectrumModel) -> SpectrumModel:
    """Return the model of the light that leaves: ``spectrum`` times escape probability.

    ``escape(energy, temperature)`` is 0 to 1. Where reabsorption follows an absorption edge that
    moves with temperature it bends the ratio of tails; `reading_bias` then tells by how much.
    """
    return lambda energy, temperature: np.asarray(
        spectrum(energy, temperature) * escape(energy, temperature)
    )


def expected_counts(
    energy: npt.ArrayLike, spectrum: SpectrumModel, temperature: npt.ArrayLike, counts: float
) -> Array:
    """Return the mean counts in bins at ``energy`` (n,), shape (..., n) for ``temperature`` (...).

    Each spectrum is exposed until its first bin holds ``counts`` photons.
    """
    E, T = np.asarray(energy, float), np.asarray(temperature, float)
    shape = np.asarray(spectrum(E, T[..., None]), float)
    if not np.all(np.isfinite(shape)) or np.any(shape < 0.0) or np.any(shape[..., 0] == 0.0):
        raise ValueError("the model spectrum must be finite, >= 0, and > 0 in the first bin")
    return np.asarray(counts * shape / shape[..., :1])


def model_fit(
    spectrum: SpectrumModel,
    temperature: npt.ArrayLike,
    settings: ThermometrySettings,
    reference_spectrum: SpectrumModel | None = None,
) -> TailFit:
    """Fit spectra of the model without noise, as if at ``temperature`` [K] (any shape).

    The fit's ``temperature`` is what the instrument reads on average; its ``sigma`` is the photon
    noise at ``settings.counts``. ``reference_spectrum`` is the model of the reference, where it
    differs (another reabsorption, say).
    """
    energy = bin_centres(settings.E_min, settings.E_max, settings.bin_width)
    T0 = settings.reference_temperature
    signal = expected_counts(energy, spectrum, temperature, settings.counts)
    reference = expected_counts(energy, reference_spectrum or spectrum, T0, settings.counts)
    return fit_tail(energy, signal, reference, T0, settings.weights)


def reading_bias(
    spectrum: SpectrumModel,
    temperature: npt.ArrayLike,
    settings: ThermometrySettings,
    reference_spectrum: SpectrumModel | None = None,
) -> Array:
    """Return reading minus true temperature [K] without noise: the systematic error of the window.

    A gap that moves with temperature, or reabsorption, makes the absorption in the two spectra
    differ, so that the log ratio is no straight line.
    """
    fit = model_fit(spectrum, temperature, settings, reference_spectrum)
    return np.asarray(fit.temperature - np.asarray(temperature, float))


def corrected_temperature(
    reading: npt.ArrayLike,
    spectrum: SpectrumModel,
    settings: ThermometrySettings,
    reference_spectrum: SpectrumModel | None = None,
) -> Array:
    """Return the true temperature [K] at which the model gives ``reading`` [K] (any shape).

    Raises
    ------
    ValueError
        If there is none near the readings.
    """
    target = np.asarray(reading, float)

    def bias(T: Array) -> Array:
        return reading_bias(spectrum, T, settings, reference_spectrum)

    T = target.copy()
    for _ in range(_NEWTON_STEPS):
        half = 1e-4 * T
        slope = 1.0 + (bias(T + half) - bias(T - half)) / (2.0 * half)
        if not np.all(slope > 0.0):
            break
        step = (T + bias(T) - target) / slope
        T = T - step
        if not np.all(np.isfinite(T)) or np.any(T <= 0.0):
            break
        if np.max(np.abs(step), initial=0.0) < _NEWTON_TOLERANCE:
            return np.asarray(T)
    raise ValueError("no temperature of the model gives these readings")


@dataclass(frozen=True)
class WindowErrors:
    """Bias and photon noise [K] of candidate windows ``E_min`` to ``E_max`` [J], shape (n,)."""

    E_min: Array
    E_max: Array
    bias: Array
    sigma: Array

    @property
    def total(self) -> Array:
        """Root of the sum of squares of bias and photon noise [K]."""
        return np.hypot(self.bias, self.sigma)

    @property
    def best(self) -> int:
        """Index of the window with the smallest total error."""
        return int(np.argmin(self.total))


def window_errors(
    spectrum: SpectrumModel,
    temperature: float,
    settings: ThermometrySettings,
    E_min: npt.ArrayLike,
    E_max: npt.ArrayLike,
) -> WindowErrors:
    """Return what each window ``E_min`` to ``E_max`` [J] (broadcast to (n,)) would read.

    All windows see one exposure: the reference holds ``settings.counts`` photons in the bin at
    ``settings.E_min``, so a higher window has less bias and more noise.
    """
    low, high = np.broadcast_arrays(np.atleast_1d(E_min), np.atleast_1d(E_max))
    first = settings.E_min + 0.5 * settings.bin_width
    T0 = np.asarray(settings.reference_temperature)
    per_count = settings.counts / float(spectrum(np.asarray(first), T0))
    fits = []
    for a, b in zip(low, high, strict=True):
        centre = np.asarray(a + 0.5 * settings.bin_width)
        counts = per_count * float(spectrum(centre, T0))
        window = settings.model_copy(
            update={"E_min": float(a), "E_max": float(b), "counts": counts}
        )
        # model_copy does not validate; this does
        fits.append(
            model_fit(spectrum, temperature, ThermometrySettings.model_validate(dict(window)))
        )
    reading = np.asarray([fit.temperature for fit in fits])
    return WindowErrors(
        np.asarray(low, float),
        np.asarray(high, float),
        reading - temperature,
        np.asarray([fit.sigma for fit in fits]),
    )


def simulated_readings(
    spectrum: SpectrumModel,
    temperature: float,
    settings: ThermometrySettings,
    draws: int,
    seed: int,
) -> TailFit:
    """Fit ``draws`` pairs of spectra with photon noise (Poisson): the Monte Carlo of a reading."""
    rng = np.random.default_rng(seed)
    energy = bin_centres(settings.E_min, settings.E_max, settings.bin_width)
    T0 = settings.reference_temperature
    mean = expected_counts(energy, spectrum, temperature, settings.counts)
    mean0 = expected_counts(energy, spectrum, T0, settings.counts)
    size = (draws, energy.size)
    return fit_tail(energy, rng.poisson(mean, size), rng.poisson(mean0, size), T0, settings.weights)


def synthetic_spectra(
    energy: npt.ArrayLike,
    spectrum: SpectrumModel,
    temperature: npt.ArrayLike,
    time: npt.ArrayLike,
    peak_counts: float,
    *,
    seed: int | None = None,
    background: float = 0.0,
) -> Spectra:
    """Return a series of spectra at ``temperature`` [K] (m,) and ``time`` [s] (m,).

    Each spectrum holds ``peak_counts`` photons in its highest bin, plus ``background`` counts in
    every bin; ``seed`` adds photon noise, None leaves it out.
    """
    E = np.asarray(energy, float)
    T, t = np.broadcast_arrays(np.atleast_1d(temperature), np.atleast_1d(np.asarray(time, float)))
    shape = np.asarray(spectrum(E, T[..., None]), float)
    mean = peak_counts * shape / shape.max(axis=-1, keepdims=True) + background
    signal = mean if seed is None else np.random.default_rng(seed).poisson(mean).astype(float)
    return Spectra(E, np.asarray(signal), tuple(f"{v:.10g} s" for v in t), t.copy(), "synthetic")
