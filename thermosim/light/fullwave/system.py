"""The scattered field on its mesh: assembled, factored and solved for each azimuthal mode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import basix.ufl
import numpy as np

from thermosim.fem.domain import boundary_dofs, geometry_dofmap
from thermosim.fem.library import dolfinx
from thermosim.fem.zmumps import Factors, factorise, lower_triangle
from thermosim.light.fullwave import forms
from thermosim.light.fullwave.samples import Samples, cells_of, sample
from thermosim.optics.layered_field import Beam, K, Stack, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]

fem = dolfinx.fem


@dataclass
class Scattering:
    """A body in layers, on the mesh of its half plane.

    Attributes
    ----------
    domain
        With the regions body, inner and pml.
    stack
        The media around the body.
    permittivities
        Of the body and of its coatings, from the body outward.
    layer
        The absorbing layer.
    degree
        Of the elements.
    rule
        Degree of the quadrature in the body.
    """

    domain: Domain
    stack: Stack
    permittivities: tuple[complex, ...]
    layer: forms.Layer
    degree: int = 4
    rule: int = 8

    def __post_init__(self) -> None:
        whole = _with_coatings(self.domain, len(self.permittivities) - 1)
        self.space = forms.space_of(self.domain, self.degree)
        cells = fem.functionspace(self.domain.mesh, ("DG", 0))
        self.epsilon = fem.Function(cells, dtype=np.complex128)
        heights = middles(self.domain)
        self.epsilon.x.array[:] = self.stack.permittivity(heights)
        for name, permittivity in zip(
            bodies(len(self.permittivities) - 1), self.permittivities, strict=True
        ):
            self.epsilon.x.array[self.domain.cells(name)] = permittivity
        self.numbers = forms.Numbers(self.domain, self.layer, 1)
        self._form = forms.maxwell(whole, self.space, self.epsilon, self.numbers, self.degree)
        self.body = sample(self.domain, cells_of(whole, "body"), self.rule)
        own = self.epsilon.x.array[self.body.cells]
        self.at_points = np.repeat(own, len(self.body.reference))
        self._driven = _at_points(self.domain, self.rule)
        self._source = forms.source(whole, self.space, self._driven, self.rule)

    @property
    def unknowns(self) -> int:
        """Number of unknowns of one mode."""
        return int(self.space.dofmap.index_map.size_global)

    def factors(self, mode: int) -> Factors:
        """Return the factored matrix of a mode (collective)."""
        self.numbers.set(self.layer, mode)
        A = fem.assemble_matrix(self._form, bcs=[self._walls(mode)])
        A.scatter_reverse()
        rows, columns = A.index_map(0), A.index_map(1)
        owned, end = rows.size_local, A.indptr[rows.size_local]
        row = np.repeat(np.arange(owned), np.diff(A.indptr[: owned + 1])) + rows.local_range[0]
        column = columns.local_to_global(A.indices[:end].astype(np.int32))
        entries = lower_triangle(self.unknowns, row, column, A.data[:end])
        return factorise(entries, self.domain.comm)

    def _walls(self, mode: int) -> Any:
        """Return the condition of a perfect conductor outside, and of the mode on the axis."""
        zero = fem.Function(self.space, dtype=np.complex128)
        outer = boundary_dofs(self.space, self.domain, ["outer"])
        u = _part_dofs(self.space, self.domain, 1)
        E_z = _part_dofs(self.space, self.domain, 0) if mode else np.empty(0, np.int32)
        return fem.dirichletbc(zero, np.unique(np.concatenate([outer, u, E_z])))

    def background(self, beam: Beam, samples: Samples) -> Complexes:
        """Return ``(E_r, E_z, u)`` of the undisturbed light at points, shape (n, 3)."""
        return field(beam, self.stack, samples.r, samples.z)

    def scattered(self, factors: Factors, beam: Beam) -> Any:
        """Return the scattered field of a beam in its mode, a function (collective)."""
        points = self.body
        contrast = self.at_points - self.stack.permittivity(points.z)
        E = self.background(beam, points) * (K**2 * contrast)[:, None]
        r = points.r
        b = self._load((r * E[:, 0], r * E[:, 1], E[:, 2] / r))
        fixed = self._walls(beam.mode).dof_indices()[0]
        b[fixed] = 0.0
        found = fem.Function(self.space, dtype=np.complex128)
        _scatter(factors.solve(self._gathered(b)), found)
        return found

    def at_a_point(self, part: int, chosen: int | None, value: float) -> Complexes:
        """Return on rank 0 the load of a value at one point of the body alone (collective).

        `part` is 0, 1 or 2 for ``E_r``, ``E_z`` or u, `chosen` the number of the point on the rank
        that has it and None elsewhere.
        """
        values = np.zeros((3, len(self.body.r)), complex)
        if chosen is not None:
            values[part, chosen] = value
        return self._gathered(self._load(values))

    def along(self, answer: Complexes, driven: Sequence[Complexes]) -> Complexes:
        """Return this rank's part of ``f·x`` for loads f of light and solutions x, (waves, k).

        `driven` is ``k² (ε - ε_b)`` times (E_r, E_z, u), or (E_r, u), of each wave at the points of
        this rank, shapes (waves, points); `answer` has the solutions in global order, shape
        (unknowns, k). Ranks need not wait for each other; the parts are to be added.
        """
        r, index_map = self.body.r, self.space.dofmap.index_map
        count = index_map.size_local + index_map.num_ghosts
        own = answer[index_map.local_to_global(np.arange(count, dtype=np.int32))]
        loads = np.empty((len(driven[0]), count), complex)
        for i in range(len(loads)):
            E_z = driven[1][i] if len(driven) == 3 else np.zeros_like(r)
            self._drive((r * driven[0][i], r * E_z, driven[-1][i] / r))
            loads[i] = fem.assemble_vector(self._source).array
        return np.asarray(loads @ own)

    def fixed(self, mode: int) -> NDArray[np.int64]:
        """Return the global numbers of the unknowns that are zero in a mode (collective)."""
        dofs, owned = self._walls(mode).dof_indices()
        first = self.space.dofmap.index_map.local_range[0]
        return np.concatenate(self.domain.comm.allgather(np.asarray(dofs[:owned], int) + first))

    def _load(self, values: Sequence[Complexes] | Complexes) -> Complexes:
        """Return the load of what drives E_r, E_z and u at the points of the body (collective)."""
        self._drive(values)
        b = fem.assemble_vector(self._source)
        b.scatter_reverse(dolfinx.la.InsertMode.add)
        return np.asarray(b.array)

    def _drive(self, values: Sequence[Complexes] | Complexes) -> None:
        """Set what drives E_r, E_z and u at the points of the cells of this rank."""
        for function, driven in zip(self._driven, values, strict=True):
            function.x.array[:] = 0.0
            dofs = function.function_space.dofmap.list[self.body.cells].ravel()
            function.x.array[dofs] = driven

    def _gathered(self, local: Complexes) -> Complexes:
        owned = self.space.dofmap.index_map.size_local
        parts = self.domain.comm.gather(np.array(local[:owned]), root=0)
        return np.concatenate(parts) if parts is not None else np.empty(0, np.complex128)


def bodies(coatings: int) -> list[str]:
    """Return the names of the regions of a body and its coatings, from the body outward."""
    return ["body", *(f"coating_{i}" for i in range(1, coatings + 1))]


def _with_coatings(domain: Domain, coatings: int) -> Domain:
    """Return a domain whose body has the coatings in it, so that forms know one body alone."""
    if not coatings:
        return domain
    tags = domain.cell_tags
    values = tags.values.copy()
    values[np.isin(values, [domain.regions[name] for name in bodies(coatings)])] = domain.regions[
        "body"
    ]
    merged = dolfinx.mesh.meshtags(domain.mesh, domain.tdim, tags.indices, values)
    return replace(domain, cell_tags=merged, _entities={})


def _scatter(x: Complexes, function: Any) -> None:
    """Set a function from all its values in global order, the same on every rank."""
    index_map = function.function_space.dofmap.index_map
    low, high = index_map.local_range
    function.x.array[: high - low] = x[low:high]
    function.x.scatter_forward()


def _part_dofs(space: Any, domain: Domain, part: int) -> NDArray[np.int32]:
    """Return the dofs of E (0) or u (1) on the axis."""
    sub = space.sub(part)
    facets = domain.facets("axis")
    return np.asarray(fem.locate_dofs_topological(sub, domain.tdim - 1, facets), np.int32)


def _at_points(domain: Domain, degree: int) -> list[Any]:
    element = basix.ufl.quadrature_element(domain.mesh.basix_cell(), degree=degree)
    space = fem.functionspace(domain.mesh, element)
    return [fem.Function(space, dtype=np.complex128) for _ in range(3)]


def middles(domain: Domain) -> NDArray[np.float64]:
    """Return z of the middle of the corners of each cell, ghosts included."""
    corners = geometry_dofmap(domain.mesh)[:, :3]
    return np.asarray(domain.mesh.geometry.x[corners, 1].mean(axis=1))
