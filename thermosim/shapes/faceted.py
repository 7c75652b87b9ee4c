"""Common part of the shapes with flat faces that convex bodies have."""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from thermosim.language.units import Angle
from thermosim.shapes.base import ShapeBase, TruncatedBody, unit_vectors
from thermosim.shapes.hits_convex import ConvexSurface
from thermosim.shapes.hits_mesh import MeshSurface
from thermosim.shapes.orientation import EulerAngles, about_z, euler_matrix, frame_with_bottom
from thermosim.shapes.polyhedron import Polyhedron
from thermosim.shapes.resting import (
    RestingBody,
    above,
    cut,
    largest_contact_radius,
    rest,
    truncate,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIRRORS = np.array([[-1.0, 1.0, 1.0], [1.0, -1.0, 1.0]])
_SAME = 1e-9  # part of the size


class FacetedShape(ShapeBase):
    """A convex polyhedron and how it lies on the substrate."""

    rest_on: Literal["facet", "edge", "vertex", "lowest"] = Field(
        "facet", description="What touches the substrate; lowest: whatever euler_angles turn down"
    )
    rest_index: int = Field(
        0, ge=0, description="Which facet, edge or vertex; 0 is the natural base or longest edge"
    )
    azimuth: Angle = Field(0.0, description="Turn about the vertical, after lying down")
    euler_angles: EulerAngles | None = None

    @model_validator(mode="after")
    def _pose_is_whole(self) -> Self:
        if self.rest_on == "lowest" and self.euler_angles is None:
            raise ValueError('rest_on = "lowest" needs euler_angles, which turn the body')
        if self.rest_on != "lowest" and self.euler_angles is not None:
            raise ValueError('euler_angles belong to rest_on = "lowest", and only to it')
        limit = self._number_of_rests()
        if self.rest_index >= limit:
            raise ValueError(
                f'rest_index = {self.rest_index}: must be below {limit} for rest_on = "'
                f'{self.rest_on}"'
            )
        return self

    @abstractmethod
    def body(self) -> Polyhedron:
        """Return the polyhedron in its own axes, its natural base first among the faces."""

    def _number_of_rests(self) -> int:
        if self.rest_on == "lowest" or self.rest_index == 0:
            return 1
        body = self.body()
        if self.rest_on == "facet":
            return len(body.faces)
        return len(body.edges() if self.rest_on == "edge" else body.vertices)

    def vertices_faces(self) -> tuple[NDArray[np.float64], tuple[tuple[int, ...], ...]]:
        """Return vertices (n, 3) [m] in the pose and faces, counterclockwise from outside."""
        body = resting(self).body
        return body.vertices, body.faces

    def convex_halfspaces(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return outward normals (m, 3) and offsets (m,) [m] in the pose: inside is n·x ≤ d."""
        return resting(self).body.halfspaces()

    def hit_body(self) -> ConvexSurface:
        """Return the polyhedron that photons travel in."""
        return ConvexSurface(*self.convex_halfspaces())

    def hit_surface(
        self, contact_radius: float = 0.0, place: tuple[float, float] = (0.0, 0.0)
    ) -> MeshSurface:
        """Return what rays meet: the triangles, whose search outruns that of many facets."""
        body = self.truncated_polyhedron(contact_radius)
        return MeshSurface(body.vertices + np.array([*place, 0.0]), body.fans)

    def truncated_polyhedron(self, contact_radius: float) -> Polyhedron:
        """Return the body in its pose with the flat of area π ``contact_radius``² [m] cut.

        A body on a facet, or a radius of 0, leaves it whole. The flat is the last face.

        Raises
        ------
        ValueError
            As ``truncated``.
        """
        posed = resting(self)
        if posed.base_area > 0 or contact_radius == 0:
            truncate(posed, contact_radius)
            return posed.body
        return above(posed.body, cut(posed, contact_radius))

    @property
    def bounding_box(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest x, y, z of the uncut body in its pose [m]."""
        return resting(self).box

    @property
    def centroid_height(self) -> float:
        """Centre of mass of the uncut body above the plane it rests on [m]."""
        return float(resting(self).centroid[2])

    @property
    def is_axisymmetric(self) -> bool:
        """A body with facets never is."""
        return False

    @property
    def has_mirror_planes(self) -> bool:
        """Whether mirrored at x = 0 and at y = 0 the corners fall on each other."""
        posed = resting(self).body
        return all(_same_points(posed.vertices * sign, posed) for sign in _MIRRORS)

    @property
    def base_area(self) -> float:
        """Area of the facet that the uncut body rests on [m²]; 0 on an edge or a vertex."""
        return resting(self).base_area

    @property
    def largest_contact_radius(self) -> float:
        """The largest radius [m] that ``truncated`` takes."""
        return largest_contact_radius(resting(self))

    def truncated(self, contact_radius: float) -> TruncatedBody:
        """Return the body with a contact of area π ``contact_radius``² [m] at z = 0.

        Raises
        ------
        ValueError
            If the disk does not fit the facet, or no section is as large.
        """
        return truncate(resting(self), contact_radius)


def _same_points(points: NDArray[np.float64], body: Polyhedron) -> bool:
    apart = np.linalg.norm(points[:, None] - body.vertices[None], axis=2).min(axis=1)
    return bool(apart.max() <= _SAME * body.size)


@lru_cache(maxsize=64)
def resting(shape: FacetedShape) -> RestingBody:
    """Return the body of ``shape`` in its pose."""
    body = shape.body()
    rotation = about_z(shape.azimuth) @ _rotation(shape, body)
    return rest(body.moved(rotation))


def _rotation(shape: FacetedShape, body: Polyhedron) -> NDArray[np.float64]:
    """Lay down the facet; or the edge along x, or the vertex, with its facets equally steep."""
    if shape.euler_angles is not None:
        return euler_matrix(shape.euler_angles)
    index, normals = shape.rest_index, body.halfspaces()[0]
    if shape.rest_on == "facet":
        a, b = body.vertices[list(body.faces[index][:2])]
        return frame_with_bottom(normals[index], b - a)
    ends = [index] if shape.rest_on == "vertex" else list(body.edges()[index])
    touching = [i for i, face in enumerate(body.faces) if set(ends) <= set(face)]
    down = unit_vectors(normals[touching]).sum(axis=0)
    if shape.rest_on == "edge":
        return frame_with_bottom(down, body.vertices[ends[1]] - body.vertices[ends[0]])
    neighbour = next(e for e in body.edges() if index in e)
    return frame_with_bottom(down, body.vertices[neighbour[1]] - body.vertices[neighbour[0]])
