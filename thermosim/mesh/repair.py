"""Curved cells that fold over: straightened where they do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from thermosim.fem.data import EDGES
from thermosim.mesh.measure import scaled_jacobians, shape_qualities

if TYPE_CHECKING:
    from thermosim.fem.data import MeshData

_ROUNDS = 10
_FLAT = 1e-9  # shape quality of a cell without content, which stays so


def straightened(mesh: MeshData, threshold: float) -> tuple[MeshData, int]:
    """Return the mesh with the edges straight of cells below a scaled Jacobian, and their number.

    An edge is straight for all cells around it, so that a neighbour may need it too.
    """
    if mesh.order == 1 or shape_qualities(mesh).min() <= _FLAT:
        return mesh, 0
    points = mesh.points.copy()
    mended = replace(mesh, points=points)
    done = np.zeros(len(mesh.cells), dtype=bool)
    for _ in range(_ROUNDS):
        bad = (scaled_jacobians(mended) < threshold) & ~done
        if not bad.any():
            break
        done |= bad
        cells = mesh.cells[bad]
        for k, (i, j) in enumerate(EDGES[mesh.tdim]):
            points[cells[:, mesh.tdim + 1 + k]] = (points[cells[:, i]] + points[cells[:, j]]) / 2
    return mended, int(done.sum())
