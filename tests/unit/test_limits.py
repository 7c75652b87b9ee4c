import math

import numpy as np
import pytest
from closed_forms import ensemble_delta_T, isolated_dot_delta_T
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from thermosim.bodies.chamber import radiative_flux
from thermosim.limits.closed import (
    contact_conductance,
    cooling_rate,
    ensemble_power,
    internal_difference,
    isolated_dot_radius,
    largest_conductance,
    largest_contact_conductance,
    leak_budget_estimate,
    limits_summary,
    linear_delta_T,
    radiation_delta_T,
    relaxation_time,
    required_n_R,
    sphere_area,
    sphere_volume,
    steady_delta_T,
)

AREA = float(sphere_area(5e-6))


@given(st.floats(-1e5, 459.0), st.floats(0.05, 1.0))
def test_radiation_root_satisfies_its_balance(flux, emissivity):
    delta_T = float(radiation_delta_T(flux * emissivity, 300.0, emissivity))
    assert -float(radiative_flux(delta_T, 300.0, emissivity)) == pytest.approx(
        flux * emissivity, rel=1e-12, abs=1e-290
    )


def test_radiation_cannot_supply_more_than_a_black_body_receives():
    limit = constants.Stefan_Boltzmann * 300.0**4
    assert np.isnan(radiation_delta_T(1.001 * limit))
    assert float(radiation_delta_T(0.999 * limit)) > -300.0
    assert np.isnan(radiation_delta_T(1.0, emissivity=0.0))


def test_microkelvins_are_relatively_exact():
    flux = 1e-9
    linear = -flux / (4 * constants.Stefan_Boltzmann * 300.0**3)
    assert float(radiation_delta_T(flux)) == pytest.approx(linear, rel=1e-11, abs=0)


@given(
    st.floats(-1e-5, 1e-7),
    st.just(0.0) | st.floats(1e-15, 1e-6),
    st.just(0.0) | st.floats(1e-6, 1.0),
    st.floats(4.0, 1000.0),
)
def test_steady_root_satisfies_its_balance_or_there_is_none(power, conductance, emissivity, T_env):
    delta_T = float(steady_delta_T(power, AREA, conductance, T_env, emissivity))
    most = conductance * T_env + AREA * emissivity * constants.Stefan_Boltzmann * T_env**4
    if math.isnan(delta_T):
        assert power >= most * (1 - 1e-12) or conductance + emissivity == 0
        return
    assert delta_T > -T_env
    taken = -conductance * delta_T - AREA * float(radiative_flux(delta_T, T_env, emissivity))
    assert taken == pytest.approx(power, rel=1e-9, abs=1e-300)


def test_steady_root_in_its_two_limits():
    P = np.array([1e-9, -1e-6])
    np.testing.assert_allclose(steady_delta_T(P, AREA), radiation_delta_T(P / AREA), rtol=1e-13)
    np.testing.assert_allclose(
        steady_delta_T(P, AREA, 1e-7, emissivity=0.0), linear_delta_T(P, 1e-7), rtol=1e-14
    )


def test_steady_root_broadcasts():
    found = steady_delta_T([[1e-9], [-1e-9]], AREA, [0.0, 1e-9, 1e-7])
    assert found.shape == (2, 3)
    assert np.all(np.diff(np.abs(found), axis=1) < 0)


def test_no_path_no_steady_state():
    assert np.isnan(steady_delta_T(-1e-9, AREA, 0.0, 300.0, 0.0))


@given(st.floats(-250.0, -1e-6), st.floats(1e-18, 1e-12), st.floats(0.01, 1.0))
def test_inverse_limits_undo_each_other(delta_T, g, emissivity):
    radius = float(isolated_dot_radius(g, delta_T, 300.0, emissivity))
    assert float(isolated_dot_delta_T(g, radius, 300.0, emissivity)) == pytest.approx(
        delta_T, rel=1e-11, abs=0
    )
    n_R = float(required_n_R(delta_T, g, 300.0, emissivity))
    assert float(ensemble_delta_T(n_R / 3e-6, g, 3e-6, 300.0, emissivity)) == pytest.approx(
        delta_T, rel=1e-11, abs=0
    )


def test_largest_contact_is_what_brings_the_body_to_the_claim():
    power, claim, h_gas = 18.3e-9, -2.0, 0.3
    contact = float(largest_contact_conductance(power, claim, AREA, 300.0, 0.8, h_gas))
    found = steady_delta_T(power, AREA, contact + AREA * h_gas, 300.0, 0.8)
    assert float(found) == pytest.approx(claim, rel=1e-13, abs=0)
    assert largest_contact_conductance(power, -50.0, AREA) < 0


def test_budget_closes():
    power, contact, h_gas = 18.3e-9, 1e-8, 2.0
    delta_T = steady_delta_T(power, AREA, contact + AREA * h_gas, 300.0, 0.7)
    budget = leak_budget_estimate(delta_T, AREA, contact, h_gas, 300.0, 0.7)
    assert float(budget["total_W"]) == pytest.approx(-power, rel=1e-13, abs=0)
    parts = budget["radiation_W"] + budget["contact_W"] + budget["gas_W"]
    assert float(parts) == pytest.approx(-power, rel=1e-13, abs=0)
    assert all(float(heat) < 0 for heat in budget.values())
    assert float(budget["contact_W"]) == pytest.approx(contact * float(delta_T), rel=1e-15, abs=0)


def test_clocks_and_sizes():
    assert float(cooling_rate(1e22, 2e-15, 1e6)) == pytest.approx(-20.0, rel=1e-15, abs=0)
    assert float(relaxation_time(5e-10, 2e-9)) == pytest.approx(0.25, rel=1e-15, abs=0)
    assert float(internal_difference(1e22, 2e-15, 6e-6, 0.3)) == pytest.approx(
        -4e-4, rel=1e-14, abs=0
    )
    assert float(sphere_volume(3.0)) == pytest.approx(36 * math.pi, rel=1e-15, abs=0)
    assert float(ensemble_power(1e22, 2e-15, 1e-16)) == pytest.approx(2e-9, rel=1e-15, abs=0)
    assert float(largest_conductance(18e-9, -9.0)) == pytest.approx(2e-9, rel=1e-15, abs=0)


NUMBERS = {
    "radius": 5e-6,
    "n_dots": 1.66e22,
    "g": 2.1e-15,
    "volumetric_heat_capacity": 4290 * 225.0,
    "k_particle": 0.3,
    "contact_radius": 129e-9,
    "k_par": 3.9,
    "k_perp": 0.46,
    "pressure": 1.0,
    "claimed_delta_T": -9.0,
}


def test_summary_gathers_the_functions():
    found = limits_summary(**NUMBERS)
    G = float(contact_conductance(129e-9, 0.3, 3.9, 0.46))
    assert found["conductance_contact_W_per_K"] == G
    assert found["delta_T_radiation_only_K"] == pytest.approx(
        float(ensemble_delta_T(1.66e22, 2.1e-15, 5e-6)), rel=1e-13, abs=0
    )
    assert found["delta_T_with_contact_K"] == pytest.approx(
        float(steady_delta_T(found["cooling_power_W"], AREA, G)), rel=1e-13, abs=0
    )
    assert (
        found["delta_T_radiation_only_K"]
        < found["delta_T_with_gas_K"]
        < found["delta_T_with_contact_K"]
        < found["delta_T_all_paths_K"]
        < 0
    )
    assert found["heat_leaving_by_total_W"] == pytest.approx(
        -found["cooling_power_W"], rel=1e-12, abs=0
    )
    assert found["time_to_claimed_delta_T_s"] * found["initial_rate_K_per_s"] == pytest.approx(-9.0)
    assert all(type(value) is float and math.isfinite(value) for value in found.values())


def test_summary_leaves_out_what_is_not_defined():
    heated = limits_summary(radius=5e-6, n_dots=1e22, g=-1e-15, emissivity=0.0)
    assert heated["cooling_power_W"] < 0
    for name in (
        "delta_T_all_paths_K",
        "delta_T_all_paths_linear_K",
        "isolated_dot_radius_for_minus_1K_m",
        "relaxation_time_s",
        "claimed_delta_T_K",
        "temperature_difference_inside_K",
    ):
        assert name not in heated
    cooled = limits_summary(**{**NUMBERS, "g": -1e-15})
    assert "n_R_for_claimed_delta_T_per_m2" not in cooled
    assert "time_to_claimed_delta_T_s" not in cooled
    assert cooled["delta_T_all_paths_K"] > 0


def test_summary_takes_the_size_of_any_body():
    cube = limits_summary(radius=5e-6, n_dots=1e22, g=2e-15, area=6e-10, volume=1e-15)
    assert cube["cooling_power_W"] == pytest.approx(2e-8, rel=1e-14, abs=0)
    assert cube["delta_T_all_paths_K"] == pytest.approx(
        float(radiation_delta_T(2e-8 / 6e-10)), rel=1e-13, abs=0
    )
