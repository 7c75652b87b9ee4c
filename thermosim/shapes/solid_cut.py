"""Level sections of solids in a gmsh model, and what a cut leaves; lengths are the model's."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.shapes.solid_read import faces_in_plane

if TYPE_CHECKING:
    from pathlib import Path

_LEVELS = np.concatenate([np.geomspace(1e-9, 1e-2, 8), np.linspace(0.03, 0.99, 25)])


def section(gmsh: Any, tag: int, level: float) -> list[int]:
    """Draw the section of a volume at z = `level`; return its faces.

    A copy is cut: OpenCASCADE widens the tolerances of what it intersects, and errs the next time.
    """
    occ = gmsh.model.occ
    copied, plane = occ.copy([(3, tag)]), [(2, _plane(gmsh, tag, level))]
    made, _ = occ.intersect(copied, plane)
    occ.synchronize()
    return [face for dim, face in made if dim == 2]


def section_area(gmsh: Any, tag: int, level: float) -> float:
    """Return the area of the section of a volume at z = `level`."""
    faces = section(gmsh, tag, level)
    area = sum(float(gmsh.model.occ.getMass(2, face)) for face in faces)
    gmsh.model.occ.remove([(2, face) for face in faces], recursive=True)
    gmsh.model.occ.synchronize()
    return area


def _plane(gmsh: Any, tag: int, level: float) -> int:
    x0, y0, _, x1, y1, _ = gmsh.model.occ.getBoundingBox(3, tag)
    wide = max(x1 - x0, y1 - y0)
    return int(
        gmsh.model.occ.addRectangle(
            x0 - wide, y0 - wide, level, x1 - x0 + 2 * wide, y1 - y0 + 2 * wide
        )
    )


def cut_level(gmsh: Any, tag: int, height: float, area: float) -> float | None:
    """Return the lowest level at which the section of a volume on z = 0 has an area, or None."""
    from scipy.optimize import brentq

    def off(level: float) -> float:
        return section_area(gmsh, tag, level) / area - 1

    below = 0.0
    for level in height * _LEVELS:
        if off(float(level)) >= 0:
            return float(brentq(off, below, level, xtol=1e-12 * height, rtol=1e-12))
        below = float(level)
    widest, level = _widest(gmsh, tag, height)
    if widest < area * (1 - 1e-9):
        return None
    below = max((float(x) for x in height * _LEVELS if x * height < level), default=0.0)
    return level if off(level) <= 0 else float(brentq(off, below, level, xtol=1e-12 * height))


def widest_radius(gmsh: Any, tag: int, height: float) -> float:
    """Return the radius of the disk as large as the widest level section."""
    return sqrt(_widest(gmsh, tag, height)[0] / pi)


def _widest(gmsh: Any, tag: int, height: float) -> tuple[float, float]:
    """Return area and level of the widest section."""
    from scipy.optimize import minimize_scalar

    levels = height * _LEVELS
    found = [section_area(gmsh, tag, float(level)) for level in levels]
    best = int(np.argmax(found))
    around = (levels[max(best - 1, 0)], levels[min(best + 1, len(levels) - 1)])
    refined = minimize_scalar(
        lambda level: -section_area(gmsh, tag, level), bounds=around, method="bounded"
    )
    return max((-float(refined.fun), float(refined.x)), (found[best], float(levels[best])))


def too_small(path: Path) -> MeshError:
    """Return the error of a contact that OpenCASCADE cannot cut out of a solid."""
    return MeshError(
        f"{path}: the contact is too small to be cut from this body: its flat would be thinner "
        "than CAD resolves; use a larger contact radius, or rest it on a facet"
    )


def cut_solid(gmsh: Any, tag: int, level: float, path: Path) -> tuple[int, int]:
    """Cut a volume at z = `level` and set it down on z = 0; return the tags of it and its cut.

    Raises
    ------
    MeshError
        If the cut leaves several bodies, or meets the solid in several places or a ring.
    """
    occ = gmsh.model.occ
    x0, y0, z0, x1, y1, _ = occ.getBoundingBox(3, tag)
    wide = max(x1 - x0, y1 - y0)
    below = occ.addBox(
        x0 - wide, y0 - wide, z0 - wide, x1 - x0 + 2 * wide, y1 - y0 + 2 * wide, level - z0 + wide
    )
    made, _ = occ.cut([(3, tag)], [(3, below)])
    occ.translate(made, 0, 0, -level)
    occ.synchronize()
    volumes = [volume for dim, volume in made if dim == 3]
    faces = [face for volume in volumes for face in faces_in_plane(gmsh, volume, 0.0)]
    if not faces:
        raise too_small(path)
    loops = len(occ.getCurveLoops(faces[0])[0]) if faces else 0
    if (len(volumes), len(faces), loops) != (1, 1, 1):
        where = f"{len(faces)} places" if len(faces) != 1 else "a ring"
        raise MeshError(
            f"{path}: the contact cuts the body in {where}; it must touch in one disk: turn it by "
            "euler_angles, or change the contact radius"
        )
    return volumes[0], faces[0]
