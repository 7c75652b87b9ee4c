"""Cell sizes that follow the physics: fine at the rim of the contact, coarse far away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor, isfinite, log, pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.shapes import Ellipsoid
from thermosim.shapes.cad import to_draw

if TYPE_CHECKING:
    from thermosim.case.settings import MeshSettings
    from thermosim.mesh.drawn import DrawnBody
    from thermosim.shapes import ShapeBase

# rings of tetrahedra: in the half plane nearly as fine as an axisymmetric mesh
_RING_CELLS = (7.0, 1000.0, 0.35)
_SECTORS = 40
_SAME = 1e-9  # of a class of lengths: one at its edge does not fall out by rounding
_FINER_BENT = 1.1  # for the volume of an ellipsoid to 1e-5


@dataclass(frozen=True)
class Sizes:
    """Sizes in m: h = h_rim + growth × (distance to the rim), and at most `h_body` on the body.

    The flux is singular at the rim of a contact (like d^-1/2), so the cells there are graded
    geometrically; the far field needs few.
    """

    h_body: float
    contact_radius: float  # 0: no contact
    h_rim: float
    growth: float
    h_optical: float = float("inf")  # the most inside the particle

    def scaled(self, factor: float) -> Sizes:
        """Return the sizes in other units of length."""
        return replace(
            self,
            h_body=self.h_body * factor,
            contact_radius=self.contact_radius * factor,
            h_rim=self.h_rim * factor,
            h_optical=self.h_optical * factor,
        )


def half_plane_sizes(
    settings: MeshSettings, size: float, contact_radius: float, *, rings: bool
) -> Sizes:
    """Return the sizes for a body of revolution of the given size and contact radius [m].

    `rings` says that the half plane will be turned into a 3-D mesh, and may be coarser.
    """
    per_radius, per_contact, growth = settings.resolved(2)
    if rings:
        finer, (radius, contact, grow) = settings.refinement, _RING_CELLS
        per_radius = finer * (settings.cells_per_radius or radius)
        per_contact = finer * (settings.cells_per_contact or contact)
        growth = (settings.growth or grow) / finer
    return _sizes(settings, size / per_radius, contact_radius, per_contact, growth)


def _sizes(
    settings: MeshSettings, h_body: float, contact_radius: float, per_contact: float, growth: float
) -> Sizes:
    optical = settings.optical_size or float("inf")
    return Sizes(
        min(h_body, optical), contact_radius, contact_radius / per_contact, growth, optical
    )


def solid_sizes(settings: MeshSettings, shape: ShapeBase, contact_radius: float) -> Sizes:
    """Return the sizes for an unstructured 3-D mesh of a shape with its contact [m]."""
    per_radius, per_contact, growth = settings.resolved(3)
    size = shape.equivalent_radius
    if isinstance(shape, Ellipsoid):
        axes = sorted((shape.a, shape.b, shape.c))
        size = sqrt(size * axes[0] ** 2 / axes[2]) / _FINER_BENT
    h_body = min(size / per_radius, shape.height)
    return _sizes(settings, h_body, contact_radius, per_contact, growth)


def solid_size_field(
    gmsh: Any,
    sizes: Sizes,
    scale: float,
    bodies: list[DrawnBody],
    centers: list[tuple[float, float, float]],
    reach: float,
    extent: float,
    sheets: list[tuple[list[int], float]],
) -> None:
    """Hand the sizes of a 3-D mesh to gmsh; `scale` metres are 1 in the model.

    As fine as a body within `reach` [m] of the `centers`, at most a quarter of the `extent`; fine
    at the rims of the contacts and at edges shorter than the cells around them. `sheets` are
    volumes with the most that their cells may measure, in model units.
    """
    s, field = sizes.scaled(1 / scale), gmsh.model.mesh.field
    points = [gmsh.model.occ.addPoint(*to_draw(np.divide(c, scale))) for c in centers]
    gmsh.model.occ.synchronize()
    near = field.add("Distance")
    field.setNumbers(near, "PointsList", points)
    over = f"F{near}-{reach / scale:.11g}"
    beyond = f"({over}+Fabs({over}))/2"
    formulas = [f"{s.h_body:.11g}+{s.growth:.11g}*{beyond}", f"{extent / scale / 4:.11g}"]
    if s.contact_radius:
        rims = _distance(gmsh, [curve for body in bodies for curve in body.rim], 200)
        formulas.append(f"{s.h_rim:.11g}+{s.growth:.11g}*F{rims}")
    for length, curves in _short_curves(bodies, s.h_body).items():
        formulas.append(f"{length:.11g}+{s.growth:.11g}*F{_distance(gmsh, curves, 20)}")
    limits = [([body.volume for body in bodies], s.h_optical), *sheets]
    fields = [_inside(gmsh, "VolumesList", volumes, size) for volumes, size in limits]
    set_smallest(gmsh, formulas, [tag for tags in fields for tag in tags])


def _inside(gmsh: Any, kind: str, entities: list[int], size: float) -> list[int]:
    """Return fields that keep cells inside entities below a size; none if it is infinite."""
    if not isfinite(size):
        return []
    field = gmsh.model.mesh.field
    tag = int(field.add("Constant"))
    field.setNumbers(tag, kind, entities)
    field.setNumber(tag, "VIn", float(to_draw(size)))
    return [tag]


def _distance(gmsh: Any, curves: list[int], sampling: int) -> int:
    field = gmsh.model.mesh.field
    tag = int(field.add("Distance"))
    field.setNumbers(tag, "CurvesList", curves)
    field.setNumber(tag, "Sampling", sampling)
    return tag


def _short_curves(bodies: list[DrawnBody], h_body: float) -> dict[float, list[int]]:
    """Return curves shorter than `h_body` in classes of about equal length."""
    classes: dict[float, list[int]] = {}
    for body in bodies:
        for curve, length in body.short:
            if length < h_body:
                step = floor(log(length / h_body) / log(1.5) + _SAME)
                classes.setdefault(h_body * 1.5**step, []).append(curve)
    return classes


def sectors(settings: MeshSettings, radius: float) -> int:
    """Return the number of sectors of a whole turn, a multiple of 4, for a body of a radius [m]."""
    count = (settings.sectors or _SECTORS) * settings.refinement
    if settings.optical_size is not None:
        count = max(count, 2 * pi * radius / settings.optical_size)
    return 4 * max(2, round(count / 4))


def plane_size_field(
    gmsh: Any,
    sizes: Sizes,
    surface: list[int],
    corners: list[tuple[float, float, float]],
    particle: list[int],
) -> None:
    """Hand the sizes (in model units) of a half plane (x = r, y = z) to gmsh.

    `surface` are the curves and `particle` the faces of the particle; `corners` are places r, z
    with their cell size.
    """
    field = gmsh.model.mesh.field
    distance = field.add("Distance")
    field.setNumbers(distance, "CurvesList", surface)
    field.setNumber(distance, "Sampling", 200)
    formulas = [f"{sizes.h_body:.11g}+{sizes.growth:.11g}*F{distance}"]
    if sizes.contact_radius:
        rim = f"Sqrt((x-{sizes.contact_radius:.11g})^2+y^2)"
        formulas.append(f"{sizes.h_rim:.11g}+{sizes.growth:.11g}*{rim}")
    for r, z, h in corners:
        distance_to = f"Sqrt((x-({r:.11g}))^2+(y-({z:.11g}))^2)"
        formulas.append(f"{h:.11g}+{sizes.growth:.11g}*{distance_to}")
    set_smallest(gmsh, formulas, _inside(gmsh, "SurfacesList", particle, sizes.h_optical))


def set_smallest(gmsh: Any, formulas: list[str], fields: list[int]) -> None:
    """Make the smallest of formulas of the position, and of fields, the cell size."""
    field = gmsh.model.mesh.field
    tags = list(fields)
    for formula in formulas:
        tags.append(field.add("MathEval"))
        field.setString(tags[-1], "F", formula)
    smallest = field.add("Min")
    field.setNumbers(smallest, "FieldsList", tags)
    field.setAsBackgroundMesh(smallest)
