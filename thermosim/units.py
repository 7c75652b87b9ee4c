"""Quantities with units: text such as ``"5 um"`` in a case file, SI floats everywhere else.

A field of a section is declared with one of the types below, for instance
``radius: Positive[Length]``. In a case file the value must be text with a unit of the right
dimension; Python callers may also pass a plain number, which is taken in the SI unit.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field
from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    import pint
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)
_MAX_TEXT = 100


@functools.cache
def registry() -> pint.UnitRegistry[Any]:
    """Return the one pint registry of the process (made on first use: it costs 0.1 s)."""
    import pint

    return pint.UnitRegistry(cache_folder=":auto:")


def parse_quantity(text: str, unit: str) -> float:
    """Return ``text`` (number and unit) converted to ``unit``.

    Temperatures in ``degC`` or ``degF`` are absolute temperatures; ``"delta_degC"`` is a
    difference. Only a number followed by a unit is read: no arithmetic, no code.

    Raises
    ------
    ValueError
        If the text is no number with a known unit of the dimension of ``unit``, or not finite.
    """
    match = _NUMBER.fullmatch(text[:_MAX_TEXT])
    if match is None or len(text) > _MAX_TEXT:
        raise ValueError(f'must be a number with a unit, such as "1 {unit}"')
    number, given = _finite(float(match[1])), match[2].strip()
    if given == unit:
        return _finite(number)
    import pint

    target = unit or "dimensionless"
    if not given and unit:
        raise ValueError(f'has no unit; write for instance "{match[1]} {unit}"')
    try:
        value = registry().Quantity(number, given or "dimensionless").to(target).magnitude
    except pint.DimensionalityError as error:
        raise ValueError(
            f'has the wrong dimension ("{given}"); expected a unit such as "{unit}"'
        ) from error
    except (pint.UndefinedUnitError, pint.errors.DefinitionSyntaxError) as error:
        raise ValueError(f'"{given}" is no known unit; write for instance "1 {unit}"') from error
    except Exception as error:  # pint lets tokenizer and arithmetic errors through
        raise ValueError(f'"{given}" cannot be read as a unit; try "{unit}"') from error
    return float(f"{_finite(value):.15g}")  # "5 um" is 5e-06, not 4.9999999999999996e-06


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be finite")
    return value


@dataclass(frozen=True)
class Quantity:
    """Pydantic annotation of a float that stands for a quantity in the SI unit ``unit``."""

    unit: str
    example: str = ""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Validate text with a unit (everywhere) or a plain SI number (outside case files)."""
        return core_schema.with_info_before_validator_function(
            self._to_si,
            handler(source),  # holds the bounds of a Field, wherever pydantic puts them
            serialization=core_schema.plain_serializer_function_ser_schema(
                self._to_text, info_arg=True
            ),
        )

    def _to_text(self, value: float, info: core_schema.SerializationInfo) -> float | str:
        """Write the SI float, or text with the unit where the context asks for it."""
        if isinstance(info.context, dict) and info.context.get("units"):
            return f"{value!r} {self.unit}".strip()
        return value

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the field as text with a unit, which is what a case file holds."""
        example = self.example or f"1 {self.unit}"
        return {
            "type": "string",
            "pattern": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*\S.*$",
            "examples": [example],
            "x-si-unit": self.unit,
        }

    def _to_si(self, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            try:
                return parse_quantity(value, self.unit)
            except ValueError as error:
                # braces would be taken for placeholders of the message template
                text = str(error).replace("{", "(").replace("}", ")")
                raise PydanticCustomError("quantity", text) from error
        from_file = bool(info.context and info.context.get("case_file"))
        if isinstance(value, bool) or (from_file and isinstance(value, int | float)):
            example = self.example or f"1 {self.unit}"
            rule = f'needs a unit, as text; for instance "{example}"'
            raise PydanticCustomError("quantity", rule)
        if isinstance(value, float) and not math.isfinite(value):
            raise PydanticCustomError("quantity", "must be finite")
        return value


Length = Annotated[float, Quantity("m", "5 um")]
Area = Annotated[float, Quantity("m^2", "1e-16 cm^2")]
Time = Annotated[float, Quantity("s", "29 ns")]
Rate = Annotated[float, Quantity("1/s", "1e6 1/s")]
Temperature = Annotated[float, Quantity("K", "300 K")]
TemperatureDifference = Annotated[float, Quantity("delta_degC", "1 delta_degC")]
Energy = Annotated[float, Quantity("J", "2.33 eV")]
EnergyPerKelvin = Annotated[float, Quantity("J/K", "0.25 meV/K")]
Power = Annotated[float, Quantity("W", "1 mW")]
Intensity = Annotated[float, Quantity("W/m^2", "3 kW/cm^2")]
HeatFlux = Annotated[float, Quantity("W/m^2", "100 W/m^2")]
HeatSource = Annotated[float, Quantity("W/m^3", "1e6 W/m^3")]
NumberDensity = Annotated[float, Quantity("1/m^3", "1.66e16 1/cm^3")]
Pressure = Annotated[float, Quantity("Pa", "1e-3 Pa")]
Angle = Annotated[float, Quantity("rad", "30 deg")]
Frequency = Annotated[float, Quantity("Hz", "10 Hz")]
AbsorptionCoefficient = Annotated[float, Quantity("1/m", "1 1/cm")]
SurfaceEnergy = Annotated[float, Quantity("J/m^2", "0.1 J/m^2")]
Conductivity = Annotated[float, Quantity("W/(m*K)", "0.42 W/(m*K)")]
ThermalConductance = Annotated[float, Quantity("W/K", "1 nW/K")]
ContactConductance = Annotated[float, Quantity("W/(m^2*K)", "1e8 W/(m^2*K)")]
ContactResistance = Annotated[float, Quantity("m^2*K/W", "1e-8 m^2*K/W")]
Density = Annotated[float, Quantity("kg/m^3", "4290 kg/m^3")]
SpecificHeat = Annotated[float, Quantity("J/(kg*K)", "225 J/(kg*K)")]
MolarMass = Annotated[float, Quantity("kg/mol", "28.97 g/mol")]

_T = TypeVar("_T")
Positive = Annotated[_T, Field(gt=0)]
NonNegative = Annotated[_T, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
