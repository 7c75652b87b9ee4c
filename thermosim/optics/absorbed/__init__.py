"""The light inside the body on the heat mesh, and the heat that it makes."""

from thermosim.optics.absorbed.accounts import light_summary
from thermosim.optics.absorbed.cells import intensity_by_cell
from thermosim.optics.absorbed.coupling import couple
from thermosim.optics.absorbed.light import AbsorbedLight, absorbed_light
from thermosim.optics.absorbed.source import GainSource, LightSource, as_constants

__all__ = [
    "AbsorbedLight",
    "GainSource",
    "LightSource",
    "absorbed_light",
    "as_constants",
    "couple",
    "intensity_by_cell",
    "light_summary",
]
