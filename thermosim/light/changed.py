"""The light of cases that differ in one number from a case whose light is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dolfinx import fem

from thermosim.light.light import (
    AbsorbedLight,
    absorbed_light,
    emission_of,
    unlit_absorption,
    with_choice,
)
from thermosim.optics.model import AttenuatingOptics

if TYPE_CHECKING:
    from thermosim.model.model import Light

_STEP = 1e-4  # of the absorption coefficient, for what the intensity does with it


class ChangedLight:
    """Light that is known, and what it becomes in cases that differ little (collective).

    Series and rays are computed anew only where the field itself is another one; where the body
    absorbs a little more or less, the field follows by its derivative.
    """

    def __init__(self, known: AbsorbedLight, degree: int) -> None:
        """`degree` is that of the quadrature of heat sources."""
        self.known, self._degree = known, degree

    def of(self, light: Light) -> AbsorbedLight:
        """Return the light of a case that differs from the known one."""
        known = self.known
        if light == known.light:
            return known
        light = self._of_our_model(light)
        if not self._same_field(light):
            return absorbed_light(light, known.domain, self._degree)
        gain, facts = emission_of(light, known.outline)
        p = gain.parameters(light.laser.photon_energy)
        before = unlit_absorption(known.light, known.parameters)
        alpha = known.alpha * unlit_absorption(light, p) / before
        brighter = light.laser.peak_intensity / known.light.laser.peak_intensity
        return replace(
            known, light=light, gain=gain, facts=facts, parameters=p, alpha=alpha,
            intensity=self._intensity(alpha, brighter), ground=_times(known.ground, brighter),
        )  # fmt: skip

    def is_costly(self, light: Light) -> bool:
        """Whether series or rays must be computed anew for a case."""
        light = self._of_our_model(light)
        return isinstance(light.optics, AttenuatingOptics) and not self._same_field(light)

    def _of_our_model(self, light: Light) -> Light:
        light, _ = with_choice(light, self.known.outline)
        if type(light.optics) is type(self.known.light.optics):
            return light
        return replace(light, optics=self.known.light.optics)

    def _same_field(self, light: Light) -> bool:
        """Whether the field differs by the brightness and by what the body absorbs alone."""
        known, names = self.known.light, ("intensity", "power")
        lasers = [laser.model_dump(exclude=set(names)) for laser in (light.laser, known.laser)]
        index = light.index == known.index or light.index != light.index
        optics = [o.model_dump(exclude={"host_absorption"}) for o in (light.optics, known.optics)]
        return bool(
            lasers[0] == lasers[1]
            and index
            and optics[0] == optics[1]
            and light.ground == known.ground
            and light.contact_radius == known.contact_radius
        )

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
