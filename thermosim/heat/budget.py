"""Where the heat goes: sources, surfaces and held faces, from the weak form itself.

Fluxes are consistent with the discrete equations (Carey, 10.1016/0045-7825(82)90008-1, or Hughes
et al., 10.1006/jcph.2000.6577): what leaves at a held face is the residual of its nodes, so that
the balance closes to the tolerance of the solver on any mesh, and says so when it does not. Where
held faces meet it is split between them (see `held_heat`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dolfinx import fem

from thermosim.fem.domain import compile_form, constant, vector
from thermosim.heat.held_heat import HeldHeat

if TYPE_CHECKING:
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
        self._held = HeldHeat(problem) if problem.model.held else None

    @property
    def names(self) -> frozenset[str]:
        """The sources, paths of surfaces and stores that are forms."""
        return frozenset(self._paths)

    def parts(self, names: frozenset[str]) -> Budget:
        """Return some of the heats that are forms [W] now, signs as in `read` (collective)."""
        comm = self.problem.domain.comm
        return {
            name: (-1.0 if name.startswith("source:") else 1.0)
            * float(comm.allreduce(fem.assemble_scalar(form)))
            for name, form in self._paths.items()
            if name in names
        }

    def read(self) -> Budget:
        """Return the heat released, leaving by every path and stored [W] now (collective).

        ``REGION:stored`` is the heat that a body of a transient takes up, so that released less
        leaving less stored is zero; at a held face leaves what its nodes receive.
        """
        found = self.parts(self.names)
        parts: tuple[Any, ...] = (*self.problem.couplings, *self.problem.gaps)
        for part in parts:
            for name, value in part.budget().items():
                found[name] = found.get(name, 0.0) + value
        if self._held is not None:
            b = vector(self.problem.space)
            self.problem.assemble_residual(b)
            found |= self._held.read(b)
        return found
