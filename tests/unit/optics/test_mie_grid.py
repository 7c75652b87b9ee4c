"""The field in a whole sphere at once, against the series point by point."""

import numpy as np
import pytest

from thermosim.optics.beam import Laser
from thermosim.optics.mie import MieSphere
from thermosim.optics.mie_grid import Ball, ball_intensity, smooth_intensity
from thermosim.optics.model import MieOptics
from thermosim.optics.sphere_light import light_in_sphere

CENTRE = np.array([0.0, 0.0, 2e-6])


def laser(**more):
    return Laser.model_validate({"intensity": 3e7, "photon_energy": 3.733e-19, **more})


def test_products_of_matrices_are_the_sums_over_orders():
    sphere = MieSphere.build(1.69 + 1e-3j, 20.0)
    ball = Ball.resolving(1.69 * 20.0)
    s, mu = (a.ravel() for a in np.meshgrid(ball.s, ball.mu, indexing="ij"))
    A_r, A_theta, A_phi = sphere.amplitudes(s, mu)
    both = (np.abs(A_r) ** 2 + np.abs(A_theta) ** 2, np.abs(A_phi) ** 2)
    for found, wanted in zip(sphere.lattice_parts(ball.s, ball.mu), both, strict=True):
        np.testing.assert_allclose(found.ravel(), wanted, rtol=1e-9, atol=1e-12 * wanted.max())


def test_the_mean_is_that_of_the_absorbed_power():
    sphere = MieSphere.build(1.69 + 1e-3j, 30.0)
    ball = Ball.resolving(1.69 * 30.0)
    P, S = sphere.lattice_parts(ball.s, ball.mu)
    mean = np.sum(0.5 * (P + S) * ball.shares)
    wanted = 3.0 * sphere.absorption_efficiency() / (4.0 * sphere.x * (sphere.m**2).imag)
    assert mean == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize("more", [{}, {"polarisation": "linear"}, {"polarisation": "circular"}])
def test_fourth_moments_are_those_of_random_points(more):
    beam = laser(**more)
    field = light_in_sphere(MieOptics(), beam, 1e-6, CENTRE, 1.69, 1e3)
    I, shares = ball_intensity(field)
    random = np.random.default_rng(2)
    points = random.normal(size=(20000, 3))
    points *= 1e-6 * random.random((20000, 1)) ** (1 / 3) / np.linalg.norm(points, axis=1)[:, None]
    there = field.intensity(points + CENTRE)
    for power in (1, 2):
        spread = 4.0 * np.std(there**power) / np.sqrt(len(there))
        assert np.sum(I**power * shares) == pytest.approx(np.mean(there**power), abs=spread)


@pytest.mark.parametrize("average", ["none", "polarisation", "orientation"])
@pytest.mark.parametrize("more", [{}, {"polarisation": "linear"}])
def test_splines_follow_the_series(more, average):
    beam = laser(**more)
    random = np.random.default_rng(4)
    points = random.normal(size=(500, 3))
    points *= 2e-6 * random.random((500, 1)) ** (1 / 3) / np.linalg.norm(points, axis=1)[:, None]
    field = light_in_sphere(MieOptics(average=average), beam, 2e-6, CENTRE, 1.69, 1e3)
    there = field.intensity(points + CENTRE)
    found = smooth_intensity(field)(points + CENTRE)
    np.testing.assert_allclose(found, there, atol=1e-4 * there.max())
