"""What a command leaves running when a signal ends docker/run: told, given time, then killed."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from supervised import is_running, supervised

# A process that says its number, and at SIGTERM keeps a checkpoint for half a second.
RANK = """
import os, signal, sys, time
folder, obeys = sys.argv[1:]
def keep(*_):
    open(f"{folder}/told-{os.getpid()}", "w").close()
    if obeys == "yes":
        time.sleep(0.5)
        open(f"{folder}/kept-{os.getpid()}", "w").close()
        sys.exit()
signal.signal(signal.SIGTERM, keep)
os.close(os.open(f"{folder}/up-{os.getpid()}", os.O_CREAT))
time.sleep(600)
time.sleep(600)
"""
# A script that starts others and does not look after them.
SCRIPT = "import subprocess, sys; subprocess.run(sys.argv[1:])"


def numbers(folder, word, count=1):
    """Wait until so many processes have left that word; return which."""
    end = time.monotonic() + 120
    while len(paths := list(folder.glob(f"{word}-*"))) < count:
        assert time.monotonic() < end, f"{len(paths)} of {count} {word}"
        time.sleep(0.05)
    return sorted(int(path.name.rpartition("-")[2]) for path in paths)


def test_what_is_left_gets_time_for_a_checkpoint(tmp_path):
    process = supervised(sys.executable, "-c", SCRIPT, sys.executable, "-c", RANK, tmp_path, "yes")
    pids = numbers(tmp_path, "up")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert numbers(tmp_path, "kept") == pids  # there when docker/run is back
    assert not is_running(pids[0])


def test_what_does_not_obey_is_killed_by_the_next_signal(tmp_path):
    process = supervised(sys.executable, "-c", SCRIPT, sys.executable, "-c", RANK, tmp_path, "no")
    pids = numbers(tmp_path, "up")
    process.send_signal(signal.SIGTERM)
    assert numbers(tmp_path, "told") == pids
    assert process.poll() is None  # it waits
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert not is_running(pids[0])


def test_what_was_meant_to_stay_stays(tmp_path):
    """A command that ends by itself may leave others running."""
    start = f"{sys.executable} -c '{RANK}' {tmp_path} yes >/dev/null 2>&1 & exit 3"
    process = supervised("bash", "-c", start)
    process.communicate(timeout=120)
    assert process.returncode == 3
    (pid,) = numbers(tmp_path, "up")
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.mpi
def test_ranks_of_a_script_that_is_ended(tmp_path):
    ranks = ["mpirun", "-n", "2", sys.executable, "-c", RANK, tmp_path, "yes"]
    process = supervised(sys.executable, "-c", SCRIPT, *ranks)
    pids = numbers(tmp_path, "up", 2)
    parents = {int(Path(f"/proc/{pid}/stat").read_text().split()[3]) for pid in pids}
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert numbers(tmp_path, "kept", 2) == pids
    assert not any(is_running(pid) for pid in [*pids, *parents])
