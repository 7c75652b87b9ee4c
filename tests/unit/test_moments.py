"""Which moments of a transient are kept as whole fields."""

import itertools

import numpy as np
import pytest
from pydantic import TypeAdapter

from thermosim.results.moments import spread
from thermosim.run.moments import field_times
from thermosim.schedule.settings import TransientSettings

STEPS = {"kind": "steps", "times": ["0 s", "1.5 s", "4 s"], "factors": [1, 2, 1]}


def kept(most, reference=None, **changes):
    tree = {"duration": "10 s", "output_every": "1 s", "schedule": STEPS, **changes}
    settings = TypeAdapter(TransientSettings).validate_python(tree)
    return field_times(settings, settings.schedule.pieces(reference), most).tolist()


def test_start_outputs_and_ends_of_levels_are_kept():
    assert kept(100) == [0, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert kept(
        100, output_every=None, outputs_per_decade=1, first_output="0.1 s"
    ) == pytest.approx([0, 0.1, 1, 1.5, 4, 10])


def test_where_there_are_too_many_the_ends_of_levels_stay():
    found = kept(6)
    assert len(found) == 6
    assert {1.5, 4.0, 10.0} <= set(found)


def test_the_user_names_them():
    assert kept(100, field_times=["3 s", "0 s"]) == [0, 3]


def test_a_chopped_light_of_many_periods_keeps_outputs():
    chopped = {"kind": "chopped", "period": "1 ms"}
    assert kept(20, schedule=chopped) == [*range(11)]


def test_rounding_makes_no_second_moment():
    thirds = {"kind": "steps", "every": "0.1 s", "factors": [1, 2, 3, 4, 5, 6, 7]}
    found = kept(100, duration="0.7 s", output_every="0.1 s", schedule=thirds)
    assert len(found) == 8  # 3 · 0.1 is not 0.3


def test_corners_and_the_last_stay_and_the_rest_is_spread():
    times = np.arange(100.0)
    at = spread(times, [10.0, 50.0, 200.0], 12)
    assert len(set(at)) == 12
    assert {10, 50, 99} <= set(at)
    assert max(b - a for a, b in itertools.pairwise(at)) < 16
    many = spread(times, times, 5)  # more corners than room
    assert len(set(many)) == 5
    assert many[-1] == 99
    assert spread(times[:4], [], 5).tolist() == [0, 1, 2, 3]


def test_times_named_by_the_user_are_all_kept_each_once():
    named = ["3 s", "0.3 s", "300 ms", "0.30000000000000004 s"]
    assert kept(1, field_times=named) == pytest.approx([0.3, 3.0])
