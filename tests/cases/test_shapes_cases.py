"""Shapes and substrates beside each other; each by itself is run by tests/golden."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import load_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

SHAPES = Path(__file__).parents[2] / "cases" / "shapes"
COARSE = [
    "assumptions=favourable", "mesh.cells_per_radius=4", "mesh.cells_per_contact=20",
    "mesh.growth=0.5", "mesh.cache=false", "solver.error_estimate=false",
]  # fmt: skip


def test_the_gap_under_a_cap_costs_nothing_but_its_area():
    """The smaller contact is colder; the whole one leaves no base."""
    found = {
        name: simulate(load_case(SHAPES / f"{name}.toml", COARSE))
        for name in ("cap_annealed", "cap_on_asperity")
    }
    whole, asperity = found["cap_annealed"], found["cap_on_asperity"]
    assert "particle_base" not in whole.state.domain.boundaries
    assert "particle_base" in asperity.state.domain.boundaries
    assert asperity.summary["delta_T_mean_K"] < 10 * whole.summary["delta_T_mean_K"]
