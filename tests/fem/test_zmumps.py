"""Complex symmetric systems: MUMPS and SuperLU, on one and two ranks."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from mpi4py import MPI  # noqa: E402
from scipy.sparse import coo_array, diags_array, random_array  # noqa: E402

from thermosim.errors import SolveError  # noqa: E402
from thermosim.fem import zmumps  # noqa: E402

needs_mumps = pytest.mark.skipif(not zmumps.has_mumps(), reason="no libzmumps here")


def system(n=300):
    """A complex symmetric matrix that is neither hermitian nor positive, and two right sides."""
    numbers = np.random.default_rng(3)
    sparse = random_array((n, n), density=0.02, rng=numbers, dtype=complex)
    A = (sparse + sparse.T + diags_array(1.5 - 0.7j + numbers.random(n))).tocoo()
    return A, numbers.random((n, 2)) + 1j * numbers.random((n, 2))


def triplets(A, comm=MPI.COMM_SELF):
    """The rows of a rank: every size-th one."""
    mine = A.row % comm.size == comm.rank
    return zmumps.lower_triangle(A.shape[0], A.row[mine], A.col[mine], A.data[mine])


@pytest.mark.parametrize("library", [pytest.param("mumps", marks=needs_mumps), "superlu"])
def test_residual(library):
    A, b = system()
    with zmumps.factorise(triplets(A), MPI.COMM_SELF, library) as factors:
        x, one = factors.solve(b), factors.solve(b[:, 0])
        assert factors.name == library
        assert 1e4 < factors.memory < 1e8
    assert np.abs(A @ x - b).max() < 1e-13 * np.abs(b).max() * np.abs(A).sum(axis=0).max()
    assert one == pytest.approx(x[:, 0], abs=1e-14)


@needs_mumps
def test_mumps_is_superlu():
    A, b = system()
    found = []
    for library in ("mumps", "superlu"):
        with zmumps.factorise(triplets(A), MPI.COMM_SELF, library) as factors:
            found.append(factors.solve(b))
    assert np.linalg.norm(found[0] - found[1]) < 1e-9 * np.linalg.norm(found[1])


@pytest.mark.parametrize("library", [pytest.param("mumps", marks=needs_mumps), "superlu"])
def test_a_singular_matrix_is_told(library):
    A = coo_array((np.array([1.0 + 0j, 0.0]), ([0, 1], [0, 1])), shape=(2, 2))
    with pytest.raises(SolveError, match=r"unknowns|singular"):
        zmumps.factorise(triplets(A), MPI.COMM_SELF, library)
