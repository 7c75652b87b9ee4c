"""Escape of light against the size of a body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from thermosim.gain.escape.methods import (
    ErgodicEscape,
    Floats,
    MonteCarloEscape,
    SphereEscape,
)
from thermosim.shapes.hits import HitBody, SphereSurface


@dataclass(frozen=True)
class EscapeCurve:
    """Escape as a function of size: arrays of shape (sizes,), errors 0 for closed forms.

    Sizes in m, energies in J; ``recycling`` is the mean number of reabsorptions per excitation.
    Beside ``size`` each is the number or method of `Escape` of that name.
    """

    size: Floats
    f_escape: Floats
    f_escape_error: Floats
    recycling: Floats
    recycling_error: Floats
    mean_escape: Floats
    mean_escape_error: Floats
    shift: Floats
    eta_ext: Floats
    eta_ext_error: Floats


def escape_versus_size(
    model: ErgodicEscape | SphereEscape | MonteCarloEscape,
    sizes: Sequence[float] | Floats,
    energy: ArrayLike,
    emission: ArrayLike,
    alpha: ArrayLike,
    eta_int: float,
    body: HitBody | None = None,
) -> EscapeCurve:
    """Return escape, recycling, mean escaping energy and external efficiency for each size.

    Parameters
    ----------
    sizes
        Factors by which ``body`` is enlarged; radii [m] for the unit sphere, the default.
    eta_int
        Internal efficiency of the dots.
    """
    unit = SphereSurface(1.0) if body is None else body
    lengths = np.atleast_1d(np.asarray(sizes, float))
    found = [
        model.evaluate(unit.scaled(float(s)), energy, emission, alpha, eta_int=eta_int)
        for s in lengths
    ]

    def column(name: str) -> Floats:
        values = [getattr(one, name) for one in found]
        return np.array([float(v(eta_int)) if callable(v) else v for v in values])

    names = [field.name for field in fields(EscapeCurve) if field.name != "size"]
    return EscapeCurve(size=lengths, **{name: column(name) for name in names})
