"""Laws of temperature that belong together: <E_PL>(T) in balance with E_U(T)."""

import numpy as np
import pytest
from scipy.constants import e

from thermosim.gain import GainModel, cooling_gain
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.tables import temperature_variants

PUMP = 2.33 * e
EINSTEIN = {"kind": "urbach", "E_U_model": "einstein"}
BALANCE = {"kind": "detailed_balance"}


def slope(model):
    """d<E_PL>/dT [meV/K]."""
    energy = np.asarray(model.mean_emission([299.0, 301.0]))
    return float(np.diff(energy)[0]) / 2.0 / e * 1e3


def test_detailed_balance_with_the_own_edge():
    own = GainModel(emission=BALANCE)
    named = GainModel(emission={"kind": "van_roosbroeck"})
    assert float(own.mean_emission()) == pytest.approx(
        float(named.mean_emission()), rel=1e-14, abs=0
    )
    assert slope(own) == pytest.approx(0.58, abs=0.005)
    assert slope(GainModel(emission=BALANCE, absorption=EINSTEIN)) == pytest.approx(0.24, abs=0.005)
    edge = {"kind": "fermi_edge", "E_1": 2.45 * e, "E_U": 0.014 * e}
    moved = GainModel(emission=BALANCE, absorption=edge)
    assert moved.line == VanRoosbroeckEmission(edge=edge)
    E = np.linspace(2.0, 2.9, 50) * e
    assert moved.emission_spectrum(E) == pytest.approx(
        moved.line.spectrum(E, 300.0, 300.0, 0.0), rel=1e-14, abs=0
    )


def test_the_spread_between_laws_is_told():
    found = temperature_variants(GainModel(), PUMP, 3e7, 300.0)
    for name, sections in {
        "as_given": {},
        "detailed_balance_E_U_constant": {"emission": BALANCE},
        "detailed_balance_einstein": {"emission": BALANCE, "absorption": EINSTEIN},
    }.items():
        p = GainModel(**sections).parameters(PUMP)
        ratio = float(cooling_gain(3e7, 291.0, p) / cooling_gain(3e7, 300.0, p))
        assert found[f"gain_9K_colder_{name}"] == pytest.approx(ratio, rel=1e-8, abs=0)
    values = list(found.values())
    assert values[1] < values[0] < values[2] < 1.0


def test_a_table_is_in_balance_with_nothing(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("energy (eV),absorption\n2.2,0.01\n2.3,0.1\n2.4,1\n2.5,1.1\n")
    table = {"kind": "table", "file": str(file)}
    with pytest.raises(ValueError, match="detailed_balance"):
        GainModel(emission=BALANCE, absorption=table)
    measured = GainModel(absorption=table, temperature_min=290.0, temperature_max=310.0)
    found = temperature_variants(measured, PUMP, 3e7, 300.0)
    assert set(found) == {"gain_9K_colder_as_given"}
