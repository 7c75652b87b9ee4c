import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import constants

from thermosim.bodies.chamber import (
    GASES,
    Chamber,
    bridged_conductance,
    free_molecular_conductance,
    gas_conductivity,
    pressure_of_equal_radiation,
    radiative_conductance,
    radiative_flux,
)


def test_flux_is_the_stefan_boltzmann_law():
    T = np.array([[250.0], [1000.0]])
    T_env = np.array([4.0, 300.0])
    expected = 0.7 * constants.Stefan_Boltzmann * (T**4 - T_env**4)
    np.testing.assert_allclose(radiative_flux(T - T_env, T_env, 0.7), expected, rtol=1e-14)


@given(st.floats(-1e-3, 1e-3).filter(lambda t: abs(t) > 1e-12), st.floats(1.0, 2000.0))
def test_flux_of_a_tiny_difference_keeps_its_relative_accuracy(theta, T_env):
    from fractions import Fraction

    hot = Fraction(theta) + Fraction(T_env)
    exact = Fraction(constants.Stefan_Boltzmann) * (hot**4 - Fraction(T_env) ** 4)
    assert radiative_flux(theta, T_env) == pytest.approx(float(exact), rel=1e-14, abs=0)


def test_flux_is_a_polynomial_that_ufl_accepts():
    ufl = pytest.importorskip("ufl")
    basix_ufl = pytest.importorskip("basix.ufl")
    mesh = ufl.Mesh(basix_ufl.element("Lagrange", "interval", 1, shape=(1,)))
    expression = radiative_flux(ufl.SpatialCoordinate(mesh)[0], 300.0, 0.5)
    assert expression((-10.0,)) == pytest.approx(
        radiative_flux(-10.0, 300.0, 0.5), rel=1e-14, abs=0
    )


def test_radiative_conductance_is_the_slope_of_the_flux():
    h = 1e-4
    slope = (radiative_flux(h, 300.0, 0.4) - radiative_flux(-h, 300.0, 0.4)) / (2 * h)
    assert float(radiative_conductance(300.0, 0.4)) == pytest.approx(slope, rel=1e-12)


def test_bridging_limits():
    k_gas = 0.026
    assert float(bridged_conductance(0.0, 1e-3, k_gas)) == 0.0
    assert float(bridged_conductance(1.0, 0.0, k_gas)) == 1.0
    assert float(bridged_conductance(1e9, 1e-3, k_gas)) == pytest.approx(26.0, rel=1e-7)
    h = bridged_conductance(2.0, 1e-2, k_gas)
    assert 1 / float(h) == pytest.approx(1 / 2.0 + 1e-2 / k_gas, rel=1e-15, abs=0)


@given(st.sampled_from(sorted(GASES)), st.floats(1e-6, 1e5), st.floats(1e-9, 1e-1))
def test_gas_never_conducts_more_than_either_limit(gas, pressure, distance):
    h = Chamber(pressure=pressure, gas=gas).gas_conductance(distance)
    assert h <= float(free_molecular_conductance(300.0, pressure, gas)) * (1 + 1e-12)
    assert h <= float(gas_conductivity(300.0, gas)) / distance * (1 + 1e-12)


def test_accommodation_and_pressure_scale_the_free_molecular_conductance():
    one = free_molecular_conductance(300.0, 1.0, "He")
    np.testing.assert_allclose(
        free_molecular_conductance(300.0, [[1.0], [2.0]], "He", [1.0, 0.3]),
        one * np.array([[1.0, 0.3], [2.0, 0.6]]),
        rtol=1e-15,
    )
    assert float(free_molecular_conductance(1200.0, 1.0, "He")) == pytest.approx(
        float(one) / 2, rel=1e-15, abs=0
    )


@pytest.mark.parametrize("gas", sorted(GASES))
@pytest.mark.parametrize("distance", [0.0, 5e-6, 1e-3])
def test_at_the_balance_pressure_gas_conducts_as_much_as_radiation(gas, distance):
    chamber = Chamber(temperature=310.0, gas=gas, accommodation=0.8)
    pressure = pressure_of_equal_radiation(310.0, 0.3, gas, 0.8, distance)
    at_balance = chamber.model_copy(update={"pressure": pressure})
    assert at_balance.gas_conductance(distance) == pytest.approx(
        float(radiative_conductance(310.0, 0.3)), rel=1e-12
    )


def test_far_from_walls_gas_never_reaches_radiation():
    assert np.isinf(pressure_of_equal_radiation(300.0, distance=0.1))


def test_gases_are_physical():
    for gas in GASES.values():
        assert 1 < gas.gamma <= 5 / 3
        assert 0.002 < gas.molar_mass < 0.05
        assert gas.source


def test_section_defaults_are_a_vacuum_at_room_temperature():
    chamber = Chamber()
    assert (chamber.temperature, chamber.pressure) == (300.0, 0.0)
    assert chamber.gas_conductance(1e-6) == 0.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"temperature": "0 K"}, "greater than 0"),
        ({"temperature": "20 m"}, "wrong dimension"),
        ({"pressure": "-1 Pa"}, "greater than or equal to 0"),
        ({"gas": "neon"}, "Input should be 'air'"),
        ({"accommodation": 0.0}, "greater than 0"),
        ({"temprature": "300 K"}, "Extra inputs"),
    ],
)
def test_bad_chambers(fields, message):
    with pytest.raises(ValidationError, match=message):
        Chamber.model_validate(fields, context={"case_file": True})


def test_celsius_and_millibar():
    chamber = Chamber.model_validate(
        {"temperature": "20 degC", "pressure": "1e-5 mbar"}, context={"case_file": True}
    )
    assert chamber.temperature == pytest.approx(293.15, rel=1e-15, abs=0)
    assert chamber.pressure == pytest.approx(1e-3, rel=1e-15, abs=0)
