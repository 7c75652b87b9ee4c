"""The virtual reading: what the instrument would read from a simulated particle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thermosim.thermometry.model import SpectrumModel
from thermosim.thermometry.settings import Array, ThermometrySettings, bin_centres
from thermosim.thermometry.tail import fit_tail

_BAND_STEPS = 2049
_NODES = ((1e-4, 6), (3e-3, 12), (np.inf, 32))
"""Temperatures that spectra are interpolated from, by the relative width of what they cover.

A spectrum goes as ``exp(-E/kT)`` with E some 90 kT, so as ``exp(a t)`` with t from -1 to 1 and a
half of 90 times the width: of n nodes ``2 (a/2)^n/n!`` is lost, below rounding for each of these.
"""
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
    nodes = _temperature_nodes(T)
    at_nodes = per_photon(E, nodes, spectrum, (low, high))
    # an escape that is the same at all energies needs one column only
    in_sum = at_nodes if P.shape[1] > 1 else at_nodes.sum(axis=1, keepdims=True)
    mixed, share = np.zeros((nodes.size, P.shape[1])), np.zeros(T.size)
    step = max(1, _CHUNK // (E.size + nodes.size))
    for start in range(0, T.size, step):
        part = slice(start, start + step)
        leaving = w[part, None] * P[part]
        lagrange = _interpolation(T[part], nodes)
        mixed += lagrange.T @ leaving
        share[part] = ((leaving @ in_sum.T) * lagrange).sum(axis=1)
    return np.asarray((mixed * at_nodes).sum(axis=0)), share


def per_photon(
    energy: Array, temperatures: Array, spectrum: SpectrumModel, band: tuple[float, float]
) -> Array:
    """Return the model spectrum [1/J] with area 1 over ``band`` [J], shape (temperatures, energy).

    The emission rate is counted by the weights of `particle_spectrum`, so a place must not emit
    more photons because the model, not normalised, grows with its temperature.
    """
    steps = np.linspace(band[0], band[1], _BAND_STEPS, dtype=np.float64)
    both = np.array(spectrum(np.concatenate([steps, energy]), temperatures[:, None]), float)
    whole, asked = both[:, :_BAND_STEPS], both[:, _BAND_STEPS:]
    whole[:, [0, -1]] *= 0.5  # trapezoidal rule on equal steps
    photons = whole.sum(axis=-1) * (steps[1] - steps[0])
    if not np.all(photons > 0.0) or not np.all(np.isfinite(photons)):
        raise ValueError("the model spectrum must be finite and hold light in the band")
    return np.asarray(asked / photons[:, None])


def _temperature_nodes(T: Array) -> Array:
    """Return few temperatures from which spectra at all of ``T`` are interpolated (Chebyshev)."""
    low, high = float(T.min()), float(T.max())
    if high - low < 1e-9 * high:
        return np.asarray([0.5 * (low + high)])
    count = next(n for width, n in _NODES if high - low <= width * high)
    points = np.polynomial.chebyshev.chebpts1(count)
    return np.asarray(0.5 * (low + high) + 0.5 * (high - low) * points)


def _interpolation(T: Array, nodes: Array) -> Array:
    """Return the Lagrange polynomials of Chebyshev ``nodes`` at ``T``, shape (T, nodes)."""
    count = nodes.size
    if count == 1:
        return np.ones((T.size, 1))
    points = np.polynomial.chebyshev.chebpts1(count)
    half = (nodes[-1] - nodes[0]) / (points[-1] - points[0])
    inside = (T - 0.5 * (nodes[0] + nodes[-1])) / half
    orthogonal = np.polynomial.chebyshev.chebvander(points, count - 1) * (2.0 / count)
    orthogonal[:, 0] *= 0.5
    return np.asarray(np.polynomial.chebyshev.chebvander(inside, count - 1) @ orthogonal.T)


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
