"""What second-order cells still miss of curved surfaces, told by how far they bend.

An edge of chord c and sagitta s is longer than its chord by δ = (8/3)(s/c)² of it. A parabola
through the middle of a circle's arc lies inside by 0.6 δ² of the radius in the mean, so that a
sphere lacks 1.2 δ² of its surface and 1.8 δ² of its volume.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain

_SPHERE = 3.0  # times δ²
_FLAT = 1e-9  # sagitta over chord that is rounding


def curved_misfit(domain: Domain) -> float:
    """Return the relative misfit of curved surfaces, 0 without any (collective).

    The mean is weighted by the bend: of a small ball in a large one the small one counts.
    """
    from dolfinx.mesh import entities_to_geometry

    mesh, tdim = domain.mesh, domain.tdim
    mesh.topology.create_connectivity(tdim - 1, tdim)
    facets = domain.outer_facets()
    sums = np.zeros(2)
    if len(facets):
        x = mesh.geometry.x[entities_to_geometry(mesh, tdim - 1, facets)]
        corners = tdim
        for place, (i, j) in enumerate(_edges(corners)):
            if x.shape[1] <= corners:
                break  # straight cells
            chord = x[:, j] - x[:, i]
            length = np.linalg.norm(chord, axis=1)
            sagitta = np.linalg.norm(x[:, corners + place] - (x[:, i] + x[:, j]) / 2, axis=1)
            bend = sagitta / length
            curved = bend > _FLAT
            delta = 8 / 3 * bend[curved] ** 2
            weight = length[curved] * delta**2
            sums += np.array([np.sum(weight * delta**2), np.sum(weight)])
    total = domain.comm.allreduce(sums)
    return float(_SPHERE * total[0] / total[1]) if total[1] else 0.0


def _edges(corners: int) -> list[tuple[int, int]]:
    """Return the corners of the edges of a facet in the order of their middle nodes."""
    if corners == 2:
        return [(0, 1)]
    return list(reversed(list(itertools.combinations(range(corners), 2))))
