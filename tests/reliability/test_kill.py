"""Commands killed at random moments: the next one works, and nothing that was there is lost.

THERMOSIM_KILLS=20 kills each command so often; the suite is content with fewer.
"""

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.fem, pytest.mark.slow]
pytest.importorskip("dolfinx")

KILLS = int(os.environ.get("THERMOSIM_KILLS", "0"))
THERMOSIM = [sys.executable, "-P", "-m", "thermosim"]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
CASE = """
goal = "body"
[geometry]
kind = "rectangle"
x = ["0 m", "1 m"]
y = ["0 m", "2 m"]
[materials.m]
conductivity = "3 W/(m*K)"
[regions.body]
material = "m"
heat_source = "50 W/m^3"
[boundaries.left]
temperature = "300 K"
[boundaries.right]
temperature = "310 K"
[mesh]
size = "0.2 m"
[output]
pictures = false
"""


@pytest.fixture
def warm(tmp_path, monkeypatch):
    """A folder with a case; compiled forms are those of everybody."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(CASE)
    return tmp_path


@pytest.fixture
def place(warm, monkeypatch):
    """The same, and a cache in which no form is compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(warm / "cache"))
    return warm


def killed(command, after, number):
    """Start a command and send a signal after so many seconds; return whether it was too late."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        _, words = process.communicate(timeout=120)
        assert b"Traceback" not in words, words.decode()
        return False
    return True


def good(command):
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - start


def wait_for_the_end(lock, patience=120.0):
    """Wait until nobody holds a lock: ranks outlive a killed mpirun for a moment."""
    end = time.monotonic() + patience
    while lock.exists():
        with lock.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                assert time.monotonic() < end, f"{lock.read_text()} goes on"
                time.sleep(0.1)
            else:
                return


def forget(place):
    for path in sorted(place.glob("cache/**/*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def kill_often(place, command, times, seed, fresh):
    """Kill a command at random moments of its usual time; after each a good run must follow."""
    usual, draw, late = good(command), random.Random(seed), 0
    for i in range(times):
        if fresh:
            forget(place)
        late += killed(command, usual * draw.uniform(0.1, 0.75), SIGNALS[i % 3])
        wait_for_the_end(place / ".out.lock")
        good(command)
        left = [path.name for path in place.iterdir() if path.name.startswith(".out")]
        assert not left
    print(f"{times} kills of {command[-4:]}, {late} of them too late")


def test_a_run_that_compiles_its_forms(place):
    command = [*THERMOSIM, "run", "case.toml", "-o", "out", "--overwrite", "--quiet"]
    kill_often(place, command, KILLS or 3, 1, fresh=True)
    summary = json.loads((place / "out" / "summary.json").read_text())
    # both sides held, q uniform: mean 305 K + q L²/12k
    assert summary["region_body_mean_K"] == pytest.approx(305 + 50 / 36, rel=1e-9)


def test_a_sweep(place):
    """What is finished is kept: no point is computed twice."""
    sweep = [*THERMOSIM, "sweep", "case.toml", "-o", "out", "--workers", "2", "--json"]
    sweep += ["--vary", "regions.body.heat_source=1W/m^3:9W/m^3:9"]
    draw = random.Random(2)
    points = place / "out" / "points"
    finished: set[str] = set()
    for i in range(KILLS or 2):
        killed(sweep, draw.uniform(2, 12), SIGNALS[i % 3])
        now = {path.name for path in points.glob("[!.]*.json")}
        assert finished <= now
        finished = now
    done = subprocess.run(sweep, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["points"], told["failed"]) == (9, {})
    assert told["computed"] <= 9 - len(finished)


def test_reproduce(warm):
    command = [*THERMOSIM, "reproduce", "yamada2024", "-o", "out", "--overwrite", "--quiet"]
    draw = random.Random(3)
    for i in range(KILLS or 1):
        killed(command, draw.uniform(0.5, 15), SIGNALS[i % 3])
        out = warm / "out"  # nothing, or, where it was faster than the signal, all of it
        assert not out.exists() or (out / "index.html").exists()
    good(command)
    assert (warm / "out" / "index.html").exists()


@pytest.mark.mpi
def test_a_run_on_two_ranks(place):
    run = [*THERMOSIM, "run", "case.toml", "-o", "out", "--overwrite", "--quiet"]
    command = ["mpirun", "-n", "2", *run]
    kill_often(place, command, KILLS or 1, 4, fresh=True)
    assert json.loads((place / "out" / "summary.json").read_text())["n_ranks"] == 2
