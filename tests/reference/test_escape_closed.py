"""Printed values of the escape of emitted light, from closed forms."""

import math

import closed_forms
import numpy as np
import pytest
from scipy.constants import e, k
from scipy.integrate import quad

from thermosim.gain.absorption import FermiEdge
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.escape import closed
from thermosim.gain.escape.curve import escape_versus_size
from thermosim.gain.escape.methods import ErgodicEscape


@pytest.mark.parametrize(("n", "trapped"), [(1.7, 0.528866), (1.9, 0.614752), (2.0, 0.649519)])
def test_trapped_fraction(n, trapped):
    assert closed_forms.trapped_fraction(n) == pytest.approx(trapped, abs=5e-7)
    assert closed.sphere_escape(0.0, n) == pytest.approx(1 - (1 - 1 / n**2) ** 1.5, rel=1e-11)


def test_straight_escape():
    assert closed_forms.straight_escape(1.0) == pytest.approx(0.527252, abs=5e-7)
    assert closed_forms.straight_escape(1.0) == pytest.approx(
        3 / 8 * (1 + 3 * math.exp(-2)), rel=1e-14, abs=0
    )


@pytest.mark.parametrize(
    ("tau", "escape"),
    [(1e-3, 0.384751), (0.01, 0.380339), (0.1, 0.340944), (1, 0.152849), (5, 0.035421)],
)
def test_fresnel_sphere(tau, escape):
    assert closed.sphere_escape(tau, 1.9) == pytest.approx(escape, abs=5e-7)
    integral, _ = quad(_fresnel_integrand, 0, 1, args=(tau, 1.9), epsabs=1e-13, limit=500)
    assert closed.sphere_escape(tau, 1.9) == pytest.approx(integral, rel=1e-9)


def _fresnel_integrand(outside, tau, n):
    """The integral over mu, in the cosine outside; transmittance written out once more."""
    mu = math.sqrt(1 - (1 - outside**2) / n**2)
    rs = (n * mu - outside) / (n * mu + outside)
    rp = (mu - n * outside) / (mu + n * outside)
    T, L = 1 - (rs**2 + rp**2) / 2, 2 * tau * mu
    escapes = -math.expm1(-L) / L * T / (1 - (1 - T) * math.exp(-L))
    return 3 * mu**2 * escapes * outside / (n**2 * mu)


@pytest.mark.parametrize(("n", "T"), [(1.9, 0.23616), (1.7, 0.30439)])
def test_mean_transmittance(n, T):
    assert closed.mean_transmittance(n) == pytest.approx(T, abs=5e-6)
    assert closed.mean_transmittance(n) == pytest.approx(_duntley(n), rel=1e-11)


def _duntley(n):
    """Diffuse transmittance from inside; S. Q. Duntley, J. Opt. Soc. Am. 32, 61 (1942)."""
    reflectance = (
        0.5
        + (n - 1) * (3 * n + 1) / (6 * (n + 1) ** 2)
        + n**2 * (n**2 - 1) ** 2 / (n**2 + 1) ** 3 * math.log((n - 1) / (n + 1))
        - 2 * n**3 * (n**2 + 2 * n - 1) / ((n**2 + 1) * (n**4 - 1))
        + 8 * n**4 * (n**4 + 1) / ((n**2 + 1) * (n**4 - 1) ** 2) * math.log(n)
    )
    return (1 - reflectance) / n**2


def test_cube():
    n = np.array([1.5, 1.7, 1.9])
    expected = 3 * (1 - np.sqrt(1 - 1 / n**2))
    np.testing.assert_allclose(closed_forms.cube_escape(n), expected, rtol=1e-14)


RADII = [1e-6, 5e-6, 1e-5, 5e-5]


def _grain_curve():
    energy = np.linspace(1.4, 3.4, 8001) * e
    edge = FermiEdge()
    shape = edge.log_shape(energy, 300.0, 300.0) - edge.log_shape(2.33 * e, 300.0, 300.0)
    emission = VanRoosbroeckEmission().spectrum(energy, 300.0, 300.0, 0.0)
    grain = ErgodicEscape(refractive_index=1.7)
    return escape_versus_size(grain, RADII, energy, emission, 100.0 * np.exp(shape), 0.99)


def test_rough_grain_averages_are_the_integrals():
    """Independent quadrature of the same spectra, to 1e-8."""
    curve = _grain_curve()
    alpha_max = 100.0 * (1 + math.exp(0.07 / 0.0155))
    T, kT = _duntley(1.7), k * 300.0 / e

    def moment(power, radius):
        def integrand(x):
            fermi = 1 / (1 + math.exp((2.4 - x) / 0.0155))
            P = T / (T + 4 / 3 * alpha_max * fermi * radius)
            return fermi * x ** (2 + power) * math.exp((2.4 - x) / kT) * P

        return quad(integrand, 1.4, 3.4, points=[2.3, 2.4, 2.5], epsabs=0, epsrel=1e-11)[0]

    for radius, f, shift in zip(RADII, curve.f_escape, curve.shift, strict=True):
        assert f == pytest.approx(moment(0, radius) / moment(0, 0.0), rel=1e-8)
        red = moment(1, radius) / moment(0, radius) - moment(1, 0.0) / moment(0, 0.0)
        assert shift == pytest.approx(red * e, rel=1e-5, abs=0)


def test_rough_grain_table():
    """The printed table. Its inputs give f higher than printed by up to 0.004 (docs/escape.md)."""
    curve = _grain_curve()
    computed = [0.98372, 0.92658, 0.86882, 0.63271]
    np.testing.assert_allclose(curve.f_escape, computed, atol=1e-5)
    np.testing.assert_allclose(curve.f_escape, [0.983, 0.925, 0.866, 0.629], atol=4e-3)
    np.testing.assert_allclose(curve.shift[:3] / e * 1e3, [-0.6, -2.9, -5.3], atol=0.05)
    assert curve.shift[3] / e * 1e3 == pytest.approx(-17, abs=0.5)
    np.testing.assert_allclose(curve.eta_ext, [0.9898, 0.9892, 0.9885, 0.9842], atol=1e-4)
