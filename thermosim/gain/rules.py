"""What a gain model must not be asked: beyond its temperatures, or far above its edge."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.constants import e

from thermosim.errors import Problem
from thermosim.gain.absorption import Tail
from thermosim.gain.cooling import optimum
from thermosim.gain.escape.given import EscapeNumbers
from thermosim.gain.model import GainModel
from thermosim.language.spread import TAIL

LARGEST_ALPHA = 1e9
"""Absorption coefficient [1/m] that nothing exceeds: metals and excitons reach some 1e8."""


def gap_energy(model: GainModel) -> float:
    """Return the gap [J] of a dot at the reference temperature: its edge, or its mean emission."""
    edge = model.absorption
    return edge.gap() if isinstance(edge, Tail) else float(model.mean_emission())


def gain_problems(
    model: GainModel, photon_energy: float, temperature: float, path: str = "chamber.temperature"
) -> Iterator[Problem]:
    """Yield what is wrong with using ``model`` at a pump photon energy [J] and a temperature [K].

    Outside its range of temperatures the model is held constant, which must not pass unseen; the
    temperature is that of `path` in the file.
    """
    low, high = model.temperature_min, model.temperature_max
    if not low <= temperature <= high:
        yield Problem(
            path,
            f"{temperature:g} K",
            f"the gain is made for {low:g} K to {high:g} K",
            "set gain.temperature_min or gain.temperature_max",
        )
        return
    with np.errstate(over="ignore", invalid="ignore"):
        alpha = float(model.alpha(photon_energy, temperature))
    if not alpha <= LARGEST_ALPHA:
        yield Problem(
            "laser.photon_energy",
            f"{photon_energy / e:.4g} eV",
            f"the dots would absorb {alpha:.2g} 1/m there, more than anything does "
            f"({LARGEST_ALPHA:.0e} 1/m)",
            'an Urbach tail has no end: use gain.absorption.kind = "fermi_edge" above the edge',
        )
        return
    yield from _gaps_below_pump(model, photon_energy, temperature)
    yield from _computable(model, photon_energy, temperature)


def _gaps_below_pump(
    model: GainModel, photon_energy: float, temperature: float
) -> Iterator[Problem]:
    """Yield that more than `TAIL` of the dots have their gap below the pump: they cannot cool."""
    spread = None if model.ensemble is None else model.ensemble.gap
    if spread is None:
        return
    gap = gap_energy(model) + float(model.gap_moved(temperature))
    below = spread.share_outside(0.0, photon_energy - gap, np.inf)
    if below > TAIL:
        width = "" if spread.width is None else f"{spread.width / e * 1e3:.4g} meV"
        yield Problem(
            "gain.ensemble.gap",
            width,
            f"{100.0 * below:.3g} % of the dots have a gap below the pump of "
            f"{photon_energy / e:.4g} eV ({100.0 * TAIL:g} % are let pass); the mean gap is "
            f"{gap / e:.4g} eV",
            "make the distribution narrower or lower laser.photon_energy",
        )


def _computable(model: GainModel, photon_energy: float, temperature: float) -> Iterator[Problem]:
    """Yield why parameters or optimum cannot be computed, so that no command stumbles later."""
    if not isinstance(model.escape, EscapeNumbers):
        model = model.with_escape(1.0, 0.0, 0.0)  # of the rest; the escape needs the body
    try:
        with np.errstate(all="ignore"):
            found = optimum(temperature, model.parameters(photon_energy))
    except (ValueError, ArithmeticError) as error:
        yield Problem("gain", "", str(error).partition("\n")[0])
        return
    if np.isnan(found.net_gain):
        yield Problem("gain", "", "its numbers are too large or too small to compute with")
