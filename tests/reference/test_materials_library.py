"""Values of the library against the published ones, at 300 K and 532 nm."""

from pathlib import Path

import numpy as np
import pytest
from closed_forms import slab_emissivity

from thermosim.bodies.emissivity import emissivity_law, planck_mie_emissivity
from thermosim.materials import load_material, sources, table

ROOT = Path(__file__).parents[2]

# name: (k, cp, rho, n)
PUBLISHED = {
    "Cs4PbBr6": ([0.30], 225, 4290, 1.69),
    "CsPbBr3": ([0.42], 215, 4830, 2.292 + 0.0169j),
    "muscovite": ([3.9, 0.46], 819, 2830, 1.58),
    "fused_silica": ([1.38], 740, 2203, 1.4607),
    "soda_lime_glass": ([1.0], 840, 2500, 1.52),
    "silicon": ([148.0], 712, 2329, 4.143 + 0.0325j),
    "sapphire": ([35.0], 775, 3980, 1.772),
    "diamond": ([2000.0], 510, 3510, 2.426),
    "gold": ([318.0], 129, 19300, 0.544 + 2.231j),
    "copper": ([401.0], 385, 8960, 1.116 + 2.596j),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_values_at_room_temperature(name):
    k, cp, rho, n = PUBLISHED[name]
    material = load_material(name)
    found = [float(law.at(300.0)) for law in material.conductivity.laws().values()]
    np.testing.assert_allclose(found, k, rtol=1e-14)
    density, specific_heat = material.thermal_mass_laws()
    assert float(specific_heat.at(300.0)) == pytest.approx(cp, rel=1e-14)
    assert float(density.at(300.0)) == pytest.approx(rho, rel=1e-14)
    assert complex(material.refractive_index.at(532e-9)) == pytest.approx(n, abs=2e-5)


@pytest.mark.parametrize(
    ("name", "emissivity"),
    [
        ("fused_silica", 0.8),
        ("soda_lime_glass", 0.85),
        ("sapphire", 0.55),
        ("gold", 0.03),
        ("copper", 0.03),
    ],
)
def test_emissivities(name, emissivity):
    assert float(emissivity_law("material", load_material(name)).at(300.0)) == emissivity


def test_estimates_are_called_estimates():
    host = load_material("Cs4PbBr6")
    assert host.conductivity.k.estimate
    assert (host.conductivity.k.low, host.conductivity.k.high) == (0.2, 0.5)
    assert (host.refractive_index.low, host.refractive_index.high) == (1.65, 1.95)
    assert host.emissivity.uncertainty_factor == 3.0
    assert load_material("silicon").emissivity is None
    assert load_material("diamond").emissivity.high <= 0.05


def test_silicon_conducts_as_a_power_law():
    k = load_material("silicon").conductivity.k
    np.testing.assert_allclose(k.at([300, 600]), 148 * np.array([1, 2**-1.3]), rtol=1e-14)


@pytest.mark.parametrize(
    ("radius_um", "emissivity"),
    [(1, 0.0044), (2, 0.0092), (5, 0.026), (10, 0.052), (50, 0.147)],
)
def test_small_particles_emit_little(radius_um, emissivity):
    host = load_material("Cs4PbBr6")
    by_table = float(emissivity_law("material", host, radius_um * 1e-6).at(300.0))
    assert by_table == pytest.approx(emissivity, rel=1e-12, abs=0)
    # one phonon oscillator gives the same five numbers
    by_mie = float(planck_mie_emissivity(radius_um * 1e-6, 300.0, host.infrared.at))
    assert by_mie == pytest.approx(emissivity, rel=0.02)


@pytest.mark.parametrize(
    ("thickness_um", "emissivity"),
    [(1, 0.26), (2, 0.39), (5, 0.59), (10, 0.72), (20, 0.80), (50, 0.83), (100, 0.84)],
)
def test_mica_emits_by_its_thickness(thickness_um, emissivity):
    mica = load_material("mica")
    by_table = float(emissivity_law("material", mica, thickness_um * 1e-6).at(300.0))
    assert by_table == pytest.approx(emissivity, rel=1e-12, abs=0)
    by_film = float(slab_emissivity(thickness_um * 1e-6, 300.0, mica.infrared.at, 2000))
    assert by_film == pytest.approx(emissivity, abs=5e-3)


def test_documentation_shows_the_library_as_it_is():
    text = (ROOT / "docs" / "materials.md").read_text(encoding="utf-8")
    assert table() in text
    assert sources() in text
