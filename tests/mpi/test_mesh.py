"""One mesh on one, two and three ranks: the same volume, area and ΔT."""

import json

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

SCRIPT = """
import json, sys
from mpi4py import MPI
from thermosim.case.read import parse_case
from thermosim.fem.domain import area, volume
from thermosim.run.simulate import simulate

case = parse_case({
    "symmetry": "3d",
    "particle": {"shape": {"kind": "box", "a": "8 um", "b": "6 um", "c": "4 um"},
                 "emissivity": 1.0},
    "substrate": {"kind": "slab", "material": "mica", "width": "60 um", "thickness": "5 um"},
    "contact": {"kind": "disk", "radius": "1 um"},
    "source": {"heat_source": "-2e7 W/m^3"},
    "mesh": {"cells_per_radius": 2, "cells_per_contact": 3, "growth": 0.8, "cache": False},
    "solver": {"error_estimate": False},
})
result = simulate(case)
domain = result.state.domain
found = [volume(domain, name) for name in ("particle", "substrate")]
found += [area(domain, name) for name in ("particle_surface", "substrate_top")]
found.append(result.delta_T_mean_K)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps(found))
"""


def test_ranks_agree_on_sizes_and_temperature(mpirun, tmp_path):
    script = tmp_path / "measure.py"
    script.write_text(SCRIPT)
    found = []
    for n in (1, 2, 3):
        done = mpirun(n, script)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout.splitlines()[-1]))
    assert found[0][0] == pytest.approx(192e-18, rel=1e-12)
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-8, abs=0)
