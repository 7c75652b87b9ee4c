"""Time per step of a 3-D transient against one linear solve.

The reference problem: a sphere of 5 µm cut by a contact disk of 0.5 µm on a mica cylinder, 100
implicit Euler steps of 1 ms from 300 K. Run it alone or under mpirun:

    python -m benchmarks.bench_transient [--unknowns 200000] [--steps 100] [--integrator dirk4]

It prints one JSON object: seconds per step (mean and median, without the first step, which makes
Jacobian and preconditioner), seconds of one linear solve with the preconditioner at hand, and
of one from scratch.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

from benchmarks.bench_heat import launch

CASE = {
    "symmetry": "3d",
    "particle": {
        "material": "crystal", "emissivity": 0.9, "shape": {"kind": "sphere", "radius": "5 um"},
    },
    "substrate": {
        "kind": "slab", "material": "mica", "radius": "100 um", "thickness": "20 um",
        "rim": "held", "bottom": "radiating", "emissivity": 0.9,
    },
    "contact": {"kind": "disk", "radius": "0.5 um"},
    "source": {"heat_source": "-2e7 W/m^3"},
    "materials": {
        "crystal": {
            "conductivity": {"kind": "isotropic", "k": "0.42 W/(m*K)"},
            "density": "1600 kg/m^3", "specific_heat": "1000 J/(kg*K)",
        },
        "mica": {
            "conductivity": {
                "kind": "uniaxial", "k_par": "4.05 W/(m*K)", "k_perp": "0.46 W/(m*K)",
            },
            "density": "2400 kg/m^3", "specific_heat": "1000 J/(kg*K)",
        },
    },
    "solver": {"degree": 1, "linear": "iterative"},
    "output": {"pictures": False, "fields": False},
}  # fmt: skip


def prepare(refinement, integrator, step, steps):
    """Return a stepper at t = 0 and the numbers of its mesh."""
    from mpi4py import MPI

    from thermosim.case.read import parse_case
    from thermosim.model.of_case import model_of
    from thermosim.run.simulate import Journal
    from thermosim.run.transient import set_up

    tree = {
        **CASE,
        "mesh": {"refinement": refinement, "order": 1, "cells_per_contact": 10.0},
        "transient": {
            "duration": f"{step * steps!r} s", "integrator": integrator, "step": f"{step!r} s",
            "series": "outputs",
        },
    }  # fmt: skip
    run, _ = set_up(model_of(parse_case(tree)), Journal(lambda text: None), MPI.COMM_WORLD, None)
    return run


def find_refinement(unknowns):
    """Return the refinement whose mesh has about so many nodes (a few meshes are built)."""
    refinement = 1.0
    for _ in range(6):
        n = prepare(
            refinement, "backward_euler", 1e-3, 1
        ).problem.space.dofmap.index_map.size_global
        if 0.9 < n / unknowns < 1.1:
            break
        refinement *= (unknowns / n) ** (1 / 3)
    return refinement


def one_solve(stepper, rebuild):
    """Return seconds and iterations of one linear solve with the matrix of the last step."""
    from thermosim.fem.domain import vector

    ksp = stepper.ts.getSNES().getKSP()
    b, x = vector(stepper.problem.space), vector(stepper.problem.space)
    b.set(1.0)
    ksp.getPC().setReusePreconditioner(not rebuild)
    if rebuild:
        stepper.solver.A.stateIncrease()  # so that the preconditioner is made anew
    start = time.perf_counter()
    ksp.solve(b, x)
    return time.perf_counter() - start, ksp.getIterationNumber()


def run(unknowns=200_000, steps=100, ranks=(1, 2)):
    """Return the figures of one run on each number of ranks, on one mesh."""
    rows = []
    for count in ranks:
        chosen = ["--refinement", repr(rows[0]["refinement"])] if rows else []
        options = ["--unknowns", str(unknowns), "--steps", str(steps), *chosen]
        rows.append(launch(["-m", "benchmarks.bench_transient", *options], count)[0])
    return {"backward Euler": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unknowns", type=int, default=200_000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--step", type=float, default=1e-3, help="seconds")
    parser.add_argument("--integrator", default="backward_euler")
    parser.add_argument("--refinement", type=float, help="instead of --unknowns")
    arguments = parser.parse_args()
    refinement = arguments.refinement or find_refinement(arguments.unknowns)
    start = time.perf_counter()
    run = prepare(refinement, arguments.integrator, arguments.step, arguments.steps)
    stepper, setup = run.stepper, time.perf_counter() - start
    piece = run._piece()
    stepper.start(0.0, piece)
    seconds = []
    while stepper.time < piece.stop:
        start = time.perf_counter()
        stepper.advance(piece.stop)
        seconds.append(time.perf_counter() - start)
    kept = one_solve(stepper, rebuild=False)
    fresh = one_solve(stepper, rebuild=True)
    comm = run.comm
    found = {
        "unknowns": run.problem.space.dofmap.index_map.size_global,
        "refinement": refinement,
        "ranks": comm.size,
        "integrator": arguments.integrator,
        "setup_s": setup,
        "first_step_s": seconds[0],
        "step_mean_s": statistics.mean(seconds[1:]),
        "step_median_s": statistics.median(seconds[1:]),
        "last_steps_median_s": statistics.median(seconds[-10:]),
        "linear_solve_s": kept[0],
        "linear_solve_from_scratch_s": fresh[0],
        "linear_solve_iterations": kept[1],
        "steps_over_solve": statistics.median(seconds[1:]) / kept[0],
        **vars(stepper.stats),
        "delta_T_mean_K": run.readings.temperatures()["delta_T_mean_K"],
    }
    if comm.rank == 0:
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
