"""Time-resolved emission after a short pulse, over fluence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.gain.master import Ladder, pulsed_populations
from thermosim.gain.numerics import floats

Array = NDArray[np.float64]


def poisson_start(mean_excitons: ArrayLike, states: int) -> Array:
    """Return the chance of 0, 1, … ``states - 1`` excitons; the last holds all higher numbers.

    Shape (..., states). Every pulse is taken as short and every multi-exciton state above the
    last as relaxing to it at once.
    """
    from scipy.special import pdtr, pdtrc

    n = np.asarray(mean_excitons, dtype=np.float64)[..., None]
    below = pdtr(np.arange(states - 1), n)
    chances = np.diff(below, axis=-1, prepend=0.0)
    return np.concatenate([chances, pdtrc(states - 2, n)], axis=-1)


def fed_population(time: ArrayLike, tau_upper: ArrayLike, tau_lower: ArrayLike) -> Any:
    """Return ``k_u/(k_u - k_l) (e^{-k_l t} - e^{-k_u t})``: a state fed by one above it.

    Stable where the two lifetimes agree. Times and lifetimes in one unit; they broadcast.
    """
    from scipy.special import exprel

    t, k_u, k_l = (
        floats(time),
        1.0 / floats(tau_upper),
        1.0 / floats(tau_lower),
    )
    return k_u * t * np.exp(-k_l * t) * exprel(-(k_u - k_l) * t)


def pulsed_decay(
    time: ArrayLike,
    mean_excitons: ArrayLike,
    tau_X: ArrayLike = 29e-9,
    tau_T: ArrayLike = 3.0e-9,
    tau_BX: ArrayLike = 0.5e-9,
    ionisation: ArrayLike = 0.0,
    charged_fraction: ArrayLike = 0.0,
) -> Any:
    """Return the emission rate ``I tau_rad`` (1, tau_rad of the exciton) after a pulse.

    ``(1 - f_c)(p_X + 4 p_BX) + 2 f_c p_T``, with a Poisson start of mean ``mean_excitons`` whose
    states of two and more all fall at once to the biexciton; a share ``ionisation`` of the
    biexcitons leaves an empty charged dot instead of an exciton. Arguments broadcast, times [s].
    """
    from scipy.special import gammainc

    t, n = floats(time), floats(mean_excitons)
    phi, f_c = floats(ionisation), floats(charged_fraction)
    some = -np.expm1(-n)
    single = n * np.exp(-n)
    several = gammainc(2.0, n)  # 1 - e^-n (1 + n) would lose digits at small n
    p_BX = several * np.exp(-t / floats(tau_BX))
    p_X = single * np.exp(-t / floats(tau_X)) + several * (1.0 - phi) * fed_population(
        t, tau_BX, tau_X
    )
    p_T = some * np.exp(-t / floats(tau_T))
    return (1.0 - f_c) * (p_X + 4.0 * p_BX) + 2.0 * f_c * p_T


def decay_terms(
    mean_excitons: ArrayLike,
    tau_X: ArrayLike,
    tau_T: ArrayLike,
    tau_BX: ArrayLike,
    ionisation: ArrayLike = 0.0,
    charged_fraction: ArrayLike = 0.0,
) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    """Return `pulsed_decay` as three exponentials: amplitudes (1) and lifetimes [s] of X, BX, T.

    As a fit folds it with the response of an instrument. Biexcitons that live within a millionth
    as long as excitons are taken as that much apart.
    """
    from scipy.special import gammainc

    n, phi, f_c = floats(mean_excitons), floats(ionisation), floats(charged_fraction)
    X, T, BX = floats(tau_X), floats(tau_T), floats(tau_BX)
    BX = np.where(np.abs(BX / X - 1.0) < 1e-6, X * (1.0 - 1e-6), BX)
    several = gammainc(2.0, n)
    fed = several * (1.0 - phi) * X / (X - BX)  # k_u/(k_u - k_l)
    of_X = (1.0 - f_c) * (n * np.exp(-n) + fed)
    of_BX = (1.0 - f_c) * (4.0 * several - fed)
    return (of_X, of_BX, -2.0 * f_c * np.expm1(-n)), (X, BX, T)


def ladder_decay(
    time: ArrayLike,
    mean_excitons: float,
    ladder: Ladder,
    neutral_states: int,
    charged_fraction: float = 0.0,
) -> Array:
    """Return photons per second [1/s] after a pulse for any ladder, at each ``time`` [s].

    States 0 to ``neutral_states`` are those of a neutral dot, the rest those of a charged one.
    Each of the two groups starts with a Poisson distribution.
    """
    split = neutral_states + 1
    start = np.concatenate(
        [
            (1.0 - charged_fraction) * poisson_start(mean_excitons, split),
            charged_fraction * poisson_start(mean_excitons, len(ladder.names) - split),
        ]
    )
    return np.asarray(pulsed_populations(time, start, ladder) @ ladder.emission)
