"""Radiation and gas between surfaces: one, two and three ranks give the same answer."""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

MICA = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"
COUPLED = [
    "--set", "radiation.model=enclosure", "--set", "chamber.pressure=1 Pa",
    "--set", "chamber.gap_gas=true", "--set", "radiation.near_field=true",
    "--set", "output.pictures=false",
    "--set", "output.fields=false", "--set", "solver.error_estimate=false",
    "--set", "uncertainty.method=none",
]  # fmt: skip
COARSE = [
    "--set", "symmetry=quarter", "--set", "mesh.cells_per_contact=3",
    "--set", "mesh.cells_per_radius=2", "--set", "mesh.growth=0.8",
    "--set", "substrate.radius=100 um", "--set", "radiation.rays=256",
    "--set", "radiation.patches=40", "--set", "solver.linear_rtol=1e-9",
]  # fmt: skip


@pytest.mark.parametrize("options", [[], COARSE], ids=["axisymmetric", "quarter"])
def test_ranks_agree(mpirun, tmp_path, options):
    found = []
    for n in (1, 2, 3):
        folder = tmp_path / f"n{n}"
        done = mpirun(n, "-m", "thermosim", "run", MICA, "-o", folder, "--json", *COUPLED, *options)
        assert done.returncode == 0, done.stderr
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["n_ranks"] == n
        assert summary["energy_balance_rel"] < 1e-8
        found.append((summary["delta_T_mean_K"], summary["heat_to_chamber_W"]))
    for one, more in ((found[0], found[1]), (found[0], found[2])):
        assert more == pytest.approx(one, rel=1e-8, abs=0)
