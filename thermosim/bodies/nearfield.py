"""Radiation across a vacuum gap narrower than thermal light is long, by fluctuational theory.

Two half-spaces, local permittivities, one small temperature difference (Polder and Van Hove, Phys.
Rev. B 4, 3303 (1971), 10.1103/PhysRevB.4.3303; in the form of Joulain et al., Surf. Sci. Rep. 57,
59 (2005), 10.1016/j.surfrep.2004.12.002):

(1) ``h = Σ_{s,p} ∫ dω/(2π) ∂Θ/∂T ∫ k dk/(2π) τ(ω, k)``, Θ = ħω/(e^{ħω/k_B T} - 1),

(2) ``τ = (1 - |r1|²)(1 - |r2|²)/|1 - r1 r2 e^{2iqd}|²`` for k < ω/c (propagating),

(3) ``τ = 4 Im r1 Im r2 e^{-2κd}/|1 - r1 r2 e^{-2κd}|²`` for k > ω/c (evanescent),

with q = iκ = √(ω²/c² - k²). Far apart the phases of (2) average out:
(4) ``τ = (1 - |r1|²)(1 - |r2|²)/(1 - |r1 r2|²)``; without reflection h = 4σT³.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import constants

from thermosim.bodies.radiation import NARROWEST

if TYPE_CHECKING:
    from thermosim.materials import Infrared
    from thermosim.shapes import ShapeBase

Floats: TypeAlias = npt.NDArray[np.float64]
IndexFunction: TypeAlias = Callable[[Floats], npt.NDArray[np.complex128]]
"""Vacuum wavelength [m] to ``n + ik``."""

DISTANCES = (NARROWEST, 30e-6)
"""Distances [m] for which the theory is evaluated; beyond them the near field is over."""
UNCERTAINTY_FACTOR = 5.0
"""How far a conductance may be off, either way, with constants of a related material."""
_PHOTON_ENERGIES = (1e-4, 45.0)  # in kT
_DEEPEST = 18.0  # κd up to which evanescent waves are counted
_MOST_ROUNDS = 60
_PER_DECADE = 5

# Kronrod's rule of 15 points on (-1, 1) and the 7 of Gauss within it (QUADPACK, qk15).
_KRONROD_NODES = np.array([
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
    0.586087235467691130294144691693013, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0.0,
])  # fmt: skip
_KRONROD_WEIGHTS = np.array([
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
])  # fmt: skip
_GAUSS_WEIGHTS = np.array([
    0.0, 0.129484966168869693270611432679082, 0.0, 0.279705391489276667901467771423780,
    0.0, 0.381830050505118944950369775488975, 0.0, 0.417959183673469387755102040816327,
])  # fmt: skip
_NODES = np.concatenate([-_KRONROD_NODES, _KRONROD_NODES[-2::-1]])
_FINE = np.concatenate([_KRONROD_WEIGHTS, _KRONROD_WEIGHTS[-2::-1]])
_COARSE = np.concatenate([_GAUSS_WEIGHTS, _GAUSS_WEIGHTS[-2::-1]])


def gap_conductance(
    one: IndexFunction,
    other: IndexFunction,
    distance: npt.ArrayLike,
    T: npt.ArrayLike = 300.0,
    rtol: float = 1e-3,
) -> Floats:
    """Return h [W/(m² K)] of two half-spaces, equations (1) to (4); arguments broadcast.

    Parameters
    ----------
    one, other
        ``n + ik`` of each by vacuum wavelength [m].
    distance
        Vacuum gap d [m]; infinite for the far field.
    T
        Temperature of both [K]; h is the derivative of the flux.
    rtol
        Largest estimated error of the quadrature over frequency and wave vector, relative.
    """
    d, kelvin = np.broadcast_arrays(np.asarray(distance, float), np.asarray(T, float))
    flat = [
        _one_conductance(one, other, float(a), float(t), rtol)
        for a, t in zip(d.ravel(), kelvin.ravel(), strict=True)
    ]
    return np.array(flat).reshape(d.shape)


def _one_conductance(
    one: IndexFunction, other: IndexFunction, d: float, T: float, rtol: float
) -> float:
    """Integrate over y = ln(ħω/kT) and x: -qc/ω in -1 ... 0, logarithm of κ in 0 ... 1."""
    thermal = constants.k * T / constants.hbar  # kT/ħ [rad/s]

    def integrand(y: Floats, x: Floats) -> Floats:
        u = np.exp(y)
        k_0 = u * thermal / constants.c
        wavelength = 2 * np.pi / k_0
        eps = (one(wavelength) ** 2, other(wavelength) ** 2)
        through = _propagating(eps, k_0, -np.minimum(x, 0.0), d)
        if np.isfinite(d):
            through = np.where(x < 0, through, _evanescent(eps, k_0, np.maximum(x, 0.0), d))
        # ∂Θ/∂T dω = k u² e^u/(e^u - 1)² du kT/ħ, and du = u dy
        planck = constants.k * thermal * u**3 * np.exp(-u) / np.expm1(-u) ** 2
        return np.asarray(planck * through / (2 * np.pi) ** 2)

    y_range = np.log(_PHOTON_ENERGIES)
    x_range = (-1.0, 1.0) if np.isfinite(d) else (-1.0, 0.0)
    return _adaptive(integrand, (float(y_range[0]), float(y_range[1])), x_range, rtol)


def _reflection(eps: Any, q: Any) -> tuple[Any, Any]:
    """Return Fresnel's r of s and p for q = q_z c/ω in vacuum; without cancelling digits.

    ``r_s = (q - q')/(q + q')``, ``r_p = (ε q - q')/(ε q + q')`` with q' = √(ε - 1 + q²).
    """
    inside = np.sqrt(eps - 1 + q**2 + 0j)
    inside = np.where(inside.imag < 0, -inside, inside)
    both = q + inside
    return (1 - eps) / both**2, (eps - 1) * (q - 1 / both) / (eps * q + inside)


def _propagating(eps: Any, k_0: Floats, s: Floats, d: float) -> Floats:
    """Return k dk/dx times the sum of (2), or of (4), over s and p; s = q c/ω from 0 to 1."""
    total = np.zeros_like(s)
    for r1, r2 in zip(*(_reflection(e, s) for e in eps), strict=True):
        R1, R2 = np.abs(r1) ** 2, np.abs(r2) ** 2
        if np.isfinite(d):
            below = np.abs(1 - r1 * r2 * np.exp(2j * k_0 * s * d)) ** 2
        else:
            below = 1 - R1 * R2
        total += (1 - R1) * (1 - R2) / np.maximum(below, np.finfo(float).tiny)
    return np.asarray(total * k_0**2 * s)


def _evanescent(eps: Any, k_0: Floats, x: Floats, d: float) -> Floats:
    """Return k dk/dx times the sum of (3) over s and p; κ grows as a power of x from 0 to 1."""
    low, high = 1e-3 * np.minimum(k_0, 1 / d), np.maximum(_DEEPEST / d, 1e-2 * k_0)
    span = np.log(high / low)
    kappa = low * np.exp(x * span)
    decay = np.exp(-2 * kappa * d)
    total = np.zeros_like(x)
    for r1, r2 in zip(*(_reflection(e, 1j * kappa / k_0) for e in eps), strict=True):
        total += 4 * r1.imag * r2.imag * decay / np.abs(1 - r1 * r2 * decay) ** 2
    return np.asarray(total * kappa**2 * span)


def _adaptive(
    f: Callable[[Floats, Floats], Floats],
    y_range: tuple[float, float],
    x_range: tuple[float, float],
    rtol: float,
) -> float:
    """Integrate f(y, x) over a rectangle by halving cells where Gauss and Kronrod differ.

    Raises
    ------
    ArithmeticError
        If it does not settle.
    """
    y = np.linspace(*y_range, 17)
    x = np.linspace(*x_range, 4 * round(x_range[1] - x_range[0]) + 1)
    lows = np.stack(np.meshgrid(y[:-1], x[:-1], indexing="ij"), axis=-1).reshape(-1, 2)
    cells = np.concatenate([lows, lows + np.array([y[1] - y[0], x[1] - x[0]])], axis=1)
    values, errors = _on_cells(f, cells)
    for _ in range(_MOST_ROUNDS):
        total, error = float(values.sum()), errors.max(axis=1)
        if error.sum() <= rtol * abs(total):
            return total
        order = np.argsort(error)
        kept = order[np.cumsum(error[order]) <= rtol / 4 * abs(total)]
        split = np.setdiff1d(order, kept)
        fresh = _halved(cells[split], errors[split])
        found = _on_cells(f, fresh)
        cells = np.concatenate([cells[kept], fresh])
        values = np.concatenate([values[kept], found[0]])
        errors = np.concatenate([errors[kept], found[1]])
    raise ArithmeticError(f"radiation across a gap: quadrature is off by {error.sum() / total:.1e}")


def _on_cells(f: Callable[[Floats, Floats], Floats], cells: Floats) -> tuple[Floats, Floats]:
    """Return the integral over each cell, shape (n,), and its error along y and x, (n, 2)."""
    middle, half = (cells[:, 2:] + cells[:, :2]) / 2, (cells[:, 2:] - cells[:, :2]) / 2
    y, x = (middle[:, i, None] + half[:, i, None] * _NODES for i in (0, 1))
    shape = (len(cells), len(_NODES), len(_NODES))
    found = f(np.broadcast_to(y[:, :, None], shape), np.broadcast_to(x[:, None, :], shape))
    size = half.prod(axis=1)
    value, coarse_y, coarse_x = (
        np.einsum("nij,i,j->n", found, a, b) * size
        for a, b in ((_FINE, _FINE), (_COARSE, _FINE), (_FINE, _COARSE))
    )
    return value, np.abs(np.stack([value - coarse_y, value - coarse_x], axis=1))


def _halved(cells: Floats, errors: Floats) -> Floats:
    """Return both halves of each cell, cut across the direction of the larger error."""
    axis = errors.argmax(axis=1)
    rows = np.arange(len(cells))
    first, second = cells.copy(), cells.copy()
    middle = (cells[rows, axis] + cells[rows, axis + 2]) / 2
    first[rows, axis + 2] = middle
    second[rows, axis] = middle
    return np.concatenate([first, second])


@dataclass(frozen=True)
class NearField:
    """What two half-spaces exchange beyond far-field radiation, by distance.

    Attributes
    ----------
    distances : of the table [m]
    h : conductances there [W/(m² K)]
    far : conductance far apart [W/(m² K)], which radiation to surroundings counts already
    """

    distances: Floats
    h: Floats
    far: float

    def excess(self, distance: npt.ArrayLike) -> Floats:
        """Return h(d) - h(∞) [W/(m² K)] at distances from 0.3 nm on; nothing beyond 30 µm.

        Raises
        ------
        ValueError
            If a distance is below the table, where matter is no continuum any more.
        """
        d = np.asarray(distance, dtype=float)
        low, high = float(self.distances[0]), float(self.distances[-1])
        if np.any(d < low * (1 - 1e-9)):
            raise ValueError(f"gap of {d.min():.3g} m: near-field theory begins at {low:.3g} m")
        h = np.exp(self._spline(np.log(np.clip(d, low, high))))
        return np.asarray(np.where(d < high, h - self.far, 0.0))

    @functools.cached_property
    def _spline(self) -> Any:
        from scipy.interpolate import CubicSpline

        return CubicSpline(np.log(self.distances), np.log(self.h))


@functools.lru_cache(maxsize=32)
def near_field(one: Infrared, other: Infrared, T: float) -> NearField:
    """Return the near field of two materials at ``T`` [K], tabulated from 0.3 nm to 30 µm."""
    count = round(_PER_DECADE * np.log10(DISTANCES[1] / DISTANCES[0])) + 1
    distances = np.asarray(np.geomspace(*DISTANCES, count), dtype=np.float64)
    h = gap_conductance(one.at, other.at, distances, T)
    return NearField(distances, h, float(gap_conductance(one.at, other.at, np.inf, T)))


def sphere_plane_conductance(
    h: Callable[[Floats], Floats], radius: float, gap: float, contact_radius: float = 0.0
) -> float:
    """Return G [W/K] between the lower half of a sphere and a plane below, by proximity.

    ``G = 2π ∫_0^c h(d + z) (c - z) dz``, c = √(R² - b²): each ring at its own distance; for d « R
    it is ``2πR ∫_d^∞ h``. (Derjaguin, Kolloid-Z. 69, 155 (1934), 10.1007/BF01433225; for radiation
    Rousseau et al., Nature Photonics 3, 514 (2009), 10.1038/nphoton.2009.144.)

    Parameters
    ----------
    h
        Conductance per area [W/(m² K)] by distance [m].
    radius, contact_radius
        Of the sphere and of the disk that flattens it, R and b [m].
    gap
        Distance d at the rim of the disk, or at the lowest point [m].
    """
    top = float(np.sqrt(radius**2 - contact_radius**2))
    z, dz = _stretched(top, gap)
    return float(2 * np.pi * (h(gap + z) * (top - z)) @ dz)


def body_plane_conductance(
    h: Callable[[Floats], Floats], shape: ShapeBase, gap: float, contact_radius: float
) -> float:
    """Return G [W/K] between the underside of a body and the plane that it touches, by proximity.

    Of a body that rests on a facet that facet counts, less the contact: ``h(d) (A - πb²)``. The
    sections of any other give the area by height: ``∫ h(d + z(A)) dA``.
    """
    touching = np.pi * contact_radius**2
    if shape.base_area > 0:
        return float(h(np.array([gap]))[0] * max(shape.base_area - touching, 0.0))
    widest = np.pi * shape.largest_contact_radius**2 * (1 - 1e-9)
    more, d_area = _stretched(widest - touching, 2 * np.pi * shape.equivalent_radius * gap)
    cut = [shape.truncated(float(np.sqrt((touching + a) / np.pi))).depth for a in more]
    height = np.array(cut) - shape.truncated(contact_radius).depth
    return float(h(gap + np.maximum(height, 0.0)) @ d_area)


def _stretched(length: float, scale: float) -> tuple[Floats, Floats]:
    """Return 96 Gauss points and weights on 0 ... ``length``, dense below ``scale``."""
    nodes, weights = np.polynomial.legendre.leggauss(96)
    t = np.log1p(length / scale) * (nodes + 1) / 2
    return scale * np.expm1(t), scale * np.exp(t) * np.log1p(length / scale) * weights / 2
