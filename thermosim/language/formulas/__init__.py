"""Formulas in case files, such as ``"100*sin(pi*t/40)"``: parsed by an allow-list, never executed.

A formula may hold numbers, ``pi``, ``+ - * / **``, parentheses, the functions of ``FUNCTIONS``,
``where(condition, a, b)`` with ``< <= > >= and or not``, and the names that its field knows.
It is evaluated on NumPy arrays or becomes a UFL expression: see ``namespaces``.
"""

from thermosim.language.formulas.expression import Expression
from thermosim.language.formulas.fields import (
    ConductivityExpression,
    EmissivityExpression,
    ExpressionOf,
    FieldExpression,
    HeatFluxExpression,
    HeatSourceExpression,
    HeatTransferExpression,
    SurroundingsExpression,
    TemperatureExpression,
)
from thermosim.language.formulas.syntax import FUNCTIONS, NAMES

__all__ = [
    "FUNCTIONS",
    "NAMES",
    "ConductivityExpression",
    "EmissivityExpression",
    "Expression",
    "ExpressionOf",
    "FieldExpression",
    "HeatFluxExpression",
    "HeatSourceExpression",
    "HeatTransferExpression",
    "SurroundingsExpression",
    "TemperatureExpression",
]
