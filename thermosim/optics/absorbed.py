"""The light inside the body on the heat mesh, and the heat source that the gain makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.fem import quadrature_function, set_at_quadrature_points
from thermosim.gain import GainParameters, heat_source
from thermosim.namespaces import ufl_namespace

if TYPE_CHECKING:
    from thermosim.fem import Domain
    from thermosim.heat.model import Number
    from thermosim.optics.beam import Laser


def beam_intensity(laser: Laser, domain: Domain, degree: int) -> Any:
    """Return the undisturbed beam inside the body [W/m²] at the quadrature points.

    A plane wave is one number (a float); other profiles are functions of the position.
    """
    if laser.profile == "plane" and laser.speckle is None:
        return laser.peak_intensity
    field = quadrature_function(domain, degree)
    set_at_quadrature_points(field, laser.intensity_at, domain)
    return field


@dataclass(frozen=True)
class GainSource:
    """Heat of the dots under local light: -n g(I, T) plus background absorption [W/m³].

    `scale`, if given, is a constant of the form that multiplies the intensity (not the source,
    which is no linear function of it).
    """

    parameters: GainParameters
    intensity: Any
    scale: Any = None

    def density(self, T: Any, number: Number) -> Any:
        """Return the source as a function of the temperature [K] (UFL)."""
        light = number(self.intensity) if isinstance(self.intensity, float) else self.intensity
        if self.scale is not None:
            light = self.scale * light
        return heat_source(light, T, as_constants(self.parameters, number), ufl_namespace())


def as_constants(parameters: GainParameters, number: Number) -> GainParameters:
    """Return the parameters with every float replaced by a constant of the form."""

    def replaced(entry: Any) -> Any:
        if entry is None:
            return None
        if isinstance(entry, Sequence):
            return tuple(replaced(item) for item in entry)
        return number(entry)

    return GainParameters(*(replaced(entry) for entry in parameters))
