"""Light about an axis as plane waves, and what it is in spherical waves: beams and reflections.

Lengths are counted in ``1/k`` and fields go as ``exp(-i omega t)``; the light runs along +z. Its
plane waves of one angle ``alpha`` to z have over the azimuth ``beta`` the polarisation
``A_p cos(beta) e_alpha - A_s sin(beta) e_beta``: that of light along x, of which unpolarised and
circular light are sums. Such light has the spherical waves ``sum E_n (p_n M_o1n - i q_n N_e1n)`` of
Bohren and Huffman, eq. (4.37), ``E_n = i^n (2n+1)/(n(n+1))``; for a plane wave ``p_n = q_n = 1``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_PHASE = 20.0  # of a wave along a panel of 20 nodes, which then integrate it to rounding
_DARK = 40.0  # exponent below which a beam has no plane waves


def angular_functions(
    mu: Complexes | Floats, count: int, scale: Floats | None = None, first: Complexes | float = 1.0
) -> tuple[Complexes, Complexes]:
    """Return ``pi_n`` and ``tau_n`` at ``mu = cos(alpha)``, n = 1 .. count, shape (count, n).

    Bohren and Huffman, eq. (4.47), upward, also for complex angles. Both are multiplied by
    ``first`` and by ``scale``, shape (count,), on the way, so that nothing overflows.
    """
    s = np.ones(count) if scale is None else scale
    ratio = np.concatenate([s[:1], s[1:] / s[:-1]])
    kind = np.result_type(mu, first, float)
    pi = np.zeros((count + 1, np.size(mu)), kind)  # row 0 is that of n = 0
    tau = np.zeros((count, np.size(mu)), kind)
    pi[1] = s[0] * first
    tau[0] = mu * pi[1]
    before = 0.0
    for n in range(2, count + 1):
        t = ratio[n - 1]
        twice = t * ratio[n - 2]
        pi[n] = ((2 * n - 1) * mu * t * pi[n - 1] - n * twice * before) / (n - 1)
        tau[n - 1] = n * mu * pi[n] - (n + 1) * t * pi[n - 1]
        before = pi[n - 1]
    return pi[1:], tau


def panels(start: complex, stop: complex, phase: float) -> tuple[Complexes, Complexes]:
    """Return nodes and weights on a straight piece of a contour for waves of a phase along it."""
    count = 1 + int(phase / _PHASE)
    s = ((np.arange(count)[:, None] + 0.5 * (1.0 + _NODES)) / count).ravel()
    weight = np.tile(0.5 * _WEIGHTS / count, count)
    way = complex(stop - start)
    return np.asarray(start + way * s), np.asarray(way * weight)


@dataclass(frozen=True)
class PlaneWaves:
    """Plane waves by the cosine of their angle to z: weights, and amplitudes of p and s light.

    Shapes (n,). A weight stands for ``sin(alpha) d alpha`` and the mean over ``beta``.
    """

    mu: Complexes | Floats
    weight: Complexes
    A_p: Complexes
    A_s: Complexes

    def regular(self, count: int) -> tuple[Complexes, Complexes]:
        """Return ``p_n`` and ``q_n``, n = 1 .. count, of the same light in spherical waves."""
        pi, tau = angular_functions(self.mu, count)
        n = np.arange(1, count + 1)[:, None]
        pi, tau = pi / (n * (n + 1)), tau / (n * (n + 1))
        p, s = self.weight * self.A_p, self.weight * self.A_s
        return pi @ p + tau @ s, tau @ p + pi @ s

    def field(self, z: float) -> complex:
        """Return the field along x on the axis."""
        phase = self.weight * np.exp(1j * self.mu * z)
        return complex((0.5 * phase * (self.mu * self.A_p + self.A_s)).sum())


def plane_wave() -> PlaneWaves:
    """Return one wave along +z of field 1."""
    one = np.ones(1, complex)
    return PlaneWaves(one.real, one, one, one)


def gaussian_waves(waist: float, focus: float, reach: float) -> PlaneWaves:
    """Return a focused Gaussian beam as its exact angular spectrum, field 1 at the focus.

    The strength of its plane waves over the wave vector across is the Gaussian
    ``exp(-(waist kappa)²/4)`` of the paraxial beam up to ``kappa = k``; the field of each stands
    across it, turned as by a lens (Novotny and Hecht, Principles of Nano-Optics, section 3.5).
    Electric and magnetic field are alike.

    Parameters
    ----------
    waist
        1/e² radius of the intensity of the paraxial beam.
    focus
        Position of the waist on the axis.
    reach
        Distance from the focus within which the light is wanted.
    """
    widest = math.sqrt(max(0.0, 1.0 - 4.0 * _DARK / waist**2))
    mu, weight = panels(1.0, widest, reach * (1.0 - widest) + 40.0)
    shape = np.exp(-(waist**2) * (1.0 - mu**2) / 4.0)
    # d² kappa is mu sin(alpha) d alpha d beta, and sin(alpha) d alpha is -d mu
    at_focus = PlaneWaves(mu, -weight * mu, shape, shape).field(0.0)
    moved = shape * np.exp(-1j * mu * focus) / at_focus
    return PlaneWaves(mu, -weight * mu, moved, moved)


def gaussian_area(waist: float) -> float:
    """Return power over intensity at the focus of `gaussian_waves`; ``pi waist²/2`` if it is wide.

    ``2 pi integral of |mu A|² d mu`` over the cosine of the angle, from Parseval's theorem; lengths
    in ``1/k``.
    """
    light = gaussian_waves(waist, 0.0, 0.0)
    return float(2.0 * math.pi * (light.weight.real * light.mu.real * np.abs(light.A_p) ** 2).sum())
