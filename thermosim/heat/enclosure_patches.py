"""Patches of an enclosure and their exchange areas, the same on any number of ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.viewfactors import close, cluster
from thermosim.fem.parallel import on_root
from thermosim.heat.enclosure_surface import surface_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.bodies.viewfactors import Estimate
    from thermosim.fem.domain import Domain
    from thermosim.model.heat import Enclosure

_FLAT = 1e-9  # off-chord distance of a mid-edge node, over the length, that counts as straight


@dataclass(frozen=True)
class Patches:
    """Patches of even irradiation.

    Attributes
    ----------
    keys, patch : shape (n_facets,), sorted names of facets and their patches
    boundary : shape (n,), index of the boundary of each patch
    areas : shape (n,) [m²]
    exchange : shape (n, n), exchange areas [m²]; what a row lacks of its area is the chamber's
    """

    keys: NDArray[np.int64]
    patch: NDArray[np.int64]
    boundary: NDArray[np.int64]
    areas: NDArray[np.float64]
    exchange: NDArray[np.float64]

    def of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the patches of facets by their keys."""
        return np.asarray(self.patch[np.searchsorted(self.keys, keys)])


@dataclass(frozen=True)
class _Facets:
    """All facets of the enclosure and those that only block, in order of their keys."""

    boundary: NDArray[np.int64]
    region: NDArray[np.int64]
    key: NDArray[np.int64]
    nodes: NDArray[np.float64]
    outward: NDArray[np.float64]
    areas: NDArray[np.float64]


def make_patches(domain: Domain, enclosure: Enclosure, space: Any) -> Patches:
    """Divide the surfaces of an enclosure and find what the patches see of each other (collective).

    Planar bodies have no end: their exchange areas are per metre of depth.
    """
    names = [*enclosure.boundaries, *sorted(set(domain.boundaries) - set(enclosure.boundaries))]
    surface = surface_points(domain, space, names, enclosure.quadrature)
    mine = _Facets(
        surface.boundary, surface.region, surface.key, surface.nodes, surface.outward, surface.areas
    )
    gathered = domain.comm.gather(mine, root=0)
    return on_root(domain.comm, lambda: _patches(gathered, domain, enclosure))


def _patches(gathered: list[_Facets], domain: Domain, enclosure: Enclosure) -> Patches:
    columns = [np.concatenate([getattr(f, name) for f in gathered]) for name in _FIELDS]
    order = np.argsort(columns[2], kind="stable")
    facets = _Facets(*(column[order] for column in columns))
    patch = _clusters(facets, enclosure, domain.tdim)
    how = {"axisymmetric": _revolved, "planar": _planar}.get(domain.symmetry, _rays)
    estimate = how(facets, patch, domain, enclosure)
    taking = patch >= 0
    n = int(patch.max()) + 1
    areas = np.asarray(np.bincount(patch[taking], facets.areas[taking], n), dtype=float)
    boundary = np.zeros(n, dtype=np.int64)
    boundary[patch[taking]] = facets.boundary[taking]
    return Patches(facets.key[taking], patch[taking], boundary, areas, close(estimate, areas))


_FIELDS = ("boundary", "region", "key", "nodes", "outward", "areas")


def _clusters(facets: _Facets, enclosure: Enclosure, tdim: int) -> NDArray[np.int64]:
    """Return the patch of each facet, -1 where it only blocks; boundaries share by their facets."""
    n_boundaries = len(enclosure.boundaries)
    counts = np.bincount(facets.boundary, minlength=n_boundaries)[:n_boundaries]
    share = min(1.0, enclosure.patches / max(1, counts.sum()))
    patch = np.full(len(facets.key), -1)
    first = 0
    for index, count in enumerate(counts):
        if not count:
            continue
        mine = facets.boundary == index
        corners = facets.nodes[mine][:, :tdim]
        size = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
        limit = max(1, int(share * count))
        found = cluster(corners.mean(axis=1), facets.outward[mine], size, limit)
        patch[mine] = first + found
        first += int(found.max()) + 1
    return patch


def _revolved(
    facets: _Facets, patch: NDArray[np.int64], domain: Domain, enclosure: Enclosure
) -> Estimate:
    from thermosim.bodies.viewfactors_revolved import Profile, exchange_areas

    ends, owner = _chords(facets.nodes[:, :, ::2])
    along = ends[:, 1] - ends[:, 0]
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    inward = np.einsum("nd,nd->n", normals, facets.outward[owner][:, ::2]) < 0
    normals[inward] *= -1
    on_axis = ends[:, :, 0].max(axis=1) <= 0
    keep = ~on_axis
    face = facets.region * (int(facets.boundary.max(initial=0)) + 1) + facets.boundary
    return exchange_areas(Profile(ends[keep], normals[keep], patch[owner][keep], face[owner][keep]))


def _planar(
    facets: _Facets, patch: NDArray[np.int64], domain: Domain, enclosure: Enclosure
) -> Estimate:
    from thermosim.bodies.viewfactors_planar import Outline, exchange_areas

    ends, owner = _chords(facets.nodes[:, :, :2])
    along = ends[:, 1] - ends[:, 0]
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    inward = np.einsum("nd,nd->n", normals, facets.outward[owner][:, :2]) < 0
    normals[inward] *= -1
    return exchange_areas(Outline(ends, normals, patch[owner]))


def _chords(nodes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return straight edges (n, 2, 2) that follow the facets, and the facet of each."""
    ends, owner = nodes[:, :2], np.arange(len(nodes))
    if nodes.shape[1] == 2:
        return ends, owner
    bent = _bent(nodes[:, 2], ends.mean(axis=1), ends)
    first = np.stack([nodes[bent, 0], nodes[bent, 2]], axis=1)
    second = np.stack([nodes[bent, 2], nodes[bent, 1]], axis=1)
    joined = np.concatenate([ends[~bent], first, second])
    return joined, np.concatenate([owner[~bent], owner[bent], owner[bent]])


def _bent(
    middle: NDArray[np.float64], straight: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.bool_]:
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    return np.asarray(np.linalg.norm(middle - straight, axis=1) > _FLAT * length)


def _rays(
    facets: _Facets, patch: NDArray[np.int64], domain: Domain, enclosure: Enclosure
) -> Estimate:
    from thermosim.bodies.viewfactors_rays import Triangles, exchange_areas

    corners, owner = _triangles(facets.nodes)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = np.einsum("nd,nd->n", normal, facets.outward[owner]) < 0
    corners[inward] = corners[inward][:, ::-1]
    patches = patch[owner]
    source: NDArray[np.bool_] = np.ones(len(owner), dtype=bool)
    if domain.symmetry == "quarter":
        corners, patches, source = _mirrored(corners, patches)
    return exchange_areas(Triangles(corners, patches, source), enclosure.rays, enclosure.seed)


def _triangles(nodes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return flat triangles (n, 3, 3) that follow the facets, and the facet of each."""
    owner = np.arange(len(nodes))
    if nodes.shape[1] == 3:
        return nodes.copy(), owner
    edges = ((1, 2), (0, 2), (0, 1))  # the mid-edge node 3 + i lies opposite vertex i
    bent = np.zeros(len(nodes), dtype=bool)
    for i, pair in enumerate(edges):
        ends = nodes[:, pair]
        bent |= _bent(nodes[:, 3 + i], ends.mean(axis=1), ends)
    quarters = [(0, 5, 4), (5, 1, 3), (4, 3, 2), (3, 4, 5)]
    parts = [nodes[~bent][:, :3], *(nodes[bent][:, list(q)] for q in quarters)]
    return np.concatenate(parts), np.concatenate([owner[~bent], *[owner[bent]] * 4])


def _mirrored(
    corners: NDArray[np.float64], patch: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return a quarter and its images in x = 0 and y = 0; rays start in the original."""
    turned = [(corners * sign)[:, ::-1] for sign in ([-1, 1, 1], [1, -1, 1])]
    images = [corners, *turned, corners * [-1, -1, 1]]
    source = np.arange(4 * len(corners)) < len(corners)
    return np.concatenate(images), np.tile(patch, 4), source
