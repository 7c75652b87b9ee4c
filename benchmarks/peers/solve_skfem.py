"""The reference problem with scikit-fem and pyamg: ``solve_skfem.py MESH.npz STEPS``.

STEPS of backward Euler, 0 for the steady state. Prints one JSON object. Tuned like
plain_dolfinx.py: the unknown is T - T_env, the constant matrix and its multigrid are made once,
Newton keeps them, and only the rest of the radiation is assembled again.
"""

import json
import resource
import sys
import time

start = time.perf_counter()
import formats  # noqa: E402
import numpy as np  # noqa: E402
import pyamg  # noqa: E402
import skfem  # noqa: E402
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
from skfem.helpers import dot, grad  # noqa: E402


def load(path):
    """Return the mesh and its boundary facets by name."""
    stored = formats.read_npz(path)
    mesh = skfem.MeshTet(stored.points.T.copy(), stored.cells.T.copy())
    count = mesh.p.shape[1]

    def key(nodes):
        low = np.sort(nodes.astype(np.int64), axis=0)
        return (low[0] * count + low[1]) * count + low[2]

    outer = mesh.boundary_facets()
    order = np.argsort(known := key(mesh.facets[:, outer]))
    facets = outer[order[np.searchsorted(known, key(stored.triangles.T), sorter=order)]]
    sides = {n: facets[stored.triangle_tags == t] for n, t in formats.BOUNDARIES.items()}
    return stored, mesh, sides


def main():  # noqa: PLR0915  a script, on purpose
    times = {"imports_s": time.perf_counter() - start}
    mark = time.perf_counter()
    stored, mesh, sides = load(sys.argv[1])
    times["mesh_s"] = time.perf_counter() - mark

    mark = time.perf_counter()
    element = skfem.ElementTetP1()
    inside, below = (np.flatnonzero(stored.cell_tags == t) for t in formats.REGIONS.values())
    sphere = skfem.Basis(mesh, element, elements=inside, intorder=1)
    slab = skfem.Basis(mesh, element, elements=below, intorder=1)
    radiating = np.concatenate(
        [sides[n] for n in ("particle_surface", "substrate_top", "substrate_bottom")]
    )
    surface = skfem.FacetBasis(mesh, element, facets=radiating, intorder=5)

    @skfem.BilinearForm
    def in_sphere(u, v, _):
        return L * K_PARTICLE * dot(grad(u), grad(v))

    @skfem.BilinearForm
    def in_slab(u, v, _):
        du, dv = grad(u), grad(v)
        return L * (K_PAR * (du[0] * dv[0] + du[1] * dv[1]) + K_PERP * du[2] * dv[2])

    @skfem.BilinearForm
    def first_order(u, v, _):
        return L**2 * EPSILON * SIGMA * 4 * T0**3 * u * v

    @skfem.LinearForm
    def rest(v, w):
        t = w["theta"]
        return L**2 * EPSILON * SIGMA * t**2 * (6 * T0**2 + t * (4 * T0 + t)) * v

    @skfem.LinearForm
    def source(v, _):
        return L**3 * Q * v

    @skfem.BilinearForm
    def product(u, v, _):
        return L**3 * u * v

    steps = int(sys.argv[2])
    A = in_sphere.assemble(sphere) + in_slab.assemble(slab) + first_order.assemble(surface)
    if steps:
        exact = [
            capacity / STEP * product.assemble(skfem.Basis(mesh, element, elements=cells))
            for capacity, cells in ((C_PARTICLE, inside), (C_SHEET, below))
        ]
        stored_heat = exact[0] + exact[1]
        A = A + stored_heat
    load_vector = source.assemble(sphere)
    held = np.unique(mesh.facets[:, sides["substrate_rim"]])
    free = np.setdiff1d(np.arange(A.shape[0]), held)
    A = A.tocsr()[free][:, free]
    if steps:
        stored_heat = stored_heat.tocsr()[free][:, free]
    times["assembly_s"] = time.perf_counter() - mark

    mark = time.perf_counter()
    levels = pyamg.smoothed_aggregation_solver(
        A, symmetry="symmetric", strength=("symmetric", {"theta": 0.02})
    )
    theta, iterations, newton, load_norm = np.zeros(len(load_vector)), 0, 0, None
    for _ in range(max(steps, 1)):
        right = load_vector[free] + (stored_heat @ theta[free] if steps else 0.0)
        taken = 0
        while True:
            radiated = rest.assemble(surface, theta=surface.interpolate(theta))
            residual = A @ theta[free] + radiated[free] - right
            norm = float(np.linalg.norm(residual))
            load_norm = load_norm or norm
            if norm <= 1e-10 * load_norm:
                break
            if taken == 20:
                raise RuntimeError(f"no convergence: residual over load {norm / load_norm:.1e}")
            history = []
            step = levels.solve(residual, tol=1e-6, accel="cg", residuals=history, maxiter=500)
            theta[free] -= step
            iterations += len(history) - 1
            taken += 1
        newton += taken
    times["solve_s"] = time.perf_counter() - mark
    times["wall_s"] = time.perf_counter() - start
    found = {
        "delta_T_min_K": float(theta.min()),
        "delta_T_mean_K": formats.mean_over(stored.points, stored.cells[inside], theta),
        "version": f"{skfem.__version__}, pyamg {pyamg.__version__}", "n_dofs": len(theta),
        "newton": newton, "linear": iterations,
        "memory_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    print(json.dumps(found | times))


main()
