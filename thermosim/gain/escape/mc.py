"""Monte Carlo of emitted photons in a body: reflection, escape, reabsorption and re-emission.

Analogue transport: every photon has one fate, so that photons are conserved exactly and the
variance is that of counting. At each encounter a photon is transmitted with the Fresnel
probability of unpolarised light (mean of both polarisations; polarisation is not tracked); the
part reflected goes on in the mirror direction or, with probability `roughness`, with the cosine
law about the inner normal (roughness 0: smooth; 1: ergodic). Near fields and interference are
left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.errors import MeshError
from thermosim.gain.escape.closed import spectral_weights
from thermosim.gain.escape.mc_sphere import lambertian_directions, orbit_depth, run_chords
from thermosim.optics.fresnel import reflect, unpolarised_transmittance
from thermosim.shapes.hits import Floats, HitBody, Rng, SphereSurface, dot, isotropic_directions

Indices = NDArray[np.intp]

ESCAPED, SUBSTRATE, DOTS, PARASITIC, KEPT, LEAKED = range(1, 7)
_MOVES, _ABSORBED = 0, -1
_POOL = 32_768
_LEAKS_ALLOWED = 1e-3


@dataclass(frozen=True)
class OpticalContact:
    """The part of the surface that touches a substrate; optical contact, no gap.

    Attributes
    ----------
    index
        Refractive index of the substrate.
    height
        Surface up to this height above the lowest point touches [m].
    radius
        Only within this distance of the z axis [m].
    """

    index: float
    height: float = 0.0
    radius: float = inf


@dataclass(frozen=True)
class OpticalSurface:
    """Optical surface of a body of refractive index ``index`` in vacuum.

    ``roughness`` is the share of internal reflections that are Lambertian, 0 to 1.
    """

    index: float
    roughness: float = 0.0
    contact: OpticalContact | None = None

    def __post_init__(self) -> None:
        if not self.index >= 1.0:
            raise ValueError(f"refractive index {self.index} must be at least 1 (that of vacuum)")
        if not 0.0 <= self.roughness <= 1.0:
            raise ValueError(f"roughness {self.roughness} must lie between 0 and 1")

    def transmittance(self, cosine: Floats, touching: NDArray[np.bool_]) -> Floats:
        """Return the transmitted share of unpolarised light from inside; shapes (n,)."""
        T = unpolarised_transmittance(cosine, self.index, 1.0)
        if self.contact is not None and np.any(touching):
            below = unpolarised_transmittance(cosine, self.index, self.contact.index)
            T = np.where(touching, below, T)
        # total reflection is total: rounding would let trapped light out after 1e15 bounces
        return np.where(T > 1e-14, T, 0.0)

    def touches(self, point: Floats, body: HitBody) -> NDArray[np.bool_]:
        """Return whether points of the surface [m], shape (n, 3), touch the substrate."""
        if self.contact is None:
            return np.zeros(len(point), bool)
        # a facet is met to rounding, and a mesh to its single precision
        height = self.contact.height or 1e-5 * sqrt(body.area)
        low = point[:, 2] - body.bottom <= height
        return np.asarray(low & (np.hypot(point[:, 0], point[:, 1]) <= self.contact.radius))


class Emitter:
    """Photon energies drawn from a spectrum, with the absorption that each of them meets.

    Parameters
    ----------
    energy, emission
        Spectrum of photons per energy, linear between the points; shapes (k,); energy in J.
    alpha
        Absorption coefficient of the dots [1/m] at ``energy``, or one value.
    """

    def __init__(self, energy: ArrayLike, emission: ArrayLike, alpha: ArrayLike) -> None:
        self.energy = np.atleast_1d(np.asarray(energy, float))
        self.emission = np.atleast_1d(np.asarray(emission, float))
        self.alpha = np.broadcast_to(np.asarray(alpha, float), self.energy.shape)
        self.weights = spectral_weights(self.energy, self.emission)
        if not np.all((self.alpha >= 0.0) & np.isfinite(self.alpha)):
            raise ValueError("alpha must be finite and nowhere negative")
        area = 0.5 * np.diff(self.energy) * (self.emission[1:] + self.emission[:-1])
        self._cumulative = np.concatenate([[0.0], np.cumsum(area)])

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return ``count`` photon energies [J]."""
        if self.energy.size == 1:
            return np.full(count, self.energy[0])
        area = rng.random(count) * self._cumulative[-1]
        cell = np.searchsorted(self._cumulative, area, side="right") - 1
        cell = np.minimum(cell, self.energy.size - 2)
        left, right = self.emission[cell], self.emission[cell + 1]
        step = self.energy[cell + 1] - self.energy[cell]
        part = 2.0 * (area - self._cumulative[cell]) / step
        # solve left*x + (right-left)*x²/2 = part/2 for x in [0, 1] without cancellation
        root = np.sqrt(np.maximum(left**2 + (right - left) * part, 0.0))
        x = part / np.where(left + root > 0.0, left + root, 1.0)
        return np.asarray(self.energy[cell] + step * np.clip(x, 0.0, 1.0))

    def alpha_at(self, energy: Floats) -> Floats:
        """Return the absorption coefficient of the dots [1/m] at photon energies [J]."""
        return np.asarray(np.interp(energy, self.energy, self.alpha))


@dataclass(frozen=True)
class PhotonFates:
    """What became of each initial photon; arrays of shape (photons,).

    Attributes
    ----------
    fate
        How its chain of re-emissions ended: `ESCAPED`, `SUBSTRATE`, `DOTS` (heat in a dot),
        `PARASITIC`, `KEPT` (still inside after the longest time allowed) or `LEAKED`.
    energy
        Energy of the last photon of the chain [J].
    reabsorbed
        How often dots absorbed it.
    """

    fate: NDArray[np.int8]
    energy: Floats
    reabsorbed: NDArray[np.int64]

    def count(self, *fates: int) -> int:
        """Return how many chains ended in any of ``fates``."""
        return int(np.count_nonzero(np.isin(self.fate, fates)))


@dataclass
class _Photons:
    """Photons under way; arrays of shape (n,) or (n, 3)."""

    number: NDArray[np.int64]
    position: Floats
    direction: Floats
    energy: Floats
    alpha: Floats
    reabsorbed: NDArray[np.int64]
    flights: Floats

    def take(self, chosen: NDArray[np.bool_]) -> _Photons:
        return _Photons(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def joined(self, other: _Photons) -> _Photons:
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return _Photons(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Transport:
    """A body, its surface and what its photons are made of; `run` follows them.

    Attributes
    ----------
    parasitic
        Absorption coefficient of everything but the dots [1/m].
    eta_int
        Probability that a dot emits again after absorbing; 0 follows the first emission only.
    max_flights
        Chords after which a photon counts as kept.
    origins
        Where light is born: function of (generator, count); uniform in the body by default.
    """

    body: HitBody
    surface: OpticalSurface
    emitter: Emitter
    parasitic: float = 0.0
    eta_int: float = 0.0
    max_flights: int = 10_000
    origins: Callable[[Rng, int], Floats] | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.eta_int <= 1.0:
            raise ValueError(f"eta_int = {self.eta_int} must lie between 0 and 1")
        if not 0.0 <= self.parasitic < inf:
            raise ValueError(f"parasitic = {self.parasitic} 1/m must be finite and not negative")

    def run(self, photons: int, seed: int) -> PhotonFates:
        """Follow ``photons`` photons from their emission to their end.

        Raises
        ------
        ValueError
            If ``photons`` is below 1.
        MeshError
            If more than one photon in a thousand leaks out of a mesh.
        """
        if photons < 1:
            raise ValueError(f"photons = {photons} must be at least 1")
        rng = np.random.default_rng(seed)
        done = PhotonFates(
            np.zeros(photons, np.int8), np.zeros(photons), np.zeros(photons, np.int64)
        )
        pool, started = self._born(rng, 0, min(photons, _POOL)), min(photons, _POOL)
        while pool.number.size:
            pool = self._step(pool, done, rng)
            room = min(photons - started, _POOL - pool.number.size)
            if room > 0:
                pool = pool.joined(self._born(rng, started, room))
                started += room
        if done.count(LEAKED) > _LEAKS_ALLOWED * photons:
            raise MeshError(
                f"{done.count(LEAKED)} of {photons} photons leaked out of the mesh; mend slits, "
                "needle triangles or self-intersections"
            )
        return done

    def _born(self, rng: Rng, first: int, count: int) -> _Photons:
        energy = self.emitter.sample(rng, count)
        origins = self.origins or self.body.sample
        return _Photons(
            number=np.arange(first, first + count),
            position=origins(rng, count),
            direction=isotropic_directions(rng, count),
            energy=energy,
            alpha=self.emitter.alpha_at(energy),
            reabsorbed=np.zeros(count, np.int64),
            flights=np.zeros(count),
        )

    def _step(self, pool: _Photons, done: PhotonFates, rng: Rng) -> _Photons:
        """Advance every photon by one flight, file those that end, return the others."""
        outcome = self._fly(pool, rng)
        absorbed = np.flatnonzero(outcome == _ABSORBED)
        if absorbed.size:
            outcome[absorbed] = self._absorb(pool, absorbed, rng)
        pool.flights += 1.0
        outcome[(outcome == _MOVES) & (pool.flights >= self.max_flights)] = KEPT
        ended = outcome != _MOVES
        if not np.any(ended):
            return pool
        number = pool.number[ended]
        done.fate[number] = outcome[ended]
        done.energy[number] = pool.energy[ended]
        done.reabsorbed[number] = pool.reabsorbed[ended]
        return pool.take(~ended)

    def _absorb(self, pool: _Photons, which: Indices, rng: Rng) -> NDArray[np.int8]:
        """Share absorbed photons between dots and the rest; re-emit some of the first."""
        alpha = pool.alpha[which]
        by_dots = rng.random(which.size) * (alpha + self.parasitic) < alpha
        again = by_dots & (rng.random(which.size) < self.eta_int)
        pool.reabsorbed[which[by_dots]] += 1
        fresh = which[again]
        pool.energy[fresh] = self.emitter.sample(rng, fresh.size)
        pool.alpha[fresh] = self.emitter.alpha_at(pool.energy[fresh])
        pool.direction[fresh] = isotropic_directions(rng, fresh.size)
        pool.flights[fresh] = 0.0
        return np.where(again, _MOVES, np.where(by_dots, DOTS, PARASITIC)).astype(np.int8)

    def _fly(self, pool: _Photons, rng: Rng) -> NDArray[np.int8]:
        """Move each photon along one chord (in a smooth sphere: a run of like chords)."""
        count = pool.number.size
        hit = self.body.exit(pool.position, pool.direction)
        kappa = pool.alpha + self.parasitic
        path = rng.exponential(size=count) / np.maximum(kappa, 1e-300)
        absorbed = path < hit.distance
        touching = self.surface.touches(hit.point, self.body)
        mu = np.clip(dot(pool.direction, hit.normal), 0.0, 1.0)
        T = self.surface.transmittance(mu, touching)
        out = ~absorbed & (rng.random(count) < T)
        scattered = ~(absorbed | out) & (rng.random(count) < self.surface.roughness)
        pool.position = np.where(
            absorbed[:, None], pool.position + path[:, None] * pool.direction, hit.point
        )
        outcome = np.where(out, np.where(touching, SUBSTRATE, ESCAPED), _MOVES).astype(np.int8)
        outcome[absorbed] = _ABSORBED
        outcome[np.isnan(hit.distance)] = LEAKED
        mirrored = np.flatnonzero((outcome == _MOVES) & ~scattered)
        if isinstance(self.body, SphereSurface):
            mirrored = self._run_chords(self.body, pool, outcome, mirrored, hit.normal, T, rng)
        pool.direction[mirrored] = reflect(pool.direction[mirrored], hit.normal[mirrored])
        chosen = np.flatnonzero(scattered & (outcome == _MOVES))
        pool.direction[chosen] = lambertian_directions(rng, -hit.normal[chosen])
        return outcome

    def _run_chords(
        self,
        sphere: SphereSurface,
        pool: _Photons,
        outcome: NDArray[np.int8],
        mirrored: Indices,
        normal: Floats,
        T: Floats,
        rng: Rng,
    ) -> Indices:
        """Take mirrored photons of a sphere through all their like chords at once.

        Returns those left to be mirrored one by one: their great circle meets the contact.
        """
        single = mirrored[:0]
        contact = self.surface.contact
        if contact is not None:
            depth = sphere.radius * orbit_depth(normal[mirrored], pool.direction[mirrored])
            meets = depth <= contact.height + 1e-4 * sphere.radius
            single, mirrored = mirrored[meets], mirrored[~meets]
        run = run_chords(
            rng,
            sphere.radius,
            normal[mirrored],
            pool.direction[mirrored],
            pool.alpha[mirrored] + self.parasitic,
            T[mirrored],
            self.surface.roughness,
        )
        pool.position[mirrored] = run.position + sphere.centre
        pool.direction[mirrored] = run.direction
        outcome[mirrored] = np.select(
            [run.absorbed, run.out, run.kept], [_ABSORBED, ESCAPED, KEPT], _MOVES
        )
        return single


def ratio_error(numerator: Floats, denominator: Floats) -> float:
    """Return the standard error of ``sum(numerator)/sum(denominator)`` over independent chains."""
    ratio = numerator.sum() / denominator.sum()
    return sqrt(float(np.sum((numerator - ratio * denominator) ** 2))) / float(denominator.sum())
