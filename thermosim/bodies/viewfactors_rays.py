"""Exchange areas of any surface of triangles, by rays with occlusion (trimesh, embree).

Every patch sends the same number of rays, quasi-random (Sobol') and cosine-distributed. What two
patches tell about each other is pooled by how sure each is, so that a large patch that hardly hits
a small one learns from the small one's rays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.viewfactors import Estimate
from thermosim.errors import MissingDependencyError
from thermosim.shapes.hits_mesh import normals_and_areas

if TYPE_CHECKING:
    from thermosim.bodies.viewfactors import Floats, Ints

_LIFT = 1e-5  # of the size of a triangle: where rays start above it
_ROUNDING = 1e-6  # of the distance to the origin, in single precision
_BATCH = 1_000_000


@dataclass(frozen=True)
class Triangles:
    """A surface: corners (n, 3, 3) [m], counter-clockwise seen from outside the body.

    `patch` (n,) numbers the patch of each triangle, -1 for triangles that only block. `source`
    (n,) marks those from which rays start (one of several mirror images is enough).
    """

    corners: Floats
    patch: Ints
    source: Any

    @property
    def normals(self) -> Floats:
        """Unit normals out of the body, shape (n, 3)."""
        return normals_and_areas(self.corners)[0]

    @property
    def areas(self) -> Floats:
        """Areas [m²], shape (n,)."""
        return normals_and_areas(self.corners)[1]


def exchange_areas(triangles: Triangles, rays: int, seed: int) -> Estimate:
    """Return the exchange areas of the patches among each other and with the chamber.

    `rays` leave each of the n patches (rounded up to a power of two). Areas are those of the whole
    surface, mirror images included. Row sums are not closed where patches pool what they know.

    Raises
    ------
    MissingDependencyError
        If embreex is not installed.
    """
    n = int(triangles.patch.max()) + 1
    areas = np.bincount(triangles.patch[triangles.patch >= 0], _own(triangles), n)
    hits, valid = _shoot(triangles, n, rays, seed)
    per_area = valid / np.where(areas > 0, areas, 1.0)
    pooled = per_area[:, None] + per_area[None, :]
    pooled, alone = np.where(pooled > 0, pooled, 1.0), np.where(per_area > 0, per_area, 1.0)
    exchange, chamber = (hits[:, :n] + hits[:, :n].T) / pooled, hits[:, n] / alone
    return Estimate(exchange, chamber, exchange / pooled, chamber / alone)


def _own(triangles: Triangles) -> Floats:
    return triangles.areas[triangles.patch >= 0]


def _shoot(triangles: Triangles, n: int, rays: int, seed: int) -> tuple[Floats, Floats]:
    """Return how many rays of patch i hit patch j (column n: none), and how many count."""
    from scipy.stats import qmc

    scale = float(np.abs(triangles.corners).max())
    tracer = _tracer(np.asarray(triangles.corners / scale, dtype=float))
    power = int(np.ceil(np.log2(rays)))
    base = qmc.Sobol(5, scramble=True, rng=np.random.default_rng(seed)).random_base2(power)
    shifts = np.random.default_rng([seed, 1]).random((n, 5))
    hits, valid = np.zeros((n, n + 1)), np.zeros(n)
    per_batch = max(1, _BATCH >> power)
    for first in range(0, n, per_batch):
        patches = np.arange(first, min(n, first + per_batch))
        numbers = (base[None] + shifts[patches][:, None]) % 1.0
        origin, direction, start = _rays(triangles, patches, numbers, scale)
        found = tracer.intersects_first(origin, direction)
        target = np.where(found >= 0, triangles.patch[found], -1)
        target[target < 0] = n
        # a ray that meets a triangle from behind began inside a body, by rounding
        behind = np.einsum("nd,nd->n", triangles.normals[found], direction) > 0
        counts = ~(behind & (found >= 0))
        np.add.at(hits, (start[counts], target[counts]), 1.0)
        np.add.at(valid, start[counts], 1.0)
    return hits, valid


def _tracer(corners: Floats) -> Any:
    try:
        from trimesh import Trimesh
        from trimesh.ray.ray_pyembree import RayMeshIntersector
    except ImportError as error:
        raise MissingDependencyError(
            "view factors in 3-D need trimesh and embreex; see `thermosim doctor`"
        ) from error
    faces = np.arange(3 * len(corners)).reshape(-1, 3)
    mesh = Trimesh(corners.reshape(-1, 3), faces, process=False)
    return RayMeshIntersector(mesh, scale_to_box=False)


def _rays(
    triangles: Triangles, patches: Ints, numbers: Floats, scale: float
) -> tuple[Floats, Floats, Ints]:
    """Return origins (in units of `scale`), directions and patches of the rays of `patches`.

    `numbers`, shape (patches, rays, 5), choose triangle, place in it and direction.
    """
    chosen = np.empty(numbers.shape[:2], dtype=np.int64)
    for row, patch in enumerate(patches):
        members = np.flatnonzero((triangles.patch == patch) & triangles.source)
        shares = np.cumsum(triangles.areas[members])
        at = np.searchsorted(shares, numbers[row, :, 0] * shares[-1], side="right")
        chosen[row] = members[np.minimum(at, len(members) - 1)]
    chosen = chosen.ravel()
    _, u, v, sine2, turn = numbers.reshape(-1, 5).T
    root = np.sqrt(u)
    weights = np.stack([1 - root, root * (1 - v), root * v], axis=1)
    normal, area = triangles.normals[chosen], triangles.areas[chosen]
    origin = np.einsum("nk,nkd->nd", weights, triangles.corners[chosen])
    lift = _LIFT * np.sqrt(area) + _ROUNDING * np.linalg.norm(origin, axis=1)
    origin = (origin + lift[:, None] * normal) / scale
    return origin, lambert(normal, sine2, turn), np.repeat(patches, numbers.shape[1])


def lambert(normal: Floats, sine2: Floats, turn: Floats) -> Floats:
    """Return cosine-distributed directions about unit normals, shape (n, 3).

    `sine2` is sin²θ and `turn` the azimuth over 2π, both even in [0, 1).
    """
    helper = np.where(np.abs(normal[:, :1]) < 0.6, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    first = np.cross(normal, helper)
    first /= np.linalg.norm(first, axis=1)[:, None]
    second = np.cross(normal, first)
    phi = 2 * np.pi * turn
    flat = np.cos(phi)[:, None] * first + np.sin(phi)[:, None] * second
    return np.asarray(np.sqrt(sine2)[:, None] * flat + np.sqrt(1 - sine2)[:, None] * normal)
