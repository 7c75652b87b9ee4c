"""Many particles each with its own light, size and neighbours: a heap, or a film in an uneven beam.

Each particle has one temperature and the lumped balance of `lumped`, with its share of the light. A
particle that lies on the substrate gives heat to it and is warmed by all others that do; particles
that touch exchange heat through their contact. N balances and the warmths are solved together by
Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.constants import pi

from thermosim.bodies.heap import GROUND, Pile
from thermosim.limits.inside import interface_resistance, sphere_resistance
from thermosim.limits.lumped import ALL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.limits.lumped import Lumped

    Floats = NDArray[np.float64]

_ROUNDS, _SETTLED = 60, 1e-10
_HALVINGS = 30
_COLDEST = 5.0  # K
_STEP = 1e-3  # K
TO_SUBSTRATE = frozenset({"contact", "near_field"})
"""Paths by which heat reaches the substrate."""


@dataclass(frozen=True)
class Particles:
    """Particles, each the balance of its size under its light.

    Attributes
    ----------
    bodies : the balance of each
    grounded : which of them lie on the substrate
    between : conductances [W/K] between particles that touch, shape (n, n), symmetric
    mutual : how much a watt into the substrate under one warms it under another [K/W], (n, n)
    """

    bodies: tuple[Lumped, ...]
    grounded: NDArray[np.bool_]
    between: Floats
    mutual: Floats

    def solve(self) -> tuple[Floats, Floats] | None:
        """Return ΔT of each and what the others warm it through the substrate [K], shapes (n,).

        None where Newton's method finds no steady state.
        """
        n = len(self.bodies)
        state: Floats = np.zeros((2, n))
        now: Floats = self._rates(state)
        for _ in range(_ROUNDS):
            flat = np.linalg.solve(self._slope(state, now), -self._residual(state, now).ravel())
            step: Floats = np.asarray(flat.reshape(2, n), np.float64)
            found = self._shorter(state, step, now)
            if found is None:
                return None
            state, now = found
            if np.abs(step).max() <= _SETTLED * max(np.abs(state).max(), 1e-9):
                return state[0], state[1]
        return None

    def _rates(self, state: Floats) -> Floats:
        """Return the heat left in each but for its neighbours, and what goes down [W], (2, n)."""
        found = np.empty_like(state, dtype=np.float64)
        for i, body in enumerate(self.bodies):
            one = body.beside_others(float(state[1, i]))
            paths = one.leaving(float(state[0, i]), ALL if self.grounded[i] else _NOT_DOWN)
            down = sum(heat for name, heat in paths.items() if name in TO_SUBSTRATE)
            found[:, i] = one.source(float(state[0, i])) - sum(paths.values()), down
        return found

    def _residual(self, state: Floats, rates: Floats) -> Floats:
        exchanged = self.between @ state[0] - self.between.sum(axis=1) * state[0]
        return np.array([rates[0] + exchanged, state[1] - self.mutual @ rates[1]])

    def _slope(self, state: Floats, now: Floats) -> Floats:
        """Return the derivatives of the residual, shape (2n, 2n)."""
        n, step = len(self.bodies), np.array([[_STEP], [0.0]])
        by_own = (self._rates(state + step) - self._rates(state - step)) / (2.0 * _STEP)
        by_warmth = self._rates(state + np.array([[0.0], [1.0]])) - now  # linear in it
        net = np.diag(by_own[0] - self.between.sum(axis=1)) + self.between
        warmth = np.eye(n) - self.mutual * by_warmth[1]
        return np.block([[net, np.diag(by_warmth[0])], [-self.mutual * by_own[1], warmth]])

    def _shorter(self, state: Floats, step: Floats, now: Floats) -> tuple[Floats, Floats] | None:
        """Return the state after a step, halved until the balances are better, and its rates."""
        T, before = self.bodies[0].T_env, np.abs(self._residual(state, now)[0]).max()
        for half in range(_HALVINGS):
            new = state + 0.5**half * step
            if T + new[0].min() > _COLDEST:
                rates = self._rates(new)
                after = np.abs(self._residual(new, rates)[0]).max()
                if after <= before * (1.0 + 1e-9) or after <= 1e-12 * np.abs(rates[1]).max():
                    return new, rates
        return None


_NOT_DOWN = ALL - TO_SUBSTRATE


class Touch(NamedTuple):
    """Two spheres that touch: their radii [m] and conductivities [W/(m K)]."""

    radii: tuple[float, float]
    k: tuple[float, float]


def touch_conductance(touch: Touch, contact_radius: float, h_c: float | None) -> float:
    """Return what two spheres conduct through their contact [W/K], mean to mean.

    `sphere_resistance` of both, and the interface.
    """
    if not contact_radius:
        return 0.0
    spread = sum(
        sphere_resistance(R, contact_radius, k) for R, k in zip(touch.radii, touch.k, strict=True)
    )
    if h_c:
        spread += interface_resistance(contact_radius, h_c, spread)
    return 1.0 / spread


def radius_of_two(one: float, other: float) -> float:
    """Return the radius ``R R'/(R + R')`` [m] of a sphere that touches a plane as two touch.

    Johnson, Kendall and Roberts, 10.1098/rspa.1971.0141.
    """
    return one * other / (one + other)


def conductances(pile: Pile, bodies: tuple[Lumped, ...]) -> Floats:
    """Return the conductances [W/K] of the contacts of a pile, shape (n, n)."""
    found = np.zeros((len(bodies), len(bodies)))
    for i, j in enumerate(pile.below):
        if j == GROUND:
            continue
        b = bodies[i].lump.touches(radius_of_two(pile.radii[i], pile.radii[j]))
        k = tuple(bodies[one].k(bodies[one].T_env) for one in (i, j))
        touch = Touch((pile.radii[i], pile.radii[j]), (k[0], k[1]))
        found[i, j] = found[j, i] = touch_conductance(touch, b, bodies[i].lump.h_c)
    return found


def packed_share(pile: Pile) -> float:
    """Return the volume of the spheres over that of a drum that just holds all of them."""
    across = float(np.hypot(*pile.centres[:, :2].T).max() + pile.radii.max())
    high = float((pile.centres[:, 2] + pile.radii).max())
    return float(4.0 / 3.0 * pi * (pile.radii**3).sum() / (pi * across**2 * high))
