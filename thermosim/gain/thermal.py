"""Decay against temperature: ``[gain.thermal]``, lifetimes and efficiency by law or table.

The numbers of the recombination hold at the reference temperature; a law is a factor on them.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, ValidationInfo, field_validator, model_validator
from scipy.constants import k

from thermosim.gain.efficiency import Coefficients
from thermosim.gain.numerics import (
    SMOOTH_TOLERANCE,
    TABLE_TOLERANCE,
    WORST_TOLERANCE,
    chebyshev_coefficients,
    require_rows,
)
from thermosim.gain.recombination import Recombination
from thermosim.language.kinds import Kind
from thermosim.language.sections import Section, beside_case
from thermosim.language.units import Energy, Positive

Array = NDArray[np.float64]
Polynomials = tuple[Coefficients, Coefficients, Coefficients | None]
_CHECKS = 33  # temperatures; polynomials of a ladder take long
Follows = tuple[tuple[Coefficients, ...], tuple[Coefficients, ...], tuple[Coefficients, ...] | None]
"""Of emitted, absorbed and population polynomial: how each coefficient follows the temperature."""


class ThermalLaw(Kind, chosen_by="kind"):
    """How a lifetime or an efficiency follows the temperature."""

    kind: str

    @abstractmethod
    def factor(self, temperature: ArrayLike, reference: float) -> Any:
        """Return the value at a temperature [K] over that at the reference temperature [K]."""

    tolerance: ClassVar[float] = SMOOTH_TOLERANCE


class ActivatedLaw(ThermalLaw):
    """``1/(1 + a exp(-E_a/kT))``: an activated path beside one that does not follow T."""

    kind: Literal["activated"] = "activated"
    activation_energy: Positive[Energy] = Field(description="E_a of the path")
    ratio: Positive[float] = Field(description="a: attempt rate over the rate of the other path")

    def factor(self, temperature: ArrayLike, reference: float) -> Any:
        """Return the factor of the law (Mott and Seitz)."""
        theta = self.activation_energy / k
        rates = [
            1.0 + self.ratio * np.exp(-theta / np.asarray(T, np.float64))
            for T in (temperature, reference)
        ]
        return rates[1] / rates[0]


class PowerLaw(ThermalLaw):
    """``T^n``: 1.5 for the radiative lifetime of excitons that move freely in three dimensions."""

    kind: Literal["power"] = "power"
    exponent: float = Field(ge=-10.0, le=10.0, description="n")

    def factor(self, temperature: ArrayLike, reference: float) -> Any:
        """Return the factor of the law."""
        return (np.asarray(temperature, np.float64) / reference) ** self.exponent


class TabulatedLaw(ThermalLaw):
    """Measured: a CSV file with a heading and rows of temperature [K] and value, in any unit.

    Smooth in between (PCHIP); only the ratio to the value at the reference temperature counts.
    """

    kind: Literal["table"] = "table"
    file: Path = Field(description="CSV file: temperature in K, value")
    tolerance: ClassVar[float] = TABLE_TOLERANCE

    @field_validator("file")
    @classmethod
    def _readable(cls, file: Path, info: ValidationInfo) -> Path:
        found = beside_case(file, info)
        _table(found)
        return found

    def factor(self, temperature: ArrayLike, reference: float) -> Any:
        """Return the factor of the table.

        Raises
        ------
        ValueError
            If a temperature lies outside of it.
        """
        from scipy.interpolate import PchipInterpolator

        T, values = _table(self.file)
        asked = np.asarray(temperature, np.float64)
        require_rows(self.file, [asked.min(), asked.max(), reference], T)
        curve = PchipInterpolator(T, np.log(values))
        return np.exp(curve(np.clip(asked, T[0], T[-1])) - curve(reference))


@functools.lru_cache(maxsize=16)
def _table(file: Path) -> tuple[Array, Array]:
    """Return temperatures [K], rising, and values.

    Raises
    ------
    ValueError
        If the file cannot be read, or values are not positive.
    """
    try:
        rows = np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)
    except (OSError, ValueError) as error:
        raise ValueError(f"{file}: cannot be read as a heading and rows of numbers") from error
    if rows.shape[1] != 2 or len(rows) < 2 or not np.all(np.isfinite(rows) & (rows > 0.0)):
        raise ValueError(f"{file}: rows must be temperature in K and a value above 0, two at least")
    rows = rows[np.argsort(rows[:, 0])]
    if not np.all(np.diff(rows[:, 0]) > 0.0):
        raise ValueError(f"{file}: a temperature stands there twice")
    return rows[:, 0], rows[:, 1]


class ThermalDecay(Section):
    """Lifetimes and efficiency against temperature; what is not given stays as it is.

    The radiative rate is ``eta_X/tau_X`` at every temperature, for trion and biexciton in the same
    proportion, so that their efficiencies go as that rate times their lifetimes; dots become
    neutral as fast as at the reference temperature.
    """

    tau_X: ThermalLaw | None = Field(None, description="Lifetime of the exciton")
    tau_T: ThermalLaw | None = Field(None, description="Lifetime of the trion")
    tau_BX: ThermalLaw | None = Field(None, description="Lifetime of the biexciton")
    eta_X: ThermalLaw | None = Field(None, description="Efficiency of the exciton")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.laws:
            raise ValueError("thermal: give a law for one of tau_X, tau_T, tau_BX, eta_X")
        return self

    @property
    def laws(self) -> dict[str, ThermalLaw]:
        """The laws that are given, by name."""
        found = {name: getattr(self, name) for name in ("tau_X", "tau_T", "tau_BX", "eta_X")}
        return {name: law for name, law in found.items() if law is not None}

    @property
    def tolerance(self) -> float:
        """How close interpolants come, over the value."""
        return max(law.tolerance for law in self.laws.values())

    def factors(self, temperature: float, reference: float) -> dict[str, float]:
        """Return the factor on each number that has a law."""
        return {n: float(law.factor(temperature, reference)) for n, law in self.laws.items()}


class At(NamedTuple):
    """A temperature and the reference temperature [K], and what follows them."""

    decay: ThermalDecay
    temperature: float
    reference: float

    def of(self, section: Recombination) -> Recombination:
        """Return the recombination at the temperature.

        Raises
        ------
        ValueError
            If an efficiency rises above 1 there.
        """
        try:
            return section.scaled(**self.decay.factors(self.temperature, self.reference))
        except ValueError as error:
            raise ValueError(f"thermal: at {self.temperature:.4g} K, {error}") from error

    def in_x(self, polynomials: Polynomials) -> Polynomials:
        """Return polynomials in x of the lifetime here as such of that at the reference."""
        longer = self.decay.factors(self.temperature, self.reference).get("tau_X", 1.0)

        def scaled(coefficients: Coefficients) -> Coefficients:
            return tuple(c * longer**n for n, c in enumerate(coefficients))

        emitted, absorbed, population = polynomials
        return scaled(emitted), scaled(absorbed), None if population is None else scaled(population)


def followed(
    at: Callable[[float], Polynomials], low: float, high: float, reference: float, tolerance: float
) -> Follows:
    """Return Chebyshev coefficients of how the polynomials ``at`` a temperature [K] follow it.

    Of each coefficient less that at the ``reference``, between ``low`` and ``high`` [K].
    """
    rest = at(reference)

    def row(which: int) -> tuple[Coefficients, ...] | None:
        start = rest[which]
        if start is None:
            return None
        return tuple(one(which, n, c) for n, c in enumerate(start))

    def one(which: int, n: int, start: float) -> Coefficients:
        def change(T: Any) -> Any:
            return np.array([_coefficient(at(float(t))[which], n) - start for t in np.ravel(T)])

        size = max(abs(c) for c in rest[which] or (1.0,))
        worst = max(tolerance, WORST_TOLERANCE) * size
        return chebyshev_coefficients(
            change, low, high, reference, tolerance * size, worst, _CHECKS
        )

    emitted, absorbed, population = (row(which) for which in range(3))
    assert emitted is not None
    assert absorbed is not None
    return emitted, absorbed, population


def _coefficient(coefficients: Coefficients | None, n: int) -> float:
    """Return the coefficient of degree n; 0 beyond the end."""
    assert coefficients is not None
    return coefficients[n] if n < len(coefficients) else 0.0
