"""The cells of one region as plain arrays in one order, whatever the number of ranks.

Power is put into cells on one rank, over all cells in the order of the mesh file, so that the
result does not depend on how the mesh is shared out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem
from numpy.typing import NDArray

from thermosim.fem import symbols
from thermosim.fem.domain import compile_form, geometry_dofmap
from thermosim.fem.spaces import per_cell

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_CHUNK = 200_000
_KEPT = 2_000_000  # points whose volumes are kept with the mesh
_FEW = 100_000  # cells that are kept with the mesh
_MANY, _MOST_STEPS = 64, 100
_STUCK = 2000  # points whose near cells are compared at one time
_INSIDE, _OUTSIDE = -1e-9, -0.2
_STARTS = {2: 256, 3: 48}  # boxes along each axis


@dataclass(frozen=True)
class Cells:
    """All cells of a region; lengths in m.

    Attributes
    ----------
    names
        Place of each cell in the mesh file, increasing, shape (n,).
    corners
        Shape (n, d + 1, d): (r, z), or (x, y, z).
    volumes
        Of the part of the body that each stands for (ring, or four copies), shape (n,) [m³].
    symmetry
        Of the domain.
    """

    names: Integers
    corners: Floats
    volumes: Floats
    symmetry: str

    @property
    def centres(self) -> Floats:
        """Centres, shape (n, d)."""
        return np.asarray(self.corners.mean(axis=1))

    def folded(self, points: Floats) -> Floats:
        """Return points in space, shape (n, 3), as points of the mesh, shape (n, d)."""
        if self.symmetry == "axisymmetric":
            return np.column_stack([np.hypot(points[:, 0], points[:, 1]), points[:, 2]])
        if self.symmetry == "quarter":
            return np.column_stack([np.abs(points[:, :2]), points[:, 2]])
        return points

    def locator(self) -> Callable[[Floats], Integers]:
        """Return what finds the cells of points in space, shape (n, 3); the nearest if outside."""
        return lambda points: self._finder(self.folded(points))

    @cached_property
    def _finder(self) -> _Locator:
        """What `locator` asks: made once, since light is put into the same cells many times."""
        return _Locator(self.corners)


class _Locator:
    """Finds simplices by a walk from the nearest centre; edges are taken straight."""

    def __init__(self, corners: Floats) -> None:
        from scipy.spatial import KDTree

        self.origin = corners[:, 0]
        edges = np.swapaxes(corners[:, 1:] - corners[:, :1], 1, 2)
        self.inverse = np.linalg.inv(edges)
        self.tree = KDTree(corners.mean(axis=1))
        self.neighbours = np.ascontiguousarray(neighbours(corners).T)
        self.low, self.count = corners.min(axis=(0, 1)), _STARTS[corners.shape[2]]
        self.step = (corners.max(axis=(0, 1)) - self.low) / self.count
        boxes = np.indices((self.count,) * corners.shape[2]).reshape(corners.shape[2], -1).T
        self.starts = np.asarray(self.tree.query(self.low + (boxes + 0.5) * self.step)[1])

    def _start(self, points: Floats) -> Integers:
        """Return the cell nearest to the middle of the box of a lattice that each point is in."""
        box = np.clip(((points - self.low) / self.step).astype(np.int64), 0, self.count - 1)
        return np.array(
            self.starts[np.ravel_multi_index(tuple(box.T), (self.count,) * box.shape[1])]
        )

    def __call__(self, points: Floats) -> Integers:
        found = np.empty(len(points), np.int64)
        for start in range(0, len(points), _CHUNK):
            part = slice(start, start + _CHUNK)
            found[part] = self._walk(points[part])
        return found

    def _walk(self, points: Floats) -> Integers:
        """Step across the face that a point is furthest behind, until there is none."""
        cell = self._start(points)
        open_: Integers = np.arange(len(points))
        depth = np.zeros(len(points))
        for _ in range(_MOST_STEPS):
            here = cell[open_]
            share = self._shares(here, points[open_])
            depth[open_] = share.min(axis=0)
            behind = self.neighbours[:, here]
            share[behind < 0] = np.inf  # a face without neighbour is no way on
            face, least = _lowest(share)
            go = np.flatnonzero(least < _INSIDE)
            open_ = open_[go]
            if not len(open_):
                break
            cell[open_] = behind[face[go], go]
        stuck = np.union1d(np.flatnonzero(depth < _OUTSIDE), open_)
        for start in range(0, len(stuck), _STUCK):
            part = stuck[start : start + _STUCK]
            cell[part] = self._best(points[part])
        return cell

    def _shares(self, cell: Integers, points: Floats) -> Floats:
        """Return the barycentric coordinates of points in cells, both of any shape: (d + 1, …)."""
        share = np.empty((1 + self.origin.shape[1], *cell.shape))  # the least of rows is soon found
        apart = points - self.origin[cell]
        np.einsum("...ij,...j->i...", self.inverse[cell], apart, out=share[1:])
        share[0] = 1.0 - share[1:].sum(axis=0)
        return share

    def _best(self, points: Floats) -> Integers:
        """Return the most suitable of many near cells: where a body is not convex."""
        count = min(_MANY, len(self.origin))
        near = np.asarray(self.tree.query(points, k=count)[1]).reshape(len(points), count)
        best = self._shares(near, points[:, None]).min(axis=0).argmax(axis=1)
        return np.asarray(near[np.arange(len(points)), best], np.int64)


def _lowest(share: Floats) -> tuple[Integers, Floats]:
    """Return the first row with the least number of each column, and that number."""
    row, least = np.zeros(share.shape[1], np.int64), share[0].copy()
    for k, other in enumerate(share[1:], start=1):
        row[other < least] = k
        np.minimum(least, other, out=least)
    return row, least


def neighbours(corners: Floats) -> Integers:
    """Return the cell behind the face opposite each corner, -1 if none; shape (n, d + 1).

    Cells are neighbours if they share the positions of d corners; ``corners`` (n, d + 1, d).
    """
    count, n_corners, dim = corners.shape
    _, node = np.unique(corners.reshape(-1, dim), axis=0, return_inverse=True)
    node = node.reshape(count, n_corners)
    faces = [np.sort(np.delete(node, i, axis=1), axis=1) for i in range(n_corners)]
    _, face = np.unique(np.concatenate(faces), axis=0, return_inverse=True)
    face = face.ravel()
    order = np.argsort(face, kind="stable")
    pair = np.flatnonzero(face[order][1:] == face[order][:-1])
    one, other = order[pair], order[pair + 1]
    found = np.full(n_corners * count, -1)
    found[one], found[other] = other % count, one % count
    return np.asarray(found.reshape(n_corners, count).T, np.int64)


def cell_volumes(domain: Domain) -> Floats:
    """Return the volume that each local cell stands for, ghosts included [m³] (collective)."""

    def measured() -> Floats:
        found = per_cell(domain)
        v = symbols.test_function(found.function_space)
        found.x.array[:] = fem.assemble_vector(compile_form(domain.weight * v * domain.dx())).array
        found.x.scatter_forward()
        volumes = np.asarray(found.x.array.real) * domain.volume_scale
        volumes.flags.writeable = False
        return volumes

    known: Floats = domain.once("cell volumes", measured)
    return known


def point_volumes(space: Any, domain: Domain, region: str, degree: int | None) -> Floats:
    """Return the volume that each point stands for at which a light is known [m³] (collective).

    Parameters
    ----------
    space
        Of the light: one value for each point of the rule of `degree`, or (None) for each cell.
        Points of ghost cells, and of cells outside the region, have none.
    """
    key = "point volumes", region, degree
    known: Floats | None = domain.kept.get(key)
    if known is None:
        v = symbols.test_function(space)
        form = compile_form(domain.weight * v * domain.dx(region, degree))
        known = np.asarray(fem.assemble_vector(form).array.real) * domain.volume_scale
        known.flags.writeable = False
        if max(domain.comm.allgather(len(known))) <= _KEPT:  # by all ranks or none
            domain.kept[key] = known
    return known


def gather_cells(domain: Domain, region: str) -> Cells | None:
    """Return the cells of a region on rank 0 and None elsewhere (collective).

    Few of them are kept with the mesh, and with them what finds points in them: light that follows
    the temperature is put into the same cells many times.
    """
    place = ("gathered cells", region)
    if place not in domain.kept:
        found = _gathered(domain, region)
        if domain.comm.bcast(len(found.names) if found is not None else 0, root=0) > _FEW:
            return found
        domain.kept[place] = found
    known: Cells | None = domain.kept[place]
    return known


def _gathered(domain: Domain, region: str) -> Cells | None:
    n_own = domain.mesh.topology.index_map(domain.tdim).size_local
    local = domain.cells(region)
    local = local[local < n_own]
    nodes = geometry_dofmap(domain.mesh)[local][:, : domain.tdim + 1]
    corners = domain.mesh.geometry.x[nodes][:, :, : domain.mesh.geometry.dim] * domain.unit
    names = domain.mesh.topology.original_cell_index[local]
    parts = domain.comm.gather((names, corners, cell_volumes(domain)[local]), root=0)
    if parts is None:
        return None
    names, corners, volumes = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.argsort(names)
    # corners too: which node of a cell comes first depends on the number of ranks
    corners = corners[order]
    for axis in reversed(range(corners.shape[2])):
        rank = np.argsort(corners[:, :, axis], axis=1, kind="stable")
        corners = np.take_along_axis(corners, rank[:, :, None], axis=1)
    return Cells(names[order].astype(np.int64), corners, volumes[order], domain.symmetry)


def set_by_cell(
    function: Any, domain: Domain, cells: Cells | None, values: Floats | None, *, add: bool = False
) -> None:
    """Set a piecewise constant function from values that rank 0 holds, or add them (collective)."""
    names, values = domain.comm.bcast((cells.names, values) if cells is not None else None, root=0)
    own = np.asarray(domain.mesh.topology.original_cell_index)
    place = np.minimum(np.searchsorted(names, own), len(names) - 1)
    kept = function.x.array.copy() if add else 0.0
    function.x.array[:] = kept + np.where(names[place] == own, values[place], 0.0)
    function.x.scatter_forward()


def grouped_density(amount: Floats, volumes: Floats, group: Integers) -> Floats:
    """Return amount per volume of each cell, shared evenly within groups; all of shape (n,).

    The sum of density times volume is the sum of the amounts.
    """
    _, member = np.unique(group, return_inverse=True)
    total, size = np.bincount(member, amount), np.bincount(member, volumes)
    return np.asarray((total / size)[member])


def lattice_groups(centres: Floats, size: float) -> Integers:
    """Return the number of the box of edge ``size`` [m] that each centre, shape (n, d), is in."""
    box = np.floor(centres / size).astype(np.int64)
    box -= box.min(axis=0)
    return np.asarray(np.ravel_multi_index(tuple(box.T), tuple(box.max(axis=0) + 1)))


def ring_groups(centres: Floats, size: float, per_decade: float = 8.0) -> Integers:
    """Return the ring of each centre: some per decade of distance from the axis and of depth.

    Both are counted from ``size`` [m]; what is closer is one. Shape (n, d) to (n,).
    """
    r = centres[:, 0] if centres.shape[1] == 2 else np.hypot(centres[:, 0], centres[:, 1])
    away = [np.maximum(d / size, 1.0) for d in (r, -centres[:, -1])]
    steps = [np.floor(per_decade * np.log10(d)) for d in away]
    across, down = (step.astype(np.int64) for step in steps)
    return np.asarray(across * (down.max() + 1) + down)
