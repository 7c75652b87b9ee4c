"""Intervals of a fit hold the truth as often as they say: 200 synthetic sets of each model."""

import pytest
from synthetic_fits import ALL, coverage


@pytest.mark.slow
@pytest.mark.parametrize("made", ALL, ids=lambda made: made.__name__)
def test_intervals_hold_the_truth_as_often_as_they_say(tmp_path, made):
    names, held = coverage(made(tmp_path))
    assert len(names) >= 3
    for name, (one, two) in zip(names, held, strict=True):
        assert 0.61 <= one <= 0.75, f"{name}: {100 * one:.1f} % within 68 %"
        assert 0.91 <= two <= 0.99, f"{name}: {100 * two:.1f} % within 95 %"
