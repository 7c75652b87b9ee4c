"""A fitted parameter in words: one unit, as many decimals as its standard deviation leaves."""

import pytest

from thermosim.infer.fit.parameters import Parameter
from thermosim.infer.fit.result import Estimate
from thermosim.infer.fit.shown import follows, shown


def row(value, sigma, unit, held=False, ends=2.0):
    parameter = Parameter("p", unit, value, "", held=held)
    low = tuple(None if sigma is None else value - k * sigma for k in (1.0, ends))
    high = tuple(None if sigma is None else value + k * sigma for k in (1.0, ends))
    found = shown(Estimate(parameter, value, sigma, low, high))
    return found["value"], found["68"], found["95"]


@pytest.mark.parametrize(
    ("value", "sigma", "unit", "words"),
    [
        (2.9172e-8, 8.6e-11, "s",
         ("29.172 ± 0.086 ns", "29.086 … 29.258 ns", "29.000 … 29.344 ns")),
        (18460.3, 861.2, "counts",
         ("18460 ± 861 counts", "17599 … 19322 counts", "16738 … 20183 counts")),
        (5.9957e-21, 1.2e-23, "m^2",
         ("(5.996 ± 0.012) × 10⁻¹⁷ cm²", "(5.984 … 6.008) × 10⁻¹⁷ cm²",
          "(5.972 … 6.020) × 10⁻¹⁷ cm²")),
        (-0.115, 0.015, "K", ("−115 ± 15 mK", "−130 … −100 mK", "−145 … −85 mK")),
        (0.3, None, "1", ("0.3 ± ?", "open … open", "open … open")),
    ],
)  # fmt: skip
def test_values_and_intervals_share_unit_and_decimals(value, sigma, unit, words):
    assert row(value, sigma, unit) == words


def test_what_is_held_or_follows():
    assert row(1.66e22, None, "1/m^3", held=True)[:2] == ("1.66 × 10¹⁶ 1/cm³", "held")
    assert row(0.0, None, "1/m", held=True)[0] == "0 1/cm"
    assert follows("eV", 2.26249, 7.4e-5) == "2.262490 ± 0.000074 eV"
    assert follows("", -0.5, None) == "−0.5"
