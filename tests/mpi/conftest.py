import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


# One launch of ranks for many runs: starting Python on each costs more than a coarse case.
MANY = """
import json, sys
from thermosim.cli import main
for arguments in json.loads(sys.argv[1]):
    assert main(arguments) == 0, arguments
"""


@pytest.fixture(scope="session")
def mpirun():
    """Run ``python ARGUMENTS`` on n ranks and return the finished process."""
    pytest.importorskip("dolfinx")
    if shutil.which("mpirun") is None:
        pytest.skip("mpirun is not installed")

    def launch(n: int, *arguments: str, timeout: float = 240.0) -> subprocess.CompletedProcess:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            # more ranks than cores, and root in containers
            "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
            "OMPI_MCA_rmaps_base_oversubscribe": "true",
            "OMPI_MCA_mpi_yield_when_idle": "1",  # oversubscribed ranks would spin
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        }
        return subprocess.run(
            ["mpirun", "-n", str(n), sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=timeout,
        )

    return launch


@pytest.fixture(scope="session")
def summaries(mpirun):
    """Run each of some cases on n ranks, into `folder`/NAME; return what is printed of each."""

    def run(n: int, runs: dict[str, list], folder: Path) -> dict[str, dict]:
        commands = [
            ["run", *map(str, given), "-o", str(folder / name), "--json"]
            for name, given in runs.items()
        ]
        done = mpirun(n, "-c", MANY, json.dumps(commands), timeout=900.0)
        assert done.returncode == 0, done.stderr
        printed, text = [], done.stdout.strip()
        while text:
            found, end = json.JSONDecoder().raw_decode(text)
            printed.append(found)
            text = text[end:].lstrip()
        assert len(printed) == len(runs)  # one object of each: one rank speaks
        return dict(zip(runs, printed, strict=True))

    return run
