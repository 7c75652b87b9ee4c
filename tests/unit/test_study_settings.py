"""The section [study]: ranges, lists, zips, samples, and what is wrong with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from thermosim.case.study import Study, flattened, parse_variable
from thermosim.language.units import parse_quantity


def numbers(variable, unit):
    return [parse_quantity(value, unit) for value in variable.values]


def test_a_logarithmic_range_has_equal_ratios_and_exact_ends():
    values = numbers(parse_variable("r", "1um:50um:20log"), "m")
    assert len(values) == 20
    assert values[0] == 1e-6
    assert values[-1] == 5e-5
    assert np.diff(np.log(values)) == pytest.approx([np.log(50) / 19] * 19, rel=1e-10)


def test_a_linear_range_has_equal_steps():
    values = numbers(parse_variable("T", "290 K:310 K:5"), "K")
    assert values == [290.0, 295.0, 300.0, 305.0, 310.0]


def test_the_ends_of_a_range_may_differ_in_unit_or_share_the_last():
    assert parse_variable("r", "100nm:1um:2").values == ("100.0 nm", "1000.0 nm")
    assert parse_variable("r", "1:3um:3").values == ("1.0 um", "2.0 um", "3.0 um")
    assert parse_variable("gain.dark_fraction", "0:0.5:3").values == (0.0, 0.25, 0.5)


@given(
    st.floats(1e-3, 1e3),
    st.floats(1.001, 1e6),
    st.integers(2, 40),
    st.sampled_from(["log", "lin", ""]),
)
def test_any_range_begins_and_ends_where_it_says_and_rises(low, factor, count, spacing):
    high = low * factor
    found = numbers(parse_variable("r", f"{low!r}nm:{high!r}nm:{count}{spacing}"), "nm")
    assert len(found) == count
    assert found[0] == pytest.approx(low, rel=1e-11)
    assert found[-1] == pytest.approx(high, rel=1e-11)
    assert np.all(np.diff(found) > 0)


def test_lists_take_texts_numbers_and_sections():
    assert parse_variable("e", "small_body,0.9").values == ("small_body", 0.9)
    assert parse_variable("f", "true,false").values == (True, False)
    assert parse_variable("a", '["1 um", "2 um"]').values == ("1 um", "2 um")
    sections = [{"kind": "none"}, {"kind": "jkr"}]
    assert parse_variable("contact", sections).values == tuple(sections)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5um:1um:4", "first end must be below"),
        ("0um:1um:4log", "starts above 0"),
        ("1um:2um:1", "2 to 100000 points"),
        ("1um:2K:4", "wrong dimension"),
        ("1um:2um:4:5", "no range"),
        ("1um:2um:4cubic", "no range"),
        ("big:2um:4", "numbers with units"),
        ("1um,,2um", "a value is missing"),
        ("", "no list and no range"),
        ([], "a value is missing"),
        (3.0, "no list and no range"),
    ],
)
def test_what_is_no_range_is_refused_with_the_reason(text, words):
    with pytest.raises(ValueError, match=words):
        parse_variable("particle.shape.radius", text)


def test_intervals_are_sampled_by_their_spacing():
    by_log = parse_variable("r", "1um:100um:log")
    assert numbers(type(by_log)("r", by_log.at([0.0, 0.5, 1.0])), "m") == [1e-6, 1e-5, 1e-4]
    by_step = parse_variable("r", "1um:3um")
    assert by_step.at(0.5) == ("2.0 um",)
    choices = parse_variable("e", "a,b,c")
    assert choices.at([0.0, 0.34, 0.99, 1.0]) == ("a", "b", "c", "c")


def test_nested_and_dotted_paths_of_a_file_are_the_same():
    nested = Study(vary={"particle": {"shape": {"radius": ["1 um"]}}})
    assert nested.vary == {"particle.shape.radius": ["1 um"]}
    assert nested == Study(vary={"particle.shape.radius": ["1 um"]})
    assert flattened({"a": {"b": {}}, "c": 1}) == {"a.b": {}, "c": 1}


def test_zipped_parameters_make_one_group_in_the_order_of_the_file():
    study = Study(
        vary={"a": ["1", "2"], "b": ["3"], "c": ["4", "5"]},
        zip=[["c", "a"]],
    )
    assert [[v.path for v in group] for group in study.groups()] == [["c", "a"], ["b"]]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({}, "nothing varies"),
        ({"vary": {"a": "1um:2um:3", "b": "1um:2um:4"}, "zip": [["a", "b"]]}, "a has 3, b has 4"),
        ({"vary": {"a": ["1"]}, "zip": [["a", "b"]]}, "b does not vary"),
        ({"vary": {"a": ["1"], "b": ["1"]}, "zip": [["a", "b"], ["a"]]}, "a stands there twice"),
        ({"vary": {"a": "1um:2um"}}, "how many points"),
        ({"vary": {"a": "1um:2um:3"}, "method": "random", "samples": 8}, "samples says how many"),
        ({"vary": {"a": "1um:2um"}, "method": "random"}, "needs samples"),
        ({"vary": {"a": "1um:2um"}, "method": "sobol", "samples": 10}, "power of 2"),
        ({"vary": {"a": ["1"]}, "samples": 10}, "needs a method that samples"),
        ({"vary": {"a": "0:1:1000", "b": "0:1:1000"}}, "1000000 points are more"),
        ({"stages": [{"name": "a"}, {"name": "a"}]}, 'two stages are named "a"'),
        ({"vary": {"a": ["1"]}, "method": "cubic"}, "grid"),
        ({"varry": {"a": ["1"]}}, "varry"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused(section, words):
    with pytest.raises(ValidationError, match=words):
        Study.model_validate(section)
