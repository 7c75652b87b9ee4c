"""Integrals over spectra, and Chebyshev interpolants in temperature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev as cheb
from numpy.typing import ArrayLike, NDArray
from scipy.constants import e

Array = NDArray[np.float64]
MAX_DEGREE = 128
# Largest error of the interpolants in temperature: relative, for closed forms and for tables.
SMOOTH_TOLERANCE = 1e-11
TABLE_TOLERANCE = 1e-3
# Sharp edges (E_U of a few meV) that pass the pump energy within the range reach only this.
WORST_TOLERANCE = 1e-7
_DEGREES = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, MAX_DEGREE)
_CHECKS = 401


def floats(values: ArrayLike) -> Any:
    """Return ``values`` as an array of floats (Any, so that mixed arithmetic type-checks)."""
    return np.asarray(values, dtype=np.float64)


def require_rows(file: Path, asked: ArrayLike, rows: Array) -> None:
    """Refuse temperatures [K], any shape, beyond the rising ``rows`` of a measured table.

    Raises
    ------
    ValueError
        Naming the file, the range that it holds, and the remedy.
    """
    if np.min(asked) < rows[0] - 1e-9 or np.max(asked) > rows[-1] + 1e-9:
        raise ValueError(
            f"{file}: is known from {rows[0]:g} K to {rows[-1]:g} K; set "
            "gain.temperature_min and temperature_max to that, or add rows"
        )


def trapezoid(y: Any, x: Any) -> Any:
    """Return the integral of ``y`` over ``x`` along the last axis (NumPy 1 and 2 name it apart)."""
    return np.sum(0.5 * (y[..., 1:] + y[..., :-1]) * np.diff(x, axis=-1), axis=-1)


def chebyshev_coefficients(
    function: Callable[[Any], Any],
    low: float,
    high: float,
    zero_at: float,
    tolerance: float,
    worst: float | None = None,
    checks: int = _CHECKS,
) -> tuple[float, ...]:
    """Return Chebyshev coefficients of ``function`` of temperature [K] on [low, high].

    The degree is the lowest tried whose largest error at ``checks`` even steps is below
    ``tolerance`` (absolute, in the unit of the function), or 128, if its error is below ``worst``
    (default: the tolerance); a constant gives one coefficient. The function, and
    exactly so the interpolant, vanishes at ``zero_at``.

    Raises
    ------
    ValueError
        If degree 128 reaches neither.
    """
    T = np.linspace(low, high, checks)
    s = (2.0 * T - low - high) / (high - low)
    exact = function(T)
    if np.ptp(exact) <= tolerance:
        return (0.0,)
    error = np.inf
    for degree in _DEGREES:
        nodes = 0.5 * (low + high + (high - low) * cheb.chebpts1(degree + 1))
        scaled = (2.0 * nodes - low - high) / (high - low)
        coefficients = cheb.chebfit(scaled, function(nodes), degree)
        error = float(np.max(np.abs(cheb.chebval(s, coefficients) - exact)))
        accepted = worst if worst is not None and degree == MAX_DEGREE else tolerance
        if error <= accepted:
            coefficients[0] -= cheb.chebval(
                (2.0 * zero_at - low - high) / (high - low), coefficients
            )
            return tuple(float(value) for value in coefficients)
    raise ValueError(
        f"the dependence on temperature between {low:g} K and {high:g} K is not smooth enough "
        f"(error {error:.1e}, allowed {tolerance:.1e}); narrow temperature_min and "
        "temperature_max or smooth the measured spectrum"
    )


def interpolant(
    function: Callable[[Any], Any], low: float, high: float, zero_at: float, size: float = 1.0
) -> tuple[float, ...]:
    """Return `chebyshev_coefficients` of a closed form, as close as these go over its ``size``."""
    return chebyshev_coefficients(
        function, low, high, zero_at, SMOOTH_TOLERANCE * size, WORST_TOLERANCE * size
    )


def log_curve(
    log_ratio: Callable[[Any], Any], low: float, high: float, zero_at: float, *, smooth: bool
) -> tuple[float, ...]:
    """Return `chebyshev_coefficients` of a logarithm, of a closed form (``smooth``) or a table."""
    if smooth:
        return interpolant(log_ratio, low, high, zero_at)
    return chebyshev_coefficients(log_ratio, low, high, zero_at, TABLE_TOLERANCE)


def mean_energy(energy: ArrayLike, spectrum: ArrayLike) -> Any:
    """Return ``∫ E s dE / ∫ s dE`` along the last axis (trapezoidal rule, any spacing)."""
    E, s = np.asarray(energy, dtype=np.float64), np.asarray(spectrum, dtype=np.float64)
    return trapezoid(E * s, E) / trapezoid(s, E)


def narrowed(spectrum: Callable[[Any], Any], mean: float, variance: float) -> Callable[[Any], Any]:
    """Return a line of area 1 whose variance is smaller by ``variance`` [J²], of the same ``mean``.

    Its form is kept, drawn together about the mean: exact in both moments.

    Raises
    ------
    ValueError
        If the line is no wider than that.
    """
    E = np.linspace(0.6 * mean, 1.4 * mean, 8001, dtype=np.float64)
    s = spectrum(E)
    whole = float(trapezoid(s * (E - mean) ** 2, E) / trapezoid(s, E))
    if not variance < whole:
        raise ValueError(
            f"the gaps spread by {np.sqrt(variance) / e * 1e3:.3g} meV, more than the line of all "
            f"dots is wide ({np.sqrt(whole) / e * 1e3:.3g} meV); is it the line of one dot?"
        )
    q = float(np.sqrt(1.0 - variance / whole))
    return lambda energy: spectrum(mean + (np.asarray(energy) - mean) / q) / q
