"""Time to mesh and to distribute a million cells; error against unknowns for docs/mesh.md.

python benchmarks/bench_mesh.py            one rank; mpirun -n 2 … for more
python benchmarks/bench_mesh.py --graph    docs/images/mesh_target_error.png
python benchmarks/bench_mesh.py --shapes   every shape and contact: cells, quality, closed forms
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REFERENCE = -16.540e-3  # mean ΔT [K] of reference_problem.toml, extrapolated


def bench_million() -> None:
    """Print the time of gmsh and of the distribution, and what every rank count must agree on.

    The mesh is kept in ~/.cache/thermosim: gmsh runs once, the next runs read it.
    """
    from mpi4py import MPI

    from thermosim.case.read import parse_case, read_toml
    from thermosim.fem.domain import area, distribute, volume
    from thermosim.mesh.build import build_mesh
    from thermosim.mesh.kept import cache_path
    from thermosim.model.drawing import drawing_of

    comm = MPI.COMM_WORLD
    tree = read_toml(HERE / "reference_problem.toml")
    tree["symmetry"] = "3d"
    tree["particle"]["shape"] = {"kind": "box", "a": "10 um", "b": "10 um", "c": "10 um"}
    tree["mesh"] = {"cells_per_radius": 46, "order": 1}
    case = parse_case(tree)
    how = "read from the cache" if cache_path(drawing_of(case)).exists() else "made by gmsh"
    start = time.perf_counter()
    data = build_mesh(case)[0] if comm.rank == 0 else None
    comm.Barrier()
    made, start = time.perf_counter() - start, time.perf_counter()
    domain = distribute(data, comm)
    comm.Barrier()
    spread, start = time.perf_counter() - start, time.perf_counter()
    mean = _mean_delta(case, domain)
    solved = time.perf_counter() - start
    sizes = volume(domain, "particle"), area(domain, "particle_surface")
    if data is not None:
        print(f"{comm.size} ranks: {len(data.cells)} cells {how} in {made:.1f} s, ", end="")
        print(f"distributed in {spread:.1f} s, solved in {solved:.1f} s: ", end="")
        print(f"{sizes[0]:.15e} m³, {sizes[1]:.15e} m², mean ΔT {mean:.12e} K")


def _mean_delta(case: Any, domain: Any) -> float:
    """Return the mean ΔT of the particle [K], first-degree elements (collective)."""
    from thermosim.heat.observe import Readings
    from thermosim.heat.problem import HeatProblem
    from thermosim.heat.steady import solve_steady
    from thermosim.model.of_case import model_of

    problem = HeatProblem(domain, model_of(case).heat(domain.boundaries), 1)
    solve_steady(problem, case.solver, lambda text: None)
    return float(Readings(problem, "particle", (), {}).temperatures()["delta_T_mean_K"])


SIZES = {"a": "6 um", "b": "4 um", "c": "3 um"}
ROUND = {
    "sphere": {"kind": "sphere", "radius": "5 um"},
    "cap": {"kind": "spherical_cap", "base_radius": "5 um", "contact_angle": "70 deg"},
    "oblate": {"kind": "ellipsoid", "a": "5 um", "b": "5 um", "c": "2 um"},
    "prolate": {"kind": "ellipsoid", "a": "2 um", "b": "2 um", "c": "8 um"},
}
PRISM = {"kind": "hexagonal_prism", "edge": "4 um", "length": "10 um"}
RHOMB = {"kind": "rhombohedron", "edge": "8 um", "angle": "80 deg"}
STEP = str(HERE.parent / "meshes" / "rounded_platelet.step")
STL = str(HERE.parent / "meshes" / "ground_grain.stl")
OTHERS = {
    "tilted": {"kind": "ellipsoid", **SIZES, "euler_angles": ["10 deg", "25 deg", "40 deg"]},
    "box": {"kind": "box", "a": "10 um", "b": "8 um", "c": "4 um"},
    "rhombohedron": RHOMB,
    "rhombohedron on a vertex": {**RHOMB, "rest_on": "vertex"},
    "prism": PRISM,
    "prism on an edge": {**PRISM, "rest_on": "edge"},
    "truncated octahedron": {"kind": "truncated_octahedron", "edge": "12 um"},
    "truncated cube": {"kind": "truncated_cube", "edge": "10 um"},
    "grain": {"kind": "grain", "diameter": "10 um", "seed": 7},
    "STL": {"kind": "surface", "path": STL, "unit": "1 um"},
    "STEP": {"kind": "surface", "path": STEP, "scale": 1e-3},
}
SLAB = {"kind": "slab", "material": "mica", "radius": "5 mm", "thickness": "20 um"}


def shapes(refinement: float) -> None:
    """Print cells, quality, deviations of all shapes and contacts on a slab 1000 times larger."""
    for name, shape in {**ROUND, **OTHERS}.items():
        for contact in (None, 1e-9, 10e-9, 100e-9, 1e-6, "near"):
            for symmetry in _symmetries(shape):
                start = time.perf_counter()
                found = _one_shape(shape, contact, symmetry, refinement)
                took = time.perf_counter() - start
                print(f"{name:25} {contact!s:6} {symmetry:13} {found} {took:5.1f} s", flush=True)


def _symmetries(shape: dict[str, Any]) -> list[str]:
    from thermosim.case.read import parse_case

    tree = {"symmetry": "3d", "particle": {"shape": shape}, "source": {"heat_source": "1 W/m^3"}}
    made = parse_case(tree).particle.shape
    planar = ["axisymmetric"] if made.is_axisymmetric else []
    return [*planar, *(["quarter"] if made.has_mirror_planes else []), "3d"]


def _one_shape(
    shape: dict[str, Any], contact: float | str | None, symmetry: str, refinement: float
) -> str:
    from thermosim.case.read import parse_case
    from thermosim.errors import ThermosimError
    from thermosim.mesh.build import build_mesh
    from thermosim.mesh.measure import areas, volumes

    tree = {
        "symmetry": symmetry,
        "particle": {"shape": shape},
        "source": {"heat_source": "-1e7 W/m^3"},
        "mesh": {"cache": False, "refinement": refinement},
    }
    try:
        if contact == "near":
            free = parse_case(tree).particle.shape
            contact = 0.98 * min(free.equivalent_radius, free.largest_contact_radius)
        if contact is not None:
            tree |= {"substrate": SLAB, "contact": {"kind": "disk", "radius": f"{contact} m"}}
        data, report = build_mesh(parse_case(tree))
    except ThermosimError as error:
        return f"REFUSED {error}"
    sizes = {f"volume:{k}": v for k, v in volumes(data).items()}
    sizes |= {f"area:{k}": v for k, v in areas(data).items()}
    off = {name: sizes[name] / exact - 1 for name, exact in data.exact.items()}
    worst = max(off, key=lambda name: abs(off[name]))
    quality = report["min_scaled_jacobian"]
    return f"{len(data.cells):8} cells, quality {quality:.2f}, {worst} {off[worst]:+.1e}"


def run(ranks: tuple[int, ...] = (1, 2, 3)) -> dict[str, list[str]]:
    """Return what `bench_million` says on each number of ranks."""
    lines = []
    for count in ranks:
        prefix = ["mpirun", "-n", str(count), "--oversubscribe"] if count > 1 else []
        command = [*prefix, sys.executable, "-m", "benchmarks.bench_mesh"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        lines.append(done.stdout.strip())
    return {"a million cells": lines}


def graph() -> None:
    """Draw the error of the mean ΔT against the unknowns: uniform, graded, by zones."""
    import matplotlib.pyplot as plt

    from thermosim.case.read import load_case
    from thermosim.run.simulate import simulate

    case = HERE / "reference_problem.toml"
    off = ["output.pictures=false", "mesh.cache=false", "solver.error_estimate=false"]
    uniform, zones = [], []
    for n in (1, 2, 4, 8, 16):
        # about one size everywhere: the body as fine as the rim
        options = [f"mesh.cells_per_contact={n}", f"mesh.cells_per_radius={min(10 * n, 160)}"]
        found = simulate(load_case(case, [*off, *options, f"mesh.growth={max(0.5 / n, 0.02)}"]))
        uniform.append((found.summary["n_dofs"], found.delta_T_mean_K / REFERENCE - 1))
    for target in (1e-2, 3e-3, 1e-3, 3e-4, 1e-4):
        options = [*off[:2], f"mesh.target_error={target}"]
        found = simulate(load_case(case, options))
        zones.append((found.summary["n_dofs"], found.delta_T_mean_K / REFERENCE - 1))
    figure, axes = plt.subplots(figsize=(5.5, 4))
    for points, label in ((uniform, "uniform"), (zones, "mesh.target_error")):
        x, y = zip(*points, strict=True)
        axes.loglog(x, [abs(v) for v in y], "o-", label=label)
        print(label, points)
    axes.axhline(1e-3, color="0.6", lw=0.8)
    axes.set(xlabel="unknowns", ylabel="relative error of the mean ΔT")
    axes.legend()
    figure.tight_layout()
    figure.savefig(HERE.parent / "docs" / "images" / "mesh_target_error.png", dpi=120)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", action="store_true")
    parser.add_argument("--shapes", action="store_true")
    parser.add_argument("--refinement", type=float, default=1.0, help="for --shapes")
    options = parser.parse_args()
    if options.shapes:
        shapes(options.refinement)
    elif options.graph:
        graph()
    else:
        bench_million()
