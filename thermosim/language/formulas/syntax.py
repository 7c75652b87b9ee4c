"""What a formula may hold: reads text into a syntax tree and refuses all that is not allowed."""

from __future__ import annotations

import ast
import difflib
import math
import warnings
from collections.abc import Iterator

NAMES = ("x", "y", "z", "r", "t", "T")
"""Coordinates [m], radius from the axis [m], time [s] and temperature [K]."""

CONSTANTS = {"pi": math.pi}
_ONE = ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "tanh", "erf", "heaviside")
MANY = {"min": "minimum", "max": "maximum"}
FUNCTIONS = (*_ONE, *MANY, "where")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_MAX_LENGTH, _MAX_DEPTH, _MAX_NODES = 1000, 100, 400


def parse(text: str) -> ast.expr:
    """Return the syntax tree of ``text``.

    Raises
    ------
    ValueError
        If the text is empty, too long or no formula.
    """
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"is {len(text)} characters long; at most {_MAX_LENGTH} are allowed")
    if not text.strip():
        raise ValueError('is empty; write a formula such as "100*sin(pi*t/40)"')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, SyntaxWarning, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ValueError(f'"{short(text)}" is no formula: {reason}') from error


def check_tree(tree: ast.expr, names: tuple[str, ...]) -> None:
    """Refuse a tree that is too large, or that holds anything but what formulas may hold.

    Raises
    ------
    ValueError
        Saying what is not allowed.
    """
    _check_size(tree)
    for node in reversed([*nodes_with_value(tree)]):  # the whole before its parts
        _check_node(node, names)


def _check_size(tree: ast.expr) -> None:
    # without recursion: what follows recurses, and relies on this limit
    stack: list[tuple[ast.AST, int]] = [(tree, 1)]
    count = 0
    while stack:
        node, depth = stack.pop()
        count += isinstance(node, ast.expr)
        if depth > _MAX_DEPTH or count > _MAX_NODES:
            raise ValueError(
                f"is too long or too deeply nested (limits: {_MAX_NODES} parts, "
                f"{_MAX_DEPTH} levels)"
            )
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]


def _check_node(node: ast.expr, names: tuple[str, ...]) -> None:
    match node:
        case ast.Constant():
            _check_number(node)
        case ast.Name(id=name):
            _check_name(name, names)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
            pass
        case ast.BinOp(op=ast.BitXor()):
            raise ValueError(f'"{text_of(node)}": write ** for a power')
        case ast.BinOp(op=op) if isinstance(op, _OPERATORS):
            pass
        case ast.Call():
            _check_call(node)
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            raise ValueError(f'"{text_of(node)}": a condition stands only first in where(…)')
        case _:
            raise ValueError(
                f'"{text_of(node)}" is not allowed in a formula; use numbers, '
                f"{', '.join((*names, *CONSTANTS))}, + - * / **, {', '.join(FUNCTIONS)}"
            )


def _check_number(node: ast.Constant) -> None:
    number = node.value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError(f'"{text_of(node)}" is no number')
    if abs(number) > 1e300:
        raise ValueError(f'"{short(text_of(node))}" is too large a number')


def _check_name(name: str, names: tuple[str, ...]) -> None:
    known = (*names, *CONSTANTS)
    if name in known:
        return
    if name in FUNCTIONS:
        raise ValueError(f'"{name}" is a function: write {name}(…)')
    if name in NAMES:
        raise ValueError(f'"{name}" is not known here; the names are {", ".join(known)}')
    raise ValueError(f'unknown name "{short(name)}"{_nearest(name, known)}')


def _nearest(name: str, known: tuple[str, ...]) -> str:
    lowered = {k.lower(): k for k in known}
    match = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return f'; did you mean "{lowered[match[0]]}"?' if match else f"; known: {', '.join(known)}"


def _check_call(node: ast.Call) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else text_of(node.func)
    if name not in FUNCTIONS:
        raise ValueError(f'unknown function "{short(name)}"{_nearest(name, FUNCTIONS)}')
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise ValueError(f'"{text_of(node)}": only plain arguments are allowed')
    needed = 3 if name == "where" else 1
    if name in MANY and len(node.args) < 2:
        raise ValueError(f'"{text_of(node)}": {name} needs two arguments or more')
    if name not in MANY and len(node.args) != needed:
        raise ValueError(f'"{text_of(node)}": {name} needs {needed} argument{"s" * (needed > 1)}')
    if name == "where":
        _check_condition(node.args[0])


def _check_condition(node: ast.expr) -> None:
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check_condition(part)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            _check_condition(part)
        case ast.Compare(ops=ops) if all(isinstance(op, _COMPARISONS) for op in ops):
            pass
        case _:
            raise ValueError(f'"{text_of(node)}": a condition compares with <, <=, > or >=')


def operands(node: ast.expr) -> list[ast.expr]:
    """Return the parts of a node that have a value of their own, conditions opened."""
    match node:
        case ast.UnaryOp(operand=part):
            return [part]
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.Call(func=ast.Name(id="where"), args=[condition, *branches]):
            return [*compared(condition), *branches]
        case ast.Call(args=args):
            return list(args)
    return []


def compared(condition: ast.expr) -> list[ast.expr]:
    """Return the sides of the comparisons in a condition."""
    match condition:
        case ast.BoolOp(values=parts):
            return [value for part in parts for value in compared(part)]
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return compared(part)
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
    return []


def nodes_with_value(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of a formula that have a value, the innermost first."""
    for part in operands(tree):
        yield from nodes_with_value(part)
    yield tree


def names_in(node: ast.expr) -> frozenset[str]:
    """Return the names in a formula, constants left out."""
    names = {n.id for n in nodes_with_value(node) if isinstance(n, ast.Name)}
    return frozenset(names - CONSTANTS.keys())


def text_of(node: ast.AST) -> str:
    """Return the formula of a part, cut to a length fit for a message."""
    return short(ast.unparse(node))


def short(text: str) -> str:
    """Return ``text``, cut to a length fit for a message."""
    return text if len(text) <= 60 else text[:57] + "…"
