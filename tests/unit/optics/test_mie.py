import math

import numpy as np
import pytest
from closed_forms import hot_spot_factor, internal_field, sphere_hot_spot_factor
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import c, epsilon_0
from scipy.special import spherical_jn

from thermosim.optics.bessel import scaled_bessel
from thermosim.optics.mie import (
    MieSphere,
    absorption_coefficient,
    extinction_coefficient,
    field_to_intensity,
    internal_intensity,
    mie_efficiencies,
    size_parameter,
)


def ball_quadrature(order):
    s, w_s = np.polynomial.legendre.leggauss(order)
    mu, w_mu = np.polynomial.legendre.leggauss(order)
    phi = (np.arange(8) + 0.3) * math.pi / 4  # exact: the field has cos and sin of phi only
    S, MU, PHI = np.meshgrid(0.5 + 0.5 * s, mu, phi, indexing="ij")
    sine = np.sqrt(1 - MU**2)
    points = np.stack([S * sine * np.cos(PHI), S * sine * np.sin(PHI), S * MU], axis=-1)
    weights = np.einsum("i,j,k->ijk", 0.5 * w_s * (0.5 + 0.5 * s) ** 2, w_mu, np.full(8, 0.25))
    return points.reshape(-1, 3), math.pi * weights.ravel()


@pytest.mark.parametrize(("radius", "k"), [(0.3e-6, 1e-3), (1e-6, 0.05), (1e-6, 1.0)])
def test_absorbed_power_density_integrates_to_the_efficiency(radius, k):
    wavelength, I0, n = 532e-9, 2.0e7, 1.9
    omega = 2 * math.pi * c / wavelength
    x = size_parameter(radius, wavelength)
    points, weights = ball_quadrature(70)
    E = internal_field(points, n + 1j * k, x)
    squared = (np.abs(E) ** 2).sum(axis=1)
    E0_squared = 2 * I0 / (c * epsilon_0)
    density = 0.5 * omega * epsilon_0 * 2 * n * k * squared * E0_squared
    absorbed = radius**3 * (weights * density).sum()
    Q_abs = mie_efficiencies(n + 1j * k, x)[2]
    assert absorbed == pytest.approx(float(Q_abs) * math.pi * radius**2 * I0, rel=1e-8, abs=0)
    # and in the form that the heat source uses: alpha times the local intensity
    alpha = absorption_coefficient(k, wavelength)
    assert alpha * field_to_intensity(squared, n, I0) == pytest.approx(density, rel=1e-12)


def test_field_solves_the_wave_equation_and_has_no_divergence():
    m, x, step = 1.7 + 0.02j, 4.0, 2e-3
    generator = np.random.default_rng(2)
    centres = generator.uniform(-0.4, 0.4, (6, 3))
    offsets = step * np.vstack([np.zeros(3), np.eye(3), -np.eye(3)])
    stencil = (centres[:, None] + offsets).reshape(-1, 3)
    E = internal_field(stencil, m, x).reshape(6, 7, 3)
    laplacian = (E[:, 1:].sum(axis=1) - 6 * E[:, 0]) / step**2
    assert np.abs(laplacian + (m * x) ** 2 * E[:, 0]).max() < 1e-3 * np.abs(laplacian).max()
    slopes = (E[:, 1:4] - E[:, 4:7]) / (2 * step)
    divergence = np.einsum("pii->p", slopes)
    assert np.abs(divergence).max() < 1e-3 * np.abs(slopes).max()


def test_small_sphere_has_the_electrostatic_field():
    m = 1.9 + 0.1j
    points = np.array([[0, 0, 0], [0.5, 0.2, -0.3], [0, 0, -1.0], [0, 0.0, 1.0]])
    E = internal_field(points, m, 1e-4)
    expected = np.tile([3 / (m**2 + 2), 0, 0], (4, 1))
    assert np.abs(E - expected).max() < 3e-4


def test_index_of_the_surroundings_leaves_the_plane_wave():
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 3))
    E = internal_field(points, 1.0, 20.0)
    wave = np.exp(20j * points[:, 2])
    assert E[:, 0] == pytest.approx(wave, abs=1e-12)
    assert np.abs(E[:, 1:]).max() < 1e-12


@settings(max_examples=30)
@given(
    size=st.floats(1e-3, 400), phase=st.floats(0, math.pi / 2), sign=st.sampled_from([-1.0, 1.0])
)
def test_bessel_functions(size, phase, sign):
    z = size * complex(math.cos(phase), sign * math.sin(phase))
    count = 40
    expected = spherical_jn(np.arange(count + 1), z) * math.exp(-abs(z.imag))
    scaled = scaled_bessel(np.array([z]), count)[:, 0]
    assert scaled == pytest.approx(expected, rel=1e-8, abs=1e-11 / size)


def test_bessel_functions_at_zeros_of_the_first():
    z = np.array([math.pi, 10 * math.pi, 80 * math.pi], complex)
    expected = spherical_jn(np.arange(41)[:, None], z)
    assert scaled_bessel(z, 40) == pytest.approx(expected, rel=1e-9, abs=1e-13)


def test_large_and_strongly_absorbing_spheres_stay_finite():
    for m, x in [(1.9 + 1e-3j, 150.0), (10 + 10j, 100.0), (0.2 + 3j, 60.0), (2.3 + 0.02j, 1e-3)]:
        Q_abs = float(mie_efficiencies(m, x)[2])
        sphere = MieSphere.build(m, x)
        assert sphere.absorption_efficiency() == pytest.approx(Q_abs, rel=1e-7)
        assert np.all(np.isfinite(sphere.shell_average(np.linspace(0, 1, 50))))


def test_shell_average_is_the_average_over_directions():
    sphere = MieSphere.build(1.9 + 0.01j, 9.0)
    mu, weight = np.polynomial.legendre.leggauss(80)
    for s in (0.0, 0.3, 0.95):
        P, S = sphere.intensity_parts(np.full(80, s), mu)
        mean = 0.5 * (weight * 0.5 * (P + S)).sum()
        assert sphere.shell_average(s) == pytest.approx(mean, rel=1e-12, abs=0)


def test_direction_and_polarisation_turn_the_pattern():
    sphere = MieSphere.build(1.9 + 1e-3j, 7.0)
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (30, 3))
    plain = internal_intensity(points, sphere)
    squared = (np.abs(internal_field(points, 1.9 + 1e-3j, 7.0)) ** 2).sum(axis=1)
    assert plain == pytest.approx(squared, rel=1e-12, abs=0)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    turned = internal_intensity(
        points @ turn.T, sphere, turn @ [0, 0, 1], [(1.0, turn @ [1, 0, 0])]
    )
    assert turned == pytest.approx(plain, rel=1e-10, abs=0)
    y_light = internal_intensity(points, sphere, (0, 0, 1), [(1.0, (0, 1, 0))])
    both = internal_intensity(points, sphere, (0, 0, 1), [(0.5, (1, 0, 0)), (0.5, (0, 1, 0))])
    assert both == pytest.approx(0.5 * (plain + y_light), rel=1e-12, abs=0)


def test_intensity_does_not_jump_on_the_axis():
    sphere = MieSphere.build(1.9, 20.0)
    for z in (-0.6, 0.8):
        near = internal_intensity([[0, 0, z], [1e-9, 0, z], [0, 1e-9, z]], sphere)
        assert near[1:] == pytest.approx([near[0]] * 2, rel=1e-6)


def test_hot_spot_factor():
    assert sphere_hot_spot_factor(MieSphere.build(1.0, 5.0)) == pytest.approx(1.0, rel=1e-10)
    sphere = MieSphere.build(1.9 + 1e-4j, 6.0)
    points, weights = ball_quadrature(70)
    halves = [(0.5, (1, 0, 0)), (0.5, (0, 1, 0))]
    I = internal_intensity(points, sphere, (0, 0, 1), halves)
    direct = weights.sum() * (weights * I**2).sum() / (weights * I).sum() ** 2
    assert sphere_hot_spot_factor(sphere) == pytest.approx(direct, rel=1e-9)
    assert hot_spot_factor(I, weights) == pytest.approx(direct, rel=1e-14, abs=0)
    assert hot_spot_factor([1.0, 3.0], [1.0, 1.0]) == 1.25
    assert direct > 1.5


def test_efficiencies_broadcast_and_conserve():
    m = np.array([[1.5 + 0.1j], [1.9]])
    x = np.array([0.5, 3.0, 20.0])
    Q_ext, Q_sca, Q_abs, g = mie_efficiencies(m, x)
    assert Q_ext.shape == Q_sca.shape == Q_abs.shape == g.shape == (2, 3)
    assert Q_abs[1] == pytest.approx(np.zeros(3), abs=1e-12)
    assert mie_efficiencies(1.5 + 0.1j, 3.0)[0] == Q_ext[0, 1]


def test_coefficients_are_inverse():
    alpha = absorption_coefficient(1e-3, 532e-9)
    assert alpha == pytest.approx(4 * math.pi * 1e-3 / 532e-9, rel=1e-14)
    assert extinction_coefficient(alpha, 532e-9) == pytest.approx(1e-3, rel=1e-14, abs=0)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="size parameter -1"):
        mie_efficiencies(1.5, -1.0)
    with pytest.raises(ValueError, match="real part"):
        MieSphere.build(-1.0 + 1j, 1.0)
    with pytest.raises(ValueError, match="radii from the centre"):
        internal_field([[0, 0, 1.2]], 1.5, 1.0)
