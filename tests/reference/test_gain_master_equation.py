"""The master equation of a dot against Eq. (2), closed forms and an integrator."""

import numpy as np
import pytest
from closed_forms import ladder_efficiency, populations_under_light, trion_biexciton_ladder
from scipy.constants import e
from scipy.integrate import solve_ivp

from thermosim.gain import GainModel, cooling_gain, quantum_efficiency
from thermosim.gain.ladder_section import LadderRecombination
from thermosim.gain.master import (
    efficiency_of_ladder,
    generator,
    pulsed_populations,
)
from thermosim.gain.recombination import TrionBiexciton
from thermosim.gain.source import internal_efficiency
from thermosim.gain.trpl import ladder_decay, poisson_start, pulsed_decay

X = np.logspace(-8, 4, 61)
CASES = [(0.0, 0.0), (0.05, 0.7), (0.3, 1e3), (1.0, 20.0)]


@pytest.mark.parametrize(("A", "C"), CASES)
def test_rate_model_gives_equation_2(A, C):
    section = TrionBiexciton(eta_X=0.97, A=A, C=C)
    eta = ladder_efficiency(X / section.tau_X, trion_biexciton_ladder(section))
    expected = quantum_efficiency(X, *section.efficiencies(), A, C)
    np.testing.assert_allclose(eta, expected, rtol=1e-12)


@pytest.mark.parametrize(("A", "C"), CASES)
def test_populations_satisfy_the_rate_equations(A, C):
    ladder = trion_biexciton_ladder(TrionBiexciton(A=A, C=C))
    p = populations_under_light(1e5, ladder)
    flow = p @ generator(ladder.decay + 1e5 * ladder.climb)
    assert np.abs(flow).max() < 1e-12 * np.abs(np.diag(generator(ladder.decay))).max()
    assert p.sum() == pytest.approx(1.0, rel=1e-14, abs=0.0)


def test_absorption_in_every_state_adds_one_term():
    section = TrionBiexciton(eta_X=0.97)
    ladder = trion_biexciton_ladder(section, absorbing="all")
    eta_X, _, eta_BX = section.efficiencies()
    extra = section.tau_BX / section.tau_X * X**2
    expected = (eta_X + eta_BX * X) / (1.0 + X + extra)
    np.testing.assert_allclose(ladder_efficiency(X / section.tau_X, ladder), expected, rtol=1e-12)
    _, absorbed, _ = efficiency_of_ladder(ladder, section.tau_X)
    np.testing.assert_allclose(absorbed, [1.0, 1.0, section.tau_BX / section.tau_X], rtol=1e-14)


@pytest.mark.parametrize(("A", "C"), [(0.05, 0.7), (0.3, 1e3)])
def test_polynomials_of_the_rate_model_are_those_of_equation_2(A, C):
    section = TrionBiexciton(eta_X=0.97, A=A, C=C)
    emitted, absorbed, _ = efficiency_of_ladder(trion_biexciton_ladder(section), section.tau_X)
    eta_X, eta_T, eta_BX = section.efficiencies()
    np.testing.assert_allclose(emitted, [eta_X, eta_BX, eta_T * C], rtol=1e-12)
    np.testing.assert_allclose(absorbed, [1.0, 1.0 + A, C], rtol=1e-12)


def test_ladder_section_with_two_excitons_and_one_trion_is_equation_2():
    ladder = LadderRecombination(
        eta_X=1.0, neutral_states=2, charged_states=1, ionisation=0.02, neutralisation=1e6,
        absorbing="below_top",
    )  # fmt: skip
    C = 0.02 / (1e6 * 29e-9)
    p = GainModel(recombination=ladder).parameters(2.33 * e)
    expected = quantum_efficiency(X, *ladder.efficiencies(), 0.02, C)
    np.testing.assert_allclose(internal_efficiency(X, p), expected, rtol=1e-9)


@pytest.mark.parametrize("neutral", [1, 3, 6])
@pytest.mark.parametrize("charged", [1, 4])
def test_polynomials_agree_with_the_numerical_steady_state(neutral, charged):
    section = LadderRecombination(
        eta_X=0.95, neutral_states=neutral, charged_states=charged, ionisation=0.1,
        ionisation_X=1e-4, neutralisation=1e4, bleaching=True, absorbing="below_top",
    )  # fmt: skip
    model = GainModel(recombination=section)
    p = model.parameters(2.33 * e)
    beta = X / section.tau_X
    np.testing.assert_allclose(
        internal_efficiency(X, p), ladder_efficiency(beta, section.ladder()), rtol=1e-9
    )
    assert all(value >= 0 for value in (*p.emitted, *p.absorbed, *p.population))
    populations = populations_under_light(beta, section.ladder())
    absorbed = beta * (populations @ section.ladder().absorption)
    emitted = populations @ section.ladder().emission
    intensity = X * p.photon_energy / (p.sigma_abs * p.tau_X)
    expected = emitted * p.mean_emission - absorbed * p.photon_energy
    gain = cooling_gain(intensity, 300.0, p)
    np.testing.assert_allclose(gain, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).min())


def test_statistical_scaling_of_higher_states():
    section = LadderRecombination(neutral_states=3, charged_states=2)
    k_X = 1.0 / 29e-9
    auger_T, auger_BX = 1.0 / 3e-9 - 2.0 * k_X, 1.0 / 0.5e-9 - 4.0 * k_X
    assert section.lifetime(1, 0) == pytest.approx(29e-9, rel=1e-14, abs=0.0)
    assert section.lifetime(1, 1) == pytest.approx(3e-9, rel=1e-14, abs=0.0)
    assert section.lifetime(2, 0) == pytest.approx(0.5e-9, rel=1e-14, abs=0.0)
    # N²(N - 1) = 18 against 4 for the biexciton
    assert section.lifetime(3, 0) == pytest.approx(
        1.0 / (9 * k_X + 4.5 * auger_BX), rel=1e-14, abs=0.0
    )
    electron, hole = auger_T / 2.0, auger_BX / 4.0 - auger_T / 2.0
    rate = 6 * k_X + 6 * (2 * electron + hole)
    assert section.lifetime(2, 1) == pytest.approx(1.0 / rate, rel=1e-14, abs=0.0)


def test_measured_lifetime_replaces_the_scaled_one():
    section = LadderRecombination(measured=[{"excitons": 3, "tau": 0.2e-9, "eta": 0.05}])
    assert section.lifetime(3, 0) == 0.2e-9
    assert section.ladder().emission[3] == pytest.approx(0.05 / 0.2e-9, rel=1e-14, abs=0.0)
    assert section.lifetime(2, 0) == pytest.approx(0.5e-9, rel=1e-14, abs=0.0)


@pytest.mark.parametrize("charged", [0.0, 0.3])
@pytest.mark.parametrize("ionisation", [0.0, 0.4])
def test_pulsed_closed_form_against_the_ladder(charged, ionisation):
    section = TrionBiexciton(eta_X=1.0, A=ionisation, multi={"kind": "scaled", "eta_X": 1.0})
    # Charged dots born in the pulse stay dark here: c has no way to emit without light.
    ladder = trion_biexciton_ladder(section)
    time = np.array([0.0, 0.1, 1.0, 7.0, 60.0]) * 1e-9
    for n in (1e-3, 0.5, 3.0):
        by_ladder = ladder_decay(time, n, ladder, 2, charged) * section.tau_X
        closed = pulsed_decay(time, n, ionisation=ionisation, charged_fraction=charged)
        np.testing.assert_allclose(by_ladder, closed, rtol=1e-11)


def test_pulsed_populations_against_an_integrator():
    ladder = LadderRecombination(ionisation=0.2, neutralisation=1e8).ladder()
    start = np.concatenate([poisson_start(1.5, 4), np.zeros(3)])
    Q = generator(ladder.decay)
    time = np.array([0.2e-9, 3e-9, 50e-9])
    solution = solve_ivp(
        lambda _, p: p @ Q, (0.0, 50e-9), start, "LSODA", time, rtol=1e-11, atol=1e-15
    )
    found = pulsed_populations(time, start, ladder)
    np.testing.assert_allclose(found, solution.y.T, rtol=1e-8, atol=1e-11)


def test_poisson_start_sums_to_one_and_holds_the_tail():
    chances = poisson_start([1e-6, 0.7, 20.0], 3)
    np.testing.assert_allclose(chances.sum(axis=-1), 1.0, rtol=1e-14)
    n = np.array([1e-6, 0.7, 20.0])
    np.testing.assert_allclose(chances[:, 1], n * np.exp(-n), rtol=1e-9)
    assert chances[0, 2] == pytest.approx(0.5e-12, rel=1e-5, abs=0.0)


def test_fed_population_is_smooth_where_lifetimes_agree():
    near = pulsed_decay(1e-9, 1.0, tau_X=1e-9, tau_BX=1e-9 * (1 + 1e-9))
    same = pulsed_decay(1e-9, 1.0, tau_X=1e-9, tau_BX=1e-9)
    assert float(near) == pytest.approx(float(same), rel=1e-8, abs=0.0)


def test_ionisation_leaves_a_charged_dot_with_two_excitons_fewer():
    section = LadderRecombination(
        neutral_states=3, charged_states=2, ionisation=0.2, ionisation_X=0.01, neutralisation=1e4
    )
    ladder = section.ladder()
    assert ladder.names == ("0X", "1X", "2X", "3X", "0X+c", "1X+c", "2X+c")
    for start, charged, neutral, chance in ((1, 4, 0, 0.01), (2, 4, 1, 0.2), (3, 5, 2, 0.2)):
        rate = 1.0 / section.lifetime(start, 0)
        row = np.zeros(7)
        row[charged], row[neutral] = chance * rate, (1.0 - chance) * rate
        np.testing.assert_allclose(ladder.decay[start], row, rtol=1e-14)
    np.testing.assert_allclose(ladder.decay[4], [1e4, 0, 0, 0, 0, 0, 0], rtol=1e-14)
