"""What an observer of a claimed ΔT would see: the reading of a thermometer, and the course in time.

Readings are those of the ratio of two tails (`thermometry`), of a body at one temperature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.constants import e

from thermosim.errors import CaseError, Problem
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.escape.closed import ergodic_escape, mean_chord, mean_transmittance
from thermosim.gain.guard import detailed_balance_mean, edge_of
from thermosim.thermometry import emission_model, model_fit

if TYPE_CHECKING:
    from thermosim.limits.lumped import Lumped
    from thermosim.model.model import Light
    from thermosim.thermometry import ThermometrySettings

Floats = NDArray[np.float64]
_OWN_EDGE = 0.5 * e  # J: how far <E_PL> may lie from that of an edge for it to be the dots' own
_FEWEST = 4  # points that two parameters of a course need


def readings(body: Lumped, claim: float, settings: ThermometrySettings) -> dict[str, Any]:
    """Return what a thermometer reads of a body at ΔT = `claim` [K], and why not the claim.

    The gap moves with the temperature and bends the ratio of the tails; so does light that is
    absorbed again on its way out, reckoned as in a rough grain. ``sigma`` is photon noise. Empty
    where the line of the dots misses the window, is not known at that temperature, or belongs to
    no edge of the case.
    """
    light = body.model.light
    assert light is not None
    gain, T_ref = light.gain, light.T_ref
    if not has_own_edge(light):
        return {}
    chosen = settings.model_copy(update={"reference_temperature": T_ref})
    balanced = VanRoosbroeckEmission(edge=edge_of(gain))

    def line(E: Floats, T: float) -> Floats:
        return np.asarray(gain.emission_spectrum(E, T, balanced))

    def escaping(E: Floats, T: float) -> Floats:
        return line(E, T) * _escape(body, E, T)

    T = T_ref + claim
    try:
        moved = model_fit(emission_model(line), T, chosen)
        found = {"reading_K": float(moved.temperature) - T_ref, "sigma_K": float(moved.sigma)}
        found["bias_gap_K"] = found["reading_K"] - claim
        if np.isfinite(light.index):
            both = model_fit(emission_model(escaping), T, chosen)
            found["bias_reabsorption_K"] = float(both.temperature - moved.temperature)
            found["reading_K"] = float(both.temperature) - T_ref
    except ValueError:
        return {}
    return {**found, "counts_in_first_bin": settings.counts}


def has_own_edge(light: Light) -> bool:
    """Whether the emission may be in balance with the absorption edge of the case."""
    gain, T = light.gain, light.T_ref
    apart = float(gain.mean_emission(T)) - detailed_balance_mean(gain, T)
    return bool(abs(apart) < _OWN_EDGE)


def _escape(body: Lumped, E: Floats, T: float) -> Floats:
    """Return the probability that a photon leaves the body as a rough grain."""
    light = body.model.light
    assert light is not None
    gain = light.gain
    edge, pump = edge_of(gain), light.laser.photon_energy
    moved = float(gain.gap_moved(T))
    T_edge = gain.reference_temperature
    shape = edge.log_shape(E - moved, T, T_edge)
    at_pump = edge.log_shape(np.asarray(pump - moved), T, T_edge)
    alpha = gain.alpha(pump, T) * np.exp(shape - at_pump)
    chord = mean_chord(body.volume, body.area)
    return np.asarray(ergodic_escape(alpha * chord, mean_transmittance(light.index)))


def course(time: ArrayLike, delta_T: ArrayLike, source: str = "") -> dict[str, float]:
    """Return the time constant [s] and the end [K] of a course ``ΔT = end (1 - exp(-t/τ))``.

    Least squares; ± from the scatter about the curve. Times count from the first one.

    Raises
    ------
    CaseError
        If there are fewer than four points, or no such course fits.
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    t, y = np.asarray(time, float), np.asarray(delta_T, float)
    known = np.isfinite(t) & np.isfinite(y)
    t, y = t[known] - t[known][:1], y[known]
    if t.size < _FEWEST or not t[-1] > 0.0:
        rule = f"holds {t.size} times with a ΔT: a course needs {_FEWEST}, in rising order"
        raise CaseError([Problem("--data", "", rule)], source)

    def curve(x: Floats, end: float, log_tau: float) -> Floats:
        return np.asarray(-end * np.expm1(-x * np.exp(-log_tau)))

    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", OptimizeWarning)
        try:
            found, cov = curve_fit(curve, t, y, p0=(float(y[-1]), float(np.log(t[-1] / 3.0))))
        except (RuntimeError, OptimizeWarning) as error:
            rule = "follows no course end (1 - exp(-t/tau))"
            raise CaseError([Problem("--data", "", rule, "give times and ΔT from light on")],
                            source) from error  # fmt: skip
    sigma = np.sqrt(np.diag(cov))
    tau = float(np.exp(found[1]))
    rms = float(np.sqrt(np.mean((curve(t, *found) - y) ** 2)))
    return {
        "end_K": float(found[0]), "end_sigma_K": float(sigma[0]), "time_constant_s": tau,
        "time_constant_sigma_s": tau * float(sigma[1]), "rms_K": rms, "points": float(t.size),
        "last_s": float(t[-1]),
    }  # fmt: skip
