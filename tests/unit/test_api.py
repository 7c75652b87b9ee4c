"""What people meet in Python: cases with other values, checks, short representations."""

import json
from concurrent.futures import Executor, Future
from html import escape
from pathlib import Path

import numpy as np
import pytest

import thermosim
from thermosim.cli import main
from thermosim.errors import CaseError
from thermosim.language.named import readable
from thermosim.language.units import registry

CASES = Path(__file__).parents[2] / "cases"
MICA = CASES / "microparticle_on_mica.toml"
LIT = [path for path in sorted(CASES.rglob("*.toml")) if "[laser]" in path.read_text()]


@pytest.fixture(scope="module")
def case():
    return thermosim.load_case(MICA)


@pytest.mark.parametrize(
    "value",
    ["5 kW/cm^2", 5e7, registry()("5 kW/cm^2"), {"laser": {"intensity": "5e7 W/m^2"}}],
)
def test_values_come_as_text_numbers_or_quantities(case, value):
    changes = value if isinstance(value, dict) else {"laser.intensity": value}
    other = case.with_(changes)
    assert other.laser.intensity == pytest.approx(5e7, rel=1e-12)
    assert other.laser.model_copy(update={"intensity": case.laser.intensity}) == case.laser
    assert case.laser.intensity != other.laser.intensity


def test_nothing_changed_is_the_same_case(case):
    assert case.with_({}).digest() == case.digest()
    assert case.with_({}).model_fields_set == case.model_fields_set


def test_the_same_as_an_override_of_the_command_line(case):
    same = thermosim.load_case(MICA, ['laser.intensity="7 kW/cm^2"'])
    assert case.with_({"laser.intensity": "7 kW/cm^2"}).digest() == same.digest()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"laser.intensity": "5 m"}, r"with_: laser\.intensity = .5 m.*: .*W"),
        ({"laser.intensity": -1.0}, r"with_: laser\.intensity = -1.*must be"),
        ({"laser.intensity": registry()("5 K")}, r"laser\.intensity"),
        ({"laser.brightness": 3.0}, r"with_: unknown key laser\.brightness"),
    ],
)
def test_a_fault_is_told_with_its_path(case, changes, message):
    with pytest.raises(CaseError, match=message):
        case.with_(changes)


@pytest.mark.parametrize("path", LIT, ids=lambda path: path.stem)
def test_other_assumptions_are_those_of_a_file(path):
    """What was assumed is not kept as if it had been said."""
    for name in ("favourable", "careful"):
        same = thermosim.load_case(path, [f"assumptions={name}"])
        assert thermosim.load_case(path).with_({"assumptions": name}).digest() == same.digest()


def test_a_claim_is_judged_as_by_the_command(case, capsys, tmp_path):
    even = "assumptions=favourable"  # the light of the case takes most of half a minute
    found = thermosim.claim(case.with_({"assumptions": "favourable"}), "-9 K", after="10 min")
    command = ["claim", str(MICA), "--set", even, "--delta-t", "-9 K", "--after", "10 min"]
    assert main([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert found.verdict == printed["verdict"] == "impossible"
    assert found.sentence == printed["sentence"]
    assert json.loads(json.dumps(found.document, default=float)) == printed
    assert found.sentence in found._repr_html_()
    assert found.verdict in repr(found)
    assert found.save(tmp_path / "claim.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta_T": "-9 m"}, r"delta_T.*-9 m.*must be a number with its unit"),
        ({"delta_T": 3.0}, r"is no cooling"),
        ({"delta_T": "-9 K", "after": "-1 s"}, r"after.*must be a time above zero"),
    ],
)
def test_a_claim_that_is_none_is_refused(case, options, message):
    with pytest.raises(CaseError, match=message):
        thermosim.claim(case, **options)


def test_a_claim_in_the_dark_is_refused(case):
    dark = case.model_copy(update={"laser": case.laser.model_copy(update={"intensity": 0.0})})
    with pytest.raises(CaseError, match="no light, without which nothing cools"):
        thermosim.claim(dark, delta_T="-9 K")


def test_a_fit_is_that_of_the_command(capsys):
    data = str(CASES.parent / "examples" / "fit" / "excitation.csv")
    window = ("2.26 eV", "2.45 eV")
    found = thermosim.fit(data, "excitation", window=window)
    assert main(["fit", data, "--model", "excitation", "--window", *window, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["parameters"]
    assert found.value("E_U") == pytest.approx(printed["E_U"]["value"], rel=1e-9, abs=0)
    assert "E_U" in repr(found)
    assert "95 %" in found._repr_html_()
    held = thermosim.fit(data, "excitation", window=window, fix={"E_U": "15.5 meV"})
    assert held.value("E_U") == pytest.approx(0.0155, rel=1e-12, abs=0)
    assert "held" in held._repr_html_()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"colour": "red"}, r"colour: is no option"), ({}, r"model: is needed")],
)
def test_a_fit_says_what_it_needs(options, message):
    with pytest.raises(CaseError, match=message):
        thermosim.fit("data.csv", **options)


def test_own_geometry_too():
    body = thermosim.load_case(CASES / "lit_cylinder.toml")
    other = body.with_({"title": "another"})
    assert type(other) is type(body)
    assert other.title == "another"
    with pytest.raises(CaseError, match=r"with_: title"):
        body.with_({"title": 3})


def test_check_says_what_the_command_says(case, capsys):
    assert main(["check", str(MICA), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    found = case.check()
    assert json.loads(json.dumps(found.document(), default=str)) == printed
    name = next(iter(found.numbers))
    assert found[name] == found.numbers[name]


def test_representations_are_short_and_tell_the_title(case):
    other = case.with_({"title": "<b>hot</b>"})
    assert len(repr(other)) < 120
    assert "hot" in repr(other)
    page = other._repr_html_()
    assert "&lt;b&gt;hot" in page
    assert "<b>hot" not in page
    check = other.check()
    words = [readable(name) for name in check.numbers]
    assert len(set(words)) == len(words)
    for word in words:
        assert f">{escape(word)}<" in page


def test_a_result_shows_its_closing_table(case):
    result = thermosim.Result({"kind": "failed", "message": "no <root>"}, {}, case)
    assert repr(result) == f"Result({case.title!r}: failed no <root>)"
    assert "no &lt;root&gt;" in result._repr_html_()


def test_a_study_shows_how_many_points_it_has(case):
    study = thermosim.sweep(
        case, {"laser.intensity": ["1 kW/cm^2", "2 kW/cm^2"]}, run=solved, executor=Here()
    )
    assert repr(study).startswith("StudyResult(2 points over")
    assert "0 without result" in repr(study)
    assert "1 K … 2 K" in study._repr_html_()


def test_a_study_is_drawn_by_the_names_of_its_parameters(case):
    axes = {
        "laser.intensity": ["1 kW/cm^2", "2 kW/cm^2", "4 kW/cm^2"],
        "particle.shape.radius": ["1 um", "2 um"], "chamber.pressure": ["0 Pa", "5 Pa"],
    }  # fmt: skip
    study = thermosim.sweep(case, axes, run=signed, executor=Here())
    figure = study.plot.map("radius", "intensity", pressure="4 Pa")
    panel, bar = figure.axes
    assert panel.get_xlabel() == "radius (µm)"
    low, high = panel.collections[0].get_clim()
    assert low == -high == pytest.approx(-3.0)  # centred on zero
    assert "black line: 0" in bar.get_ylabel()
    zero = panel.collections[1].get_paths()[0].vertices  # the break-even contour
    assert panel.get_ylabel() == "intensity (kW/cm²)"
    assert np.abs(zero[:, 1] - 2.0).max() < 1e-12
    lines = study.plot.line("intensity", family="radius", pressure=0.0)
    assert len(lines.axes[0].lines) == 2
    with pytest.raises(CaseError, match='pressure: choose a value, for instance pressure="0 Pa"'):
        study.plot.map("radius", "intensity")
    with pytest.raises(CaseError, match='"power" is no dimension of the study; it has intensity'):
        study.plot.map("radius", "power")
    with pytest.raises(CaseError, match="is no number of the results"):
        study.plot.line("radius", "delta_K")


def signed(case):
    """Return ΔT [K] that changes sign at 2 kW/cm², three times as large at 4 as needed."""
    x = case.laser.intensity / 1e7
    found = {1.0: -1.0, 2.0: 0.0, 4.0: 3.0}[round(x, 6)] * case.particle.shape.radius / 2e-6
    return thermosim.Result({"delta_T_mean_K": found}, {}, case)


def solved(case):
    """Return ΔT [K] that is the intensity in kW/cm²."""
    return thermosim.Result({"delta_T_mean_K": case.laser.intensity / 1e7}, {}, case)


class Here(Executor):
    """Runs what it is given at once, in this process."""

    def submit(self, run, /, *args, **options):
        future = Future()
        future.set_result(run(*args, **options))
        return future


def test_the_example_of_the_documentation_runs(monkeypatch):
    monkeypatch.chdir(CASES.parent)
    text = Path("docs/python.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    names: dict = {}
    exec(code, names)
    assert names["grain"].laser.intensity == pytest.approx(5e7, rel=1e-12)


def test_closed_forms_say_that_a_run_solves_the_whole_wave(capsys):
    asked = ["optics.purcell_in_gain=true", "optics.escape_in_gain=true"]
    places = ["optics.purcell_places=2", *asked]
    path = CASES / "optics_full_wave.toml"
    plain = thermosim.load_case(path).check().notes
    assert sum("a run solves Maxwell's equations" in note for note in plain) == 1
    assert not any("purcell" in note for note in plain)
    told = thermosim.load_case(path, places).check().notes
    assert all(any(key in note for note in told) for key in ("purcell_in_gain", "escape_in_gain"))
    assert not any("Maxwell" in note for note in thermosim.load_case(MICA).check().notes)
    assert main(["limits", str(path)]) == 0
    assert "a run solves Maxwell's" in " ".join(capsys.readouterr().err.split())
