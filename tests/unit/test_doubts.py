"""What every command says of gain, emissivity and gap before anything is solved."""

from pathlib import Path

import pytest

from thermosim.case.read import load_case
from thermosim.model.of_case import model_of

CASES = Path(__file__).parents[2] / "cases"
MICA, BLACK = CASES / "microparticle_on_mica.toml", CASES / "yamada2024_radiation_limited.toml"


def remarks(path, *overrides):
    return "\n".join(model_of(load_case(path, list(overrides))).remarks(()))


def test_a_small_black_body_is_told():
    said = remarks(BLACK)
    assert "emissivity 1 of the particle is above the 0.026" in said
    assert "38 times less heat" in said
    assert "emissivity" not in remarks(MICA)  # small_body
    assert "emissivity" not in remarks(BLACK, "particle.shape.radius=20 um")


def test_a_dot_of_the_paper():
    """A 5.24 nm dot has 2.3e-5: four orders below the black body."""
    assert "above the 2.3e-05" in remarks(BLACK, "particle.shape.radius=5.24 nm")


@pytest.mark.parametrize("given", [True, False])
def test_a_gap_without_near_field_is_told(given):
    said = remarks(MICA, *(["radiation.near_field=true"] if given else []))
    assert ("the gap under the particle narrows to 1 nm" in said) is not given
    assert ("uncertain by a factor 5" in said) is given


def test_thermodynamics_speaks():
    impossible = ["gain.emission.kind=given", "gain.emission.mean_emission=2.5 eV"]
    said = remarks(MICA, *impossible)
    assert "114 meV above the 2.3864 eV of detailed balance" in said
    assert "detailed balance" not in remarks(MICA)
    lit = CASES / "lit_cylinder.toml"
    assert "detailed balance" in remarks(lit, *impossible)


def test_a_plane_wave_on_a_substrate_that_absorbs_is_told():
    """3 kW/cm² on a disk of 1 mm: 94 W."""
    said = remarks(MICA, "substrate.material=gold")
    assert "a plane wave has no width, so the light that gold would absorb" in said
    assert "up to 94 W falls on the substrate" in said
    assert "plane wave" not in remarks(MICA)  # nobody measured that mica absorbs
    wide = 'laser={profile="gaussian", waist="50 um", intensity="3 kW/cm^2"}'
    assert "plane wave" not in remarks(MICA, "substrate.material=gold", wide)


def test_electrons_are_no_phonons():
    asperity = 'contact={kind="disk", radius="10 nm"}'
    said = remarks(MICA, "substrate.material=gold", asperity)
    assert "mean free path" not in said


def test_a_contact_narrow_against_phonons_is_told():
    """Mica: 3 · 4 W/(m K) / (2.4e6 J/(m³ K) · 3 km/s) is 1.7 nm; Wexler adds 16 Λ/(3πb)."""
    said = remarks(BLACK)
    assert "narrow against the mean free path of phonons in muscovite" in said
    assert "phonons" not in remarks(MICA)  # 129 nm
    told = 'contact.ballistic=[{mean_free_path="2 nm", conductivity="4 W/(m*K)"}]'
    assert "phonons" not in remarks(BLACK, told)
