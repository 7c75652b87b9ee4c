"""Distributions of a property over the dots, and the Gauss nodes that integrate over them.

A distribution has a mean, a width (its standard deviation) and a shape, or is a measured histogram.
``width`` 0 is one node at the mean. n nodes integrate polynomials up to degree 2n - 1 exactly
(Golub and Welsch, Math. Comp. 23, 221 (1969), 10.1090/S0025-5718-69-99647-1).
"""

from __future__ import annotations

import functools
import math
import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator, model_validator

from thermosim.language.sections import Section, beside_case
from thermosim.language.units import (
    Energy,
    Fraction,
    Length,
    NonNegative,
    Positive,
    parse_quantity,
)

Array = NDArray[np.float64]
Shape = Literal["normal", "lognormal", "uniform", "beta"]
TAIL = 1e-5
"""Share of the dots that may lie outside of what is physical: 4.3 widths of a normal one."""
_SUM = 1e-6
_UNIT = re.compile(r"[(\[]([^)\]]*)[)\]]\s*$")


class Rule(NamedTuple):
    """Values of a property and the shares of the dots that stand for it; the shares add up to 1."""

    values: Array
    shares: Array


class Spread(Section):
    """How a property is distributed over the dots: ``width`` and ``shape``, or a histogram."""

    unit: ClassVar[str] = ""
    mean: float | None = Field(None, description="Mean; that of the model if not given")
    width: NonNegative[float] | None = Field(None, description="Standard deviation")
    shape: Shape = Field("normal", description='"beta" lies between 0 and 1')
    file: Path | None = Field(
        None, description="Histogram: CSV file of values and shares of the dots, in place of width"
    )
    normalise: bool = Field(False, description="Whether the shares of the file are scaled to 1")
    nodes: Annotated[int, Field(ge=2, le=64)] | None = Field(
        None, description="Gauss nodes; those of the ensemble if not given"
    )

    @field_validator("file")
    @classmethod
    def _beside(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        return None if file is None else beside_case(file, info)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.width is None) == (self.file is None):
            raise ValueError("give either width (and shape) or the file of a histogram")
        if self.file is not None:
            if self.mean is not None:
                raise ValueError("the histogram tells the mean; leave mean out")
            histogram(self.file, self.unit, self.normalise)
        return self

    def rule(self, mean: float, nodes: int) -> Rule:
        """Return the Gauss nodes of the distribution; ``mean`` is that of the model.

        Raises
        ------
        ValueError
            If the shape does not allow mean and width.
        """
        count = self.nodes or nodes
        if self.file is not None:
            return gauss_of_points(histogram(self.file, self.unit, self.normalise), count)
        mean = mean if self.mean is None else self.mean
        width = self.width or 0.0
        if width == 0.0:
            return Rule(np.array([mean]), np.ones(1))
        return _RULES[self.shape](mean, width, count)

    def share_outside(self, mean: float, low: float, high: float) -> float:
        """Return the share of the dots below ``low`` or above ``high``."""
        if self.file is not None:
            values, shares = histogram(self.file, self.unit, self.normalise)
            return float(shares[(values < low) | (values > high)].sum())
        mean = mean if self.mean is None else self.mean
        width = self.width or 0.0
        if width == 0.0:
            return 0.0 if low <= mean <= high else 1.0
        below = _share_below(self.shape, mean, width, low)
        return float(below + 1.0 - _share_below(self.shape, mean, width, high))

    def refuse_outside(
        self, name: str, mean: float, low: float, high: float, of: str = "dots"
    ) -> None:
        """Refuse a distribution of which more than `TAIL` lies outside ``low`` to ``high``.

        Raises
        ------
        ValueError
            With the share that lies outside.
        """
        outside = self.share_outside(mean, low, high)
        if outside > TAIL:
            bound = f"between {low:g} and {high:g}" if math.isfinite(high) else f"above {low:g}"
            fitting = '"beta"' if math.isfinite(high) else '"lognormal"'
            raise ValueError(
                f"{name}: {100.0 * outside:.3g} % of the {of} lie outside of what is "
                f"possible, {bound}; make it narrower or choose shape = {fitting}"
            )


class GapSpread(Spread):
    """Offsets of the gaps of the dots from the gap that absorption and emission hold for."""

    unit: ClassVar[str] = "J"
    mean: Energy | None = Field(None, description="Mean offset; 0 if not given")
    width: NonNegative[Energy] | None = Field(None, description="Standard deviation")


class FactorSpread(Spread):
    """Factors on the mean of a property."""


class ShareSpread(Spread):
    """Numbers between 0 and 1, one for each dot."""

    mean: Fraction | None = Field(None, description="Mean; that of the model if not given")


class LengthSpread(Spread):
    """Lengths of the dots."""

    unit: ClassVar[str] = "m"
    mean: Positive[Length] | None = Field(None, description="Mean; that of the model if not given")
    width: NonNegative[Length] | None = Field(None, description="Standard deviation")


def gauss(alpha: Any, beta: Any) -> Rule:
    """Return the Gauss rule of a measure of weight 1 from the recurrence of its polynomials.

    ``p_(k+1) = (x - alpha_k) p_k - beta_k p_(k-1)``; ``alpha`` has n entries, ``beta`` n - 1.
    """
    off = np.sqrt(beta)
    values, vectors = np.linalg.eigh(np.diag(alpha) + np.diag(off, 1) + np.diag(off, -1))
    shares = vectors[0] ** 2
    return Rule(values, shares / shares.sum())


def _normal(mean: float, width: float, nodes: int) -> Rule:
    values, shares = gauss(np.zeros(nodes), np.arange(1.0, nodes))
    return Rule(mean + width * values, shares)


def _lognormal(mean: float, width: float, nodes: int) -> Rule:
    if mean <= 0.0:
        raise ValueError(f'shape = "lognormal" needs a mean above 0, not {mean:g}')
    variance = math.log1p((width / mean) ** 2)
    z, shares = _normal(0.0, math.sqrt(variance), nodes)
    return Rule(mean * np.exp(z - 0.5 * variance), shares)


def _uniform(mean: float, width: float, nodes: int) -> Rule:
    k = np.arange(1.0, nodes)
    values, shares = gauss(np.zeros(nodes), k**2 / (4.0 * k**2 - 1.0))
    return Rule(mean + math.sqrt(3.0) * width * values, shares)


def _beta_powers(mean: float, width: float) -> tuple[float, float]:
    """Return the powers p, q of a beta distribution ``x^(p-1) (1-x)^(q-1)``."""
    free = mean * (1.0 - mean) / width**2 - 1.0
    if not (0.0 < mean < 1.0 and free > 0.0):
        raise ValueError(
            f'shape = "beta" with mean {mean:g} allows a width below '
            f"{math.sqrt(max(mean * (1.0 - mean), 0.0)):.3g}, not {width:g}"
        )
    return mean * free, (1.0 - mean) * free


def _beta(mean: float, width: float, nodes: int) -> Rule:
    """Jacobi polynomials, in ``t = 2x - 1`` with the weight ``(1 - t)^a (1 + t)^b``."""
    p, q = _beta_powers(mean, width)
    a, b = q - 1.0, p - 1.0
    k = np.arange(1.0, nodes)
    s = 2.0 * k + a + b
    alpha = np.concatenate([[(b - a) / (a + b + 2.0)], (b - a) * (b + a) / (s * (s + 2.0))])
    # of k = 1 the factor (k + a + b)/(s - 1) is 1, also where both vanish
    last = np.concatenate([[1.0], (k[1:] + a + b) / (s[1:] - 1.0)])
    beta = 4.0 * k * (k + a) * (k + b) * last / (s**2 * (s + 1.0))
    values, shares = gauss(alpha, beta)
    return Rule(0.5 * (1.0 + values), shares)


_RULES = {"normal": _normal, "lognormal": _lognormal, "uniform": _uniform, "beta": _beta}


def _share_below(shape: Shape, mean: float, width: float, limit: float) -> float:
    from scipy.special import betainc, ndtr

    if math.isinf(limit):
        return 0.0 if limit < 0.0 else 1.0
    if shape == "normal":
        return float(ndtr((limit - mean) / width))
    if shape == "uniform":
        return min(max(0.5 + (limit - mean) / (math.sqrt(12.0) * width), 0.0), 1.0)
    if shape == "beta":
        return float(betainc(*_beta_powers(mean, width), min(max(limit, 0.0), 1.0)))
    if limit <= 0.0:
        return 0.0
    variance = math.log1p((width / mean) ** 2)
    return float(ndtr((math.log(limit / mean) + 0.5 * variance) / math.sqrt(variance)))


def gauss_of_points(points: Rule, nodes: int) -> Rule:
    """Return the Gauss rule of a histogram: it keeps the first ``2 nodes`` moments exactly.

    Stieltjes' procedure; a histogram of no more rows than nodes is its own rule.
    """
    x, w = points
    if x.size <= nodes:
        return points
    centre, scale = float(w @ x), float(np.ptp(x))
    t = (x - centre) / scale
    alpha, beta = np.zeros(nodes), np.zeros(nodes)
    before, now, norm = np.zeros_like(t), np.ones_like(t), 1.0
    for k in range(nodes):
        alpha[k] = float(w @ (t * now**2)) / norm
        before, now = now, (t - alpha[k]) * now - beta[k] * before
        if k + 1 < nodes:
            new = float(w @ now**2)
            beta[k + 1], norm = new / norm, new
    values, shares = gauss(alpha, beta[1:])
    return Rule(centre + scale * values, shares)


@functools.lru_cache(maxsize=32)
def histogram(file: Path, unit: str, normalise: bool) -> Rule:
    """Return the values (in the SI unit ``unit``) and shares of a histogram of a file.

    A heading ``NAME (unit), share``, then rows of value and share of the dots.

    Raises
    ------
    ValueError
        If the file cannot be read, has no unit where one is needed, holds a negative share, or its
        shares do not add up to 1 and ``normalise`` is false.
    """
    values, shares = _rows(file, unit)
    if not np.all(shares >= 0.0) or not shares.sum() > 0.0:
        raise ValueError(f"{file}: the shares of the dots must be >= 0, and not all 0")
    total = float(shares.sum())
    if abs(total - 1.0) > _SUM and not normalise:
        raise ValueError(
            f"{file}: the shares of the dots add up to {total:.6g}, not to 1; correct them or "
            "write normalise = true"
        )
    keep = shares > 0.0
    return Rule(values[keep], np.asarray(shares[keep] / total))


def _rows(file: Path, unit: str) -> tuple[Array, Array]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: cannot be read as text ({error})") from error
    rows = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    named = _UNIT.search(rows[0].split(",")[0].strip()) if rows else None
    if unit and named is None:
        raise ValueError(
            f'{file}: the first line must name value and unit, such as "value ({unit}), share"'
        )
    factor = parse_quantity(f"1 {named[1]}", unit) if unit and named is not None else 1.0
    if rows and not _is_number(rows[0].split(",")[0]):
        rows = rows[1:]
    try:
        cells = np.array([[float(cell) for cell in row.split(",")] for row in rows], dtype=float)
    except ValueError as error:
        raise ValueError(f"{file}: {error}; rows are a value, a comma and a share") from error
    if cells.ndim != 2 or cells.shape[1] != 2 or not np.all(np.isfinite(cells)):
        raise ValueError(f"{file}: rows must be a value, a comma and a share of the dots")
    return factor * cells[:, 0], cells[:, 1]


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
