"""A checked formula: its values, and where and why it has none."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.language.formulas.evaluation import choose, constant_value, value_of
from thermosim.language.formulas.switches import moments, switch_times
from thermosim.language.formulas.syntax import (
    NAMES,
    check_tree,
    compared,
    names_in,
    nodes_with_value,
    operands,
    parse,
    text_of,
)
from thermosim.language.namespaces import NUMPY, Namespace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MAX_EXPONENT = 64


@dataclass(frozen=True)
class Expression:
    """A checked formula; two are equal if text and known names are.

    Attributes
    ----------
    text
        As written.
    names
        The names that the formula may use.
    """

    text: str
    names: tuple[str, ...] = NAMES

    def __post_init__(self) -> None:
        check_tree(self._tree, self.names)
        for node in nodes_with_value(self._tree):
            _refuse_large_exponent(node)
            if not names_in(node):
                _refuse_bad_constant(node)

    @classmethod
    def parse(cls, text: str, names: tuple[str, ...] = NAMES) -> Expression:
        """Return the formula in ``text``, which may use ``names``.

        Raises
        ------
        ValueError
            If the text is no formula, or holds what is not allowed; says what and what to do.
        """
        return cls(text, tuple(names))

    @cached_property
    def _tree(self) -> ast.expr:
        return parse(self.text)

    @cached_property
    def names_used(self) -> frozenset[str]:
        """The names that stand in the formula, constants left out."""
        return names_in(self._tree)

    def evaluate(self, xp: Namespace, **values: Any) -> Any:
        """Return the value of the formula.

        Parameters
        ----------
        xp
            ``namespaces.NUMPY`` or ``namespaces.ufl_namespace()``.
        values
            Arrays that broadcast, or UFL expressions, by name; what is not used may be there.

        Returns
        -------
        Array of the common shape of ``values``, not finite where the formula is not (``check``
        refuses that); or a UFL expression.

        Raises
        ------
        ValueError
            If a name of the formula has no value.
        """
        missing = sorted(self.names_used - values.keys())
        if missing:
            raise ValueError(f'"{self.text}" needs a value of {", ".join(missing)}')
        if xp.name != NUMPY.name:
            return value_of(self._tree, xp, values)
        arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
        with np.errstate(all="ignore"):
            return np.array(np.broadcast_to(value_of(self._tree, NUMPY, arrays), shape))

    def check(self, **samples: ArrayLike) -> NDArray[np.float64]:
        """Return the values at sample points, all finite.

        Raises
        ------
        ValueError
            If the formula has no finite value at a point; names the part and the point.
        """
        values: NDArray[np.float64] = self.evaluate(NUMPY, **samples)
        bad = ~np.isfinite(values)
        if np.any(bad):
            point = self.place(bad, samples)
            with np.errstate(all="ignore"):
                part = _culprit(self._tree, point)
            raise ValueError(
                f'"{self.text}": {_fault(part, point)} at {written(point) or "every point"}'
            )
        return values

    def switches(self, duration: float) -> NDArray[np.float64]:
        """Return the times within (0, duration) at which parts in t alone jump or kink [s].

        Raises
        ------
        ValueError
            If it oscillates too fast for them to be found.
        """
        return switch_times(self._tree, duration) if "t" in self.names_used else np.empty(0)

    def moments(self, duration: float, **place: float) -> NDArray[np.float64]:
        """Return times from 0 to duration [s] that show all that it does at one place.

        Raises
        ------
        ValueError
            As `switches`.
        """
        return moments(self._tree, duration, place)

    def place(self, bad: NDArray[np.bool_], samples: Mapping[str, ArrayLike]) -> dict[str, Any]:
        """Return the values of the used names at the first point that ``bad`` marks."""
        first = int(np.argmax(bad))
        used = sorted(self.names_used)
        return {
            n: np.broadcast_to(np.asarray(samples[n], float), bad.shape).flat[first] for n in used
        }


def written(point: Mapping[str, Any]) -> str:
    """Return a point as it stands in a message: ``x = 1, t = 2``."""
    return ", ".join(f"{name} = {value:.6g}" for name, value in point.items())


def _refuse_bad_constant(node: ast.expr) -> None:
    if not math.isfinite(constant_value(node)):
        raise ValueError(_fault(node, {}))


def _culprit(node: ast.expr, point: Mapping[str, Any]) -> ast.expr:
    """Return the innermost part that has no finite value at ``point``."""
    parts = operands(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "where":
        taken = choose(node.args[0], 1.0, 2.0, NUMPY, point)
        parts = [*compared(node.args[0]), node.args[int(taken)]]
    for part in parts:
        if not np.isfinite(value_of(part, NUMPY, point)):
            return _culprit(part, point)
    return node


def _fault(node: ast.expr, point: Mapping[str, Any]) -> str:
    """Say why ``node``, whose parts are finite, is not."""
    with np.errstate(all="ignore"):
        match node:
            case ast.Name(id=name):
                return f"{name} is not finite"
            case ast.BinOp(op=ast.Div(), right=right) if value_of(right, NUMPY, point) == 0:
                return f'"{text_of(node)}" divides by zero'
            case ast.BinOp(op=ast.Pow(), left=base) if value_of(base, NUMPY, point) == 0:
                return f'"{text_of(node)}" divides by zero'
            case _:
                undefined = np.isnan(value_of(node, NUMPY, point))
                return f'"{text_of(node)}" is {"not defined" if undefined else "infinite"}'


def _refuse_large_exponent(node: ast.expr) -> None:
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)):
        return
    if not names_in(node.right) and abs(constant_value(node.right)) > _MAX_EXPONENT:
        raise ValueError(f'"{text_of(node)}": an exponent may be at most {_MAX_EXPONENT}')
