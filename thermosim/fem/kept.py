"""Distributed meshes kept between runs: from a `Domain` to arrays per rank and back.

How a DOLFINx mesh is put together from its arrays differs between versions, and is met here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem import domain as fem  # first: it hides numba while it imports DOLFINx

# isort: split
import dolfinx

from thermosim.fem import native
from thermosim.fem.domain import Domain
from thermosim.fem.facets import between_ranks, tag_facets
from thermosim.fem.parallel import on_root
from thermosim.fem.shares import facets_of, shares_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.data import MeshData

Report = dict[str, float]
Arrays = dict[str, "NDArray[Any]"]
LARGE = 20_000
"""Cells from which on a mesh is cut into shares here; fewer take DOLFINx a tenth of a second."""
_ORDER = 2  # of cells whose nodes are vertices and middles of edges alone
_NAMES = ("regions", "boundaries", "unit", "symmetry", "multiplicity", "exact", "mesh_hash")


def obtain(
    comm: Any, file: Path | None, build: Callable[[], tuple[MeshData, Report]], *, keep: bool = True
) -> tuple[Domain, Report]:
    """Return a distributed mesh and its quality report (collective).

    As an earlier run on as many ranks left it beside `file`; else built on one rank, distributed
    and left there (unless `keep` is False). With `file` None nothing is read or left.
    """
    entry = None
    if file is not None and can_assemble():
        entry = native.entry_of(file, comm.size, dolfinx.__version__)
        found = load(entry, comm)
        if found is not None:
            return found
    kept: list[MeshData] = []

    def make() -> Report:
        data, report = build()
        kept.append(data)
        return report

    report = on_root(comm, make, long=True)
    domain = distribute(kept.pop() if kept else None, comm)
    if keep and entry is not None:
        store(entry, domain, report)
    return domain, report


def distribute(data: MeshData | None, comm: Any) -> Domain:
    """Distribute a mesh that rank 0 holds (None elsewhere) over the ranks (collective).

    A large one in shares made here, several times faster than by `fem.distribute`.
    """
    large = data is not None and len(data.cells) >= LARGE and data.order <= _ORDER
    if not comm.bcast(large and can_assemble(), root=0):
        return fem.distribute(data, comm)
    made: list[Arrays] = []

    def cut() -> None:
        if data is not None:
            made.extend(shares_of(data, comm.size))

    on_root(comm, cut, long=True)
    names, order = comm.bcast((fem.names_of(data), data.order) if data is not None else None)
    return _put_together(_handed_out(made, comm), order, names, comm)


def _handed_out(shares: list[Arrays], comm: Any) -> Arrays:
    """Return the share of this rank; rank 0 holds all of them (collective)."""
    if comm.rank:
        return dict(comm.recv(source=0))
    for rank in range(1, comm.size):
        comm.send(shares[rank], dest=rank)
    return shares[0]


def _put_together(arrays: Arrays, order: int, names: dict[str, Any], comm: Any) -> Domain:
    """Return the mesh of these arrays and its tags (collective)."""
    if comm.size == 1 and _has_setters() and "facet_vertices" not in arrays:
        arrays = arrays | facets_of(arrays["cell_vertices"])
    mesh = _assemble(arrays, order, comm)
    cell_tags = fem.tag_cells(mesh, arrays["cell_tags"])
    facet_tags = tag_facets(mesh, arrays["facet_places"], arrays["facet_tags"])
    named = {key: names[key] for key in _NAMES}
    return Domain(mesh, cell_tags, facet_tags, **named, between=arrays.get("between_ranks"))


def load(entry: Path, comm: Any) -> tuple[Domain, Report] | None:
    """Return what an earlier run stored; None unless every rank finds its part (collective)."""
    part = native.read_part(entry, comm.rank, comm.size)
    stamps = set(comm.allgather(part.header["stamp"] if part else None))
    if part is None or None in stamps or len(stamps) > 1:
        return None
    if comm.rank == 0:
        native.touch(entry)
    domain = _put_together(part.arrays, part.header["order"], part.header, comm)
    return replace(domain, cached=True), part.header["report"]


def store(entry: Path, domain: Domain, report: Report) -> None:
    """Leave a mesh for later runs on as many ranks, unless it is tiny (collective).

    Does nothing where the files of any rank cannot be written.
    """
    comm = domain.comm
    if domain.mesh.topology.index_map(domain.tdim).size_global < native.SMALLEST:
        return
    aside = on_root(comm, lambda: native.begin(entry))
    if aside is None:
        return
    header = {key: getattr(domain, key) for key in _NAMES} | {
        "stamp": comm.bcast(uuid.uuid4().hex),
        "order": fem.coordinate_element(domain.mesh).degree,
        "report": report,
    }
    part = native.Part(header, _arrays(domain))
    written = all(comm.allgather(native.write_part(aside, comm.rank, comm.size, part)))
    if comm.rank == 0:
        native.publish(aside, entry) if written else native.discard(aside)
        native.prune(entry.parent)


def _arrays(domain: Domain) -> Arrays:
    """Return all that makes up this rank's part of a mesh and its tags."""
    mesh, tdim = domain.mesh, domain.tdim
    topology, geometry = mesh.topology, mesh.geometry
    facets = topology.connectivity(tdim, tdim - 1).array
    tags = np.zeros(facets.max(initial=-1) + 1, dtype=np.int32)
    tags[domain.facet_tags.indices] = domain.facet_tags.values
    places = np.flatnonzero(tags[facets]).astype(np.int32)
    vertices = topology.connectivity(tdim, 0).array.reshape(-1, tdim + 1)
    nodes = fem.geometry_dofmap(mesh)
    return {
        **_map_arrays("cell", topology.index_map(tdim)),
        **_map_arrays("vertex", topology.index_map(0)),
        **_map_arrays("node", geometry.index_map()),
        "cell_vertices": vertices,
        **({} if np.array_equal(vertices, nodes) else {"cell_nodes": nodes}),
        "points": geometry.x[:, : geometry.dim],
        "input_global_indices": geometry.input_global_indices,
        "original_cell_index": topology.original_cell_index,
        "cell_tags": domain.cell_tags.values,
        "facet_places": places,
        "facet_tags": tags[facets[places]],
        **_facet_arrays(topology, tdim, mesh.comm.size),
    }


def _facet_arrays(topology: Any, tdim: int, ranks: int) -> Arrays:
    """Return the facets, where a topology takes them as they are."""
    if not _has_setters():
        return {}
    return {
        **_map_arrays("facet", topology.index_map(tdim - 1)),
        "facet_vertices": topology.connectivity(tdim - 1, 0).array.reshape(-1, tdim),
        "cell_facets": topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1),
        **({"between_ranks": between_ranks(topology)} if ranks > 1 else {}),
    }


def _map_arrays(name: str, index_map: Any) -> Arrays:
    return {
        f"{name}_size": np.array(index_map.size_local),
        f"{name}_ghosts": index_map.ghosts,
        f"{name}_owners": index_map.owners,
    }


def _index_map(name: str, arrays: Arrays, comm: Any) -> Any:
    """Return an index map (collective)."""
    owners = arrays[f"{name}_owners"]
    sources = np.unique(owners).astype(np.int32)
    wants = np.isin(np.arange(comm.size), sources).tolist()
    readers = np.flatnonzero(comm.alltoall(wants)).astype(np.int32)
    size, ghosts = int(arrays[f"{name}_size"]), arrays[f"{name}_ghosts"]
    return dolfinx.cpp.common.IndexMap(comm, size, [sources, readers], ghosts, owners)


def _assemble(arrays: Arrays, order: int, comm: Any) -> Any:
    """Return the mesh that is made up of these arrays (collective)."""
    gdim = arrays["points"].shape[1]
    tdim = arrays["cell_vertices"].shape[1] - 1
    domain = fem.coordinate_domain(tdim, gdim, order)
    element = dolfinx.fem.coordinate_element(domain.ufl_coordinate_element().basix_element)
    geometry = dolfinx.cpp.mesh.Geometry_float64(
        _index_map("node", arrays, comm),
        arrays.get("cell_nodes", arrays["cell_vertices"]),
        element._cpp_object,
        arrays["points"],
        arrays["input_global_indices"],
    )
    topology = _topology(arrays, tdim, comm)
    mesh = dolfinx.cpp.mesh.Mesh_float64(comm, topology, geometry)
    return dolfinx.mesh.Mesh(mesh, domain)


def can_assemble() -> bool:
    """Whether this DOLFINx lets a topology be made from its maps."""
    topology = dolfinx.cpp.mesh.Topology
    return _has_setters() or "vertex_map" in (topology.__init__.__doc__ or "")


def _has_setters() -> bool:
    return hasattr(dolfinx.cpp.mesh.Topology, "set_connectivity")


def _topology(arrays: Arrays, tdim: int, comm: Any) -> Any:
    cell_type = dolfinx.mesh.CellType[{2: "triangle", 3: "tetrahedron"}[tdim]]
    cell_map, vertex_map = (_index_map(name, arrays, comm) for name in ("cell", "vertex"))
    cells = dolfinx.cpp.graph.AdjacencyList_int32(arrays["cell_vertices"])
    origin = arrays["original_cell_index"]
    if not _has_setters():  # 0.10 and later
        return dolfinx.cpp.mesh.Topology(cell_type, vertex_map, cell_map, cells, origin)
    # 0.9: only create_topology sets the original cells; made of no cells, it is filled afterwards
    topology = dolfinx.cpp.mesh.create_topology(
        comm, [cell_type], [[]], [origin.tolist()], [[]], []
    )
    n_vertices = vertex_map.size_local + vertex_map.num_ghosts
    vertices = np.arange(n_vertices, dtype=np.int32)
    topology.set_index_map(0, vertex_map)
    topology.set_connectivity(dolfinx.cpp.graph.AdjacencyList_int32(vertices), 0, 0)
    topology.set_index_map(tdim, cell_map)
    topology.set_connectivity(cells, tdim, 0)
    if "facet_vertices" in arrays:
        facets, of_cells = arrays["facet_vertices"], arrays["cell_facets"]
        topology.set_index_map(tdim - 1, _index_map("facet", arrays, comm))
        topology.set_connectivity(dolfinx.cpp.graph.AdjacencyList_int32(facets), tdim - 1, 0)
        topology.set_connectivity(dolfinx.cpp.graph.AdjacencyList_int32(of_cells), tdim, tdim - 1)
    return topology
