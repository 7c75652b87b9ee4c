"""The intensity at which a lit body cools most: not that of its dots, where it focuses light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.gain.source import heat_source
from thermosim.limits.intensity import lit_body, settled

if TYPE_CHECKING:
    from thermosim.model.model import Light

_SPAN, _STEPS = 1e-4, 81
"""Intensities that are tried first: from this share of those at which dots cool most, to ten."""


def best_in_body(light: Light, best_of_dots: float) -> dict[str, float | str]:
    """Return where the body cools most, and heat sources: there, at the optimum of dots, as lit.

    The heat source [W/m³] is the mean over the intensities in the body, at the temperature of the
    chamber; `best_of_dots` [W/m²] is the optimum in even light. Nothing for a body whose light is
    known only on a mesh, for one in even light, and for dots that cool nowhere.
    """
    from scipy.optimize import minimize_scalar

    dark = not light.laser.peak_intensity
    if light.needs_mesh or light.shape is None or dark or not best_of_dots > 0.0:
        return {}
    p = light.resolved().model.parameters(light.laser.photon_energy)
    body = lit_body(light, p).by_intensity()[0]
    relative = body.intensity / light.laser.peak_intensity
    mean, square = (float(body.weight @ relative**n / body.weight.sum()) for n in (1, 2))
    if not mean or square < (1.0 + 1e-9) * mean**2:
        return {}
    host = light.optics.host_absorption

    def source(log_intensity: float) -> float:
        I = np.exp(log_intensity) * relative
        q = heat_source(I, light.T_ref, p) + host * I
        return float(q @ body.weight / body.weight.sum())

    tried = np.log(np.geomspace(_SPAN, 10.0, _STEPS) * best_of_dots)
    first = min(max(int(np.argmin([source(x) for x in tried])), 1), _STEPS - 2)
    found = minimize_scalar(source, bounds=(tried[first - 1], tried[first + 1]), method="bounded")
    return {
        "body_optics_model": settled(light).optics.model,
        "body_intensity_ratio": mean,
        "body_hot_spot_factor": square / mean**2,
        "body_intensity_opt_W_per_m2": float(np.exp(found.x)),
        "body_heat_source_at_opt_W_per_m3": float(found.fun),
        "body_heat_source_at_opt_of_dots_W_per_m3": source(float(np.log(best_of_dots))),
        "body_heat_source_of_case_W_per_m3": source(float(np.log(light.laser.peak_intensity))),
    }
