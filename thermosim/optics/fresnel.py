"""Reflection and refraction of light at a flat interface.

Refractive indices are written ``n + ik``, ``k > 0`` in an absorbing medium. Light comes from the
side of ``n1``, which is transparent or nearly so: for a weakly absorbing first medium pass its
real part, since the split into reflected and transmitted power has no meaning otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def cos_refracted(cos_i: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> Complexes:
    """Return the (complex) cosine of the refraction angle, from Snell's law.

    Beyond the critical angle it is imaginary; the sign is that of a wave that decays away from
    the interface. Arguments broadcast; ``cos_i`` in [0, 1].
    """
    cos_i, n1, n2 = np.asarray(cos_i, float), np.asarray(n1), np.asarray(n2)
    sin2_t = np.asarray((n1 / n2) ** 2 * (1.0 - cos_i**2), complex)
    cos_t = np.sqrt(1.0 - sin2_t)
    return np.where((n2 * cos_t).imag < 0.0, -cos_t, cos_t)


def fresnel_amplitudes(
    cos_i: ArrayLike, n1: ArrayLike, n2: ArrayLike
) -> tuple[Complexes, Complexes]:
    """Return the amplitude reflection coefficients ``(r_s, r_p)`` of light that comes from ``n1``.

    Born and Wolf, Principles of Optics, section 1.5.2 (``r_p`` has the sign of ``n2 - n1`` at
    normal incidence, ``r_s`` the opposite one). Arguments broadcast; ``cos_i`` in [0, 1].
    """
    cos_i, n1, n2 = np.asarray(cos_i, float), np.asarray(n1), np.asarray(n2)
    cos_t = cos_refracted(cos_i, n1, n2)
    r_s = (n1 * cos_i - n2 * cos_t) / (n1 * cos_i + n2 * cos_t)
    r_p = (n2 * cos_i - n1 * cos_t) / (n2 * cos_i + n1 * cos_t)
    return r_s, r_p


def fresnel_reflectance(cos_i: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> tuple[Floats, Floats]:
    """Return the reflected fractions of power ``(R_s, R_p)``; 1 beyond the critical angle."""
    r_s, r_p = fresnel_amplitudes(cos_i, n1, n2)
    return np.abs(r_s) ** 2, np.abs(r_p) ** 2


def unpolarised_transmittance(cos_i: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> Floats:
    """Return the transmitted fraction of unpolarised power, ``1 - (R_s + R_p)/2``."""
    R_s, R_p = fresnel_reflectance(cos_i, n1, n2)
    return np.asarray(1.0 - 0.5 * (R_s + R_p))


def reflect(direction: Floats, normal: Floats) -> Floats:
    """Return the mirrored unit directions; ``direction`` and ``normal`` of shape (n, 3)."""
    along = np.sum(direction * normal, axis=-1, keepdims=True)
    return np.asarray(direction - 2.0 * along * normal)


def refract(direction: Floats, normal: Floats, n1: ArrayLike, n2: ArrayLike) -> Floats:
    """Return the refracted unit directions; zero vectors beyond the critical angle.

    Parameters
    ----------
    direction, normal
        Unit vectors, shape (n, 3); the normal may point to either side.
    n1, n2
        Real refractive indices before and behind the interface, scalars or shape (n,).
    """
    ratio = np.broadcast_to(np.asarray(n1, float) / np.asarray(n2, float), direction.shape[:-1])
    along = np.sum(direction * normal, axis=-1)
    facing = np.where(along > 0.0, 1.0, -1.0)
    cos_i = np.abs(along)
    cos2_t = 1.0 - ratio**2 * (1.0 - cos_i**2)
    bend = facing * (np.sqrt(np.maximum(cos2_t, 0.0)) - ratio * cos_i)
    bent = ratio[..., None] * direction + bend[..., None] * normal
    return np.where((cos2_t > 0.0)[..., None], bent, 0.0)
