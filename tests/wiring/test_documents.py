"""The schema accepts every case that is shipped; docs/case.md has every key of own geometry."""

import re
import tomllib
from pathlib import Path

import pytest

from thermosim import load_case

from .helpers import BODY, OWN_SECTIONS, STUDY, schema

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "cases").rglob("*.toml"))
TABLE = (ROOT / "docs" / "case.md").read_text(encoding="utf-8")


def tree_of(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


BODIES = [path for path in CASES if "geometry" in tree_of(path)]


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize("path", CASES, ids=lambda path: str(path.relative_to(ROOT / "cases")))
def test_the_schema_accepts(validator, path):
    validator.validate(tree_of(path))


def test_the_schema_accepts_resolved_bodies(validator):
    assert BODIES
    for path in BODIES:
        validator.validate(tomllib.loads(load_case(path).to_toml()))


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("geometry", "sise"),
        ("regions.body", "matter"),
        ("boundaries.left", "temp"),
        ("mesh", "near_"),
    ],
)
def test_the_schema_refuses_unknown_keys_of_own_geometry(validator, section, key):
    tree = tree_of(ROOT / "cases" / "verification" / "nafems_t3_transient.toml")
    assert validator.is_valid(tree)
    inner = tree
    for name in section.split("."):
        inner = inner[name]
    inner[key] = 1
    assert not validator.is_valid(tree)


@pytest.mark.parametrize("both", [{"particle": {}}, {"laser": 3}], ids=["two kinds", "no section"])
def test_the_schema_refuses_what_is_no_case(validator, both):
    tree = tree_of(ROOT / "cases" / "verification" / "nafems_t3_transient.toml")
    assert validator.is_valid(tree)
    assert not validator.is_valid(tree | both)


# docs/case.md


def documented():
    """Rows of the tables of docs/case.md: section -> key -> (value, default, meaning)."""
    found, section = {}, ""
    for line in TABLE.splitlines():
        if heading := re.match(r"#{3,4} \[+([A-Za-z_]+)", line):
            section = heading[1]
            found.setdefault(section, {})
        elif line.startswith("#"):
            section = ""
        row = re.match(r"\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", line)
        if row and section:
            found[section].setdefault(row[1], []).append(row.groups()[1:])
    return found


def keys_of(section):
    """Keys of a section and the sections in it, as (key, node, required), by the models."""
    tree = STUDY.model_json_schema() if section == "study" else BODY.model_json_schema()
    start = tree if section == "study" else tree["properties"][section]
    seen, found = set(), []

    def walk(node):
        for ref in re.findall(r"'\$ref': '#/\$defs/([^']+)'", str(node)):
            if ref not in seen:
                seen.add(ref)
                definition = tree["$defs"][ref]
                take(definition)

    def take(definition):
        for key, inner in definition.get("properties", {}).items():
            if key not in ("kind", "model"):
                found.append((key, inner, key in definition.get("required", [])))
                walk(inner)

    if section == "study":
        take(start)
    else:
        walk(start)
    return found


def quantity(node):
    """Whether a key holds a number with a unit."""
    return re.search(r"'x-si-unit': '[^']+'", str(node)) is not None


def faults(section):
    """What docs/case.md lacks of a section."""
    rows, missing = documented().get(section, {}), []
    for key, node, required in keys_of(section):
        given = rows.get(key)
        if not given:
            missing.append(f"{section}: {key}")
            continue
        values, defaults, meanings = zip(*given, strict=True)
        if not all(meanings):
            missing.append(f"{section}: {key} has no meaning")
        if quantity(node) and not any(re.search(r'"[-+\d.e]+ [^"]+"', value) for value in values):
            missing.append(f"{section}: {key} has no unit")
        default = node.get("default")
        if (required or default not in (None, {}, [])) and not any(defaults):
            missing.append(f"{section}: {key} has no default")
    return missing


@pytest.mark.parametrize("section", OWN_SECTIONS)
def test_every_key_of_own_geometry_is_documented(section):
    assert len(keys_of(section)) >= 2
    assert not faults(section)


def test_the_keys_are_those_of_the_models():
    """What the list above is made from finds keys deep in the sections, and no table by chance."""
    keys = {name: {key for key, _, _ in keys_of(name)} for name in OWN_SECTIONS}
    assert keys["geometry"] >= {"file", "unit", "region_at", "between", "parts", "z"}
    assert keys["boundaries"] >= {"heat_flux", "convection", "h", "T_env", "emissivity"}
    assert keys["study"] >= {"vary", "stages", "set", "samples"}
    assert documented()["solver"]["degree"][0][1] == "`2`"


def test_coefficients_of_a_polynomial_are_explained():
    """k = 1 + 1e-3 T is not what the obvious two numbers give: the table says what they are of."""
    rows = re.findall(r"\| `coefficients` \| .*? \| .*? \| (.*?) \|$", TABLE, re.MULTILINE)
    assert rows
    assert all(re.search(r"\bT\b", meaning) for meaning in rows)
