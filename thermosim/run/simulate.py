"""One run: the only module that knows every physics, and orders the steps."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.case.body_case import BodyCase
from thermosim.case.particle_case import Case
from thermosim.case.read import AnyCase
from thermosim.errors import SolveError, StorageError
from thermosim.limits.of_case import escape_of
from thermosim.results import FORMAT, Result
from thermosim.results.claims import ends_claims
from thermosim.results.folder import (
    check_target,
    keep_failed,
    not_stored,
    numbers_kept,
    publish,
    staging_folder,
    write_documents,
)
from thermosim.results.journal import Journal, Tell
from thermosim.results.provenance import versions

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.heat.newton import NewtonSolver
    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.heat import Source

Finish = Callable[[Path], None]


@ends_claims
def simulate(
    case: AnyCase,
    output: str | Path | None = None,
    *,
    overwrite: bool = False,
    tell: Tell = lambda text: None,
    finish: Finish = lambda folder: None,
    comm: Any = None,
) -> Result:
    """Run a case and return its result; write its folder if `output` is given.

    Collective over `comm` (default: all ranks of MPI.COMM_WORLD). `finish` is called on rank 0
    with the filled folder before it is renamed into place, to draw pictures into it. If the solve
    fails, what there is goes to a folder named ``OUTPUT.failed``.

    Raises
    ------
    CaseError, MeshError
        If the case cannot be computed as it stands.
    SolveError
        If no solution was found.
    StorageError, Interrupted
        If a transient could not be written down, or was told to stop; it can go on later.
    """
    if isinstance(case, str | Path):
        raise TypeError(f"simulate takes a case; write simulate(load_case({str(case)!r}))")
    from mpi4py import MPI

    from thermosim.fem.parallel import on_root

    comm = MPI.COMM_WORLD if comm is None else comm
    journal = Journal(tell if comm.rank == 0 else lambda text: None)
    folder = Path(output) if output is not None else None
    if folder is not None:
        target = folder
        on_root(comm, lambda: check_target(target, overwrite=overwrite))
    start = time.perf_counter()
    if case.transient is not None:
        from thermosim.run.transient import simulate_transient

        return simulate_transient(
            case, folder, journal, comm, start, overwrite=overwrite, finish=finish
        )
    try:
        result, problem = _solve_to_target(case, comm, journal)
    except SolveError as failure:
        if folder is not None:
            kept, message = folder.with_name(f"{folder.name}.failed"), str(failure)
            on_root(comm, lambda: keep_failed(kept, case, message, journal.lines))
        raise
    if folder is not None:
        with numbers_kept(folder, result, journal.lines) if comm.rank == 0 else nullcontext():
            _write(folder, result, problem, journal, comm, start, finish)
    else:
        note_times(result, journal, start)
    return result


def _solve_to_target(case: AnyCase, comm: Any, journal: Journal) -> tuple[Result, HeatProblem]:
    """Solve once, or on meshes refined where it pays until ``mesh.target_error`` is met."""
    if case.mesh.target_error is None:
        return _solve(case, comm, journal)
    from thermosim.run.adapt import refined, refined_body

    if isinstance(case, BodyCase):
        from thermosim.run.general import solve_general

        return refined_body(case, lambda sizes: solve_general(case, comm, journal, sizes), journal)
    return refined(case, lambda finer: _solve(finer, comm, journal), journal)


def _solve(case: AnyCase, comm: Any, journal: Journal) -> tuple[Result, HeatProblem]:
    if isinstance(case, BodyCase):
        from thermosim.run.general import solve_general

        return solve_general(case, comm, journal)
    with journal.phase("mesh", "mesh"):
        domain, report = make_domain(case, comm)
    journal.say(mesh_line(case, domain, report))
    with journal.phase("setup", "set-up (compiles forms on the first run)"):
        from thermosim.heat.problem import HeatProblem
        from thermosim.model.of_particle import heat_model

        degree = case.solver.degree
        light = light_in(case, domain, degree, journal.say)
        model = heat_model(case, domain, *heat_sources(case, light))
        problem = HeatProblem(domain, model, degree)
        problem.compile()
    with journal.phase("solve", f"solve: {problem.space.dofmap.index_map.size_global} unknowns"):
        from thermosim.heat.steady import solve_steady

        solver = solve_steady(problem, case.solver, journal.say)
        if light is not None:
            from thermosim.light import couple

            couple(light, problem, solver.solve, journal.say)
        _warn_of_second_state(case, problem, solver, journal)
    result = _result(case, problem, solver, report, journal)
    from thermosim.heat.temperatures import contact_temperatures

    result.summary |= contact_temperatures(problem)
    if light is not None:
        from thermosim.light import light_summary

        result.summary |= light_summary(light, problem)
        if case.output.thermometer:
            with journal.phase("thermometer", "what a thermometer would read"):
                result.summary |= reading(case, problem, light, result.notes)
    return result, problem


def _warn_of_second_state(
    case: Case, problem: HeatProblem, solver: NewtonSolver, journal: Journal
) -> None:
    from thermosim.heat.steady import second_state

    found = second_state(problem, solver, case.solver.second_start)
    if found is not None:
        low, high = found
        journal.say(
            f"WARNING: a second steady state exists, {low:.4g} K to {high:.4g} K: the source grows "
            "with temperature (thermal runaway), and which state is reached depends on the past"
        )


def reading(
    case: Case, problem: HeatProblem, light: AbsorbedLight, notes: list[str]
) -> dict[str, float]:
    """Return what a thermometer would read; notes why it cannot be told (collective)."""
    from thermosim.light.thermometer import thermometer

    try:
        return thermometer(problem, light.source, case.resolved_gain(), case.thermometry)
    except ValueError as error:
        notes.append(f"no reading of a thermometer: {error}")
        return {}


def make_domain(case: Case, comm: Any) -> tuple[Domain, dict[str, float]]:
    """Return the mesh over all ranks: fetched, or built on one and distributed (collective)."""
    from thermosim.fem.kept import obtain
    from thermosim.fem.parallel import on_root
    from thermosim.mesh.build import build_mesh, cache_path

    file = on_root(comm, lambda: cache_path(case)) if case.mesh.cache else None
    return obtain(comm, file, lambda: build_mesh(case))


def mesh_line(case: AnyCase, domain: Domain, report: dict[str, float]) -> str:
    """Return what a run says of its mesh."""
    line = f"mesh: {int(report['n_cells'])} cells, symmetry {case.symmetry}"
    return f"{line}, from the cache of {domain.comm.size} ranks" if domain.cached else line


def light_in(case: Case, domain: Domain, degree: int, tell: Tell) -> AbsorbedLight | None:
    """Return the light on the mesh; None without a laser (collective)."""
    if case.laser is None:
        return None
    from thermosim.light import absorbed_light

    extra = 1 if case.symmetry == "axisymmetric" else 0
    light = absorbed_light(case, domain, 2 * degree + extra)
    for note in light.notes:
        tell(note)
    return light


def heat_sources(case: Case, light: AbsorbedLight | None) -> tuple[Source, Source | None]:
    """Return the heat sources of the particle (given, or of the gain) and of the substrate."""
    from thermosim.model.heat import UniformSource

    if light is None:
        assert case.source is not None
        return UniformSource(case.source.heat_source), None
    return light.source, light.substrate_source


def _result(
    case: Case,
    problem: HeatProblem,
    solver: NewtonSolver,
    report: dict[str, float],
    journal: Journal,
) -> Result:
    from thermosim.heat.budget import balance_error, heat_budget
    from thermosim.heat.temperatures import particle_temperatures

    with journal.phase("budget", "heat budget"):
        budget = heat_budget(problem, solver)
        temperatures = particle_temperatures(problem)
    error = {}
    if case.solver.error_estimate:
        with journal.phase("error_estimate", "error estimate"):
            error = mean_error(problem, case, budget, journal)
    balance = balance_error(budget)
    journal.judge_balance(balance, case.solver.balance_tolerance)
    summary = {
        "format": FORMAT,
        "title": case.title,
        "kind": "steady",
        **temperatures,
        **error,
        **heat_summary(budget),
        "energy_balance_rel": balance,
        "chamber_temperature_K": case.chamber.temperature,
        "contact_radius_m": case.contact_radius,
        **escape_of(case),
        "n_dofs": int(problem.space.dofmap.index_map.size_global),
        "n_cells": int(report["n_cells"]),
        "min_scaled_jacobian": report["min_scaled_jacobian"],
        "newton_iterations": solver.stats.newton_iterations,
        "linear_iterations": solver.stats.linear_iterations,
        "residual_rel": solver.stats.residual_rel,
        "continuation_steps": solver.stats.continuation_steps,
        "n_ranks": problem.domain.comm.size,
        "memory_MB": peak_memory(problem.domain.comm),
        "mesh_hash": problem.domain.mesh_hash,
        "case_hash": case.digest(),
        **versions(),
    }
    notes = particle_notes(case, temperatures)
    notes += [line for line in journal.lines if "WARNING" in line]
    return Result(summary, budget, case, None, notes, problem)


def peak_memory(comm: Any) -> float:
    """Return the peak memory of all ranks together [MB] (collective)."""
    import resource

    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(float(comm.allreduce(kilobytes)) / 1024, 1)


def mean_error(
    problem: HeatProblem, case: Case, budget: dict[str, float], journal: Journal
) -> dict[str, float]:
    """Return the estimated error of the mean ΔT of the particle and its parts [K] (collective)."""
    from thermosim.heat.budget import leaving, released
    from thermosim.heat.error import estimate_error

    source = released(budget)
    share = leaving(budget, ("particle_surface",)) / source if source else 0.0
    steers = case.mesh.target_error is not None
    estimate = estimate_error(problem, case.solver, "particle", share, steers=steers)
    journal.estimate = estimate
    return {
        "delta_T_error_K": estimate.bound,
        "delta_T_error_discretisation_K": estimate.discretisation,
        "delta_T_error_geometry_K": estimate.geometry,
    }


def heat_summary(budget: dict[str, float]) -> dict[str, float]:
    """Return the budget in the few numbers that people ask for [W]."""
    from thermosim.heat.budget import leaving, released, to_chamber

    from_particle = to_chamber(budget, "particle_surface")
    source = budget.get("source:particle", released(budget))
    held = sum(value for name, value in budget.items() if name.endswith(":held"))
    return {
        "heat_source_W": released(budget),
        "heat_to_chamber_W": from_particle,
        "heat_to_substrate_W": source - from_particle,
        "heat_substrate_to_chamber_W": leaving(budget) - from_particle - held,
        "heat_to_holder_W": held,
    }


def particle_notes(case: Case, temperatures: dict[str, float]) -> list[str]:
    """Return what stands outside the range where it is known."""
    T = case.chamber.temperature
    low = min(T, T + temperatures["delta_T_min_K"])
    high = max(T, T + temperatures["delta_T_max_K"])
    notes = []
    for owner, name in case.material_names().items():
        lines = case.material(name).outside_range(low, high)
        notes += [f"{owner} ({name}) {line}" for line in lines]
    return notes


def _write(
    folder: Path,
    result: Result,
    problem: HeatProblem,
    journal: Journal,
    comm: Any,
    start: float,
    finish: Finish,
) -> None:
    """Write everything aside and rename it into place (collective)."""
    from thermosim.fem.parallel import on_root

    note_times(result, journal, start)  # for what is kept of it if the disk is full
    staged = on_root(comm, lambda: staging_folder(folder))
    failure: Exception | None = None
    with journal.phase("output", f"write {folder}"):
        if result.case.output.fields:
            from thermosim.run.fields import write_fields

            try:
                write_fields(staged, problem)
            except (OSError, RuntimeError) as error:  # DOLFINx tells a full disk as the latter
                failure = not_stored(folder, error)
        discard_on_failure(comm, staged, failure)
    note_times(result, journal, start)

    def documents() -> None:
        try:
            write_documents(staged, result, journal.lines)
            finish(staged)
            publish(staged, folder)
        except OSError as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise not_stored(folder, error) from error

    on_root(comm, documents)
    result.directory = folder


def discard_on_failure(comm: Any, staged: Path, failure: Exception | None) -> None:
    """Raise the failure of any rank on all of them, and remove what was begun (collective).

    Not where the failure is caught: the writers of DOLFINx write once more when they go away.
    """
    from thermosim.fem.parallel import all_agree

    try:
        all_agree(comm, failure)
    except StorageError:
        if comm.rank == 0:
            shutil.rmtree(staged, ignore_errors=True)
        raise


def note_times(result: Result, journal: Journal, start: float) -> None:
    """Put the time of each phase and of all into the summary [s]."""
    for name, seconds in journal.seconds.items():
        result.summary[f"wall_{name}_s"] = round(seconds, 4)
    result.summary["wall_s"] = round(time.perf_counter() - start, 4)
    note_origin(result)


def note_origin(result: Result) -> None:
    """Put into the summary what its field files mean, and when it was made (ISO 8601, UTC)."""
    domain = result.state.domain
    result.summary["regions"] = {name: int(number) for name, number in domain.regions.items()}
    result.summary["mesh_unit_m"] = domain.unit
    result.summary.setdefault("created", datetime.now(UTC).isoformat(timespec="seconds"))
