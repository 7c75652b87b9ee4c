"""Names as CAD programs and people write them."""

import tomllib
import unicodedata

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
gmsh = pytest.importorskip("gmsh")

from thermosim.bodies.geometry import unknown_names  # noqa: E402
from thermosim.case.read import load_case  # noqa: E402
from thermosim.errors import CaseError, MeshError  # noqa: E402
from thermosim.language.names import plain_name, toml_key  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

PLATES = """
SetFactory("OpenCASCADE");
Mesh.MeshSizeMax = 0.3;
Rectangle(1) = {0, 0, 0, 1, 1};
Rectangle(2) = {1, 0, 0, 1, 1};
Coherence;
Physical Surface("Plate 1 (steel)") = {1};
Physical Surface("Plaque étroite") = {2};
Physical Curve("cold: side") = {4};
Physical Curve("hot side") = {6};
"""
CASE = """
goal = "Plate 1 (steel)"
[geometry]
file = "plates.geo"
unit = "m"
symmetry = "planar"
[materials.m]
conductivity = "3 W/(m*K)"
[regions."Plate 1 (steel)"]
material = "m"
[regions."Plaque étroite"]
material = "m"
[boundaries."cold_ side"]
temperature = "300 K"
[boundaries."hot side"]
temperature = "340 K"
[[probes]]
name = "in the middle"
point = ["1 m", "0.5 m"]
"""


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_with_spaces_brackets_and_accents(tmp_path, form):
    """3 W/(m K) · 40 K / 2 m · 1 m; accents typed in one character or in two."""
    (tmp_path / "plates.geo").write_text(unicodedata.normalize(form, PLATES), encoding="utf-8")
    path = tmp_path / "case.toml"
    path.write_text(CASE, encoding="utf-8")
    case = load_case(path)
    result = simulate(case)
    assert result.budget["hot side:held"] == pytest.approx(-60, rel=1e-9)
    assert result.summary["region_Plate 1 (steel)_mean_K"] == pytest.approx(310, rel=1e-9)
    assert result.summary["region_Plaque étroite_mean_K"] == pytest.approx(330, rel=1e-9)
    assert result.summary["probe_in the middle_K"] == pytest.approx(320, rel=1e-9)
    assert tomllib.loads(case.to_toml())["regions"].keys() == case.regions.keys()


def test_a_hint_can_be_copied_into_the_case(tmp_path):
    (tmp_path / "plates.geo").write_text(PLATES, encoding="utf-8")
    path = tmp_path / "case.toml"
    path.write_text(CASE.replace('[regions."Plaque étroite"]', "[regions.Plaque]"))
    with pytest.raises(CaseError) as caught:
        simulate(load_case(path))
    assert 'add [regions."Plaque étroite"] with a material' in str(caught.value)
    problem = next(unknown_names(["plate 1 steel"], ["Plate 1 (steel)"], "region", "regions"))
    assert problem.remedy.startswith('did you mean "Plate 1 (steel)"?')


def test_names_that_no_case_can_hold(tmp_path):
    assert plain_name(' a:b, "c" $\\ ') == "a_b_ _c_ __"
    assert toml_key("a-1_b") == "a-1_b"
    name = 'é "x" .y'
    assert tomllib.loads(f"{toml_key(name)} = 1") == {name: 1}
    text = PLATES.replace("hot side", "cold_ side")
    (tmp_path / "plates.geo").write_text(text, encoding="utf-8")
    path = tmp_path / "case.toml"
    path.write_text(CASE, encoding="utf-8")
    with pytest.raises(MeshError, match="have one name here"):
        simulate(load_case(path))


def test_names_in_another_encoding(tmp_path):
    (tmp_path / "plates.geo").write_bytes(PLATES.encode("latin-1"))
    path = tmp_path / "case.toml"
    path.write_text(CASE, encoding="utf-8")
    with pytest.raises(MeshError, match="UTF-8"):
        simulate(load_case(path))
