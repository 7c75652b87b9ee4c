"""Where the rays of a beam start: quasi-random points across it, with the power of the beam."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.beam import Laser, rayleigh_range
from thermosim.optics.rays_bundle import (
    Optics,
    Rays,
    bounce_off_substrate,
    distance_to_substrate,
)
from thermosim.optics.rays_surface import Surface

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
REPLICAS = 8
# Inverse powers of the plastic constant: a low-discrepancy sequence in the plane,
# M. Roberts, The unreasonable effectiveness of quasirandom sequences (2018).
_STRIDE = np.array([0.7548776662466927, 0.5698402909980532])


def quasi_random(count: int, seed: int) -> tuple[Floats, Integers]:
    """Return points in the unit square (count, 2), and which of eight random shifts each has.

    The first replica is point 0, 8, 16, ...; every one is an evenly spread set of its own.
    """
    index = np.arange(count)
    replica = index % REPLICAS
    shifts = np.random.default_rng(seed).random((REPLICAS, 2))
    return (shifts[replica] + np.outer(index // REPLICAS, _STRIDE)) % 1.0, replica


def beam_reach(laser: Laser, surface: Surface) -> float:
    """Return the distance from the axis [m] beyond which the beam is dark at the body.

    For a Gaussian three times its 1/e² radius (1.5e-8 of the power lies beyond), the widest
    within the sphere that encloses the body.
    """
    if laser.profile == "top_hat" and laser.radius is not None:
        return laser.radius
    if laser.profile == "gaussian" and laser.waist is not None:
        along = abs(float((surface.centre - np.asarray(laser.aim)) @ laser.direction) - laser.focus)
        spread = (along + 2.0 * surface.radius) / rayleigh_range(laser.waist, laser.wavelength)
        return 3.0 * laser.waist * math.hypot(1.0, spread)
    return math.inf


def _starts(surface: Surface, laser: Laser, mirrored: bool, square: Floats) -> tuple[Floats, float]:
    """Return starting points (n, 3) for points of the unit square, and the area they cover.

    They fill the disk of the beam, or of the sphere around the body if that is smaller; or,
    with its mirror image in the substrate, a rectangle around both.
    """
    u, v, along = laser.axes
    away = 4.0 * surface.radius + 2.0 * abs(float(surface.centre[2]))
    middle, radius = surface.centre - away * along, surface.radius
    reach = beam_reach(laser, surface)
    shift = -2.0 * float(surface.centre[2] * u[2]) if mirrored else 0.0
    if reach >= radius and abs(shift) > 0.0:
        half = radius + 0.5 * abs(shift)
        a, b = (2.0 * square[:, 0] - 1.0) * half + 0.5 * shift, (2.0 * square[:, 1] - 1.0) * radius
        return middle + np.outer(a, u) + np.outer(b, v), 4.0 * half * radius
    if reach < radius:
        across = (np.asarray(laser.aim) - middle) @ np.array([u, v]).T
        middle, radius = middle + across @ np.array([u, v]), reach
    r, angle = radius * np.sqrt(square[:, 0]), 2.0 * math.pi * square[:, 1]
    disk = np.outer(r * np.cos(angle), u) + np.outer(r * np.sin(angle), v)
    return middle + disk, math.pi * radius**2


def launch(surface: Surface, laser: Laser, optics: Optics, n_rays: int, seed: int) -> Rays:
    """Return the rays that meet the body, standing before it, with the power of the beam.

    With a substrate and a tilted beam, light that the substrate reflects onto the body counts.
    """
    square, _ = quasi_random(n_rays, seed)
    start, area = _starts(surface, laser, optics.substrate is not None, square)
    rays = Rays(
        start,
        np.tile(laser.direction, (n_rays, 1)),
        np.tile([math.sqrt(w) * f for w, f in laser.field_directions], (n_rays, 1, 1)) + 0j,
        np.arange(n_rays),
        np.ones(n_rays),
        np.zeros(n_rays, bool),
    )
    return _aimed(rays, surface, laser, optics, area / n_rays)


def _aimed(rays: Rays, surface: Surface, laser: Laser, optics: Optics, area: float) -> Rays:
    """Give power to the rays that meet the body, directly or from the substrate; drop others."""
    distance, _ = surface.first_hit(rays.origin, rays.direction, inside=False)
    ground = distance_to_substrate(rays, optics)
    direct = distance < ground
    bundles = [(rays[direct], distance[direct])]
    if optics.substrate is not None:
        rest = np.isfinite(ground) & ~direct
        bounced, _ = bounce_off_substrate(rays[rest], ground[rest], optics)
        again, _ = surface.first_hit(bounced.origin, bounced.direction, inside=False)
        bundles.append((bounced[np.isfinite(again)], np.zeros(int(np.isfinite(again).sum()))))
    powered = []
    for some, gap in bundles:
        meeting = some.origin + gap[:, None] * some.direction
        power = laser.intensity_at(meeting) * area
        field = some.field * np.sqrt(power)[:, None, None]
        powered.append(replace(some, field=field))
    joined = Rays.joined(powered)
    return replace(joined, launched=joined.power)
