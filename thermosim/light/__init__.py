"""The light inside the body on the heat mesh, and the heat that it makes."""

import thermosim.fem.library  # noqa: F401  before any module here imports DOLFINx

# isort: split

from thermosim.light.absorbed import AbsorbedLight
from thermosim.light.accounts import at_lit_points, intensity_by_cell, light_summary, lit_points
from thermosim.light.coupling import couple
from thermosim.light.light import absorbed_light
from thermosim.light.source import GainSource, LightSource, as_constants

__all__ = [
    "AbsorbedLight",
    "GainSource",
    "LightSource",
    "absorbed_light",
    "as_constants",
    "at_lit_points",
    "couple",
    "intensity_by_cell",
    "light_summary",
    "lit_points",
]
