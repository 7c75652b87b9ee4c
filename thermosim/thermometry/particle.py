"""The virtual reading: what the instrument would read from a simulated particle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thermosim.thermometry.model import SpectrumModel
from thermosim.thermometry.settings import Array, ThermometrySettings, bin_centres
from thermosim.thermometry.tail import fit_tail

_BAND_STEPS = 513
_NORM_DEGREE = 16
_CHUNK = 1_000_000  # numbers held at once


@dataclass(frozen=True)
class VirtualReading:
    """A reading beside the true temperatures of the particle, all in K.

    ``temperature`` is read from the spectrum of the whole particle, ``sigma`` its photon noise;
    ``emission_mean`` is the mean weighted by emitted photons, ``window_mean`` the mean weighted by
    the photons that reach the window of the fit. ``energy`` [J] and ``counts`` are that spectrum.
    """

    temperature: float
    sigma: float
    emission_mean: float
    window_mean: float
    reference_temperature: float
    energy: Array
    counts: Array
    reference_counts: Array

    @property
    def delta_T(self) -> float:
        """Reading minus reference temperature [K]."""
        return self.temperature - self.reference_temperature

    @property
    def bias(self) -> float:
        """Reading minus emission-weighted mean temperature [K]."""
        return self.temperature - self.emission_mean


def particle_spectrum(
    energy: npt.ArrayLike,
    temperatures: npt.ArrayLike,
    weights: npt.ArrayLike,
    spectrum: SpectrumModel,
    *,
    escape: npt.ArrayLike | None = None,
    band: tuple[float, float] | None = None,
) -> tuple[Array, Array]:
    """Return the escaping photons per energy [1/J, times the unit of ``weights``], shape (n,).

    Parameters
    ----------
    energy
        Photon energies [J], shape (n,).
    temperatures, weights
        Temperature [K] and emission rate times volume of each place, shape (m,).
    spectrum
        Model of the emission; it is normalised to one photon per emission at each temperature.
    escape
        Probability that a photon leaves, shape (m,) or, by energy, (m, n); 1 by default.
    band
        Energies [J] between which the emission is normalised; it must hold all the emission.
        By default 0.75 times the lowest to 1.15 times the highest of ``energy``.

    Returns
    -------
    tuple
        The spectrum (n,) and the part of each place in its sum over ``energy`` (m,).
    """
    E = np.asarray(energy, float)
    T, w = _check_places(temperatures, weights)
    P = _check_escape(escape, T.size, E.size)
    low, high = (0.75 * E.min(), 1.15 * E.max()) if band is None else band
    if not (low <= E.min() and high >= E.max() and high > low):
        raise ValueError("band must enclose the energies at which the spectrum is asked for")
    per_photon = w / _photons(spectrum, T, np.linspace(low, high, _BAND_STEPS))
    total, share = np.zeros(E.size), np.zeros(T.size)
    step = max(1, _CHUNK // E.size)
    for start in range(0, T.size, step):
        part = slice(start, start + step)
        places = spectrum(E, T[part, None]) * per_photon[part, None] * P[part]
        total += places.sum(axis=0)
        share[part] = places.sum(axis=1)
    return total, share


def virtual_reading(
    temperatures: npt.ArrayLike,
    weights: npt.ArrayLike,
    spectrum: SpectrumModel,
    settings: ThermometrySettings,
    *,
    escape: npt.ArrayLike | None = None,
    band: tuple[float, float] | None = None,
) -> VirtualReading:
    """Return what the instrument would read; arguments as in `particle_spectrum`.

    The reference is the same particle, with the same weights and escape, all at the reference
    temperature. ``escape`` by energy belongs to the bin centres of ``settings``.

    Raises
    ------
    ValueError
        If arrays do not fit together, or no light reaches the window.
    """
    energy = bin_centres(settings.E_min, settings.E_max, settings.bin_width)
    T, w = _check_places(temperatures, weights)
    T0 = settings.reference_temperature
    signal, share = particle_spectrum(energy, T, w, spectrum, escape=escape, band=band)
    reference, _ = particle_spectrum(
        energy, np.full_like(T, T0), w, spectrum, escape=escape, band=band
    )
    if signal[0] <= 0.0 or reference[0] <= 0.0:
        raise ValueError("no light of the particle reaches the window: check escape and window")
    counts = settings.counts * signal / signal[0]
    reference_counts = settings.counts * reference / reference[0]
    fit = fit_tail(energy, counts, reference_counts, T0, settings.weights)
    return VirtualReading(
        temperature=float(fit.temperature),
        sigma=float(fit.sigma),
        emission_mean=float(np.average(T, weights=w)),
        window_mean=float(np.average(T, weights=share)),
        reference_temperature=T0,
        energy=energy,
        counts=counts,
        reference_counts=reference_counts,
    )


def _photons(spectrum: SpectrumModel, T: Array, band: Array) -> Array:
    """Return the integral of ``spectrum`` over ``band`` [J] for each temperature.

    It is smooth in T, so few temperatures are integrated and the rest interpolated.
    """

    def log_integral(at: Array) -> Array:
        values = np.array(spectrum(band, np.asarray(at)[..., None]), float)
        values[..., [0, -1]] *= 0.5  # trapezoidal rule on equal steps
        integral = values.sum(axis=-1) * (band[1] - band[0])
        if not np.all(integral > 0.0) or not np.all(np.isfinite(integral)):
            raise ValueError("the model spectrum must be finite and hold light in the band")
        return np.asarray(np.log(integral))

    low, high = float(T.min()), float(T.max())
    if high - low < 1e-9 * high:
        return np.full(T.size, float(np.exp(log_integral(np.asarray(low)))))
    nodes = np.polynomial.chebyshev.chebpts1(_NORM_DEGREE + 1)
    at = 0.5 * (low + high) + 0.5 * (high - low) * nodes
    coefficients = np.polynomial.chebyshev.chebfit(nodes, log_integral(at), _NORM_DEGREE)
    inside = (2.0 * T - low - high) / (high - low)
    return np.asarray(np.exp(np.polynomial.chebyshev.chebval(inside, coefficients)))


def _check_places(temperatures: npt.ArrayLike, weights: npt.ArrayLike) -> tuple[Array, Array]:
    T, w = np.asarray(temperatures, float), np.asarray(weights, float)
    if T.ndim != 1 or T.shape != w.shape or T.size == 0:
        raise ValueError(f"temperatures {T.shape} and weights {w.shape} must be equal and (m,)")
    if not np.all(np.isfinite(T)) or np.any(T <= 0.0):
        raise ValueError("temperatures must be finite and > 0 K")
    if not np.all(np.isfinite(w)) or np.any(w < 0.0) or w.sum() <= 0.0:
        raise ValueError("weights must be finite and >= 0, and not all 0")
    return T, w


def _check_escape(escape: npt.ArrayLike | None, places: int, energies: int) -> Array:
    """Return the escape probability as an array that broadcasts to (places, energies)."""
    P = np.ones(places) if escape is None else np.asarray(escape, float)
    if P.shape not in ((places,), (places, energies)):
        raise ValueError(f"escape {P.shape} must be ({places},) or ({places}, {energies})")
    if not np.all((P >= 0.0) & (P <= 1.0)):
        raise ValueError("escape must lie between 0 and 1")
    return P[:, None] if P.ndim == 1 else P
