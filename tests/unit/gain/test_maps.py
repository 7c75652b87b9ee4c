"""Maps of the gain: floors in closed form, crossings that give back what was put in."""

import json

import numpy as np
import pytest
from scipy.constants import c, e, h

from thermosim.gain import GainModel, cooling_gain, heat_source, pump_absorption
from thermosim.gain.maps import (
    WEAK,
    at_temperature,
    default_energies,
    detuning_map,
    efficiency_map,
    from_crossings,
    litmos,
    temperature_map,
    with_hot_spots,
)
from thermosim.visual import map_plots

PUMP, MEV = 2.33 * e, 1e-3 * e
REAL = {
    "absorption": {"kind": "fermi_edge"},
    "alpha_background": 0.1,
    "recombination": {"kind": "trion_biexciton", "eta_X": 0.99},
}


def test_floors_of_dots_all_alike():
    """At weak light the gap must fall by <E_PL> - E_ex: 57.1 meV at 0.25 meV/K."""
    found = temperature_map(GainModel(), [PUMP], [WEAK, 3e6, 3e7], 300.0)
    change = found.temperature[:, 0] - 300.0
    assert change[0] == pytest.approx(-57.1 / 0.25, abs=0.02)
    assert change == pytest.approx([-228, -131, -31.5], abs=0.5)
    for I, T in zip([3e6, 3e7], found.temperature[1:, 0], strict=True):
        sides = [heat_source(I, T + d, at_temperature(GainModel(), PUMP, T + d)) for d in (-1, 1)]
        assert sides[0] > 0.0 > sides[1]


def test_a_body_that_heats_ends_where_its_gap_has_risen():
    found = temperature_map(GainModel(), [2.40 * e], [WEAK], 300.0)
    assert found.temperature[0, 0] - 300.0 == pytest.approx((2400 - 2387.1) / 0.25, abs=0.02)


@pytest.mark.parametrize("ensemble", [None, {"gap": {"width": 6 * MEV}}])
def test_litmos_gives_back_efficiency_and_background(ensemble):
    model = GainModel(**REAL, ensemble=ensemble)
    found = litmos(model, WEAK, 300.0)
    assert len(found.crossings) == 2
    if ensemble is None:
        assert found.eta_ext == pytest.approx(0.99, rel=1e-9, abs=0)
        assert found.alpha_background == pytest.approx(0.1, rel=1e-7, abs=0)
    else:  # what the red dots take is read as a lower efficiency
        assert found.eta_ext < 0.9899
    for E in found.crossings:
        p = at_temperature(model, E, 300.0)
        heat, absorbed = heat_source(WEAK, 300.0, p), pump_absorption(WEAK, 300.0, p) * WEAK
        assert abs(heat) < 1e-9 * absorbed
    blue, red = found.crossings
    inside = (found.photon_energy < blue) & (found.photon_energy > red)
    assert np.all(found.heating[inside] < 0.0)
    assert np.all(found.heating[~inside] > 0.0)


def test_litmos_without_background_crosses_once():
    found = litmos(GainModel(), WEAK, 300.0)
    assert len(found.crossings) == 1
    assert found.eta_ext is None
    assert found.crossings[0] == pytest.approx(2.3871 * e, rel=1e-9, abs=0)


def test_crossings_by_hand():
    eta, background = from_crossings([2.0, 1.5], [10.0, 1.0], 2.2)
    assert 2.2 * eta * 10.0 / (10.0 + background) == pytest.approx(2.0, rel=1e-12, abs=0)
    assert 2.2 * eta * 1.0 / (1.0 + background) == pytest.approx(1.5, rel=1e-12, abs=0)


def test_cooling_efficiency_is_heat_over_absorbed_energy():
    found = efficiency_map(GainModel(), [PUMP], [1.0], 300.0)
    assert found.efficiency[0, 0] == pytest.approx(2.3871 / 2.33 - 1.0, rel=1e-6, abs=0)


def test_lowest_temperature_over_the_pump():
    model = GainModel(**REAL)
    T = np.linspace(100.0, 320.0, 111)
    found = detuning_map(model, np.linspace(2.30, 2.34, 41) * e, T)
    assert found.floor == T[np.any(found.efficiency > 0.0, axis=1)].min()
    # the red end cools down to where eta_ext <E_PL> has fallen to it
    assert found.floor_energy == pytest.approx(2.30 * e, rel=1e-12, abs=0)
    assert np.isnan(detuning_map(model, [2.5 * e], [250.0, 300.0]).floor)


def test_hot_spots_cost_gain_as_an_average_over_intensities():
    model, factor, I = GainModel(), 1.8, 2e7
    uneven = with_hot_spots(model, factor)
    p, q = uneven.parameters(PUMP), model.parameters(PUMP)
    s2 = np.log(factor)
    light = np.random.default_rng(3).lognormal(-0.5 * s2, s2**0.5, 1_000_000)
    gains = cooling_gain(I * light, 300.0, q)
    assert float(cooling_gain(I, 300.0, p)) == pytest.approx(
        gains.mean(), abs=3 * gains.std() / 1000
    )
    assert with_hot_spots(model, 1.0) is model
    twice = with_hot_spots(with_hot_spots(model, 1.3), 1.3)
    assert twice.ensemble.sigma_abs.width == pytest.approx((1.69 - 1) ** 0.5, rel=1e-12, abs=0)
    with pytest.raises(ValueError, match="below 1"):
        with_hot_spots(model, 0.5)
    with pytest.raises(ValueError, match="lognormal"):
        with_hot_spots(GainModel(ensemble={"sigma_abs": {"width": 0.1}}), 2.0)


def test_figures_are_centred_on_zero_and_hold_the_break_even():
    model = GainModel(**REAL)
    E, I = default_energies(model, 300.0, 31), np.geomspace(1e5, 1e8, 21)
    figures = (
        map_plots.draw_efficiency_map(efficiency_map(model, E, I, 300.0)),
        map_plots.draw_temperature_map(temperature_map(model, E, I, 300.0), 300.0, (200.0, 1e3)),
        map_plots.draw_detuning_map(detuning_map(model, E, np.linspace(100, 350, 26)), (200, 1e3)),
    )
    for figure in figures:
        mesh = figure.axes[0].collections[0]
        low, high = mesh.get_clim()
        assert low == -high < 0.0
        lines = figure.axes[0].collections[1].get_paths()
        assert sum(len(path.vertices) for path in lines) > 5
    curve = map_plots.draw_litmos(litmos(model, WEAK, 300.0), 1e-7, WEAK)
    assert "K/µW" in curve.axes[0].get_ylabel()
    assert "99.000 %" in curve.axes[0].get_title("left")


@pytest.mark.parametrize("name", ["litmos", "mat", "efficiency", "size"])
def test_command(name, tmp_path, capsys):
    from thermosim.cli.app import main

    case = tmp_path / "case.toml"
    case.write_text(
        'assumptions = "favourable"\n[particle]\nmaterial = "Cs4PbBr6"\nemissivity = 1.0\n'
        'shape = { kind = "sphere", radius = "5 um" }\n'
        '[laser]\nphoton_energy = "2.33 eV"\nintensity = "3 kW/cm^2"\n'
        '[gain]\nalpha_background = "0.1 1/m"\n'
    )
    out = tmp_path / "out"
    if name == "size":
        assert main(["gain", str(case), "--map", name]) == 2
        assert "gain.size" in capsys.readouterr().err
        case.write_text(case.read_text() + '[gain.size]\ndiameter = "14 nm"\n')
    assert main(["gain", str(case), "--map", name, "--json", "-o", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["map"] == name
    pictures = {p.name for p in out.glob("*.png")}
    if name == "litmos":
        assert found["eta_ext_weak_light"] == pytest.approx(1.0, rel=1e-6, abs=0)
        assert found["alpha_background_weak_light_per_m"] == pytest.approx(0.1, rel=1e-4, abs=0)
        blue, red = found["crossings_nm"]
        assert h * c / (2.3871 * e) * 1e9 < blue < red
        assert pictures == {"litmos.png"}
    elif name == "mat":
        assert found["delta_T_weak_light_K"] < -100.0
        assert found["delta_T_K"] == pytest.approx(-30.0, abs=2.0)
        assert pictures == {"mat_intensity.png", "mat_temperature.png"}
    elif name == "size":
        assert 8e-9 < found["best_diameter_m"] < 14e-9
        assert max(found["net_cooling_W_per_m3"]) == found["net_cooling_there_W_per_m3"] > 0.0
        assert pictures == {"size.png"}
    else:
        assert 0.01 < found["best_efficiency"] < 0.1
        assert pictures == {"efficiency.png"}
    assert main(["gain", str(case), "--map", name, "--hot-spots", "0.5"]) == 2
    assert "--hot-spots = 0.5" in capsys.readouterr().err
