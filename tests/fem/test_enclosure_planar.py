"""Enclosures in the plane: two plates, and a closed triangle whose sides float."""

import numpy as np
import pytest
from scipy.constants import Stefan_Boltzmann as sigma

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
pytest.importorskip("gmsh")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import SolveError  # noqa: E402
from thermosim.heat import newton  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402


def run(folder, script, tree):
    (folder / "body.geo").write_text(script)
    tree = {
        "geometry": {"file": "body.geo", "unit": "m", "symmetry": "planar"},
        "solver": {"error_estimate": False},
        **tree,
    }
    return simulate(parse_case(tree, folder / "case.toml"))


PLATES = """
SetFactory("OpenCASCADE");
Mesh.MeshSizeMax = 0.05;
Rectangle(1) = {0, -0.02, 0, 1, 0.02};
Rectangle(2) = {0, 1, 0, 1, 0.02};
Physical Surface("low") = {1};
Physical Surface("high") = {2};
Physical Curve("low back") = {1};
Physical Curve("low in") = {3};
Physical Curve("high in") = {5};
Physical Curve("high back") = {7};
"""


def test_two_plates(tmp_path):
    """(√2 - 1) σ (T_1⁴ - T_2⁴) between black plates as wide as they are apart, per metre."""
    black = {"radiation": {"emissivity": 1.0, "T_env": "1 K"}}
    tree = {
        "materials": {"m": {"conductivity": "2e6 W/(m*K)"}},
        "regions": {"low": {"material": "m"}, "high": {"material": "m"}},
        "boundaries": {
            "low back": {"temperature": "700 K"},
            "high back": {"temperature": "400 K"},
            "low in": black,
            "high in": black,
        },
        "enclosures": {"gap": {"boundaries": ["low in", "high in"]}},
    }
    result = run(tmp_path, PLATES, tree)
    exact = (np.sqrt(2) - 1) * sigma * (700**4 - 400**4)
    assert result.budget["low in:exchange"] == pytest.approx(exact, rel=1e-5)
    emitted = sum(result.budget[f"{name} in:radiation"] for name in ("low", "high"))
    leaving = (2 - np.sqrt(2)) * sigma * (700**4 + 400**4)
    assert emitted == pytest.approx(leaving, rel=1e-5)


def triangle():
    """Three plates outside of the sides 3, 4 and 5 m, which touch in the corners alone."""
    corners = [((0, 0), (0, 3)), ((4, 0), (0, 0)), ((0, 3), (4, 0))]
    lines = ["Mesh.MeshSizeMax = 0.1;"]
    for i, ends in enumerate(np.array(corners, float)):
        a, b = ends
        along = (b - a) / np.linalg.norm(b - a)
        out = 0.02 * np.array([-along[1], along[0]])
        p = 10 * (i + 1)
        for k, x in enumerate((a, b, b + out, a + out)):
            lines.append(f"Point({p + k}) = {{{x[0]}, {x[1]}, 0}};")
        lines += [f"Line({p + k}) = {{{p + k}, {p + (k + 1) % 4}}};" for k in range(4)]
        lines.append(f"Curve Loop({p}) = {{{p}:{p + 3}}}; Plane Surface({p}) = {{{p}}};")
        lines.append(f"Transfinite Curve{{{p}, {p + 2}}} = 61 Using Bump 0.05;")
        lines.append(f'Physical Surface("plate{i + 1}") = {{{p}}};')
        lines.append(f'Physical Curve("in{i + 1}") = {{{p}}};')
        lines.append(f'Physical Curve("back{i + 1}") = {{{p + 2}}};')
    return "\n".join([*lines, ""])


def test_a_triangular_cavity(tmp_path):
    """Sides of good conductors float at 642.641 and 599.606 K, as the radiosity along them says."""
    sides = {
        f"in{i}": {"radiation": {"emissivity": e, "T_env": "300 K"}}
        for i, e in ((1, 0.6), (2, 0.4), (3, 0.8))
    }
    tree = {
        "materials": {"m": {"conductivity": "1e7 W/(m*K)"}},
        "regions": {f"plate{i}": {"material": "m"} for i in (1, 2, 3)},
        "boundaries": {
            **sides,
            "back1": {"heat_flux": "2000 W/m^2"},
            "back2": {"temperature": "300 K"},
            "back3": {"heat_flux": "1000 W/m^2"},
        },
        "enclosures": {"cavity": {"boundaries": list(sides), "patches": 180}},
    }
    result = run(tmp_path, triangle(), tree)
    assert result.region_plate1_mean_K == pytest.approx(642.641, abs=0.02)
    assert result.region_plate3_mean_K == pytest.approx(599.606, abs=0.02)
    assert result.budget["back2:held"] == pytest.approx(2000 * 3 + 1000 * 5, rel=1e-6)


def test_an_enclosure_that_does_not_converge_says_which_solver_failed(tmp_path, monkeypatch):
    monkeypatch.setitem(newton._GMRES, "ksp_max_it", 2)
    sides = {f"in{i}": {"radiation": {"emissivity": 0.05, "T_env": "300 K"}} for i in (1, 2, 3)}
    tree = {
        "materials": {"m": {"conductivity": "1 W/(m*K)"}},
        "regions": {f"plate{i}": {"material": "m"} for i in (1, 2, 3)},
        "boundaries": {
            **sides,
            "back1": {"heat_flux": "2000 W/m^2"},
            "back2": {"temperature": "300 K"},
            "back3": {"heat_flux": "1000 W/m^2"},
        },
        "enclosures": {"cavity": {"boundaries": list(sides), "patches": 30}},
    }
    with pytest.raises(SolveError) as caught:
        run(tmp_path, triangle(), tree)
    message = str(caught.value)
    assert "GMRES with LU did not converge after 2 iterations" in message
    assert "fewer patches of the enclosure" in message
