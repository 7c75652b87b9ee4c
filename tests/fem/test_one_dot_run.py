"""One dot by finite elements at nanometres against the closed forms of its surroundings."""

import math

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from scipy.constants import pi  # noqa: E402

from thermosim import simulate  # noqa: E402
from thermosim.case.dot_case import DotCase  # noqa: E402
from thermosim.limits.of_case import limits_of  # noqa: E402

SHELL = {"material": "fused_silica", "thickness": 1e-9, "h": 4e7}


def case(**changes):
    dot = {"diameter": 8e-9, **changes.pop("dot", {})}
    return DotCase.model_validate({
        "assumptions": "favourable", "dot": dot,
        "laser": {"photon_energy": "2.33 eV", "intensity": "2.8766 kW/cm^2"},
        "solver": {"error_estimate": False}, "output": {"thermometer": False}, **changes,
    })  # fmt: skip


@pytest.mark.parametrize("dot", [{}, {"shell": SHELL}], ids=["bare", "shell"])
def test_in_a_medium(dot):
    """Mean ΔT, and the parts on both sides of each interface, to 1e-4 on a coarse mesh."""
    one = case(dot=dot)
    found, closed = simulate(one).summary, limits_of(one)
    delta = found["delta_T_mean_K"]
    assert delta == pytest.approx(closed["dot_delta_T_closed_K"], rel=1e-4, abs=0)
    assert delta == pytest.approx(-0.26e-6 if not dot else -0.465e-6, abs=0.01e-6)
    g, a = closed["dot_gain_W"], 4e-9 + (1e-9 if dot else 0.0)
    assert found["delta_T_contact_medium_K"] == pytest.approx(
        -g / (4 * pi * 0.30 * a), rel=1e-4, abs=0
    )
    assert found["heat_source_W"] == pytest.approx(-g, rel=1e-5, abs=0)
    assert found["energy_balance_rel"] < 1e-9


def test_in_vacuum():
    light = {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"}
    one = case(dot={"surroundings": {"kind": "vacuum"}}, laser=light)
    found, closed = simulate(one).summary, limits_of(one)
    assert found["delta_T_mean_K"] == pytest.approx(closed["dot_delta_T_closed_K"], rel=1e-6)
    assert found["delta_T_mean_K"] == pytest.approx(-31.5, abs=0.1)


def test_on_a_substrate_the_disk_on_two_half_spaces():
    """Perfect contact of a narrow disk: 1/(4 k b) on both sides to 5 %, as b/R = 0.1 allows.

    The sphere holds its own spreading: an isothermal disk on a sphere of b/R = 0.1 resists by
    some 0.05/(k R) less than on a half-space.
    """
    around = {"kind": "substrate", "contact_radius": 0.4e-9, "h": 1e13}
    one = case(dot={"surroundings": around})
    found, closed = simulate(one).summary, limits_of(one)
    assert found["delta_T_mean_K"] == pytest.approx(closed["dot_delta_T_closed_K"], rel=0.05, abs=0)
    below = found["delta_T_contact_substrate_K"]
    mica = one.material("muscovite").conductivity.components(300.0)
    k = math.sqrt(float(mica[0]) * float(mica[-1]))
    flat = -closed["dot_gain_W"] * 8 / (3 * pi**2 * k * 0.4e-9)  # mean of an even flux
    assert 0.9 < below / flat < 1.05


def test_one_photon_decays_with_the_time_of_the_closed_form():
    one = case(
        transient={
            "duration": "2 ns", "tolerance": "0.2 uK", "output_every": "100 ps",
            "initial": {"kind": "field", "temperature": "300 K", "regions": {"dot": "299.9671 K"}},
            "schedule": {"kind": "constant", "factor": 0.0},
        },
    )  # fmt: skip
    found = simulate(one).summary
    # faster than the steady resistance tells: at first the medium beside the dot is still warm
    assert 0.5 < found["time_constant_63_s"] / limits_of(one)["dot_relaxation_time_s"] < 1.0
    # at last all of its heat spreads as from a point: E/(ρc) (4π a t)^(-3/2)
    host = one.material("Cs4PbBr6")
    heat = -0.0329 * float(one.material("CsPbBr3").volumetric_heat_capacity(300.0))
    heat *= pi / 6 * 8e-9**3
    stored = float(host.volumetric_heat_capacity(300.0))
    spread = 4 * pi * 0.30 / stored * 2e-9
    assert found["delta_T_mean_K"] == pytest.approx(heat / stored / spread**1.5, rel=0.1, abs=0)


def test_a_dot_that_darkens_follows_its_ordinary_equation():
    """One dot in vacuum has one temperature: C dT/dt from the law of ageing, by another code."""
    from scipy.integrate import solve_ivp

    from thermosim.gain.source import aged_efficiency, heat_source
    from thermosim.model.of_case import model_of

    one = case(
        dot={"surroundings": {"kind": "vacuum"}},
        gain={"ageing": [{"change": -0.02, "dose": "1e5 J/m^2"}]},
        laser={"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"},
        transient={
            "duration": "8 ms", "tolerance": "0.1 mK",
            "schedule": {"kind": "steps", "every": "2 ms", "factors": [1.0, 0.5]},
        },
    )  # fmt: skip
    found = simulate(one).summary
    light = model_of(one).light
    p, volume = light.gain.parameters(light.laser.photon_energy), pi / 6 * 8e-9**3
    radiates = 4 * pi * 4e-9**2 * limits_of(one)["dot_emissivity"] * 5.670374419e-8
    capacity = 4830 * 215 * volume

    def rate(t, T, factor, before):
        dose = 3e7 * (before + factor * t)
        now = p._replace(aged=aged_efficiency(dose, p.ageing))
        heat = float(heat_source(3e7 * factor, T[0], now)) * volume
        return [(heat - radiates * (T[0] ** 4 - 300.0**4)) / capacity]

    T, before = 300.0, 0.0
    for factor, length in ((1.0, 2e-3), (0.5, 6e-3)):
        steps = solve_ivp(rate, (0.0, length), [T], args=(factor, before), rtol=1e-9, atol=1e-9)
        T, before = steps.y[0, -1], before + factor * length
    assert found["dose_J_per_m2"] == pytest.approx(3e7 * before, rel=1e-12)
    assert found["aged_efficiency"] == pytest.approx(1 - 0.02 * (1 - math.exp(-1.5)), rel=1e-12)
    assert found["delta_T_mean_K"] == pytest.approx(T - 300.0, abs=2e-3)
    assert found["energy_account_rel"] < 1e-3
