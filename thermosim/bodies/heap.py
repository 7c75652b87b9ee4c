"""A heap of spheres on the substrate: ``[particle.heap]``, how they lie and which touch."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from pydantic import Field

from thermosim.language.sections import Section
from thermosim.language.units import Length, Positive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.language.spread import Rule

_MOST = 1000
GROUND = -1
"""What a sphere lies on that lies on the substrate."""


class Pile(NamedTuple):
    """Spheres that lie on the substrate (z = 0) and on each other.

    ``centres`` [m], shape (n, 3); ``radii`` [m]; ``below`` what each rests on, or `GROUND`.
    """

    centres: NDArray[np.float64]
    radii: NDArray[np.float64]
    below: NDArray[np.int64]


class Heap(Section):
    """Spheres that fell on the substrate one after the other and stay where they first touch.

    Of the sizes of ``[particle.sizes]``, all alike without. ``light = "rays"``: rays bend and
    split at every sphere until they leave; ``"direct"``: only what no other takes away first.
    """

    count: int = Field(ge=1, le=_MOST, description="Number of spheres")
    radius: Positive[Length] = Field(description="Of the disk that holds all centres")
    seed: int = Field(0, ge=0, description="Which heap")
    light: Literal["rays", "direct"] = Field("rays", description="How spheres shade each other")
    rays: int = Field(
        100_000, ge=1000, le=10_000_000, description="Rays that find the light on each sphere"
    )

    def pile(self, radii: NDArray[np.float64]) -> Pile:
        """Return where spheres of these radii [m] come to lie."""
        return _pile(tuple(radii), self.radius, self.seed)

    def coverage(self, radii: NDArray[np.float64]) -> float:
        """Return the cross-sections of all spheres over the area that they fall on."""
        return float((radii**2).sum() / (self.radius + radii.max()) ** 2)


@lru_cache(maxsize=16)
def _pile(radii: Sequence[float], room: float, seed: int) -> Pile:
    random = np.random.default_rng(seed)
    r = np.array(radii)
    centres, below = np.zeros((r.size, 3)), np.full(r.size, GROUND)
    for i in range(r.size):
        far, turn = room * math.sqrt(random.random()), 2.0 * math.pi * random.random()
        place = np.array([far * math.cos(turn), far * math.sin(turn)])
        centres[i], below[i] = (*place, r[i]), GROUND
        heights = resting_heights(place, r[i], centres[:i], r[:i])
        if i and heights.max() > r[i]:
            below[i], centres[i, 2] = int(np.argmax(heights)), heights.max()
    return Pile(centres, r, below)


def resting_heights(
    place: NDArray[np.float64],
    radius: float,
    centres: NDArray[np.float64],
    radii: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the height [m] at which a sphere that falls along z touches each; -inf if it passes.

    ``z + sqrt((r + r_i)² - d²)``, d the distance of the axes. Ballistic deposition of sticking
    spheres: Lubachevsky, Privman and Roy, arXiv:cond-mat/9207014.
    """
    reach = (radius + radii) ** 2 - ((centres[:, :2] - place) ** 2).sum(axis=1)
    return np.where(reach > 0.0, centres[:, 2] + np.sqrt(np.maximum(reach, 0.0)), -np.inf)


def allotted(rule: Rule, count: int, seed: int) -> NDArray[np.int64]:
    """Return which node of a rule each of ``count`` bodies has, in random order.

    Every node gets its share, rounded by largest remainders, so that rare ones may get none.
    """
    wanted = rule.shares * count
    whole = np.floor(wanted).astype(int)
    most = np.argsort(whole - wanted, kind="stable")[: count - int(whole.sum())]
    whole[most] += 1
    found = np.repeat(np.arange(whole.size), whole)
    return np.random.default_rng(seed).permutation(found)
