"""Whole transient runs from a case: start, early end, schedule, lock-in, files, messages."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import load_case, parse_case  # noqa: E402
from thermosim.errors import CaseError, SolveError  # noqa: E402
from thermosim.results import load_result  # noqa: E402
from thermosim.results.series import load_series  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

BASE = {
    "particle": {"material": "Cs4PbBr6", "shape": {"kind": "sphere", "radius": "5 um"}},
    "substrate": {
        "kind": "slab", "material": "muscovite", "radius": "100 um", "thickness": "20 um",
        "rim": "held",
    },
    "contact": {"kind": "disk", "radius": "200 nm", "h_c": "1e8 W/(m^2*K)"},
    "mesh": {"refinement": 0.25, "cells_per_contact": 8.0},
    "solver": {"degree": 1},
    "output": {"pictures": False},
}  # fmt: skip
LASER = {
    "assumptions": "favourable",
    "laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"},
    "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
}
SOURCE = {"source": {"heat_source": "-3e7 W/m^3"}}


def run(folder, drive=LASER, **transient):
    case = parse_case({**BASE, **drive, "transient": {"duration": "1 s", **transient}})
    result = simulate(case, folder)
    return result, load_series(folder)


def steady(drive=LASER, intensity="3 kW/cm^2"):
    tree = {**BASE, **drive, "solver": {"degree": 1, "error_estimate": False}}
    if "laser" in drive:
        tree["laser"] = {**drive["laser"], "intensity": intensity}
    return simulate(parse_case(tree)).delta_T_mean_K


def test_ends_at_the_steady_state_and_says_when(tmp_path):
    result, series = run(tmp_path / "r", duration="1 h", stop_when_steady="0.01 mK")
    assert result.ended_steady
    assert result.time_s == series.time[-1] < 3600
    assert result.delta_T_mean_K == pytest.approx(steady(), abs=1e-5)
    assert abs(series["delta_T_min_K"][-2] - series["delta_T_min_K"][-1]) > 5e-6
    assert result.energy_balance_rel < 1e-8
    assert load_result(tmp_path / "r").kind == "transient"
    # one time constant, that of the contact, seen in two ways although the rows are few
    (level,) = result.segments
    assert level["fit_misfit"] < 0.02
    assert result.time_constant_63_s == pytest.approx(level["time_constant_fit_s"], rel=0.03)


def test_intensity_is_scaled_not_the_source(tmp_path):
    """Nine times the light leads where a laser of nine times the intensity leads: to heating."""
    result, _ = run(
        tmp_path / "r", schedule={"kind": "steps", "every": "5 s", "intensities": ["27 kW/cm^2"]}
    )
    strong = steady(intensity="27 kW/cm^2")
    assert strong > 0 > steady()
    assert result.delta_T_mean_K == pytest.approx(strong, rel=1e-6)


def test_a_steady_end_tells_light_and_error_as_a_steady_run(tmp_path):
    """Light, thermometer and ± of the last state are those of the steady run under that light."""
    result, _ = run(
        tmp_path / "r", duration="5 s",
        schedule={"kind": "steps", "every": "5 s", "intensities": ["9 kW/cm^2"]},
    )  # fmt: skip
    strong = {**LASER, "laser": {**LASER["laser"], "intensity": "9 kW/cm^2"}}
    wanted = simulate(parse_case({**BASE, **strong})).summary
    names = [name for name in wanted if name.startswith(("absorbed", "intensity", "delta_T_err"))]
    names.remove("delta_T_error_algebraic_K")  # what Newton happens to leave
    names += ["hot_spot_factor", "emitted_photons_per_s", "delta_T_thermometer_K", "f_escape"]
    assert len(names) == 14
    for name in names:
        assert result.summary[name] == pytest.approx(wanted[name], rel=1e-5, abs=0), name
    assert result.intensity_mean_W_per_m2 == pytest.approx(9e7)
    assert all("radiation.near_field" in note for note in result.notes)


def test_the_error_of_a_state_that_still_changes_is_that_of_mesh_and_steps(tmp_path):
    result, _ = run(tmp_path / "r", duration="2 ms")
    fine = {"mesh": {"refinement": 0.5, "cells_per_contact": 16.0}, "solver": {"degree": 2}}
    tight = {"duration": "2 ms", "tolerance": "1e-7 K", "relative_tolerance": 1e-7}
    exact = simulate(parse_case({**BASE, **LASER, **fine, "transient": tight}))
    error = abs(result.delta_T_mean_K - exact.delta_T_mean_K)
    assert 0 < result.delta_T_error_time_K < result.delta_T_error_K
    assert error <= result.delta_T_error_K <= 5 * error
    assert all("radiation.near_field" in note for note in result.notes)


def test_steady_start_stays_and_then_relaxes(tmp_path):
    _, series = run(
        tmp_path / "r", initial={"kind": "steady", "factor": 1.0},
        schedule={"kind": "steps", "times": ["0 s", "0.5 s"], "factors": [1.0, 0.0]},
    )  # fmt: skip
    mean = series["delta_T_mean_K"]
    before = series.time <= 0.5
    assert series.time[before][-1] == 0.5
    np.testing.assert_allclose(mean[before], steady(), rtol=1e-7)
    assert abs(mean[-1]) < 1e-3 * abs(steady())
    assert series["intensity_factor"][before].tolist() == [1.0] * before.sum()


def test_given_start_and_source_case(tmp_path):
    result, series = run(
        tmp_path / "r", SOURCE, initial={"kind": "temperature", "temperature": "310 K"},
        schedule={"kind": "constant", "factor": 2.0},
    )  # fmt: skip
    assert series["delta_T_mean_K"][0] == pytest.approx(10.0, rel=1e-12)
    # linear but for radiation, which is nothing beside the contact
    assert result.delta_T_mean_K == pytest.approx(2 * steady(SOURCE), rel=1e-4)


def test_budget_names_and_balance_of_every_row(tmp_path):
    result, series = run(tmp_path / "r", duration="3 ms")
    released = series["source:particle_W"]
    kept = [name for name in series.columns if name.endswith("_W") and "source" not in name]
    assert {"particle:stored_W", "substrate:stored_W", "substrate_rim:held_W"} <= set(kept)
    rest = released - sum(series[name] for name in kept)
    assert np.abs(rest).max() < 1e-8 * np.abs(released).max()
    # at first the particle stores all that is released, later the heat flows through it
    assert series["particle:stored_W"][1] == pytest.approx(released[1], rel=1e-3)
    flow = result.heat_source_W - result.heat_to_chamber_W - result.heat_to_substrate_W
    assert flow == pytest.approx(result.budget["particle:stored"], rel=1e-9)


def test_lock_in_against_the_time_constant(tmp_path):
    result, _ = run(
        tmp_path / "r", duration="0.2 s", tolerance="1e-6 K", lock_in={"periods": 2},
        schedule={"kind": "chopped", "frequency": "20 Hz"},
    )  # fmt: skip
    (entry,) = result.lock_in
    tau = result.segments[2]["time_constant_fit_s"]
    phase = 2 * np.pi * 20 * tau
    assert entry["frequency_Hz"] == pytest.approx(20.0)
    assert entry["amplitude_K"] == pytest.approx(
        2 / np.pi * abs(steady()) / np.hypot(1, phase), rel=5e-3
    )
    assert np.cos(entry["lag_rad"] - np.pi - np.arctan(phase)) == pytest.approx(1.0, abs=1e-4)


def test_outputs_alone_and_fields(tmp_path):
    _, series = run(
        tmp_path / "r", series="outputs", output_times=["1 ms", "10 ms"],
        field_times=["0 s", "10 ms"],
    )  # fmt: skip
    assert series.time.tolist() == [0.0, 1e-3, 1e-2, 1.0]
    text = (tmp_path / "r" / "fields.pvd").read_text()
    assert text.count("timestep=") == 3
    assert 'timestep="0.01"' in text
    assert json.loads((tmp_path / "r" / "summary.json").read_text())["kind"] == "transient"


def test_stored_case_runs_again(tmp_path):
    (tmp_path / "light.csv").write_text("time_s,factor\n0,0\n0.001,1\n")
    case = tmp_path / "case.toml"
    case.write_text(
        parse_case({**BASE, **LASER, "transient": {"duration": "5 ms"}}).to_toml()
        + '\n[transient.schedule]\nkind = "table"\nfile = "light.csv"\n'
    )
    text = case.read_text()
    start = text.index("[transient.schedule]")
    case.write_text(text[:start] + text[text.rindex("[transient.schedule]") :])
    simulate(load_case(case), tmp_path / "r")
    (tmp_path / "light.csv").unlink()
    again = load_case(tmp_path / "r" / "case.toml")
    simulate(again, tmp_path / "s")
    first, second = load_series(tmp_path / "r"), load_series(tmp_path / "s")
    np.testing.assert_array_equal(first["delta_T_mean_K"], second["delta_T_mean_K"])


def test_messages(tmp_path):
    with pytest.raises(CaseError, match="max_steps = 5 reached"):
        run(tmp_path / "a", max_steps=5)
    with pytest.raises(CaseError, match="no laser intensity"):
        run(
            tmp_path / "b", SOURCE,
            schedule={"kind": "steps", "every": "1 s", "intensities": ["1 W/m^2"]},
        )  # fmt: skip
    with pytest.raises(CaseError, match="lies outside the mesh"):
        run(tmp_path / "c", probes={"far": {"point": ["1 mm", "1 mm"]}})
    with pytest.raises(SolveError):
        run(tmp_path / "d", SOURCE, initial={"kind": "steady", "factor": 1e12})
    # what was never begun leaves nothing to go on with
    assert [path.name for path in tmp_path.iterdir()] == ["a.running"]
