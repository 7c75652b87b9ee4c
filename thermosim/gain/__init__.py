"""Gain: absorption, recombination, emission and cooling of quantum dots, without a mesh."""

from __future__ import annotations

from thermosim.gain.efficiency import outcoupled_efficiency, quantum_efficiency
from thermosim.gain.model import GainModel
from thermosim.gain.numbers import GainParameters
from thermosim.gain.source import (
    cooling_gain,
    excitation_number,
    external_efficiency,
    heat_source,
    mean_escape,
    pump_absorption,
)

__all__ = [
    "GainModel",
    "GainParameters",
    "cooling_gain",
    "excitation_number",
    "external_efficiency",
    "heat_source",
    "mean_escape",
    "outcoupled_efficiency",
    "pump_absorption",
    "quantum_efficiency",
]
