"""A steady run: from a model to its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.errors import SolveError, ThermosimError
from thermosim.model.budget import balance_error
from thermosim.results import Result
from thermosim.results.journal import UNJUDGED
from thermosim.run.goal import goal_error
from thermosim.run.prepare import heat_on, light_in, mesh_of
from thermosim.run.summary import goal_numbers, head, light_numbers, notes_of, numerics

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.case.read import AnyCase
    from thermosim.heat.newton import NewtonSolver
    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.budget import Budget
    from thermosim.model.model import Model
    from thermosim.results.journal import Journal
    from thermosim.run.goal import Enough
    from thermosim.run.prepare import Report

    Sampler = Callable[[AnyCase, Callable[[str], None]], dict[str, Any]]
    """From a case and what says how far it is, to numbers for its summary."""


@dataclass(frozen=True)
class Solved:
    """A steady state that was found, and what it was found with."""

    result: Result
    model: Model
    problem: HeatProblem
    light: AbsorbedLight | None


def solved(model: Model, comm: Any, journal: Journal, enough: Enough | None = None) -> Solved:
    """Find the steady state of a model (collective).

    Where it is not `enough`, the result has neither the ± of its other numbers nor assumptions.

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
    result = _result(model, solver, light, readings, report, journal, enough)
    return Solved(result, model, problem, light)


def with_uncertainty(found: Solved, journal: Journal, sampler: Sampler | None = None) -> None:
    """Add to a result what the numbers that nobody knows exactly do to ΔT (collective).

    `sampler` runs a case with other values of them, where samples are asked for.
    """
    from thermosim.run.sensitivity import beside
    from thermosim.run.span import NO_SPAN, numerical, span_of

    model, summary = found.model, found.result.summary
    delta, notes = summary["delta_T_mean_K"], found.result.notes
    rows = summary.get("assumptions", [])
    summary |= numerical(summary, notes) | span_of(delta, rows)
    if model.light is not None and not rows:
        notes.append(NO_SPAN)
    method = model.case.uncertainty.method
    if method == "none":
        return
    try:
        with journal.phase("uncertainty", "uncertainty: what is not known exactly"):
            if method == "sobol":
                assert sampler is not None  # see `simulate`
                slopes = _by_slopes(found)
                summary |= slopes | beside(slopes, sampler(model.case, journal.say))
            else:
                summary |= _by_slopes(found)
    except ThermosimError as failure:  # the run itself is whole: it must not be lost for this
        line = f"WARNING: what numbers that are not known exactly do is not told: {failure}"
        journal.say(line)
        found.result.notes.append(line)


def _by_slopes(found: Solved) -> dict[str, Any]:
    """Return the ± by all uncertain numbers [K], and what each of them does (collective)."""
    from thermosim.run.again import mean_again
    from thermosim.run.sensitivity import entries, material_error, sensitivities

    comm = found.problem.domain.comm
    known = sensitivities(
        found.model, found.problem, found.light, lambda case: mean_again(case, comm)
    )
    if not known:
        return {}
    return {"delta_T_material_K": material_error(known), "sensitivity": entries(known)}


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
    enough: Enough | None,
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
            error = goal_error(model, problem, light, readings, budget, journal, enough)
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
    if light is not None and (enough is None or "errors" in error):
        summary["assumptions"] = _assumed(model, problem, light, summary, budget, journal)
    notes += [line for line in journal.lines if "WARNING" in line]
    return Result(summary, budget, case, None, notes, problem)


def _assumed(
    model: Model,
    problem: HeatProblem,
    light: AbsorbedLight,
    summary: dict[str, Any],
    budget: Budget,
    journal: Journal,
) -> list[dict[str, Any]]:
    """Return the assumptions, ranked; none, and a warning, where they cannot be (collective)."""
    from thermosim.run.span import ranked

    try:
        return ranked(model, problem, light, summary, budget)
    except SolveError as failure:  # the run itself is whole: it must not be lost for this
        journal.say(f"WARNING: what the run assumed is not ranked: {failure}")
        return []
