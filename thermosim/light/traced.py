"""Rays put into the cells of a mesh, and what other samples of the rays would have put there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.light.cells import grouped_density, lattice_groups, ring_groups
from thermosim.light.ground import heat_of_rays, top_index
from thermosim.optics.model import RayOptics, trace_body
from thermosim.optics.rays_launch import REPLICAS
from thermosim.optics.rays_segments import deposit_on_cells

if TYPE_CHECKING:
    from thermosim.light.cells import Cells, Floats
    from thermosim.light.ground import LayerCells
    from thermosim.light.outline import Outline
    from thermosim.model.model import Ground, Light
    from thermosim.optics.rays import Ledger

    Put = tuple[Floats, dict[str, Floats]]
    """Intensity by cell [W/m²], and power density [W/m³] by cell of each layer that absorbs."""

_SCATTER = 2.5 * math.sqrt(1.0 - 1.0 / REPLICAS)  # 96 % of Student's t, of rays left out in turn
_DROPPED = 2.0  # safety of what dropped rays would have left
_BARELY = 0.01  # of the light, that may be dropped untold
_PER_DECADE = 8.0  # rings in a layer


@dataclass(frozen=True)
class Traced:
    """Light of rays on a mesh.

    Attributes
    ----------
    put : the light
    ledger : where the power went
    others : other light, by the share of its difference that is the error: sets of it differ by
        chance, each with one set of the rays left out; cells share it more widely; with what was
        in rays that were dropped
    """

    put: Put
    ledger: Ledger
    others: list[tuple[float, list[Put]]]


def traced_into(
    light: Light,
    outline: Outline,
    alpha: tuple[float, float],
    ground: tuple[Ground, ...],
    body: Cells | None,
    layers: LayerCells,
) -> Traced:
    """Return the light of rays, on the rank that has all cells.

    `alpha` are the absorption coefficients of dots and of all that only heats [1/m]; of the
    `ground` the layers that absorb have cells.
    """
    optics, laser, n = light.optics, light.laser, light.index
    assert isinstance(optics, RayOptics)
    assert body is not None
    # what the gain itself calls background heats like the host
    host = optics.model_copy(update={"host_absorption": alpha[1]})
    found = trace_body(host, laser, outline.surface(), n, alpha[0], top_index(light.ground))
    size = optics.finest(laser.wavelength, n, outline.size)
    amount, _ = deposit_on_cells(
        found.segments, body.locator(), len(body.names), 0.5 * size, scattered=True, sets=REPLICAS
    )
    heated = heat_of_rays(ground, laser.wavelength, found.landings, layers)
    inside, below_it = amount.sum(axis=0), {name: a.sum(axis=0) for name, a in heated.items()}
    put = _shared(inside, below_it, body, layers, size, _PER_DECADE)
    rest = REPLICAS / (REPLICAS - 1.0)
    without = [
        _shared(
            rest * (inside - amount[k]),
            {name: rest * (below_it[name] - a[k]) for name, a in heated.items()},
            body, layers, size, _PER_DECADE,
        )
        for k in range(REPLICAS)
    ]  # fmt: skip
    cell = float(np.ptp(body.corners, axis=1).max(axis=1).mean())
    wide = _shared(inside, below_it, body, layers, 2.0 * max(size, cell), _PER_DECADE / 2.0)
    others = [(_SCATTER, without), (1.0, [wide])]
    if found.missed > 0.0 and found.ledger.absorbed > 0.0:
        more = 1.0 + found.missed / found.ledger.absorbed
        others.append((_DROPPED, [(more * put[0], put[1])]))
    return Traced(put, found.ledger, others)


def _shared(
    inside: Floats,
    heated: dict[str, Floats],
    body: Cells,
    layers: LayerCells,
    size: float,
    per_decade: float,
) -> Put:
    """Return densities; cells closer than `size` [m] share theirs, around the axis whole rings."""
    found = {}
    for name, power in heated.items():
        layer = layers[name]
        assert layer is not None
        rings = ring_groups(layer.centres, size, per_decade)
        found[name] = grouped_density(power, layer.volumes, rings)
    return grouped_density(inside, body.volumes, lattice_groups(body.centres, size)), found
