"""Field files: VTX (.bp) for time series and ParaView, VTK (.pvd) for everything else."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from thermosim.fem.parallel import on_root
from thermosim.run.cell_fields import CellFields, name_regions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from thermosim.heat.problem import HeatProblem

_BYTES_PER_DOF, _BYTES_PER_CELL = 270, 220  # of both formats, 1.5 times what they take


def write_fields(folder: Path, problem: HeatProblem) -> None:
    """Write the state of a problem, and its light, source and flux (collective); see `CellFields`.

    Coordinates are in units of the mesh, micrometres.

    Raises
    ------
    OSError
        If there is no room for them.
    """
    check_room(folder, problem)
    values = CellFields(problem)
    values.update()
    write_series(folder, values, [0.0])


def write_series(folder: Path, values: CellFields, times: Iterable[float]) -> None:
    """Write fields at the times that an iterator sets them to (collective).

    As ``fields.pvd``, and ΔT once more as ``fields.bp`` where DOLFINx has ADIOS2 (`thermosim
    doctor` tells). VTX goes first: a series is walked once.
    """
    from dolfinx.io import VTKFile

    domain = values.problem.domain
    vtx = _vtx(folder, values)
    with VTKFile(domain.comm, str(folder / "fields.pvd"), "w") as stream:
        for time in times:
            stream.write_function([*values.at_nodes, *values.by_cell], time)
            if vtx is not None:
                vtx.write(time)
    if vtx is not None:
        vtx.close()
    domain.comm.Barrier()  # every rank has closed its own piece
    on_root(domain.comm, lambda: name_regions(folder, domain.regions))
    check_whole(folder, domain.comm)


def _vtx(folder: Path, values: CellFields) -> Any:
    try:
        from dolfinx.io import VTXWriter
    except ImportError:
        return None
    return VTXWriter(values.problem.domain.comm, str(folder / "fields.bp"), [values.delta])


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
