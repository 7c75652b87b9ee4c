"""Rotations that bring a body from its own axes into the pose it rests in."""

from __future__ import annotations

from math import cos, sin
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from thermosim.language.units import Angle
from thermosim.shapes.base import unit_vectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

EulerAngles = Annotated[
    tuple[Angle, Angle, Angle],
    Field(description="Euler angles z, x', z'' (Bunge) that turn the body's axes into the pose"),
]


def about_z(angle: float) -> NDArray[np.float64]:
    """Return the matrix of a turn by ``angle`` [rad] about z."""
    c, s = cos(angle), sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def euler_matrix(angles: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return Rz(φ1) Rx(Φ) Rz(φ2): body vectors to the pose, angles in rad (Bunge's order)."""
    c, s = cos(angles[1]), sin(angles[1])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return np.asarray(about_z(angles[0]) @ about_x @ about_z(angles[2]))


def frame_with_bottom(down: ArrayLike, along: ArrayLike) -> NDArray[np.float64]:
    """Return the rotation that turns ``down`` into -z and ``along`` (made normal to it) into x.

    Raises
    ------
    ValueError
        If the two directions are parallel or zero.
    """
    z = -unit_vectors(down)
    x = np.asarray(along, dtype=float)
    x = unit_vectors(x - (x @ z) * z)
    return np.array([x, np.cross(z, x), z])
