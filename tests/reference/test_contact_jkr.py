"""Contact radii by adhesion, and the constriction between half-spaces."""

import numpy as np
import pytest

from thermosim.bodies.contact import JKRContact, constriction_resistance, jkr_modulus, jkr_radius


@pytest.mark.parametrize(("radius_um", "contact_nm"), [(1, 44), (2, 70), (5, 129), (10, 205)])
def test_printed_contact_radii(radius_um, contact_nm):
    found = JKRContact(work_of_adhesion=0.1).radius_for(radius_um * 1e-6)
    assert found * 1e9 == pytest.approx(contact_nm, abs=0.5)


def test_printed_radii_imply_the_modulus():
    R = np.array([1, 2, 5, 10]) * 1e-6
    a = np.array([44, 70, 129, 205]) * 1e-9
    low = 6 * np.pi * 0.1 * R**2 / (a + 0.5e-9) ** 3
    high = 6 * np.pi * 0.1 * R**2 / (a - 0.5e-9) ** 3
    assert low.max() < JKRContact().effective_modulus < high.min()
    perovskite_on_mica = float(jkr_modulus(20e9, 0.33, 60e9, 0.25))
    assert perovskite_on_mica == pytest.approx(JKRContact().effective_modulus, rel=0.01)


def test_closed_form_without_load():
    R, W, K = 5e-6, 0.1, 22e9
    assert float(jkr_radius(R, W, K)) == pytest.approx(
        (6 * np.pi * W * R**2 / K) ** (1 / 3), rel=1e-12, abs=0
    )


def test_disk_on_an_anisotropic_half_space():
    b = 129e-9
    alone = float(constriction_resistance(b, np.inf, 3.9, 0.46))
    assert alone == pytest.approx(1 / (4 * b * np.sqrt(3.9 * 0.46)), rel=1e-12)
    total = float(constriction_resistance(b, 0.3, 3.9, 0.46, 1e8))
    parts = 1 / (4 * 0.3 * b) + alone + 1 / (np.pi * b**2 * 1e8)
    assert total == pytest.approx(parts, rel=1e-12)
