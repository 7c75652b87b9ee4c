"""Formulas in time: what they do while a transient runs, and the rates of held temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.fem.domain import boundary_dofs, to_space
from thermosim.heat.formulas import nodes_of
from thermosim.language.formulas import FieldExpression
from thermosim.language.namespaces import NUMPY
from thermosim.model.laws import HeldFormula, array_values
from thermosim.schedule.forcing import Course, Forcing, distinct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.heat.transient import TransientProblem
    from thermosim.model.heat import HeatModel
    from thermosim.model.laws import Formula

_MANY = 4_000_000  # values of one formula that are looked at
_ACROSS = 5  # places in each direction


def held_rates(problem: TransientProblem, end: float) -> dict[str, Any]:
    """Return boundary -> dT/dt [K/s] of its nodes (sorted) as a function of time [s].

    Differences are taken within 0 to `end` [s] and what `problem.within` leaves of it.
    """
    space, domain = problem.space, problem.domain
    found: dict[str, Any] = {}
    for held in problem.model.held:
        formula = held.temperature
        if not (isinstance(formula, HeldFormula) and formula.changes):
            continue
        dofs = np.sort(boundary_dofs(space, domain, [held.boundary]))
        points = to_space(space.tabulate_dof_coordinates()[dofs][:, : domain.tdim], domain)

        def rate(time: float, formula: HeldFormula = formula, points: Any = points) -> Any:
            begin, stop = problem.within
            within = max(begin, 0.0), min(stop, end)
            return formula.rate(points, domain.symmetry, time, within, 1e-5 * end)

        found[held.boundary] = rate
    return found


def forcing_of(
    formulas: Iterable[Formula], domain: Domain, T_ref: float, duration: float
) -> Forcing:
    """Return what the formulas of a case do in time (collective).

    Those of place too are looked at on a lattice over the region or boundary where they act.

    Raises
    ------
    CaseError
        If one oscillates too fast to be followed.
    """
    switches: list[float] = []
    courses = []
    for formula in formulas:
        if "t" not in formula.field.names_used:
            continue
        try:
            switches.extend(map(float, formula.field.switches(duration)))
            courses.append(_course(formula, domain, T_ref, duration))
        except ValueError as error:
            raise CaseError([Problem(formula.path, "", str(error))]) from error
    return Forcing(duration, distinct(switches, duration), tuple(courses))


def _course(formula: Formula, domain: Domain, T_ref: float, duration: float) -> Course:
    """Return the values of one formula at the times and places that tell what it does."""
    field, names = formula.field, formula.field.names_used
    known = array_values(_lattice(formula, domain), domain.symmetry)
    places = [dict(zip(known, place, strict=True)) for place in zip(*known.values(), strict=True)]
    places = places if names & set(known) else places[:1]
    found = [field.moments(duration, **place, T=T_ref) for place in places]
    if sum(map(len, found)) * len(places) > _MANY:
        places, found = places[:1], found[:1]
    times = np.unique(np.concatenate(found))
    values = [field.evaluate(NUMPY, **place, t=times, T=T_ref) for place in places]
    return Course(times, np.nan_to_num(np.array(values)))


def _lattice(formula: Formula, domain: Domain) -> NDArray[np.float64]:
    """Return places [m] over the box around where a formula acts, its middle first, (n, 3)."""
    nodes = nodes_of(formula, domain)
    points = domain.mesh.geometry.x[nodes]
    low = domain.comm.allgather(points.min(axis=0, initial=np.inf))
    high = domain.comm.allgather(points.max(axis=0, initial=-np.inf))
    box = np.array([np.min(low, axis=0), np.max(high, axis=0)])
    middle = box.mean(axis=0, keepdims=True)
    axes = [np.unique(np.linspace(a, b, _ACROSS)) for a, b in box.T]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return to_space(np.concatenate([middle, grid])[:, : domain.tdim], domain)


def paths_in_time(model: HeatModel) -> frozenset[str]:
    """Return the names, as in the budget, of the heat that follows formulas in time."""
    found = [
        f"source:{body.region}"
        for body in model.bodies
        if _in_time(getattr(body.source, "source", body.source))
    ]
    found += [
        f"{side.boundary}:{path}"
        for side in model.surfaces
        for path, law in side.paths.items()
        if _in_time(law)
    ]
    return frozenset(found)


def _in_time(law: Any) -> bool:
    """Whether a law is made of formulas of which one reads the time."""
    parts = vars(law).values() if hasattr(law, "__dict__") else ()
    return any(isinstance(p, FieldExpression) and "t" in p.names_used for p in parts)
