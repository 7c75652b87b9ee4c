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

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError, core_schema
from scipy.constants import eV

if TYPE_CHECKING:
    import pint
    from pydantic import (
        GetCoreSchemaHandler,
        GetJsonSchemaHandler,
        ValidationInfo,
        ValidatorFunctionWrapHandler,
    )

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)
_MAX_TEXT = 100
# Common units, read without pint, whose import takes longer than all else in a short command.
# Exponents are those of m, kg, s, K; tests/unit/test_units_table.py holds the table to pint.
_PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3}
_PREFIXES |= {"": 1.0, "c": 1e-2, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_UNITS: dict[str, tuple[float, tuple[int, int, int, int]]] = {
    "m": (1.0, (1, 0, 0, 0)),
    "g": (1e-3, (0, 1, 0, 0)),
    "s": (1.0, (0, 0, 1, 0)),
    "K": (1.0, (0, 0, 0, 1)),
    "Hz": (1.0, (0, 0, -1, 0)),
    "J": (1.0, (2, 1, -2, 0)),
    "eV": (eV, (2, 1, -2, 0)),
    "W": (1.0, (2, 1, -3, 0)),
    "Pa": (1.0, (-1, 1, -2, 0)),
    "bar": (1e5, (-1, 1, -2, 0)),
}
_WHOLE_UNITS = {"1": (1.0, (0, 0, 0, 0)), "min": (60.0, (0, 0, 1, 0)), "h": (3600.0, (0, 0, 1, 0))}
_SI_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m"}
_SI_PREFIXES |= {0: "", 3: "k", 6: "M", 9: "G"}
_WITH_PREFIX = frozenset({"m", "s", "W"})
_LONG_TIMES = ((7200.0, 3600.0, "h"), (300.0, 60.0, "min"))  # from, seconds, unit
_TERM = re.compile(r"([*/]?)(1(?!\d)|[A-Za-zµμ]+)(?:(?:\^|\*\*)(-?[1-9]))?")
_GROUP = re.compile(r"/\(([^()]*)\)$")


@functools.cache
def registry() -> pint.UnitRegistry[Any]:
    """Return the one pint registry of the process (made on first use: it costs 0.1 s)."""
    import pint

    return pint.UnitRegistry(cache_folder=":auto:")


@functools.cache
def common_unit(text: str) -> tuple[float, tuple[int, ...]] | None:
    """Return factor to SI and exponents of m, kg, s, K of a common unit such as ``"kW/cm^2"``.

    None for everything else (other units, temperature scales, other ways to write a product),
    which pint reads.
    """
    compact = text.replace(" / ", "/").replace(" * ", "*")
    group = _GROUP.search(compact)
    if group is not None:
        compact = compact[: group.start()] + "/" + group[1].replace("*", "/")
        if "/" in group[1]:
            return None
    factor, exponents, end = 1.0, [0, 0, 0, 0], 0
    while end < len(compact):
        term = _TERM.match(compact, end)
        known = None if term is None or bool(term[1]) != bool(end) else _one_unit(term[2])
        if term is None or known is None:
            return None
        power = int(term[3] or 1) * (-1 if term[1] == "/" else 1)
        factor *= known[0] ** power
        exponents = [a + power * b for a, b in zip(exponents, known[1], strict=True)]
        end = term.end()
    return (factor, tuple(exponents)) if end else None


def _one_unit(name: str) -> tuple[float, tuple[int, ...]] | None:
    if name in _WHOLE_UNITS:
        return _WHOLE_UNITS[name]
    for unit, (factor, exponents) in _UNITS.items():
        if name.endswith(unit) and name.removesuffix(unit) in _PREFIXES:
            return factor * _PREFIXES[name.removesuffix(unit)], exponents
    return None


@functools.lru_cache(maxsize=10_000)  # tables of materials come again with every point of a study
def parse_quantity(text: str, unit: str, example: str = "") -> float:
    """Return ``text`` (number and unit) converted to ``unit``.

    Temperatures in ``degC`` or ``degF`` are absolute temperatures; ``"delta_degC"`` is a
    difference. Only a number followed by a unit is read: no arithmetic, no code. ``example`` is
    for the messages.

    Raises
    ------
    ValueError
        If the text is no number with a known unit of the dimension of ``unit``, or not finite.
    """
    match = _NUMBER.fullmatch(text[:_MAX_TEXT])
    example = example or f"1 {unit}".strip()
    if match is None or len(text) > _MAX_TEXT:
        raise ValueError(f'must be a number{" with a unit" if unit else ""}, such as "{example}"')
    number, given = _finite(float(match[1])), match[2].strip()
    if given == unit:
        return _finite(number)
    if not given:
        raise ValueError(f'has no unit; write for instance "{example}"')
    if re.match(r",\d", given):
        raise ValueError(f'has a decimal comma; write a point, as in "{match[1]}.{given[1:]}"')
    here, there = common_unit(given), common_unit(unit)
    if here is None or there is None:
        value = _by_pint(number, given, unit or "dimensionless", example)
    elif here[1] == there[1]:
        value = number * here[0] / there[0]
    else:
        raise ValueError(_wrong_dimension(given, example))
    return rounded(_finite(value))


def rounded(value: float) -> float:
    """Return a number as 15 digits write it: ``"5 um"`` is 5e-06, not 4.9999999999999996e-06.

    What is rounded once is brought back to the last bit by its text in any unit.
    """
    return float(f"{value:.15g}")


def si_prefix(value: float) -> tuple[float, str]:
    """Return the factor and SI prefix that make a size read from 1 to 1000: ``1e-9, "n"``.

    Sizes beyond the range (atto to giga) keep its last prefix; 0 has none.
    """
    if value == 0.0:
        return 1.0, ""
    # 999.9999999 rounds up to the next prefix
    power = 3 * math.floor(math.log10(abs(value) * (1 + 1e-9)) / 3)
    power = min(max(power, min(_SI_PREFIXES)), max(_SI_PREFIXES))
    return 10.0**power, _SI_PREFIXES[power]


def si_text(value: float, unit: str, digits: int = 4, *, zeros: bool = False) -> str:
    """Return a number with an SI prefix and a true minus: ``-1.8e-8, "W"`` gives ``−18 nW``.

    `zeros` keeps the digits that are zero: ``−18.00 nW``.
    """
    if value == 0 or not math.isfinite(value):
        return f"{value + 0.0:g} {unit}".replace("-inf", "−inf")
    factor, prefix = si_prefix(float(f"{value:.{digits}g}"))
    text = f"{value / factor:#.{digits}g}" if zeros else f"{value / factor:.{digits}g}"
    return f"{text.rstrip('.').replace('-', '−')} {prefix}{unit}".strip()


def with_error(value: float, error: float) -> str:
    """Return ``value ± error``, the error with two digits and the value with as many places.

    At most nine digits are shown; an error below the last of them is told as such:
    ``779.145308 ± <0.000001``.
    """
    wanted = 1 - math.floor(math.log10(error))
    places = max(min(wanted, 8 - math.floor(math.log10(max(abs(value), error)))), 0)
    last = 10.0**-places
    shown = f"{error:.{places}f}" if error >= last / 2 else f"<{last:.{places}f}"
    return f"{value:.{places}f} ± {shown}".replace("-", "−")


def si_with_error(value: float, error: float | None, unit: str) -> str:
    """Return value ± error in one unit with an SI prefix, as `with_error`.

    No error, or one that is not finite: the value alone, with five digits.
    """
    if error is None or not error > 0.0 or not math.isfinite(error):
        return si_text(value, unit, 5, zeros=True)
    factor, prefix = si_prefix(max(abs(value), error))
    return f"{with_error(value / factor, error / factor)} {prefix}{unit}"


def time_scale(longest: float) -> tuple[float, str]:
    """Return seconds per unit and the unit in which times up to `longest` [s] read best."""
    for limit, seconds, unit in _LONG_TIMES:
        if longest >= limit:
            return seconds, unit
    if longest >= 1.0:
        return 1.0, "s"
    factor, prefix = si_prefix(longest)
    return factor, f"{prefix}s"


def time_text(value: float, digits: int = 4) -> str:
    """Return a time [s] in the unit in which it reads best: ``43.27 ms``, ``90 min``, ``2.5 h``."""
    seconds, unit = time_scale(abs(value))
    return f"{value / seconds:.{digits}g} {unit}".replace("-", "−")


class Written(float):
    """A number in the SI unit of its field that remembers the text it was read from.

    Attributes
    ----------
    text : number and unit as the user wrote them, such as ``"2.33 eV"``
    """

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str) -> Written:
        """Return a number with its text."""
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]
        return float(self), self.text


def as_written(value: float, unit: str, example: str = "") -> str:
    """Return an SI number as text with a unit: as it was written, else in the unit people use.

    That is one with a prefix for lengths, times and powers, else the unit of `example`. What is
    written reads back to the last bit; where no such text does, it is in the SI unit.
    """
    if isinstance(value, Written) and _reads_as(value.text, value, unit):
        return value.text
    usual, factor = _usual_unit(value, unit, example)
    text = f"{value / factor:.15g} {usual}".strip()
    return text if _reads_as(text, value, unit) else f"{float(value)!r} {unit}".strip()


def _usual_unit(value: float, unit: str, example: str) -> tuple[str, float]:
    if unit in _WITH_PREFIX and math.isfinite(value) and value != 0.0:
        factor, prefix = si_prefix(float(f"{value:.12g}"))
        if factor <= 1.0:
            return prefix.replace("µ", "u") + unit, factor
    match = _NUMBER.fullmatch(example)
    given = match[2].strip() if match else unit
    here, there = common_unit(given), common_unit(unit)
    if unit in _WITH_PREFIX or here is None or there is None or here[1] != there[1]:
        return unit, 1.0
    return given, here[0] / there[0]


def _reads_as(text: str, value: float, unit: str) -> bool:
    try:
        return parse_quantity(text, unit) == value
    except ValueError:
        return False


def _wrong_dimension(given: str, example: str) -> str:
    return f'has the wrong dimension ("{given}"); write for instance "{example}"'


def _by_pint(number: float, given: str, target: str, example: str) -> float:
    import pint

    try:
        return float(registry().Quantity(number, given).to(target).magnitude)
    except pint.DimensionalityError as error:
        raise ValueError(_wrong_dimension(given, example)) from error
    except (pint.UndefinedUnitError, pint.errors.DefinitionSyntaxError) as error:
        raise ValueError(f'"{given}" is no known unit; write for instance "{example}"') from error
    except Exception as error:  # pint lets tokenizer and arithmetic errors through
        raise ValueError(f'"{given}" cannot be read as a unit; try "{example}"') from error


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
        return core_schema.with_info_wrap_validator_function(
            self._validated,
            handler(source),  # holds the bounds of a Field, wherever pydantic puts them
            serialization=core_schema.plain_serializer_function_ser_schema(
                self._to_text, info_arg=True
            ),
        )

    def _to_text(self, value: float, info: core_schema.SerializationInfo) -> float | str:
        """Write the SI float, or text with the unit where the context asks for it."""
        if isinstance(info.context, dict) and info.context.get("units"):
            return as_written(value, self.unit, self.example)
        return float(value) if isinstance(value, Written) else value

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

    def _validated(
        self, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        found = handler(self._to_si(value, info))
        if not isinstance(found, float):
            return found
        if isinstance(value, Written):
            return Written(found, value.text)
        return Written(found, value.strip()) if isinstance(value, str) else found

    def _to_si(self, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            try:
                return parse_quantity(value, self.unit, self.example)
            except ValueError as error:
                # braces would be taken for placeholders of the message template
                text = str(error).replace("{", "(").replace("}", ")")
                raise PydanticCustomError("quantity", text) from error
        from_file = bool(info.context and info.context.get("case_file"))
        if isinstance(value, bool) or (from_file and not isinstance(value, list | dict)):
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
_HIGHEST = 100.0 * eV  # no edge or line of a solid is there, and no pump of one


def _of_light(energy: float) -> float:
    if energy > _HIGHEST:
        raise PydanticCustomError("photon_energy", "must be at most 100 eV; is the unit right?")
    return energy


PhotonEnergy = Annotated[float, Quantity("J", "2.33 eV"), Field(gt=0), AfterValidator(_of_light)]
EnergyPerKelvin = Annotated[float, Quantity("J/K", "0.25 meV/K")]
Power = Annotated[float, Quantity("W", "1 mW")]
Intensity = Annotated[float, Quantity("W/m^2", "3 kW/cm^2")]
HeatSource = Annotated[float, Quantity("W/m^3", "1e6 W/m^3")]
NumberDensity = Annotated[float, Quantity("1/m^3", "1.66e16 1/cm^3")]
Pressure = Annotated[float, Quantity("Pa", "1e-3 Pa")]
Angle = Annotated[float, Quantity("rad", "30 deg")]
Frequency = Annotated[float, Quantity("Hz", "10 Hz")]
AbsorptionCoefficient = Annotated[float, Quantity("1/m", "1 1/cm")]
LightDose = Annotated[float, Quantity("J/m^2", "5e9 J/m^2")]
SurfaceEnergy = Annotated[float, Quantity("J/m^2", "0.1 J/m^2")]
Conductivity = Annotated[float, Quantity("W/(m*K)", "0.42 W/(m*K)")]
ContactConductance = Annotated[float, Quantity("W/(m^2*K)", "1e8 W/(m^2*K)")]
ContactResistance = Annotated[float, Quantity("m^2*K/W", "1e-8 m^2*K/W")]
Density = Annotated[float, Quantity("kg/m^3", "4290 kg/m^3")]
SpecificHeat = Annotated[float, Quantity("J/(kg*K)", "225 J/(kg*K)")]

_T = TypeVar("_T")
Positive = Annotated[_T, Field(gt=0)]
NonNegative = Annotated[_T, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
