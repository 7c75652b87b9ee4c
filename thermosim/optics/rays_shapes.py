"""The surface that rays meet on a shape of a case, resting on z = 0 and cut by its contact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import MeshError
from thermosim.optics.rays_surface import (
    CutSurface,
    EllipsoidSurface,
    MeshSurface,
    SphereSurface,
    Surface,
)
from thermosim.shapes import Ellipsoid, FacetedShape, Polyhedron, ShapeBase, Sphere, SphericalCap
from thermosim.shapes import Surface as SurfaceFromFile


def surface_of(
    shape: ShapeBase, contact_radius: float = 0.0, place: tuple[float, float] = (0.0, 0.0)
) -> Surface:
    """Return the surface of a shape in its pose.

    Parameters
    ----------
    shape
        A shape of a case. Spheres, caps and ellipsoids are exact, all others triangles.
    contact_radius
        Of the disk as large as the contact [m]; the body is cut flat there, as `truncated` does.
    place
        x and y of the middle of the contact [m].

    Raises
    ------
    ValueError
        If the contact does not fit the shape.
    MeshError
        For a STEP solid, or a kind of shape that is not known here.
    """
    depth = shape.truncated(contact_radius).depth if contact_radius > 0.0 else 0.0
    shift = np.array([*place, -depth])
    body: Surface
    if isinstance(shape, SphericalCap):
        return _cap(shape, shift)
    if isinstance(shape, FacetedShape):
        return _triangulated(shape.truncated_polyhedron(contact_radius), np.array([*place, 0.0]))
    if isinstance(shape, Sphere):
        body = SphereSurface(shape.radius, np.add(shift, (0.0, 0.0, shape.radius)))
    elif isinstance(shape, Ellipsoid):
        body = EllipsoidSurface(shape.axes, shape.rotation, np.add(shift, shape.center))
    elif isinstance(shape, SurfaceFromFile):
        body = _triangulated(Polyhedron(*shape.vertices_faces()), shift)
    else:
        raise MeshError(
            f"{type(shape).__name__}: ray optics does not know the surface of this shape; "
            'choose another kind of shape, or optics.model = "uniform"'
        )
    return CutSurface(body) if depth > 0.0 else body


def _cap(shape: SphericalCap, shift: NDArray[np.float64]) -> Surface:
    R = shape.sphere_radius
    ball = SphereSurface(R, np.add(shift, (0.0, 0.0, shape.height - R)))
    if shape.height >= R:
        return CutSurface(ball)
    return CutSurface(ball, 0.0, shift, shape.base_radius)


def _triangulated(body: Polyhedron, shift: NDArray[np.float64]) -> MeshSurface:
    fans = [(f[0], f[i], f[i + 1]) for f in body.faces for i in range(1, len(f) - 1)]
    return MeshSurface(body.vertices + shift, np.array(fans))
