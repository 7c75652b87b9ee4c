"""What must be loaded before DOLFINx and PETSc; imported before each first import of them.

The wheel `dolfinx-solver-real` brings no MPI of its own: its libraries find the one that mpi4py has
loaded, so they cannot come first. Its module `dolfinx_solver` loads it, and refuses an environment
with a second PETSc. Elsewhere (conda, Debian) the order does not matter.
"""

import importlib
import importlib.util

if importlib.util.find_spec("dolfinx_solver") is not None:
    importlib.import_module("dolfinx_solver")
