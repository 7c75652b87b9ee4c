"""Numbers in words, budgets in rows, and the pictures of series and studies."""

import re

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from thermosim.case.read import parse_case
from thermosim.cli.console import engineering
from thermosim.language.units import si_text, si_with_error, time_text
from thermosim.model.of_case import model_of
from thermosim.results import Result
from thermosim.results.series import Series
from thermosim.results.words import heat_text, heat_words, result_rows
from thermosim.visual import series, studies, style
from thermosim.visual.budget import Row, percent, shares
from thermosim.visual.html import (
    budget_table,
    flattened,
    ladder_rows,
    quantity,
    readable,
    shared,
)
from thermosim.visual.style import power_of_ten

POWERS = {"a": -18, "f": -15, "p": -12, "n": -9, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}


def value_of(text, unit):
    match = re.fullmatch(rf"([−\d.e+]+) ([afpnµmkMG]?){unit}", text)
    return float(match[1].replace("−", "-")) * 10.0 ** POWERS[match[2]]


@given(st.floats(1e-17, 1e11), st.sampled_from([-1, 1]))
def test_si_text_reads_back(size, sign):
    text = si_text(sign * size, "W", 6)
    assert value_of(text, "W") == pytest.approx(sign * size, rel=6e-6)
    number = abs(float(text.split()[0].replace("−", "-")))
    assert 1 <= number < 1000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 K"),
        (-0.14605862707, "−146.1 mK"),
        (999.99, "1 kK"),
        (999.4, "999.4 K"),
        (1e-21, "0.001 aK"),
        (-0.0, "0 K"),
        (float("nan"), "nan K"),
        (float("-inf"), "−inf K"),
    ],
)
def test_si_text(value, text):
    assert si_text(value, "K") == text


def test_si_text_can_keep_zeros():
    assert si_text(-1.6e-8, "W", 3, zeros=True) == "−16.0 nW"
    assert si_text(1.0e-7, "W", 3, zeros=True) == "100 nW"


def test_commands_print_a_minus_that_can_be_copied():
    assert engineering(-1.8e-8, "W") == "-18 nW"
    assert engineering(0.99996, "K") == "1 K"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-0.14605862707, 1.527e-5, "−146.059 ± 0.015 mK"),
        (-8.2516645, 1.19e-5, "−8.251665 ± 0.000012 K"),
        (-0.1445, 0.0014, "−144.5 ± 1.4 mK"),
        (0.001, 0.25, "1 ± 250 mK"),
        (-2.60004e-3, 2.0e-7, "−2.60004 ± 0.00020 mK"),
        (779.145308146, 1e-12, "779.145308 ± <0.000001 K"),
        (0.0, 2e-3, "0.0 ± 2.0 mK"),
        (-0.146, None, "−146.00 mK"),
        (-0.146, 0.0, "−146.00 mK"),
    ],
)
def test_with_error(value, error, text):
    assert si_with_error(value, error, "K") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5400.0, "90 min"), (32.0, "32 s"), (299.0, "299 s"), (9000.0, "2.5 h"),
        (0.04327151, "43.27 ms"), (0.0, "0 s"), (2e-9, "2 ns"),
    ],
)  # fmt: skip
def test_time_text(seconds, text):
    assert time_text(seconds) == text


def test_rounding_is_no_heat():
    assert heat_text(-1.2e-27, 1.3e-7) == "0 W"
    assert heat_text(-1.8e-8, 1.8e-8) == "−18.00 nW"


LIT = {
    "particle": {"shape": {"kind": "sphere", "radius": "5 um"}},
    "laser": {"intensity": "3 kW/cm^2"},
}


def test_words_of_the_light_and_of_the_thermometer():
    numbers = {
        "delta_T_mean_K": -2.6e-3, "delta_T_min_K": -2.65e-3, "delta_T_max_K": -4.3e-4,
        "delta_T_error_K": 2e-7, "heat_source_W": -1.63e-10, "energy_balance_rel": 4e-15,
        "delta_T_thermometer_K": -2.545e-3, "delta_T_thermometer_sigma_K": 0.3151,
        "absorbed_by_dots_W": 9.9e-8, "absorbed_by_host_W": 0.0, "absorbed_by_substrate_W": 1e-9,
        "absorbed_power_W": 1e-7, "intensity_mean_W_per_m2": 1.5e7,
        "intensity_max_W_per_m2": 3e9, "hot_spot_factor": 7.6, "gain_reduction_rel": 0.81,
    }  # fmt: skip

    def rows_of(numbers):
        return dict(result_rows(Result(numbers, {}, parse_case(LIT))))

    rows = rows_of(numbers)
    assert rows["ΔT of the particle, mean"] == "−2.600 mK ± 200 nK (numerical)"
    assert rows["PL thermometry would read"] == "0.00 ± 0.32 K (photon noise), too small to be seen"
    assert rows["light absorbed"] == "99.00 nW by the dots, 1.000 nW by the substrate"
    assert rows["intensity inside"] == ("mean 1.500 kW/cm², highest 300.0 kW/cm², ⟨I²⟩/⟨I⟩² = 7.6")
    assert rows["gain lost to hot spots"] == "81 %"
    for share, text in ((0.2236, "dots in 22 % of the volume heat"), (0.997, "all dots heat")):
        heating = {**numbers, "heating_volume_fraction": share}
        assert rows_of(heating)["pumped beyond the crossover"] == text
    even = {**numbers, "hot_spot_factor": 1.0 + 1e-15}
    assert rows_of(even)["intensity inside"] == "1.500 kW/cm² everywhere"
    assert "pump" not in rows  # of what no steady run found
    assert (
        rows_of({**numbers, "kind": "steady"})["pump"] == "3 kW/cm², 2.33 eV (532.1 nm), plane wave"
    )
    dark = {key: value for key, value in numbers.items() if "absorbed" not in key}
    assert "light absorbed" not in rows_of(dark)


def test_digits_of_heat_follow_the_largest_error():
    section = {"diameter": "8 nm", "surroundings": {"kind": "vacuum"}}
    dot = {"dot": section, "laser": {"intensity": "3 kW/cm^2"}}
    numbers = {
        "delta_T_mean_K": -31.54, "delta_T_min_K": -31.54, "delta_T_max_K": -31.54,
        "delta_T_error_K": 7e-12, "errors": {"source:dot": 1.8e-26}, "energy_balance_rel": 2e-13,
    }  # fmt: skip
    for sigma, text in ((0.0, "−0.583126078 ± 0.000000018 aW"), (53.0, "−0.5831 aW")):
        numbers["delta_T_material_K"] = sigma
        result = Result(numbers, {"source:dot": -5.83126078e-19}, parse_case(dot))
        assert dict(result_rows(result))["heat released in dot"] == text


def test_temperature_scale_takes_an_offset_only_where_needed():
    assert style.temperature_scale(np.array([-0.15, 0.0])) == (0.0, 1e-3, "ΔT (mK)")
    offset, factor, label = style.temperature_scale(np.array([-8.2519, -8.25189]))
    assert offset == -8.2519
    assert factor == 1e-6
    assert label == "ΔT + 8.2519 K (µK)"
    assert style.temperature_scale(np.zeros(3)) == (0.0, 1.0, "ΔT (K)")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"), (1.0, "100 %"), (1 - 1e-12, "100 %"), (0.99996, "> 99.99 %"),
        (0.99959, "99.96 %"), (0.05044, "5.0 %"), (0.000407, "0.041 %"), (1e-9, "< 0.0001 %"),
    ],
)  # fmt: skip
def test_percent(share, text):
    assert percent(share) == text


def test_rounding_neither_warms_nor_cools():
    tree = {
        "geometry": {"kind": "rectangle", "x": ["0 um", "5 um"], "y": ["0 um", "10 um"]},
        "regions": {"body": {"material": "copper"}},
        "boundaries": {"bottom": {"temperature": "300 K"}},
    }
    budget = {"bottom:held": -5000.0, "right:convection": 5000.0, "top:radiation": 2e-11}
    found = budget_table(Result({}, budget, parse_case(tree)))
    assert [row["effect"] for row in found] == ["warms", "cools", ""]
    assert [row["share"] for row in found] == ["100 %", "100 %", "0 %"]
    assert found[2]["heat"] == "0 W/m"


def test_shares_are_of_the_heat_each_body_turns_over():
    rows = [Row("particle", "a", -4.0), Row("particle", "b", 1.0), Row("particle", "c", 3.0),
            Row("substrate", "d", 0.0)]  # fmt: skip
    assert shares(rows) == [1.0, 0.25, 0.75, 0.0]


def test_paths_in_words_and_unknown_names():
    words = model_of(parse_case(LIT)).layout
    assert words.path_words("substrate_rim", "held") == "conduction to holder, rim"
    assert words.path_words("particle_surface", "radiation") == "thermal radiation"
    assert words.path_words("pedestal_side", "some_path") == "some path, pedestal side"
    assert words.path_words("layer_2", "stored") == "heat capacity, layer 2"
    places = ("particle_surface", "pedestal_side", "particle")
    assert [words.owner(n) for n in places] == ["particle", "substrate", "particle"]
    found = [heat_words(path) for path in ("source:a", "b:heat_flux", "c:stored")]
    assert found == ["heat released in a", "heat leaving by b, heat flux", "heat stored in c"]


def test_parameters_are_readable():
    tree = {"a": {"radius": "5e-06 m", "empty": [], "on": True}, "E": "3.73307155722e-19 J"}
    assert flattened(tree) == {"a.radius": "5 µm", "a.on": "yes", "E": "2.33 eV"}
    assert readable("30000000.0 W/m^2") == "30 MW/m²"
    assert readable("1.66e+22 1/m^3") == "1.66 × 10²² 1/m³"
    assert readable("2e-3 delta_degC") == "0.002 K"
    assert readable("3 kW/cm^2") == "3 kW/cm²"
    assert readable("5 um") == "5 µm"
    assert readable("-10 degC") == "−10 °C"
    assert readable("0.25 meV/K") == "0.25 meV/K"
    assert readable("urbach") == "urbach"
    assert readable(["0.0 m", "1e-6 m"]) == "0 m, 1 µm"
    assert quantity(4.0054415849999996e-23, "J/K") == "250 µeV/K"
    assert power_of_ten(-6e-21) == "−6 × 10⁻²¹"


def test_colours_outside_the_style_stay(monkeypatch):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with style.styled():
        assert mpl.rcParams["image.cmap"] == style.COLOURS
    assert dict(mpl.rcParams) == before


def test_files_are_replaced_whole(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("old")
    style.write_bytes(path, b"new")
    assert path.read_text() == "new"
    with pytest.raises(TypeError):
        style.write_bytes(path, "text, not bytes")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]


@pytest.mark.parametrize(
    ("time", "scale"),
    [(3e-7, (1e-9, "ns")), (0.05, (1e-3, "ms")), (40.0, (1.0, "s")), (299.0, (1.0, "s")),
     (400.0, (60.0, "min")), (9000.0, (3600.0, "h")), (0.0, (1.0, "s"))],
)  # fmt: skip
def test_time_scale(time, scale):
    assert series.time_scale([0.0, time]) == pytest.approx(scale)


def test_delta_T_over_time_is_drawn_in_its_units():
    t = np.linspace(0.0, 0.05, 11)
    curve = -0.1 * (1 - np.exp(-t / 0.01))
    figure = series.draw_delta_T(
        t, {"mean": curve}, error={"mean": 0.01 + 0 * t}, events=[("light off", 0.04)], steady=-0.1
    )
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), np.c_[t * 1e3, curve * 1e3], rtol=1e-12)
    assert axes.get_ylabel() == "ΔT (mK)"
    assert axes.get_xlabel() == "time (ms)"
    assert len(axes.collections) == 1
    assert [text.get_text() for text in axes.texts] == ["light off"]


def test_heat_over_time_shows_small_paths():
    t = np.linspace(0.0, 1.0, 5)
    figure = series.draw_heat(t, {"big": -2e-8 + 0 * t, "small": 7e-12 * t}, logarithmic=True)
    axes = figure.axes[0]
    bottom, top = (axes.transData.transform((0.5, y))[1] for y in (0.0, 7e-3))
    assert top - bottom > 20  # pixels between zero and the small path
    np.testing.assert_allclose(axes.lines[0].get_ydata(), -20.0)


def test_course_of_a_transient():
    time = np.array([0.0, 1.0])
    columns = {"time_s": time, "step_s": time, "delta_T_mean_K": -time,
               "probe_top_K": 300 - 2 * time,
               "source:particle_W": [-9.0, -9.0], "particle_surface:radiation_W": [0.0, -1.0],
               "particle:stored_W": [-9.0, -2.0], "substrate_rim:held_W": [0.0, -5.0],
               "energy_balance_rel": time}  # fmt: skip
    course = Series({name: np.asarray(v, float) for name, v in columns.items()})
    layout = model_of(parse_case(LIT)).layout
    curves = {name: v.tolist() for name, v in series.temperatures_of(course, layout).items()}
    assert curves == {"mean": [0.0, -1.0], "probe top": [0.0, -2.0]}
    heat = {name: values.tolist() for name, values in series.heat_of(course, layout).items()}
    assert heat == {
        "light and its emission": [-9.0, -9.0],
        "thermal radiation": [0.0, 1.0],
        "heat capacity": [9.0, 2.0],
        "conduction through the contact": [0.0, 6.0],
    }


def test_series_refuse_what_does_not_fit():
    with pytest.raises(
        ValueError, match=r"mean has shape \(3,\); needs one value per time, \(2,\)"
    ):
        series.draw_delta_T([0, 1], {"mean": [1, 2, 3]})
    with pytest.raises(ValueError, match="error of other: no such curve"):
        series.draw_delta_T([0, 1], {"mean": [1, 2]}, error={"other": [1, 2]})


RADIUS = studies.Scale("contact radius", "m")
DELTA = studies.Scale("mean ΔT", "K")


def test_a_line_with_its_error():
    figure = studies.draw_line([1e-9, 2e-9], [-8.0, -2.0], RADIUS, DELTA, error=[1.0, 0.5])
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[1, -8], [2, -2]])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("contact radius (nm)", "mean ΔT (K)")
    band = axes.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == (-9.0, -1.5)
    assert axes.get_legend() is None


def test_a_failed_run_leaves_a_gap():
    figure = studies.draw_family([1, 2, 3], [[1, np.nan, 3]], ["a"], RADIUS, DELTA)
    assert np.isnan(figure.axes[0].lines[0].get_ydata()[1])


def test_maps_hold_their_numbers_and_contours():
    z = np.arange(12.0).reshape(3, 4) * 1e-3
    figure = studies.draw_map(
        [1, 2, 3, 4], [1, 2, 3], z, RADIUS, RADIUS, DELTA, levels=[5e-3, 99.0]
    )
    axes = figure.axes[0]
    mesh = axes.collections[0]
    np.testing.assert_allclose(np.asarray(mesh.get_array()).ravel(), np.arange(12.0))
    contours = [c for c in axes.collections if c is not mesh]
    np.testing.assert_allclose(contours[0].levels, [5.0])
    assert figure.axes[1].get_ylabel() == "mean ΔT (mK)"


def test_a_cell_of_a_map_reaches_halfway_as_the_axis_shows_it():
    light = studies.Scale("intensity", "", log=True)
    figure = studies.draw_map([1, 2, 5], [0.01, 0.1, 1], np.ones((3, 3)), RADIUS, light, DELTA)
    x, y = np.moveaxis(figure.axes[0].collections[0].get_coordinates(), -1, 0)
    np.testing.assert_allclose(x[0], [0.5, 1.5, 3.5, 6.5])
    np.testing.assert_allclose(y[:, 0], 10.0 ** np.array([-2.5, -1.5, -0.5, 0.5]))
    assert figure.axes[0].get_ylim()[0] < 0.004


def test_studies_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="curves have shape"):
        studies.draw_family([1, 2], [[1, 2, 3]], ["a"], RADIUS, DELTA)
    with pytest.raises(ValueError, match="error has shape"):
        studies.draw_family([1, 2], [[1, 2]], ["a"], RADIUS, DELTA, error=[[1]])
    with pytest.raises(ValueError, match="x and y need"):
        studies.draw_map([1, 2], [1, 2], [[1, 2]], RADIUS, RADIUS, DELTA)
    with pytest.raises(ValueError, match="no finite number"):
        studies.draw_map([1], [1], [[np.nan]], RADIUS, RADIUS, DELTA)


def array(n_b):
    b, I = np.geomspace(1e-9, 1e-7, n_b), np.geomspace(1e5, 1e9, 5)
    return xr.DataArray(
        -np.outer(b, I), dims=("b", "I"), name="dT", attrs={"long_name": "mean ΔT", "units": "K"},
        coords={"b": ("b", b, {"long_name": "contact radius", "units": "m", "scale": "log"}),
                "I": ("I", I, {"units": "W/m²", "scale": "log"})},
    )  # fmt: skip


def test_xarray_chooses_its_picture():
    line = studies.draw_array(array(3)[0]).axes[0]
    assert len(line.lines) == 1
    assert line.get_xscale() == "log"
    family = studies.draw_array(array(3)).axes[0]
    assert len(family.lines) == 3
    assert [t.get_text() for t in family.get_legend().get_texts()] == ["1 nm", "10 nm", "100 nm"]
    surface = studies.draw_array(array(13)).axes
    assert len(surface) == 2
    assert surface[0].get_ylabel() == "contact radius (m)"
    with pytest.raises(ValueError, match="3 dimensions"):
        studies.draw_array(array(3).expand_dims("run"))


def test_a_light_in_steps_tells_delta_T_at_the_end_of_each():
    numbers = {
        "delta_T_mean_K": 49.8, "delta_T_min_K": 44.6, "delta_T_max_K": 49.8,
        "energy_balance_rel": 3e-9, "kind": "transient",
        "segments": [
            {"stop_s": 900.0, "intensity_factor": 0.9, "delta_T_last_K": -8.5928},
            {"stop_s": 1800.0, "intensity_factor": 9.0, "delta_T_last_K": 49.782},
        ],
    }  # fmt: skip
    rows = dict(result_rows(Result(numbers, {}, parse_case(LIT))))
    assert rows["mean ΔT, step by step"].splitlines() == [
        "2.7 kW/cm² until 15 min: −8.593 K",
        "27 kW/cm² until 30 min: 49.78 K",
    ]
    del numbers["segments"][1:]
    assert "mean ΔT, step by step" not in dict(result_rows(Result(numbers, {}, parse_case(LIT))))


def test_the_ladder_of_a_report_ends_with_the_case_as_written():
    step = {"name": "near field", "words": "across the gap", "delta_T_mean_K": 4.7}
    rows = ladder_rows({"steps": [step], "as_written_delta_T_mean_K": -0.015})
    assert [row["delta"] for row in rows] == ["4.700 K", "−15.00 mK"]
    assert rows[-1]["name"] == "case as written"
    assert len(ladder_rows({"steps": [step], "as_written_delta_T_mean_K": None})) == 1


def test_a_warning_of_several_results_stands_once():
    assert shared([["x", "y"], ["y"], []]) == ["A: x", "A, B: y"]
