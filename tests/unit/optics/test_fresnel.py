import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermosim.optics.fresnel import (
    cos_refracted,
    fresnel_amplitudes,
    fresnel_reflectance,
    reflect,
    refract,
    unpolarised_transmittance,
)


@pytest.mark.parametrize(("n2", "R"), [(1.5, 0.04), (1.9, 0.0963139), (4.143 + 0.0325j, 0.3735)])
def test_normal_incidence(n2, R):
    for value in fresnel_reflectance(1.0, 1.0, n2):
        assert value == pytest.approx(abs((n2 - 1) / (n2 + 1)) ** 2, rel=1e-14, abs=0)
        assert value == pytest.approx(R, rel=2e-4)
    r_s, r_p = fresnel_amplitudes(1.0, 1.0, 1.5)
    assert (r_s.real, r_p.real) == pytest.approx((-0.2, 0.2))


def test_brewster_and_grazing():
    assert fresnel_reflectance(math.cos(math.atan(1.9)), 1.0, 1.9)[1] == pytest.approx(0, abs=1e-30)
    assert fresnel_reflectance(0.0, 1.0, 1.9) == (pytest.approx(1.0), pytest.approx(1.0))


def test_45_degrees_on_glass():
    # R_p = R_s² at 45 degrees, whatever the index
    R_s, R_p = fresnel_reflectance(math.sqrt(0.5), 1.0, np.array([1.3, 1.5, 2.4, 1.2 + 2j]))
    assert pytest.approx(R_s**2, rel=1e-12, abs=0) == R_p


def test_total_reflection_beyond_the_critical_angle():
    critical = math.asin(1 / 1.9)
    inside = np.cos(critical + np.array([1e-6, 0.1, 0.5]))
    R_s, R_p = fresnel_reflectance(inside, 1.9, 1.0)
    assert R_s == pytest.approx(np.ones(3), rel=1e-14, abs=0)
    assert R_p == pytest.approx(np.ones(3), rel=1e-14, abs=0)
    cos_t = cos_refracted(inside, 1.9, 1.0)
    assert np.all(cos_t.imag > 0)
    assert np.all(unpolarised_transmittance(np.cos(critical - np.array([0.01, 0.1])), 1.9, 1.0) > 0)


@settings(max_examples=60)
@given(cos_i=st.floats(0.01, 1), n1=st.floats(1, 3), n2=st.floats(1, 3))
def test_reversed_path_reflects_alike(cos_i, n1, n2):
    cos_t = cos_refracted(cos_i, n1, n2)
    if cos_t.imag != 0 or cos_t.real < 1e-3:
        return
    forward = fresnel_reflectance(cos_i, n1, n2)
    back = fresnel_reflectance(cos_t.real, n2, n1)
    assert forward == pytest.approx(back, rel=1e-7, abs=1e-12)


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), n1=st.floats(1, 3), n2=st.floats(1, 3))
def test_refraction_obeys_snell_and_stays_in_the_plane(seed, n1, n2):
    generator = np.random.default_rng(seed)
    d, normal = (v / np.linalg.norm(v) for v in generator.normal(size=(2, 3)))
    out = refract(d[None], normal[None], n1, n2)[0]
    sine = np.linalg.norm(np.cross(d, normal))
    if n1 * sine / n2 >= 1.0:
        assert not out.any()
        return
    assert np.linalg.norm(out) == pytest.approx(1.0, rel=1e-12)
    assert n2 * np.cross(out, normal) == pytest.approx(n1 * np.cross(d, normal), abs=1e-12)
    assert (out @ normal) * (d @ normal) > 0
    mirrored = reflect(d[None], normal[None])[0]
    assert mirrored @ normal == pytest.approx(-(d @ normal), abs=1e-15)
    assert np.cross(mirrored, normal) == pytest.approx(np.cross(d, normal), abs=1e-14)
