"""Doors of the package that may move: tests of the wiring reach everything through here."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from thermosim.case.body_case import BodyCase
from thermosim.case.particle_case import Case
from thermosim.case.read import parse_case
from thermosim.case.study import Study
from thermosim.limits.of_case import limits_of

LIT_REGION = ("gain", "region")
"""Section and key of a case that name the region of own geometry in which there is light."""
LOCK_IN_PERIOD = "period"
"""Key of [transient.lock_in] with the period of a heat source that is a formula of time."""
OWN_SECTIONS = (
    "geometry", "regions", "boundaries", "contacts", "enclosures", "films", "probes", "study",
)  # fmt: skip
"""Sections that docs/case.md must hold beside those of particles."""
PARTICLE, BODY, STUDY = Case, BodyCase, Study


def case_of(tree, folder=None):
    """A case from its sections; files are looked up in `folder`."""
    return parse_case(tree, None if folder is None else folder / "case.toml")


def limits(tree, claimed=None):
    """The closed-form limits of a case, by name."""
    return limits_of(case_of(tree), claimed)


def command(*arguments):
    """What a command prints on its standard output; it must end well."""
    from thermosim.cli import commands
    from thermosim.cli.app import app

    commands.register(app)
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def schema():
    """The JSON Schema of case files, as the command prints it."""
    return json.loads(command("schema"))


def mesh_key(case):
    """Under which name the mesh of a case is kept."""
    from thermosim.mesh.kept import cache_path
    from thermosim.model.drawing import drawing_of

    return cache_path(drawing_of(case)).name


def mesh_of(case):
    """The mesh of a particle case as plain arrays."""
    from thermosim.mesh.build import build_mesh

    return build_mesh(case)[0]


def registered(section):
    """The keys of a section of a particle case, by its kind."""
    node = tree = Case.model_json_schema()
    for key in section.split("."):
        node = _resolved(node["properties"][key], tree)
    choices = node.get("oneOf") or [node]
    models = [_resolved(choice, tree) for choice in choices]
    return {model["properties"]["kind"]["const"]: set(model["properties"]) for model in models}


def _resolved(node, tree):
    while "$ref" in node:
        node = tree["$defs"][node["$ref"].rpartition("/")[2]]
    return node
