"""What a transient comes to: final state, time constants of every level, lock-in."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.lockin import fit_relaxation, lock_in, rise_time
from thermosim.schedule import Chopped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thermosim.results.series import Series
    from thermosim.schedule import Piece
    from thermosim.transient_settings import TransientSettings

MEAN = "delta_T_mean_K"
MAX_SEGMENTS = 100


def segments(series: Series, pieces: Iterable[Piece]) -> list[dict[str, Any]]:
    """Return for each level of the light what the mean ΔT does under it.

    ``time_constant_63_s`` is when 63.2 % of the change within the level has happened,
    ``time_constant_fit_s`` that of the exponential which fits best, ``fit_misfit`` its rms
    distance from the course over its height. Schedules of more than 100 levels have none.
    """
    listed = list(itertools.islice(pieces, MAX_SEGMENTS + 1))
    if len(listed) > MAX_SEGMENTS:
        return []
    found = []
    for piece in listed:
        inside = (series.time >= piece.start) & (series.time <= piece.stop * (1 + 1e-12))
        if inside.sum() < 2:
            continue
        found.append(_segment(piece, series.time[inside], series[MEAN][inside]))
    return found


def _segment(piece: Piece, time: Any, mean: Any) -> dict[str, Any]:
    result: dict[str, Any] = {
        "start_s": piece.start,
        "stop_s": float(time[-1]),
        "intensity_factor": piece.last,
        "delta_T_first_K": float(mean[0]),
        "delta_T_last_K": float(mean[-1]),
    }
    if piece.first != piece.last:
        return result
    rise, fit = rise_time(time, mean), fit_relaxation(time, mean)
    if rise is not None:
        result["time_constant_63_s"] = rise
    if fit is not None:
        result["time_constant_fit_s"] = fit.tau
        result["fit_misfit"] = fit.misfit
    return result


def lock_in_summary(series: Series, settings: TransientSettings) -> list[dict[str, float]]:
    """Return amplitude and lag of the mean ΔT at the harmonics of the chopped light."""
    assert settings.lock_in is not None
    assert isinstance(settings.schedule, Chopped)
    T = settings.schedule.length
    stop = float(series.time[-1])
    start = stop - settings.lock_in.periods * T
    time, mean = _from(series.time, series[MEAN], start)
    pieces, breaks, i = settings.schedule.pieces(None), [], 0
    while (piece := pieces(i)) is not None and piece.start < stop:
        breaks.append(piece.start)
        i += 1
    found = []
    for n in settings.lock_in.harmonics:
        pump = settings.schedule.fundamental(n)
        answer = lock_in(time, mean, breaks, n / T, pump)
        found.append(
            {
                "harmonic": n,
                "frequency_Hz": answer.frequency,
                "amplitude_K": answer.amplitude,
                "lag_rad": answer.lag,
            }
        )
    return found


def _from(time: Any, values: Any, start: float) -> tuple[Any, Any]:
    """Return the course from `start` on, which is interpolated if it is no time of a row."""
    at = int(np.searchsorted(time, start * (1 - 1e-12)))
    if at < len(time) and abs(time[at] - start) <= 1e-9 * max(time[-1], start):
        return time[at:], values[at:]
    first = np.interp(start, time, values)
    return np.append(start, time[at:]), np.append(first, values[at:])
