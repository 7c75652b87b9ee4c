"""Fields of a space as values by mesh node, whatever the number of ranks: for checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import StorageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class StateMap:
    """Takes fields of one space to keys and back (collective)."""

    def __init__(self, space: Any) -> None:
        self.space, self.comm = space, space.mesh.comm
        self._table = _nodes_of_cells(space)
        n_cells, self._width = self._table.shape
        self._origin = np.asarray(space.mesh.topology.original_cell_index[:n_cells], np.int64)

    def gather(self, function: Any) -> NodalValues | None:
        """Return the field on rank 0, None elsewhere."""
        n_owned = self.space.dofmap.index_map.size_local
        flat = self._table.ravel()
        nodes, first = np.unique(flat, return_index=True)
        owned = nodes < n_owned
        nodes, first = nodes[owned], first[owned]
        keys = self._origin[first // self._width] * self._width + first % self._width
        found = self.comm.gather((keys, function.x.array[nodes]), root=0)
        if found is None:
            return None
        keys, values = (np.concatenate([pair[i] for pair in found]) for i in (0, 1))
        order = np.argsort(keys)
        return NodalValues(keys[order], values[order])

    def scatter(self, state: NodalValues | None, function: Any) -> None:
        """Set the field from what rank 0 holds.

        Raises
        ------
        StorageError
            If the field has not one value for each node of the space.
        """
        from dolfinx.la import InsertMode

        state = self.comm.bcast(state, root=0)
        assert state is not None
        index_map = self.space.dofmap.index_map
        cell_of = np.full(int(self.comm.allreduce(len(self._origin))), -1, dtype=np.int64)
        cell_of[self._origin] = np.arange(len(self._origin))
        cells = state.keys // self._width
        right = len(state.keys) == index_map.size_global and cells.max(initial=0) < len(cell_of)
        if not right:
            raise StorageError("the checkpoint belongs to another mesh or degree")
        at = cell_of[cells]
        here = at >= 0
        nodes = self._table[at[here], (state.keys % self._width)[here]]
        function.x.array[:] = 0.0
        function.x.array[nodes] = state.values[here]
        # a node is named once, by one cell: every other rank adds nothing
        function.x.scatter_reverse(InsertMode.add)
        function.x.scatter_forward()


@dataclass(frozen=True)
class NodalValues:
    """A field by keys that hold on any partition."""

    keys: NDArray[np.int64]
    values: NDArray[np.float64]


def _nodes_of_cells(space: Any) -> NDArray[np.int64]:
    """Return the dofs of each local cell in the order of its reference nodes, shape (n, width).

    From degree 3 on the dofmap turns edges by numbers that depend on the partition; the values of
    a field at the reference nodes do not, so a field that holds its own numbering is asked.
    """
    from dolfinx import fem

    mesh, degree = space.mesh, space.element.basix_element.degree
    index_map = mesh.topology.index_map(mesh.topology.dim)
    n_cells = index_map.size_local
    numbers = fem.Function(space)
    numbers.x.array[:] = np.arange(len(numbers.x.array), dtype=float)
    broken = fem.Function(fem.functionspace(mesh, ("Discontinuous Lagrange", degree)))
    broken.interpolate(numbers)
    table = broken.x.array[broken.function_space.dofmap.list[:n_cells]]
    return np.asarray(np.rint(table), dtype=np.int64)
