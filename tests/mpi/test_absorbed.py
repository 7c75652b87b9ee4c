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


UNEVEN = """
import sys
from mpi4py import MPI
from thermosim.case.read import load_case
from thermosim.light import cells
from thermosim.light.accounts import power_on_mesh
from thermosim.light.cells import point_volumes
from thermosim.model.of_case import model_of
from thermosim.results.journal import Journal
from thermosim.run.prepare import light_in, mesh_of

comm, journal = MPI.COMM_WORLD, Journal(lambda text: None)
model = model_of(load_case(sys.argv[1], sys.argv[2:]))
domain, _ = mesh_of(model, comm, journal)
light = light_in(model, domain, journal)
space = light.intensity.function_space
asked = space, domain, light.region, light.quadrature_degree
counts = comm.allgather(len(point_volumes(*asked)))
assert min(counts) < max(counts), counts
domain.forget_places()
cells._KEPT = min(counts)  # of which this rank has more, or that one
found = [power_on_mesh(light) for _ in range(3)]
assert found[0] > 0.0 and found == [found[0]] * 3, found
assert not any(key[0] == "point volumes" for key in domain.kept)
"""


def test_many_points_are_kept_by_all_ranks_or_none(mpirun, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNEVEN)
    options = [word for word in COARSE if word != "--set"]
    done = mpirun(2, script, CASES / "optics_mie.toml", *options, timeout=120)
    assert done.returncode == 0, done.stderr
