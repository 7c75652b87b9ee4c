"""LITMoS: ΔT per absorbed power over the pump wavelength: eta_ext and the background absorption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.constants import e

from thermosim.errors import CaseError, Problem
from thermosim.gain.absorption import FermiEdge, Tail, log_edge
from thermosim.gain.maps import WEAK, efficiency_of_cooling
from thermosim.gain.numbers import GainParameters
from thermosim.infer.fit.base import FitModel, Values
from thermosim.infer.fit.data import Asked, Wanted, read_measured
from thermosim.infer.fit.dots import dots_of
from thermosim.infer.fit.likelihood import Array
from thermosim.infer.fit.parameters import Parameter
from thermosim.language.tables import OPTICAL

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase

_WORDS = ("δt", "delta t", "delta_t", "dt", "litmos", "heating", "signal", "temperature")
_WANTED = Wanted(OPTICAL, _WORDS, "counts", "scatter", "eV")
_GRID = 400


class LitmosFit(FitModel):
    """Temperature change per absorbed power over the pump photon energy, under weak light."""

    name: ClassVar[str] = "litmos"
    equation: ClassVar[str] = (
        "ΔT/P = R (1 - eta_ext alpha/(alpha + alpha_b) <E_esc>/E), alpha(E) of the dots"
    )

    def __init__(
        self, paths: list[Path], asked: Asked, case: AnyCase | None, case_path: Path | None
    ) -> None:
        self.notes = ["ΔT per absorbed power, in the unit of the file, which `resistance` takes"]
        self.dots = dots_of(case, case_path, self.notes)
        self.sets = read_measured(paths, _WANTED, asked)
        gain = self.dots.model
        self.mean = (float(gain.mean_emission(self.dots.T)) - gain.escape_values()[2]) / e
        self.edge = gain.absorption if isinstance(gain.absorption, Tail) else None
        for one in self.sets:
            if one.x.min() < 0.5 * self.mean or one.x.max() > 2.0 * self.mean:
                rule = f"reaches from {one.x.min():.3g} to {one.x.max():.3g} eV"
                remedy = f"the dots emit at {self.mean:.4g} eV: say the unit of the axis (--axis)"
                raise CaseError([Problem(f'"{one.label}"', "", rule, remedy)], one.source)

    def parameters(self, i: int = 0) -> list[Parameter]:
        """Return efficiency, background, resistance; emission energy and Urbach energy, held."""
        one = self.sets[i]
        size = float(np.max(np.abs(one.y)))
        alpha = float(np.median(self._alpha(one.x, None)))
        found = [
            Parameter("eta_ext", "1", 0.98, "efficiency with which absorbed photons leave",
                      0.0, 1.0, scale=0.01),
            Parameter("alpha_background", "1/m", 1e-2 * alpha, "absorption that only heats",
                      0.0, 1e4 * alpha, scale=max(1e-2 * alpha, 1e-9)),
            replace(Parameter.positive("resistance", "1", 10.0 * size,
                                       "ΔT per power that heats"), own=True),
            Parameter("mean_emission", "eV", self.mean, "mean energy of the light that leaves",
                      0.5 * self.mean, 1.5 * self.mean, held=True, physical=False, scale=0.01),
            Parameter.positive("n_dots", "1/m^3", float(self.dots.p.n_dots), "density of dots",
                               held=True),
        ]  # fmt: skip
        if self.edge is not None:
            found.append(Parameter.positive("E_U", "eV", self.edge.E_U / e, "Urbach energy",
                                            held=True))  # fmt: skip
        return found

    def starts(self) -> list[dict[str, float]]:
        """Return efficiencies and backgrounds over the sizes they may have."""
        alpha = float(np.median(self._alpha(self.sets[0].x, None)))
        size = float(np.max(np.abs(self.sets[0].y)))
        return [
            {"eta_ext": eta, "alpha_background": alpha * b, "resistance": size * r}
            for eta in (0.9, 0.99)
            for b in (1e-4, 1e-2, 0.3)
            for r in (3.0, 30.0)
        ]

    def _alpha(self, energy: Array, values: Values | None) -> Array:
        """Return the absorption of the dots [1/m] at photon energies [eV]: (n,), or (B, n)."""
        gain = self.dots.model
        sigma = gain.sigma_abs(energy * e, self.dots.T)
        if values is None:
            return np.asarray(gain.n_dots * sigma)
        if self.edge is not None and "E_U" in values:
            sigma = sigma * np.exp(self._reshaped(energy, values["E_U"]))
        return np.asarray(values["n_dots"] * sigma)

    def _reshaped(self, energy: Array, width: Array) -> Array:
        """Return ln of the absorption with another Urbach energy [eV] over that of the case."""
        assert self.edge is not None
        gain = self.dots.model
        gap = (self.edge.gap() + float(gain.gap_moved(self.dots.T))) / e
        pump = gain.cross_section.photon_energy / e
        own = self.edge.E_U / e

        def form(at: Array | float, w: Array | float) -> Array:
            s = (np.asarray(at) - gap) / w
            return log_edge(s) if isinstance(self.edge, FermiEdge) else np.asarray(s)

        return form(energy, width) - form(energy, own) - form(pump, width) + form(pump, own)

    def _numbers(self, energy: Array, values: Values) -> GainParameters:
        """Return the heat source of dots of one efficiency, at each photon energy [eV]."""
        n = values["n_dots"]
        return self.dots.p._replace(
            photon_energy=energy * e, sigma_abs=self._alpha(energy, values) / n, n_dots=n,
            log_sigma=(0.0,), emitted=(values["eta_ext"],), absorbed=(1.0,), population=None,
            bright=1.0, f_escape=1.0, f_reabsorbed=0.0, red_shift=0.0, quenching=None, follows=None,
            mean_emission=values["mean_emission"] * e, mean_emission_shift=(0.0,),
            alpha_background=values["alpha_background"],
        )  # fmt: skip

    def heating(self, energy: Array, values: Values) -> Array:
        """Return heat per absorbed energy, negative where it cools, (B, n)."""
        p = self._numbers(energy, values)
        return np.asarray(-efficiency_of_cooling(WEAK, self.dots.T, p))

    def predict(self, values: Values, i: int) -> Array:
        """Return ΔT per absorbed power in the unit of the data, (B, n)."""
        return values["resistance"] * self.heating(self.sets[i].x, values)

    def derived(self) -> dict[str, tuple[str, Callable[[Values], Array]]]:
        """Return both zero crossings [eV]; NaN where there is none within 0.4 eV."""
        return {
            "crossing_blue": ("eV", lambda v: self._crossing(v, blue=True)),
            "crossing_red": ("eV", lambda v: self._crossing(v, blue=False)),
        }

    def _crossing(self, values: Values, *, blue: bool) -> Array:
        """Return where the curve crosses zero [eV] from heat to cold, or back, (B, 1)."""
        grid = np.linspace(self.mean - 0.4, self.mean + 0.1, _GRID)
        q = self.heating(grid, values)
        change = (
            (q[:, :-1] < 0.0) & (q[:, 1:] >= 0.0) if blue else (q[:, :-1] >= 0.0) & (q[:, 1:] < 0.0)
        )
        at = change.argmax(axis=1)
        row = np.arange(len(q))
        low, high = grid[at], grid[at + 1]
        for _ in range(45):
            middle = 0.5 * (low + high)
            here = self.heating(middle[:, None], values)[:, 0]
            left = (here < 0.0) == (q[row, at] < 0.0)
            low, high = np.where(left, middle, low), np.where(left, high, middle)
        return np.where(change.any(axis=1), 0.5 * (low + high), np.nan)[:, None]
