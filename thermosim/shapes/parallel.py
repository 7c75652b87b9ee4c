"""Curves at a distance from the outline of a body of revolution: the faces of its coatings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from thermosim.shapes.profile import Point, Profile, Segment

Floats = NDArray[np.float64]
Curve = Callable[[float], tuple[Floats, Floats]]
_POINTS = 33  # of a quarter turn: a spline through them is a circle to 1e-8
_SAME = 1e-9


def parallel(profile: Profile, distance: float) -> list[Floats]:
    """Return smooth pieces of the curve at a distance [m] from a convex outline, points (n, 2).

    From the axis below, or from z = 0 where the body stands on a flat base, to the axis above.
    Corners become arcs, and what would come below a flat base is left away.
    """
    start: Point = (profile.base_radius, 0.0)
    pieces, before = [], np.array([1.0, 0.0] if profile.base_radius else [0.0, -1.0])
    for segment in profile.segments:
        curve = outline(segment, start)
        _, first = curve(0.0)
        if np.linalg.norm(first - before) > _SAME:
            pieces.append(_around(np.array(start), before, first, distance))
        at = [curve(s) for s in np.linspace(0.0, 1.0, _POINTS)]
        pieces.append(np.array([place + distance * normal for place, normal in at]))
        before, start = at[-1][1], segment.end
    if before[0] > _SAME:
        pieces.append(_around(np.array(start), before, np.array([0.0, 1.0]), distance))
    return _above(pieces) if profile.base_radius else pieces


def face(profile: Profile) -> Floats:
    """Return points along the outline of a body from its foot to the axis above [m], (n, 2)."""
    start: Point = (profile.base_radius, 0.0)
    points: list[Floats] = [np.zeros((1, 2))]
    for segment in profile.segments:
        curve = outline(segment, start)
        points.append(np.array([curve(s)[0] for s in np.linspace(0.0, 1.0, _POINTS)]))
        start = segment.end
    return np.concatenate(points)


def outline(segment: Segment, start: Point) -> Curve:
    """Return place and outward normal of a piece of an outline, by a number from 0 to 1."""
    a, b = np.array(start), np.array(segment.end)
    if segment.kind == "line":
        along = (b - a) / np.linalg.norm(b - a)
        normal = np.array([along[1], -along[0]])
        return lambda s: (a + s * (b - a), normal)
    centre = np.array(segment.center)
    axes = _half_axes(segment, a - centre, b - centre)
    first, last = (math.atan2(*((p - centre) / axes)[::-1]) for p in (a, b))

    def curve(s: float) -> tuple[Floats, Floats]:
        angle = first + s * (last - first)
        turn = np.array([math.cos(angle), math.sin(angle)])
        normal = turn / axes
        return centre + axes * turn, normal / np.linalg.norm(normal)

    return curve


def _half_axes(segment: Segment, a: Floats, b: Floats) -> Floats:
    """Return the half axes of a circle or of an ellipse through `a` and `b` from its centre."""
    if segment.kind == "circle":
        return np.full(2, float(np.linalg.norm(b)))
    major = np.array(segment.major) - np.array(segment.center)
    long = int(abs(major[1]) > abs(major[0]))
    half = float(np.linalg.norm(major))
    point = max(a, b, key=lambda p: abs(p[1 - long]))
    short = abs(point[1 - long]) / math.sqrt(max(1.0 - (point[long] / half) ** 2, 1e-300))
    return np.array([half, short] if long == 0 else [short, half])


def _around(corner: Floats, first: Floats, last: Floats, distance: float) -> Floats:
    """Return an arc about a corner from one normal to another one."""
    angles = np.linspace(math.atan2(first[1], first[0]), math.atan2(last[1], last[0]), _POINTS)
    return np.asarray(corner + distance * np.stack([np.cos(angles), np.sin(angles)], axis=1))


def _above(pieces: list[Floats]) -> list[Floats]:
    """Return the last of the curve that lies above z = 0, its first point moved there."""
    from scipy.interpolate import CubicSpline

    for i in range(len(pieces) - 1, -1, -1):
        z = pieces[i][:, 1]
        if z.min() > -_SAME * abs(z).max():
            continue
        below = int(np.flatnonzero(z < 0.0)[-1])
        if below + 1 == len(z):
            return pieces[i + 1 :]
        way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(pieces[i], axis=0), axis=1))])
        spline = CubicSpline(way, pieces[i])
        ends = spline(way[below]), spline(way[below + 1])
        root = _crossing(spline, way[below], way[below + 1]) if ends[1][1] else way[below + 1]
        kept = np.linspace(root, way[-1], len(z))
        points = np.asarray(spline(kept))
        points[0, 1] = 0.0
        return [points, *pieces[i + 1 :]]
    return pieces


def _crossing(spline: Callable[[float], Floats], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(lambda s: float(spline(s)[1]), low, high, xtol=1e-15))
