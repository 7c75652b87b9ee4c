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


SPHERES = [(1.69 + 1e-4j, 6.0), (1.33 + 1e-4j, 60.0), (2.3 + 1e-4j, 40.0), (1.69 + 1e-4j, 180.0)]


@pytest.mark.parametrize(("m", "x"), SPHERES)
def test_few_points_serve_an_estimate(m, x):
    """The mean of the square to rounding, those of what saturates in the foci to 3e-4."""
    sphere, few = MieSphere.build(m, x), Ball.with_foci(abs(m) * x, x)
    P, S = sphere.lattice_parts(few.s, few.mu)
    squared = 0.5 * (P + S)
    assert few.shares.sum() == pytest.approx(1.0, rel=1e-13)
    assert np.array_equal(few.mu, -few.mu[::-1])
    assert np.sum(squared * few.shares) == pytest.approx(sphere.mean_square(), rel=1e-10)
    fine = Ball.resolving(2.0 * abs(m) * x)
    wanted = 0.5 * sum(sphere.lattice_parts(fine.s, fine.mu))
    for saturates in (lambda I: I / (1.0 + I), lambda I: np.sqrt(0.1 + I)):
        mean = np.sum(saturates(wanted) * fine.shares)
        assert np.sum(saturates(squared) * few.shares) == pytest.approx(mean, rel=3e-4)


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
