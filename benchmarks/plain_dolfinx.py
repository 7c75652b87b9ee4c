"""The reference problem as a plain, hand-tuned DOLFINx script to measure the package against.

Reads a mesh written by ``thermosim`` (npz arrays), solves the radiating sphere on mica with P1 or
P2 elements and prints one JSON object with phases, memory and ΔT. Knows nothing of the package.
``plain_dolfinx.py MESH.npz DEGREE [STEPS]``: with STEPS of backward Euler, else the steady state.
"""

import contextlib
import json
import resource
import sys
import time

start = time.perf_counter()
with contextlib.suppress(ModuleNotFoundError):
    import dolfinx_solver  # noqa: F401  loads MPI, where DOLFINx is a wheel
import basix.ufl  # noqa: E402
import dolfinx  # noqa: E402
import dolfinx.fem.petsc  # noqa: E402
import numpy as np  # noqa: E402
import ufl  # noqa: E402
from dolfinx import fem  # noqa: E402
from mpi4py import MPI  # noqa: E402
from petsc4py import PETSc  # noqa: E402

SIGMA, T0, EPSILON, Q = 5.670374419e-8, 300.0, 0.9, -2e7
K_PARTICLE, K_PAR, K_PERP = 0.42, 4.05, 0.46
L = 1e-6
C_PARTICLE, C_SHEET, STEP = 1600.0 * 1000.0, 2400.0 * 1000.0, 1e-3
HYPRE = {
    "pc_type": "hypre", "pc_hypre_type": "boomeramg",
    "pc_hypre_boomeramg_coarsen_type": "HMIS", "pc_hypre_boomeramg_interp_type": "ext+i",
    "pc_hypre_boomeramg_strong_threshold": 0.5, "pc_hypre_boomeramg_agg_nl": 1,
    "pc_hypre_boomeramg_P_max": 4,
}  # fmt: skip
GAMG = {"pc_type": "gamg", "pc_gamg_threshold": 0.02}


def load(path, comm):
    """Return the mesh and its tags; only rank 0 reads."""
    if comm.rank == 0:
        stored = np.load(path)
        header = json.loads(str(stored["header"]))
        arrays = [stored[n] for n in ("points", "cells", "cell_tags", "facet_tags")]
        shared = (arrays[2], arrays[3], header, arrays[1].shape[1])
    else:
        arrays, shared = None, None
    tags, table, header, width = comm.bcast(shared)
    if comm.rank:
        arrays = [np.empty((0, 3)), np.empty((0, width), dtype=np.int64)]
    element = basix.ufl.element("Lagrange", "tetrahedron", header["order"], shape=(3,))
    domain = ufl.Mesh(element)
    order = dolfinx.__version__.split(".")[1]
    second, third = (arrays[0], domain) if order == "9" else (domain, arrays[0])
    mesh = dolfinx.mesh.create_mesh(comm, arrays[1], second, third)
    origin = mesh.topology.original_cell_index
    cells = np.arange(len(origin), dtype=np.int32)
    cell_tags = dolfinx.mesh.meshtags(mesh, 3, cells, tags[origin])
    mesh.topology.create_entities(2)
    mesh.topology.create_connectivity(3, 2)
    mesh.topology.create_connectivity(2, 3)
    facets = mesh.topology.connectivity(3, 2).array.reshape(-1, 4)
    local = table[origin]
    entities, first = np.unique(facets[local > 0], return_index=True)
    facet_tags = dolfinx.mesh.meshtags(mesh, 2, entities, local[local > 0][first])
    return mesh, cell_tags, facet_tags, header


def main():  # noqa: PLR0915  a script, on purpose
    path, degree = sys.argv[1], int(sys.argv[2])
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    comm = MPI.COMM_WORLD
    times = {"imports_s": time.perf_counter() - start}
    mark = time.perf_counter()
    mesh, cell_tags, facet_tags, header = load(path, comm)
    regions, sides = header["regions"], header["boundaries"]
    times["mesh_import_s"] = time.perf_counter() - mark

    mark = time.perf_counter()
    V = fem.functionspace(mesh, ("Lagrange", degree))
    u, v, theta = ufl.TrialFunction(V), ufl.TestFunction(V), fem.Function(V)
    dx = ufl.Measure("dx", mesh, subdomain_data=cell_tags)
    ds = ufl.Measure("ds", mesh, subdomain_data=facet_tags)
    K = ufl.diag(ufl.as_vector([K_PAR, K_PAR, K_PERP]))
    p, s = regions["particle"], regions["substrate"]
    radiating = [sides[n] for n in ("particle_surface", "substrate_top", "substrate_bottom")]
    series = theta * (4 * T0**3 + theta * (6 * T0**2 + theta * (4 * T0 + theta)))
    F = L * K_PARTICLE * ufl.dot(ufl.grad(theta), ufl.grad(v)) * dx(p)
    F += L * ufl.dot(K * ufl.grad(theta), ufl.grad(v)) * dx(s)
    F -= L**3 * Q * v * dx(p)
    F += sum(L**2 * EPSILON * SIGMA * series * v * ds(n) for n in radiating)
    before = fem.Function(V)
    if steps:
        for capacity, region in ((C_PARTICLE, p), (C_SHEET, s)):
            F += L**3 * capacity / STEP * (theta - before) * v * dx(region)
    residual, jacobian = fem.form(F), fem.form(ufl.derivative(F, theta, u))
    dofs = fem.locate_dofs_topological(V, 2, facet_tags.find(sides["substrate_rim"]))
    bc = fem.dirichletbc(PETSc.ScalarType(0), dofs, V)
    A = fem.petsc.create_matrix(jacobian)
    index_map = V.dofmap.index_map
    size = (index_map.size_local, index_map.size_global)
    b = PETSc.Vec().createGhost(index_map.ghosts.astype(PETSc.IntType), size=size, comm=comm)
    d = b.duplicate()
    ksp = PETSc.KSP().create(comm)
    options = PETSc.Options()
    chosen = HYPRE if PETSc.Sys.hasExternalPackage("hypre") else GAMG
    for key, value in {"ksp_type": "cg", "ksp_rtol": 1e-6, **chosen}.items():
        options[key] = value
    ksp.setFromOptions()
    times["setup_s"] = time.perf_counter() - mark

    mark = time.perf_counter()
    iterations, newton, load_norm, times["assembly_s"] = 0, 0, None, 0.0
    for _ in range(max(steps, 1)):
        before.x.array[:] = theta.x.array
        for _ in range(20):
            with b.localForm() as local:
                local.set(0.0)
            fem.petsc.assemble_vector(b, residual)
            b.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
            with b.localForm() as local:
                local.array[dofs] = 0.0
            norm = b.norm()
            load_norm = load_norm or norm
            if norm <= 1e-10 * load_norm:
                break
            if newton == 0:  # the Jacobian and its preconditioner are built once and kept
                began = time.perf_counter()
                fem.petsc.assemble_matrix(A, jacobian, [bc])
                A.assemble()
                times["assembly_s"] = time.perf_counter() - began  # part of solve_s
                source = b.array_r.copy()  # at theta = 0: -L^3 Q times the integrals of v
                ksp.setOperators(A)
            ksp.solve(b, d)
            iterations += ksp.getIterationNumber()
            newton += 1
            theta.x.array[: d.local_size] -= d.array_r
            theta.x.scatter_forward()
        else:
            raise RuntimeError(f"no convergence: residual over load {norm / load_norm:.1e}")
    times["solve_s"] = time.perf_counter() - mark

    dofs_p = np.unique(V.dofmap.list[cell_tags.find(p)])
    low = comm.allreduce(theta.x.array[dofs_p].min(initial=np.inf), MPI.MIN)
    total, weighted = source.sum(), source @ theta.x.array[: len(source)]
    mean = comm.allreduce(weighted) / comm.allreduce(total)
    memory = comm.allreduce(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    if comm.rank == 0:
        times["wall_s"] = time.perf_counter() - start
        found = {"delta_T_min_K": float(low), "delta_T_mean_K": float(mean)}
        found |= {"n_dofs": size[1], "newton": newton, "version": dolfinx.__version__}
        print(json.dumps({**found, "linear": iterations, **times, "memory_MB": memory}))


main()
