"""The dots of a fit: the gain of a case, with numbers of it put in the hands of the fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.gain.efficiency import efficiency_polynomials
from thermosim.gain.model import GainModel
from thermosim.gain.numbers import GainParameters
from thermosim.gain.recombination import TrionBiexciton
from thermosim.infer.fit.base import Values
from thermosim.infer.fit.likelihood import Array
from thermosim.infer.fit.parameters import Parameter

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.limits.intensity import LitBody
    from thermosim.model.model import Model

_GROUPS = 64
"""Into how many intensities those of a body are gathered."""


@dataclass(frozen=True)
class Lighting:
    """Intensities in a body over that of the pump at its peak: in the share `weight` of it.

    ``warmth``: how much a watt there warms the contact over the mean, as in `limits.lumped`.
    """

    factor: Array
    weight: Array
    warmth: Array | None = None


EVEN = Lighting(np.ones(1), np.ones(1))


@dataclass(frozen=True)
class Dots:
    """Numbers of the gain at the pump energy, at the temperature `T` [K], and the light on them."""

    model: GainModel
    p: GainParameters
    T: float
    light: Lighting

    def numbers(self) -> dict[str, float]:
        """Return what a fit may free, by name."""
        r = self.model.recombination
        assert isinstance(r, TrionBiexciton)
        eta_X, eta_T, eta_BX = r.efficiencies()
        return {
            "eta_X": eta_X, "eta_T": eta_T, "eta_BX": eta_BX, "A": r.A, "C": r.C, "tau_X": r.tau_X,
            "sigma_abs": float(self.p.sigma_abs), "n_dots": float(self.p.n_dots),
            "alpha_background": float(self.p.alpha_background),
        }  # fmt: skip

    def parameters(self, free: frozenset[str], *, heat: bool = True) -> list[Parameter]:
        """Return the numbers of `numbers`; those not in ``free`` are held.

        Without ``heat`` those of the efficiency alone.
        """
        n = self.numbers()
        share, positive, background = Parameter.share, Parameter.positive, n["alpha_background"]
        found = [
            share("eta_X", n["eta_X"], "efficiency of the exciton"),
            share("eta_T", n["eta_T"], "efficiency of the trion"),
            share("eta_BX", n["eta_BX"], "efficiency of the biexciton"),
            share("A", n["A"], "chance that a biexciton ionises its dot"),
            Parameter("C", "1", n["C"], "A/(k_n tau_X)", 0.0, 1e6, scale=0.1),
            positive("tau_X", "s", n["tau_X"], "lifetime of the exciton"),
            positive("sigma_abs", "m^2", n["sigma_abs"], "absorption cross-section of a dot"),
        ]
        if heat:
            found += [
                positive("n_dots", "1/m^3", n["n_dots"], "density of dots"),
                Parameter("alpha_background", "1/m", background, "absorption that only heats",
                          0.0, 1e6, scale=max(background, 1e-3)),
            ]  # fmt: skip
        return [replace(p, held=p.name not in free) for p in found]

    def at(self, v: Values, rank: int = 1) -> GainParameters:
        """Return the parameters of the heat source for a batch, with ``rank`` further axes."""
        wide = {name: value.reshape(-1, *(1,) * rank) for name, value in v.items()}
        polynomials = efficiency_polynomials(
            wide["eta_X"], wide["eta_T"], wide["eta_BX"], wide["A"], wide["C"]
        )
        rest = ("tau_X", "sigma_abs", "n_dots", "alpha_background")
        own: Any = {name: wide[name] for name in rest if name in wide}
        return self.p._replace(emitted=polynomials[0], absorbed=polynomials[1], **own)


def dots_of(case: AnyCase | None, path: Path | None, notes: list[str]) -> Dots:
    """Return the dots of a case, under the light in its body; without a case those of the paper.

    Raises
    ------
    CaseError
        If the case has no light, or dots that a fit does not know.
    """
    if case is None:
        model = GainModel()
        E = model.cross_section.photon_energy
        notes.append("no --case: dots of arXiv:2406.10641 under even light, pump at 2.33 eV")
        return Dots(model, model.parameters(E), model.reference_temperature, EVEN)
    from thermosim.model.of_case import model_of

    found = model_of(case)
    if found.light is None:
        raise CaseError([Problem("laser", "", "is missing: a fit needs the light")], str(path))
    model = found.light.resolved().model
    r = model.recombination
    if not isinstance(r, TrionBiexciton) or model.ensemble is not None:
        rule = 'a fit takes recombination.kind = "trion_biexciton" and dots that are alike'
        raise CaseError([Problem("gain", "", rule)], str(path))
    p = model.parameters(found.light.laser.photon_energy)
    return Dots(model, p, found.light.T_ref, _lighting(found, p, notes))


def _lighting(model: Model, p: GainParameters, notes: list[str]) -> Lighting:
    from thermosim.limits.intensity import lit_body

    light = model.light
    if light is None or model.lump is None:
        notes.append("light: even in the lit region")
        return EVEN
    return gathered(lit_body(light, p), light.laser.peak_intensity)


def gathered(lit: LitBody, peak: float, warmth: Array | None = None) -> Lighting:
    """Return the intensities of a body over ``peak`` [W/m²], gathered into a few of equal heat."""
    order = np.argsort(lit.intensity)
    I = np.asarray(lit.intensity[order] / peak, dtype=np.float64)
    w = np.asarray(lit.weight[order], dtype=np.float64)
    own = np.zeros(len(I)) if warmth is None else warmth[order]
    if len(I) <= _GROUPS:
        return Lighting(np.asarray(I), np.asarray(w), None if warmth is None else own)
    at = np.minimum((np.cumsum(w * I) / (w @ I) * _GROUPS).astype(int), _GROUPS - 1)
    weight = np.bincount(at, w, _GROUPS)
    factor = np.bincount(at, w * I, _GROUPS) / np.where(weight > 0.0, weight, 1.0)
    there = weight > 0.0
    warm = np.bincount(at, w * I * own, _GROUPS) / np.where(there, weight * factor, 1.0)
    found = [np.asarray(a[there], dtype=np.float64) for a in (factor, weight, warm)]
    return Lighting(found[0], found[1], None if warmth is None else found[2])
