"""The ± of every number beside the goal: what one step to elements of the next degree changes.

One correction δ with F'(θ_h) δ = -F(θ_h) in the finer space serves all means, probes and heat flows
at once; the ± is its effect over the same 1 - (p/(p+1))^1.5 as that of the goal.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from dolfinx import fem

from thermosim.fem.domain import compile_form, constant, minmax, size_of, vector
from thermosim.heat.error import BENT, ROUNDING, safety
from thermosim.heat.held_heat import HeldHeat
from thermosim.heat.probes import PointProbe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    from thermosim.heat.error import Finer
    from thermosim.heat.problem import HeatProblem
    from thermosim.schedule.settings import Probe

Numbers = dict[str, float]
_SOLVES = 4  # most corrections for what samples of light change
MANY = 400_000  # unknowns of the finer space above which only the goal gets a ±


def errors_of_all(
    finer: Finer, known: Mapping[str, float], regions: Iterable[str], probes: Mapping[str, Probe]
) -> Numbers:
    """Return the ± of temperatures [K] and heats [W] by their names (collective).

    `known` are the numbers of the solved problem: temperatures as in the summary, heats as in the
    budget. What has no estimate is left out.

    Raises
    ------
    SolveError
        If the correction is not solved for.
    """
    fine, look = finer.fine, Look(finer.fine, regions, probes)
    kept = fine.theta.x.array.copy()
    if finer.lift is not None:
        fine.theta.x.array[:] += finer.lift.x.array
    right = finer.lifted.copy()
    if finer.misfit is not None:
        right.axpy(1.0, finer.misfit)
    _step(finer, right)
    best = {name: value for name, value in look.read().items() if name in known}
    factor = safety(finer.problem.degree)
    found = {name: factor * abs(best[name] - known[name]) for name in best}
    for other in finer.views:
        changes = [
            _changes(finer, b, look, best, seen=other.seen(number))
            for number, b in enumerate(other.residuals)
        ]
        for name in found:
            found[name] += other.size([change[name] for change in changes])
    for misfit in finer.misfits:
        samples = _fewer(misfit.residuals())
        changes = [_changes(finer, b, look, best, misfit.regions) for b in samples]
        for name in found:
            found[name] += misfit.share * math.hypot(*(change[name] for change in changes))
    fine.theta.x.array[:] = kept
    turned = sum(abs(known[name]) for name in best if ":" in name)
    span = known["delta_T_max_K"] - known["delta_T_min_K"]
    for name in found:
        heat = ":" in name
        found[name] += ROUNDING * (turned if heat else fine.model.T_ref)
        found[name] += finer.bent * (abs(known[name]) if heat else BENT * span)
    return found


def _fewer(residuals: list[Any]) -> list[Any]:
    """Return sums of residuals of samples: squares of sums of independent ones add up as they."""
    found = [b.copy() for b in residuals[:_SOLVES]]
    for place, b in enumerate(residuals[_SOLVES:]):
        found[place % _SOLVES].axpy(1.0, b)
    return found


def _changes(
    finer: Finer,
    residual: Any,
    look: Look,
    best: Numbers,
    sources: Iterable[str] = (),
    seen: AbstractContextManager[None] | None = None,
) -> Numbers:
    """Return what a residual changes in the numbers (collective).

    Heat of `sources` is its own; the numbers are read with view factors that are `seen`.
    """
    fine = finer.fine
    kept = fine.theta.x.array.copy()
    _step(finer, residual)
    with seen or nullcontext():
        moved = look.read()
    fine.theta.x.array[:] = kept
    own = {f"source:{region}": -residual.sum() for region in sources}
    return {name: moved[name] - value + own.get(name, 0.0) for name, value in best.items()}


def _step(finer: Finer, residual: Any) -> None:
    """Add the δ with F' δ = -residual to the finer state."""
    right = residual.copy()
    right.scale(-1.0)
    finer.fine.theta.x.array[:] += finer.linear.correction(right).x.array


class Look:
    """Reads temperatures and heats off a problem, from two forms with switches."""

    def __init__(
        self,
        problem: HeatProblem,
        regions: Iterable[str],
        probes: Mapping[str, Probe],
        *,
        heats: bool = True,
    ) -> None:
        """Without `heats` it reads temperatures alone."""
        self.problem, domain = problem, problem.domain
        one = constant(domain, 1.0)
        regions = {*regions, *(p.region for p in probes.values() if p.region and not p.point)}
        self._sizes = {name: size_of(domain, domain.dx(name)) for name in sorted(regions)}
        theta, w = problem.theta, domain.weight
        self._means = _Switched(
            problem, {name: theta * w * domain.dx(name) for name in self._sizes}
        )
        terms = problem.terms(theta, one) if heats else {}
        flows = {n: form for n, form in terms.items() if not n.startswith("conduction:")}
        # light has many points in each cell, which are not asked once more for every surface
        lit = {n: flows.pop(n) for n in list(flows) if n.startswith("source:")}
        self._heats = [_Switched(problem, lit), _Switched(problem, flows)]
        self._held = HeldHeat(problem) if heats and problem.model.held else None
        self._exchange = heats
        self._points = {
            name: PointProbe(problem, name, probe)
            for name, probe in probes.items()
            if probe.point is not None
        }
        self._places = {n: p.region for n, p in probes.items() if p.region and p.point is None}

    def read(self) -> Numbers:
        """Return the numbers by their names in the summary and the budget (collective)."""
        problem, T_ref = self.problem, self.problem.model.T_ref
        means = {n: v / self._sizes[n] + T_ref for n, v in self._means.values().items()}
        found = {f"region_{name}_mean_K": mean for name, mean in means.items()}
        for name in means:
            low, high = minmax(problem.theta, problem.domain.cells(name))
            found |= {f"region_{name}_min_K": T_ref + low, f"region_{name}_max_K": T_ref + high}
        found |= {f"probe_{name}_K": T_ref + probe.value() for name, probe in self._points.items()}
        found |= {f"probe_{name}_K": means[place] for name, place in self._places.items()}
        heats = [pair for part in self._heats for pair in part.values().items()]
        found |= {n: -v if n.startswith("source:") else v for n, v in heats}
        for part in (*problem.couplings, *problem.gaps) if self._exchange else ():
            for name, value in part.budget().items():
                found[name] = found.get(name, 0.0) + value
        if self._held is not None:
            b = vector(problem.space)
            problem.assemble_residual(b)
            found |= self._held.read(b)
        return found


class _Switched:
    """Many integrals compiled as one form: each has a constant that lets it through alone."""

    def __init__(self, problem: HeatProblem, forms: Mapping[str, Any]) -> None:
        self._comm = problem.domain.comm
        self._switches = {name: constant(problem.domain, 0.0) for name in forms}
        total: Any = 0
        for name, form in forms.items():
            total = self._switches[name] * form + total
        self._form = compile_form(total) if forms else None

    def values(self) -> Numbers:
        """Return each integral (collective)."""
        found = {}
        for name, switch in self._switches.items():
            switch.value = 1.0
            found[name] = float(self._comm.allreduce(float(fem.assemble_scalar(self._form))))
            switch.value = 0.0
        return found
