"""Light in plane layers about an axis: each azimuthal mode of waves that no body disturbs.

Lengths are multiples of the wavelength in vacuum, z is upward, fields go as ``exp(-i omega t)``.
A mode m is ``exp(i m phi) (E_r, E_phi, E_z)``, written with ``u = -i r E_phi``, which is smooth on
the axis. A plane wave of any angle is ``sum i^m J_m`` of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.axial import gaussian_waves

if TYPE_CHECKING:
    from thermosim.optics.axial import PlaneWaves

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
K = 2.0 * math.pi
"""Wave number in vacuum."""
_CHUNK = 2_000_000  # numbers at a time


@dataclass(frozen=True)
class Stack:
    """Plane media: vacuum above, films of given thickness, and an endless last one.

    Attributes
    ----------
    indices
        Of all media from the top, the first 1 (vacuum).
    thicknesses
        Of the films between the first and the last.
    top
        z of the upper face.
    """

    indices: tuple[complex, ...] = (1.0,)
    thicknesses: tuple[float, ...] = ()
    top: float = 0.0

    @property
    def levels(self) -> tuple[float, ...]:
        """Heights of the faces from the top; none without media below."""
        if len(self.indices) == 1:
            return ()
        return tuple(self.top - float(d) for d in np.cumsum([0.0, *self.thicknesses]))

    def medium_at(self, z: Floats) -> NDArray[np.int64]:
        """Return the number of the medium at each height."""
        return np.asarray(sum((np.asarray(z) < level).astype(int) for level in self.levels), int)

    def permittivity(self, z: Floats) -> Complexes:
        """Return ``n²`` at each height."""
        found = np.array(self.indices, complex)[self.medium_at(z) * np.ones(np.shape(z), int)]
        return np.asarray(found**2)


@dataclass(frozen=True)
class _Waves:
    """Waves down and up in each medium of layers that light meets in turn, for each ``kappa``.

    In medium j, at a depth d below its first face (the first medium: beyond z = 0 of the light),
    the wave is ``forth exp(i k d) + back exp(i k (thickness - d))``; shapes (media, n).
    """

    k: Complexes
    forth: Complexes
    back: Complexes


def _waves(indices: Complexes, thicknesses: Floats, kappa: Complexes, wave: str) -> _Waves:
    """Return the waves of an incident one of amplitude 1 at the first face ("s": E; "p": H).

    By the reflection of all that follows, from the last medium on: no growing exponentials.
    """
    k = np.sqrt((K * indices[:, None]) ** 2 - kappa**2 + 0j)
    k = np.where(k.imag < 0.0, -k, k)
    y = k if wave == "s" else k / indices[:, None] ** 2
    count = len(indices)
    turn = np.exp(1j * k[1:-1] * thicknesses[:, None])
    beyond = np.zeros_like(k)  # reflection at the far face of each medium
    for j in range(count - 2, -1, -1):
        r = (y[j] - y[j + 1]) / (y[j] + y[j + 1])
        after = beyond[j + 1] * turn[j] ** 2 if j + 2 < count else 0.0
        beyond[j] = (r + after) / (1.0 + r * after)
    forth, back = np.zeros_like(k), np.zeros_like(k)
    forth[0], back[0] = 1.0, beyond[0]
    for j in range(1, count):
        through = turn[j - 2] if j > 1 else 1.0
        r = (y[j] - y[j - 1]) / (y[j] + y[j - 1])
        after = beyond[j] * turn[j - 1] ** 2 if j + 1 < count else 0.0
        forth[j] = forth[j - 1] * through * (1.0 - r) / (1.0 - r * after)
        back[j] = forth[j] * beyond[j] * (turn[j - 1] if j + 1 < count else 1.0)
    return _Waves(k, forth, back)


@dataclass(frozen=True)
class Beam:
    """Plane waves of azimuths and polarisations that make one mode, from above or from below.

    Attributes
    ----------
    kappa
        Wave numbers across the axis, shape (n,).
    p, s
        Amplitudes of the electric field, in and across the plane of incidence, with weights. That
        of p light counts positive where its part across the axis points away from it.
    mode
        The azimuthal number m.
    below
        Whether the light comes up through the last medium.
    """

    kappa: Complexes
    p: Complexes
    s: Complexes
    mode: int = 1
    below: bool = False


def plane_wave(angle: float, p: complex, s: complex, mode: int, *, below: bool = False) -> Beam:
    """Return mode m of a plane wave in the plane of x and z, `angle` to the axis in its medium.

    From below the angle is that in vacuum (``kappa = k sin(angle)``).
    """
    kappa = np.array([K * math.sin(angle) + 0j])
    return Beam(kappa, np.array([p + 0j]), np.array([s + 0j]), mode, below)


def axial_wave(*, below: bool = False) -> Beam:
    """Return mode 1 of a plane wave along the axis with its field along x, |E| = 1."""
    return plane_wave(0.0, 1.0, 0.0, 1, below=below)


def axial_gaussian(waist: float, focus: float, reach: float) -> Beam:
    """Return mode 1 of a Gaussian beam from above with its field along x in the focal plane.

    Its exact angular spectrum, |E| = 1 at the focus of a wide beam; `focus` is z of the waist, and
    `reach` the distance from z = 0 over which the field is wanted, all in wavelengths.
    """
    light: PlaneWaves = gaussian_waves(K * waist, -K * focus, K * reach)
    kappa = K * np.sqrt((1.0 - light.mu**2).astype(complex))
    # the mean of waves turned by b, as circular light with exp(i b), keeps mode 1 alone; light
    # along x is half of it in this mode
    return Beam(kappa, 0.5 * light.weight * light.A_p, 0.5j * light.weight * light.A_s)


def field(beam: Beam, stack: Stack, r: Floats, z: Floats) -> Complexes:
    """Return ``(E_r, E_z, u)`` of a beam in layers at points, shape (n, 3)."""
    found = np.empty((len(r), 3), complex)
    step = max(1, _CHUNK // len(beam.kappa))
    for start in range(0, len(r), step):
        part = slice(start, start + step)
        (E_r, E_z, u), (E_r_s, u_s) = components(beam, stack, r[part], z[part])
        found[part, 0] = E_r.sum(axis=0) + E_r_s.sum(axis=0)
        found[part, 1], found[part, 2] = E_z.sum(axis=0), u.sum(axis=0) + u_s.sum(axis=0)
    return found


def components(
    beam: Beam, stack: Stack, r: Floats, z: Floats
) -> tuple[list[Complexes], list[Complexes]]:
    """Return ``E_r, E_z, u`` of p light, and ``E_r, u`` of s light, for each plane wave of a beam.

    Shapes (waves, points).
    """
    E_x, E_z, E_y = profiles(beam, stack, z)
    J, slope, over = bessel(beam.mode, (beam.kappa[:, None] * r).real)
    turn = 1j ** (beam.mode % 4)
    of_p = [-1j * turn * (slope * E_x), turn * (J * E_z), -1j * turn * (r * over * E_x)]
    return of_p, [-turn * (over * E_y), -turn * (r * slope * E_y)]


def bessel(m: int, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Return ``J_m(x)``, its slope and ``m J_m(x)/x``, which is finite at 0."""
    from scipy.special import j0, j1, jv

    order = abs(m)
    if order <= 1:
        zero, one = j0(x), j1(x)
        if order == 0:
            return zero, -one, np.zeros_like(x)
        safe = np.where(np.abs(x) > 1e-4, x, 1.0)
        over = np.where(np.abs(x) > 1e-4, one / safe, 0.5 - x**2 / 16.0)
        J, slope = one, zero - over
    else:
        before, J, after = jv(order - 1, x), jv(order, x), jv(order + 1, x)
        slope, over = 0.5 * (before - after), 0.5 * (before + after)
    sign = -1.0 if m < 0 and order % 2 else 1.0
    return sign * J, sign * slope, (sign if m > 0 else -sign) * over


def profiles(beam: Beam, stack: Stack, z: Floats) -> tuple[Complexes, Complexes, Complexes]:
    """Return ``E_x, E_z`` of p light and ``E_y`` of s light at heights, shapes (waves, points)."""
    indices = np.array(stack.indices, complex)
    thicknesses = np.array(stack.thicknesses, float)
    levels = np.array(stack.levels or (stack.top,))
    medium, sign = np.asarray(stack.medium_at(z) * np.ones(len(z), int)), 1.0
    if beam.below:
        indices, thicknesses, levels, sign = indices[::-1], thicknesses[::-1], levels[::-1], -1.0
        medium = len(indices) - 1 - medium
    first = np.concatenate([levels[:1], levels])[: len(indices)]  # the face where a medium begins
    depth = sign * (first[medium] - z)
    far = np.concatenate([[0.0], thicknesses, [0.0]])[medium] - depth
    if len(indices) == 1:
        far = np.zeros(len(z))
    rows: list[Complexes] = []
    for wave, amplitude in (("p", beam.p), ("s", beam.s)):
        if not np.any(amplitude):
            nothing = np.zeros((len(amplitude), 1), complex)
            rows += [nothing] if wave == "s" else [nothing, nothing]
            continue
        found = _waves(indices, thicknesses, beam.kappa, wave)
        k, index = found.k[medium].T, indices[medium]
        forth = found.forth[medium].T * np.exp(1j * k * depth)
        back = found.back[medium].T * np.exp(1j * k * far)
        if wave == "s":
            rows.append(_from_origin(found, amplitude, first[0], sign) * (forth + back))
            continue
        strength = indices[0] * _from_origin(found, amplitude, first[0], sign)
        scale = strength / (K * index**2)
        rows.append(scale * k * (forth - back))
        rows.append(sign * scale * beam.kappa[:, None] * (forth + back))
    return rows[0], rows[1], rows[2]


def _from_origin(waves: _Waves, amplitude: Complexes, face: float, sign: float) -> Complexes:
    """Return incident waves at the first face, given by their amplitudes at z = 0."""
    return np.asarray(amplitude * np.exp(-1j * waves.k[0] * sign * face))[:, None]
