"""How time and memory of each rank grow with the mesh, up to ten million cells.

Each mesh is made in a first run, on one rank, and shared out; a second run reads it rank by rank
from the cache, solves, and writes fields rank by rank.
"""

import json
import shutil
import tempfile
from pathlib import Path

from benchmarks.bench_heat import CASE, STRAIGHT, launch

SIZES = {"1e5": 0.92, "3e5": 1.36, "1e6": 2.08, "3e6": 3.04, "1e7": 4.59}
"""Cells, about -> refinement."""
PHASES = ("mesh", "setup", "solve", "budget", "output")


def run(sizes=("1e5", "3e5", "1e6", "3e6"), repeats=1):
    """Return a row for each size and number of ranks; each run is one."""
    del repeats  # memory does not scatter
    return {"growth": [row for size in sizes for n in (1, 2) for row in _rows(size, n)]}


def _rows(size, ranks):
    options = [*STRAIGHT, "--set", f"mesh.refinement={SIZES[size]}"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for what, fields in (("made", "false"), ("kept", "true")):
            chosen = [*options, "--set", f"output.fields={fields}"]
            yield {"cells": size, "ranks": ranks, "mesh": what} | _run(folder, chosen, ranks)


def _run(folder, options, ranks):
    out = folder / "out"
    command = ["-m", "benchmarks.rank", str(folder), "run", str(CASE), "-o", str(out), "--json"]
    found, seconds = launch([*command, "--overwrite", *options], ranks)
    told = [json.loads((folder / f"rank-{n}.json").read_text()) for n in range(ranks)]
    fields = [path for path in out.rglob("fields*") if path.is_file()]
    row = {
        "n_cells": found["n_cells"],
        "n_dofs": found["n_dofs"],
        "whole_s": seconds,
        **{f"{phase}_s": found[f"wall_{phase}_s"] for phase in PHASES},
        "cpu_s_of_ranks": [round(rank["cpu_s"], 1) for rank in told],
        "peak_MB_of_ranks": [round(rank["peak_MB"]) for rank in told],
        "linear_iterations": found["linear_iterations"],
        "delta_T_mean_K": found["delta_T_mean_K"],
        "fields_MB": round(sum(path.stat().st_size for path in fields) / 1e6),
    }
    shutil.rmtree(out)
    return row
