"""Emissivity that depends on the size of the body: thickness of a film, radius of a particle."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from thermosim.language.units import Fraction, Length, Positive
from thermosim.materials.laws import ConstantLaw, PolynomialLaw, Provenance, TableLaw
from thermosim.materials.shorthand import Shorthand


class SizeTable(Provenance[Fraction]):
    """Emissivity against thickness or radius, joined by straight lines in log-log.

    Below the first size emission is from the volume and proportional to size; beyond the last
    size the last value is held. ``uncertainty_factor`` f says that the true value lies between
    value/f and value·f.
    """

    kind: Literal["size_table"] = "size_table"
    size: Literal["thickness", "radius"] = Field(description="What the sizes are of")
    sizes: Annotated[tuple[Positive[Length], ...], Field(min_length=2, max_length=1000)] = Field(
        description="Sizes of the body, increasing"
    )
    values: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=2, max_length=1000)
    ] = Field(description="Emissivity at each size")
    uncertainty_factor: Annotated[float, Field(ge=1)] | None = Field(
        default=None, description="f: the true value lies between value/f and value·f"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.sizes) != len(self.values):
            raise ValueError(
                f"{len(self.sizes)} sizes but {len(self.values)} values: one value for each size"
            )
        if any(a >= b for a, b in itertools.pairwise(self.sizes)):
            raise ValueError("sizes must increase from each to the next")
        return self

    def at_size(self, size: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the emissivity of a body of ``size`` [m]; shape of the argument.

        Raises
        ------
        ValueError
            If a size is not positive.
        """
        wanted = np.asarray(size, dtype=float)
        if not np.all(wanted > 0):
            raise ValueError(f"{self.size} = {np.min(wanted):g} m: must be > 0")
        logs = np.interp(np.log(wanted), np.log(self.sizes), np.log(self.values))
        thin = np.minimum(wanted / self.sizes[0], 1.0)
        return np.asarray(np.exp(logs) * thin)


EmissivityModel: TypeAlias = Annotated[
    Annotated[
        ConstantLaw[Fraction] | PolynomialLaw[Fraction] | TableLaw[Fraction] | SizeTable,
        Field(discriminator="kind"),
    ],
    Shorthand("constant"),
]
