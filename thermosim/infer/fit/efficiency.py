"""Efficiency, or emission, against intensity: eta_X, A, C, sigma_abs by the gain model of `run`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from thermosim.gain.source import emission_rate, excitation_number, external_efficiency
from thermosim.infer.fit.base import FitModel, Values
from thermosim.infer.fit.data import Asked, Wanted, begins, read_measured
from thermosim.infer.fit.dots import dots_of
from thermosim.infer.fit.likelihood import Array
from thermosim.infer.fit.parameters import Parameter

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase

_SHARES = ("efficiency", "eta", "η", "plqy", "qy", "quantum yield", "eqe", "iqe", "yield")
_EMITTED = ("pl", "emission", "counts", "signal", "luminescence", "photoluminescence")
_OF_SHARE = Wanted(("intensity",), _SHARES, "1", "scatter")
_OF_EMISSION = Wanted(("intensity",), _EMITTED, "counts", "counts or relative")
_FREE = frozenset({"eta_X", "A", "C", "sigma_abs"})


class EfficiencyFit(FitModel):
    """External efficiency, or the emission in any unit, over the pump intensity."""

    name: ClassVar[str] = "efficiency"
    equation: ClassVar[str] = (
        "eta_ext = (eta_X + eta_BX x + eta_T C x²)/(1 + (1 + A) x + C x²), escape applied, "
        "x = sigma_abs I tau_X/E_ex, mean over the light in the body"
    )

    def __init__(
        self, paths: list[Path], asked: Asked, case: AnyCase | None, case_path: Path | None
    ) -> None:
        self.notes = []
        self.dots = dots_of(case, case_path, self.notes)
        emission = asked.unit == "counts"
        self.sets = read_measured(paths, _OF_EMISSION if emission else _OF_SHARE, asked)
        if not emission and all(begins(one.y_name, _EMITTED) for one in self.sets):
            emission, self.sets = True, read_measured(paths, _OF_EMISSION, asked)
        self.emission = emission
        taken = "emission in any unit" if emission else "external efficiency"
        self.notes.append(f"quantity: {taken} (--unit counts, --unit % and --unit 1 change it)")

    def parameters(self, i: int = 0) -> list[Parameter]:
        """Return the numbers of the dots; a scale for each data set of emission."""
        free = _FREE - {"eta_X"} if self.emission else _FREE
        found = self.dots.parameters(free, heat=False)
        if self.emission:
            one = self.sets[i]
            size = float(np.median(one.y / one.x) / self._efficiencies(found, i)[0].mean())
            words = "signal per emitted photon and intensity"
            scale = Parameter.positive("scale", "counts", size, words)
            found.append(replace(scale, own=True))
        return found

    def starts(self) -> list[dict[str, float]]:
        """Return places over the sizes that cross-section, A and C may have."""
        half = float(np.median(self.sets[0].x)) * float(self.dots.light.factor.mean())
        p = self.dots.p
        sigma = float(p.photon_energy) / (half * float(p.tau_X))
        eta = min(float(self.sets[0].y.max()), 0.95)
        first = {} if self.emission else {"eta_X": eta}
        return [
            {**first, "sigma_abs": sigma * f, "A": A, "C": C}
            for f in (0.03, 0.3, 3.0)
            for A, C in ((0.1, 0.01), (0.5, 0.3), (0.1, 3.0))
        ]

    def _efficiencies(self, parameters: list[Parameter], i: int) -> Array:
        return self._efficiency({p.name: np.array([[p.start]]) for p in parameters}, i)

    def _efficiency(self, values: Values, i: int) -> Array:
        """Return the external efficiency, the mean over the light of a body, (B, n)."""
        p, light = self.dots.at(values, 2), self.dots.light
        I = self.sets[i].x[:, None] * light.factor
        x = excitation_number(I, self.dots.T, p)
        eta = external_efficiency(x, p, self.dots.T)
        weight = light.weight * light.factor
        return np.asarray(eta @ weight / weight.sum())

    def predict(self, values: Values, i: int) -> Array:
        """Return the efficiency, or the emission in the unit of the data, (B, n)."""
        if not self.emission:
            return self._efficiency(values, i)
        p, light = self.dots.at(values, 2), self.dots.light
        I = self.sets[i].x[:, None] * light.factor
        rate = emission_rate(I, self.dots.T, p) @ light.weight
        # per photon that a dot of the start absorbs: the scale does not hang on sigma_abs alone
        per = values["sigma_abs"] / float(self.dots.p.photon_energy)
        mean = light.weight @ light.factor
        return np.asarray(values["scale"] * rate / (per * mean))
