"""The ``[thermometry]`` section: how a spectrum becomes a temperature."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from scipy.constants import e

from thermosim.language.sections import Section
from thermosim.language.units import Energy, Positive, Temperature, rounded

Array = npt.NDArray[np.float64]
Weights = Literal["poisson", "binomial", "uniform"]
MIN_BINS = 3
MAX_BINS = 100_000


class ThermometrySettings(Section):
    """Window, reference and weights of the fit to the logarithm of the ratio of two tails.

    ``weights``: ``poisson`` weighs each bin by its noise, and is the likelihood of the counts where
    there are few; ``binomial`` is that likelihood always, of raw counts; ``uniform`` ignores the
    noise and takes the uncertainty from the scatter.
    """

    E_min: Positive[Energy] = Field(
        default=2.50 * e, description="Where the window of the fit begins, on the high-energy tail"
    )
    E_max: Positive[Energy] = Field(default=2.60 * e, description="Where it ends")
    reference_temperature: Positive[Temperature] = Field(
        default=300.0, description="Temperature of the reference spectrum"
    )
    weights: Weights = Field(
        default="poisson", description="Photon noise of each bin, likelihood of the counts, or none"
    )
    bin_width: Positive[Energy] = Field(
        default=rounded(1e-3 * e), description="Width of the bins that spectra are gathered into"
    )
    counts: float = Field(
        default=1e5,
        gt=0,
        allow_inf_nan=False,
        description="photons in the first bin of the window, for predicted spectra",
    )
    counts_per_unit: float = Field(
        default=1.0,
        gt=0,
        allow_inf_nan=False,
        description="photons per unit of the numbers in a file of spectra; if it is not given and "
        "they scatter otherwise than counts do, it is estimated from their scatter",
    )
    read_noise: float = Field(
        default=0.0,
        ge=0,
        allow_inf_nan=False,
        description="noise of a sample without light, in units of the numbers: dark counts that "
        "were taken off, read-out",
    )
    misfit: Literal["refuse", "inflate"] = Field(
        default="refuse",
        description="a log ratio that is no straight line: no number, or a wider ±",
    )
    reference_label: str = Field(
        default="", description="column of the reference spectrum; empty: the first"
    )
    background_E_min: Positive[Energy] | None = Field(
        default=None,
        description="Energies without emission, from which the background is taken: from",
    )
    background_E_max: Positive[Energy] | None = Field(default=None, description="To")

    @property
    def background(self) -> tuple[float, float] | None:
        """The energies [J] between which there is no emission, or None."""
        if self.background_E_min is None or self.background_E_max is None:
            return None
        return self.background_E_min, self.background_E_max

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        if self.E_max <= self.E_min:
            raise ValueError(
                f"E_max = {self.E_max / e:.6g} eV must be above E_min = {self.E_min / e:.6g} eV"
            )
        bins = (self.E_max - self.E_min) / self.bin_width
        if bins < MIN_BINS - 1e-6:
            raise ValueError(
                f"the window holds {bins:.3g} bins of {self.bin_width / e * 1e3:.4g} meV, "
                f"a line needs {MIN_BINS}: lower bin_width or widen the window"
            )
        if bins > MAX_BINS:
            raise ValueError(f"the window holds more than {MAX_BINS} bins: raise bin_width")
        return self

    @model_validator(mode="after")
    def _check_background(self) -> Self:
        low, high = self.background_E_min, self.background_E_max
        if (low is None) != (high is None):
            raise ValueError("background_E_min and background_E_max are given together or not")
        if low is None or high is None:
            return self
        if high <= low:
            raise ValueError("background_E_max must be above background_E_min")
        if low < self.E_max and high > self.E_min:
            raise ValueError("the background range must not overlap the window E_min to E_max")
        if self.weights == "binomial":
            raise ValueError(
                'weights = "binomial" needs raw counts: leave the background out, '
                'or use weights = "poisson"'
            )
        return self


def bin_centres(E_min: float, E_max: float, bin_width: float) -> Array:
    """Return the centres [J] of the bins of ``bin_width`` [J] from ``E_min`` up to ``E_max`` [J].

    The bins start at ``E_min``; a last bin that would reach beyond ``E_max`` is left out.
    """
    bins = int(np.floor((E_max - E_min) / bin_width * (1.0 + 1e-12) + 1e-9))
    return np.asarray(E_min + (np.arange(bins) + 0.5) * bin_width, dtype=np.float64)
