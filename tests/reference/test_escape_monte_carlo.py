"""Monte Carlo of emitted photons against closed forms: within 3 standard errors, fixed seeds."""

from math import sqrt

import closed_forms
import numpy as np
import pytest
from closed_forms import BoxSurface
from scipy.constants import e

from thermosim.gain.absorption import FermiEdge
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.escape import closed
from thermosim.gain.escape.curve import escape_versus_size
from thermosim.gain.escape.mc import ESCAPED, Emitter, OpticalSurface, Transport
from thermosim.gain.escape.methods import (
    ErgodicEscape,
    MonteCarloEscape,
    SphereEscape,
)
from thermosim.shapes.hits import SphereSurface

PHOTONS = 100_000
ENERGY = 2.4 * e


def _share(body, index, tau, roughness=0.0, seed=1, photons=PHOTONS, **options):
    emitter = Emitter([ENERGY], [1.0], tau / 1e-6)
    transport = Transport(body, OpticalSurface(index, roughness), emitter, **options)
    return transport.run(photons, seed).count(ESCAPED) / photons


def _assert_close(share, expected, photons=PHOTONS):
    assert abs(share - expected) < 3 * sqrt(expected * (1 - expected) / photons)


@pytest.mark.parametrize("tau", [1e-3, 0.01, 0.1, 1.0, 5.0])
def test_smooth_sphere(tau):
    _assert_close(_share(SphereSurface(1e-6), 1.9, tau), closed.sphere_escape(tau, 1.9))


@pytest.mark.parametrize("n", [1.7, 1.9, 2.0])
def test_trapped_fraction(n):
    """In a clear smooth sphere, what is trapped stays."""
    _assert_close(1 - _share(SphereSurface(1e-6), n, 0.0), closed_forms.trapped_fraction(n))


def test_no_refraction():
    _assert_close(_share(SphereSurface(1e-6), 1.0, 1.0), 0.527252)


@pytest.mark.parametrize("tau", [0.01, 0.3, 3.0])
def test_lambertian_sphere(tau):
    share = _share(SphereSurface(1e-6), 1.9, tau, roughness=1.0)
    _assert_close(share, closed_forms.lambertian_sphere_escape(tau, 1.9))


def test_clear_cube():
    share = _share(BoxSurface((1e-6, 1e-6, 1e-6)), 1.9, 0.0, photons=30_000, max_flights=100)
    _assert_close(share, 3 * (1 - sqrt(1 - 1 / 1.9**2)), 30_000)


def test_error_falls_as_one_over_root_n():
    """Scatter over seeds: right at both sizes, so with exponent -1/2."""
    emitter = Emitter([ENERGY], [1.0], 1e5)
    transport = Transport(SphereSurface(1e-6), OpticalSurface(1.9), emitter)
    truth = float(closed.sphere_escape(0.1, 1.9))
    squares = {}
    for photons in (100, 1600):
        shares = [transport.run(photons, seed).count(ESCAPED) / photons for seed in range(200)]
        squares[photons] = np.mean((np.array(shares) - truth) ** 2)
        # the variance of 200 draws is known to 10 %
        expected = truth * (1 - truth) / photons
        assert squares[photons] == pytest.approx(expected, rel=0.3)
    slope = np.log(squares[1600] / squares[100]) / np.log(16) / 2
    assert slope == pytest.approx(-0.5, abs=3 * 0.1 * sqrt(2) / np.log(16) / 2)


def _spectra():
    energy = np.linspace(2.1, 2.8, 1401) * e
    edge = FermiEdge()
    shape = edge.log_shape(energy, 300.0, 300.0) - edge.log_shape(2.33 * e, 300.0, 300.0)
    emission = VanRoosbroeckEmission().spectrum(energy, 300.0, 300.0, 0.0)
    return energy, emission, 1e4 * np.exp(shape)


def test_spectral_averages_of_a_smooth_sphere():
    """Sampled energies: shares, mean escaping energy and efficiency as the integrals."""
    spectra = _spectra()
    given = {"refractive_index": 1.7, "parasitic_absorption": 2e3}
    found = MonteCarloEscape(**given, photons=PHOTONS, seed=3).evaluate(2e-6, *spectra)
    exact = SphereEscape(**given).evaluate(2e-6, *spectra)
    assert abs(found.f_escape - exact.f_escape) < 3 * found.f_escape_error
    assert abs(found.f_reabsorbed - exact.f_reabsorbed) < 3 * found.f_reabsorbed_error
    assert abs(found.f_lost - exact.f_lost) < 3 * found.f_lost_error
    assert abs(found.mean_escape - exact.mean_escape) < 3 * found.mean_escape_error
    assert abs(found.eta_ext(0.99) - exact.eta_ext(0.99)) < 3 * found.eta_ext_error(0.99)
    assert found.shift < -10 * found.mean_escape_error


def test_rough_grain_is_between_lambertian_sphere_and_ergodic_formula():
    """The ergodic formula neglects that light is born nearer to the surface than a chord."""
    energy, emission, alpha = _spectra()
    radii = [1e-6, 5e-6]
    rough = MonteCarloEscape(refractive_index=1.7, roughness=1.0, photons=50_000, seed=5)
    curve = escape_versus_size(rough, radii, energy, emission, alpha, 0.99)
    ergodic = escape_versus_size(
        ErgodicEscape(refractive_index=1.7), radii, energy, emission, alpha, 0.99
    )
    weights = closed.spectral_weights(energy, emission)
    tau = np.multiply.outer(radii, alpha)
    lambertian = closed_forms.lambertian_sphere_escape(tau, 1.7) @ weights
    later = np.abs(curve.f_escape - lambertian)
    # re-emission is nearly uniform in a rough grain: 1 % besides the statistics
    assert np.all(later < 3 * curve.f_escape_error + 0.01 * lambertian)
    assert np.all(curve.f_escape > ergodic.f_escape)
    assert np.all(np.diff(curve.eta_ext) < 0)
