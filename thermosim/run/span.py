"""The span of models: what ΔT would be if one assumption did not hold, steady or in time.

A particle is taken as one lump. In a body of any geometry heat counts by what it does to ΔT where
it is released: the adjoint of the mean. In time a change of heat is followed as slowly as the run
itself was: with its heat capacity over its conductance, under the light that there was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.emissivity import emissivity_law
from thermosim.errors import CaseError, SolveError
from thermosim.fem.domain import integrate, size_of
from thermosim.heat.fixing import check_fixed
from thermosim.model.budget import leaving, stored_part
from thermosim.model.laws import FormulaExchange
from thermosim.run.assumed import FAR, Assumption, Lit, of_ground, of_heat, of_paths
from thermosim.run.sensitivity import Adjoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.budget import Budget
    from thermosim.model.model import Model
    from thermosim.run.march import TransientRun

    Floats = NDArray[np.float64]

NO_SPAN = (
    "no span of models: heat and ΔT do not tell how much heat leaves per kelvin, so that what an "
    "assumption changes is not estimated"
)
NO_NUMERICAL = (
    "no numerical ± of ΔT: errors of mesh and steps were not estimated (solver.error_estimate)"
)
NO_NUMERICAL_OF_EXTREME = (
    "no numerical ± of the extreme of ΔT: errors of mesh and steps are estimated at the end only"
)
MEAN, RATE = "delta_T_mean_K", "delta_T_mean_rate_K_per_s"


def ranked(
    model: Model,
    problem: HeatProblem,
    light: AbsorbedLight,
    found: Mapping[str, float],
    budget: Budget,
) -> list[dict[str, Any]]:
    """Return the assumptions of a steady run, the one with the largest effect first (collective).

    `found` is the summary: mean ΔT and heat flows.

    Raises
    ------
    SolveError
        If the adjoint problem of a body is not solved.
    """
    if model.lump is None:
        weight = Adjoint(model, problem, light).weights
        lit = Lit.of(light, problem, weight)
        rows = of_heat(lit, lit.heat(light.gain))
        return _sorted([*rows, *_of_surfaces(model, problem, light, weight, budget)])
    delta, lit = found[MEAN], Lit.of(light, problem)
    heat = lit.heat(light.gain)
    total = heat + found.get("absorbed_by_substrate_W", 0.0)
    if not total * delta > 0.0:
        return []
    conductance = total / delta
    rows = [_times(row, 1.0 / conductance) for row in of_heat(lit, heat)]
    rows += of_ground(light, model.lump, problem)
    rows += [row for row, _ in of_paths(model.lump, found, conductance)]
    return _sorted(rows)


def numerical(summary: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """Return the numerical ± of ΔT [K]; None, and a note, where there is no estimate."""
    bound = summary.get("delta_T_error_K")
    if bound is None:
        notes.append(NO_NUMERICAL)
    return {"delta_T_numerical_K": bound}


def span_of(delta: float, rows: Sequence[Mapping[str, Any]], kind: str = "") -> dict[str, Any]:
    """Return lowest and highest ΔT [K] if one of the assumptions did not hold; None without any.

    `kind` is ``"extreme_"`` of the extreme of a transient. Estimates along a straight line say no
    more than "far" beyond `FAR`.
    """
    changes = [min(max(row["change_K"], -FAR), FAR) for row in rows]
    low, high = (delta + end(0.0, *changes) if rows else None for end in (min, max))
    return {f"delta_T_{kind}model_low_K": low, f"delta_T_{kind}model_high_K": high}


def in_time(run: TransientRun, summary: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """Return the ± of numerics and the span of models, at the end and at the extreme (collective).

    Where there is no estimate the number is None, and `notes` say why.
    """
    means = [row[MEAN] for row in run.rows]
    last, most = len(means) - 1, max(range(len(means)), key=lambda k: abs(means[k]))
    most = last if means[most] == means[last] else most
    found = numerical(summary, notes)
    bound = found["delta_T_numerical_K"] if most == last else None
    if bound is None and found["delta_T_numerical_K"] is not None:
        notes.append(NO_NUMERICAL_OF_EXTREME)
    found |= {"delta_T_extreme_K": means[most], "delta_T_extreme_numerical_K": bound}
    rows, of_extreme = _assumed(run, last, most, notes)
    found |= span_of(means[last], rows) | span_of(means[most], of_extreme, "extreme_")
    return found if run.light is None else {**found, "assumptions": rows}


def _assumed(run: TransientRun, last: int, most: int, notes: list[str]) -> Any:
    """Return the assumptions at two rows, none of them where they cannot be ranked."""
    if run.light is None:
        return [], []
    try:
        there = InTime(run)
        rows = there.at(last)
        of_extreme = rows if most == last else there.at(most)
    except (CaseError, SolveError) as failure:  # the run itself is whole: it must not be lost
        notes.append(f"no span of models: {failure}")
        return [], []
    if not rows:
        notes.append(NO_SPAN)
    return rows, of_extreme


@dataclass(frozen=True)
class Past:
    """The rows of a transient up to one of them.

    Attributes
    ----------
    light : what multiplies the light
    before : the same before the start, where the run begins from a steady state
    """

    time: Floats
    light: Floats
    mean: Floats
    before: float

    def upto(self, k: int) -> Past:
        """Return the past of a row."""
        cut = slice(0, k + 1)
        return replace(self, time=self.time[cut], light=self.light[cut], mean=self.mean[cut])

    def followed(self, course: Floats, before: float, tau: float) -> float:
        """Return where ``τ y' = course - y`` from `before` on is at the end.

        Between rows the course is taken as that of the later one.
        """
        y = before
        for wait, now in zip(np.diff(self.time), course[1:], strict=True):
            y = now + (y - now) * (np.exp(-wait / tau) if tau > 0.0 else 0.0)
        return float(y)


class InTime:
    """The assumptions of a transient at one of its rows (collective).

    Attributes
    ----------
    response : steady change of the mean ΔT by heat released in the light [K/W]
    capacity : heat stored per change of the mean ΔT [J/K], least squares over the rows
    """

    def __init__(self, run: TransientRun) -> None:
        """Find how the run answers to heat.

        Raises
        ------
        CaseError
            If nothing fixes the temperature of a body.
        SolveError
            If the adjoint problem of a body is not solved.
        """
        assert run.light is not None
        self.run, self.model, self.light = run, run.model, run.light
        self._weight = None if self.model.lump is not None else self._adjoint()
        budgets = [_budget(row) for row in run.rows]
        stored = np.array([sum(stored_part(budget).values()) for budget in budgets])
        out = np.array([leaving(budget) for budget in budgets]) - stored
        self.past = _past(run)
        rate = np.array([row[RATE] for row in run.rows])
        self.capacity = _slope(rate, stored)
        if self._weight is None:
            conductance = _slope(self.past.mean, out)
            self.response = 1.0 / conductance if conductance > 0.0 else 0.0
        else:
            with self._shining(1.0):
                sizes = [Lit.of(self.light, run.problem, w).volume for w in (self._weight, None)]
            self.response = float(sizes[0].sum() / sizes[1].sum())

    def at(self, k: int) -> list[dict[str, Any]]:
        """Return the assumptions at row `k` (counted from the start), the largest effect first."""
        past = self.past.upto(k)
        level = past.light[-1] or past.light.max(initial=past.before)
        if not level or not self.response:
            return []
        tau = self.capacity * self.response
        part = past.followed(past.light / level, past.before / level, tau)
        row, problem, lump = self.run.rows[k], self.run.problem, self.model.lump
        with self._shining(float(level)):
            lit = Lit.of(self.light, problem, self._weight)
            lit = replace(lit, T=lit.T + past.mean[-1] - self.past.mean[-1])
            rows = of_heat(lit, lit.heat(self.light.gain))
            weight = 1.0 if lump is None else self.response
            rows = [_times(found, part * weight) for found in rows]
            if lump is not None:
                ground = of_ground(self.light, lump, problem)
                rows += [_times(found, past.light[-1]) for found in ground]
        return _sorted([*rows, *self._of_losses(past, _budget(row), tau)])

    def _of_losses(self, past: Past, budget: Budget, tau: float) -> Iterator[Assumption]:
        """Yield what is assumed of the ways out, followed as slowly as ΔT was."""
        delta, lump = float(past.mean[-1]), self.model.lump
        if not delta:
            return
        course: Floats = np.asarray(past.mean / delta)
        if lump is None:
            rows = _of_surfaces(self.model, self.run.problem, self.light, self._weight, budget)
            part = past.followed(course, course[0], tau)
            yield from (_times(found, part) for found in rows)
            return
        known, conductance = {**self.model.accounts(budget), MEAN: delta}, 1.0 / self.response
        for found, other in of_paths(lump, known, conductance):
            part = past.followed(course, course[0], tau * conductance / other)
            yield _times(found, part)

    def _adjoint(self) -> Any:
        """Return what heat does to the mean ΔT in the long run, at the last temperatures."""
        problem = self.run.problem
        check_fixed(problem)
        shift = float(problem.shift.value)
        problem.shift.value = 0.0
        try:
            return Adjoint(self.model, problem, self.light).weights
        finally:
            problem.shift.value = shift

    @contextmanager
    def _shining(self, factor: float) -> Iterator[None]:
        """Let the light be that many times what the case says."""
        scale = self.light.scale
        kept = float(scale.value)
        scale.value = factor
        try:
            yield
        finally:
            scale.value = kept


def _past(run: TransientRun) -> Past:
    peak = None if run.model.light is None else run.model.light.laser.peak_intensity
    before = run.settings.initial.light_before(peak) or 0.0

    def column(name: str) -> Floats:
        return np.array([row[name] for row in run.rows])

    return Past(column("time_s"), column("intensity_factor"), column(MEAN), float(before))


def _budget(row: Mapping[str, float]) -> Budget:
    """Return the heat budget of a row of a transient."""
    return {n.removesuffix("_W"): v for n, v in row.items() if ":" in n and n.endswith("_W")}


def _slope(x: Floats, y: Floats) -> float:
    """Return the slope of the straight line through zero that fits best; 0 if x is nowhere off."""
    square = float(x @ x)
    return float(x @ y) / square if square else 0.0


def _of_surfaces(
    model: Model, problem: HeatProblem, light: AbsorbedLight, weight: Any, budget: Budget
) -> Iterator[Assumption]:
    """Yield what a body this small would radiate, where it is one region of known constants.

    Its size is the radius of the sphere of equal volume.
    """
    material, T = model.materials[light.region][1], model.T_ref
    if len(model.regions) != 1 or material.infrared is None:
        return
    changes: dict[float, float] = {}
    domain = problem.domain
    for surface in problem.model.surfaces:
        path = surface.paths.get("radiation")
        if not isinstance(path, FormulaExchange):  # none, or between bodies
            continue
        given = dict(path.exchange.expressions())["emissivity"]
        if not given.is_constant or not given.constant:
            continue
        ds = domain.ds(surface.boundary)
        weighed = integrate(domain, weight, ds) / size_of(domain, ds)
        flux = budget[f"{surface.boundary}:radiation"]
        own = given.constant
        changes[own] = changes.get(own, 0.0) - flux * weighed
    if not changes:
        return
    law = emissivity_law("small_body", material, light.outline.size, (0.9 * T, 1.1 * T))
    small = float(law.at(T))
    for own, change in changes.items():
        instead = f"with {small:.2g}, by Mie series for its size"
        yield Assumption(f"emissivity {own:.2g}", instead, change * (small / own - 1.0))


def _times(row: Assumption, factor: float) -> Assumption:
    return replace(row, change_K=row.change_K * factor)


def _sorted(rows: Sequence[Assumption]) -> list[dict[str, Any]]:
    return [asdict(row) for row in sorted(rows, key=lambda row: -abs(row.change_K))]
