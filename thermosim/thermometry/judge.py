"""Whether a log ratio is the straight line that has a temperature: if not, no number or wider ±."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from thermosim.thermometry.counts import CountsFit
from thermosim.thermometry.settings import ThermometrySettings
from thermosim.thermometry.tail import TailFit

_SIGMAS = 4.0  # from which chi² or a bend is not by chance
_FLATTENING = 0.1  # of the slope of the spectrum
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
    fit: TailFit,
    counts: CountsFit,
    settings: ThermometrySettings,
    label: str,
    floor: Callable[[], tuple[float, float]],
) -> Judged:
    """Return the fit of one spectrum as its chi² and the shape of its log ratio allow.

    Noise that is larger than told widens ± by the root of the reduced chi². A bend adds how far the
    temperatures at the ends of the window are from the middle; spectra that flatten towards high
    energy add how far the temperature without such a level (``floor``: counts a sample, K) is.
    More than a quarter of the reading, and than 3 K, refuses the number, unless
    ``settings.misfit`` is "inflate".
    """
    bent = abs(float(counts.bend)) > _SIGMAS
    noisy = float(counts.excess) > _SIGMAS and settings.weights != "uniform"
    flat = float(counts.floor) > _SIGMAS and float(counts.flattening) > _FLATTENING
    if not (bent or noisy or flat):
        return Judged(fit, False, "")
    chi2 = float(counts.tail.reduced_chi2)
    T, T0 = float(fit.temperature), settings.reference_temperature
    told = f'"{label}": {T - T0:+.2f} ± {float(fit.sigma):.2f} K with reduced chi2 {chi2:.2g}'
    off = 0.0
    if bent:
        off = float(counts.bend_temperature)
        told += f", and the log ratio bends by {off:.2g} K within the window"
    if flat:
        level, without = floor()
        off = max(off, abs(without - T) if np.isfinite(without) else T)
        told += f", and the spectra flatten as on {level:.3g} counts a sample, "
        told += f"without which it reads {without - T0:+.2f} K"
    if off > max(_PART * abs(T - T0), _LEAST) and settings.misfit == "refuse":
        none = {name: np.asarray(np.nan) for name in ("temperature", "sigma", "sigma_common")}
        return Judged(replace(fit, **none), True, f"{told}: no temperature; look for {_WHY}")
    sigma = float(np.hypot(float(fit.sigma) * np.sqrt(max(chi2, 1.0) if noisy else 1.0), off))
    wider = replace(fit, sigma=np.asarray(sigma))
    return Judged(wider, False, f"{told}: ± is {sigma:.2g} K; look for {_WHY}")
