"""How far the mean temperature of a region is from that of an infinitely fine mesh.

Dual-weighted residual (Becker and Rannacher, 10.1017/S0962492901000010): with z the solution of
the adjoint problem for the goal J(θ) = mean θ, J(θ) - J(θ_h) ≈ -F(θ_h; z - I_h z). The adjoint is
solved on the same mesh with elements one degree higher. The curved boundary that second-order
cells still miss is told by volume and area, where closed forms are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ufl
from dolfinx import fem
from petsc4py import PETSc

from thermosim.errors import SolveError
from thermosim.fem.domain import (
    area,
    assemble_vector,
    compile_form,
    configure,
    constant,
    copy_to_function,
    integrate,
    vector,
    volume,
)
from thermosim.heat.lowrank import operator
from thermosim.heat.newton import linear_options
from thermosim.heat.problem import HeatProblem, added

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.case.settings import SolverSettings
    from thermosim.fem.domain import Domain

_DUAL_RTOL = {False: 1e-5, True: 1e-10}  # whether the estimate steers the mesh


_MORE_POINTS = 6  # degrees by which a rule is better
_TOLD = 1e-3  # change of a heat by the better rule that is told


@dataclass(frozen=True)
class ErrorEstimate:
    """Estimated error of a mean temperature [K]: true minus computed."""

    discretisation: float
    geometry: float
    indicators: Any  # per local node of the finer space [K]; sums to `discretisation`
    space: Any
    notes: tuple[str, ...] = ()  # formulas that vary too fast for the cells

    @property
    def bound(self) -> float:
        """The ± to print beside the mean [K]."""
        return abs(self.discretisation) + self.geometry


def estimate_error(
    problem: HeatProblem,
    settings: SolverSettings,
    region: str,
    surface_share: float = 0.0,
    load: Callable[[Any], Any] | None = None,
    *,
    surface: str | None = None,
    steers: bool = False,
) -> ErrorEstimate:
    """Estimate the error of the mean temperature of `region` (collective).

    `surface_share` is the share of the heat that leaves by the region's own `surface`. `load`
    takes another goal J than the mean: it returns the vector of J(v) for v in a space. One that
    `steers` the next mesh is solved more exactly: the mesh must not depend on the number of ranks.

    Raises
    ------
    SolveError
        If the adjoint problem is not solved.
    """
    fine = HeatProblem(problem.domain, problem.model, problem.degree + 1, like=problem)
    fine.theta.interpolate(problem.theta)
    residual = _residual(fine)
    goal = (load or _mean_load(problem.domain, region))(fine.space)
    z = _adjoint(fine, settings, goal, _DUAL_RTOL[steers])
    coarse = fem.Function(problem.space)
    coarse.interpolate(z)
    back = fem.Function(fine.space)
    back.interpolate(coarse)
    weight = vector(fine.space)
    weight.array[:] = (z.x.array - back.x.array)[: weight.local_size]
    indicators = -residual.array_r * weight.array_r
    missed, notes = _formula_misfit(fine, problem.formula_degree)
    if missed is not None:
        indicators -= missed.array_r * z.x.array[: weight.local_size]
    total = float(fine.domain.comm.allreduce(float(indicators.sum())))
    mean = _mean(problem, region)
    geometry = geometry_error(problem.domain, region, surface, mean, surface_share)
    return ErrorEstimate(total, geometry, indicators, fine.space, notes)


def _formula_misfit(fine: HeatProblem, degree: int) -> tuple[Any | None, tuple[str, ...]]:
    """Return what a better rule than that of `degree` changes in the terms that follow formulas.

    As a residual [W] in the finer space, None without formulas; and what to tell of those whose
    whole heat changes.
    """
    better = degree + _MORE_POINTS
    v = ufl.TestFunction(fine.space)
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


def _residual(fine: HeatProblem) -> Any:
    b = vector(fine.space)
    fine.assemble_residual(b)
    with b.localForm() as local:
        local.array[fine.held_dofs] = 0.0
    return b


def _mean_load(domain: Domain, region: str) -> Callable[[Any], Any]:
    """Return what assembles the mean over a region."""

    def load(space: Any) -> Any:
        size = integrate(domain, constant(domain, 1.0), domain.dx(region))
        v = ufl.TestFunction(space)
        b = vector(space)
        goal = v / constant(domain, size) * domain.weight * domain.dx(region)
        assemble_vector(b, compile_form(goal))
        return b

    return load


def _adjoint(fine: HeatProblem, settings: SolverSettings, b: Any, rtol: float) -> Any:
    """Solve F'(θ_h)ᵀ z = J' in the finer space; `b` holds J'."""
    A = fine.stiffness  # needed no more: the residual is known
    fine.assemble_jacobian(A)
    for part in fine.couplings:
        part.linearise()
    x = vector(fine.space)
    with b.localForm() as local:
        local.array[fine.held_dofs] = 0.0
    _solve_transposed(fine, A, b, x, settings, rtol)
    z = fem.Function(fine.space)
    copy_to_function(x, z)
    A.destroy()
    return z


def _solve_transposed(
    fine: HeatProblem, A: Any, b: Any, x: Any, settings: SolverSettings, rtol: float
) -> None:
    domain, coupled = fine.domain, bool(fine.couplings)
    symmetric = fine.model.symmetric and not coupled
    ksp = PETSc.KSP().create(domain.comm)
    options = linear_options(settings, domain.tdim, symmetric=symmetric, coupled=coupled)
    if "ksp_rtol" in options:
        options["ksp_rtol"] = rtol
    configure(ksp, options)
    # transposed as a matrix: BoomerAMG, asked to work transposed, returns nothing of use
    At = A if fine.model.symmetric else A.transpose(PETSc.Mat())
    ksp.setOperators(operator(At, fine.couplings, fine.held_dofs, domain, transposed=True), At)
    ksp.solve(b, x)
    reason = ksp.getConvergedReason()
    if reason < 0 or (x.norm() == 0.0 and b.norm() > 0.0):
        raise SolveError(
            f"the adjoint problem of the error estimate was not solved (KSP reason {reason}); "
            'set solver.error_estimate = false to do without, or solver.linear = "direct"'
        )


def _mean(problem: HeatProblem, region: str) -> float:
    domain = problem.domain
    size = integrate(domain, constant(domain, 1.0), domain.dx(region))
    return integrate(domain, problem.theta, domain.dx(region)) / size


def geometry_error(
    domain: Domain, region: str, surface: str | None, mean: float, surface_share: float
) -> float:
    """Return what the misfit of a region's volume and surface changes in its mean ΔT [K].

    A uniform source goes with the volume, and the share of the heat that leaves by the surface
    with the area: δΔT/ΔT = δV/V - share δA/A. Zero where the exact sizes are not known.
    """
    exact_volume = domain.exact.get(f"volume:{region}")
    exact_area = domain.exact.get(f"area:{surface}")
    if exact_volume is None or exact_area is None or surface is None:
        return 0.0
    by_volume = volume(domain, region) / exact_volume - 1
    by_area = area(domain, surface) / exact_area - 1
    return float(abs(mean * (by_volume - surface_share * by_area)))
