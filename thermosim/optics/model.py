"""How the pump is taken to spread in the particle: the section ``[optics]``, chosen by ``model``.

Every model ends in the local intensity I [W/m²] that drives absorption: the power density
absorbed by the dots is ``alpha_dots I`` (with ``alpha_dots = n_dots sigma_abs``), that absorbed by
host and defects, which heats, ``host_absorption I``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BeforeValidator, Field, model_validator

from thermosim.language.kinds import Kind
from thermosim.language.sections import Section
from thermosim.language.units import AbsorptionCoefficient, Length, NonNegative, Positive
from thermosim.optics.beam import Laser
from thermosim.optics.effective import Inclusions, maxwell_garnett
from thermosim.optics.rays import RayTrace, trace
from thermosim.optics.rays_bundle import Optics as RayMaterials
from thermosim.shapes.base import ShapeBase
from thermosim.shapes.hits import HitSurface

Floats = NDArray[np.float64]
IntensityField = Callable[[ArrayLike], Floats]
_BINS_PER_RADIUS = 32.0


class OpticsModel(Kind, chosen_by="model"):
    """How the pump is taken to spread in the particle."""

    model: str
    refractive_index: Annotated[float, Field(ge=1.0)] | None = Field(
        default=None,
        description="Real refractive index of the particle; from the material if absent",
    )
    dots: Inclusions | None = Field(
        default=None,
        description="Dots whose index mixes with that of the particle (Maxwell Garnett)",
    )
    host_absorption: NonNegative[AbsorptionCoefficient] = Field(
        default=0.0, description="Absorption coefficient of host and defects, which heats"
    )

    def index(self, of_material: complex, of_dots: complex | None = None) -> float:
        """Return the real refractive index: the one given here, or that of the material.

        With ``of_dots``, the index of dots of the section ``dots`` in it, that of both together.
        """
        own = of_material.real if self.refractive_index is None else self.refractive_index
        if self.dots is None or of_dots is None:
            return own
        return float(maxwell_garnett(own, of_dots, self.dots.volume_fraction).real)

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
    """The exact field in a sphere, in a plane wave or on the axis of a Gaussian beam."""

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
    substrate: bool = Field(
        default=False,
        description="Count what films and substrate reflect, with all light between them and the "
        "sphere (untilted light)",
    )
    gap: NonNegative[Length] = Field(
        default=0.0, description="Distance from the sphere to the substrate, for the light alone"
    )

    @model_validator(mode="after")
    def _check_substrate(self) -> MieOptics:
        if self.gap and not self.substrate:
            raise ValueError(
                f"gap = {self.gap:.6g} m is the distance to a substrate, which the light does not "
                "see; add substrate = true or remove gap"
            )
        if self.substrate and self.average == "orientation":
            raise ValueError(
                'average = "orientation" is light from all directions, substrate = true is for '
                "light along the normal; remove one of them"
            )
        return self


def _clear(index: object) -> object:
    """Refuse an index that is no real number, with the reason."""
    if isinstance(index, str | complex) and re.search(r"\d\s*[ij]\)?$", str(index).strip()):
        raise ValueError(
            "a coating absorbs nothing: the mesh of the heat has no layer that its heat could go "
            "into; give the real part alone"
        )
    return index


class Coating(Section):
    """A clear layer of even thickness around the body, outside its shape; for the light alone."""

    thickness: Positive[Length] = Field(description="Of the layer, along the normal")
    refractive_index: Annotated[float, Field(ge=1.0, le=10.0), BeforeValidator(_clear)] = Field(
        description="Real; a coating absorbs nothing"
    )


HALF_PLANE, SPACE = 2, 3
"""Dimensions in which full wave optics is solved."""


@dataclass(frozen=True)
class Elements:
    """Settings of the finite elements of full wave optics, as their keys in a case tell."""

    degree: int
    cells_per_wavelength: float
    pml_thickness: float
    max_unknowns: int
    margin: float


_USUAL = {
    HALF_PLANE: Elements(4, 3.0, 1.0, 1_500_000, 0.5),
    SPACE: Elements(3, 3.0, 0.6, 400_000, 0.3),
}


class FullWaveOptics(AttenuatingOptics):
    """Maxwell's equations by finite elements: small bodies, substrate, focused beams."""

    model: Literal["full_wave"] = "full_wave"
    solution: Literal["auto", "revolution", "3d"] = Field(
        default="auto",
        description="Solve mode by mode in the half plane of a body of revolution, or in three "
        "dimensions; auto: the former wherever the body has an axis",
    )
    degree: Annotated[int, Field(ge=2, le=5)] | None = Field(
        default=None,
        description="Of the elements; 2 loses several per cent of the absorption (default 4, in "
        "three dimensions 3)",
    )
    cells_per_wavelength: Annotated[float, Field(ge=1.5, le=20.0)] = Field(
        default=3.0, description="Cells over a wavelength, in each medium"
    )
    pml_thickness: Annotated[float, Field(ge=0.3, le=5.0)] | None = Field(
        default=None,
        description="Absorbing layer around it all, in wavelengths (default 1, in three "
        "dimensions 0.6)",
    )
    margin: Annotated[float, Field(ge=0.3, le=20.0)] | None = Field(
        default=None,
        description="Space around the body where the field is known, in wavelengths "
        "(default 0.5, beside it 4 over layers that absorb; in three dimensions 0.3)",
    )
    gap: Positive[Length] | None = Field(
        default=None,
        description="Between particle and substrate, where no contact is (default 2 nm)",
    )
    purcell_places: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0,
        description="Dots, evenly over the volume, whose rate of radiation is worked out "
        "(Purcell factor)",
    )
    purcell_in_gain: bool = Field(
        default=False,
        description="Multiply the radiative rates of the gain by the mean of these factors",
    )
    escape_in_gain: bool = Field(
        default=False,
        description="Take the escape of the emission from the light of these dots; gain.escape "
        'stays "auto" or "none"',
    )
    coatings: tuple[Coating, ...] = Field(
        default=(), description="Clear layers around the body, from the inner one outward"
    )
    error_estimate: bool = Field(
        default=True, description="Solve again at degree - 1 and with another absorbing layer"
    )
    quadrature_degree: Annotated[int, Field(ge=2, le=30)] | None = Field(
        default=None,
        description="Of the rule of the heat mesh that takes the field; by the cells if absent",
    )
    max_unknowns: Annotated[int, Field(ge=1000)] | None = Field(
        default=None,
        description="Refuse more unknowns of one azimuthal mode (default 1 500 000), or of one "
        "solution in three dimensions (default 400 000): 8 GB",
    )

    def elements(self, dimension: int) -> Elements:
        """Return what elements there are in the half plane (2) or in space (3)."""
        usual = _USUAL[dimension]
        return Elements(
            self.degree or usual.degree, self.cells_per_wavelength,
            self.pml_thickness or usual.pml_thickness, self.max_unknowns or usual.max_unknowns,
            self.margin or usual.margin,
        )  # fmt: skip

    def in_space(self, shape: ShapeBase) -> bool:
        """Whether a body is solved in three dimensions."""
        return self.solution == "3d" or not shape.is_axisymmetric

    @model_validator(mode="after")
    def _check_purcell(self) -> FullWaveOptics:
        asked = [key for key in ("purcell_in_gain", "escape_in_gain") if getattr(self, key)]
        if asked and not self.purcell_places:
            raise ValueError(
                f"{asked[0]} = true takes the mean over purcell_places, of which there are 0; "
                "write purcell_places = 40 or so"
            )
        return self

    @property
    def coated(self) -> float:
        """Thickness of all coatings [m]."""
        return sum(coating.thickness for coating in self.coatings)


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
