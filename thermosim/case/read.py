"""From a file to a case: TOML read strictly, overrides, and every fault at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from thermosim.case.body_case import BodyCase
from thermosim.case.dot_case import DotCase, beside_dot
from thermosim.case.errors import problems_of, toml_message
from thermosim.case.particle_case import Case
from thermosim.case.tree import spelled_out
from thermosim.errors import CaseError, Problem
from thermosim.language.files import read_bounded

MAX_BYTES = 1_000_000


AnyCase = Case | BodyCase | DotCase
"""A particle on its substrate, a body of any geometry, or one dot."""


def load_case(path: str | Path, overrides: Sequence[str] = ()) -> AnyCase:
    """Read and validate a case file; `overrides` are ``dotted.path=value`` texts.

    A file with a section ``[geometry]`` is a `BodyCase`, one with ``[dot]`` a `DotCase`, any
    other a `Case`. A section ``[study]`` is checked and left to ``thermosim sweep``: the case is
    its base.

    Raises
    ------
    CaseError
        Listing every fault of the file at once.
    """
    source = Path(path)
    tree = read_toml(source)
    for text in overrides:
        _override(tree, text)
    study = tree.pop("study", None)
    if study is not None:
        _check_study(study, source)
    return parse_case(tree, source)


def _check_study(study: Any, source: Path) -> None:
    from thermosim.case.study import Study

    try:
        Study.model_validate(study, context={"case_file": source})
    except ValidationError as error:
        found = problems_of(error, study if isinstance(study, dict) else {}, Study)
        raise CaseError([_inside("study", problem) for problem in found], str(source)) from error


def _inside(section: str, problem: Problem) -> Problem:
    """Return a problem of a section with the path that it has in the file."""
    head, space, path = problem.path.rpartition(" ")
    path = section if path == "case" else f"{section}.{path}"
    return Problem(f"{head}{space}{path}", problem.value, problem.rule, problem.remedy)


def parse_case(tree: dict[str, Any], source: Path | None = None) -> AnyCase:
    """Validate a parsed case file of any kind.

    Raises
    ------
    CaseError
        Listing every fault at once.
    """
    huge = list(_huge_numbers(tree, ""))
    if huge:
        raise CaseError(huge, str(source or ""))
    # absolute, so that a resolved case names the same files wherever it is read
    folder = (source.parent if source else Path()).absolute()
    context = {"case_file": source or True, "directory": folder}
    if "geometry" in tree and "particle" in tree:
        rule = "stands beside [geometry]: a case is about a particle or about a body"
        raise CaseError([Problem("particle", "", rule, "remove one of the two")], str(source or ""))
    kind: type[AnyCase] = BodyCase if "geometry" in tree else Case
    if "dot" in tree:
        if beside := list(beside_dot(tree)):
            raise CaseError(beside, str(source or ""))
        kind = DotCase
    try:
        return kind.model_validate(tree, context=context)
    except CaseError as error:
        raise CaseError(error.problems, str(source or "")) from error
    except ValidationError as error:
        raise CaseError(problems_of(error, tree, kind), str(source or "")) from error


def _huge_numbers(value: Any, path: str) -> Iterator[Problem]:
    """Yield whole numbers beyond 64 bits: TOML knows none, and Python cannot always print them."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _huge_numbers(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield Problem(path, "", "must be a whole number below 2^63 = 9.2e18")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of sensible size.

    Raises
    ------
    CaseError
        If it is missing, no file, too large, not text or not TOML.
    """
    try:
        if path.is_dir():
            raise CaseError("is a directory; name a case file (.toml)", str(path))
        data = read_bounded(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise CaseError(
                f"is too large for a case file: it may have {MAX_BYTES} bytes", str(path)
            )
        text = data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise CaseError(
            "no such file; `thermosim init` writes a starter case", str(path)
        ) from error
    except OSError as error:
        raise CaseError(f"cannot be read: {error.strerror}", str(path)) from error
    except UnicodeDecodeError as error:
        raise CaseError("is no text file (UTF-8)", str(path)) from error
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError or a number beyond Python's
        raise CaseError(f"is not valid TOML: {toml_message(error, text)}", str(path)) from error


def _override(tree: dict[str, Any], text: str) -> None:
    """Set one value of the tree from ``dotted.path=value``; the value is TOML or plain text."""
    key, equals, value = text.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not equals or not all(parts):
        raise CaseError(f'--set {text}: write --set path.to.key="value"')
    try:
        parsed = tomllib.loads(f"v = {value}")["v"]
    except (ValueError, RecursionError):  # as for a file: see read_toml
        parsed = value.strip()
    tree.update(spelled_out(tree, parts))
    node = tree
    for part in parts[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise CaseError(f"--set {text}: {part} is no section")
    node[parts[-1]] = parsed
