"""Spherical Bessel functions of complex arguments that neither overflow nor lose digits.

Many arguments at once, all orders of each, by recurrences in their stable direction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Complexes = NDArray[np.complex128]


def bessel_ratios(z: Complexes, count: int) -> Complexes:
    """Return ``j_n(z)/j_{n-1}(z)`` for n = 1 .. count, shape (count, n), by downward recurrence.

    Stable for any complex ``z``, shape (n,), with ``|z| > 0``.
    """
    start = max(count, int(np.abs(z).max()))
    start += 20 + int(8.0 * start ** (1.0 / 3.0))
    ratios = np.empty((count, z.size), complex)
    ratio, inverse = np.zeros(z.shape, complex), 1.0 / z
    for n in range(start, 0, -1):
        ratio = 1.0 / ((2 * n + 1) * inverse - ratio)
        if n <= count:
            ratios[n - 1] = ratio
    return ratios


def scaled_bessel_starts(z: Complexes) -> tuple[Complexes, Complexes]:
    """Return ``j_0`` and ``j_1`` of ``z`` times ``exp(-|Im z|)``, which cannot overflow.

    ``j_1`` is inaccurate for ``|z| << 1``, where ``j_0`` times its ratio serves.
    """
    a, b = z.real, np.abs(z.imag)
    decay = np.exp(-2.0 * b)
    cosh, sinh = 0.5 * (1.0 + decay), -0.5 * np.expm1(-2.0 * b)
    side = np.where(z.imag < 0.0, -1.0, 1.0)
    sine = np.sin(a) * cosh + 1j * side * np.cos(a) * sinh
    cosine = np.cos(a) * cosh - 1j * side * np.sin(a) * sinh
    return sine / z, (sine / z - cosine) / z


def scaled_bessel(z: Complexes, count: int) -> Complexes:
    """Return spherical Bessel functions ``j_n(z) exp(-|Im z|)``, n = 0 .. count.

    Shape (count + 1, n). Near a zero of ``j_0`` the products start from ``j_1`` instead.
    """
    ratios = bessel_ratios(z, count)
    first, second = scaled_bessel_starts(z)
    values = np.empty((count + 1, z.size), complex)
    values[0] = first
    from_second = (np.abs(second) > np.abs(first)) & (np.abs(z) > 1.0)  # below it is rounding
    values[1] = np.where(from_second, second, first * ratios[0])
    for n in range(2, count + 1):
        values[n] = values[n - 1] * ratios[n - 1]
    return values
