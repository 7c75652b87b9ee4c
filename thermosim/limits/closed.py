"""Closed-form limits of laser cooling: how cold, how fast, and through which leak.

The body is at one temperature and is pumped evenly; it exchanges heat with a chamber at ``T_env``
by radiation and by a linear conductance. Powers are cooling powers, positive when they cool;
``delta_T`` [K] is negative when the body is colder than the chamber. All functions broadcast;
where the chamber cannot supply the heat that is asked for, the result is NaN.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from thermosim.bodies.chamber import radiative_conductance, radiative_flux
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


def cooling_rate(
    n_dots: npt.ArrayLike, g: npt.ArrayLike, volumetric_heat_capacity: npt.ArrayLike
) -> Floats:
    """Return ``dT/dt`` at the start, ``-n g/(rho cp)`` [K/s]."""
    return np.asarray(-np.asarray(n_dots) * np.asarray(g) / np.asarray(volumetric_heat_capacity))


def internal_difference(
    n_dots: npt.ArrayLike, g: npt.ArrayLike, radius: npt.ArrayLike, k: npt.ArrayLike
) -> Floats:
    """Return centre minus surface [K] of a sphere that loses heat evenly: ``-n g R²/(6k)``."""
    source = np.asarray(n_dots) * np.asarray(g)
    return np.asarray(-source * np.square(radius) / (6 * np.asarray(k)))
