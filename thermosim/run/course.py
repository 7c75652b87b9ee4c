"""What a transient comes to: final state, time constants of every level, lock-in."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.schedule.lockin import fit_relaxation, lock_in, rise_time
from thermosim.schedule.schedule import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thermosim.results.series import Series
    from thermosim.run.march import TransientRun
    from thermosim.schedule.schedule import Piece
    from thermosim.schedule.settings import TransientSettings

MEAN, RATE = "delta_T_mean_K", "delta_T_mean_rate_K_per_s"
MAX_SEGMENTS = 100


def course_numbers(run: TransientRun) -> dict[str, Any]:
    """Return when the run ended, what each level of the light did, and lock-in."""
    settings, series, course = run.settings, run.series(), run.course
    levels = segments(series, walk(run.pieces, settings.duration))
    timed = [level for level in levels if "time_constant_63_s" in level]
    found = {
        "time_s": course.time,
        "ended_steady": course.ended_steady,
        **({key: timed[-1][key] for key in timed[-1] if "constant" in key} if timed else {}),
        "segments": levels,
        "integrator": settings.integrator,
        "n_steps": course.steps,
        "rejected_steps": course.rejections,
        "newton_iterations": course.newton_iterations,
        "linear_iterations": course.linear_iterations,
    }
    if settings.lock_in is not None:
        found["lock_in"] = lock_in_summary(series, settings, run.stepper.forcing.switches)
    return found


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
        rows = (series.time[inside], series[MEAN][inside], series[RATE][inside])
        found.append(_segment(piece, *rows))
    return found


def _segment(piece: Piece, time: Any, mean: Any, rate: Any) -> dict[str, Any]:
    result: dict[str, Any] = {
        "start_s": piece.start,
        "stop_s": float(time[-1]),
        "intensity_factor": piece.last,
        "delta_T_first_K": float(mean[0]),
        "delta_T_last_K": float(mean[-1]),
    }
    if piece.first != piece.last:
        return result
    rise, fit = rise_time(time, mean, rate), fit_relaxation(time, mean, rate)
    if rise is not None:
        result["time_constant_63_s"] = rise
    if fit is not None:
        result["time_constant_fit_s"] = fit.tau
        result["fit_misfit"] = fit.misfit
    return result


def lock_in_summary(
    series: Series, settings: TransientSettings, switches: Iterable[float] = ()
) -> list[dict[str, float]]:
    """Return amplitude and lag of the mean ΔT at the harmonics of the light, source or flux.

    At `switches` [s] formulas kink, and with them the course.
    """
    assert settings.lock_in is not None
    T = settings.lock_in_period
    stop = float(series.time[-1])
    start = stop - settings.lock_in.periods * T
    first = int(np.argmin(np.abs(series.time - start)))  # it is an output time
    time, mean, rate = (column[first:] for column in (series.time, series[MEAN], series[RATE]))
    pieces, breaks, i = settings.schedule.pieces(None), [*switches], 0
    while (piece := pieces(i)) is not None and piece.start < stop:
        breaks.append(piece.start)
        i += 1
    found = []
    for n in settings.lock_in.harmonics:
        pump = settings.pump_coefficient(n)
        answer = lock_in(time, mean, rate, breaks, n / T, pump)
        found.append(
            {
                "harmonic": n,
                "frequency_Hz": answer.frequency,
                "amplitude_K": answer.amplitude,
                "lag_rad": answer.lag,
            }
        )
    return found
