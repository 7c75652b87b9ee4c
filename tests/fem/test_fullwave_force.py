"""The force of light by Maxwell's stress: the radiation pressure of the series, and its balance."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from tests.fullwave import INDEX, MICA, QUICK, WAVELENGTH, solved  # noqa: E402
from thermosim.optics.layered_field import Stack  # noqa: E402
from thermosim.optics.mie import mie_efficiencies  # noqa: E402

R = 0.3e-6


def pressure(found):
    """The force over intensity and the cross-section of the sphere, times c."""
    return found.best.powers.force / (math.pi * (R / WAVELENGTH) ** 2)


def of_mie(index=INDEX):
    """``Q_ext - g Q_sca``; Bohren and Huffman, section 4.5."""
    Q_ext, Q_sca, _, g = mie_efficiencies(index, 2 * math.pi * R / WAVELENGTH)
    return float(Q_ext - g * Q_sca)


def test_radiation_pressure_is_that_of_the_series():
    """Down for light from above, up for light from below; the same in layers of vacuum."""
    exact = of_mie()
    assert pressure(solved(R)) == pytest.approx(-exact, rel=1e-3)
    assert pressure(solved(R, tilt=math.pi)) == pytest.approx(exact, rel=1e-3)
    nothing = Stack((1.0, 1.0), (), -0.1)
    assert pressure(solved(R, nothing)) == pytest.approx(-exact, rel=1e-3)


def test_oblique_light_pushes_along_its_way():
    tilted = solved(R, tilt=math.pi / 3)
    assert pressure(tilted) == pytest.approx(-of_mie() * math.cos(math.pi / 3), rel=2e-3)


def test_above_mica_two_meshes_agree():
    """No formula is known here: the shell of other cells must say the same."""
    found = pressure(solved(R, MICA))
    finer = QUICK.model_copy(update={"cells_per_wavelength": 4.5})
    assert found == pytest.approx(pressure(solved(R, MICA, optics=finer)), rel=2e-3)
    assert found != pytest.approx(-of_mie(), rel=0.02)


def test_on_a_contact_there_is_none():
    found = solved(R, Stack((1.0, 1.58)), contact=50e-9)
    assert not found.task.is_free
    assert found.best.powers.force == 0.0
    assert np.isfinite(found.best.powers.extinction)
