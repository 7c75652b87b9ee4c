"""Heat content ∫ ρ c_p dT by the exact antiderivative of the laws, of nodes and of whole bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem

from thermosim.fem.domain import compile_form, values_at_quadrature_points
from thermosim.fem.spaces import cell_dofs, quadrature_function
from thermosim.heat import shells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.stages import Share
    from thermosim.heat.transient import TransientProblem
    from thermosim.materials.laws import Law

    Array = NDArray[np.float64]

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(6)
_COARSE = 5.0  # K, stretches over which a smooth law is integrated by six points


class HeatContent:
    """∫ ρ c_p dT [J/m³] from a temperature `T_ref` [K] on."""

    def __init__(self, density: Law[Any], specific_heat: Law[Any], T_ref: float) -> None:
        self._laws, self._T_ref = (density, specific_heat), T_ref
        knots = {T_ref, *density.knots, *specific_heat.knots}
        self._knots = np.array(sorted(knots))
        self._edges = np.empty(0)

    @property
    def is_constant(self) -> bool:
        """Whether ρ c_p is one number."""
        return all(law.is_constant for law in self._laws)

    def capacity(self, T: Array) -> Array:
        """Return ρ c_p at `T` [K] in J/(m³ K)."""
        rho, cp = (law.at(T) for law in self._laws)
        return np.asarray(rho * cp)

    def at(self, T: Array) -> Array:
        """Return the heat content at `T` [K] over that at `T_ref` [J/m³]."""
        if self.is_constant:
            return np.asarray(self.capacity(T) * (T - self._T_ref))
        if not len(T):
            return np.zeros(0)
        self._cover(float(T.min()), float(T.max()))
        i = np.clip(np.searchsorted(self._edges, T) - 1, 0, len(self._edges) - 2)
        return np.asarray(self._sums[i] + self._integral(self._edges[i], T))

    def at_mean(self, T0: Array, T1: Array) -> Array:
        """Return the mean of ρ c_p between two temperatures [J/(m³ K)]."""
        change = T1 - T0
        still = np.abs(change) < 1e-9 * np.abs(T1)
        slope = (self.at(T1) - self.at(T0)) / np.where(still, 1.0, change)
        return np.where(still, self.capacity(T1), slope)

    def _cover(self, low: float, high: float) -> None:
        """Tabulate the integral from edge to edge over all temperatures met so far."""
        if len(self._edges) and self._edges[0] <= low and high <= self._edges[-1]:
            return
        known = self._edges[[0, -1]] if len(self._edges) else np.array([self._T_ref])
        low, high = min(low, self._T_ref, known[0]), max(high, self._T_ref, known[-1])
        first, last = np.floor(low / _COARSE) - 1, np.ceil(high / _COARSE) + 1
        even = _COARSE * np.arange(max(first, 0.0), last + 1)
        inside = (self._knots > even[0]) & (self._knots < even[-1])
        self._edges = np.union1d(even, self._knots[inside])
        parts = self._integral(self._edges[:-1], self._edges[1:])
        sums = np.concatenate([[0.0], np.cumsum(parts)])
        self._sums = sums - sums[np.searchsorted(self._edges, self._T_ref)]

    def _integral(self, low: Array, high: Array) -> Array:
        half, middle = (high - low) / 2, (high + low) / 2
        values = self.capacity(middle[:, None] + half[:, None] * _POINTS)
        return np.asarray(half * (values @ _WEIGHTS))


class Enthalpy:
    """The heat that the bodies and films of a problem hold, over that at T_ref."""

    def __init__(self, problem: TransientProblem) -> None:
        self.problem = problem
        domain, model = problem.domain, problem.model
        self._nodes, self._at_points, forms = [], [], []
        for body in model.bodies:
            content = self._content(body)
            scale = problem.number(domain.volume_scale)
            held, degree = problem.theta, problem.source_degree + 2
            if content.is_constant:
                scale = problem.number(
                    domain.volume_scale * float(content.capacity(np.zeros(1))[0])
                )
            else:
                dofs = cell_dofs(problem.space, domain.cells(body.region))
                self._nodes.append((content, dofs))
                held = quadrature_function(domain, degree)
                self._at_points.append((content, held))
            forms.append(scale * held * domain.weight * domain.dx(body.region, degree))
        self._on_nodes = []
        for film in model.films:
            content, held = self._content(film), fem.Function(problem.space)
            self._on_nodes.append((content, held))
            scale = problem.number(domain.area_scale * film.thickness)
            forms.append(scale * held * domain.weight * shells.measure(domain, film))
        self._forms = [compile_form(form) for form in forms]

    @property
    def varies(self) -> bool:
        """Whether ρ c_p of a body follows its temperature."""
        return bool(self.problem.domain.comm.allreduce(len(self._nodes)))

    def _content(self, part: Any) -> HeatContent:
        return HeatContent(part.density, part.specific_heat, self.problem.model.T_ref)

    def total(self) -> float:
        """Return the heat held now, over that at T_ref everywhere [J] (collective)."""
        problem, T_ref = self.problem, self.problem.model.T_ref
        for content, held in self._at_points:
            values = values_at_quadrature_points(problem.theta, held)
            held.x.array[:] = content.at(T_ref + values)
        for content, held in self._on_nodes:
            held.x.array[:] = content.at(T_ref + problem.theta.x.array)
        local = sum(float(fem.assemble_scalar(form)) for form in self._forms)
        return float(problem.domain.comm.allreduce(local))

    def difference(self, stages: list[Share], last: Array, known: Array) -> Array:
        """Return how two methods differ in a step in the heat of each node, as a temperature [K].

        `known` is by how much they differ in θ, which is the same where ρ c_p is one number.
        """
        found, T_ref = known.copy(), self.problem.model.T_ref
        for content, dofs in self._nodes:
            heat = np.zeros(len(dofs))
            for share, theta, rate in stages:
                heat += share * content.capacity(T_ref + theta[dofs]) * rate[dofs]
            found[dofs] = heat / content.capacity(T_ref + last[dofs])
        return found

    def defect(self, stages: list[Share], first: Array, last: Array) -> tuple[Array, Array]:
        """Return by how much a step misses the heat content of each node, as a temperature [K].

        By the mean ρ c_p of the step, to be judged, and by that at its end, to be carried on.
        `stages` are (weight times step [s], θ, θ̇) at the local nodes; `first` and `last` are θ at
        the ends. Where ρ c_p is one number nothing is missed.
        """
        T_ref = self.problem.model.T_ref
        found = np.zeros((2, len(first)))
        for content, dofs in self._nodes:
            T0, T1 = T_ref + first[dofs], T_ref + last[dofs]
            gained = content.at(T1) - content.at(T0)
            for share, theta, rate in stages:
                gained -= share * content.capacity(T_ref + theta[dofs]) * rate[dofs]
            capacities = np.stack([content.at_mean(T0, T1), content.capacity(T1)])
            found[:, dofs] = np.maximum(found[:, dofs], np.abs(gained / capacities))
        return found[0], found[1]
