"""Bodies of any geometry: files, names, formulas, contacts, against closed forms."""

import itertools
import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
gmsh = pytest.importorskip("gmsh")

from scipy.special import i0, k0  # noqa: E402

from thermosim.case import parse_case  # noqa: E402
from thermosim.errors import CaseError, MeshError  # noqa: E402
from thermosim.geometry import BodyContact, BodyMesh, GeometryFile, Rectangle  # noqa: E402
from thermosim.mesh.regions import build_body  # noqa: E402
from thermosim.simulate import simulate  # noqa: E402

K = {"m": {"conductivity": "2 W/(m*K)"}, "n": {"conductivity": "5 W/(m*K)"}}
SQUARE = {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "1 m"]}
QUICK = {"error_estimate": False}


def formula(text, unit):
    return {"expression": text, "unit": unit}


def run(tree, folder=None):
    tree = {"materials": K, "solver": QUICK, **tree}
    case = parse_case(tree, folder / "case.toml" if folder else None)
    return simulate(case)


def held(text):
    return {"temperature": formula(text, "K")}


# manufactured: T = 300 + 40 sin(2x) cos(3y), k = 2: q = 2 (4 + 9) 40 sin(2x) cos(3y)
EXACT = "300 + 40*sin(2*x)*cos(3*y)"


def manufactured(degree: int, size: float) -> float:
    """L2 error of the plane manufactured solution, all sides of another kind."""
    import ufl

    from thermosim import fem

    flux = "2*40*2*cos(2*x)*cos(3*y)"  # k dT/dx
    upward = "-2*40*3*sin(2*x)*sin(3*y)"  # k dT/dy
    result = run(
        {
            "geometry": SQUARE,
            "regions": {
                "body": {
                    "material": "m",
                    # a part that follows T, zero for the exact one
                    "heat_source": formula(f"26*({EXACT} - 300) + 7*({EXACT} - T)", "W/m^3"),
                }
            },
            "boundaries": {
                "left": held(EXACT),
                "right": {"heat_flux": formula(flux, "W/m^2")},
                "top": {
                    "convection": {
                        "h": formula("3 + x", "W/(m^2*K)"),
                        "T_env": formula(f"{EXACT} + ({upward})/(3 + x)", "K"),
                    }
                },
                "bottom": {
                    "radiation": {"emissivity": 0.5, "T_env": formula(EXACT, "K")},
                },
            },
            "mesh": {"size": f"{size} m"},
            "solver": {**QUICK, "degree": degree},
        }
    )
    problem = result.state
    domain = problem.domain
    x = ufl.SpatialCoordinate(domain.mesh) * domain.unit
    exact = 300 + 40 * ufl.sin(2 * x[0]) * ufl.cos(3 * x[1])
    misfit = (problem.theta + result.T_ref_K - exact) ** 2
    return math.sqrt(fem.integrate(domain, misfit, domain.dx("body", 8)) * domain.volume_scale)


@pytest.mark.parametrize(("degree", "largest"), [(1, 0.015), (2, 5e-5)])
def test_orders_with_formulas_everywhere(degree, largest):
    sizes = (0.1, 0.05, 0.025)
    errors = [manufactured(degree, size) for size in sizes]
    rates = [math.log2(e / f) for e, f in itertools.pairwise(errors)]
    assert rates[-1] > degree + 1 - 0.2, (errors, rates)
    assert errors[-1] < largest, errors


def test_cylinder_shell_whose_loss_follows_temperature():
    """Axisymmetric: k (T'' + T'/r) = c (T - 300), modified Bessel functions."""
    a, b, c = 0.1, 0.4, 200.0
    result = run(
        {
            "geometry": {
                "kind": "rectangle",
                "symmetry": "axisymmetric",
                "r": [f"{a} m", f"{b} m"],
                "z": ["0 m", "0.05 m"],
            },
            "regions": {
                "body": {"material": "m", "heat_source": formula(f"-{c}*(T - 300)", "W/m^3")}
            },
            "boundaries": {
                "left": {"temperature": "400 K"},
                "right": {"temperature": "350 K"},
            },
            "mesh": {"size": "5 mm"},
            "probes": [{"name": "mid", "point": ["0.2 m", "0.02 m"]}],
        }
    )
    s = math.sqrt(c / 2)
    rows = [[i0(s * r), k0(s * r)] for r in (a, b)]
    A, B = np.linalg.solve(rows, [100.0, 50.0])
    exact = 300 + A * i0(s * 0.2) + B * k0(s * 0.2)
    assert result.probe_mid_K == pytest.approx(exact, rel=0, abs=1e-5)
    assert result.energy_balance_rel < 1e-10


def test_box_with_a_direction_of_its_own():
    """3-D, layered material: T linear along x, flux k_perp ΔT/L; two faces as mirror planes."""
    result = run(
        {
            "geometry": {
                "kind": "box",
                "x": ["0 mm", "2 mm"],
                "y": ["-1 mm", "0 mm"],
                "z": ["0 mm", "1 mm"],
            },
            "materials": {
                "layers": {
                    "conductivity": {
                        "kind": "uniaxial",
                        "k_par": "4 W/(m*K)",
                        "k_perp": "0.5 W/(m*K)",
                    }
                }
            },
            "regions": {"body": {"material": "layers", "axis": [1.0, 0.0, 0.0]}},
            "boundaries": {
                "left": {"temperature": "310 K"},
                "right": {"temperature": "300 K"},
                "front": {"symmetry": True},
                "top": {"insulated": True},
            },
            "mesh": {"size": "0.5 mm"},
            "probes": [{"name": "p", "point": ["0.5 mm", "-0.3 mm", "0.9 mm"]}],
        }
    )
    assert result.probe_p_K == pytest.approx(307.5, rel=1e-9)
    assert result.budget["right:held"] == pytest.approx(0.5 * 10 / 2e-3 * 1e-6, rel=1e-6)
    assert any("bottom" in note and "back" in note for note in result.notes)


# files

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
            made = f"Open CASCADE STEP translator 7.8 1.{i}"
            assert made in text
            text = text.replace(made, f"{name}{i}")
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
    assert "2 of 2 parts have no name" in message
    assert "region_at" in message


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


BAD_FORMULAS = {
    "power at the axis": ("r**-1", "divides by zero at r = 0"),
    "root": ("sqrt(z - 0.5)", "not defined"),
}


@pytest.mark.parametrize("name", BAD_FORMULAS)
def test_formula_without_a_value(name):
    text, expected = BAD_FORMULAS[name]
    tree = {
        "geometry": {
            "kind": "rectangle",
            "symmetry": "axisymmetric",
            "r": ["0 m", "1 m"],
            "z": ["0 m", "1 m"],
        },
        "regions": {"body": {"material": "m", "heat_source": formula(text, "W/m^3")}},
        "boundaries": {"right": {"temperature": "300 K"}},
        "mesh": {"size": "0.5 m"},
    }
    message = fault(tree, None, CaseError)
    assert "regions.body.heat_source" in message
    assert expected in message


def test_probe_outside():
    tree = {
        "geometry": SQUARE,
        "regions": {"body": {"material": "m"}},
        "boundaries": {"left": {"temperature": "300 K"}},
        "mesh": {"size": "0.5 m"},
        "probes": [{"name": "far", "point": ["3 m", "0 m"]}],
    }
    message = fault(tree, None, CaseError)
    assert message.startswith("probes.far: [3.0, 0.0] m lies outside")


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
    contacts = {f"{a}{b}": BodyContact(between=(a, b), h_c=1.0) for a, b in pairs}
    whole, _ = build_body(file, BodyMesh(order=order, size=4e-7), {})
    return whole, build_body(file, BodyMesh(order=order, size=4e-7), contacts)[0]


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


def test_rectangle_mesh_has_its_parts():
    parts = {"hot": {"side": "right", "between": ["0.25 m", "0.5 m"]}}
    body = Rectangle.model_validate({**SQUARE, "parts": parts})
    mesh, report = build_body(body, BodyMesh(size=0.1, near={"hot": 0.01}), {})
    lengths = {}
    for name in mesh.boundaries:
        rows, local = np.nonzero(mesh.facet_tags == mesh.boundaries[name])
        ends = np.array([[1, 2], [0, 2], [0, 1]])[local]
        points = mesh.points[mesh.cells[rows[:, None], ends]] * mesh.unit
        lengths[name] = np.linalg.norm(points[:, 0] - points[:, 1], axis=1)
    assert lengths["hot"].sum() == pytest.approx(0.25, rel=1e-12)
    assert lengths["right"].sum() == pytest.approx(0.75, rel=1e-12)
    assert lengths["hot"].max() < 0.02 < lengths["left"].min()
    assert report["min_scaled_jacobian"] > 0.3
    with pytest.raises(MeshError, match="max_cells"):
        build_body(body, BodyMesh(size=0.1, max_cells=10), {})


def test_result_folder(tmp_path):
    """What is written is read back: numbers, the case, and the course of a transient."""
    from thermosim.general_case import GeneralCase
    from thermosim.results import load_result
    from thermosim.results.series import load_series

    material = {**K["m"], "density": "1 kg/m^3", "specific_heat": "2 J/(kg*K)"}
    tree = {
        "geometry": SQUARE,
        "materials": {"m": material},
        "regions": {"body": {"material": "m", "heat_source": formula("10*(2 - t)", "W/m^3")}},
        "boundaries": {
            "left": {"heat_flux": formula("where(t < 1, 3, 5)*y", "W/m^2")},
            "right": held("300 + t*y"),
        },
        "mesh": {"size": "0.5 m"},
        "transient": {
            "duration": "2 s",
            "initial": {"kind": "temperature", "temperature": "300 K"},
            "probes": {"corner": {"point": ["1 m", "1 m"]}},
            "step": "0.1 s",
        },
        "output": {"pictures": False, "fields": False},
    }
    case = parse_case(tree)
    done = simulate(case, tmp_path / "out")
    found = load_result(tmp_path / "out")
    assert isinstance(found.case, GeneralCase)
    assert found.case.digest() == case.digest()
    assert found.probe_corner_K == done.probe_corner_K == pytest.approx(302, rel=1e-14)
    series = load_series(tmp_path / "out")
    assert series["probe_corner_K"] == pytest.approx(300 + series.time, rel=1e-12)
    assert series["source:body_W"] == pytest.approx(10 * (2 - series.time), abs=1e-12)
    inflow = np.where(series.time < 1 - 1e-9, 1.5, 2.5)
    late = abs(series.time - 1) > 0.05
    assert -series["left:heat_flux_W"][late] == pytest.approx(inflow[late], rel=1e-12)
    assert done.energy_balance_rel < 1e-8
