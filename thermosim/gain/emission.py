"""Emission: spectra and the mean photon energy <E_PL> against temperature.

Spectra are per photon energy, in photons, and normalised to an area of 1 [1/J]. ``gap_shift`` is
how far the gap has moved from its place at the reference temperature [J].
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, ValidationInfo, field_validator, model_validator
from scipy.constants import c, e, h, k

from thermosim.errors import CaseError
from thermosim.gain.absorption import Absorption, FermiEdge, chosen_spectrum
from thermosim.gain.emg import Component, emg_mean, emg_sum, fit_double_emg
from thermosim.gain.numerics import floats, mean_energy, trapezoid
from thermosim.language.kinds import Kind
from thermosim.language.sections import Section, beside_case
from thermosim.language.tables import Reading
from thermosim.language.tables.spectra import read_spectra
from thermosim.language.units import Energy, EnergyPerKelvin, PhotonEnergy, Positive

Array = NDArray[np.float64]
EMISSION_WORDS = (
    "pl", "photoluminescence", "emission", "luminescence", "fluorescence", "em", "intensity",
    "counts", "signal", "sample", "photons",
)  # fmt: skip
# <E_PL> for which Eq. (3) gives the printed 2.1 fW (2.1008 fW) at eta_X = 1, eta_BX = 0.09.
PAPER_MEAN_EMISSION = 2.3871 * e
_STEPS = (256, 512, 1024, 2048, 4096)
_STEP = 0.5  # of the line, over E_U: then what even steps miss is rounding
_TAIL = 42.0


def per_energy(energy: ArrayLike, per_wavelength: ArrayLike) -> Any:
    """Return a spectrum per photon energy from one per wavelength: times ``h c / E²``."""
    return np.asarray(per_wavelength) * h * c / np.square(energy)


def boltzmann_emission(energy: ArrayLike, log_alpha: ArrayLike, temperature: ArrayLike) -> Any:
    """Return ``ln(alpha E² exp(-E/kT))``, emission by detailed balance but for a constant.

    van Roosbroeck and Shockley, Phys. Rev. 94, 1558 (1954), 10.1103/PhysRev.94.1558, for
    E much larger than kT.
    """
    E = np.asarray(energy, dtype=np.float64)
    return np.asarray(log_alpha) + 2.0 * np.log(E) - E / (k * np.asarray(temperature))


class Emission(Kind, chosen_by="kind", modules=("thermosim.gain.balance",)):
    """The light that the dots emit."""

    kind: str

    def with_absorption(self, absorption: Absorption) -> Emission:
        """Return the emission of dots that absorb so; the same where it does not depend on that."""
        return self

    def at_offset(
        self, energy: ArrayLike, offset: float, temperature: float, reference: float, moved: float
    ) -> Array:
        """Return the spectrum [1/J] of a dot whose gap is ``offset`` [J] off: moved with it."""
        return self.spectrum(floats(energy) - offset, temperature, reference, moved)

    def mean_offset(self, offset: float, reference: float) -> float:
        """Return how far its mean is off [J]."""
        return offset

    @abstractmethod
    def mean_at(
        self, temperature: ArrayLike, reference_temperature: float, gap_shift: ArrayLike
    ) -> Array:
        """Return <E_PL> [J], shape of ``temperature`` [K]; ``gap_shift`` [J] is that of the gap."""

    @abstractmethod
    def spectrum(
        self, energy: ArrayLike, temperature: float, reference_temperature: float, gap_shift: float
    ) -> Array:
        """Return the spectrum [1/J], of area 1, at each photon energy [J]."""


class VanRoosbroeckEmission(Emission):
    """Emission in detailed balance with a saturating absorption edge at the local temperature."""

    kind: Literal["van_roosbroeck"] = "van_roosbroeck"
    edge: FermiEdge = Field(
        FermiEdge(), description="Absorption edge that emission is in balance with"
    )

    def at_offset(
        self, energy: ArrayLike, offset: float, temperature: float, reference: float, moved: float
    ) -> Array:
        """Return the spectrum [1/J] of a dot in balance with its own edge."""
        return self.spectrum(energy, temperature, reference, moved + offset)

    def mean_offset(self, offset: float, reference: float) -> float:
        """Return how far its mean is off [J]: a few parts in 10⁴ less than its gap."""
        means = self.mean_at(np.full(2, reference), reference, np.array([0.0, offset]))
        return float(means[1] - means[0])

    def has_peak(self, temperature: ArrayLike, reference_temperature: float) -> Any:
        """Return whether the emission of the tail stays finite: kT of at least 1.05 E_U."""
        E_U = self.edge.urbach_energy(temperature, reference_temperature)
        return k * floats(temperature) >= 1.05 * E_U

    def log_spectrum(
        self,
        energy: ArrayLike,
        temperature: ArrayLike,
        reference_temperature: float,
        gap_shift: ArrayLike,
    ) -> Any:
        """Return the logarithm of the spectrum but for a constant; arguments broadcast."""
        at_rest = np.asarray(energy) - gap_shift
        log_alpha = self.edge.log_shape(at_rest, temperature, reference_temperature)
        return boltzmann_emission(energy, log_alpha, temperature)

    def mean_at(
        self, temperature: ArrayLike, reference_temperature: float, gap_shift: ArrayLike
    ) -> Array:
        """Return <E_PL> [J], shape of ``temperature`` (which broadcasts with ``gap_shift``).

        Raises
        ------
        ValueError
            Where kT is below 1.05 E_U: the emission of the tail then grows without bound.
        """
        T, shift = np.broadcast_arrays(np.asarray(temperature, dtype=np.float64), gap_shift)
        E = self._grid(T, reference_temperature, shift)
        log_s = self.log_spectrum(E, T[..., None], reference_temperature, shift[..., None])
        return np.asarray(mean_energy(E, np.exp(log_s - log_s.max(axis=-1, keepdims=True))))

    def spectrum(
        self, energy: ArrayLike, temperature: float, reference_temperature: float, gap_shift: float
    ) -> Array:
        """Return the spectrum [1/J] at each photon energy [J]."""
        T = np.asarray(temperature, dtype=np.float64)
        grid = self._grid(T, reference_temperature, np.asarray(gap_shift))
        log_grid = self.log_spectrum(grid, T, reference_temperature, gap_shift)
        top = log_grid.max()
        area = trapezoid(np.exp(log_grid - top), grid)
        log_s = self.log_spectrum(energy, T, reference_temperature, gap_shift)
        return np.asarray(np.exp(log_s - top) / area)

    def _grid(self, T: Array, reference_temperature: float, shift: Array) -> Array:
        """Even steps over the whole line: the trapezoidal rule then converges exponentially.

        As ``exp(-2π² E_U/h)`` with steps h, for the edge has its poles at ``±iπ E_U``.
        """
        E_U = self.edge.urbach_energy(T, reference_temperature)
        if not np.all(self.has_peak(T, reference_temperature)):
            worst = float(np.min(T))
            raise ValueError(
                f"at {worst:g} K kT is below 1.05 E_U, so detailed balance with a tail of this "
                "Urbach energy has no peak; raise temperature_min or let E_U follow temperature "
                '(E_U_model = "einstein")'
            )
        edge = self.edge.E_1 + shift
        rise = 1.0 / (1.0 / E_U - 1.0 / (k * T))
        low = np.maximum(edge - _TAIL * rise, 1e-6 * edge)
        high = edge + _TAIL * k * T
        wanted = float(np.max((high - low) / E_U, initial=0.0)) / _STEP
        steps = next((count for count in _STEPS if count >= wanted), _STEPS[-1])
        return np.asarray(np.linspace(low, high, steps, axis=-1))


class GivenEmission(Emission):
    """<E_PL> as a number at the reference temperature; with the line of an edge as its shape.

    With ``slope`` it moves by that much per kelvin; without, it follows the gap.
    """

    kind: Literal["given"] = "given"
    mean_emission: PhotonEnergy = Field(
        PAPER_MEAN_EMISSION, le=100 * e, description="<E_PL> at the reference temperature"
    )
    slope: EnergyPerKelvin | None = Field(
        None, description="Its change per kelvin; that of the gap if not given"
    )
    edge: FermiEdge = Field(FermiEdge(), description="Gives the line its form")

    def mean_at(
        self, temperature: ArrayLike, reference_temperature: float, gap_shift: ArrayLike
    ) -> Array:
        """Return <E_PL> [J], shape of ``temperature``."""
        T = np.asarray(temperature, dtype=np.float64)
        moved = (
            floats(gap_shift) if self.slope is None else self.slope * (T - reference_temperature)
        )
        return np.asarray(self.mean_emission + moved)

    def spectrum(
        self, energy: ArrayLike, temperature: float, reference_temperature: float, gap_shift: float
    ) -> Array:
        """Return the spectrum [1/J]: that of the edge, moved so that its mean is <E_PL>."""
        line = VanRoosbroeckEmission(edge=self.edge)
        own = line.mean_at(temperature, reference_temperature, gap_shift)
        move = self.mean_at(temperature, reference_temperature, gap_shift) - own
        at_rest = np.asarray(energy) - move
        return line.spectrum(at_rest, temperature, reference_temperature, gap_shift)


class _MeasuredLine(Emission):
    """A line known at the reference temperature, that moves with the gap and keeps its form."""

    def line(self, energy: ArrayLike) -> Array:
        """Return the spectrum at the reference temperature, in any unit."""
        raise NotImplementedError

    def mean_at_reference(self) -> float:
        """Return <E_PL> [J] at the reference temperature."""
        raise NotImplementedError

    def area(self) -> float:
        """Return the area of `line`, in its unit times J."""
        raise NotImplementedError

    def mean_at(
        self, temperature: ArrayLike, reference_temperature: float, gap_shift: ArrayLike
    ) -> Array:
        """Return <E_PL> [J], shape of ``temperature``."""
        moved = np.broadcast_arrays(np.asarray(gap_shift, dtype=np.float64), temperature)[0]
        return np.asarray(self.mean_at_reference() + moved)

    def spectrum(
        self, energy: ArrayLike, temperature: float, reference_temperature: float, gap_shift: float
    ) -> Array:
        """Return the spectrum [1/J] at each photon energy [J]."""
        return np.asarray(self.line(np.asarray(energy) - gap_shift) / self.area())


class MeasuredEmission(_MeasuredLine):
    """A measured spectrum: CSV file of photon energy (or wavelength) and signal.

    ``signal_per`` tells whether the signal counts photons per energy or per wavelength. ``use``
    takes the mean from the rows, or from a double exponentially modified Gaussian fitted to them,
    which is less sensitive to noise far from the line.
    """

    kind: Literal["spectrum"] = "spectrum"
    column: str = Field("", description="Column of the file, by name; by default as named or alone")
    axis: str = Field("", description='Unit of the axis where the file does not say it: "nm", "eV"')
    file: Path = Field(
        description="Text of photon energy or wavelength and signal, beside the case file"
    )
    signal_per: Literal["energy", "wavelength"] = Field(
        "energy", description="Whether the signal is per energy or per wavelength"
    )
    use: Literal["data", "double_emg"] = Field(
        "data", description="Mean of the rows, or of the double EMG fitted to them"
    )

    @model_validator(mode="before")
    @classmethod
    def _as_headed(cls, tree: Any, info: ValidationInfo) -> Any:
        """Take ``signal_per`` from the heading of the file, where it is not given."""
        if not isinstance(tree, dict) or "signal_per" in tree or "file" not in tree:
            return tree
        try:
            file = beside_case(Path(str(tree["file"])), info)
            per = read_spectra(file, Reading(axis=str(tree.get("axis", "")))).signal_per
        except CaseError:  # told with the path of the key, when the file is read for its spectrum
            return tree
        return {**tree, "signal_per": per} if per else tree

    @field_validator("file")
    @classmethod
    def _readable(cls, file: Path, info: ValidationInfo) -> Path:
        file = beside_case(file, info)
        if {"column", "axis"} <= info.data.keys():
            measured_spectrum(file, "energy", info.data["column"], info.data["axis"])
        return file

    def _measured(self) -> MeasuredLine:
        return measured_spectrum(self.file, self.signal_per, self.column, self.axis)

    def read_as(self) -> tuple[str, ...]:
        """Return what was taken for axis, column and the unit that the signal is counted per."""
        given = "signal_per" in self.model_fields_set
        why = (
            "as given or headed"
            if given
            else 'by default: signal_per = "wavelength" where it is per nm'
        )
        return (*self._measured().notes, f"signal per {self.signal_per}, {why}")

    def fitted(self) -> EmgEmission:
        """Return the double exponentially modified Gaussian fitted to the file."""
        return fitted_line(self.file, self.signal_per, self.column, self.axis)

    def line(self, energy: ArrayLike) -> Array:
        """Return the spectrum, 0 outside the rows of the file when they are used directly."""
        if self.use == "double_emg":
            return self.fitted().line(energy)
        E, signal, _ = self._measured()
        return np.asarray(np.interp(np.asarray(energy), E, signal, left=0.0, right=0.0))

    def mean_at_reference(self) -> float:
        """Return <E_PL> [J] at the reference temperature."""
        if self.use == "double_emg":
            return self.fitted().mean_at_reference()
        return float(mean_energy(*self._measured()[:2]))

    def area(self) -> float:
        """Return the area of `line`."""
        if self.use == "double_emg":
            return self.fitted().area()
        E, signal, _ = self._measured()
        return float(trapezoid(signal, E))


class EmgComponent(Section):
    """One exponentially modified Gaussian; ``tail`` > 0 reaches to high energy, < 0 to low."""

    amplitude: Positive[float] = Field(1.0, description="Area, in any unit")
    centre: PhotonEnergy = Field(description="Centre of the Gaussian")
    width: Positive[Energy] = Field(description="Standard deviation of the Gaussian")
    tail: Energy = Field(description="Mean of the exponential; > 0 reaches to high energy")


class EmgEmission(_MeasuredLine):
    """A sum of exponentially modified Gaussians, as fitted to a measured line."""

    kind: Literal["emg"] = "emg"
    components: Annotated[tuple[EmgComponent, ...], Field(min_length=1)] = Field(
        description="Exponentially modified Gaussians that add up to the line"
    )

    @property
    def _components(self) -> tuple[Component, ...]:
        return tuple(Component(c.amplitude, c.centre, c.width, c.tail) for c in self.components)

    def line(self, energy: ArrayLike) -> Array:
        """Return the sum of the components."""
        return emg_sum(energy, self._components)

    def mean_at_reference(self) -> float:
        """Return <E_PL> [J]: the mean of centre + tail, weighted with the amplitudes."""
        return emg_mean(self._components)

    def area(self) -> float:
        """Return the sum of the amplitudes."""
        return float(sum(one.amplitude for one in self.components))


@functools.lru_cache(maxsize=32)
def fitted_line(file: Path, signal_per: str, column: str = "", axis: str = "") -> EmgEmission:
    """Return the double exponentially modified Gaussian fitted to a spectrum of a file."""
    energy, signal, _ = measured_spectrum(file, signal_per, column, axis)
    components = fit_double_emg(energy, signal).components
    return EmgEmission(components=tuple(EmgComponent(**one._asdict()) for one in components))


class MeasuredLine(NamedTuple):
    """A measured spectrum: photon energies [J], signal per energy, what was read."""

    energy: Array
    signal: Array
    notes: tuple[str, ...]


@functools.lru_cache(maxsize=32)
def measured_spectrum(
    file: Path, signal_per: str, column: str = "", axis: str = ""
) -> MeasuredLine:
    """Return a spectrum of a file: photon energies [J] and signal per energy.

    Raises
    ------
    ValueError
        If the file cannot be read, has several columns that could be meant, or its signal has no
        positive area.
    """
    energy, signal, notes = chosen_spectrum(file, column, axis, EMISSION_WORDS)
    if signal_per == "wavelength":
        signal = np.asarray(per_energy(energy, signal))
    if not trapezoid(signal, energy) > 0:
        raise ValueError(f"{file}: the signal has no positive area; is the background too large?")
    return MeasuredLine(energy, signal, notes)
