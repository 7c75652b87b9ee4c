"""The substrate as light meets it: the refractive index of what lies under the particle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from thermosim.errors import CaseError, Problem

if TYPE_CHECKING:
    from thermosim.bodies.substrates import Substrate
    from thermosim.materials import Material


def index_of_top(
    substrate: Substrate, material: Callable[[str], Material], wavelength: float
) -> complex | None:
    """Return n + ik of the part under the particle at the vacuum `wavelength` [m].

    None where there is no substrate. `material` gives a material by its name.

    Raises
    ------
    CaseError
        If the material has no refractive index.
    """
    for top in substrate.parts():
        table = material(top.material).refractive_index
        if table is not None:
            return complex(table.at(wavelength))
        rule = f'rays need the refractive index of "{top.material}", which is not known'
        remedy = "give the material a refractive_index"
        raise CaseError([Problem(f"substrate.{top.key}", f'"{top.material}"', rule, remedy)])
    return None
