"""Field files: VTX (.bp) for time series and ParaView, VTK (.pvd) for everything else."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.parallel import on_root

if TYPE_CHECKING:
    from pathlib import Path

    from thermosim.heat.problem import HeatProblem

_BYTES_PER_DOF, _BYTES_PER_CELL = 250, 100  # of both formats, 1.5 times what they take


def write_fields(folder: Path, problem: HeatProblem) -> None:
    """Write ΔT [K], the regions and the mean intensity of each cell [W/m²] (collective).

    Coordinates are in units of the mesh, micrometres.

    Raises
    ------
    OSError
        If there is no room for them.
    """
    from dolfinx import fem
    from dolfinx.io import VTKFile

    mesh = problem.domain.mesh
    check_room(folder, problem)
    delta = fem.Function(problem.space, name="delta_T_K")
    delta.x.array[:] = problem.theta.x.array
    with VTKFile(mesh.comm, str(folder / "fields.pvd"), "w") as stream:
        stream.write_function([delta, region_function(problem), *_light(problem)], 0.0)
    check_whole(folder, mesh.comm)
    try:
        from dolfinx.io import VTXWriter
    except ImportError:  # DOLFINx without ADIOS2: `thermosim doctor` says so
        return
    with VTXWriter(mesh.comm, str(folder / "fields.bp"), [delta]) as writer:
        writer.write(0.0)


def check_room(folder: Path, problem: HeatProblem, times: int = 1) -> None:
    """Refuse to write fields for which there is no room (collective).

    On a full disk VTK's writer leaves half a file without a word, and VTX's ends the process.

    Raises
    ------
    OSError
        If the file system, a quota or a limit of the process does not hold as many bytes.
    """
    dofs = problem.space.dofmap.index_map.size_global
    cells = problem.domain.mesh.topology.index_map(problem.domain.tdim).size_global
    size = times * (_BYTES_PER_DOF * dofs + _BYTES_PER_CELL * cells)

    def try_it() -> None:
        path = folder / "room"
        try:
            with path.open("wb") as stream:
                os.posix_fallocate(stream.fileno(), 0, size)
        finally:
            path.unlink(missing_ok=True)

    on_root(problem.domain.comm, try_it)


def check_whole(folder: Path, comm: Any) -> None:
    """Refuse VTK files that break off (collective).

    Raises
    ------
    OSError
        If one does.
    """
    end = b"</VTKFile>"

    def look() -> None:
        for path in folder.glob("*.*vt*"):
            with path.open("rb") as stream:
                stream.seek(-min(2 * len(end), path.stat().st_size), os.SEEK_END)
                if end not in stream.read():
                    raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {path} breaks off")

    comm.Barrier()  # every rank has closed its own piece
    on_root(comm, look)


def _light(problem: HeatProblem) -> list[Any]:
    """Return the intensity in the region with the dots, where there is light (collective)."""
    from thermosim.light import GainSource, intensity_by_cell

    return [
        intensity_by_cell(body.source, problem.domain, body.region)
        for body in problem.model.bodies
        if isinstance(body.source, GainSource)
    ]


def region_function(problem: HeatProblem) -> Any:
    """Return the number of each cell's region as a piecewise constant."""
    from dolfinx import fem

    domain = problem.domain
    region = fem.Function(fem.functionspace(domain.mesh, ("DG", 0)), name="region")
    region.x.array[domain.cell_tags.indices] = domain.cell_tags.values.astype(np.float64)
    return region
