"""A heat problem that stores heat: the residual F(θ, θ̇; v) and its shifted derivative.

Held nodes have a known course, which is put into θ and θ̇ wherever F is evaluated; their own rows
say that PETSc's θ̇ is the known one, so that the discrete problem is an ordinary differential
equation with a regular mass matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from thermosim.errors import CaseError, SolveError
from thermosim.fem import symbols
from thermosim.fem.domain import (
    add_product,
    add_to_matrix,
    boundary_dofs,
    compile_form,
    constant,
    vector,
)
from thermosim.fem.solvers import configure
from thermosim.heat import forms, shells
from thermosim.heat.newton import linear_options
from thermosim.heat.problem import HeatProblem, added
from thermosim.model.budget import STORED

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from thermosim.case.settings import SolverSettings
    from thermosim.fem.domain import Domain
    from thermosim.heat.newton import NewtonSolver
    from thermosim.model.heat import HeatModel, Source
    from thermosim.model.laws import Number

_MASS_SHIFT = 1e30  # times θ̇ against which conduction is nothing
_MASS_RTOL = 1e-12


@dataclass(frozen=True)
class ScaledSource:
    """A source times a factor that changes in time."""

    source: Source
    factor: Any

    def density(self, T: Any, number: Number) -> Any:
        """Return the scaled source [W/m³]."""
        return self.factor * self.source.density(T, number)


class TransientProblem(HeatProblem):
    """F(θ, θ̇; v) = heat stored + conduction - sources + surfaces, on the mesh.

    Attributes
    ----------
    rate : θ̇ [K/s]
    shift : d θ̇/dθ of the method in time [1/s], in the Jacobian
    factor : constant on the light; the source of the model holds it
    held_rates : boundary -> dT/dt [K/s] of its nodes (sorted) as a function of time [s], for held
        temperatures that read `time`; the others stay as they are
    clock : told the time [s] wherever that changes, before anything is read
    within : the times [s] between which formulas are read: at a switch, on this side of it
    """

    def __init__(
        self, domain: Domain, model: HeatModel, degree: int, factor: Any, time: Any = None
    ) -> None:
        _check_capacities(model)
        super().__init__(domain, model, degree, time=time)
        self.factor = factor
        self.rate = fem.Function(self.space, name="rate")
        self.shift = constant(domain, 0.0)
        self.held_rates: dict[str, Callable[[float], Any]] = {}
        self.clock: Callable[[float], None] | None = None
        self.within = (-np.inf, np.inf)

    def terms(self, theta: Any, v: Any) -> dict[str, Any]:
        """Return the terms of the steady problem and ``REGION:stored``, heat stored per time."""
        return {**super().terms(theta, v), **self.storage(theta, self.rate, v)}

    def storage(self, theta: Any, rate: Any, v: Any) -> dict[str, Any]:
        """Return the heat that each body and each film stores per time."""
        T = self.T_ref + theta
        found = {
            f"{body.region}:{STORED}": forms.storage(self.domain, body, T, rate, v, self.number)
            for body in self.model.bodies
        }
        for index, film in enumerate(self.model.films):
            found[f"film {index} on {film.boundary}:{STORED}"] = shells.storage(
                self.domain, film, T, rate, v, self.number
            )
        return found

    @cached_property
    def _fixed_storage(self) -> dict[str, Any]:
        u, v = symbols.trial_function(self.space), symbols.test_function(self.space)
        return self._fixed(self.storage(self.theta, u, v))

    def _in_matrices(self) -> set[str]:
        return super()._in_matrices() | set(self._fixed_storage)

    def _derivative(self, F: Any | None) -> Any | None:
        """Return the symbolic ∂F/∂θ + shift ∂F/∂θ̇ of a form; None if it has none."""
        by_theta = super()._derivative(F)
        if F is None or not symbols.reads(F, self.rate):
            return by_theta
        by_rate = self.shift * symbols.derivative(F, self.rate, symbols.trial_function(self.space))
        return by_rate if by_theta is None else by_theta + by_rate

    @cached_property
    def _fixed_storage_form(self) -> Any | None:
        form = added(self._fixed_storage.values())
        return None if form is None else compile_form(form)

    def compile(self) -> None:
        """Compile the forms, so that it is timed apart from the march."""
        super().compile()
        self._fixed_storage_form  # noqa: B018

    @cached_property
    def capacity(self) -> Any:
        """The part of ∂F/∂θ̇ that no state changes [J/K], with the pattern of `stiffness`."""
        M = self.stiffness.duplicate()
        if self._fixed_storage_form is not None:
            add_to_matrix(M, self._fixed_storage_form)
        M.assemble()
        return M

    def assemble_residual(self, b: Any) -> None:
        """Assemble F at `theta` and `rate` into `b` [W]."""
        super().assemble_residual(b)
        add_product(self.capacity, self.rate, b)

    def _add_changing(self, A: Any) -> None:
        A.axpy(float(self.shift.value), self.capacity, PETSc.Mat.Structure.SAME_NONZERO_PATTERN)
        super()._add_changing(A)

    def near_matrix(self) -> Any | None:
        """Return None: what is stored in a step is no small change."""
        return None

    @cached_property
    def nodal_capacity(self) -> float:
        """Heat capacity per node [J/K], the scale of the equations of held nodes."""
        one, T = constant(self.domain, 1.0), self.theta
        total = sum(
            self.domain.comm.allreduce(fem.assemble_scalar(compile_form(form)))
            for form in self.storage(T, one, one).values()
        )
        return float(total) / int(self.space.dofmap.index_map.size_global)

    def at(self, time: float) -> None:
        """Set time, and θ and θ̇ at the held nodes to what they are then."""
        time = min(max(time, self.within[0]), self.within[1])
        self.time.value = time
        if self.clock is not None:
            self.clock(time)
        if self.held_rates:
            self.impose(self.theta)
        else:
            self.theta.x.array[self.held_dofs] = self._held_values
        self.rate.x.array[self.held_dofs] = 0.0
        for dofs, rate in self._held_courses:
            self.rate.x.array[dofs] = rate(time)

    @cached_property
    def _held_values(self) -> NDArray[np.float64]:
        theta = fem.Function(self.space)
        self.impose(theta)
        return np.array(theta.x.array[self.held_dofs])

    @cached_property
    def _held_courses(self) -> list[tuple[NDArray[np.int32], Callable[[float], Any]]]:
        return [
            (np.sort(boundary_dofs(self.space, self.domain, [boundary])), rate)
            for boundary, rate in self.held_rates.items()
        ]


def _check_capacities(model: HeatModel) -> None:
    owners: list[tuple[str, Any]] = [(body.region, body) for body in model.bodies]
    owners += [(f"the film on {film.boundary}", film) for film in model.films]
    for owner, part in owners:
        for name in ("density", "specific_heat"):
            if getattr(part, name) is None:
                raise CaseError(
                    f"the material of {owner} has no {name}, which a transient needs; "
                    "give it in [materials]"
                )


def with_factor(model: HeatModel, factor: Any) -> HeatModel:
    """Return the model with every source times `factor`."""
    bodies = (
        replace(body, source=ScaledSource(body.source, factor)) if body.source else body
        for body in model.bodies
    )
    return replace(model, bodies=tuple(bodies))


def steady_state(
    problem: TransientProblem, settings: SolverSettings, factor: float
) -> NDArray[np.float64]:
    """Return the θ [K] of the steady state under a constant light, ghosts included.

    The state of the problem is left as it was.

    Raises
    ------
    SolveError
        If there is none, or none was found.
    """
    from thermosim.heat.steady import solve_steady

    kept = (problem.theta.x.array.copy(), problem.rate.x.array.copy())
    light, shift = problem.factor.value.copy(), problem.shift.value.copy()
    problem.theta.x.array[:] = 0.0
    problem.rate.x.array[:] = 0.0
    problem.factor.value, problem.shift.value = factor, 0.0
    try:
        solve_steady(problem, settings)
        return np.array(problem.theta.x.array)
    finally:
        problem.theta.x.array[:], problem.rate.x.array[:] = kept
        problem.factor.value, problem.shift.value = light, shift


class TransientSystem:
    """The residual and Jacobian as PETSc sees them, held rows included.

    `solver` lends its matrix and its assembly of everything that is no form (contacts).
    """

    def __init__(self, problem: TransientProblem, solver: NewtonSolver) -> None:
        self.problem, self.solver = problem, solver
        self._unit = vector(problem.space)

    def set_state(self, time: float, u: Any, rate: Any) -> None:
        """Copy θ and θ̇ into the problem, held nodes as they are at `time`."""
        self.solver.set_theta(u)
        self.problem.rate.x.array[: rate.local_size] = rate.array_r
        self.problem.rate.x.scatter_forward()
        self.problem.at(time)

    def residual(self, rate: Any, b: Any) -> None:
        """Assemble F at the present state [W]; held rows: capacity times the misfit of `rate`."""
        problem = self.problem
        problem.assemble_residual(b)
        held = problem.held_dofs[problem.held_dofs < b.local_size]
        misfit = rate.array_r[held] - problem.rate.x.array[held]
        with b.localForm() as local:
            local.array[problem.held_dofs] = 0.0
            local.array[held] = problem.nodal_capacity * misfit

    def jacobian(self, shift: float) -> None:
        """Assemble ∂F/∂θ + shift ∂F/∂θ̇ at the present state into the solver's matrix."""
        self.problem.shift.value = shift
        self.solver.assemble_jacobian()
        self._set_held_diagonal(shift * self.problem.nodal_capacity)

    def _set_held_diagonal(self, value: float) -> None:
        A, d = self.solver.A, self._unit
        held = self.problem.held_dofs
        if self.problem.domain.comm.allreduce(len(held)) == 0:
            return
        A.getDiagonal(d)
        d.array[held[held < d.local_size]] = value
        A.setDiagonal(d)
        A.assemble()

    def solve_rate(self, time: float) -> None:
        """Set the problem's rate to the θ̇ with F(θ, θ̇) = 0 at the present θ (a mass solve).

        Raises
        ------
        SolveError
            If the mass matrix cannot be solved with.
        """
        problem = self.problem
        problem.rate.x.array[:] = 0.0
        problem.at(time)
        self.jacobian(_MASS_SHIFT)
        b, x, rate = (vector(problem.space) for _ in range(3))
        ksp = self._mass_solver()
        for _ in range(2):  # F is linear in the rate: the second pass removes rounding
            rate.array[:] = problem.rate.x.array[: rate.local_size]
            self.residual(rate, b)
            ksp.solve(b, x)
            if ksp.getConvergedReason() < 0:
                reason = ksp.getConvergedReason()
                raise SolveError(f"the rates of change were not solved for (KSP reason {reason})")
            problem.rate.x.array[: x.local_size] -= _MASS_SHIFT * x.array_r
            problem.rate.x.scatter_forward()
        ksp.destroy()

    def diagonals(self) -> tuple[Any, Any]:
        """Return the diagonals of the capacity [J/K] and stiffness [W/K] matrices now."""
        self.jacobian(0.0)
        stiffness = self.solver.A.getDiagonal()
        self.jacobian(_MASS_SHIFT)
        capacity = self.solver.A.getDiagonal()
        capacity.scale(1.0 / _MASS_SHIFT)
        return capacity, stiffness

    def _mass_solver(self) -> Any:
        domain, settings = self.problem.domain, self.solver.settings
        options = linear_options(settings, self.problem, symmetric=True)
        if options["ksp_type"] != "preonly":
            options = {"ksp_type": "cg", "pc_type": "jacobi", "ksp_max_it": 5000}
            options["ksp_rtol"] = _MASS_RTOL
        ksp = PETSc.KSP().create(domain.comm)
        configure(ksp, options)
        ksp.setOperators(self.solver.A)
        return ksp

    def largest_rate(self) -> float:
        """Return the largest |θ̇| over all nodes [K/s] (collective)."""
        local = np.abs(self.problem.rate.x.array)
        largest: float = max(self.problem.domain.comm.allgather(float(local.max(initial=0.0))))
        return largest
