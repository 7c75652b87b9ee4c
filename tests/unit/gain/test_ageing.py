"""Photodarkening and photobrightening: the law, its bounds, and the light that dots have had."""

import math

import numpy as np
import pytest
from scipy.constants import e

from thermosim.gain import GainModel, cooling_gain, external_efficiency
from thermosim.gain.source import aged_efficiency
from thermosim.schedule.schedule import Chopped, Constant, Exposure, Ramp, Steps

PUMP = 2.33 * e
TWO = ({"change": -0.3, "dose": 2e9}, {"change": 0.02, "dose": 5e8})


def test_the_law():
    ageing = ((-0.3, 2e9), (0.02, 5e8))
    assert aged_efficiency(0.0, ageing) == 1.0
    assert aged_efficiency(1e13, ageing) == pytest.approx(0.72, rel=1e-12)
    at = 1 - 0.3 * (1 - math.exp(-0.5)) + 0.02 * (1 - math.exp(-2.0))
    assert aged_efficiency(1e9, ageing) == pytest.approx(at, rel=1e-14)


@pytest.mark.parametrize("ensemble", [None, {"gap": {"width": 3e-3 * e}}], ids=["alike", "not"])
def test_fresh_dots_are_those_that_do_not_age_and_aged_ones_those_of_less_efficiency(ensemble):
    plain = GainModel(recombination={"kind": "trion_biexciton", "eta_X": 0.9}, ensemble=ensemble)
    ageing = GainModel(
        recombination={"kind": "trion_biexciton", "eta_X": 0.9}, ensemble=ensemble, ageing=TWO
    )
    p, q = plain.parameters(PUMP), ageing.parameters(PUMP)
    I = np.geomspace(1e5, 1e8, 5)
    assert np.array_equal(cooling_gain(I, 300.0, p), cooling_gain(I, 300.0, q))
    aged = q._replace(aged=0.9)
    found = external_efficiency(0.01, aged, 300.0) / external_efficiency(0.01, p, 300.0)
    assert found == pytest.approx(0.9, rel=1e-12)
    dark = plain.model_copy(update={"dark_fraction": 0.1}).parameters(PUMP)
    assert cooling_gain(I, 300.0, aged) == pytest.approx(cooling_gain(I, 300.0, dark), rel=1e-9)


def test_what_is_impossible_is_refused():
    with pytest.raises(ValueError, match=r"brightens to 1\.05, above 1"):
        GainModel(ageing=({"change": 0.05, "dose": 1e9},))
    with pytest.raises(ValueError, match=r"darken by 1\.2, above 1"):
        GainModel(ageing=({"change": -0.6, "dose": 1e9}, {"change": -0.6, "dose": 1e8}))


def exposure(schedule):
    return Exposure(schedule.pieces(1e7))


def test_exposure_is_the_integral_of_the_schedule():
    assert exposure(Constant(factor=0.5))(4.0) == 2.0
    steps = exposure(Steps(every=2.0, factors=(1.0, 0.0, 3.0)))
    assert [steps(t) for t in (1.0, 2.0, 3.0, 4.0, 6.0, 1.0)] == [1.0, 2.0, 2.0, 2.0, 8.0, 1.0]
    ramp = exposure(Ramp(delay=1.0, duration=2.0))
    assert [ramp(t) for t in (1.0, 2.0, 3.0, 5.0)] == pytest.approx([0.0, 0.25, 1.0, 3.0])
    chopped = exposure(Chopped(frequency=10.0, duty=0.25))
    assert chopped(10.0) == pytest.approx(2.5, rel=1e-9)
