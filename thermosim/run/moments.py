"""The moments of a transient whose whole field is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.results.moments import spread
from thermosim.schedule.moments import distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.schedule.schedule import Pieces
    from thermosim.schedule.settings import TransientSettings


def field_times(settings: TransientSettings, pieces: Pieces, most: int) -> NDArray[np.float64]:
    """Return the times [s] at which the whole field is kept.

    Those of `field_times`; by default the start, the output times and the ends of the levels of
    the light (`pieces`), thinned out to `most`.
    """
    if settings.field_times:
        return distinct(settings.field_times)
    times, ends = settings.telling_times(pieces, most // 2)
    return np.asarray(times[spread(times, ends, most)])
