"""Confidence intervals by profile likelihood: where the deviance, least over the rest, has risen.

Neither the parameters nor their errors need be Gaussian: an interval is where the likelihood ratio
says it is, and it is the same on any scale of the parameter (Venzon and Moolgavkar, Appl. Statist.
37, 87 (1988), 10.2307/2347496).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from thermosim.infer.fit.likelihood import Array, Bools, Likelihood
from thermosim.infer.fit.minimum import Minimum, Spread, minimised

Indices = npt.NDArray[np.intp]
LEVELS = (0.6827, 0.95)
_MOST = 16
_CLOSE = 0.004  # of the rise of the root of the deviance
_RISE = 1e-4  # of the deviance, to which a profile is found
_FURTHEST = 3.0  # on the inner scale, of one step where nothing else bounds it
_KEPT = (0.08, 0.92)  # of a bracket, within which the next place is
_POINTS = 25


class Ends(NamedTuple):
    """Ends of intervals on the inner scale, (B, p, 2 sides, levels).

    Infinite where an interval is open, NaN where no end was found.
    ``lower``, ``lower_at`` are the least deviance (B,) met on the way and where that was.
    """

    ends: Array
    lower: Array
    lower_at: Array


@dataclass
class _Search:
    """Ends that are looked for, one row each; `at` is the next place, `u` all parameters there."""

    row: Indices
    j: Indices
    sign: Array
    target: Array
    centre: Array
    bound: Array
    longest: Array
    at: Array
    u: Array
    inside: Array
    z_inside: Array
    outside: Array
    z_outside: Array


def interval_ends(
    likelihood: Likelihood, best: Minimum, spread: Spread, free: Bools, rises: Array
) -> Ends:
    """Return where the deviance has risen by ``rises`` (B, levels), for every free parameter."""
    s = _begun(likelihood, best, spread, free, rises)
    data = likelihood.rows(s.row)
    found = np.full(len(s.row), np.nan)
    lower, lower_at = best.deviance.copy(), best.inner.copy()
    active: Indices = np.arange(len(s.row))
    for tries in range(_MOST):
        least = _held_at(data, s, active, free)
        s.u[active] = least.inner
        for i, row in enumerate(s.row[active]):
            if least.deviance[i] < lower[row]:
                lower[row], lower_at[row] = least.deviance[i], least.inner[i]
        rise = least.deviance - best.deviance[s.row[active]]
        done = _moved(s, active, np.sqrt(np.maximum(rise, 0.0)), found, tries)
        active = active[~done]
        if not active.size:
            break
    ends = np.full((*best.inner.shape, 2, rises.shape[1]), np.nan)
    level = np.tile(np.arange(rises.shape[1]), len(s.row) // rises.shape[1])
    ends[s.row, s.j, (s.sign > 0).astype(int), level] = found
    return Ends(ends, lower, lower_at)


def _begun(
    likelihood: Likelihood, best: Minimum, spread: Spread, free: Bools, rises: Array
) -> _Search:
    """Return one row for each data set, free parameter, side and level, with a first guess."""
    low, high = likelihood.bounds
    row, j = np.nonzero(free)
    count = rises.shape[1]
    ends = len(row)
    row, j = np.repeat(row, 2 * count), np.repeat(j, 2 * count)
    sign = np.tile(np.repeat([-1.0, 1.0], count), ends)
    target = np.sqrt(rises[row, np.tile(np.arange(count), 2 * ends)])
    centre = best.inner[row, j]
    bound = np.where(sign > 0, high[j], low[j])
    sigma = spread.sigma[row, j]
    longest = np.where(likelihood.log[j] | ~np.isfinite(sigma), _FURTHEST, _FURTHEST * sigma)
    step = np.minimum(target * sigma, longest)
    at = np.clip(centre + sign * step, low[j], high[j])
    variance = spread.covariance[row, j, j]
    along = spread.covariance[row, :, j] / np.where(variance > 0.0, variance, np.inf)[:, None]
    u = np.clip(best.inner[row] + along * (at - centre)[:, None], low, high)
    none = np.full(len(row), np.nan)
    zero = np.zeros(len(row))
    return _Search(
        row, j, sign, target, centre, bound, longest, at, u, centre.copy(), zero, none, none + 0
    )


def _held_at(data: Likelihood, s: _Search, active: Indices, free: Bools) -> Minimum:
    """Return the least deviances with each parameter held at its place."""
    each = np.arange(len(active))
    held = free[s.row[active]].copy()
    held[each, s.j[active]] = False
    start = s.u[active].copy()
    start[each, s.j[active]] = s.at[active]
    return minimised(data.rows(active), start, held, _RISE)


def _moved(s: _Search, active: Indices, z: Array, found: Array, tries: int) -> Bools:
    """Take what was found at `at`, set the next place; return which ends are found."""
    at, target, bound = s.at[active], s.target[active], s.bound[active]
    inside = z < target
    s.inside[active] = np.where(inside, at, s.inside[active])
    s.z_inside[active] = np.where(inside, z, s.z_inside[active])
    s.outside[active] = np.where(inside, s.outside[active], at)
    s.z_outside[active] = np.where(inside, s.z_outside[active], z)
    close = np.abs(z - target) < _CLOSE * target
    none = inside & (at == bound) & ~close
    found[active] = np.where(close, at, np.where(none, s.sign[active] * np.inf, found[active]))
    s.at[active] = _next(s, active, z, 2.0 ** max(tries - 1, 0))
    return np.asarray(close | none)


def _next(s: _Search, active: Indices, z: Array, haste: float) -> Array:
    """Return where to look next: within the bracket, or further out where there is none yet.

    A profile that flattens is followed with ``haste``, ever longer steps.
    """
    at, target, bound = s.at[active], s.target[active], s.bound[active]
    inside, outside = s.inside[active], s.outside[active]
    rise = s.z_outside[active] - s.z_inside[active]
    part = (target - s.z_inside[active]) / np.where(rise > 0.0, rise, 1.0)
    between = inside + np.clip(part, *_KEPT) * (outside - inside)
    gone = np.abs(at - s.centre[active])
    more = haste * (gone * (target / np.maximum(z, 0.1 * target) - 1.0) + 1e-3 * gone + 1e-9)
    further = at + s.sign[active] * np.minimum(more, s.longest[active])
    place = np.where(np.isnan(outside), further, between)
    return np.where(s.sign[active] > 0, np.minimum(place, bound), np.maximum(place, bound))


class Curve(NamedTuple):
    """The profile of one parameter: its values and the rise of the deviance there."""

    values: Array
    rise: Array


def profile_curves(
    likelihood: Likelihood, best: Minimum, free: Bools, spans: Array, shown: Bools
) -> dict[int, Curve]:
    """Return the profiles of the parameters ``shown`` (p,) of one data set in ``spans`` (p, 2)."""
    found = {}
    for j in np.flatnonzero(shown):
        places = np.linspace(spans[j, 0], spans[j, 1], _POINTS)
        start = np.repeat(best.inner, _POINTS, axis=0)
        start[:, j] = places
        held = np.repeat(free, _POINTS, axis=0)
        held[:, j] = False
        least = minimised(likelihood, start, held, _RISE)
        values = likelihood.outer(least.inner)[:, j]
        found[int(j)] = Curve(values, np.maximum(least.deviance - best.deviance, 0.0))
    return found
