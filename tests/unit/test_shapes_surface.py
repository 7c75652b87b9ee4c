import struct
import subprocess
import sys
from functools import partial
from math import pi, sqrt
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from shadows import outline_area, projected_area

from thermosim.errors import MeshError
from thermosim.shapes import Box, Grain, ShapeBase, Surface
from thermosim.shapes.polyhedron import Polyhedron

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

ROOT = Path(__file__).parents[2]
CUBE = Box(a=2.0, b=2.0, c=2.0)


def triangles_of(shape):
    return shape.truncated_polyhedron(0).triangles()


def write_stl(path, triangles):
    lines = ["solid body"]
    for corners in triangles:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += [f"vertex {x:.17g} {y:.17g} {z:.17g}" for x, y, z in corners]
        lines += ["endloop", "endfacet"]
    path.write_text("\n".join([*lines, "endsolid body", ""]))
    return path


def loaded(tmp_path, triangles, **more):
    return Surface(path=write_stl(tmp_path / "body.stl", triangles), unit=1e-6, **more)


def refused(tmp_path, triangles, message):
    with pytest.raises(MeshError, match=message) as error:
        loaded(tmp_path, triangles).check()
    assert "body.stl" in str(error.value)


def test_cube_from_a_file(tmp_path):
    cube = loaded(tmp_path, triangles_of(CUBE) + np.array([5.0, -3.0, 7.0]))
    cube.check()
    assert cube.volume == close(8e-18, rel=1e-6)
    assert cube.area == close(24e-12, rel=1e-6)
    assert cube.base_area == close(4e-12, rel=1e-6)
    assert cube.bounding_box[1] == close((1e-6, 1e-6, 2e-6), rel=1e-6)
    assert cube.largest_contact_radius == close(1e-6, rel=1e-6)
    assert cube.truncated(0.5e-6).contact_area == close(pi * 0.25e-12)
    assert projected_area(cube, [[0, 0, 1], [1, 1, 0]]) == close([4e-12, 4e-12 * sqrt(2)], rel=1e-6)
    with pytest.raises(ValueError, match="facet's edge"):
        cube.truncated(1.1e-6)


def test_scale_and_orientation(tmp_path):
    cube = loaded(tmp_path, triangles_of(CUBE), scale=2.0, euler_angles=(0.0, pi / 4, 0.0))
    assert cube.volume == close(64e-18, rel=1e-6)
    assert cube.height == close(4e-6 * sqrt(2), rel=1e-6)
    assert cube.base_area == 0
    cut = cube.truncated(0.3e-6)
    section = pi * 0.09e-12  # 2 depth x 4 µm
    assert cut.depth == close(section / 8e-6, rel=1e-6)
    assert cut.volume == close(cube.volume - section * cut.depth / 2, rel=1e-6)


def test_obj_file_equals_the_shape_it_was_made_from(tmp_path):
    grain = Grain(diameter=1.0, seed=4)
    vertices, faces = grain.vertices_faces()
    lines = [f"v {x:.17g} {y:.17g} {z:.17g}" for x, y, z in vertices]
    lines += ["f " + " ".join(str(i + 1) for i in face) for face in faces]
    (tmp_path / "grain.obj").write_text("\n".join(lines))
    body = Surface(path=tmp_path / "grain.obj", unit=1e-6)
    assert body.volume == close(grain.volume * 1e-18, rel=1e-12)
    assert body.area == close(grain.area * 1e-12, rel=1e-12)
    assert body.centroid_height == close(grain.centroid_height * 1e-6, rel=1e-12)
    direction = [0.3, 0.2, 0.9]
    shadow = float(projected_area(grain, direction)) * 1e-12
    assert float(projected_area(body, direction)) == close(shadow, rel=1e-12)


def test_many_triangles_cut_like_a_sphere(tmp_path):
    import shapely
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=4, radius=3.0)
    body = loaded(tmp_path, np.asarray(ball.triangles))
    cut = body.truncated(0.6e-6)
    # the flat triangles inscribe the sphere: second order in their size
    assert cut.volume == close(4 / 3 * pi * 27e-18, rel=4e-3)
    assert cut.depth == close(0.6e-6**2 / 6e-6, rel=0.05)
    assert body.largest_contact_radius == close(3e-6, rel=3e-3)
    # the section has the area that was asked for
    vertices, faces = body.vertices_faces()
    mesh = trimesh.Trimesh(vertices * 1e6, faces)  # its tolerances are absolute
    lines = trimesh.intersections.mesh_plane(mesh, [0, 0, 1.0], [0, 0, cut.depth * 1e6])
    outline = shapely.convex_hull(shapely.multipoints(lines[:, :, :2].reshape(-1, 2)))
    assert outline.area * 1e-12 == close(cut.contact_area, rel=1e-8)


def test_overhang_is_counted_once():
    """A bracket ⊏: along y each arm shades the other, along z nothing does."""
    back = Box(a=1.0, b=3.0, c=2.0).truncated_polyhedron(0)
    arm = Box(a=2.0, b=1.0, c=2.0).truncated_polyhedron(0)
    parts = [back, *(arm.moved(np.eye(3), (1.5, y, 0)) for y in (-1.0, 1.0))]
    starts = (0, 8, 16)
    faces = [tuple(i + n for i in f) for n, p in zip(starts, parts, strict=True) for f in p.faces]
    bracket = Polyhedron(np.concatenate([p.vertices for p in parts]), tuple(faces))
    shadows = outline_area(bracket, [[0, 0, 1], [1, 0, 0], [0, -1, 0]])
    assert shadows == close([7, 6, 6], rel=1e-9)


def test_hole(tmp_path):
    refused(tmp_path, triangles_of(CUBE)[1:], r"a hole: 3 edges belong to one triangle only.*close")


def test_turned_triangle(tmp_path):
    triangles = triangles_of(CUBE).copy()
    triangles[3] = triangles[3, ::-1]
    refused(tmp_path, triangles, "neighbouring triangles face opposite ways")


def test_inside_out(tmp_path):
    refused(tmp_path, triangles_of(CUBE)[:, ::-1], "inside out .* flip the normals")


def test_two_pieces(tmp_path):
    one = triangles_of(CUBE)
    refused(tmp_path, np.concatenate([one, one + np.array([9.0, 0, 0])]), "2 separate pieces")


def test_fin(tmp_path):
    triangles = triangles_of(CUBE)
    fin = triangles[0] + [[0, 0, 0], [0, 0, 0], [0, 0, 5.0]]
    refused(
        tmp_path, np.concatenate([triangles, [fin, fin[::-1]]]), "belong to more than two triangles"
    )


def test_surface_that_cuts_itself(tmp_path):
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=2, radius=1.0)
    points = np.array(ball.vertices)
    top = np.argmax(points[:, 2])
    points[top, 2] = -1.5  # pull the north pole out through the south
    refused(tmp_path, points[ball.faces], r"cuts through itself in \d+ places, such as at")


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 400, b"solid x\nendsolid x\n", b"hello"])
@pytest.mark.parametrize("name", ["body.stl", "body.obj"])
def test_junk(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MeshError, match="body"):
        Surface(path=path, unit=1.0).check()


def test_numbers_that_are_not_finite(tmp_path):
    triangles = triangles_of(CUBE).astype("<f4")
    triangles[0, 0, 0] = np.nan
    records = b"".join(struct.pack("<12fH", *[0] * 3, *t.ravel(), 0) for t in triangles)
    path = tmp_path / "body.stl"
    path.write_bytes(b" " * 80 + struct.pack("<I", len(triangles)) + records)
    with pytest.raises(MeshError, match=r"body\.stl"):
        Surface(path=path, unit=1.0).check()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"path": "none.stl", "unit": "1 um"}, r"path\n  no such file; looked for .*none.stl"),
        ({"path": "..", "unit": "1 um"}, r"must end in .stl, .obj"),
        ({"path": "a.stl"}, 'have no unit of length: give unit, for instance "1 um"'),
        ({"path": "a.step", "unit": "1 um"}, "a STEP file has its own unit"),
        ({"path": "a.stl", "unit": "1 um", "scale": 0}, "greater than 0"),
    ],
)
def test_bad_sections(tmp_path, table, message):
    (tmp_path / "a.stl").touch()
    (tmp_path / "a.step").touch()
    context = {"case_file": True, "directory": tmp_path}
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(ShapeBase).validate_python({"kind": "surface"} | table, context=context)


def test_changed_file_is_read_again(tmp_path):
    import os

    body = loaded(tmp_path, triangles_of(CUBE))
    assert body.volume == close(8e-18, rel=1e-6)
    write_stl(body.path, triangles_of(Box(a=1.0, b=1.0, c=1.0)))
    os.utime(body.path, ns=(1, 1))
    assert body.volume == close(1e-18, rel=1e-6)


def test_shipped_grain_is_what_its_script_writes(tmp_path):
    script, kept = ROOT / "meshes/make_ground_grain.py", ROOT / "meshes/ground_grain.stl"
    run = [sys.executable, str(script), str(tmp_path / "new.stl")]
    subprocess.run(run, check=True, capture_output=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    assert (tmp_path / "new.stl").read_bytes() == kept.read_bytes()
    body = Surface(path=kept, unit=1e-6)
    assert body.volume == close(pi / 6 * 1e-15, rel=1e-6)
    assert body.base_area > 0
