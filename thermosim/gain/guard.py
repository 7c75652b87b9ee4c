"""What thermodynamics allows: bounds that parameters of a gain model must respect."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import c, e, h, k, pi

from thermosim.gain.absorption import FermiEdge
from thermosim.gain.cooling import optimum
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.model import GainModel
from thermosim.gain.numerics import floats, trapezoid
from thermosim.gain.source import external_efficiency, internal_efficiency, mean_escape


class Guard(NamedTuple):
    """Energies [J] of the entropy balance of one dot, and what is wrong, one text each.

    ``chemical_potential`` is that of the emission, from its rate and the absorption spectrum;
    ``margin`` is what the second law leaves: negative is impossible.
    """

    chemical_potential: float
    margin: float
    mean_emission_detailed_balance: float
    problems: tuple[str, ...]


def thermal_emission_rate(
    photon_energy: ArrayLike,
    sigma_abs: ArrayLike,
    temperature: float,
    refractive_index: float = 1.0,
) -> Any:
    """Return the photons [1/s] that a dot exchanges with black radiation at ``temperature`` [K].

    ``∫ 8 pi n² E²/(h³ c²) sigma(E) exp(-E/kT) dE`` over the last axis (E much larger than kT).
    van Roosbroeck and Shockley, 10.1103/PhysRev.94.1558.
    """
    E = np.asarray(photon_energy, dtype=np.float64)
    modes = 8.0 * pi * refractive_index**2 * E**2 / (h**3 * c**2)
    return trapezoid(modes * np.asarray(sigma_abs) * np.exp(-E / (k * temperature)), E)


def chemical_potential(
    emission_rate: ArrayLike, thermal_rate: ArrayLike, temperature: float
) -> Any:
    """Return ``kT ln(rate / thermal rate)`` [J], the chemical potential of the emitted light.

    P. Würfel, J. Phys. C 15, 3967 (1982), 10.1088/0022-3719/15/18/012, for dilute light.
    """
    return k * temperature * np.log(floats(emission_rate) / thermal_rate)


def entropy_margin(
    photon_energy: ArrayLike, eta_ext: ArrayLike, potential: ArrayLike, temperature: float
) -> Any:
    """Return ``E_ex/eta - mu + kT`` [J]: work spent less free energy given off, per photon emitted.

    Dilute light of chemical potential mu carries ``(<E> - mu)/T + k`` of entropy per photon; the
    pump carries none. Heat drawn per emitted photon, ``<E> - E_ex/eta``, may not exceed T times
    that. A negative margin breaks the second law. L. Landau, J. Phys. (Moscow) 10, 503 (1946).
    """
    return floats(photon_energy) / eta_ext - potential + k * temperature


def edge_of(model: GainModel) -> FermiEdge:
    """Return the saturating edge of the model, for integrals over its whole line."""
    edge = getattr(model.emission, "edge", FermiEdge())
    return model.absorption if isinstance(model.absorption, FermiEdge) else edge


def detailed_balance_mean(model: GainModel, temperature: float) -> float:
    """Return <E_PL> [J] that detailed balance gives for the absorption edge of the model."""
    line = VanRoosbroeckEmission(edge=edge_of(model))
    moved = model.gap_moved(temperature)
    return float(line.mean_at(temperature, model.reference_temperature, moved))


def thermodynamic_guard(
    model: GainModel,
    photon_energy: float,
    temperature: float | None = None,
    refractive_index: float = 1.69,
    tolerance: float = 10e-3 * e,
) -> Guard:
    """Check a model at its best intensity (at x = 0.01 where nothing cools) against thermodynamics.

    Reported are: more entropy drawn than the light carries away; emission with a mean more than
    ``tolerance`` [J] above that of detailed balance with the absorption edge; emission that leaves
    with a higher mean energy than it was emitted with.
    """
    T = model.reference_temperature if temperature is None else temperature
    p = model.parameters(photon_energy)
    x = optimum(T, p).x
    x = x if 0.0 < x < np.inf else 0.01
    edge, moved = edge_of(model), float(model.gap_moved(T))
    E = edge.E_1 + moved + np.linspace(-1.0, 42.0 * k * T / e, 4096) * e
    E = E[E > 0]
    shape = edge.log_shape(E - moved, T, model.reference_temperature)
    at_pump = edge.log_shape(photon_energy - moved, T, model.reference_temperature)
    sigma = model.sigma_abs(photon_energy, T) * np.exp(shape - at_pump)
    thermal = float(thermal_emission_rate(E, sigma, T, refractive_index))
    rate = float(internal_efficiency(x, p, T)) * x / p.tau_X
    potential = float(chemical_potential(rate, thermal, T))
    margin = float(entropy_margin(photon_energy, external_efficiency(x, p, T), potential, T))
    balanced = detailed_balance_mean(model, T)
    return Guard(potential, margin, balanced, _problems(model, T, margin, balanced, tolerance))


def guarded(
    model: GainModel, photon_energy: float, T: float, refractive_index: float = 1.69
) -> Guard:
    """Return the guard; where the edge has no emission in balance, that is its one problem."""
    try:
        with np.errstate(divide="ignore"):  # dark dots: no light, hence a margin without bound
            return thermodynamic_guard(model, photon_energy, T, refractive_index)
    except ValueError as error:
        return Guard(math.nan, math.nan, math.nan, (f"no check against thermodynamics: {error}",))


def _problems(
    model: GainModel, T: float, margin: float, balanced: float, tolerance: float
) -> tuple[str, ...]:
    found = []
    mean = float(model.mean_emission(T))
    if margin < 0:
        found.append(
            f"second law: the light draws {-margin / e * 1e3:.3g} meV per photon more than T times "
            "the entropy it carries; lower <E_PL> or raise the pump photon energy"
        )
    if mean > balanced + tolerance:
        found.append(
            f"<E_PL> = {mean / e:.4f} eV lies {(mean - balanced) / e * 1e3:.3g} meV above the "
            f"{balanced / e:.4f} eV of detailed balance with the absorption edge; check the "
            "spectrum or the edge"
        )
    escape = float(mean_escape(T, model.parameters(model.cross_section.photon_energy)))
    if escape > mean * (1.0 + 1e-12):
        found.append(
            f"<E_esc> = {escape / e:.4f} eV is above <E_PL> = {mean / e:.4f} eV: escape.red_shift "
            "is negative, but reabsorption takes the blue side"
        )
    return tuple(found)
