import math

import numpy as np
import pytest
from closed_forms import ensemble_delta_T, isolated_dot_delta_T, radiation_delta_T, relaxation_time
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from thermosim.bodies.chamber import radiative_flux
from thermosim.bodies.emissivity import isolated_dot_radius_mie, planck_mie_emissivity
from thermosim.limits.closed import (
    cooling_rate,
    ensemble_power,
    internal_difference,
    isolated_dot_radius,
    largest_conductance,
    linear_delta_T,
    required_n_R,
    sphere_area,
    sphere_volume,
    steady_delta_T,
)
from thermosim.materials import load_material

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


def test_clocks_and_sizes():
    assert float(cooling_rate(1e22, 2e-15, 1e6)) == pytest.approx(-20.0, rel=1e-15, abs=0)
    assert float(relaxation_time(5e-10, 2e-9)) == pytest.approx(0.25, rel=1e-15, abs=0)
    assert float(internal_difference(1e22, 2e-15, 6e-6, 0.3)) == pytest.approx(
        -4e-4, rel=1e-14, abs=0
    )
    assert float(sphere_volume(3.0)) == pytest.approx(36 * math.pi, rel=1e-15, abs=0)
    assert float(ensemble_power(1e22, 2e-15, 1e-16)) == pytest.approx(2e-9, rel=1e-15, abs=0)
    assert float(largest_conductance(18e-9, -9.0)) == pytest.approx(2e-9, rel=1e-15, abs=0)


def test_one_dot_with_the_emissivity_of_its_size():
    """Rayleigh-Planck sums written apart: 1.734e-5 and 2.271e-5; -1 K by 2.1 fW at 184 nm."""
    material = load_material("Cs4PbBr6")
    infrared = material.infrared
    for radius, expected in ((4e-9, 1.7338e-5), (5.24e-9, 2.2712e-5)):
        found = float(planck_mie_emissivity(radius, 300.0, infrared.at))
        assert found == pytest.approx(expected, rel=1e-4, abs=0)
        assert float(material.emissivity.at_size(radius)) == pytest.approx(found, rel=0.02, abs=0)
    alone = isolated_dot_radius_mie(2.1e-15, -1.0, 300.0, infrared)
    assert alone == pytest.approx(184.45e-9, rel=5e-4, abs=0)
