"""Runs that are killed, stopped, cut short or out of space, and taken up again."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from full_disk import LIMITED  # noqa: E402

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError, StorageError  # noqa: E402
from thermosim.results.checkpoint import CURRENT, PREVIOUS  # noqa: E402
from thermosim.results.series import SERIES, load_series  # noqa: E402
from thermosim.run.march import TransientRun  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402
from thermosim.run.transient import resume_transient, running_folder  # noqa: E402

ROOT = Path(__file__).parents[2]
TREE = {
    "assumptions": "favourable",
    "particle": {"material": "Cs4PbBr6", "shape": {"kind": "sphere", "radius": "5 um"}},
    "substrate": {
        "kind": "slab", "material": "muscovite", "radius": "100 um", "thickness": "20 um",
        "rim": "held",
    },
    "contact": {"kind": "disk", "radius": "200 nm", "h_c": "1e8 W/(m^2*K)"},
    "laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"},
    "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
    "mesh": {"refinement": 0.25, "cells_per_contact": 8.0},
    "solver": {"degree": 1},
    "output": {"pictures": False},
    "transient": {
        "duration": "0.3 s", "tolerance": "1e-7 K", "checkpoint_every": 10,
        "output_every": "20 ms", "field_times": ["0.1 s"],
        "schedule": {"kind": "chopped", "period": "50 ms"},
        "probes": {"top": {"point": ["0 um", "10 um"]}, "mica": {"region": "substrate"}},
    },
}  # fmt: skip


def case(**transient):
    return parse_case({**TREE, "transient": {**TREE["transient"], **transient}})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    simulate(case(), folder)
    return folder


def assert_same(folder, whole):
    """The same series, to the last bit, on as many ranks; a finished folder without leftovers."""
    found, expected = load_series(folder), load_series(whole)
    assert list(found.columns) == list(expected.columns)
    for name in expected.columns:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    assert not running_folder(folder).exists()
    assert {p.name for p in folder.iterdir()} == {p.name for p in whole.iterdir()}


class Cut(Exception):
    """Stands for the end of a process."""


def stop_after(monkeypatch, steps, action):
    """Run `action` once so many steps were taken."""
    after_step = TransientRun._after_step

    def hooked(self, taken, *, at_stop):
        ended = after_step(self, taken, at_stop=at_stop)
        if self.course.steps == steps:
            action()
        return ended

    monkeypatch.setattr(TransientRun, "_after_step", hooked)


def cut_after(monkeypatch, steps, folder):
    """Start a run that ends after so many steps as if the power failed."""

    def cut():
        raise Cut

    with monkeypatch.context() as patch:
        stop_after(patch, steps, cut)
        with pytest.raises(Cut):
            simulate(case(), folder)


@pytest.mark.parametrize("steps", [3, 47, 120])
def test_resumed_run_is_the_uninterrupted_one(whole, tmp_path, monkeypatch, steps):
    folder = tmp_path / "run"
    cut_after(monkeypatch, steps, folder)
    assert not folder.exists()
    assert load_series(running_folder(folder)).time[-1] < 0.3
    result = resume_transient(folder)
    assert_same(folder, whole)
    assert result.directory == folder
    assert result.n_steps == len(load_series(whole)) - 1


def damage(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])


def test_damaged_checkpoint_falls_back_to_the_one_before(whole, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    cut_after(monkeypatch, 95, folder)
    damage(running_folder(folder) / CURRENT)
    told = []
    resume_transient(folder, tell=told.append)
    assert any("damaged" in line for line in told)
    assert_same(folder, whole)


def test_two_damaged_checkpoints_are_an_error(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    cut_after(monkeypatch, 35, folder)
    for name in (CURRENT, PREVIOUS):
        damage(running_folder(folder) / name)
    with pytest.raises(StorageError, match="no checkpoint can be used"):
        resume_transient(folder)


def test_changed_series_is_an_error(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    cut_after(monkeypatch, 35, folder)
    series = running_folder(folder) / SERIES
    series.write_text(series.read_text().replace("e-", "e+", 1))
    with pytest.raises(StorageError, match="was changed or cut"):
        resume_transient(folder)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_checkpoint_of_this_moment(whole, tmp_path, monkeypatch, number, status):
    from thermosim.run.interrupt import Interrupted

    folder, before = tmp_path / "run", signal.getsignal(number)
    with monkeypatch.context() as patch:
        stop_after(patch, 43, lambda: os.kill(os.getpid(), number))
        with pytest.raises(Interrupted, match=f"--resume {folder}`") as stopped:
            simulate(case(), folder)
    assert stopped.value.exit_status == status
    assert signal.getsignal(number) == before
    rows = len(load_series(running_folder(folder)))
    told = []
    resume_transient(folder, tell=told.append)
    found, expected = load_series(folder), load_series(whole)
    assert any(f"t = {found.time[rows - 1]:.6g} s" in line for line in told)
    # started anew where the other run was not: the same up to the tolerance of Newton's method
    at_outputs = np.isin(expected.time, 0.02 * np.arange(1, 16)) | (expected.time == 0.3)
    there = np.isin(found.time, expected.time[at_outputs])
    assert at_outputs.sum() == there.sum() >= 14
    for name in ("delta_T_mean_K", "delta_T_min_K", "probe_top_K"):
        np.testing.assert_allclose(found[name][there], expected[name][at_outputs], rtol=1e-9)


def run_with_limit(limit, folder):
    """A run in a process of its own whose files cannot grow beyond `limit` bytes."""
    import json

    program = LIMITED + (
        "import json; from pathlib import Path; from thermosim.case.read import parse_case;"
        "from thermosim.run.simulate import simulate;"
        "simulate(parse_case(json.loads(sys.argv[1])), Path(sys.argv[2]))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(limit), json.dumps(TREE), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def test_full_disk_is_told_and_survived(whole, tmp_path):
    folder = tmp_path / "run"
    # compiled forms are on disk before: those of this process may be in a cache of an earlier test
    assert run_with_limit(1 << 30, tmp_path / "without").returncode == 0
    limit = (whole / SERIES).stat().st_size // 2
    done = run_with_limit(limit, folder)
    assert done.returncode != 0
    assert "StorageError" in done.stderr
    assert "--resume" in done.stderr
    assert (running_folder(folder) / SERIES).stat().st_size == limit
    resume_transient(folder)
    assert_same(folder, whole)


def test_interrupted_run_is_not_overwritten_by_accident(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    cut_after(monkeypatch, 5, folder)
    with pytest.raises(CaseError, match="interrupted run"):
        simulate(case(), folder)
    simulate(case(duration="1 ms", output_every="1 ms", field_times=[]), folder, overwrite=True)
    assert load_series(folder).time[-1] == 1e-3


def test_nothing_to_resume(whole, tmp_path):
    with pytest.raises(CaseError, match="is finished"):
        resume_transient(whole)
    with pytest.raises(CaseError, match="no interrupted run"):
        resume_transient(tmp_path / "none")


def test_second_process_is_refused(tmp_path, monkeypatch):
    import fcntl

    folder = tmp_path / "run"
    cut_after(monkeypatch, 5, folder)
    with (running_folder(folder) / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(CaseError, match="another process"):
            resume_transient(folder)


@pytest.mark.slow
def test_ten_kills_at_random_times(whole, tmp_path):
    """SIGKILL, at any moment between the first line of the program and its last."""
    folder, chance = tmp_path / "run", random.Random(20240610)
    (tmp_path / "case.toml").write_text(case().to_toml())
    command = [sys.executable, "-m", "thermosim", "run", "--quiet"]
    arguments = [str(tmp_path / "case.toml"), "-o", str(folder)]
    share = (whole / SERIES).stat().st_size // 14
    for _ in range(10):
        process = subprocess.Popen(
            [*command, *arguments], env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT
        )
        _wait_until_it_wrote(running_folder(folder) / SERIES, chance.randint(1, share), process)
        time.sleep(chance.uniform(0.0, 0.02))
        assert process.poll() is None, "the run ended before it was killed"
        process.kill()
        process.wait()
        arguments = ["--resume", str(folder)]
    assert not folder.exists()
    resume_transient(folder)
    assert_same(folder, whole)


def _wait_until_it_wrote(series, amount, process):
    """Wait until so many bytes were added since the march went on (it first cuts to its mark)."""
    lowest = series.stat().st_size if series.exists() else 0
    changed, limit = False, time.monotonic() + 120.0
    while process.poll() is None and time.monotonic() < limit:
        size = series.stat().st_size if series.exists() else 0
        changed |= size != lowest
        lowest = min(lowest, size)
        if changed and size >= lowest + amount:
            return
        time.sleep(0.002)
