"""Intervals of a fit hold the truth as often as they say: 200 synthetic sets of each model.

200 sets know a share of 68 % to ± 3.3 % and one of 95 % to ± 1.5 %.
"""

import pytest
import synthetic_fits
from synthetic_fits import ALL, coverage, excitation


@pytest.mark.slow
@pytest.mark.parametrize("made", ALL, ids=lambda made: made.__name__)
def test_intervals_hold_the_truth_as_often_as_they_say(tmp_path, made):
    names, held = coverage(made(tmp_path))
    assert len(names) >= 3
    for name, (one, two) in zip(names, held, strict=True):
        # scales and levels of single decays are four more numbers: four standard deviations
        off_68, off_95 = (0.13, 0.06) if "(" in name else (0.07, 0.04)
        assert one == pytest.approx(0.68, abs=off_68), f"{name}: {100 * one:.1f} % within 68 %"
        assert two == pytest.approx(0.95, abs=off_95), f"{name}: {100 * two:.1f} % within 95 %"


def test_an_interval_that_is_too_narrow_is_seen(tmp_path, monkeypatch):
    """The check sees what it looks for: a ± that is 0.7 of what it should be."""
    monkeypatch.setattr(synthetic_fits, "RISES", 0.5 * synthetic_fits.RISES)
    _, held = coverage(excitation(tmp_path))
    assert held[:, 0].max() < 0.61
    assert held[:, 1].max() < 0.91
