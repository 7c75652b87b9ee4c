"""The best parameters: a damped Gauss-Newton search of a whole batch, within bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermosim.infer.fit.likelihood import Array, Bools, Likelihood

_MOST = 80
_DONE = 1e-7  # of the deviance, which a further step would still gain
_FLAT = 1e-9  # of the largest curvature, below which the data say nothing
_DAMPING = (1e-3, 1e-9, 1e9)


@dataclass(frozen=True)
class Minimum:
    """Where deviances are least: parameters on their inner scale (B, p), deviance (B,)."""

    inner: Array
    deviance: Array
    converged: Bools


def minimised(
    likelihood: Likelihood, start: Array, free: Bools, close: float = _DONE, steps: int = _MOST
) -> Minimum:
    """Return the least deviance from each start (B, p), with the parameters ``free`` (B, p).

    It is within about ``close`` of the least, where so many ``steps`` reach it.
    """
    low, high = likelihood.bounds
    u = np.clip(start, low, high) * free + start * ~free
    deviance = likelihood.deviance(likelihood.predicted(u))
    damping = np.full(len(u), _DAMPING[0])
    converged = np.zeros(len(u), bool)
    active = np.arange(len(u))
    for _ in range(steps):
        part = likelihood.rows(active)
        m = part.predicted(u[active])
        gradient, curvature = part.slopes(m, part.jacobian(u[active], m, free[active]))
        moving = free[active] & ~_held_by_bounds(u[active], gradient, low, high)
        step, gain = _step(gradient, curvature, moving, damping[active])
        trial = np.where(moving, np.clip(u[active] + step, low, high), u[active])
        found = part.deviance(part.predicted(trial))
        better = found <= deviance[active]
        u[active] = np.where(better[:, None], trial, u[active])
        small = deviance[active] - found < close
        deviance[active] = np.where(better, found, deviance[active])
        damping[active] = np.clip(damping[active] * np.where(better, 0.1, 10.0), *_DAMPING[1:])
        stuck = ~better & (damping[active] >= _DAMPING[2])
        done = (gain < close) | (better & small & (gain < 100.0 * close)) | stuck
        converged[active[done]] = True
        active = active[~done]
        if not active.size:
            break
    return Minimum(u, deviance, converged)


def _held_by_bounds(u: Array, gradient: Array, low: Array, high: Array) -> Bools:
    return ((u <= low) & (gradient > 0.0)) | ((u >= high) & (gradient < 0.0))


def _step(gradient: Array, curvature: Array, moving: Bools, damping: Array) -> tuple[Array, Array]:
    """Return the step (B, p), and what the undamped one would gain in deviance (B,)."""
    size = np.sqrt(np.einsum("bpp->bp", curvature))
    size = np.where(moving & (size > 0.0), size, 1.0)
    both = moving[:, :, None] & moving[:, None, :]
    scaled = np.where(both, curvature / (size[:, :, None] * size[:, None, :]), 0.0)
    eye = np.eye(gradient.shape[1])
    scaled = scaled + eye * np.where(moving, 1e-12, 1.0)[:, :, None]
    g = np.where(moving, gradient / size, 0.0)
    step = -np.linalg.solve(scaled + damping[:, None, None] * eye, g[..., None])[..., 0]
    return step / size, np.abs((step * g).sum(axis=1))


@dataclass(frozen=True)
class Spread:
    """What the curvature at a minimum says: standard deviations and correlations.

    ``sigma`` (B, p) on the inner scale, infinite where the data say nothing; ``correlation``
    (B, p, p); ``flat`` (B, p, p): rows are directions in which nothing changes, NaN for none.
    """

    sigma: Array
    covariance: Array
    correlation: Array
    flat: Array


def spread_at(likelihood: Likelihood, inner: Array, free: Bools) -> Spread:
    """Return the spread of parameters about a minimum by the expected curvature there."""
    m = likelihood.predicted(inner)
    _, curvature = likelihood.slopes(m, likelihood.jacobian(inner, m, free, central=True))
    size = np.sqrt(np.einsum("bpp->bp", curvature))
    seen = free & (size > 0.0)
    size = np.where(seen, size, 1.0)
    scaled = curvature / (size[:, :, None] * size[:, None, :])
    both = seen[:, :, None] & seen[:, None, :]
    scaled = np.where(both, scaled, np.eye(inner.shape[1]))
    values, vectors = np.linalg.eigh(scaled)
    dead = values < _FLAT * values[:, -1:]
    inverse = 1.0 / np.where(dead, np.inf, values)
    covariance = (vectors * inverse[:, None, :]) @ vectors.transpose(0, 2, 1)
    lost = ((vectors**2) * dead[:, None, :]).sum(axis=2) > 1e-3
    sigma = np.sqrt(np.einsum("bpp->bp", covariance)) / size
    spread = np.sqrt(np.einsum("bpp->bp", covariance))
    correlation = covariance / np.maximum(spread[:, :, None] * spread[:, None, :], 1e-300)
    flat = np.where(dead[:, :, None], vectors.transpose(0, 2, 1), np.nan)
    sigma = np.where(lost | (free & ~seen), np.inf, np.where(free, sigma, 0.0))
    covariance = covariance / (size[:, :, None] * size[:, None, :])
    return Spread(sigma, np.where(both, covariance, 0.0), np.where(both, correlation, 0.0), flat)
