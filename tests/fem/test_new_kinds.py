"""Kinds that are one class of a test, and nothing else, are meshed, lit and solved with."""

import tomllib
from pathlib import Path
from typing import Literal

import pytest
from new_shape import disc_known
from pydantic import Field

pytest.importorskip("dolfinx")

from thermosim.bodies.boundaries import Exchange
from thermosim.bodies.substrates import PlanForm, Substrate
from thermosim.case.read import parse_case
from thermosim.language.formulas import HeatTransferExpression
from thermosim.language.units import Length, Positive
from thermosim.optics.model import OpticsModel
from thermosim.run.simulate import simulate

pytestmark = pytest.mark.fem
CASES = Path(__file__).parents[2] / "cases"


def tree_of(name):
    tree = tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))
    if "particle" in tree:
        tree["mesh"] = {"refinement": 0.3}
    return tree


def numbers(tree):
    return simulate(parse_case(tree)).summary


@pytest.mark.parametrize("symmetry", ["axisymmetric", "3d"])
def test_a_new_shape(symmetry):
    """On a held base without dots, under a given source: ΔT = q h²/3k in the mean, nearly."""
    shape = {"kind": "disc", "radius": "20 um", "thickness": "1 um"}
    tree = {
        "symmetry": symmetry,
        "particle": {"material": "Cs4PbBr6", "emissivity": 0.0, "shape": shape},
        "substrate": {"kind": "slab", "material": "diamond", "radius": "40 um",
                      "thickness": "1 um", "emissivity": 0.0, "bottom": "held"},
        "contact": {"kind": "disk", "radius": "20 um"},
        "source": {"heat_source": "1e9 W/m^3"},
        "mesh": {"refinement": 0.3},
    }  # fmt: skip
    with disc_known() as Disc:
        case = parse_case(tree)
        found = simulate(case).summary
    assert isinstance(case.particle.shape, Disc)
    assert found["heat_source_W"] == pytest.approx(1e9 * case.particle.shape.volume, rel=1e-3)
    assert found["delta_T_mean_K"] == pytest.approx(1e9 * 1e-12 / (3 * 0.3), rel=0.02)


@pytest.fixture
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


@pytest.mark.parametrize("by_point", [False, True])
def test_a_new_model_of_the_light(filtered, by_point):
    tree = tree_of("microparticle_on_mica")
    tree["laser"]["intensity"], tree["optics"] = "1.5 kW/cm^2", {"model": "uniform"}
    half = numbers(tree)["delta_T_mean_K"]
    tree["laser"]["intensity"] = "3 kW/cm^2"
    tree["optics"] = {"model": "filtered", "by_point": by_point}
    assert numbers(tree)["delta_T_mean_K"] == pytest.approx(half, rel=1e-9)
    assert half < -0.01


@pytest.fixture
def sandwich():
    class Sandwich(PlanForm):
        """Two plates of one thickness on each other."""

        kind: Literal["sandwich"] = "sandwich"
        top: str = Field(description="Material of the upper plate")
        base: str = Field(description="Material of the lower plate")
        plate: Positive[Length] = Field(description="Thickness of each")

        def parts(self):
            return (
                self._part("substrate_1", self.top, self.plate),
                self._part("substrate_2", self.base, self.plate, -self.plate),
            )

    yield
    del Substrate._register["sandwich"]


def test_a_new_substrate(sandwich):
    tree = tree_of("microparticle_on_mica")
    common = {"radius": "1 mm", "rim": "held", "bottom": "radiating"}
    layers = [
        {"material": "muscovite", "thickness": "10 um"},
        {"material": "fused_silica", "thickness": "10 um"},
    ]
    tree["substrate"] = {"kind": "stack", "layers": layers, **common}
    stack = numbers(tree)
    plates = {"top": "muscovite", "base": "fused_silica", "plate": "10 um"}
    tree["substrate"] = {"kind": "sandwich", **plates, **common}
    found = numbers(tree)
    for key in ("delta_T_mean_K", "n_cells", "heat_to_substrate_W", "heat_to_holder_W"):
        assert found[key] == pytest.approx(stack[key], rel=1e-9), key
    assert abs(found["delta_T_mean_K"]) > 0.01


@pytest.fixture
def draught():
    class Draught(Exchange, key="draught"):
        """Half of the heat that a convection of the same h takes."""

        h: HeatTransferExpression = Field(description="Of both sides together")

        def leaving(self, excess, **values):
            return 0.5 * values["h"] * excess

    yield
    del Exchange.known["draught"]


def test_a_new_exchange_of_a_boundary(draught):
    tree = tree_of("verification/nafems_t4_convection")
    convection = numbers(tree)
    places = [name for name, b in tree["boundaries"].items() if "convection" in b]
    assert places
    for name in places:
        old = tree["boundaries"][name].pop("convection")
        number, _, unit = old["h"].partition(" ")
        new = {"h": f"{2 * float(number)} {unit}", "T_env": old["T_env"]}
        tree["boundaries"][name]["draught"] = new
    found = numbers(tree)
    for key, value in convection.items():
        if key.startswith(("region_", "probe_")):
            assert found[key] == pytest.approx(value, rel=1e-12), key
