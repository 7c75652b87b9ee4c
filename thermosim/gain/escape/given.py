"""Escape of the emission that is known without the body."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, Self

from pydantic import Field, model_validator

from thermosim.gain.escape.methods import EscapeModel
from thermosim.language.units import Energy, Fraction


class EscapeNumbers(EscapeModel):
    """Shares that are known without the body."""

    @abstractmethod
    def values(self) -> tuple[float, float, float]:
        """Return ``(f_escape, f_reabsorbed, red_shift)``; the shift in J."""


class NoEscape(EscapeNumbers):
    """A transparent body: all emitted light leaves it."""

    kind: Literal["none"] = "none"

    def values(self) -> tuple[float, float, float]:
        """Return ``(f_escape, f_reabsorbed, red_shift)``."""
        return 1.0, 0.0, 0.0


class GivenEscape(EscapeNumbers):
    """Share of the emitted photons that leaves and that dots reabsorb; the rest is lost as heat."""

    kind: Literal["given"] = "given"
    f_escape: Fraction = Field(description="Share of emitted photons that leaves the body")
    f_reabsorbed: Fraction = Field(description="Share that dots absorb again")
    red_shift: Energy = Field(0.0, description="Mean emitted less mean escaping photon energy")

    @model_validator(mode="after")
    def _sum(self) -> Self:
        if self.f_escape + self.f_reabsorbed > 1.0 + 1e-12:
            raise ValueError(
                f"f_escape + f_reabsorbed = {self.f_escape + self.f_reabsorbed:.6g} is above 1; "
                "both are shares of the same photons"
            )
        return self

    def values(self) -> tuple[float, float, float]:
        """Return ``(f_escape, f_reabsorbed, red_shift)``."""
        return self.f_escape, self.f_reabsorbed, self.red_shift
