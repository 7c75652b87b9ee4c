"""How time, memory and iterations grow with the mesh, thermosim alone: 30 k to 2 M nodes."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from math import log
from pathlib import Path

from benchmarks.bench_heat import SIZES, STRAIGHT, thermosim

GROWING = {"solve": "wall_solve_s", "mesh": "wall_mesh_s", "setup": "wall_setup_s",
           "memory": "memory_MB", "iterations": "linear_iterations"}  # fmt: skip
MANY = 500_000


def exponents(small, large):
    """Return by which power of the nodes each figure grows between two rows."""
    decades = log(large["n_nodes"] / small["n_nodes"])
    found = {key: log(large[key] / small[key]) / decades for key in (*GROWING, "whole_s")}
    return {"from": small["n_nodes"], "to": large["n_nodes"], "ranks": large["ranks"], **found}


def two_at_once(folder, options, alone):
    """Return what one rank is worth beside another that has nothing to do with it.

    No second rank can be worth more on this machine: both share its memory.
    """
    with ThreadPoolExecutor(2) as pool:
        work = [pool.submit(thermosim, options, 1, folder / f"at_once_{k}") for k in (0, 1)]
        solves = [found.result()[0]["wall_solve_s"] for found in work]
    return alone / max(solves)


def run(sizes=("30k", "200k", "1M", "2M"), repeats=1):
    """Return a row for each size and number of ranks, and exponents between sizes.

    Each is the quickest solve of `repeats` runs with the mesh from the cache.
    """
    rows, powers = [], []
    with tempfile.TemporaryDirectory() as folder:
        for ranks in (1, 2):
            mine = []
            for name in sizes:
                options = [*STRAIGHT, "--set", f"mesh.refinement={SIZES[name]}"]
                options += ["--set", "output.fields=false"]
                cold, cold_s = thermosim(options, ranks, Path(folder) / "out")
                runs = [thermosim(options, ranks, Path(folder) / "out") for _ in range(repeats)]
                found, seconds = min(runs, key=lambda pair: pair[0]["wall_solve_s"])
                row = {"n_nodes": found["n_dofs"], "ranks": ranks, "whole_s": seconds}
                row |= {key: found[value] for key, value in GROWING.items()}
                row |= {"first_mesh": cold["wall_mesh_s"], "first_whole_s": cold_s}
                if ranks == 1 and found["n_dofs"] < MANY:
                    row["worth_beside_another"] = two_at_once(Path(folder), options, row["solve"])
                mine.append(row)
            rows += mine
            powers += [exponents(small, large) for small, large in pairwise(mine)]
            if len(mine) > 2:
                powers.append(exponents(mine[0], mine[-1]))
    return {"rows": rows, "exponents": powers, "load_average": os.getloadavg()}
