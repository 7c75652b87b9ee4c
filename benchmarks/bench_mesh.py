"""Time to mesh and to distribute a million cells; error against unknowns for docs/mesh.md.

python benchmarks/bench_mesh.py            one rank; mpirun -n 2 … for more
python benchmarks/bench_mesh.py --graph    docs/images/mesh_target_error.png
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = -16.540e-3  # mean ΔT [K] of reference_problem.toml, extrapolated


def bench_million() -> None:
    """Print the time of gmsh and of the distribution, and what every rank count must agree on."""
    from mpi4py import MPI

    from thermosim.case import parse_case, read_toml
    from thermosim.fem import area, distribute, volume
    from thermosim.mesh.build import build_mesh

    comm = MPI.COMM_WORLD
    tree = read_toml(HERE / "reference_problem.toml")
    tree["symmetry"] = "3d"
    tree["particle"]["shape"] = {"kind": "box", "a": "10 um", "b": "10 um", "c": "10 um"}
    tree["mesh"] = {"cells_per_radius": 34, "cache": False}
    start = time.perf_counter()
    data = build_mesh(parse_case(tree))[0] if comm.rank == 0 else None
    made = time.perf_counter() - start
    comm.Barrier()
    start = time.perf_counter()
    domain = distribute(data, comm)
    comm.Barrier()
    spread = time.perf_counter() - start
    sizes = volume(domain, "particle"), area(domain, "particle_surface")
    if data is not None:
        print(f"{comm.size} ranks: {len(data.cells)} cells, mesh {made:.1f} s, ", end="")
        print(f"distribution {spread:.1f} s, volume {sizes[0]:.15e} m³, area {sizes[1]:.15e} m²")


def graph() -> None:
    """Draw the error of the mean ΔT against the unknowns: uniform, graded, by zones."""
    import matplotlib.pyplot as plt

    from thermosim.case import load_case
    from thermosim.simulation import simulate

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
    graph() if parser.parse_args().graph else bench_million()
