"""Every case of a shape or substrate runs on a coarse mesh: closed sizes, balance, sign."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import load_case  # noqa: E402
from thermosim.fem.domain import volume  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

CASES = sorted((Path(__file__).parents[2] / "cases" / "shapes").glob("*.toml"))
COARSE = {
    "axisymmetric": [
        "assumptions=favourable", "mesh.cells_per_radius=4", "mesh.cells_per_contact=20",
        "mesh.growth=0.5",
        "mesh.cache=false", "solver.error_estimate=false",
    ],
    "3d": [
        "assumptions=favourable", "mesh.cells_per_radius=2", "mesh.cells_per_contact=2",
        "mesh.growth=0.9",
        "mesh.cache=false", "solver.error_estimate=false", "solver.degree=1",
    ],
}  # fmt: skip


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_case_runs_and_balances(path):
    case = load_case(path, COARSE[load_case(path).symmetry])
    result = simulate(case)
    assert result.summary["energy_balance_rel"] < 1e-8
    assert result.summary["delta_T_mean_K"] < 0
    domain = result.state.domain
    flat = not hasattr(case.particle.shape, "radius") and case.symmetry == "3d"
    bent = case.particle.shape.kind == "ellipsoid" or path.stem.endswith("_step")
    rel = 1e-10 if flat and not bent else 5e-3
    exact = domain.exact["volume:particle"]
    assert volume(domain, "particle") == pytest.approx(exact, rel=rel, abs=0)


def test_the_gap_under_a_cap_costs_nothing_but_its_area():
    """The smaller contact is colder; the whole one leaves no base."""
    found = {
        name: simulate(load_case(CASES[0].parent / f"{name}.toml", COARSE["axisymmetric"]))
        for name in ("cap_annealed", "cap_on_asperity")
    }
    whole, asperity = found["cap_annealed"], found["cap_on_asperity"]
    assert "particle_base" not in whole.state.domain.boundaries
    assert "particle_base" in asperity.state.domain.boundaries
    assert asperity.summary["delta_T_mean_K"] < 10 * whole.summary["delta_T_mean_K"]
