"""Quadrilaterals, hexahedra, prisms and pyramids; figures in other planes; cells that fold over."""

from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
gmsh = pytest.importorskip("gmsh")

from thermosim.bodies.geometry import BodyMesh, GeometryFile  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import MeshError  # noqa: E402
from thermosim.mesh.measure import areas, scaled_jacobians, volumes  # noqa: E402
from thermosim.mesh.regions import build_body  # noqa: E402
from thermosim.mesh.repair import straightened  # noqa: E402
from thermosim.model.drawing import BodyDrawing  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

PLATE = """
Point(1) = {0, 0, 0}; Point(2) = {2, 0, 0}; Point(3) = {2, 1, 0}; Point(4) = {0, 1, 0};
Line(1) = {1, 2}; Line(2) = {2, 3}; Line(3) = {3, 4}; Line(4) = {4, 1};
Curve Loop(1) = {1, 2, 3, 4}; Plane Surface(1) = {1};
Transfinite Curve{1, 3} = 9; Transfinite Curve{2, 4} = 5;
Transfinite Surface{1}; Recombine Surface{1};
"""
IN_PLANE = (
    PLATE
    + """
Physical Surface("plate") = {1}; Physical Curve("left") = {4}; Physical Curve("right") = {2};
"""
)
HEXES = (
    PLATE
    + """
e[] = Extrude {0, 0, 1} { Surface{1}; Layers{4}; Recombine; };
Physical Volume("plate") = {e[1]}; Physical Surface("left") = {e[5]};
Physical Surface("right") = {e[3]};
"""
)
PRISMS = HEXES.replace("Recombine Surface{1};", "")
# a cylinder in hexahedra: curved sides, which second order keeps
ROUND = """
Point(1) = {0, 0, 0};
For i In {0:3}
  Point(2 + i) = {Cos(Pi/4 + i*Pi/2), Sin(Pi/4 + i*Pi/2), 0};
  Point(6 + i) = {0.5*Cos(Pi/4 + i*Pi/2), 0.5*Sin(Pi/4 + i*Pi/2), 0};
EndFor
For i In {0:3}
  j = (i + 1) % 4;
  Circle(1 + i) = {2 + i, 1, 2 + j}; Line(5 + i) = {6 + i, 6 + j}; Line(9 + i) = {6 + i, 2 + i};
EndFor
Curve Loop(1) = {5:8}; Plane Surface(1) = {1};
For i In {0:3}
  j = (i + 1) % 4;
  Curve Loop(2 + i) = {5 + i, 9 + j, -(1 + i), -(9 + i)}; Plane Surface(2 + i) = {2 + i};
EndFor
Transfinite Curve{1:12} = 5; Transfinite Surface{1:5}; Recombine Surface{1:5};
e[] = Extrude {0, 0, 1} { Surface{1:5}; Layers{3}; Recombine; };
Physical Volume("plate") = {1:5};
Physical Surface("left") = Surface In BoundingBox {-2, -2, -0.1, 2, 2, 0.1};
Physical Surface("right") = Surface In BoundingBox {-2, -2, 0.9, 2, 2, 1.1};
"""


def written(folder, text, dim, order, serendipity=0):
    """Write the mesh of a script as a file of other programs would be."""
    script = folder / "plate.geo"
    script.write_text(text)
    gmsh.initialize(readConfigFiles=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.SecondOrderIncomplete", serendipity)
        gmsh.open(str(script))
        gmsh.model.mesh.generate(dim)
        gmsh.model.mesh.setOrder(order)
        gmsh.write(str(folder / "plate.msh"))
    finally:
        gmsh.finalize()
    return folder / "plate.msh"


said = []


def tree(path, symmetry, **changes):
    return {
        "geometry": {"file": path.name, "unit": "m", "symmetry": symmetry},
        "materials": {
            "m": {
                "conductivity": "3 W/(m*K)",
                "density": "1000 kg/m^3",
                "specific_heat": "1000 J/(kg*K)",
            }
        },
        "regions": {"plate": {"material": "m"}},
        "boundaries": {"left": {"temperature": "300 K"}, "right": {"temperature": "340 K"}},
        "solver": {"error_estimate": False},
        **changes,
    }


def run(path, symmetry, **changes):
    said.clear()
    case = parse_case(tree(path, symmetry, **changes), path.parent / "case.toml")
    return simulate(case, tell=said.append)


def mesh(path, symmetry, **settings):
    file = GeometryFile(file=path, unit=1.0, symmetry=symmetry)
    return build_body(BodyDrawing(geometry=file, mesh=BodyMesh(**settings)))


@pytest.mark.parametrize(("order", "serendipity"), [(1, 0), (2, 0), (2, 1)])
@pytest.mark.parametrize(
    ("text", "symmetry", "parts"), [(IN_PLANE, "planar", 2), (HEXES, "3d", 6), (PRISMS, "3d", 3)]
)
def test_cells_of_four_cornered_faces(tmp_path, text, symmetry, parts, order, serendipity):
    """3 W/(m K) · 1 m² · 40 K / 2 m; nothing hangs, or the areas would not add up."""
    path = written(tmp_path, text, 3 if symmetry == "3d" else 2, order, serendipity)
    data, report = mesh(path, symmetry)
    assert len(data.cells) == parts * report["split_cells"]
    assert data.order == order
    assert volumes(data)["plate"] == pytest.approx(2, rel=1e-12)
    assert areas(data) == pytest.approx({"left": 1, "right": 1}, rel=1e-12)
    result = run(path, symmetry)
    assert result.budget["right:held"] == pytest.approx(-60, rel=1e-9)
    assert result.region_plate_mean_K == pytest.approx(320, rel=1e-9)
    assert any("were split" in line for line in said)


@pytest.mark.parametrize("serendipity", [0, 1])
def test_curved_hexahedra_keep_their_curve(tmp_path, serendipity):
    straight = mesh(written(tmp_path, ROUND, 3, 1), "3d")[0]
    curved = mesh(written(tmp_path, ROUND, 3, 2, serendipity), "3d")[0]
    assert volumes(straight)["plate"] < 0.98 * np.pi
    assert volumes(curved)["plate"] == pytest.approx(np.pi, rel=2e-4)


def test_recombined_scripts_and_pyramids(tmp_path):
    """Quadrilaterals that gmsh makes here, and tetrahedra on a face of hexahedra."""
    path = tmp_path / "plate.geo"
    path.write_text(IN_PLANE)
    assert run(path, "planar").budget["right:held"] == pytest.approx(-60, rel=1e-9)
    path = tmp_path / "pyramids.msh"
    corners = ["0 0 0", "2 0 0", "2 1 0", "0 1 0", "0 0 1", "2 0 1", "2 1 1", "0 1 1", "1 .5 .5"]
    bases = ["1 4 3 2", "1 2 6 5", "2 3 7 6", "3 4 8 7", "4 1 5 8", "5 6 7 8"]
    quads = {"left": "4 1 5 8", "right": "2 3 7 6"}
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat", "$PhysicalNames", "3", '3 1 "plate"']
    lines += ['2 2 "left"', '2 3 "right"', "$EndPhysicalNames", "$Nodes", "9"]
    lines += [f"{i} {x}" for i, x in enumerate(corners, 1)] + ["$EndNodes", "$Elements", "8"]
    lines += [f"{i} 3 2 {i + 1} {i + 1} {quads[n]}" for i, n in enumerate(quads, 1)]
    lines += [f"{i} 7 2 1 1 {base} 9" for i, base in enumerate(bases, 3)] + ["$EndElements", ""]
    path.write_text("\n".join(lines))
    data, report = mesh(path, "3d")
    assert report["split_cells"] == 6
    assert volumes(data)["plate"] == pytest.approx(2, rel=1e-12)
    assert run(path, "3d").budget["right:held"] == pytest.approx(-60, rel=1e-9)


def test_quadrilaterals_in_time(tmp_path):
    path = written(tmp_path, IN_PLANE, 2, 1)
    changes = {
        "boundaries": {"left": {"insulated": True}, "right": {"heat_flux": "100 W/m^2"}},
        "transient": {
            "duration": "1000 s",
            "initial": {"kind": "temperature", "temperature": "300 K"},
        },
    }
    result = run(path, "planar", **changes)
    assert result.region_plate_mean_K == pytest.approx(300 + 100 * 1000 / 2e6, rel=1e-9)


def test_a_cell_that_folds_over_is_refused(tmp_path):
    path = written(tmp_path, IN_PLANE, 2, 1)
    text = path.read_text()
    x, y = "0.25 0.25 0", "0.9 0.9 0"
    assert any(line.startswith("0.25") for line in text.splitlines())
    lines = [y if _near(line, x) else line for line in text.splitlines()]
    path.write_text("\n".join([*lines, ""]))
    with pytest.raises(MeshError, match="fold over and cannot be split"):
        mesh(path, "planar")


def _near(line, place):
    try:
        return np.allclose([float(x) for x in line.split()], [float(x) for x in place.split()])
    except ValueError:
        return False


# planes


def figure(plane):
    corners = [(0, 0), (3, 0), (3, 1), (0, 1)]
    axes = ["xyz".index(axis) for axis in plane]
    points = []
    for i, corner in enumerate(corners, 1):
        place = [0.0, 0.0, 0.0]
        place[axes[0]], place[axes[1]] = corner
        points.append(f"Point({i}) = {{{place[0]}, {place[1]}, {place[2]}}};")
    return (
        "\n".join(points)
        + """
Mesh.MeshSizeMax = 0.4;
Line(1) = {1, 2}; Line(2) = {2, 3}; Line(3) = {3, 4}; Line(4) = {4, 1};
Curve Loop(1) = {1, 2, 3, 4}; Plane Surface(1) = {1};
Physical Surface("plate") = {1}; Physical Curve("left") = {4}; Physical Curve("right") = {2};
"""
    )


@pytest.mark.parametrize("plane", ["xy", "xz", "yz"])
def test_a_figure_in_another_plane_is_turned(tmp_path, plane):
    """1 m high, 3 m long: 3 W/(m K) · 40 K / 3 m; a formula sees the axes of the case."""
    path = tmp_path / "plate.geo"
    path.write_text(figure(plane))
    result = run(path, "planar")
    assert result.budget["right:held"] == pytest.approx(-40, rel=1e-9)
    assert any("lies in" in line for line in said) == (plane != "xy")
    held = {"temperature": {"expression": "300 + 10*x + y", "unit": "K"}}
    result = run(path, "planar", boundaries={"left": held, "right": held})
    assert result.region_plate_mean_K == pytest.approx(300 + 15 + 0.5, rel=1e-3)
    tube = run(path, "axisymmetric", boundaries={"right": {"temperature": "300 K"}})
    assert tube.region_plate_mean_K == pytest.approx(300, rel=1e-12)


def test_a_figure_in_another_plane_is_refined(tmp_path):
    path = tmp_path / "plate.geo"
    path.write_text(figure("xz"))
    bent = {"left": {"temperature": "300 K"}, "right": {"heat_flux": "10 W/m^2"}}
    source = {"plate": {"material": "m", "heat_source": "50 W/m^3"}}
    changes = {"mesh": {"target_error": 1e-4}, "solver": {}, "boundaries": bent, "regions": source}
    result = run(path, "planar", **changes)
    assert result.region_plate_mean_K == pytest.approx(300 + 15 / 3 + 50 * 9 / 9, rel=1e-4)


def test_a_figure_in_a_tilted_plane_is_refused(tmp_path):
    path = tmp_path / "plate.geo"
    path.write_text(figure("xy") + "Rotate {{1, 0, 0}, {0, 0, 0}, Pi/3} { Surface{1}; }\n")
    with pytest.raises(MeshError, match="turn it there") as caught:
        run(path, "planar")
    assert caught.value.exit_status == 2


# curved cells that fold over


def test_folded_cells_are_straightened(tmp_path):
    data = mesh(written(tmp_path, ROUND, 3, 2), "3d")[0]
    points = data.points.copy()
    edge = data.cells[7]
    points[edge[4]] = points[edge[0]]  # the middle of an edge far off it
    folded = replace(data, points=points)
    assert scaled_jacobians(folded).min() < 0
    mended, count = straightened(folded, 0.1)
    assert 0 < count < 40
    assert scaled_jacobians(mended).min() > 0.1
    assert volumes(mended)["plate"] == pytest.approx(np.pi, rel=1e-2)


def test_a_box_with_a_cylinder(tmp_path):
    """Coarse cells that follow a thin cylinder fold over: told, and right to what they can."""
    path = tmp_path / "pin.geo"
    path.write_text("""
SetFactory("OpenCASCADE");
Mesh.MeshSizeMax = 0.3;
Box(1) = {-1, -1, 0, 2, 2, 1};
Cylinder(2) = {0, 0, 0, 0, 0, 1, 0.15, 2*Pi};
BooleanFragments{ Volume{1}; Delete; }{ Volume{2}; Delete; }
Physical Volume("plate") = {Volume{:}};
Physical Surface("left") = Surface In BoundingBox {-2, -2, -0.1, 2, 2, 0.1};
Physical Surface("right") = Surface In BoundingBox {-2, -2, 0.9, 2, 2, 1.1};
""")
    result = run(path, "3d")
    assert result.budget["right:held"] == pytest.approx(-3 * 4 * 40, rel=1e-6)
    assert any("straightened" in line for line in said)


# files beside a script


def test_a_script_merges_a_cad_file(tmp_path):
    """10 W/(m K) · 10 K · 10 mm · 4 mm / 5 mm, and 300 … 310 K."""
    gmsh.initialize(readConfigFiles=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setString("Geometry.OCCTargetUnit", "MM")
        gmsh.model.occ.addBox(0, 0, 0, 10, 4, 5)
        gmsh.model.occ.synchronize()
        gmsh.write(str(tmp_path / "part.step"))
    finally:
        gmsh.finalize()
    (tmp_path / "names.geo").write_text("""
Physical Volume("plate") = {1};
Physical Surface("left") = Surface In BoundingBox {-1, -1, -0.1, 11, 5, 0.1};
Physical Surface("right") = Surface In BoundingBox {-1, -1, 4.9, 11, 5, 5.1};
""")
    path = tmp_path / "part.geo"
    path.write_text("""
SetFactory("OpenCASCADE");
Merge "part.step";
Mesh.MeshSizeMax = 2;
Include "names.geo";
""")
    changes = {
        "geometry": {"file": path.name, "unit": "mm", "symmetry": "3d"},
        "materials": {"m": {"conductivity": "10 W/(m*K)"}},
        "boundaries": {"left": {"temperature": "300 K"}, "right": {"temperature": "310 K"}},
    }
    result = run(path, "3d", **changes)
    assert result.budget["right:held"] == pytest.approx(-0.8, rel=1e-9)
    assert result.region_plate_mean_K == pytest.approx(305, rel=1e-9)
