"""One dot by itself: its temperature in a medium or in vacuum, single photons, fluctuations.

A dot is smaller than anything that conducts heat inside it, so that it has one temperature. Its
mean ΔT is far below what it fluctuates by, and below the step that each photon makes.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator
from scipy.constants import Stefan_Boltzmann, k, pi

from thermosim.errors import CaseError
from thermosim.gain.absorption import dot_volume
from thermosim.language.kinds import Kind
from thermosim.language.sections import Section
from thermosim.language.units import Conductivity, ContactConductance, Fraction, Length, Positive
from thermosim.materials import Material, SizeTable
from thermosim.materials.catalogue import load_material

Gain = Callable[[float], float]
COLDEST, HOTTEST = 10.0, 3.0  # K, and times the temperature of the surroundings


class Surroundings(Kind, chosen_by="kind"):
    """What is around a dot."""

    kind: str

    @abstractmethod
    def conductance(self, radius: float, temperature: float, dot: Material) -> float:
        """Return the conductance from a dot of ``radius`` [m] to far away, at ``temperature`` [K].

        In W/K, for small temperature differences.
        """

    def change(self, gain: Gain, radius: float, temperature: float, dot: Material) -> float:
        """Return the mean ΔT [K] of a dot that draws ``gain`` [W], a function of temperature."""
        return -gain(temperature) / self.conductance(radius, temperature, dot)


class Medium(Surroundings):
    """A host crystal, or a liquid, all around the dot: ``1/G = 1/(4 pi k R) + 1/(4 pi R² h)``.

    ``h`` is the conductance of the interface (Kapitza): 1e8 W/(m² K) is an estimate, 3e7 to 3e8 as
    between dissimilar solids.
    """

    kind: Literal["medium"] = "medium"
    material: str = Field("Cs4PbBr6", description="Of the library, whose conductivity is taken")
    conductivity: Positive[Conductivity] | None = Field(
        None, description="Of the medium, in place of that of the material"
    )
    h: Positive[ContactConductance] = Field(1e8, description="Of the interface")

    def resistances(self, radius: float, temperature: float) -> tuple[float, float]:
        """Return the resistances [K/W] of the medium and of the interface.

        Raises
        ------
        ValueError
            If the library does not know the material.
        """
        conductivity = self.conductivity
        if conductivity is None:
            parts = _material(self.material).conductivity.components(temperature)
            # of a tensor: heat flows out along all axes
            conductivity = float(math.prod(float(one) for one in parts) ** (1.0 / len(parts)))
        through: float = 1.0 / (4.0 * pi * conductivity * radius)
        return through, 1.0 / (4.0 * pi * radius**2 * self.h)

    def conductance(self, radius: float, temperature: float, dot: Material) -> float:
        """Return the conductance [W/K] of medium and interface in series."""
        return 1.0 / sum(self.resistances(radius, temperature))


class Vacuum(Surroundings):
    """Nothing: the dot radiates with the emissivity of a body so small, that of its material."""

    kind: Literal["vacuum"] = "vacuum"
    emissivity: Annotated[Fraction, Field(gt=0)] | None = Field(
        None, description="Of the dot; that of its material at its size if not given"
    )

    def of(self, radius: float, temperature: float, dot: Material) -> float:
        """Return the emissivity of the dot.

        Raises
        ------
        ValueError
            If neither section nor material tells it.
        """
        if self.emissivity is not None:
            return self.emissivity
        known = dot.emissivity
        if known is None:
            raise ValueError("the material of the dot has no emissivity; give dot.emissivity")
        if isinstance(known, SizeTable):
            return float(known.at_size(radius))
        return float(known.at(temperature))

    def conductance(self, radius: float, temperature: float, dot: Material) -> float:
        """Return the conductance [W/K] of small differences, ``16 pi R² eps sigma T³``."""
        per_T4: float = 4.0 * pi * radius**2 * self.of(radius, temperature, dot) * Stefan_Boltzmann
        return 4.0 * per_T4 * temperature**3

    def change(self, gain: Gain, radius: float, temperature: float, dot: Material) -> float:
        """Return ΔT [K] where ``4 pi R² eps sigma (T0⁴ - T⁴)`` is the gain at the dot's own T.

        NaN where the gain meets it neither above 10 K nor below three times T0.
        """
        from scipy.optimize import brentq

        per_T4 = 4.0 * pi * radius**2 * self.of(radius, temperature, dot) * Stefan_Boltzmann

        def missing(T: float) -> float:
            radiated: float = per_T4 * (temperature**4 - T**4)
            return radiated - gain(T)

        end = COLDEST if gain(temperature) > 0.0 else HOTTEST * temperature
        if missing(end) * missing(temperature) > 0.0:
            return math.nan
        found: float = brentq(missing, end, temperature, xtol=1e-12, rtol=1e-14)
        return found - temperature


class OneDot(Section):
    """One dot of its own: ``thermosim gain`` tells its temperature, fluctuations and photons."""

    diameter: Positive[Length] | None = Field(
        None, description="Diameter of a sphere of its volume; that of [gain.size] if not given"
    )
    material: str = Field("CsPbBr3", description="Of the library, for heat capacity and emissivity")
    surroundings: Surroundings = Field(Medium(), description="What is around it")

    @model_validator(mode="after")
    def _known(self) -> Self:
        material, around = _material(self.material), self.surroundings
        material.thermal_mass_laws()
        around.conductance(1e-9, 300.0, material)
        return self


class DotNumbers(NamedTuple):
    """One dot under light. SI units.

    ``change`` is the mean ΔT; ``medium`` and ``interface`` its parts (NaN in vacuum).
    ``photon_event`` is the ΔT at once after one photon has been absorbed and one emitted,
    ``fluctuation`` the thermal fluctuation (root mean square), ``relaxation`` the time in which
    both decay, ``photons`` the rate of emission, ``g2`` its correlation at no delay under weak
    light.
    """

    change: float
    medium: float
    interface: float
    photon_event: float
    fluctuation: float
    relaxation: float
    photons: float
    g2: float


def one_dot(
    section: OneDot,
    diameter: float,
    temperature: float,
    gain: Gain,
    energy_per_photon: float,
    photons: float,
    eta_X: float,
    eta_BX: float,
) -> DotNumbers:
    """Return what one dot of ``diameter`` [m] does at ``temperature`` [K].

    ``gain`` is what it draws [W], as a function of its temperature [K].

    ``energy_per_photon`` [J] is drawn per photon emitted, ``photons`` [1/s] are emitted. The
    fluctuation of a body of heat capacity C is ``sqrt(k T²/C)`` (Landau and Lifshitz, Statistical
    Physics, section 112); ``g2(0) = eta_BX/eta_X`` of a dot under weak light (Nair, Zhao, Bawendi,
    Nano Lett. 11, 1136 (2011), 10.1021/nl104054t).
    """
    material, around = _material(section.material), section.surroundings
    radius = 0.5 * diameter
    capacity = float(material.volumetric_heat_capacity(temperature) * dot_volume(diameter))
    medium, interface = math.nan, math.nan
    if isinstance(around, Medium):
        medium, interface = (
            -gain(temperature) * r for r in around.resistances(radius, temperature)
        )
    return DotNumbers(
        change=around.change(gain, radius, temperature, material),
        medium=medium,
        interface=interface,
        photon_event=-energy_per_photon / capacity,
        fluctuation=math.sqrt(k * temperature**2 / capacity),
        relaxation=capacity / around.conductance(radius, temperature, material),
        photons=photons,
        g2=eta_BX / eta_X if eta_X > 0.0 else math.nan,
    )


def _material(name: str) -> Material:
    try:
        return load_material(name)
    except CaseError as error:
        raise ValueError(f"dot: {error}") from error
