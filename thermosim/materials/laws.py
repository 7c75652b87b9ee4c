"""Scalar laws ``f(T)`` of material properties: constant, power law, polynomial, table.

Every law is evaluated from a flat tuple of floats, ``parameters()``, so that a finite-element form
can hold them as constants and be compiled once for all values.
"""

from __future__ import annotations

import functools
import itertools
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, Self, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from thermosim.language.namespaces import NUMPY, Namespace, balanced_sum
from thermosim.language.sections import Section
from thermosim.language.units import (
    Conductivity,
    Density,
    NonNegative,
    Positive,
    Quantity,
    SpecificHeat,
)
from thermosim.language.units import Temperature as TemperatureK
from thermosim.materials.shorthand import Shorthand

Q = TypeVar("Q", bound=float)
ROOM_TEMPERATURE = 300.0
"""Temperature [K] at which the material library states its values."""


def _quantity_name(quantity: Any) -> str:
    if isinstance(quantity, TypeVar):
        return quantity.__name__
    units = [
        item.unit for item in getattr(quantity, "__metadata__", ()) if isinstance(item, Quantity)
    ]
    return units[0] if units else "1"


class Provenance(Section, Generic[Q]):
    """Where a value comes from and how sure it is.

    ``low`` and ``high`` bound the plausible values at 300 K (published spread, or the limits of an
    estimate), ``relative_uncertainty`` is one standard deviation over the value, and ``T_min`` to
    ``T_max`` is where the law is known to hold; outside it is still evaluated, and
    `Material.outside_range` says so.
    """

    low: Q | None = Field(default=None, description="Lowest plausible value at 300 K")
    high: Q | None = Field(default=None, description="Highest plausible value at 300 K")
    relative_uncertainty: NonNegative[float] | None = Field(
        default=None, description="One standard deviation over the value"
    )
    estimate: bool = Field(
        default=False, description="Whether it is an estimate, not a measured value"
    )
    source: str = Field(default="", description="Where it comes from: a reference or a DOI")
    T_min: Positive[TemperatureK] | None = Field(
        default=None, description="Coldest temperature at which it is known to hold"
    )
    T_max: Positive[TemperatureK] | None = Field(
        default=None, description="Hottest temperature at which it is known to hold"
    )

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Name ``ConstantLaw[Density]`` after its quantity, for messages and the JSON Schema."""
        return f"{cls.__name__}[{_quantity_name(params[0])}]"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for low, high, names in (
            (self.low, self.high, "low and high"),
            (self.T_min, self.T_max, "T_min and T_max"),
        ):
            if low is not None and high is not None and low > high:
                raise ValueError(f"{names} are {low:g} and {high:g}: the first must be the smaller")
        return self


class Law(Provenance[Q], Generic[Q]):
    """A scalar property as a function of temperature."""

    @abstractmethod
    def parameters(self) -> tuple[float, ...]:
        """Return the numbers of the law, SI, in the order that `evaluate` reads them."""

    @abstractmethod
    def evaluate(
        self, T: Any, xp: Namespace = NUMPY, parameters: Sequence[Any] | None = None
    ) -> Any:
        """Return the property at temperature ``T`` [K], in the arithmetic of ``xp``.

        Parameters
        ----------
        T
            Temperature [K]: array of any shape, or a UFL expression.
        xp
            `namespaces.NUMPY` or `namespaces.ufl_namespace()`.
        parameters
            Stand-ins for the numbers of `parameters`, for instance constants of a form.
        """

    def at(self, T: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the property at ``T`` [K]; the result has the shape of ``T``."""
        temperature = np.asarray(T, dtype=float)
        result = np.asarray(self.evaluate(temperature), dtype=float)
        return np.broadcast_to(result, temperature.shape).copy()

    @property
    def is_constant(self) -> bool:
        """Whether the law is one number for every temperature."""
        return False

    @property
    def knots(self) -> tuple[float, ...]:
        """Temperatures [K] at which the law is not smooth."""
        return ()


class ConstantLaw(Law[Q], Generic[Q]):
    """The same value at every temperature."""

    kind: Literal["constant"] = "constant"
    value: Q = Field(description="The same at every temperature")

    def parameters(self) -> tuple[float, ...]:
        """Return ``(value,)``."""
        return (float(self.value),)

    def evaluate(
        self, T: Any, xp: Namespace = NUMPY, parameters: Sequence[Any] | None = None
    ) -> Any:
        """Return the value itself, whatever ``T``."""
        (value,) = self.parameters() if parameters is None else parameters
        return value

    @property
    def is_constant(self) -> bool:
        """True."""
        return True


class PowerLaw(Law[Q], Generic[Q]):
    """``value (T/T_ref)^exponent``, for instance phonon-limited conduction."""

    kind: Literal["power_law"] = "power_law"
    value: Q = Field(description="Value at T_ref")
    exponent: Annotated[float, Field(allow_inf_nan=False)] = Field(description="Power of T/T_ref")
    T_ref: Positive[TemperatureK] = Field(
        default=ROOM_TEMPERATURE, description="Temperature at which it has the value"
    )

    def parameters(self) -> tuple[float, ...]:
        """Return ``(value, exponent, T_ref)``."""
        return (float(self.value), self.exponent, self.T_ref)

    def evaluate(
        self, T: Any, xp: Namespace = NUMPY, parameters: Sequence[Any] | None = None
    ) -> Any:
        """Return ``value (T/T_ref)^exponent``; ``T`` must be positive."""
        value, exponent, T_ref = self.parameters() if parameters is None else parameters
        return value * xp.power(T / T_ref, exponent)


class PolynomialLaw(Law[Q], Generic[Q]):
    """``value (1 + c_1 t + c_2 t² + …)`` with ``t = T/T_ref - 1``."""

    kind: Literal["polynomial"] = "polynomial"
    value: Q = Field(description="Value at T_ref")
    coefficients: Annotated[
        tuple[Annotated[float, Field(allow_inf_nan=False)], ...], Field(min_length=1, max_length=12)
    ] = Field(
        description="c_1, c_2, … without unit in value (1 + c_1 t + c_2 t² + …), where "
        "t = T/T_ref - 1; docs/materials.md has an example"
    )
    T_ref: Positive[TemperatureK] = Field(
        default=ROOM_TEMPERATURE, description="Temperature at which it has the value"
    )

    def parameters(self) -> tuple[float, ...]:
        """Return ``(value, T_ref, c_1, c_2, …)``."""
        return (float(self.value), self.T_ref, *self.coefficients)

    def evaluate(
        self, T: Any, xp: Namespace = NUMPY, parameters: Sequence[Any] | None = None
    ) -> Any:
        """Return the polynomial by Horner's rule."""
        given = self.parameters() if parameters is None else parameters
        value, T_ref, *coefficients = given
        t = T / T_ref - 1.0
        total: Any = coefficients[-1]
        for coefficient in reversed(coefficients[:-1]):
            total = total * t + coefficient
        return value * (1.0 + total * t)


class TableLaw(Law[Q], Generic[Q]):
    """Values at given temperatures; held constant outside the first and last of them.

    ``linear`` joins the points by straight lines; ``smooth`` is the monotone cubic of Fritsch and
    Butland (PCHIP, 10.1137/0905021), once differentiable inside, which Newton's method likes;
    ``spline`` is the cubic spline, more accurate for smooth data but it can overshoot.
    """

    kind: Literal["table"] = "table"
    temperatures: Annotated[
        tuple[Positive[TemperatureK], ...], Field(min_length=2, max_length=1000)
    ] = Field(description="Temperatures of the values, increasing")
    values: Annotated[tuple[Q, ...], Field(min_length=2, max_length=1000)] = Field(
        description="One for each temperature; the ends are held beyond them"
    )
    interpolation: Literal["linear", "smooth", "spline"] = Field(
        default="smooth", description="Straight lines, monotone cubic, or cubic spline"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.temperatures) != len(self.values):
            raise ValueError(
                f"{len(self.temperatures)} temperatures but {len(self.values)} values: "
                "give one value for each temperature"
            )
        if any(a >= b for a, b in itertools.pairwise(self.temperatures)):
            raise ValueError("temperatures must increase from each to the next")
        return self

    @property
    def knots(self) -> tuple[float, ...]:
        """The temperatures of the table."""
        return self.temperatures

    def parameters(self) -> tuple[float, ...]:
        """Return ``(f_0, T_0, width, c1, c2, c3, …)``, the last five for each interval."""
        return _pieces(self.temperatures, tuple(map(float, self.values)), self.interpolation)

    def evaluate(
        self, T: Any, xp: Namespace = NUMPY, parameters: Sequence[Any] | None = None
    ) -> Any:
        """Return the sum of what each interval adds on the way from the first point to ``T``."""
        given = self.parameters() if parameters is None else parameters
        terms: list[Any] = [given[0]]
        for start in range(1, len(given), 5):
            T_i, width, c1, c2, c3 = given[start : start + 5]
            u = xp.minimum(xp.maximum(T - T_i, 0.0), width)
            terms.append(u * (c1 + u * (c2 + u * c3)))
        return balanced_sum(terms)


@functools.lru_cache(maxsize=256)
def _pieces(
    temperatures: tuple[float, ...], values: tuple[float, ...], interpolation: str
) -> tuple[float, ...]:
    """Return `TableLaw.parameters` of a table; a run asks for them at every temperature."""
    T, f = np.array(temperatures), np.array(values)
    pieces = np.column_stack([T[:-1], np.diff(T), *_coefficients(T, f, interpolation)])
    return (float(f[0]), *pieces.ravel().tolist())


def _coefficients(
    T: npt.NDArray[np.float64], f: npt.NDArray[np.float64], interpolation: str
) -> list[npt.NDArray[np.float64]]:
    if interpolation == "linear" or len(T) == 2:
        slope = np.diff(f) / np.diff(T)
        return [slope, np.zeros_like(slope), np.zeros_like(slope)]
    from scipy.interpolate import CubicSpline, PchipInterpolator

    cubic = (CubicSpline if interpolation == "spline" else PchipInterpolator)(T, f)
    return list(cubic.c[2::-1])


def _interval(law: Law[Any]) -> tuple[float | None, float | None]:
    if isinstance(law, TableLaw):
        return law.T_min or law.temperatures[0], law.T_max or law.temperatures[-1]
    return law.T_min, law.T_max


def outside_interval(law: Law[Any], T_low: float, T_high: float) -> str:
    """Return what is wrong with using ``law`` from ``T_low`` to ``T_high`` [K], or empty text."""
    first, last = _interval(law)
    if (first is None or T_low >= first) and (last is None or T_high <= last):
        return ""
    shown = f"{'-∞' if first is None else format(first, 'g')} to "
    shown += f"{'∞' if last is None else format(last, 'g')} K"
    return f"known for {shown}, used from {T_low:g} to {T_high:g} K"


_K = Positive[Conductivity]
_RHO = Positive[Density]
_CP = Positive[SpecificHeat]

_CONSTANT = Shorthand("constant")
ConductivityLaw: TypeAlias = Annotated[
    Annotated[
        ConstantLaw[_K] | PowerLaw[_K] | PolynomialLaw[_K] | TableLaw[_K],
        Field(discriminator="kind"),
    ],
    _CONSTANT,
]
DensityLaw: TypeAlias = Annotated[
    Annotated[
        ConstantLaw[_RHO] | PowerLaw[_RHO] | PolynomialLaw[_RHO] | TableLaw[_RHO],
        Field(discriminator="kind"),
    ],
    _CONSTANT,
]
SpecificHeatLaw: TypeAlias = Annotated[
    Annotated[
        ConstantLaw[_CP] | PowerLaw[_CP] | PolynomialLaw[_CP] | TableLaw[_CP],
        Field(discriminator="kind"),
    ],
    _CONSTANT,
]
