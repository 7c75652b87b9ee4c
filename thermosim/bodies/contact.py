"""The contact between particle and substrate, ``[contact]``: its radius and its conductance."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from thermosim.language.kinds import Kind
from thermosim.language.sections import Section
from thermosim.language.units import (
    Conductivity,
    ContactConductance,
    ContactResistance,
    Length,
    NonNegative,
    Positive,
    Pressure,
    SurfaceEnergy,
)
from thermosim.materials.shorthand import Shorthand

DEFAULT_MODULUS = 22e9
"""JKR modulus K [Pa] of a halide perovskite on mica: E = 20 GPa, ν = 0.33 on 60 GPa, 0.25."""


class Interface(Kind, chosen_by="kind"):
    """Two surfaces that touch: what they conduct per area."""

    kind: str

    @property
    @abstractmethod
    def h_c(self) -> float:
        """Conductance [W/(m² K)]."""


class GivenConductance(Interface):
    """The conductance of the interface as a number."""

    kind: Literal["given"] = "given"
    value: Positive[ContactConductance] = Field(description="Conductance of the interface")

    @property
    def h_c(self) -> float:
        """Conductance [W/(m² K)]."""
        return self.value


class Kapitza(Interface):
    """A flat interface with the boundary resistance of two crystals (typically 1e-9 to 1e-7)."""

    kind: Literal["kapitza"] = "kapitza"
    resistance: Positive[ContactResistance] = Field(description="Thermal boundary resistance")

    @property
    def h_c(self) -> float:
        """Conductance [W/(m² K)]."""
        return 1.0 / self.resistance


class RoughContact(Interface):
    """Two rough surfaces pressed together, touching at plastically flattened asperities."""

    kind: Literal["rough"] = "rough"
    roughness: Positive[Length] = Field(description="Combined rms height, √(σ1² + σ2²)")
    slope: Positive[float] = Field(description="Combined mean absolute slope, √(m1² + m2²)")
    contact_pressure: Positive[Pressure] = Field(description="Load over the apparent area")
    hardness: Positive[Pressure] = Field(description="Micro-hardness of the softer body")
    k_1: Positive[Conductivity] = Field(description="Conductivity of one body")
    k_2: Positive[Conductivity] = Field(description="Conductivity of the other body")

    @model_validator(mode="after")
    def _pressure_below_hardness(self) -> Self:
        if self.contact_pressure >= self.hardness:
            raise ValueError(
                f"contact_pressure = {self.contact_pressure:g} Pa must be below hardness = "
                f"{self.hardness:g} Pa, where the surfaces would touch everywhere"
            )
        return self

    @property
    def h_c(self) -> float:
        """Conductance [W/(m² K)]."""
        return float(
            rough_contact_conductance(
                self.roughness,
                self.slope,
                self.contact_pressure / self.hardness,
                self.k_1,
                self.k_2,
            )
        )


class Ballistic(Section):
    """Heat carriers whose mean free path is not short against the contact (Wexler, Sharvin)."""

    mean_free_path: Positive[Length] = Field(description="Of the heat carriers")
    conductivity: Positive[Conductivity] = Field(description="Of the bulk of that body")


class Contact(Kind, chosen_by="kind"):
    """How particle and substrate touch."""

    kind: str

    @property
    @abstractmethod
    def conductance(self) -> float | None:
        """Conductance of the interface [W/(m² K)]; None if perfect."""

    @abstractmethod
    def radius_for(self, particle_radius: float) -> float:
        """Return the radius [m] of the contact disk of a sphere of ``particle_radius`` [m]."""


class _RealContact(Contact):
    h_c: Annotated[Interface, Shorthand("given")] | None = Field(
        None, description="Conductance of the interface; perfect contact if not given"
    )
    ballistic: tuple[Ballistic, ...] = Field(
        (), max_length=2, description="Ballistic resistance of either body"
    )

    @property
    def conductance(self) -> float | None:
        """Conductance of the interface [W/(m² K)], ballistic part included; None if perfect."""
        resistance = 0.0 if self.h_c is None else 1.0 / self.h_c.h_c
        for part in self.ballistic:
            resistance += float(ballistic_resistance(part.mean_free_path, part.conductivity))
        return 1.0 / resistance if resistance else None


class NoContact(Contact):
    """No heat passes from the particle to the substrate by touch."""

    kind: Literal["none"] = "none"

    @property
    def conductance(self) -> float | None:
        """Conductance of the interface [W/(m² K)]: zero."""
        return 0.0

    def radius_for(self, particle_radius: float) -> float:
        """Return 0: there is no contact disk."""
        return 0.0


class DiskContact(_RealContact):
    """A flat disk of given radius."""

    kind: Literal["disk"] = "disk"
    radius: Positive[Length] = Field(description="Radius of the contact")

    def radius_for(self, particle_radius: float) -> float:
        """Return the radius of the disk [m]; whether it fits, the shape tells."""
        return self.radius


class ElasticBody(Section):
    """Young's modulus and Poisson's ratio of one body."""

    youngs_modulus: Positive[Pressure] = Field(description="Young's modulus")
    poisson_ratio: float = Field(gt=-1, le=0.5, description="Poisson's ratio")


class JKRContact(_RealContact):
    """The disk that adhesion flattens a sphere into (Johnson, Kendall, Roberts), without load.

    Elasticity: ``modulus`` K, or both bodies, or neither (then K = 22 GPa).
    """

    kind: Literal["jkr"] = "jkr"
    work_of_adhesion: NonNegative[SurfaceEnergy] = Field(
        default=0.1, description="Energy per area that parting the two surfaces takes"
    )
    modulus: Positive[Pressure] | None = Field(
        None, description="K = (4/3) / ((1-ν1²)/E1 + (1-ν2²)/E2)"
    )
    particle: ElasticBody | None = None
    substrate: ElasticBody | None = None

    @model_validator(mode="after")
    def _elasticity_once(self) -> Self:
        bodies = (self.particle is not None) + (self.substrate is not None)
        if bodies == 1:
            raise ValueError("give the elasticity of both particle and substrate, or of neither")
        if bodies and self.modulus is not None:
            raise ValueError("give modulus or the elasticity of both bodies, not both")
        return self

    @property
    def effective_modulus(self) -> float:
        """Modulus K [Pa] that is used."""
        if self.particle is not None and self.substrate is not None:
            one, two = self.particle, self.substrate
            return float(
                jkr_modulus(
                    one.youngs_modulus, one.poisson_ratio, two.youngs_modulus, two.poisson_ratio
                )
            )
        return DEFAULT_MODULUS if self.modulus is None else self.modulus

    def radius_for(self, particle_radius: float) -> float:
        """Return the contact radius [m] of a sphere of ``particle_radius`` [m].

        Raises
        ------
        ValueError
            If it is not smaller than ``particle_radius``.
        """
        radius = jkr_radius(particle_radius, self.work_of_adhesion, self.effective_modulus)
        if radius < particle_radius:
            return float(radius)
        raise ValueError(
            f"contact radius {radius * 1e9:.4g} nm must be smaller than the radius of the "
            f"particle, {particle_radius * 1e9:.4g} nm"
        )


def jkr_modulus(
    E_1: npt.ArrayLike, nu_1: npt.ArrayLike, E_2: npt.ArrayLike, nu_2: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return ``K = (4/3) / ((1-ν1²)/E1 + (1-ν2²)/E2)`` [Pa], broadcast."""
    compliance = (1 - np.square(nu_1)) / np.asarray(E_1) + (1 - np.square(nu_2)) / np.asarray(E_2)
    return np.asarray(4.0 / 3.0 / compliance)


def jkr_radius(
    particle_radius: npt.ArrayLike,
    work_of_adhesion: npt.ArrayLike,
    modulus: npt.ArrayLike = DEFAULT_MODULUS,
    load: npt.ArrayLike = 0.0,
) -> npt.NDArray[np.float64]:
    """Return the JKR contact radius [m]; without load ``(6π W R²/K)^{1/3}``; broadcast.

    ``a³ = (R/K) (F + 3πWR + √(6πWRF + (3πWR)²))`` with ``R`` [m], ``W`` [J/m²], ``K`` [Pa] and
    ``F`` [N] (10.1098/rspa.1971.0141).
    """
    R, K, F = (np.asarray(a, dtype=float) for a in (particle_radius, modulus, load))
    pull = 3 * np.pi * np.asarray(work_of_adhesion) * R
    return np.asarray(np.cbrt(R / K * (F + pull + np.sqrt(2 * pull * F + pull**2))))


def rough_contact_conductance(
    roughness: npt.ArrayLike,
    slope: npt.ArrayLike,
    relative_pressure: npt.ArrayLike,
    k_1: npt.ArrayLike,
    k_2: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """Return ``1.25 k_s (m/σ) (P/H)^0.95`` [W/(m² K)], ``k_s = 2 k1 k2/(k1+k2)``; broadcast.

    Plastic contact of conforming rough surfaces, within 1.5 % of the theory of Cooper, Mikic and
    Yovanovich (10.1016/0017-9310(69)90011-8) for ``relative_pressure`` P/H from 1e-6 to 1e-2
    (Yovanovich, IEEE Trans. Compon. Packag. 28, 182 (2005), 10.1109/TCAPT.2005.848483).
    """
    one, two = np.asarray(k_1, dtype=float), np.asarray(k_2, dtype=float)
    k_s = 2 * one * two / (one + two)
    return np.asarray(
        1.25 * k_s * np.asarray(slope) / np.asarray(roughness) * np.power(relative_pressure, 0.95)
    )


def ballistic_resistance(
    mean_free_path: npt.ArrayLike, conductivity: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return ``4Λ/(3k)`` [m² K/W], the Sharvin term of Wexler's interpolation; broadcast.

    Over a disk of radius b it is ``4Λ/(3π k b²)`` [K/W] (10.1088/0370-1328/89/4/316).
    """
    return np.asarray(4 * np.asarray(mean_free_path) / (3 * np.asarray(conductivity)))


def constriction_resistance(
    radius: npt.ArrayLike,
    k_1: npt.ArrayLike,
    k_par: npt.ArrayLike,
    k_perp: npt.ArrayLike | None = None,
    h_c: npt.ArrayLike | None = None,
) -> npt.NDArray[np.float64]:
    """Return the resistance [K/W] of a disk between two half-spaces; broadcast.

    ``R = 1/(4 k1 b) + 1/(4 b √(k_par k_perp)) + 1/(π b² h_c)``: exact for an isothermal disk
    without interface resistance, and for the uniform flux limit in the last term only.

    Parameters
    ----------
    radius
        Radius b of the disk [m].
    k_1
        Conductivity of the isotropic half-space [W/(m K)]; infinity leaves its term out.
    k_par, k_perp
        Conductivities of the other one along and across its surface; equal if one is given.
    h_c
        Conductance of the interface [W/(m² K)]; None is perfect contact.
    """
    b = np.asarray(radius, dtype=float)
    along = np.asarray(k_par, dtype=float)
    across = along if k_perp is None else np.asarray(k_perp, dtype=float)
    spreading: Any = 1 / (4 * b * np.asarray(k_1, dtype=float)) + 1 / (
        4 * b * np.sqrt(along * across)
    )
    if h_c is None:
        return np.asarray(spreading)
    return np.asarray(spreading + 1 / (np.pi * b**2 * np.asarray(h_c, dtype=float)))
