"""Steady heat: time to a certified ΔT, and the cost of a solve beside a plain DOLFINx script."""

import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CASE = HERE / "reference_problem.toml"
REFERENCE = {"delta_T_min_K": -17.1297e-3, "delta_T_mean_K": -16.540e-3}
# refinement of a first-order 3-D mesh -> about this many nodes
SIZES = {"30k": 1.1, "200k": 2.2, "1M": 3.85, "2M": 4.9}
STRAIGHT = ["--set", "mesh.order=1", "--set", "solver.degree=1", "--set", "symmetry=3d",
            "--set", "solver.error_estimate=false", "--set", "mesh.min_quality=0"]  # fmt: skip


def launch(command, ranks):
    """Run a command on `ranks` ranks; return its JSON and the seconds of the whole process."""
    prefix = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
    started = time.perf_counter()
    line = [*prefix, sys.executable, *command]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout), spent


def thermosim(options, ranks, folder):
    command = ["-m", "thermosim", "run", str(CASE), "-o", str(folder), "--overwrite", "--json"]
    return launch([*command, *options], ranks)


def error_percent(found, key="delta_T_min_K"):
    return 100 * (found[key] / REFERENCE[key] - 1)


def certified(folder, repeats):
    """Axisymmetric, quarter and 3-D at their defaults, error estimate included."""
    rows = []
    for name, ranks, options in (
        ("axisymmetric, no pictures", 1, []),
        ("axisymmetric, pictures", 1, ["--set", "output.pictures=true"]),
        ("quarter", 2, ["--set", "symmetry=quarter"]),
        ("3-D", 2, ["--set", "symmetry=3d"]),
    ):
        thermosim(options, ranks, folder)  # warm: form cache, mesh cache
        runs = [thermosim(options, ranks, folder) for _ in range(repeats)]
        found = runs[-1][0]
        rows.append(
            {
                "what": name,
                "ranks": ranks,
                "n_dofs": found["n_dofs"],
                "whole_process_s": statistics.median(seconds for _, seconds in runs),
                "solve_s": statistics.median(f["wall_solve_s"] for f, _ in runs),
                "error_of_mean_percent": error_percent(found, "delta_T_mean_K"),
                "stated_error_percent": 100 * found["delta_T_error_K"] / -found["delta_T_mean_K"],
            }
        )
    return rows


def write_plain(path, data):
    """Write what plain_dolfinx.py reads of a mesh; return the path."""
    arrays = {name: getattr(data, name) for name in ("points", "cells", "cell_tags", "facet_tags")}
    np.savez(path, header=np.array(data.header()), **arrays)
    return path


def against_plain(folder, sizes, repeats):
    """The same straight first-order 3-D mesh through the package and the plain script, in turn."""
    from thermosim.case.read import load_case
    from thermosim.mesh.build import build_mesh
    from thermosim.mesh.kept import cache_path
    from thermosim.model.drawing import drawing_of

    rows = []
    for name in sizes:
        size = f"mesh.refinement={SIZES[name]}"
        options = [*STRAIGHT, "--set", size, "--set", "output.fields=false"]
        case = load_case(CASE, [o for o in options if o != "--set"])
        started = time.perf_counter()
        data, _ = build_mesh(case)
        gmsh_s = time.perf_counter() - started
        n_nodes = len(data.points)
        straight = write_plain(folder.with_name(f"{name}.npz"), data)
        del data
        mesh = cache_path(drawing_of(case))
        for ranks in (1, 2):
            for entry in mesh.parent.glob(f"{mesh.stem}-{ranks}-*.native"):
                shutil.rmtree(entry)
            cold = thermosim(options, ranks, folder)
            ours, plain = [], []
            for _ in range(repeats):
                ours.append(thermosim(options, ranks, folder))
                plain.append(launch([str(HERE / "plain_dolfinx.py"), str(straight), "1"], ranks))
            rows.append(_row(name, n_nodes, ranks, gmsh_s, cold, ours, plain))
    return rows


def _row(name, n_nodes, ranks, gmsh_s, cold, ours, plain):
    def median(runs, *keys):
        return statistics.median(sum(found[key] for key in keys) for found, _ in runs)

    whole = statistics.median(seconds for _, seconds in ours)
    whole_plain = statistics.median(seconds for _, seconds in plain)
    solve, solve_plain = median(ours, "wall_solve_s"), median(plain, "solve_s")
    mesh, mesh_plain = median(ours, "wall_mesh_s"), median(plain, "mesh_import_s")
    return {
        "mesh": name,
        "n_nodes": n_nodes,
        "gmsh_s": gmsh_s,
        "ranks": ranks,
        "whole_s": whole,
        "whole_plain_s": whole_plain,
        "whole_ratio": whole / whole_plain,
        "mesh_import_s": mesh,
        "mesh_import_cold_s": cold[0]["wall_mesh_s"],
        "whole_cold_s": cold[1],
        "mesh_import_plain_s": mesh_plain,
        "setup_s": median(ours, "wall_setup_s"),
        "budget_s": median(ours, "wall_budget_s"),
        "solve_s": solve,
        "solve_plain_s": solve_plain,
        "solve_ratio": statistics.median(
            a["wall_solve_s"] / b["solve_s"] for (a, _), (b, _) in zip(ours, plain, strict=True)
        ),
        "linear_iterations": ours[-1][0]["linear_iterations"],
        "memory_ratio": median(ours, "memory_MB") / median(plain, "memory_MB"),
        "error_of_min_percent": error_percent(ours[-1][0]),
        "agreement": ours[-1][0]["delta_T_min_K"] / plain[-1][0]["delta_T_min_K"] - 1,
    }


def scaling(rows):
    """How time and iterations grow with the mesh, and what the second rank brings."""
    found = {}
    for ranks in (1, 2):
        mine = [row for row in rows if row["ranks"] == ranks]
        if len(mine) > 1:
            small, large = mine[0], mine[-1]
            growth = math.log(large["n_nodes"] / small["n_nodes"])
            found[f"solve_exponent_{ranks}_ranks"] = (
                math.log(large["solve_s"] / small["solve_s"]) / growth
            )
            found[f"iterations_ratio_{ranks}_ranks"] = (
                large["linear_iterations"] / small["linear_iterations"]
            )
    for one, two in zip(rows[::2], rows[1::2], strict=True):
        found[f"efficiency_of_2_ranks_{one['mesh']}"] = one["solve_s"] / two["solve_s"] / 2
    return found


def hot(folder):
    """Newton where it has work to do: the same sphere without contact, 500 K above and 100 K below.

    The source is what the surface radiates then: q R/3 = eps sigma (T^4 - T_0^4).
    """
    rows = []
    for delta in (500.0, -100.0):
        source = 3 * 0.9 * 5.670374e-8 * ((300 + delta) ** 4 - 300.0**4) / 5e-6
        for symmetry in ("axisymmetric", "3d"):
            options = ["--set", f"symmetry={symmetry}", "--set", 'contact={kind="none"}']
            options += ["--set", f"source.heat_source={source!r} W/m^3"]
            found, seconds = thermosim(options, 1, folder)
            rows.append(
                {
                    "what": f"{delta:+g} K, {symmetry}",
                    "delta_T_mean_K": found["delta_T_mean_K"],
                    "newton_iterations": found["newton_iterations"],
                    "continuation_steps": found["continuation_steps"],
                    "energy_balance_rel": found["energy_balance_rel"],
                    "solve_s": found["wall_solve_s"],
                    "whole_process_s": seconds,
                }
            )
    return rows


def command_times(repeats):
    """Whole-process seconds of the commands that must answer at once."""
    rows = {}
    for name, arguments in (
        ("--help", ["--help"]),
        ("check", ["check", str(CASE), "--json"]),
        ("gain", ["gain", str(HERE.parent / "cases" / "microparticle_on_mica.toml"), "--json"]),
    ):
        seconds = []
        for _ in range(repeats + 1):
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "thermosim", *arguments], capture_output=True, check=True
            )
            seconds.append(time.perf_counter() - started)
        rows[name] = statistics.median(seconds[1:])
    return rows


def run(repeats=3, sizes=("30k", "200k", "1M")):
    """Return every figure as one dictionary."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out"
        rows = against_plain(target, sizes, repeats)
        return {
            "commands_s": command_times(repeats),
            "certified": certified(target, repeats),
            "hot": hot(target),
            "against_plain": rows,
            "scaling": scaling(rows),
            "load_average": os.getloadavg(),
            "largest_process_MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        }
