"""Meshes refined where it pays, until the error of the goal meets ``mesh.target_error``.

The drawing is the plan: that of particles gets other mesh settings (`adapt_zones`), that of a body
of any geometry sizes cell by cell (`adapt_cells`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from thermosim.errors import MeshError
from thermosim.model.drawing import BodyDrawing, Drawing, ParticleDrawing
from thermosim.run import adapt_cells, adapt_zones
from thermosim.run.goal import Enough

if TYPE_CHECKING:
    from thermosim.heat.error import ErrorEstimate
    from thermosim.heat.problem import HeatProblem
    from thermosim.results import Result
    from thermosim.results.journal import Journal

Plan = TypeVar("Plan", bound=Drawing)
_MOST_MESHES = 10


@dataclass(frozen=True)
class Refinement:
    """How the meshes of one kind of drawing are refined.

    Attributes
    ----------
    begin : the drawing to begin with
    finer : from the last drawing, its problem and error, the next one for an error [K] (collective)
    steers : residual of the adjoint, so small that the next mesh is that of any number of ranks
    """

    begin: Callable[[Any], Any]
    finer: Callable[[Any, HeatProblem, ErrorEstimate, float], Any]
    steers: float


REFINEMENTS: dict[type[Drawing], Refinement] = {
    ParticleDrawing: Refinement(adapt_zones.coarse, adapt_zones.finer_zones, 1e-7),
    BodyDrawing: Refinement(lambda drawing: drawing, adapt_cells.finer_cells, 1e-10),
}


def refined(
    drawing: Plan,
    solve: Callable[[Plan, Enough | None], tuple[Result, HeatProblem]],
    T_ref: float,
    journal: Journal,
) -> tuple[Result, HeatProblem]:
    """Solve on finer and finer meshes until the estimated error meets the target (collective).

    The target is ``mesh.target_error`` times what is asked for less `T_ref` [K], and it is the ±
    that meets it. The summary gets the steps as ``refinement_history``. If the target is not met,
    or a finer mesh cannot be made, the result is that of the last mesh, with a warning.
    """
    how = REFINEMENTS[type(drawing)]
    target = drawing.mesh.target_error
    assert target is not None
    plan, notes = how.begin(drawing), list[str]()
    history: list[dict[str, float]] = []
    enough, before = Enough(target, how.steers), plan
    for step in range(_MOST_MESHES):
        try:
            result, problem = solve(plan, enough if step + 1 < _MOST_MESHES else None)
        except MeshError as error:
            if not history:
                raise
            notes.append(f"WARNING: mesh.target_error is not met, since {error}")
            result, problem = solve(before, None)  # with all its numbers now
            break
        before = plan
        found, bound = abs(result.summary["goal_K"] - T_ref), journal.estimate.bound
        history.append({"n_dofs": result.summary["n_dofs"], "error_K": bound})
        journal.say(
            f"error {bound / found if found else np.inf:.2e} of ΔT on "
            f"{result.summary['n_dofs']} unknowns (aim {target:.3g})"
        )
        if enough.met(found, bound):
            break
        if step + 1 < _MOST_MESHES:
            aim = target * found / journal.estimate.factor  # of the errors that cells add up to
            plan = how.finer(plan, problem, journal.estimate, aim)
    else:
        notes.append("WARNING: mesh.target_error is not met on the last mesh")
    for note in (*notes, *journal.estimate.notes):
        journal.say(note)
        result.notes.append(note)
    result.summary["refinement_history"] = history
    return result, problem
