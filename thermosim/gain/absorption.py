"""Absorption of the dots: spectra and the cross-section of one dot.

The spectra here stand still: the shift of the gap with temperature is applied by the caller, who
evaluates them at ``energy - gap_shift (T - T_ref)``.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, ValidationInfo, field_validator
from scipy.constants import c, e, hbar, pi

from thermosim.errors import CaseError
from thermosim.gain.numerics import floats
from thermosim.language.kinds import Kind
from thermosim.language.sections import beside_case
from thermosim.language.tables import Reading
from thermosim.language.tables.spectra import read_spectra
from thermosim.language.units import (
    AbsorptionCoefficient,
    Area,
    Energy,
    Fraction,
    Intensity,
    Length,
    PhotonEnergy,
    Positive,
    Temperature,
    rounded,
)
from thermosim.optics.effective import DENSEST, maxwell_garnett

Array = NDArray[np.float64]
ABSORPTION_WORDS = (
    "absorption", "absorbance", "abs", "alpha", "α", "od", "extinction", "sigma", "σ", "kappa",
    "optical density", "k", "ple", "excitation", "absorptance",
)  # fmt: skip
URBACH_ENERGY = 15.5e-3 * e
PUMP_ENERGY = 2.33 * e


def einstein_urbach_energy(
    temperature: ArrayLike, E_U: float, reference_temperature: float, phonon_temperature: float
) -> Array:
    """Return the Urbach energy [J] that follows the occupation of one phonon of energy k·theta.

    ``E_U coth(theta/2T) / coth(theta/2T_ref)``, equal to ``E_U`` at the reference. Cody et al.,
    Phys. Rev. Lett. 47, 1480 (1981), 10.1103/PhysRevLett.47.1480.
    """
    half = 0.5 * phonon_temperature
    T = np.asarray(temperature, dtype=np.float64)
    return np.asarray(E_U * np.tanh(half / reference_temperature) / np.tanh(half / T))


def log_edge(log_tail: ArrayLike) -> Array:
    """Return ``-ln(1 + e^-s)`` of ``s = (E - E_1)/E_U``: a tail that saturates above its edge."""
    return np.asarray(-np.logaddexp(0.0, -np.asarray(log_tail)))


class Absorption(Kind, chosen_by="kind"):
    """The absorption spectrum of the dots, but for a constant factor."""

    smooth: ClassVar[bool] = True
    kind: str

    @abstractmethod
    def log_shape(
        self, energy: ArrayLike, temperature: ArrayLike, reference_temperature: float
    ) -> Array:
        """Return the logarithm of the absorption but for a constant; arguments broadcast.

        Photon energy [J] is counted at the gap of the reference temperature [K].
        """


class Tail(Absorption):
    """An absorption edge with an exponential tail."""

    E_U: Positive[Energy] = Field(
        URBACH_ENERGY, description="Urbach energy at the reference temperature"
    )
    E_U_model: Literal["constant", "einstein"] = Field(
        "constant", description='"einstein": E_U follows the occupation of one phonon'
    )
    phonon_temperature: Positive[Temperature] = Field(
        200.0, description="einstein: energy of that phonon over k"
    )

    def urbach_energy(self, temperature: ArrayLike, reference_temperature: float) -> Array:
        """Return E_U [J] at each temperature [K]."""
        if self.E_U_model == "einstein":
            return einstein_urbach_energy(
                temperature, self.E_U, reference_temperature, self.phonon_temperature
            )
        return np.full(np.shape(temperature), self.E_U)

    def log_tail(
        self, energy: ArrayLike, temperature: ArrayLike, reference_temperature: float
    ) -> Any:
        """Return ``(E - E_0)/E_U``, or with E_1; the absorption is its exponential well below."""
        E_U = self.urbach_energy(temperature, reference_temperature)
        return (np.asarray(energy) - self.gap()) / E_U

    def gap(self) -> float:
        """Return the energy [J] of the edge at the reference temperature."""
        raise NotImplementedError


class UrbachTail(Tail):
    """Pure exponential ``alpha ∝ exp((E - E_0)/E_U)``; tails of all temperatures meet at E_0."""

    kind: Literal["urbach"] = "urbach"
    E_0: PhotonEnergy = Field(
        rounded(2.4 * e), description="Energy at which the tails of all temperatures meet"
    )

    def log_shape(
        self, energy: ArrayLike, temperature: ArrayLike, reference_temperature: float
    ) -> Array:
        """Return the logarithm of the absorption but for a constant; arguments broadcast."""
        return np.asarray(self.log_tail(energy, temperature, reference_temperature))

    def gap(self) -> float:
        """Return E_0 [J]."""
        return self.E_0


class FermiEdge(Tail):
    """Tail that saturates above the edge: ``alpha ∝ 1/(1 + exp((E_1 - E)/E_U))``."""

    kind: Literal["fermi_edge"] = "fermi_edge"
    E_1: PhotonEnergy = Field(
        rounded(2.4 * e), description="Energy of the edge at the reference temperature"
    )

    def log_shape(
        self, energy: ArrayLike, temperature: ArrayLike, reference_temperature: float
    ) -> Array:
        """Return the logarithm of the absorption but for a constant; arguments broadcast."""
        return log_edge(self.log_tail(energy, temperature, reference_temperature))

    def gap(self) -> float:
        """Return E_1 [J]."""
        return self.E_1


class TabulatedAbsorption(Absorption):
    """A measured spectrum: CSV file of photon energy (or wavelength) and relative absorption.

    Between the rows ln(alpha) is a monotone cubic in energy; below the first row it falls by the
    Urbach rule with ``E_U``, above the last row alpha is constant.
    """

    smooth: ClassVar[bool] = False
    kind: Literal["table"] = "table"
    column: str = Field("", description="Column of the file, by name; by default as named or alone")
    axis: str = Field("", description='Unit of the axis where the file does not say it: "nm", "eV"')
    file: Path = Field(
        description="Text of photon energy or wavelength and absorption, beside the case file"
    )
    E_U: Positive[Energy] = Field(URBACH_ENERGY, description="Urbach energy below the first row")

    @field_validator("file")
    @classmethod
    def _readable(cls, file: Path, info: ValidationInfo) -> Path:
        file = beside_case(file, info)
        if {"column", "axis"} <= info.data.keys():
            log_table(file, info.data["column"], info.data["axis"])
        return file

    def _table(self) -> LogTable:
        return log_table(self.file, self.column, self.axis)

    def read_as(self) -> tuple[str, ...]:
        """Return what was taken for axis and column of the file."""
        return self._table().notes

    def log_shape(
        self, energy: ArrayLike, temperature: ArrayLike, reference_temperature: float
    ) -> Array:
        """Return the logarithm of the absorption but for a constant; arguments broadcast."""
        first, last, interpolant, _ = self._table()
        E = np.broadcast_arrays(np.asarray(energy, dtype=np.float64), temperature)[0]
        inside = np.asarray(interpolant(np.clip(E, first, last)))
        return np.asarray(inside + np.minimum(E - first, 0.0) / self.E_U)


class LogTable(NamedTuple):
    """A measured absorption: first and last energy [J], ln(alpha) as a function, what was read."""

    first: float
    last: float
    log_alpha: Any
    notes: tuple[str, ...]


@functools.lru_cache(maxsize=32)
def log_table(file: Path, column: str = "", axis: str = "") -> LogTable:
    """Return the measured absorption of a file.

    Raises
    ------
    ValueError
        If the file cannot be read, has several columns that could be meant, or a value is not
        positive.
    """
    from scipy.interpolate import PchipInterpolator

    energy, alpha, notes = chosen_spectrum(file, column, axis, ABSORPTION_WORDS)
    if np.any(alpha <= 0):
        where = energy[np.argmin(alpha)] / e
        raise ValueError(
            f"{file}: absorption at {where:.4g} eV is {alpha.min():g}; it must be positive, "
            "since its logarithm is interpolated: cut the table where the signal ends"
        )
    interpolant = PchipInterpolator(energy, np.log(alpha))
    return LogTable(float(energy[0]), float(energy[-1]), interpolant, notes)


def chosen_spectrum(
    file: Path, column: str, axis: str, words: tuple[str, ...]
) -> tuple[Array, Array, tuple[str, ...]]:
    """Return photon energies [J] and one column of a file, and what was taken for them.

    Without a name the column is the only one, or the only one that begins with one of ``words``.

    Raises
    ------
    ValueError
        If the file cannot be read, or more than one column could be meant.
    """
    try:
        spectra = read_spectra(file, Reading(axis=axis))
        at = spectra.column(column, words)
    except CaseError as error:
        raise ValueError(str(error).replace("--axis ", "axis = ")) from error
    told = f'{Path(file).name}: column "{spectra.labels[at]}"'
    notes = [note for note in spectra.notes[:-1] if not note.startswith("column")]
    if spectra.signal_per:
        notes.append(f"a heading says per {spectra.signal_per}")
    signal = spectra.signal[at] - (0.0 if spectra.dark is None else spectra.dark)
    return spectra.energy, signal, (told, *notes)


def dot_volume(diameter: ArrayLike) -> Any:
    """Return the volume [m³] of a dot of ``diameter`` [m], ``pi d³/6``."""
    return pi / 6.0 * np.asarray(diameter, dtype=np.float64) ** 3


def local_field_factor(n_dot: ArrayLike, n_host: ArrayLike) -> Any:
    """Return ``|f|² = |3 n_h²/(n_d² + 2 n_h²)|²`` of a small sphere in a host (1).

    Indices may be complex. Bohren and Huffman, Absorption and Scattering of Light by Small
    Particles, section 5.2, 10.1002/9783527618156.
    """
    eps_dot, eps_host = np.square(n_dot), np.square(n_host)
    return np.abs(3.0 * eps_host / (eps_dot + 2.0 * eps_host)) ** 2


def dot_cross_section(
    alpha_bulk: ArrayLike, diameter: ArrayLike, n_dot: ArrayLike, n_host: ArrayLike
) -> Any:
    """Return the cross-section [m²] of a sphere much smaller than the wavelength.

    ``(n_d/n_h) |f|² alpha_bulk V`` with the `local_field_factor`; ``alpha_bulk`` [1/m] is the
    absorption of the bulk material of the dot: ``4 pi k_h R³ Im((m² - 1)/(m² + 2))``, rewritten.
    """
    ratio = np.real(n_dot) / np.real(n_host)
    return ratio * local_field_factor(n_dot, n_host) * alpha_bulk * dot_volume(diameter)


def cross_section_from_optimum(
    x_opt: ArrayLike, photon_energy: ArrayLike, tau_X: ArrayLike, intensity: ArrayLike
) -> Any:
    """Return the cross-section [m²] for which ``x = x_opt`` at ``intensity`` [W/m²]."""
    return floats(x_opt) * floats(photon_energy) / (floats(tau_X) * intensity)


def crowded_cross_section(
    diameter: float, n_dot: complex, n_host: float, volume_fraction: float, photon_energy: float
) -> float:
    """Return the cross-section [m²] of one of many dots: Maxwell Garnett's absorption per dot.

    ``2 k E/(hbar c) V/f`` with k of the mixture at a photon energy [J]; ``n_dot`` is n + ik.
    """
    k = float(maxwell_garnett(n_host, n_dot, volume_fraction).imag)
    per_volume = 2.0 * k * photon_energy / (hbar * c)
    return float(per_volume * dot_volume(diameter) / volume_fraction)


class CrossSection(Kind, chosen_by="kind"):
    """Absorption cross-section of one dot at one photon energy and the reference temperature."""

    kind: str
    photon_energy: PhotonEnergy = Field(PUMP_ENERGY, description="At which it holds")

    @abstractmethod
    def sigma(self, tau_X: float, n_dots: Callable[[], float]) -> float:
        """Return the cross-section [m²]; exciton lifetime [s] and density [1/m³] may help."""


class GivenCrossSection(CrossSection):
    """Cross-section of one dot at ``photon_energy`` and the reference temperature."""

    kind: Literal["given"] = "given"
    sigma_abs: Positive[Area] = Field(6.0e-21, description="Absorption cross-section of one dot")

    def sigma(self, tau_X: float, n_dots: Callable[[], float]) -> float:
        """Return the number given [m²]."""
        return self.sigma_abs


class OptimumCrossSection(CrossSection):
    """Cross-section from the intensity at which the gain is largest, where x is ``x_opt``.

    ``x_opt`` is a number of this section, not the optimum of the model, so that a change of an
    efficiency does not move the cross-section.
    """

    kind: Literal["optimum"] = "optimum"
    intensity: Positive[Intensity] = Field(3.0e7, description="At which the gain is largest")
    x_opt: Positive[float] = Field(0.014, description="Excitation number there")
    photon_energy: PhotonEnergy = Field(PUMP_ENERGY, description="At which that was seen")

    def sigma(self, tau_X: float, n_dots: Callable[[], float]) -> float:
        """Return the cross-section [m²] for which x is ``x_opt`` at ``intensity``."""
        return float(
            cross_section_from_optimum(self.x_opt, self.photon_energy, tau_X, self.intensity)
        )


class BulkCrossSection(CrossSection):
    """Cross-section of a small sphere of a bulk material, with its local field."""

    kind: Literal["bulk"] = "bulk"
    alpha_bulk: Positive[AbsorptionCoefficient] = Field(
        description="Absorption of the bulk material of the dots"
    )
    dot_diameter: Positive[Length] = Field(description="Diameter of a dot")
    n_dot: Positive[float] = Field(2.292, description="Refractive index of the dots")
    n_host: Positive[float] = Field(1.69, description="Refractive index of the host")
    volume_fraction: Annotated[Fraction, Field(le=DENSEST)] = Field(
        0.0, description="Share of the volume that dots fill, for the field of the other dots"
    )
    photon_energy: PhotonEnergy = Field(PUMP_ENERGY, description="At which alpha_bulk holds")

    def sigma(self, tau_X: float, n_dots: Callable[[], float]) -> float:
        """Return `dot_cross_section` [m²], or in a dense host `crowded_cross_section`."""
        if not self.volume_fraction:
            alone = dot_cross_section(self.alpha_bulk, self.dot_diameter, self.n_dot, self.n_host)
            return float(alone)
        n_dot = self.n_dot + 0.5j * hbar * c * self.alpha_bulk / self.photon_energy
        return crowded_cross_section(
            self.dot_diameter, n_dot, self.n_host, self.volume_fraction, self.photon_energy
        )


class MacroscopicCrossSection(CrossSection):
    """Cross-section from the absorption coefficient of the body: ``sigma = alpha / n_dots``."""

    kind: Literal["macroscopic"] = "macroscopic"
    alpha: Positive[AbsorptionCoefficient] = Field(
        description="Absorption coefficient of the body by its dots"
    )
    photon_energy: PhotonEnergy = Field(PUMP_ENERGY, description="At which alpha holds")

    def sigma(self, tau_X: float, n_dots: Callable[[], float]) -> float:
        """Return ``alpha / n_dots`` [m²]."""
        return self.alpha / n_dots()
