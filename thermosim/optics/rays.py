"""Ray optics of the pump in the true shape of the body, with an account of every watt.

Rays of known power start on a plane across the beam. Where one meets the surface it is split into
a reflected and a refracted ray by Fresnel's equations, with its polarisation as a complex vector;
inside, its power falls by Beer and Lambert. Interference between rays is left out (see
docs/optics.md for when that is wrong). The substrate is the half-space z < 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import CaseError
from thermosim.optics.beam import Laser
from thermosim.optics.rays_bundle import (
    Optics,
    Rays,
    bounce_off_substrate,
    distance_to_substrate,
    split_at_interface,
)
from thermosim.optics.rays_launch import REPLICAS, launch
from thermosim.optics.rays_segments import Segments
from thermosim.shapes.hits import HitSurface

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]

_CONTACT = 1e-6


@dataclass(frozen=True)
class Ledger:
    """Where the light went, all in W; ``incident`` equals the sum of the others.

    Attributes
    ----------
    incident
        Power that first meets the body, from the beam or from its reflection by the substrate.
    reflected
        Leaves without having been inside.
    transmitted
        Leaves after having been inside.
    absorbed_dots, absorbed_host
        Absorbed in the body by the dots (may cool) and by host and defects (heats).
    substrate
        Enters the substrate.
    truncated
        Left in rays dropped below the cutoff or after the largest number of interactions.
    lost
        In rays that found no way out of a faulty mesh; 0 for a sphere.
    """

    incident: float = 0.0
    reflected: float = 0.0
    transmitted: float = 0.0
    absorbed_dots: float = 0.0
    absorbed_host: float = 0.0
    substrate: float = 0.0
    truncated: float = 0.0
    lost: float = 0.0

    @property
    def absorbed(self) -> float:
        """Absorbed in the body by dots and host [W]."""
        return self.absorbed_dots + self.absorbed_host

    @property
    def residual(self) -> float:
        """Incident minus everything accounted for, over incident."""
        spent = sum(getattr(self, f.name) for f in fields(self)) - self.incident
        return (self.incident - spent) / self.incident if self.incident else 0.0


@dataclass(frozen=True)
class RayTrace:
    """The result: ledger, segments inside the body, and the scatter of the absorbed power.

    ``standard_error`` [W] is that of the absorbed power, from eight independent sets of rays;
    ``landings`` are the rays that enter the substrate, where they do; ``missed`` [W] is what the
    body would have absorbed of rays that were dropped.
    """

    ledger: Ledger
    segments: Segments
    standard_error: float
    n_rays: int
    landings: Rays
    missed: float


class _Tracer:
    """One run: the rays still under way are inside or outside; the ledger fills."""

    def __init__(self, surface: HitSurface, optics: Optics) -> None:
        self.surface, self.optics = surface, optics
        self.ledger = dict.fromkeys((f.name for f in fields(Ledger)), 0.0)
        self.paths: list[tuple[Floats, Floats, Floats, Integers]] = []
        self.landings: list[Rays] = []
        self.faint = 0.0  # absorbed of rays of up to ten times the power at which they are dropped
        self.missed = 0.0

    def run(self, outside: Rays) -> None:
        """Follow rays that start outside until none is left."""
        self._book("incident", outside)
        inside = outside[np.zeros(len(outside.ray), bool)]
        for _ in range(self.optics.max_interactions):
            if not (len(inside.ray) or len(outside.ray)):
                return
            stay, leave = self._cross_body(inside)
            enter, bounce = self._cross_vacuum(outside)
            inside = self._alive(Rays.joined([stay, enter]))
            outside = self._alive(Rays.joined([leave, bounce]))
        self._book("truncated", inside)
        self._book("truncated", outside)
        self.missed += float(inside.power.sum())

    def _book(self, entry: str, rays: Rays) -> None:
        self.ledger[entry] += float(rays.power.sum())

    def _alive(self, rays: Rays) -> Rays:
        weak = rays.power <= self.optics.cutoff * rays.launched
        self._book("truncated", rays[weak])
        return rays[~weak]

    def _cross_body(self, rays: Rays) -> tuple[Rays, Rays]:
        """Carry rays through the body; return those reflected back into it and those leaving."""
        distance, normal = self.surface.first_hit(rays.origin, rays.direction, inside=True)
        found = np.isfinite(distance)
        self._book("lost", rays[~found])
        self.missed += float(rays[~found].power.sum())
        rays, distance, normal = rays[found], distance[found], normal[found]
        end = rays.origin + distance[:, None] * rays.direction
        self._absorb(rays, distance, end)
        faded = rays.field * np.exp(-0.5 * self.optics.alpha * distance)[:, None, None]
        rays = replace(rays, origin=end, field=faded, been_inside=np.ones(len(end), bool))
        contact = self._on_substrate(end, normal)
        behind = np.where(contact, self.optics.substrate or 1.0, 1.0)
        stay, leave = split_at_interface(rays, normal, self.optics.n, behind)
        self._land(leave[contact])
        leave = leave[~contact]
        return stay, leave[leave.power > 0.0]

    def _absorb(self, rays: Rays, distance: Floats, end: Floats) -> None:
        power, alpha = rays.power, self.optics.alpha
        self.paths.append((rays.origin, end, power, rays.ray))
        if alpha > 0.0:
            taken = power * -np.expm1(-alpha * distance)
            absorbed = float(taken.sum())
            self.faint += float(taken[power <= 10.0 * self.optics.cutoff * rays.launched].sum())
            self.ledger["absorbed_dots"] += absorbed * self.optics.alpha_dots / alpha
            self.ledger["absorbed_host"] += absorbed * self.optics.alpha_host / alpha

    def _on_substrate(self, points: Floats, normal: Floats) -> Bools:
        if self.optics.substrate is None:
            return np.zeros(len(points), bool)
        flat = normal[:, 2] < -1.0 + _CONTACT
        return np.asarray(flat & (np.abs(points[:, 2]) < _CONTACT * self.surface.radius))

    def _cross_vacuum(self, rays: Rays) -> tuple[Rays, Rays]:
        """Carry rays outside to body, substrate or away; return those entering and bouncing."""
        distance, normal = self.surface.first_hit(rays.origin, rays.direction, inside=False)
        ground = distance_to_substrate(rays, self.optics)
        to_body = distance < ground
        to_ground = np.isfinite(ground) & ~to_body
        gone = rays[~to_body & ~to_ground]
        self._book("transmitted", gone[gone.been_inside])
        self._book("reflected", gone[~gone.been_inside])
        grounded = self._bounce(rays[to_ground], ground[to_ground])
        rays, distance, normal = rays[to_body], distance[to_body], normal[to_body]
        rays = replace(rays, origin=rays.origin + distance[:, None] * rays.direction)
        bounce, enter = split_at_interface(rays, normal, 1.0, self.optics.n)
        return enter, Rays.joined([bounce, grounded])

    def _bounce(self, rays: Rays, distance: Floats) -> Rays:
        back, into = bounce_off_substrate(rays, distance, self.optics)
        self._land(into)
        return back

    def _land(self, rays: Rays) -> None:
        self._book("substrate", rays)
        self.landings.append(rays)


def trace(
    surface: HitSurface, laser: Laser, optics: Optics, n_rays: int = 20_000, seed: int = 0
) -> RayTrace:
    """Trace the beam through the body.

    Parameters
    ----------
    surface
        `SphereSurface` or `MeshSurface`, in the coordinates of the case.
    laser
        The beam; its rays are parallel, their power that of the profile where they arrive.
    optics
        Indices, absorption coefficients and limits.
    n_rays
        Number of starting points across the enclosing sphere.
    seed
        Seed of the quasi-random starting points.

    Raises
    ------
    CaseError
        If the beam comes from below through a substrate, or an index or coefficient is wrong.
    """
    _check(surface, laser, optics, n_rays)
    rays = launch(surface, laser, optics, n_rays, seed)
    if not len(rays.ray):
        raise CaseError(
            f"none of {n_rays} rays meets the body, which fills too little of the sphere around "
            "it; raise optics.n_rays"
        )
    tracer = _Tracer(surface, optics)
    tracer.run(rays)
    start, end, power, ray = (np.concatenate(parts) for parts in zip(*tracer.paths, strict=True))
    segments = Segments(start, end, power, ray, optics.alpha)
    share = np.bincount(ray % REPLICAS, segments.deposit, minlength=REPLICAS) * optics.alpha
    error = float(share.std(ddof=1)) * math.sqrt(REPLICAS)
    landings = Rays.joined(tracer.landings)
    # of power that falls in proportion, a ninth of what one decade leaves is below it
    missed = tracer.missed + tracer.faint / 9.0
    return RayTrace(Ledger(**tracer.ledger), segments, error, n_rays, landings, missed)


def _check(surface: HitSurface, laser: Laser, optics: Optics, n_rays: int) -> None:
    if optics.n < 1.0 or optics.alpha_dots < 0.0 or optics.alpha_host < 0.0:
        raise CaseError(
            f"ray optics: refractive index {optics.n:.6g} must be >= 1 and absorption "
            f"coefficients {optics.alpha_dots:.6g}, {optics.alpha_host:.6g} 1/m >= 0"
        )
    if n_rays < 8 * REPLICAS:
        raise CaseError(f"optics.n_rays = {n_rays}: must be at least {8 * REPLICAS}")
    if optics.substrate is not None and laser.direction[2] >= 0.0:
        raise CaseError(
            f"laser.tilt = {math.degrees(laser.tilt):.6g} deg: the beam comes from below, but "
            "ray optics has no light through the substrate; tilt it by less than 90 deg, or "
            "leave the substrate out"
        )
