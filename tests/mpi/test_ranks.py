"""One, two and three ranks: the same answer, one writer, one clear end."""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

CASES = Path(__file__).parents[2] / "cases"
COARSE_3D = [
    "--set", "mesh.cells_per_contact=4", "--set", "mesh.cells_per_radius=3",
    "--set", "mesh.growth=0.6", "--set", "substrate.radius=100 um",
]  # fmt: skip
RUNS = {
    "mica": ["microparticle_on_mica.toml"],
    "light in a region": ["lit_cylinder.toml"],
    "light in a region in time": [
        "lit_cylinder.toml", "--set", "transient.duration=50 us",
        "--set", "transient.initial.kind=temperature",
        "--set", "transient.initial.temperature=300 K", "--set", "transient.step=10 us",
    ],
    "interface": ["yamada2024_radiation_limited.toml"],
    "quarter": ["microparticle_on_mica.toml", "--set", "symmetry=quarter", *COARSE_3D],
    "3d interface": [
        "yamada2024_radiation_limited.toml", "--set", "symmetry=3d", *COARSE_3D,
        "--set", "contact.radius=300 nm", "--set", "laser.profile=gaussian",
        "--set", "laser.waist=4 um",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_ranks_agree(mpirun, tmp_path, name):
    found = []
    for n in (1, 2, 3):
        case, *options = RUNS[name]
        done = mpirun(
            n, "-m", "thermosim", "run", CASES / case, "-o", tmp_path / f"n{n}", "--json",
            "--set", "output.pictures=false", *options,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        printed = json.loads(done.stdout)  # one object: one rank speaks
        assert printed["n_ranks"] == n
        assert printed["energy_balance_rel"] < 1e-8
        written = json.loads((tmp_path / f"n{n}" / "summary.json").read_text())
        assert written["delta_T_mean_K"] == printed["delta_T_mean_K"]
        found.append(printed)
    known = [numbers.get("sensitivity", {}) for numbers in found]
    largest = max((abs(entry["change_K"]) for entry in known[0].values()), default=0.0)
    for path in known[0]:  # small ones hang on the last digits of what nearly cancels
        changes = [entries[path]["change_K"] for entries in known]
        assert changes == pytest.approx([changes[0]] * 3, rel=1e-6, abs=1e-7 * largest), path
    for key in ("delta_T_mean_K", "delta_T_min_K", "delta_T_max_K", "heat_to_substrate_W"):
        if key not in found[0]:  # own geometry has no substrate
            continue
        values = [numbers[key] for numbers in found]
        assert values == pytest.approx([values[0]] * 3, rel=1e-8, abs=0), key


def test_bad_input_ends_all_ranks_with_one_message(mpirun, tmp_path):
    done = mpirun(
        3, "-m", "thermosim", "run", CASES / "microparticle_on_mica.toml", "-o", tmp_path / "out",
        "--set", "mesh.min_quality=0.99999", "--set", "symmetry=3d", *COARSE_3D, timeout=180,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("minimum scaled Jacobian") == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_failed_solve_on_ranks(mpirun, tmp_path):
    done = mpirun(
        2, "-m", "thermosim", "run", CASES / "yamada2024_radiation_limited.toml",
        "-o", tmp_path / "out", "--set", "solver.max_newton=1", timeout=180,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.count("no steady state found") == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
    kept = json.loads((tmp_path / "out.failed" / "summary.json").read_text())
    assert kept["kind"] == "failed"


ONE_RANK_FAILS = """
from mpi4py import MPI
from thermosim.cli import app
from thermosim.fem.parallel import abort_on_exception, end_together
comm = MPI.COMM_WORLD
abort_on_exception(comm)
if comm.rank == 1:
    {failure}
comm.Barrier()
"""


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("raise RuntimeError('only here')", "only here"),
        ("end_together('only here', 3, patience=1.0)", "rank 1 failed alone: only here"),
    ],
)
def test_an_exception_on_one_rank_ends_all(mpirun, tmp_path, failure, message):
    script = tmp_path / "fails.py"
    script.write_text(ONE_RANK_FAILS.format(failure=failure))
    done = mpirun(3, script, timeout=120)
    assert done.returncode != 0
    assert message in done.stderr
