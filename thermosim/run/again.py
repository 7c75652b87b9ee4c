"""Runs for nothing but ΔT: what differences and samples are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.model.of_case import model_of
from thermosim.results.journal import Journal
from thermosim.run.prepare import heat_on, light_in, mesh_of

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase


def mean_again(case: AnyCase, comm: Any) -> float:
    """Return the mean ΔT of a case [K], by a run on its own mesh, which is not kept (collective).

    It is that of `simulate`, without budget, estimates of errors and thermometer.

    Raises
    ------
    MeshError, SolveError
        If it cannot be meshed or solved.
    """
    from thermosim.heat.observe import Readings
    from thermosim.heat.problem import HeatProblem
    from thermosim.heat.steady import solve_steady
    from thermosim.light import couple

    model, journal = model_of(case), Journal(lambda text: None)
    domain, _ = mesh_of(model, comm, journal, keep=False)
    light = light_in(model, domain, journal)
    problem = HeatProblem(domain, heat_on(model, domain, light), case.solver.degree)
    readings = Readings(problem, model.goal.region, model.regions, model.probes)
    solver = solve_steady(problem, case.solver)
    if light is not None:
        couple(light, problem, solver.solve, journal.say)
    return float(readings.temperatures()["delta_T_mean_K"])
