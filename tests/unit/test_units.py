"""Quantities: what is read, what is refused, what is written back."""

import math

import pytest
from pydantic import Field, ValidationError

from thermosim.language.sections import Section
from thermosim.language.units import Angle, Length, Positive, Temperature, parse_quantity


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
    assert text["radius"] == "5e-06 m"
    assert from_file(**text) == example
    assert example.model_dump()["radius"] == 5e-6
