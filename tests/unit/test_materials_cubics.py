"""The cubics of tables against SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline, CubicSpline, PchipInterpolator

from thermosim.materials.cubics import hermite_coefficients, monotone_slopes, spline_slopes

RISES = [-700.0, -2.0, -0.5, 0.0, 0.3, 1.0, 40.0]
STEPS = st.lists(st.tuples(st.floats(0.01, 100.0), st.sampled_from(RISES)), min_size=2, max_size=8)


def table(steps):
    """Return points that increase and their values, from widths and rises."""
    widths, rises = np.array(steps).T
    return 100.0 + np.r_[0.0, np.cumsum(widths)], 5.0 + np.r_[0.0, np.cumsum(rises)]


@given(steps=STEPS)
def test_the_slopes_of_the_monotone_cubic_are_those_of_scipy(steps):
    x, f = table(steps)
    theirs = PchipInterpolator(x, f)(x, 1)
    assert monotone_slopes(x, f) == pytest.approx(theirs, rel=1e-11, abs=1e-13)


@given(steps=STEPS)
def test_the_slopes_of_the_spline_are_those_of_scipy(steps):
    x, f = table(steps)
    theirs = CubicSpline(x, f)(x, 1)
    # Rounding in the widths, and a system as ill-conditioned as the widths are uneven.
    width = np.diff(x)
    uneven = x[-1] / width.min() * width.max() / width.min()
    size = np.abs(np.diff(f) / width).max() * width.max() / width.min()
    assert spline_slopes(x, f) == pytest.approx(theirs, rel=0.0, abs=8e-16 * uneven * size)


@given(steps=STEPS)
def test_the_coefficients_are_those_of_scipy(steps):
    x, f = table(steps)
    slopes = np.cos(np.arange(x.size)) * 7.0
    theirs = CubicHermiteSpline(x, f, slopes)
    for power, ours in enumerate(hermite_coefficients(x, f, slopes), start=1):
        terms = 3.0 * (np.abs(slopes).max() + np.abs(np.diff(f) / np.diff(x)))
        terms /= np.diff(x) ** (power - 1)
        assert np.abs(ours - theirs.c[3 - power]) == pytest.approx(0.0, abs=1e-15 * terms.max())
