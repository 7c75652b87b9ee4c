"""Properties that hold for every physical input."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import e

from thermosim.gain import GainModel, cooling_gain, excitation_number, heat_source
from thermosim.gain.cooling import closed_optimum, optimum
from thermosim.gain.escape.given import GivenEscape
from thermosim.gain.ladder_section import LadderRecombination
from thermosim.gain.recombination import GivenEfficiencies, TrionBiexciton
from thermosim.gain.source import external_efficiency, internal_efficiency

share = st.floats(0.0, 1.0)
pump = st.floats(2.2, 2.38)
temperature = st.floats(150.0, 1200.0)
log_intensity = st.floats(-2.0, 12.0)


@st.composite
def escapes(draw):
    f_escape = draw(st.floats(0.01, 1.0))
    return GivenEscape(
        f_escape=f_escape,
        f_reabsorbed=(1.0 - f_escape) * draw(share),
        red_shift=draw(st.floats(0.0, 0.02)) * e,
    )


@st.composite
def recombinations(draw):
    if draw(st.booleans()):
        return TrionBiexciton(
            eta_X=draw(share),
            multi=GivenEfficiencies(eta_T=draw(share), eta_BX=draw(share)),
            A=draw(st.floats(0.0, 1.0)),
            C=draw(st.floats(0.0, 1e6)),
        )
    return LadderRecombination(
        eta_X=draw(st.floats(0.3, 1.0)),
        neutral_states=draw(st.integers(2, 4)),
        charged_states=draw(st.integers(1, 2)),
        ionisation=draw(st.floats(0.0, 0.5)),
        neutralisation=draw(st.floats(1e2, 1e7)),
        bleaching=draw(st.booleans()),
    )


@st.composite
def models(draw):
    return GainModel(
        recombination=draw(recombinations()),
        escape=draw(escapes()),
        dark_fraction=draw(share),
        alpha_background=draw(st.floats(0.0, 100.0)),
    )


@settings(max_examples=60)
@given(models(), pump, st.floats(-12.0, 6.0))
def test_efficiencies_lie_between_0_and_1(model, E, log_x):
    p = model.parameters(E * e)
    x = 10.0**log_x
    assert 0.0 <= internal_efficiency(x, p) <= 1.0 + 1e-12
    assert 0.0 <= external_efficiency(x, p) <= 1.0 + 1e-12
    assert external_efficiency(x, p) <= internal_efficiency(x, p) * (1.0 + 1e-12)


@settings(max_examples=60)
@given(models(), pump, temperature)
def test_gain_vanishes_with_the_intensity(model, E, T):
    p = model.parameters(E * e)
    assert cooling_gain(0.0, T, p) == 0.0
    assert heat_source(0.0, T, p) == 0.0
    small = np.array([1e-6, 1e-9]) / float(excitation_number(1.0, T, p))
    gain = cooling_gain(small, T, p)
    assert np.all(np.abs(gain) <= small * p.sigma_abs * 1e9)
    assert abs(gain[1]) <= max(2e-3 * abs(gain[0]), 1e-30)


@settings(max_examples=60)
@given(share, share, st.floats(0.0, 10.0), pump, temperature, log_intensity)
def test_gain_rises_with_the_exciton_efficiency(eta_1, eta_2, C, E, T, log_I):
    low, high = sorted((eta_1, eta_2))
    gains = [
        float(
            cooling_gain(
                10.0**log_I,
                T,
                GainModel(recombination=TrionBiexciton(eta_X=eta, C=C)).parameters(E * e),
            )
        )
        for eta in (low, high)
    ]
    assert gains[0] <= gains[1]


@settings(max_examples=60)
@given(models(), pump, temperature, log_intensity)
def test_no_more_is_drawn_than_the_emission_carries(model, E, T, log_I):
    p = model.parameters(E * e)
    beta = float(excitation_number(10.0**log_I, T, p)) / p.tau_X
    assert cooling_gain(10.0**log_I, T, p) <= beta * (float(model.mean_emission(1000.0)) - E * e)


@settings(max_examples=60)
@given(models(), pump)
def test_optimum_is_above_every_sample(model, E):
    p = model.parameters(E * e)
    best = optimum(300.0, p)
    x = np.logspace(-8, 6, 400)
    I = x / float(excitation_number(1.0, 300.0, p))
    net = -heat_source(I, 300.0, p) / p.n_dots
    assert np.all(net <= best.net_gain * (1.0 + 1e-9) + 1e-12 * I * p.sigma_abs)
    before = net[x < 0.999 * best.x_crossover]
    assert np.all(before > -1e-9 * I[x < 0.999 * best.x_crossover] * p.sigma_abs)
    if np.isfinite(best.x_crossover):
        after = (x > 1.001 * best.x_crossover) & (x < 1.01 * best.x_crossover)
        assert np.all(net[after] <= 0.0)


@settings(max_examples=60)
@given(st.floats(0.98, 1.0), st.floats(0.0, 0.5), pump)
def test_numerical_optimum_meets_the_closed_form(eta_X, eta_BX, E):
    section = TrionBiexciton(eta_X=eta_X, multi=GivenEfficiencies(eta_BX=eta_BX))
    best = optimum(300.0, GainModel(recombination=section).parameters(E * e))
    x, gain, crossover = closed_optimum(E * e, 2.3871 * e, eta_X, eta_BX, 29e-9)
    margin = eta_X * 2.3871 - E  # relative rounding grows as this vanishes
    tolerance = 1e-10 if abs(margin) > 1e-3 else 1e-14 / max(abs(margin), 1e-14)
    for found, expected in zip(
        (best.x, best.net_gain, best.x_crossover), (x, gain, crossover), strict=True
    ):
        assert abs(found - expected) <= tolerance * abs(expected)
