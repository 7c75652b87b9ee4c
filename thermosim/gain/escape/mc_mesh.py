"""A closed triangle mesh as a body for Monte Carlo photons (trimesh, with Embree for the rays)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError, MissingDependencyError
from thermosim.gain.escape.mc_bodies import Floats, Hit, Rng, dot

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# Embree works in single precision: rays run in units of the size of the body and start this far
# (in those units) below the surface they leave.
_INSET = 1e-6


def _trimesh() -> Any:
    try:
        import embreex  # noqa: F401
        import trimesh
    except ImportError as error:
        raise MissingDependencyError(
            f"escape from a mesh needs trimesh and embreex ({error}); "
            "pip install trimesh embreex, or describe the body as sphere, box or half-spaces"
        ) from error
    return trimesh


class MeshBody:
    """A body bounded by a closed triangle mesh, convex or not.

    Light that has left is counted as escaped, even where it would meet the body again beyond a
    dent.

    Parameters
    ----------
    vertices
        Shape (k, 3) [m].
    faces
        Vertex numbers of the triangles, shape (m, 3).

    Raises
    ------
    MeshError
        If the mesh is not closed or encloses no volume.
    MissingDependencyError
        Without trimesh or embreex.
    """

    def __init__(self, vertices: ArrayLike, faces: ArrayLike) -> None:
        trimesh = _trimesh()
        points = np.asarray(vertices, float)
        if points.ndim != 2 or points.shape[1] != 3 or not points.size:
            raise MeshError(f"mesh vertices of shape {points.shape} must be (k, 3)")
        if not np.all(np.isfinite(points)):
            raise MeshError("the mesh has vertices that are not finite numbers; remove them")
        self._centre = 0.5 * (points.min(axis=0) + points.max(axis=0))
        self._scale = float(np.max(np.ptp(points, axis=0))) or 1.0
        self._mesh = trimesh.Trimesh((points - self._centre) / self._scale, faces)
        if not self._mesh.is_watertight:
            raise MeshError(
                f"the mesh of {len(self._mesh.faces)} triangles is not closed; close its holes "
                "(for instance with trimesh.repair.fill_holes) before photons can run in it"
            )
        if not self._mesh.is_winding_consistent:
            trimesh.repair.fix_normals(self._mesh)
        if self._mesh.volume < 0.0:
            self._mesh.invert()
        if not self._mesh.volume > 0.0:
            raise MeshError("the mesh encloses no volume; check its triangles")

    @property
    def volume(self) -> float:
        """Volume [m³]."""
        return float(self._mesh.volume) * self._scale**3

    @property
    def area(self) -> float:
        """Surface [m²]."""
        return float(self._mesh.area) * self._scale**2

    @cached_property
    def bottom(self) -> float:
        """Lowest z [m]."""
        return float(self._mesh.bounds[0, 2]) * self._scale + float(self._centre[2])

    @cached_property
    def _faces(self) -> tuple[Floats, Floats]:
        """Outward normals and one corner of each triangle, in units of the size."""
        return np.array(self._mesh.face_normals), np.array(self._mesh.triangles[:, 0])

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the body (trial points in its bounding box)."""
        low, high = self._mesh.bounds
        share = float(self._mesh.volume / np.prod(high - low))
        found: list[Floats] = []
        missing = count
        while missing > 0:
            trial = low + (high - low) * rng.random((int(1.1 * missing / share) + 10, 3))
            found.append(trial[self._mesh.contains(trial)])
            missing -= len(found[-1])
        return np.asarray(np.concatenate(found)[:count] * self._scale + self._centre)

    def hit(self, position: Floats, direction: Floats) -> Hit:
        """Return where rays from inside meet the mesh; NaN distances for those that leak."""
        origin = (position - self._centre) / self._scale
        face = np.asarray(self._mesh.ray.intersects_first(origin, direction))
        normals, corners = self._faces
        normal = normals[face]
        outward = dot(direction, normal)
        found = (face >= 0) & (outward > 0.0)
        ahead = dot(corners[face] - origin, normal) / np.where(found, outward, 1.0)
        distance = np.where(found, np.maximum(ahead, 0.0), np.nan)
        point = origin + distance[:, None] * direction - _INSET * normal
        return Hit(distance * self._scale, normal, point * self._scale + self._centre)

    def scaled(self, factor: float) -> MeshBody:
        """Return the body enlarged about the origin."""
        points = np.asarray(self._mesh.vertices) * self._scale + self._centre
        return MeshBody(points * factor, self._mesh.faces)
