"""Which moments of a transient are kept, or shown, as whole fields."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_SAME = 1e-12  # relative difference of times that counts as none


def spread(times: ArrayLike, corners: ArrayLike, most: int) -> NDArray[np.intp]:
    """Return the numbers of at most `most` of the sorted `times` [s], the last one among them.

    All where they are no more. Else those at `corners` [s], if there is room for them, and for the
    rest every so many of the others.
    """
    listed = np.asarray(times, dtype=np.float64)
    count = len(listed)
    if count <= most:
        return np.arange(count)
    near = np.asarray(corners, dtype=np.float64)
    at = np.searchsorted(listed, near * (1 - _SAME)).clip(max=count - 1)
    first = np.zeros(count, dtype=bool)
    first[at[np.abs(listed[at] - near) <= _SAME * near]] = True
    first[-1] = True
    if first.sum() > most:
        first[:-1] = False
    others = np.flatnonzero(~first)
    chosen = np.linspace(0, len(others) - 1, most - int(first.sum())).round().astype(np.intp)
    return np.sort(np.append(np.flatnonzero(first), others[chosen]))
