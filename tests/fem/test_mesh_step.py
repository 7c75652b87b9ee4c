"""STEP solids as particles: numbers and meshes against closed forms, and what is refused."""

import subprocess
import sys
from functools import partial
from math import pi, sqrt
from pathlib import Path

import pytest
from shadows import projected_area

pytestmark = pytest.mark.fem
pytest.importorskip("gmsh")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError, MeshError  # noqa: E402
from thermosim.mesh.build import build_mesh  # noqa: E402
from thermosim.mesh.measure import areas, volumes  # noqa: E402
from thermosim.shapes import Sphere, Surface  # noqa: E402
from thermosim.shapes.cad import gmsh_session  # noqa: E402

close = partial(pytest.approx, abs=0)
ROOT = Path(__file__).parents[2]
PLATELET = ROOT / "meshes" / "rounded_platelet.step"
SLAB = {"kind": "slab", "material": "mica", "width": "200 um", "thickness": "20 um"}
COARSE = {"cells_per_radius": 3, "cells_per_contact": 5, "growth": 0.6}
DRAWN = {
    "ball": lambda occ: occ.addSphere(2, -1, 3, 5),
    "cylinder": lambda occ: occ.addCylinder(1, 1, 1, 0, 0, 8, 3),
    "box": lambda occ: occ.addBox(0, 0, 0, 10, 8, 5),
    "torus": lambda occ: occ.addTorus(0, 0, 0, 6, 2),
    "two": lambda occ: (occ.addBox(0, 0, 0, 1, 1, 1), occ.addBox(3, 0, 0, 1, 1, 1)),
    "sheet": lambda occ: occ.addRectangle(0, 0, 0, 1, 1),
    "cavity": lambda occ: occ.cut(
        [(3, occ.addBox(0, 0, 0, 9, 9, 9))], [(3, occ.addSphere(4, 4, 4, 3))]
    ),
}


@pytest.fixture(scope="module")
def step(tmp_path_factory):
    """Write one of the drawn bodies, in millimetres; return its file."""
    folder = tmp_path_factory.mktemp("step")

    def write(name):
        path = folder / f"{name}.step"
        if not path.exists():
            with gmsh_session() as gmsh:
                DRAWN[name](gmsh.model.occ)
                gmsh.model.occ.synchronize()
                gmsh.write(str(path))
        return path

    return write


def micro(path, **more):
    """The body with its millimetres read as micrometres."""
    return Surface(path=path, scale=1e-3, **more)


def case(path, contact=None, mesh=None, places=None, **more):
    shape = {"kind": "surface", "path": str(path), "scale": 1e-3, **more}
    tree = {
        "symmetry": "3d",
        "particle": {"shape": shape},
        "source": {"heat_source": "-1e7 W/m^3"},
        "mesh": {"cache": False, **(mesh or {})},
    }
    if places:
        tree["particle"]["arrangement"] = places
    if contact:
        tree |= {"substrate": SLAB, "contact": {"kind": "disk", "radius": contact}}
    return parse_case(tree)


def deviations(data):
    found = {f"volume:{k}": v for k, v in volumes(data).items()}
    found |= {f"area:{k}": v for k, v in areas(data).items()}
    return {name: found[name] / exact - 1 for name, exact in data.exact.items()}


@pytest.mark.parametrize("contact", [0.0, 20e-9, 0.5e-6, 2.5e-6])
def test_a_ball_is_cut_as_the_sphere_is(step, contact):
    ball, sphere = micro(step("ball")), Sphere(radius=5e-6)
    cut, exact = ball.truncated(contact), sphere.truncated(contact)
    for name in ("volume", "free_area", "height", "centroid_height"):
        assert getattr(cut, name) == close(getattr(exact, name), rel=1e-9), name
    assert cut.depth == close(exact.depth, rel=2e-6)
    assert cut.contact_area == close(exact.contact_area, rel=1e-6)
    assert ball.largest_contact_radius == close(5e-6, rel=1e-9)
    assert ball.bounding_box[0] == pytest.approx((-5e-6, -5e-6, 0), abs=1e-14)
    with pytest.raises(ValueError, match="widest section, 5e-06 m"):
        ball.truncated(5.1e-6)


def test_a_cylinder_on_its_end_and_on_its_side(step):
    upright = micro(step("cylinder"))
    assert upright.volume == close(72 * pi * 1e-18, rel=1e-12)
    assert upright.area == close(66 * pi * 1e-12, rel=1e-12)
    assert upright.base_area == close(9 * pi * 1e-12, rel=1e-9)
    assert upright.largest_contact_radius == close(3e-6, rel=1e-9)
    assert upright.truncated(1e-6).depth == 0
    lying = micro(step("cylinder"), euler_angles=(0.3, pi / 2, 0.1))
    assert lying.base_area == 0
    assert lying.height == close(6e-6, rel=1e-9)
    cut = lying.truncated(2e-6)
    half = pi * 4 / 8 / 2  # of the strip [um]
    assert cut.depth == close((3 - sqrt(9 - half**2)) * 1e-6, rel=1e-6)
    assert projected_area(lying, [0, 0, 1]) == close(48e-12, rel=5e-3)


def test_the_unit_of_the_file_counts(step):
    """OpenCASCADE writes mm; the same numbers as metres are a body a thousand times larger."""
    text = step("box").read_text()
    path = step("box").with_name("metres.stp")
    path.write_text(text.replace("SI_UNIT(.MILLI.,.METRE.)", "SI_UNIT($,.METRE.)"))
    assert path.read_text() != text
    assert Surface(path=step("box")).volume == close(400e-9, rel=1e-12)
    assert Surface(path=path).volume == close(400.0, rel=1e-12)


def test_the_shipped_platelet_is_what_its_script_writes(tmp_path):
    script = ROOT / "meshes" / "make_rounded_platelet.py"
    run = [sys.executable, str(script), str(tmp_path / "new.step")]
    subprocess.run(run, check=True, capture_output=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    a, b, c = 10.0, 6.0, 1.0  # mm between the round edges of radius 1 mm
    volume = a * b * c + 2 * (a * b + b * c + c * a) + pi * (a + b + c) + 4 / 3 * pi
    area = 2 * (a * b + b * c + c * a) + 2 * pi * (a + b + c) + 4 * pi
    for path in (PLATELET, tmp_path / "new.step"):
        body = micro(path)
        assert body.volume == close(volume * 1e-18, rel=1e-10)
        assert body.area == close(area * 1e-12, rel=1e-10)
        assert body.base_area == close(60e-12, rel=1e-9)
        assert body.largest_contact_radius == close(3e-6, rel=1e-9)


MESHED = {
    "floating": ("ball", None, {}, 1e-5),
    "cut": ("ball", "500 nm", {}, 1e-5),
    "facet": ("cylinder", "1 um", {}, 1e-5),
    "flat": ("box", "500 nm", {}, 1e-7),
    "corner": ("box", "500 nm", {"euler_angles": ["0 deg", "54.7 deg", "45 deg"]}, 1e-12),
    "ring": ("torus", None, {}, 1e-5),
}


@pytest.mark.parametrize(("name", "contact", "pose", "most"), MESHED.values(), ids=MESHED)
def test_meshes_have_the_sizes_of_the_solid(step, name, contact, pose, most):
    data, report = build_mesh(case(step(name), contact, **pose))
    off = deviations(data)
    assert max(map(abs, off.values())) < most, off
    assert report["min_scaled_jacobian"] > 0.5
    assert ("particle_base" in data.boundaries) == (name in ("cylinder", "box") and not pose)


def test_refining_a_bent_solid_is_of_fourth_order(step):
    off = [
        deviations(build_mesh(case(step("ball"), mesh={"refinement": n}))[0])["volume:particle"]
        for n in (0.5, 1.0)
    ]
    assert 9 < off[0] / off[1] < 40


REFUSED = {
    "two": "holds 2 solids, but a particle is one",
    "sheet": r"holds no solid \(only open faces\); sew",
    "cavity": "separate pieces; a particle is one body without cavities",
}


@pytest.mark.parametrize(("name", "message"), REFUSED.items(), ids=REFUSED)
def test_files_that_hold_something_else(step, name, message):
    with pytest.raises(CaseError, match=rf"particle\.shape\.path: .*{name}\.step: .*{message}"):
        case(step(name))


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "is no STEP file"), ("solid x", "is no STEP file"), ("ISO-10303-21;\nHEA", "whole")],
)
def test_files_that_cannot_be_read(tmp_path, text, message):
    path = tmp_path / "a.step"
    path.write_text(text)
    with pytest.raises(CaseError, match=message):
        case(path)


def test_contacts_that_are_no_disk(step):
    with pytest.raises(MeshError, match="cuts the body in a ring"):
        micro(step("torus")).truncated(1e-6)
    with pytest.raises(MeshError, match="thinner than CAD resolves"):
        micro(step("cylinder"), euler_angles=(0.0, pi / 2, 0.0)).truncated(1e-9)


def test_several_solids_of_one_file(step):
    places = {"kind": "positions", "positions": [["0 um", "0 um"], ["9 um", "2 um"]]}
    data, _ = build_mesh(case(step("cylinder"), "1 um", COARSE, places))
    assert areas(data)["contact"] == close(2 * pi * 1e-12, rel=1e-3)
    assert volumes(data)["particle"] == close(144 * pi * 1e-18, rel=1e-3)
