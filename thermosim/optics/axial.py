"""Light about an axis as plane waves, and what it is in spherical waves: beams and reflections.

Lengths are counted in ``1/k`` and fields go as ``exp(-i omega t)``; the light runs along +z. Its plane
waves of one angle ``alpha`` to z share the polarisation ``A_p cos(beta) e_alpha - A_s sin(beta) e_beta``
over the azimuth ``beta``: that of light along x, of which unpolarised and circular light are sums. Such
light has the spherical waves ``sum E_n (p_n M_o1n - i q_n N_e1n)`` of Bohren and Huffman, eq. (4.37),
``E_n = i^n (2n+1)/(n(n+1))``; for a plane wave ``p_n = q_n = 1``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_PHASE = 10.0  # of a wave along a panel of 20 nodes, which then integrate it to rounding
_DARK = 40.0  # exponent below which a beam has no plane waves


def angular_functions(
    mu: Complexes | Floats, count: int, scale: Floats | None = None, first: Complexes | float = 1.0
) -> tuple[Complexes, Complexes]:
    """Return ``pi_n`` and ``tau_n`` at ``mu = cos(alpha)``, n = 1 .. count, shape (count, n).

    Bohren and Huffman, eq. (4.47), upward, also for complex angles. Both are multiplied by ``first``
    and by ``scale``, shape (count,), on the way, so that nothing overflows.
    """
    s = np.ones(count) if scale is None else scale
    ratio = np.concatenate([s[:1], s[1:] / s[:-1]])
    pi = np.zeros((count + 1, np.size(mu)), complex)  # row 0 is that of n = 0
    tau = np.zeros((count, np.size(mu)), complex)
    pi[1] = s[0] * first
    tau[0] = mu * pi[1]
    before = 0.0
    for n in range(2, count + 1):
        t = ratio[n - 1]
        twice = t * ratio[n - 2] if n > 2 else 0.0
        pi[n] = ((2 * n - 1) * mu * t * pi[n - 1] - n * twice * before) / (n - 1)
        tau[n - 1] = n * mu * pi[n] - (n + 1) * t * pi[n - 1]
        before = pi[n - 1]
    return pi[1:], tau


def panels(start: complex, stop: complex, phase: float) -> tuple[Complexes, Complexes]:
    """Return nodes and weights on a straight piece of a contour for waves of a phase along it."""
    count = 1 + int(phase / _PHASE)
    s = ((np.arange(count)[:, None] + 0.5 * (1.0 + _NODES)) / count).ravel()
    weight = np.tile(0.5 * _WEIGHTS / count, count)
    return start + (stop - start) * s, (stop - start) * weight


@dataclass(frozen=True)
class PlaneWaves:
    """Plane waves by the cosine of their angle to z: weights, and amplitudes of p and s light.

    Shapes (n,). A weight stands for ``sin(alpha) d alpha`` and the mean over ``beta``.
    """

    mu: Complexes
    weight: Complexes
    A_p: Complexes
    A_s: Complexes

    def regular(self, count: int) -> tuple[Complexes, Complexes]:
        """Return ``p_n`` and ``q_n``, n = 1 .. count, of the same light in spherical waves."""
        pi, tau = angular_functions(self.mu, count)
        n = np.arange(1, count + 1)
        over, p, s = n * (n + 1), self.weight * self.A_p, self.weight * self.A_s
        return (pi @ p + tau @ s) / over, (tau @ p + pi @ s) / over

    def reflected(self, distance: float, r_p: Complexes, r_s: Complexes) -> PlaneWaves:
        """Return what a mirror across z at ``distance`` sends back, by its amplitudes.

        ``r_p`` is that of the magnetic field.
        """
        turn = np.exp(2j * self.mu * distance)
        return PlaneWaves(-self.mu, self.weight, r_p * turn * self.A_p, r_s * turn * self.A_s)

    def field(self, z: float) -> complex:
        """Return the field along x on the axis."""
        phase = self.weight * np.exp(1j * self.mu * z)
        return complex((0.5 * phase * (self.mu * self.A_p + self.A_s)).sum())


def plane_wave() -> PlaneWaves:
    """Return one wave along +z of field 1."""
    one = np.ones(1, complex)
    return PlaneWaves(one, one, one, one)


def gaussian_waves(waist: float, focus: float, reach: float) -> PlaneWaves:
    """Return a Gaussian beam as its exact angular spectrum, field 1 at the focus of a wide beam.

    In the plane of the waist the field along x is ``exp(-rho²/waist²)`` without what would be
    evanescent, and that along y is zero; Novotny and Hecht, Principles of Nano-Optics, section 3.3.

    Parameters
    ----------
    waist
        1/e² radius of the intensity.
    focus
        Position of the waist on the axis.
    reach
        Distance over which the phase of the waves is wanted.
    """
    widest = math.sqrt(max(0.0, 1.0 - 4.0 * _DARK / waist**2))
    phase = (reach + abs(focus)) * (1.0 - widest) + 2.0 * _PHASE
    mu, weight = panels(1.0, widest, phase)
    shape = np.exp(-(waist**2) * (1.0 - mu**2) / 4.0 - 1j * mu * focus)
    # sin(alpha) d alpha = -d mu; half of waist² and mu are from d² k across
    strength = -0.5 * waist**2 * weight * mu
    return PlaneWaves(mu, strength, shape / mu, shape)
