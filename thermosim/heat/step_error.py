"""What one step in time adds to the error of the goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dolfinx import fem

from thermosim.heat.observe import RegionMean
from thermosim.heat.probes import PointProbe

if TYPE_CHECKING:
    from thermosim.heat.observe import Reading, Readings
    from thermosim.heat.timestepper import TimeStepper


class StepError:
    """The difference of a step from that of its embedded method, in the goal."""

    def __init__(
        self, stepper: TimeStepper, region: str, readings: Readings, probe: str | None
    ) -> None:
        self.stepper = stepper
        self._error = fem.Function(stepper.problem.space)
        at = readings.probes.get(probe or "")
        self._goal: Reading = RegionMean(stepper.problem, region, self._error)
        if isinstance(at, PointProbe):
            self._goal = at.of(self._error)

    def value(self) -> float:
        """Return the size of the difference in the last step [K] (collective)."""
        self._error.x.array[:] = self.stepper.local_error()
        return abs(self._goal.value())
