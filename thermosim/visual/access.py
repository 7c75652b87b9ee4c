"""The fields of a result folder in Python: at points, along lines, as a grid, as the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError
from thermosim.visual import fields_lattice as lattice
from thermosim.visual.fields_read import Field, has_fields, read_field, read_grid

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from thermosim.results import Result

_OUTSIDE = 1e-4  # of a cell: points this far out are taken as on its edge
_ITERATIONS = 8


@dataclass(frozen=True)
class Fields:
    """The fields of a result: ΔT and T [K], and the intensity [W/m²] of each cell where lit."""

    result: Result

    def to_pyvista(self) -> Any:
        """Return the mesh with its fields as a pyvista grid, coordinates in metres.

        Of an axisymmetric result the coordinates are (r, z, 0).
        """
        import pyvista

        folder = _folder(self.result)
        grid: Any = pyvista.wrap(read_grid(folder))
        grid.points = np.asarray(grid.points, dtype=float) * self.result.summary["mesh_unit_m"]
        grid.point_data["T_K"] = grid.point_data["delta_T_K"] + self.result.layout.T_ref
        return grid

    def probe(self, points: ArrayLike, name: str = "delta_T") -> NDArray[np.float64]:
        """Return a field at points [m] in space, shape (n, 3); NaN outside the mesh.

        `name` is ``delta_T`` or ``T``. Curved cells are evaluated exactly.
        """
        if name not in ("delta_T", "T"):
            raise CaseError(f"probes know delta_T and T, not {name}")
        folder = _folder(self.result)
        field = read_field(folder, unit=self.result.summary["mesh_unit_m"])
        x = 1e6 * np.array(points, dtype=float, ndmin=2)
        symmetry = self.result.layout.symmetry
        if symmetry == "axisymmetric":
            x = np.column_stack([np.hypot(x[:, 0], x[:, 1]), x[:, 2]])
        elif symmetry == "quarter":
            x[:, :2] = np.abs(x[:, :2])
        nodes = field.points[field.cells][:, :, : field.dim]
        values = [_at(point[: field.dim], nodes, field) for point in x]
        return np.array(values) + (self.result.layout.T_ref if name == "T" else 0.0)

    def line(
        self, a: ArrayLike, b: ArrayLike, n: int = 101, name: str = "delta_T"
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return distances from `a` [m] and a field at `n` points from `a` to `b` [m]."""
        start, end = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
        along = np.linspace(0.0, 1.0, n)
        values = self.probe(start + along[:, None] * (end - start), name)
        return along * float(np.linalg.norm(end - start)), values

    def plot(self) -> Figure:
        """Return the picture of the temperature as a matplotlib figure."""
        from thermosim.visual.report import draw_fields

        return draw_fields(self.result)[0]


def _folder(result: Result) -> Path:
    folder = result.directory
    if folder is None or not has_fields(folder):
        rule = "has no field files; run it with an output folder and output.fields = true"
        raise CaseError(rule, "" if folder is None else str(folder))
    return folder


def _at(x: NDArray[np.float64], nodes: NDArray[np.float64], field: Field) -> float:
    """Return a field at a point of the mesh [µm]: Newton's method in each cell that may hold it."""
    low, high = nodes.min(axis=1), nodes.max(axis=1)
    room = 0.1 * (high - low)
    near = np.flatnonzero(((x >= low - room) & (x <= high + room)).all(axis=1))
    best, found = -_OUTSIDE, np.nan
    for cell in near:
        part = _barycentric(x, nodes[cell], field)
        if part.min() >= best:
            shape = lattice.basis(field.dim, field.degree, part[None])
            best, found = part.min(), float(shape[0] @ field.values[field.cells[cell]])
    return found


def _barycentric(
    x: NDArray[np.float64], nodes: NDArray[np.float64], field: Field
) -> NDArray[np.float64]:
    """Return the barycentric coordinates of a point in a curved cell."""
    dim, step = field.dim, 1e-4
    free: NDArray[np.float64] = np.full(dim, 1.0 / (dim + 1))
    moves = np.vstack([np.zeros(dim), step * np.eye(dim), -step * np.eye(dim)])
    for _ in range(_ITERATIONS):
        at = free + moves
        at = np.column_stack([1.0 - at.sum(axis=1), at])
        places = lattice.basis(dim, field.degree, at) @ nodes
        slope = (places[1 : dim + 1] - places[dim + 1 :]).T / (2 * step)
        free = np.clip(free + np.linalg.solve(slope, x - places[0]), -1.0, 2.0)
    return np.array([1.0 - free.sum(), *free])


def fields(result: Result) -> Fields:
    """Return the fields of a result that has a folder."""
    return Fields(result)
