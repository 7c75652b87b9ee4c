"""What gmsh is given to draw does not hang on the last bits, which differ from BLAS to BLAS."""

import numpy as np
import pytest

from thermosim.shapes.cad import to_draw


@pytest.mark.parametrize("size", [1e-9, 0.3, 1.0, 10.0, 9.999999999999, 4e7])
def test_last_bits_are_gone_and_nothing_else(size):
    rng = np.random.default_rng(3)
    points = size * rng.uniform(-1, 1, (50, 3))
    points[0, 0], points[1, 1] = size, 0.0
    shaken = points * (1 + 4e-16 * rng.integers(-1, 2, points.shape))
    shaken[1, 1] = -1e-17 * size
    drawn = to_draw(points)
    assert np.array_equal(drawn, to_draw(shaken))
    assert np.abs(drawn - points).max() <= 2e-11 * size
    assert not np.signbit(drawn[1, 1])
    assert np.array_equal(drawn, to_draw(drawn))


def test_nothing_to_round():
    assert np.array_equal(to_draw(np.zeros((2, 3))), np.zeros((2, 3)))
    assert np.isnan(to_draw([np.nan, 1.0])[0])
