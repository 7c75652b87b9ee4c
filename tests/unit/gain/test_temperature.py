"""Laws of temperature that belong together: <E_PL>(T) in balance with E_U(T)."""

import numpy as np
import pytest
from scipy.constants import e, k

from thermosim.gain import GainModel, cooling_gain, external_efficiency
from thermosim.gain.cooling import break_even_eta, optimum
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


@pytest.mark.parametrize("E_U_meV", [2.0, 6.0, 15.5, 24.0])
def test_steps_follow_the_width_of_the_edge(E_U_meV, monkeypatch):
    T = np.array([300.0, 450.0, 1000.0])
    line = VanRoosbroeckEmission(edge={"E_U": E_U_meV * 1e-3 * e})
    found = line.mean_at(T, 300.0, 0.0)
    monkeypatch.setattr("thermosim.gain.emission._STEPS", (65536,))
    assert found == pytest.approx(line.mean_at(T, 300.0, 0.0), rel=1e-12, abs=0)


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


QUENCHED = {
    "quenching": {"activation_energy": 0.2 * e, "ratio": 5.0},
    "recombination": {"kind": "trion_biexciton", "eta_X": 0.99},
}


@pytest.mark.parametrize("ensemble", [None, {"gap": {"width": 1e-15 * e}}])
def test_quenching_is_mott_and_seitz(ensemble):
    p = GainModel(**QUENCHED, ensemble=ensemble).parameters(PUMP)
    T = np.array([220.0, 300.0, 380.0])
    law = 1.0 / (1.0 + 5.0 * np.exp(-0.2 * e / (k * T)))
    found = np.array([float(external_efficiency(0.0, p, t)) for t in T])
    assert found == pytest.approx(0.99 * law / law[1], rel=1e-12, abs=0)
    q = p._replace(emitted=(0.99 * law[2] / law[1], 0.09 * law[2] / law[1], 0.0), quenching=None)
    if ensemble is None:
        expected = float(cooling_gain(1e7, 380.0, q))
        assert float(cooling_gain(1e7, 380.0, p)) == pytest.approx(expected, rel=1e-12, abs=0)
        assert optimum(380.0, p) == pytest.approx(optimum(380.0, q), rel=1e-9, abs=0)
        assert break_even_eta(380.0, p) == pytest.approx(
            break_even_eta(380.0, q) * law[1] / law[2], rel=1e-12, abs=0
        )


def test_quenching_takes_the_optimum_with_it():
    p = GainModel(**QUENCHED).parameters(PUMP)
    best = optimum(320.0, p)
    assert best.net_gain == pytest.approx(
        float(cooling_gain(best.intensity, 320.0, p)), rel=1e-12, abs=0
    )
    assert best.net_gain > float(cooling_gain(1.05 * best.intensity, 320.0, p))


def test_an_efficiency_that_would_pass_1_in_the_cold_is_refused():
    with pytest.raises(ValueError, match=r"rises to 1\.002 in the cold"):
        GainModel(quenching=QUENCHED["quenching"])


# lifetimes and efficiency by laws of their own

POWER = {"kind": "power", "exponent": 1.5}
LOSS = {"kind": "activated", "activation_energy": 0.2 * e, "ratio": 5.0}
FULL = {"kind": "trion_biexciton", "eta_X": 0.98, "A": 0.02, "C": 3.0}


def by_hand(T, factors, *, recombination=FULL, **others):
    """A gain model whose numbers are those at ``T`` [K], and what x is there over x at 300 K."""
    f = {"tau_X": 1.0, "tau_T": 1.0, "tau_BX": 1.0, "eta_X": 1.0, **factors}
    rate = f["eta_X"] / f["tau_X"]
    here = {
        **recombination, "tau_X": 29e-9 * f["tau_X"], "eta_X": 0.98 * f["eta_X"],
        "C": 3.0 / f["tau_X"],
        "multi": {"kind": "given", "eta_T": 0.26 * rate * f["tau_T"],
                  "eta_BX": 0.09 * rate * f["tau_BX"]},
    }  # fmt: skip
    return GainModel(recombination=here, **others).parameters(PUMP)


@pytest.mark.parametrize("ensemble", [None, {"gap": {"width": 6e-3 * e}, "nodes": 4}])
@pytest.mark.parametrize("T", [230.0, 300.0, 390.0])
def test_gain_with_lifetimes_at_a_temperature_is_that_of_dots_that_live_as_long(T, ensemble):
    laws = {"tau_X": POWER, "tau_T": {"kind": "power", "exponent": 0.5}, "eta_X": LOSS}
    p = GainModel(
        recombination={**FULL, "eta_X": 0.98}, thermal=laws, ensemble=ensemble
    ).parameters(PUMP)
    law = [1.0 / (1.0 + 5.0 * np.exp(-0.2 * e / (k * t))) for t in (T, 300.0)]
    factors = {"tau_X": (T / 300) ** 1.5, "tau_T": (T / 300) ** 0.5, "eta_X": law[0] / law[1]}
    q = by_hand(T, factors, ensemble=ensemble)
    for I in (1e4, 3e7, 3e9):
        expected = float(cooling_gain(I, T, q))
        assert float(cooling_gain(I, T, p)) == pytest.approx(expected, rel=1e-9, abs=1e-24)
    assert optimum(T, p).intensity == pytest.approx(optimum(T, q).intensity, rel=1e-6, abs=0)


def test_a_law_of_no_change_is_no_law():
    one = {"kind": "power", "exponent": 0.0}
    p = GainModel(recombination=FULL, thermal={"tau_X": one, "eta_X": one}).parameters(PUMP)
    q = GainModel(recombination=FULL).parameters(PUMP)
    for T in (220.0, 300.0, 500.0):
        assert float(cooling_gain(3e7, T, p)) == float(cooling_gain(3e7, T, q))


def test_lifetimes_of_a_ladder_change_all_of_its_rates():
    ladder = {"kind": "ladder", "eta_X": 0.98, "ionisation": 0.1, "bleaching": True}
    laws = {"tau_X": {"kind": "power", "exponent": 0.4}}
    narrow = {"temperature_min": 280.0, "temperature_max": 320.0}
    p = GainModel(recombination=ladder, thermal=laws, **narrow).parameters(PUMP)
    here = {**ladder, "tau_X": 29e-9 * (290 / 300) ** 0.4}
    q = GainModel(recombination=here, **narrow).parameters(PUMP)
    for I in (1e6, 3e7, 3e9):
        assert float(cooling_gain(I, 290.0, p)) == pytest.approx(
            float(cooling_gain(I, 290.0, q)), rel=1e-9, abs=0
        )


def test_a_measured_lifetime_counts_by_its_ratio(tmp_path):
    file = tmp_path / "tau.csv"
    file.write_text("temperature (K), lifetime (ns)\n200,20\n250,24\n300,30\n350,37\n400,45\n")
    law = {"kind": "table", "file": str(file)}
    narrow = {"temperature_min": 200.0, "temperature_max": 400.0}
    p = GainModel(recombination=FULL, thermal={"tau_X": law}, **narrow).parameters(PUMP)
    q = by_hand(250.0, {"tau_X": 24 / 30})
    assert float(cooling_gain(3e7, 250.0, p)) == pytest.approx(
        float(cooling_gain(3e7, 250.0, q)), rel=2e-3, abs=0
    )
    with pytest.raises(ValueError, match="is known from 200 K to 400 K"):
        GainModel(thermal={"tau_X": law})


@pytest.mark.parametrize(
    ("laws", "message"),
    [
        ({}, "give a law for one of"),
        ({"eta_X": LOSS}, r"at .* K, eta_X rises to 1\.00"),
        ({"tau_T": {"kind": "power", "exponent": 3.0}}, r"eta_T rises to \d"),
        ({"tau_X": {"kind": "power"}}, "exponent"),
        ({"tau_X": {"kind": "table", "file": "nowhere.csv"}}, "cannot be read"),
    ],
)
def test_laws_that_cannot_be(laws, message):
    with pytest.raises(ValueError, match=message):
        GainModel(thermal=laws)
