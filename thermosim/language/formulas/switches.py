"""When a formula of time switches, and when else it must be looked at so that no pulse is missed.

A formula has a kink or a jump where a comparison, ``heaviside``, ``abs``, ``min`` or ``max`` in it
changes sides: at a root of the difference of two of its parts. Roots and turning points of every
part are looked for on samples finer than its fastest oscillation, the innermost parts first, whose
findings are samples for the parts around them; so a pulse of any width is met.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thermosim.language.formulas.evaluation import value_of
from thermosim.language.formulas.syntax import MANY, names_in, nodes_with_value, text_of
from thermosim.language.namespaces import NUMPY

Floats = NDArray[np.float64]
_SAMPLES, _PER_PERIOD = 2048, 16
_MOST = 1_000_000  # samples
_GOLDEN = (5.0**0.5 - 1) / 2
_AROUND = 20_000  # samples beside what was found
_SAME = 1e-12  # of the duration: times that are one


def switch_times(tree: ast.expr, duration: float) -> Floats:
    """Return the times inside (0, `duration`) [s] at which parts in time alone change sides.

    Raises
    ------
    ValueError
        If the formula oscillates too fast for its switches to be found.
    """
    found, _ = _examine(tree, duration, {})
    return found


def moments(tree: ast.expr, duration: float, place: Mapping[str, float]) -> Floats:
    """Return times from 0 to `duration` [s] that show all that a formula does in time at a place.

    Raises
    ------
    ValueError
        As `switch_times`.
    """
    switches, turns = _examine(tree, duration, place)
    marked = np.concatenate([switches, turns])
    close = np.geomspace(1e-10, 0.1, min(max(_AROUND // max(len(marked), 1), 1), 120)) * duration
    around = np.add.outer(marked, np.concatenate([-close, close])).ravel()
    sides = [switches - _SAME * duration, switches + _SAME * duration]
    even = np.linspace(0.0, duration, _samples(tree, duration, place) + 1)
    times = np.unique(np.concatenate([even, marked, around, *sides]))
    return np.asarray(times[(times >= 0.0) & (times <= duration)])


def _examine(tree: ast.expr, duration: float, place: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Return the switches of a formula and the turning points of its parts, at one place."""
    known = {"t", *place}
    count = _samples(tree, duration, place)
    grid = np.linspace(0.0, duration, count + 1)
    switches: Floats = np.empty(0)
    turns: Floats = np.empty(0)
    for node in nodes_with_value(tree):
        if not _moves(node, known):
            continue
        for part in (node, *_differences(node)):
            if not _moves(part, known) or isinstance(part, ast.Name):
                continue
            times = np.unique(np.concatenate([grid, switches, turns]))
            value = _function(part, place)
            extremes = _turning_points(value, times)
            turns = np.union1d(turns, extremes)
            if part is not node:
                switches = _merged(switches, _roots(value, np.union1d(times, extremes)), duration)
    return switches, turns


def _moves(node: ast.expr, known: set[str]) -> bool:
    names = names_in(node)
    return "t" in names and names <= known


def _differences(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what changes sign where a part switches."""
    match node:
        case ast.Call(func=ast.Name(id="where"), args=[condition, *_]):
            yield from _compared(condition)
        case ast.Call(func=ast.Name(id="heaviside" | "abs"), args=[inner]):
            yield inner
        case ast.Call(func=ast.Name(id=name), args=args) if name in MANY:
            for a, b in itertools.combinations(args, 2):
                yield ast.BinOp(a, ast.Sub(), b)


def _compared(condition: ast.expr) -> Iterator[ast.expr]:
    match condition:
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from _compared(part)
        case ast.UnaryOp(operand=part):
            yield from _compared(part)
        case ast.Compare(left=left, comparators=others):
            for a, b in itertools.pairwise([left, *others]):
                yield ast.BinOp(a, ast.Sub(), b)


def _samples(tree: ast.expr, duration: float, place: Mapping[str, float]) -> int:
    """Return how many samples show the fastest oscillation in a formula."""
    turns = 0.0
    coarse: Floats = np.linspace(0.0, duration, _SAMPLES + 1, dtype=np.float64)
    for node in nodes_with_value(tree):
        match node:
            case ast.Call(func=ast.Name(id="sin" | "cos" | "tan"), args=[angle]) if _moves(
                angle, {"t", *place}
            ):
                values = _function(angle, place)(coarse)
                whole = float(np.abs(np.diff(values[np.isfinite(values)])).sum())
                turns = max(turns, whole / (2 * np.pi))
    wanted = _PER_PERIOD * turns
    if wanted > _MOST:
        raise ValueError(
            f'"{text_of(tree)}" goes through {turns:.3g} periods within {duration:g} s, too many '
            "to follow; shorten transient.duration"
        )
    return max(_SAMPLES, int(np.ceil(wanted)))


def _function(node: ast.expr, place: Mapping[str, float]) -> Callable[[Floats], Floats]:
    def value(t: Floats) -> Floats:
        values: dict[str, Any] = {name: np.float64(number) for name, number in place.items()}
        with np.errstate(all="ignore"):
            found = value_of(node, NUMPY, {**values, "t": t})
        return np.array(np.broadcast_to(found, t.shape), dtype=float)

    return value


def _roots(value: Callable[[Floats], Floats], times: Floats) -> Floats:
    """Return where a function changes sign between samples, to the last bit, or is zero at one."""
    sign = np.sign(value(times))
    change = (sign[:-1] * sign[1:]) < 0
    low, high, first = times[:-1][change], times[1:][change], sign[:-1][change]
    for _ in range(80):
        middle = (low + high) / 2
        same = np.sign(value(middle)) == first
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    at_zero = sign == 0
    at_zero[1:-1] &= (sign[:-2] != 0) | (sign[2:] != 0)  # of a stretch of zeros, its ends
    return np.union1d(high, times[at_zero])


def _turning_points(value: Callable[[Floats], Floats], times: Floats) -> Floats:
    """Return the local extremes of a function between samples, by golden section."""
    samples = value(times)
    step = np.diff(samples)
    turn = step[:-1] * step[1:] < 0
    sense = np.sign(step[:-1])[turn]  # 1: a maximum
    low, high = times[:-2][turn], times[2:][turn]
    for _ in range(60):
        width = _GOLDEN * (high - low)
        a, b = high - width, low + width
        left = sense * value(a) > sense * value(b)
        low, high = np.where(left, low, a), np.where(left, b, high)
    return np.asarray((low + high) / 2)


def _merged(known: Floats, found: Floats, duration: float) -> Floats:
    """Return times inside the duration, of those that are one the first."""
    near = _SAME * duration
    times = np.union1d(known, found[(found > near) & (found < duration - near)])
    return times[np.append(True, np.diff(times) > near)] if len(times) else times
