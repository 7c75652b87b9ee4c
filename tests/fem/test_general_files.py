"""Bodies from files, by names and with contacts; and what is wrong in a file."""

import re
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
gmsh = pytest.importorskip("gmsh")

from thermosim.bodies.geometry import BodyMesh, GeometryFile  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError, MeshError  # noqa: E402
from thermosim.mesh import build  # noqa: E402
from thermosim.mesh.regions import build_body  # noqa: E402
from thermosim.model.drawing import BodyDrawing  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

K = {"m": {"conductivity": "2 W/(m*K)"}, "n": {"conductivity": "5 W/(m*K)"}}


def run(tree, folder):
    tree = {"materials": K, "solver": {"error_estimate": False}, **tree}
    return simulate(parse_case(tree, folder / "case.toml"))


TWO = """
SetFactory("OpenCASCADE");
Rectangle(1) = {0, 0, 0, 1, 1};
Rectangle(2) = {1, 0, 0, 2, 1};
BooleanFragments{ Surface{1, 2}; Delete; }{}
Physical Surface("first") = {1};
Physical Surface("second") = {2};
left() = Curve In BoundingBox {-1e-3, -1, -1, 1e-3, 2, 1};
right() = Curve In BoundingBox {2.999, -1, -1, 3.001, 2, 1};
Physical Curve("cold") = left();
Physical Curve("hot") = right();
"""
BETWEEN = {
    "regions": {"first": {"material": "m"}, "second": {"material": "n"}},
    "boundaries": {"cold": {"temperature": "300 K"}, "hot": {"temperature": "400 K"}},
    "mesh": {"size": "0.4 mm"},
}


def geometry(path, symmetry="planar"):
    return {"file": path.name, "unit": "mm", "symmetry": symmetry}


@pytest.fixture
def two(tmp_path):
    path = tmp_path / "two.geo"
    path.write_text(TWO)
    return path


def meshed(path, order=2):
    """Write the script's own mesh beside it, as a user would."""
    gmsh.initialize(readConfigFiles=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(str(path))
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(order)
        gmsh.write(str(path.with_suffix(".msh")))
    finally:
        gmsh.finalize()
    return path.with_suffix(".msh")


@pytest.mark.parametrize("contact", [False, True])
def test_two_regions_in_series(two, contact):
    """1 mm of k = 2, then 2 mm of k = 5, with or without a contact of 1000 W/(m² K)."""
    tree = {"geometry": geometry(two), **BETWEEN}
    if contact:
        tree["contacts"] = {"joint": {"between": ["first", "second"], "h_c": "1000 W/(m^2*K)"}}
    result = run(tree, two.parent)
    resistance = 1e-3 / 2 + 2e-3 / 5 + (1e-3 if contact else 0.0)
    flux = 100 / resistance
    assert result.budget["cold:held"] == pytest.approx(flux * 1e-3, rel=1e-9)
    assert result.region_first_mean_K == pytest.approx(300 + flux * 0.5e-3 / 2, rel=1e-9)
    assert result.region_first_max_K == pytest.approx(300 + flux * 1e-3 / 2, rel=1e-9)
    assert result.region_second_min_K == pytest.approx(400 - flux * 2e-3 / 5, rel=1e-9)


@pytest.mark.parametrize("order", [1, 2])
def test_a_ready_mesh(two, order):
    path = meshed(two, order)
    tree = {"geometry": geometry(path), **BETWEEN}
    del tree["mesh"]
    result = run(tree, two.parent)
    flux = 100 / (1e-3 / 2 + 2e-3 / 5)
    assert result.budget["cold:held"] == pytest.approx(flux * 1e-3, rel=1e-9)


def step(folder, name=""):
    """Write a STEP file of two touching boxes; the CAD program named its parts, or did not."""
    gmsh.initialize(readConfigFiles=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setString("Geometry.OCCTargetUnit", "MM")
        gmsh.model.occ.addBox(0, 0, 0, 1, 1, 1)
        gmsh.model.occ.addBox(1, 0, 0, 2, 1, 1)
        gmsh.model.occ.synchronize()
        path = folder / "parts.step"
        gmsh.write(str(path))
    finally:
        gmsh.finalize()
    text = path.read_text()
    if name:
        for i in (1, 2):
            # the number before the point counts what the process has read and written so far
            made = rf"Open CASCADE STEP translator \d+\.\d+ \d+\.{i}\b"
            text, count = re.subn(made, f"{name}{i}", text)
            assert count
    path.write_text(text)
    return path


ENDS = {"boundary_at": {"cold": [["0 mm", "0.5 mm", "0.5 mm"]], "hot": [["3 mm", "0 mm", "0 mm"]]}}


def step_case(path, **more):
    geometry = {"file": path.name, "symmetry": "3d", **ENDS, **more}
    return {"geometry": geometry, **BETWEEN}


def test_step_by_names_and_by_points(tmp_path):
    flux = 100 / (1e-3 / 2 + 2e-3 / 5)
    inside = {"first": [["0.5 mm", "0.5 mm", "0.5 mm"]], "second": [["2 mm", "0.5 mm", "0.5 mm"]]}
    ends = {**ENDS["boundary_at"], "hot": [["3 mm", "0.5 mm", "0.5 mm"]]}
    by_point = run(step_case(step(tmp_path), region_at=inside, boundary_at=ends), tmp_path)
    assert by_point.budget["cold:held"] == pytest.approx(flux * 1e-6, rel=1e-6)
    tree = step_case(step(tmp_path, "part_"), boundary_at=ends)
    tree["regions"] = {"part_1": {"material": "m"}, "part_2": {"material": "n"}}
    by_name = run(tree, tmp_path)
    assert by_name.budget["cold:held"] == pytest.approx(flux * 1e-6, rel=1e-6)


def fault(tree, folder, kind=MeshError) -> str:
    with pytest.raises(kind) as caught:
        run(tree, folder)
    assert caught.value.exit_status == 2
    message = str(caught.value)
    assert len(message.splitlines()) == 1, message
    return message


def test_step_without_names(tmp_path):
    message = fault(step_case(step(tmp_path)), tmp_path)
    assert "parts have no name: (" in message  # where each part is, in mm
    assert message.count(" to (") == 2
    assert "region_at" in message


def test_step_with_two_names_in_one_part(tmp_path):
    inside = {"first": [["0.5 mm", "0.5 mm", "0.5 mm"]], "second": [["0.4 mm", "0.5 mm", "0.5 mm"]]}
    message = fault(step_case(step(tmp_path), region_at=inside), tmp_path)
    assert "the points of first and second lie in one part" in message
    assert message.count(" to (") == 1


def test_step_that_is_none(tmp_path):
    path = tmp_path / "parts.step"
    path.write_text('SystemCall "touch pwned";\n')
    assert "is no STEP file" in fault(step_case(path), tmp_path)


def test_mesh_that_is_a_script(tmp_path):
    path = tmp_path / "body.msh"
    path.write_text(f'SystemCall "touch {tmp_path}/pwned";\n')
    assert "is no gmsh mesh" in fault({"geometry": geometry(path), **BETWEEN, "mesh": {}}, tmp_path)
    assert not (tmp_path / "pwned").exists()


def test_script_that_starts_a_process(two):
    two.write_text(TWO + f'SystemCall "touch {two.parent}/pwned";\n')
    assert "starts a process" in fault({"geometry": geometry(two), **BETWEEN}, two.parent)
    assert not (two.parent / "pwned").exists()


def test_script_with_an_error(two):
    two.write_text("Rectangle(1) = {0, 0, 0;\n")
    assert "syntax error" in fault({"geometry": geometry(two), **BETWEEN}, two.parent)


def test_script_without_names(two):
    two.write_text(TWO.split("Physical", maxsplit=1)[0])
    message = fault({"geometry": geometry(two), **BETWEEN}, two.parent)
    assert "has no named region" in message


def test_region_with_two_names(two):
    two.write_text(TWO + 'Physical Surface("all") = {1, 2};\n')
    assert "two physical groups" in fault({"geometry": geometry(two), **BETWEEN}, two.parent)


def test_plane_where_space_is_meant(two):
    message = fault({"geometry": geometry(two, "3d"), **BETWEEN}, two.parent)
    assert "symmetry" in message


def test_beyond_the_axis(two):
    two.write_text(TWO.replace("{0, 0, 0, 1, 1}", "{-1, 0, 0, 2, 1}"))
    tree = {"geometry": geometry(two, "axisymmetric"), **BETWEEN}
    tree["boundaries"] = {"hot": {"temperature": "400 K"}}
    assert "r ≥ 0" in fault(tree, two.parent)


def test_names_that_the_file_does_not_have(two):
    tree = {"geometry": geometry(two), **BETWEEN}
    tree["boundaries"] = {"cold": {"temperature": "300 K"}, "hott": {"temperature": "1 K"}}
    message = fault(tree, two.parent, CaseError)
    assert "boundaries.hott" in message
    assert "did you mean hot?" in message
    tree = {"geometry": geometry(two), **BETWEEN, "regions": {"first": {"material": "m"}}}
    assert "regions.second" in fault(tree, two.parent, CaseError)


def test_contact_of_regions_that_do_not_touch(two):
    apart = TWO.replace("{1, 0, 0, 2, 1}", "{1.5, 0, 0, 1.5, 1}")
    two.write_text(apart)
    contacts = {"joint": {"between": ["first", "second"], "h_c": "1 W/(m^2*K)"}}
    message = fault({"geometry": geometry(two), **BETWEEN, "contacts": contacts}, two.parent)
    assert "do not touch" in message


def test_boundary_inside_the_body(two):
    middle = "m() = Curve In BoundingBox {0.999, -1, -1, 1.001, 2, 1};"
    two.write_text(TWO + middle + 'Physical Curve("middle") = m();\n')
    tree = {"geometry": geometry(two), **BETWEEN}
    tree["boundaries"] = {**BETWEEN["boundaries"], "middle": {"heat_flux": "1 W/m^2"}}
    assert "lies inside the body" in fault(tree, two.parent)
    tree["boundaries"]["middle"] = {"temperature": "350 K"}
    assert run(tree, two.parent).budget["cold:held"] == pytest.approx(50 * 2 / 1e-3 * 1e-3)


# contacts on the mesh

THREE = """
SetFactory("OpenCASCADE");
Rectangle(1) = {0, 0, 0, 1, 1};
Rectangle(2) = {1, 0, 0, 1, 1};
Rectangle(3) = {0, 1, 0, 2, 1};
BooleanFragments{ Surface{1, 2, 3}; Delete; }{}
Physical Surface("a") = Surface In BoundingBox {-0.1, -0.1, -1, 1.1, 1.1, 1};
Physical Surface("b") = Surface In BoundingBox {0.9, -0.1, -1, 2.1, 1.1, 1};
Physical Surface("c") = Surface In BoundingBox {-0.1, 0.9, -1, 2.1, 2.1, 1};
"""


def opened(tmp_path, *pairs, order=2):
    path = tmp_path / "three.geo"
    path.write_text(THREE)
    file = GeometryFile.model_validate({"file": path, "unit": 1e-6, "symmetry": "planar"})
    drawing = BodyDrawing(geometry=file, mesh=BodyMesh(order=order, size=4e-7))
    cut = replace(drawing, contacts={f"{a}{b}": (a, b) for a, b in pairs})
    return build_body(drawing)[0], build_body(cut)[0]


def nodes_at(mesh, x, y):
    used = np.unique(mesh.cells)
    at = np.abs(mesh.points[used] - [x, y]).max(axis=1) < 1e-9
    return used[at]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("pairs", "at_the_joint"),
    [
        ([("a", "b")], 1),  # a and b stay joined through c
        ([("a", "b"), ("b", "c")], 2),  # b is apart from both
        ([("a", "b"), ("b", "c"), ("c", "a")], 3),
    ],
)
def test_three_regions_at_one_point(tmp_path, order, pairs, at_the_joint):
    whole, parted = opened(tmp_path, *pairs, order=order)
    assert len(nodes_at(whole, 1, 1)) == 1
    assert len(nodes_at(parted, 1, 1)) == at_the_joint
    assert len(nodes_at(parted, 1, 0)) == 2  # a and b at the foot of their interface
    for a, b in pairs:
        sides = [_facet_points(parted, f"{a}{b}:{region}") for region in (a, b)]
        assert np.allclose(*sides, rtol=0, atol=1e-12)
        assert len(sides[0]) >= 2


def _facet_points(mesh, boundary):
    rows, local = np.nonzero(mesh.facet_tags == mesh.boundaries[boundary])
    corners = np.array([[1, 2], [0, 2], [0, 1]])[local]
    middle = mesh.points[mesh.cells[rows[:, None], corners]].mean(axis=1)
    return middle[np.lexsort(middle.T)]


def test_contact_that_ends_inside_a_body(tmp_path):
    """Heat goes around an interface that conducts next to nothing, through the third region."""
    path = tmp_path / "three.geo"
    left = 'Physical Curve("cold") = Curve In BoundingBox {-0.1, -0.1, -1, 0.1, 1.1, 1};'
    right = 'Physical Curve("hot") = Curve In BoundingBox {1.9, -0.1, -1, 2.1, 1.1, 1};'
    path.write_text(f"{THREE}{left}\n{right}\n")
    tree = {
        "geometry": geometry(path),
        "regions": {name: {"material": "m"} for name in "abc"},
        "boundaries": BETWEEN["boundaries"],
        "mesh": {"size": "0.1 mm"},
    }

    def heat(h_c):
        joint = {"between": ["a", "b"], "h_c": f"{h_c} W/(m^2*K)"}
        return run({**tree, "contacts": {"joint": joint}}, tmp_path).budget["cold:held"]

    whole = run(tree, tmp_path).budget["cold:held"]
    assert heat(1e12) == pytest.approx(whole, rel=1e-6)
    around = heat(1e-6)
    assert 0.4 * whole < around < 0.8 * whole


def test_the_mesh_of_a_body_is_kept(two, monkeypatch, tmp_path):
    """By all that shapes it; names are checked all the same."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    built = []
    monkeypatch.setitem(
        build.MESHERS, BodyDrawing, lambda given: (built.append(given), build_body(given))[1]
    )

    def mesh(**changes):
        tree = {"materials": K, "geometry": geometry(two), **BETWEEN, **changes}
        return build.build_mesh(parse_case(tree, two.parent / "case.toml"))[0]

    first, again = mesh(), mesh(regions={**BETWEEN["regions"], "first": {"material": "n"}})
    assert len(built) == 1
    assert first.content_hash() == again.content_hash()
    mesh(mesh={"size": "0.2 mm"})
    mesh(contacts={"joint": {"between": ["first", "second"], "h_c": "1 W/(m^2*K)"}})
    two.write_text(TWO + "// another text\n")
    mesh()
    assert len(built) == 4
    mesh(contacts={"joint": {"between": ["first", "second"], "h_c": "9 W/(m^2*K)"}})
    assert len(built) == 5  # of the text before, not of this one
    mesh(contacts={"joint": {"between": ["first", "second"], "h_c": "7 W/(m^2*K)"}})
    assert len(built) == 5
    with pytest.raises(CaseError, match=r"boundaries\.warm: the geometry has no boundary"):
        mesh(boundaries={**BETWEEN["boundaries"], "warm": {"insulated": True}})
    mesh(mesh={"size": "0.4 mm", "cache": False})
    assert len(built) == 6
    two.write_text(TWO + 'If(0)\n  ShapeFromFile("part.step");\nEndIf\n')
    mesh()
    mesh()
    assert len(built) == 8


def test_a_run_finds_the_kept_mesh(two, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = run({"geometry": geometry(two), **BETWEEN}, two.parent).summary
    monkeypatch.setitem(build.MESHERS, BodyDrawing, None)
    again = run({"geometry": geometry(two), **BETWEEN}, two.parent).summary
    for name in ("mesh_hash", "n_cells", "min_scaled_jacobian", "region_first_mean_K"):
        assert first[name] == again[name], name


def test_a_cell_without_content_is_refused(tmp_path):
    """Also where every cell is straight, so that none is bent."""
    path = tmp_path / "flat.msh"
    nodes = ["0 0 0", "1 0 0", "0 1 0", "0.5 0.5 0"]
    cells = ["1 2 3", "2 4 3"]
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat", "$PhysicalNames", "1", '2 1 "body"']
    lines += ["$EndPhysicalNames", "$Nodes", "4", *(f"{i} {x}" for i, x in enumerate(nodes, 1))]
    lines += ["$EndNodes", "$Elements", "2", *(f"{i} 2 2 1 1 {c}" for i, c in enumerate(cells, 1))]
    path.write_text("\n".join([*lines, "$EndElements", ""]))
    file = GeometryFile(file=path, unit=1.0, symmetry="planar")
    with pytest.raises(MeshError, match=r'min_quality = 0\.1 \(in "body" at 0\.5, 0\.5 m\)'):
        build_body(BodyDrawing(geometry=file, mesh=BodyMesh()))
