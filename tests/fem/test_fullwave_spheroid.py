"""Full wave optics against a spheroid of another method and other hands."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from tests.fullwave import solved  # noqa: E402
from thermosim.light.fullwave.samples import field_at  # noqa: E402
from thermosim.optics.layered_field import K  # noqa: E402
from thermosim.shapes import Ellipsoid  # noqa: E402

INDEX = 1.5 + 0.5j
# S_11 and -S_22 over the radius of equal volume
AMPLITUDES = {"p": (3.89338755e-2 - 2.43467777e-1j) / 2, "s": (8.38637654e-2 - 3.10409912e-1j) / 2}


def sent_back(found, kind):
    """Amplitude of the light that goes back to where it came from, over that of the light.

    ``k²/(4 pi) ∫ (ε - 1) E·e exp(-i k n·x) dV``, n the way back and e along the field; the light
    comes along x, "p" has its field along z and "s" along y.
    """
    system, unit = found.best.system, found.task.unit
    points, phi = system.body, 2 * np.pi * np.arange(64) / 64
    cos, sin = np.cos(phi), np.sin(phi)
    along = np.zeros((len(points.r), len(phi)), complex)
    for (which, m), beam in found.light.beams.items():
        assert which == kind
        E = system.background(beam, points)
        E = E + field_at(found.best.scattered[which, m], points, system.domain)
        even = np.ones_like(phi) if m == 0 else 2 * np.cos(m * phi)
        if kind == "p":
            along += E[:, 1:2] * even
        else:
            odd = 2j * np.sin(m * phi)
            along += E[:, :1] * odd * sin + 1j * (E[:, 2] / points.r)[:, None] * even * cos
    turn = np.exp(1j * K * points.r[:, None] * cos)
    whole = (points.weight[:, None] * (INDEX**2 - 1) * along * turn).mean(axis=1).sum()
    return K**2 / (4 * np.pi) * whole * unit


@pytest.mark.parametrize("kind", ["p", "s"])
def test_light_from_the_side_of_an_oblate_spheroid(kind):
    """A T-matrix by extended boundary conditions, phases and all.

    Axes 1 : 0.6, radius of equal volume 2 where the wavelength is 6.5, m = 1.5 + 0.5i, straight
    back across the axis: what the tests of pytmatrix (Leinonen, doi:10.1364/OE.22.001655) hold the
    Fortran of Mishchenko and Travis to, doi:10.1016/S0022-4073(98)00008-9.
    """
    wavelength, radius = 650e-9, 200e-9
    a = radius * (1 / 0.6) ** (1 / 3)
    shape = Ellipsoid(a=a, b=a, c=0.6 * a)
    found = solved(
        radius, index=INDEX, shape=shape, wavelength=wavelength, tilt=math.pi / 2,
        polarisation_angle=0.0 if kind == "p" else math.pi / 2,
    )  # fmt: skip
    assert sent_back(found, kind) / radius == pytest.approx(AMPLITUDES[kind], rel=3e-4)
