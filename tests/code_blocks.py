"""The fenced blocks of README.md and docs/: what a reader copies."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = {"console", "python", "sh", "text", "toml"}
FENCE = re.compile(r"^```([\w{}-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, its language, its text."""

    page: str
    language: str
    text: str


def blocks(language: str = "") -> list[Block]:
    """All blocks, or those of one language, page by page."""
    found = [
        Block(path.stem, *match.groups())
        for path in PAGES
        for match in FENCE.finditer(path.read_text(encoding="utf-8"))
    ]
    code = [block for block in found if not block.language.startswith("{")]  # of Sphinx
    return [block for block in code if language in ("", block.language)]


def lines_of(block: Block) -> list[str]:
    """The command lines of a block, continued ones joined, output left out."""
    joined = re.sub(r"\\\n\s*", "", block.text)
    lines = [line for line in joined.splitlines() if line.strip()]
    if block.language == "console":
        return [line[2:] for line in lines if line.startswith("$ ")]
    return lines


def words_of(line: str) -> list[str]:
    """The words of `thermosim …` in a command line, [] where it calls something else."""
    words = shlex.split(line, comments=True)
    if words[:1] == ["git"] or "thermosim" not in words:
        return []
    return words[words.index("thermosim") + 1 :]


def commands() -> list[tuple[str, str]]:
    """Page and line of every command line that calls thermosim, each line once."""
    found: dict[str, str] = {}
    for language in ("console", "sh"):
        for block in blocks(language):
            for line in lines_of(block):
                if words_of(line):
                    found.setdefault(line, block.page)
    return [(page, line) for line, page in found.items()]


def output_of(block: Block) -> str:
    """What a console block shows below its only command."""
    joined = re.sub(r"\\\n\s*", "", block.text)
    return "\n".join(line for line in joined.splitlines() if not line.startswith("$ "))
