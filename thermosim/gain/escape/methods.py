"""How much emitted light leaves a body, at which energy, and what that does to the efficiency.

Three methods with one call, the choices of a case file: `ErgodicEscape` (rough grain, closed
form), `SphereEscape` (smooth sphere, closed form) and `MonteCarloEscape` (any body, any
roughness). Spectra are arrays: photon energies [J], photons per energy (any scale) and the
absorption coefficient of the dots [1/m]. The refractive index is the same at all of them.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import inf, nan, pi, sqrt
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from thermosim.gain.efficiency import outcoupled_efficiency
from thermosim.gain.escape import closed, mc
from thermosim.language.kinds import Kind
from thermosim.language.units import AbsorptionCoefficient, Fraction, NonNegative
from thermosim.shapes import ShapeBase, Sphere, equivalent_radius
from thermosim.shapes.hits import HitBody, SphereSurface

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Escape:
    """Shares of emitted photons and the mean energy of those that leave, with standard errors.

    Attributes
    ----------
    f_escape, f_reabsorbed, f_lost
        Share that leaves the body, that dots absorb, and that is lost (parasitic absorption, or
        kept inside for ever); they add up to 1.
    mean_emission, mean_escape
        Mean photon energy of the emission and of the light that leaves [J]; the latter is NaN
        if nothing does.
    f_substrate
        Part of ``f_escape`` that goes into the substrate.
    photons
        Photons followed; 0 for a closed form, whose errors are 0.
    covariance
        Of ``f_escape`` and ``f_reabsorbed``.
    """

    f_escape: float
    f_reabsorbed: float
    f_lost: float
    mean_emission: float
    mean_escape: float
    f_substrate: float = 0.0
    photons: int = 0
    f_escape_error: float = 0.0
    f_reabsorbed_error: float = 0.0
    f_lost_error: float = 0.0
    mean_escape_error: float = 0.0
    covariance: float = 0.0

    @property
    def shift(self) -> float:
        """Mean energy of the light that leaves minus that of the emission [J]; red is < 0."""
        return self.mean_escape - self.mean_emission

    def eta_ext(self, eta_int: ArrayLike) -> Floats:
        """Return the external efficiency for an internal one; broadcasts over ``eta_int``."""
        eta = np.asarray(eta_int, float)
        return np.asarray(outcoupled_efficiency(eta, self.f_escape, self.f_reabsorbed))

    def eta_ext_error(self, eta_int: ArrayLike) -> Floats:
        """Return the standard error of `eta_ext` (first order in the errors of the shares)."""
        eta = np.asarray(eta_int, float)
        again = 1.0 - eta * self.f_reabsorbed
        by_escape, by_dots = eta / again, eta**2 * self.f_escape / again**2
        variance = (
            (by_escape * self.f_escape_error) ** 2
            + (by_dots * self.f_reabsorbed_error) ** 2
            + 2.0 * by_escape * by_dots * self.covariance
        )
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))

    def recycling(self, eta_int: ArrayLike) -> Floats:
        """Return the mean number of reabsorptions by dots per excitation."""
        return closed.recycling_count(eta_int, self.f_reabsorbed)

    def recycling_error(self, eta_int: ArrayLike) -> Floats:
        """Return the standard error of `recycling`."""
        eta = np.asarray(eta_int, float)
        return np.asarray(eta / (1.0 - eta * self.f_reabsorbed) ** 2 * self.f_reabsorbed_error)


class Solid(Protocol):
    """Anything with a volume [m³] and a surface [m²]."""

    @property
    def volume(self) -> float:
        """Volume [m³]."""

    @property
    def area(self) -> float:
        """Whole surface [m²]."""


def _solid(shape: float | Solid) -> Solid:
    return SphereSurface(float(shape)) if isinstance(shape, int | float) else shape


def body_of(shape: float | HitBody | ShapeBase) -> HitBody:
    """Return what photons travel in: a radius [m] becomes a sphere, a body stays what it is.

    Raises
    ------
    MeshError
        For a shape that has no surface for rays, or an open one from a file.
    """
    if isinstance(shape, ShapeBase):
        body = shape.hit_body()
        # a sphere about its centre, where chords keep all digits
        return SphereSurface(body.radius) if isinstance(body, SphereSurface) else body
    return SphereSurface(float(shape)) if isinstance(shape, int | float) else shape


def spectral_escape(
    probability: ArrayLike,
    energy: ArrayLike,
    emission: ArrayLike,
    alpha: ArrayLike,
    parasitic: float = 0.0,
    substrate_share: float = 0.0,
) -> Escape:
    """Return the spectral averages of a closed-form escape probability.

    Parameters
    ----------
    probability
        Escape probability at ``energy``, shape (n,), all absorption included.
    energy, emission, alpha
        Photon energies [J], photons per energy, absorption of the dots [1/m]; shapes (n,).
    parasitic
        Absorption coefficient of everything else [1/m].
    substrate_share
        Part of the escaping light that goes into a substrate.
    """
    E, weights = np.asarray(energy, float), closed.spectral_weights(energy, emission)
    parts = closed.shares(probability, alpha, parasitic)
    f_e, f_r, f_l = (float(np.sum(weights * part)) for part in parts)
    return Escape(
        f_escape=f_e,
        f_reabsorbed=f_r,
        f_lost=f_l,
        mean_emission=float(np.sum(weights * E)),
        mean_escape=float(closed.mean_escape(E, weights, probability)),
        f_substrate=f_e * substrate_share,
    )


def escape_of_fates(fates: mc.PhotonFates, emitter: mc.Emitter) -> Escape:
    """Return the shares per emission, pooled over the generations of each chain, with errors.

    Chains are independent, emissions of one chain are not: the errors are those of a ratio of
    sums over chains. ``eta_ext`` of the result, at the efficiency the photons were run with, is
    that of the chains.
    """
    out = np.isin(fates.fate, (mc.ESCAPED, mc.SUBSTRATE)).astype(float)
    by_dots = fates.reabsorbed.astype(float)
    emissions = 1.0 + by_dots - (fates.fate == mc.DOTS)
    lost = emissions - out - by_dots
    total = float(emissions.sum())
    f_e, f_r, f_l = (float(part.sum()) / total for part in (out, by_dots, lost))
    residual_e, residual_r = out - f_e * emissions, by_dots - f_r * emissions
    energies = fates.energy[out > 0.0]
    seen = energies.size
    return Escape(
        f_escape=f_e,
        f_reabsorbed=f_r,
        f_lost=f_l,
        mean_emission=float(np.sum(emitter.weights * emitter.energy)),
        mean_escape=float(np.mean(energies)) if seen else nan,
        f_substrate=fates.count(mc.SUBSTRATE) / total,
        photons=fates.fate.size,
        f_escape_error=mc.ratio_error(out, emissions),
        f_reabsorbed_error=mc.ratio_error(by_dots, emissions),
        f_lost_error=mc.ratio_error(lost, emissions),
        mean_escape_error=float(np.std(energies, ddof=1)) / sqrt(seen) if seen > 1 else nan,
        covariance=float(np.sum(residual_e * residual_r)) / total**2,
    )


MODULES = ("thermosim.gain.escape.given", "thermosim.gain.escape.methods")
"""Modules that hold kinds of escape."""


class EscapeModel(Kind, chosen_by="kind", modules=MODULES):
    """How much of the emitted light leaves the body, and how much dots absorb again."""

    kind: str


class AutoEscape(EscapeModel):
    """Rough grain of the index of the particle: what ground and grown crystals are taken for.

    Every reflection forgets the direction (``ergodic``). A perfect sphere lets less light out.
    """

    kind: Literal["auto"] = "auto"


class EscapeOfBody(EscapeModel):
    """A method that works the escape out for one body."""

    refractive_index: float = Field(ge=1, description="Refractive index of the body")
    parasitic_absorption: NonNegative[AbsorptionCoefficient] = Field(
        default=0.0, description="Absorption of the emission by everything but the dots"
    )

    @abstractmethod
    def evaluate(
        self,
        shape: Any,
        energy: ArrayLike,
        emission: ArrayLike,
        alpha: ArrayLike,
        contact_radius: float = 0.0,
        eta_int: float = 0.0,
    ) -> Escape:
        """Return the escape from ``shape``: radius of a sphere [m], body, or shape of a case."""


SubstrateIndex = Annotated[
    float, Field(ge=1, description="Refractive index of the substrate under the contact")
]


class ErgodicEscape(EscapeOfBody):
    """Rough grain of any form: every reflection forgets the direction (closed form)."""

    kind: Literal["ergodic"] = "ergodic"
    substrate_index: SubstrateIndex = 1.0

    def evaluate(
        self,
        shape: float | Solid,
        energy: ArrayLike,
        emission: ArrayLike,
        alpha: ArrayLike,
        contact_radius: float = 0.0,
        eta_int: float = 0.0,
    ) -> Escape:
        """Return the escape from ``shape`` (radius of a sphere [m], or volume and area).

        ``contact_radius`` [m] is that of the disk that touches the substrate.

        Raises
        ------
        ValueError
            If the contact is more than half of the surface, or a spectrum is invalid.
        """
        solid = _solid(shape)
        share = pi * contact_radius**2 / solid.area
        if not 0.0 <= share <= 0.5:
            raise ValueError(
                f"contact radius {contact_radius:.6g} m: the contact is {share:.3g} of the "
                "surface of the body; it can be half of it at most"
            )
        free = (1.0 - share) * float(closed.mean_transmittance(self.refractive_index))
        below = share * float(
            closed.mean_transmittance_into(self.refractive_index, self.substrate_index)
        )
        total = np.asarray(alpha, float) + self.parasitic_absorption
        chord = float(closed.mean_chord(solid.volume, solid.area))
        P = closed.ergodic_escape(total * chord, free + below)
        into = below / (free + below)
        return spectral_escape(P, energy, emission, alpha, self.parasitic_absorption, into)


class SphereEscape(EscapeOfBody):
    """Smooth sphere (of the same volume), away from the contact: the lower bound (closed form)."""

    kind: Literal["sphere"] = "sphere"

    def evaluate(
        self,
        shape: float | Solid,
        energy: ArrayLike,
        emission: ArrayLike,
        alpha: ArrayLike,
        contact_radius: float = 0.0,
        eta_int: float = 0.0,
    ) -> Escape:
        """Return the escape from a sphere of the volume of ``shape`` (or of that radius [m]).

        The contact is left out. Light emitted again counts as born uniformly; light trapped near
        the surface really is emitted again there, which `MonteCarloEscape` follows.
        """
        radius = float(equivalent_radius(_solid(shape).volume))
        total = np.asarray(alpha, float) + self.parasitic_absorption
        P = closed.sphere_escape(total * radius, self.refractive_index)
        return spectral_escape(P, energy, emission, alpha, self.parasitic_absorption)


class MonteCarloEscape(EscapeOfBody):
    """Photons followed one by one, in a sphere, box, convex polyhedron or mesh."""

    kind: Literal["monte_carlo"] = "monte_carlo"
    roughness: Fraction = Field(
        default=0.0, description="Share of internal reflections that are Lambertian: 1 is ergodic"
    )
    substrate_index: SubstrateIndex = 1.0
    photons: int = Field(default=100_000, ge=100, description="Photons to follow")
    seed: int = Field(default=0, ge=0, description="Seed of the random numbers")
    max_flights: int = Field(
        default=10_000, ge=1, description="Chords after which a photon counts as lost"
    )

    def transport(
        self,
        shape: float | HitBody | ShapeBase,
        emitter: mc.Emitter,
        contact_radius: float = 0.0,
        eta_int: float = 0.0,
    ) -> mc.Transport:
        """Return the photon transport that `evaluate` runs, for its single photons.

        Raises
        ------
        ValueError
            If the contact does not fit the body.
        """
        body = body_of(shape)
        contact = None
        if contact_radius > 0.0:
            contact = self._contact(shape, body, contact_radius)
        return mc.Transport(
            body,
            mc.OpticalSurface(self.refractive_index, self.roughness, contact),
            emitter,
            parasitic=self.parasitic_absorption,
            eta_int=eta_int,
            max_flights=self.max_flights,
        )

    def _contact(
        self, shape: float | HitBody | ShapeBase, body: HitBody, radius: float
    ) -> mc.OpticalContact:
        """Return the disk in the base, or the cap that a cut of that radius takes off."""
        if isinstance(shape, ShapeBase):
            rise = shape.truncated(radius).depth
        elif isinstance(body, SphereSurface):
            rise = Sphere(radius=body.radius).truncated(radius).depth
        else:
            rise = 0.0
        return mc.OpticalContact(self.substrate_index, rise, radius if rise == 0.0 else inf)

    def evaluate(
        self,
        shape: float | HitBody | ShapeBase,
        energy: ArrayLike,
        emission: ArrayLike,
        alpha: ArrayLike,
        contact_radius: float = 0.0,
        eta_int: float = 0.0,
    ) -> Escape:
        """Return the escape from ``shape`` (radius of a sphere [m], body, or shape of a case).

        The contact of radius ``contact_radius`` [m] is the disk in the base of the body, or the
        cap that a cut of that radius takes off a body that rests on a point. With ``eta_int``
        the shares hold the later generations, too, each born where the one before was absorbed.
        """
        emitter = mc.Emitter(energy, emission, alpha)
        run = self.transport(shape, emitter, contact_radius, eta_int)
        return escape_of_fates(run.run(self.photons, self.seed), emitter)
