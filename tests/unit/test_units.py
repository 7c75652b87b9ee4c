"""Quantities: what is read, what is refused, what is written back."""

import json
import math
import pickle
from copy import deepcopy

import pytest
from pydantic import Field, ValidationError
from scipy.constants import eV

from thermosim.language.sections import Section
from thermosim.language.units import (
    Angle,
    Length,
    Positive,
    Temperature,
    Written,
    as_written,
    parse_quantity,
    rounded,
)


class Example(Section):
    radius: Positive[Length] = 1.0
    angle: Angle = Field(default=0.0, ge=0.0, lt=math.pi)
    temperature: Temperature = 300.0


def from_file(**values):
    return Example.model_validate(values, context={"case_file": True})


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("5 um", "m", 5e-6),
        ("5um", "m", 5e-6),
        ("3 kW/cm^2", "W/m^2", 3e7),
        ("20 degC", "K", 293.15),
        ("-10 degC", "K", 263.15),
        ("2.33 eV", "J", 2.33 * 1.602176634e-19),
        ("0.42 W/(m*K)", "W/(m*K)", 0.42),
        ("1e-16 cm^2", "m^2", 1e-20),
        ("+.5e1 m", "m", 5.0),
    ],
)
def test_text_becomes_si(text, unit, value):
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-14, abs=0)


def test_si_text_is_taken_to_the_last_bit():
    value = 5.321210233184561e-07
    assert parse_quantity(f"{value!r} m", "m") == value


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"radius": "5"}, "has no unit"),
        ({"radius": "5 kg"}, "wrong dimension"),
        ({"radius": "5 lightyear2"}, "no known unit"),
        ({"radius": "five um"}, "number with a unit"),
        ({"radius": "1e999 m"}, "finite"),
        ({"radius": "nan m"}, "number with a unit"),
        ({"radius": "5 __import__('os')"}, "cannot be read"),
        ({"radius": "5 m; 6 m"}, "cannot be read|no known unit"),
        ({"radius": 5e-6}, "needs a unit"),
        ({"radius": True}, "needs a unit"),
        ({"radius": "-5 um"}, "greater than 0"),
        ({"angle": "-5 deg"}, "greater than or equal to 0"),
        ({"angle": "200 deg"}, "less than 3.14"),
        ({"radius": "1 " + "m" * 200}, "number with a unit"),
    ],
)
def test_refused(values, words):
    with pytest.raises(ValidationError, match=words):
        from_file(**values)


def test_python_callers_may_pass_si_numbers_within_the_bounds():
    assert Example(radius=5e-6).radius == 5e-6
    for bad in (-1.0, math.inf, math.nan):
        with pytest.raises(ValidationError):
            Example(radius=bad)
    with pytest.raises(ValidationError):
        Example(angle=-1.0)


def test_written_with_units_and_read_back():
    example = from_file(radius="5 um", angle="30 deg", temperature="20 degC")
    text = example.model_dump(context={"units": True})
    assert from_file(**text) == example
    assert text == {"radius": "5 um", "angle": "30 deg", "temperature": "20 degC"}
    assert example.model_dump()["radius"] == 5e-6


def test_a_number_is_written_in_the_unit_that_people_use():
    for value, unit, example, text in (
        (5e-6, "m", "5 um", "5 um"), (1e-3, "m", "5 um", "1 mm"), (5e-10, "s", "29 ns", "500 ps"),
        (rounded(2.4 * eV), "J", "2.33 eV", "2.4 eV"), (3e7, "W/m^2", "3 kW/cm^2", "3 kW/cm^2"),
        (0.0, "J", "2.33 eV", "0 eV"), (400.0, "s", "", "400 s"), (0.5, "rad", "30 deg", "0.5 rad"),
        (1 / 3, "m", "", "0.3333333333333333 m"),  # 15 digits would not bring it back
    ):  # fmt: skip
        assert as_written(value, unit, example) == text
        assert parse_quantity(text, unit) == value


def test_a_quantity_keeps_its_text_and_is_a_number():
    value = from_file(radius=" 5000 nm ").radius
    assert value == 5e-6
    assert json.dumps(value) == "5e-06"
    for copy in (value, pickle.loads(pickle.dumps(value)), deepcopy(value)):
        assert as_written(copy, "m") == "5000 nm"
    assert Example(radius=value).model_dump(context={"units": True})["radius"] == "5000 nm"
    assert type(Example(radius=value).model_dump()["radius"]) is float
    assert as_written(Written(7e-6, "5000 nm"), "m") == "7 um"  # not the text of another number
