"""Light about the axis of a sphere above plane layers: T-matrix and Sommerfeld integrals.

The light that a sphere scatters toward the layers is a sum of plane and evanescent waves; each is
reflected by its own Fresnel amplitude and meets the sphere again. In spherical waves this is one
linear system (Bobbert and Vlieger 1986, doi:10.1016/0378-4371(86)90003-5). Conventions and units
are those of `optics.axial`: the centre is the origin, and the layers begin at z = distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.axial import PlaneWaves, angular_functions, panels
from thermosim.optics.layers import stack_reflection
from thermosim.optics.mie import MieSphere, series_length
from thermosim.optics.mie_coated import largest_count, scatterer, surface_waves

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
# Of the cosine: how far the contour stays from the poles of guided waves, at i sqrt(n² - 1).
_BESIDE = 0.3
SETTLED = 1e-8
"""Relative change with about a sixth more terms at which a sum over the layers is taken."""
_GROWTH = 4  # times the terms of a sphere alone, after which it is given up


@dataclass(frozen=True)
class PlaneLayers:
    """Films on an endless medium under a sphere; lengths in ``1/k``.

    Attributes
    ----------
    distance : of the first face from the centre of the sphere
    indices : of the films, the upper one first, and of the endless medium
    thicknesses : of the films
    """

    distance: float
    indices: tuple[complex, ...]
    thicknesses: tuple[float, ...] = ()

    def reflection(self, mu: Complexes | Floats) -> tuple[Complexes, Complexes]:
        """Return ``(r_s, r_p)``, see `stack_reflection`."""
        return stack_reflection(self.indices, self.thicknesses, mu)

    def reflected(self, light: PlaneWaves) -> PlaneWaves:
        """Return what the layers send back of light along +z."""
        r_s, r_p = self.reflection(light.mu)
        turn = np.exp(2j * light.mu * self.distance)
        return PlaneWaves(-light.mu, light.weight, turn * r_p * light.A_p, turn * r_s * light.A_s)


@lru_cache(maxsize=32)
def reflection_matrix(layers: PlaneLayers, x: float, count: int) -> Complexes:
    """Return what outgoing waves of a sphere are when they come back, shape (2 count, 2 count).

    Columns are outgoing ``M`` and ``N`` of n = 1 .. count, rows regular ones; both scaled as
    `Scatterer.scale` of size ``x``. The integral over the cosine ``mu`` of the angle goes from 1 to
    ``i infinity``, to the right of the poles of guided waves, which lie on the imaginary axis for
    clear films and to the left of it for films that absorb.
    """
    scale = surface_waves(x, count)[2]
    mu, weight = _contour(layers, count)
    r_s, r_p = layers.reflection(mu)
    pi, tau = angular_functions(mu, count, scale, np.exp(1j * mu * layers.distance))
    n = np.arange(1, count + 1)
    out = ((2 * n + 1) / (n * (n + 1)))[:, None]
    sent_p, sent_s = np.vstack([pi, tau]), np.vstack([tau, pi])
    sent_p, sent_s = np.vstack([out, out]) * sent_p, np.vstack([out, out]) * sent_s
    sign = ((-1.0) ** (n + 1) / (n * (n + 1)))[:, None]
    back_p, back_s = np.vstack([sign * pi, -sign * tau]), np.vstack([-sign * tau, sign * pi])
    return np.asarray((back_p * (weight * r_p)) @ sent_p.T + (back_s * (weight * r_s)) @ sent_s.T)


def _contour(layers: PlaneLayers, count: int) -> tuple[Complexes, Complexes]:
    """Return nodes and weights of ``sin(alpha) d alpha`` from 1 to the left, then upward."""
    films = sum(abs(n) * d for n, d in zip(layers.indices, layers.thicknesses, strict=False))
    distance, phase = layers.distance, 2.0 * (layers.distance + count + films)
    pieces = [panels(1.0, _BESIDE, phase)]
    # beyond the last order nothing is left of exp(-2 mu distance) mu^(2 count)
    top, t = (count + 6.0 * math.sqrt(count) + 25.0) / distance, 0.0
    while t < top:
        step = min(0.5 * _BESIDE + 0.25 * t, 8.0 / distance)
        pieces.append(panels(_BESIDE + 1j * t, _BESIDE + 1j * (t + step), 0.0))
        t += step
    mu, weight = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return mu, -weight


@dataclass(frozen=True)
class LitSphere:
    """A sphere in light about its axis.

    Attributes
    ----------
    inside : the field inside, with the coefficients of this light
    Q_ext : extinction over ``pi R²`` and the intensity of field 1; ``Q_abs`` is absorption
    outgoing : coefficients of the scattered waves ``M`` and ``-i N``
    """

    inside: MieSphere
    Q_ext: float
    outgoing: tuple[Complexes, Complexes]

    @cached_property
    def Q_abs(self) -> float:
        """From the field inside, when it is asked for: it takes as long as all coefficients."""
        return self.inside.absorption_efficiency()


def lit_sphere(
    m: complex,
    x: float,
    light: PlaneWaves,
    layers: PlaneLayers | None = None,
    terms: int | None = None,
    settled: float = SETTLED,
) -> LitSphere:
    """Return a sphere in light about its axis, as many terms as it takes.

    Parameters
    ----------
    m, x
        Index (either sign of Im) and size parameter.
    light
        What comes, without the sphere and what lies below it.
    layers
        What lies below it.
    terms
        Of the series; by default they grow until neither extinction nor the mean field changes.
    settled
        Relative change at which they are taken not to.

    Raises
    ------
    ValueError
        If the sum does not settle.
    """
    m = complex(m.real, abs(m.imag))
    if terms is not None or layers is None:
        return _lit(m, x, terms or series_length(x), light, layers)
    count, before = series_length(x) + 8, [0.0, 0.0]
    most = largest_count(x, count * _GROWTH)
    while count <= most:
        found = _lit(m, x, count, light, layers)
        now = [found.Q_ext, found.inside.mean_square()]
        if all(abs(b - a) <= settled * abs(b) for a, b in zip(before, now, strict=True)):
            return found
        before, count = now, count + max(12, count // 6)
    gap = layers.distance / x - 1.0
    raise ValueError(
        f"the series of a sphere {gap:.3g} radii above its substrate does not settle with "
        f"{most} terms"
    )


def _lit(
    m: complex, x: float, count: int, light: PlaneWaves, layers: PlaneLayers | None
) -> LitSphere:
    """Return a sphere of given terms in its light."""
    found, sphere = scatterer((m,), (x,), count), MieSphere.build(m, x, count)
    alone = np.concatenate(light.regular(count))
    scale, answer = np.tile(found.scale, 2), np.concatenate([found.b, found.a])
    exciting = alone
    if layers is not None:
        alone = alone + np.concatenate(layers.reflected(light).regular(count))
        system = np.eye(2 * count) + reflection_matrix(layers, x, count) * answer
        exciting = np.linalg.solve(system, scale * alone) / scale
    outgoing = -answer * (scale * exciting) * scale
    weight = np.tile(2.0 / x**2 * (2 * np.arange(1, count + 1) + 1), 2)
    Q_ext = -float((weight * (outgoing * np.conj(alone)).real).sum())
    p, q = exciting[:count], exciting[count:]
    inside = MieSphere(sphere.m, x, sphere.c * p, sphere.d * q)
    return LitSphere(inside, Q_ext, (outgoing[:count], outgoing[count:]))


def scattered_up(sphere: LitSphere, layers: PlaneLayers | None) -> float:
    """Return what a sphere sends away from the layers, ``1/x² integral of |A_p|² + |A_s|² d mu``.

    Over ``pi R²``, as `LitSphere.Q_ext`; what is neither absorbed nor sent up goes into the layers.
    """
    count = sphere.inside.c.size
    far = 0.0 if layers is None else layers.distance
    mu, weight = panels(0.0, 1.0, 2.0 * (count + far))
    n = np.arange(1, count + 1)
    P, Q = (part * (2 * n + 1) / (n * (n + 1)) for part in sphere.outgoing)
    pi, tau = angular_functions(-mu, count)
    A_p, A_s = P @ pi + Q @ tau, P @ tau + Q @ pi
    if layers is not None:
        r_s, r_p = layers.reflection(mu)
        pi, tau = angular_functions(mu, count)
        turn = np.exp(2j * mu * far)
        A_p, A_s = A_p + turn * r_p * (P @ pi + Q @ tau), A_s + turn * r_s * (P @ tau + Q @ pi)
    return float((weight.real * (np.abs(A_p) ** 2 + np.abs(A_s) ** 2)).sum() / sphere.inside.x**2)
