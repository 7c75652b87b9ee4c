"""The coldest point of a case within bounds: the lumped balance, searched and drawn.

ΔT is that of `limits.lumped`; a finite-element run at the optimum is up to the caller.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import CaseError, MeshError, Problem
from thermosim.infer.bench import Bench
from thermosim.infer.sight import readings

if TYPE_CHECKING:
    from thermosim.limits.lumped import Lumped

Floats = NDArray[np.float64]
WITHIN = 0.01
"""Part of the best ΔT by which a point may miss it and still count as as good."""
_DECADE = 10.0  # ratio of bounds from which a number is searched by its logarithm
_SCAN = 64  # points of the scan per number that varies
_AT_BOUND = 1e-3  # of a range
_GRID, _LINE = 25, 81  # points of a map along an axis, and of a curve


@dataclass(frozen=True)
class Varied:
    """A number that may vary between bounds [SI]."""

    path: str
    low: float
    high: float
    unit: str

    @property
    def logarithmic(self) -> bool:
        """Whether it is searched by its logarithm."""
        return self.low > 0.0 and self.high / self.low >= _DECADE

    def at(self, share: float | Floats) -> Any:
        """Return the value at a share of the range, 0 to 1."""
        if self.logarithmic:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share

    def share(self, value: float) -> float:
        """Return at which share of the range a value stands."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def slope(self, value: float) -> float:
        """Return by how much the value changes with its share, dp/ds."""
        if self.logarithmic:
            return value * math.log(self.high / self.low)
        return self.high - self.low


@dataclass(frozen=True)
class Constraints:
    """What a point must keep to; None: nothing.

    Attributes
    ----------
    beam_power : most power of the beam [W]
    substrate_heating : most that light in the substrate warms what is under the contact [K]
    sight : fewest standard deviations of photon noise that a cooling must be
    """

    beam_power: float | None = None
    substrate_heating: float | None = None
    sight: float | None = None


@dataclass(frozen=True)
class Best:
    """The best point.

    Attributes
    ----------
    values : path -> value [SI]
    delta_T : there [K]
    intervals : path -> ends between which ΔT is within 1 % of the best, the rest held
    at_bound : paths that stand at an end of their range
    binding : constraints that are active there
    """

    values: dict[str, float]
    delta_T: float
    intervals: dict[str, tuple[float, float]]
    at_bound: tuple[str, ...]
    binding: tuple[str, ...]


class Search:
    """ΔT of a case over numbers that vary, within constraints."""

    def __init__(self, bench: Bench, varied: Sequence[Varied], limits: Constraints) -> None:
        self.bench, self.varied, self.limits = bench, tuple(varied), limits
        self.seen: Counter[str] = Counter()  # points with a steady state, and what they broke

    def values(self, point: Sequence[float] | Floats) -> dict[str, float]:
        """Return the values at a point of the unit cube."""
        return {v.path: float(v.at(float(s))) for v, s in zip(self.varied, point, strict=True)}

    def delta_T(self, values: Mapping[str, float]) -> float:
        """Return ΔT [K]; infinite where there is no steady state, or no body."""
        return self.steady(values)[0]

    def steady(self, values: Mapping[str, float]) -> tuple[float, Lumped | None]:
        """Return ΔT [K], or infinity, and the body that has it."""
        try:
            with np.errstate(all="ignore"):  # far from any material
                body = self.bench.body(values)
                found = body.steady()
        except (CaseError, MeshError, ValueError):
            return math.inf, None
        return math.inf if found is None or math.isnan(found) else found, body

    def broken(self, values: Mapping[str, float], slack: float = 0.0) -> list[str]:
        """Return the constraints that a point does not keep to (or has within `slack` of it)."""
        return self.broken_by(self.bench.body(values), None, slack)

    def broken_by(self, body: Lumped, theta: float | None, slack: float = 0.0) -> list[str]:
        """Return the same of a body, and of its ΔT [K] where that is known."""
        return [name for name, margin in self.margins(body, theta).items() if margin < slack]

    def margins(self, body: Lumped, theta: float | None = None) -> dict[str, float]:
        """Return what is left of each constraint, relative to it."""
        found, limits, light = {}, self.limits, body.model.light
        if limits.beam_power is not None and light is not None:
            found["beam power"] = 1.0 - beam_power(light.laser) / limits.beam_power
        if limits.substrate_heating is not None:
            lit = body.support.lit if body.support is not None else 0.0
            found["heating of the substrate"] = 1.0 - lit / limits.substrate_heating
        if limits.sight is not None:
            theta = body.steady() if theta is None else theta
            cools = theta is not None and theta < 0.0
            seen = readings(body, theta, body.model.case.thermometry) if cools and theta else {}
            margin = -(theta or 0.0) / seen["sigma_K"] / limits.sight - 1.0 if seen else -1.0
            found["sight of the thermometer"] = margin
        return found

    def cost(self, point: Sequence[float] | Floats) -> float:
        """Return ΔT [K], infinite where a constraint is broken."""
        found, body = self.steady(self.values(point))
        if body is None or found == math.inf:
            return math.inf
        broken = self.broken_by(body, found)
        self.seen.update(["steady", *broken])
        return math.inf if broken else found


def _nothing_left(search: Search) -> Problem:
    """Return why no point is left: no steady state, or which constraints are broken how often."""
    broken = search.seen.copy()
    steady = broken.pop("steady", 0)
    if not steady:
        return Problem("--vary", "", "leaves no point that has a steady state", "change the bounds")
    told = ", ".join(f"{name} at {n}" for name, n in broken.most_common())
    rule = f"leaves no point: constraints forbid all {steady} that have a steady state ({told})"
    remedy = "widen the bounds or the constraints"
    laser = search.bench.case.laser
    if "beam power" in broken and laser is not None and laser.profile == "plane":
        remedy = "a plane wave has no end of power: give the beam a laser.profile"
    return Problem("--vary", "", rule, remedy)


def beam_power(laser: Any) -> float:
    """Return the power of a beam [W]; infinite of a plane wave."""
    if laser.profile == "plane":
        return math.inf
    gaussian = laser.profile == "gaussian"
    width, share = (laser.waist, 0.5) if gaussian else (laser.radius, 1.0)
    return float(share * math.pi * width**2 * laser.peak_intensity)


def optimise(search: Search, tell: Callable[[str], None] = lambda text: None) -> Best:
    """Return the coldest point within bounds and constraints.

    A scan of a low-discrepancy sequence (Sobol, unscrambled), then Nelder and Mead from its best
    point. It finds a local optimum near the best of the scan, not a proof of a global one.

    Raises
    ------
    CaseError
        If no point of the scan keeps to the constraints.
    """
    from scipy.optimize import minimize
    from scipy.stats import qmc

    d = len(search.varied)
    count = 2 ** math.ceil(math.log2(_SCAN * d))
    points = qmc.Sobol(d, scramble=False).random(count)
    tell(f"{count} points of {d} numbers")
    costs = np.array([search.cost(point) for point in points])
    if not np.isfinite(costs).any():
        raise CaseError([_nothing_left(search)])
    start = points[int(np.argmin(costs))]
    tell("from the best of them")
    steps = np.where(start > 0.5, -0.05, 0.05)
    simplex = np.vstack([start, start + np.diag(steps)])
    found = minimize(
        search.cost, start, method="Nelder-Mead", bounds=[(0.0, 1.0)] * d,
        options={"initial_simplex": simplex, "xatol": 1e-5, "fatol": 1e-9, "maxiter": 200 * d},
    )  # fmt: skip
    return _judged(search, np.clip(found.x, 0.0, 1.0), float(found.fun))


def _judged(search: Search, point: Floats, delta_T: float) -> Best:
    values = search.values(point)
    ends = {
        v.path: (_end(search, point, i, 0.0, delta_T), _end(search, point, i, 1.0, delta_T))
        for i, v in enumerate(search.varied)
    }
    at_bound = tuple(
        v.path for v, s in zip(search.varied, point, strict=True) if min(s, 1.0 - s) < _AT_BOUND
    )
    return Best(values, delta_T, ends, at_bound, tuple(search.broken(values, 1e-3)))


def _end(search: Search, point: Floats, i: int, bound: float, best: float) -> float:
    """Return the value up to which ΔT stays within 1 % of the best, towards a bound."""
    worst = best + WITHIN * abs(best)

    def good(share: float) -> bool:
        there = point.copy()
        there[i] = share
        return search.cost(there) <= worst

    inside, outside = float(point[i]), bound
    for step in np.linspace(inside, bound, 9)[1:]:
        if not good(float(step)):
            outside = float(step)
            break
        inside = float(step)
    if inside != bound:
        for _ in range(20):
            middle = 0.5 * (inside + outside)
            inside, outside = (middle, outside) if good(middle) else (inside, middle)
    return float(search.varied[i].at(inside))


def mapped(search: Search, best: Best) -> dict[str, Any]:
    """Return ΔT over the first two numbers (or the one), the others at the best point.

    Not a number where there is no steady state; constraints are not counted, but where they are
    broken is told.
    """
    axes = search.varied[:2]
    count = _GRID if len(axes) == 2 else _LINE
    shares: Floats = np.linspace(0.0, 1.0, count, dtype=np.float64)
    grids = [np.asarray(v.at(shares)) for v in axes]
    shape = tuple(len(grid) for grid in grids)
    theta, broken = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    for index in itertools.product(*(range(n) for n in shape)):
        at = {v.path: float(g[i]) for v, g, i in zip(axes, grids, index, strict=True)}
        found, body = search.steady({**best.values, **at})
        if body is not None and math.isfinite(found):
            theta[index] = found
            broken[index] = bool(search.broken_by(body, found))
    return {
        "paths": [v.path for v in axes], "units": [v.unit for v in axes],
        "logarithmic": [v.logarithmic for v in axes],
        "axes": grids, "delta_T_K": theta, "broken": broken,
    }  # fmt: skip
