"""Parts of a file that touch: refused unless joined, joined on request, left apart on request."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
gmsh = pytest.importorskip("gmsh")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import MeshError  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

BLOCKS = """
SetFactory("OpenCASCADE");
Mesh.MeshSizeMax = 0.6;
Box(1) = {0, 0, 0, 1, 1, 1};
Box(2) = {1, %s, 0, 1, 1, 1};
Physical Volume("first") = {1};
Physical Volume("second") = {2};
Physical Surface("cold") = {1};
Physical Surface("hot") = {8};
"""
PLATES = """
Mesh.MeshSizeMax = 0.3;
For i In {0:1}
  p = 10 * i;
  Point(p + 1) = {i, 0, 0}; Point(p + 2) = {i + 1, 0, 0};
  Point(p + 3) = {i + 1, 1, 0}; Point(p + 4) = {i, 1, 0};
  Line(p + 1) = {p + 1, p + 2}; Line(p + 2) = {p + 2, p + 3};
  Line(p + 3) = {p + 3, p + 4}; Line(p + 4) = {p + 4, p + 1};
  Curve Loop(p + 1) = {p + 1 : p + 4}; Plane Surface(p + 1) = {p + 1};
EndFor
Physical Surface("first") = {1};
Physical Surface("second") = {11};
Physical Curve("cold") = {4};
Physical Curve("hot") = {12};
"""


def case(path, symmetry, **changes):
    tree = {
        "geometry": {"file": path.name, "unit": "m", "symmetry": symmetry, **changes},
        "materials": {"m": {"conductivity": "2 W/(m*K)"}},
        "regions": {"first": {"material": "m"}, "second": {"material": "m"}},
        "boundaries": {"cold": {"temperature": "280 K"}, "hot": {"temperature": "320 K"}},
        "solver": {"error_estimate": False},
    }
    return simulate(parse_case(tree, path.parent / "case.toml"))


def script(folder, text):
    path = folder / "parts.geo"
    path.write_text(text)
    return path


def meshed(path, dim):
    gmsh.initialize(readConfigFiles=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(str(path))
        gmsh.model.mesh.generate(dim)
        gmsh.write(str(path.with_suffix(".msh")))
    finally:
        gmsh.finalize()
    return path.with_suffix(".msh")


@pytest.mark.parametrize(("text", "symmetry"), [(BLOCKS % "0", "3d"), (PLATES, "planar")])
def test_parts_that_touch_without_being_joined(tmp_path, text, symmetry):
    """2 W/(m K) · 1 m² · 40 K / 2 m."""
    path = script(tmp_path, text)
    for given in (path, meshed(path, 3 if symmetry == "3d" else 2)):
        with pytest.raises(MeshError, match='"first" and "second" touch without') as caught:
            case(given, symmetry)
        assert caught.value.exit_status == 2
        assert "geometry.join = true" in str(caught.value)
        if given is not path and symmetry == "3d":  # gmsh meshes the two faces by themselves
            with pytest.raises(MeshError, match="meshes that do not fit together"):
                case(given, symmetry, join=True)
        else:
            joined = case(given, symmetry, join=True)
            assert joined.budget["hot:held"] == pytest.approx(-40, rel=1e-9)
            assert joined.region_first_mean_K == pytest.approx(290, rel=1e-9)
        apart = case(given, symmetry, join=False)
        assert apart.budget["hot:held"] == pytest.approx(0, abs=1e-9)
        assert apart.region_second_mean_K == pytest.approx(320, rel=1e-9)


def test_parts_that_touch_on_a_part_of_their_faces(tmp_path):
    """Meshes that do not fit are found by where they lie, and joined in the geometry alone."""
    path = script(tmp_path, BLOCKS % "0.37")
    for given in (path, meshed(path, 3)):
        with pytest.raises(MeshError, match='"first" and "second" touch without'):
            case(given, "3d")
    with pytest.raises(MeshError, match="meshes that do not fit together"):
        case(path.with_suffix(".msh"), "3d", join=True)
    joined = case(path, "3d", join=True)
    assert joined.budget["cold:held"] == pytest.approx(-joined.budget["hot:held"], rel=1e-6)
    assert 20 < joined.budget["cold:held"] < 40


def test_parts_beside_each_other_are_not_meant(tmp_path):
    """A gap as thin as a thousandth of a cell, and an edge in common, are no touching faces."""
    for corner in ("1.0006, 0", "1, 1"):
        text = (BLOCKS % "0").replace("Box(2) = {1, 0,", f"Box(2) = {{{corner},")
        result = case(script(tmp_path, text), "3d")
        assert result.region_first_mean_K == pytest.approx(280, rel=1e-9)
