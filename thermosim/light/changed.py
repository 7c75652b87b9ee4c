"""The light of cases that differ in one number from a case whose light is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from thermosim.fem.domain import set_at_quadrature_points
from thermosim.gain import heat_source
from thermosim.light.absorbed import AbsorbedLight
from thermosim.light.accounts import at_lit_points, lit_points
from thermosim.light.light import absorbed_light, emission_of, unlit_absorption, with_choice
from thermosim.light.outline import sphere_of
from thermosim.optics.mie_grid import ball_intensity, smooth_intensity
from thermosim.optics.model import AttenuatingOptics, FullWaveOptics, MieOptics

if TYPE_CHECKING:
    from thermosim.gain import GainParameters
    from thermosim.heat.problem import HeatProblem
    from thermosim.model.model import Light

_BINS, _DARKEST = 200, 1e-6  # of intensities, down to this share of the highest
_FINE = 5000  # bins where nothing but the dots changes
_SAME_COLOUR = 1e-3  # of the photon energy, by which rays and waves go on as they did
_ROUNDING = 1e-12  # of an absorption coefficient
_STEP = 1e-4  # of the absorption coefficient, for what the intensity does with it


@dataclass(frozen=True)
class HeatWeights:
    """Mean temperature [K] and mean weight of heat, by the logarithm of intensity over its mean."""

    level: Any
    T: Any
    z: Any

    def at(self, I: Any) -> tuple[Any, Any]:
        """Return both where the intensity over its mean is `I`."""
        level = np.log(np.maximum(I, 1e-300))
        return np.interp(level, self.level, self.T), np.interp(level, self.level, self.z)


@dataclass(frozen=True)
class DotsByIntensity:
    """Intensity [W/m²], temperature [K] and weight [m³ K/W] of dots in the same light."""

    I: Any
    T: Any
    weight: Any


def _without_error(light: Light) -> Light:
    """Return a light whose waves are solved once, where two more solutions would tell the ±."""
    if not isinstance(light.optics, FullWaveOptics):
        return light
    return replace(light, optics=light.optics.model_copy(update={"error_estimate": False}))


class ChangedLight:
    """Light that is known, and what it becomes in cases that differ little (collective).

    Rays are followed anew only where the field itself is another one; where the body absorbs a
    little more or less, the field follows by its derivative.
    """

    def __init__(self, known: AbsorbedLight, degree: int) -> None:
        """`degree` is that of the quadrature of heat sources."""
        self.known, self._degree = known, degree
        self._asked: tuple[Light | None, Light] = (None, known.light)
        self._emitting: tuple[Light | None, Any] = (None, None)

    def of(self, light: Light) -> AbsorbedLight:
        """Return the light of a case that differs from the known one."""
        known = self.known
        if light == known.light:
            return known
        light = self._of_our_model(light)
        lit_now = light.laser.peak_intensity and not known.light.laser.peak_intensity
        if lit_now or not self._same_field(light):
            like = known if light.ground == known.light.ground else None
            found = absorbed_light(_without_error(light), known.domain, self._degree, like)
            return replace(found, light=light)
        gain, facts, p = self._emission(light)
        alpha = self._alpha(light, p)
        brighter = self._brighter(light)
        return replace(
            known, light=light, gain=gain, facts=facts, parameters=p, alpha=alpha,
            intensity=self._intensity(alpha, brighter), ground=_times(known.ground, brighter),
        )  # fmt: skip

    def is_costly(self, light: Light) -> bool:
        """Whether rays must be followed, or Maxwell's equations solved, anew for a case."""
        light = self._of_our_model(light)
        if isinstance(light.optics, MieOptics) or not isinstance(light.optics, AttenuatingOptics):
            return False
        return not self._same_field(light)

    def where_nodes_are(self, light: Light, cells: Any) -> AbsorbedLight:
        """Return the light of a case at the present places of nodes that were moved.

        `cells` are the local ones with such nodes.
        """
        found, known = self.of(light), self.known
        if isinstance(known.light.optics, MieOptics):
            moved = _times(known.intensity, 1.0)
            lit = np.intersect1d(cells, known.domain.cells(known.region))
            set_at_quadrature_points(moved, self._smooth, known.domain, lit)
            found = replace(found, intensity=moved)
        return found

    @cached_property
    def _smooth(self) -> Any:
        known = self.known
        centre, radius = sphere_of(known.outline)
        return smooth_intensity(known.light.in_sphere(centre, radius, known.alpha))

    def is_in_series(self, light: Light) -> bool:
        """Whether the field of a case is given by the series, and another than that of the mesh."""
        known, light = self.known, self._of_our_model(light)
        if not isinstance(known.light.optics, MieOptics) or light == known.light:
            return False
        if not light.laser.peak_intensity:
            return False
        if not self._same_field(light):
            return True
        return self._alpha(light, self._emission(light)[2]) != known.alpha

    def heat_in_sphere(self, light: Light, weights: HeatWeights) -> float:
        """Return the weighed heat of the dots by the series on points of their own."""
        light = self._of_our_model(light)
        optics = light.optics
        assert isinstance(optics, MieOptics)
        p = self._emission(light)[2]
        alpha = self._alpha(light, p)
        centre, radius = sphere_of(self.known.outline)
        I, shares = ball_intensity(light.in_sphere(centre, radius, alpha))
        T, z = weights.at(I / np.sum(I * shares))
        density = heat_source(I, T, p) + optics.host_absorption * I
        return float(np.sum(density * z * shares)) * 4.0 / 3.0 * np.pi * radius**3

    def shines_alike(self, light: Light) -> bool:
        """Whether the field of a case is that of the mesh, but for its brightness.

        And whether light heats nothing but the body there.
        """
        known = self.known
        if isinstance(known.intensity, float) or known.ground is not None or known.glow is not None:
            return False
        if not known.light.laser.peak_intensity:
            return False
        light = self._of_our_model(light)
        if not self._same_field(light):
            return False
        return self._alpha(light, self._emission(light)[2]) == known.alpha

    def dots(self, problem: HeatProblem, z: Any) -> DotsByIntensity:
        """Return the lit points of the mesh by intensity, weighed by `z` [K/W] (collective)."""
        I, T, volume = lit_points(self.known, problem)
        weight = volume * at_lit_points(self.known, z)
        top = float(max(problem.domain.comm.allgather(float(I.max(initial=0.0)))))
        place = np.rint(_FINE * np.log(np.maximum(I / top, _DARKEST)) / np.log(_DARKEST))
        sums = [np.bincount(place.astype(int), weight * x, _FINE + 1) for x in (1.0, I, T)]
        total, I_sum, T_sum = problem.domain.comm.allreduce(np.array(sums))
        there = np.flatnonzero(total)
        total = total[there]
        return DotsByIntensity(I_sum[there] / total, T_sum[there] / total, total)

    def heat_of_dots(self, light: Light, dots: DotsByIntensity) -> float:
        """Return the weighed heat of the dots of a case that `shines_alike` [K]."""
        light = self._of_our_model(light)
        brighter = self._brighter(light)
        I, host = dots.I * brighter, getattr(light.optics, "host_absorption", 0.0)
        density = heat_source(I, dots.T, self._emission(light)[2]) + host * I
        return float(np.sum(density * dots.weight))

    def weights(self, problem: HeatProblem, z: Any) -> HeatWeights:
        """Return mean temperature and mean of `z` where the light has a given intensity.

        Hot spots have places of their own, where z is another than in the middle (collective).
        """
        light, comm = self.known, problem.domain.comm
        I, T, volume = lit_points(light, problem)
        z_there = at_lit_points(light, z)
        top = float(max(comm.allgather(float(I.max(initial=0.0))))) or 1.0  # of no light
        place = np.rint(_BINS * np.log(np.maximum(I / top, _DARKEST)) / np.log(_DARKEST))
        parts = [np.bincount(place.astype(int), volume * x, _BINS + 1) for x in (1.0, T, z_there)]
        size, T_sum, z_sum = comm.allreduce(np.array(parts))
        there = np.flatnonzero(size)
        mean = float(comm.allreduce(float(I @ volume))) / float(size.sum()) or top
        level = np.log(top / mean) + there / _BINS * np.log(_DARKEST)
        order = there[::-1]
        return HeatWeights(level[::-1], T_sum[order] / size[order], z_sum[order] / size[order])

    def _alpha(self, light: Light, p: GainParameters) -> float:
        """Return the absorption coefficient [1/m] of a case; ours where rounding alone differs."""
        known = self.known
        ratio = unlit_absorption(light, p) / unlit_absorption(known.light, known.parameters)
        return known.alpha * (1.0 if abs(ratio - 1.0) < _ROUNDING else ratio)

    def _of_our_model(self, light: Light) -> Light:
        """Return light with the model of the known one; of the last light it is known."""
        if light is self._asked[1]:
            return light
        if light is not self._asked[0]:
            ours, _ = with_choice(light, self.known.outline)
            if type(ours.optics) is not type(self.known.light.optics):
                ours = replace(ours, optics=self.known.light.optics)
            self._asked = (light, ours)
        return self._asked[1]

    def _emission(self, light: Light) -> tuple[Any, Any, GainParameters]:
        """Return gain, facts and parameters of light of our model; of the last they are known."""
        if light is not self._emitting[0]:
            gain, facts, _ = emission_of(light, self.known.outline, self.known.dots)
            self._emitting = (light, (gain, facts, gain.parameters(light.laser.photon_energy)))
        found: tuple[Any, Any, GainParameters] = self._emitting[1]
        return found

    def _same_field(self, light: Light) -> bool:
        """Whether the field differs by the brightness and by what the body absorbs alone."""
        known, names = self.known.light, ("intensity", "power", "photon_energy", "wavelength")
        lasers = [laser.model_dump(exclude=set(names)) for laser in (light.laser, known.laser)]
        colour = abs(light.laser.photon_energy / known.laser.photon_energy - 1.0)
        if colour > (0.0 if isinstance(known.optics, MieOptics) else _SAME_COLOUR):
            return False
        index = light.index == known.index or light.index != light.index
        optics = [o.model_dump(exclude={"host_absorption"}) for o in (light.optics, known.optics)]
        return bool(
            lasers[0] == lasers[1]
            and index
            and optics[0] == optics[1]
            and (light.ground == known.ground or not self._sees_ground)
        )

    @property
    def _sees_ground(self) -> bool:
        """Whether the layers under the body are heated by light, or reflect it to the body."""
        optics = self.known.light.optics
        reflected = isinstance(optics, FullWaveOptics) or getattr(optics, "substrate", False)
        return self.known.ground is not None or reflected

    def _brighter(self, light: Light) -> float:
        """Return the intensity of a case over the known one; 1 where both are dark."""
        before = self.known.light.laser.peak_intensity
        return light.laser.peak_intensity / before if before else 1.0

    def _intensity(self, alpha: float, brighter: float) -> Any:
        known = self.known
        if alpha == known.alpha or not isinstance(known.light.optics, AttenuatingOptics):
            return _times(known.intensity, brighter)
        found = _times(known.intensity, brighter)
        found.x.array[:] += brighter * (alpha - known.alpha) * self._slope
        return found

    @cached_property
    def _slope(self) -> Any:
        """The derivative of the intensity by the absorption coefficient [W/m], of its dofs."""
        known = self.known
        ground = _times(known.ground, 1.0)
        again = replace(known, intensity=known.intensity.copy(), ground=ground)
        again.rebuild(known.alpha * (1.0 + _STEP))
        change = again.intensity.x.array - known.intensity.x.array
        return change / (_STEP * known.alpha)


def _times(values: Any, factor: float) -> Any:
    """Return a number or a function on the mesh times a factor, as a new one."""
    if values is None or isinstance(values, float):
        return None if values is None else factor * values
    found = fem.Function(values.function_space)
    found.x.array[:] = factor * values.x.array
    return found
