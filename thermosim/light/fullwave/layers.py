"""What layers under a body absorb of the true field, beside what they would without the body.

Where a layer absorbs, a field E heats it by ``k Im ε |E|²``. The body changes that of the
undisturbed light by its interference with what is scattered, and by what is scattered itself; all
of this is taken at the points of the optics mesh, inside its box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.light.fullwave.polarised import intensity
from thermosim.light.fullwave.samples import cells_of, field_at, sample
from thermosim.light.fullwave.system import middles
from thermosim.optics.layered_field import K

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.light.fullwave.samples import Samples
    from thermosim.light.fullwave.solution import FullWave

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

_CLEAR = 1e-9  # Im n up to which a layer absorbs nothing
_FINER = 6  # of the rule over twice the degree: the light in metals is no polynomial


@dataclass(frozen=True)
class InLayer:
    """What the body makes one layer absorb, as cross-sections in squares of the wavelength.

    Attributes
    ----------
    points
        Places (x, y, z) in the layer in wavelengths, shape (n, 3); on rank 0, else none.
    change
        What is absorbed there beyond what the undisturbed light leaves, shape (n,); may be less.
    scattered
        What the layer absorbs of the scattered light alone, inside the box.
    """

    points: Floats
    change: Floats
    scattered: float


def absorbing(indices: tuple[complex, ...]) -> list[int]:
    """Return which media of a stack absorb light."""
    return [i for i, n in enumerate(indices) if abs(complex(n).imag) > _CLEAR]


def in_layers(found: FullWave, turns: int = 1) -> dict[int, InLayer]:
    """Return what each absorbing medium under a body takes, by its number in the stack.

    Points go around the axis in `turns` steps; with one, they have the mean over the azimuth.
    Collective.
    """
    system, stack = found.best.system, found.task.stack
    domain = system.domain
    inner = cells_of(domain, "inner")
    medium = stack.medium_at(middles(domain)[inner])
    return {
        i: _in_layer(found, sample(domain, inner[medium == i], system.rule + _FINER), i, turns)
        for i in absorbing(stack.indices)
    }


def _in_layer(found: FullWave, points: Samples, medium: int, turns: int) -> InLayer:
    system, comm = found.best.system, found.best.system.domain.comm
    sent, alone = {}, {}
    for key, beam in found.light.beams.items():
        sent[key] = field_at(found.best.scattered[key], points, system.domain)
        alone[key] = system.background(beam, points)
    total = {key: sent[key] + alone[key] for key in sent}
    permittivity = complex(found.task.stack.indices[medium]) ** 2
    loss = K * permittivity.imag * points.weight
    scattered = float(comm.allreduce(float(loss @ _mean_square(found, sent, points.r))))
    places, changes = [], []
    for phi in 2.0 * np.pi * (np.arange(turns) + 0.5) / turns:
        if turns == 1:
            change = _mean_square(found, total, points.r) - _mean_square(found, alone, points.r)
        else:
            angle = np.full_like(points.r, phi)
            change = intensity(found.light, total, points.r, angle)
            change = change - intensity(found.light, alone, points.r, angle)
        changes.append(loss * change / turns)
        places.append(np.stack([points.r * np.cos(phi), points.r * np.sin(phi), points.z], 1))
    own = np.concatenate(places), np.concatenate(changes)
    parts = comm.gather(own, root=0)
    if parts is None:
        return InLayer(np.empty((0, 3)), np.empty(0), scattered)
    where, change = (np.concatenate(part) for part in zip(*parts, strict=True))
    return InLayer(where, change, scattered)


def _mean_square(found: FullWave, modes: dict[tuple[str, int], Complexes], r: Floats) -> Floats:
    """Return ``|E|²`` averaged over the azimuth, shape (n,)."""
    share = dict(zip("ps", found.light.shares(), strict=True))
    mean = np.zeros(len(r))
    for (kind, m), field in modes.items():
        E = np.abs(field) ** 2
        mean += share[kind] * (2.0 if m else 1.0) * (E[:, 0] + E[:, 1] + E[:, 2] / r**2)
    return mean
