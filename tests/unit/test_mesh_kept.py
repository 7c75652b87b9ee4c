"""A mesh in the cache is the mesh that was put there, bit for bit, in half its bytes."""

import numpy as np
import pytest

from thermosim.fem.data import MeshData
from thermosim.mesh.kept import read_mesh, write_mesh


@pytest.mark.parametrize("order", [1, 2])
def test_mesh_comes_back_as_it_was(tmp_path, order):
    random = np.random.default_rng(order)
    n_nodes, n_cells = 500, 2000
    tags = random.integers(0, 4, (n_cells, 4)) * (random.random((n_cells, 4)) < 0.05)
    data = MeshData(
        random.random((n_nodes, 3)), random.integers(0, n_nodes, (n_cells, {1: 4, 2: 10}[order])),
        order, random.integers(1, 3, n_cells).astype(np.int32), tags.astype(np.int32),
        {"a": 1, "b": 2}, {"c": 1, "d": 2, "e": 3}, 1e-6, "3d", {"volume:a": 1.5},
    )  # fmt: skip
    path = tmp_path / "meshes" / "mesh.npz"
    write_mesh(path, data, {"n_cells": 2000.0})
    found = read_mesh(path)
    assert found is not None
    assert found[1] == {"n_cells": 2000.0}
    assert found[0].content_hash() == data.content_hash()
    assert (found[0].tdim, found[0].exact) == (3, data.exact)
    for name in ("points", "cells", "cell_tags", "facet_tags"):
        assert getattr(found[0], name).dtype == getattr(data, name).dtype
    assert path.stat().st_size < 0.7 * sum(
        getattr(data, name).nbytes for name in ("points", "cells", "cell_tags", "facet_tags")
    )
