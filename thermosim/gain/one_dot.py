"""One dot by itself: what single photons and thermal motion do beside its mean temperature."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.constants import k


class DotNumbers(NamedTuple):
    """One dot under light. SI units.

    ``photon_event`` is the ΔT at once after one photon has been absorbed and one emitted,
    ``fluctuation`` the thermal fluctuation (root mean square), ``relaxation`` the time in which
    both decay, ``shot`` what the photon events add to the fluctuation, ``photons`` the rate of
    emission, ``g2`` its correlation at no delay under weak light.
    """

    photon_event: float
    fluctuation: float
    relaxation: float
    shot: float
    photons: float
    g2: float


def one_dot(
    capacity: float,
    conductance: float,
    temperature: float,
    energy_per_photon: float,
    photons: float,
    eta_X: float,
    eta_BX: float,
) -> DotNumbers:
    """Return what a dot of heat capacity C [J/K] does that loses G [W/K] to its surroundings.

    ``energy_per_photon`` [J] is drawn per photon emitted, ``photons`` [1/s] are emitted. The
    fluctuation of a body is ``sqrt(k T²/C)`` (Landau and Lifshitz, Statistical Physics, section
    112); steps of ΔT₁ at random times, which decay as exp(-t/tau), have the mean N ΔT₁ tau and the
    deviation ``ΔT₁ sqrt(N tau/2)`` (Campbell's theorem; a dot under weak light emits at random
    times but for the lifetime). ``g2(0) = eta_BX/eta_X`` of a dot under weak light: Nair, Zhao,
    Bawendi, Nano Lett. 11, 1136 (2011), 10.1021/nl104054t.
    """
    event, relaxation = -energy_per_photon / capacity, capacity / conductance
    return DotNumbers(
        photon_event=event,
        fluctuation=math.sqrt(k * temperature**2 / capacity),
        relaxation=relaxation,
        shot=abs(event) * math.sqrt(0.5 * photons * relaxation),
        photons=photons,
        g2=eta_BX / eta_X if eta_X > 0.0 else math.nan,
    )
