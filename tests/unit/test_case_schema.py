"""The JSON Schema agrees with what is read, and docs/case.md with the schema."""

import json
import tomllib
from pathlib import Path

import pytest

from thermosim.case.read import load_case
from thermosim.case.starter import STARTER
from thermosim.cli import main
from thermosim.cli.reference import case_tables, schema_document, written_into

from .broken_cases import BROKEN, GOOD

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "cases").rglob("*.toml"))
# wrong in a way that a schema cannot tell, or can: a sample of each
TOLD = ("typo_in_key", "bare_number", "unknown_shape", "degree", "number_for_section", "unit_only")


@pytest.fixture(scope="module")
def validator():
    schema = schema_document()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("text", [GOOD, STARTER], ids=["good", "starter"])
def test_schema_accepts(validator, text):
    validator.validate(tomllib.loads(text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_schema_accepts_resolved_cases(validator, path, tmp_path):
    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    if "study" in tree:
        pytest.skip("a study is resolved point by point")
    validator.validate(tomllib.loads(load_case(path).to_toml()))


@pytest.mark.parametrize("name", TOLD)
def test_schema_refuses(validator, name):
    assert not validator.is_valid(tomllib.loads(BROKEN[name][0]))


def test_schema_command(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema_document()


def test_names_of_the_schema_are_short():
    assert max(len(name) for name in schema_document()["$defs"]) <= 35


def test_every_reference_leads_somewhere():
    schema = schema_document()
    text = json.dumps(schema)
    named = {part.partition('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert named <= set(schema["$defs"])


def test_documentation_is_in_step():
    path = ROOT / "docs" / "case.md"
    text = path.read_text(encoding="utf-8")
    assert text == written_into(text), "run: python3 -m thermosim.cli.reference docs/case.md"


def test_every_key_has_a_meaning():
    """The tables name, for every key, what it means; a new field needs a description."""
    silent, rows, section = [], 0, ""
    for line in case_tables().splitlines():
        section = line if line.startswith("#") else section
        if line.startswith("| `"):
            rows += 1
            silent += [f"{section}: {line}"] if line.endswith("|  |") else []
    assert rows > 300
    assert not silent


def test_example_of_the_documentation_is_a_case(tmp_path):
    text = (ROOT / "docs" / "case.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "case.toml").write_text(example)
    assert load_case(tmp_path / "case.toml").title == "How cold does it get?"
