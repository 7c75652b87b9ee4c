"""A command under docker/run's supervisor, with a stand-in for bubblewrap."""

import subprocess
import sys
from pathlib import Path

SUPERVISOR = Path(__file__).resolve().parents[1] / "docker" / "lib" / "supervise.py"
FAKE_BWRAP = """
import json, os, sys
status, command = int(sys.argv[2]), sys.argv[4:]
pid = os.fork()
if pid == 0:
    os.execvp(command[0], command)
os.write(status, (json.dumps({"child-pid": pid}) + "\\n").encode())
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
os.write(status, json.dumps({"exit-code": code}).encode())
sys.exit(code if code >= 0 else 128 - code)
"""


def supervised(*command):
    """Start a command under the supervisor, with a stand-in for bubblewrap."""
    return subprocess.Popen(
        # Where the tests themselves run in the background, SIGINT would be ignored.
        [
            "env",
            "--default-signal=INT",
            sys.executable,
            SUPERVISOR,
            sys.executable,
            "-c",
            FAKE_BWRAP,
            "--",
            *command,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
