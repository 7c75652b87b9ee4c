"""Many particles on one substrate, not all of one size: what they do to each other, and the spread.

By the lumped balance of each particle. Heat of the others reaches it through the substrate, as the
waves of `support` carry it from the middle of the plate; particles stand near there. What they
radiate to each other is left out. Light that one takes from another: in one layer under light from
above none, in a heap that of rays (`optics.rays_heap`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.heap import GROUND, Pile, allotted
from thermosim.limits.heap import TO_SUBSTRATE, Particles, conductances, packed_share
from thermosim.limits.intensity import lit_body
from thermosim.limits.lumped import Lumped
from thermosim.limits.support import warmth_at
from thermosim.model.of_case import model_of
from thermosim.model.thermometer import read_dots
from thermosim.optics.rays_heap import light_on_spheres, open_share

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from thermosim.bodies.heap import Heap
    from thermosim.model.lump import Lump
    from thermosim.model.model import Light, Model
    from thermosim.model.of_case import AnyCase
    from thermosim.optics.beam import Laser


_ROUNDS, _SETTLED = 40, 1e-10
_PLACES = 60  # distances at which the warmth is worked out
_NODES = 9
_EVEN = 1e-9
_ON_AXIS = 1e-12  # m
_LOOKS = 1000  # rays from each sphere that find how much of it others hide


@dataclass(frozen=True)
class _Found:
    """Particles in their steady states: ΔT [K], weight, photons [1/s], warmth by others [K]."""

    theta: Any
    weight: Any
    photons: Any
    warmed: Any


def many_numbers(case: AnyCase) -> dict[str, float]:
    """Return means and spread of ΔT over many particles; nothing for a single one.

    ``ensemble_delta_T_emission_K`` is the mean that each particle enters with the photons that it
    emits, ``ensemble_delta_T_thermometer_K`` what the tail of the light of all of them reads.
    Where a particle finds no steady state, nothing is told.
    """
    model = model_of(case)
    lump = model.lump
    if lump is None:
        return {}
    particle = lump.particle
    if particle.heap is None and particle.count == 1 and particle.sizes is None:
        return {}
    extra: dict[str, float] = {}
    if particle.heap is not None:
        found, extra = _heaped(case, model, particle.heap)
    elif np.ptp(light := _beam_on(model.light, lump)) > _EVEN * light.max():
        found = _each(case, model, _film(lump, _radii(case, particle.count, 0)), light)
    else:
        found = _alike_in_light(case, model, lump)
    return {} if found is None else _numbers(model, found) | extra


def _numbers(model: Model, found: _Found) -> dict[str, float]:
    theta, weight = found.theta, found.weight
    mean = float(weight @ theta)
    numbers = {
        "ensemble_particles": float(len(found.warmed)),
        "ensemble_delta_T_mean_K": mean,
        "ensemble_delta_T_deviation_K": float(np.sqrt(weight @ (theta - mean) ** 2)),
        "ensemble_delta_T_by_others_K": float(found.warmed.mean()),
        "ensemble_delta_T_by_others_largest_K": float(
            found.warmed[np.argmax(np.abs(found.warmed))]
        ),
    }
    shine, light = weight * found.photons, model.light
    if light is not None and shine.sum() > 0.0:
        numbers["ensemble_delta_T_emission_K"] = float(shine @ theta / shine.sum())
        settings = model.thermometry
        if settings is not None:
            T = model.T_ref + theta
            reading = read_dots(light.resolved().model, T, shine, settings, model.T_ref)
            numbers["ensemble_delta_T_thermometer_K"] = reading.delta_T
    return numbers


# all in the same light: every size at every place


def _alike_in_light(case: AnyCase, model: Model, lump: Lump) -> _Found | None:
    sizes = _sizes(case)
    places = lump.particle.places()[:, :2]
    mutual = _mutual(Lumped.of(model, lump), places).sum(axis=1)
    shift = 0.0
    for _ in range(_ROUNDS):
        heat = _mean_heat(sizes, float(mutual.mean()) * shift)
        if heat is None:
            return None
        if abs(heat - shift) <= _SETTLED * abs(heat):
            break
        shift = heat
    return _spread(sizes, mutual * shift)


def _of_radius(case: AnyCase, radius: float, *, aimed: bool = False) -> Lumped:
    """Return the balance of one particle of a radius [m]; ``aimed``: in the middle of the beam."""
    changes = {
        "particle.shape.radius": radius,
        "particle.sizes": None,
        "particle.heap": None,
        "particle.arrangement": None,
    }
    one = model_of(case.with_(changes))
    assert one.lump is not None
    if not aimed or one.light is None:
        return Lumped.of(one, one.lump)
    aim = _aim_at(one.light.laser, [0.0, 0.0, radius])
    if np.allclose(aim, one.light.laser.aim, rtol=0.0, atol=_ON_AXIS):
        return Lumped.of(one, one.lump)
    light = model_of(case.with_(changes | {"laser.aim": list(aim)})).light
    assert light is not None
    return Lumped.of(one, one.lump, lambda _, p: lit_body(light, p))


def _aim_at(laser: Laser, point: ArrayLike) -> tuple[float, ...]:
    """Return the aim [m] of the beam moved sideways until its axis runs through a point [m]."""
    offset = np.asarray(point, np.float64) - laser.aim
    moved = laser.aim + offset - (offset @ laser.direction) * laser.direction
    return tuple(float(x) for x in moved)


def _sizes(case: AnyCase) -> list[tuple[float, Lumped]]:
    """Return the share and the balance of particles of each size: Gauss nodes of their spread."""
    model = model_of(case)
    assert model.lump is not None
    spread, shape = model.lump.particle.sizes, model.lump.particle.shape
    if spread is None:
        return [(1.0, Lumped.of(model, model.lump))]
    rule = spread.rule(1.0, _NODES)
    return [
        (float(share), _of_radius(case, float(factor) * shape.equivalent_radius))
        for factor, share in zip(rule.values, rule.shares, strict=True)
    ]


def _mutual(body: Lumped, places: Any) -> Any:
    """Return how much a watt under each warms the substrate under another [K/W], (n, n)."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    between = apart[apart > 0.0]
    if not between.size or body.support is None:
        return np.zeros_like(apart)
    grid = np.geomspace(between.min(), max(between.max(), 1.001 * between.min()), _PLACES)
    warmth = warmth_at(body.heat, body.lump, body.T_env, grid)
    found = np.interp(np.log(np.where(apart > 0.0, apart, 1.0)), np.log(grid), warmth)
    return np.where(apart > 0.0, found, 0.0)


def _mean_heat(sizes: list[tuple[float, Lumped]], warmed: float) -> float | None:
    """Return the heat into the substrate of the mean particle [W]; None without steady state."""
    total = 0.0
    for share, body in sizes:
        own = body.beside_others(warmed)
        theta = own.steady()
        if theta is None:
            return None
        total += share * sum(own.leaving(theta, TO_SUBSTRATE).values())
    return total


def _spread(sizes: list[tuple[float, Lumped]], warmed: Any) -> _Found | None:
    """Return particles of each size at places warmed by others [K]."""
    ends = np.unique([warmed.min(), 0.5 * (warmed.min() + warmed.max()), warmed.max()])
    values, weights, light = [], [], []
    for share, body in sizes:
        rows = [_state(body.beside_others(float(end))) for end in ends]
        if any(row is None for row in rows):
            return None
        theta, emitted = np.array(rows, float).T
        power = np.polynomial.polynomial.polyfit(ends - ends[0], theta, len(ends) - 1)
        values.append(np.polynomial.polynomial.polyval(warmed - ends[0], power))
        weights.append(np.full(len(warmed), share / len(warmed)))
        light.append(np.interp(warmed, ends, emitted))
    theta, weight, photons = (np.concatenate(one) for one in (values, weights, light))
    return _Found(theta, weight, photons, warmed)


def _state(body: Lumped) -> tuple[float, float] | None:
    """Return ΔT [K] and emitted photons [1/s] of a particle in its steady state."""
    theta = body.steady()
    return None if theta is None else (theta, body.photons(theta))


# each in its own light: a heap, or a film in an uneven beam


def _radii(case: AnyCase, count: int, seed: int) -> Any:
    """Return the radius [m] of each of ``count`` particles: the Gauss nodes, by their shares."""
    lump = model_of(case).lump
    assert lump is not None
    spread, shape = lump.particle.sizes, lump.particle.shape
    if spread is None:
        return np.full(count, shape.equivalent_radius)
    rule = spread.rule(1.0, _NODES)
    return shape.equivalent_radius * rule.values[allotted(rule, count, seed)]


def _film(lump: Lump, radii: Any) -> Pile:
    places = lump.particle.places()[:, :2]
    return Pile(np.column_stack([places, radii]), radii, np.full(len(radii), GROUND))


def _beam_on(light: Light | None, lump: Lump) -> Any:
    """Return the intensity of the beam at each particle over that on its axis."""
    radii = np.full(lump.particle.count, lump.particle.shape.equivalent_radius)
    return _relative(light, lump, _film(lump, radii).centres)


def _relative(light: Light | None, lump: Lump, points: Any) -> Any:
    """Return the intensity of the beam over that in a particle on its axis, shape (n,)."""
    if light is None or not light.laser.peak_intensity:
        return np.ones(len(points))
    laser, middle = light.laser, [0.0, 0.0, lump.particle.shape.equivalent_radius]
    through = laser.model_copy(update={"aim": _aim_at(laser, middle)})
    return laser.intensity_at(points) / through.intensity_at([middle])


def _heaped(case: AnyCase, model: Model, heap: Heap) -> tuple[_Found | None, dict[str, float]]:
    """Return the particles of a heap, and how they lie and shade each other."""
    lump, light = model.lump, model.light
    assert lump is not None
    radii = _radii(case, heap.count, heap.seed)
    pile = heap.pile(radii)
    share: Any = np.ones(heap.count)
    if light is not None and light.laser.peak_intensity:
        share = light_on_spheres(
            pile.centres, radii, light.index, light.laser.direction,
            lambda points: _relative(light, lump, points),
            rays=heap.rays, seed=heap.seed, bend=heap.light == "rays",
        )  # fmt: skip
    grounded = pile.below == GROUND
    extra = {
        "heap_coverage": heap.coverage(radii),
        "heap_packed_share": packed_share(pile),
        "heap_share_on_substrate": float(grounded.mean()),
        "heap_light_mean": float(share.mean()),
        "heap_light_deviation": float(share.std()),
    }
    free = open_share(pile.centres, radii, rays=_LOOKS, seed=heap.seed)
    found = _each(case, model, pile, share, free)
    if found is not None:
        extra |= {
            "heap_delta_T_coldest_K": float(found.theta.min()),
            "heap_delta_T_warmest_K": float(found.theta.max()),
        }
    return found, extra | {"heap_radiation_free_mean": float(free.mean())}


def _each(case: AnyCase, model: Model, pile: Pile, share: Any, free: Any = 1.0) -> _Found | None:
    """Return particles that each have a share of their light and of what is around them."""
    assert model.lump is not None
    of_size = {
        radius: _of_radius(case, float(radius), aimed=True) for radius in np.unique(pile.radii)
    }
    bodies = tuple(
        of_size[radius].shaded(float(s), float(open_))
        for radius, s, open_ in np.broadcast(pile.radii, share, free)
    )
    grounded = (pile.below == GROUND) & (model.lump.contact_radius > 0.0)
    down = np.flatnonzero(grounded)
    mutual = np.zeros((len(bodies), len(bodies)))
    if down.size:
        mutual[np.ix_(down, down)] = _mutual(bodies[down[0]], pile.centres[down, :2])
    between = conductances(pile, bodies)
    solved = Particles(bodies, grounded, between, mutual).solve()
    if solved is None:
        return None
    photons = np.array([b.photons(float(t)) for b, t in zip(bodies, solved[0], strict=True)])
    weight = np.full(len(bodies), 1.0 / len(bodies))
    return _Found(solved[0], weight, photons, solved[1])
