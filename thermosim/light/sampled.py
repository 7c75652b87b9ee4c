"""A field of waves at the points of a rule in cells, most of which are small against its waves.

Where a cell is small the field is a polynomial to rounding: it is asked for at few points, and at
the others it follows. The few are approximate Fekete points, the pivots of the polynomials at all
points (Sommariva and Vianello, 10.1016/j.camwa.2008.11.011).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable

import numpy as np

from thermosim.light.cells import Floats

_DEGREES = (3, 5, 7, 10, 14)
_LOST = 1e-11  # of the field, by interpolation
_LEBESGUE = 20.0  # by how much interpolation may be worse than the best polynomial
_WORTH = 0.75  # of the points of a rule, that interpolation may ask for


def sampled(
    field: Callable[[Floats], Floats],
    rule: Floats,
    wave_number: float,
    centre: Floats,
    radius: float,
) -> Callable[[Floats], Floats]:
    """Return a field of a ball at the points of cells of a mesh in it.

    Parameters
    ----------
    field
        Points (n, 3) [m] to (n,), smooth in the ball, with a kink at its surface.
    rule
        Points of the rule in the reference cell, (q, d); those of the cells come in its order.
    wave_number
        The largest of the field [1/m].
    centre, radius
        Of the ball [m].
    """
    degrees = [p for p in _DEGREES if math.comb(p + rule.shape[1], p) < _WORTH * len(rule)]

    def values(points: Floats) -> Floats:
        cells = points.reshape(-1, len(rule), 3)
        far = np.linalg.norm(points - centre, axis=1).reshape(cells.shape[:2])
        found, asked = np.empty(far.shape), np.ones(len(cells), bool)
        smooth = far.max(axis=1, initial=0.0) <= radius
        along = np.ascontiguousarray(cells.transpose(2, 0, 1))  # ten times as fast to go through
        size = np.linalg.norm(np.ptp(along, axis=2), axis=0)
        for degree in degrees:
            taken = smooth & (_lost(0.25 * wave_number * size, degree) < _LOST)
            if not taken.any():
                continue
            few, matrix = _interpolation(rule.tobytes(), rule.shape, degree)
            at = cells[taken][:, few]
            found[taken] = field(at.reshape(-1, 3)).reshape(at.shape[:2]) @ matrix.T
            asked[taken], smooth[taken] = False, False
        if asked.any():
            found[asked] = field(cells[asked].reshape(-1, 3)).reshape(-1, len(rule))
        return found.ravel()

    return values


def _lost(quarter: Floats, degree: int) -> Floats:
    """Return the error of a polynomial for a wave; `quarter` of its phase across the cell."""
    return 2.0 * _LEBESGUE * quarter ** (degree + 1) / math.factorial(degree + 1)


@functools.lru_cache(maxsize=32)
def _interpolation(points: bytes, shape: tuple[int, int], degree: int) -> tuple[Floats, Floats]:
    """Return which points of a rule to ask, and the matrix from their values to those of all."""
    from scipy.linalg import qr

    x = 2.0 * np.frombuffer(points).reshape(shape) - 1.0
    legendre = [np.polynomial.legendre.legvander(column, degree) for column in x.T]
    powers = itertools.product(range(degree + 1), repeat=shape[1])
    V = np.stack(
        [math.prod(one[:, k] for one, k in zip(legendre, p, strict=True))
         for p in powers if sum(p) <= degree], axis=1,
    )  # fmt: skip
    Q = np.linalg.qr(V)[0]
    few = np.sort(qr(Q.T, mode="r", pivoting=True)[1][: V.shape[1]])
    return few, np.linalg.solve(Q[few].T, Q.T).T
