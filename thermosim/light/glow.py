"""Emission of a body that falls on the layers under it: what of a watt each of them absorbs, where.

A rough convex body sends as much light down as up: half of what leaves its free surface meets an
endless plate, as evenly over all directions as from a point (each direction sees the same cross
section of a sphere). It falls as if it came from the middle of the body, which for a sphere of even
radiance is exact: ``h/(4π d³)`` per area at a distance d. What goes through the contact spreads by
the cosine law. What the layers send back is left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.parallel import on_root
from thermosim.fem.spaces import per_cell
from thermosim.light.cells import gather_cells, set_by_cell
from thermosim.light.ground import BeamHeat, Columns, Falling, absorption, face_points
from thermosim.model.heat import Glow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from thermosim.fem.domain import Domain
    from thermosim.gain.escape.methods import Escape
    from thermosim.light.cells import Floats
    from thermosim.light.ground import LayerCells, Layers
    from thermosim.model.model import Emitted, Light

_ANGLES = 96  # steps of the cosine of the angle of incidence
_PIECE = 0.2  # of the distance to the middle of the body: longest piece of a face
_LAMBERT = 12  # directions of the light that goes through the contact


def glow_heat(light: Light, domain: Domain, escape: Escape | None) -> BeamHeat | None:
    """Return what becomes of a watt that leaves the bodies, in the layers under them.

    None where none of them absorbs it (collective).
    """
    emitted = light.emitted
    ground = () if emitted is None else emitted.ground
    if emitted is None or not any(absorption(layer, emitted.wavelength) for layer in ground):
        return None
    cells = {layer.region: gather_cells(domain, layer.region) for layer in ground}
    through = 0.0 if escape is None or not escape.f_escape else escape.f_substrate / escape.f_escape
    contact = light.contact_radius
    return on_root(domain.comm, lambda: _Glow(emitted, ground, cells, contact, through).heat())


def glows_of(light: Any) -> tuple[Glow, ...]:
    """Return the emission that layers absorb, which heats them with the state of the dots.

    Collective.
    """
    if light.glow is None:
        return ()
    share = per_cell(light.domain)
    for region in light.glow.absorbed:
        cells = gather_cells(light.domain, region)
        set_by_cell(share, light.domain, cells, light.glow.density.get(region), add=True)
    return (Glow(light.region, light.source, share, tuple(light.glow.absorbed)),)


class _Glow(Falling):
    """A watt from the middle of the bodies, the share `through` of it by their contact."""

    def __init__(
        self, emitted: Emitted, ground: Layers, cells: LayerCells, contact: float, through: float
    ) -> None:
        super().__init__(ground, cells, emitted.wavelength)
        self.height, self.contact, self.through = emitted.height, contact, through
        self.places = np.asarray(emitted.places)

    def heat(self) -> BeamHeat:
        """Return the whole account."""
        if self.through:
            self._press()
        return super().heat()

    def columns(self, first: int) -> Iterator[Columns]:
        """Yield the light of each body on the pieces of a face, by angle of incidence."""
        layer = self.ground[first]
        points, area = face_points(self.cells_of(layer.region), layer.top, self._longest)
        free = self.uncovered(first, points)
        points, area = points[free], area[free]
        height = self.height - layer.top
        for place in self.places:
            across = points[:, :2] - place
            distance = np.sqrt((across**2).sum(axis=1) + height**2)
            cos = height / distance
            power = (1.0 - self.through) / len(self.places) * area * cos / (4 * np.pi * distance**2)
            step = np.minimum((cos * _ANGLES).astype(int), _ANGLES - 1)
            for i in np.unique(step):
                here = step == i
                aside = across[here] / distance[here, None]
                yield Columns(points[here], power[here], (i + 0.5) / _ANGLES, aside)

    def _longest(self, distance: Floats) -> Floats:
        """Return how long a piece of a face may be at a distance from the axis [m], (n,)."""
        outermost = float(np.hypot(*self.places.T).max())
        beyond = np.maximum(distance - outermost, 0.0)
        return np.asarray(_PIECE * np.hypot(beyond, self.height))

    def _press(self) -> None:
        """Put what goes through the contact into the layers, which it passes once."""
        nodes, weights = np.polynomial.legendre.leggauss(_LAMBERT)
        cosines, shares = 0.5 * (nodes + 1.0), 0.5 * (nodes + 1.0) * weights
        turns = 2 * np.pi * (np.arange(_LAMBERT) + 0.5) / _LAMBERT
        rim = 0.7 * self.contact * np.column_stack([np.cos(turns), np.sin(turns)])
        foot = (self.places[:, None, :] + rim).reshape(-1, 2)
        out = np.tile(np.column_stack([np.cos(turns), np.sin(turns)]), (len(self.places), 1))
        begin = np.column_stack([foot, np.full(len(foot), self.ground[0].top)])
        power = np.full(len(foot), self.through / len(foot))
        self.shares[0] += self.through
        for mu, share in zip(cosines, shares, strict=True):
            slope = self.slope(math.sqrt(1.0 - mu**2) * out)
            left, at = share * power, begin
            for layer in self.ground:
                rate = absorption(layer, self.wavelength) / mu
                gone = -math.expm1(-rate * layer.thickness)
                if gone:
                    self.deposit(layer, _quantiles(rate, gone), at, slope, left)
                left, at = left * (1.0 - gone), at + layer.step * slope
            self.shares[2] += left.sum()


def _quantiles(rate: float, gone: float, count: int = 16) -> list[tuple[float, float]]:
    """Return depths [m] and shares of light that decays at `rate` [1/m]; `gone` is absorbed."""
    middles: Any = (np.arange(count) + 0.5) / count
    return [(float(d), gone / count) for d in -np.log1p(-middles * gone) / rate]
