"""A stand-in for a full disk: from some time on a process may write no file beyond a size."""

# MPI comes first: what it starts with is no file of the run, though the limit holds for it, too.
LIMITED = """
import resource, sys
from mpi4py import MPI
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
"""
