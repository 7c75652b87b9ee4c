"""Pictures and pages of a result folder made by hand: no mesh program, no solver."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from report_folders import BUDGET, SLAB, delta_T, make_body, make_folder, write_vtu

from thermosim.errors import CaseError
from thermosim.results import load_result
from thermosim.results.series import load_series
from thermosim.results.words import goal_words
from thermosim.visual import report, style
from thermosim.visual.budget import draw_budget, headline, rows_of
from thermosim.visual.compare import letter
from thermosim.visual.fields import draw_temperature, frames
from thermosim.visual.fields_read import read_field
from thermosim.visual.series import draw_course
from thermosim.visual.uncertainty import draw_uncertainty, has_uncertainty


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "one")


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[:, :, :3].astype(int)


def test_fields_are_read_as_written(folder):
    field = read_field(folder)
    assert (field.dim, field.degree, len(field.cells)) == (2, 2, 64)
    above = np.unique(field.cells[field.regions == 1])
    x, z = field.points[above, 0], field.points[above, 1]
    np.testing.assert_allclose(field.values[above], np.where(z >= 0, -0.2 + 0.01 * z, x))
    assert len(field.points) == 2 * 81


def test_cells_of_other_ranks_are_left_out(folder):
    write_vtu(folder / "piece.vtu", ghosts=(0, 5))
    assert len(read_field(folder).cells) == 62


def test_damaged_fields_say_what_to_do(folder):
    with pytest.raises(CaseError, match="no field temperature"):
        read_field(folder, "temperature")
    (folder / "piece.vtu").unlink()
    with pytest.raises(CaseError, match=r"piece\.vtu is missing; run the case again"):
        read_field(folder)
    (folder / "fields.pvd").write_text("<broken")
    with pytest.raises(CaseError, match="cannot be read"):
        read_field(folder)


def test_windows_show_particle_contact_and_substrate(folder):
    result = load_result(folder)
    cut = report.load_cut(result)
    windows = frames(cut, result)
    x0, x1, z0, z1 = windows.middle
    assert x0 < -5 < 5 < x1
    assert z0 < 0
    assert z1 > 10
    assert x1 - x0 == pytest.approx(z1 - z0)
    assert windows.contact == pytest.approx((-2.5, 2.5, -2.5, 2.5))
    assert windows.whole == pytest.approx((-100, 100, -20, 0))
    result.summary["contact_radius_m"] = 0.0
    assert frames(cut, result).contact is None


def test_the_summary_tells_regions_and_lengths(tmp_path):
    """No number of a region and no unit of the mesh is taken for granted."""
    swapped = make_folder(tmp_path / "a", regions={"particle": 2, "substrate": 1})
    result = load_result(swapped)
    windows = frames(report.load_cut(result), result)
    assert windows.middle[3] == pytest.approx(0.25 * 6.5)  # region 2, z <= 0, is the particle
    large = load_result(make_folder(tmp_path / "b", mesh_unit_m=1e-3))
    assert report.load_cut(large).extent() == pytest.approx((-1e5, 1e5, -2e4, 1e4))
    path = tmp_path / "a" / "summary.json"
    path.write_text(path.read_text().replace('"regions"', '"unknown"'))
    with pytest.raises(CaseError, match="run the case again"):
        report.draw_result(swapped)


def test_particles_far_apart_are_shown_one_at_a_time(folder):
    text = (folder / "case.toml").read_text()
    arrangement = 'kind = "positions"\npositions = [["60 um", "0 um"], ["-60 um", "0 um"]]'
    assert 'kind = "single"' in text
    text = text.replace('kind = "single"', arrangement)
    (folder / "case.toml").write_text(text.replace('"axisymmetric"', '"3d"'))
    write_vtu(folder / "piece.vtu", parts=((1, (55, 65, 0, 10)), SLAB))
    result = load_result(folder)
    windows = frames(report.load_cut(result), result)
    assert windows.middle[:2] == pytest.approx((60 - 6.5, 60 + 6.5))
    assert windows.contact == pytest.approx((57.5, 62.5, -2.5, 2.5))


def test_colours_tell_the_temperature(folder):
    """The pixel at a place has the colour that the bar gives to the field there."""
    import matplotlib as mpl

    result = load_result(folder)
    figure = draw_temperature(report.load_cut(result), result)
    image = pixels(figure)
    axes, bar = figure.axes[0], figure.axes[1]
    low, high = bar.get_ylim()
    assert (low, high) == pytest.approx((-200.0, 0.0), abs=1.0)  # mK: particle and slab
    colours = mpl.colormaps["viridis"]
    for x, z in [(2.1, 1.3), (-2.1, 1.3), (0.7, 8.6), (3.0, -0.7)]:
        column, row = axes.transData.transform((x, z))
        found = image[image.shape[0] - 1 - int(row), int(column)]
        value = 1e3 * float(delta_T(abs(x), z))
        wanted = 255 * np.array(colours((value - low) / (high - low))[:3])
        assert np.abs(found - wanted).max() < 6, (x, z)


def test_draw_result_writes_pictures_and_page(folder):
    written = report.draw_result(folder)
    assert [p.name for p in written] == ["temperature.png", "mesh.png", "budget.png", "report.html"]
    assert all(p.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for p in written[:3])
    assert not [p for p in folder.iterdir() if p.name.endswith(".part")]
    images = re.findall(r'src="data:image/png;base64,([^"]+)"', written[3].read_text())
    embedded = {base64.b64decode(image) for image in images}
    assert embedded == {p.read_bytes() for p in written[:3]}


def test_page_stands_alone_and_holds_the_numbers(folder):
    report.draw_result(folder)
    page = (folder / "report.html").read_text()
    assert "A &lt;b&gt;bold&lt;/b&gt; case" in page
    assert "<b>bold" not in page
    assert not re.search("https?:", page)
    assert page.count("<script") == 3  # the scene: vtk.js, its data, the program
    assert not re.search(r"<script[^>]*\bsrc=|<link|@import", page)
    text = re.sub(r"<[^>]+>", " ", page)
    for wanted in (
        "−150.00 ± 0.12 mK", "−200.0 mK … −100.0 mK", "−20.00 nW", "80.0 %", "muscovite", "100 µm",
        "conductivity is used outside its range", "2.4e−15", "cafe", "0.25 s", "0.1.0",
        "−4 × 10⁷ W/m³", "conduction to holder, rim",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_without_fields_the_budget_is_drawn_and_the_page_says_so(tmp_path):
    folder = make_folder(tmp_path / "bare", fields=False)
    assert [p.name for p in report.draw_result(folder)] == ["budget.png", "report.html"]
    assert "output.fields = false" in (folder / "report.html").read_text()


def test_a_transient_has_its_course(tmp_path):
    folder = make_folder(
        tmp_path / "t", kind="transient", time_s=0.05, ended_steady=False, time_constant_63_s=4e-3,
        budget_W={**BUDGET, "particle:stored": -2e-9},
        segments=[{"start_s": t, "intensity_factor": f} for t, f in ((0.0, 1.0), (0.02, 0.0))],
        lock_in=[{"frequency_Hz": 20.0, "amplitude_K": 0.1, "lag_rad": 0.5}],
    )  # fmt: skip
    (folder / "series.csv").write_text(
        "time_s,delta_T_mean_K,source:particle_W,particle_surface:radiation_W,substrate_rim:held_W\n"
        "0.0,0.0,-2e-8,0.0,0.0\n0.05,-0.15,-2e-8,-4e-9,-1.5e-8\n"
    )
    names = [path.name for path in report.draw_result(folder)]
    assert names[:2] == ["course.png", "course_heat.png"]
    page = (folder / "report.html").read_text()
    assert page.count("data:image/png") == 5
    for wanted in ("After 50 ms the particle", "4 ms", "100 mK, 0.5000 rad", "heat capacity"):
        assert wanted in page, wanted


def test_large_error_is_a_warning(tmp_path):
    folder = make_folder(tmp_path / "rough", fields=False, delta_T_error_K=0.03)
    report.write_report(folder)
    assert "the numerical error is 20.0 % of ΔT" in (folder / "report.html").read_text()


def test_budget_of_each_body_sums_to_zero(folder):
    rows = rows_of(load_result(folder))
    assert list(dict.fromkeys(row.body for row in rows)) == ["particle", "substrate"]
    for body in ("particle", "substrate"):
        assert sum(row.heat for row in rows if row.body == body) == pytest.approx(0.0, abs=1e-20)
    assert [row.heat for row in rows if row.source] == [-20e-9]


def test_a_floating_particle_has_no_contact(tmp_path):
    budget = {"source:particle": 3e-9, "particle_surface:radiation": 3e-9}
    folder = make_folder(
        tmp_path / "free", fields=False, mean=0.5, budget_W=budget, heat_to_substrate_W=0.0
    )
    rows = rows_of(load_result(folder))
    assert [(row.body, row.label) for row in rows] == [
        ("particle", "given heat source"),
        ("particle", "thermal radiation"),
    ]
    text = headline(load_result(folder))
    assert "500.0 mK ± 120 µK warmer" in text
    assert "brings 3.000 nW; 100 % of it leaves by thermal radiation" in text


def test_bars_have_the_length_of_the_heat(folder):
    result = load_result(folder)
    bars = sorted(p.get_width() for p in draw_budget(result).axes[0].patches)
    np.testing.assert_allclose(bars, [-20, -16, 1, 4, 15, 16], rtol=1e-12)  # nW


def test_comparison_links_to_the_reports(tmp_path):
    folders = [make_folder(tmp_path / "a"), make_folder(tmp_path / "b", "Other", mean=-9.0)]
    for folder in folders:
        report.write_report(folder)
    picture, index = report.draw_comparison(folders, tmp_path / "both")
    assert picture.name == "comparison.png"
    page = index.read_text()
    assert 'href="../a/report.html"' in page
    assert 'href="../b/report.html"' in page
    assert "−9.000 K ± 120 µK" in page
    assert base64.b64encode(picture.read_bytes()).decode() in page


def test_comparison_tells_what_differs(tmp_path):
    folders = [make_folder(tmp_path / n, fields=False) for n in "ab"]
    text = (folders[1] / "case.toml").read_text()
    (folders[1] / "case.toml").write_text(text.replace('"500 nm"', '"1 nm"'))
    page = report.draw_comparison(folders, tmp_path)[1].read_text()
    rows = page[page.index("What differs") :]
    assert re.findall(r"<td.*?>(.*?)</td>", rows) == ["contact.radius", "500 nm", "1 nm"]


def test_comparison_needs_two(folder, tmp_path):
    with pytest.raises(CaseError, match="two results or more, not 1"):
        report.draw_comparison([folder], tmp_path / "x")
    with pytest.raises(CaseError, match="no result folder"):
        report.draw_comparison([folder, tmp_path], tmp_path / "x")


def test_letters():
    assert [letter(i) for i in (0, 25, 26, 52)] == ["A", "Z", "AA", "BA"]


def test_templates_are_shipped_beside_the_code():
    place = Path(report.__file__).parent / "templates"
    assert {p.name for p in place.iterdir()} >= {
        "page.html.j2",
        "report.html.j2",
        "comparison.html.j2",
    }


def test_a_body_is_shown_in_absolute_temperatures(tmp_path):
    result = load_result(make_body(tmp_path / "plate"))
    (_, cut), *others = report.load_cuts(result)
    assert not others
    assert (cut.axes, cut.symbol) == (("x", "y"), "T")
    assert cut.extent() == (0.0, 5.0, 0.0, 10.0)
    assert (cut.values.min(), cut.values.max()) == pytest.approx((299.8, 299.9), rel=1e-12)
    figure, _ = report.draw_fields(result)
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x (µm)", "y (µm)")
    assert bar.get_title() == "T − 299.85 K (mK)"
    assert bar.get_ylim() == pytest.approx((-50.0, 50.0), rel=1e-9)


def test_page_of_a_body(tmp_path):
    folder = make_body(tmp_path / "plate")
    names = [path.name for path in report.draw_result(folder)]
    assert names == ["temperature.png", "mesh.png", "budget.png", "report.html"]
    text = re.sub(r"<[^>]+>", " ", (folder / "report.html").read_text())
    for wanted in (
        "The temperature at middle is 299.85000 ± 0.00012 K (26.70000 °C)",
        "5.000 kW/m comes from held temperature, bottom", "4.000 kW/m goes to convection, right",
        "Rectangle of 5 µm × 10 µm, planar, per metre of depth: body of copper",
        "299.800 K (26.650 °C) … 299.900 K (26.750 °C)", "middle.point",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert "chamber" not in text
    assert "particle" not in text


def test_bodies_are_compared_with_bodies(tmp_path):
    folders = [make_body(tmp_path / "a"), make_body(tmp_path / "b", probe_middle_K=299.9)]
    picture, page = report.draw_comparison(folders, tmp_path / "both")
    assert picture.stat().st_size > 10_000
    assert "299.90000 ± 0.00012 K" in page.read_text()
    with pytest.raises(CaseError, match="particle is compared with particles"):
        report.draw_comparison([folders[0], make_folder(tmp_path / "c")], tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_body_over_time(tmp_path):
    folder = make_body(tmp_path / "plate", kind="transient", time_s=2.0)
    (folder / "series.csv").write_text(
        "time_s,delta_T_mean_K,region_body_mean_K,probe_middle_K,bottom:held_W,body:stored_W\n"
        "0.0,0.0,300.0,300.0,-5.0,5.0\n2.0,-0.15,299.85,299.85,0.0,0.0\n"
    )
    course, heat = draw_course(load_result(folder), load_series(folder))
    lines = {line.get_label(): line.get_ydata() for line in course.axes[0].lines}
    assert list(lines) == ["middle", "body, mean"]
    for values in lines.values():
        np.testing.assert_allclose(values, [70.0, -80.0], rtol=1e-9)
    assert course.axes[0].get_ylabel() == "T − 299.93 K (mK)"
    found = {line.get_label(): line.get_ydata()[0] for line in heat.axes[0].lines}
    assert found["held temperature, bottom"] == 5.0
    assert found["heat capacity, body"] == -5.0
    assert "(W/m)" in heat.axes[0].get_ylabel()
    assert headline(load_result(folder)).startswith("After 2 s the temperature at middle")


def test_titles_fit():
    assert style.title_size("short", 6.4) == 13.0
    assert style.title_size("x" * 90, 6.4) < 8.0


def test_bars_show_what_is_not_known(folder):
    result = load_result(folder)
    assert not has_uncertainty(result)
    entry = {
        "value": 2.0, "sigma": 0.2, "shape": "normal", "kind": "measured", "linear": True,
        "change_K": 0.3, "up_K": 0.2, "down_K": -0.4, "share": 0.9,
    }  # fmt: skip
    far = entry | {"shape": "lognormal", "change_K": -0.1, "up_K": -0.1, "down_K": 0.1}
    result.summary |= {"delta_T_error_K": 1e-6, "delta_T_material_K": 0.32}
    result.summary["sensitivity"] = {"laser.intensity": entry, "gain.dots": far}
    (axes,) = draw_uncertainty(result).axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([200.0, -400.0, -100.0, 100.0])  # mK
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["laser.intensity\nmeasured ± 10 %", "gain.dots\nmeasured factor 1.1"]
    assert "± 0.32" in goal_words(result) or "± 320 mK" in goal_words(result)
