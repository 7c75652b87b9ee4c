import json

import numpy as np
import pytest
from scipy.constants import e, k
from scipy.optimize import minimize_scalar

from thermosim.gain import GainModel, cooling_gain, excitation_number, heat_source
from thermosim.gain.cooling import (
    best_photon_energy,
    break_even_eta,
    closed_optimum,
    cooling_efficiency,
    joint_optimum,
    optimum,
    parameters_over,
)
from thermosim.gain.guard import (
    chemical_potential,
    entropy_margin,
    thermal_emission_rate,
    thermodynamic_guard,
)
from thermosim.gain.recombination import GivenEfficiencies, TrionBiexciton
from thermosim.gain.tables import (
    gain_summary,
    intensity_curve,
    net_cooling_map,
    spectrum_curves,
    trpl_table,
)
from thermosim.visual.gain_plots import (
    draw_cooling_map,
    draw_decays,
    draw_gain_spectrum,
    draw_intensity_curve,
)

PUMP = 2.33 * e
ISSUE_KEYS = {
    "mean_emission_eV", "eta_X", "eta_T", "eta_BX", "x_opt", "g_max_W", "x_crossover",
    "eta_ext_at_opt", "intensity_opt_W_per_m2", "intensity_crossover_W_per_m2",
    "best_photon_energy_eV", "n_dots_per_m3",
}  # fmt: skip
MODELS = {
    "charging": {"recombination": {"kind": "trion_biexciton", "A": 0.05, "C": 4.0}},
    "ladder": {"recombination": {"kind": "ladder", "ionisation": 0.1, "bleaching": True}},
    "body": {
        "escape": {"kind": "given", "f_escape": 0.9, "f_reabsorbed": 0.099, "red_shift": 0.003 * e},
        "alpha_background": 0.1,
        "dark_fraction": 0.001,
    },
}


@pytest.mark.parametrize("name", MODELS)
def test_optimum_against_a_search(name):
    p = GainModel(**MODELS[name]).parameters(PUMP)
    best = optimum(300.0, p)
    found = minimize_scalar(
        lambda log_I: float(heat_source(np.exp(log_I), 300.0, p)),
        bounds=(np.log(1e4), np.log(best.intensity_crossover)),
        method="bounded", options={"xatol": 1e-10},
    )  # fmt: skip
    assert best.net_gain == pytest.approx(-found.fun / p.n_dots, rel=1e-10, abs=0.0)
    assert best.intensity == pytest.approx(np.exp(found.x), rel=1e-5, abs=0.0)
    at_crossover = float(heat_source(best.intensity_crossover, 300.0, p))
    assert abs(at_crossover) < 1e-10 * p.n_dots * best.net_gain
    assert float(excitation_number(best.intensity, 300.0, p)) == pytest.approx(
        best.x, rel=1e-13, abs=0.0
    )


def test_nothing_cools_above_the_emission():
    best = optimum(300.0, GainModel().parameters(2.40 * e))
    assert best == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert [float(v) for v in closed_optimum(2.40 * e, 2.3871 * e, 1.0, 0.09, 29e-9)] == [0, 0, 0]
    summary = gain_summary(GainModel(), 2.40 * e)
    assert summary["cools"] is False
    assert summary["g_max_W"] == 0.0


def test_gain_that_never_saturates_is_none_in_the_summary():
    section = TrionBiexciton(multi=GivenEfficiencies(eta_BX=1.0))
    model = GainModel(recombination=section)
    best = optimum(300.0, model.parameters(PUMP))
    assert best.x == best.net_gain == best.x_crossover == np.inf
    summary = gain_summary(model, PUMP)
    assert summary["g_max_W"] is None
    assert summary["x_crossover"] is None


def test_gain_that_saturates_without_a_crossover():
    # eta_BX <E_PL> = E_ex: b = 0 would need g → a/tau as x → ∞
    section = TrionBiexciton(multi=GivenEfficiencies(eta_BX=2.33 / 2.3871))
    best = optimum(300.0, GainModel(recombination=section).parameters(PUMP))
    assert best.net_gain == pytest.approx((2.3871 - 2.33) * e / 29e-9, rel=1e-6, abs=0.0)


def test_break_even_of_a_lossy_body():
    model = GainModel(**MODELS["body"])
    needed = break_even_eta(300.0, model.parameters(PUMP))
    at_edge = model.model_copy(update={"recombination": TrionBiexciton(eta_X=needed)})
    p = at_edge.parameters(PUMP)
    assert abs(float(heat_source(1e-7, 300.0, p))) < 1e-12 * p.alpha_background * 1e-7 * 1e3


def test_cooling_efficiency_is_gain_over_absorbed_power():
    p = GainModel().parameters(PUMP)
    x = float(excitation_number(1e7, 300.0, p))
    eta = (1.0 + 0.09 * x) / (1.0 + x)
    ratio = float(cooling_gain(1e7, 300.0, p)) / (p.sigma_abs * 1e7)
    assert float(cooling_efficiency(eta, 2.3871, 2.33)) == pytest.approx(ratio, rel=1e-12, abs=0.0)


def test_best_photon_energy_of_a_saturating_edge_is_a_maximum():
    model = GainModel(absorption={"kind": "fermi_edge"})
    best = best_photon_energy(model)
    E = best + np.linspace(-2e-3, 2e-3, 4001) * e
    G = spectrum_curves(model, [1.0], E).gain[0]
    assert abs(E[np.argmax(G)] - best) <= 1.1e-6 * e
    # alpha'/alpha = f(E)/E_U with f the empty share: <E> - E = E_U / f
    empty = 1.0 / (1.0 + np.exp((best - 2.4 * e) / (15.5e-3 * e)))
    assert (2.3871 * e - best) * empty == pytest.approx(15.5e-3 * e, rel=1e-6, abs=0.0)


def test_joint_optimum_is_the_top_of_the_map():
    model = GainModel(**MODELS["body"])
    span = (2.25 * e, 2.38 * e)
    cooling = net_cooling_map(model, span, (1e5, 1e9), shape=(201, 201))
    assert not cooling.at_edge
    top = cooling.net_cooling.max()
    assert top <= cooling.best_net_cooling <= 1.005 * top
    p = model.parameters(cooling.best_photon_energy)
    found = -float(heat_source(cooling.best_intensity, 300.0, p))
    assert found == pytest.approx(cooling.best_net_cooling, rel=1e-12, abs=0.0)
    nearby = joint_optimum(model, (2.30 * e, 2.34 * e), 1e9)
    assert nearby.net_cooling == pytest.approx(cooling.best_net_cooling, rel=1e-9, abs=0.0)


def test_joint_optimum_says_when_a_limit_binds():
    assert joint_optimum(GainModel(), (2.2 * e, 2.38 * e), 1e9).at_edge
    nothing = joint_optimum(GainModel(dark_fraction=0.5), (2.3 * e, 2.38 * e), 1e8)
    assert nothing.net_cooling == 0.0


def test_parameters_over_photon_energies_agree_with_single_ones():
    model = GainModel(**MODELS["body"])
    E = np.array([2.29, 2.33, 2.37]) * e
    many = heat_source(1e7, 310.0, parameters_over(model, E, 310.0))
    single = [float(heat_source(1e7, 310.0, model.parameters(one))) for one in E]
    np.testing.assert_allclose(many, single, rtol=1e-11)


def test_summary_is_json_with_the_promised_keys():
    for section in ({}, *MODELS.values()):
        summary = gain_summary(GainModel(**section), PUMP, 295.0)
        assert set(summary) >= ISSUE_KEYS
        assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_summary_of_a_hot_body_moves_with_the_gap():
    hot, cold = (gain_summary(GainModel(), PUMP, T) for T in (340.0, 300.0))
    assert hot["mean_emission_eV"] - cold["mean_emission_eV"] == pytest.approx(
        0.01, rel=1e-9, abs=0.0
    )
    assert hot["sigma_abs_m2"] / cold["sigma_abs_m2"] == pytest.approx(np.exp(-10.0 / 15.5))


def test_guard_passes_the_default_and_its_detailed_balance():
    guard = thermodynamic_guard(GainModel(), PUMP)
    assert guard.problems == ()
    assert guard.mean_emission_detailed_balance / e == pytest.approx(2.3864, abs=5e-5)
    assert guard.margin > 0


def test_guard_reports_emission_above_detailed_balance():
    model = GainModel(emission={"kind": "given", "mean_emission": 2.41 * e})
    (problem,) = thermodynamic_guard(model, PUMP).problems
    assert "detailed balance" in problem


def test_guard_reports_a_broken_second_law():
    # dots that hardly absorb cannot fill the states that their emission would need
    impossible = GainModel(
        cross_section={"kind": "given", "sigma_abs": 1e-30, "photon_energy": 2.2 * e},
        temperature_min=100.0,
    )
    guard = thermodynamic_guard(impossible, 2.0 * e)
    assert guard.margin < 0
    assert "second law" in guard.problems[0]


def test_guard_reports_a_blue_shift_of_escaping_light():
    escape = {"kind": "given", "f_escape": 0.5, "f_reabsorbed": 0.5, "red_shift": -0.01 * e}
    problems = thermodynamic_guard(GainModel(escape=escape), PUMP).problems
    assert any("red_shift" in problem for problem in problems)


def test_dot_in_equilibrium_with_black_radiation():
    """At mu = 0 a dot emits what it absorbs; a pump of energy kT·ln(...) then has margin kT + E."""
    E = np.linspace(2.0, 3.5, 2001) * e
    sigma = np.full(E.shape, 1e-20)
    rate = float(thermal_emission_rate(E, sigma, 300.0))
    assert float(chemical_potential(rate, rate, 300.0)) == 0.0
    assert float(entropy_margin(PUMP, 1.0, 0.0, 300.0)) == pytest.approx(
        PUMP + k * 300.0, rel=1e-14, abs=0.0
    )
    # Planck photon flux onto sigma from 4 pi, Wien limit: closed form of the integral
    a, b = 2.0 * e, 3.5 * e
    kT = k * 300.0
    wien = [kT * (x**2 + 2 * kT * x + 2 * kT**2) * np.exp(-x / kT) for x in (a, b)]
    h, c = 6.62607015e-34, 299792458.0
    exact = 8.0 * np.pi / (h**3 * c**2) * 1e-20 * (wien[0] - wien[1])
    assert rate == pytest.approx(exact, rel=1e-4, abs=0.0)
    in_host = float(thermal_emission_rate(E, sigma, 300.0, 1.69))
    assert in_host == pytest.approx(1.69**2 * rate, rel=1e-14, abs=0.0)


def test_trpl_of_a_ladder_starts_with_all_states():
    model = GainModel(recombination={"kind": "ladder", "neutral_states": 2})
    closed = trpl_table(GainModel(), [0.0, 1e-9, 20e-9], [0.1, 1.0])
    ladder = trpl_table(model, [0.0, 1e-9, 20e-9], [0.1, 1.0])
    np.testing.assert_allclose(ladder.signal, closed.signal, rtol=1e-10)


def test_figures_carry_units(tmp_path):
    model = GainModel()
    figures = [
        draw_intensity_curve(intensity_curve(model, PUMP), "title"),
        draw_gain_spectrum(spectrum_curves(model)),
        draw_cooling_map(net_cooling_map(model, (2.25 * e, 2.38 * e), (1e6, 1e8), shape=(21, 21))),
        draw_decays(trpl_table(model, np.linspace(0, 40e-9, 41), [0.1, 1.0])),
    ]
    units = [{"kW/cm²", "fW", "%"}, {"eV", "(1)"}, {"eV", "kW/cm²"}, {"ns", "(1)"}]
    for number, (figure, wanted) in enumerate(zip(figures, units, strict=True)):
        labels = " ".join(f"{axes.get_xlabel()} {axes.get_ylabel()}" for axes in figure.axes)
        assert all(unit in labels for unit in wanted), labels
        figure.savefig(tmp_path / f"{number}.png", dpi=40)


def test_figures_of_a_body_that_only_heats(tmp_path):
    model = GainModel(dark_fraction=0.3)
    cooling = net_cooling_map(model, (2.25 * e, 2.38 * e), (1e6, 1e8), shape=(11, 11))
    figure = draw_cooling_map(cooling)
    assert "heats everywhere" in figure.axes[0].get_title("left")
    figure.savefig(tmp_path / "map.png", dpi=40)
    axes = draw_intensity_curve(intensity_curve(model, PUMP)).axes[1]
    assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]


LAWS = {
    "quenching": {"activation_energy": 0.2 * e, "ratio": 5.0},
    "thermal": {"eta_X": {"kind": "power", "exponent": -0.05}},
    "upconversion": {"kind": "activated", "full_energy": 2.40 * e, "ratio": 1e-4},
}


@pytest.mark.parametrize(
    ("changes", "T"),
    [
        ({"absorption": {"kind": "urbach"}}, 300.0),
        ({"absorption": {"kind": "fermi_edge"}}, 300.0),
        ({"quenching": LAWS["quenching"]}, 330.0),
        ({"thermal": LAWS["thermal"]}, 330.0),
        ({"upconversion": LAWS["upconversion"]}, 300.0),
    ],
    ids=["urbach", "fermi_edge", *LAWS],
)
def test_best_photon_energy_counts_escape_and_laws(changes, T):
    loss = {"recombination": {"kind": "trion_biexciton", "eta_X": 0.975}}
    body = MODELS["body"] | {"alpha_background": 0.0}
    model = GainModel(**body | (loss if "absorption" not in changes else {}) | changes)
    best = best_photon_energy(model, T)
    E = best + np.linspace(-2e-3, 2e-3, 4001) * e
    flux = 1e15  # photons per m² and s; G is per photon, not per watt
    gain = -heat_source(flux * E, T, parameters_over(model, E, T))
    assert abs(E[np.argmax(gain)] - best) <= 1.1e-6 * e


def test_no_photon_energy_is_best_where_nothing_cools():
    model = GainModel(upconversion=LAWS["upconversion"] | {"ratio": 1.0})
    assert np.isnan(best_photon_energy(model))
    assert gain_summary(model, PUMP)["best_photon_energy_eV"] is None
