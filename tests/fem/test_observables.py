"""What a thermometer would read of a computed particle, beside the truth."""

import math

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.gain import excitation_number, external_efficiency  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

SPHERE = {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 1.0}
LASER = {"intensity": "3 kW/cm^2"}
RIGID = {"gap_shift": "0 J/K"}


def run(**sections):
    case = parse_case({"assumptions": "favourable", "particle": SPHERE, "laser": LASER, **sections})
    return case, simulate(case).summary


def test_photons_leave_at_the_rate_of_the_gain():
    case, found = run(gain=RIGID)
    p = case.gain.parameters(case.laser.photon_energy)
    x = float(excitation_number(3e7, 300.0, p))
    volume = 4 / 3 * math.pi * (5e-6) ** 3
    rate = p.n_dots * x / p.tau_X * float(external_efficiency(x, p)) * volume
    assert found["emitted_photons_per_s"] == pytest.approx(rate, rel=2e-6)


def test_a_rigid_gap_reads_the_emission_weighted_temperature():
    """Without a moving gap the log ratio of the tails is straight and the reading is right."""
    _, found = run(gain=RIGID)
    assert found["delta_T_thermometer_K"] == pytest.approx(found["delta_T_mean_K"], rel=1e-5)
    assert found["delta_T_emission_mean_K"] == pytest.approx(found["delta_T_mean_K"], rel=1e-6)


def test_a_moving_gap_biases_a_window_near_the_edge():
    window = {"E_min": "2.43 eV", "E_max": "2.50 eV"}
    _, near = run(thermometry=window)
    _, far = run()
    bias = near["delta_T_thermometer_K"] / near["delta_T_mean_K"] - 1
    # some 20 %: photon noise weighs the bins near the edge, where the tail bends, most
    assert 0.15 < bias < 0.25
    assert abs(far["delta_T_thermometer_K"] / far["delta_T_mean_K"] - 1) < 0.01


def test_the_reference_is_the_chamber_and_the_noise_is_of_the_counts():
    _, found = run(chamber={"temperature": "250 K"}, thermometry={"counts": 1e4})
    _, more = run(chamber={"temperature": "250 K"}, thermometry={"counts": 1e6})
    assert found["delta_T_thermometer_K"] == pytest.approx(found["delta_T_mean_K"], rel=0.02)
    ratio = found["delta_T_thermometer_sigma_K"] / more["delta_T_thermometer_sigma_K"]
    assert ratio == pytest.approx(10.0, rel=1e-6)


def test_no_reading_without_light_or_when_switched_off():
    _, dark = run(laser={"intensity": "0 W/m^2"})
    assert "delta_T_thermometer_K" not in dark
    _, off = run(output={"thermometer": False})
    assert "delta_T_thermometer_K" not in off
