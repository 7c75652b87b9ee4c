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
    """

    begin: Callable[[Any], Any]
    finer: Callable[[Any, HeatProblem, ErrorEstimate, float], Any]


REFINEMENTS: dict[type[Drawing], Refinement] = {
    ParticleDrawing: Refinement(adapt_zones.coarse, adapt_zones.finer_zones),
    BodyDrawing: Refinement(lambda drawing: drawing, adapt_cells.finer_cells),
}


def refined(
    drawing: Plan,
    solve: Callable[[Plan], tuple[Result, HeatProblem]],
    size: Callable[[dict[str, Any]], float],
    journal: Journal,
) -> tuple[Result, HeatProblem]:
    """Solve on finer and finer meshes until the estimated error meets the target (collective).

    The target is ``mesh.target_error`` times the size of the result, which `size` returns of a
    summary [K], and it is the ± that meets it. The summary gets the steps as
    ``refinement_history``. If the target is not met, or a finer mesh cannot be made, the result is
    that of the last mesh, with a warning.
    """
    how = REFINEMENTS[type(drawing)]
    target = drawing.mesh.target_error
    assert target is not None
    plan, notes = how.begin(drawing), list[str]()
    history: list[dict[str, float]] = []
    for step in range(_MOST_MESHES):
        try:
            result, problem = solve(plan)
        except MeshError as error:
            if not history:
                raise
            notes.append(f"WARNING: mesh.target_error is not met, since {error}")
            break  # with what the mesh before has given
        found, bound = abs(size(result.summary)), journal.estimate.bound
        history.append({"n_dofs": result.summary["n_dofs"], "error_K": bound})
        journal.say(
            f"error {bound / found if found else np.inf:.2e} of ΔT on "
            f"{result.summary['n_dofs']} unknowns (aim {target:.3g})"
        )
        if bound <= target * found:
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
