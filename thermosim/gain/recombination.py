"""Recombination of the dots: the sections of a case file and the lifetimes they stand for."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Literal, Self

from pydantic import Field
from scipy.constants import k

from thermosim.gain.efficiency import (
    Coefficients,
    Convention,
    efficiency_polynomials,
    radiative_lifetime,
    radiative_scaling,
    scaled_efficiency,
)
from thermosim.language.kinds import Kind
from thermosim.language.sections import Section
from thermosim.language.units import Energy, Fraction, LightDose, NonNegative, Positive, Time

MEASURED_EFFICIENCY = 0.8
"""Exciton efficiency measured on CsPbBr3 in Cs4PbBr6 (arXiv:2406.10641)."""


class MultiEfficiencies(Kind, chosen_by="kind"):
    """Efficiencies of trion and biexciton."""

    kind: str

    @abstractmethod
    def values(self, tau_X: float, tau_T: float, tau_BX: float) -> tuple[float, float]:
        """Return ``(eta_T, eta_BX)`` for the lifetimes of exciton, trion and biexciton [s]."""


class GivenEfficiencies(MultiEfficiencies):
    """Efficiencies of trion and biexciton as numbers (the paper's, by default)."""

    kind: Literal["given"] = "given"
    eta_T: Fraction = Field(0.26, description="Efficiency of the trion")
    eta_BX: Fraction = Field(0.09, description="Efficiency of the biexciton")

    def values(self, tau_X: float, tau_T: float, tau_BX: float) -> tuple[float, float]:
        """Return ``(eta_T, eta_BX)``."""
        return self.eta_T, self.eta_BX


class ScaledEfficiencies(MultiEfficiencies):
    """Efficiencies of trion and biexciton from the radiative lifetime of the exciton.

    The radiative rates are 2 and 4 times that of the exciton; its lifetime follows from
    ``eta_X``, the efficiency at which the lifetimes were measured, by `radiative_lifetime`.
    """

    kind: Literal["scaled"] = "scaled"
    eta_X: Annotated[Fraction, Field(gt=0)] = Field(
        0.8, description="Efficiency at which the lifetimes were measured"
    )
    convention: Convention = Field(
        "tau_over_eta", description="Radiative lifetime: tau/eta, or the tau*eta of the paper"
    )

    def values(self, tau_X: float, tau_T: float, tau_BX: float) -> tuple[float, float]:
        """Return ``(eta_T, eta_BX)``; above 1 is refused.

        Raises
        ------
        ValueError
            If a lifetime is longer than the radiative lifetime of its state.
        """
        tau_rad_X = radiative_lifetime(tau_X, self.eta_X, self.convention)
        eta_T = scaled_efficiency(tau_T, tau_rad_X, radiative_scaling(1, 1))
        eta_BX = scaled_efficiency(tau_BX, tau_rad_X, radiative_scaling(2))
        for name, eta in (("eta_T", eta_T), ("eta_BX", eta_BX)):
            if eta > 1:
                raise ValueError(
                    f"{name} = {eta:.4g} from statistical scaling is above 1: the state lives "
                    'longer than its radiative lifetime; shorten it or give it (kind = "given")'
                )
        return float(eta_T), float(eta_BX)


class ThermalQuenching(Section):
    """Loss of the emission to an activated path, ``eta ∝ 1/(1 + a exp(-E_a/kT))`` (Mott, Seitz).

    Efficiencies of the recombination hold at the reference temperature; all states are quenched
    alike, lifetimes stay as they are.
    """

    activation_energy: Positive[Energy] = Field(description="E_a of the path")
    ratio: Positive[float] = Field(description="a: attempt rate over radiative rate")

    def numbers(self, reference_temperature: float, eta_X: float) -> tuple[float, float, float]:
        """Return what `source.quenched` takes: E_a/k [K], a exp(-E_a/kT_ref), T_ref [K].

        Raises
        ------
        ValueError
            If the efficiency of the exciton would rise above 1 in the cold.
        """
        theta = self.activation_energy / k
        strength = self.ratio * math.exp(-theta / reference_temperature)
        cold = eta_X * (1.0 + strength)
        if cold > 1.0 + 1e-12:
            raise ValueError(
                f"quenching: eta_X rises to {cold:.4g} in the cold, above 1; it is "
                f"at most {1.0 / (1.0 + strength):.4g} at the reference temperature with this "
                "quenching"
            )
        return theta, strength, reference_temperature


class Ageing(Section):
    """A slow change of all efficiencies with the light that a dot has had.

    After a dose D of pump light (intensity times time) at the place of a dot they are ``1 + change
    (1 - exp(-D/dose))`` times those of fresh dots; several processes add up. No law of it is known
    for these dots: change and dose are what a record of the emission over time tells.
    """

    change: Annotated[float, Field(ge=-1.0)] = Field(
        description="At last, over the fresh efficiency: -0.1 darkens by 10 %, 0.1 brightens"
    )
    dose: Positive[LightDose] = Field(description="After which 63 % of it are done")


def check_ageing(ageing: tuple[Ageing, ...], eta: float) -> None:
    """Refuse dots of efficiency ``eta`` that brighten beyond 1, or darken below 0.

    Raises
    ------
    ValueError
        With what the efficiency would become.
    """
    darkest = 1.0 + sum(one.change for one in ageing if one.change < 0.0)
    brightest = eta * (1.0 + sum(one.change for one in ageing if one.change > 0.0))
    if darkest < 0.0:
        raise ValueError(f"ageing: all processes together darken by {1.0 - darkest:.4g}, above 1")
    if brightest > 1.0 + 1e-12:
        raise ValueError(
            f"ageing: an efficiency of {eta:.4g} brightens to {brightest:.4g}, above 1; the "
            "efficiencies of the recombination are those of fresh dots"
        )


class Recombination(Kind, chosen_by="kind", modules=("thermosim.gain.ladder_section",)):
    """How excitons decay: into light, into heat, and what becomes of the dot."""

    kind: str
    tau_X: Positive[Time] = Field(29e-9, description="Lifetime of the exciton")

    @abstractmethod
    def efficiencies(self) -> tuple[float, float, float]:
        """Return ``(eta_X, eta_T, eta_BX)``."""

    @abstractmethod
    def polynomials(self) -> tuple[Coefficients, Coefficients, Coefficients | None]:
        """Return emitted, absorbed and (where bleaching counts) population polynomials in x."""

    def scaled(self, **factors: float) -> Self:
        """Return the recombination with lifetimes and ``eta_X`` times these factors, by name.

        Raises
        ------
        ValueError
            If an efficiency rises above 1, or a rate becomes negative.
        """
        changed = {name: factor * getattr(self, name) for name, factor in factors.items()}
        if changed.get("eta_X", 0.0) > 1.0 + 1e-12:
            raise ValueError(f"eta_X rises to {changed['eta_X']:.4g}, above 1")
        return type(self).model_validate({**self.model_dump(), **changed})


class TrionBiexciton(Recombination):
    """Exciton, trion and biexciton: Eq. (2) of arXiv:2406.10641.

    ``A`` is the chance that a biexciton ionises its dot, ``C = A / (k_n tau_X)`` with the rate
    ``k_n`` at which a charged dot becomes neutral.
    """

    kind: Literal["trion_biexciton"] = "trion_biexciton"
    tau_T: Positive[Time] = Field(3.0e-9, description="Lifetime of the trion")
    tau_BX: Positive[Time] = Field(0.5e-9, description="Lifetime of the biexciton")
    eta_X: Fraction = Field(1.0, description="Efficiency of the exciton")
    multi: MultiEfficiencies = Field(
        GivenEfficiencies(), description="Efficiencies of trion and biexciton"
    )
    A: NonNegative[float] = Field(0.0, description="Chance that a biexciton ionises its dot")
    C: NonNegative[float] = Field(
        0.0, description="A/(k_n tau_X), k_n the rate at which charged dots become neutral"
    )

    def efficiencies(self) -> tuple[float, float, float]:
        """Return ``(eta_X, eta_T, eta_BX)``."""
        return self.eta_X, *self.multi.values(self.tau_X, self.tau_T, self.tau_BX)

    def scaled(self, **factors: float) -> Self:
        """Return the recombination with lifetimes and ``eta_X`` times these factors, by name.

        Efficiencies of trion and biexciton go as the radiative rate ``eta_X/tau_X`` times their
        lifetimes, C as 1/tau_X.

        Raises
        ------
        ValueError
            If an efficiency rises above 1.
        """
        longer, brighter = factors.get("tau_X", 1.0), factors.get("eta_X", 1.0)
        eta_X, eta_T, eta_BX = self.efficiencies()
        found = {
            "eta_X": eta_X * brighter,
            "eta_T": eta_T * factors.get("tau_T", 1.0) * brighter / longer,
            "eta_BX": eta_BX * factors.get("tau_BX", 1.0) * brighter / longer,
        }
        for name, eta in found.items():
            if eta > 1.0 + 1e-12:
                raise ValueError(f"{name} rises to {eta:.4g}, above 1")
        multi = GivenEfficiencies(eta_T=min(found["eta_T"], 1.0), eta_BX=min(found["eta_BX"], 1.0))
        taus = {name: getattr(self, name) * f for name, f in factors.items() if name != "eta_X"}
        changed = {"eta_X": min(found["eta_X"], 1.0), "multi": multi, "C": self.C / longer}
        return self.model_copy(update={**taus, **changed})

    def polynomials(self) -> tuple[Coefficients, Coefficients, Coefficients | None]:
        """Return emitted, absorbed and (no bleaching) no population polynomial in x."""
        eta_X, eta_T, eta_BX = self.efficiencies()
        emitted, absorbed = efficiency_polynomials(eta_X, eta_T, eta_BX, self.A, self.C)
        return emitted, absorbed, None


def quenching_numbers(
    quenching: ThermalQuenching | None, section: Recombination, reference_temperature: float
) -> tuple[float, float, float] | None:
    """Return what `source.quenched` takes; None where efficiencies hold at any temperature."""
    if quenching is None:
        return None
    return quenching.numbers(reference_temperature, section.efficiencies()[0])
