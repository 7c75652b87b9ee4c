from functools import partial
from math import atanh, isclose, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from shadows import projected_area

from thermosim.shapes import Ellipsoid, Sphere
from thermosim.shapes.ellipsoid import ellipsoid_area, ellipsoid_cap_area

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

axes = st.floats(0.1, 2.0)
angles = st.tuples(*[st.floats(-3, 3)] * 3)


def test_area_of_spheroids():
    """Oblate and prolate closed forms, by elementary functions."""
    a, c = 3.0, 1.0
    e = sqrt(1 - c * c / a**2)
    oblate = 2 * pi * a * a * (1 + (1 - e * e) / e * atanh(e))
    assert float(ellipsoid_area(a, a, c)) == close(oblate, rel=1e-14)
    prolate = 2 * pi * c * c * (1 + a / (c * e) * np.arcsin(e))
    assert float(ellipsoid_area(a, c, c)) == close(prolate, rel=1e-14)
    assert ellipsoid_area([1.0, 2.0], 1.0, 1.0).shape == (2,)


@pytest.mark.parametrize(("a", "b", "c"), [(1, 1, 1), (3, 2, 1), (5, 1, 0.1)])
def test_whole_area_by_the_quadrature_of_caps(a, b, c):
    whole = ellipsoid_cap_area([a, b, c], np.array([0.6, 0.0, 0.8]), 2.0)
    assert whole == close(float(ellipsoid_area(a, b, c)), rel=1e-10)


@pytest.mark.parametrize("part", [1e-4, 0.3, 1.0])
def test_spheroid_cut_across_its_axis_against_quadrature(part):
    a, c = 2.0, 0.7
    body = Ellipsoid(a=a, b=a, c=c)
    cut = body.truncated(part * a)
    low = -c * sqrt((1 - part) * (1 + part))
    volume = quad(lambda z: pi * a * a * (1 - z * z / c**2), low, c, epsabs=0, epsrel=1e-13)[0]
    moment = quad(lambda z: (z - low) * pi * a * a * (1 - z * z / c**2), low, c, epsrel=1e-13)[0]
    ring = quad(
        lambda z: 2 * pi * a * sqrt(1 + z * z * (a * a - c * c) / c**4), low, c, epsrel=1e-13
    )[0]
    assert cut.volume == close(volume, rel=1e-12)
    assert cut.centroid_height == close(moment / volume, rel=1e-11)
    assert cut.free_area == close(ring, rel=1e-11)
    assert cut.height == close(c - low, rel=1e-13)
    assert body.is_axisymmetric


@given(axes, angles, st.floats(0, 0.99))
@settings(max_examples=40)
def test_equal_axes_make_a_sphere(radius, turn, part):
    # below 1, where the depth hangs on the last digit of the largest contact
    round_body = Ellipsoid(a=radius, b=radius, c=radius, euler_angles=turn)
    one, other = round_body.truncated(part * radius), Sphere(radius=radius).truncated(part * radius)
    assert isclose(one.volume, other.volume, rel_tol=1e-12)
    assert isclose(one.free_area, other.free_area, rel_tol=1e-11)
    assert isclose(one.centroid_height, other.centroid_height, rel_tol=1e-11)
    assert isclose(one.height, other.height, rel_tol=1e-12)
    assert round_body.is_axisymmetric


@given(axes, axes, axes, angles, st.floats(1e-6, 1e6))
@settings(max_examples=40)
def test_scaling_and_turning(a, b, c, turn, factor):
    one = Ellipsoid(a=a, b=b, c=c, euler_angles=turn)
    other = Ellipsoid(a=a * factor, b=b * factor, c=c * factor, euler_angles=turn)
    assert isclose(other.volume, one.volume * factor**3, rel_tol=1e-12)
    assert isclose(other.area, one.area * factor**2, rel_tol=1e-12)
    low, high = one.bounding_box
    assert abs(low[2]) <= 1e-15
    assert isclose(high[2], 2 * one.centroid_height, rel_tol=1e-12)
    assert isclose(one.equivalent_radius, np.cbrt(a * b * c), rel_tol=1e-12)


def test_tilted_ellipsoid_against_its_points():
    body = Ellipsoid(a=3.0, b=2.0, c=0.5, euler_angles=(0.4, 1.1, -0.3))
    rng = np.random.default_rng(0)
    u = rng.normal(size=(200_000, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    points = (u * body.axes) @ body.rotation.T + body.center
    low, high = np.array(body.bounding_box)
    assert points.min(0) == pytest.approx(low, abs=5e-3)
    assert points.max(0) == pytest.approx(high, abs=5e-3)
    assert points[np.argmin(points[:, 2]), :2] == pytest.approx([0, 0], abs=0.1)
    assert not body.is_axisymmetric
    inside = rng.uniform(low, high, size=(400_000, 3))
    own = (inside - body.center) @ body.rotation / body.axes
    cut = body.truncated(0.8 * body.largest_contact_radius)
    kept = ((own**2).sum(1) < 1) & (inside[:, 2] > cut.depth)
    volume = np.prod(high - low) * kept.mean()
    assert cut.volume == close(volume, rel=0.01)
    assert cut.centroid_height == close(inside[kept, 2].mean() - cut.depth, rel=0.01)


def test_shadows_along_the_axes():
    body = Ellipsoid(a=3.0, b=2.0, c=0.5)
    shadows = projected_area(body, np.eye(3))
    assert shadows == close([pi, 1.5 * pi, 6 * pi], rel=1e-14)
    turned = Ellipsoid(a=3.0, b=2.0, c=0.5, euler_angles=(0.0, pi / 2, 0.0))
    assert projected_area(turned, [0, 0, 1]) == close(1.5 * pi, rel=1e-14)
    assert turned.height == close(4.0, rel=1e-14)


def test_contact_too_large():
    body = Ellipsoid(a=3.0, b=2.0, c=0.5)
    assert body.largest_contact_radius == close(sqrt(6.0), rel=1e-14)
    with pytest.raises(ValueError, match="section through the centre"):
        body.truncated(2.5)


def test_needle_that_cannot_be_integrated():
    with pytest.raises(ValueError, match="cannot be integrated"):
        ellipsoid_cap_area([1.0, 1e-9, 1e-5], np.array([0.6, 0.64, 0.48]), 1.9)
