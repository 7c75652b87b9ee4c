"""Other patches and other rays that the view factors of an enclosure might as well rest on.

Each is put in the place of those in use, at the temperature as it is: what the residual then is
tells how far temperatures may be off, and heat is read with the other view factors as well.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.domain import vector
from thermosim.heat.enclosure import EnclosureCoupling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from thermosim.heat.problem import HeatProblem
    from thermosim.model.heat import Enclosure

_COARSER = {2: 2, 3: 4}  # patches, by dimension, so that they are twice as wide
_WIDER = 1.2  # safety of what patches of twice the width change; errors fall as width²
_NARROWER = 3.0  # of what patches of half the width change, to first order; measured
_MOST = 2000  # patches
_SETS = 3  # other sets of rays
_SCATTER = 3.2  # standard deviations of four sets: 95 % of Student's t with three


class OtherViews:
    """What else one enclosure might rest on.

    Attributes
    ----------
    place : of the enclosure among those of the problem
    """

    def __init__(self, fine: HeatProblem, place: int) -> None:
        """Find other view factors for a problem, as it stands (collective)."""
        self._fine, self.place = fine, place
        part = fine.enclosures[place]
        self._widths, self._safety = _of_other_width(fine, part)
        rays = fine.domain.symmetry in ("3d", "quarter")
        seed = part.enclosure.seed
        self._sets = [
            EnclosureCoupling(fine, replace(part.enclosure, seed=seed + 1 + k))
            for k in range(_SETS if rays else 0)
        ]
        self._all = [self._widths, *self._sets]

    @cached_property
    def residuals(self) -> list[Any]:
        """What each changes in the residual [W] (collective)."""
        now = self._exchange(self._fine.enclosures[self.place])
        found = []
        for other in self._all:
            b = self._exchange(other)
            b.axpy(-1.0, now)
            with b.localForm() as local:
                local.array[self._fine.held_dofs] = 0.0
            found.append(b)
        return found

    def _exchange(self, part: EnclosureCoupling) -> Any:
        b = vector(self._fine.space)
        b.set(0.0)
        part.add_residual(b)
        return b

    @contextmanager
    def seen(self, number: int) -> Iterator[None]:
        """Put one in the place of the view factors in use, for reading."""
        couplings = self._fine.couplings
        kept, couplings[self.place] = couplings[self.place], self._all[number]
        try:
            yield
        finally:
            couplings[self.place] = kept

    def size(self, changes: Sequence[float]) -> float:
        """Return the ± of a number that each of `residuals` changes so."""
        scatter = _SCATTER * np.std([0.0, *changes[1:]], ddof=1) if self._sets else 0.0
        return math.hypot(self._safety * changes[0], float(scatter))


def _of_other_width(fine: HeatProblem, part: EnclosureCoupling) -> tuple[EnclosureCoupling, float]:
    """Return patches of another width, and the safety of what they change.

    Half as wide, where the facets allow it and no rays blur them, else twice as wide; as many rays
    leave them in all.
    """
    given: Enclosure = part.enclosure
    n, dim = len(part.patches.areas), fine.domain.tdim
    if dim == 2 and 2 * n <= min(len(part.patches.keys), _MOST):
        return EnclosureCoupling(fine, replace(given, patches=2 * n)), _NARROWER
    fewer = max(n // _COARSER[dim], 2)
    rays = given.rays * math.ceil(n / fewer)
    other = replace(given, patches=fewer, rays=rays, seed=given.seed + 1 + _SETS)
    return EnclosureCoupling(fine, other), _WIDER
