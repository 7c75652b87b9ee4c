"""Temperatures of a general case: probes, and mean, lowest and highest of each region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from petsc4py import PETSc

from thermosim.fem.domain import coordinate_element, geometry_dofmap, minmax, vector
from thermosim.heat.observe import Observer, RegionMean
from thermosim.heat.probes import PointProbe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from thermosim.heat.newton import NewtonSolver
    from thermosim.heat.transient import TransientProblem
    from thermosim.schedule.settings import Probe


class Reading(Protocol):
    """A number read off a field."""

    def value(self) -> float:
        """Return θ [K] (collective)."""
        ...


class Readings:
    """Reads the present temperature [K] of a problem; compiled once."""

    def __init__(
        self, problem: Any, regions: Iterable[str], probes: Mapping[str, Probe], section: str
    ) -> None:
        self.problem = problem
        self.regions = {name: RegionMean(problem, name) for name in regions}
        self.probes: dict[str, Reading] = {}
        for name, probe in probes.items():
            if probe.point is not None:
                self.probes[name] = PointProbe(problem, name, probe, section)
            elif probe.region is not None:
                self.probes[name] = self.regions[probe.region]

    def temperatures(self) -> dict[str, float]:
        """Return ``region_NAME_{mean,min,max}_K`` and ``probe_NAME_K`` (collective)."""
        problem, found = self.problem, {}
        T_ref = problem.model.T_ref
        for name, mean in self.regions.items():
            low, high = minmax(problem.theta, problem.domain.cells(name))
            found[f"region_{name}_mean_K"] = T_ref + mean.value()
            found[f"region_{name}_min_K"] = T_ref + low
            found[f"region_{name}_max_K"] = T_ref + high
        for name, probe in self.probes.items():
            found[f"probe_{name}_K"] = T_ref + probe.value()
        return found


class GeneralObserver(Observer):
    """Writes down, beside ΔT of one region, absolute temperatures of all that is asked for."""

    def __init__(
        self,
        problem: TransientProblem,
        solver: NewtonSolver,
        region: str,
        probes: Mapping[str, Probe],
    ) -> None:
        super().__init__(problem, solver, region, {})
        regions = [body.region for body in problem.model.bodies]
        self.readings = Readings(problem, regions, probes, "probes")

    def temperatures(self) -> dict[str, float]:
        """Return ΔT of the region that the goal lies in, and absolute temperatures [K]."""
        return super().temperatures() | self.readings.temperatures()


def point_load(probe: PointProbe, space: Any) -> Any:
    """Return the vector b with b·v = v at the point of a probe, for v in `space` (collective)."""
    b = vector(space)
    mesh = space.mesh
    cell, x, is_mine = probe.place()
    if is_mine:
        tdim, gdim = mesh.topology.dim, mesh.geometry.dim
        nodes = mesh.geometry.x[geometry_dofmap(mesh)[cell], :gdim]
        X = coordinate_element(mesh).pull_back(x[None, :gdim], nodes)
        basis = space.element.basix_element.tabulate(0, X)[0, 0, :, 0]
        assert X.shape == (1, tdim)
        dofs = np.asarray(space.dofmap.cell_dofs(cell), dtype=PETSc.IntType)
        b.setValuesLocal(dofs, basis, addv=PETSc.InsertMode.ADD_VALUES)
    b.assemble()
    return b
