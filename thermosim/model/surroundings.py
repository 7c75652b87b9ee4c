"""What stands around a body whose near field is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Surroundings:
    """What is around a body, in metres.

    Attributes
    ----------
    radius, bottom, top
        Of the cylinder in which the field is known.
    wavelength
        Of the light in vacuum.
    outlines
        Curves of the half plane, shape (n, 2) each: faces of the body and of its coatings.
    levels
        Heights of the faces of the layers.
    """

    radius: float
    bottom: float
    top: float
    wavelength: float
    outlines: tuple[Floats, ...]
    levels: tuple[float, ...]
