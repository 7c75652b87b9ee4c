"""How many cells a mesh will have, before it is made: cell sizes integrated over the body."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import TYPE_CHECKING

from thermosim.errors import MeshError

if TYPE_CHECKING:
    from thermosim.mesh.layers import Layer
    from thermosim.mesh.sizes import Sizes
    from thermosim.shapes.profile import Profile

# equilateral triangles of edge h per h²; tetrahedra per h³ as gmsh makes them, with its transitions
_PER_AREA = 4 / sqrt(3)
_PER_VOLUME = 4.25


OF_PARTICLE = "lower mesh.refinement, cells_per_radius or cells_per_contact, or raise mesh.growth"
OF_BODY = "raise mesh.size, near or target_error, or lower mesh.refinement"


def check_count(count: float, max_cells: int, remedy: str = OF_PARTICLE) -> None:
    """Refuse more cells than allowed; `remedy` says how to make fewer.

    Raises
    ------
    MeshError
        Giving the count and the limit.
    """
    if count > max_cells:
        raise MeshError(
            f"the mesh would have about {count:.3g} cells, more than mesh.max_cells = {max_cells}; "
            f"{remedy}, or raise the limit"
        )


def body_cells(size: float, content: float, dim: int) -> float:
    """Estimate the cells of a body of an area or volume with cells of a size, in any unit."""
    return (_PER_AREA if dim == 2 else _PER_VOLUME) * content / size**dim


def plane_cells(profile: Profile, layers: tuple[Layer, ...], sizes: Sizes) -> float:
    """Estimate the triangles of a half plane, within about a factor 2."""
    h, g, size = sizes.h_body, sizes.growth, profile.size
    # a strip along the surface whose cells grow inward: ∫ l dd/(h + g d)²
    surface = pi * size / (g * h) * (1 - 1 / (1 + g * size / (2 * h)))
    total = surface * (1.0 if sizes.contact_radius else 0.6)
    if sizes.contact_radius:
        far = max([size, *(layer.plan.extent for layer in layers)])
        rings = log(1 + g * far / sizes.h_rim) / g**2
        total += pi * rings
    return _PER_AREA * total


def solid_cells(
    volume: float, contacts: int, rim_length: float, sizes: Sizes, extent: float
) -> float:
    """Estimate the tetrahedra of bodies of a volume [m³] with equal contacts, from above.

    Around each rim of a length L, ∫ L 2πd dd/(h + g d)³; farther out, ∫ 4πd² dd/(g d)³.
    """
    h, g, b = sizes.h_body, sizes.growth, sizes.contact_radius
    total = volume / h**3
    if b:
        rim = rim_length * pi / (g**2 * sizes.h_rim)
        far = 4 * pi / g**3 * log(1 + extent / b)
        total += contacts * (rim + far)
    return _PER_VOLUME * total


def sheet_cells(layer: Layer, widest: float) -> float:
    """Estimate the tetrahedra of a thin layer whose cells are at most `widest` [m]."""
    return 3 * _PER_AREA * layer.plan.area / widest**2
