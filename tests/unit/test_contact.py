import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from thermosim.bodies.contact import (
    DEFAULT_MODULUS,
    Contact,
    JKRContact,
    NoContact,
    ballistic_resistance,
    constriction_resistance,
    jkr_modulus,
    jkr_radius,
    rough_contact_conductance,
)

CONTACT = TypeAdapter(Contact)


def from_file(fields):
    return CONTACT.validate_python(fields, context={"case_file": True})


def test_none():
    contact = from_file({"kind": "none"})
    assert contact == NoContact()
    assert contact.radius_for(5e-6) == 0.0
    assert contact.conductance == 0.0


def test_disk_is_perfect_unless_told_otherwise():
    contact = from_file({"kind": "disk", "radius": "100 nm"})
    assert contact.radius_for(5e-6) == 1e-7
    assert contact.conductance is None
    given_h = from_file({"kind": "disk", "radius": "100 nm", "h_c": "2e7 W/(m^2*K)"})
    assert given_h.conductance == pytest.approx(2e7, rel=1e-15)
    kapitza = {"kind": "kapitza", "resistance": "5e-8 m^2*K/W"}
    assert from_file(
        {"kind": "disk", "radius": "100 nm", "h_c": kapitza}
    ).conductance == pytest.approx(2e7, rel=1e-14)


def test_resistances_of_interface_and_ballistic_parts_add():
    fields = {
        "kind": "disk",
        "radius": "100 nm",
        "h_c": "1e8 W/(m^2*K)",
        "ballistic": [
            {"mean_free_path": "10 nm", "conductivity": "0.4 W/(m*K)"},
            {"mean_free_path": "30 nm", "conductivity": "4 W/(m*K)"},
        ],
    }
    expected = 1 / (1e-8 + 4 * 10e-9 / (3 * 0.4) + 4 * 30e-9 / (3 * 4))
    assert from_file(fields).conductance == pytest.approx(expected, rel=1e-14)
    del fields["h_c"]
    assert from_file(fields).conductance == pytest.approx(1 / (1 / expected - 1e-8), rel=1e-14)


def test_rough_interface():
    rough = {
        "kind": "rough",
        "roughness": "1 um",
        "slope": 0.1,
        "contact_pressure": "1 MPa",
        "hardness": "1 GPa",
        "k_1": "1 W/(m*K)",
        "k_2": "3 W/(m*K)",
    }
    contact = from_file({"kind": "disk", "radius": "1 um", "h_c": rough})
    expected = 1.25 * 1.5 * 0.1 / 1e-6 * 1e-3**0.95
    assert contact.conductance == pytest.approx(expected, rel=1e-14)
    with pytest.raises(ValidationError, match="must be below hardness"):
        from_file({"kind": "disk", "radius": "1 um", "h_c": {**rough, "hardness": "1 MPa"}})


def test_contact_larger_than_the_particle_is_refused():
    with pytest.raises(ValueError, match="must be smaller"):
        JKRContact(modulus=1e3).radius_for(1e-6)


def test_elasticity_is_given_once():
    body = {"youngs_modulus": "20 GPa", "poisson_ratio": 0.33}
    mica = {"youngs_modulus": "60 GPa", "poisson_ratio": 0.25}
    both = from_file({"kind": "jkr", "particle": body, "substrate": mica})
    assert both.effective_modulus == float(jkr_modulus(20e9, 0.33, 60e9, 0.25))
    assert both.effective_modulus == pytest.approx(DEFAULT_MODULUS, rel=0.01)
    assert JKRContact().effective_modulus == DEFAULT_MODULUS
    assert JKRContact(modulus=1e10).effective_modulus == 1e10
    with pytest.raises(ValidationError, match="of both particle and substrate"):
        from_file({"kind": "jkr", "particle": body})
    with pytest.raises(ValidationError, match="not both"):
        from_file({"kind": "jkr", "particle": body, "substrate": mica, "modulus": "1 GPa"})


@given(st.floats(1e-8, 1e-4), st.floats(1e-3, 10.0), st.floats(1e8, 1e12), st.floats(0, 1e-3))
def test_jkr_radius_solves_the_jkr_equation(R, W, K, load):
    a = float(jkr_radius(R, W, K, load))
    # equilibrium: F = K a³/R - sqrt(6 pi W K a³)
    force = K * a**3 / R - np.sqrt(6 * np.pi * W * K * a**3)
    assert force == pytest.approx(load, rel=1e-9, abs=1e-9 * K * a**3 / R)


def test_jkr_without_adhesion_is_hertz():
    R, K, F = 5e-6, 2e10, 1e-6
    assert float(jkr_radius(R, 0.0, K, F)) == pytest.approx(
        (R * F / K) ** (1 / 3), rel=1e-14, abs=0
    )


def test_constriction_terms():
    b = np.array([1e-7, 2e-7])
    total = constriction_resistance(b, 0.3, 3.9, 0.46, 1e8)
    expected = 1 / (1.2 * b) + 1 / (4 * b * np.sqrt(3.9 * 0.46)) + 1 / (np.pi * b**2 * 1e8)
    np.testing.assert_allclose(total, expected, rtol=1e-14)
    np.testing.assert_allclose(
        constriction_resistance(b, np.inf, 2.0), 1 / (4 * b * 2.0), rtol=1e-14
    )
    np.testing.assert_allclose(
        constriction_resistance(b, 0.3, 3.9, 0.46, np.inf),
        constriction_resistance(b, 0.3, 3.9, 0.46),
        rtol=1e-14,
    )


def test_ballistic_resistance_over_the_disk_is_the_wexler_term():
    b, mean_free_path, k = 1.29e-7, 5e-8, 0.4
    over_disk = float(ballistic_resistance(mean_free_path, k)) / (np.pi * b**2)
    assert over_disk == pytest.approx(4 * mean_free_path / (3 * np.pi * k * b**2), rel=1e-14)


def test_rough_contact_broadcasts():
    found = rough_contact_conductance(1e-6, [[0.1], [0.2]], [1e-3, 1e-4], 1.0, 1.0)
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found[1], 2 * found[0], rtol=1e-15)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "glue"}, "does not match any of the expected tags"),
        ({"kind": "disk"}, "Field required"),
        ({"kind": "disk", "radius": "0 nm"}, "greater than 0"),
        ({"kind": "disk", "radius": "1 nm", "h_c": "1e8 W/K"}, "wrong dimension"),
        ({"kind": "disk", "radius": "1 nm", "h_c": {"kind": "given"}}, "Field required"),
        ({"kind": "jkr", "work_of_adhesion": "-1 J/m^2"}, "greater than or equal to 0"),
        ({"kind": "none", "radius": "1 nm"}, "Extra inputs"),
    ],
)
def test_bad_contacts(fields, message):
    with pytest.raises(ValidationError, match=message):
        from_file(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "none"},
        {"kind": "jkr", "h_c": 1e8, "ballistic": [{"mean_free_path": 1e-8, "conductivity": 1.0}]},
        {"kind": "disk", "radius": 1e-7, "h_c": {"kind": "kapitza", "resistance": 1e-8}},
    ],
)
def test_contacts_survive_dump_and_pickle(fields):
    contact = CONTACT.validate_python(fields)
    assert CONTACT.validate_python(contact.model_dump()) == contact
    assert pickle.loads(pickle.dumps(contact)) == contact
