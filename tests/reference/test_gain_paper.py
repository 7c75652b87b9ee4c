"""Numbers of arXiv:2406.10641 and the arithmetic behind them."""

import numpy as np
import pytest
from scipy.constants import e

from thermosim.gain import GainModel, cooling_gain, excitation_number, heat_source
from thermosim.gain.absorption import cross_section_from_optimum
from thermosim.gain.cooling import (
    best_photon_energy,
    best_photon_energy_urbach,
    break_even_eta,
    closed_optimum,
    optimum,
    peak_gain_ratio,
)
from thermosim.gain.efficiency import (
    radiative_lifetime,
    radiative_scaling,
    scaled_efficiency,
)
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.escape.given import GivenEscape
from thermosim.gain.recombination import ScaledEfficiencies, TrionBiexciton
from thermosim.gain.source import external_efficiency
from thermosim.gain.tables import gain_summary, intensity_curve, spectrum_curves, trpl_table

PUMP = 2.33 * e
TAU_X, TAU_T, TAU_BX = 29e-9, 3.0e-9, 0.5e-9


def half_unit(printed):
    """Half a unit of the last printed digit."""
    decimals = len(printed.partition(".")[2])
    return 0.5 * 10.0**-decimals


def assert_prints(value, printed):
    assert abs(value - float(printed)) <= half_unit(printed) * (1 + 1e-9), (value, printed)


@pytest.mark.parametrize(
    ("convention", "tau_rad_ns", "eta_T", "eta_BX"),
    [("tau_times_eta", "23.2", "0.2586", "0.0862"), ("tau_over_eta", "36.25", "0.1655", "0.0552")],
)
def test_radiative_lifetimes_and_efficiencies_of_both_conventions(
    convention, tau_rad_ns, eta_T, eta_BX
):
    tau_rad = radiative_lifetime(TAU_X, 0.8, convention)
    assert_prints(tau_rad * 1e9, tau_rad_ns)
    assert_prints(scaled_efficiency(TAU_T, tau_rad, radiative_scaling(1, 1)), eta_T)
    assert_prints(scaled_efficiency(TAU_BX, tau_rad, radiative_scaling(2)), eta_BX)
    section = TrionBiexciton(multi=ScaledEfficiencies(eta_X=0.8, convention=convention))
    assert_prints(section.efficiencies()[1], eta_T)
    assert_prints(section.efficiencies()[2], eta_BX)


def test_paper_prints_trion_and_biexciton_from_tau_times_eta():
    _, eta_T, eta_BX = TrionBiexciton(
        multi=ScaledEfficiencies(eta_X=0.8, convention="tau_times_eta")
    ).efficiencies()
    assert_prints(eta_T, "0.26")
    assert_prints(eta_BX, "0.09")


@pytest.mark.parametrize(
    ("mean_eV", "x_opt", "g_fW"),
    [
        (2.3871, "0.01341", "2.1008"),
        (2.38, "0.01175", "1.613"),
        (2.3896, "0.01399", "2.288"),
    ],
)
def test_optimum_for_each_reading_of_the_mean_emission(mean_eV, x_opt, g_fW):
    closed = closed_optimum(PUMP, mean_eV * e, 1.0, 0.09, TAU_X)
    assert_prints(float(closed[0]), x_opt)
    assert_prints(float(closed[1]) * 1e15, g_fW)
    model = GainModel(emission={"kind": "given", "mean_emission": mean_eV * e})
    best = optimum(300.0, model.parameters(PUMP))
    assert best.x == pytest.approx(float(closed[0]), rel=1e-10, abs=0.0)
    assert best.net_gain == pytest.approx(float(closed[1]), rel=1e-10, abs=0.0)
    assert best.x_crossover == pytest.approx(float(closed[2]), rel=1e-10, abs=0.0)


def test_no_single_mean_emission_meets_all_three_printed_numbers():
    means = np.linspace(2.37, 2.40, 3001)
    x_opt, gain, _ = closed_optimum(PUMP, means * e, 1.0, 0.09, TAU_X)
    prints_x = np.abs(x_opt - 0.014) <= 0.0005
    prints_gain = np.abs(gain * 1e15 - 2.1) <= 0.05
    prints_threshold = np.abs(means - 2.38) <= 0.005
    assert prints_x.any()
    assert prints_gain.any()
    assert not np.any(prints_x & prints_gain & prints_threshold)


def test_crossover():
    x_0 = float(closed_optimum(PUMP, 2.3871 * e, 1.0, 0.09, TAU_X)[2])
    assert_prints(x_0, "0.02700")
    x_opt = float(closed_optimum(PUMP, 2.3871 * e, 1.0, 0.09, TAU_X)[0])
    assert x_0 == pytest.approx(x_opt * (2.0 + x_opt), rel=1e-10, abs=0.0)
    assert_prints(x_0 / x_opt, "2.0")


def test_default_model_is_the_most_favourable_case_of_the_paper():
    summary = gain_summary(GainModel(), PUMP)
    assert_prints(summary["g_max_W"] * 1e15, "2.1008")
    assert_prints(summary["x_opt"], "0.01341")
    assert_prints(summary["x_crossover"], "0.02700")
    assert_prints(summary["eta_X_break_even"], "0.976")
    assert (summary["eta_X"], summary["eta_T"], summary["eta_BX"]) == (1.0, 0.26, 0.09)
    assert summary["problems"] == []
    # 18.3 nW in a sphere of 5 µm with 1.66e22 dots per m³
    total = -summary["heat_source_at_opt_W_per_m3"] * 4.0 / 3.0 * np.pi * (5e-6) ** 3
    assert_prints(total * 1e9, "18.3")


def test_efficiency_needed_to_cool():
    p = GainModel().parameters(PUMP)
    needed = break_even_eta(300.0, p)
    assert_prints(needed, "0.976")
    assert needed == pytest.approx(2.33 / 2.3871, rel=1e-14, abs=0.0)
    section = TrionBiexciton(eta_X=needed)
    at_edge = GainModel(recombination=section).parameters(PUMP)
    assert abs(float(cooling_gain(1e-6, 300.0, at_edge))) < 1e-12 * float(
        cooling_gain(1e-6, 300.0, p)
    )


@pytest.mark.parametrize(
    ("eta", "ratio"), [(0.99, ".215"), (0.98, ".046"), (0.97, ".010"), (0.96, ".002")]
)
def test_peaks_of_the_gain_spectrum(eta, ratio):
    assert_prints(float(peak_gain_ratio(2.38 * e, eta, 15.5e-3 * e)), ratio)
    model = GainModel(emission={"kind": "given", "mean_emission": 2.38 * e})
    best = best_photon_energy_urbach(2.38 * e, np.array([1.0, eta]), 15.5e-3 * e)
    curves = spectrum_curves(model, [1.0, eta], best)
    assert curves.gain[1, 1] / curves.gain[0, 0] == pytest.approx(
        float(peak_gain_ratio(2.38 * e, eta, 15.5e-3 * e)), rel=1e-10, abs=0.0
    )


def test_best_photon_energy_is_one_urbach_energy_below_the_threshold():
    model = GainModel()
    best = best_photon_energy(model)
    assert best == pytest.approx((2.3871 - 0.0155) * e, rel=1e-14, abs=0.0)
    E = best + np.linspace(-1.0, 1.0, 2001) * 1e-3 * e
    curves = spectrum_curves(model, [1.0], E)
    assert abs(E[np.argmax(curves.gain[0])] - best) <= 1e-6 * e
    assert spectrum_curves(model, [1.0]).gain[0].max() > 0


@pytest.mark.parametrize(("kW_per_cm2", "cm2"), [(1, 1.8e-16), (3, 6.0e-17), (10, 1.8e-17)])
def test_cross_section_from_the_optimum_intensity(kW_per_cm2, cm2):
    sigma = cross_section_from_optimum(0.014, PUMP, TAU_X, kW_per_cm2 * 1e7) * 1e4
    assert float(f"{sigma:.1e}") == cm2
    section = {"kind": "optimum", "intensity": kW_per_cm2 * 1e7, "x_opt": 0.014}
    p = GainModel(cross_section=section).parameters(PUMP)
    assert float(excitation_number(kW_per_cm2 * 1e7, 300.0, p)) == pytest.approx(
        0.014, rel=1e-14, abs=0.0
    )


def test_emission_by_detailed_balance():
    line = VanRoosbroeckEmission()
    assert_prints(float(line.mean_at(300.0, 300.0, 0.0)) / e, "2.3864")
    E = np.linspace(2.2, 2.6, 400_001) * e
    s = line.spectrum(E, 300.0, 300.0, 0.0)
    assert_prints(E[np.argmax(s)] / e, "2.3946")
    assert_prints(np.ptp(E[s >= 0.5 * s.max()]) / e * 1e3, "83")


TRPL = {
    0.1: ("1.0920", ".9875", ".9390", ".8592", ".6747", ".2398"),
    1.0: ("1.4248", ".9158", ".7218", ".5761", ".4510", ".1603"),
}


def test_decays_after_a_pulse():
    time = np.array([0.0, 0.5, 1.0, 3.0, 10.0, 40.0]) * 1e-9
    decays = trpl_table(GainModel(), time, list(TRPL))
    for row, printed in zip(decays.signal, TRPL.values(), strict=True):
        for value, digits in zip(row, printed, strict=True):
            assert_prints(value, digits)


@pytest.mark.parametrize(
    ("f_escape", "red_shift_meV", "eta_ext"),
    [(0.983, 0.6, ".9898"), (0.925, 2.9, ".9892"), (0.866, 5.3, ".9885"), (0.629, 17.0, ".9842")],
)
def test_external_efficiency_of_rough_grains(f_escape, red_shift_meV, eta_ext):
    escape = GivenEscape(
        f_escape=f_escape, f_reabsorbed=1.0 - f_escape, red_shift=red_shift_meV * 1e-3 * e
    )
    model = GainModel(recombination=TrionBiexciton(eta_X=0.99), escape=escape)
    assert_prints(float(external_efficiency(0.0, model.parameters(PUMP))), eta_ext)


def test_figure_3_bends_from_cooling_to_heating():
    curve = intensity_curve(GainModel(), PUMP)
    crossing = curve.intensity[np.argmax(curve.gain < 0)]
    best = optimum(300.0, GainModel().parameters(PUMP))
    step = curve.intensity[1] / curve.intensity[0]
    assert best.intensity_crossover <= crossing <= step * best.intensity_crossover
    assert np.all(curve.gain_without_auger > 0)
    linear = curve.gain_without_auger / curve.intensity
    np.testing.assert_allclose(linear, linear[0], rtol=1e-12)
    np.testing.assert_allclose(curve.heat_source, -1.66e22 * curve.gain, rtol=1e-14)


def test_isolated_dot_and_ensemble_have_the_sign_of_the_glossary():
    p = GainModel().parameters(PUMP)
    assert float(heat_source(1e7, 300.0, p)) < 0 < float(cooling_gain(1e7, 300.0, p))
