"""The march of a transient through its schedule: rows, fields, checkpoints, early ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, SolveError
from thermosim.fem.parallel import on_root
from thermosim.fem.statemap import StateMap
from thermosim.heat.account import Account
from thermosim.heat.budget import HeatMeter
from thermosim.model.budget import Budget, leaving, released
from thermosim.results.checkpoint import Checkpoint, rotate_and_write
from thermosim.results.series import SERIES, Mark, Series, SeriesWriter, load_series
from thermosim.run.fields import most_times
from thermosim.run.interrupt import Interrupted, Progress, stop_signal
from thermosim.run.ledger import Ledger
from thermosim.run.moments import field_times
from thermosim.run.snapshots import Snapshots
from thermosim.schedule.schedule import Piece

if TYPE_CHECKING:
    from thermosim.heat.observe import Readings
    from thermosim.heat.timestepper import TimeStepper
    from thermosim.heat.transient import TransientProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.model import Model

_BESIDE = 32  # last digits of the time of a switch, beside which formulas are read
_STEADY_AFTER = 3  # steps of the last piece before a steady state is believed


@dataclass
class Course:
    """How far a run is; all of it stands in a checkpoint.

    Attributes
    ----------
    piece : number of the piece of the schedule that holds `time`
    fresh : whether a piece begins here, so that its first step is to be chosen
    account : energies that came in and are held [J]
    heat_scale : largest heat exchanged so far [W], to which the balance is referred
    """

    time: float = 0.0
    piece: int = 0
    wanted: float = 0.0
    fresh: bool = True
    steps: int = 0
    rejections: int = 0
    newton_iterations: int = 0
    linear_iterations: int = 0
    account: Account = field(default_factory=Account)
    heat_scale: float = 0.0
    worst_balance: float = 0.0
    snapshots: int = 0
    ended_steady: bool = False


@dataclass
class Files:
    """Where a run writes; on rank 0 `writer` is open."""

    folder: Path
    writer: SeriesWriter | None
    snapshots: Snapshots
    case_hash: str
    mesh_hash: str


class TransientRun:
    """Marches one problem through its schedule and writes down what happens."""

    def __init__(
        self,
        model: Model,
        stepper: TimeStepper,
        readings: Readings,
        tell: Callable[[str], None],
    ) -> None:
        assert model.case.transient is not None
        self.model, self.settings, self.tell = model, model.case.transient, tell
        self.stepper, self.readings = stepper, readings
        self.meter = HeatMeter(stepper.problem)
        self.ledger = Ledger(stepper, self.meter, model.case.solver)
        reference = None if model.light is None else model.light.laser.peak_intensity
        try:
            self.pieces = self.settings.schedule.pieces(reference)
        except ValueError as error:
            raise CaseError(str(error)) from error
        self.problem: TransientProblem = stepper.problem
        self.comm = self.problem.domain.comm
        self.states = StateMap(self.problem.space)
        self.course = Course()
        self.rows: list[dict[str, float]] = []
        self.light: AbsorbedLight | None = None
        self.files: Files | None = None
        self._outputs = self.settings.outputs()
        self._field_times = field_times(self.settings, self.pieces, most_times(self.problem))
        self._steady: Any = None
        self._base = asdict(self.course)
        self._progress = Progress(self.settings.duration)

    # the march

    def march(self) -> None:
        """Go from where the course is to the end.

        Raises
        ------
        SolveError
            If no step meets the tolerance.
        StorageError
            If the disk is full.
        Interrupted
            If the process was told to stop (SIGTERM, Ctrl-C); a checkpoint is written first.
        """
        with stop_signal(self.comm) as asked_to_stop:
            if self.course.steps == 0:
                self._begin()
            while (piece := self._piece()) is not None and not self.course.ended_steady:
                self._go_through(piece, asked_to_stop)
                self._leave(piece)

    def _piece(self) -> Piece | None:
        """Return the piece that the course is in, cut at the end of the run; None after it.

        Switches of formulas cut a piece of the schedule as well.
        """
        piece = self.pieces(self.course.piece)
        duration = self.settings.duration
        if piece is None or self.course.time >= duration * (1 - 1e-12):
            return None
        before, after = self.stepper.forcing.span(self.course.time)
        start, stop = max(piece.start, before), min(piece.stop, after)
        stop = stop if stop < duration * (1 - 1e-12) else duration
        self.problem.within = (
            start + _BESIDE * np.spacing(start) if start == before > 0.0 else -np.inf,
            stop - _BESIDE * np.spacing(stop) if stop == after else np.inf,
        )
        first = piece.factor(start) if start > piece.start else piece.first
        last = piece.last if piece.stop <= stop else piece.factor(stop)
        return Piece(start, stop, first, last)

    def _leave(self, piece: Piece) -> None:
        """Go on to the next piece of the schedule, or to what follows a switch within it."""
        if self.course.time >= piece.stop:
            whole = self.pieces(self.course.piece)
            assert whole is not None
            over = self.course.time + 1e-12 * self.settings.duration >= whole.stop
            self.course.piece += int(over)
            self.course.fresh = True

    def _begin(self) -> None:
        """Write down the state at t = 0, with the rates of change that the first light brings."""
        piece = self._piece()
        assert piece is not None
        self.stepper.start(0.0, piece)
        self.ledger.begin(self.course.account)
        self._record(0.0)
        if len(self._field_times) and self._field_times[0] == 0.0:
            self.keep_field()

    def _go_through(self, piece: Piece, asked_to_stop: Callable[[], int]) -> None:
        course, stepper = self.course, self.stepper
        self.ledger.before_start()
        stepper.start(course.time, piece, None if course.fresh else course.wanted)
        self.ledger.after_start(course.account, fresh=course.fresh)
        course.fresh = False
        self._find_steady_state(piece)
        for stop in self._stops(course.time, piece.stop):
            while course.time < stop:
                taken = self._advance(stop)
                course.time, course.steps = stepper.time, course.steps + 1
                last = course.time >= piece.stop or self._checkpoint_is_due()
                self.ledger.add_step(course.account, number=course.steps, last=last)
                if self._after_step(taken, at_stop=course.time >= stop):
                    return
                self._interrupt(asked_to_stop, piece)
                self._checkpoint_if_due(piece)

    def _advance(self, stop: float) -> float:
        try:
            return self.stepper.advance(stop)
        except SolveError:
            self.ledger.explain()
            raise

    def _stops(self, after: float, end: float) -> list[float]:
        """Return the times to be met: outputs, fields and the end of the piece [s]."""
        wanted = np.concatenate([self._outputs, self._field_times])
        inside = wanted[(wanted > after * (1 + 1e-12)) & (wanted < end * (1 - 1e-12))]
        return [*np.unique(inside).tolist(), end]

    def _after_step(self, taken: float, *, at_stop: bool) -> bool:
        """Write down what is wanted of this step; return whether the run ends here."""
        course, settings = self.course, self.settings
        is_output = at_stop and _among(course.time, self._outputs)
        steady = self._is_steady()
        if settings.series == "steps" or is_output or steady:
            self._record(taken)
        if at_stop and _among(course.time, self._field_times):
            self.keep_field()
        self._progress.show(self.tell, course.time, course.steps)
        if steady:
            course.ended_steady = True
        elif course.steps >= settings.max_steps and course.time < settings.duration:
            raise CaseError(
                f"transient.max_steps = {settings.max_steps} reached at t = {course.time:.6g} s of "
                f"{settings.duration:.6g} s; raise it, or raise transient.tolerance"
            )
        return steady

    # what is written down

    def _record(self, taken: float) -> None:
        budget = self.meter.read()
        self.course.account.note(self.course.time, budget)
        balance = self._balance(budget)
        row = {
            "time_s": self.course.time,
            "step_s": taken,
            "intensity_factor": float(self.problem.factor.value),
            **self.readings.temperatures(),
            **{f"{name}_W": value for name, value in budget.items()},
            "energy_balance_rel": balance,
        }
        self.course.worst_balance = max(self.course.worst_balance, balance)
        self._append(row)

    def _balance(self, budget: Budget) -> float:
        """Return |released - stored - leaving| over the most heat exchanged so far."""
        moved = max(abs(released(budget)), sum(map(abs, budget.values())) / 2)
        self.course.heat_scale = max(self.course.heat_scale, moved)
        scale = self.course.heat_scale
        return abs(released(budget) - leaving(budget)) / scale if scale else 0.0

    def _append(self, row: dict[str, float]) -> None:
        self.rows.append(row)
        files = self.files
        if files is None:
            return

        def write() -> None:
            if files.writer is None:
                files.writer = SeriesWriter.create(files.folder / SERIES, list(row))
            files.writer.append(row)

        on_root(self.comm, write)

    def keep_field(self) -> None:
        """Keep the whole field of this moment, if the run writes files."""
        if self.files is not None:
            self.files.snapshots.keep(self.course.snapshots, self.course.time, self.problem)
            self.course.snapshots += 1

    def keep_last_field(self) -> None:
        """Keep the last state, unless it is kept already."""
        if not _among(self.course.time, self._field_times):
            self.keep_field()

    @property
    def _name(self) -> str:
        """The final folder, as `--resume` takes it."""
        folder = None if self.files is None else self.files.folder
        return "DIR" if folder is None else str(folder).removesuffix(".running")

    # checkpoints

    def _checkpoint_if_due(self, piece: Piece) -> None:
        """Every so many steps write a checkpoint and start anew from it, as a resumed run does."""
        if not self._checkpoint_is_due() or self.course.time >= piece.stop:
            return
        self.checkpoint()
        self.stepper.start(self.course.time, piece, self.stepper.wanted)
        self.ledger.restart()

    def _checkpoint_is_due(self) -> bool:
        return self.course.steps % self.settings.checkpoint_every == 0

    def _interrupt(self, asked_to_stop: Callable[[], int], piece: Piece) -> None:
        number = asked_to_stop()
        if not number:
            return
        self._leave(piece)
        self.checkpoint()
        raise Interrupted(
            f"stopped by a signal at t = {self.course.time:.6g} s; go on with "
            f"`thermosim run --resume {self._name}`",
            number,
        )

    def checkpoint(self) -> None:
        """Write a checkpoint (collective); nothing without a folder.

        Raises
        ------
        StorageError
            If the file system refuses.
        """
        files, course = self.files, self.course
        if files is None:
            return
        self.note_stats()
        course.wanted = self.stepper.wanted
        theta = self.states.gather(self.problem.theta)
        fields = {"theta": theta, **self.ledger.gather()}

        def write() -> None:
            assert files.writer is not None
            assert theta is not None
            header = {
                "course": asdict(course),
                "series": asdict(files.writer.mark()),
                "columns": list(self.rows[0]),
                "case_hash": files.case_hash,
                "mesh_hash": files.mesh_hash,
            }
            whole = {name: values for name, values in fields.items() if values is not None}
            rotate_and_write(files.folder, header, whole)

        on_root(self.comm, write)

    def restore(self, kept: Checkpoint | None) -> None:
        """Set course, field and series to a checkpoint that rank 0 holds (collective).

        Raises
        ------
        StorageError, CaseError
            If it belongs to another case or mesh, or the series was changed.
        """
        files = self.files
        assert files is not None
        kept = self.comm.bcast(kept, root=0)
        assert kept is not None
        header = kept.header
        for name, there in (("case", files.case_hash), ("mesh", files.mesh_hash)):
            if header[f"{name}_hash"] != there:
                raise CaseError(
                    f"the {name} is not the one that the run began with "
                    f"({there}, was {header[f'{name}_hash']}); it cannot be continued",
                    str(files.folder),
                )
        self.states.scatter(kept.fields["theta"], self.problem.theta)
        self.ledger.scatter(kept.fields)
        found = dict(header["course"])
        self.course = Course(**found | {"account": Account(**found["account"])})
        self._base = asdict(self.course)
        path, columns = files.folder / SERIES, header["columns"]

        def reopen() -> Series:
            files.writer = SeriesWriter.resume(path, columns, Mark(**header["series"]))
            return load_series(path)

        read = on_root(self.comm, reopen)
        self.rows = [{name: float(read[name][i]) for name in columns} for i in range(len(read))]

    def note_stats(self) -> None:
        """Add what this process did to what earlier ones did."""
        stats, course = self.stepper.stats, self.course
        for name in ("rejections", "newton_iterations", "linear_iterations"):
            setattr(course, name, self._base[name] + getattr(stats, name))

    # steady state

    def _find_steady_state(self, piece: Piece) -> None:
        """Solve for the state that the last, constant light leads to, if the run may end there."""
        if self.settings.stop_when_steady is None or self._steady is not None:
            return
        if piece.first != piece.last or piece.stop < self.settings.duration:
            return
        from thermosim.heat.transient import steady_state

        try:
            self._steady = steady_state(self.problem, self.stepper.solver.settings, piece.first)
        except (SolveError, CaseError) as error:
            self.tell(f"WARNING: transient.stop_when_steady has no effect: {error}")

    def _is_steady(self) -> bool:
        limit = self.settings.stop_when_steady
        if limit is None or self._steady is None or self.course.steps < _STEADY_AFTER:
            return False
        distance = np.abs(self.problem.theta.x.array - self._steady).max(initial=0.0)
        return bool(max(self.comm.allgather(float(distance))) < limit)

    def series(self) -> Series:
        """Return what was written down so far."""
        names = list(self.rows[0])
        return Series({name: np.array([row[name] for row in self.rows]) for name in names})


def _among(time: float, times: Any) -> bool:
    at = np.searchsorted(times, time * (1 - 1e-12))
    return bool(at < len(times) and abs(times[at] - time) <= 1e-12 * time)
