"""Values of the syntax trees of formulas, in NumPy or UFL."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from thermosim.language.formulas.syntax import CONSTANTS, MANY, names_in
from thermosim.language.namespaces import NUMPY, Namespace


def value_of(node: ast.expr, xp: Namespace, values: Mapping[str, Any]) -> Any:
    """Return the value of a checked tree; ``values`` by name."""
    match node:
        case ast.Constant(value=number):
            return np.float64(number) if xp.name == NUMPY.name else float(number)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return CONSTANTS[name] if name in CONSTANTS else values[name]
        case ast.UnaryOp(op=op, operand=part):
            inner = value_of(part, xp, values)
            return -inner if isinstance(op, ast.USub) else inner
        case ast.BinOp(op=ast.Pow(), left=base, right=exponent):
            return xp.power(value_of(base, xp, values), _exponent(exponent, xp, values))
        case ast.BinOp(op=op, left=left, right=right):
            return _apply(op, value_of(left, xp, values), value_of(right, xp, values))
        case ast.Call(func=ast.Name(id="where"), args=[condition, a, b]):
            branches = value_of(a, xp, values), value_of(b, xp, values)
            return choose(condition, *branches, xp, values)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, [value_of(a, xp, values) for a in args], xp)
    raise AssertionError(f"{ast.dump(node)} passed the check of the tree")


def _apply(op: ast.operator, a: Any, b: Any) -> Any:
    match op:
        case ast.Add():
            return a + b
        case ast.Sub():
            return a - b
        case ast.Mult():
            return a * b
    return a / b


def _exponent(node: ast.expr, xp: Namespace, values: Mapping[str, Any]) -> Any:
    """Return the exponent, a whole number as int, of which UFL makes a better derivative."""
    exponent = value_of(node, xp, values)
    if not names_in(node) and float(exponent).is_integer():
        return int(exponent)
    return exponent


def choose(node: ast.expr, a: Any, b: Any, xp: Namespace, values: Mapping[str, Any]) -> Any:
    """Return ``a`` where the condition holds and ``b`` elsewhere, all from ``>=``."""
    match node:
        case ast.UnaryOp(operand=part):
            return choose(part, b, a, xp, values)
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in reversed(parts):
                a = choose(part, a, b, xp, values)
            return a
        case ast.BoolOp(values=parts):
            for part in reversed(parts):
                b = choose(part, a, b, xp, values)
            return b
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [value_of(side, xp, values) for side in (left, *others)]
            for i, op in reversed(list(enumerate(ops))):
                a = _compare(op, sides[i], sides[i + 1], a, b, xp)
    return a


def _compare(op: ast.cmpop, left: Any, right: Any, a: Any, b: Any, xp: Namespace) -> Any:
    if isinstance(op, ast.GtE):
        return xp.where(xp.ge(left, right), a, b)
    if isinstance(op, ast.LtE):
        return xp.where(xp.ge(right, left), a, b)
    if isinstance(op, ast.Lt):
        return xp.where(xp.ge(left, right), b, a)
    return xp.where(xp.ge(right, left), b, a)


def _call(name: str, args: list[Any], xp: Namespace) -> Any:
    if name == "heaviside":
        return xp.where(xp.ge(args[0], 0.0), 1.0, 0.0)
    if name == "abs":
        return abs(args[0])
    if name not in MANY:
        return _function(name, xp)(args[0])
    result = args[0]
    for other in args[1:]:
        result = getattr(xp, MANY[name])(result, other)
    return result


def _function(name: str, xp: Namespace) -> Callable[[Any], Any]:
    if hasattr(xp, name):
        return getattr(xp, name)  # type: ignore[no-any-return]
    if xp.name == NUMPY.name:
        if name == "erf":
            from scipy.special import erf

            return erf  # type: ignore[no-any-return]
        return getattr(np, name)  # type: ignore[no-any-return]
    # the functions that a namespace does not list stand beside those it does
    return getattr(sys.modules[xp.exp.__module__], name)  # type: ignore[no-any-return]


def constant_value(node: ast.expr) -> float:
    """Return the value of a tree without names; not finite if it has none."""
    with np.errstate(all="ignore"):
        return float(value_of(node, NUMPY, {}))
