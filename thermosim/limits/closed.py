"""Closed-form limits of laser cooling: how cold, how fast, and through which leak.

The body is at one temperature and is pumped evenly; it exchanges heat with a chamber at ``T_env``
by radiation and by a linear conductance. Powers are cooling powers, positive when they cool;
``delta_T`` [K] is negative when the body is colder than the chamber. All functions broadcast;
where the chamber cannot supply the heat that is asked for, the result is NaN.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import constants

from thermosim.bodies.chamber import (
    bridged_conductance,
    free_molecular_conductance,
    gas_conductivity,
    pressure_of_equal_radiation,
    radiative_conductance,
    radiative_flux,
)
from thermosim.bodies.contact import constriction_resistance

Floats: TypeAlias = npt.NDArray[np.float64]
_MAX_NEWTON = 200


def sphere_area(radius: npt.ArrayLike) -> Floats:
    """Return ``4πR²`` [m²]."""
    return np.asarray(4 * np.pi * np.square(radius))


def sphere_volume(radius: npt.ArrayLike) -> Floats:
    """Return ``4πR³/3`` [m³]."""
    return np.asarray(4 / 3 * np.pi * np.power(radius, 3))


def ensemble_power(n_dots: npt.ArrayLike, g: npt.ArrayLike, volume: npt.ArrayLike) -> Floats:
    """Return the cooling power ``n g V`` [W] of ``n_dots`` [1/m³] with gain ``g`` [W] each."""
    return np.asarray(np.asarray(n_dots) * np.asarray(g) * np.asarray(volume))


def radiation_delta_T(
    flux: npt.ArrayLike, T_env: npt.ArrayLike = 300.0, emissivity: npt.ArrayLike = 1.0
) -> Floats:
    """Return ``ΔT`` [K] at which radiation balances the cooling ``flux`` [W/m²] of the surface.

    Exact solution of ``ε σ (T_env⁴ - T⁴) = flux``. NaN if flux exceeds ``ε σ T_env⁴``.
    """
    T_0 = np.asarray(T_env, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):  # emissivity 0: NaN or infinite
        share = np.asarray(flux, dtype=float) / (
            np.asarray(emissivity) * constants.Stefan_Boltzmann * T_0**4
        )
    possible = share < 1
    return np.where(possible, T_0 * np.expm1(np.log1p(-np.where(possible, share, 0.0)) / 4), np.nan)


def isolated_dot_radius(
    g: npt.ArrayLike,
    delta_T: npt.ArrayLike,
    T_env: npt.ArrayLike = 300.0,
    emissivity: npt.ArrayLike = 1.0,
) -> Floats:
    """Return the radius [m] of a dot that ``g`` [W] brings to ``ΔT`` [K] by radiation alone.

    ``4πR² ε σ (T_env⁴ - T⁴) = g``.
    """
    flux = np.asarray(-radiative_flux(np.asarray(delta_T), np.asarray(T_env), emissivity))
    return np.asarray(np.sqrt(np.asarray(g) / (4 * np.pi * flux)))


def required_n_R(
    delta_T: npt.ArrayLike,
    g: npt.ArrayLike,
    T_env: npt.ArrayLike = 300.0,
    emissivity: npt.ArrayLike = 1.0,
) -> Floats:
    """Return ``n R = 3 ε σ (T_env⁴ - T⁴)/g`` [1/m²] that a radiating sphere needs for ``ΔT``."""
    flux = -radiative_flux(np.asarray(delta_T), np.asarray(T_env), emissivity)
    return np.asarray(3 * flux / np.asarray(g))


def linear_delta_T(power: npt.ArrayLike, conductance: npt.ArrayLike) -> Floats:
    """Return ``-P/G`` [K] for the cooling ``power`` [W] and all conductances together [W/K]."""
    return np.asarray(-np.asarray(power) / np.asarray(conductance))


def steady_delta_T(
    power: npt.ArrayLike,
    area: npt.ArrayLike,
    conductance: npt.ArrayLike = 0.0,
    T_env: npt.ArrayLike = 300.0,
    emissivity: npt.ArrayLike = 1.0,
) -> Floats:
    """Return the exact root ``ΔT`` [K] of ``P + G ΔT + A ε σ ((T_env+ΔT)⁴ - T_env⁴) = 0``.

    Parameters
    ----------
    power
        Cooling power P [W]; negative heats.
    area
        Radiating area A [m²].
    conductance
        Conductance G of contact, gas and near field [W/K].
    """
    P, A, G, T_0, eps = (
        np.asarray(a, dtype=float)
        for a in np.broadcast_arrays(power, area, conductance, T_env, emissivity)
    )
    solvable = (P - G * T_0 + A * radiative_flux(-T_0, T_0, eps) < 0) & (G + A * eps > 0)
    P = np.where(solvable, P, 0.0)
    # The balance is convex and increasing: after one step Newton comes down to its only root.
    theta = np.zeros_like(P)
    for _ in range(_MAX_NEWTON):
        balance = P + G * theta + A * radiative_flux(theta, T_0, eps)
        slope = G + A * radiative_conductance(T_0 + theta, eps)
        step = balance / np.where(slope > 0, slope, 1.0)
        theta = theta - step
        if np.all(np.abs(step) <= 4 * np.finfo(float).eps * np.abs(theta)):
            break
    return np.where(solvable, theta, np.nan)


def contact_conductance(
    radius: npt.ArrayLike,
    k_1: npt.ArrayLike,
    k_par: npt.ArrayLike,
    k_perp: npt.ArrayLike | None = None,
    h_c: npt.ArrayLike | None = None,
) -> Floats:
    """Return the conductance [W/K] of a contact disk, see `contact.constriction_resistance`."""
    return np.asarray(1 / constriction_resistance(radius, k_1, k_par, k_perp, h_c))


def largest_conductance(power: npt.ArrayLike, delta_T: npt.ArrayLike) -> Floats:
    """Return ``-P/ΔT`` [W/K]: all paths together may not conduct more if ``ΔT`` is true."""
    return linear_delta_T(power, delta_T)


def largest_contact_conductance(
    power: npt.ArrayLike,
    delta_T: npt.ArrayLike,
    area: npt.ArrayLike,
    T_env: npt.ArrayLike = 300.0,
    emissivity: npt.ArrayLike = 1.0,
    gas_conductance: npt.ArrayLike = 0.0,
    near_field: npt.ArrayLike = 0.0,
) -> Floats:
    """Return what is left for the contact [W/K] at ``ΔT``.

    Radiation, gas [W/(m² K)] and near field [W/K] come first; negative if they alone already bring
    in more than ``power``.
    """
    theta, A = np.asarray(delta_T, dtype=float), np.asarray(area, dtype=float)
    by_radiation = A * radiative_flux(theta, np.asarray(T_env), np.asarray(emissivity))
    linear = A * np.asarray(gas_conductance) + np.asarray(near_field)
    return np.asarray(-(np.asarray(power) + by_radiation) / theta - linear)


def cooling_rate(
    n_dots: npt.ArrayLike, g: npt.ArrayLike, volumetric_heat_capacity: npt.ArrayLike
) -> Floats:
    """Return ``dT/dt`` at the start, ``-n g/(rho cp)`` [K/s]."""
    return np.asarray(-np.asarray(n_dots) * np.asarray(g) / np.asarray(volumetric_heat_capacity))


def relaxation_time(heat_capacity: npt.ArrayLike, conductance: npt.ArrayLike) -> Floats:
    """Return ``C/G`` [s] for a heat capacity C [J/K] and all conductances together [W/K]."""
    return np.asarray(np.asarray(heat_capacity) / np.asarray(conductance))


def internal_difference(
    n_dots: npt.ArrayLike, g: npt.ArrayLike, radius: npt.ArrayLike, k: npt.ArrayLike
) -> Floats:
    """Return centre minus surface [K] of a sphere that loses heat evenly: ``-n g R²/(6k)``."""
    source = np.asarray(n_dots) * np.asarray(g)
    return np.asarray(-source * np.square(radius) / (6 * np.asarray(k)))


def leak_budget_estimate(
    delta_T: npt.ArrayLike,
    area: npt.ArrayLike,
    contact: npt.ArrayLike = 0.0,
    gas_conductance: npt.ArrayLike = 0.0,
    T_env: npt.ArrayLike = 300.0,
    emissivity: npt.ArrayLike = 1.0,
    near_field: npt.ArrayLike = 0.0,
) -> dict[str, Floats]:
    """Return the heat [W] that leaves the body by each path; negative when it warms the body.

    ``contact`` and ``near_field`` (told where there is one) are conductances in W/K,
    ``gas_conductance`` in W/(m² K).
    """
    theta, T_0, A = (np.asarray(a, dtype=float) for a in (delta_T, T_env, area))
    radiation = A * radiative_flux(theta, T_0, np.asarray(emissivity))
    by_contact = np.asarray(contact) * theta
    gas = A * np.asarray(gas_conductance) * theta
    near = np.asarray(near_field) * theta
    found = {"radiation_W": radiation, "contact_W": by_contact, "gas_W": gas}
    if np.any(near_field):
        found["near_field_W"] = near
    found["total_W"] = radiation + by_contact + gas + near
    return {name: np.asarray(value) for name, value in found.items()}


def limits_summary(
    *,
    radius: float,
    n_dots: float,
    g: float,
    T_env: float = 300.0,
    emissivity: float = 1.0,
    volumetric_heat_capacity: float | None = None,
    k_particle: float | None = None,
    contact_radius: float = 0.0,
    contact_h_c: float | None = None,
    k_par: float | None = None,
    k_perp: float | None = None,
    pressure: float = 0.0,
    gas: str = "air",
    accommodation: float = 1.0,
    claimed_delta_T: float | None = None,
    area: float | None = None,
    volume: float | None = None,
    near_field: float = 0.0,
) -> dict[str, float]:
    """Return every limit for one particle, units in the keys, from SI numbers.

    ``area`` and ``volume`` default to those of a sphere; no contact without ``contact_radius``,
    ``k_particle`` and ``k_par``; ``near_field`` is a conductance [W/K]. What is not finite, or
    lacks an argument, is left out.
    """
    A = float(sphere_area(radius)) if area is None else area
    V = float(sphere_volume(radius)) if volume is None else volume
    contact = _contact_if_any(contact_radius, k_particle, k_par, k_perp, contact_h_c)
    h_fm = free_molecular_conductance(T_env, pressure, gas, accommodation)
    h_gas = float(bridged_conductance(h_fm, radius, gas_conductivity(T_env, gas)))
    found = _steady_summary(n_dots, g, A, V, T_env, emissivity, contact, h_gas, near_field)
    found["pressure_gas_equals_radiation_Pa"] = pressure_of_equal_radiation(
        T_env, emissivity, gas, accommodation, radius
    )
    inside = internal_difference(n_dots, g, radius, np.nan if k_particle is None else k_particle)
    found["temperature_difference_inside_K"] = inside
    found |= _clock_summary(n_dots, g, V, volumetric_heat_capacity, found, claimed_delta_T)
    if claimed_delta_T:
        found |= _claim_summary(
            claimed_delta_T, n_dots * g * V, g, A, T_env, emissivity, h_gas, near_field
        )
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _contact_if_any(
    radius: float,
    k_particle: float | None,
    k_par: float | None,
    k_perp: float | None,
    h_c: float | None,
) -> float:
    if radius <= 0 or k_particle is None or k_par is None:
        return 0.0
    return float(contact_conductance(radius, k_particle, k_par, k_perp, h_c))


def _steady_summary(
    n_dots: float,
    g: float,
    A: float,
    V: float,
    T_env: float,
    emissivity: float,
    contact: float,
    h_gas: float,
    near: float,
) -> dict[str, Any]:
    power = float(ensemble_power(n_dots, g, V))
    G_rad = A * float(radiative_conductance(T_env, emissivity))
    total = G_rad + contact + A * h_gas + near
    found: dict[str, Any] = {
        "cooling_power_W": power,
        "conductance_radiation_W_per_K": G_rad,
        "conductance_contact_W_per_K": contact,
        "conductance_gas_W_per_K": A * h_gas,
        "conductance_total_W_per_K": total,
        "delta_T_radiation_only_K": radiation_delta_T(power / A, T_env, emissivity),
        "delta_T_with_contact_K": steady_delta_T(power, A, contact, T_env, emissivity),
        "delta_T_with_gas_K": steady_delta_T(power, A, A * h_gas, T_env, emissivity),
        "delta_T_all_paths_K": steady_delta_T(
            power, A, contact + A * h_gas + near, T_env, emissivity
        ),
        "delta_T_all_paths_linear_K": linear_delta_T(power, total) if total > 0 else np.nan,
    }
    if near:
        found["conductance_near_field_W_per_K"] = near
        found["delta_T_with_near_field_K"] = steady_delta_T(power, A, near, T_env, emissivity)
    if g > 0 and emissivity > 0:
        found["isolated_dot_radius_for_minus_1K_m"] = isolated_dot_radius(
            g, -1.0, T_env, emissivity
        )
    budget = leak_budget_estimate(
        found["delta_T_all_paths_K"], A, contact, h_gas, T_env, emissivity, near
    )
    return found | {f"heat_leaving_by_{name}": value + 0.0 for name, value in budget.items()}


def _clock_summary(
    n_dots: float,
    g: float,
    V: float,
    volumetric_heat_capacity: float | None,
    found: dict[str, Any],
    claimed: float | None,
) -> dict[str, Any]:
    if volumetric_heat_capacity is None:
        return {}
    rate = float(cooling_rate(n_dots, g, volumetric_heat_capacity))
    clock: dict[str, Any] = {"initial_rate_K_per_s": rate}
    if found["conductance_total_W_per_K"] > 0:
        clock["relaxation_time_s"] = relaxation_time(
            volumetric_heat_capacity * V, found["conductance_total_W_per_K"]
        )
    if claimed and rate * claimed > 0:
        clock["time_to_claimed_delta_T_s"] = claimed / rate
    return clock


def _claim_summary(
    claimed: float,
    power: float,
    g: float,
    A: float,
    T_env: float,
    emissivity: float,
    h_gas: float,
    near: float,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "claimed_delta_T_K": claimed,
        "largest_total_conductance_W_per_K": largest_conductance(power, claimed),
        "largest_contact_conductance_W_per_K": largest_contact_conductance(
            power, claimed, A, T_env, emissivity, h_gas, near
        ),
    }
    if g * claimed < 0:
        found["n_R_for_claimed_delta_T_per_m2"] = required_n_R(claimed, g, T_env, emissivity)
    return found
