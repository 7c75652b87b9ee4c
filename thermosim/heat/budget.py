"""Where the heat goes: sources, surfaces and held faces, from the weak form itself.

Fluxes are consistent with the discrete equations (Carey, 10.1016/0045-7825(82)90008-1, or Hughes
et al., 10.1006/jcph.2000.6577): what leaves at a held face is the residual of its nodes, so that
the balance closes to the tolerance of the solver on any mesh, and says so when it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from thermosim.fem.domain import boundary_dofs, compile_form, constant, vector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.problem import HeatProblem
    from thermosim.model.budget import Budget


class HeatMeter:
    """Reads the heat by path of a steady or transient problem; its forms are compiled once."""

    def __init__(self, problem: HeatProblem) -> None:
        self.problem = problem
        one = constant(problem.domain, 1.0)
        self._paths = {
            name: compile_form(form)
            for name, form in problem.terms(problem.theta, one).items()
            if not name.startswith("conduction:")
        }
        self._held = self._held_dofs()

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

    def read(self) -> Budget:
        """Return the heat released, leaving by every path and stored [W] now (collective).

        ``REGION:stored`` is the heat that a body of a transient takes up, so that released less
        leaving less stored is zero; at a held face leaves what its nodes receive.
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
