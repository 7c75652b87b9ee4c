import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
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
