"""What is asked of every cell of a mesh: done in bulk, it is what cell by cell gives."""

from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest

from thermosim.fem import data as arrays
from thermosim.fem.data import EDGES, MeshData, outer_facets
from thermosim.mesh import measure
from thermosim.mesh.touching import touching


def lattice(tdim, n):
    """Return squares or cubes cut into triangles or tetrahedra, some missing, named at random."""
    random = np.random.default_rng(tdim)
    side = n + 1
    origin = np.stack(np.indices((n,) * tdim), -1).reshape(-1, tdim)
    cells = []
    for steps in permutations(range(tdim)):
        corner = origin.copy()
        rows = [corner.copy()]
        for axis in steps:
            corner[:, axis] += 1
            rows.append(corner.copy())
        cells.append(np.stack([row @ side ** np.arange(tdim) for row in rows], 1))
    cells = np.concatenate(cells)
    kept = random.permutation(len(cells))[: 4 * len(cells) // 5]
    places = np.stack(np.unravel_index(np.arange(side**tdim), (side,) * tdim, order="F"), -1)
    names = random.permutation(side**tdim)
    points = np.empty((side**tdim, tdim))
    points[names] = places + 0.2 * random.random((side**tdim, tdim))
    cells = names[cells[kept]]
    kinds = random.integers(1, 3, len(cells)).astype(np.int32)
    tags = np.zeros((len(cells), tdim + 1), dtype=np.int32)
    return MeshData(
        points, cells, 1, kinds, tags, {"a": 1, "b": 2}, {}, 1e-6, {2: "planar", 3: "3d"}[tdim]
    )


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("tdim", [2, 3])
def test_outer_facets_belong_to_one_cell(monkeypatch, tdim, exact):
    """By their numbers, and by the hashes that stand for them among millions of nodes."""
    mesh = lattice(tdim, 6)
    if not exact:
        monkeypatch.setattr(arrays, "keys_are_exact", lambda size, n_vertices: False)
    cells, local = outer_facets(mesh)
    owners = Counter(
        tuple(sorted(facet)) for cell in mesh.cells.tolist() for facet in combinations(cell, tdim)
    )
    found = [
        tuple(sorted(np.delete(mesh.cells[cell], i).tolist()))
        for cell, i in zip(cells, local, strict=True)
    ]
    assert sorted(found) == sorted(facet for facet, count in owners.items() if count == 1)
    assert (np.diff(local) >= 0).all()


def test_cells_without_outer_facets_have_none():
    """Two cells on the same vertices: every facet belongs to both."""
    mesh = lattice(3, 1)
    cells = np.vstack([mesh.cells, mesh.cells])
    twice = MeshData(
        mesh.points, cells, 1, np.ones(len(cells), np.int32), np.zeros(cells.shape, np.int32),
        {"a": 1}, {}, 1.0, "3d",
    )  # fmt: skip
    assert len(outer_facets(twice)[0]) == 0
    assert touching(twice) == {}


@pytest.mark.parametrize("few", [7, 8192])
@pytest.mark.parametrize("tdim", [2, 3])
def test_edges_and_shapes_cell_by_cell(monkeypatch, tdim, few):
    mesh = lattice(tdim, 4)
    monkeypatch.setattr(measure, "_FEW", few)
    edges, shapes = measure.edge_lengths(mesh), measure.shape_qualities(mesh)
    assert edges.shape == (len(mesh.cells), len(EDGES[tdim]))
    for cell, row, shape in zip(mesh.cells, edges, shapes, strict=True):
        x = mesh.points[cell] * mesh.unit
        lengths = [np.linalg.norm(x[i] - x[j]) for i, j in EDGES[tdim]]
        np.testing.assert_allclose(row, lengths, rtol=1e-14)
        size = abs(np.linalg.det(x[1:] - x[0])) / {2: 2, 3: 6}[tdim]
        top = 4 * np.sqrt(3) * size if tdim == 2 else 12 * (3 * size) ** (2 / 3)
        assert shape == pytest.approx(top / np.sum(np.square(lengths)), rel=1e-11, abs=0)
    assert np.array_equal(measure.shape_qualities(mesh, edges), shapes)


def test_a_regular_tetrahedron_is_one_and_a_flat_one_nothing():
    points = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1], [1, 0, 0.0]])
    cells = np.array([[0, 1, 2, 3], [0, 1, 4, 4]])
    mesh = MeshData(
        points, cells, 1, np.ones(2, np.int32), np.zeros((2, 4), np.int32), {"a": 1}, {}, 1.0, "3d"
    )
    np.testing.assert_allclose(measure.shape_qualities(mesh), [1.0, 0.0], rtol=1e-14)
    assert measure.scaled_jacobians(mesh).tolist() == [1.0, -1.0]
