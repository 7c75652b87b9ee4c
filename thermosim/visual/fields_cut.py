"""The plane that pictures show: the mesh itself in (r, z), or a cut through a body in space."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thermosim.visual import fields_lattice as lattice
from thermosim.visual.fields_read import Field

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ON_PLANE = 1e-9  # of the size of the body: nodes this near lie on it
_SLICE_PARTS = 3  # each curved tetrahedron is cut as 27 straight ones


@dataclass(frozen=True)
class Cut:
    """A field on curved triangles of a plane, and the lines of its mesh; lengths in µm.

    Attributes
    ----------
    x : shape (m, k, 2), nodes of each triangle: across (r or x) and height z
    values : shape (m, k)
    regions : shape (m,)
    degree : of the triangles
    edges : shape (e, s, 2), lines of the mesh
    outlines : shape (o, s, 2), lines around the regions
    numbers : number of each region by name
    axes : what the two directions are called
    symbol : what the values are: ΔT, or T for absolute temperatures
    """

    x: Floats
    values: Floats
    regions: Ints
    degree: int
    edges: Floats
    outlines: Floats
    numbers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    axes: tuple[str, str] = ("across", "height z")
    symbol: str = "ΔT"

    def mirrored(self) -> Cut:
        """Return the cut with its mirror image at the axis."""
        flip = np.array([-1.0, 1.0])
        return replace(
            self,
            x=np.concatenate([self.x, self.x * flip]),
            values=np.concatenate([self.values, self.values]),
            regions=np.concatenate([self.regions, self.regions]),
            edges=np.concatenate([self.edges, self.edges * flip]),
            outlines=np.concatenate([self.outlines, self.outlines * flip]),
        )

    def extent(self, region: int | None = None) -> tuple[float, float, float, float]:
        """Return x and z ranges (x0, x1, z0, z1) of a region or of all."""
        points = self.x if region is None else self.x[self.regions == region]
        low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])

    def of_region(self, region: int) -> Cut:
        """Return the cells of one region; the lines stay."""
        there = self.regions == region
        return replace(
            self, x=self.x[there], values=self.values[there], regions=self.regions[there]
        )

    def triangles(
        self, window: tuple[float, float, float, float], most: int = 12_000
    ) -> tuple[Floats, Ints, Floats]:
        """Return straight triangles that show a window: points (n, 2), triangles (t, 3), values.

        Curved cells are divided the finer, the fewer they are.
        """
        x0, x1, z0, z1 = window
        low, high = self.x.min(axis=1), self.x.max(axis=1)
        seen = (high[:, 0] >= x0) & (low[:, 0] <= x1) & (high[:, 1] >= z0) & (low[:, 1] <= z1)
        count = max(int(seen.sum()), 1)
        parts = 1 if self.degree == 1 else int(np.clip((most / count) ** 0.5, 2, 8))
        at, cells = lattice.subdivision(2, parts)
        shape = lattice.basis(2, self.degree, at)
        points = lattice.evaluate(shape, self.x[seen]).reshape(-1, 2)
        values = lattice.evaluate(shape, self.values[seen]).reshape(-1)
        shifts = len(at) * np.arange(int(seen.sum()))
        return points, (cells[None] + shifts[:, None, None]).reshape(-1, 3), values


def cut_of(field: Field, symmetry: str, y: float = 0.0) -> Cut:
    """Return what pictures show of a field: the cut through the axis, or the plane at `y` [µm].

    Axisymmetric results and quarters are mirrored, so that both sides of the axis are seen.
    """
    if field.dim == 2:
        cut = flat_cut(field, drop_axis=symmetry == "axisymmetric")
        return cut.mirrored() if symmetry == "axisymmetric" else cut
    if symmetry == "quarter":
        return _face_of_quarter(field).mirrored()
    return slice_of(field, y)


def flat_cut(field: Field, *, drop_axis: bool = False) -> Cut:
    """Return a plane field as it is; `drop_axis` leaves out the outlines at x = 0."""
    points = field.points[:, :2]
    edges, outlines = _edges(points, field.cells, field.regions, field, drop_axis=drop_axis)
    x, values = points[field.cells], field.values[field.cells]
    return Cut(x, values, field.regions, field.degree, edges, outlines)


def _edges(
    points: Floats, cells: Ints, regions: Ints, field: Field, *, drop_axis: bool
) -> tuple[Floats, Floats]:
    """Return each edge of curved triangles once, and those around regions, as lines."""
    parts = 1 if field.degree == 1 else 6
    keys, owners, lines = [], [], []
    for edge in lattice.EDGES[2]:
        shape = lattice.basis(2, field.degree, lattice.edge_points(2, edge, parts))
        lines.append(lattice.evaluate(shape, points[cells]))
        keys.append(np.sort(field.names[cells[:, list(edge)]], axis=1))
        owners.append(regions)
    key, owner, line = np.concatenate(keys), np.concatenate(owners), np.concatenate(lines)
    once = np.unique(key, axis=0, return_index=True)[1]
    border = _alone(np.column_stack([key, owner]))
    if drop_axis:
        size = float(np.abs(points).max())
        border &= ~(np.abs(line[:, :, 0]) < _ON_PLANE * size).all(axis=1)
    return line[once], line[border]


def _alone(keys: Ints) -> NDArray[np.bool_]:
    """Mark the rows that occur once."""
    _, inverse, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse.reshape(-1)] == 1)


def _face_of_quarter(field: Field) -> Cut:
    """Return the faces of the cells in the mirror plane y = 0, with across = x."""
    on_plane = np.abs(field.points[:, 1]) < _ON_PLANE * np.abs(field.points).max()
    cells, regions = [], []
    for local in lattice.face_nodes(field.degree):
        there = on_plane[field.cells[:, local]].all(axis=1)
        cells.append(field.cells[there][:, local])
        regions.append(field.regions[there])
    points, faces, owners = field.points[:, [0, 2]], np.concatenate(cells), np.concatenate(regions)
    edges, outlines = _edges(points, faces, owners, field, drop_axis=True)
    return Cut(points[faces], field.values[faces], owners, field.degree, edges, outlines)


def slice_of(field: Field, y: float) -> Cut:
    """Cut curved tetrahedra by the plane at `y`, each as small straight ones."""
    height = field.points[:, 1] - y
    height = np.where(np.abs(height) < _ON_PLANE * np.abs(field.points).max(), 0.0, height)
    reached = (height[field.cells].min(axis=1) <= 0) & (height[field.cells].max(axis=1) > 0)
    cells, regions = field.cells[reached], field.regions[reached]
    nodal = np.dstack([field.points[cells][:, :, [0, 2]], field.values[cells], height[cells]])
    at, tetrahedra = lattice.subdivision(3, 1 if field.degree == 1 else _SLICE_PARTS)
    fine = _on_plane_exactly(lattice.evaluate(lattice.basis(3, field.degree, at), nodal))
    pieces = fine[:, tetrahedra].reshape(-1, 4, 4)
    polygons, origin = _cut_simplices(pieces, 3)
    edges, outlines = _slice_lines(cells, regions, nodal, field)
    owner = np.repeat(regions, len(tetrahedra))[origin]
    return Cut(polygons[:, :, :2], polygons[:, :, 2], owner, 1, edges, outlines)


def _slice_lines(cells: Ints, regions: Ints, nodal: Floats, field: Field) -> tuple[Floats, Floats]:
    """Cut the faces of the cells: all of them, and those around regions."""
    at, triangles = lattice.subdivision(2, 1 if field.degree == 1 else _SLICE_PARTS)
    shape = lattice.basis(2, field.degree, at)
    keys, faces = [], []
    for local in lattice.face_nodes(field.degree):
        keys.append(np.sort(field.names[cells[:, local[:3]]], axis=1))
        faces.append(nodal[:, local])
    key, face = np.concatenate(keys), np.concatenate(faces)
    border = _alone(np.column_stack([key, np.tile(regions, len(faces))]))
    once = np.unique(key, axis=0, return_index=True)[1]
    lines = []
    for chosen in (face[once], face[border]):
        fine = _on_plane_exactly(lattice.evaluate(shape, chosen))
        pieces = fine[:, triangles].reshape(-1, 3, 4)
        lines.append(_cut_simplices(pieces, 2)[0][:, :, :2])
    return lines[0], lines[1]


def _on_plane_exactly(fine: Floats) -> Floats:
    """Return points (m, p, c) whose last component, the height, has lost its rounding errors.

    An edge that lies in the plane would else be cut here and there.
    """
    height = fine[:, :, -1]
    noise = 1e-12 * np.abs(height).max(axis=1, initial=0.0, keepdims=True)
    fine[:, :, -1] = np.where(np.abs(height) <= noise, 0.0, height)
    return fine


def _cut_simplices(pieces: Floats, size: int) -> tuple[Floats, Ints]:
    """Cut straight simplices where their last component changes sign.

    Parameters
    ----------
    pieces : shape (m, vertices, c); the last component is the height above the plane
    size : vertices of what is returned: 3 for triangles of tetrahedra, 2 for lines of triangles

    Returns
    -------
    The cut pieces, shape (q, size, c - 1), and the simplex that each comes from, shape (q,).
    """
    count = pieces.shape[1]
    pattern = ((pieces[:, :, -1] > 0) * (1 << np.arange(count))).sum(axis=1)
    found: list[Floats] = [np.empty((0, size, pieces.shape[2] - 1))]
    origin: list[Ints] = [np.empty(0, dtype=np.int64)]
    for code in range(1, (1 << count) - 1):
        rows: Ints = np.flatnonzero(pattern == code).astype(np.int64)
        corners = np.stack([_between(pieces[rows], *e) for e in lattice.crossings(code, count)], 1)
        for i in range(corners.shape[1] - size + 1):
            found.append(corners[:, [0, *range(i + 1, i + size)]])
            origin.append(rows)
    return np.concatenate(found), np.concatenate(origin)


def _between(pieces: Floats, above: int, below: int) -> Floats:
    """Return where the edges from `above` to `below` meet the plane."""
    a, b = pieces[:, above], pieces[:, below]
    t = (a[:, -1] / (a[:, -1] - b[:, -1]))[:, None]
    return np.asarray((a + t * (b - a))[:, :-1])
