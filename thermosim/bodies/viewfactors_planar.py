"""Exchange areas in the plane, per metre of depth, by Hottel's crossed strings.

Two straight edges that see each other wholly exchange ``S = (crossed - uncrossed strings)/2``: it
is exact (Hottel, Radiant heat transmission, in McAdams, Heat Transmission, 1954); what of an edge
lies behind the other is left out first. Where something stands between them, S is multiplied by
the share of sight lines that pass, each weighted with the exchange along it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.bodies.viewfactors import Estimate

if TYPE_CHECKING:
    from thermosim.bodies.viewfactors import Floats, Ints

_NOTHING = 1e-9  # part of a length that counts as none
_FEW = np.array([[0.02, 0.02], [0.02, 0.98], [0.98, 0.02], [0.98, 0.98], [0.5, 0.5]])
_ALONG = (np.arange(12) + 0.5) / 12
_MANY = np.stack(np.meshgrid(_ALONG, _ALONG), axis=-1).reshape(-1, 2)
_DIRECTIONS = (np.arange(48) + 0.5) / 24 - 1  # sines, of equal weight
_STARTS = np.array([0.15, 0.5, 0.85])
_AT_ONCE = 2_000_000  # crossings of sight lines with walls computed at one time
_CERTAIN = 1e-9  # relative error that is laid to exchange areas by strings
_UNCERTAIN = 0.05  # and to those of edges that are partly hidden


@dataclass(frozen=True)
class Outline:
    """Straight edges that see each other or stand between.

    Attributes
    ----------
    ends : shape (n, 2, 2) [m]
    normals : shape (n, 2), unit vectors out of the body
    patch : shape (n,), -1 where an edge only blocks
    """

    ends: Floats
    normals: Floats
    patch: Ints


def exchange_areas(outline: Outline) -> Estimate:
    """Return the exchange areas [m² per metre of depth] between patches and to the chamber."""
    walls = _walls(outline)
    seeing = np.flatnonzero(outline.patch >= 0)
    patch = outline.patch[seeing]
    ends, normals = outline.ends[seeing], outline.normals[seeing]
    n = int(patch.max(initial=-1)) + 1
    S, spread = np.zeros((n, n)), np.zeros((n, n))
    for i in range(len(seeing) - 1):
        found, uncertain = _with_later(i, ends, normals, walls)
        others = patch[i + 1 :]
        off = (found * np.where(uncertain, _UNCERTAIN, _CERTAIN)) ** 2
        for table, values in ((S, found), (spread, off)):
            np.add.at(table, (patch[i], others), values)
            np.add.at(table, (others, patch[i]), values)
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    areas = np.bincount(patch, lengths, n)
    open_length = np.bincount(patch, lengths * _escaping(ends, normals, walls), n)
    chamber = np.where(open_length > 0, np.maximum(areas - S.sum(axis=1), 0.0), 0.0)
    chamber_spread = np.where(open_length > 0, (_UNCERTAIN * areas) ** 2, 0.0)
    return Estimate(S, chamber, spread, chamber_spread)


def crossed_strings(first: Floats, second: Floats) -> Floats:
    """Return S [m] between edges (..., 2, 2) that see each other wholly."""

    def length(i: int, j: int) -> Floats:
        return np.asarray(np.linalg.norm(first[..., i, :] - second[..., j, :], axis=-1))

    return np.abs(length(0, 0) + length(1, 1) - length(0, 1) - length(1, 0)) / 2


def _with_later(
    i: int, ends: Floats, normals: Floats, walls: Floats
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return S between edge `i` and each later one, and where it is uncertain."""
    later = ends[i + 1 :]
    mine = _in_front(np.broadcast_to(ends[i], later.shape), later[:, 0], normals[i + 1 :])
    theirs = _in_front(later, np.broadcast_to(ends[i, 0], later[:, 0].shape), normals[i][None])
    size = np.linalg.norm(later[:, 1] - later[:, 0], axis=1)
    shortest = np.minimum(
        np.linalg.norm(mine[:, 1] - mine[:, 0], axis=1),
        np.linalg.norm(theirs[:, 1] - theirs[:, 0], axis=1),
    )
    S = np.zeros(len(later))
    uncertain = np.zeros(len(later), dtype=bool)
    facing = np.flatnonzero(shortest > _NOTHING * size)
    S[facing] = crossed_strings(mine[facing], theirs[facing])
    passing = _passing(mine[facing], theirs[facing], _FEW, walls)
    share = passing.mean(axis=1)
    S[facing[share == 0]] = 0.0
    partly = facing[(share > 0) & (share < 1)]
    if len(partly):
        passing = _passing(mine[partly], theirs[partly], _MANY, walls)
        weight = _kernel(mine[partly], theirs[partly], normals[i], normals[i + 1 :][partly])
        S[partly] *= (weight * passing).sum(axis=1) / weight.sum(axis=1)
        uncertain[partly] = True
    return S, uncertain


def _in_front(edges: Floats, origin: Floats, normal: Floats) -> Floats:
    """Return the part of edges (n, 2, 2) in front of lines; of no length where there is none."""
    height = np.einsum("nkd,nd->nk", edges - origin[:, None], np.broadcast_to(normal, origin.shape))
    size = np.abs(height).max(axis=1)
    height = np.where(np.abs(height) < _NOTHING * size[:, None], 0.0, height)
    low, high = height[:, 0], height[:, 1]
    differ = np.where(low == high, 1.0, high - low)
    cut = edges[:, 0] + np.clip(-low / differ, 0, 1)[:, None] * (edges[:, 1] - edges[:, 0])
    first = np.where((low < 0)[:, None], cut, edges[:, 0])
    last = np.where((high < 0)[:, None], cut, edges[:, 1])
    behind = (low <= 0) & (high <= 0)
    return np.stack([first, np.where(behind[:, None], first, last)], axis=1)


def _points(edges: Floats, at: Floats) -> Floats:
    """Return points (n, m, 2) on edges (n, 2, 2) at the parts `at` (m,) of their lengths."""
    return np.asarray(edges[:, None, 0] + at[:, None] * (edges[:, None, 1] - edges[:, None, 0]))


def _passing(first: Floats, second: Floats, pairs: Floats, walls: Floats) -> Floats:
    """Return 1 for each sight line that no wall crosses and 0 for others, shape (n, pairs)."""
    start = _points(first, pairs[:, 0]).reshape(-1, 2)
    along = _points(second, pairs[:, 1]).reshape(-1, 2) - start
    blocked = np.zeros(len(start), dtype=bool)
    for some in _slices(len(start), len(walls)):
        u, there = _crossings(start[some], along[some], walls)
        blocked[some] = (there & (u > _NOTHING) & (u < 1 - _NOTHING)).any(axis=1)
    return np.where(blocked, 0.0, 1.0).reshape(len(first), len(pairs))


def _escaping(ends: Floats, normals: Floats, walls: Floats) -> Floats:
    """Return the share of what edges emit that no wall stops, by a fan of rays, shape (n,)."""
    start = np.repeat(_points(ends, _STARTS), len(_DIRECTIONS), axis=1).reshape(-1, 2)
    side = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
    up = np.sqrt(1 - _DIRECTIONS**2)
    fan = side[:, None] * _DIRECTIONS[:, None] + normals[:, None] * up[:, None]
    along = np.repeat(fan[:, None], len(_STARTS), axis=1).reshape(-1, 2)
    free = np.zeros(len(start), dtype=bool)
    size = float(np.ptp(walls.reshape(-1, 2), axis=0).max())
    for some in _slices(len(start), len(walls)):
        u, there = _crossings(start[some], along[some], walls)
        free[some] = ~(there & (u > _NOTHING * size)).any(axis=1)
    return np.asarray(free.reshape(len(ends), -1).mean(axis=1), dtype=float)


def _slices(lines: int, walls: int) -> Iterator[slice]:
    step = max(1, _AT_ONCE // max(1, walls))
    return (slice(at, at + step) for at in range(0, lines, step))


def _crossings(
    start: Floats, along: Floats, walls: Floats
) -> tuple[Floats, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Return where lines meet walls, in parts of `along`, and whether it is on the wall."""
    wall = walls[:, 1] - walls[:, 0]
    cross = along[:, None, 0] * wall[:, 1] - along[:, None, 1] * wall[:, 0]
    away = walls[None, :, 0] - start[:, None]
    parallel = np.abs(cross) <= 1e-14 * np.linalg.norm(along, axis=1)[:, None] * np.linalg.norm(
        wall, axis=1
    )
    safe = np.where(parallel, 1.0, cross)
    u = (away[..., 0] * wall[:, 1] - away[..., 1] * wall[:, 0]) / safe
    w = (away[..., 0] * along[:, None, 1] - away[..., 1] * along[:, None, 0]) / safe
    return u, ~parallel & (w >= -_NOTHING) & (w <= 1 + _NOTHING)


def _kernel(first: Floats, second: Floats, normal: Floats, normals: Floats) -> Floats:
    """Return cos cos/(2 r) of the sight lines of `_MANY`, shape (n, lines)."""
    away = _points(second, _MANY[:, 1]) - _points(first, _MANY[:, 0])
    r = np.linalg.norm(away, axis=2)
    r = np.maximum(r, 1e-3 * float(r.max()))
    cosines = np.abs((away @ normal) * np.einsum("nmd,nd->nm", away, normals))
    return np.asarray(cosines / (2 * r**3))


def _walls(outline: Outline) -> Floats:
    """Return the edges with those joined that follow each other on one line, shape (m, 2, 2)."""
    ends = outline.ends
    size = float(np.ptp(ends.reshape(-1, 2), axis=0).max())
    offset = np.einsum("nd,nd->n", outline.normals, ends[:, 0]) / size
    key = np.round(np.column_stack([outline.normals, offset]), 8) + 0.0
    _, line = np.unique(key, axis=0, return_inverse=True)
    found = []
    for number in range(int(line.max()) + 1):
        mine = np.flatnonzero(line == number)
        along = np.array([-outline.normals[mine[0], 1], outline.normals[mine[0], 0]])
        at = ends[mine] @ along
        ahead = at[:, 0] <= at[:, 1]
        low, high = at.min(axis=1), at.max(axis=1)
        first = np.where(ahead[:, None], ends[mine, 0], ends[mine, 1])
        last = np.where(ahead[:, None], ends[mine, 1], ends[mine, 0])
        order = np.argsort(low)
        begin, reach, tip = first[order[0]], high[order[0]], last[order[0]]
        for k in order[1:]:
            if low[k] > reach + _NOTHING * size:
                found.append((begin, tip))
                begin, reach, tip = first[k], high[k], last[k]
            elif high[k] > reach:
                reach, tip = high[k], last[k]
        found.append((begin, tip))
    return np.asarray(found)
