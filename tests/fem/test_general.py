"""Bodies of any geometry: files, names, formulas, contacts, against closed forms."""

import itertools
import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
gmsh = pytest.importorskip("gmsh")

from scipy.special import i0, k0  # noqa: E402

from thermosim.bodies.geometry import BodyMesh, Rectangle  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError, MeshError  # noqa: E402
from thermosim.mesh.regions import build_body  # noqa: E402
from thermosim.model.drawing import BodyDrawing  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

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

    from thermosim.fem import domain as fem

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


def fault(tree, folder=None, kind=CaseError) -> str:
    with pytest.raises(kind) as caught:
        run(tree, folder)
    assert caught.value.exit_status == 2
    message = str(caught.value)
    assert len(message.splitlines()) == 1, message
    return message


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
    message = fault(tree)
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
    message = fault(tree)
    assert message.startswith("probes.far: [3.0, 0.0] m lies outside")


def test_rectangle_mesh_has_its_parts():
    parts = {"hot": {"side": "right", "between": ["0.25 m", "0.5 m"]}}
    body = Rectangle.model_validate({**SQUARE, "parts": parts})

    def draw(**settings):
        return build_body(BodyDrawing(geometry=body, mesh=BodyMesh(**settings)))

    mesh, report = draw(size=0.1, near={"hot": 0.01})
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
        draw(size=0.1, max_cells=10)
    with pytest.raises(MeshError, match=r"about 2\.31e\+18 cells.*raise mesh\.size"):
        draw(size=1e-9)


def test_result_folder(tmp_path):
    """What is written is read back: numbers, the case, and the course of a transient."""
    from thermosim.case.body_case import BodyCase
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
    assert isinstance(found.case, BodyCase)
    assert found.case.digest() == case.digest()
    assert found.probe_corner_K == done.probe_corner_K == pytest.approx(302, rel=1e-14)
    series = load_series(tmp_path / "out")
    assert series["probe_corner_K"] == pytest.approx(300 + series.time, rel=1e-12)
    assert series["source:body_W"] == pytest.approx(10 * (2 - series.time), abs=1e-11)
    inflow = np.where(series.time < 1 - 1e-9, 1.5, 2.5)
    late = abs(series.time - 1) > 0.05
    assert -series["left:heat_flux_W"][late] == pytest.approx(inflow[late], rel=1e-12)
    assert done.energy_balance_rel < 1e-8
