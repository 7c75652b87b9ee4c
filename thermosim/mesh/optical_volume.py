"""The space in which light is solved around a body without axis: media, absorbing layers, mirrors.

Lengths of the drawing and of the mesh are wavelengths in vacuum. Around the body there is a box,
and around the box a perfectly matched layer (PML); mirror planes cut both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.mesh.bodies import draw_body
from thermosim.mesh.session import generate, gmsh_session, name_entities, read_arrays
from thermosim.mesh.sizes import set_smallest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem.data import MeshData
    from thermosim.shapes import ShapeBase

    Floats = NDArray[np.float64]

ORDER = 2
GROWTH = 0.4
"""Of the cells with the distance from small ones."""
_SAME = 1e-6


@dataclass(frozen=True)
class VolumeBox:
    """What is drawn, in wavelengths.

    Attributes
    ----------
    low, high
        Corners of the box; 0 in x and y where a mirror plane ends it.
    pml, below
        Thickness of the absorbing layer around it, and of that in the last medium below it.
    levels
        Heights of the faces of the media, from the top; above the first is vacuum.
    sizes
        Of cells in each medium, from the top.
    h_body
        Of cells in the body.
    h_rim, rim
        Of cells at the rim of a flat that a contact cut, and its radius; 0 without one.
    gap
        Between the body and the face under it; 0 without one.
    mirrors
        Whether x = 0 and y = 0 are mirror planes, and the quarter x, y ≥ 0 is all.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    pml: float
    below: float
    levels: tuple[float, ...]
    sizes: tuple[float, ...]
    h_body: float
    h_rim: float = 0.0
    rim: float = 0.0
    gap: float = 0.0
    mirrors: bool = False

    @property
    def outer(self) -> tuple[Floats, Floats]:
        """Corners of the absorbing layer."""
        low = np.array(self.low) - [self.pml, self.pml, self.below]
        if self.mirrors:
            low[:2] = 0.0
        return low, np.array(self.high) + self.pml


def mesh_optical_volume(
    shape: ShapeBase, contact_radius: float, unit: float, box: VolumeBox
) -> MeshData:
    """Mesh the space around a body on z = 0; `contact_radius` and `unit`, the wavelength, in m.

    A facet that lies on the substrate touches it all over for light, whatever the contact.
    Regions: ``body``, ``inner`` (the rest of the box) and ``pml``; boundaries: ``outer`` and, where
    there are mirrors, ``mirror_x`` and ``mirror_y``, the planes x = 0 and y = 0.
    """
    with gmsh_session() as gmsh:
        cut = 0.0 if shape.base_area else contact_radius
        body = draw_body(gmsh, shape, cut, (0.0, 0.0), unit, quarter=box.mirrors)
        of_body, volumes = _cut(gmsh, body.volume, box)
        regions, media = _sorted_volumes(gmsh, of_body, volumes, box)
        name_entities(gmsh, 3, regions, _ends(gmsh, box))
        _size_field(gmsh, box, regions, media)
        generate(gmsh, 3)
        gmsh.model.mesh.setOrder(ORDER)
        return read_arrays(gmsh, 3, ORDER, unit, "3d", {})


def _cut(gmsh: Any, body: int, box: VolumeBox) -> tuple[list[int], list[int]]:
    """Draw the box around the body; return the volumes of the body that stay, and all that do."""
    occ = gmsh.model.occ
    low, high = box.outer
    levels = [z for z in box.levels if low[2] < z < high[2]]
    tools = [_block(occ, box.low, box.high)]
    for bottom, top in pairwise(sorted([low[2], *levels, high[2]])):
        tools.append(_block(occ, (low[0], low[1], bottom), (high[0], high[1], top)))
    _, parts = occ.fragment([(3, body)], tools)
    occ.synchronize()
    of_body = {tag for dim, tag in parts[0] if dim == 3}
    inside = {tag for part in parts[1:] for dim, tag in part if dim == 3}
    occ.remove([(3, tag) for tag in of_body - inside], recursive=True)
    occ.synchronize()
    for dim in (2, 1, 0):
        alone = [
            e for e in gmsh.model.getEntities(dim) if not len(gmsh.model.getAdjacencies(*e)[0])
        ]
        occ.remove(alone)
        occ.synchronize()
    return sorted(of_body & inside), sorted(inside)


def _block(occ: Any, low: Any, high: Any) -> tuple[int, int]:
    return 3, occ.addBox(*map(float, low), *(float(b - a) for a, b in zip(low, high, strict=True)))


def _sorted_volumes(
    gmsh: Any, of_body: list[int], volumes: list[int], box: VolumeBox
) -> tuple[dict[str, list[int]], dict[int, list[int]]]:
    """Return the volumes by region, and those outside the body by medium."""
    regions: dict[str, list[int]] = {"body": of_body, "inner": [], "pml": []}
    media: dict[int, list[int]] = {}
    low, high = np.array(box.low) - _SAME, np.array(box.high) + _SAME
    for volume in volumes:
        if volume in of_body:
            continue
        ends = np.array(gmsh.model.getBoundingBox(3, volume))
        within = bool((ends[:3] > low - _SAME).all() and (ends[3:] < high + _SAME).all())
        regions["inner" if within else "pml"].append(volume)
        middle = 0.5 * (ends[2] + ends[5])
        media.setdefault(sum(middle < level for level in box.levels), []).append(volume)
    return regions, media


def _ends(gmsh: Any, box: VolumeBox) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"outer": []}
    if box.mirrors:
        found |= {"mirror_x": [], "mirror_y": []}
    for _, face in gmsh.model.getEntities(2):
        if len(gmsh.model.getAdjacencies(2, face)[0]) != 1:
            continue
        ends = np.array(gmsh.model.getBoundingBox(2, face))
        if box.mirrors and ends[3] < _SAME + 1e-6:
            found["mirror_x"].append(face)
        elif box.mirrors and ends[4] < _SAME + 1e-6:
            found["mirror_y"].append(face)
        else:
            found["outer"].append(face)
    return found


def _size_field(
    gmsh: Any, box: VolumeBox, regions: dict[str, list[int]], media: dict[int, list[int]]
) -> None:
    field = gmsh.model.mesh.field
    surface = [
        face
        for _, face in gmsh.model.getBoundary([(3, v) for v in regions["body"]], oriented=False)
        if len(gmsh.model.getAdjacencies(2, face)[0]) == 2
    ]
    near = field.add("Distance")
    field.setNumbers(near, "SurfacesList", surface)
    field.setNumber(near, "Sampling", 20)
    formulas = [f"{box.h_body:.11g}+{GROWTH}*F{near}"]
    if box.rim:
        formulas.append(f"{box.h_rim:.11g}+{GROWTH}*Sqrt((Sqrt(x^2+y^2)-{box.rim:.11g})^2+z^2)")
    if box.gap:
        foot = f"Sqrt(x^2+y^2+(z+{0.5 * box.gap:.11g})^2)"
        formulas.append(f"{box.gap:.11g}+{GROWTH}*{foot}")
    constant = []
    for size, tags in [
        (box.h_body, regions["body"]),
        *((box.sizes[i], v) for i, v in media.items()),
    ]:
        constant.append(field.add("Constant"))
        field.setNumbers(constant[-1], "VolumesList", tags)
        field.setNumber(constant[-1], "VIn", size)
    set_smallest(gmsh, formulas, constant)
