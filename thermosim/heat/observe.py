"""What is written down of a transient: temperatures and heat by path, from forms compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from thermosim.fem.domain import boundary_dofs, compile_form, constant, vector
from thermosim.heat.probes import PointProbe
from thermosim.heat.transient import STORED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from thermosim.heat.budget import Budget
    from thermosim.heat.newton import NewtonSolver
    from thermosim.heat.transient import TransientProblem
    from thermosim.schedule.settings import Probe


class Observer:
    """Looks at the present state of a problem; every method is collective."""

    def __init__(
        self,
        problem: TransientProblem,
        solver: NewtonSolver,
        region: str,
        probes: Mapping[str, Probe],
    ) -> None:
        self.problem, self.solver = problem, solver
        self._mean = RegionMean(problem, region)
        self._mean_rate = RegionMean(problem, region, problem.rate)
        cells = problem.domain.cells(region)
        self._dofs = np.unique(problem.space.dofmap.list[cells])
        self._probes: dict[str, PointProbe | RegionMean] = {
            name: _probe(problem, name, probe) for name, probe in probes.items()
        }
        self._paths = self._compile_paths()
        self._held = self._held_dofs()

    def _compile_paths(self) -> dict[str, Any]:
        """Return the form of each path; `Budget` tells the names."""
        one = constant(self.problem.domain, 1.0)
        terms = self.problem.terms(self.problem.theta, one)
        kept = {name: form for name, form in terms.items() if not name.startswith("conduction:")}
        return {name: compile_form(form) for name, form in kept.items()}

    def _held_dofs(self) -> dict[str, NDArray[np.int32]]:
        """Return the owned dofs of each held face; a node on two faces counts for the first."""
        problem = self.problem
        n_owned = problem.space.dofmap.index_map.size_local
        taken = np.zeros(n_owned, dtype=bool)
        found = {}
        for held in problem.model.held:
            dofs = boundary_dofs(problem.space, problem.domain, [held.boundary])
            dofs = dofs[dofs < n_owned]
            dofs = dofs[~taken[dofs]]
            taken[dofs] = True
            found[f"{held.boundary}:held"] = dofs
        return found

    def temperatures(self) -> dict[str, float]:
        """Return mean, its rate of change, lowest and highest θ of the region; probes [K]."""
        values = self.problem.theta.x.array[self._dofs]
        comm = self.problem.domain.comm
        low = min(comm.allgather(float(values.min(initial=np.inf))))
        high = max(comm.allgather(float(values.max(initial=-np.inf))))
        found = {
            "delta_T_mean_K": self._mean.value(),
            "delta_T_mean_rate_K_per_s": self._mean_rate.value(),
            "delta_T_min_K": low,
            "delta_T_max_K": high,
        }
        return found | {f"{name}_K": probe.value() for name, probe in self._probes.items()}

    def budget(self) -> Budget:
        """Return heat released, stored and leaving [W] at the present θ and θ̇.

        ``REGION:stored`` is the heat that a body takes up, so that released less leaving less
        stored is zero; at a held face leaves what its nodes receive.
        """
        comm = self.problem.domain.comm
        found = {
            name: (-1.0 if name.startswith("source:") else 1.0)
            * float(comm.allreduce(fem.assemble_scalar(form)))
            for name, form in self._paths.items()
        }
        parts: tuple[Any, ...] = (*self.problem.couplings, *self.problem.gaps)
        for part in parts:
            for name, value in part.budget().items():
                found[name] = found.get(name, 0.0) + value
        if self._held:
            b = vector(self.problem.space)
            self.problem.assemble_residual(b)
            for name, dofs in self._held.items():
                found[name] = -float(comm.allreduce(float(b.array_r[dofs].sum())))
        return found


def stored(budget: Budget) -> float:
    """Return the heat that all bodies store per time [W]."""
    return sum(value for name, value in budget.items() if name.endswith(f":{STORED}"))


class RegionMean:
    """The mean over a region, of θ or of another function."""

    def __init__(self, problem: TransientProblem, region: str, function: Any = None) -> None:
        domain, one = problem.domain, constant(problem.domain, 1.0)
        function = problem.theta if function is None else function
        measure = domain.dx(region)
        self._comm = domain.comm
        self._form = compile_form(domain.weight * function * measure)
        size = fem.assemble_scalar(compile_form(domain.weight * one * measure))
        self._size = float(domain.comm.allreduce(size))

    def value(self) -> float:
        """Return the mean (collective)."""
        return float(self._comm.allreduce(fem.assemble_scalar(self._form))) / self._size


def _probe(problem: TransientProblem, name: str, probe: Probe) -> PointProbe | RegionMean:
    if probe.point is not None:
        return PointProbe(problem, name, probe)
    assert probe.region is not None
    return RegionMean(problem, probe.region)
