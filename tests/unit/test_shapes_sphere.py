from decimal import Decimal, localcontext
from functools import partial
from math import acos, isclose, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy.integrate import quad
from shadows import cap_projected_area, projected_area

from thermosim.shapes import ShapeBase, Sphere, SphericalCap
from thermosim.shapes.sphere import (
    cap_curved_area,
    cap_depth,
    center_height,
    truncated_sphere_free_area,
    truncated_sphere_volume,
)

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

MICRON = 1e-6
radii = st.floats(1e-9, 1e-3)
parts = st.floats(0, 0.99)  # at 1 the height of the centre hangs on the last digit


def test_whole_sphere():
    s = Sphere(radius=5 * MICRON)
    assert s.volume == close(4 / 3 * pi * 125e-18, rel=1e-15)
    assert s.area == close(100e-12 * pi, rel=1e-15)
    assert s.height == 10 * MICRON
    assert s.equivalent_radius == close(5 * MICRON, rel=1e-15)
    assert projected_area(s, [[0, 0, 1], [1, 2, 3]]) == close([25e-12 * pi] * 2, rel=1e-15)
    assert projected_area(s, [0, 0, 2]).shape == ()


@pytest.mark.parametrize("ratio", [1e-9, 1e-6, 1e-3, 0.1, 0.5, 0.999, 1.0])
def test_depth_of_the_cut_keeps_its_digits(ratio):
    with localcontext() as context:
        context.prec = 60
        exact = float(1 - (1 - Decimal(ratio) ** 2).sqrt())
    assert float(cap_depth(1.0, ratio)) == close(exact, rel=1e-15)


@pytest.mark.parametrize("ratio", [1e-6, 0.01, 0.3, 0.7, 1.0])
def test_truncated_sphere_against_quadrature(ratio):
    R, b = 2.0, 2.0 * ratio
    low = -float(center_height(R, b))
    volume = quad(lambda z: pi * (R * R - z * z), low, R, epsabs=0, epsrel=1e-13)[0]
    moment = quad(lambda z: (z - low) * pi * (R * R - z * z), low, R, epsabs=0, epsrel=1e-13)[0]
    body = Sphere(radius=R).truncated(b)
    assert body.volume == close(volume, rel=1e-12)
    assert body.free_area == close(2 * pi * R * (R - low), rel=1e-13)
    assert body.centroid_height == close(moment / volume, rel=1e-12)
    assert body.contact_area == close(pi * b * b, rel=1e-15)
    assert body.height == close(R - low, rel=1e-14)
    assert body.area == close(body.free_area + pi * b * b, rel=1e-15)


def test_formulas_broadcast():
    R, b = np.array([[1.0], [2.0]]), np.array([0.0, 0.1, 0.5])
    assert truncated_sphere_volume(R, b).shape == (2, 3)
    assert truncated_sphere_free_area(R, b)[1, 2] == close(
        Sphere(radius=2.0).truncated(0.5).free_area, rel=1e-15
    )


@given(radii, parts, st.floats(0.01, 100))
def test_scaling(radius, part, factor):
    one, other = (Sphere(radius=r).truncated(part * r) for r in (radius, radius * factor))
    assert isclose(other.volume, one.volume * factor**3, rel_tol=1e-12)
    assert isclose(other.free_area, one.free_area * factor**2, rel_tol=1e-12)
    assert isclose(other.centroid_height, one.centroid_height * factor, rel_tol=1e-12)


@given(radii, st.floats(0.01, 3.1))
def test_cap_and_its_rest_make_the_sphere(radius, angle):
    R = radius
    cap = SphericalCap(base_radius=R * np.sin(angle), contact_angle=angle)
    assert isclose(cap.sphere_radius, R, rel_tol=1e-12)
    rest = SphericalCap(base_radius=R * np.sin(angle), contact_angle=pi - angle)
    sphere = Sphere(radius=R)
    assert isclose(cap.volume + rest.volume, sphere.volume, rel_tol=1e-12)
    curved = cap.area - cap.base_area + rest.area - rest.base_area
    assert isclose(curved, sphere.area, rel_tol=1e-12)


@pytest.mark.parametrize("height", [0.05, 0.6, 1.0, 3.0, 40.0])
def test_shadow_of_a_cap_against_the_hull_of_its_points(height):
    import shapely

    a = 1.0
    R, top = (a * a + height * height) / (2 * height), height
    alpha = np.linspace(0, acos((R - top) / R), 301)
    z, rho = top - R + R * np.cos(alpha), R * np.sin(alpha)
    turn = np.linspace(0, 2 * pi, 361)
    x, y = np.outer(rho, np.cos(turn)), np.outer(rho, np.sin(turn))
    for zenith in (0.0, 0.3, 0.8, 1.2, pi / 2):
        u = x * np.cos(zenith) - z[:, None] * np.sin(zenith)
        hull = shapely.convex_hull(shapely.multipoints(np.stack([u, y], -1).reshape(-1, 2)))
        shadow = float(cap_projected_area(a, height, np.cos(zenith)))
        assert shadow == close(hull.area, rel=2e-4)


def test_shadow_of_a_cap_in_its_limits():
    assert float(cap_projected_area(1.0, 1.0, 0.0)) == close(pi / 2, rel=1e-14)
    assert float(cap_projected_area(1.0, 1.0, 1.0)) == close(pi, rel=1e-14)
    h, R = 0.5, 1.25
    segment = R * R * acos((R - h) / R) - (R - h) * sqrt(2 * R * h - h * h)
    assert float(cap_projected_area(1.0, h, 0.0)) == close(segment, rel=1e-13)
    cap = SphericalCap(base_radius=1.0, cap_height=h)
    assert projected_area(cap, [[1, 0, 0], [0, 0, -1]]) == close([segment, pi], rel=1e-13)


def test_contact_in_the_base_of_a_cap():
    cap = SphericalCap(base_radius=2.0, contact_angle=2.2)
    body = cap.truncated(0.5)
    assert body.contact_area == close(pi / 4)
    assert body.area == close(cap.area, rel=1e-15)
    assert body.volume == cap.volume
    assert body.free_area == close(
        float(cap_curved_area(2.0, cap.height)) + pi * (4 - 0.25), rel=1e-14
    )
    assert cap.bounding_box[1][0] == close(cap.sphere_radius)


@pytest.mark.parametrize("contact", [-1e-9, 1.0001, float("nan"), float("inf")])
def test_contact_that_does_not_fit(contact):
    for shape in (Sphere(radius=1.0), SphericalCap(base_radius=1.0, cap_height=0.3)):
        with pytest.raises(ValueError, match=r"contact radius .* between 0 and the radius"):
            shape.truncated(contact)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "sphere", "radius": "-2 um"}, "greater than 0"),
        ({"kind": "sphere", "radius": 2}, "needs a unit"),
        ({"kind": "sphere", "raduis": "2 um"}, "raduis"),
        ({"kind": "ball", "radius": "2 um"}, "spherical_cap"),
        ({"kind": "spherical_cap", "base_radius": "1 um"}, "either cap_height or contact_angle"),
        (
            {"kind": "spherical_cap", "base_radius": "1 um", "contact_angle": "181 deg"},
            "less than 3.14",
        ),
    ],
)
def test_bad_sections(table, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(ShapeBase).validate_python(table, context={"case_file": True})


@pytest.mark.parametrize("direction", [[0, 0, 0], [1, 2], [np.nan, 0, 1], 3.0])
def test_bad_direction(direction):
    with pytest.raises(ValueError, match="direction"):
        projected_area(Sphere(radius=1.0), direction)
