"""Every number of the heat source of dots: what `source` does arithmetic on."""

from __future__ import annotations

from typing import Any, NamedTuple


class Dot(NamedTuple):
    """One kind of dot of an ensemble.

    ``sigma_abs`` [m²] at the pump energy and the reference temperature; ``weight`` is that times
    its share of all dots; ``gap`` offset of its mean emission [J]; ``recycled`` is its share of the
    emitted light that dots absorb again (None where none is). ``filled`` is ``exp((E - E_1)/E_U)``
    of a saturating edge at the reference temperature; None where the cross-section is that of its
    group.
    """

    sigma_abs: Any
    weight: Any
    gap: Any
    recycled: Any
    filled: Any
    offset: Any = 0.0


class DotGroup(NamedTuple):
    """Dots that decay alike, and whose cross-section (or its tail) follows the temperature alike.

    ``log_sigma`` as in `GainParameters`: the logarithm of ``r(T)``. A saturating edge has ``r (1 +
    filled)/(1 + filled r)`` times ``sigma_abs``, so that its dots need one exponential together.
    Where E_U follows the temperature, a dot has ``r exp(-offset log_slope)`` in its place, with the
    ``offset`` of its gap over E_U and ``log_slope`` the coefficients of E_U(T_ref)/E_U(T) - 1.
    ``tau_X`` [s]; polynomials and ``follows`` as in `GainParameters`, dark and charged dots counted
    in.
    """

    log_sigma: tuple[Any, ...]
    tau_X: Any
    emitted: tuple[Any, ...]
    absorbed: tuple[Any, ...]
    population: tuple[Any, ...] | None
    dots: tuple[Dot, ...]
    follows: Any = None
    log_slope: Any = None


class GainParameters(NamedTuple):
    """Every number that enters the heat source at one pump photon energy; SI units.

    Attributes
    ----------
    n_dots
        Density of dots [1/m³].
    photon_energy
        Pump photon energy [J].
    sigma_abs
        Absorption cross-section of one dot at the pump energy and the reference temperature [m²].
    log_sigma
        Chebyshev coefficients of ``ln(sigma_abs(T) / sigma_abs)``.
    mean_emission
        Mean photon energy of the emission at the reference temperature [J].
    mean_emission_shift
        Chebyshev coefficients of ``mean_emission(T) - mean_emission`` [J].
    temperature_min, temperature_max
        Range [K] of both interpolants; beyond it they keep the value at its end.
    tau_X
        Lifetime of the exciton at the reference temperature [s].
    emitted, absorbed
        Polynomials in x whose ratio is the efficiency of a bright dot (Eq. 2 and its ladders).
    population
        Polynomial in x with ``absorbed / population`` the share of dots that can absorb; None
        where bleaching is neglected, as in Eq. (3).
    bright
        Share of the absorbing dots that emit at all.
    f_escape, f_reabsorbed
        Share of the emitted photons that leaves the body, and that dots absorb again.
    red_shift
        Mean emitted less mean escaping photon energy [J].
    alpha_background
        Absorption that only heats [1/m].
    groups
        The dots where they are not alike; empty where they are. ``sigma_abs`` and ``log_sigma``
        are then those of the mean, and the polynomials those of a dot of mean efficiency.
    quenching
        Activation temperature [K], strength and reference temperature [K] of `quenched`; None
        where efficiencies do not follow the temperature.
    upconverted
        Chance that a pump photon becomes an exciton, at the reference temperature, and Chebyshev
        coefficients of how its logarithm follows T; None where each does.
    ageing
        Change and dose [J/m²] of each process of `aged_efficiency`; empty where dots do not age.
    follows
        How each coefficient of ``emitted``, ``absorbed`` and ``population`` (None where that is)
        moves away from its value at the reference temperature: Chebyshev coefficients. None where
        lifetimes and efficiencies do not follow the temperature.
    aged
        Efficiency of the moment over that of fresh dots; None where they are fresh.
    """

    n_dots: Any
    photon_energy: Any
    sigma_abs: Any
    log_sigma: tuple[Any, ...]
    mean_emission: Any
    mean_emission_shift: tuple[Any, ...]
    temperature_min: Any
    temperature_max: Any
    tau_X: Any
    emitted: tuple[Any, ...]
    absorbed: tuple[Any, ...]
    population: tuple[Any, ...] | None
    bright: Any
    f_escape: Any
    f_reabsorbed: Any
    red_shift: Any
    alpha_background: Any
    groups: tuple[DotGroup, ...] = ()
    quenching: tuple[Any, Any, Any] | None = None
    upconverted: tuple[Any, tuple[Any, ...]] | None = None
    ageing: tuple[tuple[Any, Any], ...] = ()
    follows: Any = None
    aged: Any = None
