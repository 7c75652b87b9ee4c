"""Matrices with room for all couplings of a cell are those of DOLFINx on 1, 2 and 3 ranks."""

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

SAME = """
import numpy as np
from mpi4py import MPI
from petsc4py import PETSc
from tests.fem.test_matrix_and_facets import crumpled
from thermosim.fem import domain as fem
from thermosim.fem import kept, spaces, symbols
from thermosim.fem.parallel import abort_on_exception

comm = MPI.COMM_WORLD
abort_on_exception(comm)
for kept.LARGE in (0, 10**9):
    for tdim, degree in ((2, 1), (2, 2), (3, 1), (3, 2), (3, 3)):
        domain = kept.distribute(crumpled(tdim) if comm.rank == 0 else None, comm)
        space = spaces.lagrange(domain, degree)
        u, v = symbols.trial_function(space), symbols.test_function(space)
        form = fem.compile_form(u * v * symbols.measure("dx", space.mesh, None, None, None))
        theirs, made = fem.create_matrix(form), spaces.cell_matrix(domain, space, None)
        fem.assemble_matrix(theirs, form, [])
        kind = PETSc.Mat.InfoType.LOCAL
        assert made.getInfo(kind)["nz_used"] == theirs.getInfo(kind)["nz_used"]
        fem.assemble_matrix(made, form, [])
        assert made.getSizes() == theirs.getSizes()
        (*one, values), (*other, expected) = made.getValuesCSR(), theirs.getValuesCSR()
        assert all(np.array_equal(x, y) for x, y in zip(one, other, strict=True))
        # what two others add to an entry comes in any order
        np.testing.assert_allclose(values, expected, rtol=1e-13 if comm.size > 2 else 0, atol=0)
        for i in range(2):
            one, other = (A.getLGMap()[i].getIndices() for A in (made, theirs))
            # DOLFINx 0.11 also numbers columns of others' cells, into which no cell here adds
            np.testing.assert_array_equal(one, other[: len(one)])
            assert len(one) == len(space.dofmap.index_map.ghosts) + made.getLocalSize()[0]
        for option in ("NEW_NONZERO_ALLOCATION_ERR", "KEEP_NONZERO_PATTERN",
                       "NEW_NONZERO_LOCATIONS", "IGNORE_OFF_PROC_ENTRIES"):
            option = getattr(PETSc.Mat.Option, option)
            assert made.getOption(option) == theirs.getOption(option)
"""


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_matrix_is_that_of_dolfinx(mpirun, tmp_path, ranks):
    script = tmp_path / "script.py"
    script.write_text(SAME)
    done = mpirun(ranks, script)
    assert done.returncode == 0, done.stderr[-3000:]
