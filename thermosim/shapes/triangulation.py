"""Surfaces of triangles: reading them, and refusing those that enclose no body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError
from thermosim.shapes.polyhedron import Polyhedron

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SAME = 1e-9  # relative to the size of the body
_CHUNK = 200_000  # pairs of triangles tested at once
_MOST_TRIANGLES = 2_000_000
_BYTES_PER_TRIANGLE = 300  # of STL as text, the wordiest of the formats


def read_triangles(path: Path) -> Polyhedron:
    """Read an STL or OBJ file and return its closed surface, in the unit of the file.

    Raises
    ------
    MeshError
        If the file cannot be read, or its surface is open, inside out, made of several pieces,
        folded onto itself or cut by itself.
    """
    vertices, triangles = _load(path)
    vertices, triangles = merge_vertices(vertices, triangles)
    try:
        check_closed(vertices, triangles)
        check_simple(vertices, triangles)
    except ValueError as error:
        raise MeshError(f"{path}: {error}") from error
    return Polyhedron(vertices, tuple((int(a), int(b), int(c)) for a, b, c in triangles))


def _load(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    import trimesh

    if path.stat().st_size > _MOST_TRIANGLES * _BYTES_PER_TRIANGLE:
        raise MeshError(
            f"{path}: {path.stat().st_size:.3g} bytes are too many; coarsen the surface"
        )
    try:
        mesh: Any = trimesh.load(path, force="mesh", process=False)
        vertices, triangles = np.array(mesh.vertices, float), np.array(mesh.faces, np.int64)
    except Exception as error:  # trimesh raises whatever its parsers meet in a broken file
        raise MeshError(
            f"{path}: cannot be read as {path.suffix[1:].upper()} ({type(error).__name__}); "
            "is the file whole, and does its name end in what it holds?"
        ) from error
    if len(triangles) == 0 or not np.all(np.isfinite(vertices)):
        raise MeshError(f"{path}: holds no triangles with finite corners")
    if len(triangles) > _MOST_TRIANGLES:
        raise MeshError(f"{path}: {len(triangles)} triangles are too many; coarsen the surface")
    return vertices, triangles


def merge_vertices(
    vertices: NDArray[np.float64], triangles: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join equal vertices (STL repeats them) and drop triangles that have lost a corner.

    Vertices (n, 3) closer than 1e-9 of the size of the body are equal; triangles are (m, 3).
    """
    size = float(np.max(np.ptp(vertices, axis=0))) or 1.0
    cells = np.round((vertices - vertices.min(axis=0)) / (_SAME * size)).astype(np.int64)
    _, first, index = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    joined = index.reshape(-1)[triangles]
    whole = (joined != np.roll(joined, 1, axis=1)).all(axis=1)
    return vertices[first], joined[whole]


def check_closed(vertices: NDArray[np.float64], triangles: NDArray[np.int64]) -> None:
    """Refuse a surface with holes, turned triangles, several pieces or the inside out.

    Raises
    ------
    ValueError
        Saying which, where, and what to do.
    """
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    unique, counts = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    if np.any(counts == 1):
        raise ValueError(
            f"the surface has a hole: {np.sum(counts == 1)} edges belong to one triangle only, "
            f"such as at {_place(vertices, unique[counts == 1][0])}; close it in a mesh editor"
        )
    if np.any(counts > 2):
        raise ValueError(
            f"{np.sum(counts > 2)} edges belong to more than two triangles, such as at "
            f"{_place(vertices, unique[counts > 2][0])}; the surface must bound one body"
        )
    directed, repeats = np.unique(edges, axis=0, return_counts=True)
    if np.any(repeats > 1):
        raise ValueError(
            f"{np.sum(repeats > 1)} pairs of neighbouring triangles face opposite ways, such as at "
            f"{_place(vertices, directed[repeats > 1][0])}; make the normals consistent"
        )
    _check_pieces_and_side(vertices, triangles)


def _check_pieces_and_side(vertices: NDArray[np.float64], triangles: NDArray[np.int64]) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(vertices)
    links = coo_array((np.ones(len(triangles)), (triangles[:, 0], triangles[:, 1])), shape=(n, n))
    more = coo_array((np.ones(len(triangles)), (triangles[:, 1], triangles[:, 2])), shape=(n, n))
    labels = connected_components(links + more, directed=False)[1]
    pieces = len(np.unique(labels[triangles]))
    if pieces > 1:
        raise ValueError(
            f"the surface has {pieces} separate pieces; a particle is one body without cavities"
        )
    a, b, c = (vertices[triangles[:, i]] - vertices.mean(axis=0) for i in range(3))
    if np.einsum("ij,ij->", a, np.cross(b, c)) <= 0:
        raise ValueError(
            "the surface is inside out (its normals point inward) or flat; flip the normals"
        )


def _place(vertices: NDArray[np.float64], edge: NDArray[np.int64]) -> str:
    x, y, z = vertices[edge].mean(axis=0)
    return f"({x:.6g}, {y:.6g}, {z:.6g})"


def check_simple(vertices: NDArray[np.float64], triangles: NDArray[np.int64]) -> None:
    """Refuse a surface that cuts through itself.

    Raises
    ------
    ValueError
        Saying how many edges pass through triangles, and where one does.
    """
    pairs = close_pairs(vertices[triangles])
    found: list[NDArray[np.float64]] = []
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        both = np.concatenate([chunk, chunk[:, ::-1]])
        found.extend(_piercings(vertices, triangles[both[:, 0]], triangles[both[:, 1]]))
    if found:
        x, y, z = found[0]
        raise ValueError(
            f"the surface cuts through itself in {len(found)} places, such as at "
            f"({x:.6g}, {y:.6g}, {z:.6g}); mend it in a mesh editor"
        )


def close_pairs(corners: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return pairs (k, 2), i < j, of triangles (m, 3, 3) whose bounding boxes overlap."""
    import shapely

    low, high = corners.min(axis=1), corners.max(axis=1)
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    i, j = shapely.STRtree(boxes).query(boxes)
    overlap = (i < j) & (low[i, 2] <= high[j, 2]) & (low[j, 2] <= high[i, 2])
    return np.stack([i[overlap], j[overlap]], axis=1)


def _piercings(
    vertices: NDArray[np.float64], cutting: NDArray[np.int64], pierced: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Points where an edge of ``cutting`` passes through ``pierced`` without a shared vertex."""
    edges = cutting[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    target = np.repeat(pierced, 3, axis=0)
    apart = ~(edges[:, :, None] == target[:, None, :]).any(axis=(1, 2))
    start, end = vertices[edges[apart, 0]], vertices[edges[apart, 1]]
    a, b, c = (vertices[target[apart, i]] for i in range(3))
    normal, ray = np.cross(b - a, c - a), end - start
    slope = np.einsum("ij,ij->i", normal, ray)
    flat = np.abs(slope) <= 1e-12 * np.linalg.norm(normal, axis=1) * np.linalg.norm(ray, axis=1)
    t = np.einsum("ij,ij->i", normal, a - start) / np.where(flat, 1.0, slope)
    point = start + t[:, None] * ray
    inside = ~flat & (t > -_SAME) & (t < 1 + _SAME)
    for p, q in ((a, b), (b, c), (c, a)):
        side = np.einsum("ij,ij->i", np.cross(q - p, point - p), normal)
        inside &= side > -_SAME * np.einsum("ij,ij->i", normal, normal)
    return np.asarray(point[inside])
