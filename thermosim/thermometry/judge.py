"""Whether a log ratio is the straight line that has a temperature: if not, no number or wider ±."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from thermosim.thermometry.counts import CountsFit
from thermosim.thermometry.settings import ThermometrySettings
from thermosim.thermometry.tail import TailFit

_SIGMAS = 4.0  # from which chi² or a bend is not by chance
_PART = 0.25  # of the reading, which a bend may be
_LEAST = 3.0  # K, which a bend may always be
_WHY = "a dark level (--background LOW HIGH), another window, reabsorption or a moving gap"


@dataclass(frozen=True)
class Judged:
    """A fit after the verdict on its line: refused (temperature nan), or with a wider ± and why."""

    fit: TailFit
    refused: bool
    warning: str


def judged_fit(
    fit: TailFit, counts: CountsFit, settings: ThermometrySettings, label: str
) -> Judged:
    """Return the fit of one spectrum as its chi² and the bend of its log ratio allow.

    Noise that is larger than told widens ± by the root of the reduced chi². A bend adds how far the
    temperatures at the ends of the window are from the middle. A bend larger than a quarter of the
    reading, and than 3 K, refuses the number, unless ``settings.misfit`` is "inflate".
    """
    bent = abs(float(counts.bend)) > _SIGMAS
    noisy = float(counts.excess) > _SIGMAS and settings.weights != "uniform"
    if not (bent or noisy):
        return Judged(fit, False, "")
    chi2 = float(counts.tail.reduced_chi2)
    change = float(fit.temperature) - settings.reference_temperature
    bend = float(counts.bend_temperature) if bent else 0.0
    sigma = float(np.hypot(float(fit.sigma) * np.sqrt(max(chi2, 1.0) if noisy else 1.0), bend))
    told = f'"{label}": {change:+.2f} ± {float(fit.sigma):.2f} K with reduced chi2 {chi2:.2g}'
    if bent:
        told += f", and the log ratio bends by {bend:.2g} K within the window"
    if bend > max(_PART * abs(change), _LEAST) and settings.misfit == "refuse":
        none = {name: np.asarray(np.nan) for name in ("temperature", "sigma", "sigma_common")}
        return Judged(replace(fit, **none), True, f"{told}: no temperature; look for {_WHY}")
    wider = replace(fit, sigma=np.asarray(sigma))
    return Judged(wider, False, f"{told}: ± is {sigma:.2g} K; look for {_WHY}")
