"""Moments of a transient that matter: the ends of the levels of the light, each once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.schedule.schedule import walk

if TYPE_CHECKING:
    from thermosim.schedule.schedule import Pieces

_SAME = 1e-12  # relative difference of times that counts as none


def level_ends(pieces: Pieces, duration: float, most: int) -> NDArray[np.float64]:
    """Return where the levels of the light end, up to `duration` [s]; none if more than `most`."""
    found = [piece.stop for piece in itertools.islice(walk(pieces, duration), most + 1)]
    return np.asarray(found if len(found) <= most else [], dtype=np.float64)


def distinct(times: ArrayLike) -> NDArray[np.float64]:
    """Return times [s] sorted, those that differ by rounding once."""
    found = np.unique(np.asarray(times, dtype=np.float64))
    keep = np.append(True, np.diff(found) > _SAME * found[1:])[: len(found)]
    return np.asarray(found[keep])
