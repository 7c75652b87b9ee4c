"""STEP solids brought into a gmsh model: read, checked, turned, and where they reach to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.shapes.cad import gmsh_session, try_reading

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

MICROMETRE = 1e-6
"""Unit [m] in which lengths are read, whatever that of the file: OpenCASCADE tells points 1e-7
of it apart, and parts of a particle are small."""
SIZE = 1000.0
"""Extent of a solid in the model that measures it: far above OpenCASCADE's tolerance, 1e-7."""
_FLAT = 1e-5  # model lengths by which a face in a plane may stray from it
_NEAR = 0.02  # of the size: how far a mesh of the surface may stay behind it


def read_solid(path: Path) -> tuple[float, float]:
    """Check that a STEP file holds one solid; return metres per length and its extent in them.

    Raises
    ------
    MeshError
        Saying what the file holds instead.
    """
    with path.open("rb") as stream:
        if not stream.read(64).lstrip().startswith(b"ISO-10303-21"):
            raise MeshError(f"{path}: is no STEP file; it should begin with ISO-10303-21")
    try_reading(path)
    with gmsh_session() as gmsh:
        tag = insert(gmsh, path, 1.0)
        box = gmsh.model.occ.getBoundingBox(3, tag)
    return MICROMETRE, float(np.max(np.subtract(box[3:], box[:3])))


def insert(gmsh: Any, path: Path, factor: float) -> int:
    """Draw the one solid of a STEP file, its lengths times `factor`; return the volume's tag.

    Raises
    ------
    MeshError
        If the file holds none or several.
    """
    gmsh.option.setNumber("Geometry.OCCScaling", factor)
    gmsh.option.setString("Geometry.OCCTargetUnit", "UM")
    try:
        made = gmsh.model.occ.importShapes(str(path), highestDimOnly=True, format="step")
    except Exception as error:  # gmsh raises plain Exception with its log as the text
        raise MeshError(f"{path}: cannot be read as STEP; is the file whole?") from error
    finally:
        gmsh.option.setNumber("Geometry.OCCScaling", 1.0)
        gmsh.option.setString("Geometry.OCCTargetUnit", "MM")
    gmsh.model.occ.synchronize()
    solids = [tag for dim, tag in made if dim == 3]
    if not solids:
        what = "only open faces" if any(dim == 2 for dim, _ in made) else "no faces at all"
        raise MeshError(
            f"{path}: holds no solid ({what}); sew its faces to one closed body in the CAD program"
        )
    if len(solids) > 1:
        raise MeshError(
            f"{path}: holds {len(solids)} solids, but a particle is one; fuse them in the CAD "
            "program, or describe them by [geometry] with named parts"
        )
    return int(solids[0])


def move(gmsh: Any, tag: int, angles: tuple[float, float, float], shift: ArrayLike) -> None:
    """Turn a volume by Euler angles (z, x', z''; Bunge) [rad] and then move it."""
    occ, volume = gmsh.model.occ, [(3, tag)]
    for axis, angle in ((2, angles[2]), (0, angles[1]), (2, angles[0])):
        if angle:
            occ.rotate(volume, 0, 0, 0, *np.eye(3)[axis], angle)
    occ.translate(volume, *np.asarray(shift, dtype=float))
    occ.synchronize()


def faces_in_plane(gmsh: Any, tag: int, level: float) -> list[int]:
    """Return the flat faces of a volume that lie in z = `level`."""
    found = []
    for _, face in gmsh.model.getBoundary([(3, tag)], oriented=False):
        if gmsh.model.getType(2, face) != "Plane":
            continue
        up = gmsh.model.getNormal(face, np.mean(gmsh.model.getParametrizationBounds(2, face), 0))
        away = gmsh.model.occ.getCenterOfMass(2, face)[2] - level
        if abs(up[2]) > 1 - 1e-9 and abs(away) < _FLAT:
            found.append(face)
    return found


def reach(gmsh: Any, tag: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest x, y, z of a volume whose surface is meshed.

    The extreme node of each face, curve and point is moved on along it as far as it goes.
    """
    ends = np.empty((2, 3))
    for axis in range(3):
        for side, sign in ((0, 1.0), (1, -1.0)):
            ends[side, axis] = sign * _least(gmsh, tag, sign * np.eye(3)[axis])
    return ends[0], ends[1]


def _least(gmsh: Any, tag: int, direction: NDArray[np.float64]) -> float:
    """Return the least x · `direction` of a volume."""
    entities = [*gmsh.model.getBoundary([(3, tag)], oriented=False)]
    entities += set(gmsh.model.getBoundary(entities, combined=False, oriented=False))
    starts = []
    for dim, entity in entities:
        _, x, at = gmsh.model.mesh.getNodes(dim, entity, True, True)
        along = np.reshape(x, (-1, 3)) @ direction
        first = int(np.argmin(along))
        starts.append((float(along[first]), dim, entity, np.reshape(at, (-1, dim))[first]))
    least = min(start[0] for start in starts)
    near = [start[1:] for start in starts if start[0] < least + _NEAR * SIZE]
    return min(least, *(_slid(gmsh, *start, direction) for start in near))


def _slid(
    gmsh: Any, dim: int, entity: int, start: NDArray[np.float64], direction: NDArray[np.float64]
) -> float:
    """Return the least x · `direction` of a face or curve near parameters; inf if beyond it."""
    from scipy.optimize import minimize

    def along(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slopes = np.reshape(gmsh.model.getDerivative(dim, entity, at), (dim, 3))
        return float(gmsh.model.getValue(dim, entity, at) @ direction), slopes @ direction

    bounds = np.transpose(gmsh.model.getParametrizationBounds(dim, entity))
    found = minimize(along, np.clip(start, *bounds.T), jac=True, bounds=bounds, tol=1e-14)
    inside = dim == 1 or gmsh.model.isInside(dim, entity, found.x, parametric=True)
    return float(found.fun) if inside else float("inf")
