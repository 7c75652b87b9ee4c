"""Matrices of cells have the entries that DOLFINx gives them, and dofs of cells are found."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import dolfinx.fem.petsc  # noqa: E402
import ufl  # noqa: E402
from mpi4py import MPI  # noqa: E402

from thermosim.fem import spaces  # noqa: E402

CELLS = dolfinx.mesh.CellType
MESHES = {
    "triangles": lambda: dolfinx.mesh.create_unit_square(MPI.COMM_SELF, 4, 3),
    "quadrilaterals": lambda: dolfinx.mesh.create_unit_square(
        MPI.COMM_SELF, 3, 2, CELLS.quadrilateral
    ),
    "tetrahedra": lambda: dolfinx.mesh.create_unit_cube(MPI.COMM_SELF, 3, 2, 2),
    "hexahedra": lambda: dolfinx.mesh.create_unit_cube(MPI.COMM_SELF, 2, 2, 3, CELLS.hexahedron),
}


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("cells", MESHES)
def test_matrices_of_cells_are_those_of_dolfinx(cells, order):
    space = dolfinx.fem.functionspace(MESHES[cells](), ("Lagrange", order))
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    mass = dolfinx.fem.form(u * v * ufl.dx)
    expected = dolfinx.fem.petsc.assemble_matrix(mass)
    expected.assemble()
    found = spaces._matrix_of_cells(space)
    dolfinx.fem.petsc.assemble_matrix(found, mass)
    found.assemble()
    for mine, its in zip(found.getValuesCSR(), expected.getValuesCSR(), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_dofs_of_cells():
    space = dolfinx.fem.functionspace(MESHES["triangles"](), ("Lagrange", 2))
    cells = np.array([3, 0, 7], dtype=np.int32)
    expected = np.unique(np.concatenate([space.dofmap.cell_dofs(c) for c in cells]))
    np.testing.assert_array_equal(spaces.cell_dofs(space, cells), expected)
