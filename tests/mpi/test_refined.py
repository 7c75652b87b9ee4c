"""Meshes refined zone by zone are the same on one, two and three ranks, and so are the answers."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

CASE = Path(__file__).parents[2] / "benchmarks" / "reference_problem.toml"
OPTIONS = ["symmetry=quarter", "mesh.target_error=1e-3", "solver.linear=iterative"]


def test_ranks_refine_zones_alike(summaries, tmp_path):
    options = [word for option in OPTIONS for word in ("--set", option)]
    found = [summaries(n, {"zones": [CASE, *options]}, tmp_path / f"{n}") for n in (1, 2, 3)]
    one, *others = (numbers["zones"] for numbers in found)
    steps = [step["n_dofs"] for step in one["refinement_history"]]
    assert len(steps) > 1  # the last of which has all its numbers
    assert one["errors"]
    for other in others:
        assert [step["n_dofs"] for step in other["refinement_history"]] == steps
        for key in ("delta_T_mean_K", "delta_T_error_K"):
            assert other[key] == pytest.approx(one[key], rel=1e-8, abs=0), key
