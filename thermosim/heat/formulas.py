"""Formulas of a case file on a mesh: coordinates as UFL, held courses, and checks at its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, MeshError, Problem
from thermosim.fem import symbols
from thermosim.fem.domain import boundary_dofs, constant, geometry_dofmap, to_space
from thermosim.fem.spaces import cell_dofs
from thermosim.model.laws import HeldFormula, array_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.heat.state import State
    from thermosim.model.heat import Held
    from thermosim.model.laws import Formula


@dataclass(frozen=True)
class FormNumbers:
    """Constants and coordinates of forms on one domain (`model.heat.Number`)."""

    domain: Domain
    time: Any

    def __call__(self, value: float) -> Any:
        """Return a constant of forms on this domain."""
        return constant(self.domain, float(value))

    @cached_property
    def place(self) -> Mapping[str, Any]:
        """Coordinates [m] and time [s] by their names in formulas, as UFL."""
        domain = self.domain
        x, unit = symbols.coordinate(domain.mesh), constant(domain, domain.unit)
        if domain.symmetry == "axisymmetric":
            return {"r": unit * x[0], "z": unit * x[1], "t": self.time}
        named = dict(zip("xyz", [unit * x[i] for i in range(domain.tdim)], strict=False))
        return {
            **named,
            "r": symbols.applied("sqrt", named["x"] ** 2 + named["y"] ** 2),
            "t": self.time,
        }


def held_values(held: Held, points: NDArray[np.float64], domain: Domain, time: float) -> Any:
    """Return the held temperature [K] at points of the mesh, shape (n, 3), at a time [s]."""
    T = held.temperature
    if isinstance(T, HeldFormula):
        return T.at(to_space(points[:, : domain.tdim], domain), domain.symmetry, time)
    return T(points) if callable(T) else T


def check_boundaries(acting: Mapping[str, bool], domain: Domain) -> None:
    """Refuse boundaries that are not there, or lie inside the body (collective).

    `acting` tells of each boundary that the case speaks of whether it is held there: only a
    temperature may act inside the body.

    Raises
    ------
    MeshError
        Naming the boundary.
    """
    if not acting:
        return
    mesh = domain.mesh
    mesh.topology.create_connectivity(domain.tdim - 1, domain.tdim)
    outer = np.zeros(mesh.topology.index_map(domain.tdim - 1).size_local, dtype=bool)
    outer[domain.outer_facets()] = True
    for name, held in acting.items():
        facets = domain.facets(name)
        facets = facets[facets < len(outer)]
        count = domain.comm.allreduce(len(facets))
        inside = domain.comm.allreduce(int((~outer[facets]).sum()))
        if not count:
            raise MeshError(f"boundaries.{name}: no facet of the mesh is left for it")
        if inside and not held:
            raise MeshError(
                f"boundaries.{name}: lies inside the body, where only a temperature can be given; "
                "for a resistance between two regions use [contacts]"
            )


def check_formulas(
    formulas: Iterable[Formula], domain: Domain, T_ref: float, times: tuple[float, ...]
) -> Exception | None:
    """Return the error of the first formula without a finite value on this rank's nodes."""
    for formula in formulas:
        fault = _fault(formula, nodes_of(formula, domain), domain, T_ref, times)
        if fault is not None:
            return fault
    return None


def check_visited(formulas: Iterable[Formula], state: State, time: float) -> Exception | None:
    """Return the error of the first formula outside its limits at this rank's temperatures [K].

    Of those that follow the temperature, such as an emissivity.
    """
    domain, space = state.domain, state.space
    for formula in formulas:
        if "T" not in formula.field.names_used:
            continue
        if formula.region is not None:
            dofs = cell_dofs(space, domain.cells(formula.region))
        else:
            assert formula.boundary is not None
            dofs = boundary_dofs(space, domain, [formula.boundary])
        points = to_space(space.tabulate_dof_coordinates()[dofs][:, : domain.tdim], domain)
        T = state.model.T_ref + state.theta.x.array[dofs]
        fault = _fault_at(formula, array_values(points, domain.symmetry), time, T)
        if fault is not None:
            return fault
    return None


def nodes_of(formula: Formula, domain: Domain) -> NDArray[np.int64]:
    """Return the nodes of this rank at which a formula acts."""
    if formula.region is not None:
        dofmap = geometry_dofmap(domain.mesh)
        return np.unique(dofmap[domain.cells(formula.region)]).astype(np.int64)
    assert formula.boundary is not None
    return _nodes_on(domain, formula.boundary)


def _nodes_on(domain: Domain, boundary: str) -> NDArray[np.int64]:
    from dolfinx.mesh import entities_to_geometry

    facets = domain.facets(boundary)
    if not len(facets):
        return np.empty(0, dtype=np.int64)
    domain.mesh.topology.create_connectivity(domain.tdim - 1, domain.tdim)
    nodes = entities_to_geometry(domain.mesh, domain.tdim - 1, facets)
    return np.unique(np.asarray(nodes, dtype=np.int64))


def _fault(
    formula: Formula, nodes: NDArray[Any], domain: Domain, T: float, times: tuple[float, ...]
) -> Exception | None:
    if formula.field.is_constant or not len(nodes):
        return None
    points = to_space(domain.mesh.geometry.x[nodes][:, : domain.tdim], domain)
    values = array_values(points, domain.symmetry)
    faults = (_fault_at(formula, values, time, np.full(len(nodes), T)) for time in times)
    return next((fault for fault in faults if fault is not None), None)


def _fault_at(
    formula: Formula, values: dict[str, Any], time: float, T: NDArray[np.float64]
) -> Exception | None:
    if not len(T):
        return None
    try:
        formula.field.check(**values, t=np.full(len(T), time), T=T)
    except ValueError as error:
        return CaseError([Problem(formula.path, "", str(error))])
    return None
