"""From the regions and boundaries of a general case to a heat model: formulas become forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import ufl

from thermosim.bodies.chamber import radiative_flux
from thermosim.errors import CaseError, MeshError, Problem
from thermosim.fem.domain import boundary_dofs, constant, geometry_dofmap, to_space
from thermosim.language.namespaces import NUMPY, ufl_namespace
from thermosim.model.heat import (
    Enclosure,
    Film,
    HeatBody,
    HeatModel,
    Held,
    Jump,
    Number,
    Radiation,
    Surface,
    SurfaceLaw,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.bodies.boundaries import Boundary
    from thermosim.fem.domain import Domain
    from thermosim.language.formulas import FieldExpression
    from thermosim.materials import Material

Values = Mapping[str, Any]
"""Coordinates [m] and time [s] by name, as UFL."""


def ufl_values(domain: Domain, time: Any) -> dict[str, Any]:
    """Return coordinates [m] and time [s] by their names in formulas, as UFL."""
    x = ufl.SpatialCoordinate(domain.mesh)
    unit = constant(domain, domain.unit)
    if domain.symmetry == "axisymmetric":
        return {"r": unit * x[0], "z": unit * x[1], "t": time}
    named = dict(zip("xyz", [unit * x[i] for i in range(domain.tdim)], strict=False))
    return {**named, "r": ufl.sqrt(named["x"] ** 2 + named["y"] ** 2), "t": time}


def array_values(points: NDArray[np.float64], symmetry: str) -> dict[str, NDArray[np.float64]]:
    """Return the coordinates of points in space, shape (n, 3) [m], by their names in formulas."""
    x, y, z = points.T
    if symmetry == "axisymmetric":
        return {"r": x, "z": z}
    named = {"x": x, "y": y, "r": np.hypot(x, y)}
    return named if symmetry == "planar" else {**named, "z": z}


def form_value(field: FieldExpression, values: Values, number: Number, T: Any = None) -> Any:
    """Return a formula as UFL [SI]; a constant of the form if it uses no name."""
    if field.is_constant:
        return number(field.constant)
    given = dict(values) if T is None else {**values, "T": T}
    return field.evaluate(ufl_namespace(), **given)


@dataclass(frozen=True)
class FormulaSource:
    """Heat released per volume by a formula of place, time and temperature."""

    heat_source: FieldExpression
    values: Values

    @property
    def varies(self) -> bool:
        """Whether it is a formula, not a number."""
        return not self.heat_source.is_constant

    def density(self, T: Any, number: Number) -> Any:
        """Return the source [W/m³]."""
        return form_value(self.heat_source, self.values, number, T)


@dataclass(frozen=True)
class FormulaFlux:
    """A heat flux into the body by a formula."""

    heat_flux: FieldExpression
    values: Values

    @property
    def varies(self) -> bool:
        """Whether it is a formula, not a number."""
        return not self.heat_flux.is_constant

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the outward flux [W/m²]."""
        return -form_value(self.heat_flux, self.values, number, theta + T_ref)


@dataclass(frozen=True)
class FormulaConvection:
    """Heat transfer h (T - T_env) with formulas for both."""

    h: FieldExpression
    T_env: FieldExpression
    values: Values

    @property
    def varies(self) -> bool:
        """Whether one of the two is a formula, not a number."""
        return not (self.h.is_constant and self.T_env.is_constant)

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the exchanged flux [W/m²]."""
        T_env = form_value(self.T_env, self.values, number)
        h = form_value(self.h, self.values, number, theta + T_ref)
        return h * (theta + (T_ref - T_env))


@dataclass(frozen=True)
class FormulaRadiation:
    """Radiation to black surroundings with formulas for emissivity and their temperature."""

    emissivity: FieldExpression
    T_env: FieldExpression
    values: Values

    @property
    def varies(self) -> bool:
        """Whether one of the two is a formula, not a number."""
        return not (self.emissivity.is_constant and self.T_env.is_constant)

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the radiated flux [W/m²]."""
        T_env = form_value(self.T_env, self.values, number)
        emissivity = form_value(self.emissivity, self.values, number, theta + T_ref)
        return radiative_flux(theta + (T_ref - T_env), T_env, emissivity)


@dataclass(frozen=True)
class GeneralInput:
    """What a general case says, without its file: regions and boundaries by name.

    Attributes
    ----------
    bodies : region -> material, formula of the heat source, axis of the material
    boundaries : boundary -> what acts there
    contacts : contact -> (region, region, h_c [W/(m² K)])
    enclosures : what radiates to each other
    films : thin layers on boundaries
    """

    bodies: Mapping[str, tuple[Material, FieldExpression | None, tuple[float, ...] | None]]
    boundaries: Mapping[str, Boundary]
    contacts: Mapping[str, tuple[str, str, float]]
    enclosures: tuple[Enclosure, ...] = ()
    films: tuple[Film, ...] = ()


def general_model(given: GeneralInput, domain: Domain, T_ref: float, time: Any) -> HeatModel:
    """Return the heat model; `time` is the constant that stands for t in formulas."""
    values = ufl_values(domain, time)
    bodies = []
    for region, (material, source, axis) in given.bodies.items():
        law = None if source is None else FormulaSource(source, values)
        direction = None if axis is None else (axis[0], axis[1], axis[2])
        k, rho, cp = material.conductivity, material.density, material.specific_heat
        bodies.append(HeatBody(region, k, direction, rho, cp, law))
    surfaces, held = [], []
    enclosed = {name for enclosure in given.enclosures for name in enclosure.boundaries}
    for name, boundary in given.boundaries.items():
        if boundary.temperature is not None:
            held.append(Held(name, HeldFormula(boundary.temperature, domain, time)))
        paths = _paths(boundary, values)
        if name in enclosed and boundary.radiation is not None:
            radiation = boundary.radiation  # numbers: the case has made sure
            numbers = radiation.emissivity.constant, radiation.T_env.constant
            paths["radiation"] = Radiation(*numbers)
        if paths:
            surfaces.append(Surface(name, paths))
    jumps = [
        Jump(name, f"{name}:{first}", f"{name}:{second}", h_c)
        for name, (first, second, h_c) in given.contacts.items()
    ]
    return HeatModel(
        T_ref,
        tuple(bodies),
        tuple(surfaces),
        tuple(held),
        tuple(jumps),
        given.enclosures,
        films=given.films,
    )


def _paths(boundary: Boundary, values: Values) -> dict[str, SurfaceLaw]:
    found: dict[str, SurfaceLaw] = {}
    if boundary.heat_flux is not None:
        found["heat_flux"] = FormulaFlux(boundary.heat_flux, values)
    if boundary.convection is not None:
        h, T_env = boundary.convection.h, boundary.convection.T_env
        found["convection"] = FormulaConvection(h, T_env, values)
    if boundary.radiation is not None:
        emissivity, T_env = boundary.radiation.emissivity, boundary.radiation.T_env
        found["radiation"] = FormulaRadiation(emissivity, T_env, values)
    return found


@dataclass(frozen=True)
class HeldFormula:
    """A held temperature by a formula of place and time."""

    temperature: FieldExpression
    domain: Domain
    time: Any

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the temperature [K] at points of the mesh, shape (n, 3), at the present time."""
        return self.at(points, float(self.time.value))

    def at(self, points: NDArray[np.float64], time: float) -> NDArray[np.float64]:
        """Return the temperature [K] at points of the mesh and a time [s]."""
        where = to_space(points[:, : self.domain.tdim], self.domain)
        values = array_values(where, self.domain.symmetry)
        found = self.temperature.evaluate(NUMPY, **values, t=np.full(len(points), time))
        return np.asarray(np.broadcast_to(found, len(points)), dtype=float)

    @property
    def changes(self) -> bool:
        """Whether it depends on time."""
        return "t" in self.temperature.names_used

    def rate(self, points: NDArray[np.float64], time: float, end: float) -> NDArray[np.float64]:
        """Return dT/dt [K/s] by differences of second order within 0 to `end` [s]."""
        step = 1e-5 * end
        if time < step:
            weights, at = (-1.5, 2.0, -0.5), (time, time + step, time + 2 * step)
        elif time > end - step:
            weights, at = (1.5, -2.0, 0.5), (time, time - step, time - 2 * step)
        else:
            weights, at = (0.5, 0.0, -0.5), (time + step, time, time - step)
        terms = [w * self.at(points, t) for w, t in zip(weights, at, strict=True)]
        return np.asarray(np.sum(terms, axis=0) / step)


def held_rates(space: Any, model: HeatModel, domain: Domain, end: float) -> dict[str, Any]:
    """Return boundary -> dT/dt [K/s] of its nodes (sorted) as a function of time [s]."""
    found: dict[str, Any] = {}
    for held in model.held:
        formula = held.temperature
        if not (isinstance(formula, HeldFormula) and formula.changes):
            continue
        dofs = np.sort(boundary_dofs(space, domain, [held.boundary]))
        points = space.tabulate_dof_coordinates()[dofs]

        def rate(time: float, formula: Any = formula, points: Any = points) -> Any:
            return formula.rate(points, time, end)

        found[held.boundary] = rate
    return found


def check_boundaries(given: GeneralInput, domain: Domain) -> None:
    """Refuse boundaries that are not there, or lie inside the body (collective).

    Raises
    ------
    MeshError
        Naming the boundary.
    """
    mesh = domain.mesh
    mesh.topology.create_connectivity(domain.tdim - 1, domain.tdim)
    outer = np.zeros(mesh.topology.index_map(domain.tdim - 1).size_local, dtype=bool)
    from dolfinx.mesh import exterior_facet_indices

    outer[exterior_facet_indices(mesh.topology)] = True
    for name, boundary in given.boundaries.items():
        facets = domain.facets(name)
        facets = facets[facets < len(outer)]
        count = domain.comm.allreduce(len(facets))
        inside = domain.comm.allreduce(int((~outer[facets]).sum()))
        if not count:
            raise MeshError(f"boundaries.{name}: no facet of the mesh is left for it")
        if inside and boundary.temperature is None:
            raise MeshError(
                f"boundaries.{name}: lies inside the body, where only a temperature can be given; "
                "for a resistance between two regions use [contacts]"
            )


def check_formulas(
    given: GeneralInput, domain: Domain, T_ref: float, times: tuple[float, ...]
) -> Exception | None:
    """Return the error of the first formula without a finite value on this rank's nodes."""
    dofmap = geometry_dofmap(domain.mesh)
    fields: list[tuple[str, Any, Any]] = []
    for region, (_, source, _) in given.bodies.items():
        if source is not None:
            inside = np.unique(dofmap[domain.cells(region)])
            fields.append((f"regions.{region}.heat_source", source, inside))
    for name, boundary in given.boundaries.items():
        nodes = _nodes_on(domain, name)
        fields += [(f"boundaries.{name}.{k}", field, nodes) for k, field in boundary.expressions()]
    faults = (_fault(*entry, domain, T_ref, times) for entry in fields)
    return next((fault for fault in faults if fault is not None), None)


def _nodes_on(domain: Domain, boundary: str) -> NDArray[np.int64]:
    from dolfinx.mesh import entities_to_geometry

    facets = domain.facets(boundary)
    if not len(facets):
        return np.empty(0, dtype=np.int64)
    domain.mesh.topology.create_connectivity(domain.tdim - 1, domain.tdim)
    nodes = entities_to_geometry(domain.mesh, domain.tdim - 1, facets)
    return np.unique(np.asarray(nodes, dtype=np.int64))


def _fault(
    path: str,
    field: FieldExpression,
    nodes: NDArray[Any],
    domain: Domain,
    T: float,
    times: tuple[float, ...],
) -> Exception | None:
    if field.is_constant or not len(nodes):
        return None
    points = to_space(domain.mesh.geometry.x[nodes][:, : domain.tdim], domain)
    values = array_values(points, domain.symmetry)
    try:
        for time in times:
            field.check(**values, t=np.full(len(nodes), time), T=np.full(len(nodes), T))
    except ValueError as error:
        return CaseError([Problem(path, "", str(error))])
    return None
