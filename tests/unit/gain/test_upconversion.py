"""Up-conversion: law and table, and that gain, optimum and maps meet the same chance."""

import numpy as np
import pytest
from scipy.constants import e, k

from thermosim.gain import GainModel, cooling_gain, external_efficiency
from thermosim.gain.cooling import optimum, parameters_over
from thermosim.gain.upconversion import ActivatedUpConversion

PUMP = 2.33 * e
LAW = {"kind": "activated", "full_energy": 2.40 * e, "ratio": 1e-3}


def law(E, T):
    return 1.0 / (1.0 + 1e-3 * (np.exp(np.maximum(2.40 * e - E, 0.0) / (k * T)) - 1.0))


def test_the_law():
    one = ActivatedUpConversion(full_energy=2.40 * e, ratio=1e-3)
    assert one.efficiency(2.45 * e, 100.0) == 1.0
    assert one.efficiency(PUMP, 250.0) == pytest.approx(law(PUMP, 250.0), rel=1e-14)


@pytest.mark.parametrize("ensemble", [None, {"gap": {"width": 1e-12 * e}}], ids=["alike", "not"])
def test_it_is_a_loss_that_depends_on_pump_and_temperature(ensemble):
    plain = GainModel(ensemble=ensemble).parameters(PUMP)
    p = GainModel(ensemble=ensemble, upconversion=LAW).parameters(PUMP)
    for T in (210.0, 300.0, 400.0):
        found = external_efficiency(0.01, p, T) / external_efficiency(0.01, plain, T)
        assert found == pytest.approx(law(PUMP, T), rel=2e-3)
    less = GainModel(ensemble=ensemble, dark_fraction=1.0 - law(PUMP, 300.0)).parameters(PUMP)
    I = np.geomspace(1e5, 3e7, 4)
    assert cooling_gain(I, 300.0, p) == pytest.approx(cooling_gain(I, 300.0, less), rel=1e-6, abs=0)
    best, same = optimum(300.0, p), optimum(300.0, less)
    assert best.net_gain == pytest.approx(same.net_gain, rel=1e-6, abs=0)


def test_many_pumps_at_once():
    model, E = GainModel(upconversion=LAW), np.array([2.30, 2.33, 2.36]) * e
    together = parameters_over(model, E, 300.0)
    each = [float(cooling_gain(1e7, 300.0, model.parameters(float(one)))) for one in E]
    assert cooling_gain(1e7, 300.0, together) == pytest.approx(each, rel=1e-9, abs=0)


def table(path, T=(200.0, 250.0, 300.0, 350.0, 400.0)):
    rows = [f"{E},{t},{law(E * e, t)}" for t in T for E in np.linspace(2.25, 2.45, 41)]
    path.write_text("\n".join(["energy (eV), temperature (K), efficiency", *rows]))
    return path


def test_a_table_gives_back_what_it_was_made_of(tmp_path):
    section = {"kind": "table", "file": table(tmp_path / "up.csv")}
    model = GainModel(upconversion=section, temperature_max=400.0)
    p = model.parameters(PUMP)
    plain = GainModel(temperature_max=400.0).parameters(PUMP)
    for T in (200.0, 260.0, 300.0, 390.0):
        found = external_efficiency(0.01, p, T) / external_efficiency(0.01, plain, T)
        assert found == pytest.approx(law(PUMP, T), rel=3e-3)
    E = np.array([2.27, 2.33]) * e
    both = model.upconversion.efficiency(E, 300.0)
    assert both == pytest.approx(law(E, 300.0), rel=1e-3)


def test_bad_tables(tmp_path):
    path = tmp_path / "up.csv"
    for text, message in (
        ("a,b,c\n2.3,300,1.2\n2.4,300,1\n2.3,310,1\n2.4,310,1\n", "between 0 and 1"),
        ("a,b,c\n2.3,300,1\n2.4,300,1\n2.3,310,1\n", "same energies at every temperature"),
        ("a,b\n2.3,300\n", "rows must be energy"),
        ("a,b,c\nx,y,z\n", "cannot be read"),
    ):
        path.write_text(text)
        other = tmp_path / f"{abs(hash(message))}.csv"
        other.write_text(text)
        with pytest.raises(ValueError, match=message):
            GainModel(upconversion={"kind": "table", "file": other})
    with pytest.raises(ValueError, match="is known from 200 K to 400 K"):
        GainModel(upconversion={"kind": "table", "file": table(path)}).parameters(PUMP)
