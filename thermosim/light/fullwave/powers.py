"""Powers of light at a body, as cross-sections: taken, absorbed, scattered up and down.

All are for light of ``|E| = 1`` in vacuum, in squares of the wavelength; a cross-section times the
intensity is a power.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.optics.layered_field import Beam, K, Stack, components

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from thermosim.light.fullwave.samples import Samples

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
_CHUNK = 500_000  # numbers at a time: what a cache holds


@dataclass(frozen=True)
class Powers:
    """Cross-sections in squares of the wavelength, of one mode or of all.

    Attributes
    ----------
    extinction
        ``k Im ∫ (ε - ε_b) E·E_b* dV``: taken from the light that layers without the body have.
    absorbed
        ``k Im ε ∫ |E|² dV``, in the body.
    up, down
        Scattered into vacuum above and, where the last medium is clear, into that.
    force
        Along the axis, upward, times c over the intensity; 0 where it is not asked for.
    """

    extinction: float
    absorbed: float
    up: float
    down: float
    force: float = 0.0

    def plus(self, other: Powers, times: float) -> Powers:
        """Return the sum with another one `times` over."""
        return Powers(
            self.extinction + times * other.extinction, self.absorbed + times * other.absorbed,
            self.up + times * other.up, self.down + times * other.down,
            self.force + times * other.force,
        )  # fmt: skip

    @property
    def scattered(self) -> float:
        """What leaves for infinity, up and down."""
        return self.up + self.down

    @property
    def lost(self) -> float:
        """What is not absorbed in the body: scattered, guided or absorbed in layers."""
        return self.extinction - self.absorbed


NOTHING = Powers(0.0, 0.0, 0.0, 0.0)


def product(E: Complexes, F: Complexes, r: Floats) -> Complexes:
    """Return ``E·F`` of fields given as ``(E_r, E_z, u)`` and F conjugated, shape (n,)."""
    F = F.conj()
    return np.asarray(E[:, 0] * F[:, 0] + E[:, 1] * F[:, 1] + E[:, 2] * F[:, 2] / r**2)


def powers(
    samples: Samples, total: Complexes, alone: Complexes, permittivity: Complexes, stack: Stack,
    mode: int, comm: Any, *, far: bool = True,
) -> Powers:  # fmt: skip
    """Return the powers of one mode from the fields with and without the body (collective).

    `permittivity` is that at each point. Without `far` what is scattered is left at 0.
    """
    contrast = permittivity - stack.permittivity(samples.z)
    weight = samples.weight
    taken = K * (weight * contrast * product(total, alone, samples.r)).sum().imag
    lost = weight * permittivity.imag
    absorbed = K * (lost * product(total, total, samples.r).real).sum()
    taken, absorbed = comm.allreduce(np.array([taken, absorbed]))
    driven = total * (weight * contrast)[:, None]
    up, down = scattered(samples, driven, stack, mode, comm) if far else (0.0, 0.0)
    return Powers(float(taken), float(absorbed), up, down)


def scattered(
    samples: Samples, driven: Complexes, stack: Stack, mode: int, comm: Any
) -> tuple[float, float]:
    """Return what a body sends to infinity above and below.

    By reciprocity: the amplitude toward a direction is ``k²/(4 pi) ∫ (ε - ε_b) E·E_rec dV``, E_rec
    being the light of a plane wave from that direction in the layers without the body. `driven` is
    ``(ε - ε_b) E`` with the weights of the integral.
    """
    reach = half_size(samples, comm)

    def flow(below: bool, sine: Floats) -> Floats:
        return _flow(samples, driven, stack, mode, below, sine, comm)

    up, down = hemispheres(stack, reach, flow)
    return float(up), float(down)


def hemispheres(
    stack: Stack, reach: float, flow: Callable[[bool, Floats], Floats]
) -> tuple[Floats, Floats]:
    """Return what goes to infinity above and below, from the mean flow over the azimuth.

    `flow` has that of the directions of transverse wave numbers ``k sine``, below or above, of one
    source or, shape (directions, n), of n; `reach` is the radius of a ball that holds the body.
    Below is 0 where the last medium absorbs.
    """
    last = complex(stack.indices[-1])
    found: list[Floats] = []
    for below, n in ((False, 1.0), (True, last.real)):
        if below and abs(last.imag) > 1e-9:
            found.append(np.zeros_like(found[0]))  # it is absorbed there
            continue
        count = 20 + int(1.2 * K * n * reach)  # |F|² is a polynomial in effect
        nodes, weights = np.polynomial.legendre.leggauss(count)
        # over the cosine; at the critical angle the light goes with the root of the distance
        kink = math.sqrt(1.0 - 1.0 / n**2) if below and n > 1.0 else 0.0
        t, width = 0.5 * (1.0 + nodes), 0.5 * weights
        total: Floats = np.zeros(())
        for end in (0.0, 1.0):
            if end != kink:
                cosine = kink + (end - kink) * t**2
                values = flow(below, n * np.sqrt(1 - cosine**2))
                total = total + n * abs(end - kink) * ((2.0 * t * width) @ values)
        found.append(np.asarray(2.0 * math.pi * total))
    return found[0], found[1]


def half_size(samples: Samples, comm: Any) -> float:
    """Return the radius of a ball about the middle of the axis that holds all points."""
    z = samples.z if len(samples.z) else np.zeros(1)
    ends = np.array(comm.allgather([float(z.min()), float(z.max())]))
    middle = 0.5 * (ends[:, 0].min() + ends[:, 1].max())
    own = np.hypot(samples.r, samples.z - middle)
    return float(max(comm.allgather(float(own.max()) if len(own) else 0.0)))


def _flow(
    samples: Samples, driven: Complexes, stack: Stack, mode: int, below: bool, sine: Floats,
    comm: Any,
) -> Floats:  # fmt: skip
    """Return ``|F_p|² + |F_s|²`` toward directions of transverse wave numbers ``k sine``."""
    kappa = (K * sine).astype(complex)
    beam = Beam(kappa, np.ones_like(kappa), np.ones_like(kappa), -mode, below)
    amplitude = np.zeros((2, len(kappa)), complex)
    step = max(1, _CHUNK // len(kappa))
    for start in range(0, len(samples.r), step):
        part = slice(start, start + step)
        E_r, E_z, u = driven[part].T
        u = -u / samples.r[part] ** 2  # E_phi = i u/r of both light and field
        p, s = components(beam, stack, samples.r[part], samples.z[part])
        amplitude[0] += p[0] @ E_r + p[1] @ E_z + p[2] @ u
        amplitude[1] += s[0] @ E_r + s[1] @ u
    amplitude = comm.allreduce(amplitude)
    return np.asarray((np.abs(K**2 / (4.0 * math.pi) * amplitude) ** 2).sum(axis=0))
