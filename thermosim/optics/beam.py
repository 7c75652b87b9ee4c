"""The pump beam: photon energy, profile, direction, polarisation; the section ``[laser]``.

Coordinates are those of the case: the beam comes down along -z unless tilted, and z = 0 is the
upper face of the substrate. Intensities here are in vacuum and without the body.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator
from scipy.constants import c, e, h

from thermosim.language.sections import Section
from thermosim.language.units import (
    Angle,
    Energy,
    Fraction,
    Intensity,
    Length,
    NonNegative,
    PhotonEnergy,
    Positive,
    Power,
    rounded,
)

Floats = NDArray[np.float64]
DEFAULT_PHOTON_ENERGY = 2.33 * e
# Same energy within this relative difference: a section written out and read back.
_SAME = 1e-9
_SPECKLE_WAVES = 400
_SPECKLE_CHUNK = 20_000


def wavelength_of(photon_energy: float) -> float:
    """Return the vacuum wavelength [m] of a photon energy [J], ``hc/E`` (its own inverse)."""
    return float(h * c / photon_energy)


def rayleigh_range(waist: float, wavelength: float) -> float:
    """Return ``pi w0²/lambda`` [m] of a Gaussian beam with 1/e² radius ``waist`` [m]."""
    return math.pi * waist**2 / wavelength


def gaussian_peak(power: float, waist: float) -> float:
    """Return the peak intensity [W/m²] of a Gaussian beam at its waist, ``2P/(pi w0²)``."""
    return 2.0 * power / (math.pi * waist**2)


def gaussian_profile(
    along: ArrayLike, across: ArrayLike, waist: float, wavelength: float
) -> Floats:
    """Return intensity over peak intensity of a Gaussian beam (paraxial, TEM00).

    ``along`` is the distance beyond the waist and ``across`` the distance from the axis [m];
    they broadcast. Saleh and Teich, Fundamentals of Photonics, eq. 3.1-12.
    """
    spread = 1.0 + (np.asarray(along, float) / rayleigh_range(waist, wavelength)) ** 2
    return np.asarray(np.exp(-2.0 * np.asarray(across, float) ** 2 / (waist**2 * spread)) / spread)


def top_hat_profile(across: ArrayLike, radius: float) -> Floats:
    """Return 1 within ``radius`` [m] of the axis and 0 beyond (collimated)."""
    return np.where(np.asarray(across, float) <= radius, 1.0, 0.0)


def speckle_factor(u: ArrayLike, v: ArrayLike, grain: float, seed: int) -> Floats:
    """Return fully developed speckle (mean 1, contrast 1) at transverse positions ``u, v`` [m].

    A sum of plane waves with random phases, whose transverse wave vectors fill a disk; the
    autocorrelation of the intensity falls to zero at the distance ``grain`` [m]
    (0.61 lambda/NA). Goodman, Speckle Phenomena in Optics, sections 3.2 and 4.4. Shapes (n,).
    """
    u, v = np.asarray(u, float), np.asarray(v, float)
    random = np.random.default_rng(seed)
    q = 3.8317059702075125 / grain * np.sqrt(random.random(_SPECKLE_WAVES))  # zero of J1
    angle, phase = 2.0 * math.pi * random.random((2, _SPECKLE_WAVES))
    q_u, q_v = q * np.cos(angle), q * np.sin(angle)
    factor = np.empty(u.shape)
    for start in range(0, u.size, _SPECKLE_CHUNK):
        part = slice(start, start + _SPECKLE_CHUNK)
        waves = np.exp(1j * (np.outer(u[part], q_u) + np.outer(v[part], q_v) + phase))
        factor[part] = np.abs(waves.sum(axis=1)) ** 2 / _SPECKLE_WAVES
    return factor


class Speckle(Section):
    """Random interference grains on top of the profile, constant along the beam."""

    contrast: Fraction = Field(
        default=1.0, description="Standard deviation over mean of the intensity; 1 is laser light"
    )
    grain: Positive[Length] = Field(description="First zero of the autocorrelation, 0.61 lambda/NA")
    seed: int = Field(default=0, ge=0, description="Seed of the pattern")


class Laser(Section):
    """The pump beam. Give ``photon_energy`` or ``wavelength``, and ``intensity`` or ``power``."""

    photon_energy: PhotonEnergy = Field(
        default=DEFAULT_PHOTON_ENERGY, description="Photon energy (or give wavelength)"
    )
    wavelength: Positive[Length] = Field(
        default=rounded(wavelength_of(DEFAULT_PHOTON_ENERGY)),
        description="Vacuum wavelength (or give photon_energy)",
    )
    linewidth: NonNegative[Energy] = Field(
        default=0.0, description="Full width at half maximum of the line (Gaussian), as energy"
    )
    profile: Literal["plane", "top_hat", "gaussian"] = Field(
        default="plane", description="Transverse profile"
    )
    intensity: NonNegative[Intensity] | None = Field(
        default=None, description="Peak intensity; 0 switches the laser off (or give power)"
    )
    power: NonNegative[Power] | None = Field(
        default=None, description="Power of the whole beam (top_hat and gaussian)"
    )
    waist: Positive[Length] | None = Field(
        default=None, description="gaussian: 1/e² radius of the intensity at the focus"
    )
    radius: Positive[Length] | None = Field(default=None, description="top_hat: radius of the beam")
    focus: Length = Field(
        default=0.0, description="gaussian: distance of the waist beyond the point aim"
    )
    aim: tuple[Length, Length, Length] = Field(
        default=(0.0, 0.0, 0.0),
        description="Point (x, y, z) that the axis of the beam runs through",
    )
    tilt: Annotated[Angle, Field(ge=0.0, le=math.pi)] = Field(
        default=0.0, description="Angle between the beam and -z"
    )
    azimuth: Angle = Field(
        default=0.0, description="Direction toward which a tilted beam runs, from x toward y"
    )
    polarisation: Literal["unpolarised", "linear", "circular"] = Field(
        default="unpolarised", description="Polarisation of the beam"
    )
    polarisation_angle: Angle = Field(
        default=0.0,
        description="linear: angle of the field from the plane of the tilt (from x if untilted)",
    )
    speckle: Speckle | None = Field(default=None, description="Speckle pattern; none by default")

    @model_validator(mode="after")
    def _complete(self) -> Laser:
        given = self.model_fields_set & {"photon_energy", "wavelength"}
        if given == {"wavelength"}:
            # frozen for users; the field that was left out follows from the one given
            self.__dict__["photon_energy"] = rounded(wavelength_of(self.wavelength))
        elif given == {"photon_energy"}:
            self.__dict__["wavelength"] = rounded(wavelength_of(self.photon_energy))
        elif abs(self.photon_energy * self.wavelength / (h * c) - 1.0) > _SAME:
            raise ValueError(
                f"photon_energy = {self.photon_energy / e:.6g} eV and wavelength = "
                f"{self.wavelength * 1e9:.6g} nm contradict each other; remove one of them"
            )
        self._check_strength()
        self._check_profile()
        if self.polarisation != "linear" and self.polarisation_angle:
            raise ValueError(
                f"polarisation_angle = {self.polarisation_angle:.6g} rad has no meaning for "
                f'polarisation = "{self.polarisation}"; remove it or write polarisation = "linear"'
            )
        return self

    def _check_strength(self) -> None:
        if self.intensity is None and self.power is None:
            also = "" if self.profile == "plane" else ' or power, for instance power = "1 mW"'
            raise ValueError(
                'the strength of the beam is missing; add intensity = "3 kW/cm^2"' + also
            )
        if self.intensity is not None and self.power is not None:
            raise ValueError(
                f"intensity = {self.intensity:.6g} W/m^2 and power = {self.power:.6g} W say the "
                "same thing twice; remove one of them"
            )
        if self.power is not None and self.profile == "plane":
            raise ValueError(
                f"power = {self.power:.6g} W, but a plane wave has no finite power; give intensity "
                'or choose profile = "gaussian" or "top_hat"'
            )

    def _check_profile(self) -> None:
        needed = {"gaussian": "waist", "top_hat": "radius"}
        for profile, size in needed.items():
            value = getattr(self, size)
            if self.profile == profile and value is None:
                raise ValueError(f'profile = "{profile}" needs {size}; add {size} = "10 um"')
            if self.profile != profile and value is not None:
                raise ValueError(
                    f'{size} = {value:.6g} m belongs to profile = "{profile}", not to '
                    f'"{self.profile}"; remove it or change the profile'
                )
        if self.focus and self.profile != "gaussian":
            raise ValueError(
                f'focus = {self.focus:.6g} m belongs to profile = "gaussian", not to '
                f'"{self.profile}"; remove it'
            )

    @property
    def peak_intensity(self) -> float:
        """Peak intensity of the profile in vacuum [W/m²] (speckle grains exceed it)."""
        if self.intensity is not None:
            return self.intensity
        power = self.power or 0.0
        if self.profile == "gaussian":
            return gaussian_peak(power, self.waist or math.inf)
        return power / (math.pi * (self.radius or math.inf) ** 2)

    @property
    def direction(self) -> Floats:
        """Unit vector of propagation, shape (3,)."""
        return np.asarray(self.axes[2])

    @property
    def axes(self) -> Floats:
        """Unit vectors across (in the plane of the tilt, normal to it) and along the beam.

        Rows of shape (3, 3), right-handed when the last row is turned round; untilted they
        are x, y and -z.
        """
        st, ct = math.sin(self.tilt), math.cos(self.tilt)
        sa, ca = math.sin(self.azimuth), math.cos(self.azimuth)
        return np.array([[ct * ca, ct * sa, st], [-sa, ca, 0.0], [st * ca, st * sa, -ct]])

    @property
    def field_directions(self) -> tuple[tuple[float, Floats], ...]:
        """Linear polarisations that make up the beam: pairs of share of power and unit vector.

        One for linear light; two equal ones for unpolarised and for circular light, whose
        phases do not matter to absorbed power after averaging over the optical period.
        """
        first, second, _ = self.axes
        if self.polarisation == "linear":
            angle = self.polarisation_angle
            return ((1.0, math.cos(angle) * first + math.sin(angle) * second),)
        return ((0.5, first), (0.5, second))

    def intensity_at(self, points: ArrayLike) -> Floats:
        """Return the intensity of the undisturbed beam [W/m²], shape (n,), at ``points`` (n, 3)."""
        offset = np.asarray(points, float) - np.asarray(self.aim)
        u, v, along = (offset @ self.axes.T).T
        across = np.hypot(u, v)
        if self.profile == "gaussian" and self.waist is not None:
            shape = gaussian_profile(along - self.focus, across, self.waist, self.wavelength)
        elif self.profile == "top_hat" and self.radius is not None:
            shape = top_hat_profile(across, self.radius)
        else:
            shape = np.ones(across.shape)
        return self.peak_intensity * shape * self._speckle_at(u, v)

    def _speckle_at(self, u: Floats, v: Floats) -> Floats:
        if self.speckle is None:
            return np.ones(u.shape)
        grains = speckle_factor(u, v, self.speckle.grain, self.speckle.seed)
        return 1.0 + self.speckle.contrast * (grains - 1.0)

    def spectrum(self, order: int = 9) -> tuple[tuple[float, float], ...]:
        """Return ``(photon energy [J], weight)`` to average over the line; weights add up to 1.

        Gauss-Hermite nodes of a Gaussian line; the single photon energy if linewidth is 0.
        """
        if self.linewidth == 0.0:
            return ((self.photon_energy, 1.0),)
        nodes, weights = np.polynomial.hermite_e.hermegauss(order)
        sigma = self.linewidth / (2.0 * math.sqrt(2.0 * math.log(2.0)))
        energies = self.photon_energy + sigma * nodes
        if energies[0] <= 0.0:
            raise ValueError(
                f"linewidth = {self.linewidth / e:.6g} eV reaches photon energy 0; make it smaller"
            )
        weights /= weights.sum()
        return tuple((float(E), float(w)) for E, w in zip(energies, weights, strict=True))
