"""Steps that meet every switch and pulse, and the energy account that tells when they do not."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.results.series import load_series  # noqa: E402
from thermosim.run.march import TransientRun  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402
from thermosim.run.transient import resume_transient  # noqa: E402

RHO, CP = 2500.0, 800.0


def block(source, duration="240 s", boundaries=None, **transient):
    """An insulated square metre of stone, 290 K at the start."""
    return {
        "goal": "body",
        "geometry": {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "1 m"]},
        "materials": {
            "m": {
                "conductivity": "40 W/(m*K)",
                "density": f"{RHO} kg/m^3",
                "specific_heat": f"{CP} J/(kg*K)",
            }
        },
        "regions": {"body": {"material": "m", "heat_source": source}},
        "boundaries": boundaries or {},
        "mesh": {"size": "0.5 m"},
        "output": {"pictures": False, "fields": False, "thermometer": False},
        "transient": {
            "duration": duration,
            "initial": {"kind": "temperature", "temperature": "290 K"},
            **transient,
        },
    }


def formula(text, unit="W/m^3"):
    return {"expression": text, "unit": unit}


# formula -> energy per volume [J/m³]; the block is insulated, so its temperature follows at once
SHORT = {
    "where(t < 120, 0, where(t < 126, 4e6, 0))": 2.4e7,
    "where(abs(t - 77.7) < 1e-4, 1e11, 0)": 2e7,
    "4e6*heaviside(t - 120)*heaviside(126 - t)": 2.4e7,
    "1e6*max(0, 1 - abs(t - 100)/0.5)": 5e5,
    "1e6*exp(-((t - 200)/0.05)**2)": 1e6 * 0.05 * np.sqrt(np.pi),
    "where(sin(2*pi*t/12) > 0, 1e5, 0)": 1.2e7,
}


@pytest.mark.parametrize("text", SHORT)
def test_no_pulse_is_stepped_over(text):
    found = simulate(parse_case(block(formula(text)))).summary
    rise, tolerance = SHORT[text] / (RHO * CP), 1e-4
    assert found["region_body_mean_K"] - 290.0 == pytest.approx(rise, rel=1e-4, abs=tolerance)
    assert found["energy_in_J"] == pytest.approx(SHORT[text], rel=1e-3, abs=0)
    assert found["energy_account_rel"] < 1e-3


def test_steps_land_on_switches(tmp_path):
    simulate(parse_case(block(formula(next(iter(SHORT))))), tmp_path / "r")
    times = load_series(tmp_path / "r").time
    assert {120.0, 126.0} <= set(times)


def test_a_smooth_pulse_between_fixed_steps_is_told():
    """Fixed steps meet switches but not a smooth pulse: the account says how much is missing."""
    case = block(formula("1e6*exp(-((t - 24)/0.2)**2)"), step="10 s")
    result = simulate(parse_case(case))
    came = 1e6 * 0.2 * np.sqrt(np.pi)
    assert result.region_body_mean_K == pytest.approx(290.0, abs=1e-4)
    assert result.energy_in_J == pytest.approx(came, rel=2e-2)
    assert result.energy_account_rel == pytest.approx(1.0, abs=1e-3)
    assert any("energy account" in note and "WARNING" in note for note in result.notes)


def test_a_jump_of_a_held_temperature_brings_its_heat():
    """A thin plate whose sides jump from 290 K to 390 K: it takes up ρ cp V ΔT through them."""
    held = {"temperature": formula("where(t < 50, 290, 390)", "K")}
    tree = block("0 W/m^3", "1e6 s", {"left": held, "right": held})
    result = simulate(parse_case(tree))
    assert result.region_body_mean_K == pytest.approx(390.0, abs=1e-2)
    assert result.energy_in_J == pytest.approx(RHO * CP * 100.0, rel=1e-3)
    assert result.energy_account_rel < 1e-3


PEAK = {
    "kind": "table",
    "temperatures": ["250 K", "345 K", "352 K", "359 K", "500 K"],
    "values": [f"{v} J/(kg*K)" for v in (320, 320, 2120, 320, 320)],
    "interpolation": "linear",
}


def heated_through_a_peak(**transient):
    tree = block("9e4 W/m^3", "1000 s", **transient)
    tree["materials"]["m"]["specific_heat"] = PEAK
    return simulate(parse_case(tree))


def test_a_peak_of_the_specific_heat_is_not_jumped_over():
    """∫ρ cp dT = q t: 36 kJ/kg take it from 290 K to 363.125 K, 12.6 kJ/kg of them in the peak."""
    result = heated_through_a_peak()
    assert result.region_body_mean_K == pytest.approx(363.125, abs=0.05)
    assert result.energy_account_rel < 1e-3


def test_fixed_steps_over_the_peak_are_told():
    result = heated_through_a_peak(step="500 s", integrator="backward_euler")
    assert result.energy_account_rel > 0.1
    assert any("energy account" in note for note in result.notes)


class Cut(Exception):
    """Stands for the end of a process."""


def test_the_account_survives_a_restart(tmp_path, monkeypatch):
    tree = block(formula("where(sin(2*pi*t/12) > 0, 1e5, 0)"), checkpoint_every=10)
    whole = simulate(parse_case(tree), tmp_path / "whole")
    after_step = TransientRun._after_step

    def hooked(self, taken, *, at_stop):
        if self.course.steps == 57:
            raise Cut
        return after_step(self, taken, at_stop=at_stop)

    with monkeypatch.context() as patch:
        patch.setattr(TransientRun, "_after_step", hooked)
        with pytest.raises(Cut):
            simulate(parse_case(tree), tmp_path / "cut")
    resumed = resume_transient(tmp_path / "cut")
    for name in ("energy_in_J", "enthalpy_change_J", "n_steps", "region_body_mean_K"):
        assert resumed.summary[name] == whole.summary[name]
