"""Shadows of bodies [m²] along directions (..., 3): closed forms that tests hold rays against."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.shapes import Ellipsoid, FacetedShape, ShapeBase, Sphere, SphericalCap, Surface
from thermosim.shapes.base import disk_area, unit_vectors
from thermosim.shapes.faceted import resting
from thermosim.shapes.polyhedron import Polyhedron

_TINY = 1e-150


def projected_area(shape: ShapeBase, direction: ArrayLike) -> NDArray[np.float64]:
    """Return the shadow of an uncut shape in its pose."""
    if isinstance(shape, Sphere):
        return np.full(unit_vectors(direction).shape[:-1], disk_area(shape.radius))
    if isinstance(shape, SphericalCap):
        cos_zenith = np.abs(unit_vectors(direction)[..., 2])
        return cap_projected_area(shape.base_radius, shape.height, cos_zenith)
    if isinstance(shape, Ellipsoid):  # π sqrt((b c n_a)² + (c a n_b)² + (a b n_c)²)
        body = unit_vectors(direction) @ shape.rotation
        across = np.array([shape.b * shape.c, shape.c * shape.a, shape.a * shape.b])
        return np.asarray(np.pi * np.linalg.norm(body * across, axis=-1))
    if isinstance(shape, FacetedShape):
        return convex_projected_area(resting(shape).body, direction)
    assert isinstance(shape, Surface)
    return outline_area(shape.resting().body, direction)


def cap_projected_area(
    base_radius: ArrayLike, height: ArrayLike, cos_zenith: ArrayLike
) -> NDArray[np.float64]:
    """Return the shadow [m²] of a spherical cap seen at the angle ζ from its axis.

    R² (φ + ψ sin²α cos ζ - sin α cos α sin ζ sin ψ) with the contact angle α, cos φ = cos α/sin ζ
    (the part of the terminator on the cap) and cos ψ = -cot α cot ζ (the part of the rim in view),
    both cut to [-1, 1]: Green's theorem on the outline.

    Parameters
    ----------
    base_radius, height
        Of the cap [m].
    cos_zenith
        |cos ζ| in [0, 1].
    """
    a, h = np.asarray(base_radius, dtype=float), np.asarray(height, dtype=float)
    cz = np.abs(np.asarray(cos_zenith, dtype=float))
    sz = np.maximum(np.sqrt(np.maximum((1 - cz) * (1 + cz), 0)), _TINY)
    ca, sa = (a - h) * (a + h) / (a**2 + h**2), 2 * a * h / (a**2 + h**2)
    phi = np.arccos(np.clip(ca / sz, -1, 1))
    psi = np.arccos(np.clip(-ca * cz / (sa * sz), -1, 1))
    R = (a**2 + h**2) / (2 * h)
    return np.asarray(R**2 * (phi + psi * sa**2 * cz - sa * ca * sz * np.sin(psi)))


def convex_projected_area(body: Polyhedron, direction: ArrayLike) -> NDArray[np.float64]:
    """Return the shadow of a convex body, Σ A |n·d|/2 [m²], shape (...) for directions (..., 3)."""
    along = unit_vectors(direction) @ body.face_vectors().T
    return np.asarray(np.abs(along).sum(axis=-1) / 2)


def outline_area(body: Polyhedron, direction: ArrayLike) -> NDArray[np.float64]:
    """Return the shadow [m²] of any closed body along ``direction``, shape (..., 3).

    The union of the shadows of the triangles that face the light.
    """
    directions = unit_vectors(direction)
    areas = [_shadow(body.triangles(), d) for d in directions.reshape(-1, 3)]
    return np.array(areas).reshape(directions.shape[:-1])


def _shadow(triangles: NDArray[np.float64], direction: NDArray[np.float64]) -> float:
    import shapely

    frame = np.linalg.svd(direction[None, :])[2]
    size = float(np.max(np.ptp(triangles.reshape(-1, 3), axis=0)))
    flat = (triangles - triangles.mean(axis=(0, 1))) @ frame[1:].T / size
    a, b, c = (flat[:, i] for i in range(3))
    twice = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    facing = flat[twice > 1e-14]
    return float(shapely.union_all(shapely.polygons(facing)).area) * size**2
