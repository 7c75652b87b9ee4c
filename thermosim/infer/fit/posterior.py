"""The posterior of a fit: what the data, the priors and the bounds leave of its parameters.

Uniform on the scale on which a parameter is looked for (the logarithm of positive numbers), within
its bounds, times the likelihood, which holds the Gaussian priors of the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.infer.fit.likelihood import Array, Bools, Likelihood
from thermosim.infer.fit.minimum import minimised, spread_at
from thermosim.infer.fit.parameters import Parameter
from thermosim.infer.fit.profile import LEVELS
from thermosim.infer.fit.walkers import LEAST_WEIGHT, LONG_ENOUGH, Chain, Hills, walked

_WIDEST = 3.0  # on the inner scale, where the data do not tell a parameter
_FOLLOWED, _STEPS_DOWN, _LEVEL = 400, 40, 1e-4  # samples that are followed to their minimum
_APART = 3.0  # sigma
_EDGE, _AT_EDGE = 0.02, 0.005  # of a range, and the share of the samples in it, that are told
FEWEST_STEPS, MOST_STEPS = 100, 20_000


@dataclass(frozen=True)
class Walk:
    """What is asked of the walkers: seed of their dice, most steps of each."""

    seed: int = 1
    steps: int = MOST_STEPS

    def __post_init__(self) -> None:
        """Refuse what is no seed and no walk."""
        problems = []
        if not 0 <= self.seed < 2**32:
            problems.append(Problem("--seed", f"{self.seed}", "must be between 0 and 2^32 - 1"))
        if self.steps < FEWEST_STEPS:
            problems.append(Problem("--steps", f"{self.steps}", f"must be {FEWEST_STEPS} or more"))
        if problems:
            raise CaseError(problems)


def walk_of(
    task: Walk | None, seed: int | None, steps: int | None, *, posterior: bool
) -> Walk | None:
    """Return what is asked of the walkers, by a file (``task``) or beside it; None: no posterior.

    Raises
    ------
    CaseError
        If seed or steps are no such, or given though no posterior is asked for.
    """
    given = {name: v for name, v in (("seed", seed), ("steps", steps)) if v is not None}
    if task is None and not posterior:
        if given:
            rule = "is of the posterior, which is not asked for"
            problems = [
                Problem(f"--{n}", f"{v}", rule, "add --posterior") for n, v in given.items()
            ]
            raise CaseError(problems)
        return None
    return replace(task or Walk(), **given)


@dataclass(frozen=True)
class Mode:
    """A minimum of the deviance, and the share of the posterior in its valley, with its error.

    ``values`` (p,) are all parameters there, in their units, ``rise`` how much it lies above the
    least minimum.
    """

    values: Array
    rise: float
    weight: float
    sigma: float


@dataclass(frozen=True)
class Posterior:
    """Samples of the posterior, and how they were drawn.

    Attributes
    ----------
    parameters
        All of the fit, also those that are held.
    samples
        Shape (S, p), in their units.
    chain
        Where the walkers have been; the samples are every ``thinning``-th step of it.
    modes
        Minima with their weights, the heaviest first.
    derived
        What follows from the parameters: name to unit and samples (S,).
    walk
        What was asked for.
    """

    parameters: Sequence[Parameter]
    samples: Array
    chain: Chain
    thinning: int
    modes: list[Mode]
    derived: dict[str, tuple[str, Array]]
    walk: Walk

    @property
    def warnings(self) -> list[str]:
        """What is to be known of the samples, in words."""
        found = []
        if self.chain.lengths < LONG_ENOUGH:
            found.append(
                f"the walk is {self.chain.lengths:.2g} autocorrelation times long, below "
                f"{LONG_ENOUGH:.0f}: the posterior is rough; --steps makes it longer, --fix and "
                "--prior make it easier"
            )
        if open_ := self.open():
            found.append(
                f"the data do not bound {', '.join(open_)}: the posterior of it ends where the "
                "search does; --prior says what is known"
            )
        return found

    def open(self) -> list[str]:
        """Return parameters whose samples reach an end of the range that is not physical."""
        found = []
        for j, p in enumerate(self.parameters):
            if p.held or p.physical:
                continue
            low, high, at = (np.log(v) if p.log else v for v in (p.low, p.high, self.samples[:, j]))
            edge = _EDGE * (high - low)
            if np.mean((at < low + edge) | (at > high - edge)) > _AT_EDGE:
                found.append(p.name)
        return found

    def of(self, name: str) -> Array:
        """Return the samples of a parameter, or of what follows from them, by name, (S,)."""
        if name in self.derived:
            return self.derived[name][1]
        return self.samples[:, [p.name for p in self.parameters].index(name)]

    def document(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        free = [p for p in self.parameters if not p.held]
        units = {p.name: p.unit for p in free} | {n: unit for n, (unit, _) in self.derived.items()}
        return {
            "parameters": {n: {"unit": unit} | intervals(self.of(n)) for n, unit in units.items()},
            "modes": [
                {"weight": m.weight, "weight_sigma": m.sigma, "deviance_above_least": m.rise,
                 "values": {p.name: float(v) for p, v in zip(self.parameters, m.values, strict=True)
                            if not p.held}}
                for m in self.modes
            ],
            "walkers": self.chain.places.shape[1],
            "steps": len(self.chain.places) + self.chain.dropped,
            "burn_in": self.chain.dropped,
            "thinning": self.thinning,
            "autocorrelation_steps": {
                p.name: float(t) for p, t in zip(free, self.chain.times, strict=True)
            },
            "lengths": self.chain.lengths,
            "independent_samples": self.chain.independent,
            "acceptance": self.chain.acceptance,
            "seed": self.walk.seed,
            "warnings": self.warnings,
        }  # fmt: skip


def intervals(samples: Array) -> dict[str, float]:
    """Return the median of samples (S,), and what leaves half the rest below and half above."""
    found = {"median": float(np.median(samples))}
    for level, share in zip(("68", "95"), LEVELS, strict=True):
        low, high = np.quantile(samples, [0.5 - 0.5 * share, 0.5 + 0.5 * share])
        found |= {f"low_{level}": float(low), f"high_{level}": float(high)}
    return found


@dataclass(frozen=True)
class Density:
    """The logarithm of the posterior density on the inner scale.

    ``estimated`` are the data whose noise is known but for its size, one slice for each such size;
    ``factor`` by which ± is widened.
    """

    likelihood: Likelihood
    free: Bools
    estimated: Sequence[slice] = ()
    factor: float = 1.0

    def __call__(self, inner: Array) -> Array:
        """Return it for rows (B, p), to a constant; minus infinity outside the bounds.

        A size of noise that is not known is integrated out (uniform in its logarithm):
        ``-n/2 ln(deviance)`` in place of ``-deviance/2``, Student's t of a linear model.
        """
        low, high = self.likelihood.bounds
        found = np.full(len(inner), -np.inf)
        inside = np.flatnonzero(((inner >= low) & (inner <= high))[:, self.free].all(axis=1))
        if not inside.size:
            return found
        terms = self.likelihood.terms(self.likelihood.predicted(inner[inside]))
        total = np.zeros(len(inside))
        for span in self.estimated:
            part = terms[:, span]
            total += part.shape[1] * np.log(np.maximum(part.sum(axis=1), 1e-300))
            terms[:, span] = 0.0
        total = -0.5 * (total + terms.sum(axis=1)) / self.factor**2
        found[inside] = np.where(np.isfinite(total), total, -np.inf)
        return found

    def every(self, count: int) -> Bools:
        """Return what is free in each of some rows, (count, p)."""
        return np.repeat(self.free[None], count, axis=0)


def hills_at(density: Density, minima: Array) -> Hills:
    """Return what the curvature at the minima (M, p) says of the free parameters.

    A parameter that the data do not tell is as wide as 3 on the inner scale, or its bounds. The
    weights are those of Laplace's approximation, none below a twentieth.
    """
    free = density.free
    low, high = (b[free] for b in density.likelihood.bounds)
    spread = spread_at(density.likelihood, minima, density.every(len(minima)))
    covariance = spread.covariance[:, free][:, :, free] * density.factor**2
    widest = np.minimum(_WIDEST, np.sqrt(1.0 / 12.0) * (high - low))
    known = np.isfinite(spread.sigma[:, free])
    sigma = np.where(known, np.sqrt(np.einsum("mii->mi", covariance)), widest)
    sigma = np.maximum(sigma, 1e-12)
    shape = covariance / (sigma[:, :, None] * sigma[:, None, :])
    eye = np.eye(len(widest))
    shape = np.where(known[:, :, None] & known[:, None, :], shape, eye) + 1e-9 * eye
    root = np.linalg.cholesky(shape) * np.minimum(sigma, widest)[:, :, None]
    log = density(minima) + np.log(np.einsum("mii->mi", root)).sum(axis=1)
    weight = np.exp(log - log.max())
    weight = np.maximum(weight / weight.sum(), LEAST_WEIGHT)
    return Hills(minima[:, free], root, weight / weight.sum())


def sampled(
    density: Density, minima: Array, parameters: Sequence[Parameter], walk: Walk,
    tell: Callable[[str], None] = lambda text: None,
) -> Posterior:  # fmt: skip
    """Return samples of the posterior; the walkers start about all minima (M, p), inner scale."""
    minima = distinct(density, minima)

    def full(at: Array) -> Array:
        rows = np.repeat(minima[:1], len(at), axis=0)
        rows[:, density.free] = at
        return rows

    def log(at: Array) -> Array:
        return density(full(at))

    chain = walked(log, hills_at(density, minima), walk.steps, walk.seed, tell)
    thinning = max(1, int(0.5 * chain.times.max()))
    inner = full(chain.places[::thinning].reshape(-1, chain.places.shape[2]))
    modes = _modes(density, minima, inner, chain.independent)
    samples = density.likelihood.outer(inner)
    return Posterior(parameters, samples, chain, thinning, modes, {}, walk)


def distinct(density: Density, minima: Array) -> Array:
    """Return the minima (M, p), the best first, without those that are one of the others.

    Two are one where they lie within 3 standard deviations by the curvature of the better one.
    """
    order = np.argsort(-density(minima), kind="stable")
    kept: list[int] = []
    sigma = _sigma(density, minima)
    for i in order:
        if all(np.abs((minima[i] - minima[k]) / sigma[k]).max() > _APART for k in kept):
            kept.append(int(i))
    return np.asarray(minima[kept])


def _sigma(density: Density, minima: Array) -> Array:
    """Return standard deviations (M, p) by the curvature; infinite where the data tell none."""
    sigma = spread_at(density.likelihood, minima, density.every(len(minima))).sigma
    return np.where(density.free & (sigma > 0.0), sigma * density.factor, np.inf)


def _modes(density: Density, minima: Array, inner: Array, independent: float) -> list[Mode]:
    """Return the minima and the share of the samples (S, p) that lie in the valley of each.

    The least is among them, whatever its share.
    """
    count = min(_FOLLOWED if len(minima) > 1 else _FOLLOWED // 4, len(inner))
    start = inner[np.linspace(0, len(inner) - 1, count).astype(int)]
    down = minimised(density.likelihood, start, density.every(count), _LEVEL, _STEPS_DOWN)
    ends = down.inner[down.converged]
    known = distinct(density, np.concatenate([minima, ends]))
    away = np.abs((ends[:, None] - known) / _sigma(density, known)).max(axis=2)
    weight = np.bincount(away.argmin(axis=1), minlength=len(known)) / max(len(ends), 1)
    log = density(known)
    error = np.sqrt(weight * (1.0 - weight) / max(min(independent, len(ends)), 1.0))
    values = density.likelihood.outer(known)
    modes = [
        Mode(values[k], float(2.0 * (log.max() - log[k])), float(weight[k]), float(error[k]))
        for k in range(len(known))
        if k == 0 or weight[k] > 0.0
    ]
    return sorted(modes, key=lambda mode: -mode.weight)
