"""The layers under a particle as light meets them: films and parts of the substrate, top down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermosim.materials.optical import index_of_laser
from thermosim.model.model import Ground

if TYPE_CHECKING:
    from thermosim.bodies.substrates import SubstratePart
    from thermosim.case.particle_case import Case


def ground_of(case: Case, wavelength: float, light: str) -> tuple[Ground, ...]:
    """Return films and layers of the substrate from the top, with their indices.

    `wavelength` [m] is that in vacuum of a `light` that messages name. An index that nobody knows
    is no number.
    """
    found = []
    for part in case.substrate.parts():
        top, bottom = part.top, part.top - part.thickness
        faces = {f.boundary for f in case.substrate.faces() if f.part.region == part.region}
        films = [(f"films[{i}].material", film) for i, film in enumerate(case.films)]
        on = [(key, film) for key, film in films if film.boundary in faces]

        def layer(
            material: str, key: str, top: float, thickness: float, *, film: bool = False,
            part: SubstratePart = part,
        ) -> Ground:  # fmt: skip
            table = case.material(material).refractive_index
            index = index_of_laser(table, wavelength, material, light)
            return Ground(part.region, part.plan, top, thickness, index, material, key, film)

        found += [
            layer(film.material, key, top, film.thickness, film=True)
            for key, film in on
            if film.boundary == "substrate_top"
        ]
        found.append(layer(part.material, f"substrate.{part.key}", top, part.thickness))
        found += [
            layer(film.material, key, bottom, film.thickness, film=True)
            for key, film in on
            if film.boundary == "substrate_bottom"
        ]
    return tuple(found)
