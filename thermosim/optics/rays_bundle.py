"""Bundles of light rays, what they need to know of the materials, and interfaces they cross."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.fresnel import fresnel_amplitudes, reflect, refract

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Optics:
    """What the rays need to know of the materials.

    Attributes
    ----------
    n
        Real refractive index of the body.
    alpha_dots, alpha_host
        Absorption coefficients [1/m].
    substrate
        Refractive index ``n + ik`` of the half-space z < 0, or None.
    cutoff
        A ray is dropped when less than this share of its launched power is left.
    max_interactions
        Largest number of surfaces that one ray meets.
    """

    n: float
    alpha_dots: float
    alpha_host: float = 0.0
    substrate: complex | None = None
    cutoff: float = 1e-4
    max_interactions: int = 1000

    @property
    def alpha(self) -> float:
        """Absorption coefficient, dots and host together [1/m]."""
        return self.alpha_dots + self.alpha_host


@dataclass(frozen=True)
class Rays:
    """A bundle: positions and directions (n, 3), fields (n, polarisations, 3), and history.

    ``field`` is scaled so that its squared length, summed over polarisations, is the power [W].
    """

    origin: Floats
    direction: Floats
    field: Complexes
    ray: Integers
    launched: Floats
    been_inside: Bools

    @property
    def power(self) -> Floats:
        """Power of each ray [W], shape (n,)."""
        return np.asarray((np.abs(self.field) ** 2).sum(axis=(1, 2)))

    def __getitem__(self, chosen: Bools) -> Rays:
        return Rays(*(getattr(self, f.name)[chosen] for f in fields(self)))

    @staticmethod
    def joined(bundles: list[Rays]) -> Rays:
        """Return all bundles as one."""
        names = [f.name for f in fields(Rays)]
        return Rays(*(np.concatenate([getattr(b, name) for b in bundles]) for name in names))


def _unit(vectors: Floats) -> Floats:
    """Return vectors scaled to length 1: over hundreds of bounces rounding errors would grow."""
    return np.asarray(vectors / np.sqrt(np.sum(vectors**2, axis=1, keepdims=True)))


def _cross(a: Floats, b: Floats) -> Floats:
    """Return vector products, shape (n, 3): those of NumPy, which moves axes for longer than this.

    A trace multiplies a few hundred vectors at a time, hundreds of times.
    """
    found = np.empty(a.shape)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        found[:, i] = a[:, j] * b[:, k] - a[:, k] * b[:, j]
    return found


def _planes(direction: Floats, normal: Floats) -> Floats:
    """Return the unit vectors s normal to the planes of incidence, shape (n, 3)."""
    across = _cross(direction, normal)
    length = np.linalg.norm(across, axis=1, keepdims=True)
    # at normal incidence any vector across the ray will do
    spare = _cross(direction, np.eye(3)[np.abs(direction).argmin(axis=1)])
    spare /= np.linalg.norm(spare, axis=1, keepdims=True)
    s = np.where(length > 1e-9, across / np.maximum(length, 1e-300), spare)
    return _unit(s - np.sum(s * direction, axis=1, keepdims=True) * direction)


def split_at_interface(
    rays: Rays, normal: Floats, n1: float, n2: complex | Complexes
) -> tuple[Rays, Rays]:
    """Return the reflected and the transmitted rays of a bundle that stands at an interface.

    Power is conserved ray by ray. Into an absorbing medium the transmitted ray only carries
    the power; its direction follows the real part of the index.
    """
    d = rays.direction
    s = _planes(d, normal)
    n2 = np.broadcast_to(np.asarray(n2, complex), s.shape[:1])
    cos_i = np.minimum(np.abs(np.sum(d * normal, axis=1)), 1.0)
    r_s, r_p = fresnel_amplitudes(cos_i, n1, n2)
    onward, back = refract(d, normal, n1, n2.real), _unit(reflect(d, normal))
    E_s = np.einsum("npk,nk->np", rays.field, s)
    E_p = np.einsum("npk,nk->np", rays.field, _cross(s, d))

    def field(t_s: Complexes, t_p: Complexes, direction: Floats) -> Complexes:
        along_s, along_p = t_s[:, None] * E_s, t_p[:, None] * E_p
        p = _cross(s, direction)
        return np.asarray(along_s[..., None] * s[:, None] + along_p[..., None] * p[:, None])

    T_s, T_p = (np.sqrt(np.maximum(1.0 - np.abs(r) ** 2, 0.0)) + 0j for r in (r_s, r_p))
    # no direction behind: total reflection, or a metal with a small real index that absorbs
    closed = ~np.any(onward, axis=1)
    onward[closed] = back[closed]
    onward = _unit(onward)
    total = closed & (n2.imag == 0.0)
    T_s[total], T_p[total] = 0.0, 0.0
    return (
        replace(rays, direction=back, field=field(r_s, r_p, back)),
        replace(rays, direction=onward, field=field(T_s, T_p, onward)),
    )


def distance_to_substrate(rays: Rays, optics: Optics) -> Floats:
    """Return the distance of each ray to the plane z = 0 [m]; inf if it never gets there."""
    down = rays.direction[:, 2]
    if optics.substrate is None:
        return np.full(len(down), np.inf)
    falling = down < 0.0
    return np.where(falling, -rays.origin[:, 2] / np.where(falling, down, -1.0), np.inf)


def bounce_off_substrate(rays: Rays, distance: Floats, optics: Optics) -> tuple[Rays, Rays]:
    """Return what the substrate reflects and what enters it of rays ``distance`` [m] before it."""
    rays = replace(rays, origin=rays.origin + distance[:, None] * rays.direction)
    up = np.tile([0.0, 0.0, 1.0], (len(distance), 1))
    return split_at_interface(rays, up, 1.0, optics.substrate or 1.0)
