"""What a course in time says: lock-in amplitude and phase, time constants."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)
_GRID, _RISES = 400, 6.0


def course(time: ArrayLike, values: ArrayLike, rates: ArrayLike) -> Any:
    """Return the cubic through values and slopes (a `scipy.interpolate.PPoly`).

    The first slope is not used, since the light may have changed there: the first stretch is the
    parabola through both values and the slope at its end.

    Parameters
    ----------
    time, values, rates : shape (n,), rising times [s], values and their rates of change [1/s]
    """
    from scipy.interpolate import CubicHermiteSpline

    t, y = np.asarray(time, float), np.asarray(values, float)
    slopes = np.array(rates, dtype=float)
    slopes[0] = 2 * (y[1] - y[0]) / (t[1] - t[0]) - slopes[1]
    return CubicHermiteSpline(t, y, slopes)


def fourier_coefficient(
    time: ArrayLike, values: ArrayLike, rates: ArrayLike, breaks: ArrayLike, frequency: float
) -> complex:
    """Return ``(1/D) ∫ y exp(-i 2 pi f t) dt`` over the span D of `time`.

    Parameters
    ----------
    time, values, rates : shape (n,), as for `course`
    breaks : times at which the slope jumps; `rates` hold the slope before it
    frequency : f [Hz]; the span should be a whole number of its periods
    """
    t, y, dy = (np.asarray(array, float) for array in (time, values, rates))
    total = 0.0j
    for first, last in _segments(t, np.asarray(breaks, float)):
        part = slice(first, last + 1)
        total += _integral(t[part], course(t[part], y[part], dy[part]), frequency)
    return complex(total / (t[-1] - t[0]))


def _segments(t: Floats, breaks: Floats) -> list[tuple[int, int]]:
    """Return first and last index of each stretch between breaks."""
    near = 1e-9 * (t[-1] - t[0])
    at = [0]
    for place in breaks:
        i = int(np.argmin(np.abs(t - place)))
        if abs(t[i] - place) <= near and at[-1] < i < len(t) - 1:
            at.append(i)
    at.append(len(t) - 1)
    return list(itertools.pairwise(at))


def _integral(t: Floats, curve: Any, frequency: float) -> complex:
    """Return ∫ y exp(-i 2 pi f t) dt of a piecewise cubic, by Gauss's rule on each interval."""
    half, middle = np.diff(t) / 2, (t[1:] + t[:-1]) / 2
    points = middle[:, None] + half[:, None] * _NODES
    weights = half[:, None] * _WEIGHTS
    return complex(np.sum(weights * curve(points) * np.exp(-2j * np.pi * frequency * points)))


@dataclass(frozen=True)
class Harmonic:
    """Answer at one frequency: ``amplitude cos(2 pi f t + phase of the pump - lag)``."""

    frequency: float
    amplitude: float
    lag: float


def lock_in(
    time: ArrayLike,
    values: ArrayLike,
    rates: ArrayLike,
    breaks: ArrayLike,
    frequency: float,
    pump: complex,
) -> Harmonic:
    """Return amplitude (unit of `values`) and phase lag [rad] in (-pi, pi] behind the pump.

    `pump` is the Fourier coefficient of the light at the frequency. A body that the pump cools
    without delay has a lag of pi.
    """
    c = fourier_coefficient(time, values, rates, breaks, frequency)
    lag = float(np.angle(pump) - np.angle(c))
    wrapped = float(np.pi - np.mod(np.pi - lag, 2 * np.pi))
    return Harmonic(frequency, 2 * abs(c), wrapped)


def rise_time(
    time: ArrayLike, values: ArrayLike, rates: ArrayLike, share: float = 1 - np.exp(-1)
) -> float | None:
    """Return the time [s] after the first in which `share` of the whole change has happened.

    None if nothing changes. Arguments as for `course`.
    """
    t, y = np.asarray(time, float), np.asarray(values, float)
    change = y[-1] - y[0]
    if len(t) < 2 or change == 0.0:
        return None
    # nothing of use can be said of times behind the first row that is beyond
    last = int(np.argmax((y - y[0]) / change >= share)) + 1
    curve = course(t[:last], y[:last], np.asarray(rates, float)[:last])
    found = curve.solve(y[0] + share * change, extrapolate=False)
    return float((found[0] if len(found) else t[last - 1]) - t[0])


@dataclass(frozen=True)
class Relaxation:
    """``y = last + step exp(-t/tau)`` fitted to a course; `misfit`: its rms over its step."""

    tau: float
    last: float
    misfit: float


def fit_relaxation(time: ArrayLike, values: ArrayLike, rates: ArrayLike) -> Relaxation | None:
    """Fit one exponential by least squares on times spread evenly.

    The fit looks at the first `_RISES` times in which 63 % of the change happens, so that a long
    rest afterwards does not drown the change itself.

    For each tau the two linear numbers follow at once (variable projection, Golub and Pereyra
    10.1137/0710036); tau is sought between a thousandth and ten times the span. None if nothing
    changes or fewer than 4 times are given.
    """
    from scipy.optimize import minimize_scalar

    t, y = np.asarray(time, float), np.asarray(values, float)
    if len(t) < 4 or np.ptp(y) == 0.0:
        return None
    span = min(t[-1] - t[0], _RISES * (rise_time(t, y, rates) or np.inf))
    grid = np.linspace(0.0, span, _GRID)
    heights = course(t - t[0], y, rates)(grid)

    def misfit(log_tau: float) -> float:
        return float(_project(grid, heights, np.exp(log_tau))[2])

    scan = np.log(span) + np.linspace(np.log(1e-3), np.log(10.0), 60)
    best = int(np.argmin([misfit(x) for x in scan]))
    low, high = scan[max(best - 1, 0)], scan[min(best + 1, len(scan) - 1)]
    found = minimize_scalar(misfit, bounds=(low, high), method="bounded", options={"xatol": 1e-8})
    tau = float(np.exp(found.x))
    last, step, rms = _project(grid, heights, tau)
    return Relaxation(tau, last, rms / abs(step) if step else 0.0)


def _project(t: Floats, y: Floats, tau: float) -> tuple[float, float, float]:
    """Return last, step and rms misfit of the best ``last + step exp(-t/tau)``."""
    basis = np.column_stack([np.ones_like(t), np.exp(-t / tau)])
    numbers, *_ = np.linalg.lstsq(basis, y, rcond=None)
    return float(numbers[0]), float(numbers[1]), float(np.sqrt(np.mean((basis @ numbers - y) ** 2)))
