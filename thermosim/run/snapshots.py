"""Whole fields of a transient: kept one by one while it runs, written as a series at its end."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.fem.parallel import on_root
from thermosim.results.checkpoint import read_checkpoint, write_checkpoint
from thermosim.run.fields import check_room, check_whole, region_function

if TYPE_CHECKING:
    from thermosim.fem.statemap import StateMap
    from thermosim.heat.problem import HeatProblem

SNAPSHOTS = "snapshots"


class Snapshots:
    """The fields of one run; a field is named by its place in the list of times asked for."""

    def __init__(self, folder: Path, states: StateMap) -> None:
        self.folder, self.states = folder / SNAPSHOTS, states
        on_root(states.comm, lambda: self.folder.mkdir(exist_ok=True))

    def keep(self, number: int, time: float, theta: Any) -> None:
        """Write the present field (collective).

        Raises
        ------
        StorageError
            If the file system refuses.
        """
        values = self.states.gather(theta)
        path = self.folder / f"{number:06d}.npz"

        def write() -> None:
            assert values is not None
            write_checkpoint(path, {"time": time}, {"theta": values})

        on_root(self.states.comm, write)

    def write_fields(self, folder: Path, problem: HeatProblem) -> None:
        """Write all kept fields as ``fields.pvd`` and ``fields.bp``, ΔT [K] against time [s].

        Collective; the problem's theta is the last field afterwards.
        """
        from dolfinx import fem
        from dolfinx.io import VTKFile, VTXWriter

        mesh = problem.domain.mesh
        delta = fem.Function(problem.space, name="delta_T_K")
        region = region_function(problem)
        paths = on_root(mesh.comm, lambda: sorted(self.folder.glob("*.npz")))
        check_room(folder, problem, len(paths))
        with VTKFile(mesh.comm, str(folder / "fields.pvd"), "w") as stream:
            for time in self._replay(paths, delta):
                stream.write_function([delta, region], time)
        check_whole(folder, mesh.comm)
        try:
            with VTXWriter(mesh.comm, str(folder / "fields.bp"), [delta]) as writer:
                for time in self._replay(paths, delta):
                    writer.write(time)
        except (AttributeError, RuntimeError) as error:
            text = f"VTX was not written: {error}\n"
            on_root(mesh.comm, lambda: (folder / "fields.bp.missing.txt").write_text(text))

    def _replay(self, paths: list[Path], delta: Any) -> Any:
        """Yield the time of each kept field, with `delta` set to it."""
        for path in paths:
            kept = on_root(self.states.comm, partial(read_checkpoint, path))
            self.states.scatter(kept.fields["theta"], delta)
            yield float(kept.header["time"])
