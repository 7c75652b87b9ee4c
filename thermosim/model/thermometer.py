"""What a thermometer reads of dots at many temperatures: the tail of the light of them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.guard import edge_of
from thermosim.thermometry import ThermometrySettings, emission_model, virtual_reading

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from thermosim.gain.model import GainModel
    from thermosim.thermometry.particle import VirtualReading


def read_dots(
    gain: GainModel,
    temperature: ArrayLike,
    photons: ArrayLike,
    settings: ThermometrySettings,
    reference: float,
) -> VirtualReading:
    """Return what is read of dots that emit ``photons`` at each ``temperature`` [K], shapes (n,).

    The reference is the same light, all of it at the temperature ``reference`` [K].

    Raises
    ------
    ValueError
        If the line of the dots is not known at these temperatures, or misses the window.
    """
    # the tail that a thermometer reads is in balance with the edge, whatever <E_PL> was given
    balanced = VanRoosbroeckEmission(edge=edge_of(gain))
    spectrum = emission_model(lambda E, t: gain.emission_spectrum(E, t, balanced))
    chosen = settings.model_copy(update={"reference_temperature": reference})
    return virtual_reading(temperature, photons, spectrum, chosen)
