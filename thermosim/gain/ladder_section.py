"""Ladders of excitons on neutral and charged dots: the general recombination model of a case."""

from __future__ import annotations

import functools
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from thermosim.gain.efficiency import Coefficients, radiative_scaling
from thermosim.gain.master import Ladder, efficiency_of_ladder
from thermosim.gain.recombination import Recombination
from thermosim.language.sections import Section
from thermosim.language.units import Fraction, NonNegative, Positive, Rate, Time


class MeasuredState(Section):
    """A state whose lifetime or efficiency was measured, in place of statistical scaling."""

    excitons: Annotated[int, Field(ge=1, le=6)] = Field(description="Excitons in the state")
    charged: bool = Field(False, description="Whether the dot holds a charge besides")
    tau: Positive[Time] | None = Field(None, description="Lifetime")
    eta: Fraction | None = Field(None, description="Photons per decay")


class LadderRecombination(Recombination):
    """Up to ``neutral_states`` excitons on a neutral dot and ``charged_states`` on a charged one.

    A state with n electrons and m holes emits at ``n m eta_X/tau_X``. What is left of the measured
    rates of trion and biexciton is Auger recombination; higher states scale statistically: the
    paths that hand the energy to an electron go as ``n m (n - 1)``, those that hand it to a hole
    as ``n m (m - 1)`` (Klimov, 10.1146/annurev-conmatphys-031113-133900). Trapping costs every
    exciton ``(1 - eta_X)/tau_X``. ``measured`` replaces lifetime or efficiency of single states.

    ``ionisation`` is the chance that a decay of two or more excitons on a neutral dot ejects a
    carrier, which leaves a charged dot with two excitons fewer; ``ionisation_X`` the same for the
    single exciton, which leaves an empty charged dot. Charged dots become neutral at the rate
    ``neutralisation``.
    """

    kind: Literal["ladder"] = "ladder"
    tau_T: Positive[Time] = Field(3.0e-9, description="Lifetime of the trion")
    tau_BX: Positive[Time] = Field(0.5e-9, description="Lifetime of the biexciton")
    eta_X: Fraction = Field(1.0, description="Efficiency of the exciton")
    neutral_states: Annotated[int, Field(ge=1, le=6)] = Field(
        3, description="Most excitons on a neutral dot"
    )
    charged_states: Annotated[int, Field(ge=1, le=6)] = Field(
        2, description="Most excitons on a charged dot"
    )
    measured: tuple[MeasuredState, ...] = Field(
        (), description="States with lifetimes or efficiencies of their own"
    )
    ionisation: Fraction = Field(
        0.0, description="Chance that a multi-exciton decay ejects a carrier"
    )
    ionisation_X: Fraction = Field(0.0, description="The same for the single exciton")
    neutralisation: NonNegative[Rate] = Field(
        1e3, description="Rate at which charged dots become neutral"
    )
    absorbing: Literal["all", "below_top"] = Field(
        "all", description="Whether the highest state absorbs, too"
    )
    bleaching: bool = Field(False, description="Whether filled states absorb less pump")

    @model_validator(mode="after")
    def _physical(self) -> Self:
        keys = [(one.excitons, one.charged) for one in self.measured]
        if len(set(keys)) < len(keys):
            raise ValueError("measured names a state twice; merge its tau and eta")
        if (1, False) in keys:
            raise ValueError("measured holds the single exciton; give tau_X and eta_X instead")
        if (self.ionisation or self.ionisation_X) and self.neutralisation == 0.0:
            raise ValueError(
                "neutralisation = 0 with ionisation: every dot ends charged, whatever the light; "
                "give the rate at which charged dots become neutral"
            )
        for name, rate in (("tau_T", self._auger_T()), ("tau_BX", self._auger_BX())):
            if rate < 0:
                raise ValueError(
                    f"{name} is longer than its radiative lifetime under statistical scaling, so "
                    "its Auger rate would be negative; shorten it or lower eta_X"
                )
        _ladder(self)
        return self

    def ladder(self) -> Ladder:
        """Return states and rates."""
        return _ladder(self)

    def efficiencies(self) -> tuple[float, float, float]:
        """Return ``(eta_X, eta_T, eta_BX)``."""
        return self.efficiency(1, 0), self.efficiency(1, 1), self.efficiency(2, 0)

    def polynomials(self) -> tuple[Coefficients, Coefficients, Coefficients | None]:
        """Return emitted, absorbed and (where bleaching counts) population polynomials in x."""
        emitted, absorbed, population = _polynomials(self)
        return emitted, absorbed, population if self.bleaching else None

    def lifetime(self, excitons: int, charge: int) -> float:
        """Return the lifetime [s] of a state: the measured one, or by statistical scaling."""
        measured = self._measured(excitons, charge)
        if measured is not None and measured.tau is not None:
            return measured.tau
        trap = excitons * (1.0 - self.eta_X) / self.tau_X
        return 1.0 / (self.radiative_rate(excitons, charge) + trap + self._auger(excitons, charge))

    def efficiency(self, excitons: int, charge: int) -> float:
        """Return photons per decay of a state: the measured one, or radiative rate times lifetime.

        Raises
        ------
        ValueError
            If the lifetime is longer than the radiative lifetime.
        """
        measured = self._measured(excitons, charge)
        if measured is not None and measured.eta is not None:
            return measured.eta
        radiative, lifetime = self.radiative_rate(excitons, charge), self.lifetime(excitons, charge)
        if radiative * lifetime > 1.0 + 1e-9:
            state = f"{excitons} exciton(s) on a {'charged' if charge else 'neutral'} dot"
            raise ValueError(
                f"the lifetime {lifetime:.4g} s of {state} is longer than the radiative "
                f"{1.0 / radiative:.4g} s under statistical scaling; shorten it or give its eta"
            )
        return min(radiative * lifetime, 1.0)

    def _measured(self, excitons: int, charge: int) -> MeasuredState | None:
        wanted = (excitons, bool(charge))
        return next((m for m in self.measured if (m.excitons, m.charged) == wanted), None)

    def radiative_rate(self, excitons: int, charge: int) -> float:
        """Return photons emitted per second [1/s] in a state, by statistical scaling."""
        return float(radiative_scaling(excitons, charge) * self.eta_X / self.tau_X)

    def _auger_T(self) -> float:
        return 1.0 / self.tau_T - (2.0 * self.eta_X + 1.0 - self.eta_X) / self.tau_X

    def _auger_BX(self) -> float:
        return 1.0 / self.tau_BX - (4.0 * self.eta_X + 2.0 * (1.0 - self.eta_X)) / self.tau_X

    def _auger(self, excitons: int, charge: int) -> float:
        """Auger rate: the extra carrier is called the electron; only sums of paths matter."""
        electron = self._auger_T() / 2.0
        hole = max(self._auger_BX() / 4.0 - electron, 0.0)
        both = excitons * (excitons + charge)
        if charge == 0:
            return both * (excitons - 1) * self._auger_BX() / 4.0
        return both * (excitons * electron + (excitons - 1) * hole)


@functools.lru_cache(maxsize=64)
def _ladder(section: LadderRecombination) -> Ladder:
    N, M = section.neutral_states, section.charged_states
    charged = N + 1
    n = N + M + 2
    decay, climb, emission = np.zeros((n, n)), np.zeros((n, n)), np.zeros(n)
    for k in range(1, N + 1):
        rate = 1.0 / section.lifetime(k, 0)
        chance = section.ionisation if k > 1 else section.ionisation_X
        left = min(max(k - 2, 0), M)
        decay[k, k - 1] += (1.0 - chance) * rate
        decay[k, charged + left] += chance * rate
        emission[k] = section.efficiency(k, 0) * rate
        climb[k - 1, k] = 1.0
    for k in range(1, M + 1):
        rate = 1.0 / section.lifetime(k, 1)
        decay[charged + k, charged + k - 1] = rate
        emission[charged + k] = section.efficiency(k, 1) * rate
        climb[charged + k - 1, charged + k] = 1.0
    decay[charged, 0] = section.neutralisation or 1.0 / section.tau_X
    absorption = np.ones(n)
    if section.absorbing == "below_top":
        absorption[[N, n - 1]] = 0.0
    names = [f"{k}X" for k in range(N + 1)] + [f"{k}X+c" for k in range(M + 1)]
    return Ladder(tuple(names), decay, climb, absorption, emission)


@functools.lru_cache(maxsize=64)
def _polynomials(
    section: LadderRecombination,
) -> tuple[Coefficients, Coefficients, Coefficients]:
    return efficiency_of_ladder(_ladder(section), section.tau_X)
