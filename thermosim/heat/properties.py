"""Properties that follow the temperature, looked at over the range that a solution visits.

A polynomial or a spline that fits in its range of measurement may fall below zero beside it, and a
property that jumps has no derivative for Newton's method: both are told as what they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.fem.domain import boundary_dofs
from thermosim.fem.spaces import cell_dofs
from thermosim.materials.laws import Law

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from thermosim.heat.problem import HeatProblem

_SAMPLES = 400
_JUMP, _WITHIN = 0.2, 0.15  # share of a value that changes within a part of the range: a jump
_BESIDE = 0.05  # of the range that a failed solve was about to meet
_SIDE = 1e-9  # of a temperature: both sides of a knot
_UNITS = {
    "conductivity": "W/(m*K)",
    "density": "kg/m^3",
    "specific heat": "J/(kg*K)",
    "emissivity": "",
}


@dataclass(frozen=True)
class Property:
    """One law that is not constant, and the local nodes at which it acts."""

    place: str
    kind: str
    law: Law[Any]
    dofs: NDArray[np.int32]

    def fault(self, low: float, high: float) -> Problem | None:
        """Return what is wrong with the values from `low` to `high` [K]; None if nothing is."""
        T = self._temperatures(low, high)
        with np.errstate(all="ignore"):
            values = self.law.at(T)
        bad = ~(values >= 0.0) if self.kind == "emissivity" else ~(values > 0.0)
        above = values > 1.0 if self.kind == "emissivity" else np.zeros(len(T), dtype=bool)
        if not np.any(bad | above):
            return None
        at = int(np.argmin(np.where(bad, values, np.inf)) if np.any(bad) else np.argmax(values))
        rule = "must be from 0 to 1" if self.kind == "emissivity" else "must be above 0"
        told = (
            f"{rule}, at {T[at]:.6g} K, of the {low:.6g} K to {high:.6g} K that the solution visits"
        )
        remedy = "give a table over all of this range, or a law that keeps its sign there"
        return Problem(self.place, f"{values[at]:.4g} {_UNITS[self.kind]}".strip(), told, remedy)

    def jump(self, low: float, high: float) -> Problem | None:
        """Return where the law jumps between `low` and `high` [K]; None if nowhere."""
        T = self._temperatures(low, high)
        values = self.law.at(T)
        reach = _WITHIN * (high - low)
        after = np.minimum(np.searchsorted(T, T + reach), len(T) - 1)
        size = np.abs(values[after] - values) / np.abs(values).max()
        at = int(np.argmax(size))
        if size[at] < _JUMP:
            return None
        moves = np.abs(np.diff(values[at : after[at] + 1]))
        steep = at + np.flatnonzero(moves > 1e-3 * moves.sum())
        first, last = T[steep[0]], T[steep[-1] + 1]
        told = (
            f"jumps to {values[after[at]]:.4g} between {first:.6g} K and {last:.6g} K, and "
            "Newton's method does not get over it"
        )
        remedy = 'spread the jump over more kelvins, with interpolation = "smooth"'
        unit = _UNITS[self.kind]
        return Problem(self.place, f"{values[at]:.4g} {unit}".strip(), told, remedy)

    def _temperatures(self, low: float, high: float) -> NDArray[np.float64]:
        knots = np.array([T for T in self.law.knots if low < T < high])
        beside = np.concatenate([knots * (1 - _SIDE), knots, knots * (1 + _SIDE)])
        return np.union1d(np.linspace(low, high, _SAMPLES + 1), beside)


class Properties:
    """All laws of a problem that are not constant, and the temperatures that they have met.

    Collective where there are any.
    """

    def __init__(self, problem: HeatProblem) -> None:
        self.problem = problem
        self._all = list(_properties(problem))
        self._met = np.tile([np.inf, -np.inf], (len(self._all), 1))

    def look(self) -> None:
        """Take the present temperatures.

        Raises
        ------
        CaseError
            If a property has a value that cannot be, at a temperature met so far.
        """
        faults = [
            fault
            for item, (low, high) in zip(self._all, self._widened(), strict=True)
            if low <= high and (fault := item.fault(low, high)) is not None
        ]
        if faults:
            raise CaseError(faults)

    def explain(self) -> None:
        """Tell of what may have made a solve fail, at the temperatures met so far and beside them.

        Raises
        ------
        CaseError
            If a property cannot be there, or jumps.
        """
        ranges = [(item, *met) for item, met in zip(self._all, self._met, strict=True)]
        ranges = [(item, low, high) for item, low, high in ranges if low < high]
        beside = ((item, low, high, _BESIDE * (high - low)) for item, low, high in ranges)
        found = [item.fault(max(low - more, 1.0), high + more) for item, low, high, more in beside]
        found += [item.jump(low, high) for item, low, high in ranges]
        faults = [fault for fault in found if fault is not None]
        if faults:
            raise CaseError(faults)

    def _widened(self) -> NDArray[np.float64]:
        """Return the ranges met so far [K] of those that have grown, an empty one of others."""
        if not self._all:
            return self._met
        theta, T_ref = self.problem.theta.x.array, self.problem.model.T_ref
        now = np.array(
            [
                [theta[p.dofs].min(initial=np.inf), theta[p.dofs].max(initial=-np.inf)]
                for p in self._all
            ]
        )
        told = np.array(self.problem.domain.comm.allgather(now + T_ref))
        low = np.minimum(self._met[:, 0], told[:, :, 0].min(axis=0))
        high = np.maximum(self._met[:, 1], told[:, :, 1].max(axis=0))
        grown = (low < self._met[:, 0]) | (high > self._met[:, 1])
        self._met = np.stack([low, high], axis=1)
        return np.where(grown[:, None], self._met, [np.inf, -np.inf])


def _properties(problem: HeatProblem) -> Iterator[Property]:
    """Yield every law that follows the temperature."""
    space, domain, model = problem.space, problem.domain, problem.model
    for body in model.bodies:
        laws: list[tuple[str, str, Law[Any] | None]] = [
            ("conductivity", name, law) for name, law in body.conductivity.laws().items()
        ]
        laws += [("density", "", body.density), ("specific heat", "", body.specific_heat)]
        varying = [
            (kind, name, law) for kind, name, law in laws if law is not None and not law.is_constant
        ]
        if varying:
            dofs = cell_dofs(space, domain.cells(body.region))
            for kind, name, found in varying:
                place = f'region "{body.region}", {kind}{f" {name}" if name != "k" else ""}'
                yield Property(place.strip(), kind, found, dofs)
    for film in model.films:
        dofs = boundary_dofs(space, domain, [film.boundary])
        parts: list[tuple[str, Law[Any] | None]] = [
            ("conductivity", film.conductivity),
            ("density", film.density),
            ("specific heat", film.specific_heat),
        ]
        for kind, law in parts:
            if law is not None and not law.is_constant:
                yield Property(f'film on "{film.boundary}", {kind}', kind, law, dofs)
    for side in model.surfaces:
        for path in side.paths.values():
            emissivity = getattr(path, "emissivity", None)
            if isinstance(emissivity, Law) and not emissivity.is_constant:
                dofs = boundary_dofs(space, domain, [side.boundary])
                place = f'boundary "{side.boundary}", emissivity'
                yield Property(place, "emissivity", emissivity, dofs)
