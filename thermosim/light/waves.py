"""Light with fringes on a mesh of heat: which points take it, and whether cells show it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.spaces import quadrature_function

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

    Floats = NDArray[np.float64]
_LARGEST_DEGREE = {2: 30, 3: 14}
_COARSE = 4.0


def largest_cell(domain: Domain, region: str) -> float:
    """Return the longest diameter of a cell of a region [m] (collective)."""
    cells = domain.cells(region)
    found = domain.mesh.h(domain.tdim, cells) if len(cells) else np.zeros(1)
    return float(max(domain.comm.allgather(float(found.max())))) * domain.unit


def points_for_waves(
    domain: Domain, region: str, wave: float, asked: int | None, degree: int
) -> tuple[Any, int, list[str]]:
    """Return a function at points that resolve standing waves of ``wave = λ/n`` [m] in a region.

    With the degree of its rule, up to a limit or as `asked`, and what a reader must know
    (collective). `degree` is that of smooth sources.
    """
    size, notes = largest_cell(domain, region), []
    if size > wave / _COARSE:
        notes.append(
            f"WARNING: cells of the {region} are up to {size * 1e9:.0f} nm large, above "
            f"λ/(4n) = {wave / _COARSE * 1e9:.0f} nm: the light is integrated, but temperatures "
            "and field files do not show its fringes; raise mesh.cells_per_radius to see them"
        )
    # |E|² oscillates with λ/(2n); a rule of degree d has about d/2 points along a cell
    wanted = degree + math.ceil(2.0 * math.pi * size / wave)
    rule = asked or min(wanted, _LARGEST_DEGREE[domain.tdim])
    return quadrature_function(domain, rule), rule, notes
