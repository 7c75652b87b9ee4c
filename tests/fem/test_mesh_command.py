"""``thermosim mesh``: numbers, picture, page; each refusal is one message."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("gmsh")

from thermosim.cli.app import main  # noqa: E402

CASE = """
symmetry = "{symmetry}"
[particle.shape]
{shape}
[source]
heat_source = "-1e7 W/m^3"
[mesh]
cache = false
"""
BOX = 'kind = "box"\na = "4 um"\nb = "4 um"\nc = "4 um"'
SPHERE = 'kind = "sphere"\nradius = "5 um"'


@pytest.mark.parametrize(("symmetry", "shape"), [("axisymmetric", SPHERE), ("3d", BOX)])
def test_numbers_picture_and_page(tmp_path, capsys, symmetry, shape):
    case = tmp_path / "case.toml"
    case.write_text(CASE.format(symmetry=symmetry, shape=shape))
    assert main(["mesh", str(case), "--json", "--show", "-o", str(tmp_path / "out")]) == 0
    numbers = json.loads(capsys.readouterr().out)
    for name in ("volume_particle_m3", "area_particle_m2"):
        exact = numbers[name.replace("particle", "particle_exact")]
        assert numbers[name] == pytest.approx(exact, rel=1e-5)
    assert numbers["n_cells"] > 50
    assert 0.1 < numbers["min_scaled_jacobian"] <= 1
    assert json.loads((tmp_path / "out" / "mesh.json").read_text()) == numbers
    page = (tmp_path / "out" / "mesh.html").read_text()
    assert "http" not in page
    assert f'"cells": {numbers["n_cells"]}' in page
    # a shader compiled before its extension is on draws nothing
    assert page.index('g.getExtension("OES_standard_derivatives")') < page.index("compileShader(")
    assert r"\u00b5m\u00b2" in page or symmetry == "axisymmetric"
    from matplotlib.image import imread

    picture = imread(tmp_path / "out" / "mesh.png")
    assert np.ptp(picture[..., :3]) > 0.3


def refused(tmp_path, capsys, shape, more=""):
    case = tmp_path / "case.toml"
    case.write_text(CASE.format(symmetry="3d", shape=shape) + more)
    status = main(["mesh", str(case)])
    return status, capsys.readouterr().err


def block():
    import trimesh

    return trimesh.creation.box((4, 4, 4))


def broken(kind):
    mesh = block()
    if kind == "hole":
        mesh.faces = mesh.faces[1:]
    if kind == "inverted":
        mesh.faces = mesh.faces[:, ::-1]
    if kind == "crossing":
        mesh.vertices[mesh.vertices[:, 2] > 0, :2] *= [[-1, 1]]
        mesh = mesh.subdivide()
    return mesh


@pytest.mark.parametrize(
    ("kind", "words"), [("hole", "has a hole"), ("inverted", "inside out"), ("crossing", "")]
)
def test_broken_surfaces(tmp_path, capsys, kind, words):
    broken(kind).export(tmp_path / "body.stl")
    shape = 'kind = "surface"\npath = "body.stl"\nunit = "1 um"'
    status, message = refused(tmp_path, capsys, shape)
    assert status == 2
    assert message.count("thermosim:") == 1
    assert "body.stl" in message
    assert words in message


def test_overlapping_particles(tmp_path, capsys):
    status, message = refused(
        tmp_path, capsys, BOX,
        '[particle.arrangement]\nkind = "positions"\n'
        'positions = [["0 um", "0 um"], ["3 um", "0 um"]]\n',
    )  # fmt: skip
    assert status == 2
    assert "particles 1 and 2 overlap" in message


def test_a_body_tells_its_edges_in_metres(tmp_path, capsys):
    case = tmp_path / "case.toml"
    case.write_text(
        '[geometry]\nkind = "box"\nx = ["0 mm", "2 mm"]\ny = ["0 mm", "1 mm"]\n'
        'z = ["0 mm", "1 mm"]\n'
        '[regions.body]\nmaterial = "silicon"\n[boundaries.top]\ntemperature = "300 K"\n'
        '[mesh]\nsize = "0.5 mm"\n'
    )
    assert main(["mesh", str(case), "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert 0.1e-3 < numbers["min_edge_m"] < 0.51e-3
    assert numbers["volume_body_m3"] == pytest.approx(2e-9, rel=1e-12, abs=0)


def test_names_that_a_script_lacks_are_told_before_meshing(tmp_path, capsys):
    (tmp_path / "square.geo").write_text(
        'SetFactory("OpenCASCADE");\nRectangle(1) = {0, 0, 0, 1, 1};\n'
        'Physical Surface("plate") = {1};\nPhysical Curve("foot") = {1};\n'
    )
    case = tmp_path / "square.toml"
    case.write_text(
        '[geometry]\nfile = "square.geo"\nunit = "1 mm"\nsymmetry = "planar"\n'
        '[regions.plate]\nmaterial = "silicon"\n[boundaries.foot]\ntemperature = "300 K"\n'
        '[[films]]\nboundary = "fot"\nmaterial = "gold"\nthickness = "10 nm"\n'
    )
    assert main(["mesh", str(case)]) == 2
    message = (
        'films[0].boundary = "fot": the geometry has no boundary of this name; did you mean foot'
    )
    assert message in capsys.readouterr().err
