"""Light about the axis of a sphere above plane layers: T-matrix and Sommerfeld integrals.

The light that a sphere scatters toward the layers is a sum of plane and evanescent waves; each is
reflected by its own Fresnel amplitude and meets the sphere again. In spherical waves this is one
linear system (Bobbert and Vlieger 1986, doi:10.1016/0378-4371(86)90003-5). Conventions are those of
`optics.axial`: the light runs along +z, the centre is the origin, the layers begin at z = distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.axial import PlaneWaves, angular_functions, panels
from thermosim.optics.bessel import bessel_ratios, scaled_bessel
from thermosim.optics.layers import stack_reflection
from thermosim.optics.mie import MieSphere, series_length

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
# Of the cosine: how far the contour stays from the poles of guided waves, at i sqrt(n² - 1).
_BESIDE = 0.3
CLOSEST = 0.02
"""Gap over the radius below which the series is not summed."""


@dataclass(frozen=True)
class PlaneLayers:
    """Films of given indices and thicknesses [m], the upper one first, on an endless medium."""

    indices: tuple[complex, ...]
    thicknesses: tuple[float, ...] = ()

    def reflection(self, mu: Complexes, wavelength: float) -> tuple[Complexes, Complexes]:
        """Return ``(r_s, r_p)``, see `stack_reflection`."""
        return stack_reflection(self.indices, self.thicknesses, mu, wavelength)


@dataclass(frozen=True)
class Scatterer:
    """How a sphere answers each spherical wave: ``a_n/s_n²``, ``b_n/s_n²`` and the scale ``s_n``.

    The scale is 1 up to ``n = x`` and falls as ``|psi_n/xi_n|^½`` beyond, so that no number
    overflows and the system is as well conditioned as the light is.
    """

    a: Complexes
    b: Complexes
    scale: Floats


def scatterer(m: complex, x: float, count: int) -> Scatterer:
    """Return the scaled coefficients of a homogeneous sphere, Bohren and Huffman, eq. (4.88)."""
    n = np.arange(1, count + 1)
    z = np.array([m * x])
    derivative = 1.0 / bessel_ratios(z, count)[:, 0] - n / (m * x)
    psi = x * scaled_bessel(np.array([x], complex), count)[:, 0].real
    chi = np.empty(count + 1)
    chi[0], chi[1] = math.cos(x), math.cos(x) / x + math.sin(x)
    for order in range(2, count + 1):
        chi[order] = (2 * order - 1) / x * chi[order - 1] - chi[order - 2]
    xi = psi - 1j * chi
    scale = np.where(n > x, np.sqrt(np.abs(psi[1:])) / np.sqrt(np.abs(xi[1:])), 1.0)

    def coefficient(slope: Complexes) -> Complexes:
        above = (slope * psi[1:] - psi[:-1]) / scale
        return np.asarray(above / ((slope * xi[1:] - xi[:-1]) * scale))

    return Scatterer(coefficient(derivative / m + n / x), coefficient(derivative * m + n / x), scale)


def reflection_matrix(
    layers: PlaneLayers, wavelength: float, distance: float, scale: Floats
) -> Complexes:
    """Return what outgoing waves of a sphere are when they come back, shape (2 count, 2 count).

    Columns are outgoing ``M`` and ``N`` of n = 1 .. count, rows regular ones; both scaled. The
    integral over the cosine ``mu`` of the angle goes from 1 to ``i infinity``, to the right of the
    poles of guided waves, which lie on the imaginary axis for clear films and to the left of it
    for films that absorb.

    Parameters
    ----------
    layers, wavelength
        What reflects, and the wavelength in vacuum [m].
    distance
        Of the layers from the centre, in ``1/k``.
    scale
        Of the waves, `Scatterer.scale`.
    """
    count = scale.size
    mu, weight = _contour(layers, wavelength, distance, count)
    r_s, r_p = layers.reflection(mu, wavelength)
    pi, tau = angular_functions(mu, count, scale, np.exp(1j * mu * distance))
    n = np.arange(1, count + 1)
    out = ((2 * n + 1) / (n * (n + 1)))[:, None]
    sent_p, sent_s = np.vstack([pi, tau]), np.vstack([tau, pi])
    sent_p, sent_s = np.vstack([out, out]) * sent_p, np.vstack([out, out]) * sent_s
    sign = ((-1.0) ** (n + 1) / (n * (n + 1)))[:, None]
    back_p, back_s = np.vstack([sign * pi, -sign * tau]), np.vstack([-sign * tau, sign * pi])
    return np.asarray((back_p * (weight * r_p)) @ sent_p.T + (back_s * (weight * r_s)) @ sent_s.T)


def _contour(
    layers: PlaneLayers, wavelength: float, distance: float, count: int
) -> tuple[Complexes, Complexes]:
    """Return nodes and weights of ``sin(alpha) d alpha`` from 1 along the real axis, then upward."""
    optical = sum(
        2.0 * math.pi / wavelength * d * abs(n)
        for n, d in zip(layers.indices, layers.thicknesses, strict=False)
    )
    phase = 2.0 * (distance + count + optical)
    pieces = [panels(1.0, _BESIDE, phase)]
    # beyond the last order nothing is left of exp(-2 mu distance) mu^(2 count)
    top, t = (count + 6.0 * math.sqrt(count) + 25.0) / distance, 0.0
    while t < top:
        step = min(0.5 * _BESIDE + 0.25 * t, 4.0 / distance)
        pieces.append(panels(_BESIDE + 1j * t, _BESIDE + 1j * (t + step), 0.0))
        t += step
    mu, weight = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return mu, -weight


@dataclass(frozen=True)
class LitSphere:
    """A sphere in its light.

    Attributes
    ----------
    inside : the field inside, with the coefficients of this light
    Q_ext, Q_abs : extinction and absorption over ``pi R²`` and the intensity of field 1
    outgoing : coefficients ``P_n`` and ``Q_n`` of the scattered ``M`` and ``-i N``
    """

    inside: MieSphere
    Q_ext: float
    Q_abs: float
    outgoing: tuple[Complexes, Complexes]


def lit_sphere(
    sphere: MieSphere,
    light: PlaneWaves,
    layers: PlaneLayers | None = None,
    distance: float = math.inf,
    wavelength: float = 1.0,
) -> LitSphere:
    """Return a sphere of as many terms as `sphere` has in light about its axis.

    Parameters
    ----------
    sphere
        From `MieSphere.build`.
    light
        Without the sphere and the layers.
    layers, distance, wavelength
        The layers, their distance from the centre in ``1/k``, and the wavelength [m].
    """
    count, x = sphere.c.size, sphere.x
    n = np.arange(1, count + 1)
    found = scatterer(sphere.m, x, count)
    alone = np.concatenate(light.regular(count))
    scale, answer = np.tile(found.scale, 2), np.concatenate([found.b, found.a])
    if layers is not None:
        r_s, r_p = layers.reflection(light.mu, wavelength)
        alone = alone + np.concatenate(light.reflected(distance, r_p, r_s).regular(count))
        back = reflection_matrix(layers, wavelength, distance, found.scale)
        total = np.linalg.solve(np.eye(2 * count) + back * answer, scale * alone)
    else:
        total = scale * alone
    weight = np.tile(2.0 / x**2 * (2 * n + 1), 2)
    Q_ext = (weight * (answer * total * np.conj(scale * alone)).real).sum()
    kept = answer.real - (scale * np.abs(answer)) ** 2
    Q_abs = (weight * kept * np.abs(total) ** 2).sum()
    p, q = total[:count] / found.scale, total[count:] / found.scale
    inside = MieSphere(sphere.m, x, sphere.c * p, sphere.d * q)
    outgoing = -answer * total * scale
    return LitSphere(inside, float(Q_ext), float(Q_abs), (outgoing[:count], outgoing[count:]))
