"""What field files hold beside ΔT: temperature, regions, light, excitation, source, heat flux."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem import symbols
from thermosim.fem.domain import compile_form, coordinate_element, geometry_dofmap
from thermosim.fem.library import dolfinx
from thermosim.fem.spaces import lagrange
from thermosim.gain.source import excitation_number
from thermosim.heat import forms
from thermosim.language.namespaces import NUMPY
from thermosim.light import GainSource, intensity_by_cell
from thermosim.light.cells import cell_volumes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.problem import HeatProblem
    from thermosim.model.heat import HeatBody

_KEPT = {"axisymmetric": (0, 2), "planar": (0, 1)}  # rows of K that the mesh has directions for


class CellFields:
    """The functions that are written with ΔT of a problem; `update` sets them to its state.

    Attributes
    ----------
    at_nodes : ΔT and T [K]
    by_cell : means over the cells: region, ``source_W_per_m3`` (negative where it cools),
        ``flux_W_per_m2`` of heat and, where there is light, ``intensity_W_per_m2`` and
        ``excitation`` x of a dot
    """

    def __init__(self, problem: HeatProblem) -> None:
        mesh = problem.domain.mesh
        self.problem, self._constant = problem, dolfinx.fem.functionspace(mesh, ("DG", 0))
        vectors = dolfinx.fem.functionspace(mesh, ("DG", 0, (mesh.geometry.dim,)))
        self.delta, self.T = (
            dolfinx.fem.Function(problem.space, name=name) for name in ("delta_T_K", "T_K")
        )
        self.region = self._scalar("region")
        tags = problem.domain.cell_tags
        self.region.x.array[tags.indices] = tags.values.astype(np.float64)
        self.source = self._scalar("source_W_per_m3")
        self.flux = dolfinx.fem.Function(vectors, name="flux_W_per_m2")
        self._lit = [b for b in problem.model.bodies if isinstance(b.source, GainSource)]
        self.intensity = self._scalar("intensity_W_per_m2")
        self.excitation = self._scalar("excitation")
        self.at_nodes = [self.delta, self.T]
        light = [self.intensity, self.excitation] if self._lit else []
        self.by_cell = [self.region, *light, self.source, self.flux]
        self._sources = {body.region: self._source_form(body) for body in problem.model.bodies}

    def _scalar(self, name: str) -> Any:
        return dolfinx.fem.Function(self._constant, name=name)

    def _source_form(self, body: HeatBody) -> Any:
        """Return the heat released in each cell as a form; None where there is no source."""
        if body.source is None:
            return None
        problem = self.problem
        degree = getattr(body.source, "quadrature_degree", None) or problem.source_degree
        v, T = symbols.test_function(self._constant), problem.T_ref + problem.theta
        q = body.source.density(T, problem.number)
        return compile_form(forms.source(problem.domain, body.region, q, v, problem.number, degree))

    def update(self) -> None:
        """Set all functions from the state, time and light of the problem (collective)."""
        problem = self.problem
        self.delta.x.array[:] = problem.theta.x.array
        self.T.x.array[:] = problem.theta.x.array + problem.model.T_ref
        volumes = cell_volumes(problem.domain)
        self.source.x.array[:] = 0.0
        for form in self._sources.values():
            if form is not None:
                self.source.x.array[:] -= dolfinx.fem.assemble_vector(form).array / volumes
        self.source.x.scatter_forward()
        theta, gradient = self._middle()
        for body in self._lit:
            self._set_light(body, theta)
        flux = self.flux.x.array.reshape(len(theta), -1)
        for body in problem.model.bodies:
            cells = problem.domain.cells(body.region)
            K = _conductivity(body, theta[cells] + problem.model.T_ref, problem.domain.symmetry)
            flux[cells] = -np.einsum("...ij,...j->...i", K, gradient[cells])

    def _set_light(self, body: HeatBody, theta: NDArray[np.float64]) -> None:
        assert isinstance(body.source, GainSource)
        domain = self.problem.domain
        found, cells = (
            intensity_by_cell(body.source, domain, body.region),
            domain.cells(body.region),
        )
        self.intensity.x.array[cells] = found.x.array[cells]
        T = theta[cells] + self.problem.model.T_ref
        self.excitation.x.array[cells] = excitation_number(
            found.x.array[cells], T, body.source.parameters
        )

    def _middle(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return θ [K] and its gradient [K/m] in the middle of each local cell."""
        problem, mesh = self.problem, self.problem.domain.mesh
        dim = problem.domain.tdim
        middle = np.full((1, dim), 1.0 / (dim + 1))
        shape = problem.space.element.basix_element.tabulate(1, middle)[:, 0, :, 0]
        geometry = lagrange(problem.domain, coordinate_element(mesh).degree).element
        places = geometry.basix_element.tabulate(1, middle)[:, 0, :, 0]
        values = problem.theta.x.array[problem.space.dofmap.list]
        x = mesh.geometry.x[geometry_dofmap(mesh)][:, :, :dim]
        jacobian = np.einsum("cni,jn->cij", x, places[1:]) * problem.domain.unit
        slope = values @ shape[1:].T
        gradient = np.linalg.solve(np.swapaxes(jacobian, 1, 2), slope[:, :, None])[:, :, 0]
        return values @ shape[0], gradient


def _conductivity(body: HeatBody, T: NDArray[np.float64], symmetry: str) -> NDArray[np.float64]:
    """Return the conductivity at temperatures (n,) in the directions of the mesh, (n, d, d)."""
    rows = body.conductivity.tensor(T, NUMPY, body.conductivity.parameters(), body.axis)
    kept = _KEPT.get(symmetry, (0, 1, 2))
    return np.stack(
        [np.stack([np.broadcast_to(rows[i][j], T.shape) for j in kept], axis=-1) for i in kept],
        axis=-2,
    )
