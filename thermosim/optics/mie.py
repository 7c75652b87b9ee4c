"""Light inside and around a homogeneous sphere in vacuum: the Mie series.

The refractive index is ``m = n + ik`` with fields that go as ``exp(-i omega t)``; the opposite
sign of the imaginary part, ``n - ik``, is read as the other convention of the same absorbing
sphere. ``x = 2 pi R/lambda`` is the size parameter. Efficiencies are summed over many spheres at
once, the field inside over many points, with recurrences that stay stable for large and for
strongly absorbing spheres; `miepython` is an independent check of the tests. Equation
numbers: Bohren and Huffman, Absorption and Scattering of Light by Small Particles (1983),
doi:10.1002/9783527618156.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.optics.axial import angular_functions
from thermosim.optics.bessel import bessel_ratios, scaled_bessel

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
_AT_ONCE = 400_000  # terms of the series times points: few enough for a cache, many for NumPy
# Vertices of a mesh with the volume of the sphere stand a little outside it.
_OUTSIDE = 0.05


def mie_efficiencies(m: ArrayLike, x: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    """Return ``(Q_ext, Q_sca, Q_abs, g)`` of spheres, eqs. (4.61), (4.62) and section 4.5.

    ``Q_abs`` is ``Q_ext - Q_sca``: where absorption is faint beside scattering it keeps only
    their common digits, and `MieSphere.absorption_efficiency` is the better way.

    Parameters
    ----------
    m
        Refractive index relative to the surroundings; the sign of the imaginary part does
        not matter (see the module).
    x
        Size parameter; broadcasts with ``m``.

    Raises
    ------
    ValueError
        If a size parameter or a real part of the index is not positive.
    """
    m, x = np.broadcast_arrays(np.asarray(m, complex), np.asarray(x, float))
    _check_sphere(m, x)
    indices, sizes = m.real.ravel() + 1j * np.abs(m.imag.ravel()), x.ravel()
    found = np.empty((3, x.size))
    group = _groups(sizes)
    for number in range(group.max(initial=-1) + 1):
        among = group == number
        found[:, among] = _efficiencies(indices[among], sizes[among])
    Q_ext, Q_sca, g = found.reshape(3, *x.shape)
    return Q_ext, Q_sca, Q_ext - Q_sca, g


def _groups(x: Floats) -> NDArray[np.int64]:
    """Return a number from 0 on for each sphere, the same for those of like size.

    They take about as many terms, and those of the largest do not overflow ``chi`` of the
    smallest: it grows as ``exp(0.94 (n - x)^1.5/x^0.5)`` beyond ``n = x``.
    """
    keys = np.column_stack([np.floor(np.log2(x)), np.floor(x ** (2.0 / 3.0) / 20.0)])
    _, number = np.unique(keys, axis=0, return_inverse=True)
    return np.asarray(number.ravel(), np.int64)


def _efficiencies(m: Complexes, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Return ``(Q_ext, Q_sca, g)`` of spheres of like size; all of shape (n,)."""
    a, b = scattering_coefficients(m, x)
    n = np.arange(1, len(a) + 1)[:, None]
    Q_ext = 2.0 / x**2 * ((2 * n + 1) * (a + b).real).sum(axis=0)
    Q_sca = 2.0 / x**2 * ((2 * n + 1) * (np.abs(a) ** 2 + np.abs(b) ** 2)).sum(axis=0)
    next_order = a[:-1] * a[1:].conj() + b[:-1] * b[1:].conj()
    k = n[:-1]
    mixed = (k * (k + 2) / (k + 1) * next_order.real).sum(axis=0)
    mixed += ((2 * n + 1) / (n * (n + 1)) * (a * b.conj()).real).sum(axis=0)
    return Q_ext, Q_sca, 4.0 / x**2 * mixed / Q_sca


def scattering_coefficients(m: Complexes, x: Floats) -> tuple[Complexes, Complexes]:
    """Return ``(a_n, b_n)`` of spheres of like size, n = 1 .. count, eq. (4.88).

    ``m`` (with Im m >= 0) and ``x`` of shape (n,); the result of shape (count, n). The
    logarithmic derivative of ``psi(mx)`` and ``psi(x)`` come from downward, ``chi(x)`` from
    upward recurrence.
    """
    count = int(x.max() + 4.05 * x.max() ** (1.0 / 3.0) + 4.0)
    n = np.arange(1, count + 1)[:, None]
    derivative = 1.0 / bessel_ratios(m * x, count) - n / (m * x)
    psi = x * scaled_bessel(x.astype(complex), count).real
    chi = np.empty((count + 1, x.size))
    chi[0], chi[1] = np.cos(x), np.cos(x) / x + np.sin(x)
    for order in range(2, count + 1):
        chi[order] = (2 * order - 1) / x * chi[order - 1] - chi[order - 2]
    xi = psi - 1j * chi

    def coefficient(slope: Complexes) -> Complexes:
        above = slope * psi[1:] - psi[:-1]
        return np.asarray(above / (slope * xi[1:] - xi[:-1]))

    return coefficient(derivative / m + n / x), coefficient(derivative * m + n / x)


def size_parameter(radius: float, wavelength: float) -> float:
    """Return ``2 pi R/lambda``; radius and vacuum wavelength in m."""
    return 2.0 * math.pi * radius / wavelength


def extinction_coefficient(alpha: float, wavelength: float) -> float:
    """Return ``k = alpha lambda/(4 pi)``, the imaginary part of the index, from ``alpha`` [1/m]."""
    return alpha * wavelength / (4.0 * math.pi)


def absorption_coefficient(k: float, wavelength: float) -> float:
    """Return ``alpha = 4 pi k/lambda`` [1/m] from the imaginary part of the index."""
    return 4.0 * math.pi * k / wavelength


def field_to_intensity(field_squared: ArrayLike, n: float, incident: ArrayLike) -> Floats:
    """Return the local intensity [W/m²] that drives absorption, ``n |E|²/E0² I0``.

    With it the absorbed power density ``½ omega eps0 Im(eps) |E|²`` is ``alpha I``, with
    ``alpha = 4 pi k/lambda`` and ``I0 = ½ c eps0 E0²``. Arguments broadcast.
    """
    return np.asarray(n * np.asarray(field_squared, float) * np.asarray(incident, float))


def _check_sphere(m: Complexes, x: Floats) -> None:
    if np.any(x <= 0.0) or not np.all(np.isfinite(x)):
        raise ValueError(f"size parameter {x.min():.6g}: must be positive and finite")
    if np.any(m.real <= 0.0):
        raise ValueError(f"refractive index {m.flat[m.real.argmin()]:.6g}: real part must be > 0")


def series_length(x: float) -> int:
    """Return the number of terms summed for a field: Wiscombe's rule with a margin.

    Wiscombe (1980), doi:10.1364/AO.19.001505, keeps ``x + 4.05 x^(1/3) + 2`` terms for
    efficiencies; the field at the surface and sharp resonances take more.
    """
    return int(x + 6.0 * x ** (1.0 / 3.0) + 10.0)


def internal_coefficients(
    m: complex, x: float, terms: int | None = None
) -> tuple[Complexes, Complexes]:
    """Return ``(c_n, d_n)`` times ``exp(|Im mx|)``, n = 1 .. terms, eq. (4.52).

    With Riccati-Bessel functions ``psi`` and ``xi`` and their Wronskian:
    ``c_n = i m/[psi(mx) xi'(x) - m xi(x) psi'(mx)]`` and
    ``d_n = i m/[m psi(mx) xi'(x) - xi(x) psi'(mx)]``.
    """
    from scipy.special import spherical_jn, spherical_yn

    count = terms or series_length(x)
    orders = np.arange(count + 1)
    xi = x * (spherical_jn(orders, x) + 1j * spherical_yn(orders, x))
    z = m * x
    psi = z * scaled_bessel(np.array([z]), count)[:, 0]
    n = orders[1:]
    d_xi = xi[:-1] - n * xi[1:] / x
    d_psi = psi[:-1] - n * psi[1:] / z
    xi, psi = xi[1:], psi[1:]
    return 1j * m / (psi * d_xi - m * xi * d_psi), 1j * m / (m * psi * d_xi - xi * d_psi)


@dataclass(frozen=True)
class MieSphere:
    """A sphere in a plane wave: index, size parameter and the coefficients of its inner field."""

    m: complex
    x: float
    c: Complexes
    d: Complexes

    @classmethod
    def build(cls, m: complex, x: float, terms: int | None = None) -> MieSphere:
        """Return the sphere with relative index ``m`` (either sign of Im) and size ``x``.

        ``terms`` of the series; by default `series_length`.
        """
        m = complex(m.real, abs(m.imag))
        _check_sphere(np.asarray(m), np.asarray(x, float))
        return cls(m, x, *internal_coefficients(m, x, terms))

    @property
    def key(self) -> tuple[complex, float, bytes, bytes]:
        """All of it, comparable and as the key of a mapping."""
        return self.m, self.x, self.c.tobytes(), self.d.tobytes()

    def radial_functions(self, s: Floats) -> tuple[Complexes, Complexes, Complexes]:
        """Return ``c_n j_n``, ``d_n j_n/rho`` and ``d_n [rho j_n]'/rho`` at ``s = r/R``.

        ``rho = m x s``; shapes (terms, n).
        """
        rho = self.m * self.x * np.maximum(s, 1e-30)
        j = scaled_bessel(rho, self.c.size)
        j *= np.exp(np.abs(rho.imag) - abs((self.m * self.x).imag))
        n = np.arange(1, self.c.size + 1)[:, None]
        j_over = j[1:] * (1.0 / rho)
        c, d = self.c[:, None], self.d[:, None]
        return c * j[1:], d * j_over, d * (j[:-1] - n * j_over)

    def amplitudes(self, s: Floats, mu: Floats) -> tuple[Complexes, Complexes, Complexes]:
        """Return ``(A_r, A_theta, A_phi)`` at ``s = r/R`` and ``mu = cos theta``, shape (n,).

        For a wave along z polarised along x with amplitude 1, the field is
        ``E_r = A_r cos phi``, ``E_theta = A_theta cos phi``, ``E_phi = -A_phi sin phi``,
        eq. (4.40) with (4.50).
        """
        radial, magnetic, electric = self.waves(s)
        pi, tau = angular_functions(mu, self.c.size)
        A_r = _paired(radial, pi) * np.sqrt(np.maximum(1.0 - mu**2, 0.0))
        A_theta = _paired(magnetic, pi) + _paired(electric, tau)
        A_phi = _paired(magnetic, tau) + _paired(electric, pi)
        return A_r, A_theta, A_phi

    @property
    def weighted(self) -> tuple[Complexes, Complexes]:
        """Coefficients of magnetic and electric waves in a plane wave: ``E_n c_n``, ``-i E_n d_n``.

        ``E_n = i^n (2n+1)/(n(n+1))``, eq. (4.37).
        """
        n = np.arange(1, self.c.size + 1)
        weight = 1j**n * (2 * n + 1) / (n * (n + 1))
        return weight * self.c, -1j * weight * self.d

    def waves(self, s: Floats) -> tuple[Complexes, Complexes, Complexes]:
        """Return what multiplies ``pi`` in A_r, and ``pi`` and ``tau`` in A_theta: (terms, n)."""
        n = np.arange(1, self.c.size + 1)
        waves = MieSphere(self.m, self.x, *self.weighted)
        magnetic, over, electric = waves.radial_functions(s)
        return (n * (n + 1))[:, None] * over, magnetic, electric

    def intensity_parts(self, s: Floats, mu: Floats) -> tuple[Floats, Floats]:
        """Return ``(P, S)`` with ``|E|²/E0² = P cos² phi + S sin² phi``; shapes (n,).

        Points that are those of a lattice in s and mu cost its matrix products alone.
        """
        _, ring, at_s = np.unique(np.round(s, 12), return_index=True, return_inverse=True)
        _, cone, at_mu = np.unique(np.round(mu, 12), return_index=True, return_inverse=True)
        if len(ring) * len(cone) <= 2 * s.size:
            on_lattice = self.lattice_parts(s[ring], mu[cone])
            return on_lattice[0][at_s, at_mu], on_lattice[1][at_s, at_mu]
        P: Floats = np.empty(s.shape)
        S: Floats = np.empty(s.shape)
        for part in _parts(s.size, self.c.size):
            A_r, A_theta, A_phi = self.amplitudes(s[part], mu[part])
            P[part] = np.abs(A_r) ** 2 + np.abs(A_theta) ** 2
            S[part] = np.abs(A_phi) ** 2
        return P, S

    def lattice_parts(self, s: Floats, mu: Floats) -> tuple[Floats, Floats]:
        """Return `intensity_parts` at all pairs of s, shape (n,), and mu, (k,): shapes (n, k).

        Cosines that come in pairs of opposite sign, as Gauss points do, cost half.
        """
        radial, magnetic, electric = (part.T for part in self.waves(s))
        mirrored = np.array_equal(mu, -mu[::-1])
        pi, tau = angular_functions(mu[mu.size // 2 :] if mirrored else mu, self.c.size)

        def summed(waves: Complexes, angular: Any, sign: int) -> Any:
            """Sum over orders; angular functions of odd order are sign-fold the same at -mu."""
            odd, even = (_product(waves[:, i::2], angular[i::2]) for i in (0, 1))
            below = [sign * (odd - even)[:, ::-1][:, : mu.size // 2]] if mirrored else []
            return np.concatenate([*below, odd + even], axis=1)

        A_r = summed(radial, pi, 1) * np.sqrt(np.maximum(1.0 - mu**2, 0.0))
        A_theta = summed(magnetic, pi, 1) + summed(electric, tau, -1)
        A_phi = summed(magnetic, tau, -1) + summed(electric, pi, 1)
        return np.abs(A_r) ** 2 + np.abs(A_theta) ** 2, np.abs(A_phi) ** 2

    def shell_average(self, s: ArrayLike) -> Floats:
        """Return ``|E|²/E0²`` averaged over the sphere of radius ``s R``, shape (n,).

        This is also the field at a point averaged over all directions of incidence:
        ``½ Σ (2n+1) [|c_n j_n|² + |d_n|² (n(n+1)|j_n/rho|² + |[rho j_n]'/rho|²)]``, from the
        orthogonality of the harmonics.
        """
        s = np.asarray(s, float)
        n = np.arange(1, self.c.size + 1)[:, None]
        found = np.empty(s.size)
        for part in _parts(s.size, self.c.size):
            cj, dj_over, d_slope = self.radial_functions(s.ravel()[part])
            terms = np.abs(cj) ** 2 + n * (n + 1) * np.abs(dj_over) ** 2 + np.abs(d_slope) ** 2
            found[part] = 0.5 * ((2 * n + 1) * terms).sum(axis=0)
        return found.reshape(s.shape)

    def absorption_efficiency(self) -> float:
        """Return Q_abs from the field inside: ``4 x Im(m²) ∫ <|E|²>/E0² s² ds``.

        Independent of `mie_efficiencies`, and free of the cancellation ``Q_ext - Q_sca`` for
        weak absorption.
        """
        return 4.0 * self.x * (self.m**2).imag * self.mean_square() / 3.0

    def mean_square(self) -> float:
        """Return ``|E|²/E0²`` averaged over the volume."""
        s, weight = _radial_quadrature(abs(self.m) * self.x)
        return float(3.0 * (weight * s**2 * self.shell_average(s)).sum())


Parts = Callable[[MieSphere, Floats, Floats], tuple[Floats, Floats]]


def _paired(waves: Complexes, angular: Any) -> Any:
    """Return ``sum over n of a_n b_n`` at each point, arguments (terms, points)."""
    real = np.einsum("np,np->p", waves.real, angular)
    return real + 1j * np.einsum("np,np->p", waves.imag, angular)


def _product(waves: Complexes, angular: Any) -> Complexes:
    """Return the product of a complex and a real matrix: two real ones, half of a complex one."""
    angular = np.ascontiguousarray(angular)
    real, imag = (np.ascontiguousarray(part) @ angular for part in (waves.real, waves.imag))
    return np.asarray(real + 1j * imag)


def _parts(points: int, terms: int) -> Iterator[slice]:
    """Yield the points of one piece of work after the other."""
    count = max(_AT_ONCE // terms, 1)
    return (slice(start, start + count) for start in range(0, points, count))


def _radial_quadrature(phase: float) -> tuple[Floats, Floats]:
    """Return nodes and weights on [0, 1] for squares of waves ``exp(i phase s)``.

    Panels of 20 Gauss-Legendre nodes, each a good wavelength wide.
    """
    nodes, weights = np.polynomial.legendre.leggauss(20)
    panels = 1 + int(phase / 8.0)
    s = (np.arange(panels)[:, None] + 0.5 * (1.0 + nodes)) / panels
    return s.ravel(), np.tile(0.5 * weights / panels, panels)


def _spherical(points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return ``s, cos theta, cos phi, sin phi``; on the axis phi is 0, which is the limit."""
    s = np.sqrt((points**2).sum(axis=1))
    if np.any(s > 1.0 + _OUTSIDE):
        raise ValueError(
            f"a point lies at {s.max():.6g} radii from the centre: the series gives the field "
            "inside the sphere only; check centre and radius"
        )
    mu = np.clip(points[:, 2] / np.where(s > 0.0, s, 1.0), -1.0, 1.0)
    across = np.hypot(points[:, 0], points[:, 1])
    safe = np.where(across > 0.0, across, 1.0)
    cos_phi = np.where(across > 0.0, points[:, 0] / safe, 1.0)
    return np.minimum(s, 1.0), mu, cos_phi, points[:, 1] / safe


def internal_intensity(
    points: ArrayLike,
    sphere: MieSphere,
    direction: ArrayLike = (0.0, 0.0, 1.0),
    polarisations: Sequence[tuple[float, ArrayLike]] = ((1.0, (1.0, 0.0, 0.0)),),
    parts: Parts = MieSphere.intensity_parts,
) -> Floats:
    """Return ``|E|²/E0²`` inside the sphere, shape (n,).

    Parameters
    ----------
    points
        Positions from the centre in units of the radius, shape (n, 3). Points up to 5 % beyond
        the surface (vertices of a coarse mesh) take the value at the surface.
    sphere
        From `MieSphere.build`.
    direction
        Unit vector of propagation.
    polarisations
        Shares of power and unit vectors of the field, as in `Laser.field_directions`.
    parts
        What does the work of `MieSphere.intensity_parts`.

    Raises
    ------
    ValueError
        If a point lies outside the sphere.
    """
    along = np.asarray(direction, float)
    fields = [(share, np.asarray(field, float)) for share, field in polarisations]
    first = fields[0][1]
    frame = np.array([first, np.cross(along, first), along])
    s, mu, cos_phi, sin_phi = _spherical(np.asarray(points, float) @ frame.T)
    P, S = parts(sphere, s, mu)
    total = np.zeros(s.shape)
    for share, field in fields:
        cos2 = ((frame @ field)[0] * cos_phi + (frame @ field)[1] * sin_phi) ** 2
        total += share * (P * cos2 + S * (1.0 - cos2))
    return total
