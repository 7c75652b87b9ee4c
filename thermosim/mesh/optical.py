"""The half plane (r, z) in which light is solved: a body of revolution, media, absorbing layers.

Lengths of the drawing and of the mesh are wavelengths in vacuum. Around body and layers there is a
box; a perfectly matched layer (PML) surrounds the box.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from thermosim.mesh.halfplane import HalfPlaneDrawing
from thermosim.mesh.session import generate, gmsh_session, name_entities, read_arrays
from thermosim.mesh.sizes import set_smallest
from thermosim.shapes.parallel import parallel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from thermosim.fem.data import MeshData
    from thermosim.shapes.profile import Profile

ORDER = 2
GROWTH = 0.35
"""Of the cells with the distance from small ones."""
_SAME = 1e-6


@dataclass(frozen=True)
class OpticalBox:
    """What is drawn, in wavelengths.

    Attributes
    ----------
    radius, bottom, top
        Of the box.
    pml
        Thickness of the absorbing layer around it.
    levels
        Heights of the faces of the media, from the top; above the first is vacuum.
    sizes
        Of cells in each medium, from the top.
    h_body
        Of cells in the body.
    h_rim
        Of cells at the rim of a flat base.
    gap
        Between the body, with its coatings, and the face under it; 0 without one.
    h_coats
        Of cells in each coating, from the body outward.
    """

    radius: float
    bottom: float
    top: float
    pml: float
    levels: tuple[float, ...]
    sizes: tuple[float, ...]
    h_body: float
    h_rim: float
    gap: float = 0.0
    h_coats: tuple[float, ...] = ()

    @property
    def heights(self) -> list[float]:
        """All heights at which a line is drawn, from below; faces in the PML end it."""
        inside = [z for z in self.levels if self.bottom < z < self.top]
        found = {self.bottom - self.pml, self.bottom, self.top, self.top + self.pml, *inside}
        return sorted(found)

    def estimated_cells(self, body_area: float) -> float:
        """Return about how many triangles the mesh will have; `body_area` in the half plane."""
        width, count = self.radius + self.pml, 2.3 * body_area / self.h_body**2
        edges = [self.top + self.pml, *self.levels, self.bottom - self.pml]
        for (above, under), h in zip(pairwise(edges), self.sizes, strict=True):
            count += 2.3 * width * max(above - under, 0.0) / h**2
        count -= 2.3 * body_area / self.sizes[0] ** 2
        return 1.05 * count + 150.0  # smaller ones where sizes change


def mesh_optical(
    profile: Profile, unit: float, box: OpticalBox, coats: tuple[float, ...] = ()
) -> MeshData:
    """Mesh the half plane of a body that stands on z = 0; `unit` is the wavelength [m].

    Regions: ``body``, ``coating_1`` and so on, of thicknesses `coats` [m] from the body outward,
    ``inner`` (the rest of the box) and ``pml``; boundaries: ``axis`` and ``outer``.
    """
    with gmsh_session() as gmsh:
        drawing = HalfPlaneDrawing(gmsh, unit)
        drawing.particle(profile, 0.0)
        (body,) = drawing.regions["particle"]
        sums = list(accumulate(coats))
        shells = [_shell(gmsh, parallel(profile, d), unit) for d in sums]
        faces = _cut(gmsh, [body, *shells], box)
        gmsh.model.occ.synchronize()
        regions, media = _sorted_faces(gmsh, faces, box)
        name_entities(gmsh, 2, regions, _ends(gmsh, box))
        _size_field(gmsh, box, regions, media, profile, unit)
        gmsh.option.setNumber("Mesh.Algorithm", 6)
        generate(gmsh, 2)
        gmsh.model.mesh.setOrder(ORDER)
        return read_arrays(gmsh, 2, ORDER, unit, "axisymmetric", {})


def _shell(gmsh: Any, pieces: list[NDArray[np.float64]], unit: float) -> int:
    """Draw the face between the axis and a curve of smooth pieces [m], which ends on the axis."""
    occ, curves = gmsh.model.occ, []
    first = last = occ.addPoint(*(pieces[0][0] / unit), 0.0)
    for piece in pieces:
        inner = [occ.addPoint(*(place / unit), 0.0) for place in piece[1:]]
        curves.append(occ.addSpline([last, *inner]))
        last = inner[-1]
    foot = first
    if pieces[0][0, 0] > 0.0:  # on z = 0, beside a flat base
        foot = occ.addPoint(0.0, 0.0, 0.0)
        curves.insert(0, occ.addLine(foot, first))
    curves.append(occ.addLine(last, foot))
    return int(occ.addPlaneSurface([occ.addCurveLoop(curves)]))


def _cut(gmsh: Any, bodies: list[int], box: OpticalBox) -> dict[int, str]:
    """Draw the box around the body and its coatings; return all faces with the one they are of.

    `bodies` hold those before them.
    """
    occ, tools = gmsh.model.occ, []
    for low, high in pairwise(box.heights):
        for left, right in ((0.0, box.radius), (box.radius, box.radius + box.pml)):
            tools.append((2, occ.addRectangle(left, low, 0.0, right - left, high - low)))
    _, parts = occ.fragment([(2, bodies[0])], [(2, body) for body in bodies[1:]] + tools)
    found = {tag: "" for part in parts for _, tag in part}
    for i in range(len(bodies) - 1, -1, -1):
        found.update((tag, f"coating_{i}" if i else "body") for _, tag in parts[i])
    return found


def _sorted_faces(
    gmsh: Any, faces: dict[int, str], box: OpticalBox
) -> tuple[dict[str, list[int]], dict[int, list[int]]]:
    """Return the faces by region, and those outside the body by medium."""
    regions: dict[str, list[int]] = {"body": [], "inner": [], "pml": []}
    media: dict[int, list[int]] = {}
    for face, of in faces.items():
        r0, z0, _, r1, z1, _ = gmsh.model.getBoundingBox(2, face)
        r, z = 0.5 * (r0 + r1), 0.5 * (z0 + z1)
        if of:
            regions.setdefault(of, []).append(face)
            continue
        outside = r > box.radius or not box.bottom < z < box.top
        regions["pml" if outside else "inner"].append(face)
        media.setdefault(sum(z < level for level in box.levels), []).append(face)
    return regions, media


def _ends(gmsh: Any, box: OpticalBox) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"axis": [], "outer": []}
    right, low, high = box.radius + box.pml, box.bottom - box.pml, box.top + box.pml
    for _, curve in gmsh.model.getEntities(1):
        r0, z0, _, r1, z1, _ = gmsh.model.getBoundingBox(1, curve)
        if r1 < _SAME:
            found["axis"].append(curve)
        elif r0 > right - _SAME or z1 < low + _SAME or z0 > high - _SAME:
            found["outer"].append(curve)
    return found


def _size_field(
    gmsh: Any,
    box: OpticalBox,
    regions: dict[str, list[int]],
    media: dict[int, list[int]],
    profile: Profile,
    unit: float,
) -> None:
    field = gmsh.model.mesh.field
    round_ = {"body": box.h_body}
    round_ |= {f"coating_{i}": h for i, h in enumerate(box.h_coats, 1)}
    formulas = []
    for name, size in round_.items():
        faces = [(2, face) for face in regions[name]]
        near = field.add("Distance")
        surface = [curve for _, curve in gmsh.model.getBoundary(faces, oriented=False)]
        field.setNumbers(near, "CurvesList", surface)
        field.setNumber(near, "Sampling", 200)
        formulas.append(f"{size:.11g}+{GROWTH}*F{near}")
    if profile.base_radius:
        rim = f"Sqrt((x-{profile.base_radius / unit:.11g})^2+y^2)"
        formulas.append(f"{box.h_rim:.11g}+{GROWTH}*{rim}")
    if box.gap:
        foot = box.gap + box.levels[0]
        formulas.append(f"{box.gap:.11g}+{GROWTH}*Sqrt(x^2+(y-({foot:.11g}))^2)")
    constant = []
    inside = [(size, regions[name]) for name, size in round_.items()]
    for size, tags in [*inside, *((box.sizes[i], f) for i, f in media.items())]:
        constant.append(field.add("Constant"))
        field.setNumbers(constant[-1], "SurfacesList", tags)
        field.setNumber(constant[-1], "VIn", size)
    set_smallest(gmsh, formulas, constant)
