"""Runs for nothing but ΔT: what differences and samples are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.model.of_case import model_of
from thermosim.results.journal import Journal
from thermosim.run.prepare import heat_on, light_in, mesh_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thermosim.case.read import AnyCase
    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.model import Model
    from thermosim.model.priors import Prior


def mean_again(case: AnyCase, comm: Any) -> float:
    """Return the mean ΔT of a case [K], by a run on its own mesh, which is not kept (collective).

    It is that of `simulate`, without budget, estimates of errors and thermometer.

    Raises
    ------
    MeshError, SolveError
        If it cannot be meshed or solved.
    """
    return _mean(*_solved(case, comm)[:2])


def mean_and_slopes(
    case: AnyCase, known: Sequence[Prior], comm: Any
) -> tuple[float, dict[str, float]]:
    """Return the mean ΔT of a case [K], and its slope by each number [K per SI unit] (collective).

    One adjoint solve for all of them; numbers that change the mesh cost two runs each.

    Raises
    ------
    MeshError, SolveError
        If it cannot be meshed or solved.
    """
    from thermosim.run.sensitivity import sensitivities

    model, problem, light = _solved(case, comm)
    found = sensitivities(model, problem, light, lambda other: mean_again(other, comm), known)
    return _mean(model, problem), {s.prior.path: s.slope for s in found}


def _solved(case: AnyCase, comm: Any) -> tuple[Model, HeatProblem, AbsorbedLight | None]:
    from thermosim.heat.problem import HeatProblem
    from thermosim.heat.steady import solve_steady
    from thermosim.light import couple

    model, journal = model_of(case), Journal(lambda text: None)
    domain, _ = mesh_of(model, comm, journal, keep=False)
    light = light_in(model, domain, journal)
    problem = HeatProblem(domain, heat_on(model, domain, light), case.solver.degree)
    solver = solve_steady(problem, case.solver)
    if light is not None:
        couple(light, problem, solver.solve, journal.say)
    return model, problem, light


def _mean(model: Model, problem: HeatProblem) -> float:
    from thermosim.heat.observe import Readings

    readings = Readings(problem, model.goal.region, model.regions, model.probes)
    return float(readings.temperatures()["delta_T_mean_K"])
