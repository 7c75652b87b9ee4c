"""Heat through held faces, split where two of them meet.

The residual of a held node is the heat that it takes up, exactly in the discrete sense; a node on
the edge of two held faces takes it up for both. Each face gets what the flux -K ∇θ·n of the cells
beside it carries in the node's function, ∫ -K ∇θ·n φ dA, and what is then left of the residual
goes to the faces by ∫ φ² dA: the sum over the faces stays the residual, and where the flux is
smooth on each face, however it jumps at the edge, the split converges as the solution does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem import symbols
from thermosim.fem.domain import (
    assemble_matrix,
    assemble_vector,
    boundary_dofs,
    compile_form,
    create_matrix,
    vector,
)
from thermosim.fem.spaces import per_cell
from thermosim.heat import forms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.problem import HeatProblem

    Array = NDArray[np.float64]


class HeldHeat:
    """Splits the residuals of held nodes over the held faces of a problem."""

    def __init__(self, problem: HeatProblem) -> None:
        self.problem = problem
        n_owned = problem.space.dofmap.index_map.size_local
        self._on: dict[str, NDArray[np.bool_]] = {}
        for held in problem.model.held:
            dofs = boundary_dofs(problem.space, problem.domain, [held.boundary])
            on_face = np.zeros(n_owned, dtype=bool)
            on_face[dofs[dofs < n_owned]] = True
            self._on[held.boundary] = on_face
        count = np.sum([np.zeros(n_owned), *self._on.values()], axis=0)
        self._shared = count > 1
        self._fluxes: dict[str, Any] = {}
        if problem.domain.comm.allreduce(int(self._shared.sum())):
            self._shares = self._weigh()
            self._fluxes = self._compile()

    def _weigh(self) -> dict[str, Array]:
        """Return for each face the part of each shared node that is its own; they sum to one."""
        u, v = symbols.trial_function(self.problem.space), symbols.test_function(self.problem.space)
        domain, found = self.problem.domain, {}
        for name, on_face in self._on.items():
            form = compile_form(u * v * domain.weight * domain.ds(name))
            M = create_matrix(form)
            assemble_matrix(M, form, [])
            found[name] = np.where(on_face, M.getDiagonal().array_r, 0.0)
            M.destroy()
        total = np.sum(list(found.values()), axis=0)
        inside = total <= 0.0  # faces within the body have no outer side: equal parts
        for name, on_face in self._on.items():
            found[name][inside] = on_face[inside]
        total = np.maximum(np.sum(list(found.values()), axis=0), np.finfo(float).tiny)
        return {name: share / total for name, share in found.items()}

    def _compile(self) -> dict[str, Any]:
        """Return the forms of ∫ -K ∇θ·n φ dA over each face, the way out positive [W]."""
        problem, domain = self.problem, self.problem.domain
        v, n = symbols.test_function(problem.space), symbols.normal(domain.mesh)
        T, scale = problem.T_ref + problem.theta, problem.number(domain.area_scale / domain.unit)
        flux = 0
        for body in problem.model.bodies:
            K = forms.conductivity_matrix(body, T, problem.number, domain.symmetry)
            here = _indicator(problem, body.region)
            flux -= here * symbols.dot(symbols.dot(K, symbols.grad(problem.theta)), n)
        return {
            name: compile_form(scale * flux * v * domain.weight * domain.ds(name))
            for name in self._on
        }

    def read(self, residual: Any) -> dict[str, float]:
        """Return the heat that leaves by each held face [W], given the residual (collective)."""
        leaving = -np.array(residual.array_r)
        parts = {name: np.where(on_face, leaving, 0.0) for name, on_face in self._on.items()}
        if self._fluxes:
            b, at, fluxes = vector(self.problem.space), self._shared, {}
            for name, form in self._fluxes.items():
                assemble_vector(b, form)
                fluxes[name] = np.where(self._on[name], b.array_r, 0.0)[at]
            left = leaving[at] - np.sum(list(fluxes.values()), axis=0)
            for name, part in parts.items():
                part[at] = fluxes[name] + self._shares[name][at] * left
        comm = self.problem.domain.comm
        return {f"{n}:held": float(comm.allreduce(float(part.sum()))) for n, part in parts.items()}


def _indicator(problem: HeatProblem, region: str) -> Any:
    """Return what is 1 in a region and 0 elsewhere (UFL)."""
    if len(problem.model.bodies) == 1:
        return 1.0
    inside = per_cell(problem.domain)
    inside.x.array[problem.domain.cells(region)] = 1.0
    return inside
