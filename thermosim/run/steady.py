"""A steady run: from a model to its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.model.budget import balance_error
from thermosim.results import Result
from thermosim.results.journal import UNJUDGED
from thermosim.run.assumed import ranked
from thermosim.run.goal import goal_error
from thermosim.run.prepare import heat_on, light_in, mesh_of
from thermosim.run.summary import goal_numbers, head, light_numbers, notes_of, numerics

if TYPE_CHECKING:
    from thermosim.heat.newton import NewtonSolver
    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.model import Model
    from thermosim.results.journal import Journal
    from thermosim.run.prepare import Report


def steady_result(model: Model, comm: Any, journal: Journal) -> tuple[Result, HeatProblem]:
    """Find the steady state of a model (collective).

    Raises
    ------
    CaseError, MeshError, SolveError
        As `simulate`.
    """
    domain, report = mesh_of(model, comm, journal)
    with journal.phase("setup", "set-up (compiles forms on the first run)"):
        from thermosim.heat.observe import Readings
        from thermosim.heat.problem import HeatProblem

        light = light_in(model, domain, journal)
        problem = HeatProblem(domain, heat_on(model, domain, light), model.case.solver.degree)
        readings = Readings(problem, model.goal.region, model.regions, model.probes)
        problem.compile()
    with journal.phase("solve", f"solve: {problem.space.dofmap.index_map.size_global} unknowns"):
        from thermosim.heat.steady import solve_steady

        solver = solve_steady(problem, model.case.solver, journal.say)
        if light is not None:
            from thermosim.light import couple

            couple(light, problem, solver.solve, journal.say)
        _warn_of_second_state(model, problem, solver, journal)
    return _result(model, solver, light, readings, report, journal), problem


def _warn_of_second_state(
    model: Model, problem: HeatProblem, solver: NewtonSolver, journal: Journal
) -> None:
    """Look for a second state where a source depends on the temperature, or if told to."""
    from thermosim.heat.steady import second_state

    start = model.case.solver.second_start
    sources = [body.source for body in problem.model.bodies]
    if start is None and not any(getattr(s, "follows_temperature", False) for s in sources):
        return
    found = second_state(problem, solver, start)
    if found is not None:
        low, high = found
        journal.say(
            f"WARNING: a second steady state exists, {low:.4g} K to {high:.4g} K: the source grows "
            "with temperature (thermal runaway), and which state is reached depends on the past"
        )


def _result(
    model: Model,
    solver: NewtonSolver,
    light: AbsorbedLight | None,
    readings: Any,
    report: Report,
    journal: Journal,
) -> Result:
    from thermosim.fem.parallel import all_agree
    from thermosim.heat.budget import HeatMeter
    from thermosim.heat.formulas import check_visited
    from thermosim.heat.observe import contact_temperatures

    problem, case, stats = solver.problem, model.case, solver.stats
    all_agree(problem.domain.comm, check_visited(model.formulas, problem, 0.0))
    with journal.phase("budget", "heat budget"):
        budget = HeatMeter(problem).read()
        temperatures = readings.temperatures()
    error = {}
    if case.solver.error_estimate:
        with journal.phase("error_estimate", "error estimate"):
            error = goal_error(model, problem, light, readings, budget, journal)
    balance = balance_error(budget)
    largest = max(abs(temperatures["delta_T_min_K"]), abs(temperatures["delta_T_max_K"]))
    shift = abs(error.get("delta_T_error_algebraic_K", balance * largest))
    bound = error.get("delta_T_error_K", UNJUDGED * largest)
    journal.judge_balance(balance, case.solver.balance_tolerance, shift, bound)
    notes = notes_of(model, problem.domain.boundaries, [temperatures])
    summary = {
        **head(model),
        **temperatures,
        **goal_numbers(model, temperatures),
        **error,
        **model.accounts(budget),
        "energy_balance_rel": balance,
        **model.facts,
        **numerics(model, problem, report),
        "newton_iterations": stats.newton_iterations,
        "linear_iterations": stats.linear_iterations,
        "residual_rel": stats.residual_rel,
        "continuation_steps": stats.continuation_steps,
        **contact_temperatures(problem),
        **light_numbers(model, problem, light, notes, journal),
    }
    if light is not None:
        summary["assumptions"] = ranked(model, problem, light, summary)
    notes += [line for line in journal.lines if "WARNING" in line]
    return Result(summary, budget, case, None, notes, problem)
