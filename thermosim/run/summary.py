"""The summary of a run: what steady and transient ones have in common, for any case."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from thermosim.results import FORMAT, Result
from thermosim.results.provenance import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.model import Model
    from thermosim.results.journal import Journal

Numbers = dict[str, Any]


def head(model: Model) -> Numbers:
    """Return what a run is about."""
    return {
        "format": FORMAT,
        "title": model.case.title,
        "kind": model.kind,
        "symmetry": model.symmetry,
    }


def goal_numbers(model: Model, found: Mapping[str, float]) -> Numbers:
    """Return the name of the goal and its temperature [K]."""
    probe = model.goal.probe
    T = found[f"probe_{probe}_K"] if probe else model.T_ref + found["delta_T_mean_K"]
    return {"goal": model.goal.name, "goal_K": T}


def numerics(model: Model, problem: HeatProblem, report: Mapping[str, float]) -> Numbers:
    """Return mesh, unknowns, memory and versions (collective)."""
    return {
        "T_ref_K": model.T_ref,
        "n_dofs": int(problem.space.dofmap.index_map.size_global),
        "n_cells": int(report["n_cells"]),
        "min_scaled_jacobian": report["min_scaled_jacobian"],
        "n_ranks": problem.domain.comm.size,
        "memory_MB": peak_memory(problem.domain.comm),
        "mesh_hash": problem.domain.mesh_hash,
        "case_hash": model.case.digest(),
        **versions(),
    }


def peak_memory(comm: Any) -> float:
    """Return the peak memory of all ranks together [MB] (collective)."""
    import resource

    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(float(comm.allreduce(kilobytes)) / 1024, 1)


def light_numbers(
    model: Model,
    problem: HeatProblem,
    light: AbsorbedLight | None,
    notes: list[str],
    journal: Journal,
) -> Numbers:
    """Return what came of the light and what a thermometer would read; notes why it cannot.

    Collective. Of a transient they are those of the last state.
    """
    if light is None:
        return {}
    from thermosim.light import light_summary
    from thermosim.light.thermometer import thermometer

    found = light.facts | light_summary(light, problem)
    if model.thermometry is None:
        return found
    with journal.phase("thermometer", "what a thermometer would read"):
        try:
            found |= thermometer(problem, light, model.thermometry)
        except ValueError as error:
            notes.append(f"no reading of a thermometer: {error}")
    return found


def notes_of(
    model: Model, boundaries: Iterable[str], rows: Iterable[Mapping[str, float]]
) -> list[str]:
    """Return what a reader must know: remarks of the model, properties beyond their range.

    `rows` are the temperatures of every moment that was written down.
    """
    found = model.remarks(tuple(boundaries))
    rows = list(rows)
    for region, (name, material) in model.materials.items():
        if region in model.regions:
            low = min(row[f"region_{region}_min_K"] for row in rows)
            high = max(row[f"region_{region}_max_K"] for row in rows)
        else:  # between the goal and its surroundings
            low = model.T_ref + min(0.0, *(row["delta_T_min_K"] for row in rows))
            high = model.T_ref + max(0.0, *(row["delta_T_max_K"] for row in rows))
        found += [
            f"WARNING: {region} ({name}) {line}" for line in material.outside_range(low, high)
        ]
    return found


def note_times(result: Result, journal: Journal, start: float) -> None:
    """Put the time of each phase and of all into the summary [s], and where it comes from."""
    for name, seconds in journal.seconds.items():
        result.summary[f"wall_{name}_s"] = round(seconds, 4)
    result.summary["wall_s"] = round(time.perf_counter() - start, 4)
    domain = result.state.domain  # what the field files mean
    result.summary["regions"] = {name: int(number) for name, number in domain.regions.items()}
    result.summary["mesh_unit_m"] = domain.unit
    result.summary.setdefault("created", datetime.now(UTC).isoformat(timespec="seconds"))
