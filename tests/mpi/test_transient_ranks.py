"""Transients on 1, 2 and 3 ranks: the same temperatures, and runs that change their ranks."""

import shutil

import numpy as np
import pytest

pytestmark = [pytest.mark.fem, pytest.mark.mpi]

from thermosim.results.series import load_series  # noqa: E402

CASE = """
assumptions = "favourable"
[particle]
material = "Cs4PbBr6"
[particle.shape]
kind = "sphere"
radius = "5 um"
[substrate]
kind = "slab"
material = "muscovite"
radius = "100 um"
thickness = "20 um"
rim = "held"
[contact]
kind = "disk"
radius = "200 nm"
h_c = "1e8 W/(m^2*K)"
[laser]
photon_energy = "2.33 eV"
intensity = "3 kW/cm^2"
[gain.density]
kind = "given"
n_dots = "1.66e16 1/cm^3"
[mesh]
refinement = 0.25
cells_per_contact = 8.0
[output]
pictures = false
[transient]
duration = "12 ms"
tolerance = "1e-4 K"
checkpoint_every = 6
output_every = "4 ms"
field_times = ["4 ms"]
schedule = {kind = "chopped", period = "10 ms"}
probes = {top = {point = ["0 um", "10 um"]}, mica = {region = "substrate"}}
"""
# ends every rank at once after 10 steps, as a queue does
CUT = """
import os, sys
from thermosim.cli import main
from thermosim.run.march import TransientRun

after_step = TransientRun._after_step

def hooked(self, taken, *, at_stop):
    ended = after_step(self, taken, at_stop=at_stop)
    if self.course.steps == 10:
        self.comm.barrier()
        self.comm.Abort(9)
    return ended

TransientRun._after_step = hooked
main(sys.argv[1:])
"""
OUTPUTS = 4e-3 * np.arange(1, 4)


def at_outputs(folder):
    """Mean, lowest, highest ΔT and the probes at the output times, shape (3, 5)."""
    series = load_series(folder)
    rows = [int(np.argmin(np.abs(series.time - t))) for t in OUTPUTS]
    np.testing.assert_allclose(series.time[rows], OUTPUTS, rtol=1e-12)
    assert series["energy_balance_rel"].max() < 1e-8
    names = ("delta_T_mean_K", "delta_T_min_K", "delta_T_max_K", "probe_top_K", "probe_mica_K")
    zero = np.array([0.0, 0.0, 0.0, 300.0, 300.0])
    return np.array([series[name][rows] for name in names]).T - zero


def test_ranks_agree_and_may_change(mpirun, tmp_path):
    case = tmp_path / "case.toml"
    case.write_text(CASE)
    (tmp_path / "cut.py").write_text(CUT)
    run = ["-m", "thermosim", "run", "--quiet"]
    for n in (1, 2, 3):
        done = mpirun(n, *run, str(case), "-o", str(tmp_path / f"ranks{n}"))
        assert done.returncode == 0, done.stderr
    expected = at_outputs(tmp_path / "ranks1")
    for n in (2, 3):
        np.testing.assert_allclose(at_outputs(tmp_path / f"ranks{n}"), expected, rtol=1e-8)

    cut = mpirun(2, str(tmp_path / "cut.py"), "run", str(case), "-o", str(tmp_path / "cut"))
    assert cut.returncode != 0
    left = tmp_path / "cut.running"
    assert load_series(left).time[-1] < 12e-3
    for n in (1, 3):
        shutil.copytree(left, tmp_path / f"on{n}.running")
        done = mpirun(n, *run, "--resume", str(tmp_path / f"on{n}"))
        assert done.returncode == 0, done.stderr
        np.testing.assert_allclose(at_outputs(tmp_path / f"on{n}"), expected, rtol=1e-9)
        assert (tmp_path / f"on{n}" / "fields.pvd").exists()
