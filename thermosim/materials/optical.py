"""Optical constants: refractive index n + ik by wavelength, and infrared dielectric functions."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationInfo, model_validator
from scipy import constants

from thermosim.errors import CaseError
from thermosim.language.sections import Section, beside_case
from thermosim.language.units import Frequency, Length, NonNegative, Positive

WAVELENGTH_MARGIN = 0.15
"""Relative distance beyond the tabulated wavelengths over which the end value is held."""

_Wavelengths = Annotated[tuple[Positive[Length], ...], Field(max_length=20000)]
_Index = Annotated[tuple[Positive[float], ...], Field(max_length=20000)]
_Extinction = Annotated[tuple[NonNegative[float], ...], Field(max_length=20000)]


class RefractiveIndex(Section):
    """``n + ik`` in vacuum wavelength, joined by straight lines; no ``k`` means transparent.

    Either lists, or a ``file`` of wavelength (or photon energy) and columns ``n`` and ``k``.
    ``low`` and ``high`` bound ``n`` at 532 nm.
    """

    kind: Literal["table"] = "table"
    file: Path | None = Field(
        None, exclude=True, description="Text of wavelength, n and k, instead of the lists"
    )
    axis: str = Field(
        "", exclude=True, description='Unit of its axis where it does not say it: "nm", "um", "eV"'
    )
    wavelengths: _Wavelengths = Field(default=(), description="Vacuum wavelengths, increasing")
    n: _Index = Field(default=(), description="Real index at each wavelength")
    k: _Extinction = Field(
        default=(), description="Extinction coefficient at each wavelength; none: transparent"
    )
    low: Positive[float] | None = Field(default=None, description="Lowest plausible n at 532 nm")
    high: Positive[float] | None = Field(default=None, description="Highest plausible n at 532 nm")
    relative_uncertainty: NonNegative[float] | None = Field(
        default=None, description="One standard deviation of n over n"
    )
    estimate: bool = Field(
        default=False, description="Whether it is an estimate, not a measured value"
    )
    source: str = Field(default="", description="Where it comes from: a reference or a DOI")

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, tree: Any, info: ValidationInfo) -> Any:
        if not isinstance(tree, dict) or tree.get("file") is None:
            return tree
        both = [name for name in ("wavelengths", "n", "k") if tree.get(name)]
        if both:
            raise ValueError(f"give file or {', '.join(both)}, not both")
        file = beside_case(Path(str(tree["file"])), info)
        return {**tree, **index_of_file(file, str(tree.get("axis") or ""))}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.wavelengths:
            raise ValueError("give wavelengths and n, or a file of them")
        counts = {len(self.wavelengths), len(self.n), len(self.k) or len(self.n)}
        if len(counts) > 1:
            raise ValueError(
                f"{len(self.wavelengths)} wavelengths, {len(self.n)} n and {len(self.k)} k: "
                "give one n (and one k, or none) for each wavelength"
            )
        if any(a >= b for a, b in itertools.pairwise(self.wavelengths)):
            raise ValueError("wavelengths must increase from each to the next")
        return self

    def at(self, wavelength: npt.ArrayLike) -> npt.NDArray[np.complex128]:
        """Return ``n + ik`` at vacuum ``wavelength`` [m]; shape of the argument.

        Raises
        ------
        ValueError
            If a wavelength is more than 15 % outside the table.
        """
        wanted = np.asarray(wavelength, dtype=float)
        first, last = self.wavelengths[0], self.wavelengths[-1]
        low, high = first * (1 - WAVELENGTH_MARGIN), last * (1 + WAVELENGTH_MARGIN)
        if wanted.size and not (wanted.min() >= low and wanted.max() <= high):
            raise ValueError(
                f"refractive index is tabulated from {first * 1e9:g} to {last * 1e9:g} nm, asked "
                f"from {wanted.min() * 1e9:g} to {wanted.max() * 1e9:g} nm: add wavelengths"
            )
        n = np.interp(wanted, self.wavelengths, self.n)
        k = np.interp(wanted, self.wavelengths, self.k) if self.k else np.zeros_like(n)
        return np.asarray(n + 1j * k)


def index_of_laser(
    table: RefractiveIndex | None, wavelength: float, material: str, light: str = "laser"
) -> complex:
    """Return ``n + ik`` of a material at the wavelength of a `light` [m]; nan if nobody knows it.

    Raises
    ------
    CaseError
        If the wavelength is outside the table.
    """
    if table is None:
        return complex(math.nan, math.nan)
    try:
        return complex(table.at(wavelength))
    except ValueError as error:
        raise CaseError(f"{light}: {material}: {error}") from error


def index_of_file(file: Path, axis: str = "") -> dict[str, Any]:
    """Return ``wavelengths`` (text in m), ``n`` and ``k`` of a file, by rising wavelength.

    The columns are called n and k (or are the first and second); they may also stand in two tables
    one below the other, as those of refractiveindex.info do.

    Raises
    ------
    ValueError
        If the file cannot be read, or its n and k do not stand at the same wavelengths.
    """
    from thermosim.language.tables import Reading, read_tables

    try:
        tables = read_tables(file, Reading(axis=axis))
    except CaseError as error:
        raise ValueError(str(error).replace("--axis ", "axis = ")) from error
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for table in tables:
        if table.axis is None or not np.array_equal(table.values, tables[0].values):
            raise ValueError(f"{file}: n and k must stand at the same wavelengths")
        for label, column in zip(table.labels, table.columns, strict=True):
            unnamed = "nk"[min(len(columns), 1)]
            columns.setdefault(label.lower() if label.lower() in ("n", "k") else unnamed, column)
    first = tables[0]
    assert first.axis is not None
    with np.errstate(divide="ignore", over="ignore"):
        length = constants.h * constants.c / first.axis.to_energy(first.values)
    if not np.all((length > 0.0) & np.isfinite(length)):
        raise ValueError(f"{file}: wavelengths and energies must be > 0")
    order = np.argsort(length)
    lists = {name: column[order].tolist() for name, column in columns.items()}
    return {"wavelengths": [f"{x:.12g} m" for x in length[order]], **lists}


class TabulatedInfrared(RefractiveIndex):
    """Infrared ``n + ik`` by wavelength; the end values are held outside the table."""

    kind: Literal["table"] = "table"

    def at(self, wavelength: npt.ArrayLike) -> npt.NDArray[np.complex128]:
        """Return ``n + ik`` at vacuum ``wavelength`` [m]; shape of the argument."""
        clipped = np.clip(np.asarray(wavelength, float), self.wavelengths[0], self.wavelengths[-1])
        return super().at(clipped)


class Oscillator(Section):
    """One Lorentz oscillator: transverse frequency, damping (both in Hz) and strength."""

    frequency: Positive[Frequency] = Field(description="Transverse frequency f_T")
    damping: Positive[Frequency] = Field(description="Width γ of the resonance")
    strength: Positive[float] = Field(description="Contribution to the static permittivity")


def lorentz_permittivity(
    frequency: npt.ArrayLike, eps_inf: float, oscillators: tuple[Oscillator, ...]
) -> npt.NDArray[np.complex128]:
    """Return ``eps_inf + Σ S f_T²/(f_T² - f² - i γ f)``, imaginary part positive.

    ``frequency`` [Hz], any shape; ``S`` is the contribution to the static permittivity. (Bohren &
    Huffman, Absorption and Scattering of Light by Small Particles, 1983, eq. 9.16.)
    """
    f = np.asarray(frequency, dtype=float)
    total = np.full(f.shape, eps_inf, dtype=complex)
    for o in oscillators:
        total = total + o.strength * o.frequency**2 / (o.frequency**2 - f**2 - 1j * o.damping * f)
    return total


class LorentzInfrared(Section):
    """Infrared constants of a polar crystal from its phonon resonances."""

    kind: Literal["lorentz"] = "lorentz"
    eps_inf: Annotated[float, Field(ge=1)] = Field(
        description="Permittivity far above the resonances"
    )
    oscillators: Annotated[tuple[Oscillator, ...], Field(min_length=1, max_length=50)] = Field(
        description="Phonon resonances"
    )
    estimate: bool = Field(
        default=False, description="Whether it is an estimate, not a measured value"
    )
    source: str = Field(default="", description="Where it comes from: a reference or a DOI")

    def at(self, wavelength: npt.ArrayLike) -> npt.NDArray[np.complex128]:
        """Return ``n + ik`` at vacuum ``wavelength`` [m]; shape of the argument."""
        frequency = constants.c / np.asarray(wavelength, dtype=float)
        return np.sqrt(lorentz_permittivity(frequency, self.eps_inf, self.oscillators))


Infrared: TypeAlias = Annotated[TabulatedInfrared | LorentzInfrared, Field(discriminator="kind")]
