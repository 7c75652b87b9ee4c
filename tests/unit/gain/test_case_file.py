"""The example of docs/gain.md is a valid section of a case file."""

import re
import tomllib
from pathlib import Path

import pytest
from scipy.constants import e

from thermosim.case.read import parse_case
from thermosim.gain import GainModel
from thermosim.gain.tables import gain_summary

DOCS = Path(__file__).parents[3] / "docs" / "gain.md"


def example():
    text = re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1]
    return tomllib.loads(text)["gain"]


def test_example_of_the_documentation():
    model = GainModel.model_validate(example(), context={"case_file": True})
    summary = gain_summary(model, 2.33 * e)
    assert summary["eta_BX"] == 0.06
    assert summary["sigma_abs_m2"] == pytest.approx(
        0.014 * 2.33 * e / (29e-9 * 3e7), rel=1e-12, abs=0.0
    )
    assert summary["problems"] == []


def test_section_survives_a_round_trip():
    model = GainModel.model_validate(example(), context={"case_file": True})
    assert GainModel.model_validate(model.model_dump()) == model


def test_numbers_without_units_are_refused_in_a_case_file():
    with pytest.raises(ValueError, match="needs a unit"):
        GainModel.model_validate({"alpha_background": 0.1}, context={"case_file": True})


def test_examples_of_the_dots_are_valid():
    text = (DOCS.parent / "dots.md").read_text(encoding="utf-8")
    ensemble, size, *others = (tomllib.loads(found) for found in re.findall(
        r"```toml\n(.*?)```", text, re.DOTALL))  # fmt: skip
    model = GainModel.model_validate(ensemble["gain"], context={"case_file": True})
    assert len(model.members()) == 81
    sized = GainModel.model_validate(size["gain"], context={"case_file": True})
    assert sized.recombination.efficiencies()[2] == 0.2
    light = {"laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"}}
    dots = [parse_case({**light, **one}) for one in others if "dot" in one]
    assert [case.diameter for case in dots] == [8e-9]
