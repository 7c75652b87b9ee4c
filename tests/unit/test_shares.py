"""A mesh cut into shares: every cell once, every node owned once, numbers that fit together."""

import numpy as np
import pytest

from thermosim.fem.data import MeshData
from thermosim.fem.shares import halved, shares_of

RANKS = [1, 2, 3, 5]


def square(n, order):
    """Return n x n squares of two triangles, numbered at random."""
    step = order
    grid = np.arange((step * n + 1) ** 2).reshape(step * n + 1, -1)
    i, j = (step * index.ravel() for index in np.indices((n, n)))
    corners = [grid[i, j], grid[i + step, j], grid[i, j + step], grid[i + step, j + step]]
    cells = np.concatenate([np.stack([corners[k] for k in v], 1) for v in ((0, 1, 2), (3, 2, 1))])
    if order == 2:
        place = np.stack(np.divmod(cells, 2 * n + 1), -1)
        ends = ((1, 2), (0, 2), (0, 1))
        middles = [(place[:, a] + place[:, b]) // 2 for a, b in ends]
        cells = np.column_stack([cells, *(grid[m[:, 0], m[:, 1]] for m in middles)])
    random = np.random.default_rng(1)
    names = random.permutation(grid.size)
    points = np.empty((grid.size, 2))
    points[names] = np.stack(np.divmod(np.arange(grid.size), step * n + 1), -1) / n
    facets = random.integers(0, 3, (len(cells), 3)).astype(np.int32)
    kinds = random.integers(1, 3, len(cells)).astype(np.int32)
    shuffled = random.permutation(len(cells))
    return MeshData(
        points, names[cells][shuffled], order, kinds, facets,
        {"a": 1, "b": 2}, {"c": 1, "d": 2}, 1.0, "planar",
    )  # fmt: skip


def whole(shares, name):
    """Return the global numbers of what each rank holds, and that each is owned once."""
    numbers, first = [], 0
    for share in shares:
        own = np.arange(first, first + int(share[f"{name}_size"]))
        first += len(own)
        numbers.append(np.concatenate([own, share[f"{name}_ghosts"]]))
    return numbers, first


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("ranks", RANKS)
def test_shares_are_the_mesh(ranks, order):
    data = square(6, order)
    shares = shares_of(data, ranks)
    cells = np.concatenate([share["original_cell_index"] for share in shares])
    assert np.array_equal(np.sort(cells), np.arange(len(data.cells)))
    nodes, total = whole(shares, "node")
    assert total == len(data.points)
    vertices, corners = whole(shares, "vertex")
    assert corners == 49
    name_of_node, name_of_vertex = np.full(total, -1), np.full(corners, -1)
    for share, node, vertex in zip(shares, nodes, vertices, strict=True):
        origin = share["original_cell_index"]
        names = share["input_global_indices"]
        assert np.array_equal(names[share["cell_nodes"]], data.cells[origin])
        assert np.array_equal(share["points"], data.points[names])
        assert np.array_equal(share["cell_tags"], data.cell_tags[origin])
        tags = np.zeros(3 * len(origin), dtype=np.int32)
        tags[share["facet_places"]] = share["facet_tags"]
        assert np.array_equal(tags.reshape(-1, 3), data.facet_tags[origin])
        # a number means the same node on every rank
        for number, name in zip(node, names, strict=True):
            assert name_of_node[number] in (-1, name)
            name_of_node[number] = name
        for number, name in zip(
            vertex[share["cell_vertices"]].ravel(), data.cells[origin][:, :3].ravel(), strict=True
        ):
            assert name_of_vertex[number] in (-1, name)
            name_of_vertex[number] = name


@pytest.mark.parametrize("ranks", RANKS)
def test_owners_own_their_ghosts(ranks):
    shares = shares_of(square(6, 1), ranks)
    firsts = np.cumsum([0, *(int(share["vertex_size"]) for share in shares)])
    for rank, share in enumerate(shares):
        owners, ghosts = share["vertex_owners"], share["vertex_ghosts"]
        assert np.all(owners < rank)
        assert np.all((firsts[owners] <= ghosts) & (ghosts < firsts[owners + 1]))
        assert len(np.unique(ghosts)) == len(ghosts)


@pytest.mark.parametrize("ranks", RANKS)
def test_shares_are_alike_in_size_and_cut_short(ranks):
    data = square(20, 1)
    middles = data.points[data.cells[:, :3]].mean(axis=1) * [3.0, 1.0]
    found = halved(middles, data.cells, ranks)
    sizes = np.bincount(found, minlength=ranks)
    assert sizes.max() - sizes.min() <= ranks - 1
    seen = [np.unique(data.cells[found == rank]) for rank in range(ranks)]
    shared = sum(map(len, seen)) - len(data.points)
    assert shared <= 25 * (ranks - 1)


def test_neighbours_stay_near_each_other():
    data = square(40, 1)
    (share,) = shares_of(data, 1)
    spread = np.ptp(share["cell_nodes"], axis=1)
    at_random = np.ptp(data.cells, axis=1)
    assert np.median(spread) < 0.1 * np.median(at_random)


def test_nodes_that_hang_on_the_cell_are_refused():
    data = square(2, 1)
    object.__setattr__(data, "order", 3)
    with pytest.raises(ValueError, match="order 3"):
        shares_of(data, 1)
