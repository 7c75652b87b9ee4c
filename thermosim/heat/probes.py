"""The temperature at a point, on whichever rank holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import geometry

from thermosim.errors import CaseError
from thermosim.fem.domain import geometry_dofmap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.heat.state import State
    from thermosim.schedule.settings import Probe

_NEAR = 1e-3  # part of the mesh's size by which a point may miss straight-sided cells


class PointProbe:
    """θ at one point [m] of the mesh.

    Raises
    ------
    CaseError
        If no cell is there.
    """

    def __init__(
        self,
        state: State,
        name: str,
        probe: Probe,
        section: str = "probes",
    ) -> None:
        assert probe.point is not None
        self._theta, self._comm = state.theta, state.domain.comm
        self._x = _on_mesh(probe.point, state.domain)
        self._cell, distance, number = self._nearest(state.domain, probe.region)
        size = _size(state.domain)
        # of cells equally near the one that comes first in the mesh as it was built
        found = self._comm.allgather((round(distance / size, 12), number, distance))
        self._owner = min(range(len(found)), key=lambda rank: found[rank][:2])
        distance = found[self._owner][2]
        if distance > _NEAR * size:
            where = f' in region "{probe.region}"' if probe.region else ""
            raise CaseError(
                f"{section}.{name}: {[float(x) for x in probe.point]} m lies outside the "
                f"mesh{where}; the nearest cell is {distance * state.domain.unit:.3g} m "
                "away"
            )
        if self._comm.rank == self._owner:
            self._x = _nearest_point(state.domain.mesh, self._cell, self._x)

    def _nearest(self, domain: Domain, region: str | None) -> tuple[int, float, int]:
        """Return the nearest cell of this rank, its distance in units of the mesh, its number."""
        mesh = domain.mesh
        owned = mesh.topology.index_map(domain.tdim).size_local
        cells = np.arange(owned, dtype=np.int32) if region is None else domain.cells(region)
        cells = cells[cells < owned]
        if not len(cells):
            return -1, np.inf, -1
        # the corners alone do not tell which cell a point is in: measure to each candidate
        near = _candidates(mesh, cells, self._x)
        points = np.repeat(self._x[None, :], len(near), axis=0)
        gaps = np.sqrt(geometry.squared_distance(mesh, domain.tdim, near, points))
        numbers = np.asarray(mesh.topology.original_cell_index)[near]
        first = np.lexsort((numbers, np.round(gaps / _extent(mesh), 12)))[0]
        return int(near[first]), float(gaps[first]), int(numbers[first])

    def place(self) -> tuple[int, NDArray[np.float64], bool]:
        """Return the cell, the point in units of the mesh, and whether this rank holds them."""
        return self._cell, self._x, self._comm.rank == self._owner

    def value(self) -> float:
        """Return θ [K] (collective)."""
        found = 0.0
        if self._comm.rank == self._owner:
            cells = np.array([self._cell], dtype=np.int32)
            found = float(self._theta.eval(self._x[None, :], cells).ravel()[0])
        return float(self._comm.bcast(found, root=self._owner))


def _candidates(mesh: Any, cells: NDArray[np.int32], x: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the cells whose bounding boxes are nearest to the point."""
    nodes = mesh.geometry.x[geometry_dofmap(mesh)[cells]]
    low, high = nodes.min(axis=1), nodes.max(axis=1)
    gap = np.linalg.norm(np.maximum(np.maximum(low - x, x - high), 0.0), axis=1)
    size = np.linalg.norm(high - low, axis=1)
    return np.asarray(cells[gap <= gap.min() + 0.1 * size], dtype=np.int32)


def _nearest_point(mesh: Any, cell: int, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the point of a cell (the hull of its nodes) that is nearest to x."""
    nodes = mesh.geometry.x[geometry_dofmap(mesh)[cell]]
    apart = geometry.compute_distance_gjk(nodes, x[None, :])
    candidates = (x + apart, x - apart)  # the sign of the distance vector is the library's
    gaps = [np.linalg.norm(geometry.compute_distance_gjk(nodes, c[None, :])) for c in candidates]
    return np.asarray(candidates[int(np.argmin(gaps))], dtype=float)


def _extent(mesh: Any) -> float:
    """Return the largest side of the box around this rank's part of the mesh."""
    return float(np.ptp(mesh.geometry.x, axis=0).max())


def _on_mesh(point: tuple[float, ...], domain: Domain) -> NDArray[np.float64]:
    """Return a point in space [m] as coordinates of the mesh, shape (3,)."""
    x = np.zeros(3)
    if domain.symmetry == "axisymmetric":
        x[0] = np.hypot(point[0], point[1]) if len(point) == 3 else abs(point[0])
        x[1] = point[-1]
    else:
        x[: len(point)] = point
        if domain.symmetry == "quarter":
            x[:2] = np.abs(x[:2])
    return np.asarray(x / domain.unit, dtype=float)


def _size(domain: Domain) -> float:
    spread = _extent(domain.mesh) if len(domain.mesh.geometry.x) else 0.0
    return float(max(domain.comm.allgather(spread)))
