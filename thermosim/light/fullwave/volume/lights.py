"""A laser as light in space, in two polarisations of which all others are sums."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.light.fullwave.polarised import illumination
from thermosim.optics.layered_space import beam_in_space, turned, wave_in_space

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from thermosim.optics.beam import Laser
    from thermosim.optics.layered_field import Stack
    from thermosim.optics.layered_space import Complexes, Field, Floats

_LEVEL = 1e-12
QUARTER_TURN: NDArray[np.float64] = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class SpaceLight:
    """A laser as fields.

    Attributes
    ----------
    fields
        For "p" and "s" light, in and across the plane of incidence; along the axis, along x and y.
    states
        Share of power, and what of p and of s light each polarisation is.
    turns
        Whether s light is p light turned by a right angle, around a body that looks the same then.
    """

    fields: Mapping[str, Field]
    states: tuple[tuple[float, complex, complex], ...]
    turns: bool = False

    def mixtures(self) -> list[tuple[float, dict[str, complex]]]:
        """Return the share of power of each state, and what of each field it is.

        Where s light is p light turned, any state takes as much as p light.
        """
        if self.turns:
            return [(1.0, {"p": 1.0})]
        return [
            (share, {kind: x for kind, x in (("p", p), ("s", s)) if kind in self.fields})
            for share, p, s in self.states
        ]

    def squared(self, p: Complexes, s: Complexes) -> Floats:
        """Return ``|E|²`` from the fields of p and s light at points, shapes (n, 3)."""
        found = np.zeros(len(p))
        for share, of_p, of_s in self.states:
            found += share * (np.abs(of_p * p + of_s * s) ** 2).sum(axis=1)
        return found


def space_light(
    laser: Laser, unit: float, stack: Stack, reach: float, *, fourfold: bool
) -> SpaceLight:
    """Return a laser as light in layers.

    `unit` is the wavelength, `reach` the farthest point of the body from the origin [m];
    `fourfold` says that the body looks the same after a quarter of a turn.
    """
    modes = illumination(laser, unit, reach, reach)
    if not modes.axial:
        angle = math.asin(abs(math.sin(laser.tilt)))
        below = bool(laser.direction[2] > 0.0)
        amplitudes = {"p": (1.0, 0.0), "s": (0.0, 1.0)}
        fields = {
            kind: wave_in_space(angle, *both, stack, azimuth=modes.azimuth, below=below)
            for kind, both in amplitudes.items()
        }
        return SpaceLight(_lit(fields, modes.states), modes.states)
    along_x = _moved(beam_in_space(modes.beams["p", 1], stack), laser, unit)
    c, s = math.cos(modes.azimuth), math.sin(modes.azimuth)
    states = tuple((w, c * p - s * q, s * p + c * q) for w, p, q in modes.states)
    if fourfold and not any(laser.aim[:2]):
        return SpaceLight({"p": along_x}, states, turns=True)
    along_y = _moved(turned(beam_in_space(modes.beams["p", 1], stack), 0.5 * math.pi), laser, unit)
    return SpaceLight(_lit({"p": along_x, "s": along_y}, states), states)


def _moved(light: Field, laser: Laser, unit: float) -> Field:
    """Return a beam whose axis is where a laser aims at; a plane wave has no axis."""
    if laser.profile != "gaussian" or not any(laser.aim[:2]):
        return light
    shift = np.array([laser.aim[0] / unit, laser.aim[1] / unit, 0.0])
    return lambda points: light(points - shift)


def _lit(
    fields: dict[str, Field], states: tuple[tuple[float, complex, complex], ...]
) -> dict[str, Field]:
    """Return the fields that some state has."""
    lit = {"p": any(abs(p) > _LEVEL for _, p, _ in states)}
    lit["s"] = any(abs(s) > _LEVEL for _, _, s in states)
    return {kind: field for kind, field in fields.items() if lit[kind]}


def mixed(terms: list[tuple[Field, complex]]) -> Field:
    """Return a sum of lights, each times a number."""

    def found(points: Floats) -> Complexes:
        return np.asarray(sum(x * light(points) for light, x in terms))

    return found
