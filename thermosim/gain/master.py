"""Master equation of one dot: any states, steady under CW light, or decaying after a pulse.

Populations are a row of probabilities over the states of a `Ladder`. All rates are [1/s].
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.gain.efficiency import Coefficients

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ladder:
    """States of a dot and the rates between them.

    Attributes
    ----------
    names
        One name per state, the first being the empty neutral dot.
    decay
        Shape (n, n): rate from state i to state j without light; diagonal 0.
    climb
        Shape (n, n): ``beta`` times this is the rate from i to j under light; diagonal 0.
    absorption
        Shape (n,): rate at which a dot in state i absorbs, over ``beta``. It may exceed the row sum
        of ``climb``: the excitation is then lost at once as heat.
    emission
        Shape (n,): photons emitted per second in state i.
    """

    names: tuple[str, ...]
    decay: Array
    climb: Array
    absorption: Array
    emission: Array


def generator(rates: ArrayLike) -> Array:
    """Return the generator ``Q`` of ``dp/dt = p Q`` from rates i to j; shape (..., n, n)."""
    Q = np.array(rates, dtype=np.float64)
    index = np.arange(Q.shape[-1])
    Q[..., index, index] = 0.0
    Q[..., index, index] = -Q.sum(axis=-1)
    return Q


def pulsed_populations(time: ArrayLike, start: ArrayLike, ladder: Ladder) -> Array:
    """Return the populations a ``time`` [s], shape (m,), after ``start``, shape (n,), in the dark.

    ``p(t) = p(0) exp(Q t)``; shape (m, n).
    """
    from scipy.linalg import expm

    t = np.atleast_1d(np.asarray(time, dtype=np.float64))
    steps = expm(generator(ladder.decay) * t[:, None, None])
    return np.asarray(np.asarray(start, dtype=np.float64) @ steps)


def efficiency_of_ladder(
    ladder: Ladder, tau_X: float
) -> tuple[Coefficients, Coefficients, Coefficients]:
    """Return emitted, absorbed and population polynomials in ``x = beta tau_X``.

    Emission and absorption per dot are ``beta emitted/population`` and ``beta
    absorbed/population``; the efficiency is ``emitted/absorbed``. The steady populations are
    ratios of polynomials with non-negative coefficients (matrix-tree theorem), found here exactly:
    rational arithmetic at n points, then interpolation. ``absorbed`` starts with 1.
    """
    n = len(ladder.names)
    decay = _exact(ladder.decay * tau_X)
    climb = _exact(ladder.climb)
    points = [Fraction(point) for point in range(1, n + 1)]
    columns = [_unscaled_populations(decay, climb, x) for x in points]
    states = [_interpolate(points, [column[i] for column in columns]) for i in range(n)]
    emission = _exact(ladder.emission * tau_X)
    absorption = _exact(ladder.absorption)
    absorbed = _weighted(states, absorption)
    # Emission per beta: the weighted sum starts at x¹, since an empty dot is dark.
    emitted = _weighted(states, emission)
    if emitted[0] != 0:
        raise ValueError("the empty neutral dot must not emit")
    unit = absorbed[0]
    total = _weighted(states, [Fraction(1)] * n)
    return _floats(emitted[1:], unit), _floats(absorbed, unit), _floats(total, unit)


def _exact(values: Array) -> Any:
    if values.ndim == 1:
        return [Fraction(float(value)) for value in values]
    return [_exact(row) for row in values]


def _unscaled_populations(decay: Any, climb: Any, x: Fraction) -> list[Fraction]:
    """Return the principal minors of -Q at ``x``: the steady populations but for a factor."""
    n = len(decay)
    rates = [[decay[i][j] + x * climb[i][j] for j in range(n)] for i in range(n)]
    Q = [[sum(rates[i]) - rates[i][i] if i == j else -rates[i][j] for j in range(n)]
         for i in range(n)]  # fmt: skip
    return [
        _determinant([[Q[i][j] for j in range(n) if j != left] for i in range(n) if i != left])
        for left in range(n)
    ]


def _determinant(rows: list[list[Fraction]]) -> Fraction:
    """Return the determinant by elimination; the matrices here need no pivoting but for zeros."""
    n, value = len(rows), Fraction(1)
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k] != 0), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            rows[k], rows[pivot], value = rows[pivot], rows[k], -value
        value *= rows[k][k]
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            if factor:
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return value


def _interpolate(points: list[Fraction], values: list[Fraction]) -> list[Fraction]:
    """Return the coefficients of the polynomial through the points (Newton's form, expanded)."""
    n = len(points)
    divided = list(values)
    for order in range(1, n):
        for i in range(n - 1, order - 1, -1):
            divided[i] = (divided[i] - divided[i - 1]) / (points[i] - points[i - order])
    coefficients = [divided[-1]]
    for i in range(n - 2, -1, -1):
        shifted = [Fraction(0), *coefficients]
        lower = [*(-points[i] * value for value in coefficients), Fraction(0)]
        coefficients = [a + b for a, b in zip(shifted, lower, strict=True)]
        coefficients[0] += divided[i]
    return coefficients


def _weighted(states: list[list[Fraction]], weights: list[Fraction]) -> list[Fraction]:
    return [
        sum((w * state[power] for w, state in zip(weights, states, strict=True)), Fraction(0))
        for power in range(len(states[0]))
    ]


def _floats(polynomial: list[Fraction], unit: Fraction) -> Coefficients:
    values = [float(value / unit) for value in polynomial]
    while len(values) > 1 and values[-1] == 0.0:
        values.pop()
    return tuple(values)
