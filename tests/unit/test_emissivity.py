import numpy as np
import pytest
from closed_forms import opaque_emissivity, rayleigh_emissivity, slab_emissivity
from pydantic import TypeAdapter, ValidationError
from scipy import constants

from thermosim.bodies.emissivity import (
    ParticleEmissivity,
    PlanckMie,
    SurfaceEmissivity,
    emissivity_law,
    planck_average,
    planck_mie_emissivity,
    planck_wavelengths,
)
from thermosim.materials import LorentzInfrared, Material, SizeTable, load_material

CRYSTAL = LorentzInfrared(
    eps_inf=2.86, oscillators=({"frequency": 3e12, "damping": 0.62e12, "strength": 3.4},)
)


def constant_index(m):
    return lambda wavelength: np.full(np.shape(wavelength), m, dtype=complex)


def test_planck_average_of_a_constant_is_the_constant():
    wavelength = planck_wavelengths(100.0, 1000.0)
    found = planck_average(np.full(wavelength.shape, 0.37), wavelength, [[100.0, 300.0, 1000.0]])
    assert found.shape == (1, 3)
    np.testing.assert_allclose(found, 0.37, rtol=1e-14)


def test_planck_average_of_a_power_law_is_a_zeta_function():
    from scipy.special import gamma, zeta

    # <1/lambda> = (kT/hc) ∫u⁴/(e^u-1) / ∫u³/(e^u-1)
    T = np.array([200.0, 300.0])
    wavelength = planck_wavelengths(200.0, 300.0, 2000)
    expected = constants.k * T / (constants.h * constants.c) * gamma(5) * zeta(5)
    expected /= gamma(4) * zeta(4)
    np.testing.assert_allclose(planck_average(1 / wavelength, wavelength, T), expected, rtol=2e-6)


def test_small_spheres_follow_rayleigh_and_are_proportional_to_the_radius():
    radii = np.array([1e-9, 1e-8])
    mie = np.array([float(planck_mie_emissivity(R, 300.0, CRYSTAL.at)) for R in radii])
    rayleigh = np.array([float(rayleigh_emissivity(R, 300.0, CRYSTAL.at)) for R in radii])
    np.testing.assert_allclose(mie, rayleigh, rtol=1e-5)
    assert mie[1] / mie[0] == pytest.approx(10.0, rel=1e-5)


def test_weakly_absorbing_sphere_of_index_one_is_beer_lambert():
    # no reflection: Q_abs = 1 - (1-(1+t)e^-t) 2/t², t = 2 alpha R, in the geometric limit
    k, R = 0.002, 60e-6
    wavelength = planck_wavelengths(300.0, 300.0, 400)
    t = 8 * np.pi * k * R / wavelength
    beer_lambert = planck_average(1 - 2 / t**2 * (1 - (1 + t) * np.exp(-t)), wavelength, 300.0)
    mie = planck_mie_emissivity(R, 300.0, constant_index(1 + 1j * k), 400)
    assert float(mie) == pytest.approx(float(beer_lambert), rel=2e-3)


def test_large_absorbing_sphere_tends_to_the_hemispherical_emissivity():
    index = constant_index(1.5 + 0.3j)
    flat = float(opaque_emissivity(300.0, index, 200))
    radii = (1e-4, 4e-4)
    excess = [float(planck_mie_emissivity(R, 300.0, index, 200)) / flat - 1 for R in radii]
    # the edge of the sphere adds terms of order x^(-2/3) and x^(-1)
    assert 0 < excess[1] < 0.05
    assert 4 ** (2 / 3) < excess[0] / excess[1] < 4


@pytest.mark.parametrize("m", [1.5 + 0.3j, 2.2 + 0.01j, 0.3 + 4j])
def test_slab_limits(m):
    index = constant_index(m)
    thick = float(slab_emissivity(10.0, 300.0, index, 200))
    assert thick == pytest.approx(float(opaque_emissivity(300.0, index, 200)), rel=1e-12, abs=0)
    thin = [
        float(slab_emissivity(d, 300.0, constant_index(1.4 + 1e-3j), 200)) for d in (1e-9, 2e-9)
    ]
    assert thin[1] / thin[0] == pytest.approx(2.0, rel=1e-3)


def test_opaque_limit_without_contrast_is_black():
    assert float(opaque_emissivity(300.0, constant_index(1 + 1e-6j), 100)) == pytest.approx(
        1.0, abs=1e-5
    )


def test_normal_incidence_formula_of_metals():
    # hemispherical emissivity of a good conductor is 4/3 of the normal one, 4n/((n+1)²+k²)
    n, k = 60.0, 60.0
    normal = 4 * n / ((n + 1) ** 2 + k**2)
    found = float(opaque_emissivity(300.0, constant_index(n + 1j * k), 50))
    assert found == pytest.approx(4 / 3 * normal, rel=0.05)


def test_law_of_a_number_or_of_the_material():
    mica, glass = load_material("mica"), load_material("fused_silica")
    assert emissivity_law(0.4, mica).is_constant
    assert float(emissivity_law(0.4, mica).at(500.0)) == 0.4
    assert float(emissivity_law("material", glass).at(300.0)) == 0.8
    assert float(emissivity_law("material", mica, 20e-6).at(300.0)) == pytest.approx(
        0.8, rel=1e-12, abs=0
    )


def test_law_of_a_small_body_tracks_the_planck_mie_integral():
    law = emissivity_law("small_body", load_material("Cs4PbBr6"), 5e-6)
    T = np.array([80.0, 150.0, 291.0, 300.0, 400.0])
    direct = [float(planck_mie_emissivity(5e-6, t, CRYSTAL.at)) for t in T]
    np.testing.assert_allclose(law.at(T), direct, rtol=3e-4)
    same = emissivity_law(PlanckMie(infrared=CRYSTAL), Material(conductivity=1.0), 5e-6)
    np.testing.assert_array_equal(law.at(T), same.at(T))


def test_law_of_a_small_body_from_a_table_of_sizes():
    table = SizeTable(size="radius", sizes=(1e-6, 4e-6), values=(0.01, 0.04))
    material = Material(conductivity=1.0, emissivity=table)
    assert float(emissivity_law("small_body", material, 2e-6).at(300.0)) == pytest.approx(0.02)


def test_missing_data_are_named():
    bare = Material(conductivity=1.0)
    with pytest.raises(ValueError, match="has no emissivity: give a number"):
        emissivity_law("material", bare)
    with pytest.raises(ValueError, match="needs infrared constants"):
        emissivity_law("small_body", bare, 1e-6)
    with pytest.raises(ValueError, match="depends on the size"):
        emissivity_law("material", load_material("mica"))
    with pytest.raises(ValueError, match="depends on the size"):
        emissivity_law("small_body", load_material("Cs4PbBr6"))


INFRARED = {
    "kind": "lorentz",
    "eps_inf": 2.8,
    "oscillators": [{"frequency": "3 THz", "damping": "1 THz", "strength": 1.0}],
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [(0.5, 0.5), (1, 1.0), ("material", "material"), ("small_body", "small_body")],
)
def test_particle_emissivity(given, expected):
    found = TypeAdapter(ParticleEmissivity).validate_python(given, context={"case_file": True})
    assert found == expected


def test_particle_emissivity_from_infrared_constants():
    adapter = TypeAdapter(ParticleEmissivity)
    section = adapter.validate_python(
        {"kind": "planck_mie", "infrared": INFRARED}, context={"case_file": True}
    )
    assert section.infrared.oscillators[0].frequency == 3e12
    assert adapter.validate_python(section.model_dump()) == section
    with pytest.raises(ValidationError, match="Field required"):
        adapter.validate_python({"kind": "planck_mie"})
    with pytest.raises(ValidationError, match="needs a unit"):
        adapter.validate_python(
            {"kind": "planck_mie", "infrared": {"kind": "table", "wavelengths": [1], "n": [1]}},
            context={"case_file": True},
        )


@pytest.mark.parametrize("given", [1.5, -0.1, True, "0.5", "blak", None, [0.5]])
def test_bad_emissivities_get_one_message(given):
    for kind in (ParticleEmissivity, SurfaceEmissivity):
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(kind).validate_python(given)
        assert caught.value.error_count() == 1
        assert "must be a number from 0 to 1" in str(caught.value)
