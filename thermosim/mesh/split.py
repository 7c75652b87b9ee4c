"""Quadrilaterals, hexahedra, prisms and pyramids split into triangles and tetrahedra.

Every four-cornered face is cut from its lowest-numbered corner, and every cell is the fan of its
lowest corner over the faces that do not hold it: cells that share a face then cut it alike
(Dompierre et al., How to subdivide pyramids, prisms and hexahedra into tetrahedra, 1999). Cells of
second order keep their curved sides: the nodes of faces and of the inside become those of edges.
"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Face = tuple[int, ...]

_FACES: dict[str, tuple[Face, ...]] = {
    "Quadrilateral": ((0, 1, 2, 3),),
    "Hexahedron": ((0, 3, 2, 1), (0, 1, 5, 4), (0, 4, 7, 3), (1, 2, 6, 5), (2, 3, 7, 6),
                   (4, 5, 6, 7)),
    "Prism": ((0, 2, 1), (3, 4, 5), (0, 1, 4, 3), (0, 3, 5, 2), (1, 2, 5, 4)),
    "Pyramid": ((0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)),
}  # fmt: skip
"""Corners of the faces, anticlockwise from outside, by the family of the cell."""
SIMPLICES = {1: ("Line",), 2: ("Triangle",), 3: ("Tetrahedron",)}
SPLIT = {1: (), 2: ("Quadrilateral",), 3: ("Hexahedron", "Prism", "Pyramid")}
_EDGES = {2: ((0, 1), (1, 2), (2, 0)), 3: ((0, 1), (1, 2), (2, 0), (3, 0), (3, 2), (3, 1))}
"""Edges of triangles and tetrahedra in the order in which gmsh numbers their nodes."""


class CellType:
    """A type of gmsh elements: family, order, corners, and which node is where."""

    def __init__(self, gmsh: Any, number: int) -> None:
        name, dim, order, _, at, n_corners = gmsh.model.mesh.getElementProperties(int(number))
        self.name, self.dim, self.order = str(name), int(dim), int(order)
        self.n_corners, self.family = int(n_corners), str(name).split()[0]
        self.places = np.reshape(at, (-1, self.dim)) if self.dim else np.zeros((1, 0))

    @property
    def is_simplex(self) -> bool:
        """Whether it is a line, triangle or tetrahedron."""
        return self.family in SIMPLICES.get(self.dim, ())

    @cached_property
    def middles(self) -> dict[tuple[int, int], int]:
        """The node halfway between two corners, for those pairs that have one."""
        found = {}
        for pair in combinations(range(self.n_corners), 2):
            miss = np.abs(self.places - self.places[list(pair)].mean(axis=0)).max(axis=1)
            at = int(np.argmin(miss))
            if miss[at] < 1e-9:
                found[pair] = at
        return found


class Splitter:
    """Turns elements into simplices of order 1 or 2; nodes that are missing are added.

    Attributes
    ----------
    points : shape (n, 3); grows by the middles of faces that second-order cells lack
    count : how many cells were split so far
    """

    def __init__(self, gmsh: Any, points: NDArray[np.float64]) -> None:
        self.gmsh, self.points, self.count = gmsh, points, 0
        self._added: dict[tuple[int, ...], int] = {}

    def facets(self, kind: CellType, rows: Ints) -> Ints:
        """Return the vertices of facets (n, dim + 1), four-cornered ones cut in two."""
        if kind.is_simplex:
            return rows[:, : kind.dim + 1]
        corners = rows[:, :4]
        cut = _turned(corners)
        return np.vstack([cut[:, [0, 1, 2]], cut[:, [0, 2, 3]]])

    def cells(self, kind: CellType, rows: Ints) -> Ints:
        """Return simplices in gmsh's order of nodes from elements, shape (n, nodes).

        Raises
        ------
        MeshError
            If a cell folds over.
        """
        if kind.is_simplex or not len(rows):
            return rows
        self.count += len(rows)
        rows, middles = self._completed(kind, rows)
        parts, owners = [], []
        for pick, corners in self._patterns(kind, rows):
            edges = _EDGES[kind.dim] if kind.order == 2 else ()
            pairs = [(min(corners[a], corners[b]), max(corners[a], corners[b])) for a, b in edges]
            columns = [*corners, *(middles[pair] for pair in pairs)]
            parts.append(rows[pick][:, columns])
            owners.append(pick)
        cells = np.vstack(parts)
        self._check(kind, cells, np.concatenate(owners))
        return cells

    def _patterns(self, kind: CellType, rows: Ints) -> list[tuple[Ints, tuple[int, ...]]]:
        """Return which cells have a simplex with which of their corners."""
        if kind.dim == 2:
            x = self.points[rows[:, :4]]
            first = np.linalg.norm(x[:, 0] - x[:, 2], axis=1)
            second = np.linalg.norm(x[:, 1] - x[:, 3], axis=1)
            other = second < first * (1 - 1e-9)
            one: Ints = np.flatnonzero(~other)
            two: Ints = np.flatnonzero(other)
            return [(one, (0, 1, 2)), (one, (0, 2, 3)), (two, (0, 1, 3)), (two, (1, 2, 3))]
        found: list[tuple[Ints, tuple[int, ...]]] = []
        lowest = np.argmin(rows[:, : kind.n_corners], axis=1)
        for apex in range(kind.n_corners):
            mine = np.flatnonzero(lowest == apex)
            for face in _FACES[kind.family]:
                if apex in face or not len(mine):
                    continue
                if len(face) == 3:
                    found.append((mine, (apex, *face)))
                    continue
                first = np.argmin(rows[mine][:, list(face)], axis=1)
                for k in range(4):
                    a, b, c, d = face[k:] + face[:k]
                    some = mine[first == k]
                    found += [(some, (apex, a, b, c)), (some, (apex, a, c, d))]
        return found

    def _completed(self, kind: CellType, rows: Ints) -> tuple[Ints, dict[tuple[int, int], int]]:
        """Return the rows with the middles of faces and of the inside, and where they stand."""
        middles = dict(kind.middles)
        if kind.order == 1:
            return rows, middles
        for face in _FACES[kind.family]:
            if len(face) == 3:
                continue
            ring = zip(face, face[1:] + face[:1], strict=True)
            sides = [middles[min(pair), max(pair)] for pair in ring]
            across = [(min(face[i], face[i + 2]), max(face[i], face[i + 2])) for i in (0, 1)]
            if across[0] not in middles:
                rows = self._with_middle(rows, list(face), sides, 0.5)
                middles |= dict.fromkeys(across, rows.shape[1] - 1)
        if kind.family == "Hexahedron" and (0, 6) not in middles:
            sides = [n for n in kind.middles.values() if n < 20]
            rows = self._with_middle(rows, list(range(8)), sides, 0.25)
            middles |= dict.fromkeys(((0, 6), (1, 7), (2, 4), (3, 5)), rows.shape[1] - 1)
        return rows, middles

    def _with_middle(self, rows: Ints, corners: list[int], sides: list[int], weight: float) -> Ints:
        """Return the rows with one node more: where the serendipity cell has its middle."""
        sorted_rows = np.sort(rows[:, corners], axis=1)
        keys = [tuple(int(node) for node in row) for row in sorted_rows]
        at = weight * self.points[rows[:, sides]].sum(axis=1)
        at -= 0.25 * self.points[rows[:, corners]].sum(axis=1)
        new: list[NDArray[np.float64]] = []
        for key, place in zip(keys, at, strict=True):
            if key not in self._added:
                self._added[key] = len(self.points) + len(new)
                new.append(place)
        if new:
            self.points = np.vstack([self.points, new])
        return np.column_stack([rows, [self._added[key] for key in keys]])

    def _check(self, kind: CellType, cells: Ints, owner: Ints) -> None:
        x = self.points[cells[:, : kind.dim + 1]]
        spokes = x[:, 1:] - x[:, :1]
        if kind.dim == 2:
            size = np.cross(spokes[:, 0], spokes[:, 1])
            flip = size[:, np.argmax(np.abs(size).sum(axis=0))] > 0
        else:
            flip = np.einsum("nd,nd->n", spokes[:, 0], np.cross(spokes[:, 1], spokes[:, 2])) > 0
        total = np.bincount(owner, flip)
        mixed = np.flatnonzero((total > 0) & (total < np.bincount(owner)))
        if len(mixed):
            at = ", ".join(f"{c:.3g}" for c in x[owner == mixed[0]].mean(axis=(0, 1)))
            raise MeshError(
                f"{len(mixed)} of the cells ({kind.family.lower()}) fold over and cannot be split "
                f"(the first at {at} in the file); mesh with triangles or tetrahedra"
            )


def _turned(corners: Ints) -> Ints:
    """Return rows of four corners turned until the lowest comes first."""
    first = np.argmin(corners, axis=1)
    return np.asarray(corners[np.arange(len(corners))[:, None], (first[:, None] + range(4)) % 4])
