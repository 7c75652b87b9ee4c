"""``mesh.target_error`` of bodies: met, honestly, with fewer unknowns than uniform refinement."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError, MeshError  # noqa: E402
from thermosim.model.sizes import SizeMap  # noqa: E402
from thermosim.run.adapt_cells import cell_errors, cell_sizes, size_factors  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

WATER = {"convection": {"h": "750 W/(m^2*K)", "T_env": "0 degC"}}
PLATE = {
    "goal": "E",
    "geometry": {"kind": "rectangle", "x": ["0 m", "0.6 m"], "y": ["0 m", "1 m"]},
    "materials": {"plate": {"conductivity": "52 W/(m*K)"}},
    "regions": {"body": {"material": "plate"}},
    "boundaries": {"bottom": {"temperature": "100 degC"}, "right": WATER, "top": WATER},
    "probes": [{"name": "E", "point": ["0.6 m", "0.2 m"]}],
}
T4 = 273.15 + 18.253757
"""NAFEMS T4 by its Fourier series [K]; the flux is infinite in the corner below E."""
BOX = {
    "geometry": {"kind": "box", "x": ["0 m", "2 m"], "y": ["0 m", "1 m"], "z": ["0 m", "1 m"]},
    "materials": {"plate": {"conductivity": "52 W/(m*K)"}},
    "regions": {"body": {"material": "plate", "heat_source": "100 W/m^3"}},
    "boundaries": {"left": {"temperature": "100 degC"}, "top": WATER},
}


def solve(tree, **mesh):
    return simulate(parse_case({**tree, "mesh": {"cache": False, **mesh}}))


@pytest.mark.parametrize("target", [1e-4, 1e-5, 1e-6])
def test_the_target_is_met_beside_a_singular_corner(target):
    found = solve(PLATE, size="100 mm", target_error=target).summary
    delta = abs(found["goal_K"] - 373.15)
    assert found["delta_T_error_K"] <= target * delta
    assert abs(found["goal_K"] - T4) <= found["delta_T_error_K"]
    assert found["energy_balance_rel"] < 1e-8
    assert found["refinement_history"][-1] == {
        "n_dofs": found["n_dofs"],
        "error_K": found["delta_T_error_K"],
    }


def test_fewer_unknowns_than_uniform_refinement():
    aimed = solve(PLATE, size="100 mm", target_error=1e-5).summary
    uniform = solve(PLATE, size="100 mm", refinement=4.0).summary
    assert abs(uniform["goal_K"] - T4) > 2 * abs(aimed["goal_K"] - T4)
    assert aimed["n_dofs"] < uniform["n_dofs"] / 3


def test_it_is_met_in_space():
    aimed = solve(BOX, size="0.5 m", target_error=1e-4).summary
    fine = solve(BOX, size="0.5 m", refinement=6.0).summary
    assert len(aimed["refinement_history"]) > 1
    assert aimed["n_dofs"] < fine["n_dofs"] / 3
    assert aimed["goal_K"] == pytest.approx(
        fine["goal_K"], abs=2e-4 * abs(aimed["goal_K"] - 373.15)
    )


def test_errors_of_cells_sum_to_the_error():
    from types import SimpleNamespace

    from thermosim.heat.error import Finer

    result = solve(PLATE, size="100 mm")
    problem = result.state
    finer = Finer(problem, result.case.solver, 1e-5)
    estimate = finer.goal("body")
    finer.destroy()
    found = cell_errors(estimate)
    assert len(found) == result.summary["n_cells"]
    assert found.sum() == pytest.approx(estimate.discretisation, rel=1e-9, abs=0)
    ones = np.ones_like(estimate.indicators)
    counted = cell_errors(SimpleNamespace(indicators=ones, space=estimate.space))
    assert counted.sum() == pytest.approx(len(ones), rel=1e-12)


def test_sizes_follow_the_known_rate():
    """Equal errors: all cells change by (aim/error)^{1/2p}, and the estimate then meets the aim."""
    errors = np.full(100, 2.0)
    factors = size_factors(errors, degree=2, dim=2, tolerance=20.0, bound=200.0)
    assert factors == pytest.approx((0.7 * 20 / 200) ** (1 / 4), rel=1e-6)
    # most of the error in a few cells: these shrink, the others grow
    errors = np.r_[np.full(5, 10.0), np.full(95, 1e-6)]
    factors = size_factors(errors, degree=1, dim=3, tolerance=5.0, bound=50.0)
    assert (factors[:5] < 0.5).all()
    assert (factors[5:] == 1.6).all()


def test_cell_sizes_are_edges_of_regular_simplices():
    h = 3.0
    triangle = h * np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])
    tetrahedron = h / np.sqrt(2) * np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
    assert cell_sizes(triangle[None]) == pytest.approx([h])
    assert cell_sizes(tetrahedron[None]) == pytest.approx([h])


def square(sizes):
    corners = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], dtype=float)
    return SizeMap.of_cells(corners, np.array(sizes))


def test_a_map_is_the_same_in_any_order_of_cells():
    corners = np.random.default_rng(3).random((50, 4, 3))
    sizes = np.linspace(1, 2, 50)
    one = SizeMap.of_cells(corners, sizes)
    mixed = np.random.default_rng(4).permutation(50)
    other = SizeMap.of_cells(corners[mixed][:, ::-1], sizes[mixed])
    for name in ("points", "cells", "sizes"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_sizes_grow_no_faster_than_told():
    wanted = square([0.1, 9.0]).graded(0.5)
    assert wanted.sizes.min() == 0.1
    assert dict(zip(map(tuple, wanted.points), wanted.sizes, strict=True))[0, 1] == 0.6
    assert square([0.01, 0.01]).cell_count() == pytest.approx(1 / (np.sqrt(3) / 4 * 1e-4))


def test_what_was_found_is_kept_where_a_finer_mesh_is_too_large():
    result = solve(PLATE, size="100 mm", target_error=1e-8, max_cells=1000)
    steps = result.summary["refinement_history"]
    assert result.summary["n_dofs"] == steps[-1]["n_dofs"]
    assert abs(result.summary["goal_K"] - T4) < 3 * result.summary["delta_T_error_K"]
    assert "region_body_mean_K" in result.summary["errors"]
    assert any("is not met, since the mesh would have" in note for note in result.notes)
    with pytest.raises(MeshError, match="max_cells = 10"):
        solve(PLATE, size="100 mm", target_error=1e-3, max_cells=10)


REFUSED = {
    "transient": {"transient": {"duration": "1 s", "initial": {"kind": "temperature",
                  "temperature": "300 K"}}},
    "without estimate": {"solver": {"error_estimate": False}},
}  # fmt: skip


@pytest.mark.parametrize("sections", REFUSED.values(), ids=REFUSED)
def test_what_cannot_meet_a_target_says_so(sections):
    with pytest.raises(CaseError, match=r"mesh\.target_error = 0\.001: (is for steady|needs the)"):
        parse_case({**PLATE, **sections, "mesh": {"target_error": 1e-3}})


def hot_box(linear, **sections):
    """A box whose conductivity follows the temperature: the Newton matrix is not symmetric."""
    k = {"kind": "power_law", "value": "52 W/(m*K)", "exponent": -1.3}
    law = {"kind": "isotropic", "k": k}
    tree = {**BOX, "materials": {"plate": {"conductivity": law}}, **sections}
    return solve({**tree, "solver": {"linear": linear}}, size="0.5 m").summary


@pytest.mark.parametrize("sections", [{}, {"boundaries": None}], ids=["k(T)", "enclosure"])
def test_the_estimate_is_that_of_a_direct_solver(sections):
    """Iterative solvers transposed, with and without what is not assembled."""
    if "boundaries" in sections:
        side = {"radiation": {"emissivity": 0.8, "T_env": "300 K"}}
        sections = {
            "boundaries": {**BOX["boundaries"], "right": side, "front": side},
            "enclosures": {"outside": {"boundaries": ["right", "front"]}},
        }
    found = [hot_box(linear, **sections)["delta_T_error_K"] for linear in ("iterative", "direct")]
    assert found[1] > 1e-4
    assert found[0] == pytest.approx(found[1], rel=1e-3, abs=0)


SPOT = {
    "geometry": {"kind": "rectangle", "x": ["0 mm", "100 mm"], "y": ["0 mm", "100 mm"]},
    "materials": {"plate": {"conductivity": "1 W/(m*K)"}},
    "regions": {
        "body": {
            "material": "plate",
            "heat_source": {
                "expression": "1e6*exp(-((x-0.05)**2+(y-0.05)**2)/1e-6)",
                "unit": "W/m^3",
            },
        }
    },
    "boundaries": {"left": {"temperature": "300 K"}, "right": {"temperature": "300 K"}},
}


def test_a_spot_finer_than_the_cells_is_an_error_that_is_seen_and_refined():
    """Its heat is π W/m (Gaussian of 1 mm); cells of 20 mm hardly meet it."""
    coarse = solve(SPOT, size="20 mm")
    assert any("varies within the cells" in note for note in coarse.notes)
    aimed = solve(SPOT, size="20 mm", target_error=1e-4)
    off = abs(coarse.summary["goal_K"] - aimed.summary["goal_K"])
    assert coarse.summary["delta_T_error_K"] > off / 3
    assert aimed.summary["heat_source_W"] == pytest.approx(np.pi, rel=1e-4)
    assert not aimed.notes or "varies within" not in " ".join(aimed.notes)


def test_load_and_budget_of_a_formula_share_a_rule():
    """A heat flux that varies within the cells balances all the same."""
    flux = {"expression": "1e4*exp(-(x-0.05)**2/1e-5)", "unit": "W/m^2"}
    plate = {**SPOT["regions"]["body"], "heat_source": None}
    tree = {**SPOT, "regions": {"body": {k: v for k, v in plate.items() if v is not None}}}
    tree["boundaries"] = {**SPOT["boundaries"], "top": {"heat_flux": flux}}
    assert solve(tree, size="20 mm").summary["energy_balance_rel"] < 1e-12
