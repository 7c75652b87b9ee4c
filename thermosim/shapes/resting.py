"""Bodies with flat faces in the pose they rest in: contact, base and what a contact cuts off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.shapes.base import TruncatedBody, check_contact, disk_area
from thermosim.shapes.polyhedron import (
    Polyhedron,
    cut_level,
    equal_area_radius,
    moments,
    polyhedron_moments,
    split_triangles,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class RestingBody:
    """A polyhedron on z = 0, its contact around the origin, with its closed-form numbers (SI)."""

    body: Polyhedron
    volume: float
    area: float
    centroid: NDArray[np.float64]
    base_area: float
    base_inradius: float

    @property
    def box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest corner of the bounding box [m]."""
        low = [float(x) for x in self.body.vertices.min(axis=0)]
        high = [float(x) for x in self.body.vertices.max(axis=0)]
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def rest(body: Polyhedron) -> RestingBody:
    """Move ``body`` along x, y, z until it stands on z = 0 with its contact at the origin.

    The origin is the centre of the lowest face, or the mean of the lowest vertices if the body
    stands on an edge or a vertex.
    """
    lowest = body.vertices[:, 2].min()
    vertices = body.vertices - [0.0, 0.0, lowest]
    low = vertices[:, 2] <= _FLAT * body.size
    vertices[low, 2] = 0.0
    flags = low.tolist()
    base = [f for f in body.faces if all(flags[i] for i in f)]
    flat = Polyhedron(vertices, tuple(base))
    center = _center(flat) if base else vertices[low].mean(axis=0)
    body = Polyhedron(vertices - center, body.faces)
    volume, area, centroid = polyhedron_moments(body)
    base_area = float(-flat.face_vectors()[:, 2].sum()) if base else 0.0
    inradius = _inradius(Polyhedron(body.vertices, tuple(base))) if base else 0.0
    return RestingBody(body, volume, area, centroid, base_area, inradius)


def _center(base: Polyhedron) -> NDArray[np.float64]:
    triangles = base.triangles()
    a, b, c = (triangles[:, i, :] for i in range(3))
    weights = np.cross(b - a, c - a)[:, 2]
    return np.asarray((weights[:, None] * (a + b + c)).sum(axis=0) / (3 * weights.sum()))


def _inradius(base: Polyhedron) -> float:
    """Distance from the origin to the outline of the base, which is flat in z = 0 [m]."""
    edges = [e for f in base.faces for e in zip(f, f[1:] + f[:1], strict=True)]
    outline = [e for e in edges if (e[1], e[0]) not in set(edges)]
    p, q = (base.vertices[[e[i] for e in outline], :2] for i in range(2))
    along = q - p
    fraction = np.clip(-(p * along).sum(axis=1) / (along**2).sum(axis=1), 0, 1)
    nearest = p + fraction[:, None] * along
    angle = np.arctan2(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0], (p * q).sum(axis=1)).sum()
    inside = abs(angle) > np.pi  # winding number of the outline about the origin
    return float(np.min(np.linalg.norm(nearest, axis=1))) if inside else 0.0


def largest_contact_radius(resting: RestingBody) -> float:
    """Return the largest contact radius [m]: inscribed in the base, or of the widest section."""
    if resting.base_area > 0:
        return resting.base_inradius
    return equal_area_radius(cut_level(resting.body.triangles(), float("inf"))[1])


def truncate(resting: RestingBody, contact_radius: float) -> TruncatedBody:
    """Return what a contact of area π ``contact_radius``² [m] leaves of the body.

    Raises
    ------
    ValueError
        If the contact is larger than the base allows, or than the widest section.
    """
    if resting.base_area > 0:
        what = "the distance from the centre of the facet it rests on to the facet's edge"
        check_contact(contact_radius, resting.base_inradius, what)
        return _with_contact(resting, float(disk_area(contact_radius)))
    if contact_radius == 0:
        return _with_contact(resting, 0.0)
    level = cut(resting, contact_radius)
    contact = float(disk_area(contact_radius))
    kept = split_triangles(resting.body.triangles(), level)[0]
    volume, free_area, centroid = moments(kept, resting.centroid * [1, 1, 0] + [0, 0, level])
    height = float(kept[:, :, 2].max()) - level
    return TruncatedBody(
        volume, free_area, contact, height, float(centroid[2]) - level, depth=level
    )


def cut(resting: RestingBody, contact_radius: float) -> float:
    """Return the level z [m] of the section of area π ``contact_radius``².

    Raises
    ------
    ValueError
        If no section is as large.
    """
    check_contact(contact_radius, float("inf"), "the widest section")
    level, largest = cut_level(resting.body.triangles(), float(disk_area(contact_radius)))
    if not np.isfinite(level):
        check_contact(contact_radius, equal_area_radius(largest), "that of the widest section")
    return level


def _with_contact(resting: RestingBody, contact: float) -> TruncatedBody:
    return TruncatedBody(
        volume=resting.volume,
        free_area=resting.area - contact,
        contact_area=contact,
        height=resting.box[1][2],
        centroid_height=float(resting.centroid[2]),
        depth=0.0,
    )


def above(body: Polyhedron, level: float) -> Polyhedron:
    """Return the part of a convex body with z ≥ ``level``, closed, moved down to z = 0.

    The new face comes last. Faces stay polygons, so the cut may be as thin as rounding allows.
    """
    points = [*body.vertices]
    made: dict[tuple[int, int], int] = {}

    def crossing(high: int, low: int) -> int:
        z_high, z_low = body.vertices[high, 2], body.vertices[low, 2]
        if z_high == level:
            return high
        if (high, low) not in made:
            fraction = (z_high - level) / (z_high - z_low)
            point = body.vertices[high] + fraction * (body.vertices[low] - body.vertices[high])
            made[high, low] = len(points)
            points.append(np.array([point[0], point[1], level]))
        return made[high, low]

    faces: list[tuple[int, ...]] = []
    following: dict[int, int] = {}
    for face in body.faces:
        kept = _clip_face(face, body.vertices[:, 2] >= level, crossing)
        if len(kept) >= 3:
            faces.append(kept)
        ring = zip(kept, kept[1:] + kept[:1], strict=True)
        following |= {b: a for a, b in ring if points[a][2] == points[b][2] == level}
    faces.append(_chain(following))
    return _used_only(np.array(points) - [0.0, 0.0, level], faces)


def _clip_face(
    face: tuple[int, ...], keep: NDArray[np.bool_], crossing: Callable[[int, int], int]
) -> tuple[int, ...]:
    ring: list[int] = []
    for a, b in zip(face, face[1:] + face[:1], strict=True):
        if keep[a]:
            ring.append(a)
        if keep[a] and not keep[b]:
            ring.append(crossing(a, b))
        elif keep[b] and not keep[a]:
            ring.append(crossing(b, a))
    return tuple(dict.fromkeys(ring))  # a vertex in the plane stands there twice


def _chain(following: dict[int, int]) -> tuple[int, ...]:
    start = next(iter(following))
    ring = [start]
    while following[ring[-1]] != start:
        ring.append(following[ring[-1]])
    return tuple(ring)


def _used_only(points: NDArray[np.float64], faces: list[tuple[int, ...]]) -> Polyhedron:
    used = sorted({i for f in faces for i in f})
    new = {old: i for i, old in enumerate(used)}
    return Polyhedron(points[used], tuple(tuple(new[i] for i in f) for f in faces))
