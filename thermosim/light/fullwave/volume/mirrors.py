"""Light split into parts that two mirror planes keep or turn, each solved in a quarter of space.

Mirrored at a plane, a field is the mirror image of its vectors at the mirror image of a place. A
part that this leaves alone has no component across the plane there (as beside a magnetic
conductor, which edge elements have by themselves), a part that it turns round none along it (as
beside an electric conductor). Any light is the sum of four such parts.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.optics.layered_space import Complexes, Field, Floats

Parity = tuple[int, int]
"""What x = 0 and y = 0 make of a part: 1 leaves it alone, -1 turns it round."""
WHOLE: Parity = (0, 0)
"""Of light that no mirror splits."""
PARITIES: tuple[Parity, ...] = tuple(product((1, -1), (1, -1)))
_NAMES = ("mirror_x", "mirror_y")


def images() -> list[tuple[int, int]]:
    """Return the signs of x and y of the four images of a place."""
    return list(product((1, -1), (1, -1)))


def sign(parity: Parity, image: tuple[int, int]) -> int:
    """Return what multiplies the mirrored vectors of a part at an image of a place."""
    found = 1
    for kept, side in zip(parity, image, strict=True):
        found *= kept if side < 0 else 1
    return found


def part(light: Field, parity: Parity, points: Floats) -> Complexes:
    """Return one part of light at points, shape (n, 3)."""
    if parity == WHOLE:
        return light(points)
    found = np.zeros((len(points), 3), complex)
    for image in images():
        mirror = np.array([*image, 1.0])
        found += 0.25 * sign(parity, image) * light(points * mirror) * mirror
    return found


def walls(parity: Parity) -> list[str]:
    """Return the mirror planes along which a part has no field."""
    return [name for name, kept in zip(_NAMES, parity, strict=True) if kept < 0]


def unfolded(values: Complexes, parity: Parity, points: Floats) -> Complexes:
    """Return a part at points from its values at their images with x, y ≥ 0, shapes (n, 3)."""
    if parity == WHOLE:
        return values
    side: NDArray[np.float64] = np.ones((len(points), 3))
    side[:, :2] = np.where(points[:, :2] < 0.0, -1.0, 1.0)
    turn = np.ones(len(points))
    for axis, kept in enumerate(parity):
        turn = turn * np.where(side[:, axis] < 0.0, kept, 1)
    return np.asarray(values * side * turn[:, None])
