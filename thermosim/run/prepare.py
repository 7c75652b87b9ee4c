"""What every run begins with: the mesh of a model, its light, its heat model, its start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError
from thermosim.model.heat import TotalSource
from thermosim.schedule.settings import FieldStart

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.heat.transient import TransientProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.heat import HeatModel
    from thermosim.model.model import Model
    from thermosim.results.journal import Journal

Report = dict[str, float]


def mesh_of(
    model: Model, comm: Any, journal: Journal, *, keep: bool = True
) -> tuple[Domain, Report]:
    """Return the mesh, boundaries and formulas of the case checked on it (collective).

    With `keep` False a mesh that has to be made is not left in the cache.

    Raises
    ------
    MeshError
        If the geometry cannot be read or meshed, or a boundary lies inside the body.
    CaseError
        If names of the case and of the geometry do not fit, or a formula has no finite value.
    """
    from thermosim.fem.parallel import all_agree
    from thermosim.heat.formulas import check_boundaries, check_formulas
    from thermosim.mesh.build import domain_of
    from thermosim.mesh.notes import notes

    with journal.phase("mesh", "mesh"):
        domain, report = domain_of(model.drawing, comm, keep=keep)
    line = f"mesh: {int(report['n_cells'])} cells, symmetry {model.symmetry}"
    journal.say(f"{line}, from the cache of {comm.size} ranks" if domain.cached else line)
    for note in notes(report, model.symmetry):
        journal.say(note)
    check_boundaries(model.acting, domain)
    times = model.case.transient
    moments = (0.0,) if times is None else (0.0, times.duration)
    all_agree(comm, check_formulas(model.formulas, domain, model.T_ref, moments))
    return domain, report


def light_in(
    model: Model, domain: Domain, journal: Journal, factor: Any = None
) -> AbsorbedLight | None:
    """Return the light on the mesh, times a constant of a transient; None where nothing shines.

    Collective.
    """
    if model.light is None:
        return None
    from thermosim.light import absorbed_light

    extra = 1 if model.symmetry == "axisymmetric" else 0
    light = absorbed_light(model.light, domain, 2 * model.case.solver.degree + extra)
    light.scale = factor
    for note in light.notes:
        journal.say(note)
    return light


def heat_on(
    model: Model, domain: Domain, light: AbsorbedLight | None, factor: Any = None
) -> HeatModel:
    """Return the heat model with all its sources.

    A `factor` of a transient scales the light; without light it scales every source.
    """
    from thermosim.heat.transient import with_factor
    from thermosim.light.glow import glows_of

    heat = _spread(model.heat(domain.boundaries), domain)
    if light is None:
        return heat if factor is None else with_factor(heat, factor)
    sources = light.sources()
    bodies = (replace(b, source=sources.get(b.region, b.source)) for b in heat.bodies)
    return replace(heat, bodies=tuple(bodies), glows=glows_of(light))


def _spread(heat: HeatModel, domain: Domain) -> HeatModel:
    """Return the model with total powers spread over the volumes of their regions (collective)."""
    from thermosim.fem.domain import volume

    bodies = tuple(
        replace(b, source=b.source.in_volume(volume(domain, b.region)))
        if isinstance(b.source, TotalSource)
        else b
        for b in heat.bodies
    )
    return replace(heat, bodies=bodies)


def set_initial_state(model: Model, problem: TransientProblem) -> Any:
    """Set θ to the initial state that the case names; return it as it is before nodes are held.

    Raises
    ------
    SolveError
        If a steady state is asked for and none is found.
    """
    from thermosim.heat.transient import steady_state
    from thermosim.run.start import given_field

    assert model.case.transient is not None
    initial = model.case.transient.initial
    theta = problem.theta.x.array
    try:
        peak = None if model.light is None else model.light.laser.peak_intensity
        factor = initial.light_before(peak)
    except ValueError as error:
        raise CaseError(str(error)) from error
    if isinstance(initial, FieldStart):
        theta[:] = given_field(problem, initial) - model.T_ref
        problem.theta.x.scatter_forward()
    elif factor is not None:
        theta[:] = steady_state(problem, model.case.solver, factor)
    else:
        start = model.start if initial.level is None else initial.level
        assert start is not None
        theta[:] = start - model.T_ref
    meant = theta.copy()
    problem.impose(problem.theta)
    return meant
