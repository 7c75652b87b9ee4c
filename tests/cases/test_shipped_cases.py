"""Every case file that is shipped runs on a coarse mesh, and its energy balance closes."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import load_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

CASES = Path(__file__).parents[2] / "cases"
STEADY = sorted(
    path
    for path in CASES.glob("*.toml")
    if path.stem
    not in {
        "yamada2024_steps",  # run in tests/reference: 90 minutes of light
        "lit_cylinder",  # own geometry: other mesh settings; run in tests/golden and tests/mpi
    }
)
COARSE = ["mesh.cells_per_radius=5", "mesh.cells_per_contact=200", "solver.error_estimate=false"]
RAYS = ["optics.n_rays=500"]
EXPECTED = {  # mean ΔT [K] at the default mesh; the coarse one comes within 1 %
    "microparticle_on_mica": 1.3802,
    "yamada2024_radiation_limited": -8.5120,
}


@pytest.mark.parametrize("path", STEADY, ids=[path.stem for path in STEADY])
def test_case_runs_and_balances(path):
    overrides = [*COARSE, *(RAYS if path.stem == "optics_rays" else [])]
    found = simulate(load_case(path, overrides)).summary
    assert found["energy_balance_rel"] < 1e-8
    assert found["residual_rel"] < 1e-7
    if path.stem in EXPECTED:
        assert found["delta_T_mean_K"] == pytest.approx(EXPECTED[path.stem], rel=0.01)


def test_the_demo_is_what_the_readme_says():
    """At the default mesh: the contact takes nearly all the heat, and real light heats."""
    for name, expected in EXPECTED.items():
        result = simulate(load_case(CASES / f"{name}.toml", ["solver.error_estimate=false"]))
        assert result.delta_T_mean_K == pytest.approx(expected, rel=1e-4)
        by_contact = result.heat_to_substrate_W / result.heat_source_W
        assert (by_contact > 0.999) == (name == "microparticle_on_mica")


def test_the_demo_with_favourable_assumptions():
    """Even light, and all emission leaves: what the first version called the answer."""
    given = ["solver.error_estimate=false", "assumptions=favourable"]
    result = simulate(load_case(CASES / "microparticle_on_mica.toml", given))
    assert result.delta_T_mean_K == pytest.approx(-0.146059, rel=1e-5)
