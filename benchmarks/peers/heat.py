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

ΔT of all must agree to 1e-6, or `RuntimeError` is raised.
"""

import os
import shutil
import statistics
from dataclasses import dataclass
from typing import Any

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
    """With {stem}, the path of the mesh without its suffix."""
    processes: str = "1"
    threads: int = 1
    lacks: str | None = None

    def run(self, stem, cache):
        """Return what `timed` says of one process, and the numbers it printed."""
        line = [word.replace("{stem}", str(stem)) for word in self.command]
        answer = timed(self.prefix, line, self.threads, XDG_CACHE_HOME=cache, PYTHONPATH=ROOT)
        return answer, numbers(answer)


def tools(places):
    """Return all lines of the table, those that are not installed too."""
    plain, ours = str(HERE.parent / "plain_dolfinx.py"), str(HERE / "own_geometry.toml")
    run = ("{python}", "-m", "thermosim", "run", ours, "--set", "geometry.file={stem}.msh",
           "-o", str(places.folder / "out"), "--overwrite", "--json")  # fmt: skip
    found = []
    for ranks in (1, 2):
        mpi = ("mpirun", "-n", str(ranks)) if ranks > 1 else ()
        said = f"{ranks} ranks" if ranks > 1 else "1"
        script = ("{python}", plain, "{stem}.npz", "1")
        found.append(Tool("thermosim", places.fem, (*mpi, *run), said))
        found.append(Tool("plain DOLFINx", places.fem, (*mpi, *script), said))
    lacks = not_installed(places.peers, ["ngsolve"])
    for kind, name in (("h1amg", "multigrid"), ("local", "diagonal")):
        for threads in (1, 2):
            command = ("{python}", str(HERE / "solve_ngsolve.py"), "{stem}.npz", str(threads), kind)
            said = f"{threads} threads" if threads > 1 else "1"
            found.append(Tool(f"NGSolve, {name}", places.peers, command, said, threads, lacks))
    lacks = not_installed(places.peers, ["skfem", "pyamg"])
    command = ("{python}", str(HERE / "solve_skfem.py"), "{stem}.npz")
    found.append(Tool("scikit-fem + pyamg", places.peers, command, lacks=lacks))
    lacks = None if shutil.which(places.freefem) else "not installed: apt install freefem++"
    command = (places.freefem, "-nw", "-v", "0", str(HERE / "solve_freefem.edp"), "{stem}.mesh")
    found.append(Tool("FreeFEM", (shutil.which("python3") or "python3",), command, lacks=lacks))
    return found


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
    for size in sizes:
        stem, n_nodes = make_mesh(places, size)
        runs: dict[Tool, list[tuple[Any, Any]]] = {tool: [] for tool in present}
        for _ in range(repeats):
            for tool in present:
                if tool in broken:
                    continue
                tell(f"{size}: {tool.name}, {tool.processes}")
                shutil.rmtree(cache / "thermosim" / "meshes", ignore_errors=True)
                cold = attempt(tool, stem, cache, broken)
                warm = attempt(tool, stem, cache, broken) if cold else None
                if warm:
                    runs[tool].append((cold, warm))
        for tool in every:
            said = {"mesh": size, "n_nodes": n_nodes, "tool": tool.name, "at": tool.processes}
            if tool.lacks or tool in broken:
                rows.append(said | {"lacks": tool.lacks or broken[tool]})
            else:
                rows.append(said | summary(runs[tool]))
        # Also said here: what was measured must outlast a failure at the next size.
        tell(table([row for row in rows if row["mesh"] == size]))
        check_agreement([row for row in rows if row["mesh"] == size and "lacks" not in row])
    rows.append(certified(places, cache, repeats))
    return rows


def attempt(tool, stem, cache, broken):
    """Run a tool; of a peer that fails (out of memory, say) the message is kept for the table."""
    try:
        return tool.run(stem, cache)
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


def machine_load():
    """Return the load average: seconds of a busy machine are not worth much."""
    return list(os.getloadavg())
