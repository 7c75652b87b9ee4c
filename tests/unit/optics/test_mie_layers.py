"""A sphere above plane layers: mirror images, energy, limits and refusals."""

import numpy as np
import pytest
from scipy.special import spherical_jn, spherical_yn

from thermosim.optics import mie_layers
from thermosim.optics.axial import angular_functions, gaussian_waves, panels, plane_wave
from thermosim.optics.layers import coherent_stack, stack_reflection
from thermosim.optics.mie import MieSphere, mie_efficiencies
from thermosim.optics.mie_coated import surface_waves
from thermosim.optics.mie_layers import (
    PlaneLayers,
    lit_sphere,
    reflection_matrix,
    scattered_up,
)

K = 2 * np.pi / 532e-9
M = 1.9 + 1e-3j


@pytest.mark.parametrize("light", [plane_wave(), gaussian_waves(4.7, 1.0, 40.0)])
@pytest.mark.parametrize("x", [0.5, 3.5, 12.0])
def test_layers_of_index_one_are_not_there(light, x):
    layers = PlaneLayers(1.1 * x, (1.0, 1.0), (2.0,))
    over, alone = lit_sphere(M, x, light, layers), lit_sphere(M, x, light)
    assert over.Q_ext == pytest.approx(alone.Q_ext, rel=1e-10)
    assert over.Q_abs == pytest.approx(alone.Q_abs, rel=1e-10, abs=0)
    places = np.array([0.2, 0.6, 0.95]), np.array([0.3, -0.9, 0.99])
    for part, own in zip(
        over.inside.intensity_parts(*places), alone.inside.intensity_parts(*places), strict=True
    ):
        assert part == pytest.approx(own, rel=1e-10)


@pytest.mark.parametrize("wave", ["s", "p"])
@pytest.mark.parametrize(
    ("indices", "thicknesses"),
    [((1.58,), ()), ((1.58, 1.0), (3.0,)), ((2.0 + 0.1j, 1.3, 0.05 + 3j), (0.7, 1.1))],
)
def test_reflection_is_that_of_transfer_matrices(wave, indices, thicknesses):
    for mu in (0.05, 0.4, 1.0):
        amplitude = stack_reflection(indices, thicknesses, np.array([mu]))[wave == "p"]
        stack = coherent_stack([1.0, *indices], list(thicknesses), mu, 2 * np.pi, wave)
        assert abs(amplitude[0]) ** 2 == pytest.approx(stack.R, rel=1e-12)
    assert stack_reflection((1.5,), (), np.ones(1))[1][0] == pytest.approx(0.2, rel=1e-12)


def test_a_clear_sphere_sees_the_standing_wave():
    """With index 1 the field on the axis is the wave and its reflection."""
    layers = PlaneLayers(5.0, (1.58, 1.2), (2.0,))
    inside = lit_sphere(1.0, 4.0, plane_wave(), layers, terms=30).inside
    z = np.linspace(-3.9, 3.9, 10)
    A_theta = inside.amplitudes(np.abs(z) / 4.0, np.sign(z))[1] * np.sign(z)
    # r_p is that of the magnetic field: the electric one turns round
    r = -layers.reflection(np.ones(1))[1][0]
    np.testing.assert_allclose(A_theta, np.exp(1j * z) + r * np.exp(1j * (10.0 - z)), atol=1e-10)


def outgoing_field(kind, n, rho, z):
    """``E_n M_o1n`` or ``-i E_n N_e1n`` with h_n at y = 0: x and z components."""
    r = np.hypot(rho, z)
    mu, sine = z / r, rho / r
    h, before = (spherical_jn(k, r) + 1j * spherical_yn(k, r) for k in (n, n - 1))
    pi, tau = (part[-1, 0] for part in angular_functions(np.array([mu]), n))
    strength = 1j**n * (2 * n + 1) / (n * (n + 1))
    if kind == "M":
        E_r, E_theta = 0.0, strength * pi * h
    else:
        E_r = -1j * strength * n * (n + 1) * sine * pi * h / r
        E_theta = -1j * strength * tau * (before - n * h / r)
    return np.array([E_r * sine + E_theta * mu, E_r * mu - E_theta * sine])


@pytest.mark.parametrize("kind", ["M", "N"])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_perfect_mirror_makes_the_image(kind, n):
    """Against the outgoing wave itself, seen in the mirror: no integral, no coefficients."""
    x, distance, count = 3.0, 3.6, 40
    matrix = reflection_matrix(PlaneLayers(distance, (1e12j,)), x, count)
    scale = surface_waves(x, count)[2]
    column = matrix[:, n - 1 + (count if kind == "N" else 0)] / scale[n - 1]
    p, q = column[:count] / scale, column[count:] / scale
    back = MieSphere(1.0, x, p, q)
    for rho, z in ((0.3, 0.4), (1.5, -1.0), (0.8, 1.2)):
        r = np.hypot(rho, z)
        A_r, A_theta, _ = back.amplitudes(np.array([r / x]), np.array([z / r]))
        found = np.array([A_r * rho / r + A_theta * z / r, A_r * z / r - A_theta * rho / r])[:, 0]
        image = outgoing_field(kind, n, rho, 2 * distance - z) * [-1.0, 1.0]
        np.testing.assert_allclose(found, image, rtol=1e-8, atol=1e-10 * np.abs(image).max())


def sent_down(sphere, layers):
    """Power into a clear half-space, by the flux of waves of real angle and of evanescent ones."""
    count, n_s = sphere.inside.c.size, layers.indices[0].real
    n = np.arange(1, count + 1)
    P, Q = (part * (2 * n + 1) / (n * (n + 1)) for part in sphere.outgoing)
    total = 0.0
    for start, stop in ((0.0, 1.0), (0.0, 1j * np.sqrt(n_s**2 - 1))):
        # to the square of a variable, as the flux begins as a root at the critical angle
        s, weight = panels(0.0, 1.0, 200.0)
        s, weight = s.real, weight.real
        mu, jacobian = stop - (stop - start) * s**2, 2.0 * abs(stop - start) * s
        pi, tau = angular_functions(mu, count, first=np.exp(1j * mu * layers.distance))
        for r, A in zip(layers.reflection(mu), (P @ tau + Q @ pi, P @ pi + Q @ tau), strict=True):
            share = 1.0 - np.abs(r) ** 2 if stop == 1.0 else 2.0 * r.imag
            total += (weight * jacobian * share * np.abs(A) ** 2).sum()
    return total / sphere.inside.x**2


@pytest.mark.parametrize("light", [plane_wave(), gaussian_waves(4.7, 0.0, 40.0)])
@pytest.mark.parametrize(("x", "gap"), [(0.5, 0.3), (3.5, 0.0), (12.0, 0.6)])
def test_no_power_is_lost_over_a_clear_substrate(light, x, gap):
    layers = PlaneLayers(x + gap, (1.58 + 0j,))
    sphere = lit_sphere(M, x, light, layers)
    away = scattered_up(sphere, layers) + sent_down(sphere, layers)
    assert sphere.Q_abs + away == pytest.approx(sphere.Q_ext, rel=1e-7)
    assert away > 0.5 * sphere.Q_ext


def test_up_and_down_are_all_that_a_sphere_alone_scatters():
    """Forward and backward are told apart by the sign of the coefficients of every other order."""
    sphere = lit_sphere(M, 3.5, plane_wave())
    P, Q = sphere.outgoing
    sign = (-1.0) ** np.arange(P.size)
    turned = mie_layers.LitSphere(sphere.inside, 0.0, (P * sign, -Q * sign))
    both = scattered_up(sphere, None) + scattered_up(turned, None)
    assert both == pytest.approx(float(mie_efficiencies(M, 3.5)[1]), rel=1e-12)
    assert scattered_up(turned, None) > 2 * scattered_up(sphere, None)


def test_the_contour_does_not_matter(monkeypatch):
    """On a film with guided waves, of which a clear one has poles beside the contour."""
    found = []
    for beside in (0.1, 0.3, 0.6):
        monkeypatch.setattr(mie_layers, "_BESIDE", beside)
        reflection_matrix.cache_clear()
        layers = PlaneLayers(4.1, (1.58, 1.0), (11.8,))
        sphere = lit_sphere(M, 3.5, plane_wave(), layers)
        found.append((sphere.Q_ext, sphere.Q_abs))
    reflection_matrix.cache_clear()
    assert found[0] == pytest.approx(found[1], rel=1e-10)
    assert found[2] == pytest.approx(found[1], rel=1e-10)


def test_a_dipole_has_the_image_of_electrostatics():
    """A tiny sphere at a height of h radii, in a half-space far smaller than the wave.

    Its horizontal dipole feels the image, ``alpha beta/(8 h³)`` of the light that made it.
    """
    x, h, n_s = 1e-5, 4.0, 1.58
    sphere = lit_sphere(M, x, plane_wave(), PlaneLayers(h * x, (n_s,)))
    beta = (n_s**2 - 1) / (n_s**2 + 1)
    alpha = (M**2 - 1) / (M**2 + 2)
    light = 1 - (n_s - 1) / (n_s + 1)  # wave and reflection, at the substrate
    alone = 4 * x * alpha.imag * light**2
    image = abs(1 - alpha * beta / (8 * h**3)) ** -2 - 1
    assert image == pytest.approx(7.8e-4, rel=0.01)
    assert sphere.Q_abs / alone - 1 == pytest.approx(image, rel=0.1)


def test_a_series_that_does_not_settle_is_refused():
    """A metal sphere that touches metal; a clear one on glass settles."""
    with pytest.raises(ValueError, match="0 radii above its substrate does not settle"):
        lit_sphere(0.54 + 2.23j, 1.2, plane_wave(), PlaneLayers(1.2, (0.05 + 2.5j,)))
    touching = lit_sphere(M, 3.5, plane_wave(), PlaneLayers(3.5, (1.58,)))
    near = lit_sphere(M, 3.5, plane_wave(), PlaneLayers(3.5 * 1.0001, (1.58,)))
    assert touching.Q_ext == pytest.approx(near.Q_ext, rel=1e-4)
    assert touching.inside.c.size < 60


def test_terms_can_be_given():
    layers = PlaneLayers(3.6, (1.58,))
    one, other = (lit_sphere(M, 3.5, plane_wave(), layers, terms) for terms in (5, 40))
    assert one.inside.c.size == 5
    assert one.Q_ext != pytest.approx(other.Q_ext, rel=1e-5)
    assert lit_sphere(np.conj(M), 3.5, plane_wave(), layers).Q_ext == pytest.approx(
        other.Q_ext, rel=1e-8
    )
