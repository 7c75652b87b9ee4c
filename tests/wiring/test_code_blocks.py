"""Every block of README.md and docs/ is one that a reader can copy: checked here, run in cases/."""

import tomllib
from pathlib import Path

import code_blocks
import pytest
import typer

from thermosim.case.body_case import BodyCase
from thermosim.case.dot_case import DotCase
from thermosim.case.particle_case import Case
from thermosim.case.read import parse_case
from thermosim.case.tree import merged
from thermosim.cli.app import app
from thermosim.cli.commands import register
from thermosim.infer.fit.file import FitFile

ROOT = code_blocks.ROOT
COMMANDS = code_blocks.commands()
# Placeholders and outputs: nothing to run. How many there are may not grow unseen.
MOST_PLAIN = 11  # seven of them for clusters and images, which are not here


def test_every_block_has_a_language_that_is_checked():
    languages = {block.language for block in code_blocks.blocks()}
    assert languages <= code_blocks.LANGUAGES
    assert len(code_blocks.blocks("text")) <= MOST_PLAIN
    assert len(COMMANDS) > 40


def test_one_command_has_one_output():
    """What README shows of a command is what docs/ shows, which is held to the command itself."""
    shown = {}
    for block in code_blocks.blocks("console"):
        output = code_blocks.output_of(block)
        if output.strip():
            (line,) = code_blocks.lines_of(block)
            assert shown.setdefault(line, output) == output
    assert len(shown) >= 3


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=lambda text: text[:70])
def test_a_command_has_these_options_and_files(page, line):
    words = code_blocks.words_of(line)
    register(app)
    group = typer.main.get_command(app)
    if words[0].startswith("-"):
        group.make_context("thermosim", list(words), resilient_parsing=True)
        return
    command = group.commands[words[0]]
    context = command.make_context(words[0], list(words[1:]))
    assert context.params
    for word in words[1:]:
        if word.startswith(("cases/", "examples/", "meshes/")):
            assert (ROOT / word).exists(), word


def particle():
    """A whole case of a particle, to lay a block over."""
    return tomllib.loads((ROOT / "cases" / "microparticle_on_mica.toml").read_text())


def over(tree):
    """A shipped case with the sections of a block in place of its own."""
    if "dot" in tree:
        return {"laser": particle()["laser"], **tree}
    if "boundaries" in tree:
        bar = ROOT / "cases" / "verification" / "nafems_t3_transient.toml"
        return {**tomllib.loads(bar.read_text()), **tree}
    whole = {**particle(), **tree}
    if "ageing" in tree.get("gain", {}):
        whole["transient"] = {"duration": "10 min"}
    if "particle" in tree:
        whole["particle"] = merged(particle()["particle"], tree["particle"])
        whole |= {"symmetry": "3d", "optics": {"model": "uniform"}, "assumptions": "favourable"}
    return whole


# page -> what its blocks are laid over, where that is not a particle on mica
OTHERS = {"materials", "fit", "geometry", "tutorial"}
# blocks that name a file which only their reader has, or a spectrum beside the case
NAMED_FILES = ("membrane.geo", "post.step", "qd_", "film.csv", "gaps.csv", "spectrum")


def toml_blocks():
    return [pytest.param(block, id=f"{block.page}-{k}")
            for k, block in enumerate(code_blocks.blocks("toml"))]  # fmt: skip


@pytest.mark.parametrize("block", toml_blocks())
def test_a_block_of_toml_is_a_case_or_a_part_of_one(block):
    tree = tomllib.loads(block.text)
    if "fit" in tree:
        FitFile.model_validate(tree["fit"], context={"case_file": ROOT / "examples/fit/joint.toml"})
        return
    sections = set(Case.model_fields) | set(BodyCase.model_fields) | set(DotCase.model_fields)
    sections |= {"study"}
    if set(tree) <= sections and not any(name in block.text for name in NAMED_FILES):
        complete = "geometry" in tree or {"laser", "particle"} <= set(tree)
        whole = tree if complete else over(tree)
        whole.pop("study", None)
        parse_case(whole, Path(ROOT / "cases" / "block.toml"))
    else:
        assert set(tree) <= sections or block.page in OTHERS, set(tree) - sections
