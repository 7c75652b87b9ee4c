"""Scenes of results: what a page is given, thinned meshes, the page itself."""

import gzip
import json

import numpy as np
import pytest
from report_folders import make_body, make_folder

from thermosim.cli import main
from thermosim.results import load_result
from thermosim.visual.fields_read import Field
from thermosim.visual.scene import pieces, scene_bytes, scene_of, skin_of
from thermosim.visual.scene_coarse import coarsened, corners_only


@pytest.fixture
def result(tmp_path):
    return load_result(make_folder(tmp_path / "one"))


def test_a_scene_holds_mesh_fields_and_windows(result):
    scene = scene_of(result)
    assert scene["symmetry"] == "axisymmetric"
    assert [f["key"] for f in scene["fields"]] == ["delta_T", "T"]
    assert [w["name"] for w in scene["windows"]] == ["particle", "contact", "whole"]
    assert scene["windows"][1]["half"] == pytest.approx(4 * 0.5)  # contact radius 0.5 µm
    cells = scene["cells"].reshape(64, 6)
    assert cells.max() < scene["points"].size // 2
    delta = scene["fields"][0]
    values = delta["frames"][0].astype(float) + delta["base"]
    assert values.min() == pytest.approx(-0.2, abs=1e-6)
    T = scene["fields"][1]
    np.testing.assert_allclose(
        T["frames"][0].astype(float) + T["base"], values + 300.0, rtol=0, atol=1e-6
    )
    assert scene["flux"] == []  # the folder is of an older kind


def test_the_block_of_a_scene_is_what_the_page_reads(result):
    scene = scene_of(result)
    block = gzip.decompress(scene_bytes(scene))
    length = int.from_bytes(block[:4], "little")
    document = json.loads(block[4 : 4 + length])
    for name, kind in (("points", "<f4"), ("cells", "<u4"), ("cellRegions", "<u1")):
        told = document[name]
        assert told["kind"] == kind.lstrip("<")
        found = np.frombuffer(block, kind, told["n"], 4 + length + told["at"])
        np.testing.assert_array_equal(found, scene[name].ravel())
    assert length % 4 == 0  # typed arrays of a browser begin at multiples of four
    # ΔT and T are the same numbers from two levels, and stand there once
    delta, T = document["fields"]
    assert delta["frames"] == T["frames"]
    assert T["base"] == pytest.approx(delta["base"] + 300.0, abs=1e-12)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_pieces_fill_a_cell(dim, degree):
    from thermosim.visual import fields_lattice as lattice

    at = lattice.nodes(dim, degree)[:, 1:]
    found = np.array(pieces(dim, degree))
    volumes = np.abs(np.linalg.det(at[found][:, 1:] - at[found][:, :1]))
    assert volumes.sum() == pytest.approx(1.0, rel=1e-12)
    assert set(found.ravel().tolist()) == set(range(len(at)))


def box(n):
    """A cube of n³ cubes of six tetrahedra; two regions, split at x = 1/2."""
    from itertools import permutations

    grid = np.arange((n + 1) ** 3).reshape(n + 1, n + 1, n + 1)
    cells = []
    for corner in np.ndindex(n, n, n):
        for order in permutations(range(3)):
            at, path = np.array(corner), []
            path.append(grid[tuple(at)])
            for axis in order:
                at = at + np.eye(3, dtype=int)[axis]
                path.append(grid[tuple(at)])
            cells.append(path)
    x = np.stack(np.meshgrid(*[np.linspace(0, 1, n + 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cells = np.array(cells)
    regions = 1 + (x[cells].mean(axis=1)[:, 0] > 0.5).astype(np.int64)
    return Field(x, cells, x[:, 2].copy(), regions, np.arange(len(x)), 3, 1)


def volume(mesh, number):
    corners = mesh.points[mesh.cells[mesh.regions == number]]
    return np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])).sum() / 6


def test_thinned_meshes_keep_regions_and_outlines():
    whole = box(8)
    thin, kept, used = coarsened(whole)
    assert len(thin.cells) < 0.4 * len(whole.cells)
    assert len(kept) == len(thin.cells)
    np.testing.assert_array_equal(thin.points, whole.points[used])
    np.testing.assert_array_equal(thin.regions, whole.regions[kept])
    for number in (1, 2):
        assert volume(thin, number) == pytest.approx(volume(whole, number), rel=0.15)
        x = thin.points[thin.cells[thin.regions == number]].reshape(-1, 3)
        assert x.min(axis=0) == pytest.approx([0.5 * (number - 1), 0, 0], abs=1e-12)
        assert x.max(axis=0) == pytest.approx([0.5 * number, 1, 1], abs=1e-12)


def test_the_skin_is_what_lies_around_regions():
    mesh, _ = corners_only(box(4))
    skin, owner = skin_of(mesh, drop_axis=False)
    corners = mesh.points[skin]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = 0.5 * np.linalg.norm(cross, axis=1).sum()
    inside = np.count_nonzero(np.bincount(skin.ravel(), minlength=125))
    assert area == pytest.approx(8.0)  # the outside, and the face between the regions twice
    assert inside == 125 - 18  # nodes within either region are left out
    assert set(mesh.regions[owner].tolist()) == {1, 2}


def test_view_writes_a_page_that_needs_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    folder = make_body(tmp_path / "plate")
    assert main(["view", str(folder), "--field", "delta_T"]) == 0
    page = (folder / "scene.html").read_text()
    assert "http" not in page
    assert "A plate" in page
    other = tmp_path / "other.html"
    assert main(["view", str(folder), "-o", str(other)]) == 0
    assert main(["view", str(folder), "-o", str(other)]) == 2
    assert "exists" in capsys.readouterr().err
    assert main(["view", str(folder), "-o", str(other), "--overwrite"]) == 0
    assert main(["view", str(folder), "--field", "colour"]) == 2
    assert "there are the fields delta_T, T" in capsys.readouterr().err
    assert main(["view", str(folder), "--field", "source"]) == 2
    assert "holds no source_W_per_m3" in capsys.readouterr().err
    assert main(["view", str(tmp_path)]) == 2


def test_a_report_leaves_the_scene_out_where_the_case_says_so(tmp_path):
    from thermosim.visual.report import write_report

    folder = make_folder(tmp_path / "one")
    assert "scene-data" in write_report(folder).read_text()
    case = folder / "case.toml"
    case.write_text(case.read_text().replace("scene = true", "scene = false"))
    assert "scene-data" not in write_report(folder).read_text()
