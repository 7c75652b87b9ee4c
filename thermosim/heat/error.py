"""How far the temperature that is asked for is from that of an infinitely fine mesh.

Dual-weighted residual (Becker and Rannacher, 10.1017/S0962492901000010): with z the solution of
the adjoint problem for the goal J, J(θ) - J(θ_h) ≈ -F(θ_h; z - I_h z). The adjoint is solved on the
same mesh with elements one degree higher, so that the estimate is J(θ_{p+1}) - J(θ_p): what degree
p + 1 still misses comes on top. At a singularity like d^½ that the cells do not resolve, beside
which all other singularities are weaker, errors were measured to fall like p^-1.7 with the degree;
so the ± is the estimate over 1 - (p/(p+1))^1.5. What formulas of held temperatures miss between
the nodes, what a rule of quadrature misses, what Newton and the linear solver leave, the patches
of enclosures, the sampling of light and curved surfaces that second-order cells miss have their own
parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from dolfinx import fem

from thermosim.fem import symbols
from thermosim.fem.domain import (
    area,
    assemble_vector,
    compile_form,
    constant,
    integrate,
    minmax,
    size_of,
    vector,
    volume,
)
from thermosim.heat.curved import curved_misfit
from thermosim.heat.linearised import Linearised
from thermosim.heat.other_views import OtherViews
from thermosim.heat.problem import HeatProblem, added

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.case.settings import SolverSettings
    from thermosim.fem.domain import Domain

_MORE_POINTS = 6  # degrees by which a rule is better
_TOLD = 1e-3  # change of a heat by the better rule that is told
_SINGULAR = 1.5  # power of the degree with which errors fall where cells resolve nothing
_FEW = (0.4, 0.6)  # share of one cell in all errors: no matter; its cancelling is luck
_GUESSED = 1e-3  # residual of the adjoint that another starts from
_AT_POINT = 1.5  # safety of a temperature at a point where few cells make the error
BENT = 0.3  # of ΔT by which a temperature moves with a surface, over the relative misfit
_GEOMETRY = 1.5  # safety of the misfit of curved surfaces
ROUNDING = 100 * float(np.finfo(float).eps)  # of the absolute temperature


class Misfit(Protocol):
    """What other samples of a source change, and what share of that is an error.

    Of many samples it is the root of the sum of squares; `regions` have the source.
    """

    share: float
    regions: tuple[str, ...]

    def residuals(self) -> list[Any]:
        """Return the change of the residual by each sample [W] (collective)."""
        ...

    def worst(self) -> Any:
        """Return their sum, with shares and signs at their worst for the whole heat [W]."""
        ...


@dataclass(frozen=True)
class ErrorEstimate:
    """Estimated error of a goal [K], true minus computed, and what else bounds it.

    Attributes
    ----------
    discretisation : what the next degree of elements changes
    geometry : size of what curved surfaces between the nodes change
    indicators : per local node of the finer space [K]; sums to `discretisation`
    notes : formulas that vary too fast for the cells
    algebraic : what Newton and the linear solver left
    patches : size of what the patches and rays of enclosures change
    light : size of what other samples of the light change
    rounding : of the numbers themselves
    cancelled : errors of single cells that cancel by luck [K]
    factor : by how much the error may exceed `discretisation`
    adjoint : the adjoint that it was weighted with, a function of the finer space
    """

    discretisation: float
    geometry: float
    indicators: Any
    space: Any
    notes: tuple[str, ...] = ()
    algebraic: float = 0.0
    patches: float = 0.0
    light: float = 0.0
    rounding: float = 0.0
    cancelled: float = 0.0
    factor: float = 1.0
    adjoint: Any = None

    @property
    def bound(self) -> float:
        """The ± to print [K]."""
        size = max(abs(self.discretisation), self.cancelled)
        return self.factor * size + self.beside

    @property
    def beside(self) -> float:
        """The parts of the ± that finer cells do not change [K], geometry among them."""
        return self.geometry + abs(self.algebraic) + self.patches + self.light + self.rounding


def safety(degree: int) -> float:
    """Return by how much errors may exceed what one more degree changes."""
    return float(1.0 / (1.0 - (degree / (degree + 1)) ** _SINGULAR))


class Finer:
    """A problem with elements one degree higher, at the interpolated state of a solved one.

    Attributes
    ----------
    fine : the problem
    lift : what held temperatures change between the nodes of the solved problem [K]
    misfits : other samples of the sources
    """

    def __init__(
        self, problem: HeatProblem, settings: SolverSettings, rtol: float, fine: Any = None
    ) -> None:
        """`fine` is the finer problem where it is more than a steady one."""
        self.misfits: list[Misfit] = []
        self.problem, self._settings = problem, settings
        self.fine: HeatProblem = fine or HeatProblem(
            problem.domain, problem.model, problem.degree + 1, like=problem
        )
        self.fine.theta.interpolate(problem.theta)
        self.residual = self._residual()
        self.lift = self._lift()
        self.lifted = self.residual
        if self.lift is not None:
            self.fine.theta.x.array[:] += self.lift.x.array
            self.lifted = self._residual()
            self.fine.theta.x.array[:] -= self.lift.x.array
        self.misfit, self.notes = _formula_misfit(self.fine, problem.formula_degree)
        self.linear = Linearised(self.fine, settings, rtol)

    def destroy(self) -> None:
        """Give the memory back."""
        self.linear.destroy()

    def _residual(self) -> Any:
        """Return F at the state of the finer problem [W], zero at held nodes."""
        b = vector(self.fine.space)
        self.fine.assemble_residual(b)
        with b.localForm() as local:
            local.array[self.fine.held_dofs] = 0.0
        return b

    def _lift(self) -> Any | None:
        """Return what held temperatures are beyond their interpolation; None where it is rounding.

        Collective.
        """
        fine, held = self.fine, fem.Function(self.fine.space)
        held.x.array[:] = fine.theta.x.array
        fine.impose(held)
        held.x.array[:] -= fine.theta.x.array
        comm, T_ref = fine.domain.comm, fine.model.T_ref
        size = float(np.abs(held.x.array).max(initial=0.0))
        return held if max(comm.allgather(size)) > ROUNDING * T_ref else None

    def goal(
        self,
        region: str,
        surface_share: float = 0.0,
        load: Callable[[Any], Any] | None = None,
        *,
        surface: str | None = None,
        guess: Any = None,
    ) -> ErrorEstimate:
        """Estimate the error of the mean of `region`, or of the goal of a `load` (collective).

        `guess` is a function near its adjoint, by default made from the solved problem.
        """
        fine, problem = self.fine, self.problem
        load_of = load or mean_load(problem.domain, region)
        goal = load_of(fine.space)
        z = self.linear.adjoint(goal, self._guess(load_of) if guess is None else guess)
        coarse, back = fem.Function(problem.space), fem.Function(fine.space)
        coarse.interpolate(z)
        back.interpolate(coarse)
        n = goal.local_size
        weights, kept = z.x.array[:n], back.x.array[:n]
        indicators = -self.residual.array_r * (weights - kept)
        if self.lift is not None:
            indicators -= (self.lifted.array_r - self.residual.array_r) * weights
            indicators += goal.array_r * self.lift.x.array[:n]
        if self.misfit is not None:
            indicators -= self.misfit.array_r * weights
        mean, few = _mean(problem, region), cancelled(problem.domain, indicators, fine.space)
        return ErrorEstimate(
            self._sum(indicators),
            self._geometry(region, surface, mean, surface_share),
            indicators,
            fine.space,
            self.notes,
            algebraic=self._sum(-self.residual.array_r * kept),
            patches=math.fsum(self._seen(other, weights) for other in self.views),
            light=math.fsum(self._sampled(misfit, weights) for misfit in self.misfits),
            rounding=ROUNDING * (problem.model.T_ref + abs(mean)),
            cancelled=few,
            factor=safety(problem.degree) * (_AT_POINT if few and load is not None else 1.0),
            adjoint=z,
        )

    def _guess(self, load: Callable[[Any], Any]) -> Any | None:
        """Return the adjoint of the solved problem in the finer space; None where none is needed.

        In 3-D it takes a third of the iterations off, at a tenth of what they cost. In the plane
        factors precondition, which leave few.
        """
        if self.problem.domain.tdim == 2 or not self.linear.iterative:
            return None
        linear = Linearised(self.problem, self._settings, _GUESSED)
        coarse, guess = linear.adjoint(load(self.problem.space)), fem.Function(self.fine.space)
        linear.destroy()
        guess.interpolate(coarse)
        return guess

    def _sampled(self, misfit: Misfit, weights: Any) -> float:
        changes = [self._sum(b.array_r * weights) for b in misfit.residuals()]
        return misfit.share * math.hypot(*changes)

    def _geometry(
        self, region: str, surface: str | None, mean: float, surface_share: float
    ) -> float:
        """Return what curved surfaces change [K]: by closed forms, else by how far cells bend."""
        problem = self.problem
        known = geometry_error(problem.domain, region, surface, mean, surface_share)
        if known is not None:
            return _GEOMETRY * known
        cells = np.arange(problem.domain.mesh.topology.index_map(problem.domain.tdim).size_local)
        low, high = minmax(problem.theta, cells)
        return BENT * self.bent * (high - low)

    @cached_property
    def bent(self) -> float:
        """The relative misfit of curved surfaces (collective)."""
        return curved_misfit(self.problem.domain)

    def _sum(self, values: Any) -> float:
        return float(self.fine.domain.comm.allreduce(float(values.sum())))

    @cached_property
    def views(self) -> list[OtherViews]:
        """Other patches and rays, per enclosure."""
        return [OtherViews(self.fine, place) for place in range(len(self.fine.enclosures))]

    def _seen(self, other: OtherViews, weights: Any) -> float:
        return other.size([self._sum(b.array_r * weights) for b in other.residuals])


def cancelled(domain: Domain, indicators: Any, space: Any) -> float:
    """Return the errors of all cells added without sign where one of them is most of it [K].

    Beside a singularity the error comes from few cells; that the signs of those cancel is luck.
    Elsewhere it is 0 (collective).
    """
    errors = np.abs(cell_errors(indicators, space))
    total = float(domain.comm.allreduce(float(errors.sum())))
    largest = max(domain.comm.allgather(float(errors.max(initial=0.0))))
    share = largest / total if total else 0.0
    low, high = _FEW
    return total * float(np.clip((share - low) / (high - low), 0.0, 1.0))


def cell_errors(indicators: Any, space: Any) -> Any:
    """Return what the cells of a rank add to the error of the goal [K]; its sum is the error.

    The share of a node goes in equal parts to the cells around it (collective).
    """
    from dolfinx import la

    local = space.mesh.topology.index_map(space.mesh.topology.dim).size_local
    dofs = space.dofmap.list[:local]
    around, share = fem.Function(space), fem.Function(space)
    np.add.at(around.x.array, dofs.ravel(), 1.0)
    around.x.scatter_reverse(la.InsertMode.add)
    around.x.scatter_forward()
    share.x.array[: len(indicators)] = indicators
    share.x.scatter_forward()
    return np.asarray((share.x.array[dofs] / around.x.array[dofs]).sum(axis=1))


def _formula_misfit(fine: HeatProblem, degree: int) -> tuple[Any | None, tuple[str, ...]]:
    """Return what a better rule than that of `degree` changes in the terms that follow formulas.

    As a residual [W] in the finer space, None without formulas; and what to tell of those whose
    whole heat changes.
    """
    better = degree + _MORE_POINTS
    v = symbols.test_function(fine.space)
    by_rule = [fine.formulas(fine.theta, v, rule) for rule in (better, degree)]
    if not by_rule[0]:
        return None, ()
    more, fewer = (added(terms.values()) for terms in by_rule)
    assert more is not None
    b = vector(fine.space)
    assemble_vector(b, compile_form(more - fewer))
    with b.localForm() as local:
        local.array[fine.held_dofs] = 0.0
    notes, found = [], _heats(fine, degree)
    for name, wanted in _heats(fine, better).items():
        change = found[name] / wanted - 1.0 if wanted else 0.0
        if abs(change) > _TOLD:
            notes.append(
                f"WARNING: the formula of {name} varies within the cells: against a finer rule "
                f"its heat is off by {change:+.1%}; make cells smaller there (mesh.size, "
                "mesh.near, mesh.target_error)"
            )
    return b, tuple(notes)


def _heats(fine: HeatProblem, degree: int) -> dict[str, float]:
    """Return the heat of each formula by a rule of `degree`, by name (collective)."""
    terms = fine.formulas(fine.theta, constant(fine.domain, 1.0), degree)
    comm = fine.domain.comm
    return {
        name: float(comm.allreduce(fem.assemble_scalar(compile_form(form))))
        for name, form in terms.items()
    }


def mean_load(domain: Domain, region: str) -> Callable[[Any], Any]:
    """Return what assembles the mean over a region."""

    def load(space: Any) -> Any:
        whole = constant(domain, size_of(domain, domain.dx(region)))
        v = symbols.test_function(space)
        b = vector(space)
        goal = v / whole * domain.weight * domain.dx(region)
        assemble_vector(b, compile_form(goal))
        return b

    return load


def _mean(problem: HeatProblem, region: str) -> float:
    domain = problem.domain
    dx = domain.dx(region)
    return integrate(domain, problem.theta, dx) / size_of(domain, dx)


def geometry_error(
    domain: Domain, region: str, surface: str | None, mean: float, surface_share: float
) -> float | None:
    """Return what the misfit of a region's volume and surface changes in its mean ΔT [K].

    A uniform source goes with the volume, and the share of the heat that leaves by the surface
    with the area: δΔT/ΔT = δV/V - share δA/A. None where the exact sizes are not known.
    """
    exact_volume = domain.exact.get(f"volume:{region}")
    exact_area = domain.exact.get(f"area:{surface}")
    if exact_volume is None or exact_area is None or surface is None:
        return None
    by_volume = volume(domain, region) / exact_volume - 1
    by_area = area(domain, surface) / exact_area - 1
    return float(abs(mean * (by_volume - surface_share * by_area)))
