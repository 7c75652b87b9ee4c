"""``mpirun -n N python -m benchmarks.rank FOLDER ARGUMENT…``: ``thermosim ARGUMENT…`` on each rank.

At its end each rank leaves its peak memory and processor time in FOLDER/rank-N.json.
"""

import atexit
import json
import os
import resource
import sys
from pathlib import Path

from thermosim.cli import main


def leave(path):
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {"peak_MB": used.ru_maxrss / 1024, "cpu_s": used.ru_utime + used.ru_stime}
    path.write_text(json.dumps(told))


if __name__ == "__main__":
    number = os.environ.get("OMPI_COMM_WORLD_RANK") or os.environ.get("PMI_RANK") or "0"
    atexit.register(leave, Path(sys.argv[1]) / f"rank-{number}.json")
    sys.argv[1:] = sys.argv[2:]
    main()
