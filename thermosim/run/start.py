"""The start of a transient that is given by formulas, region by region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.geometry import unknown_names
from thermosim.errors import CaseError, Problem
from thermosim.fem.domain import to_space
from thermosim.model.laws import array_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.state import State
    from thermosim.schedule.settings import FieldStart

_PATH = "transient.initial"


def given_field(problem: State, start: FieldStart) -> NDArray[np.float64]:
    """Return the temperatures [K] of the local nodes; where regions meet, the mean of theirs.

    Raises
    ------
    CaseError
        If a region is not there, or a formula has no finite value above 0 K at some node.
    """
    domain, space = problem.domain, problem.space
    unknown = list(unknown_names(start.regions, domain.regions, "region", f"{_PATH}.regions"))
    if unknown:
        raise CaseError(unknown)
    points = to_space(space.tabulate_dof_coordinates()[:, : domain.tdim], domain)
    total, count = np.zeros(len(points)), np.zeros(len(points))
    dofs_of: Any = space.dofmap.list
    for name, field in start.by_region(domain.regions).items():
        dofs = np.unique(dofs_of[domain.cells(name)])
        if not len(dofs):
            continue
        try:
            values = field.check(**array_values(points[dofs], domain.symmetry))
        except ValueError as error:
            path = f"{_PATH}.regions" if name in start.regions else f"{_PATH}.temperature"
            raise CaseError([Problem(path, "", f"in {name}: {error}")]) from error
        total[dofs] += values
        count[dofs] += 1
    return np.asarray(total / np.maximum(count, 1))
