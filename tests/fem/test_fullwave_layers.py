"""Layers that absorb: gold and dark glass under a sphere, and the heat of the true field."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from tests.fem.test_fullwave_case import FOCUS, case_of  # noqa: E402
from tests.fullwave import GAP, INDEX, QUICK, WAVELENGTH, efficiencies, solved  # noqa: E402
from thermosim.light.fullwave.layers import in_layers  # noqa: E402
from thermosim.optics.axial import plane_wave  # noqa: E402
from thermosim.optics.layered_field import Stack  # noqa: E402
from thermosim.optics.mie_layers import PlaneLayers, lit_sphere, scattered_up  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

R = 0.3e-6
K = 2 * math.pi / WAVELENGTH
GOLD, DARK = 0.544 + 2.231j, 1.5 + 0.5j
LAYERS = {"gold": ((GOLD,), ()), "film": ((GOLD, 1.58), (50e-9,)), "dark": ((DARK,), ())}

GOLD_SLAB = {"kind": "slab", "material": "gold", "radius": "50 um", "thickness": "20 um"}
TOUCH = {"kind": "disk", "radius": "100 nm"}
COARSE = {"mesh": {"cells_per_radius": 4}, "uncertainty": {"method": "none"}}


def stack_of(indices, thicknesses):
    return Stack((1.0, *indices), tuple(d / WAVELENGTH for d in thicknesses), -GAP / WAVELENGTH)


@pytest.mark.parametrize("name", LAYERS)
def test_above_layers_that_absorb(name):
    """Sphere by T-matrix; what neither it absorbs nor the sky gets is in the layers, or below."""
    indices, thicknesses = LAYERS[name]
    under = PlaneLayers(K * (R + GAP), indices, tuple(K * d for d in thicknesses))
    exact = lit_sphere(INDEX, K * R, plane_wave(), under)
    found = solved(R, stack_of(indices, thicknesses))
    area, w = math.pi * (R / WAVELENGTH) ** 2, found.best.powers
    Q_ext, Q_abs, _ = efficiencies(found, R)
    assert Q_ext == pytest.approx(exact.Q_ext, rel=2e-4)
    assert Q_abs == pytest.approx(exact.Q_abs, rel=5e-4)
    assert w.up / area == pytest.approx(scattered_up(exact, under), rel=3e-4)
    # the ledger closes: the field itself, point by point, but for what lies beyond the mesh
    (layer,) = in_layers(found).values()
    rest = w.extinction - w.absorbed - w.scattered
    assert 0.9 * rest < layer.scattered < rest
    if name == "dark":  # light goes straight in; along gold it goes on as surface waves
        assert layer.scattered == pytest.approx(rest, rel=5e-3)


def test_a_body_that_is_not_there_changes_nothing():
    (layer,) = in_layers(solved(R, stack_of((DARK,), ()), index=1.0 + 0j)).values()
    assert len(layer.points) > 1000
    assert layer.scattered == pytest.approx(0.0, abs=1e-15)
    assert np.abs(layer.change).max() < 1e-15


def test_places_around_the_axis():
    """Linear light heats along and across its field otherwise; the sum is that of the mean."""
    found = solved(R, stack_of((GOLD,), ()), optics=QUICK.model_copy(update={"margin": 0.5}))
    (mean,), (around,) = (in_layers(found, turns).values() for turns in (1, 8))
    assert around.change.sum() == pytest.approx(mean.change.sum(), rel=1e-9)
    assert np.abs(around.change).sum() > 1.02 * np.abs(mean.change).sum()
    assert np.ptp(around.points[:, 1]) > 0.0


def test_heat_of_gold_under_a_grain():
    """A focus of 0.4 µm: the grain sends more into gold than it keeps from it."""
    laser, on = (
        {**FOCUS, "intensity": "1 kW/cm^2"},
        {"substrate": GOLD_SLAB, "contact": TOUCH, **COARSE},
    )
    quick = {"model": "full_wave", "error_estimate": False}
    found = simulate(case_of(quick, laser=laser, **on)).summary
    beam = found["substrate_incident_W"] - found["substrate_reflected_W"]
    assert found["heat_source_substrate_W"] == pytest.approx(found["absorbed_by_substrate_W"])
    assert found["absorbed_by_substrate_W"] > 1.1 * beam
    assert found["absorbed_by_substrate_W"] < found["substrate_incident_W"]
    assert 0.0 < found["optics_layers_beyond_fraction"] < 0.1
    balance = found["optics_extinguished_W"] - sum(
        found[f"optics_{name}_W"] for name in ("absorbed", "scattered", "into_layers")
    )
    assert abs(balance) < 1e-9 * found["optics_extinguished_W"]
    # a body of index 1 leaves what the beam brings
    nothing = {**quick, "refractive_index": 1.0}
    empty = simulate(case_of(nothing, laser=laser, **on)).summary
    assert empty["absorbed_by_substrate_W"] == pytest.approx(beam, rel=1e-3)


def test_a_plane_wave_heats_layers_by_what_the_body_changes():
    run = simulate(case_of(substrate=GOLD_SLAB, contact=TOUCH, **COARSE))
    assert run.summary["absorbed_by_substrate_W"] != 0.0
    assert run.summary["optics_Q_layers"] > 1.0
    assert any("a plane wave has no width" in note for note in run.notes)
