"""How the pump is taken to spread in the particle: the section ``[optics]``, chosen by ``model``.

Every model ends in the local intensity I [W/m²] that drives absorption: the power density
absorbed by the dots is ``alpha_dots I`` (with ``alpha_dots = n_dots sigma_abs``), that absorbed by
host and defects, which heats, ``host_absorption I``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from thermosim.errors import CaseError
from thermosim.language.kinds import Kind
from thermosim.language.units import AbsorptionCoefficient, Length, NonNegative, Positive
from thermosim.optics.beam import Laser, wavelength_of
from thermosim.optics.mie import (
    MieSphere,
    extinction_coefficient,
    field_to_intensity,
    internal_intensity,
    size_parameter,
)
from thermosim.optics.rays import RayTrace, trace
from thermosim.optics.rays_bundle import Optics as RayMaterials
from thermosim.shapes.hits import HitSurface

Floats = NDArray[np.float64]
IntensityField = Callable[[ArrayLike], Floats]
# A sphere in a beam that varies more than this over it is not in a plane wave.
_PLANE_WAVE = 0.05
_BINS_PER_RADIUS = 32.0


class OpticsModel(Kind, chosen_by="model"):
    """How the pump is taken to spread in the particle."""

    model: str
    refractive_index: Annotated[float, Field(ge=1.0)] | None = Field(
        default=None,
        description="Real refractive index of the particle; from the material if absent",
    )
    host_absorption: NonNegative[AbsorptionCoefficient] = Field(
        default=0.0, description="Absorption coefficient of host and defects, which heats"
    )

    def index(self, of_material: complex) -> float:
        """Return the real refractive index: the one given here, or that of the material."""
        return of_material.real if self.refractive_index is None else self.refractive_index

    def intensity(self, laser: Laser, n: float, alpha: float) -> float | IntensityField:
        """Return the local intensity [W/m²]: a number, or points (n, 3) [m] to (n,).

        ``n`` is the real refractive index of the body, ``alpha`` [1/m] its absorption. Here the
        undisturbed beam; models that need the body or the mesh have their place in ``light``.
        """
        uniform = laser.profile == "plane" and laser.speckle is None
        return laser.peak_intensity if uniform else laser.intensity_at


class UniformOptics(OpticsModel):
    """The undisturbed beam: no refraction, no attenuation. Uniform if the beam is."""

    model: Literal["uniform"] = "uniform"


class AutoOptics(OpticsModel):
    """The best model for the body: Mie series for a sphere, rays for others, said with its reason.

    The undisturbed beam where the index contrast is below 0.1.
    """

    model: Literal["auto"] = "auto"


class AttenuatingOptics(OpticsModel):
    """What the models share in which absorption changes the light."""

    temperature_coupling: bool = Field(
        default=False, description="Absorb at the temperature found, not at that of the chamber"
    )
    saturation: bool = Field(
        default=False, description="Bleached dots absorb less (for a gain with bleaching)"
    )
    coupling_tolerance: Annotated[float, Field(gt=0.0, lt=0.1)] = Field(
        default=1e-6, description="Change of the mean ΔT, relative, at which either coupling ends"
    )


class RayOptics(AttenuatingOptics):
    """Ray optics with Beer-Lambert attenuation in the true shape; for particles >> wavelength."""

    model: Literal["rays", "beer_lambert"] = Field(
        default="rays", description='"beer_lambert" is another name of the same model'
    )
    n_rays: int = Field(default=20_000, ge=64, description="Rays across the particle")
    cutoff: float = Field(
        default=1e-4, gt=0.0, lt=1.0, description="Rays are dropped below this share of their power"
    )
    max_interactions: int = Field(
        default=1000, ge=1, description="Most surfaces that one ray meets"
    )
    seed: int = Field(default=0, ge=0, description="Seed of the starting points")
    detail: Positive[Length] | None = Field(
        default=None,
        description="Cells smaller than this share their light; default λ/n, at least R/32",
    )

    def finest(self, wavelength: float, n: float, radius: float) -> float:
        """Return the size [m] below which cells share their light: rays know no finer detail."""
        return self.detail or max(wavelength / n, radius / _BINS_PER_RADIUS)


class MieOptics(AttenuatingOptics):
    """The exact field in a sphere in a plane wave, without substrate."""

    model: Literal["mie"] = "mie"
    average: Literal["none", "polarisation", "orientation"] = Field(
        default="none",
        description="none: polarisation of the laser; polarisation: unpolarised light; "
        "orientation: light from all directions",
    )
    terms: int | None = Field(
        default=None, ge=1, description="Terms of the series; enough for the size by default"
    )
    quadrature_degree: Annotated[int, Field(ge=2, le=30)] | None = Field(
        default=None,
        description="Of the rule at whose points the field is known; by the cells if absent",
    )


class FullWaveOptics(AttenuatingOptics):
    """Maxwell's equations by finite elements: bodies of revolution, substrate, focused beams."""

    model: Literal["full_wave"] = "full_wave"
    degree: Annotated[int, Field(ge=2, le=5)] = Field(
        default=4, description="Of the elements; 2 loses several per cent of the absorption"
    )
    cells_per_wavelength: Annotated[float, Field(ge=1.5, le=20.0)] = Field(
        default=3.0, description="Cells over a wavelength, in each medium"
    )
    pml_thickness: Annotated[float, Field(ge=0.3, le=5.0)] = Field(
        default=1.0, description="Absorbing layer around it all, in wavelengths"
    )
    gap: Positive[Length] | None = Field(
        default=None,
        description="Between particle and substrate, where no contact is (default 2 nm)",
    )
    error_estimate: bool = Field(
        default=True, description="Solve again at degree - 1 and with another absorbing layer"
    )
    quadrature_degree: Annotated[int, Field(ge=2, le=30)] | None = Field(
        default=None,
        description="Of the rule of the heat mesh that takes the field; by the cells if absent",
    )
    max_unknowns: Annotated[int, Field(ge=1000)] = Field(
        default=1_500_000, description="Refuse more unknowns of one azimuthal mode (8 GB)"
    )


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
            f"but the series is for a plane wave (at most {100.0 * _PLANE_WAVE:g} %); widen the "
            'beam or choose optics.model = "rays"'
        )


def mie_spheres(
    optics: MieOptics, laser: Laser, radius: float, n: float, alpha: float
) -> list[tuple[float, MieSphere]]:
    """Return shares of power and spheres, one for each photon energy of the laser line.

    ``n`` is the real index and ``alpha`` [1/m] the absorption by dots and host together.
    """
    spheres = []
    for photon_energy, share in laser.spectrum():
        wavelength = wavelength_of(photon_energy)
        m = complex(n, extinction_coefficient(alpha, wavelength))
        sphere = MieSphere.build(m, size_parameter(radius, wavelength), optics.terms)
        spheres.append((share, sphere))
    return spheres


def mie_intensity(
    optics: MieOptics,
    laser: Laser,
    radius: float,
    centre: ArrayLike,
    n: float,
    alpha: float,
) -> IntensityField:
    """Return the local intensity in a sphere: points (n, 3) [m] to (n,) [W/m²].

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

    Raises
    ------
    CaseError
        If the beam varies over the sphere.
    ValueError
        When called, if a point lies outside the sphere by more than 5 % of its radius.
    """
    check_plane_wave(laser, radius, centre)
    middle = np.asarray(centre, float)
    spheres = mie_spheres(optics, laser, radius, n, alpha)
    incident = float(laser.intensity_at(middle[None])[0])
    first, second, along = laser.axes
    polarisations = (
        laser.field_directions if optics.average == "none" else ((0.5, first), (0.5, second))
    )

    def local_intensity(points: ArrayLike) -> Floats:
        scaled = (np.asarray(points, float) - middle) / radius
        squared = np.zeros(len(scaled))
        for share, sphere in spheres:
            if optics.average == "orientation":
                s = np.minimum(np.linalg.norm(scaled, axis=1), 1.0)
                squared += share * sphere.shell_average(s)
            else:
                squared += share * internal_intensity(scaled, sphere, along, polarisations)
        return field_to_intensity(squared, n, incident)

    return local_intensity


def trace_body(
    optics: RayOptics,
    laser: Laser,
    surface: HitSurface,
    n: float,
    alpha_dots: float,
    substrate: complex | None = None,
) -> RayTrace:
    """Return the rays in a body; their segments are deposited on cells by `rays_segments`.

    Parameters
    ----------
    optics, laser
        The sections of the case.
    surface
        The body, in the coordinates of the case (z = 0 is the substrate).
    n
        Real refractive index of the body.
    alpha_dots
        Absorption coefficient of the dots, ``n_dots sigma_abs`` [1/m].
    substrate
        Refractive index ``n + ik`` of the half-space z < 0, or None without substrate.

    Raises
    ------
    CaseError
        See `thermosim.optics.rays.trace`.
    """
    materials = RayMaterials(
        n, alpha_dots, optics.host_absorption, substrate, optics.cutoff, optics.max_interactions
    )
    return trace(surface, laser, materials, optics.n_rays, optics.seed)
