"""The same real study on local processes, on MPI ranks and on Dask: the same files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dolfinx")
ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.fem, pytest.mark.mpi, pytest.mark.slow]
STUDY = [
    "sweep", str(ROOT / "cases" / "microparticle_on_mica.toml"),
    "--vary", "particle.shape.radius=1um:20um:3log",
    "--vary", "laser.intensity=1kW/cm^2,3kW/cm^2",
    "--set", "mesh.cells_per_contact=50",
    "--quiet",
]  # fmt: skip


def run(tmp_path, *command, status=0):
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def without_meshes(monkeypatch, tmp_path, name):
    """Give a run a cache with compiled forms, but no mesh."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if (home / "fenics").exists():
        shutil.copytree(home / "fenics", tmp_path / name / "fenics")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))


def mpirun():
    found = shutil.which("mpirun")
    if found is None:
        pytest.skip("no mpirun")
    return found


def test_processes_mpi_and_dask_give_the_same_dataset(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    mpi = [mpirun(), "-n", "3", sys.executable, "-m", "mpi4py.futures", "-m", "thermosim"]
    alone = [sys.executable, "-m", "thermosim"]
    for name, command, more in (
        ("local", alone, []),
        ("mpi", mpi, []),
        ("dask", alone, ["--dask", "local", "--workers", "2"]),
    ):
        with monkeypatch.context() as patch:
            without_meshes(patch, tmp_path, f"cache-{name}")
            run(tmp_path, *command, *STUDY, *more, "-o", name)
    for file in ("study.nc", "study.csv", "optimum.json", "study.toml"):
        assert len({(tmp_path / n / file).read_bytes() for n in ("local", "mpi", "dask")}) == 1


def test_a_sweep_on_ranks_without_the_executor_says_how_to_start_it(tmp_path):
    command = [mpirun(), "-n", "2", sys.executable, "-m", "thermosim", *STUDY]
    done = run(tmp_path, *command, status=2)
    assert done.stderr.count("-m mpi4py.futures -m thermosim sweep") == 1


def test_a_bad_study_on_mpi_ranks_ends_at_once(tmp_path):
    command = [mpirun(), "-n", "3", sys.executable, "-m", "mpi4py.futures", "-m", "thermosim"]
    bad = [*STUDY, "--vary", "particle.shape.radius=-1um"]
    done = run(tmp_path, *command, *bad, status=2)
    assert "must be > 0" in done.stderr
