"""In which plane of its file a flat figure lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import NDArray

XY, XZ, YZ = (0, 1, 2), (0, 2, 1), (1, 2, 0)
PLANES: dict[str, tuple[int, ...]] = {"(x, y)": XY, "(x, z)": XZ, "(y, z)": YZ}
_NEVER_NEGATIVE = -1e-9  # part of the extent
_FLAT = 1e-9
_DRAWN_FLAT = 1e-5  # bounding boxes of OpenCASCADE are a little larger than what is in them


def drawn_plane(gmsh: Any) -> tuple[int, ...]:
    """Return the columns of the plane that a figure was drawn in, as far as its box tells."""
    x0, y0, z0, x1, y1, z1 = gmsh.model.getBoundingBox(-1, -1)
    return _columns(np.array([x1 - x0, y1 - y0, z1 - z0]), _DRAWN_FLAT) or XY


def mesh_plane(gmsh: Any, symmetry: str) -> tuple[int, ...]:
    """Return the columns of the plane that a plane mesh lies in: first, second, and across.

    Raises
    ------
    MeshError
        If it lies in none, or reaches beyond the axis.
    """
    points = np.reshape(gmsh.model.mesh.getNodes()[1], (-1, 3))
    extent = np.ptp(points, axis=0)
    columns = _columns(extent, _FLAT)
    if columns is None:
        raise MeshError(
            f'geometry.symmetry = "{symmetry}" needs a figure in the plane (x, y), (x, z) or '
            "(y, z) of its file, and this one lies in none: turn it there "
            "(Rotate {{1, 0, 0}, {0, 0, 0}, Pi/4} { Surface{:}; } in gmsh turns about x), or, "
            'if it is a body in space, give it volumes and write symmetry = "3d"'
        )
    least = float(points[:, columns[0]].min())
    if symmetry == "axisymmetric" and least < _NEVER_NEGATIVE * float(extent.max()):
        raise MeshError(
            f"the mesh reaches to r = {least:g} ({'xyz'[columns[0]]} of the file); "
            "a body of revolution lies at r ≥ 0"
        )
    return columns


def _columns(extent: NDArray[np.float64], flat: float) -> tuple[int, ...] | None:
    """Return the first plane across which nothing extends."""
    fits = [c for c in PLANES.values() if extent[c[2]] <= flat * float(extent.max())]
    return fits[0] if fits else None
