"""The cubics of tables against SciPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline, PchipInterpolator

from thermosim.materials.cubics import hermite_coefficients, monotone_slopes, spline_slopes

RISES = [-700.0, -2.0, -0.5, 0.0, 0.3, 1.0, 40.0]
STEPS = st.lists(st.tuples(st.floats(0.01, 100.0), st.sampled_from(RISES)), min_size=2, max_size=8)


@pytest.mark.parametrize(
    ("slopes_of", "independent"),
    [(monotone_slopes, PchipInterpolator), (spline_slopes, CubicSpline)],
)
@given(steps=STEPS)
def test_a_cubic_is_that_of_scipy(slopes_of, independent, steps):
    widths, rises = np.array(steps).T
    x, f = 100.0 + np.r_[0.0, np.cumsum(widths)], 5.0 + np.r_[0.0, np.cumsum(rises)]
    theirs = independent(x, f)
    slopes = slopes_of(x, f)
    size = np.abs(slopes).max()
    assert slopes[:-1] == pytest.approx(theirs.c[2], rel=1e-9, abs=1e-11 * size)
    c1, c2, c3 = hermite_coefficients(x, f, slopes)
    between = x[:-1] + 0.37 * np.diff(x)
    u = between - x[:-1]
    assert f[:-1] + u * (c1 + u * (c2 + u * c3)) == pytest.approx(
        theirs(between), rel=1e-11, abs=1e-11 * np.abs(u * size).max()
    )
