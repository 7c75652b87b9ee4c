"""A model of the light that is one class, without a mesh of its own, drives a run."""

import tomllib
from pathlib import Path
from typing import Literal

import pytest

pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case
from thermosim.optics.model import OpticsModel
from thermosim.run.simulate import simulate

pytestmark = pytest.mark.fem
CASE = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"


@pytest.fixture(autouse=True, scope="module")
def filtered():
    class Filtered(OpticsModel):
        """The beam behind a filter that lets half of it through."""

        model: Literal["filtered"] = "filtered"
        by_point: bool = False

        def intensity(self, laser, n, alpha):
            if self.by_point:
                return lambda points: 0.5 * laser.intensity_at(points)
            return 0.5 * laser.peak_intensity

    yield
    del OpticsModel._register["filtered"]


def cooling(optics, intensity):
    tree = tomllib.loads(CASE.read_text(encoding="utf-8"))
    tree["optics"], tree["laser"]["intensity"] = optics, intensity
    tree["mesh"] = {"refinement": 0.3}
    return simulate(parse_case(tree)).summary["delta_T_mean_K"]


@pytest.mark.parametrize("by_point", [False, True])
def test_a_new_model_of_the_light_is_taken(by_point):
    found = cooling({"model": "filtered", "by_point": by_point}, "3 kW/cm^2")
    half = cooling({"model": "uniform"}, "1.5 kW/cm^2")
    assert found == pytest.approx(half, rel=1e-9)
    assert found < -0.01
