"""The light on one, two and three ranks is the same."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

CASES = Path(__file__).parents[2] / "cases"
COARSE = ["--set", "mesh.cells_per_radius=6", "--set", "mesh.cells_per_contact=4"]
QUARTER = [*COARSE, "--set", "symmetry=quarter", "--set", "mesh.growth=0.6"]
RUNS = {
    "mie": ["optics_mie.toml", *COARSE, "--set", "optics.temperature_coupling=true"],
    "quarter rays": ["optics_rays.toml", *QUARTER, "--set", "optics.n_rays=1000"],
    "absorbing substrate": [
        "optics_rays.toml", *COARSE, "--set", "optics.n_rays=1000",
        "--set", "substrate.material=silicon", "--set", "substrate.emissivity=0.5",
    ],
}  # fmt: skip


OPTIONS = [
    "--set", "output.pictures=false", "--set", "solver.error_estimate=false",
    "--set", "uncertainty.method=none",
]  # fmt: skip


@pytest.fixture(scope="module")
def on_ranks(summaries, tmp_path_factory):
    runs = {name: [CASES / case, *OPTIONS, *options] for name, (case, *options) in RUNS.items()}
    return [summaries(n, runs, tmp_path_factory.mktemp(f"n{n}")) for n in (1, 2, 3)]


@pytest.mark.parametrize("name", RUNS)
def test_ranks_agree(on_ranks, name):
    found = [summaries[name] for summaries in on_ranks]
    keys = [
        "delta_T_mean_K", "intensity_mean_W_per_m2", "intensity_max_W_per_m2", "hot_spot_factor",
        "absorbed_by_dots_W", "absorbed_power_model_W", "gain_reduction_rel",
    ]  # fmt: skip
    if name == "absorbing substrate":
        assert found[0]["absorbed_by_substrate_W"] > 0.0
        keys = [*keys[:-1], "absorbed_by_substrate_W"]  # heated: no gain left to reduce
    for key in keys:
        values = [numbers[key] for numbers in found]
        assert values == pytest.approx([values[0]] * 3, rel=1e-8, abs=0), key
