"""No room at each stage of a run: one message, a status that is promised, and no lost numbers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from full_disk import LIMITED

pytestmark = [pytest.mark.fem, pytest.mark.slow]
pytest.importorskip("dolfinx")

THERMOSIM = [sys.executable, "-P", "-m", "thermosim"]
ON_A_FULL_DISK = LIMITED + "import runpy; runpy.run_module('thermosim', run_name='__main__')"
CASE = Path(__file__).parents[2] / "cases" / "yamada2024_radiation_limited.toml"
KILOBYTE = 1024


def run(command, place, cache, limit=None):
    """Run a command that may write no file larger than `limit` bytes."""
    variables = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    variables |= {"XDG_CACHE_HOME": str(cache), "TMPDIR": str(place)}
    program = THERMOSIM
    if limit is not None:
        program = [sys.executable, "-P", "-c", ON_A_FULL_DISK, str(limit)]
    return subprocess.run(
        [*program, *command], cwd=place, env=os.environ | variables,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A cache in which all forms are compiled."""
    cache, place = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("first")
    done = run(["run", CASE, "-o", "out", "--quiet"], place, cache)
    assert done.returncode == 0, done.stderr
    return cache


@pytest.mark.parametrize("kilobytes", [0, 20])
def test_no_room_for_compiled_forms(tmp_path, kilobytes):
    done = run(["run", CASE, "-o", "out"], tmp_path, tmp_path / "cache", kilobytes * KILOBYTE)
    assert done.returncode == 5, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
    healed = run(["gain", CASE, "-o", "gain"], tmp_path, tmp_path / "cache")
    assert healed.returncode == 0, healed.stderr


@pytest.mark.parametrize("kilobytes", [0, 2, 30, 1200])
def test_no_room_for_the_result(tmp_path, warm, kilobytes):
    """Once the solve is done its numbers are printed, and kept if so many bytes have room."""
    done = run(["run", CASE, "-o", "out"], tmp_path, warm, kilobytes * KILOBYTE)
    assert "Traceback" not in done.stderr
    assert done.returncode == 5, done.stderr
    assert not (tmp_path / "out").exists()
    if kilobytes >= 2:
        assert "ΔT of the particle, mean" in done.stdout, done.stderr
    if kilobytes >= 30:
        kept = json.loads((tmp_path / "out.numbers" / "summary.json").read_text())
        assert kept["delta_T_mean_K"] < 0
        assert "its numbers (without fields and pictures) are in" in done.stderr
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".out.")]


@pytest.mark.parametrize("kilobytes", [2])
def test_no_room_for_a_sweep(tmp_path, warm, kilobytes):
    command = ["sweep", CASE, "--vary", "laser.intensity=1kW/cm^2,2kW/cm^2", "-o", "out"]
    command += ["--set", "solver.error_estimate=false", "--workers", "1", "--quiet"]
    done = run(command, tmp_path, warm, kilobytes * KILOBYTE)
    # 3: the limit keeps the worker's MPI from starting, which is no fault of a point
    assert done.returncode in (3, 5, 6), done.stderr
    again = run(command, tmp_path, warm)
    assert again.returncode == 0, again.stderr
