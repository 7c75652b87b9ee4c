"""From a case about a body of any geometry to its model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from thermosim.bodies.geometry import Box, GeometryFile
from thermosim.language.units import si_text
from thermosim.model.budget import Budget, flows_part, leaving, released
from thermosim.model.doubts import gain_remarks
from thermosim.model.drawing import drawing_of_body
from thermosim.model.heat import (
    Enclosure,
    HeatBody,
    HeatModel,
    HeatSurface,
    Held,
    Jump,
    Radiation,
    SurfaceLaw,
    TotalSource,
    film_of,
)
from thermosim.model.laws import (
    Formula,
    FormulaExchange,
    FormulaFlux,
    FormulaSource,
    HeldFormula,
)
from thermosim.model.layout import Layout
from thermosim.model.model import Goal, Light, Model

if TYPE_CHECKING:
    from collections.abc import Collection

    from thermosim.bodies.boundaries import Boundary
    from thermosim.case.body_case import BodyCase

_WAYS = {"held": "held temperature", "stored": "heat capacity", "heat_flux": "given heat flux"}
_TURNED = {"planar": "planar, per metre of depth", "axisymmetric": "turned about r = 0"}


def of_body(case: BodyCase) -> Model:
    """Return the model of a body: its formulas become laws, its regions bodies.

    Raises
    ------
    CaseError
        If a probe's name stands twice.
    """
    light = light_of(case)
    initial = None if case.transient is None else case.transient.initial
    return Model(
        case=case,
        symmetry=case.symmetry,
        T_ref=case.reference,
        drawing=drawing_of_body(case),
        heat=lambda names: heat_of(case),
        goal=goal_of(case),
        accounts=_accounts,
        light=light,
        regions=tuple(case.regions),
        probes=case.all_probes(case.probes),
        thermometry=None if case.output.thermometer is False else case.thermometry,
        acting={name: b.temperature is not None for name, b in case.boundaries.items()},
        formulas=_formulas(case),
        materials={
            name: (region.material, case.material(region.material))
            for name, region in case.regions.items()
        },
        start=None if initial is None else initial.level,
        remarks=partial(_remarks, case),
        layout=layout_of(case),
    )


def layout_of(case: BodyCase) -> Layout:
    """Return how a result about a body of any geometry is told and shown."""
    goal, regions = goal_of(case), case.material_names()
    listed = ", ".join(f"{name} of {material}" for name, material in regions.items())
    lit = None if case.laser is None else case.lit_region
    return Layout(
        about="body",
        question=f"{_geometry_words(case)}: {listed}. How {'cold or ' if lit else ''}warm does it "
        "get, and where does the heat go?",
        symmetry=case.symmetry,
        T_ref=case.reference,
        goal=f"temperature at {goal.probe}" if goal.probe else f"mean temperature of {goal.region}",
        probe=goal.probe,
        regions=regions,
        boundaries=tuple(case.boundaries),
        insulated=tuple(n for n in case.geometry.boundary_names or () if n not in case.boundaries),
        driver="heat" if lit is None else "light",
        main=goal.region if len(regions) == 1 else "body",
        ways=_WAYS,
        sources={} if lit is None else {lit: f"light and its emission in {lit}"},
        lit=lit,
        through=_through(case),
    )


def _through(case: BodyCase) -> tuple[float, ...] | None:
    """Return the goal, or else the first probe that is a point in space [m]."""
    points = {p.name: p.point for p in case.probes if p.point is not None and len(p.point) == 3}
    return points.get(case.goal or "") or next(iter(points.values()), None)


def _geometry_words(case: BodyCase) -> str:
    """Return kind, size and symmetry of a geometry."""
    geometry, turned = case.geometry, _TURNED.get(case.symmetry, "in space")
    if isinstance(geometry, GeometryFile):
        return f"Geometry of {geometry.file.name}, {turned}"
    intervals = (
        (geometry.x, geometry.y, geometry.z) if isinstance(geometry, Box) else geometry.intervals
    )
    size = " × ".join(si_text(high - low, "m") for low, high in intervals)
    return f"{geometry.kind.capitalize()} of {size}, {turned}"


def goal_of(case: BodyCase) -> Goal:
    """Return the goal of a case: by default the mean of the first region."""
    first = next(iter(case.regions))
    if case.goal is None or case.goal in case.regions:
        return Goal(case.goal or first)
    return Goal(first, case.goal)


def light_of(case: BodyCase) -> Light | None:
    """Return the light of a case and the region it drives; None without a laser."""
    if case.laser is None:
        return None
    assert case.gain is not None  # the case has made sure
    region = case.lit_region
    material = case.regions[region].material
    optics = case.optics
    assert optics is not None
    index = case.index_in_light(material, optics, case.laser)
    return Light(
        region, case.laser, optics, case.gain, case.reference, index,
        symmetry=case.symmetry,
    )  # fmt: skip


def heat_of(case: BodyCase) -> HeatModel:
    """Return the heat model of a body."""
    enclosed = {name for one in case.enclosures.values() for name in one.boundaries}
    surfaces, held = [], []
    for name, boundary in case.boundaries.items():
        if boundary.temperature is not None:
            held.append(Held(name, HeldFormula(boundary.temperature)))
        paths = _paths(boundary)
        if name in enclosed and boundary.radiation is not None:
            radiation = boundary.radiation  # numbers: the case has made sure
            numbers = radiation.emissivity.constant, radiation.T_env.constant
            paths["radiation"] = Radiation(*numbers)
        if paths:
            surfaces.append(HeatSurface(name, paths))
    jumps = [
        Jump(name, f"{name}:{one}", f"{name}:{other}", contact.h_c, (one, other))
        for name, contact in case.contacts.items()
        for one, other in [contact.between]
    ]
    return HeatModel(
        case.reference,
        _bodies(case),
        tuple(surfaces),
        tuple(held),
        tuple(jumps),
        tuple(Enclosure(**one.model_dump()) for one in case.enclosures.values()),
        films=tuple(film_of(film, case.material(film.material)) for film in case.films),
    )


def _bodies(case: BodyCase) -> tuple[HeatBody, ...]:
    found = []
    for name, region in case.regions.items():
        material = case.material(region.material)
        law: FormulaSource | TotalSource | None = None
        if region.heat_source is not None:
            law = FormulaSource(region.heat_source)
        elif region.power is not None:
            law = TotalSource(region.power)
        k, rho, cp = material.conductivity, material.density, material.specific_heat
        found.append(HeatBody(name, k, region.axis, rho, cp, law))
    return tuple(found)


def _paths(boundary: Boundary) -> dict[str, SurfaceLaw]:
    found: dict[str, SurfaceLaw] = {}
    if boundary.heat_flux is not None:
        found["heat_flux"] = FormulaFlux(boundary.heat_flux)
    return found | {key: FormulaExchange(exchange) for key, exchange in boundary.exchanges()}


def _formulas(case: BodyCase) -> tuple[Formula, ...]:
    found = [
        Formula(f"regions.{name}.{key}", field, region=name)
        for name, region in case.regions.items()
        for key, field in region.expressions()
    ]
    found += [
        Formula(f"boundaries.{name}.{key}", field, boundary=name)
        for name, boundary in case.boundaries.items()
        for key, field in boundary.expressions()
    ]
    return tuple(found)


def _accounts(budget: Budget) -> dict[str, float]:
    flows = flows_part(budget)
    return {"heat_source_W": released(flows), "heat_leaving_W": leaving(flows)}


def _remarks(case: BodyCase, boundaries: Collection[str]) -> list[str]:
    """Return what a reader must know: what W means, and silent insulation."""
    notes = []
    if case.symmetry == "planar":
        notes.append("planar: heat in W is per metre of depth")
    sides = {f"{name}:{r}" for name, contact in case.contacts.items() for r in contact.between}
    silent = [name for name in boundaries if name not in case.boundaries.keys() | sides]
    if silent:
        notes.append(f"insulated, since the case says nothing of them: {', '.join(silent)}")
    light = light_of(case)
    return notes if light is None else notes + gain_remarks(light)
