"""The likelihood of data: Poisson where they are counts, Gauss elsewhere; many fits at a time.

Every function takes a batch: parameters of shape (B, p), predictions of shape (B, n). A profile of
one data set and the fits of 200 data sets are both a batch, so neither loops in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_STEP = 1e-6  # of a parameter on its own scale, for derivatives
_CENTRAL_STEP = 1e-4
_LARGEST = 4_000_000  # numbers that a prediction holds at a time
_FEWEST_PHOTONS = 1e-9  # expected counts, below which a prediction is no prediction


class Piece(NamedTuple):
    """One data set: its predictions (B, n) from parameters (B, p), where they stand, what counts.

    ``columns`` are the parameters that it hangs on.
    """

    predict: Callable[[Array], Array]
    span: slice
    columns: frozenset[int]


@dataclass(frozen=True)
class Likelihood:
    """Data, their noise, and what the model predicts for them.

    Attributes
    ----------
    pieces
        The data sets.
    data, variance
        Shape (n,), or (B, n) where each row of a batch has data of its own. The variance of counts
        is that of the prediction.
    counts
        Which data are counts, shape (n,).
    low, high, log, scale
        Bounds, whether the logarithm is what is looked for, and size of each parameter, (p,).
    dispersion
        Variance over that told, (n,), where it was estimated.
    """

    pieces: Sequence[Piece]
    data: Array
    variance: Array
    counts: Bools
    low: Array
    high: Array
    log: Bools
    scale: Array
    dispersion: Array | float = 1.0

    @property
    def size(self) -> int:
        """Number of data."""
        return self.data.shape[-1]

    def rows(self, chosen: npt.NDArray[np.intp]) -> Likelihood:
        """Return the likelihood of some rows of a batch."""
        if self.data.ndim == 1:
            return self
        variance = self.variance if self.variance.ndim == 1 else self.variance[chosen]
        return replace(self, data=self.data[chosen], variance=variance)

    def inner(self, values: Array) -> Array:
        """Return parameters on the scale on which they are looked for."""
        safe = np.where(self.log, np.maximum(values, np.finfo(float).tiny), 1.0)
        return np.asarray(np.where(self.log, np.log(safe), values / self.scale))

    def outer(self, inner: Array) -> Array:
        """Return parameters in their units."""
        with np.errstate(over="ignore"):
            return np.where(self.log, np.exp(np.where(self.log, inner, 0.0)), inner * self.scale)

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Bounds on the scale on which parameters are looked for."""
        low, high = (np.where(self.log & (b <= 0), 1.0, b) for b in (self.low, self.high))
        return self.inner(low), self.inner(high)

    def predicted(self, inner: Array) -> Array:
        """Return predictions (B, n)."""
        rows = self.outer(inner)
        found = np.empty((len(rows), self.size))
        for piece in self.pieces:
            found[:, piece.span] = self._of(piece, rows)
        return found

    def _of(self, piece: Piece, rows: Array) -> Array:
        """Return what is expected of one data set, a part of the batch at a time."""
        step = max(1, _LARGEST // max(piece.span.stop - piece.span.start, 1))
        parts = [piece.predict(rows[i : i + step]) for i in range(0, len(rows), step)]
        found = np.concatenate(parts) if len(parts) > 1 else parts[0]
        counts = self.counts[piece.span]
        return np.where(counts, np.maximum(found, _FEWEST_PHOTONS), found)

    def deviance(self, predicted: Array) -> Array:
        """Return minus twice the log likelihood, 0 for a perfect prediction, (B,)."""
        total = self.terms(predicted).sum(axis=-1)
        return np.where(np.isfinite(total), total, np.inf)

    def terms(self, predicted: Array) -> Array:
        """Return what each number adds to the deviance, (B, n).

        Cash's C for counts, `2 sum(m - n + n ln(n/m))` (10.1086/156922); chi² elsewhere.
        """
        n, m = self.data, predicted
        out = (n - m) ** 2 / self.variance
        if self.counts.any():
            ratio = np.where(n > 0.0, n, 1.0) / np.where(self.counts, m, 1.0)
            cash = 2.0 * (m - n + np.where(n > 0.0, n * np.log(np.maximum(ratio, 1e-300)), 0.0))
            out = np.where(self.counts, cash, out)
        return np.asarray(out / self.dispersion)

    def jacobian(
        self, inner: Array, predicted: Array, free: Bools, *, central: bool = False
    ) -> Array:
        """Return the derivatives of the predictions, (B, p, n); 0 by what no row (B, p) frees."""
        low, high = self.bounds
        h = _CENTRAL_STEP if central else _STEP
        found = np.zeros((len(inner), inner.shape[1], self.size))
        for j in np.flatnonzero(free.any(axis=0)):
            up, down = inner.copy(), inner.copy()
            up[:, j] += np.where(inner[:, j] + h <= high[j], h, 0.0 if central else -h)
            if central:
                down[:, j] -= np.where(inner[:, j] - h >= low[j], h, 0.0)
            width = (up[:, j] - down[:, j])[:, None]
            above, below = self.outer(up), self.outer(down)
            for piece in self.pieces:
                if j in piece.columns:
                    span = piece.span
                    before = self._of(piece, below) if central else predicted[:, span]
                    found[:, j, span] = (self._of(piece, above) - before) / width
        return found

    def slopes(self, predicted: Array, jacobian: Array) -> tuple[Array, Array]:
        """Return half the gradient of the deviance (B, p) and half its expected curvature."""
        weight = 1.0 / (np.where(self.counts, predicted, self.variance) * self.dispersion)
        weighted = jacobian * weight[:, None, :]
        gradient = np.einsum("bpn,bn->bp", weighted, predicted - self.data)
        return gradient, weighted @ jacobian.transpose(0, 2, 1)
