"""Bodies with flat faces for the mesher: polygons with holes, coplanar triangles joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.errors import MeshError
from thermosim.shapes import FacetedShape, Polyhedron, Surface
from thermosim.shapes.polyhedron import split_triangles
from thermosim.shapes.resting import RestingBody, cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.shapes import ShapeBase

Loop = tuple[int, ...]
_FLAT = 1e-9
_MOST_FACES = 20_000


class FacetedBody:
    """Vertices (n, 3) [m] and faces in the pose; a face is its outline and then its holes.

    `base` are the faces in z = 0 that the body rests on (or that the contact has cut).
    """

    def __init__(self, vertices: NDArray[np.float64], faces: list[list[Loop]]) -> None:
        self.vertices, self.faces = vertices, faces
        z = np.abs(vertices[:, 2]) <= _FLAT * np.ptp(vertices, axis=0).max()
        self.base = [i for i, face in enumerate(faces) if all(z[v] for v in face[0])]

    def edge_lengths(self) -> dict[tuple[int, int], float]:
        """Return the length of each edge [m] by its vertices, the lower number first."""
        found = {}
        for face in self.faces:
            for loop in face:
                for a, b in zip(loop, loop[1:] + loop[:1], strict=True):
                    ends = self.vertices[[a, b]]
                    found[min(a, b), max(a, b)] = float(np.linalg.norm(ends[0] - ends[1]))
        return found


def strip_width(body: FacetedBody) -> tuple[float, float]:
    """Return width 2 A/L and length L of the outline [m] of the flat that a contact has cut."""
    outline = body.vertices[list(body.faces[body.base[0]][0]), :2]
    x, y = outline.T
    area = abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2
    length = float(np.linalg.norm(outline - np.roll(outline, -1, axis=0), axis=1).sum())
    return 2 * area / length, length


def faceted_body(shape: ShapeBase, contact_radius: float) -> FacetedBody:
    """Return a shape with flat faces, cut by its contact unless it rests on a facet.

    Raises
    ------
    MeshError
        If a surface has more faces than the mesher can draw.
    """
    if isinstance(shape, FacetedShape):
        body = shape.truncated_polyhedron(contact_radius)
        return FacetedBody(body.vertices, [[face] for face in body.faces])
    assert isinstance(shape, Surface)
    resting = shape.resting()
    assert isinstance(resting, RestingBody)
    body = resting.body
    if contact_radius and not shape.base_area:
        body = _clipped(body, cut(resting, contact_radius))
    faces = joined(body)
    if len(faces) > _MOST_FACES:
        raise MeshError(
            f"{shape.path}: {len(faces)} flat faces are too many to mesh (limit {_MOST_FACES}); "
            "coarsen the surface"
        )
    return FacetedBody(body.vertices, faces)


def _clipped(body: Polyhedron, level: float) -> Polyhedron:
    """Return the part of any body above z = `level`, moved down, closed by triangles and a cap."""
    kept, outline = split_triangles(body.triangles(), level)
    corners = np.concatenate([kept.reshape(-1, 3), outline.reshape(-1, 3)])
    count = 3 * len(kept)
    vertices, index = _merged(corners, body.size)
    triangles = [tuple(int(i) for i in t) for t in index[:count].reshape(-1, 3)]
    triangles = [t for t in triangles if len(set(t)) == 3]
    following = {int(a): int(b) for a, b in index[count:].reshape(-1, 2) if a != b}
    loops = _chains({b: a for a, b in following.items()})
    if len(loops) != 1:
        raise MeshError(
            f"the contact cuts the body in {len(loops)} places; it must touch in one: turn it by "
            "euler_angles, or change the contact radius"
        )
    return Polyhedron(vertices - [0.0, 0.0, level], (*triangles, loops[0]))


def _merged(
    points: NDArray[np.float64], size: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distinct points and the number of each given one among them."""
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    index = np.arange(len(points))
    for a, b in sorted(tree.query_pairs(_FLAT * size)):
        index[b] = min(index[a], index[b])
    used, number = np.unique(index, return_inverse=True)
    return points[used], number.astype(np.int64)


def joined(body: Polyhedron) -> list[list[Loop]]:
    """Return the faces of a body with neighbours in one plane joined to polygons with holes."""
    normals, offsets = body.halfspaces()
    owner = _planes(body, normals, offsets)
    faces: dict[int, list[tuple[int, int]]] = {}
    for i, face in enumerate(body.faces):
        faces.setdefault(owner[i], []).extend(zip(face, face[1:] + face[:1], strict=True))
    found = []
    for plane, edges in faces.items():
        inner = set(edges)
        outline = {a: b for a, b in edges if (b, a) not in inner}
        if sum((b, a) not in inner for a, b in edges) != len(outline):
            # outlines that touch in a vertex: keep the triangles
            found += [[f] for i, f in enumerate(body.faces) if owner[i] == plane]
            continue
        found.append(_outline_first(_chains(outline), body.vertices, normals[plane]))
    corners = _corners(found, body.vertices)
    return [[tuple(v for v in loop if v in corners) for loop in face] for face in found]


def _corners(faces: list[list[Loop]], vertices: NDArray[np.float64]) -> set[int]:
    """Return the vertices at which some outline turns: others only cut straight edges."""
    corners = set()
    for loop in (loop for face in faces for loop in face):
        x = vertices[list(loop)]
        before, after = x - np.roll(x, 1, axis=0), np.roll(x, -1, axis=0) - x
        bend = np.linalg.norm(np.cross(before, after), axis=1)
        length = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        turns = (bend > _FLAT * length) | (np.einsum("ij,ij->i", before, after) < 0)
        corners |= {v for v, turned in zip(loop, turns, strict=True) if turned}
    return corners


def _planes(
    body: Polyhedron, normals: NDArray[np.float64], offsets: NDArray[np.float64]
) -> list[int]:
    """Return for each face the first of the connected faces in its plane."""
    owner = list(range(len(body.faces)))

    def root(i: int) -> int:
        while owner[i] != i:
            owner[i] = owner[owner[i]]
            i = owner[i]
        return i

    beside: dict[tuple[int, int], int] = {}
    for i, face in enumerate(body.faces):
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            beside[a, b] = i
    for (a, b), i in beside.items():
        j = beside.get((b, a))
        if j is None or root(i) == root(j):
            continue
        same = np.linalg.norm(normals[i] - normals[j]) < _FLAT
        if same and abs(offsets[i] - offsets[j]) < _FLAT * body.size:
            first, second = sorted((root(i), root(j)))
            owner[second] = first
    return [root(i) for i in range(len(owner))]


def _chains(following: dict[int, int]) -> list[Loop]:
    rest, loops = dict(following), []
    while rest:
        start = next(iter(rest))
        loop, at = [start], rest.pop(start)
        while at != start:
            loop.append(at)
            at = rest.pop(at)
        loops.append(tuple(loop))
    return loops


def _outline_first(
    loops: list[Loop], vertices: NDArray[np.float64], normal: NDArray[np.float64]
) -> list[Loop]:
    """Return the loop that runs counterclockwise about the normal first, holes after it."""

    def turning(loop: Loop) -> float:
        spokes = vertices[list(loop)] - vertices[loop[0]]
        return float(np.cross(spokes[:-1], spokes[1:]).sum(axis=0) @ normal)

    return sorted(loops, key=turning, reverse=True)
