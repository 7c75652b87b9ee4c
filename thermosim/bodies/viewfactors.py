"""Exchange areas between patches of a surface: clusters, closure, closed forms.

The exchange area of patches i and j is ``S_ij = A_i F_ij`` [m²], symmetric because of reciprocity.
What a patch does not see of other patches is the chamber: ``A_i = Σ_j S_ij + S_i,chamber``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

Floats: TypeAlias = "npt.NDArray[np.float64]"
Ints: TypeAlias = "npt.NDArray[np.int64]"

_NORMAL_WEIGHT = 3.0  # of a unit normal beside the logarithm of distance, in clustering


def cluster(points: Floats, normals: Floats, sizes: Floats, n_patches: int) -> Ints:
    """Group facets into at most `n_patches` compact patches with about as many facets in each.

    Distances count by their logarithm from the finest facet, so that patches are graded as the
    mesh is; facets that look another way go elsewhere.

    Parameters
    ----------
    points, normals : shape (n, d), centroids [m] and unit normals
    sizes : shape (n,), a length of each facet [m]

    Returns
    -------
    shape (n,), the patch of each facet, from 0.
    """
    if len(points) <= n_patches:
        return np.arange(len(points))
    finest = int(np.argmin(sizes))
    away = points - points[finest]
    distance = np.linalg.norm(away, axis=1)
    graded = np.arcsinh(distance / sizes[finest]) / np.maximum(distance, sizes[finest])
    features = np.hstack([away * graded[:, None], _NORMAL_WEIGHT * normals])
    patch = np.zeros(len(points), dtype=np.int64)
    _bisect(features, np.arange(len(points)), n_patches, patch)
    return patch


def _bisect(features: Floats, members: Ints, n_patches: int, patch: Ints, first: int = 0) -> None:
    """Number the patches of `members` from `first`, halving along the widest feature."""
    if n_patches == 1:
        patch[members] = first
        return
    mine = features[members]
    axis = int(np.argmax(np.ptp(mine, axis=0)))
    order = members[np.argsort(mine[:, axis], kind="stable")]
    left = n_patches // 2
    cut = round(len(members) * left / n_patches)
    _bisect(features, order[:cut], left, patch, first)
    _bisect(features, order[cut:], n_patches - left, patch, first + left)


@dataclass(frozen=True)
class Estimate:
    """Estimated exchange areas [m²] and how far each may be off.

    Attributes
    ----------
    exchange : shape (n, n), symmetric
    chamber : shape (n,)
    spread, chamber_spread : variances up to a common factor, of the same shapes; 0 where certain
    """

    exchange: Floats
    chamber: Floats
    spread: Floats
    chamber_spread: Floats


def close(estimate: Estimate, areas: Floats) -> Floats:
    """Return exchange areas with exact reciprocity and row sums that leave ≥ 0 to the chamber.

    The least change, weighted with the spread of each entry, that makes ``Σ_j S_ij + S_i,chamber =
    A_i`` (Larsen and Howell, 10.1115/1.3246936); zeros stay zero and nothing becomes negative.
    What cannot be met so is left to the chamber, which is what remains of each row.

    Parameters
    ----------
    areas : shape (n,), areas of the patches [m²]
    """
    S, spread = estimate.exchange, estimate.spread
    missing = areas - S.sum(axis=1) - estimate.chamber
    # S_ij + w_ij (λ_i + λ_j) meets the row sums; singular where patches see each other only
    matrix = np.diag(spread.sum(axis=1) + estimate.chamber_spread) + spread
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    scaled = matrix / size / size[:, None]
    shift = np.linalg.lstsq(scaled, missing / size, rcond=1e-12)[0] / size
    return _fit(np.maximum(S + spread * (shift[:, None] + shift[None, :]), 0.0), areas)


def _fit(S: Floats, areas: Floats) -> Floats:
    """Shrink rows that exceed their area, symmetrically."""
    total = S.sum(axis=1)
    allowed = np.where(total > areas, areas / np.where(total > 0, total, 1.0), 1.0)
    return np.asarray(S * np.minimum(allowed[:, None], allowed[None, :]))


def absorption_factors(exchange: Floats, areas: Floats, emissivity: Floats) -> Floats:
    """Return B, shape (n, n): the part of what patch i emits that patch j absorbs in the end.

    Grey-diffuse, all reflections counted; the rest goes to the chamber, which reflects nothing.
    ``ε_i A_i B_ij = ε_j A_j B_ji``. (Gebhart, 10.1016/0017-9310(61)90048-5.)
    """
    F = exchange / areas[:, None]
    reflecting = np.eye(len(areas)) - F * (1 - emissivity)
    return np.asarray(np.linalg.solve(reflecting, F * emissivity))
