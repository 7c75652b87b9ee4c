"""The dataset of a study: coordinates in SI, units, texts, CSV; optimum; sensitivity; pictures."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from thermosim.case.read import parse_case
from thermosim.errors import CaseError
from thermosim.studies import report, sweep
from thermosim.studies.dataset import attributes_of, read_dataset, scale_of, unit_at
from thermosim.studies.optimum import optima, parabola_vertex
from thermosim.studies.plan import Plan, dimensions_of, parse_study, short_names
from thermosim.studies.sensitivity import sensitivity

TREE = {
    "title": "dots",
    "particle": {"shape": {"kind": "sphere", "radius": "5 um"}},
    "laser": {"intensity": "3 kW/cm^2"},
}
MICA = {"kind": "slab", "material": "muscovite", "radius": "1 mm", "thickness": "20 um"}


class Found:
    def __init__(self, value, notes=()):
        self.summary = {"delta_T_mean_K": value, "n_dofs": 3, "petsc_version": "3.22", "flag": True}
        self.notes = list(notes)


def valley(case):
    """Coldest at 4 µm: a parabola in the logarithm of the radius."""
    u = np.log(case.particle.shape.radius / 4e-6)
    return Found(float(-2.0 + u**2) * case.laser.intensity / 3e7)


def study_of(run, vary=None, **more):
    with ThreadPoolExecutor(1) as pool:
        return sweep(TREE, vary, run=run, executor=pool, **more)


def test_coordinates_are_si_with_units_whatever_unit_was_given():
    vary = {
        "particle.shape.radius": ["1 um", "2000 nm"],
        "chamber.temperature": ["300 K", "26.85 degC"],
        "laser.intensity": "1 W/m^2,1 kW/cm^2",
        "chamber.gas": "air,He",
        "particle.emissivity": "0.5,1",
    }
    data = study_of(valley, vary).dataset
    assert data["radius"].values.tolist() == [1e-6, 2e-6]
    assert data["radius"].attrs["units"] == "m"
    assert data["radius"].attrs["parameter"] == "particle.shape.radius"
    assert data["temperature"].values == pytest.approx([300.0, 300.0], rel=1e-12)
    assert data["intensity"].values.tolist() == [1.0, 1e7]
    assert data["intensity"].attrs["units"] == "W/m^2"
    assert data["gas"].values.tolist() == ["air", "He"]
    assert "units" not in data["gas"].attrs
    assert data["emissivity"].values.tolist() == [0.5, 1.0]


def test_short_forms_and_whole_sections_become_coordinates():
    contact = {"kind": "disk", "radius": "1 nm"}
    vary = {"contact.h_c": ["1e7 W/(m^2*K)", "2e3 W/(cm^2*K)"]}
    with ThreadPoolExecutor(1) as pool:
        data = sweep({**TREE, "substrate": MICA, "contact": contact}, vary, run=valley,
                     executor=pool).dataset  # fmt: skip
        sections = sweep({**TREE, "substrate": MICA}, {"contact": [{"kind": "none"}, contact]},
                         run=valley, executor=pool).dataset  # fmt: skip
    assert data["h_c"].values == pytest.approx([1e7, 2e7], rel=1e-12)
    assert data["h_c"].attrs["units"] == "W/(m^2*K)"
    assert json.loads(sections["contact"].values[1]) == contact


def test_units_are_found_in_optional_and_nested_fields():
    case = parse_case({**TREE, "substrate": MICA})
    assert unit_at(case, ["laser", "intensity"]) == "W/m^2"
    assert unit_at(case, ["gain", "gap_shift"]) == "J/K"
    assert unit_at(case, ["substrate", "thickness"]) == "m"
    assert unit_at(case, ["laser", "waist"]) == "m"
    assert unit_at(case, ["title"]) is None
    assert unit_at(case, ["nothing", "here"]) is None


def test_numbers_carry_unit_and_words_and_versions_stay_out():
    data = study_of(valley, {"particle.shape.radius": "1um,2um"}).dataset
    assert set(data.data_vars) == {"delta_T_mean_K", "n_dofs", "status", "message", "notes", "key"}
    assert data["delta_T_mean_K"].attrs == {"units": "K", "long_name": "ΔT mean"}
    assert attributes_of("heat_to_chamber_W")["units"] == "W"
    assert attributes_of("energy_balance_rel") == {"units": "1", "long_name": "energy balance"}
    assert attributes_of("m")["units"] == "1"
    units = {
        "emitted_photons_per_s": "1/s",
        "intensity_mean_W_per_m2": "W/m^2",
        "conductance_W_per_K": "W/K",
        "volume_m3": "m^3",
        "h_W_per_m2_K": "W/(m^2*K)",
        "n_dofs": "1",
    }
    assert {name: attributes_of(name)["units"] for name in units} == units
    assert attributes_of("emitted_photons_per_s")["long_name"] == "emitted photons"


def test_files_hold_what_the_dataset_holds(tmp_path):
    vary = {"particle.shape.radius": "1um,2um,3um", "laser.intensity": "1e7 W/m^2,2e7 W/m^2"}
    found = study_of(valley, vary, store=tmp_path / "s")
    assert read_dataset(tmp_path / "s" / "study.nc").identical(found.dataset)
    with (tmp_path / "s" / "study.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 6
    assert list(rows[0])[:3] == ["radius [m]", "intensity [W/m^2]", "delta_T_mean_K [K]"]
    expected = found.dataset["delta_T_mean_K"].values.ravel()
    assert [float(row["delta_T_mean_K [K]"]) for row in rows] == expected.tolist()
    assert [float(row["radius [m]"]) for row in rows] == [1e-6, 1e-6, 2e-6, 2e-6, 3e-6, 3e-6]
    times = (tmp_path / "s" / "times.csv").read_text().splitlines()
    assert len(times) == 7


def test_nan_and_infinite_results_are_kept_apart_from_missing_ones():
    def odd(case):
        return Found(float("inf") if case.particle.shape.radius == 1e-6 else -1.0)

    values = study_of(odd, {"particle.shape.radius": "1um,2um"}).dataset["delta_T_mean_K"].values
    assert values.tolist() == [np.inf, -1.0]


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1, 10, 100], "log"), ([1, 2, 3], "linear"), ([1, 50, 100], "linear"), ([0, 1, 9], "linear"),
     ([5, 5, 5], "linear")],
)  # fmt: skip
def test_axes_are_logarithmic_where_values_are_spread_so(values, scale):
    assert scale_of(np.array(values, dtype=float)) == scale


@given(
    st.floats(-5, 5), st.floats(-5, 5), st.floats(0.1, 10), st.floats(0.01, 3), st.floats(0.01, 3)
)
def test_the_vertex_of_a_parabola_is_found(vertex, value, curvature, left, right):
    x = np.array([vertex - left, vertex + 0.1 * right, vertex + right])
    found = parabola_vertex(x, value + curvature * (x - vertex) ** 2)
    scale = 1 + abs(vertex) + abs(value) / (curvature * left * right)
    assert found[0] == pytest.approx(vertex, abs=1e-9 * scale**2)
    assert found[1] == pytest.approx(value, abs=1e-9 * (1 + abs(value)) * scale**2)


def test_a_line_has_no_vertex():
    with pytest.raises(ValueError, match="no vertex"):
        parabola_vertex([0, 1, 3], [0, 2, 6])


def test_the_optimum_size_is_named_for_every_stage(tmp_path):
    study = {
        "vary": {"particle.shape.radius": "1um:20um:9log"},
        "stages": [{"name": "weak", "set": {"laser.intensity": "1e7 W/m^2"}},
                   {"name": "strong", "set": {"laser.intensity": "3e7 W/m^2"}}],
    }  # fmt: skip
    found = study_of(valley, study=study, store=tmp_path / "s")
    best = optima(found.dataset, "delta_T_mean_K", "min", "radius")
    assert [b.where for b in best] == [{"stage": "weak"}, {"stage": "strong"}]
    assert best[1].estimate == pytest.approx(4e-6, rel=1e-9)
    assert best[1].estimated_value == pytest.approx(-2.0, rel=1e-9)
    assert best[1].low < 4e-6 < best[1].high
    assert not best[1].at_end
    highest = optima(found.dataset, "delta_T_mean_K", "max", "radius")[0]
    assert highest.at_end
    assert np.isnan(highest.estimate)
    told = report(found)
    assert [place for place, _ in told.optima] == ["weak", "strong"]
    kept = json.loads((tmp_path / "s" / "optimum.json").read_text())
    assert kept["optima"][1]["estimate"] == pytest.approx(4e-6, rel=1e-9)
    assert {p.name for p in told.pictures} == {"delta_T_mean_K_stage.png"}
    assert (tmp_path / "s" / "delta_T_mean_K_stage.png").stat().st_size > 10_000


def test_an_objective_that_is_no_number_is_refused():
    found = study_of(valley, {"particle.shape.radius": "1um,2um"}, study={"objective": "delta_T"})
    with pytest.raises(CaseError, match="known: delta_T_mean_K, n_dofs"):
        report(found)


def test_pictures_stay_away_where_the_case_says_so(tmp_path):
    tree = {**TREE, "output": {"pictures": False}}
    with ThreadPoolExecutor(1) as pool:
        found = sweep(tree, {"particle.shape.radius": "1um,2um"}, run=valley, executor=pool,
                      store=tmp_path / "s")  # fmt: skip
    assert report(found).pictures == []
    assert not list((tmp_path / "s").glob("*.png"))


def test_maps_and_families_are_drawn_for_two_parameters(tmp_path):
    vary = {"particle.shape.radius": "1um:20um:6log", "laser.intensity": "1e6 W/m^2:9e7 W/m^2:5log"}
    told = report(study_of(valley, vary, store=tmp_path / "s"))
    assert [p.name for p in told.pictures] == [
        "delta_T_mean_K_intensity.png",
        "delta_T_mean_K_intensity_map.png",
    ]


LINEAR = {"a": 3.0, "b": 1.0}


def linear(case):
    u = (case.particle.shape.radius - 1e-6) / 1e-6
    v = (case.laser.intensity - 1e7) / 1e7
    return Found(LINEAR["a"] * u + LINEAR["b"] * v)


RANGES = {
    "particle.shape.radius": "1um:2um",
    "laser.intensity": "1e7 W/m^2:2e7 W/m^2",
    "chamber.temperature": "290K:310K",
}


def test_sobol_indices_of_a_linear_function_are_its_shares_of_variance():
    study = parse_study({"method": "saltelli", "samples": 1024, "vary": RANGES})
    names = short_names(study.vary)
    (samples,) = dimensions_of(study, names)
    radius, intensity = (
        np.array([float(text.split()[0]) for text in samples.columns[path]])
        for path in ("particle.shape.radius", "laser.intensity")
    )
    y = 3.0 * (radius - 1.0) + (intensity - 1e7) / 1e7
    assert len(y) == 1024 * 5
    data = xr.Dataset({"delta_T_mean_K": ("sample", y, {"units": "K"})})
    indices = sensitivity(Plan(study, {}, (samples,), names, ()), data)
    assert indices["parameter"].values.tolist() == ["radius", "intensity", "temperature"]
    assert indices["S1"].values == pytest.approx([0.9, 0.1, 0.0], abs=0.003)
    assert indices["ST"].values == pytest.approx([0.9, 0.1, 0.0], abs=0.003)


def test_indices_are_written_and_told(tmp_path):
    study = {"method": "saltelli", "samples": 4}
    told = report(study_of(linear, RANGES, study=study, store=tmp_path / "s"))
    assert told.points == 4 * 5
    head, first, *_ = (tmp_path / "s" / "sensitivity.csv").read_text().splitlines()
    assert head == "parameter,S1,S1_conf,ST,ST_conf"
    assert float(first.split(",")[3]) == told.document()["sensitivity"]["radius"]["ST"]
    assert told.document()["sensitivity"]["temperature"]["ST"] == pytest.approx(0.0, abs=1e-12)


def test_morris_effects_of_a_linear_function_are_its_slopes():
    told = report(study_of(linear, RANGES, study={"method": "morris", "samples": 10}))
    assert told.indices["mu_star"].values == pytest.approx([3.0, 1.0, 0.0], abs=1e-9)
    assert told.indices["sigma"].values == pytest.approx([0.0] * 3, abs=1e-9)
    assert told.indices["mu"].attrs["units"] == "K"


def test_indices_are_not_made_of_a_study_with_holes():
    def sometimes(case):
        if case.laser.intensity > 1.9e7:
            raise ValueError("too much")
        return linear(case)

    said = []
    told = report(
        study_of(sometimes, RANGES, study={"method": "morris", "samples": 4}), said.append
    )
    assert told.indices is None
    best = told.optima[0][1]
    assert best.value == 0.0
    assert (best.where["radius"], best.where["intensity"]) == (1e-6, 1e7)
    assert np.isnan(best.estimate)
    assert any("need a result at every point" in line for line in said)
