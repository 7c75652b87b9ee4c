#!/usr/bin/env python3
"""Run ``BWRAP… -- COMMAND…`` and hand signals on to COMMAND, its exit status back.

bubblewrap stays as COMMAND's parent and passes no signal on: ``kill`` or Slurm would end it and
orphan COMMAND. Signals from the terminal already reach COMMAND, and are not sent twice. If this
process is killed (SIGKILL), so is all that COMMAND started.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
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
        for _ in range(ROUNDS):
            found = marked(mark.encode())
            for pid in found:
                kill(pid, signal.SIGKILL)
            if not found:
                break
    os._exit(0)


def marked(mark: bytes) -> list[int]:
    """Return the processes of this user that have the mark in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            content = path.read_bytes()
        except OSError:  # somebody else's, or gone
            continue
        if f"{MARK}=".encode() + mark in content.split(b"\0"):
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


def supervise(process: subprocess.Popen[bytes], pid: int | None) -> int:
    """Wait for the end, passing on what others send meanwhile."""
    while process.poll() is None:
        received = signal.sigwaitinfo(PASSED_ON | {signal.SIGCHLD})
        if received.si_signo == signal.SIGCHLD or received.si_code == FROM_KERNEL or pid is None:
            continue
        kill(pid, received.si_signo)
    return process.returncode


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
        code = supervise(process, command_pid(status))
    os.write(guard, b".")
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
