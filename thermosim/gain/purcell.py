"""Dots that radiate faster or slower than in an endless crystal: the gain in a small body."""

from __future__ import annotations

from typing import Any

from thermosim.gain.absorption import GivenCrossSection
from thermosim.gain.ladder_section import LadderRecombination, MeasuredState
from thermosim.gain.model import GainModel
from thermosim.gain.recombination import Recombination, TrionBiexciton


def faster_efficiency(eta: float, factor: float) -> float:
    """Return the efficiency ``F k_r/(F k_r + k_nr)`` of a state of efficiency ``eta``.

    With ``eta = k_r/(k_r + k_nr)``; F is the Purcell factor (Novotny and Hecht, Principles of
    Nano-Optics, section 8.4).
    """
    return factor * eta / (factor * eta + (1.0 - eta))


def shorter(eta: float, factor: float) -> float:
    """Return the lifetime over that without the factor, ``1/(1 + (F - 1) eta)``."""
    return 1.0 / (1.0 + (factor - 1.0) * eta)


def radiating_faster(model: GainModel, factor: float) -> GainModel:
    """Return the gain of dots whose radiative rates are times `factor`, all others as they are.

    Lifetimes and efficiencies of the model are those in an endless crystal. What a dot absorbs
    stays, also where its cross-section was worked out from its lifetime; the chance to ionise
    falls with the lifetime.

    Raises
    ------
    ValueError
        If lifetimes follow the temperature: their laws are those of dots in a large crystal.
    """
    if factor == 1.0:
        return model
    if model.thermal is not None:
        raise ValueError(
            "the laws of gain.thermal are those of dots in a large crystal; remove it or "
            "optics.purcell_in_gain"
        )
    section = model.cross_section
    known = section.sigma(model.recombination.tau_X, lambda: model.n_dots)
    changed: dict[str, Any] = {
        "recombination": faster_recombination(model.recombination, factor),
        "cross_section": GivenCrossSection(sigma_abs=known, photon_energy=section.photon_energy),
    }
    if model.quenching is not None:
        ratio = model.quenching.ratio / factor  # over the radiative rate
        changed["quenching"] = model.quenching.model_copy(update={"ratio": ratio})
    return model.model_copy(update=changed)


def faster_recombination(section: Recombination, factor: float) -> Recombination:
    """Return a recombination whose radiative rates are times `factor`."""
    eta_X, eta_T, eta_BX = section.efficiencies()
    changed: dict[str, Any] = {}
    if isinstance(section, LadderRecombination):
        # by statistical scaling, whatever single states were measured to be
        eta_T = section.radiative_rate(1, 1) * section.tau_T
        eta_BX = section.radiative_rate(2, 0) * section.tau_BX
        changed["measured"] = tuple(_faster(section, one, factor) for one in section.measured)
        changed["ionisation"] = section.ionisation * shorter(section.efficiency(2, 0), factor)
        changed["ionisation_X"] = section.ionisation_X * shorter(eta_X, factor)
        section = section.model_copy(update={"measured": ()})
    elif isinstance(section, TrionBiexciton):
        chance = shorter(eta_BX, factor)
        changed["A"], changed["C"] = section.A * chance, section.C * chance / shorter(eta_X, factor)
    found = section.scaled(
        tau_X=shorter(eta_X, factor),
        tau_T=shorter(eta_T, factor),
        tau_BX=shorter(eta_BX, factor),
        eta_X=faster_efficiency(eta_X, factor) / eta_X if eta_X else 1.0,
    )
    return type(found).model_validate({**found.model_dump(), **changed})


def _faster(section: LadderRecombination, one: MeasuredState, factor: float) -> MeasuredState:
    """Return a measured state with its radiative rate times `factor`."""
    state = one.excitons, int(one.charged)
    eta, tau = section.efficiency(*state), section.lifetime(*state)
    changed = {"tau": tau * shorter(eta, factor), "eta": faster_efficiency(eta, factor)}
    return one.model_copy(update=changed)
