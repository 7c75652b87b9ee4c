"""Which modes a beam needs, and the field in space that their solutions make together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.optics.layered_field import Beam, K, axial_gaussian, axial_wave, plane_wave

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from thermosim.optics.beam import Laser

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
    Key = tuple[str, int]
_LEVEL = 1e-9
_AXIS = 1e-6  # wavelengths from it that are none


@dataclass(frozen=True)
class Illumination:
    """A laser as beams of azimuthal modes, each a linear system.

    Attributes
    ----------
    beams
        For "p" and "s" light, polarised in and across the plane of incidence, and each mode m ≥ 0.
        Along the axis there is p light alone, along x; s light is that turned by a right angle.
    states
        Share of power, and what of p and of s light each polarisation is.
    azimuth
        Of the plane of incidence.
    axial
        Whether the light runs along the axis.
    """

    beams: Mapping[Key, Beam]
    states: tuple[tuple[float, complex, complex], ...]
    azimuth: float = 0.0
    axial: bool = True

    def shares(self) -> tuple[float, float]:
        """Return the shares of power in p and s light (all p along the axis)."""
        if self.axial:
            return 1.0, 0.0
        p = sum(share * abs(p) ** 2 for share, p, _ in self.states)
        return p, 1.0 - p


def illumination(laser: Laser, unit: float, radius: float, reach: float) -> Illumination:
    """Return the modes of a laser that a body needs.

    `unit` is the wavelength, `radius` of the body about the axis, and `reach` its farthest point
    from the foot of the axis [m].
    """
    below = laser.direction[2] > 0.0
    sign = -1.0 if below else 1.0
    first, second, _ = laser.axes
    states = tuple(
        (share, complex(sign * (field @ first)), complex(field @ second))
        for share, field in laser.field_directions
    )
    if abs(math.sin(laser.tilt)) < _LEVEL:
        if laser.profile == "gaussian":
            assert laser.waist is not None
            focus = laser.aim[2] - laser.focus
            far = reach + abs(focus)
            beam = axial_gaussian(laser.waist / unit, focus / unit, far / unit)
        else:
            beam = axial_wave(below=below)
        return Illumination({("p", 1): beam}, states, laser.azimuth)
    sine = abs(math.sin(laser.tilt))
    kinds = [("p", 1.0, 0.0), ("s", 0.0, 1.0)]
    shine = [any(abs(state[i]) > _LEVEL for state in states) for i in (1, 2)]
    beams = {
        (kind, m): plane_wave(math.asin(sine), p, s, m, below=bool(below))
        for (kind, p, s), lit in zip(kinds, shine, strict=True)
        if lit
        for m in range(most_modes(K * radius / unit * sine) + 1)
    }
    return Illumination(beams, states, laser.azimuth, axial=False)


def most_modes(x: float) -> int:
    """Return the largest azimuthal mode of a body of size ``x = k R sin(angle)``."""
    return math.ceil(x + 4.0 * math.cbrt(x) + 1.0)


def intensity(
    light: Illumination, modes: Mapping[Key, Complexes], r: Floats, phi: Floats
) -> Floats:
    """Return ``|E|²`` at points, shape (n,), from ``(E_r, E_z, u)`` of each mode there, (n, 3)."""
    angle = phi - light.azimuth
    p = _in_space(modes, "p", r, angle)
    s = _in_space(modes, "s", r, angle) if not light.axial else None
    if s is None:
        s = _in_space(modes, "p", r, angle - 0.5 * np.pi)
    found = np.zeros(len(r))
    for share, of_p, of_s in light.states:
        found += share * (np.abs(of_p * p + of_s * s) ** 2).sum(axis=1)
    return found


def _in_space(modes: Mapping[Key, Complexes], kind: str, r: Floats, phi: Floats) -> Complexes:
    """Return ``(E_r, E_z, E_phi)``, shape (n, 3), summed over m and -m.

    In p light E_r and E_z are even in m and E_phi odd; in s light it is the other way about. On the
    axis modes 1 have E_phi = i E_r and all others none.
    """
    total = np.zeros((len(r), 3), complex)
    safe = np.maximum(r, _AXIS)
    for (which, m), field in modes.items():
        if which != kind:
            continue
        there = field[:, 0] if m == 1 else np.zeros(len(r))
        round_ = 1j * np.where(r > _AXIS, field[:, 2] / safe, there)
        E = np.stack([field[:, 0], field[:, 1], round_], axis=1)
        even, odd = (1.0, 0.0) if m == 0 else (2.0 * np.cos(m * phi), 2j * np.sin(m * phi))
        first, last = (even, odd) if kind == "p" else (odd, even)
        total[:, :2] += E[:, :2] * np.reshape(first * np.ones(len(r)), (-1, 1))
        total[:, 2] += E[:, 2] * last
    return total
