"""What the numbers of a case would have to be for a claimed ΔT: each alone, and all together.

The condition is the lumped balance at the claimed temperature: the heat ``net(ΔT; p)`` that is left
to warm the body must vanish for ``ΔT`` to be its steady state, and be negative for a colder one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from thermosim.case.particle_case import Case
from thermosim.errors import CaseError
from thermosim.model.priors import Prior, priors, value_at

if TYPE_CHECKING:
    from thermosim.infer.bench import Bench

RANGE_SIGMA = 3.0
"""Standard deviations that a number may be off, within the bounds of its prior."""
SURE_SIGMA = 2.0
"""Standard deviations of all numbers together up to which a claim is possible."""
_STEPS = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0, 50.0, 100.0)
_COARSE = (1.0, 3.0, 10.0, 30.0)  # where the light has to be traced anew for each
_FARTHEST = 1e6  # factor by which a number is tried
_CLOSE = 1e-6  # of the claim: how well the steady state of a value that is found must meet it
_NUDGE = 0.02  # relative change within which a value found with kept light is found exactly
_UNKNOWN = {  # numbers of which a case says nothing but their value: unit, factor they are tried by
    "particle.shape.radius": ("m", 10.0), "particle.emissivity": ("", 1e3),
    "contact.radius": ("m", 1e3), "contact.h_c.value": ("W/(m^2*K)", _FARTHEST),
}  # fmt: skip

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Needed:
    """What one number would have to be alone.

    `value` is None where none gives the claim; `sigma`, its distance from the prior, also where
    the number has none. `prior` is then None, too.
    """

    path: str
    unit: str
    now: float
    value: float | None
    sigma: float | None
    prior: Prior | None

    @property
    def within(self) -> bool:
        """Whether the value lies within the range of the prior."""
        if self.value is None or self.prior is None or self.sigma is None:
            return False
        return self.prior.low <= self.value <= self.prior.high and abs(self.sigma) <= RANGE_SIGMA

    def document(self) -> dict[str, Any]:
        """Return what JSON holds."""
        found = {"value": self.value, "unit": self.unit, "sigma": self.sigma, "now": self.now}
        if self.prior is None:
            return {**found, "kind": "not judged"}
        p = self.prior
        low, high = (v if math.isfinite(v) else None for v in (p.low, p.high))
        return {
            **found, "prior_sigma": p.sigma, "low": low, "high": high, "kind": p.kind,
            "source": p.source, "within_range": self.within,
        }  # fmt: skip


@dataclass(frozen=True)
class Together:
    """All numbers of a case at once.

    Attributes
    ----------
    coldest : ΔT [K] at the most favourable end of every range; None without a steady state
    sigma : root of the sum of squared distances of the likeliest combination that gives the
        claim; None where none within the ranges does
    values : that combination, path -> value [SI]
    distances : path -> standard deviations
    """

    coldest: float | None
    sigma: float | None
    values: Mapping[str, float]
    distances: Mapping[str, float]


def judged_numbers(bench: Bench) -> tuple[Prior, ...]:
    """Return the priors of the numbers of a case; an efficiency is at most 1."""
    return tuple(
        replace(prior, high=min(prior.high, 1.0)) if _is_share(prior.path) else prior
        for prior in priors(bench.case)
    )


def _is_share(path: str) -> bool:
    return path.rpartition(".")[2].startswith("eta_")


def needed_alone(bench: Bench, claim: float, known: Sequence[Prior]) -> Iterator[Needed]:
    """Yield what each number of a case would have to be, the others as they are."""
    steps = _STEPS if bench.even else _COARSE
    for prior in known:
        value = _root(bench, claim, prior.path, _trials(prior, steps))
        sigma = None if value is None else prior.distance(value)
        yield Needed(prior.path, prior.unit, prior.value, value, sigma, prior)
    judged = {prior.path for prior in known}
    for path, (unit, most) in _UNKNOWN.items():
        now = _number(bench, path)
        if now is not None and path not in judged and now > 0.0:
            value = _root(bench, claim, path, _ladders(now, 0.5, most, steps))
            yield Needed(path, unit, now, value, None, None)


def _number(bench: Bench, path: str) -> float | None:
    try:
        return value_at(bench.case, path)
    except CaseError:
        return None


def _trials(prior: Prior, steps: Sequence[float]) -> list[list[float]]:
    """Return values to try, outward from what the case has, downward and upward."""
    if prior.kind == "assumed" or prior.value <= 0.0:
        parts = np.linspace(0.0, 1.0, len(steps) + 1)[1:]
        ends = (prior.low, prior.high)
        return [list(prior.value + parts * (e - prior.value)) for e in ends if math.isfinite(e)]
    return _ladders(prior.value, prior.sigma / prior.value, _FARTHEST, steps)


def _ladders(
    value: float, relative: float, most: float, steps: Sequence[float]
) -> list[list[float]]:
    factors = [math.exp(min(step * relative, math.log(most))) for step in steps]
    return [[value / f for f in factors], [value * f for f in factors]]


def _root(bench: Bench, claim: float, path: str, ladders: list[list[float]]) -> float | None:
    """Return the nearest value at which the claim is the steady state; None if there is none."""
    from scipy.optimize import brentq

    def net(value: float) -> float:
        return bench.net(claim, {path: value})

    now, start = value_at(bench.case, path), bench.net(claim)
    found = []
    for ladder in ladders:
        last, before = now, start
        for value in ladder:
            here = net(value)
            if math.isnan(here):
                break
            if before * here <= 0.0 and value != last:
                root = float(brentq(net, last, value, xtol=1e-14 * abs(now) or 1e-16, rtol=1e-13))
                exact = _exactly(bench.exactly(), claim, path, root)
                if exact is not None:
                    found.append(exact)
                    break
            last, before = value, here
    return min(found, key=lambda v: _apart(v, now), default=None)


def _exactly(bench: Bench, claim: float, path: str, near: float) -> float | None:
    """Return the value at which the claim is the steady state of a valid case; None if none is."""
    from scipy.optimize import brentq

    def net(value: float) -> float:
        return bench.net(claim, {path: value})

    found = near
    if not bench.even:
        low, high = near * (1.0 - _NUDGE), near * (1.0 + _NUDGE)
        if not net(low) * net(high) < 0.0:
            return None
        found = float(brentq(net, low, high, rtol=1e-12))
    return found if _holds(bench, claim, {path: found}) else None


def _apart(value: float, now: float) -> float:
    return abs(math.log(value / now)) if value > 0.0 < now else abs(value - now)


def _holds(bench: Bench, claim: float, values: Mapping[str, float]) -> bool:
    """Whether a case with these values is a case, and the claim its steady state."""
    try:
        Case.model_validate(bench.changed(values).model_dump())
    except (CaseError, ValidationError):
        return False
    steady = bench.body(values).steady()
    return steady is not None and abs(steady - claim) <= _CLOSE * abs(claim)


def needed_together(bench: Bench, claim: float, known: Sequence[Prior]) -> Together:
    """Return the likeliest combination within the ranges that makes the body as cold as claimed.

    It minimises ``Σ z²``, z the distance of each number from what the case has in standard
    deviations, subject to ``net(ΔT; p) <= 0`` (SLSQP), from the point where the straight way to
    the most favourable corner first meets the claim.
    """
    bounds = np.array([_range(prior) for prior in known]).reshape(-1, 2)

    def values(z: Floats) -> dict[str, float]:
        return {p.path: p.at(float(s)) for p, s in zip(known, z, strict=True) if s}

    scale = max(abs(bench.net(claim)), abs(bench.body().source(0.0)))

    def net(z: Floats) -> float:
        return bench.net(claim, values(z)) / scale

    corner = _corner(net, bounds)
    coldest = bench.body(values(corner)).steady()
    if net(np.zeros(len(known))) <= 0.0:
        return Together(coldest, 0.0, {}, {})
    if not net(corner) < 0.0:
        return Together(coldest, None, {}, {})
    z = _likeliest(net, corner, bounds)
    chosen = {p.path: float(s) for p, s in zip(known, z, strict=True) if abs(s) > 0.005}
    return Together(coldest, float(np.linalg.norm(z)), {
        p.path: p.at(chosen[p.path]) for p in known if p.path in chosen
    }, chosen)  # fmt: skip


def _range(prior: Prior) -> tuple[float, float]:
    """Return the bounds of the distance from the prior, of either side."""
    low = prior.distance(prior.low) if math.isfinite(prior.low) else -math.inf
    high = prior.distance(prior.high) if math.isfinite(prior.high) else math.inf
    return max(low, -RANGE_SIGMA) + 0.0, min(high, RANGE_SIGMA) + 0.0


def _corner(net: Callable[[Floats], float], bounds: Floats) -> Floats:
    """Return the coldest point that is found among ends, thirds and middles of all ranges.

    Twice through all numbers, one after the other: what helps may depend on the rest.
    """
    z = np.zeros(len(bounds))
    best = net(z)
    for parts in ((1.0,), (1.0 / 3.0, 0.0, 1.0)):
        for i, (low, high) in enumerate(bounds):
            for trial in [end * part for part in parts for end in (low, high)]:
                there = z.copy()
                there[i] = trial
                found = net(there)
                if found < best:
                    best, z = found, there
    return z


def _likeliest(net: Callable[[Floats], float], corner: Floats, bounds: Floats) -> Floats:
    """Return the point nearest to zero at which nothing is left to warm the body."""
    import warnings

    from scipy.optimize import brentq, minimize

    share = float(brentq(lambda s: net(s * corner), 0.0, 1.0, xtol=1e-6))
    start = share * corner
    with warnings.catch_warnings():  # a step to a bound may miss it by rounding, and is clipped
        warnings.filterwarnings("ignore", "Values in x were outside bounds")
        found = minimize(
            lambda z: 0.5 * float(z @ z), start, jac=lambda z: z, bounds=bounds, method="SLSQP",
            constraints={"type": "ineq", "fun": lambda z: -net(z)},
            options={"maxiter": 60, "ftol": 1e-7},
        )  # fmt: skip
    z = np.asarray(found.x)
    return z if net(z) <= 1e-6 and np.linalg.norm(z) <= np.linalg.norm(start) else start
