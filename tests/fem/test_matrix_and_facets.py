"""What is made here in place of DOLFINx, in half the time: the same to the last bit."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import dolfinx  # noqa: E402
from mpi4py import MPI  # noqa: E402
from petsc4py import PETSc  # noqa: E402

from thermosim.fem import domain as fem  # noqa: E402
from thermosim.fem import kept, spaces, symbols  # noqa: E402
from thermosim.fem.data import MeshData  # noqa: E402
from thermosim.fem.shares import facets_of  # noqa: E402


def crumpled(tdim):
    """Return a mesh of a square or cube of DOLFINx, its nodes named at random."""
    kind = {2: dolfinx.mesh.create_unit_square, 3: dolfinx.mesh.create_unit_cube}[tdim]
    mesh = kind(MPI.COMM_SELF, *[5] * tdim)
    cells = fem.geometry_dofmap(mesh).astype(np.int64)
    points = mesh.geometry.x[:, :tdim]
    random = np.random.default_rng(tdim)
    names = random.permutation(len(points))
    moved = np.empty_like(points)
    moved[names] = points
    cells = names[cells][random.permutation(len(cells))]
    tags = random.integers(0, 3, (len(cells), tdim + 1)).astype(np.int32)
    kinds = random.integers(1, 3, len(cells)).astype(np.int32)
    return MeshData(
        moved, cells, 1, kinds, tags, {"a": 1, "b": 2}, {"c": 1, "d": 2}, 1.0,
        {2: "planar", 3: "3d"}[tdim],
    )  # fmt: skip


@pytest.mark.parametrize("tdim", [2, 3])
def test_facets_are_those_of_dolfinx(tdim, monkeypatch):
    data = crumpled(tdim)
    monkeypatch.setattr(kept, "LARGE", 0)
    here = kept.distribute(data, MPI.COMM_SELF)
    monkeypatch.setattr(kept, "facets_of", lambda cells: {})
    theirs = kept.distribute(data, MPI.COMM_SELF)
    for which in ((tdim - 1, 0), (tdim, tdim - 1), (tdim - 1, tdim)):
        one, other = (d.mesh.topology.connectivity(*which) for d in (here, theirs))
        np.testing.assert_array_equal(one.array, other.array)
        np.testing.assert_array_equal(one.offsets, other.offsets)
    np.testing.assert_array_equal(here.facet_tags.indices, theirs.facet_tags.indices)
    np.testing.assert_array_equal(here.facet_tags.values, theirs.facet_tags.values)


def test_too_many_vertices_for_numbers_of_facets_are_left_to_dolfinx():
    cells = np.array([[0, 1, 2, 3]], dtype=np.int32)
    assert facets_of(cells)["cell_facets"].tolist() == [[3, 2, 1, 0]]
    assert facets_of(cells + 2_000_000) == {}


@pytest.mark.parametrize("tdim", [2, 3])
def test_matrix_of_first_order_is_that_of_dolfinx(tdim):
    domain = fem.distribute(crumpled(tdim), MPI.COMM_SELF)
    space = spaces.lagrange(domain, 1)
    u, v = symbols.trial_function(space), symbols.test_function(space)
    form = fem.compile_form(u * v * symbols.measure("dx", space.mesh, None, None, None))
    theirs, made = fem.create_matrix(form), spaces.cell_matrix(domain, space, None)
    fem.assemble_matrix(theirs, form, [])
    assert made.getInfo()["nz_used"] == theirs.getInfo()["nz_used"]
    fem.assemble_matrix(made, form, [])
    for one, other in zip(made.getValuesCSR(), theirs.getValuesCSR(), strict=True):
        np.testing.assert_array_equal(one, other)
    for option in (
        PETSc.Mat.Option.NEW_NONZERO_ALLOCATION_ERR,
        PETSc.Mat.Option.KEEP_NONZERO_PATTERN,
        PETSc.Mat.Option.NEW_NONZERO_LOCATIONS,
    ):
        assert made.getOption(option) == theirs.getOption(option)
    assert made.getLGMap()[0].getIndices().tolist() == theirs.getLGMap()[0].getIndices().tolist()
