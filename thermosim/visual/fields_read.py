"""Read the field files of a result folder into plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import CaseError

FIELDS = "fields.pvd"
_NODES = {2: {3: 1, 6: 2, 10: 3}, 3: {4: 1, 10: 2, 20: 3}}
_TRIANGLES, _TETRAHEDRA = (5, 22, 69), (10, 24, 71)  # VTK's linear, quadratic, Lagrange


@dataclass(frozen=True)
class Field:
    """A scalar on curved simplices, as it stands in the files.

    Attributes
    ----------
    points : shape (n, 3), [µm]; (r, z, 0) or (x, y, 0) of a plane result
    cells : shape (m, k), nodes of each triangle or tetrahedron in VTK's order
    values : shape (n,)
    regions : shape (m,), number of each cell's region
    names : shape (n,), one integer per node; the same node has the same on every rank
    dim : 2 or 3
    degree : polynomial degree of the cells
    """

    points: NDArray[np.float64]
    cells: NDArray[np.int64]
    values: NDArray[np.float64]
    regions: NDArray[np.int64]
    names: NDArray[np.int64]
    dim: int
    degree: int


def has_fields(folder: Path) -> bool:
    """Whether a result folder holds field files."""
    return (folder / FIELDS).is_file()


def read_field(folder: Path, name: str = "delta_T_K", step: int = -1, unit: float = 1e-6) -> Field:
    """Read a point field of a result.

    Parameters
    ----------
    step : which moment of a series; default the last
    unit : what 1 in the files means [m], ``mesh_unit_m`` of the summary

    Raises
    ------
    CaseError
        If the files are missing or damaged, or hold no such field.
    """
    field = _field(read_grid(folder, step), name, folder)
    return field if unit == 1e-6 else replace(field, points=field.points * (unit / 1e-6))


def read_moment(
    folder: Path, step: int = -1, unit: float = 1e-6, name: str = "delta_T_K"
) -> tuple[Field, dict[str, NDArray[np.float64]]]:
    """Return a point field and all values of its cells by name, of one moment; see `read_field`."""
    grid = _grid(_datasets(folder)[step][1])
    field, own = _field(grid, name, folder), _own_cells(grid)
    from vtkmodules.util.numpy_support import vtk_to_numpy

    data = grid.GetCellData()
    arrays = [data.GetArray(i) for i in range(data.GetNumberOfArrays())]
    values = {a.GetName(): np.asarray(vtk_to_numpy(a), np.float64)[own] for a in arrays}
    return replace(field, points=field.points * (unit / 1e-6)), values


def read_times(folder: Path) -> list[float]:
    """Return the times of the fields of a folder [s]; of a steady result one, 0."""
    return [time for time, _ in _datasets(folder)]


def read_grid(folder: Path, step: int = -1) -> Any:
    """Return the VTK grid of one moment, in units of the mesh."""
    return _grid(_datasets(folder)[step][1])


def _datasets(folder: Path) -> list[tuple[float, Path]]:
    """Return times and files of the moments, as the collection names them."""
    try:
        entries = ElementTree.parse(folder / FIELDS).getroot().findall("./Collection/DataSet")
        found = [(float(e.attrib["timestep"]), folder / e.attrib["file"]) for e in entries]
        found[-1]
    except (OSError, ElementTree.ParseError, IndexError, KeyError, ValueError) as error:
        raise CaseError(
            f"{FIELDS} cannot be read ({error}); run the case again", str(folder)
        ) from error
    for _, path in found:
        if not path.is_file():
            raise CaseError(f"{path.name} is missing; run the case again", str(folder))
    return found


def _grid(path: Path) -> Any:
    # the XML readers alone load in a quarter of the time of pyvista
    from vtkmodules.vtkIOXML import vtkXMLPUnstructuredGridReader, vtkXMLUnstructuredGridReader

    parallel = path.suffix == ".pvtu"
    reader = vtkXMLPUnstructuredGridReader() if parallel else vtkXMLUnstructuredGridReader()
    reader.SetFileName(str(path))
    reader.Update()
    return reader.GetOutput()


def _field(grid: Any, name: str, folder: Path) -> Field:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    values, regions = grid.GetPointData().GetArray(name), grid.GetCellData().GetArray("region")
    if values is None or regions is None or not grid.GetNumberOfCells():
        raise CaseError(f"holds no field {name} on a mesh with regions", str(folder))
    own = _own_cells(grid)
    names = grid.GetPointData().GetArray("vtkOriginalPointIds")
    cells = vtk_to_numpy(grid.GetCells().GetConnectivityArray())
    n_points, n_cells = grid.GetNumberOfPoints(), grid.GetNumberOfCells()
    types = vtk_to_numpy(grid.GetDistinctCellTypesArray())
    dim, degree = _kind(set(types.tolist()), len(cells) / n_cells, folder)
    return Field(
        np.asarray(vtk_to_numpy(grid.GetPoints().GetData()), dtype=np.float64),
        np.asarray(cells, dtype=np.int64).reshape(n_cells, -1)[own],
        np.asarray(vtk_to_numpy(values), dtype=np.float64).reshape(n_points),
        np.rint(vtk_to_numpy(regions)).astype(np.int64)[own],
        np.arange(n_points) if names is None else vtk_to_numpy(names).astype(np.int64),
        dim,
        degree,
    )


def _own_cells(grid: Any) -> NDArray[np.bool_]:
    """Mark the cells that no other rank wrote as well."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    ghost = grid.GetCellData().GetArray("vtkGhostType")
    if ghost is None:
        return np.ones(grid.GetNumberOfCells(), dtype=bool)
    return np.asarray(vtk_to_numpy(ghost) == 0)


def _kind(types: set[int], n_nodes: float, folder: Path) -> tuple[int, int]:
    """Return dimension and degree of the cells, which must all be of one kind."""
    for dim, kinds in ((2, _TRIANGLES), (3, _TETRAHEDRA)):
        if types <= set(kinds) and n_nodes in _NODES[dim]:
            return dim, _NODES[dim][int(n_nodes)]
    raise CaseError(
        f"cells of VTK types {sorted(types)} with {n_nodes:g} nodes; pictures know triangles and "
        "tetrahedra of degree 1 to 3",
        str(folder),
    )
