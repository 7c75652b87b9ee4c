"""Whole fields of a transient: kept one by one while it runs, written as a series at its end."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.fem.parallel import on_root
from thermosim.results.checkpoint import read_checkpoint, write_checkpoint
from thermosim.run.cell_fields import CellFields
from thermosim.run.fields import check_room, write_series

if TYPE_CHECKING:
    from thermosim.fem.statemap import StateMap
    from thermosim.heat.transient import TransientProblem

SNAPSHOTS = "snapshots"


class Snapshots:
    """The fields of one run; a field is named by its place in the list of times asked for."""

    def __init__(self, folder: Path, states: StateMap) -> None:
        self.folder, self.states = folder / SNAPSHOTS, states
        on_root(states.comm, lambda: self.folder.mkdir(exist_ok=True))

    def keep(self, number: int, time: float, problem: TransientProblem) -> None:
        """Write the present field, and how bright the light is (collective).

        Raises
        ------
        StorageError
            If the file system refuses.
        """
        values = self.states.gather(problem.theta)
        path = self.folder / f"{number:06d}.npz"
        header = {"time": time, "intensity_factor": float(problem.factor.value)}

        def write() -> None:
            assert values is not None
            write_checkpoint(path, header, {"theta": values})

        on_root(self.states.comm, write)

    def write_fields(self, folder: Path, problem: TransientProblem) -> None:
        """Write all kept fields against time [s] (collective); the problem's state is the last."""
        paths = on_root(problem.domain.comm, lambda: sorted(self.folder.glob("*.npz")))
        check_room(folder, problem, len(paths))
        values = CellFields(problem)
        write_series(folder, values, self._replay(paths, values))

    def _replay(self, paths: list[Path], values: CellFields) -> Any:
        """Yield the time of each kept field, with `values` and their problem set to it."""
        problem: Any = values.problem
        for path in paths:
            kept = on_root(self.states.comm, partial(read_checkpoint, path))
            self.states.scatter(kept.fields["theta"], problem.theta)
            time = float(kept.header["time"])
            problem.time.value, problem.factor.value = time, kept.header["intensity_factor"]
            values.update()
            yield time
