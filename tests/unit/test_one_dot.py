"""One dot by itself: closed forms of its temperature, its photons, its fluctuations."""

import math

import pytest
from scipy.constants import Stefan_Boltzmann, e, k, nano, pi

from thermosim.case.dot_case import DotCase
from thermosim.gain import cooling_gain
from thermosim.infer.check import check
from thermosim.limits.of_case import limits_of
from thermosim.model.of_case import model_of

PUMP, BEST = 2.33 * e, 2.8766e7
CAPACITY = 4830 * 215 * pi / 6 * 8e-9**3


def case(intensity=BEST, gain=None, **dot):
    return DotCase.model_validate({
        "assumptions": "favourable",
        "dot": {"diameter": 8 * nano, **dot},
        "laser": {"photon_energy": PUMP, "intensity": intensity},
        **({} if gain is None else {"gain": gain}),
    })  # fmt: skip


def numbers(*args, **kwargs):
    return limits_of(case(*args, **kwargs))


def test_in_its_host():
    """g/(4 pi k R) and g/(4 pi R² h) with k = 0.30 W/(m K), h = 1e8 W/(m² K): 0.14 and 0.10 µK."""
    found = numbers()
    g = found["dot_gain_W"]
    assert g == pytest.approx(2.1008e-15, rel=1e-4, abs=0)
    medium, interface = -g / (4 * pi * 0.30 * 4e-9), -g / (4 * pi * (4e-9) ** 2 * 1e8)
    assert (medium, interface) == pytest.approx((-0.14e-6, -0.10e-6), abs=0.005e-6)
    assert found["dot_delta_T_outside_K"] == pytest.approx(medium + interface, rel=1e-12, abs=0)
    inside = -g / (20 * pi * 0.42 * 4e-9)
    assert found["dot_delta_T_inside_K"] == pytest.approx(inside, rel=1e-12, abs=0)
    whole = medium + interface + inside
    assert found["dot_delta_T_closed_K"] == pytest.approx(whole, rel=1e-6, abs=0)


def test_a_photon_and_the_thermal_fluctuation_are_far_larger():
    found = numbers()
    event = -0.0571 * e / CAPACITY
    assert found["dot_photon_event_K"] == pytest.approx(event, rel=1e-6, abs=0)
    assert found["dot_photon_event_K"] == pytest.approx(-33e-3, abs=0.5e-3)
    assert found["dot_fluctuation_K"] == pytest.approx(
        math.sqrt(k * 300.0**2 / CAPACITY), rel=1e-6, abs=0
    )
    assert found["dot_fluctuation_K"] == pytest.approx(2.1, abs=0.05)
    resistance = -found["dot_delta_T_closed_K"] / found["dot_gain_W"]
    tau = found["dot_relaxation_time_s"]
    assert tau == pytest.approx(CAPACITY * resistance, rel=1e-4, abs=0)
    assert found["dot_g2"] == pytest.approx(0.09, rel=1e-12, abs=0)
    rate = found["dot_photons_per_s"]
    assert found["dot_photon_noise_K"] == pytest.approx(
        -event * math.sqrt(rate * tau / 2), rel=1e-5
    )
    # photons that are absorbed and not emitted heat by all of their energy
    lost = -event * CAPACITY * rate - found["dot_gain_W"]
    assert 0.0 < lost / PUMP < 0.02 * rate


def test_noise_of_random_steps_is_that_of_campbell():
    """10⁵ steps at random times, each decaying: mean and deviation within 2 %."""
    import numpy as np

    rng, tau, rate, end = np.random.default_rng(3), 1.0, 2.0, 50_000.0
    times = np.sort(rng.uniform(0.0, end, rng.poisson(rate * end)))
    dt = 0.01
    steps = np.bincount((times / dt).astype(int), minlength=int(end / dt) + 1)
    from scipy.signal import lfilter

    level = lfilter([1.0], [1.0, -math.exp(-dt / tau)], steps)[1000:]
    assert level.mean() == pytest.approx(rate * tau, rel=0.02)
    assert level.std() == pytest.approx(math.sqrt(rate * tau / 2), rel=0.02)


def test_a_shell_and_a_liquid_resist_in_a_row():
    shell = {"material": "fused_silica", "thickness": 1e-9, "h": 4e7}
    bare, coated = numbers(), numbers(shell=shell)
    R, a, k_shell = 4e-9, 5e-9, 1.37
    silica = model_of(case(shell=shell)).materials["shell"][1]
    k_shell = float(silica.conductivity.components(300.0)[0])
    added = 1 / (4 * pi * R**2 * 4e7) + (1 / R - 1 / a) / (4 * pi * k_shell)
    g = bare["dot_gain_W"]
    inside = bare["dot_delta_T_inside_K"] - g * added
    assert coated["dot_delta_T_inside_K"] == pytest.approx(inside, rel=1e-9, abs=0)
    outside = -g * (1 / (4 * pi * 0.30 * a) + 1 / (4 * pi * a**2 * 1e8))
    assert coated["dot_delta_T_outside_K"] == pytest.approx(outside, rel=1e-9, abs=0)


@pytest.mark.parametrize("emissivity", [1.0, 1e-3, 1e-9])
def test_in_vacuum_the_gain_at_its_own_temperature_is_radiated(emissivity):
    dot = {"diameter": 10.48 * nano, "surroundings": {"kind": "vacuum", "emissivity": emissivity}}
    lit = case(**dot)
    found, gain = limits_of(lit), model_of(lit).light.gain
    T = 300.0 + found["dot_delta_T_closed_K"]
    g = float(cooling_gain(BEST, T, gain.parameters(PUMP)))
    radiated = pi * dot["diameter"] ** 2 * emissivity * Stefan_Boltzmann * (300.0**4 - T**4)
    assert radiated == pytest.approx(g, rel=1e-6, abs=1e-27)
    if emissivity == 1.0:  # a frozen gain would give -1 K at this radius of 5.24 nm
        assert found["dot_delta_T_closed_K"] == pytest.approx(-0.990, abs=1e-3)
    if emissivity == 1e-9:  # no colder than where the gain ends
        assert found["dot_delta_T_closed_K"] == pytest.approx(-33.5, abs=0.1)


def test_in_vacuum_the_gain_itself_brings_the_dot_back():
    """It falls from 2.1 fW to nothing within 31.5 K: C/(dg/dT) is milliseconds, not seconds."""
    found = numbers(surroundings={"kind": "vacuum"})
    assert 1e-3 < found["dot_relaxation_time_s"] < 5e-3
    assert CAPACITY / found["dot_conductance_W_per_K"] > 10.0


def test_a_dot_that_heats_in_vacuum_warms_until_it_does_not():
    assert numbers(intensity=1e8, surroundings={"kind": "vacuum"})["dot_delta_T_closed_K"] > 1.0


def test_the_diameter_may_be_that_of_the_size():
    sized = DotCase.model_validate({
        "dot": {}, "gain": {"size": {"diameter": 9 * nano}},
        "laser": {"photon_energy": PUMP, "intensity": BEST},
    })  # fmt: skip
    assert sized.diameter == 9 * nano
    assert sized.gain_of_dot.n_dots == pytest.approx(6 / (pi * (9e-9) ** 3), rel=1e-12)


def test_check_and_back_to_toml(tmp_path):
    from thermosim.case.read import load_case

    lit = case(surroundings={"kind": "substrate", "contact_radius": 1e-9})
    found = check(lit)
    assert found["regions"] == "dot (CsPbBr3), substrate (muscovite)"
    assert found["dot_fluctuation_K"] == pytest.approx(2.11, abs=0.01)
    assert any("thermal fluctuation" in note for note in found.notes)
    (tmp_path / "again.toml").write_text(lit.to_toml())
    assert load_case(tmp_path / "again.toml").digest() == lit.digest()
