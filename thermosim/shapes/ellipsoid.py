"""The ellipsoid, turned at will, free or cut flat by its contact."""

from __future__ import annotations

import functools
from math import pi, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from thermosim.language.units import Length, Positive
from thermosim.shapes.base import (
    ShapeBase,
    TruncatedBody,
    check_contact,
    disk_area,
)
from thermosim.shapes.hits import EllipsoidSurface, ellipsoid_area
from thermosim.shapes.orientation import EulerAngles, euler_matrix
from thermosim.shapes.profile import Profile, upward_arcs
from thermosim.shapes.sphere import cap_depth

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_ROUND = 1e-12
_TURNS = 4096


def ellipsoid_cap_area(axes: ArrayLike, pole: ArrayLike, depth: float) -> float:
    """Return the curved area [m²] of the cap of an ellipsoid, by quadrature to about 1e-12.

    The ellipsoid is the image of the unit sphere, dA = abc sqrt(Σ (u_i/a_i)²) dΩ. Gauss-Legendre
    along the polar axis, equal steps about it; both are doubled until the sum stands still.

    Parameters
    ----------
    axes
        Semi-axes, shape (3,) [m].
    pole
        Unit vector, shape (3,): the cap's pole on the unit sphere; its sign does not matter.
    depth
        Depth of the cap on the unit sphere, 0 to 2.

    Raises
    ------
    ValueError
        If the ellipsoid is so thin that the sum does not settle.
    """
    half = np.asarray(axes, dtype=float)
    frame = np.linalg.svd(np.asarray(pole, dtype=float)[None, :])[2]
    previous, n = np.inf, 16
    while n <= _TURNS:
        area = _cap_sum(half, frame, depth, n)
        if abs(area - previous) <= _ROUND * abs(area):
            return area
        previous, n = area, 2 * n
    raise ValueError(f"the surface of an ellipsoid with semi-axes {half} m cannot be integrated")


@functools.lru_cache(maxsize=64)
def _cap(axes: tuple[float, ...], pole: tuple[float, ...], depth: float) -> float:
    """Return `ellipsoid_cap_area`: a body asks for the same cap many times."""
    return ellipsoid_cap_area(axes, pole, depth)


_gauss = functools.cache(np.polynomial.legendre.leggauss)


def _cap_sum(half: NDArray[np.float64], frame: NDArray[np.float64], depth: float, n: int) -> float:
    x, weights = _gauss(min(n, 256))
    below = depth * (x + 1) / 2  # 1 - cos of the polar angle
    across = np.sqrt(below * (2 - below))
    turns = 2 * pi * np.arange(n) / n
    flat = np.stack([np.cos(turns), np.sin(turns)], axis=1) @ frame[1:]
    u = (1 - below)[:, None, None] * frame[0] + across[:, None, None] * flat
    stretch = np.sqrt(((u / half) ** 2).sum(axis=-1)).mean(axis=1)
    return float(np.prod(half) * 2 * pi * (weights @ stretch) * depth / 2)


class Ellipsoid(ShapeBase):
    """An ellipsoid; its axis c stands upright unless ``euler_angles`` turn it."""

    kind: Literal["ellipsoid"] = "ellipsoid"
    a: Positive[Length] = Field(description="Semi-axis along x")
    b: Positive[Length] = Field(description="Semi-axis along y")
    c: Positive[Length] = Field(description="Semi-axis along z")
    euler_angles: EulerAngles = (0.0, 0.0, 0.0)

    @property
    def axes(self) -> NDArray[np.float64]:
        """The semi-axes a, b, c, shape (3,) [m]."""
        return np.array([self.a, self.b, self.c])

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Matrix (3, 3) that turns body vectors into the pose; its columns are the axes."""
        return euler_matrix(self.euler_angles)

    @property
    def _squares(self) -> NDArray[np.float64]:
        return self.rotation @ np.diag(self.axes**2) @ self.rotation.T

    @property
    def center(self) -> tuple[float, float, float]:
        """Centre of the uncut body, which touches z = 0 in the origin [m]."""
        up = self._squares[2]
        height = sqrt(up[2])
        return float(up[0]) / height, float(up[1]) / height, height

    @property
    def volume(self) -> float:
        """Volume, 4π/3 a b c [m³]."""
        return 4 / 3 * pi * self.a * self.b * self.c

    @property
    def area(self) -> float:
        """Surface [m²]."""
        return float(ellipsoid_area(self.a, self.b, self.c))

    @property
    def bounding_box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest x, y, z of the uncut body [m]."""
        x, y, z = self.center
        dx, dy, dz = (float(v) for v in np.sqrt(np.diag(self._squares)))
        return (x - dx, y - dy, z - dz), (x + dx, y + dy, z + dz)

    @property
    def centroid_height(self) -> float:
        """Height of the centre of the uncut body [m]."""
        return self.center[2]

    @property
    def is_axisymmetric(self) -> bool:
        """Whether it is a spheroid that stands on its axis."""
        m = self._squares
        off = max(abs(m[0, 0] - m[1, 1]), abs(m[0, 1]), abs(m[0, 2]), abs(m[1, 2]))
        return bool(off <= _ROUND * np.max(self.axes) ** 2)

    @property
    def has_mirror_planes(self) -> bool:
        """Whether its axes lie along x, y and z."""
        m = self._squares
        off = max(abs(m[0, 1]), abs(m[0, 2]), abs(m[1, 2]))
        return bool(off <= _ROUND * np.max(self.axes) ** 2)

    @property
    def base_area(self) -> float:
        """An ellipsoid rests on a point: 0."""
        return 0.0

    @property
    def largest_contact_radius(self) -> float:
        """Radius of the disk as large as the level section through the centre [m]."""
        return sqrt(self.a * self.b * self.c / self.center[2])

    def truncated(self, contact_radius: float) -> TruncatedBody:
        """Return the body cut flat where the section, an ellipse, has the area of the contact.

        Raises
        ------
        ValueError
            If the section through the centre is smaller than the contact.
        """
        largest = self.largest_contact_radius
        check_contact(contact_radius, largest, "that of the section through the centre")
        part = min(contact_radius / largest, 1.0)  # the same problem on the unit sphere
        delta = float(cap_depth(1.0, part))
        height = self.center[2]
        removed = self.a * self.b * self.c * pi * delta**2 * (3 - delta) / 3
        moment = self.a * self.b * self.c * height * pi * (delta * (2 - delta)) ** 2 / 4
        pole = -(self.rotation.T[:, 2] * self.axes) / height
        curved = _cap(tuple(self.axes), tuple(pole), delta) if delta else 0.0
        return TruncatedBody(
            volume=self.volume - removed,
            free_area=self.area - curved,
            contact_area=float(disk_area(contact_radius)),
            height=height * (2 - delta),
            centroid_height=height * (1 - delta) + moment / (self.volume - removed),
            depth=height * delta,
        )

    @property
    def upright_axes(self) -> tuple[float, float]:
        """The semi-axes across and along z [m] of a spheroid that stands on its axis."""
        return sqrt(self._squares[0, 0]), sqrt(self._squares[2, 2])

    def hit_body(self) -> EllipsoidSurface:
        """Return the ellipsoid that rays meet."""
        return EllipsoidSurface(self.axes, self.rotation, self.center)

    def profile(self, contact_radius: float) -> Profile:
        """Return the outline of a spheroid that stands on its axis."""
        if not self.is_axisymmetric:
            return super().profile(contact_radius)
        across, upright = self.upright_axes
        b = contact_radius
        center = upright * (1 - float(cap_depth(1.0, min(b / across, 1.0))))
        sharpest = min(across, upright) ** 2 / max(across, upright)
        size = sqrt(sharpest * self.equivalent_radius)  # curved cells follow the sharpest bend
        return Profile(b, b, upward_arcs(across, upright, center, b), size)
