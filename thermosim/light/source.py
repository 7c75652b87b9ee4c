"""Heat sources that light makes: of the dots under the gain, and of plain absorption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.gain import GainParameters, heat_source
from thermosim.gain.source import aged_efficiency, emitted_light
from thermosim.language.namespaces import ufl_namespace

if TYPE_CHECKING:
    from thermosim.model.laws import Number


@dataclass(frozen=True)
class GainSource:
    """Heat of the dots under local light: -n g(I, T) plus what only heats [W/m³].

    Attributes
    ----------
    parameters
        Of the gain.
    intensity
        Local intensity [W/m²]: a float, or a function on the mesh.
    scale
        If given, a constant of the form that multiplies the intensity (not the source, which is
        no linear function of it).
    host_absorption
        Absorption of host and defects beside `parameters.alpha_background` [1/m].
    quadrature_degree
        Of the rule at whose points `intensity` lives; None if it lives everywhere.
    exposure
        Constant of the form: how long the dots have had the whole intensity [s]; None where they
        do not age.
    origin
        The light (`AbsorbedLight`) that knows the intensity at any point of the body; None where
        it is known by cells alone.
    """

    parameters: GainParameters
    intensity: Any
    scale: Any = None
    host_absorption: float = 0.0
    quadrature_degree: int | None = None
    exposure: Any = None
    origin: Any = None

    follows_temperature = True

    def light(self, number: Number) -> Any:
        """Return the local intensity [W/m²] of the form."""
        light = self._whole(number)
        return light if self.scale is None else self.scale * light

    def _whole(self, number: Number) -> Any:
        """Return the local intensity [W/m²] without the schedule."""
        return number(self.intensity) if isinstance(self.intensity, float) else self.intensity

    def present(self, number: Number) -> GainParameters:
        """Return the parameters as constants of the form, the dots as old as they are."""
        p = as_constants(self.parameters, number)
        if self.exposure is None:
            return p
        aged = aged_efficiency(self.exposure * self._whole(number), p.ageing, ufl_namespace())
        return p._replace(aged=aged)

    def density(self, T: Any, number: Number) -> Any:
        """Return the source as a function of the temperature [K] (UFL)."""
        light = self.light(number)
        dots = heat_source(light, T, self.present(number), ufl_namespace())
        return dots + number(self.host_absorption) * light

    def emitted(self, T: Any, number: Number) -> Any:
        """Return the light that leaves the body, per volume that emits it [W/m³] (UFL)."""
        return emitted_light(self.light(number), T, self.present(number), ufl_namespace())


@dataclass(frozen=True)
class LightSource:
    """Absorbed light that becomes heat, whatever the temperature [W/m³]."""

    absorbed: Any
    scale: Any = None

    def density(self, T: Any, number: Number) -> Any:
        """Return the absorbed power density."""
        return self.absorbed if self.scale is None else self.scale * self.absorbed


def as_constants(parameters: GainParameters, number: Number) -> GainParameters:
    """Return the parameters with every float replaced by a constant of the form."""

    def replaced(entry: Any) -> Any:
        if entry is None:
            return None
        if isinstance(entry, tuple):
            items = [replaced(item) for item in entry]
            return type(entry)(*items) if hasattr(entry, "_fields") else tuple(items)
        return number(entry)

    found: GainParameters = replaced(parameters)
    return found
