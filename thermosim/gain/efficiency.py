"""Emission efficiency of one dot: lifetimes, Eq. (2) of the paper, and what leaves the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

Convention = Literal["tau_over_eta", "tau_times_eta"]
Coefficients = tuple[float, ...]


def polynomial(x: Any, coefficients: Sequence[Any]) -> Any:
    """Return ``c_0 + c_1 x + c_2 x² + …`` by Horner's rule; arrays broadcast."""
    value = coefficients[-1] + 0.0 * x
    for coefficient in reversed(coefficients[:-1]):
        value = coefficient + x * value
    return value


def efficiency_polynomials(
    eta_X: Any, eta_T: Any, eta_BX: Any, A: Any = 0.0, C: Any = 0.0
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return numerator and denominator of Eq. (2) as coefficients of the excitation number x.

    Yamada et al., Nano Lett. 24 (2024), arXiv:2406.10641, Eq. (2).
    """
    return (eta_X, eta_BX, eta_T * C), (1.0, 1.0 + A, C)


def quantum_efficiency(
    x: Any, eta_X: Any, eta_T: Any, eta_BX: Any, A: Any = 0.0, C: Any = 0.0
) -> Any:
    """Return photons emitted per photon absorbed by a dot at the excitation number ``x``.

    ``(eta_X + eta_BX x + eta_T C x²) / (1 + (1 + A) x + C x²)``, Eq. (2) of arXiv:2406.10641.
    All arguments are dimensionless and broadcast.
    """
    emitted, absorbed = efficiency_polynomials(eta_X, eta_T, eta_BX, A, C)
    return polynomial(x, emitted) / polynomial(x, absorbed)


def outcoupled_efficiency(eta_int: Any, f_escape: Any, f_reabsorbed: Any) -> Any:
    """Return ``eta_ext = eta_int f_e / (1 - eta_int f_r)`` of a body that reabsorbs its light.

    Of the emitted photons ``f_escape`` leave the body, ``f_reabsorbed`` are absorbed by dots and
    the rest is lost. Recycled light is taken to meet the same ``eta_int`` as the pump.
    """
    return eta_int * f_escape / (1.0 - eta_int * f_reabsorbed)


def internal_efficiency_needed(eta_ext: Any, f_escape: Any, f_reabsorbed: Any) -> Any:
    """Return the ``eta_int`` that gives ``eta_ext``: the inverse of `outcoupled_efficiency`."""
    return eta_ext / (f_escape + eta_ext * f_reabsorbed)


def radiative_lifetime(tau: Any, eta: Any, convention: Convention = "tau_over_eta") -> Any:
    """Return the radiative lifetime [s] of a state with lifetime ``tau`` [s] and efficiency eta.

    ``tau_over_eta`` is the definition, ``tau / eta``. ``tau_times_eta`` is ``tau * eta``, which
    the paper's 23 ns (29 ns at 0.8) amounts to; it is here only to recover its printed values.
    """
    return tau / eta if convention == "tau_over_eta" else tau * eta


def radiative_scaling(excitons: Any, extra_carriers: Any = 0) -> Any:
    """Return the radiative rate of a state over that of one exciton: electrons times holes.

    With statistical scaling a biexciton emits 4 times and a trion 2 times as fast as an exciton.
    Klimov, Annu. Rev. Condens. Matter Phys. 5, 285 (2014),
    10.1146/annurev-conmatphys-031113-133900.
    """
    return excitons * (excitons + extra_carriers)


def scaled_efficiency(tau: Any, tau_rad_X: Any, scaling: Any) -> Any:
    """Return the efficiency of a state of lifetime ``tau`` [s]: ``tau * scaling / tau_rad_X``."""
    return tau * scaling / tau_rad_X
