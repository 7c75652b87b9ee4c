"""optics.model = "auto": which model is taken for which body and beam, and what is said of it."""

import math

import numpy as np
import pytest

from thermosim.optics.beam import Laser
from thermosim.optics.choice import choose
from thermosim.optics.model import AutoOptics

PLANE = {"intensity": 1e7}
FOCUSED = {"intensity": 1e7, "profile": "gaussian", "waist": 3e-6}
BALL = (np.array([0.0, 0.0, 5e-6]), 5e-6)


def chosen(laser=None, n=1.69, size=5e-6, sphere=BALL, symmetry="axisymmetric", **more):
    return choose(AutoOptics(), Laser(**(laser or PLANE)), n, size, sphere, symmetry, **more)


@pytest.mark.parametrize(
    ("given", "model", "words", "doubt"),
    [
        ({}, "mie", "size parameter 59", ""),
        ({"n": 1.05}, "uniform", "index contrast 0.05", ""),
        ({"n": math.nan}, "uniform", "undisturbed", "not known"),
        ({"sphere": None}, "rays", "no sphere", "size parameter 59"),
        ({"sphere": None, "size": 50e-6}, "rays", "no sphere", ""),
        ({"size": 5e-3, "sphere": (np.zeros(3), 5e-3)}, "rays", "large sphere", ""),
        ({"laser": FOCUSED}, "mie", "size parameter 59", ""),  # exact on the axis of a beam
        (
            {"laser": {**FOCUSED, "aim": (4e-6, 0.0, 0.0)}, "symmetry": "3d"},
            "rays",
            "uneven beam",
            "45 %",
        ),
        ({"alone": False}, "uniform", "undisturbed", "several particles"),
        ({"cut": 0.5e-6}, "mie", "a sphere", "10.0%"),
        ({"laser": {**PLANE, "polarisation": "linear"}}, "mie", "averaged", "symmetry"),
        ({"laser": {**PLANE, "polarisation": "linear"}, "symmetry": "3d"}, "mie", "sphere", ""),
    ],
)
def test_choice(given, model, words, doubt):
    found = chosen(**given)
    assert found.optics.model == model
    assert words in found.why
    assert (doubt in found.doubt) if doubt else not found.doubt


def test_what_the_section_says_goes_on():
    asked = AutoOptics(refractive_index=1.8, host_absorption=100.0)
    found = choose(asked, Laser(**PLANE), 1.8, 5e-6, BALL, "axisymmetric").optics
    assert (found.refractive_index, found.host_absorption) == (1.8, 100.0)
