"""DOLFINx plumbing: meshes with names, spaces, forms, integrals, assembly, matched contacts.

What differs between DOLFINx 0.9, 0.10 and 0.11 is met here and nowhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import thermosim.fem.first  # noqa: F401

# isort: split
import basix.ufl
import numpy as np
import ufl
from petsc4py import PETSc

from thermosim.fem.compile import compile_expression
from thermosim.fem.facets import outer, seen_from_cells, seen_from_region, tag_facets
from thermosim.fem.known import compile_form as compile_form  # noqa: PLC0414
from thermosim.fem.library import dolfinx
from thermosim.fem.symbols import (
    Constant,
    Symbol,
    coordinate,
    measure,
    symbol,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.data import MeshData

fem = dolfinx.fem
_SIDE = 100_000  # numbers of facets seen from a region: its own times this, and theirs


@dataclass
class Domain:
    """A distributed mesh whose regions and boundaries have names.

    Lengths of `mesh` are multiples of `unit` [m]. Integrals over it are over (r, z), (x, y) or
    (x, y, z) in these units; `weight` carries 2 pi r (axisymmetric, r in units too) and the
    number of copies (quarter), so that `unit`^3 (volumes) or `unit`^2 (areas) makes them SI.
    For planar meshes volumes are per metre of depth. `kept` holds what the mesh alone decides,
    `between` the local facets between two ranks where DOLFINx does not know them (else None).
    """

    mesh: Any
    cell_tags: Any
    facet_tags: Any
    regions: dict[str, int]
    boundaries: dict[str, int]
    unit: float
    symmetry: str
    multiplicity: int
    exact: dict[str, float] = field(default_factory=dict)
    mesh_hash: str = ""
    cached: bool = False
    between: NDArray[np.int32] | None = None
    _entities: dict[tuple[str, int], Any] = field(default_factory=dict)
    kept: dict[Any, Any] = field(default_factory=dict)
    _facet_data: list[Any] = field(default_factory=list)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what hangs on the mesh alone (and on the `key`): made at most once."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def forget_places(self) -> dict[Any, Any]:
        """Take out of `kept` what hangs on the places of nodes (all but spaces), and return it."""
        gone = [key for key in self.kept if key[0] != "space"]
        return {key: self.kept.pop(key) for key in gone}

    @property
    def comm(self) -> Any:
        """The MPI communicator."""
        return self.mesh.comm

    @property
    def tdim(self) -> int:
        """Topological dimension."""
        return int(self.mesh.topology.dim)

    @property
    def weight(self) -> Any:
        """Factor of every integrand, a symbol of forms."""
        if self.symmetry == "axisymmetric":
            return 2 * ufl.pi * coordinate(self.mesh)[0]
        return symbol(float(self.multiplicity))

    @property
    def volume_scale(self) -> float:
        """Metres³ per unit of a weighted volume integral."""
        return self.unit**2 if self.symmetry == "planar" else self.unit**3

    @property
    def area_scale(self) -> float:
        """Metres² per unit of a weighted surface integral."""
        return self.unit if self.symmetry == "planar" else self.unit**2

    def dx(self, region: str | None = None, degree: int | None = None) -> Symbol:
        """Volume measure, over one region by name or all of them."""
        number = None if region is None else self.regions[region]
        return measure("dx", self.mesh, self, number, degree)

    def ds(self, boundary: str, degree: int | None = None, region: str | None = None) -> Symbol:
        """Surface measure of an outer boundary by name, or of one inside seen from a `region`."""
        number = self.boundaries[boundary]
        if region is not None:
            number += _SIDE * self.regions[region]
            self.entities("ds", number)
        return measure("ds", self.mesh, self, number, degree)

    @property
    def facet_data(self) -> Any:
        """What UFL's measures of facets go over: tags, or lists once a side inside is asked for."""
        sides = [pair for key, pair in sorted(self._entities.items()) if key[1] >= _SIDE]
        if not sides and self.between is None:
            return self.facet_tags
        if not self._facet_data or len(self._facet_data[-1]) != len(sides):
            outer = [self.entities("ds", number) for number in sorted(self.boundaries.values())]
            self._facet_data[:] = [[*outer, *sides], sides]
        return self._facet_data[0]

    def entities(self, kind: str, number: int) -> Any:
        """Return what a measure of forms of that kind goes over, with its number."""
        if (kind, number) not in self._entities:
            topology = self.mesh.topology
            tags = self.cell_tags if kind == "dx" else self.facet_tags
            where = getattr(fem.IntegralType, "cell" if kind == "dx" else "exterior_facet")
            if kind == "ds" and number >= _SIDE:
                region, boundary = divmod(number, _SIDE)
                cells, facets = self.cell_tags.find(region), self.facet_tags.find(boundary)
                found = (number, seen_from_region(topology, cells, facets))
            elif kind == "ds" and self.between is not None:
                facets = np.intersect1d(self.facet_tags.find(number), self.outer_facets())
                found = (number, seen_from_cells(topology, facets))
            else:
                (found,) = fem.forms.get_integration_domains(where, tags, [number])
            self._entities[kind, number] = found
        return self._entities[kind, number]

    def outer_facets(self) -> NDArray[np.int32]:
        """Return the own facets at the outside of the mesh, in order."""
        return outer(self.mesh.topology, self.between)

    def cells(self, region: str) -> NDArray[np.int32]:
        """Return the local cells (ghosts included) of a region."""
        return np.asarray(self.cell_tags.find(self.regions[region]), dtype=np.int32)

    def facets(self, boundary: str) -> NDArray[np.int32]:
        """Return the local facets of a boundary."""
        return np.asarray(self.facet_tags.find(self.boundaries[boundary]), dtype=np.int32)

    def has(self, boundary: str) -> bool:
        """Whether the boundary exists."""
        return boundary in self.boundaries


def distribute(data: MeshData | None, comm: Any) -> Domain:
    """Distribute a mesh that rank 0 holds (None elsewhere) over the ranks of `comm`."""
    names = comm.bcast(names_of(data) if data is not None else None, root=0)
    domain = coordinate_domain(names["tdim"], names["gdim"], names["order"])
    if comm.rank == 0 and data is not None:
        cells, points = data.cells, data.points
    else:
        n_nodes = domain.ufl_coordinate_element().basix_element.dim
        cells, points = np.empty((0, n_nodes), dtype=np.int64), np.empty((0, names["gdim"]))
    mesh = _create_mesh(comm, cells, points, domain)
    tags = comm.bcast((data.cell_tags, data.facet_tags) if data is not None else None, root=0)
    origin = mesh.topology.original_cell_index
    cell_tags = tag_cells(mesh, tags[0][origin])
    table = tags[1][origin].ravel()
    places = np.flatnonzero(table > 0)
    facet_tags = tag_facets(mesh, places, table[places])
    keep = ("regions", "boundaries", "unit", "symmetry", "multiplicity", "exact", "mesh_hash")
    return Domain(mesh, cell_tags, facet_tags, **{key: names[key] for key in keep})


def coordinate_domain(tdim: int, gdim: int, order: int) -> Any:
    """Return the UFL domain of a simplex mesh with Lagrange geometry."""
    cell = {2: "triangle", 3: "tetrahedron"}[tdim]
    return ufl.Mesh(basix.ufl.element("Lagrange", cell, order, shape=(gdim,)))


def names_of(data: MeshData) -> dict[str, Any]:
    """Return what is not an array of a mesh."""
    return {
        "tdim": data.tdim,
        "gdim": data.points.shape[1],
        "order": data.order,
        "regions": data.regions,
        "boundaries": data.boundaries,
        "unit": data.unit,
        "symmetry": data.symmetry,
        "multiplicity": data.multiplicity,
        "exact": data.exact,
        "mesh_hash": data.content_hash(),
    }


def _create_mesh(comm: Any, cells: Any, points: Any, domain: Any) -> Any:
    third = list(inspect.signature(dolfinx.mesh.create_mesh).parameters)[2]
    if third == "e":  # 0.10 and later: (comm, cells, e, x)
        return dolfinx.mesh.create_mesh(comm, cells, domain, points)
    return dolfinx.mesh.create_mesh(comm, cells, points, domain)


def tag_cells(mesh: Any, values: NDArray[np.int32]) -> Any:
    """Return tags of all local cells (ghosts included), shape (n_cells,)."""
    entities = np.arange(len(values), dtype=np.int32)
    return dolfinx.mesh.meshtags(mesh, mesh.topology.dim, entities, values.astype(np.int32))


def geometry_dofmap(mesh: Any) -> NDArray[np.int32]:
    """Return the nodes of every local cell, shape (n_cells, nodes per cell)."""
    maps = getattr(mesh.geometry, "dofmaps", None)
    if maps is None or callable(maps):  # before DOLFINx 0.11
        return np.asarray(mesh.geometry.dofmap)
    return np.asarray(maps[0])


def coordinate_element(mesh: Any) -> Any:
    """Return the map from the reference cell to the cells of a mesh."""
    maps = getattr(mesh.geometry, "cmaps", None)
    if maps is None or callable(maps):  # before DOLFINx 0.11
        return mesh.geometry.cmap
    return maps[0]


def constant(domain: Domain, value: float) -> Constant:
    """Return a number that a compiled form reads at assembly: changing it recompiles nothing."""
    return Constant(domain.mesh, value)


def integrate(domain: Domain, integrand: Any, measure: Any) -> float:
    """Return the weighted integral over all ranks, in mesh units (collective)."""
    local = fem.assemble_scalar(compile_form(domain.weight * integrand * measure))
    return float(domain.comm.allreduce(local))


def size_of(domain: Domain, measure: Symbol) -> float:
    """Return the weighted integral of 1, in mesh units: worked out once for a mesh (collective)."""

    def find() -> float:
        return integrate(domain, constant(domain, 1.0), measure)

    return float(domain.once(("size", measure.op, *measure.args), find))


def volume(domain: Domain, region: str) -> float:
    """Return the volume of a region [m³] (planar: m², per metre of depth)."""
    return size_of(domain, domain.dx(region)) * domain.volume_scale


def area(domain: Domain, boundary: str) -> float:
    """Return the area of an outer boundary [m²] (planar: m, per metre of depth)."""
    return size_of(domain, domain.ds(boundary)) * domain.area_scale


def minmax(function: Any, cells: NDArray[np.int32]) -> tuple[float, float]:
    """Return the smallest and largest nodal value on the given cells over all ranks."""
    on_cells = np.zeros(len(function.x.array), dtype=bool)
    on_cells[function.function_space.dofmap.list[cells]] = True
    values = function.x.array[on_cells]
    comm = function.function_space.mesh.comm
    low = comm.allgather(float(values.min()) if len(values) else np.inf)
    high = comm.allgather(float(values.max()) if len(values) else -np.inf)
    return min(low), max(high)


def quadrature_points(function: Any) -> NDArray[np.float64]:
    """Return the points of a quadrature function in the reference cell, shape (q, d)."""
    points = function.function_space.element.interpolation_points
    return np.asarray(points() if callable(points) else points)


def set_at_quadrature_points(
    function: Any, values: Callable[[Any], Any], domain: Domain, cells: Any = None
) -> None:
    """Set a quadrature function from a callable of points [m], (n, 3) -> (n,), or (r, 0, z).

    In some local `cells`, by default in all.
    """
    space = function.function_space
    points = quadrature_points(function)
    chosen = slice(_n_local_cells(domain)) if cells is None else cells
    element = domain.mesh.ufl_domain().ufl_coordinate_element().basix_element
    weights = element.tabulate(0, points)[0, :, :, 0]
    geometry = domain.mesh.geometry
    nodes = geometry.x[geometry_dofmap(domain.mesh)[chosen], : geometry.dim]
    x = np.einsum("qk,ckd->cqd", weights, nodes, optimize=True).reshape(-1, geometry.dim)
    function.x.array[space.dofmap.list[chosen].ravel()] = values(to_space(x, domain))
    function.x.scatter_forward()


def values_at_quadrature_points(function: Any, like: Any) -> NDArray[np.float64]:
    """Return a function's values where the quadrature function `like` has its own, in its order."""
    mesh, space = function.function_space.mesh, like.function_space
    points = quadrature_points(like)
    expression = compile_expression(function, points, mesh.comm)
    index_map = mesh.topology.index_map(mesh.topology.dim)
    n_cells = int(index_map.size_local + index_map.num_ghosts)
    values = np.empty(len(like.x.array))
    found = expression.eval(mesh, np.arange(n_cells, dtype=np.int32))
    values[space.dofmap.list[:n_cells].ravel()] = np.asarray(found).ravel()
    return values


def to_space(x: NDArray[np.float64], domain: Domain) -> NDArray[np.float64]:
    """Return mesh coordinates as points in space [m], shape (n, 3)."""
    points = np.zeros((len(x), 3))
    if domain.symmetry == "axisymmetric":
        points[:, 0], points[:, 2] = x[:, 0], x[:, 1]
    else:
        points[:, : x.shape[1]] = x
    return points * domain.unit


def _n_local_cells(domain: Domain) -> int:
    index_map = domain.mesh.topology.index_map(domain.tdim)
    return int(index_map.size_local + index_map.num_ghosts)


def boundary_dofs(space: Any, domain: Domain, boundaries: Iterable[str]) -> NDArray[np.int32]:
    """Return the local dofs (ghosts included) on the named boundaries, found once for a mesh."""
    names = tuple(boundaries)

    def find() -> NDArray[np.int32]:
        facets = [domain.facets(name) for name in names]
        joined = np.unique(np.concatenate([*facets, np.empty(0, dtype=np.int32)])).astype(np.int32)
        dofs = fem.locate_dofs_topological(space, domain.tdim - 1, joined)
        found = np.array(dofs, dtype=np.int32)
        found.flags.writeable = False
        return found

    return np.asarray(domain.once(("dofs", space.ufl_element(), names), find))


def vector(space: Any) -> Any:
    """Return a zero PETSc vector with the ghosts of the space."""
    index_map, bs = space.dofmap.index_map, space.dofmap.index_map_bs
    ghosts = index_map.ghosts.astype(PETSc.IntType)
    size = (index_map.size_local * bs, index_map.size_global * bs)
    return PETSc.Vec().createGhost(ghosts, size=size, comm=space.mesh.comm)


def copy_to_function(x: Any, function: Any) -> None:
    """Copy a PETSc vector into a function and update its ghosts."""
    function.x.array[: x.local_size] = x.array_r
    function.x.scatter_forward()


def assemble_vector(b: Any, form: Any) -> None:
    """Assemble a linear form into `b`, contributions of other ranks added."""
    with b.localForm() as local:
        local.set(0.0)
    fem.petsc.assemble_vector(b, form)
    b.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)


def create_matrix(form: Any) -> Any:
    """Return a matrix with the sparsity of a bilinear form."""
    return fem.petsc.create_matrix(form)


def assemble_matrix(A: Any, form: Any, bcs: Any) -> None:
    """Assemble a bilinear form into `A`; rows and columns of `bcs` become those of the identity."""
    A.zeroEntries()
    fem.petsc.assemble_matrix(A, form, bcs)
    A.assemble()


def add_to_matrix(A: Any, form: Any) -> None:
    """Add a bilinear form to `A`, which is not yet ready for use then (`A.assemble`)."""
    fem.petsc.assemble_matrix(A, form, [])


def add_product(A: Any, function: Any, b: Any) -> None:
    """Add `A` times the values of a function to the vector `b`."""
    x = vector(function.function_space)
    x.array[:] = function.x.array[: x.local_size]
    A.multAdd(x, b, b)
    x.destroy()
