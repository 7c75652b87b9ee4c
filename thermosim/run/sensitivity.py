"""How ΔT hangs on every number that is not known exactly, by one adjoint solve.

With F(θ, p; v) = 0 for all v and J the mean ΔT, dJ/dp = -∂F/∂p(θ, p; z), where z solves the adjoint
problem F'ᵀz = J' (Giles and Pierce, 10.1023/A:1011430410075): one linear solve gives z, and each
parameter costs residuals of the problem at the temperatures that are known. What another mesh
would be needed for (radius, contact radius) is differenced over runs of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.model.drawing import ParticleDrawing
from thermosim.model.of_case import model_of
from thermosim.model.priors import Prior, priors, with_value
from thermosim.run.prepare import heat_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thermosim.case.read import AnyCase
    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.light.changed import DotsByIntensity, HeatWeights
    from thermosim.model.drawing import Drawing
    from thermosim.model.heat import HeatModel
    from thermosim.model.model import Model

_STEP, _STEP_OF_SIGMA = 1e-4, 5e-3  # of a parameter, over its value and its standard deviation
_EXACT = 1e-12  # of the adjoint, where it is solved iteratively
_NARROW = 0.05  # of the value: one standard deviation within which ΔT follows a straight line
_SAMPLED = {
    "samples": "delta_T_material_K", "samples_of_extreme": "delta_T_extreme_material_K",
}  # fmt: skip
BENT = 0.3  # share of a change over which the two sides may differ before that is said


@dataclass(frozen=True)
class Sensitivity:
    """What one uncertain number does to ΔT.

    Attributes
    ----------
    prior : what is known of the number
    slope : dΔT/dp [K per SI unit]
    up, down : change of ΔT [K] at one standard deviation above and below
    """

    prior: Prior
    slope: float
    up: float
    down: float

    @property
    def change(self) -> float:
        """Change of ΔT [K] by one standard deviation upward; half of that between both sides."""
        return 0.5 * (self.up - self.down)

    @property
    def bent(self) -> bool:
        """Whether ΔT does not follow a straight line within one standard deviation."""
        return abs(self.up + self.down) > BENT * abs(self.up - self.down)

    def entry(self, share: float) -> dict[str, Any]:
        """Return it for a summary; `share` is that of the variance."""
        prior = self.prior
        unit = f"K/({prior.unit})" if prior.unit else "K"
        return {
            "dT_dp": self.slope, "unit": unit, "value": prior.value, "sigma": prior.sigma,
            "shape": prior.shape, "kind": prior.kind, "source": prior.source,
            "change_K": self.change, "up_K": self.up, "down_K": self.down,
            "share": share, "linear": not self.bent,
        }  # fmt: skip


class Adjoint:
    """The weights z of the mean ΔT of a solved problem, and residuals weighed by them.

    Attributes
    ----------
    weights : z on the mesh, what heat released there does to the mean ΔT [K/W]
    """

    def __init__(self, model: Model, problem: HeatProblem, light: AbsorbedLight | None) -> None:
        """Solve the adjoint problem (collective).

        Raises
        ------
        SolveError
            If it is not solved.
        """
        from thermosim.heat.error import mean_load
        from thermosim.heat.linearised import Linearised
        from thermosim.light.changed import ChangedLight

        self.model, self.problem = model, problem
        self._bases: dict[tuple[bool, bool], float] = {}
        self._last: tuple[AnyCase, Model] = (model.case, model)
        self.light = None if light is None else ChangedLight(light, problem.source_degree)
        linear = Linearised(problem, model.case.solver, _EXACT)
        try:
            load = mean_load(problem.domain, model.goal.region)
            self.weights = linear.adjoint(load(problem.space))
        finally:
            linear.destroy()

    def change(self, case: AnyCase) -> float:
        """Return by how much the mean ΔT of a case would differ [K], to first order in θ.

        It is exact in the number that was changed (collective). The mesh is the same, or the
        contact on it is made wider.
        """
        model, light = self._model_of(case), self.light
        lit = model.light
        if light is not None and lit is not None and light.is_in_series(lit):
            weights, before = self._in_sphere
            return light.heat_in_sphere(lit, weights) - before
        if _contact(model) != _contact(self.model):
            return self._weighed(case, moved=True) - self._base_moved
        beside = heat_on(model, self.problem.domain, None)
        alike = beside == self._beside
        if alike and light is not None and lit is not None and light.shines_alike(lit):
            dots, before = self._of_dots
            return light.heat_of_dots(lit, dots) - before
        dark = lit == self.model.light  # what light does is the same before and after
        fixed = _conducts(beside) != _conducts(self.problem.model)
        return self._weighed(case, fixed=fixed, dark=dark) - self._base(fixed, dark)

    def _model_of(self, case: AnyCase) -> Model:
        """Return the model of a case; of the last it is known."""
        if case is not self._last[0]:
            self._last = (case, model_of(case))
        return self._last[1]

    @cached_property
    def _beside(self) -> HeatModel:
        return heat_on(self.model, self.problem.domain, None)

    @cached_property
    def _of_dots(self) -> tuple[DotsByIntensity, float]:
        """Return lit points by intensity, and the weighed heat of the dots of the case itself."""
        light, lit = self.light, self.model.light
        assert light is not None
        assert lit is not None
        dots = light.dots(self.problem, self.weights)
        return dots, light.heat_of_dots(lit, dots)

    @cached_property
    def _in_sphere(self) -> tuple[HeatWeights, float]:
        """Return the weights of heat by intensity, and the weighed heat [K] of the case itself."""
        light, lit = self.light, self.model.light
        assert light is not None
        assert lit is not None
        weights = light.weights(self.problem, self.weights)
        return weights, light.heat_in_sphere(lit, weights)

    def is_costly(self, case: AnyCase) -> bool:
        """Whether the light of a case takes as long as it did at first."""
        light = self._model_of(case).light
        return self.light is not None and light is not None and self.light.is_costly(light)

    def has_mesh(self, case: AnyCase) -> bool:
        """Whether a case has our mesh, or one whose contact is wider and nothing else."""
        ours, others = self.model.drawing, self._model_of(case).drawing
        if isinstance(ours, ParticleDrawing) and isinstance(others, ParticleDrawing):
            one = len(ours.places()) == 1 and ours.contact_radius > 0.0 < others.contact_radius
            if one and not np.any(ours.places()):
                others = replace(others, contact_radius=ours.contact_radius)
        return bool(_shape(ours) == _shape(others))

    def _base(self, fixed: bool, dark: bool) -> float:
        """What `_weighed` is of the case itself."""
        if (fixed, dark) not in self._bases:
            self._bases[fixed, dark] = self._weighed(self.model.case, fixed=fixed, dark=dark)
        return self._bases[fixed, dark]

    @cached_property
    def _base_moved(self) -> float:
        return self._weighed(self.model.case, moved=True)

    def _weighed(
        self, case: AnyCase, *, moved: bool = False, fixed: bool = True, dark: bool = False
    ) -> float:
        """Return -F(θ; z) of a case at the temperatures that were found [K].

        `moved` asks for light where nodes of a wider contact are; `fixed` False leaves out what
        matrices hold that no state changes, `dark` what light does.
        """
        from thermosim.mesh.morph import contact_widened

        model, ours = self._model_of(case), self.light
        lit = model.light
        if not moved:
            light = None if dark or lit is None or ours is None else ours.of(lit)
            return self._on_the_mesh(model, light, moved=False, fixed=fixed)
        domain = self.problem.domain
        with contact_widened(domain, _contact(self.model), _contact(model)) as cells:
            light = None if lit is None or ours is None else ours.where_nodes_are(lit, cells)
            return self._on_the_mesh(model, light, moved=True)

    def _on_the_mesh(
        self, model: Model, light: AbsorbedLight | None, *, moved: bool, fixed: bool = True
    ) -> float:
        from thermosim.fem.domain import vector
        from thermosim.heat.problem import HeatProblem

        problem = self.problem
        heat = heat_on(model, problem.domain, light)
        other = HeatProblem(problem.domain, heat, problem.degree, like=problem)
        if _conducts(heat) == _conducts(problem.model) and not moved:
            other.stiffness, other.coupling = problem.stiffness, problem.coupling
            other._level_weights = problem._level_weights
        other.theta.x.array[:] = problem.theta.x.array
        b = vector(other.space)
        (other.assemble_residual if fixed else other.assemble_beside_conduction)(b)
        n = b.local_size
        return -float(problem.domain.comm.allreduce(float(b.array_r @ self.weights.x.array[:n])))


def sensitivities(
    model: Model,
    problem: HeatProblem,
    light: AbsorbedLight | None,
    again: Callable[[AnyCase], float],
    known: Sequence[Prior] | None = None,
) -> list[Sensitivity]:
    """Return what each uncertain number does to the mean ΔT, the largest first (collective).

    `again` returns the mean ΔT [K] of a run of its own, for numbers that change the mesh; `known`
    are the numbers, by default all that are uncertain.

    Raises
    ------
    CaseError
        If a number cannot be one standard deviation away from its value.
    SolveError
        If the adjoint problem, or a run of its own, is not solved.
    """
    case = model.case
    if known is None:
        known = [p for p in priors(case) if p.kind != "assumed"]
    if not known:
        return []
    adjoint = Adjoint(model, problem, light)

    def one(prior: Prior) -> Sensitivity:
        try:
            other = with_value(case, prior.path, _end(prior))
            if not adjoint.has_mesh(other):
                return _between_ends(case, prior, again)
            if adjoint.is_costly(other):
                return _to_one_end(case, prior, adjoint.change)
            return _at_the_value(case, prior, adjoint.change)
        except ValueError as error:  # of a body or a law that cannot be
            rule = f"cannot be one standard deviation off: {error}"
            raise CaseError([Problem(prior.path, f"{prior.value:.6g}", rule)]) from error

    return sorted(map(one, known), key=lambda s: -abs(s.change))


def _end(prior: Prior) -> float:
    """Return a value one standard deviation away, on the side where no bound holds it."""
    up, down = prior.at(1.0), prior.at(-1.0)
    if up == down:
        rule = "is held by its bounds: give it room, or leave it out"
        raise CaseError([Problem(prior.path, f"{prior.value:.6g}", rule)])
    return down if up == prior.value else up


def _at_the_value(case: AnyCase, prior: Prior, change: Callable[[AnyCase], float]) -> Sensitivity:
    step = _STEP_OF_SIGMA * prior.sigma
    step = min(step, _STEP * abs(prior.value)) or step
    wide = prior.sigma > _NARROW * abs(prior.value)
    values = [prior.value + step, prior.value - step]
    values += [prior.at(1.0), prior.at(-1.0)] if wide else []
    plus, minus, *ends = (change(with_value(case, prior.path, value)) for value in values)
    slope = (plus - minus) / (2.0 * step)
    up, down = ends or (slope * prior.sigma, -slope * prior.sigma)
    return Sensitivity(prior, slope, up, down)


def _to_one_end(case: AnyCase, prior: Prior, change: Callable[[AnyCase], float]) -> Sensitivity:
    """Return it from one end alone, taken for a straight line: each end costs a field."""
    end = _end(prior)
    slope = change(with_value(case, prior.path, end)) / (end - prior.value)
    return Sensitivity(prior, slope, slope * prior.sigma, -slope * prior.sigma)


def _between_ends(case: AnyCase, prior: Prior, change: Callable[[AnyCase], float]) -> Sensitivity:
    """Return it from the case and both ends; the slope is that of the parabola through them.

    Where the value stands at a bound there is one end, and a straight line to it.
    """
    middle = change(case)

    def off(sigmas: float) -> tuple[float, float]:
        end = prior.at(sigmas)
        if end == prior.value:
            return 0.0, 0.0
        return end - prior.value, change(with_value(case, prior.path, end)) - middle

    return _parabola(prior, off(1.0), off(-1.0))


def _parabola(prior: Prior, up: tuple[float, float], down: tuple[float, float]) -> Sensitivity:
    """Return a sensitivity from the steps to both ends [SI] and what they change [K]."""
    (high, above), (low, below) = up, down
    if not high or not low:
        slope = (above + below) / (high + low) if high or low else 0.0
        return Sensitivity(prior, slope, slope * prior.sigma, -slope * prior.sigma)
    slope = (above * low**2 - below * high**2) / (high * low * (low - high))
    return Sensitivity(prior, slope, above, below)


def sensitivities_in_time(
    case: AnyCase, again: Callable[[AnyCase], dict[str, float]]
) -> dict[str, list[Sensitivity]]:
    """Return what each uncertain number does to each of the numbers of a transient (collective).

    `again` returns these numbers [K] of a run of its own: two runs for each parameter.
    """
    found: dict[str, list[Sensitivity]] = {}
    here = again(case)
    for prior in (p for p in priors(case) if p.kind != "assumed"):
        ends = [prior.at(1.0), prior.at(-1.0)]
        runs = [
            here if end == prior.value else again(with_value(case, prior.path, end)) for end in ends
        ]
        for name, middle in here.items():
            up, down = (
                (end - prior.value, run[name] - middle) for end, run in zip(ends, runs, strict=True)
            )
            found.setdefault(name, []).append(_parabola(prior, up, down))
    return {name: sorted(each, key=lambda s: -abs(s.change)) for name, each in found.items()}


def _conducts(heat: HeatModel) -> tuple[Any, ...]:
    """Return all that the matrix of conduction, contacts and gaps is made of."""
    bodies = tuple((body.conductivity, body.axis) for body in heat.bodies)
    return bodies, heat.jumps, heat.gaps, heat.films


def _contact(model: Model) -> float:
    """Return the contact radius of a particle [m]; 0 where there is none."""
    return float(getattr(model.drawing, "contact_radius", 0.0))


def _shape(drawing: Drawing) -> Any:
    """Return all that shapes a mesh."""
    return drawing.key() or drawing


def material_error(found: list[Sensitivity]) -> float:
    """Return one standard deviation of ΔT by all uncertain numbers [K], taken as independent."""
    return math.sqrt(sum(s.change**2 for s in found))


def beside(slopes: dict[str, Any], samples: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of samples with the ± by slopes beside those they are drawn from."""
    found = dict(samples)
    for name, sigma in _SAMPLED.items():
        if name in samples and sigma in slopes:
            found[name] = samples[name] | {"linear_sigma_K": slopes[sigma]}
    return found


def entries(found: list[Sensitivity]) -> dict[str, Any]:
    """Return the sensitivities of a summary by the path of the parameter, the largest first."""
    total = sum(s.change**2 for s in found)
    return {s.prior.path: s.entry(s.change**2 / total if total else 0.0) for s in found if s.change}
