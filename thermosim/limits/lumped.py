"""The lumped balance of a particle: what a run solves, with one temperature in the body.

Heat source, emissivity, gas and near field are those of the model that a run solves, at the
temperature found; heat on its way to the contact and in the substrate follows `inside` and
`support`. Heat is positive when it warms the body, and when it leaves.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from thermosim.gain.source import emission_rate, emitted_light, heat_source
from thermosim.limits.inside import (
    crossing_resistances,
    flat_resistance,
    interface_resistance,
    neumann,
    pointed_resistance,
    sphere_resistance,
    surface_shift,
)
from thermosim.limits.intensity import LitBody, lit_body
from thermosim.limits.support import Support, support_of
from thermosim.model.heat import Exchange, GasGap, NearFieldGap, Radiation
from thermosim.shapes import Sphere

if TYPE_CHECKING:
    from thermosim.gain import GainParameters
    from thermosim.model.heat import HeatModel
    from thermosim.model.lump import Lump
    from thermosim.model.model import Light, Model

_HOTTEST = 5000.0  # K above the chamber, to which a steady state is sought
_GROWTH = 1.15
_SMALLEST, _NEAR = 1e-9, 1e-4  # K
PATHS = ("radiation", "contact", "gas", "near_field")
"""Names of the paths by which a particle may exchange heat."""
ALL = frozenset(PATHS)


@dataclass(frozen=True)
class Lumped:
    """A particle at one temperature; θ is its mean temperature less that of the chamber [K].

    Attributes
    ----------
    model, lump, heat : what a run solves
    lit : intensities in the body; None without light
    warmth : how much a watt at each intensity warms the contact over the mean, times 4πkR; None
        where that is not known or does not matter
    parameters : of the gain
    host : absorption coefficient of what only heats beside the gain [1/m]
    others : how much other particles warm what is under the contact [K]
    free : share of the radiation of the surface that meets no other particle
    """

    model: Model
    lump: Lump
    heat: HeatModel
    lit: LitBody | None
    parameters: GainParameters | None
    host: float
    warmth: NDArray[np.float64] | None = None
    others: float = 0.0
    free: float = 1.0

    @classmethod
    def of(
        cls, model: Model, lump: Lump, lit: Callable[[Light, GainParameters], LitBody] = lit_body
    ) -> Self:
        """Return the balance of a model about a particle; `lit` finds the light in it."""
        names = (*model.layout.boundaries, *model.layout.insulated)
        heat, light = model.heat(names), model.light
        if light is None:
            return cls(model, lump, heat, None, None, 0.0)
        p = light.resolved().model.parameters(light.laser.photon_energy)
        body, host, shape = lit(light, p), light.optics.host_absorption, lump.particle.shape
        if body.points is None or not isinstance(shape, Sphere):
            return cls(model, lump, heat, body.by_intensity()[0], p, host)
        found = neumann(body.points, shape.radius)
        body, (warmth,) = body.by_intensity(found - found @ body.weight)
        return cls(model, lump, heat, body, p, host, warmth)

    def beside_others(self, warmed: float) -> Self:
        """Return the same particle where others warm what is under its contact [K]."""
        other = copy.copy(self)  # with all that is known of it already
        object.__setattr__(other, "others", warmed)
        return other

    def shaded(self, share: float, free: float = 1.0) -> Self:
        """Return the same particle under this share of its light, and not seeing all around it."""
        other = copy.copy(self)
        object.__setattr__(other, "free", free)
        if self.lit is not None:
            lit = replace(self.lit, intensity=share * self.lit.intensity)
            object.__setattr__(other, "lit", lit)
        return other

    # the body

    @cached_property
    def volume(self) -> float:
        """Volume [m³]."""
        return self.lump.particle.shape.truncated(self.lump.contact_radius).volume

    @cached_property
    def area(self) -> float:
        """Free surface [m²]."""
        return self.lump.particle.shape.truncated(self.lump.contact_radius).free_area

    @property
    def radius(self) -> float:
        """Radius of the sphere of equal volume [m]."""
        return self.lump.particle.shape.equivalent_radius

    @property
    def T_env(self) -> float:
        """Temperature of the chamber [K]."""
        return self.lump.chamber.temperature

    @cached_property
    def paths(self) -> dict[str, Any]:
        """The laws by which the surface exchanges heat with the chamber."""
        goal = self.model.goal.surface
        return next(s for s in self.heat.surfaces if s.boundary == goal).paths

    def k(self, T: float) -> float:
        """Return the conductivity of the particle [W/(m K)] at `T` [K]."""
        tensor = self.lump.material(self.lump.particle.material).conductivity.at(T)
        return float(np.trace(tensor)) / 3.0

    def heat_capacity(self) -> float | None:
        """Return C [J/K] at the temperature of the chamber; None where it is not known."""
        material = self.lump.material(self.lump.particle.material)
        if material.density is None or material.specific_heat is None:
            return None
        return float(material.volumetric_heat_capacity(self.T_env)) * self.volume

    # what is released

    def densities(self, T: float) -> NDArray[np.float64]:
        """Return the heat source [W/m³] at each intensity of the body."""
        if self.lit is None or self.parameters is None:
            return np.array([self.lump.heat_source or 0.0])
        I = self.lit.intensity
        return np.asarray(heat_source(I, T, self.parameters) + self.host * I)

    def source(self, theta: float) -> float:
        """Return the heat released in the particle [W]."""
        return self._released(self.densities(self.T_env + theta))

    def _released(self, q: NDArray[np.float64]) -> float:
        """Return the heat of sources q [W/m³], one for each intensity [W]."""
        return float(q @ self.weights) * self.volume

    def emitted(self, theta: float) -> float:
        """Return the light that the dots send out of the particle [W]."""
        if self.lit is None or self.parameters is None:
            return 0.0
        q = emitted_light(self.lit.intensity, self.T_env + theta, self.parameters)
        return float(q @ self.weights) * self.volume

    def photons(self, theta: float) -> float:
        """Return the photons that the dots send out of the particle [1/s]."""
        if self.lit is None or self.parameters is None:
            return 0.0
        T, p = self.T_env + theta, self.parameters
        rate = emission_rate(self.lit.intensity, T, p)
        return float(p.n_dots * (rate @ self.weights)) * self.volume

    @property
    def weights(self) -> NDArray[np.float64]:
        """The share of the volume of each intensity."""
        return np.ones(1) if self.lit is None else self.lit.weight

    # what leaves

    @cached_property
    def support(self) -> Support | None:
        """The substrate under the contact."""
        if not self.lump.contact_radius:
            return None
        return support_of(self.heat, self.lump, self.model.light, self.T_env)

    def contact_resistance(self, T: float) -> float:
        """Return the resistance from the mean of the body to the end of the support [K/W]."""
        return self._contact_resistance(self.k(T))

    def _contact_resistance(self, k: float) -> float:
        """Return the same from the conductivity of the body [W/(m K)]."""
        b, shape = self.lump.contact_radius, self.lump.particle.shape
        assert self.support is not None
        if isinstance(shape, Sphere):
            inside = sphere_resistance(shape.radius, b, k)
        elif shape.base_area > 0:
            inside = flat_resistance(self.volume, b, k)
        else:
            inside = pointed_resistance(shape.truncated(b).depth, b, k)
        total = inside + self.support.resistance
        if self.lump.h_c:
            total += interface_resistance(b, self.lump.h_c, total)
        return total

    @cached_property
    def _crossing(self) -> tuple[float, float]:
        """Return what near field adds to itself and to the contact, times k [1/m].

        The underside is that of the sphere of equal volume, or the facet that a body lies on.
        """
        gap = next(g for g in self.heat.gaps if isinstance(g, NearFieldGap))
        b, shape = self.lump.contact_radius, self.lump.particle.shape
        flat = shape.base_area > 0
        R = np.sqrt(shape.base_area / np.pi) if flat else 0.99 * self.radius
        edges = np.sqrt(b**2 + np.concatenate([[0.0], np.geomspace(1e-4 * b**2, R**2 - b**2, 300)]))
        r = (edges[1:] + edges[:-1]) / 2.0
        height = 0.0 if flat else np.sqrt(self.radius**2 - b**2) - np.sqrt(self.radius**2 - r**2)
        heat = gap.conductance(height + 0.0 * r) * np.diff(edges**2)
        return crossing_resistances(r, heat / heat.sum(), b)

    def _network(self, k: float) -> NDArray[np.float64]:
        """Return resistances [K/W] between contact and near field, shape (2, 2)."""
        b = self.lump.contact_radius
        total = self._contact_resistance(k)
        if not self.near_field:
            return np.array([[total]])
        assert self.support is not None
        both = 1.0 / k + 4.0 * b * self.support.resistance  # of two half-spaces
        own, mutual = (both * term for term in self._crossing)
        return np.array([[total, mutual], [mutual, own + 1.0 / self.near_field]])

    def _to_support(self, theta: float, q: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the heat that leaves by the contact, and by near field if there is one [W]."""
        support = self.support
        assert support is not None
        T = self.T_env + theta
        k = self.k((T + support.temperature) / 2.0)
        shift = 0.0
        if self.warmth is not None:
            heat = float((q * self.weights * self.volume) @ self.warmth)
            shift = heat / (4.0 * np.pi * k * self.radius)
        network = self._network(k)
        warmed = support.lit + support.glow * self.emitted(theta) + self.others
        drive = T + shift - support.temperature - warmed
        return np.linalg.solve(network, np.full(len(network), drive))

    @cached_property
    def near_field(self) -> float:
        """Conductance of near-field radiation [W/K]."""
        return self.lump.near_field()

    @cached_property
    def gas(self) -> float:
        """Conductance of the gas, across the gap too where the case asks for it [W/K]."""
        law = self.paths.get("gas")
        if not isinstance(law, Exchange):
            return 0.0
        gap = next((g for g in self.heat.gaps if isinstance(g, GasGap)), None)
        if gap is None:
            return law.h * self.area
        x, w = np.polynomial.legendre.leggauss(64)
        z = self.radius * (1.0 + x)  # the sphere of equal volume
        across = (gap.conductance(z) * gap.share(x)) @ w * 2.0 * np.pi * self.radius**2
        return float(across) + law.h * self.area / 2.0

    def emissivity(self, T: float) -> float:
        """Return the emissivity of the surface at `T` [K]."""
        law = self.paths["radiation"]
        assert isinstance(law, Radiation)
        return law.emissivity if isinstance(law.emissivity, float) else float(law.emissivity.at(T))

    def _radiation(self, theta: float, q: NDArray[np.float64]) -> float:
        from thermosim.bodies.chamber import radiative_flux

        k = self.k(self.T_env + theta)
        warm = theta + surface_shift(self._released(q), self.radius, k)
        warm = max(warm, -self.T_env)
        eps = self.emissivity(self.T_env + warm)
        return self.free * self.area * float(radiative_flux(warm, self.T_env, eps))

    def leaving(self, theta: float, only: frozenset[str] = ALL) -> dict[str, float]:
        """Return the heat that leaves by each path that exists [W]."""
        return self._leaving(theta, only, self.densities(self.T_env + theta))

    def _leaving(
        self, theta: float, only: frozenset[str], q: NDArray[np.float64]
    ) -> dict[str, float]:
        """Return the same from the heat sources q [W/m³] at that temperature."""
        found = {}
        if "radiation" in only:
            found["radiation"] = self._radiation(theta, q)
        if self.support is not None and only & {"contact", "near_field"}:
            both = zip(("contact", "near_field"), self._to_support(theta, q), strict=False)
            found |= {name: float(heat) for name, heat in both}
        if self.gas:
            found["gas"] = self.gas * theta
        return {name: heat for name, heat in found.items() if name in only}

    def net(self, theta: float, only: frozenset[str] = ALL) -> float:
        """Return the heat that is left to warm the body [W]."""
        q = self.densities(self.T_env + theta)
        return self._released(q) - sum(self._leaving(theta, only, q).values())

    def steady(self, only: frozenset[str] = ALL) -> float | None:
        """Return ΔT of the first steady state on the way from the chamber's temperature [K].

        With the paths `only`. None where there is none above 0 K and below 5000 K more.
        """
        return first_root(lambda theta: self.net(theta, only), -self.T_env)

    def conductance(self, path: str, theta: float = 0.0) -> float:
        """Return what a path conducts per kelvin about ΔT = θ [W/K]."""
        step = 1e-3 * self.T_env
        only = frozenset({path})
        high, low = (sum(self.leaving(theta + s, only).values()) for s in (step, -step))
        return (high - low) / (2.0 * step)

    def time_to(self, theta: float, capacity: float) -> float | None:
        """Return the time from the chamber's temperature to ΔT = θ [s]; None if never reached."""
        x, w = np.polynomial.legendre.leggauss(40)
        at = theta * (1.0 + x) / 2.0
        rates = np.array([self.net(float(t)) for t in [*at, theta]])
        if not np.all(rates * theta > 0.0):
            return None
        return float(capacity * theta / 2.0 * (w / rates[:-1]).sum())


def first_root(f: Callable[[float], float], lowest: float) -> float | None:
    """Return where f, positive where it drives θ up, first vanishes on the way from θ = 0.

    None if it does not, above `lowest` [K] and below 5000 K.
    """
    from scipy.optimize import brentq

    start = f(0.0)
    if start == 0.0:
        return 0.0
    sign = 1.0 if start > 0.0 else -1.0
    fall = abs(f(sign * _NEAR) - start) / _NEAR
    step = _SMALLEST if fall == 0.0 else max(min(abs(start) / fall / 8.0, 0.1), _SMALLEST)
    last = 0.0
    end = _HOTTEST if sign > 0.0 else -lowest * (1.0 - 1e-9)
    while last < end:
        now = min(last + step, end)
        if f(sign * now) * sign <= 0.0:
            return float(brentq(f, sign * last, sign * now, xtol=1e-300, rtol=1e-13))
        last, step = now, max(step * 2.0 if now < 1.0 else _GROWTH * step, _SMALLEST)
        step = min(step, 2.0 + 0.02 * now)
    return None
