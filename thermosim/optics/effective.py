"""A host with small inclusions as one medium: Maxwell Garnett's effective permittivity."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from thermosim.language.sections import Section
from thermosim.language.units import Fraction

DENSEST = 0.64
"""Share of the volume that spheres fill at most when poured together (random close packing)."""


def maxwell_garnett(n_host: Any, n_dot: Any, volume_fraction: Any) -> Any:
    """Return the index ``n + ik`` of a host with spheres far smaller than the wavelength.

    ``eps = eps_h (1 + 2 f b)/(1 - f b)``, ``b = (eps_d - eps_h)/(eps_d + 2 eps_h)``; indices may be
    complex. Garnett, Phil. Trans. R. Soc. A 203, 385 (1904), 10.1098/rsta.1904.0024; Bohren &
    Huffman (1983), eq. 8.50. Neighbours count as a mean field: good to a third of the volume.
    """
    host, dot = np.asarray(n_host, complex) ** 2, np.asarray(n_dot, complex) ** 2
    b = (dot - host) / (dot + 2.0 * host)
    return np.sqrt(host * (1.0 + 2.0 * volume_fraction * b) / (1.0 - volume_fraction * b))


class Inclusions(Section):
    """Dots in the body that change its refractive index; their absorption is that of the gain."""

    material: str = Field("CsPbBr3", description="Name of the material of the dots")
    volume_fraction: Annotated[Fraction, Field(gt=0, le=DENSEST)] = Field(
        description="Share of the volume that dots fill"
    )
