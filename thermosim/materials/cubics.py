"""Cubics through the points of a table: monotone or the spline.

They are those of `scipy.interpolate`, whose import takes longer than `thermosim check` may.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def monotone_slopes(x: Floats, f: Floats) -> Floats:
    """Return the slopes of the monotone cubic, shape (n,), n > 2; ``x`` increases.

    Fritsch and Butland (1984), doi:10.1137/0905021: inside it is the weighted harmonic mean of
    the chords on both sides, or 0 where they differ in sign; at the ends that of the parabola
    through three points, kept monotone.
    """
    width, chord = np.diff(x), np.diff(f) / np.diff(x)
    before, after = chord[:-1], chord[1:]
    w_before = 2.0 * width[1:] + width[:-1]
    w_after = width[1:] + 2.0 * width[:-1]
    slopes = np.zeros_like(f)
    same = np.sign(before) * np.sign(after) > 0.0
    mean = w_before[same] / before[same] + w_after[same] / after[same]
    slopes[1:-1][same] = (w_before + w_after)[same] / mean
    slopes[0] = _end_slope(width[0], width[1], chord[0], chord[1])
    slopes[-1] = _end_slope(width[-1], width[-2], chord[-1], chord[-2])
    return slopes


def _end_slope(width: float, next_width: float, chord: float, next_chord: float) -> float:
    slope = ((2.0 * width + next_width) * chord - width * next_chord) / (width + next_width)
    if slope * chord <= 0.0:
        return 0.0
    if chord * next_chord <= 0.0 and abs(slope) > 3.0 * abs(chord):
        return 3.0 * chord
    return slope


def spline_slopes(x: Floats, f: Floats) -> Floats:
    """Return the slopes of the cubic spline, shape (n,), n > 2; ``x`` increases.

    Its third derivative is continuous at the second point and the last but one (not-a-knot); of
    three points it is the parabola. De Boor, A Practical Guide to Splines (1978), chapter IV.
    """
    width, chord = np.diff(x), np.diff(f) / np.diff(x)
    matrix, right = np.zeros((x.size, x.size)), np.empty_like(f)
    inner = np.arange(1, x.size - 1)
    matrix[inner, inner - 1] = width[1:]
    matrix[inner, inner] = 2.0 * (width[1:] + width[:-1])
    matrix[inner, inner + 1] = width[:-1]
    right[inner] = 3.0 * (width[1:] * chord[:-1] + width[:-1] * chord[1:])
    if x.size == 3:
        matrix[0, :2] = matrix[-1, 1:] = 1.0
        right[[0, -1]] = 2.0 * chord
    else:
        matrix[0, :2], right[0] = _end_row(width[:2], chord[:2])
        matrix[-1, :-3:-1], right[-1] = _end_row(width[:-3:-1], chord[:-3:-1])
    return np.asarray(np.linalg.solve(matrix, right))


def _end_row(width: Floats, chord: Floats) -> tuple[Floats, float]:
    """Return the row and right side of the end whose two intervals are given, outer first."""
    (h, k), both = width, width.sum()
    side = ((h + 2.0 * both) * k * chord[0] + h**2 * chord[1]) / both
    return np.array([k, both]), side


def hermite_coefficients(x: Floats, f: Floats, slopes: Floats) -> list[Floats]:
    """Return ``[c1, c2, c3]`` of ``f_i + c1 u + c2 u² + c3 u³``, ``u = x - x_i``: n-1 each."""
    width, chord = np.diff(x), np.diff(f) / np.diff(x)
    left, right = slopes[:-1], slopes[1:]
    return [
        left,
        (3.0 * chord - 2.0 * left - right) / width,
        (left + right - 2.0 * chord) / width**2,
    ]
