"""What rays leave in a body: straight segments, and their deposit on cells or bins.

The deposit is the integral of the power along the path, in W m. Divided by the volume of a cell
it is the local intensity [W/m²] there; times the absorption coefficient it is the absorbed power,
exactly as much as the rays lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_CHUNK = 400_000
_GOLDEN = 0.6180339887498949


def path_integral(power: ArrayLike, alpha: float, length: ArrayLike) -> Floats:
    """Return ``∫ P exp(-alpha s) ds`` [W m] over a path, also for ``alpha = 0``.

    Power [W] where the path starts and length [m] broadcast; ``alpha`` in 1/m.
    """
    depth = alpha * np.asarray(length, float)
    share = np.ones(depth.shape)
    np.divide(-np.expm1(-depth), depth, out=share, where=depth > 0.0)
    return np.asarray(np.asarray(power, float) * np.asarray(length, float) * share)


@dataclass(frozen=True)
class Segments:
    """Straight paths inside the body.

    Attributes
    ----------
    start, end
        Shape (n, 3) [m].
    power
        Power where the path starts, shape (n,) [W].
    ray
        Number of the launched ray that each belongs to, shape (n,).
    alpha
        Absorption coefficient of the body, all causes together [1/m].
    """

    start: Floats
    end: Floats
    power: Floats
    ray: Integers
    alpha: float

    @property
    def length(self) -> Floats:
        """Lengths [m], shape (n,)."""
        return np.asarray(np.linalg.norm(self.end - self.start, axis=1))

    @property
    def deposit(self) -> Floats:
        """Integral of the power along each path [W m], shape (n,)."""
        return path_integral(self.power, self.alpha, self.length)


def _pieces(
    segments: Segments, step: float, part: slice, scattered: bool
) -> tuple[Floats, Floats, Integers, Integers]:
    """Return points, deposits, owners and first pieces of segments cut no longer than step.

    A point is the middle of its piece, or stands at a place that differs by segment.
    """
    length = segments.length[part]
    count = np.maximum(np.ceil(length / step), 1.0).astype(np.int64)
    owner = np.repeat(np.arange(count.size), count)
    first = np.cumsum(count) - count
    position = np.arange(owner.size) - first[owner]
    piece = (length / count)[owner]
    place = (part.start + np.arange(count.size)) * _GOLDEN % 1.0 if scattered else 0.5
    along = (position + np.broadcast_to(place, count.size)[owner]) / count[owner]
    start, end = segments.start[part][owner], segments.end[part][owner]
    power = segments.power[part][owner] * np.exp(-segments.alpha * position * piece)
    return (
        start + along[:, None] * (end - start),
        path_integral(power, segments.alpha, piece),
        owner,
        first,
    )


def _nearest_found(cell: Integers, owner: Integers) -> Integers:
    """Return cells with every -1 replaced by the nearest cell found before it, else after it."""
    if not np.any(cell < 0):
        return cell
    for flip in (slice(None), slice(None, None, -1)):
        values, owners = cell[flip], owner[flip]
        last = np.maximum.accumulate(np.where(values >= 0, np.arange(values.size), -1))
        usable = (values < 0) & (last >= 0)
        usable[usable] = owners[last[usable]] == owners[usable]
        values[usable] = values[last[usable]]
    return cell


def deposit_on_cells(
    segments: Segments,
    locate: Callable[[Floats], ArrayLike],
    n_cells: int,
    step: float,
    snap: bool = True,
    scattered: bool = False,
    sets: int | None = None,
) -> tuple[Floats, float]:
    """Return the deposit of all segments in each cell [W m], and what met no cell.

    Segments are cut into pieces no longer than ``step`` (a quarter of the cell size does), each
    given to the cell of its midpoint.

    Parameters
    ----------
    locate
        Takes points (n, 3) [m], returns the cell of each, shape (n,), -1 if there is none.
    n_cells
        Number of cells.
    step
        Longest piece [m].
    snap
        Give a piece that meets no cell (between a mesh and the true surface) to the next cell
        along its segment, so that the sum is conserved. Without, it counts as outside.
    scattered
        Take for each segment another place of its pieces, not the middle: parallel rays then
        do not all cross from cell to cell at the same pieces.
    sets
        If given, the deposit is told apart by sets of rays, shape (sets, n_cells): each ray is of
        the set of its number modulo `sets`.

    Raises
    ------
    ValueError
        If ``step`` is not positive.
    """
    if not step > 0.0:
        raise ValueError(f"step = {step:.6g} m: must be > 0")
    total, outside = np.zeros((sets or 1) * n_cells), 0.0
    ends = np.cumsum(np.maximum(np.ceil(segments.length / step), 1.0))
    borders = np.searchsorted(ends, np.arange(_CHUNK, ends[-1] if ends.size else 0, _CHUNK))
    borders = np.unique(np.concatenate([[0], borders, [ends.size]]))
    for low, high in pairwise(borders):
        points, deposit, owner, _ = _pieces(segments, step, slice(int(low), int(high)), scattered)
        cell = np.array(locate(points), np.int64)
        cell = _nearest_found(cell, owner) if snap else cell
        found = cell >= 0
        own = segments.ray[int(low) : int(high)][owner] % (sets or 1)
        place = (own * n_cells + cell)[found]
        total += np.bincount(place, deposit[found], minlength=len(total))
        outside += float(deposit[~found].sum())
    return total if sets is None else total.reshape(sets, n_cells), outside
