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
from thermosim.shapes.hits import HitSurface

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


def gaussian_disk(square: Floats, radius: float) -> tuple[Floats, Floats]:
    """Return distances from the axis of points with equal power, and the area of each, times n.

    ``radius`` is the 1/e² radius of a Gaussian beam [m], cut at three times it (1.5e-8 of the
    power lies beyond). Areas [m²] divided by the number of points add up to the disk.
    """
    dark = math.exp(-2.0 * 3.0**2)
    left = 1.0 - square[:, 0] * (1.0 - dark)
    area: Floats = np.asarray(0.5 * math.pi * radius**2 * (1.0 - dark) / left, np.float64)
    return np.asarray(radius * np.sqrt(-0.5 * np.log(left)), np.float64), area


def _disk(surface: HitSurface, laser: Laser, square: Floats) -> tuple[Floats, Floats, bool]:
    """Return distances from the centre of the disk to cover, areas, and whether it is the beam's.

    The disk is that of the beam or of the sphere around the body, whichever is smaller.
    """
    if laser.profile == "gaussian" and laser.waist is not None:
        along = float((surface.centre - np.asarray(laser.aim)) @ laser.direction) - laser.focus
        spread = along / rayleigh_range(laser.waist, laser.wavelength)
        width = laser.waist * math.hypot(1.0, spread)
        if 3.0 * width < surface.radius:
            return *gaussian_disk(square, width), True
    beam = laser.profile == "top_hat" and (laser.radius or math.inf) < surface.radius
    radius = (laser.radius or math.inf) if beam else surface.radius
    area = np.full(len(square), math.pi * radius**2)
    return radius * np.sqrt(square[:, 0]), area, beam


def _starts(
    surface: HitSurface, laser: Laser, mirrored: bool, square: Floats
) -> tuple[Floats, Floats]:
    """Return points (n, 3) on the plane across the beam through the body, and their areas (n,).

    They fill the disk of the beam or of the body; or, if light from the substrate can reach
    the body from the side, a rectangle around that disk and its mirror image.
    """
    u, v, _ = laser.axes
    distance, area, of_beam = _disk(surface, laser, square)
    shift = -2.0 * float(surface.centre[2] * u[2]) if mirrored else 0.0
    if not of_beam and abs(shift) > 0.0:
        half, width = surface.radius + 0.5 * abs(shift), surface.radius
        a, b = (2.0 * square[:, 0] - 1.0) * half + 0.5 * shift, (2.0 * square[:, 1] - 1.0) * width
        area = np.full(len(square), 4.0 * half * width)
    else:
        angle = 2.0 * math.pi * square[:, 1]
        a, b = distance * np.cos(angle), distance * np.sin(angle)
    axis = np.array([u, v])
    middle = axis @ (np.asarray(laser.aim) - surface.centre) if of_beam else np.zeros(2)
    points = surface.centre + np.column_stack([a, b]) @ axis + middle @ axis
    return points, area / len(square)


def launch(surface: HitSurface, laser: Laser, optics: Optics, n_rays: int, seed: int) -> Rays:
    """Return the rays that meet the body, standing before it, with the power of the beam.

    Rays are parallel; their power is that of the profile on the plane across the beam through
    the centre of the body. With a substrate and a tilted beam, light that the substrate reflects
    onto the body counts.
    """
    square, _ = quasi_random(n_rays, seed)
    points, area = _starts(surface, laser, optics.substrate is not None, square)
    power = laser.intensity_at(points) * area
    away = 4.0 * surface.radius + 2.0 * abs(float(surface.centre[2]))
    field = np.array([math.sqrt(share) * field for share, field in laser.field_directions])
    rays = Rays(
        points - away * laser.direction,
        np.tile(laser.direction, (n_rays, 1)),
        np.sqrt(power)[:, None, None] * field + 0j,
        np.arange(n_rays),
        power,
        np.zeros(n_rays, bool),
    )
    return _meeting(rays, surface, optics)


def _meeting(rays: Rays, surface: HitSurface, optics: Optics) -> Rays:
    """Return the rays that meet the body, directly or from the substrate, before they do."""
    distance, _ = surface.first_hit(rays.origin, rays.direction, inside=False)
    ground = distance_to_substrate(rays, optics)
    direct = distance < ground
    if optics.substrate is None:
        return rays[direct]
    rest = np.isfinite(ground) & ~direct
    bounced, _ = bounce_off_substrate(rays[rest], ground[rest], optics)
    again, _ = surface.first_hit(bounced.origin, bounced.direction, inside=False)
    joined = Rays.joined([rays[direct], bounced[np.isfinite(again)]])
    return replace(joined, launched=joined.power)
