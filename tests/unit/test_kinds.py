"""A kind of anything is one class: it is read, refused, described and computed with at once."""

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from new_shape import disc_known
from pydantic import Field

import thermosim
from thermosim.bodies.boundaries import Boundary, Exchange
from thermosim.bodies.substrates import PlanForm, Substrate
from thermosim.case.methods import Method, methods
from thermosim.case.read import load_case, parse_case
from thermosim.cli import main
from thermosim.cli.reference import case_tables, schema_document
from thermosim.errors import CaseError
from thermosim.gain.absorption import Absorption
from thermosim.language.formulas import HeatTransferExpression
from thermosim.language.kinds import Kind
from thermosim.language.units import Energy, Length, Positive
from thermosim.optics.model import OpticsModel
from thermosim.shapes import ShapeBase

from .broken_cases import GOOD, SHAPE, changed

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parents[2]
PACKAGE = Path(thermosim.__file__).parent


@pytest.fixture
def disc():
    with disc_known() as Disc:
        yield Disc


DISC = changed(SHAPE, 'kind = "disc"\nradius = "4 um"\nthickness = "2 um"')


def test_a_new_shape_is_read_and_written(disc):
    case = parse_case(tomllib.loads(DISC))
    assert isinstance(case.particle.shape, disc)
    assert case.particle.shape.thickness == pytest.approx(2e-6)
    again = parse_case(tomllib.loads(case.to_toml()))
    assert again == case
    assert again.digest() == case.digest()


def test_a_new_shape_is_computed_with(disc, tmp_path, capsys):
    (tmp_path / "disc.toml").write_text(DISC)
    assert main(["check", str(tmp_path / "disc.toml"), "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["particle_volume_m3"] == pytest.approx(math.pi * 16e-12 * 2e-6)
    assert numbers["conductance_contact_W_per_K"] > 0
    assert math.isfinite(numbers["delta_T_all_paths_K"])
    assert numbers["case_SI"]["particle"]["shape"]["kind"] == "disc"


def test_faults_of_a_new_shape_are_told_as_of_any_other(disc):
    text = DISC.replace('thickness = "2 um"', 'thicknes = "2 um"')
    with pytest.raises(CaseError, match=r"particle.shape.thicknes.*did you mean thickness"):
        parse_case(tomllib.loads(text))
    with pytest.raises(CaseError, match=r"particle.shape.radius.*wrong dimension"):
        parse_case(tomllib.loads(DISC.replace('radius = "4 um"', 'radius = "4 s"')))
    with pytest.raises(CaseError, match=r"must be one of .*'disc'.* did you mean disc"):
        parse_case(tomllib.loads(DISC.replace('"disc"', '"disk"', 1)))


def test_a_new_shape_is_in_schema_and_reference(disc):
    jsonschema.Draft202012Validator(schema_document()).validate(tomllib.loads(DISC))
    tables = case_tables()
    assert '#### [particle.shape] kind = "disc"\n\nA round platelet.' in tables
    assert '| `thickness` | `"5 um"` | needed | Height of the platelet |' in tables


def test_a_shape_is_unknown_before_and_after():
    with pytest.raises(CaseError, match="must be one of 'sphere'"):
        parse_case(tomllib.loads(DISC))
    assert not jsonschema.Draft202012Validator(schema_document()).is_valid(tomllib.loads(DISC))
    assert "disc" not in re.findall(r'kind = "(\w+)"', case_tables())


def test_new_substrate_absorption_and_optics_stand_beside_the_old():
    class Grating(PlanForm):
        """Bars of one material beside each other."""

        kind: Literal["grating"] = "grating"
        material: str = Field("muscovite", description="Name of the material")
        depth: Positive[Length] = Field(description="Depth of the grooves")

        def parts(self):
            return (self._part("substrate", self.material, self.depth),)

    class Step(Absorption):
        """Nothing below an energy, the same above it."""

        kind: Literal["step"] = "step"
        E_0: Positive[Energy] = Field(description="Where it begins")

        def log_shape(self, energy, temperature, reference_temperature):
            return np.where(np.asarray(energy) > self.E_0, 0.0, -50.0)

    class Shaded(OpticsModel):
        """Half of the beam."""

        model: Literal["shaded"] = "shaded"

        def intensity(self, laser, n, alpha):
            return 0.5 * laser.peak_intensity

    tree = tomllib.loads(GOOD)
    tree["substrate"] = {"kind": "grating", "depth": "3 um", "radius": "1 mm"}
    tree["gain"]["absorption"] = {"kind": "step", "E_0": "2.0 eV"}
    tree["optics"] = {"model": "shaded"}
    try:
        case = parse_case(tree)
        assert isinstance(case.substrate, Grating)
        assert isinstance(case.gain.absorption, Step)
        assert case.optics.intensity(case.laser, 1.0, 0.0) == pytest.approx(1.5e7)
        jsonschema.Draft202012Validator(schema_document()).validate(tree)
        for section in ('substrate] kind = "grating"', 'optics] model = "shaded"'):
            assert f"[{section}" in case_tables()
    finally:
        del Substrate._register["grating"], Absorption._register["step"]
        del OpticsModel._register["shaded"]


def test_a_new_exchange_of_a_boundary_is_a_key_of_it():
    class Boiling(Exchange, key="boiling"):
        """Nucleate boiling: h (T - T_env)³ per K²."""

        h: HeatTransferExpression = Field(description="At an excess of 1 K")

        def leaving(self, excess, **values):
            return values["h"] * excess**3

    path = ROOT / "cases" / "verification" / "nafems_t4_convection.toml"
    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    name = next(n for n, b in tree["boundaries"].items() if "convection" in b)
    tree["boundaries"][name] = {"boiling": {"h": "5 W/(m^2*K)", "T_env": "373 K"}}
    try:
        case = parse_case(tree)
        (key, exchange), *_ = case.boundaries[name].exchanges()
        assert key == "boiling"
        assert exchange.leaving(2.0, h=exchange.h.constant) == pytest.approx(40.0)
        assert case.boundaries[name].fixes_temperature
        assert [key for key, _ in case.boundaries[name].expressions()] == [
            "boiling.T_env",
            "boiling.h",
        ]
        assert parse_case(tomllib.loads(case.to_toml())) == case
        jsonschema.Draft202012Validator(schema_document()).validate(tree)
        assert "#### [boundaries.NAME.boiling]" in case_tables()
        tree["boundaries"][name]["boiling"]["hh"] = 1
        with pytest.raises(CaseError, match=r"boundaries.*boiling.hh.*did you mean h"):
            parse_case(tree)
    finally:
        del Exchange.known["boiling"]
    with pytest.raises(CaseError, match=r"unknown key boundaries.*boiling"):
        parse_case(tree)


def test_a_new_method_of_a_study_is_taken(tmp_path):
    class Middle(Method, name="middle"):
        def cube(self, n, dim, seed):
            return np.full((n, dim), 0.5)

    study = '[study]\nmethod = "middle"\nsamples = 3\nvary = {"laser.intensity" = "1:3 W/m^2"}\n'
    (tmp_path / "study.toml").write_text(GOOD + study)
    try:
        load_case(tmp_path / "study.toml")
        jsonschema.Draft202012Validator(schema_document()).validate(tomllib.loads(GOOD + study))
    finally:
        del methods()["middle"]
    with pytest.raises(CaseError, match=r"study.method.*must be 'grid', .* or 'morris'"):
        load_case(tmp_path / "study.toml")


def test_two_kinds_of_one_name_are_refused():
    with pytest.raises(TypeError, match=r"kind = \"slab\" is thermosim.*Slab already"):

        class Other(PlanForm):
            kind: Literal["slab"] = "slab"

            def parts(self):
                return ()

    with pytest.raises(TypeError, match=r"\[boundaries.NAME.convection\] is .*Convection already"):

        class Wind(Exchange, key="convection"):
            def leaving(self, excess, **values):
                return excess


def test_a_kind_that_leaves_something_out_is_refused():
    with pytest.raises(TypeError, match="Half has no area, base_area, bounding_box"):

        class Half(ShapeBase):
            kind: Literal["half"] = "half"

    assert "half" not in ShapeBase._register


def roots(cls=Kind):
    for one in cls.__subclasses__():
        yield from [one] if one.is_root() else []
        yield from roots(one)


def test_modules_of_a_family_stand_in_its_room():
    """They are named as text, which the test of the layers does not see."""
    families = list(roots())
    assert {ShapeBase, Substrate, OpticsModel, Absorption, Boundary} <= set(families)
    for root in families:
        room = root.__module__.split(".")[:2]
        own = [k for k in root.kinds() if k.__module__.startswith("thermosim.")]
        assert own, root
        for kind in own:
            assert kind.__module__.split(".")[:2] == room, kind
        for module in root._modules:
            assert module.split(".")[:2] == room
            assert (PACKAGE.parent / f"{module.replace('.', '/')}.py").is_file()
