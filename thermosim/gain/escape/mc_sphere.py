"""Runs of like chords in a sphere, taken in one go by the Monte Carlo of photons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermosim.shapes.hits import Bools, Floats, Rng, dot, isotropic_directions


def lambertian_directions(rng: Rng, normal: Floats) -> Floats:
    """Return unit vectors with the cosine law about ``normal``, shape (n, 3)."""
    vectors = isotropic_directions(rng, len(normal)) + normal
    length = np.sqrt(dot(vectors, vectors))
    # exactly opposite to the normal: no direction left; go along the normal
    vectors = np.where(length[:, None] > 0.0, vectors, normal)
    return np.asarray(vectors / np.where(length > 0.0, length, 1.0)[:, None])


class ChordRun(NamedTuple):
    """How runs of chords end: masks (n,), new positions and directions (n, 3).

    Positions are from the centre [m]. What is neither absorbed nor out nor kept was scattered at
    the surface and goes on.
    """

    absorbed: Bools
    out: Bools
    kept: Bools
    position: Floats
    direction: Floats


def orbit_depth(normal: Floats, direction: Floats) -> Floats:
    """Return how far above the bottom of a unit sphere the great circle of a ray stays.

    A mirror reflection in a sphere keeps the plane through the centre. Shapes (n, 3) to (n,).
    """
    tangent = _tangent(normal, direction)
    return np.asarray(1.0 - np.hypot(normal[:, 2], tangent[:, 2]))


def run_chords(
    rng: Rng,
    radius: float,
    normal: Floats,
    direction: Floats,
    kappa: Floats,
    transmittance: Floats,
    roughness: float,
) -> ChordRun:
    """Follow photons, just mirrored inside a sphere, to absorption, escape or scattering.

    A mirror reflection in a sphere keeps the angle of incidence and the chord, so the number of
    whole chords with yet another mirror reflection is geometric, and one draw replaces them.

    Parameters
    ----------
    radius, roughness
        Of the sphere [m]; share of reflections that scatter.
    normal, direction
        Outward normal where the photon met the surface and its direction before, shape (n, 3).
    kappa, transmittance
        Total absorption [1/m], and transmittance at this angle of incidence, shape (n,).
    """
    mu = np.clip(dot(normal, direction), 0.0, 1.0)
    tangent = _tangent(normal, direction)
    depth = 2.0 * radius * mu * kappa
    absorbs, survives = -np.expm1(-depth), np.exp(-depth)
    leaves = survives * transmittance
    ends = absorbs + leaves + survives * (1.0 - transmittance) * roughness
    kept = ends < 1e-300
    safe = np.where(kept, 1.0, np.minimum(ends, 1.0))
    chords = _failures(rng, safe)
    draw = rng.random(mu.size) * safe
    absorbed = ~kept & (draw < absorbs)
    out = ~kept & ~absorbed & (draw < absorbs + leaves)
    n, t = _turned(normal, tangent, chords + ~absorbed, mu)
    sine = np.sqrt(1.0 - mu**2)[:, None]
    onward = sine * t - mu[:, None] * n
    part = -np.log1p(-rng.random(mu.size) * absorbs) / np.maximum(kappa, 1e-300)
    position = radius * n + np.where(absorbed, part, 0.0)[:, None] * onward
    return ChordRun(absorbed, out, kept, position, lambertian_directions(rng, -n))


def _failures(rng: Rng, chance: Floats) -> Floats:
    """Return how often a trial of that ``chance`` fails before it succeeds (geometric law)."""
    with np.errstate(divide="ignore"):  # log1p(-1): the first trial succeeds for certain
        return np.asarray(np.floor(np.log1p(-rng.random(chance.size)) / np.log1p(-chance)))


def _tangent(normal: Floats, direction: Floats) -> Floats:
    """Return the unit vector along the surface in the plane of incidence (0 at normal light)."""
    along = direction - dot(normal, direction)[:, None] * normal
    length = np.sqrt(dot(along, along))[:, None]
    return np.asarray(along / np.where(length > 0.0, length, 1.0))


def _turned(normal: Floats, tangent: Floats, turns: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Return normal and tangent after so many chords, each ``2 arcsin(mu)`` about the centre."""
    angle = (turns * 2.0 * np.arcsin(mu))[:, None]
    n = np.cos(angle) * normal + np.sin(angle) * tangent
    n /= np.sqrt(dot(n, n))[:, None]
    return n, np.cos(angle) * tangent - np.sin(angle) * normal
