"""Exponentially modified Gaussians and the fit of two of them to a measured line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.errors import SolveError
from thermosim.gain.numerics import trapezoid

Array = NDArray[np.float64]


class Component(NamedTuple):
    """Area, centre and width of a Gaussian, and the decay of its tail (< 0: to low energy)."""

    amplitude: float
    centre: float
    width: float
    tail: float


class EmgFit(NamedTuple):
    """Two components, standard errors of their eight numbers, and the reduced chi-square."""

    components: tuple[Component, Component]
    errors: tuple[Component, Component]
    mean: float
    reduced_chi_square: float


def exponentially_modified_gaussian(
    energy: ArrayLike, amplitude: Any, centre: Any, width: Any, tail: Any
) -> Array:
    """Return a Gaussian convolved with a one-sided exponential of decay ``|tail|``.

    Area ``amplitude``, mean ``centre + tail``, variance ``width² + tail²``. Written with erfcx so
    that it neither overflows nor loses digits. E. Grushka, Anal. Chem. 44, 1733 (1972),
    10.1021/ac60319a011.
    """
    from scipy.special import erfcx

    decay = np.abs(tail)
    u = np.sign(tail) * (np.asarray(energy, dtype=np.float64) - centre) / width
    z = (width / decay - u) / np.sqrt(2.0)
    far = np.minimum(z, 0.0)  # erfcx overflows there; 2 exp(z²) - erfcx(-z) is used instead
    near = erfcx(np.maximum(z, 0.0)) * np.exp(-0.5 * u**2)
    left = 2.0 * np.exp(far**2 - 0.5 * u**2) - erfcx(-far) * np.exp(-0.5 * u**2)
    return np.asarray(amplitude / (2.0 * decay) * np.where(z < 0.0, left, near))


def emg_sum(energy: ArrayLike, components: Sequence[Component]) -> Array:
    """Return the sum of ``components`` at each energy."""
    return np.asarray(sum(exponentially_modified_gaussian(energy, *one) for one in components))


def emg_mean(components: Sequence[Component]) -> float:
    """Return the mean energy of a sum of components."""
    area = sum(one.amplitude for one in components)
    return sum(one.amplitude * (one.centre + one.tail) for one in components) / area


def fit_double_emg(
    energy: ArrayLike, signal: ArrayLike, weights: ArrayLike | None = None
) -> EmgFit:
    """Fit a sum of two exponentially modified Gaussians to a line, by least squares.

    One tail reaches to low and one to high energy. ``energy`` [J] and ``signal`` have shape (n,),
    n ≥ 16; ``weights`` are 1/sigma. Unweighted, the errors are scaled with the residuals.

    Raises
    ------
    ValueError
        If there are fewer than 16 points.
    SolveError
        If the fit does not converge.
    """
    E, y = np.asarray(energy, dtype=np.float64), np.asarray(signal, dtype=np.float64)
    if E.size < 16:
        raise ValueError(
            f"a line of {E.size} points is too short for 8 parameters; give 16 or more"
        )
    area, mean, spread = _moments(E, y)
    scaled, height = (E - mean) / spread, y * spread / area
    w = None if weights is None else np.asarray(weights, dtype=np.float64) * area / spread

    def residual(p: Any) -> Array:
        misfit = emg_sum(scaled, _components(p)) - height
        return misfit if w is None else np.asarray(misfit * w)

    result = _best_fit(residual, scale_covar=w is None)
    found = _components(result.params)
    errors = _components(result.params, "stderr")
    back = tuple(_unscaled(one, area, mean, spread) for one in found)
    spreads = tuple(_unscaled(one, area, 0.0, spread) for one in errors)
    return EmgFit(
        (back[0], back[1]), (spreads[0], spreads[1]), emg_mean(back), float(result.redchi)
    )


def _best_fit(residual: Callable[[Any], Array], *, scale_covar: bool) -> Any:
    """Return the best of the fits from several starts."""
    import lmfit

    tries = [
        lmfit.minimize(
            residual, start, method="leastsq", scale_covar=scale_covar,
            ftol=1e-13, xtol=1e-13, max_nfev=20_000,
        )
        for start in _starts(lmfit)
    ]  # fmt: skip
    done = [one for one in tries if one.success]
    if not done:
        raise SolveError(f"the fit of the line failed ({tries[0].message}); narrow the range")
    return min(done, key=lambda one: one.chisqr)


def _moments(E: Array, y: Array) -> tuple[float, float, float]:
    area = float(trapezoid(y, E))
    mean = float(trapezoid(E * y, E) / area)
    variance = float(trapezoid((E - mean) ** 2 * y, E) / area)
    if not (area > 0 and variance > 0):
        raise ValueError("the line has no positive area or width; subtract its background first")
    return area, mean, variance**0.5


def _starts(lmfit: Any) -> list[Any]:
    """Start the fit from several splits of the line: its least squares have several minima."""
    starts = []
    for offset in (-0.5, 0.0, 0.5):
        for share in (0.3, 0.5, 0.7):
            p = lmfit.Parameters()
            for number, sign, amplitude in ((1, -1.0, share), (2, 1.0, 1.0 - share)):
                p.add(f"amplitude{number}", amplitude, min=0.0)
                p.add(f"centre{number}", offset * sign)
                p.add(f"width{number}", 0.6, min=1e-3)
                p.add(f"decay{number}", 0.6, min=1e-3)
            starts.append(p)
    return starts


def _components(p: Any, what: str = "value") -> tuple[Component, Component]:
    def read(number: int, sign: float) -> Component:
        names = ("amplitude", "centre", "width", "decay")
        values = [getattr(p[f"{name}{number}"], what) for name in names]
        found = [float("nan") if value is None else float(value) for value in values]
        return Component(found[0], found[1], found[2], sign * found[3])

    return read(1, -1.0), read(2, 1.0)


def _unscaled(one: Component, area: float, mean: float, spread: float) -> Component:
    return Component(
        one.amplitude * area, mean + one.centre * spread, one.width * spread, one.tail * spread
    )
