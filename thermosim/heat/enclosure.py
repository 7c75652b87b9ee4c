"""Grey-diffuse exchange between surfaces that see each other and the chamber.

Each surface emits ε(T) σ (T⁴ - T_env⁴) as it would alone in the chamber: that is a form (see
`model.Radiation`). Here is what it absorbs of the others, relative to the chamber: with patch
means e of the emission and a of ε, irradiation H and radiosity J obey ``H = F J`` and
``J = e + (1 - a) H``, and the residual is ``-∫ ε H v dA``, H even over each patch. The derivative
couples all nodes of all surfaces through one number per patch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from dolfinx import fem, la

from thermosim.bodies.chamber import radiative_conductance, radiative_flux
from thermosim.bodies.viewfactors import absorption_factors
from thermosim.heat.enclosure_patches import make_patches
from thermosim.heat.enclosure_surface import surface_points
from thermosim.materials.laws import Law
from thermosim.model.heat import Radiation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.enclosure_patches import Patches
    from thermosim.heat.state import State
    from thermosim.model.heat import Enclosure

    Array = NDArray[np.float64]

_DIFFERENCE = 1e-4  # K, for the slope of a tabulated emissivity


class EnclosureCoupling:
    """The absorbed radiation of one enclosure in the residual; a `lowrank.Coupling`.

    Attributes
    ----------
    patches : areas and exchange areas; independent of the space, so that spaces can share them
    """

    def __init__(
        self, problem: State, enclosure: Enclosure, patches: Patches | None = None
    ) -> None:
        """Find the view factors, unless `patches` of the same mesh brings them (collective)."""
        self.problem, self.enclosure = problem, enclosure
        self.laws = [_radiation_law(problem, name, enclosure.path) for name in enclosure.boundaries]
        self.T_env = self.laws[0].T_env
        domain, space = problem.domain, problem.space
        self.patches = patches or make_patches(domain, enclosure, space)
        degree = max(enclosure.quadrature, 2 * problem.degree)
        self.surface = surface_points(domain, space, enclosure.boundaries, degree)
        self.patch = self.patches.of(self.surface.key)[self.surface.facet]
        self.side = self.surface.boundary[self.surface.facet]
        self.work = fem.Function(space)
        self.areas = self._by_patch(np.ones(len(self.patch)))
        self.F = self.patches.exchange / self.areas[:, None]
        self._slopes: tuple[Array, Array, Array, Array] | None = None

    def _by_patch(self, values: Array) -> Array:
        """Return ∫ values dA over each patch, over all ranks."""
        weighted = self.surface.weights * values
        local = np.bincount(self.patch, weighted, len(self.patches.areas))
        return np.asarray(self.problem.domain.comm.allreduce(local))

    def _at_points(self) -> tuple[Array, Array]:
        """Return θ relative to the chamber [K] and ε at the points."""
        theta = self.surface.values @ self.problem.theta.x.array
        theta = theta + (self.problem.model.T_ref - self.T_env)
        return theta, self._emissivity(theta + self.T_env)

    def _emissivity(self, T: Array) -> Array:
        values = np.empty_like(T)
        for index, law in enumerate(self.laws):
            mine, given = self.side == index, law.emissivity
            values[mine] = given.at(T[mine]) if isinstance(given, Law) else given
        return values

    def _irradiation(self, theta: Array, emissivity: Array) -> tuple[Array, Array, Array]:
        """Return H [W/m²] of each patch, mean ε, and the inverse of 1 - F (1 - ε)."""
        e = self._by_patch(radiative_flux(theta, self.T_env, emissivity)) / self.areas
        a = self._by_patch(emissivity) / self.areas
        inverse = np.asarray(np.linalg.inv(np.eye(len(a)) - self.F * (1 - a)), dtype=float)
        return inverse @ (self.F @ e), a, inverse

    def add_residual(self, b: Any) -> None:
        """Add -∫ ε H v dA to `b` [W]."""
        theta, emissivity = self._at_points()
        H, _, _ = self._irradiation(theta, emissivity)
        self._add(-emissivity * H[self.patch], b)

    def linearise(self) -> None:
        """Take the derivative at the problem's theta."""
        theta, emissivity = self._at_points()
        H, _, inverse = self._irradiation(theta, emissivity)
        T = theta + self.T_env
        change = self._emissivity(T + _DIFFERENCE) - self._emissivity(T - _DIFFERENCE)
        slope = change / (2 * _DIFFERENCE)
        emission = radiative_conductance(T, emissivity) + radiative_flux(theta, self.T_env, slope)
        local = slope * H[self.patch]
        # δe - H δa of each patch, and what all patches then receive
        self._slopes = (local, emissivity, emission - local, inverse @ self.F)

    def add_product(self, x: Any, y: Any, *, transposed: bool = False) -> None:
        """Add derivative times `x` (or its transpose times `x`) to `y`."""
        assert self._slopes is not None
        local, absorbs, emits, spread = self._slopes
        if transposed:
            absorbs, emits, spread = emits, absorbs, _transposed(spread, self.areas)
        self.work.x.array[: x.local_size] = x.array_r
        self.work.x.scatter_forward()
        theta = self.surface.values @ self.work.x.array
        H = spread @ (self._by_patch(emits * theta) / self.areas)
        self._add(-(local * theta + absorbs * H[self.patch]), y)

    def _add(self, flux: Array, b: Any) -> None:
        """Add ∫ flux v dA to the owned entries of `b`."""
        self.work.x.array[:] = self.surface.values.T @ (self.surface.weights * flux)
        self.work.x.scatter_reverse(la.InsertMode.add)
        b.array[:] += self.work.x.array[: b.local_size]

    def budget(self) -> dict[str, float]:
        """Return, by boundary, ``:exchange`` with the others and its part of ``:radiation`` [W].

        Heat goes from one patch to another along all reflections, so that the exchanges sum to
        zero; ``:radiation`` together with the emission of the forms is what the chamber takes.
        """
        theta, emissivity = self._at_points()
        emitted = self._by_patch(radiative_flux(theta, self.T_env, emissivity))
        a = self._by_patch(emissivity) / self.areas
        sent = emitted[:, None] * absorption_factors(self.patches.exchange, self.areas, a)
        found: dict[str, float] = {}
        for index, name in enumerate(self.enclosure.boundaries):
            mine = self.patches.boundary == index
            exchange = float(sent[np.ix_(mine, ~mine)].sum() - sent[np.ix_(~mine, mine)].sum())
            found[f"{name}:exchange"] = exchange
            found[f"{name}:{self.enclosure.path}"] = -float(sent[:, mine].sum()) - exchange
        return found


def _transposed(spread: Array, areas: Array) -> Array:
    """Return the spread of the adjoint: patch integrals in place of patch means."""
    return np.asarray(spread.T * areas[None, :] / areas[:, None])


def _radiation_law(problem: State, boundary: str, path: str) -> Radiation:
    for side in problem.model.surfaces:
        law = side.paths.get(path)
        if side.boundary == boundary and isinstance(law, Radiation):
            return law
    raise ValueError(f'"{boundary}" has no path "{path}" that radiates, as an enclosure needs')
