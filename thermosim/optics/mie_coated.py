"""How a sphere, bare or coated, answers spherical waves: scaled coefficients ``a_n`` and ``b_n``.

Coatings pass the logarithmic derivative of the field from face to face (Yang 2003,
doi:10.1364/AO.42.001710, after Aden and Kerker 1951, doi:10.1063/1.1699834), which neither
overflows nor loses digits in thick layers that absorb. Indices ``n + ik`` are relative to the
surroundings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.bessel import bessel_ratios, scaled_bessel

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
_LARGEST = 640.0  # logarithm of the largest number that is computed with


@dataclass(frozen=True)
class Scatterer:
    """How a sphere answers each spherical wave: ``a_n/s_n²``, ``b_n/s_n²`` and the scale ``s_n``.

    The scale is 1 up to ``n = x`` and falls as ``|psi_n/xi_n|^½`` beyond: no number overflows, and
    a system of scaled equations is as well conditioned as the light is.
    """

    a: Complexes
    b: Complexes
    scale: Floats

    def efficiencies(self, x: float) -> tuple[float, float, float]:
        """Return ``(Q_ext, Q_sca, Q_abs)`` in a plane wave; ``x`` is the outer size parameter."""
        n = np.arange(1, self.a.size + 1)
        weight, a, b = 2.0 / x**2 * (2 * n + 1), self.a * self.scale**2, self.b * self.scale**2
        Q_ext = float((weight * (a + b).real).sum())
        Q_sca = float((weight * (np.abs(a) ** 2 + np.abs(b) ** 2)).sum())
        return Q_ext, Q_sca, Q_ext - Q_sca


def largest_count(x: float, wanted: int) -> int:
    """Return the number of terms, at most ``wanted``, whose waves at size ``x`` are no overflow."""
    n = np.arange(1, wanted + 1)
    growth = np.log(np.maximum((2 * n + 1) / x, 1.0)).cumsum()
    return int(np.searchsorted(growth, _LARGEST))


def surface_waves(x: float, count: int) -> tuple[Floats, Complexes, Floats]:
    """Return ``psi_n(x)``, ``xi_n(x)``, n = 0 .. count, and the scale of n = 1 .. count."""
    psi = x * scaled_bessel(np.array([x], complex), count)[:, 0].real
    chi = np.empty(count + 1)
    chi[0], chi[1] = math.cos(x), math.cos(x) / x + math.sin(x)
    for order in range(2, count + 1):
        chi[order] = (2 * order - 1) / x * chi[order - 1] - chi[order - 2]
    xi = psi - 1j * chi
    beyond = np.arange(1, count + 1) > x
    return psi, xi, np.where(beyond, np.sqrt(np.abs(psi[1:])) / np.sqrt(np.abs(xi[1:])), 1.0)


def scatterer(m: tuple[complex, ...], x: tuple[float, ...], count: int) -> Scatterer:
    """Return the answer of a sphere to waves of n = 1 .. count.

    Parameters
    ----------
    m
        Relative index of the core and of each coating, from inside, ``Im m >= 0``.
    x
        Size parameter of the outer face of each, growing.
    """
    psi, xi, scale = surface_waves(x[-1], count)
    slope_a, slope_b = _slopes(m, x, count)
    n_over_x = np.arange(1, count + 1) / x[-1]

    def coefficient(slope: Complexes) -> Complexes:
        slope = slope + n_over_x
        above = (slope * psi[1:] - psi[:-1]) / scale
        return np.asarray(above / ((slope * xi[1:] - xi[:-1]) * scale))

    return Scatterer(coefficient(slope_a / m[-1]), coefficient(slope_b * m[-1]), scale)


def _slopes(
    m: tuple[complex, ...], x: tuple[float, ...], count: int
) -> tuple[Complexes, Complexes]:
    """Return the logarithmic derivative of electric and magnetic waves below the outer face."""
    slope_a = slope_b = _regular_slope(m[0] * x[0], count)[1:]
    for i in range(1, len(m)):
        low, high = m[i] * x[i - 1], m[i] * x[i]
        # what is continuous is slope/m of electric waves, slope m of magnetic ones
        both = np.array([slope_a * m[i] / m[i - 1], slope_b * m[i - 1] / m[i]])
        first_low, second_low = _slope_pair(low, count)
        first, second = _slope_pair(high, count)
        mixed = _decay(low, high, (first_low, second_low), (first, second))
        mixed = mixed * (first_low[1:] - both) / (second_low[1:] - both)
        slope_a, slope_b = (first[1:] - mixed * second[1:]) / (1.0 - mixed)
    return slope_a, slope_b


def _regular_slope(z: complex, count: int) -> Complexes:
    """Return ``psi_n'/psi_n`` at ``z``, n = 0 .. count, by downward recurrence."""
    ratios = bessel_ratios(np.array([z]), count + 1)[:, 0]
    n = np.arange(1, count + 2)
    return np.asarray(n / z - ratios)


def _slope_pair(z: complex, count: int) -> tuple[Complexes, Complexes]:
    """Return ``psi_n'/psi_n`` and ``xi_n'/xi_n`` at ``z``, n = 0 .. count.

    The second by the product ``psi_n xi_n`` upward, which is stable (Mackowski et al. 1990,
    doi:10.1364/AO.29.001551).
    """
    first = _regular_slope(z, count)
    second = np.empty(count + 1, complex)
    second[0] = 1j
    product = 0.5 * (1.0 - np.exp(2j * z))
    for n in range(1, count + 1):
        product *= (n / z - first[n - 1]) * (n / z - second[n - 1])
        second[n] = first[n] + 1j / product
    return first, second


def _decay(
    low: complex, high: complex, one: tuple[Complexes, Complexes], two: tuple[Complexes, Complexes]
) -> Complexes:
    """Return ``(psi_n/xi_n)(low)`` over that at ``high``, n = 1 .. count."""
    start = (np.exp(2j * high) - np.exp(2j * (high - low))) / (np.exp(2j * high) - 1.0)
    n = np.arange(1, one[0].size)
    steps = (n / low - one[0][:-1]) / (n / low - one[1][:-1])
    steps *= (n / high - two[1][:-1]) / (n / high - two[0][:-1])
    return np.asarray(start * np.cumprod(steps))
