"""A fit of models to data: best parameters, intervals, correlations, and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from thermosim.errors import CaseError, Problem, SolveError
from thermosim.infer.fit.base import FitModel
from thermosim.infer.fit.joint import Joint
from thermosim.infer.fit.likelihood import Array, Bools, Likelihood
from thermosim.infer.fit.minimum import Minimum, Spread, minimised, spread_at
from thermosim.infer.fit.parameters import Parameter, Wishes
from thermosim.infer.fit.posterior import Density, Posterior, Walk, sampled
from thermosim.infer.fit.profile import LEVELS, Curve, interval_ends, profile_curves
from thermosim.infer.fit.verdict import Misfit, indistinct, misfit

_FIRST_STEPS, _KEPT = 12, 5  # of every start; how many go on
_LONGEST, _STILL = 12, 0.02  # searches of a valley; deviance that one may still gain
_AGAIN = 4  # times that the noise is estimated, and a lower minimum is looked for
_OTHER = 3.84  # deviance above the least, within which another minimum is told
_LIKELY = 40.0  # deviance above the least, within which walkers start about a minimum
_DERIVED = 1000  # samples of what follows from the parameters
_APART = 0.5  # sigma
_SEEN = 3.0  # sigma, to which a profile is drawn


@dataclass(frozen=True)
class Estimate:
    """One parameter: value, standard deviation by the curvature, intervals; None: no end."""

    parameter: Parameter
    value: float
    sigma: float | None
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        found: dict[str, Any] = {
            "value": self.value, "unit": self.parameter.unit, "sigma": self.sigma,
            "held": self.parameter.held,
        }  # fmt: skip
        if not self.parameter.held:
            for level, low, high in zip(("68", "95"), self.low, self.high, strict=True):
                found |= {f"low_{level}": low, f"high_{level}": high}
        return found


@dataclass(frozen=True)
class Fit:
    """What a fit found.

    ``factor`` is how much ± was widened since the model or the noise is not that of the data;
    ``rises`` are those of the deviance (over ``factor²``) at the ends of the intervals;
    ``predicted`` and ``residual`` (over its standard deviation) are per data set.
    """

    joint: Joint
    estimates: list[Estimate]
    deviance: float
    freedom: int
    chi2_reduced: float
    factor: float
    correlation: Array
    degenerate: list[dict[str, Any]]
    misfits: list[Misfit]
    warnings: list[str]
    derived: dict[str, tuple[str, float, float | None]]
    predicted: list[Array]
    residual: list[Array]
    curves: dict[str, Curve] = field(default_factory=dict)
    rises: tuple[float, ...] = ()
    posterior: Posterior | None = None

    @property
    def free(self) -> list[str]:
        """Names of what was fitted."""
        return [e.parameter.name for e in self.estimates if not e.parameter.held]

    def value(self, name: str) -> float:
        """Return a parameter by name."""
        return next(e.value for e in self.estimates if e.parameter.name == name)


def fit(
    models: Sequence[FitModel], wishes: Wishes | None = None, *, inflate: bool = False,
    curves: bool = True, walk: Walk | None = None, tell: Callable[[str], None] = lambda text: None,
) -> Fit:  # fmt: skip
    """Fit models to their data, together; see docs/fit.md. With ``walk`` also their posterior.

    Raises
    ------
    CaseError
        If the wishes do not fit, there are too few data, or the data refuse the model and
        ``inflate`` is false.
    SolveError
        If no minimum is found.
    """
    joint = Joint.of(models, wishes or Wishes())
    count = sum(len(one.y) for one in joint.sets) + len(joint.priors)
    freedom = count - int(joint.free.sum())
    if freedom < 1:
        rule = f"are {count} numbers for {joint.free.sum()} parameters"
        raise CaseError([Problem("data", "", rule, "hold some: --fix NAME=VALUE")])
    found, best, others, places = _searched(joint)
    free = joint.free[None]
    judged = _judged(joint, found, best)
    if any(m.wrong for m in judged) and not inflate:
        raise CaseError(_refusal(judged))
    factor = max(m.factor for m in judged)
    spread = spread_at(found, best.inner, free)
    rises = factor**2 * _rises(joint, freedom)[None]
    ends, best = _ended(found, best, spread, free, rises)
    spread = spread_at(found, best.inner, free)
    result = _result(joint, found, best, spread, ends, factor, freedom)
    result = replace(result, rises=tuple(rises[0] / factor**2))
    result = replace(result, misfits=judged, warnings=[*_warnings(judged, factor), *others])
    if walk is not None:
        drawn = _posterior(joint, found, np.concatenate([best.inner, places]), factor, walk, tell)
        result = replace(result, posterior=drawn, warnings=[*result.warnings, *drawn.warnings])
    return replace(result, curves=_curves(joint, found, best, spread, ends)) if curves else result


def _searched(joint: Joint) -> tuple[Likelihood, Minimum, list[str], Array]:
    """Return the likelihood with its noise, the best minimum, and words of others as good.

    And where the search had come from all its starts, (S, p): for other minima.
    """
    found = joint.likelihood()
    starts = found.inner(joint.starts())
    free = np.repeat(joint.free[None], len(starts), axis=0)
    first = minimised(found, starts, free, steps=_FIRST_STEPS)
    lowest = np.argsort(first.deviance)[:_KEPT]
    some = minimised(found, first.inner[lowest], free[lowest])
    if not np.isfinite(some.deviance).any():
        raise SolveError(
            "no place to start from gives the data a likelihood: use --start NAME=VALUE"
        )
    at = int(np.argmin(some.deviance))
    best = Minimum(some.inner[[at]], some.deviance[[at]], some.converged[[at]])
    best = _settled(found, best, joint.free[None])
    for _ in range(_AGAIN if any(one.estimated for one in joint.sets) else 0):
        found = _with_noise(joint, found, best)
        best = _settled(found, best, joint.free[None])
    return found, best, _others(joint, found, some, best), first.inner


def _settled(found: Likelihood, best: Minimum, free: Bools) -> Minimum:
    """Return the bottom of the valley that a minimum lies in; it may be long and flat."""
    for _ in range(_LONGEST):
        before, best = best, minimised(found, best.inner, free)
        if best.converged[0] or before.deviance[0] - best.deviance[0] < _STILL:
            return best
    raise SolveError("no minimum was found: give places to start from, --start NAME=VALUE")


def _with_noise(joint: Joint, found: Likelihood, best: Minimum) -> Likelihood:
    """Return the likelihood with the noise of data that do not tell it, from their residuals."""
    m = found.predicted(best.inner)[0]
    dispersion = np.array(found.dispersion * np.ones(found.size))
    share = 1.0 - joint.free.sum() / found.size
    variance = np.where(found.counts, m, found.variance)
    for one, span in zip(joint.sets, joint.spans(), strict=True):
        if one.estimated:
            squares = (found.data[span] - m[span]) ** 2 / variance[span]
            dispersion[span] = max(float(squares.mean()) / share, 1e-30)
    return replace(found, dispersion=dispersion)


def _others(joint: Joint, found: Likelihood, some: Minimum, best: Minimum) -> list[str]:
    """Return words of other minima that the data allow as well."""
    near = some.inner[some.converged]
    if not len(near):
        return []
    free = np.repeat(joint.free[None], len(near), axis=0)
    again = minimised(found, near, free) if any(o.estimated for o in joint.sets) else some
    sigma = spread_at(found, best.inner, joint.free[None]).sigma[0]
    sigma = np.where(np.isfinite(sigma) & (sigma > 0.0), sigma, np.inf)
    away = (np.abs(again.inner - best.inner) / sigma).max(axis=1)
    told = (again.deviance - best.deviance < _OTHER) & (away > 3.0) & again.converged
    if not told.any():
        return []
    at = int(np.flatnonzero(told)[np.argmin(again.deviance[told])])
    values = found.outer(again.inner[at])
    moved = np.abs(again.inner[at] - best.inner[0]) / sigma > _APART
    text = ", ".join(
        f"{p.name} = {v:.4g}{'' if p.unit == '1' else f' {p.unit}'}"
        for p, v, m in zip(joint.parameters, values, moved, strict=True)
        if m and not p.held
    )
    rise = float(again.deviance[at] - best.deviance[0])
    return [
        f"a second solution fits as well (deviance {rise:+.2g}): {text}; --start "
        "chooses, --posterior weighs them"
    ]


def _posterior(
    joint: Joint, found: Likelihood, places: Array, factor: float, walk: Walk,
    tell: Callable[[str], None],
) -> Posterior:  # fmt: skip
    """Return the posterior; walkers start about every minimum below the places (S, p)."""
    estimated = [s for one, s in zip(joint.sets, joint.spans(), strict=True) if one.estimated]
    density = Density(found, joint.free, estimated, factor)
    ends = minimised(found, places, density.every(len(places)))
    rise = ends.deviance - ends.deviance[0]
    kept = (np.arange(len(rise)) == 0) | (ends.converged & (rise < _LIKELY * factor**2))
    drawn = sampled(density, ends.inner[kept], joint.parameters, walk, tell)
    derived = {}
    some = drawn.samples[:: -(-len(drawn.samples) // _DERIVED)]
    for m, model in enumerate(joint.models):
        for name, (unit, function) in model.derived().items():
            values = function(joint.values(some, m, 0))[:, 0]
            if np.isfinite(values).all():
                derived[name] = (unit, values)
    return replace(drawn, derived=derived)


def _judged(joint: Joint, found: Likelihood, best: Minimum) -> list[Misfit]:
    m = found.predicted(best.inner)[0]
    variance = np.where(found.counts, m, found.variance) * found.dispersion
    share = joint.free.sum() / found.size
    judged = []
    for one, span in zip(joint.sets, joint.spans(), strict=True):
        residual = (found.data[span] - m[span]) / np.sqrt(variance[span])
        spread = float(np.sum(1.0 / m[span])) if one.counts else 0.0
        part = share * len(one.y)
        judged.append(misfit(one.label, residual, part, spread, estimated=one.estimated))
    return judged


def _refusal(judged: Sequence[Misfit]) -> list[Problem]:
    told = "; ".join(m.words for m in judged if m.wrong)
    rule = f"is not the model of the data: {told}"
    remedy = (
        "no numbers; --window, --free or another model, or --misfit inflate to see them, ± wider"
    )
    return [Problem("fit", "", rule, remedy)]


def _warnings(judged: Sequence[Misfit], factor: float) -> list[str]:
    told = [m.words for m in judged if m.words]
    return [f"{words}: ± is widened by {factor:.3g}" for words in told]


def _rises(joint: Joint, freedom: int) -> Array:
    """Return the rise of the deviance at the ends: of chi², or of Student's t, noise estimated."""
    from scipy.special import chdtri, stdtrit

    levels = np.array(LEVELS)
    if all(one.estimated for one in joint.sets) and not joint.priors:
        return np.asarray(stdtrit(freedom, 0.5 + 0.5 * levels) ** 2)
    return np.asarray(chdtri(1, 1.0 - levels))


def _ended(
    found: Likelihood, best: Minimum, spread: Spread, free: Bools, rises: Array
) -> tuple[Array, Minimum]:
    """Return the ends of the intervals, about the lowest minimum that the search meets."""
    for _ in range(_AGAIN):
        ends = interval_ends(found, best, spread, free, rises)
        if ends.lower[0] > best.deviance[0] - 1e-2:
            break
        best = minimised(found, ends.lower_at, free)
        spread = spread_at(found, best.inner, free)
    return ends.ends[0], best


def _result(
    joint: Joint, found: Likelihood, best: Minimum, spread: Spread, ends: Array, factor: float,
    freedom: int,
) -> Fit:  # fmt: skip
    values = found.outer(best.inner)[0]
    estimates = [
        _estimate(p, j, found, values[j], spread.sigma[0, j] * factor, best.inner[0, j], ends[j])
        for j, p in enumerate(joint.parameters)
    ]
    at = np.flatnonzero(joint.free)
    correlation = spread.correlation[0][np.ix_(at, at)]
    names = [joint.names[j] for j in at]
    without = [
        e.parameter.name for e in estimates
        if not e.parameter.held and (None in e.low or None in e.high or _fills(e))
    ]  # fmt: skip
    own = [p.name for p in joint.parameters if p.own]
    degenerate = indistinct(names, correlation, spread.flat[0][:, at], without, own)
    m = found.predicted(best.inner)[0]
    sigma = np.sqrt(np.where(found.counts, m, found.variance) * found.dispersion)
    spans = joint.spans()
    residual = (found.data - m) / sigma
    return Fit(
        joint, estimates, float(best.deviance[0]), freedom, float(residual @ residual) / freedom,
        factor, correlation, degenerate, [], [], _derived(joint, found, best, spread, factor),
        [m[s] for s in spans], [residual[s] for s in spans],
    )  # fmt: skip


def _fills(e: Estimate) -> bool:
    """Whether the interval of a parameter is all that it may be."""
    return e.low[-1] == e.parameter.low and e.high[-1] == e.parameter.high


def _estimate(
    p: Parameter, j: int, found: Likelihood, value: float, sigma: float, inner: float, ends: Array
) -> Estimate:
    """Return one parameter in its unit; a bound that is physical ends an interval."""
    if p.held:
        return Estimate(p, float(value), None, (), ())

    def outer(u: float) -> float:
        return float(np.exp(u) if p.log else u * p.scale)

    def end(u: float, bound: float) -> float | None:
        if np.isfinite(u):
            return outer(u)
        return float(bound) if p.physical and np.isfinite(bound) else None

    wide = sigma * (value if p.log else p.scale)
    low = tuple(end(u, p.low) for u in ends[0])
    high = tuple(end(u, p.high) for u in ends[1])
    return Estimate(p, float(value), float(wide) if np.isfinite(wide) else None, low, high)


def _derived(
    joint: Joint, found: Likelihood, best: Minimum, spread: Spread, factor: float
) -> dict[str, tuple[str, float, float | None]]:
    """Return what follows from the parameters, with its standard deviation."""
    answers: dict[str, tuple[str, float, float | None]] = {}
    p = best.inner.shape[1]
    h = 1e-3 * np.where(np.isfinite(spread.sigma[0]), spread.sigma[0], 1e-3)
    rows = np.concatenate([best.inner, best.inner + np.diag(h), best.inner - np.diag(h)])
    rows = found.outer(np.clip(rows, *found.bounds))
    for m, model in enumerate(joint.models):
        for name, (unit, function) in model.derived().items():
            at = function(joint.values(rows, m, 0))[:, 0]
            if not np.isfinite(at[0]):
                continue
            slope = np.where(h > 0.0, (at[1 : p + 1] - at[p + 1 :]) / np.where(h > 0, 2 * h, 1), 0)
            square = float(slope @ spread.covariance[0] @ slope)
            good = np.isfinite(square) and np.isfinite(spread.sigma[0]).all()
            answers[name] = (unit, float(at[0]), factor * np.sqrt(square) if good else None)
    return answers


def _curves(
    joint: Joint, found: Likelihood, best: Minimum, spread: Spread, ends: Array
) -> dict[str, Curve]:
    """Return the profile of each parameter that all data sets share."""
    low, high = found.bounds
    shared = joint.free & np.array([not p.own for p in joint.parameters])
    u, sigma = best.inner[0], np.minimum(spread.sigma[0], 2.0)
    outer = np.where(np.isfinite(ends[:, :, -1]), ends[:, :, -1], u[:, None])
    reach = np.maximum(1.4 * np.abs(outer - u[:, None]), 0.5 * sigma[:, None])
    spans = np.clip(u[:, None] + reach * np.array([-1.0, 1.0]), low[:, None], high[:, None])
    found_curves = profile_curves(found, best, joint.free[None], spans, shared)
    return {joint.names[j]: curve for j, curve in found_curves.items()}
