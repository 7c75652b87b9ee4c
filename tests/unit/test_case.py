"""Reading a case: overrides, files beside it, the resolved case, its hash, its gain."""

import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e

from thermosim.case.particle_case import Case
from thermosim.case.read import load_case, parse_case
from thermosim.case.starter import STARTER
from thermosim.errors import CaseError
from thermosim.gain import external_efficiency
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.escape.methods import ErgodicEscape
from thermosim.gain.escape.of_body import emission_grid
from thermosim.limits.of_case import derived_quantities, limits_of
from thermosim.model.of_case import model_of

from .broken_cases import DENSITY, GOOD

CASES = sorted((Path(__file__).parents[2] / "cases").glob("gain_*.toml"))
ESCAPE = '\n[gain.escape]\nkind = "ergodic"\nrefractive_index = 1.7\n'


@pytest.fixture
def write(tmp_path):
    def write(text, name="case.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_shipped_gain_cases_are_valid(path):
    case = load_case(path)
    assert case.title
    assert derived_quantities(case)["f_escape"] < 1.0


def test_check_follows_few_trapped_photons_and_says_so():
    """All of them, 100 000 in a box, take long; dots that absorb soon end the ways of most."""
    path = CASES[0].parent / "shapes" / "box_platelet.toml"
    dense = 'gain.density.n_dots="1e19 1/cm^3"'
    case = load_case(path, ['gain.escape={kind="monte_carlo", refractive_index=1.7}', dense])
    numbers = derived_quantities(case)
    assert numbers["escape_by"].startswith("10000 photons")
    assert 0.001 < numbers["f_escape_error"] < 0.01
    few = load_case(path, ['gain.escape={kind="monte_carlo", refractive_index=1.7, photons=500}'])
    assert "escape_by" not in derived_quantities(few)


@pytest.mark.parametrize("text", [GOOD, STARTER, GOOD + ESCAPE], ids=["good", "starter", "escape"])
def test_resolved_case_reads_back_the_same(write, text):
    case = load_case(write(text))
    again = load_case(write(case.to_toml(), "again.toml"))
    assert again == case
    assert again.digest() == case.digest()


def test_byte_order_mark_is_no_fault(tmp_path):
    (tmp_path / "case.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_case(tmp_path / "case.toml").title == "good"


def test_one_value_of_a_library_material_is_overridden_and_the_rest_stays(write):
    plain = load_case(write(GOOD)).material("Cs4PbBr6")
    k = "materials.Cs4PbBr6.conductivity.k.value=0.2 W/(m*K)"
    changed = load_case(write(GOOD), [k]).material("Cs4PbBr6")
    assert changed.conductivity.at(300.0)[0, 0] == pytest.approx(0.2)
    assert plain.conductivity.at(300.0)[0, 0] == pytest.approx(0.3)
    assert changed.refractive_index == plain.refractive_index
    assert changed.conductivity.k.relative_uncertainty == plain.conductivity.k.relative_uncertainty


def test_overrides_win_and_make_sections(write):
    sets = ["particle.shape.radius=2 um", "solver.degree=1", 'contact.radius="50 nm"']
    case = load_case(write(GOOD), sets)
    assert case.particle.shape.radius == 2e-6
    assert case.solver.degree == 1
    assert case.contact_radius == 5e-8


def test_hash_follows_the_values(write):
    one, two = load_case(write(GOOD)), load_case(write(GOOD), ["particle.shape.radius=5.001 um"])
    assert one.digest() != two.digest()
    same = load_case(write(GOOD.replace('"5 um"', '"5000 nm"')))
    assert one.digest() == same.digest()


def line_csv(path, centre=2.38):
    E = np.linspace(2.2, 2.6, 401)
    rows = np.column_stack([E, np.exp(-0.5 * ((E - centre) / 0.03) ** 2)])
    path.write_text("energy (eV),line\n" + "\n".join(f"{x:.6f},{y:.9e}" for x, y in rows))


MEASURED = '\n[gain.emission]\nkind = "spectrum"\nfile = "line.csv"\n'


def test_spectrum_is_found_beside_the_case(write, tmp_path, monkeypatch):
    path = write(GOOD + MEASURED, "inner/case.toml")
    line_csv(tmp_path / "inner" / "line.csv")
    monkeypatch.chdir(tmp_path)
    case = load_case("inner/case.toml")
    assert case == load_case(path)
    assert float(case.gain.mean_emission()) / e == pytest.approx(2.38, abs=1e-4)
    elsewhere = write(case.to_toml(), "results/case.toml")
    assert load_case(elsewhere) == case


def test_absorption_and_surface_are_found_beside_the_case(write, tmp_path):
    E = np.linspace(2.2, 2.6, 41)
    rows = (
        f"{x:.6f},{y:.9e}" for x, y in zip(E, 1.0 / (1.0 + np.exp((2.4 - E) / 0.0155)), strict=True)
    )
    (tmp_path / "edge.csv").write_text("energy (eV),edge\n" + "\n".join(rows))
    table = '\n[gain.absorption]\nkind = "table"\nfile = "edge.csv"\n'
    assert load_case(write(GOOD + table)).gain.absorption.file == tmp_path / "edge.csv"
    faces = ["0 0 0", "1 0 0", "0 1 0", "0 0 1"]
    facets = "".join(
        "facet normal 0 0 0\nouter loop\n"
        + "".join(f"vertex {faces[i]}\n" for i in triangle)
        + "endloop\nendfacet\n"
        for triangle in ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
    )
    (tmp_path / "grain.stl").write_text(f"solid g\n{facets}endsolid g\n")
    shape = 'kind = "surface"\npath = "grain.stl"\nunit = "5 um"'
    text = GOOD.replace('kind = "sphere"\nradius = "5 um"', shape)
    text = text.replace("axisymmetric", "3d").replace('"100 nm"', '"10 nm"')
    case = load_case(write(text))
    assert case.particle.shape.volume == pytest.approx((5e-6) ** 3 / 6, rel=1e-12, abs=0)


def test_absolute_paths_stay(write, tmp_path):
    (tmp_path / "data").mkdir()
    line_csv(tmp_path / "data" / "line.csv")
    text = MEASURED.replace("line.csv", str(tmp_path / "data" / "line.csv"))
    case = load_case(write(GOOD + text, "inner/case.toml"))
    assert case.gain.emission.file == tmp_path / "data" / "line.csv"


def test_hash_follows_the_content_of_files_not_their_place(write, tmp_path):
    path = write(GOOD + MEASURED)
    line_csv(tmp_path / "line.csv")
    first = load_case(path).digest()
    shutil.copytree(tmp_path, tmp_path / "copy")
    assert load_case(tmp_path / "copy" / "case.toml").digest() == first
    line_csv(tmp_path / "copy" / "line.csv", 2.39)
    assert load_case(tmp_path / "copy" / "case.toml").digest() != first


def gain_of(case):
    """The gain with the escape of its light worked out."""
    return model_of(case).light.resolved().model


def test_resolved_gain_is_that_of_the_escape_model(write):
    """The same body handed to the escape model directly."""
    edge = '\n[gain.absorption]\nkind = "fermi_edge"\n'
    case = load_case(write(GOOD + edge + ESCAPE))
    E = np.linspace(1.9, 2.9, 4001) * e
    emission = case.gain.emission_spectrum(E, 300.0)
    direct = ErgodicEscape(refractive_index=1.7).evaluate(
        case.particle.shape, E, emission, case.gain.alpha(E, 300.0), case.contact_radius
    )
    f_escape, f_reabsorbed, red_shift = gain_of(case).escape_values()
    assert f_escape == pytest.approx(direct.f_escape, rel=1e-6)
    assert f_reabsorbed == pytest.approx(direct.f_reabsorbed, rel=1e-5)
    assert red_shift == pytest.approx(-direct.shift, rel=1e-4, abs=0)
    p = gain_of(case).parameters(case.laser.photon_energy)
    assert float(external_efficiency(0.0, p)) == pytest.approx(float(direct.eta_ext(1.0)), rel=1e-6)


def test_larger_bodies_let_less_light_out(write):
    path = write(GOOD + '\n[gain.absorption]\nkind = "fermi_edge"\n' + ESCAPE)
    shares = [
        gain_of(load_case(path, [f"particle.shape.radius={R} um"])).escape_values()[0]
        for R in (1, 5, 25)
    ]
    assert shares[0] > shares[1] > shares[2]


def test_given_escape_is_left_alone(write):
    case = load_case(write(GOOD))
    assert gain_of(case) == case.gain
    assert model_of(case).light.resolved().escape is None


def test_unresolved_escape_gives_no_parameters(write):
    case = load_case(write(GOOD + ESCAPE))
    with pytest.raises(ValueError, match="depends on the body"):
        case.gain.parameters(case.laser.photon_energy)


def test_escape_that_cannot_be_worked_out_names_its_place(write):
    """At 100 K a constant Urbach energy leaves emission in detailed balance without a peak."""
    cold = GOOD.replace('"300 K"', '"100 K"') + '\n[gain]\ntemperature_min = "50 K"\n' + ESCAPE
    case = load_case(write(cold.replace(DENSITY, "")))
    with pytest.raises(CaseError, match=r'gain\.escape\.kind = "ergodic": at 100 K kT is below'):
        gain_of(case)


def test_emission_grid_holds_the_line():
    case = parse_case(tomllib.loads(GOOD))
    model = case.gain.model_copy(update={"emission": VanRoosbroeckEmission()})
    E = emission_grid(model, 300.0)
    spectrum = model.emission_spectrum(E, 300.0)
    area = np.sum(0.5 * (spectrum[1:] + spectrum[:-1]) * np.diff(E))
    assert area == pytest.approx(1.0, abs=1e-6)
    mean = np.sum(E * spectrum) / np.sum(spectrum)
    assert mean / e == pytest.approx(float(model.mean_emission(300.0)) / e, abs=1e-6)


def test_a_given_source_has_no_dots(write):
    laser = '[laser]\nphoton_energy = "2.33 eV"\nintensity = "3 kW/cm^2"\n'
    case = load_case(write(GOOD.replace(laser, '[source]\nheat_source = "-1e7 W/m^3"\n')))
    assert not any("dot" in name or "n_R" in name for name in limits_of(case, -9.0))
    assert derived_quantities(case)["heat_source_W_per_m3"] == -1e7


def test_case_faults_from_python_are_case_errors():
    with pytest.raises(CaseError, match="laser: is missing"):
        Case.model_validate({"particle": {"shape": {"kind": "sphere", "radius": 5e-6}}})
