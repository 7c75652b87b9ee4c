"""How a temperature is followed in time: the section ``[transient]``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from thermosim.language.formulas import FieldExpression, TemperatureExpression
from thermosim.language.kinds import Kind
from thermosim.language.names import Name
from thermosim.language.sections import Section
from thermosim.language.units import (
    Intensity,
    Length,
    NonNegative,
    Positive,
    Temperature,
    TemperatureDifference,
    Time,
)
from thermosim.schedule.moments import distinct, level_ends
from thermosim.schedule.schedule import Chopped, Constant, Pieces, Schedule

Integrator = Literal["dirk4", "dirk3", "dirk2", "backward_euler"]
_MAX_OUTPUTS = 10_000_000


class InitialState(Kind, chosen_by="kind"):
    """The temperatures at t = 0: those of the chamber, unless a kind says otherwise."""

    kind: str

    @property
    def level(self) -> float | None:
        """The one temperature [K] of everything but held faces; None where there is none."""
        return None

    def light_before(self, peak_intensity: float | None) -> float | None:
        """Return the factor on the light whose steady state comes first; None if none does.

        `peak_intensity` [W/m²] is what a factor of 1 stands for, None without a laser.

        Raises
        ------
        ValueError
            If an intensity is given and there is no laser to refer it to.
        """
        return None


class ChamberStart(InitialState):
    """Everything starts at the temperature of the chamber."""

    kind: Literal["chamber"] = "chamber"


class GivenStart(InitialState):
    """Everything but held faces starts at one temperature."""

    kind: Literal["temperature"] = "temperature"
    temperature: Positive[Temperature] = Field(description="Of all that is not held")

    @property
    def level(self) -> float:
        """The temperature [K]."""
        return self.temperature


class FieldStart(InitialState):
    """Everything but held faces starts at temperatures by place and region."""

    kind: Literal["field"] = "field"
    temperature: TemperatureExpression = Field(description="Of regions that are not named below")
    regions: dict[Name, TemperatureExpression] = Field(
        default_factory=dict, description="Of each region, by name"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for field in (self.temperature, *self.regions.values()):
            if late := field.names_used & {"t", "T"}:
                raise ValueError(f'"{min(late)}" is not known at the start; the names are x, y, …')
        return self

    @property
    def level(self) -> float | None:
        """The temperature [K] of the rest, if it is a number: what ΔT is counted from."""
        return self.temperature.constant if self.temperature.is_constant else None

    def by_region(self, regions: Collection[str]) -> dict[str, FieldExpression]:
        """Return the formula of each region."""
        return {name: self.regions.get(name, self.temperature) for name in regions}


class SteadyStart(InitialState):
    """The steady state under a constant light comes first."""

    kind: Literal["steady"] = "steady"
    factor: NonNegative[float] | None = Field(default=None, description="On the intensity")
    intensity: NonNegative[Intensity] | None = Field(default=None, description="Or as such")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (self.factor is None) == (self.intensity is None):
            raise ValueError("give either factor or intensity of the light before t = 0")
        return self

    def light_before(self, peak_intensity: float | None) -> float:
        """Return the factor, or the intensity over that of the laser."""
        if self.factor is not None:
            return self.factor
        if peak_intensity is None:
            raise ValueError("transient.initial.intensity: there is no laser; give factor")
        return (self.intensity or 0.0) / peak_intensity


class Probe(Section):
    """Where a temperature is written down: a point, or the mean over a region."""

    point: Annotated[tuple[Length, ...], Field(min_length=2, max_length=3)] | None = Field(
        default=None, description="(x, y, z), or (r, z) of a body of revolution"
    )
    region: str | None = Field(
        default=None, description="Mean over this region; beside a point, the body that is meant"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.point is None and self.region is None:
            raise ValueError('give a point such as ["0 um", "5 um"], or a region')
        return self


class NamedProbe(Probe):
    """Where the temperature is asked for: a point, or the mean over a region."""

    name: Name = Field(description="What the number is called in the results: probe_NAME_K")


class LockIn(Section):
    """Amplitude and phase of the mean ΔT at the frequency of a chopped pump, or of a formula."""

    period: Positive[Time] | None = Field(
        default=None, description="Of a source or flux by formula; that of chopped light otherwise"
    )
    reference: Literal["sine", "cosine"] = Field(
        default="sine", description="What the lag is counted from where a period is given"
    )
    periods: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Whole periods at the end of the run that are averaged"
    )
    harmonics: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(1,), description="Multiples of the frequency that are looked at"
    )


class TransientSettings(Section):
    """Duration, light, start, accuracy and what is written down."""

    duration: Positive[Time] = Field(description="Time that is followed")
    schedule: Schedule = Constant()
    initial: InitialState = ChamberStart()
    integrator: Integrator = Field(
        default="dirk4",
        description="L-stable Runge-Kutta methods of order 4, 3, 2, or backward Euler (order 1)",
    )
    tolerance: Positive[TemperatureDifference] = Field(
        default=1e-4, description="Error allowed per step, largest over all nodes"
    )
    relative_tolerance: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=1e-4, description="Error allowed per step as a share of ΔT, added to tolerance"
    )
    step: Positive[Time] | None = Field(default=None, description="Fixed step; no error control")
    first_step: Positive[Time] | None = Field(
        default=None, description="After every switch; chosen from the rate of change otherwise"
    )
    max_step: Positive[Time] | None = Field(default=None, description="Longest step")
    max_steps: Annotated[int, Field(ge=1)] = Field(
        default=1_000_000, description="Steps after which a run gives up"
    )
    output_times: tuple[Positive[Time], ...] = Field(
        default=(), description="Times that are met exactly and written to series.csv"
    )
    output_every: Positive[Time] | None = Field(
        default=None, description="Output times at equal distances, besides output_times"
    )
    outputs_per_decade: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Output times spread evenly over the logarithm of time"
    )
    first_output: Positive[Time] | None = Field(
        default=None, description="Start of the decades; duration/1e6 otherwise"
    )
    series: Literal["steps", "outputs"] = Field(
        default="steps", description="Rows of series.csv: every step, or output times alone"
    )
    field_times: tuple[NonNegative[Time], ...] = Field(
        default=(),
        description="Times at which the whole field is kept; the last state always is. By default "
        "the start, all output times and the ends of the levels of the light, as far as 200 MB go",
    )
    probes: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")], Probe] = Field(
        default_factory=dict, description="Where temperatures are written down, by name"
    )
    stop_when_steady: Positive[TemperatureDifference] | None = Field(
        default=None,
        description="End early once every node is this close to the steady state under the last "
        "light",
    )
    lock_in: LockIn | None = None
    checkpoint_every: Annotated[int, Field(ge=1)] = Field(
        default=50, description="Steps between checkpoints"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.integrator == "backward_euler" and self.step is None:
            raise ValueError('integrator = "backward_euler" has no error control; give a step')
        if self.step is not None and (self.first_step or self.max_step):
            raise ValueError("step is fixed: remove first_step and max_step")
        for name in ("output_times", "field_times"):
            late = [t for t in getattr(self, name) if t > self.duration]
            if late:
                raise ValueError(f"{name}: {late[0]:g} s is beyond duration = {self.duration:g} s")
        if self.first_output is not None and not self.outputs_per_decade:
            raise ValueError("first_output needs outputs_per_decade")
        if self.first_output is not None and self.first_output >= self.duration:
            raise ValueError(f"first_output must be below duration = {self.duration:g} s")
        if self.output_every and self.duration / self.output_every > _MAX_OUTPUTS:
            raise ValueError(f"output_every gives more than {_MAX_OUTPUTS} outputs")
        self._check_lock_in()
        return self

    def _check_lock_in(self) -> None:
        if self.lock_in is None:
            return
        if isinstance(self.schedule, Chopped) == (self.lock_in.period is not None):
            raise ValueError(
                'lock_in needs either schedule.kind = "chopped" or lock_in.period, one of them'
            )
        if self.series != "steps":
            raise ValueError('lock_in needs series = "steps"')
        if self.lock_in.periods * self.lock_in_period > self.duration * (1 + 1e-9):
            raise ValueError(
                f"duration = {self.duration:g} s holds fewer than {self.lock_in.periods} periods "
                f"of {self.lock_in_period:g} s"
            )

    @property
    def lock_in_period(self) -> float:
        """Period [s] of what lock-in looks at."""
        assert self.lock_in is not None
        if isinstance(self.schedule, Chopped):
            return self.schedule.length
        assert self.lock_in.period is not None
        return self.lock_in.period

    def pump_coefficient(self, harmonic: int) -> complex:
        """Return the Fourier coefficient of the pump that the lag is counted from."""
        assert self.lock_in is not None
        if isinstance(self.schedule, Chopped):
            return self.schedule.fundamental(harmonic)
        return -0.5j if self.lock_in.reference == "sine" else 0.5 + 0.0j

    def telling_times(
        self, pieces: Pieces, most_ends: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return start, output times and ends of the levels of the light [s], and these ends alone.

        None of the ends of `pieces` if they are more than `most_ends`.
        """
        ends = level_ends(pieces, self.duration, most_ends)
        return distinct(np.concatenate([[0.0], self.outputs(), ends])), ends

    def outputs(self) -> NDArray[np.float64]:
        """Return the output times [s], sorted, the end of the run included."""
        found = [np.asarray(self.output_times, float), np.asarray([self.duration])]
        if self.output_every:
            n = int(np.floor(self.duration / self.output_every * (1 + 1e-12)))
            found.append(self.output_every * np.arange(1, n + 1))
        if self.outputs_per_decade:
            first = self.first_output or self.duration / 1e6
            n = int(np.ceil(np.log10(self.duration / first) * self.outputs_per_decade))
            found.append(np.geomspace(first, self.duration, n + 1))
        if self.lock_in is not None:
            start = self.duration - self.lock_in.periods * self.lock_in_period
            found.append(np.asarray([start] if start > 1e-9 * self.duration else []))
        times = np.concatenate(found)
        return distinct(times[times <= self.duration * (1 + 1e-12)])
