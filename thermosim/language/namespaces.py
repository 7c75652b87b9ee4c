"""One formula, two worlds: the elementary functions in NumPy (numbers) and in UFL (forms).

A formula written as ``f(T, xp)`` with ``xp`` one of these namespaces is defined once, is evaluated
on arrays, and is differentiated symbolically in a finite-element form.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Namespace:
    """The functions that formulas may use; each takes and gives arrays or UFL expressions.

    ``where(ge(a, b), x, y)`` is ``x`` where ``a >= b`` and ``y`` elsewhere. With NumPy both
    branches are evaluated, so neither may raise or warn.
    """

    name: str
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    power: Callable[[Any, Any], Any]
    ge: Callable[[Any, Any], Any]
    where: Callable[[Any, Any, Any], Any]
    maximum: Callable[[Any, Any], Any]
    minimum: Callable[[Any, Any], Any]


NUMPY = Namespace(
    name="numpy",
    exp=np.exp,
    log=np.log,
    sqrt=np.sqrt,
    power=np.power,
    ge=np.greater_equal,
    where=np.where,
    maximum=np.maximum,
    minimum=np.minimum,
)


@functools.cache
def ufl_namespace() -> Namespace:
    """Return the same functions on symbols of forms and UFL (imports UFL on first use).

    Raises
    ------
    MissingDependencyError
        If UFL, a part of DOLFINx, is not installed.
    """
    try:
        from thermosim.fem.symbols import function_of_ufl
    except ImportError as error:
        from thermosim.errors import MissingDependencyError

        raise MissingDependencyError(
            "UFL is not installed; it comes with DOLFINx: see docs/install.md"
        ) from error
    return Namespace(
        name="ufl",
        exp=function_of_ufl("exp"),
        log=function_of_ufl("ln"),
        sqrt=function_of_ufl("sqrt"),
        power=lambda base, exponent: base**exponent,
        ge=function_of_ufl("ge"),
        where=function_of_ufl("conditional"),
        maximum=function_of_ufl("max_value"),
        minimum=function_of_ufl("min_value"),
    )


def balanced_sum(terms: Sequence[Any]) -> Any:
    """Return the sum of terms, added in pairs: no deeper than the logarithm of their number.

    UFL goes down an expression by recursion, so that a plain sum of hundreds overflows it.
    """
    count = len(terms)
    if count == 1:
        return terms[0]
    if count == 2:
        return terms[0] + terms[1]
    if count == 3:
        return terms[0] + (terms[1] + terms[2])
    middle = count // 2
    return balanced_sum(terms[:middle]) + balanced_sum(terms[middle:])
