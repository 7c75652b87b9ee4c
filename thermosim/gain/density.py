"""How many dots there are per volume."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from thermosim.gain.absorption import dot_volume
from thermosim.language.kinds import Kind
from thermosim.language.units import (
    AbsorptionCoefficient,
    Fraction,
    Length,
    NumberDensity,
    Positive,
)


def density_from_volume_fraction(volume_fraction: ArrayLike, diameter: ArrayLike) -> Any:
    """Return the density of dots [1/m³] that fill ``volume_fraction`` with spheres."""
    return np.asarray(volume_fraction) / dot_volume(diameter)


class DotDensity(Kind, chosen_by="kind"):
    """How many dots there are per volume."""

    kind: str

    @abstractmethod
    def density(self, sigma: Callable[[], float], diameter: float | None = None) -> float:
        """Return dots per volume [1/m³]; the cross-section [m²] and the diameter [m] may help."""


class GivenDensity(DotDensity):
    """Number of dots per volume."""

    kind: Literal["given"] = "given"
    n_dots: Positive[NumberDensity] = Field(1.66e22, description="Dots per volume")

    def density(self, sigma: Callable[[], float], diameter: float | None = None) -> float:
        """Return the number given [1/m³]."""
        return self.n_dots


class VolumeFractionDensity(DotDensity):
    """Density of dots from the part of the volume that they fill and their diameter."""

    kind: Literal["volume_fraction"] = "volume_fraction"
    volume_fraction: Annotated[Fraction, Field(gt=0)] = Field(
        description="Part of the volume that dots fill"
    )
    dot_diameter: Positive[Length] | None = Field(
        None, description="Diameter of a dot; without it that of [gain.size]"
    )

    def density(self, sigma: Callable[[], float], diameter: float | None = None) -> float:
        """Return `density_from_volume_fraction` [1/m³].

        Raises
        ------
        ValueError
            If no diameter is known.
        """
        own = self.dot_diameter or diameter
        if own is None:
            raise ValueError(
                "density.dot_diameter: is missing; give the diameter of a dot here, or in "
                "[gain.size]"
            )
        return float(density_from_volume_fraction(self.volume_fraction, own))


class MacroscopicDensity(DotDensity):
    """Density of dots from the absorption coefficient of the body: ``n_dots = alpha / sigma``.

    ``alpha`` is that of the dots, at the photon energy of the cross-section.
    """

    kind: Literal["macroscopic"] = "macroscopic"
    alpha: Positive[AbsorptionCoefficient] = Field(
        description="Absorption of the body by its dots, at the photon energy of the cross-section"
    )

    def density(self, sigma: Callable[[], float], diameter: float | None = None) -> float:
        """Return ``alpha / sigma`` [1/m³]."""
        return self.alpha / sigma()
