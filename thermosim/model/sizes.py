"""Cell sizes that another mesh prescribes: what an error estimate asks for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS = 200
_SAME = 1e-9  # part of the extent


@dataclass(frozen=True)
class SizeMap:
    """Sizes of cells [m] at the corners of simplices, linear between them.

    Attributes
    ----------
    points : shape (n, gdim) [m]
    cells : shape (m, d+1), corners of each simplex
    sizes : shape (n,) [m]
    """

    points: NDArray[np.float64]
    cells: NDArray[np.int64]
    sizes: NDArray[np.float64]

    @staticmethod
    def of_cells(corners: NDArray[np.float64], sizes: NDArray[np.float64]) -> SizeMap:
        """Return the map from cells with one size each: a corner gets the least of those around.

        `corners` has shape (m, d+1, gdim) [m], `sizes` (m,) [m]. Order and rounding of the cells
        do not matter: the same cells from any number of ranks give the same map.
        """
        count, n_corners, gdim = corners.shape
        flat = corners.reshape(-1, gdim)
        step = _SAME * float(np.ptp(flat, axis=0).max())
        keys = np.round(flat / step).astype(np.int64)
        _, first, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        cells = np.sort(index.reshape(count, n_corners), axis=1)
        order = np.lexsort(cells.T[::-1])
        least = np.full(len(first), np.inf)
        np.minimum.at(least, cells.ravel(), np.repeat(sizes, n_corners))
        return SizeMap(flat[first], cells[order].astype(np.int64), least)

    def graded(self, growth: float) -> SizeMap:
        """Return the map with sizes that grow by no more than `growth` per distance."""
        pairs = [self.cells[:, list(p)] for p in combinations(range(self.cells.shape[1]), 2)]
        edges = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
        rise = growth * np.linalg.norm(self.points[edges[:, 0]] - self.points[edges[:, 1]], axis=1)
        sizes = self.sizes.copy()
        for _ in range(_STEPS):
            before = sizes.copy()
            for a, b in ((0, 1), (1, 0)):
                np.minimum.at(sizes, edges[:, a], before[edges[:, b]] + rise)
            if np.array_equal(sizes, before):
                break
        return replace(self, sizes=sizes)

    def cell_count(self) -> float:
        """Estimate how many cells a mesh of these sizes has: ∫ (regular cells per volume)."""
        spokes = self.points[self.cells[:, 1:]] - self.points[self.cells[:, :1]]
        dim = spokes.shape[1]
        sizes = self.sizes[self.cells].mean(axis=1)
        if dim == 2:
            area = np.abs(np.linalg.det(spokes)) / 2
            return float((area / (np.sqrt(3) / 4 * sizes**2)).sum())
        volume = np.abs(np.linalg.det(spokes)) / 6
        return float((volume / (sizes**3 / (6 * np.sqrt(2)))).sum())

    def digest(self) -> str:
        """Return a hash of the map."""
        found = hashlib.sha256()
        for array in (self.points, self.cells, self.sizes):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()
