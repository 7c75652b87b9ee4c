"""Field files: VTX (.bp) for time series and ParaView, VTK (.pvd) for everything else."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from thermosim.fem.parallel import all_agree, on_root
from thermosim.run.cell_fields import CellFields
from thermosim.run.packed import pack

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from thermosim.fem.domain import Domain
    from thermosim.heat.problem import HeatProblem

_PACKED = 90, 150  # bytes per unknown and per cell of both formats, 1.5 times what they take
_TEXT = 270, 220  # of the one moment that is not packed yet
_SERIES = 200e6  # bytes that a series may take by default
_FEWEST, _MOST = 12, 200  # moments of a series by default


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
        for number, time in enumerate(times):
            stream.write_function([*values.at_nodes, *values.by_cell], time)
            _finish_piece(folder / f"fields_p{domain.comm.rank}_{number:06d}.vtu", domain)
            if vtx is not None:
                vtx.write(time)
    if vtx is not None:
        vtx.close()
    check_whole(folder, domain.comm)


def _finish_piece(path: Path, domain: Domain) -> None:
    """Pack what this rank wrote, and see that it is whole (collective)."""
    failure = None
    try:
        look_at_end(path)
        pack(path, domain.regions)
    except OSError as error:
        failure = error
    all_agree(domain.comm, failure)


def _vtx(folder: Path, values: CellFields) -> Any:
    try:
        from dolfinx.io import VTXMeshPolicy, VTXWriter
    except ImportError:
        return None
    comm, once = values.problem.domain.comm, VTXMeshPolicy.reuse
    return VTXWriter(comm, str(folder / "fields.bp"), [values.delta], mesh_policy=once)


def _size(problem: HeatProblem, per_dof: int, per_cell: int) -> int:
    """Return the bytes of one moment (the same on every rank)."""
    dofs = problem.space.dofmap.index_map.size_global
    cells = problem.domain.mesh.topology.index_map(problem.domain.tdim).size_global
    return int(per_dof * dofs + per_cell * cells)


def most_times(problem: HeatProblem) -> int:
    """Return how many moments of a series are written where the user names none."""
    return int(min(max(_SERIES // _size(problem, *_PACKED), _FEWEST), _MOST))


def check_room(folder: Path, problem: HeatProblem, times: int = 1) -> None:
    """Refuse to write fields for which there is no room (collective).

    On a full disk VTK's writer leaves half a file without a word, and VTX's ends the process.

    Raises
    ------
    OSError
        If the file system, a quota or a limit of the process does not hold as many bytes.
    """
    size = times * _size(problem, *_PACKED) + _size(problem, *_TEXT)

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

    def look() -> None:
        for path in folder.glob("*.*vt*"):
            look_at_end(path)

    comm.Barrier()  # every rank has closed its own piece
    on_root(comm, look)


def look_at_end(path: Path) -> None:
    """Raise OSError if a VTK file breaks off."""
    end = b"</VTKFile>"
    with path.open("rb") as stream:
        stream.seek(-min(2 * len(end), path.stat().st_size), os.SEEK_END)
        if end not in stream.read():
            raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {path} breaks off")
