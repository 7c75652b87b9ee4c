"""Residual gas: the free-molecular conductance of air and its crossover with radiation."""

import numpy as np
import pytest
from scipy import constants

from thermosim.bodies.chamber import (
    GASES,
    Chamber,
    free_molecular_conductance,
    gas_conductivity,
    pressure_of_equal_radiation,
)


def test_air_at_300_K():
    assert float(free_molecular_conductance(300.0, 1.0)) == pytest.approx(1.1706, abs=5e-5)
    closed = 6 * np.sqrt(constants.R / (8 * np.pi * 28.97e-3 * 300.0))
    assert float(free_molecular_conductance(300.0, 1.0)) == pytest.approx(closed, rel=1e-10)


def test_kinetic_theory_from_first_principles():
    # a monatomic gas brings n v/4 molecules per area and 2 k dT each
    gas, T, p = GASES["He"], 300.0, 1.0
    mean_speed = np.sqrt(8 * constants.R * T / (np.pi * gas.molar_mass))
    flux = p / (constants.k * T) * mean_speed / 4
    assert float(free_molecular_conductance(T, p, "He")) == pytest.approx(
        2 * constants.k * flux, rel=1e-10
    )


@pytest.mark.parametrize("pressure", 10.0 ** np.arange(-4, 3))
def test_bridge_from_molecular_flow_to_continuum(pressure):
    h = Chamber(pressure=pressure).gas_conductance(5e-6)
    closed = 1 / (1 / (1.17061353 * pressure) + 5e-6 / 0.0262)
    assert h == pytest.approx(closed, rel=1e-8)
    # around a 5 µm particle the gas stays free-molecular: within 2.3 % at 100 Pa
    assert 0 <= 1 - h / (1.17061353 * pressure) + 1e-8 < 2.3e-4 * pressure + 2e-8


def test_gas_equals_black_body_radiation():
    pressure = float(pressure_of_equal_radiation(300.0))
    closed = 4 * constants.Stefan_Boltzmann * 300.0**3 / 1.1706135265
    assert pressure == pytest.approx(closed, rel=1e-9)
    assert pressure == pytest.approx(5.23, abs=5e-3)


@pytest.mark.parametrize(
    ("gas", "at_200_K", "at_400_K"),
    [
        ("air", 18.4, 33.3),
        ("N2", 18.7, 32.3),
        ("He", 119.3, 190.6),
        ("Ar", 12.4, 22.6),
        ("O2", 18.4, 33.7),
        ("H2", 131.7, 230.4),
        ("CO2", 9.6, 25.1),
    ],
)
def test_conductivities_of_the_crc_handbook(gas, at_200_K, at_400_K):
    found = gas_conductivity([200.0, 400.0], gas) * 1e3
    np.testing.assert_allclose(found, [at_200_K, at_400_K], rtol=0.025)
