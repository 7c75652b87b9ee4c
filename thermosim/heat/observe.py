"""What is read off a temperature: of regions and at points, from forms compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from thermosim.fem.domain import (
    compile_form,
    coordinate_element,
    geometry_dofmap,
    integrate,
    minmax,
    size_of,
    vector,
)
from thermosim.heat.probes import PointProbe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from thermosim.heat.state import State
    from thermosim.schedule.settings import Probe


class Reading(Protocol):
    """A number read off a field."""

    def value(self) -> float:
        """Return θ [K] (collective)."""
        ...


class RegionMean:
    """The mean over a region, of θ or of another function."""

    def __init__(self, state: State, region: str, function: Any = None) -> None:
        domain = state.domain
        function = state.theta if function is None else function
        measure = domain.dx(region)
        self._comm = domain.comm
        self._form = compile_form(domain.weight * function * measure)
        self._size = size_of(domain, measure)

    def value(self) -> float:
        """Return the mean (collective)."""
        return float(self._comm.allreduce(fem.assemble_scalar(self._form))) / self._size


class Readings:
    """ΔT of the region that is asked about, and absolute temperatures of regions and probes."""

    def __init__(
        self, state: State, asked: str, regions: Iterable[str], probes: Mapping[str, Probe]
    ) -> None:
        self.state, self.asked = state, asked
        self._means: dict[str, RegionMean] = {}
        self.regions = {name: self._mean(name) for name in regions}
        self._delta = self._mean(asked)
        rate = getattr(state, "rate", None)
        self._rate = None if rate is None else RegionMean(state, asked, rate)
        self.probes: dict[str, Reading] = {}
        for name, probe in probes.items():
            if probe.point is not None:
                self.probes[name] = PointProbe(state, name, probe)
            elif probe.region is not None:
                self.probes[name] = self._mean(probe.region)

    def _mean(self, region: str) -> RegionMean:
        if region not in self._means:
            self._means[region] = RegionMean(self.state, region)
        return self._means[region]

    def temperatures(self) -> dict[str, float]:
        """Return the numbers of the present state by name (collective).

        ``delta_T_{mean,min,max}_K`` and, in time, ``delta_T_mean_rate_K_per_s`` of the region that
        is asked about; ``region_NAME_{mean,min,max}_K`` and ``probe_NAME_K``, absolute.
        """
        theta, domain, T_ref = self.state.theta, self.state.domain, self.state.model.T_ref
        found = {"delta_T_mean_K": self._delta.value()}
        if self._rate is not None:
            found["delta_T_mean_rate_K_per_s"] = self._rate.value()
        low, high = minmax(theta, domain.cells(self.asked))
        found |= {"delta_T_min_K": low, "delta_T_max_K": high}
        for name, mean in self.regions.items():
            low, high = minmax(theta, domain.cells(name))
            found[f"region_{name}_mean_K"] = T_ref + mean.value()
            found[f"region_{name}_min_K"] = T_ref + low
            found[f"region_{name}_max_K"] = T_ref + high
        for name, probe in self.probes.items():
            found[f"probe_{name}_K"] = T_ref + probe.value()
        return found


def contact_temperatures(state: State) -> dict[str, float]:
    """Return the mean ΔT [K] of both sides of each contact with a temperature jump (collective)."""
    domain, found = state.domain, {}
    for jump in state.model.jumps:
        for side, boundary in zip(jump.owners, (jump.side_1, jump.side_2), strict=True):
            side_of = domain.ds(boundary)
            mean = integrate(domain, state.theta, side_of) / size_of(domain, side_of)
            found[f"delta_T_{jump.name}_{side}_K"] = mean
    return found


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
