"""The best point of a study: which size is coldest, in every stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from thermosim.errors import CaseError
from thermosim.studies.plan import SAMPLE

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Optimum:
    """The best value along one dimension, at one place of the others.

    Attributes
    ----------
    where : coordinate values of the other dimensions
    along : name of the coordinate
    at, value : the best computed point
    low, high : its neighbours: the optimum lies between them; a sample has none but itself
    estimate, estimated_value : vertex of the parabola through the three; NaN at an end
    at_end : whether the best point is the first or last: the optimum may lie beyond
    """

    where: dict[str, Any]
    along: str
    at: float
    value: float
    low: float
    high: float
    estimate: float
    estimated_value: float
    at_end: bool


def optima(dataset: xr.Dataset, objective: str, goal: str, along: str) -> list[Optimum]:
    """Return the optimum along one dimension for each place of the others that has numbers.

    Raises
    ------
    CaseError
        If the results have no such number.
    """
    require_number(dataset, objective)
    values = dataset[objective].transpose(..., along)
    others = values.dims[:-1]
    axis = np.asarray(dataset[along].values, dtype=float)
    found = []
    for index in np.ndindex(values.shape[:-1]):
        row = np.asarray(values.values[index], dtype=float)
        where = {
            str(dim): dataset[dim].values[i].item() if dataset[dim].dtype != object
            else dataset[dim].values[i]
            for dim, i in zip(others, index, strict=True)
        }  # fmt: skip
        if np.isfinite(row).any() and along == SAMPLE:
            found.append(_best_sample(dataset, row, goal, where))
        elif np.isfinite(row).any():
            found.append(_optimum(axis, row, goal, where, along))
    return found


def _best_sample(dataset: xr.Dataset, row: Any, goal: str, where: dict[str, Any]) -> Optimum:
    """Return the best of samples, which have no neighbours, with the values that made it."""
    best = int(np.nanargmin(row) if goal == "min" else np.nanargmax(row))
    for name, coordinate in dataset.coords.items():
        if name != SAMPLE and coordinate.dims == (SAMPLE,):
            value = coordinate.values[best]
            where[str(name)] = value.item() if hasattr(value, "item") else value
    at = float(dataset[SAMPLE].values[best])
    return Optimum(where, SAMPLE, at, float(row[best]), at, at, np.nan, np.nan, at_end=False)


def require_number(dataset: xr.Dataset, name: str) -> None:
    """Refuse a name that is no number of the results.

    Raises
    ------
    CaseError
        Listing those that are.
    """
    numbers = [str(n) for n, v in dataset.data_vars.items() if v.dtype != object]
    if name not in numbers:
        known = ", ".join(numbers) or "none, since no point has a result"
        raise CaseError(f'study.objective = "{name}" is no number of the results; known: {known}')


def _optimum(axis: Any, row: Any, goal: str, where: dict[str, Any], along: str) -> Optimum:
    kept = np.isfinite(row) & np.isfinite(axis)
    order = np.argsort(axis[kept], kind="stable")
    x, y = axis[kept][order], row[kept][order]
    best = int(np.argmin(y) if goal == "min" else np.argmax(y))
    low, high = x[max(best - 1, 0)], x[min(best + 1, len(x) - 1)]
    at_end = best in (0, len(x) - 1)
    estimate, value = np.nan, np.nan
    if not at_end and low < x[best] < high:
        logarithmic = bool(low > 0 and high / low > 1.1)
        three = slice(best - 1, best + 2)
        u = np.log(x[three]) if logarithmic else x[three]
        vertex, value = parabola_vertex(u, y[three])
        estimate = float(np.exp(vertex)) if logarithmic else vertex
    return Optimum(
        where, along, float(x[best]), float(y[best]), float(low), float(high),
        float(estimate), float(value), at_end,
    )  # fmt: skip


def parabola_vertex(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Return abscissa and ordinate of the vertex of the parabola through three points.

    Raises
    ------
    ValueError
        If the points lie on a line.
    """
    (x0, x1, x2), (y0, y1, y2) = np.asarray(x, float), np.asarray(y, float)
    left, right = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
    curvature = (right - left) / (x2 - x0)
    if curvature == 0.0:
        raise ValueError("three points on a line have no vertex")
    vertex = 0.5 * (x0 + x1) - 0.5 * left / curvature
    value = y0 + left * (vertex - x0) + curvature * (vertex - x0) * (vertex - x1)
    return float(vertex), float(value)
