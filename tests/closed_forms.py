"""Closed forms that only tests ask for: limits of what the package computes in general."""

from __future__ import annotations

import math
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike
from scipy import constants

from thermosim.bodies.emissivity import (
    IndexFunction,
    planck_average,
    planck_wavelengths,
)
from thermosim.gain.escape.closed import (
    _checked_depth,
    _checked_index,
    _escape_cone,
    _mean_survival,
)
from thermosim.gain.master import Array, Ladder
from thermosim.gain.recombination import TrionBiexciton
from thermosim.limits.closed import sphere_area
from thermosim.optics.fresnel import cos_refracted, fresnel_reflectance
from thermosim.optics.mie import MieSphere, _parts, _radial_quadrature, _spherical
from thermosim.optics.rays_segments import Integers, Segments, deposit_on_cells
from thermosim.shapes.hits import Rng, check_lengths
from thermosim.shapes.hits_convex import ConvexSurface

_TINY_DEPTH = 0.05
Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]


def rayleigh_emissivity(
    radius: float, T: npt.ArrayLike, index: IndexFunction, points: int = 800
) -> Floats:
    """Return the emissivity of a very small sphere, ``<4x Im((m²-1)/(m²+2))>``; shape of ``T``.

    Proportional to ``radius`` [m] (Bohren and Huffman 1983, eq. 5.11).
    """
    temperature = np.asarray(T, dtype=float)
    wavelength = planck_wavelengths(float(temperature.min()), float(temperature.max()), points)
    eps = index(wavelength) ** 2
    Q_abs = 8 * pi * radius / wavelength * ((eps - 1) / (eps + 2)).imag
    return planck_average(Q_abs, wavelength, temperature)


def opaque_emissivity(T: npt.ArrayLike, index: IndexFunction, points: int = 800) -> Floats:
    """Return the emissivity of a flat or large body that lets no light through; shape of ``T``.

    Hemispherical average of one minus the Fresnel reflectance.
    """
    return slab_emissivity(np.inf, T, index, points)


def disk_to_disk(radius_1: npt.ArrayLike, radius_2: npt.ArrayLike, gap: npt.ArrayLike) -> Floats:
    """Return F from disk 1 to a parallel coaxial disk 2 at distance `gap`; lengths in m, broadcast.

    (Howell, A Catalog of Radiation Configuration Factors, C-41.)
    """
    h = np.asarray(gap, dtype=float)
    R_1, R_2 = np.asarray(radius_1) / h, np.asarray(radius_2) / h
    X = 1 + (1 + R_2**2) / R_1**2
    return np.asarray((X - np.sqrt(X**2 - 4 * (R_2 / R_1) ** 2)) / 2)


def sphere_to_disk(distance: npt.ArrayLike, radius: npt.ArrayLike) -> Floats:
    """Return F from a sphere to a coaxial disk whose plane is `distance` from its centre.

    Lengths in m, broadcast; the plane must not cut the sphere. (Howell, C-122; for an infinite
    disk 1/2.)
    """
    h, a = np.asarray(distance, dtype=float), np.asarray(radius, dtype=float)
    return np.asarray((1 - h / np.hypot(h, a)) / 2)


def trapped_fraction(index: ArrayLike) -> Floats:
    """Return the share of light that never meets the surface of a sphere below the critical angle.

    ``(1 - 1/n²)^(3/2)`` for a clear sphere with a smooth surface; broadcasts over ``index``.
    """
    n = _checked_index(index)
    return np.asarray((1.0 - 1.0 / n**2) ** 1.5)


def cube_escape(index: ArrayLike) -> Floats:
    """Return the share of light that can leave a clear smooth cube (no Fresnel reflection).

    Six escape cones, ``3(1 - sqrt(1 - 1/n²))``, less the overlap of neighbouring cones for
    ``n < sqrt(2)`` (a lens of two spherical caps 90° apart). Light outside the cones is trapped,
    since a box keeps the three |direction cosines|.

    Raises
    ------
    ValueError
        For ``n`` below sqrt(3/2), where three cones overlap and everything can leave.
    """
    n = _checked_index(index)
    if np.any(n**2 < 1.5):
        raise ValueError(
            f"refractive index {np.min(n):.6g} is below sqrt(1.5) = 1.2247, where no light is "
            "trapped in a cube: the share that leaves is 1"
        )
    cosine = np.sqrt(1.0 - 1.0 / n**2)
    cot = np.minimum(cosine * n, 1.0)
    lens = 2.0 * (np.arccos(cot**2) - 2.0 * cosine * np.arccos(cot))
    return np.asarray(3.0 * (1.0 - cosine) - 12.0 * lens / (4.0 * pi))


def lambertian_sphere_escape(tau: ArrayLike, index: ArrayLike) -> Floats:
    """Return the escape probability from a sphere whose every internal reflection is Lambertian.

    Light comes to the surface as in a smooth sphere; what is reflected starts again with the
    cosine law, crosses ``2 R mu``, and leaves or is scattered anew: a geometric series in the
    share ``∫ 2 mu e^-L (1-T) d mu``. Broadcasts; exact for all ``tau``.
    """
    tau, n = np.broadcast_arrays(_checked_depth(tau), _checked_index(index))
    mu, d_mu, T = _escape_cone(n)
    L = 2.0 * tau[..., None] * mu
    first = np.sum(3.0 * mu**2 * _mean_survival(L) * T * d_mu, axis=-1)
    leaves = np.sum(2.0 * mu * np.exp(-L) * T * d_mu, axis=-1)
    arrives = straight_escape(tau)
    absorbed = 4.0 / 3.0 * tau * arrives  # 1 - ∫ 2 mu e^-L d mu, by reciprocity
    return np.asarray(first + (arrives - first) * leaves / (absorbed + leaves))


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


def relaxation_time(heat_capacity: npt.ArrayLike, conductance: npt.ArrayLike) -> Floats:
    """Return ``C/G`` [s] for a heat capacity C [J/K] and all conductances together [W/K]."""
    return np.asarray(np.asarray(heat_capacity) / np.asarray(conductance))


def isolated_dot_delta_T(
    g: npt.ArrayLike,
    radius: npt.ArrayLike,
    T_env: npt.ArrayLike = 300.0,
    emissivity: npt.ArrayLike = 1.0,
) -> Floats:
    """Return ``ΔT`` [K] of one dot of ``radius`` [m] and gain ``g`` [W] that only radiates."""
    return radiation_delta_T(np.asarray(g) / sphere_area(radius), T_env, emissivity)


def ensemble_delta_T(
    n_dots: npt.ArrayLike,
    g: npt.ArrayLike,
    radius: npt.ArrayLike,
    T_env: npt.ArrayLike = 300.0,
    emissivity: npt.ArrayLike = 1.0,
) -> Floats:
    """Return ``ΔT`` [K] of a sphere full of dots that only radiates.

    ``n R g/3 = ε σ (T_env⁴ - T⁴)``.
    """
    flux = np.asarray(n_dots) * np.asarray(radius) * np.asarray(g) / 3
    return radiation_delta_T(flux, T_env, emissivity)


def geometric_sphere_absorption(n: float, tau: float) -> float:
    """Return Q_abs of a sphere in ray optics, unpolarised light, ``tau = alpha R``.

    ``∫ 2b db T (1 - e^{-L})/(1 - (1 - T) e^{-L})`` with the chord ``L = 2 tau sqrt(1 - b²/n²)``,
    averaged over s and p; every internal reflection repeats the angle. Substituting
    ``b² = 1 - u⁴`` removes the singularity at grazing incidence.
    """
    nodes, weights = np.polynomial.legendre.leggauss(200)
    u, w = 0.5 * (nodes + 1.0), 0.5 * weights
    b2 = 1.0 - u**4
    passed = np.exp(-2.0 * tau * np.sqrt(1.0 - b2 / n**2))
    absorbed = 0.0
    for R in fresnel_reflectance(u**2, 1.0, n):
        absorbed += 0.5 * float(
            (w * 4.0 * u**3 * (1.0 - R) * (1 - passed) / (1 - R * passed)).sum()
        )
    return absorbed


def weak_sphere_absorption(n: float, k: float, x: float) -> float:
    """Return Q_abs of a weakly absorbing sphere in ray optics, ``(8/3)(k/n) x (n³-(n²-1)^{3/2})``.

    ``x`` is the size parameter. Bohren and Huffman (1983), section 7.1.
    """
    return float(8.0 / 3.0 * k / n * x * (n**3 - (n**2 - 1.0) ** 1.5))


def axis_peak(sphere: MieSphere, per_wavelength: int = 40) -> tuple[float, float]:
    """Return ``(|E|²/E0², z/R)`` at the highest point of the axis along the beam.

    Samples the axis ``per_wavelength`` times per wavelength in the sphere, then refines.
    """
    from scipy.optimize import minimize_scalar

    def on_axis(z: ArrayLike) -> Floats:
        z = np.atleast_1d(np.asarray(z, float))
        return sphere.intensity_parts(np.abs(z), np.where(z < 0.0, -1.0, 1.0))[0]

    count = 2 + int(per_wavelength * sphere.m.real * sphere.x / math.pi)
    z = np.linspace(-1.0, 1.0, count)
    best = z[on_axis(z).argmax()]
    step = z[1] - z[0]
    found = minimize_scalar(
        lambda t: -float(on_axis(t)[0]),
        bounds=(max(best - step, -1.0), min(best + step, 1.0)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return -float(found.fun), float(found.x)


def hot_spot_factor(intensity: ArrayLike, volume: ArrayLike) -> float:
    """Return ``<I²>/<I>²`` over a volume; 1 for uniform light.

    The optimum gain of a body falls to about its inverse (g is concave in intensity).
    ``volume`` are the weights, of the shape of ``intensity``.
    """
    intensity, volume = np.asarray(intensity, float), np.asarray(volume, float)
    mean = (volume * intensity).sum()
    return float(volume.sum() * (volume * intensity**2).sum() / mean**2)


def internal_field(points: ArrayLike, m: complex, x: float) -> Complexes:
    """Return the complex field E/E0 inside the sphere, shape (n, 3).

    The wave runs along +z and is polarised along x; ``points`` (n, 3) are in units of the
    radius, from the centre.
    """
    sphere = MieSphere.build(m, x)
    points = np.asarray(points, float)
    s, mu, cos_phi, sin_phi = _spherical(points)
    sin_theta = np.sqrt(np.maximum(1.0 - mu**2, 0.0))
    field = np.empty(points.shape, complex)
    for i in _parts(s.size, sphere.c.size):
        A_r, A_theta, A_phi = sphere.amplitudes(s[i], mu[i])
        E_r, E_theta, E_phi = A_r * cos_phi[i], A_theta * cos_phi[i], -A_phi * sin_phi[i]
        outward = E_r * sin_theta[i] + E_theta * mu[i]
        field[i, 0] = outward * cos_phi[i] - E_phi * sin_phi[i]
        field[i, 1] = outward * sin_phi[i] + E_phi * cos_phi[i]
        field[i, 2] = E_r * mu[i] - E_theta * sin_theta[i]
    return field


def sphere_hot_spot_factor(sphere: MieSphere) -> float:
    """Return `hot_spot_factor` of a sphere in unpolarised light, by Gauss quadrature."""
    s, w_s = _radial_quadrature(abs(sphere.m) * sphere.x)
    # the square of the intensity is a polynomial in mu of degree 4 per term of the series
    mu, w_mu = np.polynomial.legendre.leggauss(2 * sphere.c.size + 2)
    S_grid, MU_grid = np.meshgrid(s, mu, indexing="ij")
    P, S = sphere.intensity_parts(S_grid.ravel(), MU_grid.ravel())
    return hot_spot_factor(P + S, np.outer(w_s * s**2, w_mu).ravel())


def deposit_on_rings(
    segments: Segments, r_edges: ArrayLike, z_edges: ArrayLike, step: float
) -> tuple[Floats, float]:
    """Return the deposit in rings about the z axis [W m], shape (r bins, z bins), and the rest.

    ``r_edges`` (from 0) and ``z_edges`` are increasing [m].
    """
    r_edges, z_edges = np.asarray(r_edges, float), np.asarray(z_edges, float)
    n_r, n_z = r_edges.size - 1, z_edges.size - 1

    def locate(points: Floats) -> Integers:
        i = np.searchsorted(r_edges, np.hypot(points[:, 0], points[:, 1]), side="right") - 1
        j = np.searchsorted(z_edges, points[:, 2], side="right") - 1
        inside = (i >= 0) & (i < n_r) & (j >= 0) & (j < n_z)
        return np.where(inside, i * n_z + j, -1)

    total, outside = deposit_on_cells(segments, locate, n_r * n_z, step, snap=False)
    return total.reshape(n_r, n_z), outside


def ring_volumes(r_edges: ArrayLike, z_edges: ArrayLike) -> Floats:
    """Return the volumes of rings about the z axis [m³], shape (r bins, z bins)."""
    areas = pi * np.diff(np.asarray(r_edges, float) ** 2)
    return np.outer(areas, np.diff(np.asarray(z_edges, float)))


def deposit_on_shells(
    segments: Segments, centre: ArrayLike, edges: ArrayLike, step: float
) -> tuple[Floats, float]:
    """Return the deposit in spherical shells about ``centre`` [W m], and the rest.

    ``edges`` are increasing radii from 0 [m]; one shell fewer than edges.
    """
    edges, middle = np.asarray(edges, float), np.asarray(centre, float)

    def locate(points: Floats) -> Integers:
        shell = np.searchsorted(edges, np.linalg.norm(points - middle, axis=1), side="right") - 1
        return np.where(shell < edges.size - 1, shell, -1)

    return deposit_on_cells(segments, locate, edges.size - 1, step, snap=False)


def trion_biexciton_ladder(
    section: TrionBiexciton, neutralisation: float = 0.0, absorbing: str = "below_top"
) -> Ladder:
    """Return the rate model behind Eq. (2): states 0, X, BX, c, T.

    ``neutralisation`` [1/s] replaces ``A/(C tau_X)`` where C is 0. Absorption in BX and T, which
    Eq. (2) leaves out, counts with ``absorbing = "all"``.
    """
    eta_X, eta_T, eta_BX = section.efficiencies()
    k_X, k_T, k_BX = 1.0 / section.tau_X, 1.0 / section.tau_T, 1.0 / section.tau_BX
    k_n = section.A / (section.C * section.tau_X) if section.C > 0 else neutralisation or k_X
    decay, climb = np.zeros((5, 5)), np.zeros((5, 5))
    decay[1, 0], decay[2, 1], decay[2, 3] = k_X, (1.0 - section.A) * k_BX, section.A * k_BX
    decay[4, 3], decay[3, 0] = k_T, k_n
    climb[0, 1] = climb[1, 2] = climb[3, 4] = 1.0
    absorption = np.ones(5) if absorbing == "all" else np.array([1.0, 1.0, 0.0, 1.0, 0.0])
    emission = np.array([0.0, eta_X * k_X, eta_BX * k_BX, 0.0, eta_T * k_T])
    return Ladder(("0", "X", "BX", "c", "T"), decay, climb, absorption, emission)


def steady_populations(rates: ArrayLike) -> Array:
    """Return the populations that the rates leave unchanged, shape (..., n) for (..., n, n).

    State reduction after Grassmann, Taksar and Heyman, Oper. Res. 33, 1107 (1985),
    10.1287/opre.33.5.1107: no subtraction, so each population keeps all its digits even where
    rates differ by many orders.

    Raises
    ------
    ValueError
        If a state cannot be left towards the states before it (no unique steady state).
    """
    R = np.array(rates, dtype=np.float64)
    n = R.shape[-1]
    for last in range(n - 1, 0, -1):
        out = R[..., last, :last].sum(axis=-1)
        if np.any(out <= 0):
            raise ValueError(
                f"state {last} is never left towards a lower one, so there is no unique steady "
                "state; give it a decay (for a charged dot: a neutralisation rate)"
            )
        R[..., :last, last] /= out[..., None]
        R[..., :last, :last] += R[..., :last, last, None] * R[..., None, last, :last]
    p = np.zeros(R.shape[:-1])
    p[..., 0] = 1.0
    for state in range(1, n):
        p[..., state] = np.einsum("...i,...i->...", p[..., :state], R[..., :state, state])
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


def populations_under_light(beta: ArrayLike, ladder: Ladder) -> Array:
    """Return the steady populations under an excitation rate ``beta`` [1/s], shape (..., n)."""
    rate = np.asarray(beta, dtype=np.float64)[..., None, None]
    return steady_populations(ladder.decay + rate * ladder.climb)


def ladder_efficiency(beta: ArrayLike, ladder: Ladder) -> Array:
    """Return photons emitted per photon absorbed under CW light; ``beta`` > 0 [1/s]."""
    p = populations_under_light(beta, ladder)
    return np.asarray(p @ ladder.emission / (np.asarray(beta) * (p @ ladder.absorption)))


def straight_escape(tau: ArrayLike) -> Floats:
    """Return the escape probability from a sphere without refraction or reflection.

    ``3/(8 tau³) (2 tau² - 1 + (1 + 2 tau) e^(-2 tau))``; the power series where that cancels.
    Case, de Hoffmann and Placzek, Introduction to the Theory of Neutron Diffusion (1953), §10.
    """
    tau = _checked_depth(tau)
    t = np.maximum(tau, _TINY_DEPTH)
    direct = 3.0 / (8.0 * t**3) * (2.0 * t**2 + np.expm1(-2.0 * t) + 2.0 * t * np.exp(-2.0 * t))
    # the expansion of the same: coefficients 3 (k+2)/(k+3)! of (-2 tau)^k
    s, series, factorial = np.minimum(tau, _TINY_DEPTH), np.zeros(tau.shape), 6.0
    for k in range(10):
        series = series + 3.0 * (k + 2.0) / factorial * (-2.0 * s) ** k
        factorial *= k + 4.0
    return np.where(tau < _TINY_DEPTH, series, direct)


def slab_emissivity(
    thickness: float, T: npt.ArrayLike, index: IndexFunction, points: int = 800
) -> Floats:
    """Return the emissivity of one face of a free film of ``thickness`` [m]; shape of ``T``.

    Hemispherical absorptance ``(1-R)(1-τ)/(1-Rτ)``, with multiple reflections added without
    interference, which is right on average over thicknesses (Siegel and Howell, Thermal
    Radiation Heat Transfer, chapter on windows).
    """
    temperature = np.asarray(T, dtype=float)
    wavelength = planck_wavelengths(float(temperature.min()), float(temperature.max()), points)
    absorptance = hemispherical_absorptance(index(wavelength), thickness / wavelength)
    return planck_average(absorptance, wavelength, temperature)


def hemispherical_absorptance(
    m: npt.NDArray[np.complex128], thickness_over_wavelength: npt.NDArray[np.floating[Any]]
) -> Floats:
    """Return the diffuse absorptance of a film of index ``m``; both of shape (n,)."""
    nodes, weights = np.polynomial.legendre.leggauss(32)
    cos_i = np.sqrt((1 - nodes) / 2)[:, None]  # equal steps of sin² are Lambert's law
    k_z = (m * cos_refracted(cos_i, 1.0, m)).imag
    passed = np.exp(-4 * pi * np.maximum(k_z, 0.0) * thickness_over_wavelength)
    total: Floats = np.zeros(len(m))
    for R in fresnel_reflectance(cos_i, 1.0, m):
        total = total + weights / 2 @ ((1 - R) * (1 - passed) / (1 - R * passed)) / 2
    return total


class BoxSurface(ConvexSurface):
    """A cuboid of edges ``size`` (x, y, z) [m] about the origin."""

    def __init__(self, size: tuple[float, float, float]) -> None:
        check_lengths(size, "size")
        self.size = size
        half = 0.5 * np.asarray(size)
        super().__init__(np.vstack([np.eye(3), -np.eye(3)]), np.concatenate([half, half]))

    def sample(self, rng: Rng, count: int) -> Floats:
        """Return points uniform in the box."""
        return np.asarray((rng.random((count, 3)) - 0.5) * self.size) + self.centre
