"""Powers of light at a body without axis, as cross-sections: taken, absorbed, scattered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.light.fullwave.polarised import most_modes
from thermosim.light.fullwave.powers import Powers, hemispheres
from thermosim.light.fullwave.volume.mirrors import images, sign
from thermosim.optics.layered_field import Beam, K, profiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from thermosim.light.fullwave.volume.mirrors import Parity
    from thermosim.light.fullwave.volume.system import Scattering

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
_CHUNK = 4000  # points at a time


@dataclass(frozen=True)
class Part:
    """One part of a light at the points of a body, without the body and with it, (n, 3)."""

    alone: Complexes
    total: Complexes


def powers(system: Scattering, parts: Mapping[Parity, Part], *, far: bool = True) -> Powers:
    """Return the powers of one light from its parts (collective).

    For light of ``|E| = 1`` in vacuum, in squares of the wavelength, as those of bodies of
    revolution: ``k Im ∫ (ε - ε_b) E·E_b* dV`` is taken, ``k Im ε ∫ |E|² dV`` absorbed. Products of
    two parts cancel over the images. Without `far` what is scattered is left at 0.
    """
    weight = system.body.weight
    taken = absorbed = 0.0
    for one in parts.values():
        product = (one.total * one.alone.conj()).sum(axis=1)
        taken += K * float((weight * system.contrast * product).sum().imag)
        squared = (np.abs(one.total) ** 2).sum(axis=1)
        absorbed += K * system.permittivity.imag * float((weight * squared).sum())
    taken, absorbed = system.domain.comm.allreduce(np.array([taken, absorbed]))
    up, down = scattered(system, parts) if far else (0.0, 0.0)
    return Powers(float(taken), float(absorbed), up, down)


def scattered(system: Scattering, parts: Mapping[Parity, Part]) -> tuple[float, float]:
    """Return what a body sends to infinity above and below, by reciprocity (collective).

    The amplitude toward a direction is ``k²/(4 pi) ∫ (ε - ε_b) E·E_rec dV``, E_rec being a plane
    wave from there in the layers without the body.
    """
    comm, x = system.domain.comm, system.body.x
    ends = [x.min(axis=0), x.max(axis=0)] if len(x) else [np.full(3, np.inf), np.full(3, -np.inf)]
    low, high = np.min(comm.allgather(ends[0]), axis=0), np.max(comm.allgather(ends[1]), axis=0)
    if system.images > 1:
        low[:2] = -high[:2]
    reach = 0.5 * float(np.linalg.norm(high - low))
    across = float(np.hypot(*np.maximum(np.abs(low[:2]), np.abs(high[:2]))))
    weight = (system.body.weight / system.images * system.contrast)[:, None]
    driven = {parity: weight * one.total for parity, one in parts.items()}

    def flow(below: bool, sine: Floats) -> Floats:
        rows = [_amplitudes(system, driven, below, float(s), across) for s in sine]
        counts = np.cumsum([row.shape[-1] for row in rows])[:-1]
        whole = comm.allreduce(np.concatenate(rows, axis=-1))  # at once: ranks wait but once
        return np.array([
            _mean_flow(dict(zip(driven, row, strict=True)), system.images)
            for row in np.split(whole, counts, axis=-1)
        ])  # fmt: skip

    up, down = hemispheres(system.stack, reach, flow)
    return float(up), float(down)


def _amplitudes(
    system: Scattering, driven: Mapping[Parity, Complexes], below: bool, sine: float, across: float
) -> Complexes:
    """Return what the cells of this rank send around a cone, shape (parts, 2, directions).

    ``∫ (ε - ε_b) E·E_rec dV`` in p and s light, without the images.
    """
    count = 4 * math.ceil((most_modes(K * sine * across) + 1) / 2)
    angle = 2.0 * math.pi / count * np.arange(count)
    cos, sin = np.cos(angle), np.sin(angle)
    found = np.zeros((len(driven), 2, count), complex)
    one: Complexes = np.ones(1, complex)
    beam = Beam(np.asarray(K * sine * one, complex), one, one, 0, below)
    for start in range(0, len(system.body.x), _CHUNK):
        x, y, z = system.body.x[start : start + _CHUNK].T
        E_x, E_z, E_y = (row[0] * np.ones(len(z)) for row in profiles(beam, system.stack, z))
        phase = np.exp(1j * K * sine * (cos[:, None] * x + sin[:, None] * y))
        for row, sources in zip(found, driven.values(), strict=True):
            d_x, d_y, d_z = sources[start : start + _CHUNK].T
            columns = np.stack([E_x * d_x, E_x * d_y, E_z * d_z, E_y * d_x, E_y * d_y], axis=1)
            p_x, p_y, p_z, s_x, s_y = (phase @ columns).T
            row += [cos * p_x + sin * p_y + p_z, cos * s_y - sin * s_x]
    return found


def _mean_flow(found: Mapping[Parity, Complexes], images: int) -> float:
    """Return the mean over the azimuth of ``|F_p|² + |F_s|²`` from the amplitudes of the parts."""
    amplitude = sum(_of_images(one, parity, images) for parity, one in found.items())
    flow = (np.abs(K**2 / (4.0 * math.pi) * np.asarray(amplitude)) ** 2).sum(axis=0)
    return float(flow.mean())


def _of_images(found: Complexes, parity: Parity, count: int) -> Complexes:
    """Return the amplitudes of all images of a part from those of the quarter, over the azimuth.

    An image sends toward a direction what the quarter sends toward the image of that; s light,
    whose field goes round the axis, turns its sign in one mirror.
    """
    if count == 1:
        return found
    n = found.shape[1]
    angles = np.arange(n)
    total = np.zeros_like(found)
    for image in images():
        seen = angles if image[0] > 0 else n // 2 - angles
        seen = (seen if image[1] > 0 else -seen) % n
        round_ = image[0] * image[1]
        total += sign(parity, image) * found[:, seen] * np.array([[1], [round_]])
    return total
