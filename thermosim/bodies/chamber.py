"""The chamber around the body, ``[chamber]``: its temperature, residual gas and radiation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import constants

from thermosim.language.sections import Section
from thermosim.language.units import NonNegative, Positive, Pressure, Temperature

GasName = Literal["air", "N2", "He", "Ar", "O2", "H2", "H2O", "CO2"]


@dataclass(frozen=True)
class Gas:
    """One gas: molar mass [kg/mol], heat capacity ratio and conductivity [W/(m K)] at 300 K.

    The conductivity follows ``k_300 (T/300 K)^k_exponent``, a power law between 200 and 400 K
    (water: 300 and 400 K).
    """

    molar_mass: float
    gamma: float
    k_300: float
    k_exponent: float
    source: str


_CRC = "CRC Handbook of Chemistry and Physics, thermal conductivity of gases; about 2 %"

GASES: dict[str, Gas] = {
    "air": Gas(28.97e-3, 1.400, 0.0262, 0.86, _CRC),
    "N2": Gas(28.0134e-3, 1.400, 0.0260, 0.79, _CRC),
    "He": Gas(4.002602e-3, 5 / 3, 0.1567, 0.68, _CRC),
    "Ar": Gas(39.948e-3, 5 / 3, 0.0179, 0.87, _CRC),
    "O2": Gas(31.9988e-3, 1.395, 0.0263, 0.87, _CRC),
    "H2": Gas(2.01588e-3, 1.405, 0.1869, 0.81, _CRC),
    "H2O": Gas(18.01528e-3, 1.329, 0.0187, 1.29, _CRC),
    "CO2": Gas(44.0095e-3, 1.289, 0.0168, 1.39, _CRC),
}


class Chamber(Section):
    """Black walls at one temperature, and the gas between them and the body."""

    temperature: Positive[Temperature] = Field(300.0, description="Of walls and gas")
    pressure: NonNegative[Pressure] = Field(0.0, description="Of the residual gas; 0: vacuum")
    gas: GasName = Field("air", description="Species of the residual gas")
    accommodation: float = Field(
        1.0, gt=0, le=1, description="Energy accommodation of gas on the surfaces"
    )
    gap_gas: bool = Field(
        False, description="Let the gas also conduct from the particle down to the substrate"
    )

    def gas_conductance(self, distance: float) -> float:
        """Return the conductance of the gas [W/(m² K)] across ``distance`` [m].

        ``distance`` is the gap to the facing surface, or the radius of a sphere far from walls.
        """
        h_fm = free_molecular_conductance(
            self.temperature, self.pressure, self.gas, self.accommodation
        )
        return float(
            bridged_conductance(h_fm, distance, gas_conductivity(self.temperature, self.gas))
        )

    def gap_free_molecular(self) -> float:
        """Return the free-molecular conductance [W/(m² K)] between two facing surfaces."""
        alpha = facing_accommodation(self.accommodation, self.accommodation)
        return float(free_molecular_conductance(self.temperature, self.pressure, self.gas, alpha))


def gas_conductivity(T: npt.ArrayLike, gas: str) -> npt.NDArray[np.float64]:
    """Return the continuum conductivity of ``gas`` [W/(m K)] at ``T`` [K], shape of ``T``."""
    data = GASES[gas]
    return np.asarray(data.k_300 * (np.asarray(T, dtype=float) / 300.0) ** data.k_exponent)


def free_molecular_conductance(
    T: npt.ArrayLike,
    pressure: npt.ArrayLike,
    gas: str = "air",
    accommodation: npt.ArrayLike = 1.0,
) -> npt.NDArray[np.float64]:
    """Return ``α (γ+1)/(γ-1) √(R/(8π M T)) p`` [W/(m² K)], the arguments broadcast.

    Holds where the mean free path is much longer than the body: ``T`` [K] is the temperature of
    the gas, ``pressure`` in Pa. (Kennard, Kinetic Theory of Gases, 1938; Corruccini, Vacuum 7, 19
    (1959), 10.1016/0042-207X(59)90766-3.)
    """
    data = GASES[gas]
    speed = np.sqrt(constants.R / (8 * np.pi * data.molar_mass * np.asarray(T, dtype=float)))
    factor = (data.gamma + 1) / (data.gamma - 1)
    return np.asarray(np.asarray(accommodation) * factor * speed * np.asarray(pressure))


def facing_accommodation(alpha_1: npt.ArrayLike, alpha_2: npt.ArrayLike) -> Any:
    """Return the accommodation of a gap, ``1/(1/α₁ + 1/α₂ - 1)``, broadcast.

    Molecules that go from face to face many times. (Knudsen; Kennard 1938, section 180.)
    """
    return 1 / (1 / np.asarray(alpha_1, dtype=float) + 1 / np.asarray(alpha_2, dtype=float) - 1)


def bridged_conductance(
    h_fm: npt.ArrayLike, distance: npt.ArrayLike, k_gas: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return ``h`` of ``1/h = 1/h_fm + d/k_gas`` [W/(m² K)], the arguments broadcast.

    From free-molecular (``d`` [m] small or little gas) to continuum (``h = k_gas/d``).
    (Sherman, Proc. 3rd Symp. on Rarefied Gas Dynamics, 1963.)
    """
    h, d, k = (np.asarray(a, dtype=float) for a in (h_fm, distance, k_gas))
    return np.asarray(h * k / (k + h * d))


def radiative_flux(theta: Any, T_env: Any, emissivity: Any = 1.0) -> Any:
    """Return ``ε σ ((T_env + θ)⁴ - T_env⁴)`` [W/m²], expanded in ``θ``, for arrays and UFL alike.

    The power ``T_env⁴`` never appears, so a microkelvin is as accurate as 100 K.
    """
    series = theta * (4 * T_env**3 + theta * (6 * T_env**2 + theta * (4 * T_env + theta)))
    return emissivity * constants.Stefan_Boltzmann * series


def radiative_conductance(
    T: npt.ArrayLike, emissivity: npt.ArrayLike = 1.0
) -> npt.NDArray[np.float64]:
    """Return ``4 ε σ T³`` [W/(m² K)], radiation linearised at ``T`` [K], broadcast."""
    cubed = np.asarray(T, dtype=float) ** 3
    return np.asarray(4 * np.asarray(emissivity) * constants.Stefan_Boltzmann * cubed)


def pressure_of_equal_radiation(
    T: npt.ArrayLike,
    emissivity: npt.ArrayLike = 1.0,
    gas: str = "air",
    accommodation: npt.ArrayLike = 1.0,
    distance: npt.ArrayLike = 0.0,
) -> npt.NDArray[np.float64]:
    """Return the pressure [Pa] where gas across ``distance`` conducts ``4 ε σ T³``, broadcast.

    Infinite where even the continuum conductance ``k_gas/d`` stays below radiation.
    """
    h_rad = radiative_conductance(T, emissivity)
    per_pascal = free_molecular_conductance(T, 1.0, gas, accommodation)
    share = 1 - h_rad * np.asarray(distance, dtype=float) / gas_conductivity(T, gas)
    reachable = share > 0
    return np.where(reachable, h_rad / per_pascal / np.where(reachable, share, 1.0), np.inf)
