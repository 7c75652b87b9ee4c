"""The reference problem with NGSolve: ``solve_ngsolve.py MESH.npz THREADS h1amg|local STEPS``.

STEPS of backward Euler, 0 for the steady state. Prints one JSON object. Tuned like
plain_dolfinx.py: the unknown is T - T_env, the constant matrix and its preconditioner (NGSolve's
multigrid, or the diagonal) are made once, Newton keeps them, and only the rest of the radiation is
assembled again.
"""

import json
import resource
import sys
import time

start = time.perf_counter()
import formats  # noqa: E402
import ngsolve as ng  # noqa: E402
import numpy as np  # noqa: E402
from netgen.meshing import FaceDescriptor  # noqa: E402
from netgen.meshing import Mesh as Netgen  # noqa: E402
from problem import (  # noqa: E402
    C_PARTICLE,
    C_SHEET,
    EPSILON,
    K_PAR,
    K_PARTICLE,
    K_PERP,
    SIGMA,
    STEP,
    T0,
    L,
    Q,
)


def load(path):
    """Return the arrays and the mesh, handed over whole (netgen's fastest way in)."""
    stored = formats.read_npz(path)
    mesh = Netgen(dim=3)
    mesh.AddPoints(stored.points)
    for number, name in enumerate(formats.BOUNDARIES, 1):
        region = 1 if name == "particle_surface" else 2
        mesh.Add(FaceDescriptor(surfnr=number, domin=region, domout=0, bc=number))
        mesh.SetBCName(number - 1, name)
    for name, tag in formats.REGIONS.items():
        mesh.SetMaterial(tag, name)
        cells = stored.cells[stored.cell_tags == tag][:, [0, 1, 3, 2]]
        mesh.AddElements(dim=3, index=tag, data=cells.astype(np.int32), base=0)
    for number, tag in enumerate(formats.BOUNDARIES.values(), 1):
        sides = stored.triangles[stored.triangle_tags == tag].astype(np.int32)
        mesh.AddElements(dim=2, index=number, data=sides, base=0)
    return stored, ng.Mesh(mesh)


def main():
    times = {"imports_s": time.perf_counter() - start}
    ng.ngsglobals.msg_level = 0
    ng.SetNumThreads(int(sys.argv[2]))
    mark = time.perf_counter()
    stored, mesh = load(sys.argv[1])
    times["mesh_s"] = time.perf_counter() - mark
    with ng.TaskManager():
        found = solve(stored, mesh, times)
    times["wall_s"] = time.perf_counter() - start
    found["memory_MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found | times))


def solve(stored, mesh, times):  # noqa: PLR0915  a script, on purpose
    mark = time.perf_counter()
    space = ng.H1(mesh, order=1, dirichlet="substrate_rim")
    u, v = space.TnT()
    du, dv = ng.grad(u), ng.grad(v)
    skin = ng.ds("particle_surface|substrate_top|substrate_bottom")
    a = ng.BilinearForm(space, symmetric=True)
    a += L * K_PARTICLE * du * dv * ng.dx("particle")
    a += L * (K_PAR * (du[0] * dv[0] + du[1] * dv[1]) + K_PERP * du[2] * dv[2]) * ng.dx("substrate")
    a += L**2 * EPSILON * SIGMA * 4 * T0**3 * u * v * skin
    steps = int(sys.argv[4])
    stored_heat = ng.BilinearForm(space, symmetric=True)
    for capacity, region in ((C_PARTICLE, "particle"), (C_SHEET, "substrate")) if steps else ():
        term = L**3 * capacity / STEP * u * v * ng.dx(region)
        a += term
        stored_heat += term
    multigrid = ng.Preconditioner(a, sys.argv[3])
    theta = ng.GridFunction(space)
    source = ng.LinearForm(L**3 * Q * v * ng.dx("particle"))
    series = theta**2 * (6 * T0**2 + theta * (4 * T0 + theta))
    order = ng.ds("particle_surface|substrate_top|substrate_bottom", bonus_intorder=3)
    rest = ng.LinearForm(L**2 * EPSILON * SIGMA * series * v * order)
    a.Assemble()  # with the set-up of the multigrid
    source.Assemble()
    if steps:
        stored_heat.Assemble()
    times["assembly_s"] = time.perf_counter() - mark

    mark = time.perf_counter()
    residual, step = theta.vec.CreateVector(), theta.vec.CreateVector()
    free = ng.Projector(space.FreeDofs(), True)
    inverse = ng.solvers.CGSolver(a.mat, multigrid.mat, tol=1e-6, maxiter=1000)
    iterations, newton, load_norm = 0, 0, None
    right = source.vec.CreateVector()
    for _ in range(max(steps, 1)):
        right.data = source.vec
        if steps:
            right.data += stored_heat.mat * theta.vec
        taken = 0
        while True:
            rest.Assemble()
            residual.data = a.mat * theta.vec - right + rest.vec
            free.Project(residual)
            norm = ng.Norm(residual)
            load_norm = load_norm or norm
            if norm <= 1e-10 * load_norm:
                break
            if taken == 20:
                raise RuntimeError(f"no convergence: residual over load {norm / load_norm:.1e}")
            step.data = inverse * residual
            theta.vec.data -= step
            iterations += inverse.iterations
            taken += 1
        newton += taken
    times["solve_s"] = time.perf_counter() - mark
    values = theta.vec.FV().NumPy()
    inside = stored.cells[stored.cell_tags == formats.REGIONS["particle"]]
    return {
        "delta_T_min_K": float(values.min()),
        "delta_T_mean_K": formats.mean_over(stored.points, inside, values),
        "n_dofs": space.ndof, "version": ng.__version__, "newton": newton, "linear": iterations,
    }  # fmt: skip


main()
