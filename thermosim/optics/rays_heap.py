"""Rays through many clear spheres: how much light each of them has beside what it has alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.optics.fresnel import reflect, refract, unpolarised_transmittance

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_CHUNK = 4_000_000  # pairs of rays and spheres at once
_NONE = -1


def mean_in_sphere(index: float) -> float:
    """Return mean over incident intensity in a clear sphere of a refractive index, by rays.

    ``n² - (n² - 1)^(3/2)/n``: the absorbed share of weak absorption over that of the volume, see
    Bohren and Huffman, Absorption and Scattering of Light by Small Particles, section 7.1.
    """
    return float(index**2 - (index**2 - 1.0) ** 1.5 / index)


def light_on_spheres(
    centres: Floats,
    radii: Floats,
    index: float,
    direction: Floats,
    beam: Callable[[Floats], Floats],
    *,
    rays: int,
    seed: int,
    bend: bool = True,
) -> Floats:
    """Return the mean intensity in each sphere over what it has alone in even light, shape (n,).

    Rays start on the plane across ``direction`` above all spheres, as many over each of them, with
    the relative intensity ``beam`` at points (k, 3). With ``bend`` they are refracted and reflected
    (each time the one or the other, by its probability) and count with their paths inside; else
    they end in the first sphere. What falls on z = 0 is lost. Of clear spheres: little is absorbed.
    """
    random = np.random.default_rng(seed)
    each = max(rays // len(radii), 1)
    start = _starts(centres, radii, direction, each, random)
    found, sent = np.zeros(len(radii)), np.zeros(len(radii))
    step = max(1, _CHUNK // len(radii))
    for begin in range(0, len(start), step):
        at = start[begin : begin + step]
        over = _crossing(at, direction, centres, radii)
        weight = 1.0 / (over @ (each / (np.pi * radii**2)))  # the area [m²] that each stands for
        sent += weight @ over
        _follow(found, at, weight * beam(at), direction, centres, radii, index, bend, random)
    # over what rays that nothing turns aside would bring: the chance of their places drops out
    if bend:
        return np.asarray(0.75 * found / (radii * mean_in_sphere(index) * sent))
    return np.asarray(found / sent)


def open_share(centres: Floats, radii: Floats, *, rays: int, seed: int) -> Floats:
    """Return the share of the diffuse radiation of each sphere that meets no other, shape (n,).

    ``rays`` from every sphere, from even places, by the cosine law.
    """
    random = np.random.default_rng(seed)
    found = np.empty(len(radii))
    for i, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
        normal = _even_directions(random, rays)
        way = normal + _even_directions(random, rays)  # by the cosine law about the normal
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        at = centre + radius * normal
        others = np.arange(len(radii)) != i
        hits = _crossing(at, way, centres[others], radii[others], ahead=True)
        found[i] = 1.0 - hits.any(axis=1).mean()
    return found


def _even_directions(random: np.random.Generator, count: int) -> Floats:
    """Return unit vectors, even over all directions, shape (count, 3)."""
    z, turn = 2.0 * random.random(count) - 1.0, 2.0 * np.pi * random.random(count)
    across = np.sqrt(1.0 - z**2)
    return np.column_stack([across * np.cos(turn), across * np.sin(turn), z])


def _crossing(
    at: Floats, way: Floats, centres: Floats, radii: Floats, *, ahead: bool = False
) -> NDArray[np.bool_]:
    """Return which straight lines pass through which spheres, shape (rays, n)."""
    along, inside = _past(at, way, centres, radii)
    return (inside > 0.0) & (along > 0.0) if ahead else inside > 0.0


def _past(at: Floats, way: Floats, centres: Floats, radii: Floats) -> tuple[Floats, Floats]:
    """Return how far [m] along each line passes each centre, and the square of half its chord."""
    way = np.broadcast_to(way, at.shape)
    along = way @ centres.T - (at * way).sum(axis=1)[:, None]
    apart = (at**2).sum(axis=1)[:, None] - 2.0 * at @ centres.T + (centres**2).sum(axis=1)
    return along, radii**2 - apart + along**2


def _starts(
    centres: Floats, radii: Floats, direction: Floats, each: int, random: np.random.Generator
) -> Floats:
    """Return points above all spheres, as many over the disk of each, shape (n each, 3)."""
    first = np.cross(direction, [0.0, 1.0, 0.0] if abs(direction[0]) > 0.5 else [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    axes = np.array([first, np.cross(direction, first)])
    # a hair inside, so that rounding does not let a ray miss the sphere that it starts over
    far = np.repeat(radii * (1.0 - 1e-9), each) * np.sqrt(random.random(len(radii) * each))
    turn = 2.0 * np.pi * random.random(far.size)
    across = np.repeat(centres @ axes.T, each, axis=0)
    spots = across + far[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    return np.asarray(spots @ axes + direction * (centres @ direction - radii).min())


def _follow(
    found: Floats,
    at: Floats,
    weight: Floats,
    direction: Floats,
    centres: Floats,
    radii: Floats,
    index: float,
    bend: bool,
    random: np.random.Generator,
) -> None:
    """Add to ``found`` the paths [m] of rays (their number, without ``bend``) by weight."""
    way, last = np.broadcast_to(direction, at.shape), np.full(len(at), _NONE)
    while len(at):
        far, hit = _nearest(at, way, last, centres, radii)
        goes = hit != _NONE
        at, way = at[goes] + far[goes, None] * way[goes], way[goes]
        hit, weight = hit[goes], weight[goes]
        if not bend:
            np.add.at(found, hit, weight)
            return
        at, way = _through(found, at, way, hit, weight, centres, radii, index, random)
        way = way / np.linalg.norm(way, axis=1, keepdims=True)  # rounding grows at every turn
        last = hit


def _nearest(
    at: Floats, way: Floats, last: Ints, centres: Floats, radii: Floats
) -> tuple[Floats, Ints]:
    """Return distance and number of the sphere that each ray meets before z = 0; `_NONE` if none.

    A ray that has just left a sphere (``last``) cannot meet it again.
    """
    along, inside = _past(at, way, centres, radii)
    far = np.where((inside > 0.0) & (along > 0.0), along - np.sqrt(np.maximum(inside, 0.0)), np.inf)
    rows = np.flatnonzero(last != _NONE)
    far[rows, last[rows]] = np.inf
    hit = far.argmin(axis=1)
    nearest = far[np.arange(len(at)), hit]
    with np.errstate(divide="ignore"):
        floor = np.where(way[:, 2] < 0.0, at[:, 2] / -way[:, 2], np.inf)
    return nearest, np.where(nearest < floor, hit, _NONE)


def _through(
    found: Floats,
    at: Floats,
    way: Floats,
    hit: Ints,
    weight: Floats,
    centres: Floats,
    radii: Floats,
    index: float,
    random: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return where rays that meet spheres leave them, and whereto; adds their paths inside."""
    normal = (at - centres[hit]) / radii[hit, None]
    cosine = np.clip(-(way * normal).sum(axis=1), 0.0, 1.0)
    passing = unpolarised_transmittance(cosine, 1.0, index)
    inner = np.sqrt(1.0 - (1.0 - cosine**2) / index**2)  # the same at every turn inside
    enters = random.random(len(at)) < passing
    out_at, out_way = at.copy(), np.where(enters[:, None], way, reflect(way, normal))
    rays = np.flatnonzero(enters)
    at, way = at[rays], refract(way[rays], normal[rays], 1.0, index)
    while rays.size:
        ball = hit[rays]
        chord = 2.0 * radii[ball] * inner[rays]
        np.add.at(found, ball, weight[rays] * chord)
        at = at + chord[:, None] * way
        normal = (at - centres[ball]) / radii[ball, None]
        bent = refract(way, -normal, index, 1.0)  # 0 where rounding makes a grazing ray stay
        leaves = (random.random(rays.size) < passing[rays]) & bent.any(axis=1)
        gone = rays[leaves]
        out_at[gone], out_way[gone] = at[leaves], bent[leaves]
        rays, at, way = rays[~leaves], at[~leaves], reflect(way[~leaves], normal[~leaves])
        way = way / np.linalg.norm(way, axis=1, keepdims=True)
    return out_at, out_way
