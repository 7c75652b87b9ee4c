"""Cell sizes that follow the physics: fine at the rim of the contact, coarse far away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thermosim.settings import MeshSettings


@dataclass(frozen=True)
class Sizes:
    """Sizes in m: h = h_rim + growth × (distance to the rim), and at most `h_body` on the body.

    The flux is singular at the rim of a contact (like d^-1/2), so the cells there are graded
    geometrically; the far field needs few.
    """

    h_body: float
    body_center: float  # height of the centre above z = 0
    body_radius: float
    contact_radius: float  # 0: no contact
    h_rim: float
    growth: float
    min_quality: float
    max_cells: int

    def scaled(self, factor: float) -> Sizes:
        """Return the sizes in other units of length."""
        return replace(
            self,
            h_body=self.h_body * factor,
            body_center=self.body_center * factor,
            body_radius=self.body_radius * factor,
            contact_radius=self.contact_radius * factor,
            h_rim=self.h_rim * factor,
        )


def default_sizes(
    settings: MeshSettings, dim: int, radius: float, center: float, contact_radius: float
) -> Sizes:
    """Return the sizes for a body of the given radius, centre height and contact radius [m]."""
    per_radius, per_contact, growth = settings.resolved(dim)
    return Sizes(
        h_body=radius / per_radius,
        body_center=center,
        body_radius=radius,
        contact_radius=contact_radius,
        h_rim=contact_radius / per_contact,
        growth=growth,
        min_quality=settings.min_quality,
        max_cells=settings.max_cells,
    )


def set_size_field(gmsh: Any, sizes: Sizes, dim: int) -> None:
    """Hand the sizes (in model units) to gmsh as closed formulas of the position."""
    axis = "y" if dim == 2 else "z"
    r = "x" if dim == 2 else "Sqrt(x*x+y*y)"
    to_center = f"Sqrt(({r})^2+({axis}-({sizes.body_center:.17g}))^2)"
    formulas = [
        f"{sizes.h_body:.17g}+{sizes.growth:.17g}*Fabs({to_center}-{sizes.body_radius:.17g})"
    ]
    if sizes.contact_radius:
        to_rim = f"Sqrt(({r}-{sizes.contact_radius:.17g})^2+{axis}^2)"
        formulas.append(f"{sizes.h_rim:.17g}+{sizes.growth:.17g}*{to_rim}")
    field = gmsh.model.mesh.field
    tags = []
    for formula in formulas:
        tags.append(field.add("MathEval"))
        field.setString(tags[-1], "F", formula)
    smallest = field.add("Min")
    field.setNumbers(smallest, "FieldsList", tags)
    field.setAsBackgroundMesh(smallest)
