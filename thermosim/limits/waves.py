"""Heat and light on a disk as sums of waves J0(λr): each goes through the layers on its own."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thermosim.limits.below import Floats, LayerBelow
    from thermosim.model.model import Light
    from thermosim.optics.beam import Laser

_RINGS, _TURNS = 4000, 16
_KEPT, _SMALL = 6_000_000, 1_200_000  # numbers of a table that is kept, and of one of many


@functools.lru_cache(maxsize=16)
def disk_waves(rim_held: bool, count: int) -> tuple[Floats, Floats]:
    """Return wave numbers times the radius of a disk, and J1 or J0 there."""
    from scipy.special import jn_zeros, jv

    zeros = _zeros(0 if rim_held else 1, count, jn_zeros)
    if not rim_held:
        zeros = np.concatenate([[0.0], zeros])
    return zeros, np.asarray(jv(1 if rim_held else 0, zeros))


@functools.cache
def _first_zeros(exact: Any, order: int, few: int) -> Floats:
    return np.asarray(exact(order, few))


def _zeros(order: int, count: int, exact: Any) -> Floats:
    """Return zeros of J0 or J1; beyond the 200th by McMahon's expansion, right to 1e-12."""
    few = min(count, 200)
    found = _first_zeros(exact, order, few)
    if count <= few:
        return np.asarray(found)
    mu = 4.0 * order**2
    a = (np.arange(few + 1, count + 1) + order / 2 - 0.25) * np.pi
    more = a - (mu - 1) / (8 * a) - 4 * (mu - 1) * (7 * mu - 31) / (3 * (8 * a) ** 3)
    return np.concatenate([found, more])


def through(
    layers: Sequence[LayerBelow], wave_number: Floats, bottom: tuple[float, float], depth: float
) -> tuple[Floats, Floats]:
    """Return flux per temperature at the top, and T(top)/T(depth) turned round by reciprocity.

    The second is the temperature at `depth` over that at the top when heat enters at the top:
    as much as heat that enters at `depth` warms the top (both in W/m² of one wave).
    """
    leaving, along = bottom
    y = np.full_like(wave_number, leaving) + along * wave_number**2
    ratio = np.ones_like(wave_number)
    begins = np.cumsum([0.0, *(layer.thickness for layer in layers)])
    for i in range(len(layers) - 1, -1, -1):
        layer = layers[i]
        inside = depth - float(begins[i])
        if 0 < inside <= layer.thickness:
            low = _up(layer, wave_number, y, layer.thickness - inside)
            y_top = _up(layer, wave_number, low, inside)
            ratio = _drop(layer, wave_number, low, inside)
        else:
            y_top = _up(layer, wave_number, y, layer.thickness)
            if inside > 0:
                continue_ = _drop(layer, wave_number, y, layer.thickness)
                ratio = ratio * continue_
        y = y_top
    return y, ratio


def _up(layer: LayerBelow, wave_number: Floats, y: Floats, thickness: float) -> Floats:
    """Return flux per temperature on top of a piece of a layer whose lower side has `y`."""
    if thickness == 0:  # heat that enters at the lower face itself
        return y
    c, bend = layer.spread * wave_number, _bend(layer, wave_number, thickness)
    even = np.where(np.isinf(y), layer.upright / thickness, y / (1 + y * thickness / layer.upright))
    wavy = np.where(np.isinf(y), c / bend, c * (y + c * bend) / (c + y * bend))
    return np.asarray(np.where(wave_number == 0, even, wavy))


def _drop(layer: LayerBelow, wave_number: Floats, y: Floats, thickness: float) -> Floats:
    """Return the temperature below a piece of a layer over that on top of it."""
    c = layer.spread * wave_number
    x = wave_number * thickness * layer.spread / layer.upright
    even = np.where(np.isinf(y), 0.0, 1 / (1 + y * thickness / layer.upright))
    wavy = np.where(
        np.isinf(y), 0.0, 2 * np.exp(-x) / (1 + np.exp(-2 * x) + y / c * -np.expm1(-2 * x))
    )
    return np.asarray(np.where(wave_number == 0, even, wavy))


def _bend(layer: LayerBelow, wave_number: Floats, thickness: float) -> Floats:
    return np.asarray(np.tanh(wave_number * thickness * layer.spread / layer.upright))


@dataclass(frozen=True)
class Beam:
    """The beam on a disk: power by ring, and its width [m]."""

    r: Floats
    power: Floats
    width: float

    @property
    def total(self) -> float:
        """Power [W]."""
        return float(self.power.sum())

    def within(self, chosen: Any) -> Beam:
        """Return the rings that are chosen."""
        return Beam(self.r[chosen], self.power[chosen], self.width)

    def transform(self, wave_number: Floats) -> Floats:
        """Return its waves J0 [W]."""
        from scipy.special import j0

        size = wave_number.size * self.r.size
        if size <= _KEPT:
            kept = _waves_on if size > _SMALL else _few_waves_on
            return np.asarray(kept(wave_number.tobytes(), self.r.tobytes()) @ self.power)
        return np.array([float((self.power * j0(k * self.r)).sum()) for k in wave_number])


@functools.lru_cache(maxsize=32)  # emission falls on rings of their own for every depth
def _few_waves_on(wave_numbers: bytes, radii: bytes) -> Floats:
    return _waves_on.__wrapped__(wave_numbers, radii)


@functools.lru_cache(maxsize=8)
def _waves_on(wave_numbers: bytes, radii: bytes) -> Floats:
    """Return J0 of all wave numbers [1/m] at all radii [m]; both come as the bytes of floats."""
    from scipy.special import j0

    found: Floats = j0(np.outer(np.frombuffer(wave_numbers), np.frombuffer(radii)))
    return found


def beam_on(light: Light, radius: float) -> Beam:
    """Return the power of the beam on rings about the axis, out to `radius` [m]."""
    return _rings(light.laser, radius)


@functools.lru_cache(maxsize=64)
def _rings(laser: Laser, radius: float) -> Beam:
    width = min(laser.waist or laser.radius or radius, radius)
    edges = np.concatenate([np.linspace(0, 6 * width, _RINGS + 1), [radius]])
    edges = np.unique(np.minimum(edges, radius))
    r, area = (edges[1:] + edges[:-1]) / 2, np.pi * np.diff(edges**2)
    angle = 2 * np.pi * (np.arange(_TURNS) + 0.5) / _TURNS
    points = np.stack(
        [np.outer(r, np.cos(angle)), np.outer(r, np.sin(angle)), np.zeros((len(r), _TURNS))], -1
    )
    mean = laser.intensity_at(points.reshape(-1, 3)).reshape(len(r), _TURNS).mean(axis=1)
    return Beam(r, mean * area * abs(float(laser.direction[2])), width)
