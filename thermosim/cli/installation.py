"""What is installed, what works, what is missing and how to get it: ``thermosim doctor``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from thermosim import __version__

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
# What each package of PETSc does here; CG with hypre is the default solver.
PETSC_PACKAGES = {
    "hypre": "algebraic multigrid, the default preconditioner",
    "mumps": "direct solver in parallel",
    "superlu_dist": "direct solver in parallel",
}
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
    for title in ("route", "versions", "mpi", "petsc", "rendering", "caches"):
        table = Table(
            title=title, title_justify="left", show_header=False, box=None, padding=(0, 2)
        )
        for name, value in report[title].items():
            table.add_row(name, "[red]missing[/red]" if value is None else _plain(value))
        console.print(table, end="\n\n")
    for problem in report["problems"]:
        colour = "red" if problem["required"] else "yellow"
        console.print(f"[{colour}]{problem['what']}[/{colour}]\n  {problem['remedy']}")
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
    """Version of an importable module, None where there is none; nothing heavy is imported."""
    if importlib.util.find_spec(module) is None:
        return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return str(getattr(importlib.import_module(module), "__version__", "unknown"))


def _mpi() -> dict[str, Any]:
    from mpi4py import MPI

    library = MPI.Get_library_version().split(",")[0].strip().strip("\0")
    return {"library": library, "ranks": MPI.COMM_WORLD.size}


def _petsc() -> dict[str, Any]:
    import numpy as np
    from petsc4py import PETSc

    return {
        "version": ".".join(str(part) for part in PETSc.Sys.getVersion()),
        "scalar": np.dtype(PETSc.ScalarType).name,
        "index": np.dtype(PETSc.IntType).name,
        **{name: PETSc.Sys.hasExternalPackage(name) for name in PETSC_PACKAGES},
    }


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
    return {
        "works": done.returncode == 0,
        "detail": lines[-1] if lines else f"ended with status {done.returncode}",
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
        problems.append(_problem(f"Missing: {', '.join(missing)}.", _how_to_get(), required=True))
    if versions["dolfinx"] and numbers(versions["dolfinx"]) < OLDEST_DOLFINX:
        what = f"DOLFINx {versions['dolfinx']} is older than 0.9."
        problems.append(_problem(what, _how_to_get(), required=True))
    return problems + _problems_of_solvers(report) + _problems_of_extras(report)


def _problems_of_solvers(report: dict[str, Any]) -> list[dict[str, Any]]:
    problems = [
        _problem(f"{name} does not start: {report[name]['error']}", _how_to_get(), required=True)
        for name in ("mpi", "petsc")
        if "error" in report[name] and report["versions"][f"{name}4py"] is not None
    ]
    petsc = report["petsc"]
    if petsc.get("scalar", "float64") != "float64":
        what = f"PETSc computes with {petsc['scalar']}; thermosim needs real numbers (float64)."
        problems.append(_problem(what, _how_to_get(), required=True))
    for name, use in PETSC_PACKAGES.items():
        if petsc.get(name) is False:
            what = f"PETSc is built without {name} ({use})."
            problems.append(_problem(what, _how_to_get(), required=name == "hypre"))
    return problems


def _problems_of_extras(report: dict[str, Any]) -> list[dict[str, Any]]:
    versions = report["versions"]
    problems = [
        _problem(f"Without {name}: no {use}.", f"python3 -m pip install {name}")
        for name, use in OPTIONAL.items()
        if versions[name] is None
    ]
    if versions["pyvista"] and not report["rendering"]["works"]:
        remedy = "On Debian: sudo apt-get install libegl1 libgl1 libgl1-mesa-dri libxrender1"
        problems.append(_problem(f"No pictures: {report['rendering']['detail']}", remedy))
    return problems


def numbers(version: str) -> tuple[int, ...]:
    """Turn "0.10.0.post1" into (0, 10)."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _problem(what: str, remedy: str, *, required: bool = False) -> dict[str, Any]:
    return {"what": what, "remedy": remedy, "required": required}


def _how_to_get() -> str:
    if "THERMOSIM_ROUTE" in os.environ:
        return (
            "Try another route: THERMOSIM_ENV=bwrap docker/run thermosim doctor (docs/install.md)."
        )
    return (
        "In a clone: docker/run thermosim doctor sets up what is missing; "
        "or conda: conda env create -f environment.yml (docs/install.md)."
    )
