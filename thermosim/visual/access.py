"""The fields of a result folder in Python: at points, along lines, as a grid, as the picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError
from thermosim.visual import fields_lattice as lattice
from thermosim.visual.fields_read import Field, has_fields, read_grid, read_moment, read_times

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from thermosim.results import Result

_OUTSIDE = 1e-4  # of a cell: points this far out are taken as on its edge
_ITERATIONS = 8


# name: array of the files, unit, what it is
NAMES = {
    "delta_T": ("delta_T_K", "K", "temperature minus that of the surroundings"),
    "T": ("T_K", "K", "temperature"),
    "intensity": ("intensity_W_per_m2", "W/m^2", "local intensity, mean of each cell"),
    "excitation": ("excitation", "1", "excitation number of a dot"),
    "source": ("source_W_per_m3", "W/m^3", "heat released, mean of each cell"),
}
FLUX = "flux_W_per_m2"
_AT_NODES = ("delta_T", "T")


@dataclass(frozen=True)
class Fields:
    """The fields of a result at one of its times: at nodes, in cells, at points, along lines.

    ``delta_T`` and ``T`` [K] stand at nodes; ``intensity`` [W/m²], ``excitation`` and ``source``
    [W/m³] (negative where it cools) are means of cells.

    Attributes
    ----------
    step : which of `times` is read; default the last
    """

    result: Result
    step: int = -1

    @property
    def times(self) -> list[float]:
        """Times of the fields [s]; of a steady result one, 0."""
        return read_times(_folder(self.result))

    def at(self, time: float) -> Fields:
        """Return the fields of the time [s] that is nearest."""
        return Fields(self.result, int(np.argmin(np.abs(np.array(self.times) - time))))

    def field(self, name: str) -> xr.DataArray:
        """Return a field with coordinates [m]: over nodes, or over (the middles of) cells.

        Raises
        ------
        CaseError
            If there are no files, or they hold no such field.
        """
        name = self.checked_name(name)
        mesh, cells = self._read()
        if name in _AT_NODES:
            shift = self.result.layout.T_ref if name == "T" else 0.0
            return _table(mesh.values + shift, mesh.points, "node", name, self._directions())
        values = self._cell_values(cells, NAMES[name][0])
        return _table(values, _middles(mesh), "cell", name, self._directions())

    def flux(self) -> xr.DataArray:
        """Return the heat flux in the middle of each cell [W/m²], shape (cell, direction)."""
        import xarray as xr

        mesh, cells = self._read()
        names = self._directions()
        values = self._cell_values(cells, FLUX)[:, : mesh.dim]
        places = {n: ("cell", 1e-6 * x) for n, x in zip(names, _middles(mesh).T, strict=False)}
        about = {"units": "W/m^2", "long_name": "heat flux"}
        return xr.DataArray(
            values, {**places, "direction": list(names)}, ("cell", "direction"), "flux", about
        )

    @property
    def source(self) -> xr.DataArray:
        """Heat released [W/m³], mean of each cell; negative where it cools."""
        return self.field("source")

    @property
    def intensity(self) -> xr.DataArray:
        """Local intensity [W/m²], mean of each cell; 0 where nothing is lit."""
        return self.field("intensity")

    def checked_name(self, name: str | None) -> str:
        """Return the name of a field that there is; of None the one that results are about.

        Raises
        ------
        CaseError
            If there is no such field.
        """
        if name is None:
            return "delta_T" if self.result.layout.zero else "T"
        if name not in NAMES:
            raise CaseError(f"there are the fields {', '.join(NAMES)}, no {name}")
        if name not in _AT_NODES:
            self._cell_values(self._read()[1], NAMES[name][0])
        return name

    def _read(self) -> tuple[Field, dict[str, NDArray[np.float64]]]:
        return read_moment(_folder(self.result), self.step, self.result.summary["mesh_unit_m"])

    def _cell_values(self, cells: dict[str, NDArray[np.float64]], array: str) -> NDArray[Any]:
        if array not in cells:
            rule = f"holds no {array}: nothing is lit, or an older thermosim wrote it"
            raise CaseError(f"{rule}; run the case again", str(self.result.directory))
        return cells[array]

    def _directions(self) -> tuple[str, ...]:
        symmetry = self.result.layout.symmetry
        return {"axisymmetric": ("r", "z"), "planar": ("x", "y")}.get(symmetry, ("x", "y", "z"))

    def to_pyvista(self, *, revolve: bool = False) -> Any:
        """Return the mesh with its fields as a pyvista grid, coordinates in metres.

        Of an axisymmetric result the coordinates are (r, z, 0); `revolve` gives the outside and
        the cut faces of the body, three quarters of it, in (x, y, z).
        """
        import pyvista

        grid: Any = pyvista.wrap(read_grid(_folder(self.result), self.step))
        grid.points = np.asarray(grid.points, dtype=float) * self.result.summary["mesh_unit_m"]
        grid.point_data["T_K"] = grid.point_data["delta_T_K"] + self.result.layout.T_ref
        if not revolve or self.result.layout.symmetry != "axisymmetric":
            return grid
        half = grid.extract_surface(nonlinear_subdivision=1, algorithm="dataset_surface")
        half.points = half.points[:, [0, 2, 1]]
        return half.extrude_rotate(resolution=72, angle=270.0, capping=True)

    def show(self, name: str | None = None, *, revolve: bool = True) -> None:
        """Open a window with the field: turn, zoom, move the clip plane."""
        import pyvista

        shown = self.checked_name(name)
        array, unit, _ = NAMES[shown]
        plotter: Any = pyvista.Plotter(title=self.result.case.title or "thermosim")
        body = self.to_pyvista(revolve=revolve)
        plotter.add_mesh_clip_plane(
            body, scalars=array, scalar_bar_args={"title": f"{shown} ({unit})"}, normal="y"
        )
        plotter.show_axes()
        plotter.show()

    def probe(self, points: ArrayLike, name: str = "delta_T") -> NDArray[np.float64]:
        """Return a field at points [m] in space, shape (n, 3); NaN outside the mesh.

        Curved cells are evaluated exactly; fields of cells are the mean of the cell.
        """
        name = self.checked_name(name)
        mesh, cells = self._read()
        x = 1e6 * np.array(points, dtype=float, ndmin=2)
        symmetry = self.result.layout.symmetry
        if symmetry == "axisymmetric":
            x = np.column_stack([np.hypot(x[:, 0], x[:, 1]), x[:, 2]])
        elif symmetry == "quarter":
            x[:, :2] = np.abs(x[:, :2])
        nodes = mesh.points[mesh.cells][:, :, : mesh.dim]
        found = [_at(point[: mesh.dim], nodes, mesh) for point in x]
        if name in _AT_NODES:
            shift = self.result.layout.T_ref if name == "T" else 0.0
            return np.array([value for _, value in found]) + shift
        values = np.append(self._cell_values(cells, NAMES[name][0]), np.nan)
        return np.asarray(values[[cell for cell, _ in found]])

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

    def animate(self, path: str | Path, *, seconds: float = 0.15) -> Path:
        """Write the temperature over time as GIF (or MP4, where ffmpeg is); return the path."""
        from thermosim.visual.animate import write_animation

        return write_animation(self.result, Path(path), seconds)


def _middles(mesh: Field) -> NDArray[np.float64]:
    """Return the middles of the corners of cells [µm], shape (m, d)."""
    return np.asarray(mesh.points[mesh.cells[:, : mesh.dim + 1]].mean(axis=1)[:, : mesh.dim])


def _table(
    values: NDArray[np.float64],
    points: NDArray[np.float64],
    over: str,
    name: str,
    directions: tuple[str, ...],
) -> xr.DataArray:
    import xarray as xr

    places = {n: (over, 1e-6 * x) for n, x in zip(directions, points.T, strict=False)}
    about = {"units": NAMES[name][1], "long_name": NAMES[name][2]}
    return xr.DataArray(values, places, (over,), name, about)


def _folder(result: Result) -> Path:
    folder = result.directory
    if folder is None or not has_fields(folder):
        rule = "has no field files; run it with an output folder and output.fields = true"
        raise CaseError(rule, "" if folder is None else str(folder))
    return folder


def _at(x: NDArray[np.float64], nodes: NDArray[np.float64], field: Field) -> tuple[int, float]:
    """Return the cell at a point of the mesh [µm], -1 if none, and the field there.

    By Newton's method in each cell that may hold it.
    """
    low, high = nodes.min(axis=1), nodes.max(axis=1)
    room = 0.1 * (high - low)
    near = np.flatnonzero(((x >= low - room) & (x <= high + room)).all(axis=1))
    best, found, there = -_OUTSIDE, np.nan, -1
    for cell in near:
        part = _barycentric(x, nodes[cell], field)
        if part.min() >= best:
            shape = lattice.basis(field.dim, field.degree, part[None])
            best, there, found = (
                part.min(),
                int(cell),
                float(shape[0] @ field.values[field.cells[cell]]),
            )
    return there, found


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
