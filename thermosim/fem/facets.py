"""Facets of a mesh: those with names, those at its outside, those between two ranks.

DOLFINx learns which facets lie between two ranks only where it makes the facets itself. A topology
that was handed its facets takes those for the outside of the body: ask here in place of
`dolfinx.mesh.exterior_facet_indices`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.library import dolfinx

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int32]


def tag_facets(mesh: Any, places: NDArray[Any], values: Places) -> Any:
    """Return tags of facets, and create facets and what connects them with cells (collective).

    Place c (d+1) + i is the local facet i of cell c, which lies opposite its vertex i.
    """
    tdim = mesh.topology.dim
    mesh.topology.create_entities(tdim - 1)
    mesh.topology.create_connectivity(tdim - 1, tdim)
    facets = mesh.topology.connectivity(tdim, tdim - 1).array
    entities, first = np.unique(facets[places], return_index=True)
    return dolfinx.mesh.meshtags(mesh, tdim - 1, entities.astype(np.int32), values[first])


def between_ranks(topology: Any) -> Places:
    """Return the local facets (ghosts included) between two ranks, which DOLFINx has made."""
    found = getattr(topology, "_cpp_object", topology).interprocess_facets
    return np.array(found() if callable(found) else found, dtype=np.int32)


def outer(topology: Any, between: Places | None) -> Places:
    """Return the own facets at the outside of the mesh, in order.

    Those `between` two ranks, where the facets were handed to the topology; else None.
    """
    if between is None:
        return np.asarray(dolfinx.mesh.exterior_facet_indices(topology))
    alone = np.diff(topology.connectivity(topology.dim - 1, topology.dim).offsets) == 1
    alone[between] = False
    return np.flatnonzero(alone[: topology.index_map(topology.dim - 1).size_local]).astype(np.int32)


def seen_from_cells(topology: Any, facets: Places) -> Places:
    """Return, for facets of one cell each, this cell and the facet's place in it, in turn."""
    tdim = topology.dim
    links = topology.connectivity(tdim - 1, tdim)
    cells = links.array[links.offsets[facets]]
    own = topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)[cells]
    places = np.argmax(own == facets[:, None], axis=1)
    return np.column_stack([cells, places]).astype(np.int32).ravel()


def seen_from_region(topology: Any, cells: Places, facets: Places) -> Places:
    """Return own `cells` with some of these facets, each with the facet's place, in turn."""
    cells = cells[cells < topology.index_map(topology.dim).size_local]
    table = topology.connectivity(topology.dim, topology.dim - 1).array
    rows, places = np.nonzero(np.isin(table.reshape(-1, topology.dim + 1)[cells], facets))
    return np.column_stack([cells[rows], places]).astype(np.int32).ravel()
