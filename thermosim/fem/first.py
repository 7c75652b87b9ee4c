"""What must be loaded before DOLFINx and PETSc; imported before each first import of them.

The wheel `dolfinx-solver-real` brings no MPI of its own: its libraries find the one that mpi4py has
loaded, so they cannot come first. Its module `dolfinx_solver` loads it, and refuses an environment
with a second PETSc. Elsewhere (conda, Debian) the order does not matter.

Its MPI, MPICH 5.0.2, loses messages between ranks of different nodes by way of UCX, which it
takes by itself: MUMPS waits for them for ever, in 3 of 5 runs of `MPIR_CVAR_NOLOCAL=1 mpiexec -n 2
thermosim run` of a transient (0 of 5 by libfabric). Ranks of one node share memory in either case.
"""

import importlib
import importlib.util
import os

if importlib.util.find_spec("dolfinx_solver") is not None:
    os.environ.setdefault("MPIR_CVAR_CH4_NETMOD", "ofi")
    importlib.import_module("dolfinx_solver")
