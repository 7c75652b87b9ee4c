"""The substrate that a particle stands on, as one resistance: finite, with its faces and its light.

A plate is taken for a disk as wide as fits into it: heat and light are sums of waves J0(λr), each
of which goes through the layers on its own (`_admittance`). What is left of a half-space by a
small contact (`layered_resistance`) then changes by what the faces and the rim of the plate do.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.limits.below import (
    LayerBelow,
    half_space_waves,
    layer_below,
    layered_resistance,
    resistance_below,
    sheet,
)
from thermosim.limits.intensity import emission_in_ground, light_in_ground
from thermosim.model.heat import Exchange, Radiation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thermosim.bodies.substrates import SubstratePart
    from thermosim.limits.below import Floats
    from thermosim.model.heat import HeatModel
    from thermosim.model.lump import Lump
    from thermosim.model.model import Emitted, Ground, Light

_FEWEST, _MOST = 400, 200_000
_RINGS, _TURNS = 4000, 16
_KEPT, _SMALL = 6_000_000, 1_200_000  # numbers of a table that is kept, and of one of many
_SPENT = 50.0  # decay lengths of a wave above the heat, of which nothing reaches the surface
_SMEARED, _FINE = 0.1, 30.0  # disk over distance, and waves within it
_ANGLES = 96  # cosines of the incidence of emission


@dataclass(frozen=True)
class Support:
    """What a contact leads to.

    Attributes
    ----------
    resistance : from the contact to where the heat ends [K/W]
    temperature : there [K]
    lit : how much the light that the substrate absorbs warms what is under the contact [K]
    absorbed : that light [W]
    glow : how much a watt of emission warms it [K/W]
    taken : share of the emission that the substrate absorbs
    """

    resistance: float
    temperature: float
    lit: float = 0.0
    absorbed: float = 0.0
    glow: float = 0.0
    taken: float = 0.0


def support_of(heat: HeatModel, lump: Lump, light: Light | None, T: float) -> Support:
    """Return what lies under the contact, its conductivities at `T` [K]."""
    b = lump.contact_radius
    temperatures = [h.temperature for h in heat.held if isinstance(h.temperature, float)]
    end = temperatures[0] if temperatures else heat.T_ref
    plate = _Plate(heat, lump, T)
    resistance = resistance_below(lump.parts, lump.material, T, b, plate.film) + plate.correction()
    if light is None:
        return Support(resistance, end)
    emitted = light.emitted
    glow = (0.0, 0.0) if emitted is None else plate.glowing(emitted)
    return Support(resistance, end, *plate.warmed(light), *glow)


def warmth_at(heat: HeatModel, lump: Lump, T: float, distances: Floats) -> Floats:
    """Return how much a watt that enters the middle of a plate warms its top [K/W].

    At distances [m] along the top, on average over disks of a tenth of them at both ends, which
    changes what spreads as 1/r by less than 0.3 % and lets the sum over waves end. Where pillars
    stand on the plate, heat is taken to enter at the foot of each.
    """
    return _Plate(heat, lump, T).reaching(distances)


class _Plate:
    """The lowest parts of a substrate with one outline, between their faces."""

    def __init__(self, heat: HeatModel, lump: Lump, T: float) -> None:
        last = lump.parts[-1]
        self.parts = [part for part in lump.parts if part.plan == last.plan]
        above = lump.parts[: -len(self.parts)]
        self.disk = above[-1].plan.inner if above else lump.contact_radius
        self.pillar = [_layer(part, lump, T) for part in above]
        self.layers = [_layer(part, lump, T) for part in self.parts]
        self.heat, self.T = heat, T
        held = {h.boundary for h in heat.held}
        hole = last.hole_radius if "substrate_frame" in held else None
        self.radius = hole or last.plan.inner
        self.rim_held = hole is not None or "substrate_rim" in held
        self.top = self._film("substrate_top")
        self.film = None if above or not self.top[1] else sheet(self.top[1], _thickness(heat))
        self.bottom = (math.inf, 0.0) if "substrate_bottom" in held else self._film(
            "substrate_bottom"
        )  # fmt: skip
        self.rim = self._leaving("substrate_rim")
        self.beam = _beam_resistance(last, self.layers) if len(set(last.sides)) > 1 else 0.0

    def _leaving(self, boundary: str) -> float:
        """Return what a face gives to the chamber [W/(m² K)]."""
        surface = next((s for s in self.heat.surfaces if s.boundary == boundary), None)
        laws = [] if surface is None else list(surface.paths.values())
        return sum(_conductance(law, self.T) for law in laws)

    def _film(self, boundary: str) -> tuple[float, float]:
        """Return what a face gives [W/(m² K)] and what a film on it conducts along [W/K]."""
        along = sum(
            float(film.conductivity.at(self.T)) * film.thickness
            for film in self.heat.films
            if film.boundary == boundary
        )
        return self._leaving(boundary), along

    def waves(self, count: int) -> tuple[Floats, Floats]:
        """Return wave numbers [1/m] of the disk and the weight of each [1/m²]."""
        zeros, peak = _disk_waves(self.rim_held, count)
        return np.asarray(zeros / self.radius), np.asarray(1.0 / (np.pi * self.radius**2 * peak**2))

    def impedance(self, wave_number: Floats, depth: float = 0.0) -> Floats:
        """Return K per W/m² at the surface for heat that enters `depth` [m] below it."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            below, ratio = _through(self.layers, wave_number, self.bottom, depth)
            leaving, along = self.top
            # beside a pillar a film begins at its foot: finer waves than that do not meet it
            cut = 1.0 if self.film else np.exp(-2 * wave_number * self.disk)
            total = below + leaving + along * wave_number**2 * cut
            even = wave_number == 0
            if np.any(even):  # the even part leaves by the rim too
                edge = self.rim * 2 * sum(layer.thickness for layer in self.layers) / self.radius
                total = np.where(even, total + edge, total)
            return np.asarray(ratio / total)

    def correction(self) -> float:
        """Return what the plate resists more than its half-space, under a disk [K/W]."""
        b = self.disk
        thick = sum(layer.thickness * layer.upright / layer.spread for layer in self.layers)
        thick = max(thick, min(layer.thickness for layer in self.layers))
        count = min(max(_FEWEST, math.ceil(20 * self.radius / (math.pi * thick))), _MOST)
        if self.beam and self.radius <= b:
            return self.beam
        wave_number, weight = self.waves(count)
        shape = np.sinc(wave_number * b / np.pi) ** 2
        plate = float((self.impedance(wave_number) * weight * shape).sum())
        # the zeros lie in the middle of steps of π/radius
        last = float(wave_number[-1]) + math.pi / (2 * self.radius)
        layers = [self.film, *self.layers] if self.film else self.layers
        endless = half_space_waves(b, layers, last)
        return plate - endless + self.beam

    def reaching(self, distances: Floats) -> Floats:
        """Return the temperature at distances from a watt in the middle [K/W]; `warmth_at`."""
        from scipy.special import j0, j1

        fine = _FINE * self.radius / (math.pi * _SMEARED * float(np.min(distances)))
        wave_number, weight = self.waves(min(max(_FEWEST, math.ceil(fine)), _MOST))
        each = self.impedance(wave_number) * weight
        found = []
        for distance in distances:
            x = wave_number * _SMEARED * distance
            disk = np.where(x > 0.0, 2.0 * j1(x) / np.where(x > 0.0, x, 1.0), 1.0)
            found.append(float((each * disk**2 * j0(wave_number * distance)).sum()))
        return np.array(found)

    def warmed(self, light: Light) -> tuple[float, float]:
        """Return the rise [K] under the contact by light in the layers, and that light [W].

        A pillar takes what falls within its outline, and lets heat down along its axis.
        """
        beam = _beam_on(light, self.radius)
        upper = self._above(light.ground)
        inside = beam.r < (self.disk if upper else 0.0)
        rise = absorbed = 0.0
        if upper:
            through = light_in_ground(light, light.ground)
            power = float(beam.power[inside].sum())
            deep, rise = self._within(through, power)
            absorbed += power * sum(share for _, share in through)
            rise += self._spread(beam.within(inside), deep)
        own = light_in_ground(light, light.ground[upper:])
        beside = beam.within(~inside)
        rise += self._spread(beside, own)
        here = beside.total * sum(share for _, share in own)
        return rise + self.beam * here, absorbed + here

    def glowing(self, emitted: Emitted) -> tuple[float, float]:
        """Return the rise under the contact by a watt of emission [K/W], and its absorbed share.

        Light of each angle falls on a ring, and on its way down goes outward. What goes through
        the contact itself is left out.
        """
        upper, power = self._above(emitted.ground), 0.5 / _ANGLES
        thick = next(layer for layer in emitted.ground if not layer.film)
        index = 1.5 if math.isnan(thick.index.real) else max(thick.index.real, 1.0)
        rise = taken = 0.0
        rings: dict[float, list[tuple[float, float]]] = {}
        for cos in (np.arange(_ANGLES) + 0.5) / _ANGLES:
            sin = math.sqrt(1.0 - cos**2)
            r, slope = emitted.height * sin / cos, sin / math.sqrt(index**2 - sin**2)
            if r > self.radius:
                continue
            inside = bool(upper) and r < self.disk
            shares = emission_in_ground(emitted, emitted.ground[0 if inside else upper :], cos)
            taken += power * sum(share for _, share in shares)
            if inside:
                shares, more = self._within(shares, power)
                rise += more
            for depth, share in shares:
                rings.setdefault(depth, []).append((r + depth * slope, power * share))
        for depth, ring in rings.items():
            at, heat = (np.array(column) for column in zip(*ring, strict=True))
            rise += self._spread(_Beam(at, heat, emitted.height), [(depth, 1.0)])
        return rise + self.beam * taken, taken

    def _above(self, ground: Sequence[Ground]) -> int:
        """Return how many layers a pillar has above the plate."""
        return sum(layer.plan != ground[-1].plan for layer in ground)

    def _within(
        self, shares: list[tuple[float, float]], power: float
    ) -> tuple[list[tuple[float, float]], float]:
        """Return shares by depth below the foot of a pillar, and what those in it warm [K]."""
        foot, rise = sum(layer.thickness for layer in self.pillar), 0.0
        for depth, share in shares:
            if depth < foot:
                rise += share * power * (self._down(depth) + self.foot_resistance())
        return [(depth - foot, share) for depth, share in shares if depth >= foot], rise

    def foot_resistance(self) -> float:
        """Return the resistance from the foot of a pillar to where the heat ends [K/W]."""
        return layered_resistance(self.disk, self.layers) + self.correction()

    def _down(self, depth: float) -> float:
        """Return the resistance [K/W] of a pillar from a depth [m] to its foot."""
        total, begins = 0.0, 0.0
        for layer in self.pillar:
            ends = begins + layer.thickness
            total += max(ends - max(begins, depth), 0.0) / layer.upright
            begins = ends
        return total / (math.pi * self.disk**2)

    def _spread(self, beam: _Beam, shares: list[tuple[float, float]]) -> float:
        """Return the rise [K] under the disk by shares of a beam at depths [m]."""
        if not shares or not beam.total:
            return 0.0
        count = min(max(_FEWEST, math.ceil(12 * self.radius / beam.width)), _MOST)
        wave_number, weight = self.waves(count)
        lit = wave_number * beam.width < 12  # the beam has no finer waves
        shallow = min(depth for depth, _ in shares) * min(x.spread / x.upright for x in self.layers)
        lit &= wave_number * shallow < _SPENT
        wave_number, weight = wave_number[lit], weight[lit]
        factor = weight * np.sinc(wave_number * self.disk / np.pi) * beam.transform(wave_number)
        return sum(
            share * float((self.impedance(wave_number, depth) * factor).sum())
            for depth, share in shares
        )


def _thickness(heat: HeatModel) -> float:
    """Return how thick the films on top are [m]."""
    return sum(film.thickness for film in heat.films if film.boundary == "substrate_top")


def _layer(part: SubstratePart, lump: Lump, T: float) -> LayerBelow:
    tensor = lump.material(part.material).conductivity.at(T, part.axis)
    return layer_below(tensor, part.thickness)


def _conductance(law: Any, T: float) -> float:
    from thermosim.bodies.chamber import radiative_conductance

    if isinstance(law, Radiation):
        emissivity = law.emissivity
        value = emissivity if isinstance(emissivity, float) else float(emissivity.at(T))
        return float(radiative_conductance(T, value))
    return law.h if isinstance(law, Exchange) else 0.0


def _beam_resistance(part: SubstratePart, layers: list[LayerBelow]) -> float:
    """Return L/(k A) [K/W] from the particle to the root of a cantilever."""
    xs, ys = zip(*part.plan.corners, strict=True)
    along = layers[0].spread ** 2 / layers[0].upright
    return float(-min(xs) / (along * (max(ys) - min(ys)) * part.thickness))


@functools.lru_cache(maxsize=16)
def _disk_waves(rim_held: bool, count: int) -> tuple[Floats, Floats]:
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


def _through(
    layers: list[LayerBelow], wave_number: Floats, bottom: tuple[float, float], depth: float
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
class _Beam:
    """The beam on a disk: power by ring, and its width [m]."""

    r: Floats
    power: Floats
    width: float

    @property
    def total(self) -> float:
        """Power [W]."""
        return float(self.power.sum())

    def within(self, chosen: Any) -> _Beam:
        """Return the rings that are chosen."""
        return _Beam(self.r[chosen], self.power[chosen], self.width)

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


def _beam_on(light: Light, radius: float) -> _Beam:
    """Return the power of the beam on rings about the axis, out to `radius` [m]."""
    laser = light.laser
    width = min(laser.waist or laser.radius or radius, radius)
    edges = np.concatenate([np.linspace(0, 6 * width, _RINGS + 1), [radius]])
    edges = np.unique(np.minimum(edges, radius))
    r, area = (edges[1:] + edges[:-1]) / 2, np.pi * np.diff(edges**2)
    angle = 2 * np.pi * (np.arange(_TURNS) + 0.5) / _TURNS
    points = np.stack(
        [np.outer(r, np.cos(angle)), np.outer(r, np.sin(angle)), np.zeros((len(r), _TURNS))], -1
    )
    mean = laser.intensity_at(points.reshape(-1, 3)).reshape(len(r), _TURNS).mean(axis=1)
    return _Beam(r, mean * area * abs(float(laser.direction[2])), width)
