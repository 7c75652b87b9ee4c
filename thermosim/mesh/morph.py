"""A mesh whose contact is made wider or narrower without meshing anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from thermosim.fem.domain import geometry_dofmap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain

_NEAR, _FAR = 2.0, 12.0  # distances over the contact radius: all moves, and nothing


@contextmanager
def contact_widened(domain: Domain, radius: float, wider: float) -> Iterator[NDArray[np.int64]]:
    """Move the nodes around the contact at the origin, for as long as the context lasts.

    Up to twice the contact `radius` [m] all distances are multiplied so that it becomes `wider`
    [m]; from twelve times on nothing moves. A plane through the origin stays one, and a sphere of
    radius R that it cuts changes by about (radius/R)² there. The context is the local cells that
    have nodes within that distance.
    """
    x = domain.mesh.geometry.x
    before = x.copy()
    far = np.linalg.norm(x, axis=1) * domain.unit / radius
    u = np.clip((far - _NEAR) / (_FAR - _NEAR), 0.0, 1.0)
    weight = 1.0 - u**2 * (3.0 - 2.0 * u)
    x *= (1.0 + (wider / radius - 1.0) * weight)[:, None]
    nodes, places = geometry_dofmap(domain.mesh), domain.forget_places()
    try:
        yield np.flatnonzero((weight > 0.0)[nodes].any(axis=1))
    finally:
        x[:] = before
        domain.forget_places()
        domain.kept.update(places)
