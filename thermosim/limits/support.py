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
from thermosim.limits.waves import Beam, beam_on, disk_waves, through
from thermosim.model.heat import Exchange, Radiation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thermosim.bodies.substrates import SubstratePart
    from thermosim.limits.below import Floats
    from thermosim.model.heat import HeatModel
    from thermosim.model.lump import Lump
    from thermosim.model.model import Emitted, Ground, Light

_FEWEST, _MOST = 400, 200_000
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
    plate = _Plate.of(heat, lump, T)
    resistance = resistance_below(lump.parts, lump.material, T, b, plate.film) + _correction(plate)
    if light is None:
        return Support(resistance, end)
    emitted = light.emitted
    glow = (0.0, 0.0) if emitted is None else _glowing(plate, emitted)
    return Support(resistance, end, *plate.warmed(light), *glow)


def warmth_at(heat: HeatModel, lump: Lump, T: float, distances: Floats) -> Floats:
    """Return how much a watt that enters the middle of a plate warms its top [K/W].

    At distances [m] along the top, on average over disks of a tenth of them at both ends, which
    changes what spreads as 1/r by less than 0.3 % and lets the sum over waves end. Where pillars
    stand on the plate, heat is taken to enter at the foot of each.
    """
    return _Plate.of(heat, lump, T).reaching(distances)


@dataclass(frozen=True)
class _Plate:
    """The lowest parts of a substrate with one outline, between their faces.

    Numbers only: variants of a case that change nothing here have the same plate.

    Attributes
    ----------
    disk, radius : through which heat enters, and of the plate [m]
    pillar, layers : parts above the plate, and its own
    rim_held : whether the rim has one temperature
    top, bottom : what a face gives [W/(m² K)] and what a film on it conducts along [W/K]
    film : on top, beside the contact
    rim : what the rim gives [W/(m² K)]
    beam : resistance along a cantilever [K/W]
    """

    disk: float
    radius: float
    pillar: tuple[LayerBelow, ...]
    layers: tuple[LayerBelow, ...]
    rim_held: bool
    top: tuple[float, float]
    bottom: tuple[float, float]
    film: LayerBelow | None
    rim: float
    beam: float

    @classmethod
    def of(cls, heat: HeatModel, lump: Lump, T: float) -> _Plate:
        """Return the plate of a model, its conductivities at `T` [K]."""
        last = lump.parts[-1]
        parts = [part for part in lump.parts if part.plan == last.plan]
        above = lump.parts[: -len(parts)]
        layers = tuple(_layer(part, lump, T) for part in parts)
        held = {h.boundary for h in heat.held}
        hole = last.hole_radius if "substrate_frame" in held else None
        top = _film(heat, "substrate_top", T)
        under = "substrate_bottom"
        return cls(
            disk=above[-1].plan.inner if above else lump.contact_radius,
            radius=hole or last.plan.inner,
            pillar=tuple(_layer(part, lump, T) for part in above),
            layers=layers,
            rim_held=hole is not None or "substrate_rim" in held,
            top=top,
            bottom=(math.inf, 0.0) if under in held else _film(heat, under, T),
            film=None if above or not top[1] else sheet(top[1], _thickness(heat)),
            rim=_leaving(heat, "substrate_rim", T),
            beam=_beam_resistance(last, layers) if len(set(last.sides)) > 1 else 0.0,
        )

    def waves(self, count: int) -> tuple[Floats, Floats]:
        """Return wave numbers [1/m] of the disk and the weight of each [1/m²]."""
        zeros, peak = disk_waves(self.rim_held, count)
        return np.asarray(zeros / self.radius), np.asarray(1.0 / (np.pi * self.radius**2 * peak**2))

    def impedance(self, wave_number: Floats, depth: float = 0.0) -> Floats:
        """Return K per W/m² at the surface for heat that enters `depth` [m] below it."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            below, ratio = through(self.layers, wave_number, self.bottom, depth)
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
        layers = (self.film, *self.layers) if self.film else self.layers
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
        beam = beam_on(light, self.radius)
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
            rise += self._spread(Beam(at, heat, emitted.height), [(depth, 1.0)])
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
        return layered_resistance(self.disk, self.layers) + _correction(self)

    def _down(self, depth: float) -> float:
        """Return the resistance [K/W] of a pillar from a depth [m] to its foot."""
        total, begins = 0.0, 0.0
        for layer in self.pillar:
            ends = begins + layer.thickness
            total += max(ends - max(begins, depth), 0.0) / layer.upright
            begins = ends
        return total / (math.pi * self.disk**2)

    def _spread(self, beam: Beam, shares: list[tuple[float, float]]) -> float:
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


_correction = functools.lru_cache(maxsize=256)(_Plate.correction)
_glowing = functools.lru_cache(maxsize=256)(_Plate.glowing)


def _leaving(heat: HeatModel, boundary: str, T: float) -> float:
    """Return what a face gives to the chamber [W/(m² K)]."""
    surface = next((s for s in heat.surfaces if s.boundary == boundary), None)
    laws = [] if surface is None else list(surface.paths.values())
    return sum(_conductance(law, T) for law in laws)


def _film(heat: HeatModel, boundary: str, T: float) -> tuple[float, float]:
    """Return what a face gives [W/(m² K)] and what a film on it conducts along [W/K]."""
    along = sum(
        float(film.conductivity.at(T)) * film.thickness
        for film in heat.films
        if film.boundary == boundary
    )
    return _leaving(heat, boundary, T), along


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


def _beam_resistance(part: SubstratePart, layers: Sequence[LayerBelow]) -> float:
    """Return L/(k A) [K/W] from the particle to the root of a cantilever."""
    xs, ys = zip(*part.plan.corners, strict=True)
    along = layers[0].spread ** 2 / layers[0].upright
    return float(-min(xs) / (along * (max(ys) - min(ys)) * part.thickness))
