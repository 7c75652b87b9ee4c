"""Up-conversion: the chance that a photon absorbed below the gap becomes an exciton at all.

What is absorbed and not lifted heats. The chance counts as a loss of the dot's efficiency under
this pump, also for its own light that is absorbed again, which errs on the careful side.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, ValidationInfo, field_validator
from scipy.constants import e, k

from thermosim.gain.numerics import chebyshev_coefficients, require_rows
from thermosim.language.kinds import Kind
from thermosim.language.sections import beside_case
from thermosim.language.units import NonNegative, PhotonEnergy

Array = NDArray[np.float64]
_TOLERANCE = 1e-3


class UpConversion(Kind, chosen_by="kind"):
    """The chance that a pump photon becomes an exciton, over its energy and the temperature."""

    kind: str

    @abstractmethod
    def efficiency(self, photon_energy: ArrayLike, temperature: ArrayLike) -> Any:
        """Return the chance, 0 to 1; energy [J] and temperature [K] broadcast."""

    def numbers(
        self, photon_energy: float, low: float, high: float, reference: float
    ) -> tuple[float, tuple[float, ...]]:
        """Return the chance at the ``reference`` temperature, and how its logarithm follows T.

        As Chebyshev coefficients between the temperatures ``low`` and ``high`` [K].

        Raises
        ------
        ValueError
            If it follows the temperature too abruptly, or is not known there.
        """
        at_rest = float(self.efficiency(photon_energy, reference))
        if not at_rest > 0.0:
            raise ValueError(f"upconversion: no photon of {photon_energy / e:.4g} eV is lifted")

        def log_ratio(T: Any) -> Any:
            return np.log(np.maximum(self.efficiency(photon_energy, T) / at_rest, 1e-30))

        return at_rest, chebyshev_coefficients(log_ratio, low, high, reference, _TOLERANCE, None)


class ActivatedUpConversion(UpConversion):
    """``1/(1 + a (exp(D/kT) - 1))``, D the energy that is missing: 1 where none is.

    An assumption: lifting by phonons against a loss that needs none, at a rate ratio ``a``. What
    was measured on CsPbBr3 follows no such law well (arXiv:2308.04363); give a table then.
    """

    kind: Literal["activated"] = "activated"
    full_energy: PhotonEnergy = Field(description="Photon energy from which all are lifted")
    ratio: NonNegative[float] = Field(description="a: rate of the loss over that of lifting")

    def efficiency(self, photon_energy: ArrayLike, temperature: ArrayLike) -> Any:
        """Return the chance of the law."""
        missing = np.maximum(self.full_energy - np.asarray(photon_energy, np.float64), 0.0)
        return 1.0 / (1.0 + self.ratio * np.expm1(missing / (k * np.asarray(temperature))))


class TabulatedUpConversion(UpConversion):
    """Measured: a CSV file with a heading and rows of energy [eV], temperature [K], efficiency.

    Every temperature has the same energies. Between them the efficiency is straight in energy and
    smooth in temperature (PCHIP); outside of the energies it keeps the value at the end.
    """

    kind: Literal["table"] = "table"
    file: Path = Field(description="CSV file: photon energy in eV, temperature in K, efficiency")

    @field_validator("file")
    @classmethod
    def _readable(cls, file: Path, info: ValidationInfo) -> Path:
        found = beside_case(file, info)
        _table(found)
        return found

    def efficiency(self, photon_energy: ArrayLike, temperature: ArrayLike) -> Any:
        """Return the chance of the table.

        Raises
        ------
        ValueError
            If a temperature lies outside of it.
        """
        from scipy.interpolate import PchipInterpolator

        energies, temperatures, values = _table(self.file)
        E, T = np.broadcast_arrays(photon_energy, temperature)
        require_rows(self.file, T, temperatures)
        at = np.clip(np.asarray(E, np.float64) / e, energies[0], energies[-1])
        columns = PchipInterpolator(temperatures, values)(np.clip(T, *temperatures[[0, -1]]))
        i = np.clip(np.searchsorted(energies, at) - 1, 0, len(energies) - 2)
        share = (at - energies[i]) / (energies[i + 1] - energies[i])
        low, high = (np.take_along_axis(columns, j[..., None], -1)[..., 0] for j in (i, i + 1))
        return (1.0 - share) * low + share * high


@functools.lru_cache(maxsize=16)
def _table(file: Path) -> tuple[Array, Array, Array]:
    """Return energies [eV], temperatures [K] and values, shape (temperatures, energies).

    Raises
    ------
    ValueError
        If the file cannot be read, has gaps, or an efficiency outside 0 to 1.
    """
    try:
        rows = np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)
    except (OSError, ValueError) as error:
        raise ValueError(f"{file}: cannot be read as a heading and rows of numbers") from error
    if rows.shape[1] != 3 or not np.all(np.isfinite(rows)):
        raise ValueError(f"{file}: rows must be energy in eV, temperature in K, efficiency")
    energies, temperatures = np.unique(rows[:, 0]), np.unique(rows[:, 1])
    if len(rows) != energies.size * temperatures.size or min(energies.size, temperatures.size) < 2:
        raise ValueError(
            f"{file}: give the same energies at every temperature, two of each at least"
        )
    if not np.all((rows[:, 2] >= 0.0) & (rows[:, 2] <= 1.0)):
        raise ValueError(f"{file}: efficiencies must lie between 0 and 1")
    order = np.lexsort((rows[:, 0], rows[:, 1]))
    return energies, temperatures, rows[order, 2].reshape(temperatures.size, energies.size)
