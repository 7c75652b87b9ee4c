"""The light in a sphere of a case: plane waves and focused beams, in free space or over layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.errors import CaseError, Problem
from thermosim.optics.axial import PlaneWaves, gaussian_area, gaussian_waves, plane_wave
from thermosim.optics.beam import wavelength_of
from thermosim.optics.layers import COHERENT
from thermosim.optics.mie import (
    MieSphere,
    Parts,
    extinction_coefficient,
    field_to_intensity,
    internal_intensity,
    size_parameter,
)
from thermosim.optics.mie_layers import SETTLED, LitSphere, PlaneLayers, lit_sphere

if TYPE_CHECKING:
    from thermosim.optics.beam import Laser
    from thermosim.optics.model import MieOptics

Floats = NDArray[np.float64]
Below = Sequence[tuple[complex, float]]
# A sphere in a beam that varies more than this over it is not in a plane wave.
_PLANE_WAVE = 0.05
LARGEST = 3000.0
"""Size parameter above which the series takes minutes, and rays are as exact."""
_ON_AXIS = 1e-6  # of the radius, by which the axis of a beam may miss the centre


@dataclass(frozen=True)
class LightInSphere:
    """The light in a sphere.

    Attributes
    ----------
    optics, laser : the sections of the case
    centre, radius : of the sphere, in the coordinates of the case [m]
    n : its real refractive index
    incident : intensity [W/m²] that the fields are relative to
    spheres : share of power and sphere in its light, one for each photon energy of the line
    """

    optics: MieOptics
    laser: Laser
    centre: Floats
    radius: float
    n: float
    incident: float
    spheres: tuple[tuple[float, LitSphere], ...]

    def efficiency(self, name: str) -> float:
        """Return the mean over the line of ``Q_ext`` or ``Q_abs``."""
        return sum(share * float(getattr(sphere, name)) for share, sphere in self.spheres)

    @property
    def absorbed(self) -> float:
        """Absorbed power [W]."""
        return self.efficiency("Q_abs") * math.pi * self.radius**2 * self.incident

    @property
    def pattern(self) -> tuple[Any, ...]:
        """All that decides where the light is, without how much: equal ones are equal fields."""
        waves = self.laser.field_directions if self.optics.average == "none" else ()
        return (
            self.optics.average, self.radius, self.n, self.centre.tobytes(),
            np.asarray(self.laser.axes).tobytes(),
            tuple((share, np.asarray(field).tobytes()) for share, field in waves),
            tuple((share, *sphere.inside.key) for share, sphere in self.spheres),
        )  # fmt: skip

    def intensity(self, points: ArrayLike, parts: Parts = MieSphere.intensity_parts) -> Floats:
        """Return the local intensity [W/m²] at points (n, 3) [m], shape (n,).

        ``parts`` does the work of `MieSphere.intensity_parts`.

        Raises
        ------
        ValueError
            If a point lies outside the sphere by more than 5 % of its radius.
        """
        first, second, along = self.laser.axes
        mixed = ((0.5, first), (0.5, second))
        waves = self.laser.field_directions if self.optics.average == "none" else mixed
        scaled = (np.asarray(points, float) - self.centre) / self.radius
        squared = np.zeros(len(scaled))
        for share, sphere in self.spheres:
            if self.optics.average == "orientation":
                s = np.minimum(np.linalg.norm(scaled, axis=1), 1.0)
                squared += share * sphere.inside.shell_average(s)
            else:
                squared += share * internal_intensity(scaled, sphere.inside, along, waves, parts)
        return field_to_intensity(squared, self.n, self.incident)


def light_in_sphere(
    optics: MieOptics,
    laser: Laser,
    radius: float,
    centre: ArrayLike,
    n: float,
    alpha: float,
    below: Below = (),
    settled: float = SETTLED,
) -> LightInSphere:
    """Return the light in a sphere.

    Parameters
    ----------
    optics, laser
        The sections of the case.
    radius, centre
        Of the sphere [m], in the coordinates of the case.
    n
        Real refractive index of the sphere.
    alpha
        Absorption coefficient of dots and host together [1/m].
    below
        Index and thickness [m] of each layer under z = 0, from the top; asked for only with
        ``optics.substrate``.
    settled
        Relative error of the series over layers.

    Raises
    ------
    CaseError
        If the sphere is too large, the beam varies over it and its axis misses the centre, or the
        series does not settle.
    """
    if (x := size_parameter(radius, laser.wavelength)) > LARGEST:
        rule = f"at size parameter {x:.4g} it has too many terms (at most {LARGEST:g})"
        remedy = 'choose optics.model = "rays", exact for so large a sphere'
        raise CaseError([Problem("optics.model", '"mie"', rule, remedy)])
    middle = np.asarray(centre, float)
    focused = on_axis_of_beam(laser, middle, radius) and optics.average != "orientation"
    if not focused:
        check_plane_wave(laser, radius, middle)
    spheres = []
    for photon_energy, share in laser.spectrum():
        wavelength = wavelength_of(photon_energy)
        m = complex(n, extinction_coefficient(alpha, wavelength))
        k = 2.0 * math.pi / wavelength
        layers = _layers(below, k, middle[2] - radius, radius, optics) if optics.substrate else None
        light = _beam(laser, middle, k, radius, layers) if focused else None
        spheres.append((share, _settled(m, radius, wavelength, light, layers, optics, settled)))
    incident = float(laser.intensity_at(middle[None])[0])
    if focused:
        incident = focal_intensity(laser)
    return LightInSphere(optics, laser, middle, radius, n, incident, tuple(spheres))


def _settled(
    m: complex,
    radius: float,
    wavelength: float,
    light: PlaneWaves | None,
    layers: PlaneLayers | None,
    optics: MieOptics,
    settled: float,
) -> LitSphere:
    """Return a sphere in its light; None: in a plane wave."""
    x = size_parameter(radius, wavelength)
    try:
        if light is None:
            return _in_plane_wave(m, x, layers, optics.terms, settled)
        return lit_sphere(m, x, light, layers, optics.terms, settled)
    except ValueError as error:
        remedy = 'write optics.gap (at least 0.02 of the radius), or choose optics.model = "rays"'
        raise CaseError([Problem("optics.substrate", "true", str(error), remedy)]) from error


@lru_cache(maxsize=8)
def _in_plane_wave(
    m: complex, x: float, layers: PlaneLayers | None, terms: int | None, settled: float
) -> LitSphere:
    """Return a sphere in a plane wave: studies often change the intensity of the light alone."""
    return lit_sphere(m, x, plane_wave(), layers, terms, settled)


def focal_intensity(laser: Laser) -> float:
    """Return the intensity at the focus [W/m²]; power is that of the exact beam."""
    if laser.power is None or laser.waist is None:
        return laser.peak_intensity
    k = 2.0 * math.pi / laser.wavelength
    return laser.power * k**2 / gaussian_area(k * laser.waist)


def on_axis_of_beam(laser: Laser, centre: ArrayLike, radius: float) -> bool:
    """Whether a sphere stands on the axis of a Gaussian beam."""
    if laser.profile != "gaussian" or laser.speckle is not None:
        return False
    beside = laser.axes[:2] @ (np.asarray(laser.aim) - np.asarray(centre, float))
    return float(np.hypot(*beside)) <= _ON_AXIS * radius


def _beam(
    laser: Laser, centre: Floats, k: float, radius: float, layers: PlaneLayers | None
) -> PlaneWaves:
    """Return a focused beam about the centre of a sphere on its axis."""
    assert laser.waist is not None
    focus = k * float((np.asarray(laser.aim) - centre) @ laser.direction + laser.focus)
    reach = abs(focus) + 2.0 * (k * radius if layers is None else layers.distance)
    return gaussian_waves(k * laser.waist, focus, reach)


def _layers(below: Below, k: float, height: float, radius: float, optics: MieOptics) -> PlaneLayers:
    """Return what lies under a sphere whose lowest point is `height` [m] above it.

    A layer that does not interfere (`layers.COHERENT`) is taken to go down for ever; a sphere that
    a contact cuts flat touches.
    """
    indices, thicknesses = [], []
    for index, thickness in below:
        indices.append(complex(index))
        if thickness > COHERENT:
            break
        thicknesses.append(k * thickness)
    else:
        indices.append(1.0 + 0.0j)
    distance = k * (radius + max(height, 0.0) + optics.gap)
    return PlaneLayers(distance, tuple(indices), tuple(thicknesses))


def check_plane_wave(laser: Laser, radius: float, centre: ArrayLike) -> None:
    """Refuse a beam that varies by more than 5 % over a sphere.

    Raises
    ------
    CaseError
        With the variation found and what to do.
    """
    u, v, along = laser.axes
    angle = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
    rim = radius * (np.outer(np.cos(angle), u) + np.outer(np.sin(angle), v))
    ends = radius * np.array([along, -along])
    points = np.asarray(centre, float) + np.vstack([np.zeros(3), rim, 0.5 * rim, ends])
    values = laser.intensity_at(points)
    variation = float(np.ptp(values) / values.max()) if values.max() > 0.0 else 0.0
    if variation > _PLANE_WAVE:
        raise CaseError(
            f'optics.model = "mie": the beam varies by {100.0 * variation:.3g} % over the sphere, '
            "whose centre is not on the axis of a Gaussian beam: there the series is for a plane "
            f"wave (at most {100.0 * _PLANE_WAVE:g} %); aim at the centre, widen the beam or "
            'choose optics.model = "rays"'
        )
