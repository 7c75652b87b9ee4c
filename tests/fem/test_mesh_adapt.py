"""``mesh.target_error``: met, honestly, and with fewer unknowns than uniform refinement."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.mesh.particles import mesh_kind  # noqa: E402
from thermosim.model.drawing import drawing_of_particle  # noqa: E402
from thermosim.run.adapt_zones import Shares, finer  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

TREE = {
    "particle": {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 0.9},
    "substrate": {"kind": "slab", "material": "mica", "radius": "100 um", "thickness": "20 um"},
    "contact": {"kind": "disk", "radius": "0.5 um"},
    "source": {"heat_source": "-2e7 W/m^3"},
}


def solve(mesh, **sections):
    return simulate(parse_case({**TREE, **sections, "mesh": {"cache": False, **mesh}})).summary


@pytest.fixture(scope="module")
def true():
    fine = {"cells_per_radius": 12, "cells_per_contact": 20000, "growth": 0.12}
    return solve(fine, solver={"degree": 3, "error_estimate": False})["delta_T_mean_K"]


@pytest.mark.parametrize("target", [1e-3, 2e-4])
def test_the_target_is_met(true, target):
    found = solve({"target_error": target})
    assert abs(found["delta_T_mean_K"] / true - 1) < 2 * target
    assert found["delta_T_error_K"] <= target * abs(found["delta_T_mean_K"])
    history = [step["n_dofs"] for step in found["refinement_history"]]
    assert history == sorted(history)
    assert history[-1] == found["n_dofs"]


def test_fewer_unknowns_than_uniform_refinement(true):
    zones = solve({"target_error": 1e-3})
    uniform = solve({"cells_per_contact": 8, "cells_per_radius": 80, "growth": 0.0625})
    assert abs(uniform["delta_T_mean_K"] / true - 1) > 5e-3
    assert zones["n_dofs"] < uniform["n_dofs"] / 5


def test_rings_meet_it_in_space(true):
    found = solve({"target_error": 2e-3}, symmetry="quarter")
    assert abs(found["delta_T_mean_K"] / true - 1) < 4e-3
    assert found["n_dofs"] < 30_000


def test_what_dominates_is_refined():
    case = parse_case({**TREE, "mesh": {"cells_per_contact": 100, "growth": 0.5}})
    plane = drawing_of_particle(case)
    rings = drawing_of_particle(case.model_copy(update={"symmetry": "quarter"}))
    assert (mesh_kind(plane), mesh_kind(rings)) == ("plane", "rings")
    changes = finer(plane, Shares(rim=1.0, graded=0.1, body=0.1, geometry=0.0), 1.0, 2)
    assert set(changes) == {"cells_per_contact"}
    changes = finer(plane, Shares(rim=0.1, graded=1.0, body=0.1, geometry=0.0), 1.0, 2)
    assert set(changes) == {"growth"}
    changes = finer(rings, Shares(rim=0.1, graded=0.1, body=0.0, geometry=9.0), 1.0, 2)
    assert set(changes) == {"cells_per_radius", "sectors"}
    assert changes["sectors"] % 4 == 0


def test_it_needs_the_estimate():
    with pytest.raises(CaseError, match="target_error"):
        solve({"target_error": 1e-3}, solver={"error_estimate": False})
