"""One dot by itself: closed forms of its temperature, its photons, its fluctuations."""

import math

import pytest
from scipy.constants import Stefan_Boltzmann, e, k, nano, pi

from thermosim.gain import GainModel, cooling_gain
from thermosim.gain.maps import at_temperature
from thermosim.gain.tables import one_dot_numbers

PUMP, BEST = 2.33 * e, 2.8766e7


def numbers(intensity=BEST, **dot):
    model = GainModel(dot={"diameter": 8 * nano, **dot})
    return model, one_dot_numbers(model, PUMP, intensity, 300.0)


def test_in_its_host():
    """g/(4 pi k R) and g/(4 pi R² h) with k = 0.30 W/(m K), h = 1e8 W/(m² K): 0.14 and 0.10 µK."""
    model, found = numbers()
    g = float(cooling_gain(BEST, 300.0, model.parameters(PUMP)))
    assert found["dot_delta_T_medium_K"] == pytest.approx(
        -g / (4 * pi * 0.30 * 4e-9), rel=1e-12, abs=0
    )
    assert found["dot_delta_T_interface_K"] == pytest.approx(
        -g / (4 * pi * (4e-9) ** 2 * 1e8), rel=1e-12, abs=0
    )
    parts = found["dot_delta_T_medium_K"], found["dot_delta_T_interface_K"]
    assert parts == pytest.approx((-0.14e-6, -0.10e-6), abs=0.005e-6)
    assert found["dot_delta_T_K"] == pytest.approx(sum(parts), rel=1e-12, abs=0)


def test_a_photon_and_the_thermal_fluctuation_are_far_larger():
    _, found = numbers()
    capacity = 4830 * 215 * pi / 6 * 8e-9**3
    assert found["dot_photon_event_K"] == pytest.approx(-0.0571 * e / capacity, rel=1e-9, abs=0)
    assert found["dot_photon_event_K"] == pytest.approx(-33e-3, abs=0.5e-3)
    assert found["dot_fluctuation_K"] == pytest.approx(
        math.sqrt(k * 300.0**2 / capacity), rel=1e-9, abs=0
    )
    assert found["dot_fluctuation_K"] == pytest.approx(2.1, abs=0.05)
    resistance = -found["dot_delta_T_K"] / 2.1008e-15
    assert found["dot_relaxation_time_s"] == pytest.approx(capacity * resistance, rel=1e-3, abs=0)
    assert found["dot_g2"] == pytest.approx(0.09, rel=1e-12, abs=0)


def test_in_a_liquid():
    _, found = numbers(surroundings={"kind": "medium", "conductivity": 0.13, "h": 5e7})
    assert found["dot_delta_T_medium_K"] == pytest.approx(
        -2.1008e-15 / (4 * pi * 0.13 * 4e-9), rel=1e-4, abs=0
    )


@pytest.mark.parametrize("emissivity", [1.0, 1e-3, 1e-9])
def test_in_vacuum_the_gain_at_its_own_temperature_is_radiated(emissivity):
    dot = {"diameter": 10.48 * nano, "surroundings": {"kind": "vacuum", "emissivity": emissivity}}
    model, found = numbers(**dot)
    T = 300.0 + found["dot_delta_T_K"]
    g = float(cooling_gain(BEST, T, at_temperature(model, PUMP, T)))
    radiated = pi * dot["diameter"] ** 2 * emissivity * Stefan_Boltzmann * (300.0**4 - T**4)
    assert radiated == pytest.approx(g, rel=1e-9, abs=1e-27)
    if emissivity == 1.0:  # a frozen gain would give -1 K at this radius of 5.24 nm
        assert found["dot_delta_T_K"] == pytest.approx(-0.990, abs=1e-3)
    if emissivity == 1e-9:  # no colder than where the gain ends
        assert found["dot_delta_T_K"] == pytest.approx(-33.5, abs=0.1)


def test_a_dot_that_heats_in_vacuum_warms_until_it_does_not():
    _, found = numbers(intensity=1e8, surroundings={"kind": "vacuum"})
    assert found["dot_delta_T_K"] > 1.0


def test_what_is_refused_or_left_out():
    assert one_dot_numbers(GainModel(), PUMP, BEST, 300.0) == {}
    with pytest.raises(ValueError, match=r"dot\.diameter is missing"):
        GainModel(dot={})
    sized = GainModel(dot={}, size={"diameter": 9 * nano})
    assert sized.dot_diameter == 9 * nano
    with pytest.raises(ValueError, match="unobtainium"):
        numbers(surroundings={"kind": "medium", "material": "unobtainium"})
