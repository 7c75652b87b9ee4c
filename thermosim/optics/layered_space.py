"""Light in plane layers at points of space: a plane wave from anywhere, a beam down the axis.

Lengths are multiples of the wavelength in vacuum, z is upward, fields go as ``exp(-i omega t)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.layered_field import Beam, Stack, field, plane_wave, profiles

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Field = Callable[[Floats], Complexes]
"""From points, shape (n, 3), to the electric field there, shape (n, 3)."""
_AXIS = 1e-12  # distance from it that is none


def wave_in_space(
    angle: float, p: complex, s: complex, stack: Stack, *, azimuth: float = 0.0, below: bool = False
) -> Field:
    """Return a plane wave that runs toward an azimuth, `angle` to the axis in its medium.

    `p` and `s` are its amplitudes in and across the plane of incidence at z = 0: that of p light
    counts positive where its part across the axis points toward the azimuth, that of s light where
    it points a right angle further. From below the angle is that in vacuum.
    """
    beam = plane_wave(angle, p, s, 0, below=below)
    kappa = complex(beam.kappa[0])

    def along_x(points: Floats) -> Complexes:
        E_x, E_z, E_y = profiles(beam, stack, points[:, 2])
        forth = np.exp(1j * kappa * points[:, 0])
        rows = [np.broadcast_to(row[0], forth.shape) * forth for row in (E_x, E_y, E_z)]
        return np.stack(rows, axis=1)

    return turned(along_x, azimuth)


def beam_in_space(beam: Beam, stack: Stack) -> Field:
    """Return light along the axis, polarised along x, from the mode 1 that is half of it.

    Light along x is that mode and its mirror image, m = -1.
    """

    def along_x(points: Floats) -> Complexes:
        r = np.hypot(points[:, 0], points[:, 1])
        found = field(beam, stack, r, points[:, 2])
        safe = np.maximum(r, _AXIS)
        off = r > _AXIS  # on it any direction serves, but it is a whole one
        cos, sin = np.where(off, points[:, :2].T / safe, [[1.0], [0.0]])
        E_r, E_z = 2.0 * cos * found[:, 0], 2.0 * cos * found[:, 1]
        # on the axis E_phi is i E_r of the mode
        round_ = np.where(r > 1e-9, 1j * found[:, 2] / safe, 1j * found[:, 0])
        E_phi = 2j * sin * round_
        return np.stack([cos * E_r - sin * E_phi, sin * E_r + cos * E_phi, E_z], axis=1)

    return along_x


def axial_in_space(stack: Stack, *, below: bool = False) -> Field:
    """Return a plane wave along the axis with its field along x, |E| = 1."""
    return wave_in_space(0.0, 1.0, 0.0, stack, below=below)


def turned(light: Field, angle: float) -> Field:
    """Return light turned about the axis by an angle."""
    if not angle:
        return light
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])

    def found(points: Floats) -> Complexes:
        return np.asarray(light(points @ turn) @ turn.T)

    return found
