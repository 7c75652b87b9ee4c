"""Starting the tools: prefixes, threads, and what is not installed. Standard library only."""

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
HOW = {
    "ngsolve": "pip install ngsolve",
    "skfem": "pip install scikit-fem pyamg",
    "pyamg": "pip install scikit-fem pyamg",
    "scattnlay": "pip install scattnlay",
    "miepython": "pip install miepython",
    "trimesh": "pip install trimesh embreex",
    "embreex": "pip install trimesh embreex",
    "pvtrace": "pip install pvtrace pandas",
    "pandas": "pip install pvtrace pandas",
}


class ToolError(RuntimeError):
    """A tool ended with an error; the message is the end of what it said."""


@dataclass(frozen=True)
class Places:
    """Where the tools are: commands (lists of words) and a folder for meshes and caches."""

    fem: tuple[str, ...]
    peers: tuple[str, ...]
    freefem: str
    folder: Path

    @classmethod
    def of(cls, fem_python=None, peers_python=None, freefem=None, folder=None):
        """Read the options; left out, all Python is the one that runs this."""
        return cls(
            tuple(shlex.split(fem_python or sys.executable)),
            tuple(shlex.split(peers_python or sys.executable)),
            freefem or "FreeFem++",
            Path(folder or "out/peers").resolve(),
        )


def timed(prefix, command, threads=1, **environment):
    """Run a command by timed.py under a prefix that ends in a Python; return what that says."""
    settings = [f"{name}={threads}" for name in THREADS]
    settings += [f"{name}={value}" for name, value in environment.items()]
    line = [*prefix, str(HERE / "timed.py"), *settings, "--", *map(str, command)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{shlex.join(prefix)}: {_last(done.stderr)}")
    answer = json.loads(done.stdout)
    if answer["status"]:
        raise ToolError(f"exit status {answer['status']}: {_last(answer['stderr'])}")
    return answer


def tell(words):
    """Say on standard error what is being measured."""
    print(words, file=sys.stderr, flush=True)


def _last(text):
    lines = text.strip().splitlines() or ["no message"]
    return lines[-1]


def numbers(answer):
    """Return the JSON object that a tool printed, the last line or all of its output."""
    text = answer["stdout"].strip()
    return json.loads(text if text.startswith("{\n") else text.splitlines()[-1])


def missing(prefix, modules):
    """Return which of the modules a Python does not find; all if there is no such Python."""
    code = (
        "import importlib.util as u, json, sys; "
        "print(json.dumps([n for n in sys.argv[1:] if u.find_spec(n) is None]))"
    )
    if shutil.which(prefix[0]) is None:
        return list(modules)
    done = subprocess.run(
        [*prefix, "-c", code, *modules], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolError(f"{shlex.join(prefix)}: {_last(done.stderr)}")
    return json.loads(done.stdout)


def not_installed(prefix, modules):
    """Return what to say of modules that are missing, or None."""
    lacking = missing(prefix, modules)
    return f"not installed: {HOW[lacking[0]]}" if lacking else None
