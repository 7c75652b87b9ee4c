"""Laws of sources and surfaces that follow formulas of a case file, in place, time, temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from thermosim.language.namespaces import NUMPY, ufl_namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from thermosim.bodies.boundaries import Exchange
    from thermosim.language.formulas import FieldExpression


class Number(Protocol):
    """Makes a constant of a form out of a float, and knows coordinates and time by name."""

    @property
    def place(self) -> Mapping[str, Any]:
        """Coordinates [m] and time [s] of formulas, as UFL."""
        ...

    def __call__(self, value: float) -> Any:
        """Return the constant."""
        ...


def form_value(field: FieldExpression, number: Number, T: Any = None) -> Any:
    """Return a formula as UFL [SI]; a constant of the form if it uses no name."""
    if field.is_constant:
        return number(field.constant)
    given = dict(number.place) if T is None else {**number.place, "T": T}
    return field.evaluate(ufl_namespace(), **given)


def array_values(points: NDArray[np.float64], symmetry: str) -> dict[str, NDArray[np.float64]]:
    """Return the coordinates of points in space, shape (n, 3) [m], by their names in formulas."""
    x, y, z = points.T
    if symmetry == "axisymmetric":
        return {"r": x, "z": z}
    named = {"x": x, "y": y, "r": np.hypot(x, y)}
    return named if symmetry == "planar" else {**named, "z": z}


@dataclass(frozen=True)
class Formula:
    """A formula with its path in the file and the region or boundary where it acts."""

    path: str
    field: FieldExpression
    region: str | None = None
    boundary: str | None = None


@dataclass(frozen=True)
class FormulaSource:
    """Heat released per volume by a formula of place, time and temperature."""

    heat_source: FieldExpression

    @property
    def varies(self) -> bool:
        """Whether it is a formula, not a number."""
        return not self.heat_source.is_constant

    @property
    def follows_temperature(self) -> bool:
        """Whether it depends on the temperature."""
        return "T" in self.heat_source.names_used

    def density(self, T: Any, number: Number) -> Any:
        """Return the source [W/m³]."""
        return form_value(self.heat_source, number, T)


@dataclass(frozen=True)
class FormulaFlux:
    """A heat flux into the body by a formula."""

    heat_flux: FieldExpression

    @property
    def varies(self) -> bool:
        """Whether it is a formula, not a number."""
        return not self.heat_flux.is_constant

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the outward flux [W/m²]."""
        return -form_value(self.heat_flux, number, theta + T_ref)


@dataclass(frozen=True)
class FormulaExchange:
    """Heat exchanged with surroundings, with a formula for each quantity in it."""

    exchange: Exchange

    @property
    def varies(self) -> bool:
        """Whether one of its quantities is a formula, not a number."""
        return not all(field.is_constant for _, field in self.exchange.expressions())

    def flux(self, theta: Any, T_ref: Any, number: Number) -> Any:
        """Return the outward flux [W/m²]; the surroundings do not feel the temperature here."""
        values = {
            key: form_value(field, number, None if key == "T_env" else theta + T_ref)
            for key, field in self.exchange.expressions()
        }
        return self.exchange.leaving(theta + (T_ref - values["T_env"]), **values)


@dataclass(frozen=True)
class HeldFormula:
    """A held temperature by a formula of place and time."""

    temperature: FieldExpression

    def at(self, points: NDArray[np.float64], symmetry: str, time: float) -> NDArray[np.float64]:
        """Return the temperature [K] at points in space, shape (n, 3) [m], and a time [s]."""
        values = array_values(points, symmetry)
        found = self.temperature.evaluate(NUMPY, **values, t=np.full(len(points), time))
        return np.asarray(np.broadcast_to(found, len(points)), dtype=float)

    @property
    def changes(self) -> bool:
        """Whether it depends on time."""
        return "t" in self.temperature.names_used

    def rate(
        self,
        points: NDArray[np.float64],
        symmetry: str,
        time: float,
        within: tuple[float, float],
        step: float,
    ) -> NDArray[np.float64]:
        """Return dT/dt [K/s] by differences of second order over `step` [s], `within` two times."""
        begin, end = within
        step = min(step, (end - begin) / 4)
        if time < begin + step:
            weights, at = (-1.5, 2.0, -0.5), (time, time + step, time + 2 * step)
        elif time > end - step:
            weights, at = (1.5, -2.0, 0.5), (time, time - step, time - 2 * step)
        else:
            weights, at = (0.5, 0.0, -0.5), (time + step, time, time - step)
        terms = [w * self.at(points, symmetry, t) for w, t in zip(weights, at, strict=True)]
        return np.asarray(np.sum(terms, axis=0) / step)
