"""Escape of the emission worked out for one body: from a method to the numbers of the gain."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.constants import e

from thermosim.gain.escape.given import NoEscape
from thermosim.gain.escape.methods import (
    AutoEscape,
    ErgodicEscape,
    Escape,
    EscapeOfBody,
    spectral_escape,
)
from thermosim.gain.model import GainModel
from thermosim.gain.source import external_efficiency, internal_efficiency, mean_escape

if TYPE_CHECKING:
    from thermosim.gain.numbers import GainParameters

Array = NDArray[np.float64]
_POINTS = 2001
_SEARCH = 8001
_CUT = 1e-7


class ResolvedGain(NamedTuple):
    """A gain model whose escape is numbers, and the escape they come from (None if given)."""

    model: GainModel
    escape: Escape | None


def emission_grid(model: GainModel, temperature: float) -> Array:
    """Return photon energies [J], shape (2001,), that hold all but 1e-7 of either flank.

    Raises
    ------
    ValueError
        If the emission has no weight between 0.3 and 2 times its mean energy.
    """
    mean = float(model.mean_emission(temperature))
    wide = np.linspace(0.3 * mean, 2.0 * mean, _SEARCH)
    weight = np.cumsum(model.emission_spectrum(wide, temperature))
    if not weight[-1] > 0.0:
        raise ValueError(f"the emission has no weight near its mean energy, {mean / e:.4g} eV")
    inside = np.flatnonzero((weight > _CUT * weight[-1]) & (weight < (1.0 - _CUT) * weight[-1]))
    first, last = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 1, _SEARCH - 1)
    return np.linspace(wide[first], wide[last], _POINTS)


def with_choice(model: GainModel, index: float) -> GainModel:
    """Return the model with ``escape = "auto"`` chosen for a body of real refractive index `index`.

    All light leaves a body whose index nobody knows (not a number).
    """
    if not isinstance(model.escape, AutoEscape):
        return model
    unknown = math.isnan(index)
    escape = NoEscape() if unknown else ErgodicEscape(refractive_index=index)
    return model.model_copy(update={"escape": escape})


@functools.lru_cache(maxsize=64)
def resolve_escape(
    model: GainModel, shape: Any, contact_radius: float, temperature: float
) -> ResolvedGain:
    """Return the model with the escape evaluated for a body; unchanged if it holds numbers.

    Parameters
    ----------
    shape
        The body whose light escapes: a shape, its volume and area, or the radius of a sphere [m].
    contact_radius
        Of the disk that touches the substrate [m].
    temperature
        At which emission and absorption are taken [K]; held to the range of the model.

    Raises
    ------
    ValueError
        If the method does not suit the body.
    """
    method = model.escape
    if not isinstance(method, EscapeOfBody):
        return ResolvedGain(model, None)
    T = min(max(temperature, model.temperature_min), model.temperature_max)
    E = emission_grid(model, T)
    alone = model.with_escape(1.0, 0.0, 0.0).parameters(model.cross_section.photon_energy)
    eta_int = float(internal_efficiency(0.0, alone, T))
    found = method.evaluate(
        shape, E, model.emission_spectrum(E, T), model.alpha(E, T), contact_radius, eta_int
    )
    return _with_numbers(model, found)


def escape_by_path(
    model: GainModel, path: float, parasitic: float, below: float, temperature: float
) -> ResolvedGain:
    """Return the model with the escape of light that goes `path` [m] through the body.

    Of a photon energy ``1/(1 + alpha path)`` leaves (ergodic, and exact for faint absorption), all
    of it where `path` is negative; a share `below` of it goes down. `parasitic` [1/m] is what else
    than dots absorbs.
    """
    T = min(max(temperature, model.temperature_min), model.temperature_max)
    E = emission_grid(model, T)
    alpha = model.alpha(E, T)
    leaves = 1.0 / (1.0 + (alpha + parasitic) * max(path, 0.0))
    found = spectral_escape(
        leaves, E, model.emission_spectrum(E, T), alpha, parasitic, substrate_share=below
    )
    return _with_numbers(model, found)


def _with_numbers(model: GainModel, found: Escape) -> ResolvedGain:
    # where no light leaves its mean energy is not a number, and no share multiplies it
    red_shift = -found.shift if found.f_escape > 0.0 else 0.0
    return ResolvedGain(
        model.with_escape(found.f_escape, min(found.f_reabsorbed, 1.0 - found.f_escape), red_shift),
        found,
    )


def escape_numbers(
    model: GainModel, escape: Escape | None, p: GainParameters, temperature: float
) -> dict[str, float]:
    """Return how the emission leaves a body, by name: shares, efficiency, photon energies [eV].

    `model` has the escape resolved, `p` is at the pump energy, energies are at `temperature` [K].
    """
    f_escape, f_reabsorbed, _ = model.escape_values()
    found = {
        "f_escape": f_escape,
        "f_reabsorbed": f_reabsorbed,
        "eta_ext_low_intensity": float(external_efficiency(0.0, p, temperature)),
        "mean_emission_eV": float(model.mean_emission(temperature)) / e,
        "mean_escape_eV": float(mean_escape(temperature, p)) / e,
    }
    if escape is not None and escape.photons:
        found["f_escape_error"] = escape.f_escape_error
    return found
