"""Steady heat: the same mesh and the same discrete problem in every tool, in turn.

The problem is that of ``reference_problem.toml`` with first-order cells on an unstructured mesh of
straight tetrahedra that gmsh makes (`make_mesh`); the unknown is T - T_env, Newton's residual 1e-10
of the load.

What is counted, and in whose favour:

- Whole process by the clock, from start to end, without entering a container (`timed`).
- Cold: first process, thermosim's meshes emptied. Warm: the next one. The others keep nothing.
- Forms of DOLFINx and bytecode are made beforehand, by a small mesh, for all.
- thermosim runs ``own_geometry.toml`` as for any user: it reads the text file of gmsh (.msh 4.1),
  checks names, cells and case, and accounts for the heat afterwards; no error estimate, pictures
  or fields. The others read arrays (npz), FreeFEM Medit's format, converted beforehand and not
  counted, and print two numbers.
- Mesh: until the tool has its mesh. Assembly: spaces, forms, constant matrix, and NGSolve's
  multigrid. Solve: the rest. thermosim's solve holds the assembly of its matrix. FreeFEM's phases
  are processor time.
- Memory: largest resident set, the sum over ranks.

In time: `STEPS` of backward Euler from T_env with the source switched on, each of them solved to
the same residual, the derivative and its preconditioner made once; warm.

ΔT of all must agree to 1e-6, or `RuntimeError` is raised.
"""

import itertools
import math
import os
import shutil
import statistics
from dataclasses import dataclass
from typing import Any

from benchmarks.peers import problem
from benchmarks.peers.launch import (
    HERE,
    ROOT,
    ToolError,
    missing,
    not_installed,
    numbers,
    tell,
    timed,
)

SIZES = {"2k": 0.8, "30k": 2.0, "200k": 3.91, "1M": 6.9}
REFERENCE = {"delta_T_min_K": -17.1297e-3, "delta_T_mean_K": -16.540e-3}
CASE = HERE.parent / "reference_problem.toml"
TOLERANCE = 1e-6
STEPS = 10
STEADY_ALONE = ("1M",)  # sizes that are not followed in time: minutes for each of the peers
PHASES = {
    "mesh_s": ("mesh_s", "wall_mesh_s", "mesh_import_s"),
    "setup_s": ("wall_setup_s", "setup_s"),
    "solve_s": ("solve_s", "wall_solve_s"),
}


@dataclass(frozen=True)
class Tool:
    """One line of the table: how to start a tool on a mesh."""

    name: str
    prefix: tuple[str, ...]
    command: tuple[str, ...]
    """With {stem}, the path of the mesh without its suffix, and {steps}, 0 for the steady state."""
    processes: str = "1"
    threads: int = 1
    lacks: str | None = None
    in_time: tuple[str, ...] = ()
    """What follows the command where there are steps."""

    def run(self, stem, cache, steps=0):
        """Return what `timed` says of one process, and the numbers it printed.

        `cache` is the folder of caches, None for the user's.
        """
        words = (*self.command, *(self.in_time if steps else ()))
        line = [word.replace("{stem}", str(stem)).replace("{steps}", str(steps)) for word in words]
        where = {} if cache is None else {"XDG_CACHE_HOME": cache}
        answer = timed(self.prefix, line, self.threads, PYTHONPATH=ROOT, **where)
        return answer, numbers(answer)


def tools(places):
    """Return all lines of the table, those that are not installed too."""
    plain, ours = str(HERE.parent / "plain_dolfinx.py"), str(HERE / "own_geometry.toml")
    run = ("{python}", "-m", "thermosim", "run", ours, "--set", "geometry.file={stem}.msh",
           "-o", str(places.folder / "out"), "--overwrite", "--json")  # fmt: skip
    in_time = tuple(word for setting in transient() for word in ("--set", setting))
    found = []
    for ranks in (1, 2):
        mpi = ("mpirun", "-n", str(ranks)) if ranks > 1 else ()
        said = f"{ranks} ranks" if ranks > 1 else "1"
        script = ("{python}", plain, "{stem}.npz", "1", "{steps}")
        found.append(Tool("thermosim", places.fem, (*mpi, *run), said, in_time=in_time))
        found.append(Tool("plain DOLFINx", places.fem, (*mpi, *script), said))
    lacks = not_installed(places.peers, ["ngsolve"])
    for kind, name in (("h1amg", "multigrid"), ("local", "diagonal")):
        for threads in (1, 2):
            script = ("{python}", str(HERE / "solve_ngsolve.py"), "{stem}.npz")
            command = (*script, str(threads), kind, "{steps}")
            said = f"{threads} threads" if threads > 1 else "1"
            found.append(Tool(f"NGSolve, {name}", places.peers, command, said, threads, lacks))
    lacks = not_installed(places.peers, ["skfem", "pyamg"])
    command = ("{python}", str(HERE / "solve_skfem.py"), "{stem}.npz", "{steps}")
    found.append(Tool("scikit-fem + pyamg", places.peers, command, lacks=lacks))
    lacks = None if shutil.which(places.freefem) else "not installed: apt install freefem++"
    script = (places.freefem, "-nw", "-v", "0", str(HERE / "solve_freefem.edp"))
    command = (*script, "{stem}.mesh", "{steps}")
    found.append(Tool("FreeFEM", (shutil.which("python3") or "python3",), command, lacks=lacks))
    return found


def transient():
    """Return what makes thermosim's case one in time: settings of its file."""
    capacity = {"particle_material": problem.C_PARTICLE, "sheet_material": problem.C_SHEET}
    for name, value in capacity.items():
        yield f'materials.{name}.density="1000 kg/m^3"'
        yield f'materials.{name}.specific_heat="{value / 1000} J/(kg*K)"'
    yield f'transient.duration="{STEPS * problem.STEP!r} s"'
    yield f'transient.step="{problem.STEP!r} s"'
    yield 'transient.integrator="backward_euler"'
    yield 'transient.series="outputs"'
    yield 'transient.initial.kind="temperature"'
    yield f'transient.initial.temperature="{problem.T0} K"'


def make_mesh(places, size):
    """Return the path of a mesh without suffix and its number of nodes; made once, and kept."""
    stem = places.folder / f"mesh-{size}-{SIZES[size]}"
    count = stem.with_name(f"{stem.name}.nodes")
    if not count.exists():
        line = ["{python}", HERE / "make_mesh.py", SIZES[size], stem]
        count.write_text(timed(places.fem, line)["stdout"].strip().splitlines()[-1])
    return stem, int(count.read_text())


def run(places, sizes, repeats):
    """Measure every tool on every mesh; return rows, those of the certified run included."""
    lacking = missing(places.fem, ["dolfinx", "gmsh", "pydantic"])
    if lacking:
        raise SystemExit(
            f"{' '.join(places.fem)} has no {', '.join(lacking)}: give the Python that runs "
            "thermosim as --fem-python, for example --fem-python 'docker/run python3'"
        )
    unknown = [size for size in sizes if size not in SIZES]
    if unknown:
        raise SystemExit(f"--sizes {unknown[0]}: must be one of {', '.join(SIZES)}")
    places.folder.mkdir(parents=True, exist_ok=True)
    cache = places.folder / "cache"
    cache.mkdir(mode=0o755, exist_ok=True)
    every = tools(places)
    present = [tool for tool in every if tool.lacks is None]
    rows: list[dict[str, Any]] = []
    stem, _ = make_mesh(places, "2k")
    broken = {}
    for tool in present:
        tell(f"forms and bytecode: {tool.name}, {tool.processes}")
        attempt(tool, stem, cache, broken)
        attempt(tool, stem, cache, broken, STEPS)
    for size in sizes:
        rows += on_mesh(places, size, every, broken, repeats)
    rows.append(certified(places, cache, repeats))
    return rows


def on_mesh(places, size, every, broken, repeats):
    """Measure every tool on one mesh; return its rows."""
    stem, n_nodes = make_mesh(places, size)
    cache = places.folder / "cache"
    there = [tool for tool in every if tool.lacks is None]
    runs: dict[Tool, list[tuple[Any, Any]]] = {tool: [] for tool in there}
    steps: dict[Tool, list[Any]] = {tool: [] for tool in there}
    for _ in range(repeats):
        for tool in (tool for tool in there if tool not in broken):
            tell(f"{size}: {tool.name}, {tool.processes}")
            shutil.rmtree(cache / "thermosim" / "meshes", ignore_errors=True)
            cold = attempt(tool, stem, cache, broken)
            warm = attempt(tool, stem, cache, broken) if cold else None
            if warm:
                runs[tool].append((cold, warm))
            stepped = warm and size not in STEADY_ALONE
            if stepped and (later := attempt(tool, stem, cache, broken, STEPS)):
                steps[tool].append(later)
    rows = []
    for tool in every:
        said = {"mesh": size, "n_nodes": n_nodes, "tool": tool.name, "at": tool.processes}
        if tool.lacks or tool in broken:
            rows.append(said | {"lacks": tool.lacks or broken[tool]})
        else:
            rows.append(said | summary(runs[tool]) | followed(steps[tool]))
    # Also said here: what was measured must outlast a failure at the next size.
    tell(f"{table(rows)}\n\n{table_in_time(rows)}")
    check_agreement([row for row in rows if "lacks" not in row])
    check_agreement([row | row["in_time"] for row in rows if "in_time" in row])
    return rows


def attempt(tool, stem, cache, broken, steps=0):
    """Run a tool; of a peer that fails (out of memory, say) the message is kept for the table."""
    try:
        return tool.run(stem, cache, steps)
    except ToolError as error:
        if tool.name in {"thermosim", "plain DOLFINx"}:
            raise
        broken[tool] = f"failed: {error}"
        return None


def phases(found):
    """Return mesh, assembly and solve of what a tool printed [s]."""
    mesh, setup, solve = (
        next((found[key] for key in keys if key in found), 0.0) for keys in PHASES.values()
    )
    # The plain script assembles within its solve; the peers have no set-up of their own.
    moved = found.get("assembly_s", 0.0)
    return {
        "mesh_s": mesh,
        "assembly_s": setup + moved,
        "solve_s": solve - (moved if "setup_s" in found else 0.0),
    }


def summary(runs):
    """Return medians of the cold and warm runs of one tool on one mesh."""
    colds, warms = zip(*runs, strict=True)
    times = [phases(found) for _, found in warms]
    last = warms[-1][1]
    return {
        "whole_cold_s": statistics.median(answer["wall_s"] for answer, _ in colds),
        "whole_warm_s": statistics.median(answer["wall_s"] for answer, _ in warms),
        "cpu_warm_s": statistics.median(answer["cpu_s"] for answer, _ in warms),
        "cpu_cold_s": statistics.median(answer["cpu_s"] for answer, _ in colds),
        "mesh_cold_s": statistics.median(phases(found)["mesh_s"] for _, found in colds),
        **{key: statistics.median(t[key] for t in times) for key in times[0]},
        "memory_MB": max(
            found.get("memory_MB", answer["peak_MB"]) for answer, found in (*colds, *warms)
        ),
        "delta_T_min_K": last["delta_T_min_K"],
        "delta_T_mean_K": last["delta_T_mean_K"],
        "n_dofs": last["n_dofs"],
        "linear_iterations": last.get("linear", last.get("linear_iterations")),
        "version": last.get("version") or last.get("thermosim_version"),
        "error_of_min_percent": error_percent(last),
    }


def followed(runs):
    """Return medians of the runs in time of one tool on one mesh, under ``in_time``."""
    if not runs:
        return {}
    last = runs[-1][1]
    each = [found.get("wall_solve_s", found.get("solve_s")) / STEPS for _, found in runs]
    return {
        "in_time": {
            "steps": STEPS,
            "step_s": statistics.median(each),
            "whole_warm_s": statistics.median(answer["wall_s"] for answer, _ in runs),
            "cpu_warm_s": statistics.median(answer["cpu_s"] for answer, _ in runs),
            **{key: last[key] for key in (*REFERENCE, "n_dofs")},
        }
    }


def error_percent(found, key="delta_T_min_K"):
    return 100 * (found[key] / REFERENCE[key] - 1)


def check_agreement(rows, tolerance=TOLERANCE):
    """Raise unless all tools found the same lowest and mean ΔT and the same number of unknowns."""
    for row in rows:
        where = f"{row['tool']}, {row['at']}, against {rows[0]['tool']} on {row['mesh']}"
        if row["n_dofs"] != rows[0]["n_dofs"]:
            raise RuntimeError(f"{where}: {row['n_dofs']} unknowns, not {rows[0]['n_dofs']}")
        for key in REFERENCE:
            off = abs(row[key] / rows[0][key] - 1)
            if not off <= tolerance:
                raise RuntimeError(f"{where}: {key} is off by {off:.1e}, more than {tolerance:g}")


def certified(places, cache, repeats):
    """Return thermosim's default run of the problem in (r, z), mesh and error estimate included."""
    line = ["{python}", "-m", "thermosim", "run", CASE, "-o", places.folder / "out", "--overwrite",
            "--json"]  # fmt: skip
    tool = Tool("thermosim, (r, z), certified", places.fem, tuple(map(str, line)))
    tool.run("", cache)  # the forms
    runs = []
    for _ in range(repeats):
        shutil.rmtree(cache / "thermosim" / "meshes", ignore_errors=True)
        runs.append((tool.run("", cache), tool.run("", cache)))
    found = summary(runs)
    last = runs[-1][1][1]
    stated = 100 * last["delta_T_error_K"] / -last["delta_T_mean_K"]
    said = {"mesh": "its own", "n_nodes": found["n_dofs"], "tool": tool.name, "at": "1"}
    return said | found | {"stated_error_of_mean_percent": stated}


def table(rows):
    """Return the rows as a table in Markdown."""
    lines = [
        "| mesh, nodes | tool | ranks or threads | whole, cold (s) | whole, warm (s) "
        "| processor time, cold, warm (s) | mesh, assembly, solve, warm (s) | memory (MB) "
        "| error of the lowest ΔT |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        start = f"| {row['mesh']}, {row['n_nodes']} | {row['tool']} | {row['at']} |"
        if "lacks" in row:
            lines.append(f"{start} {row['lacks']} | | | | | |")
            continue
        whole = " | ".join(f"{row[f'{k}_s']:.2f}" for k in ("whole_cold", "whole_warm"))
        used = ", ".join(f"{row[f'{k}_s']:.2f}" for k in ("cpu_cold", "cpu_warm"))
        parts = ", ".join(f"{row[f'{k}_s']:.2f}" for k in ("mesh", "assembly", "solve"))
        error = f"{abs(row['error_of_min_percent']):.2g} %"
        lines.append(f"{start} {whole} | {used} | {parts} | {row['memory_MB']:.0f} | {error} |")
    return "\n".join(lines)


def table_in_time(rows):
    """Return the runs in time as a table in Markdown."""
    lines = [
        "| mesh, nodes | tool | ranks or threads | whole, warm (s) | processor time (s) "
        "| a step (s) |",
        "|---|---|---|---|---|---|",
    ]
    for row in (row for row in rows if "in_time" in row):
        found = row["in_time"]
        times = " | ".join(f"{found[key]:.2f}" for key in ("whole_warm_s", "cpu_warm_s", "step_s"))
        lines.append(f"| {row['mesh']}, {row['n_nodes']} | {row['tool']} | {row['at']} | {times} |")
    return "\n".join(lines)


def error_after(rows, seconds):
    """Return the error of the lowest ΔT [%] that each tool reaches in a time, warm.

    Between the sizes of the meshes as the power law of both; None beyond them.
    """
    known: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in (row for row in rows if row["mesh"] in SIZES and "lacks" not in row):
        pair = math.log(row["whole_warm_s"]), math.log(abs(row["error_of_min_percent"]))
        known.setdefault((row["tool"], row["at"]), []).append(pair)
    wanted, found = math.log(seconds), {}
    for tool, pairs in known.items():
        found[tool] = None
        for (t0, e0), (t1, e1) in itertools.pairwise(sorted(pairs)):
            if t0 <= wanted <= t1:
                found[tool] = math.exp(e0 + (e1 - e0) * (wanted - t0) / (t1 - t0))
    return found


def table_of_errors(rows, times=(3.0, 10.0, 30.0)):
    """Return what error is reached in equal times, as a table in Markdown."""
    columns = [error_after(rows, seconds) for seconds in times]
    head = " | ".join(f"after {seconds:g} s" for seconds in times)
    lines = [f"| tool | ranks or threads | {head} |", "|---|---|" + "---|" * len(times)]
    for tool, at in columns[0]:
        errors = [column[tool, at] for column in columns]
        said = " | ".join("" if error is None else f"{error:.2g} %" for error in errors)
        lines.append(f"| {tool} | {at} | {said} |")
    return "\n".join(lines)


def machine_load():
    """Return the load average: seconds of a busy machine are not worth much."""
    return list(os.getloadavg())
