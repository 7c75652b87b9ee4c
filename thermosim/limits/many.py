"""Many particles on one substrate, not all of one size: what they do to each other, and the spread.

By the lumped balance of each particle. Heat of the others reaches it through the substrate, as the
waves of `support` carry it from the middle of the plate; particles stand near there. What they
radiate to each other is left out, and so is light that one takes from another: in one layer under
light from above, none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.limits.lumped import Lumped
from thermosim.limits.support import warmth_at
from thermosim.model.of_case import model_of

if TYPE_CHECKING:
    from thermosim.model.of_case import AnyCase


_ROUNDS, _SETTLED = 40, 1e-10
_PLACES = 60  # distances at which the warmth is worked out
_NODES = 9
_HEAT = frozenset({"contact", "near_field"})


def many_numbers(case: AnyCase) -> dict[str, float]:
    """Return means and spread of ΔT over many particles; nothing for a single one.

    ``ensemble_delta_T_emission_K`` is the mean that each particle enters with the light that it
    emits: what a thermometer reads that looks at all of them. Where a particle finds no steady
    state, nothing is told.
    """
    model = model_of(case)
    lump = model.lump
    if lump is None or (lump.particle.count == 1 and lump.particle.sizes is None):
        return {}
    sizes = _sizes(case)
    mutual = _mutual(Lumped.of(model, lump))
    shift = 0.0
    for _ in range(_ROUNDS):
        heat = _mean_heat(sizes, float(mutual.mean()) * shift)
        if heat is None:
            return {}
        if abs(heat - shift) <= _SETTLED * abs(heat):
            break
        shift = heat
    return _spread(sizes, mutual * shift)


def _sizes(case: AnyCase) -> list[tuple[float, Lumped]]:
    """Return the share and the balance of particles of each size: Gauss nodes of their spread."""
    model = model_of(case)
    assert model.lump is not None
    spread, shape = model.lump.particle.sizes, model.lump.particle.shape
    if spread is None:
        return [(1.0, Lumped.of(model, model.lump))]
    rule = spread.rule(1.0, _NODES)
    found = []
    for factor, share in zip(rule.values, rule.shares, strict=True):
        radius = float(factor) * shape.equivalent_radius
        changes = {
            "particle.shape.radius": radius,
            "particle.sizes": None,
            "particle.arrangement": None,
        }
        one = model_of(case.with_(changes))
        assert one.lump is not None
        found.append((float(share), Lumped.of(one, one.lump)))
    return found


def _mutual(body: Lumped) -> Any:
    """Return how much a watt into the substrate under every other particle warms each [K/W]."""
    places = body.lump.particle.places()[:, :2]
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    if len(places) == 1 or body.support is None:
        return np.zeros(len(places))
    between = apart[np.triu_indices(len(places), 1)]
    grid = np.geomspace(between.min(), max(between.max(), 1.001 * between.min()), _PLACES)
    warmth = warmth_at(body.heat, body.lump, body.T_env, grid)
    found = np.interp(np.log(np.where(apart > 0.0, apart, 1.0)), np.log(grid), warmth)
    return np.where(apart > 0.0, found, 0.0).sum(axis=1)


def _mean_heat(sizes: list[tuple[float, Lumped]], warmed: float) -> float | None:
    """Return the heat into the substrate of the mean particle [W]; None without steady state."""
    total = 0.0
    for share, body in sizes:
        own = body.beside_others(warmed)
        theta = own.steady()
        if theta is None:
            return None
        total += share * sum(own.leaving(theta, _HEAT).values())
    return total


def _spread(sizes: list[tuple[float, Lumped]], warmed: Any) -> dict[str, float]:
    """Return the numbers of particles of each size at places warmed by others [K]."""
    ends = np.unique([warmed.min(), 0.5 * (warmed.min() + warmed.max()), warmed.max()])
    values, weights, light = [], [], []
    for share, body in sizes:
        rows = [_state(body.beside_others(float(end))) for end in ends]
        if any(row is None for row in rows):
            return {}
        theta, emitted = np.array(rows, float).T
        power = np.polynomial.polynomial.polyfit(ends - ends[0], theta, len(ends) - 1)
        values.append(np.polynomial.polynomial.polyval(warmed - ends[0], power))
        weights.append(np.full(len(warmed), share / len(warmed)))
        light.append(weights[-1] * np.interp(warmed, ends, emitted))
    theta, weight, shine = (np.concatenate(one) for one in (values, weights, light))
    mean = float(weight @ theta)
    found = {
        "ensemble_particles": float(len(warmed)),
        "ensemble_delta_T_mean_K": mean,
        "ensemble_delta_T_deviation_K": float(np.sqrt(weight @ (theta - mean) ** 2)),
        "ensemble_delta_T_by_others_K": float(warmed.mean()),
        "ensemble_delta_T_by_others_largest_K": float(warmed[np.argmax(np.abs(warmed))]),
    }
    if shine.sum() > 0.0:
        found["ensemble_delta_T_emission_K"] = float(shine @ theta / shine.sum())
    return found


def _state(body: Lumped) -> tuple[float, float] | None:
    """Return ΔT [K] and emitted light [W] of a particle in its steady state."""
    theta = body.steady()
    return None if theta is None else (theta, body.emitted(theta))
