"""One mesh of tetrahedra in the forms the tools read; lengths in µm.

Local facets of a cell are numbered like its vertices: facet i lies opposite vertex i.
"""

import json
from typing import NamedTuple

import numpy as np

REGIONS = {"particle": 1, "substrate": 2}
BOUNDARIES = {
    "particle_surface": 11, "substrate_top": 12, "substrate_bottom": 13, "substrate_rim": 14,
}  # fmt: skip


class Mesh(NamedTuple):
    """Nodes, tetrahedra and tagged boundary triangles."""

    points: np.ndarray
    cells: np.ndarray
    cell_tags: np.ndarray
    triangles: np.ndarray
    triangle_tags: np.ndarray


def numbered(numbers, points, cells, cell_tags, triangles, triangle_tags):
    """Return the mesh with nodes counted from 0, without those no cell has, all cells positive."""
    numbers = np.asarray(numbers, dtype=np.int64)
    position = np.full(numbers.max() + 1, -1, dtype=np.int64)
    position[numbers] = np.arange(len(numbers))
    cells, triangles = position[cells.astype(np.int64)], position[triangles.astype(np.int64)]
    used = np.zeros(len(numbers), dtype=bool)
    used[cells] = True
    new = np.cumsum(used) - 1
    points = np.asarray(points, dtype=float).reshape(-1, 3)[used]
    cells, triangles = new[cells], new[triangles]
    negative = six_volumes(points, cells) < 0
    cells[negative] = cells[negative][:, [1, 0, 2, 3]]
    return Mesh(points, cells, cell_tags, triangles, triangle_tags)


def six_volumes(points, cells):
    """Return six times the signed volume of each cell [µm³]."""
    a, b, c = (points[cells[:, i]] - points[cells[:, 0]] for i in (1, 2, 3))
    return np.einsum("ij,ij->i", np.cross(a, b), c)


def facet_table(mesh):
    """Return the boundary tag of each facet of each cell, 0 inside: (cells, 4)."""
    table = np.zeros(mesh.cells.shape, dtype=np.int32)
    count = len(mesh.points)
    if count > 2_000_000:
        raise ValueError(f"{count} nodes: three of their numbers do not fit into one of 64 bits")

    def key(nodes):
        low = np.sort(nodes.astype(np.int64), axis=1)
        return (low[:, 0] * count + low[:, 1]) * count + low[:, 2]

    wanted = key(mesh.triangles)
    for local in range(4):
        mine = key(np.delete(mesh.cells, local, axis=1))
        _, here, there = np.intersect1d(mine, wanted, return_indices=True)
        table[here, local] = mesh.triangle_tags[there]
    found, needed = int((table > 0).sum()), len(mesh.triangles)
    if found != needed:
        raise ValueError(f"{needed} boundary triangles, but {found} facets of cells are on them")
    return table


def write_npz(path, mesh):
    """Write what plain_dolfinx.py reads, and the triangles beside it."""
    header = {"order": 1, "regions": REGIONS, "boundaries": BOUNDARIES}
    np.savez(path, header=json.dumps(header), facet_tags=facet_table(mesh), **mesh._asdict())


def read_npz(path):
    """Read a mesh that `write_npz` wrote."""
    with np.load(path) as stored:
        return Mesh(*(stored[name] for name in Mesh._fields))


def write_medit(path, mesh):
    """Write Medit's format in text, nodes counted from 1."""
    with path.open("w") as out:
        out.write("MeshVersionFormatted 2\nDimension 3\n")
        _block(out, "Vertices", mesh.points, np.zeros(len(mesh.points), dtype=int), "%.17g")
        _block(out, "Tetrahedra", mesh.cells + 1, mesh.cell_tags, "%d")
        _block(out, "Triangles", mesh.triangles + 1, mesh.triangle_tags, "%d")
        out.write("End\n")


def _block(out, name, rows, tags, form):
    out.write(f"{name}\n{len(rows)}\n")
    line = " ".join([form] * rows.shape[1]) + " %d"
    out.writelines(line % (*row, tag) + "\n" for row, tag in zip(rows.tolist(), tags, strict=True))


def mean_over(points, cells, values):
    """Return the mean of a continuous, cell by cell linear function over some cells."""
    volumes = np.abs(six_volumes(points, cells))
    return float(volumes @ values[cells].mean(axis=1) / volumes.sum())
