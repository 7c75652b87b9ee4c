"""What light meets: the shape of a case in its pose, or the region of a mesh."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import cbrt, pi
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.fem.parallel import on_root
from thermosim.light.cells import Cells, Floats, gather_cells, neighbours
from thermosim.shapes import Sphere
from thermosim.shapes.hits import CutSurface, HitSurface, SphereSurface
from thermosim.shapes.hits_mesh import MeshSurface

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.model.model import Light

_SECTORS = 64  # of a region that is turned about the axis
_ROUND = 1e-6  # of the radius, by which the corners of a sphere may miss it


class Outline(Protocol):
    """The outline of a lit body, in the coordinates of the case [m]."""

    @property
    def size(self) -> float:
        """Radius of the sphere of equal volume [m]."""
        ...

    @property
    def body(self) -> Any:
        """What the escape of the emission is worked out for: a shape, or volume and area."""
        ...

    def surface(self) -> HitSurface:
        """Return what rays meet."""
        ...

    def sphere(self) -> tuple[Floats, float] | None:
        """Return centre, shape (3,), and radius [m] if the body is a sphere, maybe cut flat."""
        ...


@dataclass(frozen=True)
class ShapeOutline:
    """A shape of a case, resting on z = 0 and cut by its contact."""

    shape: Any
    contact_radius: float

    @property
    def size(self) -> float:
        """Radius of the sphere of equal volume [m]."""
        return float(self.shape.equivalent_radius)

    @property
    def body(self) -> Any:
        """The shape."""
        return self.shape

    def surface(self) -> HitSurface:
        """Return what rays meet."""
        surface: HitSurface = self.shape.hit_surface(self.contact_radius)
        return surface

    def sphere(self) -> tuple[Floats, float] | None:
        """Return centre and radius [m] of a sphere."""
        shape, b = self.shape, self.contact_radius
        if not isinstance(shape, Sphere):
            return None
        depth = shape.truncated(b).depth if b else 0.0
        return np.array([0.0, 0.0, shape.radius - depth]), shape.radius


@dataclass(frozen=True)
class Solid:
    """A body by its volume [m³] and its whole surface [m²]."""

    volume: float
    area: float

    @property
    def equivalent_radius(self) -> float:
        """Radius of the sphere of equal volume [m]."""
        return cbrt(3.0 * self.volume / (4.0 * pi))


@dataclass(frozen=True)
class MeshOutline:
    """The outline of a region of a mesh: triangles between its corners (edges taken straight)."""

    triangles: Floats  # shape (n, 3, 3)
    solid: Solid

    @property
    def size(self) -> float:
        """Radius of the sphere of equal volume [m]."""
        return self.solid.equivalent_radius

    @property
    def body(self) -> Any:
        """Volume and area."""
        return self.solid

    def surface(self) -> HitSurface:
        """Return what rays meet: the exact sphere, maybe cut flat, or the triangles."""
        low, found = float(self.triangles[:, :, 2].min()), self.sphere()
        if found is not None:
            centre, radius = found
            cut = low > centre[2] - radius * (1.0 - _ROUND)
            ball = SphereSurface(radius, centre)
            return CutSurface(ball, low) if cut else ball
        corners, faces = np.unique(self.triangles.reshape(-1, 3), axis=0, return_inverse=True)
        return MeshSurface(corners, faces.reshape(-1, 3))

    def sphere(self) -> tuple[Floats, float] | None:
        """Return centre and radius [m] if all corners off the lowest plane lie on a sphere."""
        points = np.unique(self.triangles.reshape(-1, 3), axis=0)
        low, high = points[:, 2].min(), points[:, 2].max()
        points = points[points[:, 2] > low + 1e-9 * (high - low)]
        if len(points) < 4:
            return None
        middle, scale = points.mean(axis=0), float(np.ptp(points, axis=0).max())
        x = (points - middle) / scale
        unknowns, *_ = np.linalg.lstsq(
            np.column_stack([2.0 * x, np.ones(len(x))]), (x**2).sum(axis=1), rcond=None
        )
        radius = float(np.sqrt(unknowns[3] + (unknowns[:3] ** 2).sum()))
        misfit = np.abs(np.linalg.norm(x - unknowns[:3], axis=1) - radius).max()
        if misfit > _ROUND * radius:
            return None
        return middle + scale * unknowns[:3], scale * radius


def outline_of(light: Light, domain: Domain) -> Outline:
    """Return the outline of the lit body (collective)."""
    if light.shape is not None:
        return ShapeOutline(light.shape, light.contact_radius)
    cells = gather_cells(domain, light.region)

    def make() -> MeshOutline:
        assert cells is not None
        triangles = region_triangles(cells)
        edges = triangles[:, 1:] - triangles[:, :1]
        area = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).sum()
        return MeshOutline(triangles, Solid(float(cells.volumes.sum()), float(area)))

    return on_root(domain.comm, make)


def region_triangles(cells: Cells) -> Floats:
    """Return the triangles around a region, shape (n, 3, 3) [m], looking outward.

    A region in (r, z) is turned about the axis.
    """
    found = []
    behind = neighbours(cells.corners)
    dim = cells.corners.shape[2]
    for i in range(dim + 1):
        open_ = behind[:, i] < 0
        face = np.delete(cells.corners[open_], i, axis=1)
        inside = cells.corners[open_, i]
        found.append(_turned(face, inside) if dim == 2 else _outward(face, inside))
    return np.concatenate(found)


def _outward(faces: Floats, inside: Floats) -> Floats:
    """Return triangles, shape (n, 3, 3), turned so that the points `inside` lie behind them."""
    normal = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    wrong = np.einsum("ij,ij->i", normal, inside - faces[:, 0]) > 0
    faces = faces.copy()
    faces[wrong] = faces[wrong][:, ::-1]
    return faces


def _turned(edges: Floats, inside: Floats) -> Floats:
    """Return the bands of edges in (r, z), shape (n, 2, 2), as triangles; none for the axis.

    They look away from the points `inside`, shape (n, 2).
    """
    along, inward = edges[:, 1] - edges[:, 0], inside - edges[:, 0]
    wrong = along[:, 0] * inward[:, 1] - along[:, 1] * inward[:, 0] > 0
    edges = np.where(wrong[:, None, None], edges[:, ::-1], edges)
    edges = edges[edges[:, :, 0].max(axis=1) > 0]
    angle = np.linspace(0.0, 2.0 * np.pi, _SECTORS + 1)
    angle[-1] = 0.0
    turn = np.column_stack([np.cos(angle), np.sin(angle)])

    def ring(point: Floats, direction: Floats) -> Floats:
        return np.column_stack([point[:, :1] * direction, point[:, 1]])

    found = []
    for first, second in itertools.pairwise(turn):
        a, b = ring(edges[:, 0], first), ring(edges[:, 1], first)
        c, d = ring(edges[:, 0], second), ring(edges[:, 1], second)
        found += [np.stack([a, b, d], axis=1), np.stack([a, d, c], axis=1)]
    triangles = np.concatenate(found)
    sides = triangles - np.roll(triangles, 1, axis=1)
    return np.asarray(triangles[(np.abs(sides).max(axis=2) > 0).all(axis=1)])


def sphere_of(outline: Outline) -> tuple[Floats, float]:
    """Return centre and radius [m] of a body for the Mie series.

    Raises
    ------
    CaseError
        If it is no sphere.
    """
    found = outline.sphere()
    if found is None:
        rule = "is for spheres, and the lit region is none"
        remedy = 'choose optics.model = "rays"'
        raise CaseError([Problem("optics.model", '"mie"', rule, remedy)])
    return found
