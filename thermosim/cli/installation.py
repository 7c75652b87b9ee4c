"""What is installed, what works, what is missing and how to get it: ``thermosim doctor``."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import itertools
import os
import platform
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from thermosim import __version__
from thermosim.fem.pieces import (
    COMPILER,
    GMSH,
    PICTURES,
    how_to_get_dolfinx,
    install,
    lacks_compiler,
    lacks_library,
)

# Distribution names by import name; without them no case is solved.
REQUIRED = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pydantic": "pydantic",
    "pint": "pint",
    "typer": "typer",
    "rich": "rich",
    "dolfinx": "fenics-dolfinx",
    "ufl": "fenics-ufl",
    "ffcx": "fenics-ffcx",
    "petsc4py": "petsc4py",
    "mpi4py": "mpi4py",
    "gmsh": "gmsh",
}
# What is lost without each.
OPTIONAL = {
    "pyvista": "pictures of fields",
    "vtk": "pictures of fields",
    "matplotlib": "plots and the leak budget",
    "jinja2": "the HTML report",
    "trimesh": "shapes read from STL",
    "embreex": "fast ray tracing",
    "lmfit": "fits",
    "SALib": "sensitivity studies",
    "xarray": "tables of sweeps",
    "netCDF4": "tables of sweeps on disk",
    "distributed": "sweeps on a Dask cluster",
}
_FAMILIES = {"Open MPI": "Open MPI", "OpenRTE": "Open MPI", "MPICH": "MPICH", "HYDRA": "MPICH",
             "Intel(R) MPI": "MPICH"}  # fmt: skip
# Wheels that bring DOLFINx under another name; the second computes with complex numbers.
_WHEELS = {"dolfinx": ("dolfinx-solver-real", "dolfinx-solver-complex")}
# What comes with DOLFINx, whatever brings it; "": an error that names no module.
_WITH_DOLFINX = ("dolfinx", "ufl", "ffcx", "basix", "cpp", "petsc4py", "mpi4py", "gmsh", "")
OLDEST_DOLFINX = (0, 9)

_RENDER = """
import pyvista
plotter = pyvista.Plotter(off_screen=True, window_size=(64, 64))
plotter.add_mesh(pyvista.Sphere(), color="red")
picture = plotter.screenshot(None, return_img=True)
assert int(picture[32, 32, 0]) > int(picture[32, 32, 1]), "the sphere is not in the picture"
print(plotter.render_window.GetClassName())
"""


def collect() -> dict[str, Any]:
    """Look at this installation; ``report["ok"]`` tells whether cases can be solved."""
    report: dict[str, Any] = {
        "route": _route(),
        "versions": _versions(),
        "mpi": _attempt(_mpi),
        "petsc": _attempt(_petsc),
        "launchers": _launchers(),
        "compiler": _compiler(),
        "gmsh": _gmsh(),
        "rendering": _rendering(),
        "caches": _attempt(_caches),
    }
    report["problems"] = _problems(report)
    report["ok"] = not any(problem["required"] for problem in report["problems"])
    return report


def render(report: dict[str, Any]) -> None:
    """Print a report on standard output, for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for title in (
        "route",
        "versions",
        "mpi",
        "launchers",
        "petsc",
        "compiler",
        "gmsh",
        "rendering",
        "caches",
    ):
        table = Table(
            title=title, title_justify="left", show_header=False, box=None, padding=(0, 2)
        )
        for name, value in report[title].items():
            table.add_row(name, "[red]missing[/red]" if value is None else _plain(value))
        console.print(table, end="\n\n")
    for remedy, problems in itertools.groupby(report["problems"], lambda p: p["remedy"]):
        for problem in problems:
            colour = "red" if problem["required"] else "yellow"
            console.print(f"[{colour}]{problem['what']}[/{colour}]")
        # whole, to be copied: lines are not broken here
        console.print(f"  {remedy}", soft_wrap=True, markup=False)
    console.print("Ready to solve cases." if report["ok"] else "[red]Not ready.[/red]")


def _plain(value: Any) -> str:
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def _attempt(look: Any) -> dict[str, Any]:
    """Report what ``look`` finds, or why it could not: a doctor does not fall ill."""
    try:
        return dict(look())
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _route() -> dict[str, Any]:
    return {
        "route": os.environ.get("THERMOSIM_ROUTE", "none (not started by docker/run)"),
        "system": platform.platform(),
        "python": sys.executable,
        "cores": os.cpu_count(),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
    }


def _versions() -> dict[str, str | None]:
    found = {"python": platform.python_version(), "thermosim": __version__}
    names = {**REQUIRED, **{name: name for name in OPTIONAL}}
    return {**found, **{name: version_of(name, dist) for name, dist in names.items()}}


def version_of(module: str, distribution: str) -> str | None:
    """Version of an importable module, None where there is none; little that is heavy is loaded."""
    if importlib.util.find_spec(module) is None:
        return None
    for name in (distribution, *_WHEELS.get(module, ())):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    importlib.import_module("thermosim.fem.first")
    return str(getattr(importlib.import_module(module), "__version__", "unknown"))


def _mpi() -> dict[str, Any]:
    from mpi4py import MPI

    library = " ".join(MPI.Get_library_version().split(",")[0].split("\n")[0].strip("\0").split())
    return {"library": library, "ranks": MPI.COMM_WORLD.size}


def _launchers() -> dict[str, str]:
    """Return what starts ranks: path by family of MPI, for those that a shell would find."""
    found = {}
    for name in ("mpirun", "mpiexec"):
        path = shutil.which(name)
        if path is not None:
            done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
            found[path] = family(done.stdout + done.stderr)
    return found


def family(text: str) -> str:
    """Return which MPI a version text is of, "" if of none known here."""
    return next((name for mark, name in _FAMILIES.items() if mark in text), "")


def _petsc() -> dict[str, Any]:
    import numpy as np

    import thermosim.fem.first  # noqa: F401

    # isort: split
    from petsc4py import PETSc

    from thermosim.fem.multigrid import preconditioner

    return {
        "version": ".".join(str(part) for part in PETSc.Sys.getVersion()),
        "scalar": np.dtype(PETSc.ScalarType).name,
        "index": np.dtype(PETSc.IntType).name,
        "mumps": PETSc.Sys.hasExternalPackage("mumps"),
        "multigrid": preconditioner()["pc_type"],
    }


def _compiler() -> dict[str, Any]:
    lack = lacks_compiler()
    return {"ready": not lack, "detail": lack or "compiler and Python.h are there"}


def _gmsh() -> dict[str, Any]:
    """Load gmsh in another process: its windows need libraries of the system."""
    code = "import gmsh; print(gmsh.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    lines = (done.stdout or done.stderr).strip().splitlines()
    return {"loads": done.returncode == 0, "detail": lines[-1] if lines else "no word"}


def _rendering() -> dict[str, Any]:
    """Draw a small picture in another process: a broken OpenGL may end the one that tries it."""
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-c", _RENDER],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"works": False, "detail": "no picture after 120 s"}
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    lack = lacks_library(PICTURES) if done.returncode else ""
    last = lines[-1] if lines else f"ended with status {done.returncode}"
    return {
        "works": done.returncode == 0,
        "detail": f"there is no {lack}" if lack else last,
        "seconds": round(time.perf_counter() - start, 1),
    }


def _caches() -> dict[str, Any]:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return {
        "compiled_forms": _form_cache() or str(root / "fenics"),
        "meshes": str(root / "thermosim" / "meshes"),
        "userland": os.environ.get("THERMOSIM_USERLAND", "none"),
    }


def _form_cache() -> str | None:
    import thermosim.fem.first  # noqa: F401

    # isort: split
    try:
        from dolfinx.jit import get_options
    except ImportError:
        return None
    return str(get_options()["cache_dir"])


def _problems(report: dict[str, Any]) -> list[dict[str, Any]]:
    versions = report["versions"]
    missing = [name for name in REQUIRED if versions[name] is None]
    problems = []
    if missing:
        remedy = how_to_get(*missing)
        problems.append(_problem(f"Missing: {', '.join(missing)}.", remedy, required=True))
    if versions["dolfinx"] and numbers(versions["dolfinx"]) < OLDEST_DOLFINX:
        what = f"DOLFINx {versions['dolfinx']} is older than 0.9."
        problems.append(_problem(what, _another_place(), required=True))
    parts = (_of_solvers, _of_launchers, _of_system, _of_extras)
    return problems + [problem for part in parts for problem in part(report)]


def _of_solvers(report: dict[str, Any]) -> list[dict[str, Any]]:
    problems = [
        _problem(f"{name} does not start: {report[name]['error']}", _another_place(), required=True)
        for name in ("mpi", "petsc")
        if "error" in report[name] and report["versions"][f"{name}4py"] is not None
    ]
    petsc = report["petsc"]
    if petsc.get("scalar", "float64") != "float64":
        what = f"PETSc computes with {petsc['scalar']}; thermosim needs real numbers (float64)."
        problems.append(_problem(what, _another_place(), required=True))
    if petsc.get("mumps") is False:
        what = "PETSc is built without mumps: no direct solver, which 2-D is solved with."
        problems.append(_problem(what, _another_place(), required=True))
    return problems


def _of_launchers(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Launchers of another MPI start ranks that know nothing of each other."""
    library = report["mpi"].get("library", "")
    remedy = _own_launcher()
    problems = [
        _problem(f"{path} belongs to {found}, and mpi4py is linked with {library}.", remedy)
        for path, found in report["launchers"].items()
        if found != family(library) and found and family(library)
    ]
    if library and not report["launchers"]:
        problems.append(_problem("No mpirun or mpiexec on PATH: no runs on several ranks.", remedy))
    return problems


def _own_launcher() -> str:
    own = Path(sys.prefix, "bin")
    if (own / "mpiexec").exists():
        return f'export PATH="{own}:$PATH"'
    return _another_place()


def _of_system(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Tell what the system lacks, with one command for all of it."""
    lacks = {}
    if not report["compiler"]["ready"]:
        lacks[COMPILER] = f"Forms cannot be compiled: {report['compiler']['detail']}."
    if report["versions"]["gmsh"] and not report["gmsh"]["loads"]:
        lacks[GMSH] = f"gmsh cannot be loaded: {report['gmsh']['detail']}."
    if report["versions"]["pyvista"] and not report["rendering"]["works"]:
        lacks[PICTURES] = f"No pictures: {report['rendering']['detail']}."
    remedy = install(*lacks)
    return [_problem(what, remedy, required=p is not PICTURES) for p, what in lacks.items()]


def _of_extras(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _problem(f"Without {name}: no {use}.", how_to_get(name))
        for name, use in OPTIONAL.items()
        if report["versions"][name] is None
    ]


def numbers(version: str) -> tuple[int, ...]:
    """Turn "0.10.0.post1" into (0, 10)."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _problem(what: str, remedy: str, *, required: bool = False) -> dict[str, Any]:
    return {"what": what, "remedy": remedy, "required": required}


def how_to_get(*modules: str) -> str:
    """Return the one command that gets missing modules."""
    packages = [REQUIRED.get(name, name) for name in modules if name not in _WITH_DOLFINX]
    if len(packages) < len(modules):
        return how_to_get_dolfinx(*packages)
    return f"{sys.executable} -m pip install {' '.join(packages)}"


def _another_place() -> str:
    if "THERMOSIM_ROUTE" in os.environ:
        return "THERMOSIM_ENV=bwrap docker/run thermosim doctor  (another place, docs/install.md)"
    return how_to_get_dolfinx()
