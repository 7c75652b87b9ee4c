#!/usr/bin/env python3
"""Run ``BWRAP… -- COMMAND…`` and hand signals on to COMMAND, its exit status back.

bubblewrap stays as COMMAND's parent and passes no signal on: ``kill`` or Slurm would end it and
orphan COMMAND. Signals from the terminal already reach COMMAND, and are not sent twice. What
COMMAND leaves running when a signal has ended it (ranks of a script that called mpirun) gets
SIGTERM and some time for a checkpoint, then SIGKILL. If this process is killed (SIGKILL), so is
all that COMMAND started.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TextIO

CANDIDATES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
# What the caller ignores (nohup) stays ignored.
PASSED_ON = {
    signal.Signals[name]
    for name in CANDIDATES
    if signal.getsignal(signal.Signals[name]) is not signal.SIG_IGN
}
FROM_KERNEL = 0x80  # si_code of a signal that the terminal sent
MARK = "THERMOSIM_RUN"  # a variable that all processes of COMMAND inherit, and no others
ROUNDS = 10  # of looking for them: they may start others meanwhile
ENDING = PASSED_ON & {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
PATIENCE = 30.0  # seconds for a checkpoint, as Slurm's KillWait


def start_guard(mark: str) -> int:
    """Start a process that kills what bears the mark unless it is told of an orderly end.

    Returns the end of a pipe: a byte tells it, and the pipe breaks when this process is killed.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    os.setsid()  # what ends this process group must not end the guard
    os.close(writing)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    if not os.read(reading, 1):
        kill_marked(mark)
    os._exit(0)


def kill_marked(mark: str) -> None:
    """Kill what bears the mark, and what that started meanwhile."""
    for _ in range(ROUNDS):
        found = marked(mark)
        for pid in found:
            kill(pid, signal.SIGKILL)
        if not found:
            break


def end_rest(mark: str) -> None:
    """End what COMMAND left: SIGTERM first, SIGKILL after a while or at the next signal.

    Ranks are told before mpirun, which would kill them at once; anything before its parent.
    """
    told: set[int] = set()
    begin = time.monotonic()
    while (found := set(marked(mark))) and (passed := time.monotonic() - begin) < PATIENCE:
        waiting = parents(found) if passed < PATIENCE / 2 else set()
        for pid in found - told - waiting:
            kill(pid, signal.SIGTERM)
            told.add(pid)
        if signal.sigtimedwait(ENDING, 0.1):
            break
    if found:
        kill_marked(mark)


def parents(pids: set[int]) -> set[int]:
    """Return the parents of processes; of those that are gone, none."""
    found = set()
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found.add(int(fields[1]))
    return found


def marked(mark: str) -> list[int]:
    """Return the processes of this user that have the mark in their environment."""
    found = []
    variable = f"{MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            content = path.read_bytes()
        except OSError:  # somebody else's, or gone
            continue
        if variable in content.split(b"\0"):
            found.append(int(path.parent.name))
    return found


def kill(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def prepare_child() -> None:
    """Let bubblewrap outlive the signals; ``env`` gives COMMAND the defaults again."""
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON | {signal.SIGCHLD})


def command_pid(status: TextIO) -> int | None:
    """Process id of COMMAND as bubblewrap tells it, None where it failed to start."""
    line = status.readline()
    return json.loads(line)["child-pid"] if line else None


def supervise(process: subprocess.Popen[bytes], pid: int | None) -> bool:
    """Wait for the end, passing on what others send; return whether that was to end it."""
    to_end = False
    while process.poll() is None:
        received = signal.sigwaitinfo(PASSED_ON | {signal.SIGCHLD})
        if received.si_signo == signal.SIGCHLD or received.si_code == FROM_KERNEL or pid is None:
            continue
        kill(pid, received.si_signo)
        to_end = to_end or received.si_signo in ENDING
    return to_end


def main(arguments: list[str]) -> int:
    """Start bubblewrap and look after it."""
    mark = uuid.uuid4().hex
    guard = start_guard(mark)
    middle = arguments.index("--")
    bwrap, command = arguments[:middle], arguments[middle + 1 :]
    names = ",".join(number.name.removeprefix("SIG") for number in sorted(PASSED_ON))
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON | {signal.SIGCHLD})
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [
            *bwrap,
            "--json-status-fd",
            str(writing),
            "--",
            "env",
            f"--default-signal={names}",
            *command,
        ],
        pass_fds=(writing,),
        env=os.environ | {MARK: mark},
        preexec_fn=prepare_child,  # noqa: PLW1509 (no threads here)
    )
    os.close(writing)
    with os.fdopen(reading) as status:  # bubblewrap writes to it again at the end
        if supervise(process, command_pid(status)):
            end_rest(mark)
    code = process.returncode
    os.write(guard, b".")
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
