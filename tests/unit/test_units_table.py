"""Units that are read without pint mean what pint says they mean."""

import itertools

import pytest

from thermosim.language.units import _PREFIXES, _UNITS, common_unit, parse_quantity, registry

NAMES = [f"{p}{u}" for p, u in itertools.product(_PREFIXES, _UNITS)] + ["min", "h", "1/s"]
PRODUCTS = [
    "kW/cm^2", "1/cm^3", "W/(m*K)", "W/(m^2*K)", "m^2*K/W", "J/(kg*K)", "meV/K", "J/m^2",
    "W/m**3", "1/cm", "nW / K", "kg*m^2/s^2", "cm^-3", "um*mW/(cm^2*h)",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES + PRODUCTS)
def test_common_units_are_those_of_pint(name):
    factor, exponents = common_unit(name)
    quantity = registry().Quantity(1.0, name)
    wanted = registry().Quantity(1.0, "m") ** exponents[0]
    wanted = wanted * registry().Quantity(1.0, "kg") ** exponents[1]
    wanted = wanted * registry().Quantity(1.0, "s") ** exponents[2]
    wanted = wanted * registry().Quantity(1.0, "K") ** exponents[3]
    assert quantity.to(wanted.units).magnitude == pytest.approx(factor, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    "name", ["degC", "um nm", "m/", "/s", "m//s", "µ", "2m", "m^0.5", "mmin", ""]
)
def test_what_is_not_common_is_left_to_pint(name):
    assert common_unit(name) is None


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("7 degF", "K", 259.2611111111111),
        ("1 erg", "J", 1e-7),
        ("30 deg", "rad", 0.5235987755982988),
        ("2 mW cm^-2", "W/m^2", 20.0),
        ("1 delta_degC", "K", 1.0),
    ],
)
def test_pint_reads_the_rest(text, unit, value):
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-14, abs=0)


def test_decimal_comma_is_told():
    with pytest.raises(ValueError, match=r'decimal comma; write a point, as in "5.0 um"'):
        parse_quantity("5,0 um", "m")
