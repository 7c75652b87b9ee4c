"""Bodies that touch without being joined: found from the mesh by faces that lie on each other."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from thermosim.errors import MeshError
from thermosim.fem.data import outer_facets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.data import MeshData

    Floats = NDArray[np.float64]

_SAME = 1e-7  # part of the extent by which two places that are one may differ
_OPPOSITE = -0.99  # cosine between the outward normals of two faces that lie on each other
_INSIDE = 1e-6  # barycentric: how far outside a facet a point still counts as on it


def check_joined(mesh: MeshData, *, asked_to_join: bool) -> None:
    """Refuse a mesh in which faces lie on each other without sharing their nodes.

    Heat would not cross them. `asked_to_join` says that ``geometry.join`` was tried in vain.

    Raises
    ------
    MeshError
        Naming the two regions and the remedy.
    """
    pairs = touching(mesh)
    if not pairs:
        return
    (first, second), count = max(pairs.items(), key=lambda item: (item[1], item[0]))
    what = f'"{first}" and "{second}" touch' if first != second else f'parts of "{first}" touch'
    if asked_to_join:
        raise MeshError(
            f"{what} with meshes that do not fit together ({count} facets), so they cannot be "
            "joined; make the mesh from a geometry whose parts share their faces "
            "(BooleanFragments or Coherence in gmsh)"
        )
    raise MeshError(
        f"{what} without being joined ({count} facets lie on each other), so that no heat would "
        "cross; write geometry.join = true to join them, or share their faces in the file "
        "(BooleanFragments or Coherence in gmsh); geometry.join = false leaves them apart"
    )


def touching(mesh: MeshData) -> dict[tuple[str, str], int]:
    """Return how many outer facets lie on one of another cell, by the two regions in order."""
    cells, local = outer_facets(mesh)
    d = mesh.tdim
    others = np.array([[v for v in range(d + 1) if v != i] for i in range(d + 1)])
    nodes = mesh.cells[cells[:, None], others[local]]
    corners = mesh.points[nodes]
    inner = mesh.points[mesh.cells[cells, local]]
    size = _SAME * float(np.ptp(mesh.points, axis=0).max())
    if mesh.symmetry == "axisymmetric":  # facets on the axis are no surface
        off = corners[:, :, 0].max(axis=1) > size
        cells, corners, inner = cells[off], corners[off], inner[off]
    one, other = _lying_on(corners, _outward(corners, inner), size)
    names = {tag: name for name, tag in mesh.regions.items()}
    found: dict[tuple[str, str], int] = {}
    tags = np.sort(mesh.cell_tags[cells[np.stack([one, other])]], axis=0)
    for a, b in tags.T:
        pair = (names[int(a)], names[int(b)])
        found[pair] = found.get(pair, 0) + 1
    return found


def _outward(corners: Floats, inner: Floats) -> Floats:
    """Return unit normals of facets (n, d, d), away from the opposite vertices (n, d)."""
    along = corners[:, 1:] - corners[:, :1]
    if corners.shape[2] == 2:
        normal = np.stack([along[:, 0, 1], -along[:, 0, 0]], axis=1)
    else:
        normal = np.asarray(np.cross(along[:, 0], along[:, 1]), dtype=float)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), np.finfo(float).tiny)[:, None]
    inward = np.einsum("nd,nd->n", normal, corners[:, 0] - inner) < 0
    return np.where(inward[:, None], -normal, normal)


def _lying_on(
    corners: Floats, normals: Floats, tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of facets that face each other, the middle of the first on the second."""
    from scipy.spatial import cKDTree

    middle = corners.mean(axis=1)
    radius = np.linalg.norm(corners - middle[:, None], axis=2).max(axis=1) + tolerance
    near = cKDTree(middle).query_ball_point(middle, radius)
    count = np.fromiter(map(len, near), dtype=np.int64, count=len(near))
    second = np.repeat(np.arange(len(middle)), count)
    first = np.fromiter(chain.from_iterable(near), dtype=np.int64, count=int(count.sum()))
    facing = np.einsum("nd,nd->n", normals[first], normals[second]) < _OPPOSITE
    first, second = first[facing], second[facing]
    away = middle[first] - corners[second, 0]
    off = np.abs(np.einsum("nd,nd->n", away, normals[second]))
    edges = corners[second, 1:] - corners[second, :1]
    gram = np.einsum("nid,njd->nij", edges, edges)
    share = np.linalg.solve(gram, np.einsum("nid,nd->ni", edges, away)[..., None])[..., 0]
    inside = (share.min(axis=1) > -_INSIDE) & (share.sum(axis=1) < 1 + _INSIDE)
    on = inside & (off <= tolerance)
    return first[on], second[on]
