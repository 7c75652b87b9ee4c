"""Fields of a case file that hold a quantity or a formula with the unit of its result."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic_core import PydanticCustomError, core_schema

from thermosim.language.formulas.expression import Expression, written
from thermosim.language.formulas.syntax import NAMES
from thermosim.language.namespaces import NUMPY, Namespace
from thermosim.language.units import Written, as_written, parse_quantity, registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo

_LENGTHS = frozenset({"x", "y", "z", "r"})
_KEYS = ("expression", "unit", "length_unit")


@dataclass(frozen=True)
class FieldExpression:
    """A formula whose values are in SI units: ``factor`` times the formula plus ``offset``.

    Attributes
    ----------
    expression
        The formula as written.
    unit
        Unit of the written result, such as ``degC``.
    factor, offset
        From that unit to the SI unit of the field.
    length_unit
        Unit that x, y, z, r stand for in the formula, and its length [m].
    limits
        Rules such as ``(">", 0.0)`` that every value [SI] keeps.
    si_unit
        Unit of the values.
    text
        A constant with its unit as it was written.
    """

    expression: Expression
    unit: str
    factor: float = 1.0
    offset: float = 0.0
    length_unit: tuple[str, float] = ("m", 1.0)
    limits: tuple[tuple[str, float], ...] = ()
    si_unit: str = ""
    text: str = field(default="", compare=False)

    @property
    def names_used(self) -> frozenset[str]:
        """The names of coordinates, time and temperature that stand in the formula."""
        return self.expression.names_used

    @property
    def is_constant(self) -> bool:
        """Whether the formula uses no name."""
        return not self.names_used

    @property
    def constant(self) -> float:
        """The value of a constant, in SI units.

        Raises
        ------
        ValueError
            If the formula is no constant.
        """
        return float(self.evaluate(NUMPY))

    def evaluate(self, xp: Namespace, **values: Any) -> Any:
        """Return the values in SI units; ``values`` by name as for ``Expression.evaluate``.

        Coordinates are given in m whatever the ``length_unit``, time in s, temperature in K.

        Raises
        ------
        ValueError
            If a name of the formula has no value.
        """
        if xp.name == NUMPY.name:
            values = {name: np.asarray(v, dtype=float) for name, v in values.items()}
        result = self.expression.evaluate(xp, **self._in_their_units(values))
        scaled = result if self.factor == 1 else self.factor * result
        return scaled + self.offset if self.offset else scaled

    def check(self, **samples: ArrayLike) -> NDArray[np.float64]:
        """Return the values at sample points in SI units, all finite and within the limits.

        Raises
        ------
        ValueError
            If a value is not finite or outside the limits; names the part and the point.
        """
        arrays = {name: np.asarray(v, dtype=float) for name, v in samples.items()}
        own = self._in_their_units(arrays)
        values = np.asarray(self.factor * self.expression.check(**own) + self.offset)
        for rule, limit in self.limits:
            bad = ~_RULES[rule](values, limit)
            if np.any(bad):
                value = f"{float(values[bad].flat[0]):.6g} {self.si_unit}".strip()
                place = written(self.expression.place(bad, own))
                at = f'"{self.expression.text}" at {place} ' if place else ""
                raise ValueError(f"{at}is {value}; must be {rule} {limit:g}")
        return values

    def switches(self, duration: float) -> NDArray[np.float64]:
        """Return the times within (0, `duration`) [s] at which it jumps or kinks everywhere.

        Those of comparisons, ``heaviside``, ``abs``, ``min`` and ``max`` of parts in t alone.

        Raises
        ------
        ValueError
            If it oscillates too fast for them to be found.
        """
        return self.expression.switches(duration)

    def moments(self, duration: float, **place: float) -> NDArray[np.float64]:
        """Return times from 0 to `duration` [s] that show all that it does at one place.

        `place` gives coordinates [m] and temperature [K] by name.

        Raises
        ------
        ValueError
            As `switches`.
        """
        own = self._in_their_units({name: np.float64(v) for name, v in place.items()})
        return self.expression.moments(duration, **own)

    def _in_their_units(self, values: dict[str, Any]) -> dict[str, Any]:
        length = self.length_unit[1]
        if length == 1:
            return values
        return {n: v / length if n in _LENGTHS else v for n, v in values.items()}

    def as_written(self, info: core_schema.SerializationInfo) -> float | str | dict[str, str]:
        """Return the formula as a table, or a constant as ``units.Quantity`` writes it."""
        if self.is_constant:
            with_unit = isinstance(info.context, dict) and info.context.get("units")
            return (
                as_written(Written(self.constant, self.text), self.si_unit)
                if with_unit
                else self.constant
            )
        written = {"expression": self.expression.text, "unit": self.unit}
        if self.length_unit[1] != 1:
            written["length_unit"] = self.length_unit[0]
        return written


_RULES = {">": np.greater, ">=": np.greater_equal, "<=": np.less_equal}


@dataclass(frozen=True)
class ExpressionOf:
    """Pydantic annotation of a ``FieldExpression`` with values in the SI unit ``unit``.

    The field takes a quantity, ``"5 W/m^2"``, or a table,
    ``{ expression = "100*sin(pi*t/40)", unit = "degC" }``, in which ``length_unit = "um"`` makes
    x, y, z and r micrometres. Python callers may also pass an SI number.
    """

    unit: str
    example: str = ""
    names: tuple[str, ...] = NAMES
    limits: tuple[tuple[str, float], ...] = ()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Validate a quantity, a table with a formula, an SI number or a ``FieldExpression``."""
        return core_schema.with_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                FieldExpression.as_written, info_arg=True
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the two forms of a case file."""
        text = {"type": "string"}
        table = {
            "type": "object",
            "properties": dict.fromkeys(_KEYS, text),
            "required": ["expression", "unit"] if self.unit else ["expression"],
            "additionalProperties": False,
        }
        quantity = {"type": "string", "examples": [self._example]}
        forms: list[dict[str, Any]] = [quantity, table]
        if not self.unit:
            forms.append({"type": "number"})
        return {"anyOf": forms, "x-si-unit": self.unit, "x-names": list(self.names)}

    @property
    def _example(self) -> str:
        return self.example or f"1 {self.unit}".strip()

    def _validate(self, value: Any, info: ValidationInfo) -> FieldExpression:
        from_file = bool(info.context and info.context.get("case_file"))
        try:
            found = self._read(value, from_file and bool(self.unit))
            if found.is_constant:
                found.check()
        except ValueError as error:
            raise PydanticCustomError("expression", "{message}", {"message": str(error)}) from error
        return found

    def _read(self, value: Any, needs_unit: bool) -> FieldExpression:
        if isinstance(value, FieldExpression):
            return value
        if isinstance(value, str):
            return self._number(self._quantity(value), value.strip())
        if isinstance(value, dict):
            return self._table(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and not needs_unit:
            return self._number(float(value))
        raise ValueError(f"must be {self._forms()}")

    def _forms(self) -> str:
        return f'a quantity such as "{self._example}", or a formula, {self._formula}'

    @property
    def _formula(self) -> str:
        unit = f', unit = "{self.unit}"' if self.unit else ""
        return f'{{ expression = "…"{unit} }}'

    def _quantity(self, text: str) -> float:
        try:
            return parse_quantity(text, self.unit)
        except ValueError as error:
            raise ValueError(f"{error}; write a formula as {self._formula}") from error

    def _number(self, value: float, text: str = "") -> FieldExpression:
        if not np.isfinite(value):
            raise ValueError("must be finite")
        number = Expression.parse(repr(value), self.names)
        return FieldExpression(number, self.unit, limits=self.limits, si_unit=self.unit, text=text)

    def _table(self, table: dict[Any, Any]) -> FieldExpression:
        for key in table:
            if key not in _KEYS:
                near = difflib.get_close_matches(str(key), _KEYS, n=1)
                hint = f'did you mean "{near[0]}"?' if near else f"keys: {', '.join(_KEYS)}"
                raise ValueError(f'unknown key "{key}"; {hint}')
        parts = {key: table.get(key, "") for key in _KEYS}
        wrong = [key for key, part in parts.items() if not isinstance(part, str)]
        if wrong:
            raise ValueError(f"{wrong[0]} must be text")
        if not parts["unit"] and self.unit:
            raise ValueError(f'needs the unit of the result, such as unit = "{self.unit}"')
        factor, offset = to_si(parts["unit"] or "dimensionless", self.unit)
        unit = parts["length_unit"] or "m"
        expression = Expression.parse(parts["expression"], self.names)
        length = (unit, parse_quantity(f"1 {unit}", "m"))
        return FieldExpression(
            expression, parts["unit"], factor, offset, length, self.limits, self.unit
        )


def to_si(unit: str, target: str) -> tuple[float, float]:
    """Return factor and offset from ``unit`` to ``target``: degC to K gives 1 and 273.15.

    Raises
    ------
    ValueError
        If ``unit`` is unknown or of another dimension.
    """
    parse_quantity(f"1 {unit}", target)
    quantity, goal = registry().Quantity, target or "dimensionless"
    offset = float(quantity(0.0, unit).to(goal).magnitude)
    far = 1.0 if offset == 0 else 1e6  # two points far apart, so that the offset costs no digits
    factor = (float(quantity(far, unit).to(goal).magnitude) - offset) / far
    return float(f"{factor:.15g}") if offset else factor, offset


TemperatureExpression = Annotated[FieldExpression, ExpressionOf("K", "300 K", limits=((">", 0.0),))]
SurroundingsExpression = Annotated[
    FieldExpression, ExpressionOf("K", "300 K", limits=((">=", 0.0),))
]
HeatFluxExpression = Annotated[FieldExpression, ExpressionOf("W/m^2", "100 W/m^2")]
HeatSourceExpression = Annotated[FieldExpression, ExpressionOf("W/m^3", "1e6 W/m^3")]
HeatTransferExpression = Annotated[
    FieldExpression, ExpressionOf("W/(m^2*K)", "750 W/(m^2*K)", limits=((">=", 0.0),))
]
ConductivityExpression = Annotated[
    FieldExpression, ExpressionOf("W/(m*K)", "0.42 W/(m*K)", limits=((">", 0.0),))
]
EmissivityExpression = Annotated[
    FieldExpression, ExpressionOf("", "0.9", limits=((">=", 0.0), ("<=", 1.0)))
]
