"""Whether two equal bodies, standing beside each other on one plane, overlap."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

import numpy as np

from thermosim.shapes.ellipsoid import Ellipsoid
from thermosim.shapes.faceted import FacetedShape
from thermosim.shapes.hull import convex_hull
from thermosim.shapes.surface import Surface

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.shapes.base import ShapeBase

_TOUCH = 1e-8  # bodies that overlap by less than this part of their distance only touch


def overlap(shape: ShapeBase, offset: tuple[float, float]) -> bool:
    """Return whether a body and its copy moved by ``offset`` (x, y) [m] overlap; touching is not.

    A surface from a file counts as its convex hull.
    """
    distance = hypot(*offset)
    if distance == 0:
        return True
    direction = np.array([offset[0] / distance, offset[1] / distance, 0.0])
    return distance < touching_distance(shape, direction) * (1 - _TOUCH)


def touching_distance(shape: ShapeBase, direction: NDArray[np.float64]) -> float:
    """Return how far [m] a copy must be moved along a unit vector (3,) in the plane to touch.

    Where the direction leaves the difference body K - K of the convex body.
    """
    if shape.is_axisymmetric:
        return 2 * shape.bounding_box[1][0]
    if isinstance(shape, Ellipsoid):
        return 2 / float(np.linalg.norm((direction @ shape.rotation) / shape.axes))
    assert isinstance(shape, FacetedShape | Surface)
    return _touching_distance(shape.vertices_faces()[0], direction)


def _touching_distance(points: NDArray[np.float64], direction: NDArray[np.float64]) -> float:
    """Linear programme: the largest s with Σ λ p - Σ μ p = s d, λ and μ weights that sum to 1."""
    from scipy.optimize import linprog

    size = float(np.max(np.ptp(points, axis=0)))
    corners = points[convex_hull(points / size).vertices] / size
    n = len(corners)
    equal = np.zeros((5, 2 * n + 1))
    equal[:3, :n], equal[:3, n : 2 * n], equal[:3, 2 * n] = corners.T, -corners.T, -direction
    equal[3, :n] = equal[4, n : 2 * n] = 1
    goal = np.zeros(2 * n + 1)
    goal[-1] = -1
    answer = linprog(goal, A_eq=equal, b_eq=[0, 0, 0, 1, 1], method="highs")
    if not answer.success:
        raise ArithmeticError(f"linear programme for touching bodies: {answer.message}")
    return float(answer.x[-1]) * size
