"""Whether the model is right: chi², residuals that run, and what the data cannot tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermosim.infer.fit.likelihood import Array

_SIGMAS = 4.0  # from which chi² or a run of residuals is not by chance
_FEW_SIGMAS = 3.5  # the same for residuals of neighbours
_BLOCKS = 20
_LEAST_IN_BLOCK = 4
_WRONG = 1.5  # reduced chi² of residuals that run, from which no number is given
_ALIKE = 0.6  # correlation of neighbours, from which none is given where noise is not known
SAME = 0.95
"""Correlation of two parameters, from which the data hardly tell them apart."""
_PART = 0.3  # share of a parameter in a direction in which nothing changes


@dataclass(frozen=True)
class Misfit:
    """What the residuals of one data set say.

    ``chi2`` reduced; ``excess`` and ``run`` in standard deviations above what noise does;
    ``factor`` by which ± must be widened; ``wrong``: the model is not that of the data.
    """

    label: str
    chi2: float
    excess: float
    run: float
    factor: float
    wrong: bool

    @property
    def words(self) -> str:
        """What is wrong, or nothing."""
        if not self.wrong and self.factor <= 1.0:
            return ""
        told = f'"{self.label}": reduced chi2 {self.chi2:.3g}'
        if self.run > _FEW_SIGMAS:
            told += ", and residuals that run in one direction for long"
        return told


def misfit(
    label: str, residual: Array, parameters: float, spread: float, *, estimated: bool
) -> Misfit:
    """Judge one data set by its residuals over their standard deviations, (n,).

    ``parameters`` is its part of the free parameters, ``spread`` the sum of the excess kurtosis of
    the noise (1/m for counts). Noise that was ``estimated`` from the scatter has a chi² of 1.
    """
    n = len(residual)
    freedom = max(n - parameters, 1.0)
    total = float(residual @ residual)
    excess = 0.0 if estimated else (total - freedom) / np.sqrt(2.0 * freedom + spread)
    chi2 = total / freedom
    scaled = residual / np.sqrt(chi2) if estimated or excess > _SIGMAS else residual
    alike = float(scaled[1:] @ scaled[:-1]) / max(float(scaled @ scaled), 1e-300)
    run = alike * np.sqrt(n)
    blocks = min(_BLOCKS, n // _LEAST_IN_BLOCK)
    wide = 1.0
    if blocks >= 5:
        sums = np.array(
            [part.sum() / np.sqrt(len(part)) for part in np.array_split(scaled, blocks)]
        )
        wide = float(sums @ sums) / blocks
        high = (wide - 1.0) * np.sqrt(blocks / 2.0)
        run = max(run, high if high > _SIGMAS else 0.0)
    runs = run > _FEW_SIGMAS
    grown = max(1.0, wide, (1.0 + alike) / max(1.0 - alike, 0.05)) if runs else 1.0
    noisy = excess > _SIGMAS
    wrong = runs and ((estimated and alike > _ALIKE) or (noisy and chi2 > _WRONG))
    factor = np.sqrt(grown * (chi2 if noisy else 1.0))
    return Misfit(label, chi2, float(excess), float(run), float(factor), bool(wrong))


def indistinct(
    names: Sequence[str], correlation: Array, flat: Array, open_: Sequence[str], own: Sequence[str]
) -> list[dict[str, Any]]:
    """Return what the data cannot tell apart: names, and why.

    ``correlation`` (p, p) and ``flat`` (p, p), directions in which nothing changes, are of the free
    parameters; ``open_`` are those whose interval has no end, ``own`` scales and levels of single
    data sets, pairs of which are of no interest.
    """
    found: list[dict[str, Any]] = []
    told: set[frozenset[str]] = set()
    for direction in flat[~np.isnan(flat).any(axis=1)]:
        group = [names[j] for j in np.flatnonzero(np.abs(direction) > _PART)]
        told.add(frozenset(group))
        why = "only a combination of them is told" if len(group) > 1 else "the data do not tell it"
        found.append({"parameters": group, "why": why})
    for i, j in np.argwhere(np.triu(np.abs(correlation) > SAME, 1)):
        pair = [names[i], names[j]]
        if not set(pair) <= {*own} and not any(set(pair) <= group for group in told):
            why = f"correlation {correlation[i, j]:+.3f}"
            found.append({"parameters": pair, "why": why})
    inside = {name for group in told for name in group}
    found += [
        {"parameters": [name], "why": "its profile is flat: the interval has no end"}
        for name in open_
        if name not in inside
    ]
    return found
