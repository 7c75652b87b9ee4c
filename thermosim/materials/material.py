"""`Material`: what a body is made of; ``[materials.NAME]`` of a case file."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from thermosim.language.sections import Section
from thermosim.materials.conductivity import ConductivityTensor
from thermosim.materials.laws import DensityLaw, Law, SpecificHeatLaw, outside_interval
from thermosim.materials.optical import Infrared, RefractiveIndex
from thermosim.materials.size_table import EmissivityModel


class Material(Section):
    """Thermal and optical properties of one material; what a model does not need may be left out.

    ``infrared`` (n + ik from about 3 to 200 µm) is for the emissivity of bodies smaller than the
    thermal wavelength.
    """

    conductivity: ConductivityTensor = Field(description="Thermal conductivity, may be a tensor")
    density: DensityLaw | None = Field(None, description="Mass density; for transients")
    specific_heat: SpecificHeatLaw | None = Field(
        None, description="Specific heat at constant pressure; for transients"
    )
    refractive_index: RefractiveIndex | None = Field(None, description="n + ik at the pump")
    emissivity: EmissivityModel | None = Field(
        None, description="Hemispherical total emissivity: law of T, or table by size"
    )
    infrared: Infrared | None = Field(None, description="Infrared n + ik for small bodies")
    description: str = Field(default="", description="What material it is, in words")

    def volumetric_heat_capacity(self, T: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return ``rho cp`` [J/(m³ K)] at ``T`` [K]; shape of ``T``.

        Raises
        ------
        ValueError
            If the material has no density or no specific heat.
        """
        density, specific_heat = self.thermal_mass_laws()
        return np.asarray(density.at(T) * specific_heat.at(T))

    def thermal_mass_laws(self) -> tuple[DensityLaw, SpecificHeatLaw]:
        """Return the laws of density and specific heat.

        Raises
        ------
        ValueError
            If one of them is missing.
        """
        if self.density is None or self.specific_heat is None:
            missing = "density" if self.density is None else "specific_heat"
            raise ValueError(f"material has no {missing}, which transients need: add it")
        return self.density, self.specific_heat

    def laws(self) -> dict[str, Law[Any]]:
        """Return every scalar law of temperature by its dotted name, such as ``conductivity.k``."""
        found: dict[str, Law[Any]] = {
            f"conductivity.{name}": law for name, law in self.conductivity.laws().items()
        }
        for name in ("density", "specific_heat", "emissivity"):
            law = getattr(self, name)
            if isinstance(law, Law):
                found[name] = law
        return found

    def outside_range(self, T_low: float, T_high: float) -> list[str]:
        """Return one line for each law used outside the temperatures where it is known."""
        notes = {name: outside_interval(law, T_low, T_high) for name, law in self.laws().items()}
        return [f"{name}: {note}" for name, note in notes.items() if note]
