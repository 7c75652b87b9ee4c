"""Closed forms of escape and reabsorption: sphere, cube and rough grain, and spectral averages.

Light is born uniformly and isotropically in a body of refractive index ``n`` (relative to what
surrounds it). ``tau`` is the absorption coefficient times the radius of a sphere. Interfaces
transmit unpolarised light: each encounter takes the mean of both polarisations.
Energies and spectra run along the last axis.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.optics.fresnel import unpolarised_transmittance

Floats = NDArray[np.float64]

_NODES = 400
_NODES_ALL_CLEAR = 64  # as close as the others where nothing depends on the depth: 5e-14


@cache
def _nodes(count: int) -> tuple[Floats, Floats]:
    """Return Gauss-Legendre nodes and weights on [0, 1], packed at 0 by the substitution u³.

    At small ``tau`` the integrands change over ``mu ~ tau`` beside the critical angle.
    """
    x, w = np.polynomial.legendre.leggauss(count)
    u = 0.5 * (x + 1.0)
    return u**3, 1.5 * w * u**2


def _checked_index(index: ArrayLike) -> Floats:
    n = np.asarray(index, float)
    if not np.all(n >= 1.0):
        raise ValueError(
            f"refractive index {np.min(n):.6g} must be at least 1: relative to the surroundings, "
            "the body must be the denser medium"
        )
    return n


def _checked_depth(depth: ArrayLike) -> Floats:
    tau = np.asarray(depth, float)
    if not np.all(tau >= 0.0):
        raise ValueError(f"optical depth {np.min(tau):.6g} must not be negative")
    return tau


def _mean_survival(depth: Floats) -> Floats:
    """Return ``(1 - e^-L)/L``: the chance to reach the surface from anywhere on a chord."""
    safe = np.where(depth > 0.0, depth, 1.0)
    return np.where(depth > 0.0, -np.expm1(-safe) / safe, 1.0)


def _escape_cone(index: Floats, count: int = _NODES) -> tuple[Floats, Floats, Floats]:
    """Return ``mu``, ``d mu`` and ``T(mu)`` inside the escape cone, a last axis added.

    The variable is the cosine outside, in which the transmittance is smooth.
    """
    outside, weight = _nodes(count)
    n = index[..., None]
    mu = np.sqrt((n - 1.0) * (n + 1.0) + outside**2) / n
    T = np.maximum(unpolarised_transmittance(mu, n, 1.0), 0.0)
    return mu, weight * outside / (n**2 * mu), T


def sphere_escape(tau: ArrayLike, index: ArrayLike) -> Floats:
    """Return the escape probability from a smooth sphere with Fresnel reflection.

    ``∫ 3 mu² (1-e^-L)/L T(mu)/(1-(1-T)e^-L) d mu`` with ``L = 2 tau mu``: a smooth sphere keeps
    the angle of incidence, so each chord is followed by one just like it. ``tau`` and ``index``
    broadcast; ``tau = 0`` gives the untrapped share.
    """
    tau, n = np.broadcast_arrays(_checked_depth(tau), _checked_index(index))
    mu, d_mu, T = _escape_cone(n)
    L = 2.0 * tau[..., None] * mu
    ends = T - (1.0 - T) * np.expm1(-L)
    # at grazing exit T may round to 0: in a clear sphere this light, too, gets out in the end
    leaves = np.where(ends > 0.0, T / np.where(ends > 0.0, ends, 1.0), 1.0)
    return np.asarray(np.sum(3.0 * mu**2 * _mean_survival(L) * leaves * d_mu, axis=-1))


def mean_transmittance(index: ArrayLike) -> Floats:
    """Return the transmittance of a surface for diffuse light from inside, ``∫ 2 mu T d mu``.

    Equal to that from outside divided by n². Broadcasts over ``index``.
    """
    mu, d_mu, T = _escape_cone(_checked_index(index), _NODES_ALL_CLEAR)
    return np.asarray(np.sum(2.0 * mu * T * d_mu, axis=-1))


def mean_transmittance_into(index: ArrayLike, outside: ArrayLike) -> Floats:
    """Return the transmittance for diffuse light from ``index`` into the medium ``outside``.

    Either medium may be the denser one; from the thinner side it is n² times larger.
    """
    n1, n2 = np.broadcast_arrays(np.asarray(index, float), np.asarray(outside, float))
    ratio = n1 / n2
    into_thinner = mean_transmittance(np.maximum(ratio, 1.0 / ratio))
    return np.asarray(np.where(ratio >= 1.0, into_thinner, into_thinner / ratio**2))


def mean_chord(volume: ArrayLike, area: ArrayLike) -> Floats:
    """Return the mean chord [m] under diffuse light of a body of any form, ``4 V/S`` (Cauchy)."""
    return np.asarray(4.0 * np.asarray(volume, float) / np.asarray(area, float))


def ergodic_escape(chord_depth: ArrayLike, transmittance: ArrayLike) -> Floats:
    """Return the escape probability from a rough (ergodic) grain, ``T/(T + alpha 4V/S)``.

    Parameters
    ----------
    chord_depth
        Absorption coefficient times mean chord; ``4 tau/3`` for a sphere.
    transmittance
        Of the surface for diffuse light from inside (`mean_transmittance`). They broadcast.
    """
    x, T = _checked_depth(chord_depth), np.asarray(transmittance, float)
    return np.asarray(T / (T + x))


def shares(
    escape: ArrayLike, alpha: ArrayLike, parasitic: ArrayLike = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Return the shares that escape, are reabsorbed by dots, and are lost; they add up to 1.

    What does not escape is split as the absorption coefficients [1/m] of dots and of the rest.
    Light that stays for ever because nothing absorbs counts as lost.
    """
    P, alpha, rest = np.broadcast_arrays(
        np.asarray(escape, float), np.asarray(alpha, float), np.asarray(parasitic, float)
    )
    total = alpha + rest
    by_dots = np.where(total > 0.0, alpha / np.where(total > 0.0, total, 1.0), 0.0)
    return P, (1.0 - P) * by_dots, (1.0 - P) * (1.0 - by_dots)


def recycling_count(eta_int: ArrayLike, f_reabsorbed: ArrayLike) -> Floats:
    """Return the mean number of reabsorptions by dots per excitation, ``eta f_r/(1 - eta f_r)``."""
    again = np.asarray(eta_int, float) * np.asarray(f_reabsorbed, float)
    return np.asarray(again / (1.0 - again))


def spectral_weights(energy: ArrayLike, emission: ArrayLike) -> Floats:
    """Return trapezoidal weights of a spectrum of photons per energy, normalised to 1.

    Raises
    ------
    ValueError
        If the energies do not increase, or the spectrum is negative or zero throughout.
    """
    E, s = np.asarray(energy, float), np.asarray(emission, float)
    if E.ndim != 1 or s.shape != E.shape or E.size == 0:
        raise ValueError(
            f"energy of shape {E.shape} and emission of shape {s.shape} must be "
            "one-dimensional, of equal length and not empty"
        )
    if not (np.all(np.diff(E) > 0.0) and E[0] > 0.0):
        raise ValueError("energies must be positive and increase; sort them and drop doubles")
    if not (np.all(s >= 0.0) and np.any(s > 0.0) and np.all(np.isfinite(s))):
        raise ValueError("the emission spectrum must be finite, nowhere negative, somewhere > 0")
    if E.size == 1:
        return np.ones(1)
    step = np.diff(E)
    weights = s * 0.5 * (np.append(step, 0.0) + np.append(0.0, step))
    return np.asarray(weights / weights.sum())


def mean_escape(energy: ArrayLike, weights: ArrayLike, escape: ArrayLike) -> Floats:
    """Return ``<E_esc> = ∫ E s P / ∫ s P`` [J]; NaN where nothing escapes.

    ``weights`` from `spectral_weights`, ``escape`` P(E) of shape (..., n): result (...).
    """
    seen = np.asarray(weights, float) * np.asarray(escape, float)
    total = np.sum(seen, axis=-1)
    mean = np.sum(seen * np.asarray(energy, float), axis=-1) / np.where(total > 0, total, 1.0)
    return np.where(total > 0.0, mean, np.nan)
