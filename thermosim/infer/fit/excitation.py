"""Excitation spectra: the Urbach energy of the edge that the gain model absorbs with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from scipy.constants import e

from thermosim.gain.absorption import ABSORPTION_WORDS, URBACH_ENERGY, log_edge
from thermosim.infer.fit.base import FitModel, Values
from thermosim.infer.fit.data import Asked, Wanted, read_measured
from thermosim.infer.fit.likelihood import Array
from thermosim.infer.fit.parameters import Parameter
from thermosim.language.tables import OPTICAL

_WANTED = Wanted(OPTICAL, ABSORPTION_WORDS, "counts", "counts or relative", "eV")
_SHARE = 1e-9


class ExcitationFit(FitModel):
    """Emission over the photon energy of weak pump light, per pump photon."""

    name: ClassVar[str] = "excitation"
    equation: ClassVar[str] = "signal = background + scale/(1 + exp((E_1 - E)/E_U))"

    def __init__(self, paths: list[Path], asked: Asked) -> None:
        self.notes = ["signal: per pump photon, of a body that absorbs little (not saturated)"]
        self.sets = read_measured(paths, _WANTED, asked)

    def parameters(self, i: int = 0) -> list[Parameter]:
        """Return edge and Urbach energy, and for each data set scale and background."""
        edge, width = self._start()
        one = self.sets[i]
        top = float(one.y.max())
        level = float(np.sort(one.y)[: max(2, len(one.y) // 15)].mean())
        return [
            Parameter.positive("E_U", "eV", width, "Urbach energy of the tail"),
            Parameter("E_1", "eV", edge, "energy of the edge", edge - 1.0, edge + 1.0,
                      physical=False, scale=0.01),
            replace(Parameter.positive("scale", "counts", top, "signal above the edge"), own=True),
            Parameter("background", "counts", max(level, _SHARE * top), "signal without absorption",
                      0.0, top, scale=max(level, 1e-3 * top), own=True),
        ]  # fmt: skip

    def _start(self) -> tuple[float, float]:
        """Return where the signal is half its largest, and the usual Urbach energy [eV]."""
        one = self.sets[0]
        return float(one.x[np.argmax(one.y >= 0.5 * one.y.max())]), URBACH_ENERGY / e

    def starts(self) -> list[dict[str, float]]:
        """Return edges and widths about those that the data suggest."""
        edge, width = self._start()
        return [
            {"E_1": edge + shift, "E_U": width * f}
            for shift in (0.0, 0.05)
            for f in (0.4, 1.0, 2.5)
        ]

    def predict(self, values: Values, i: int) -> Array:
        """Return the signal, (B, n)."""
        tail = (self.sets[i].x - values["E_1"]) / values["E_U"]
        shape = np.exp(log_edge(tail))
        return np.asarray(values["background"] + values["scale"] * shape)
