"""Validation errors of pydantic and of TOML as messages for people: path, value, rule, remedy."""

from __future__ import annotations

import datetime
import difflib
import math
import re
import typing
from collections.abc import Iterator
from types import UnionType
from typing import Any

from pydantic import BaseModel, ValidationError

from thermosim.errors import Problem
from thermosim.language.kinds import Kind
from thermosim.language.names import toml_key

_RULES = {
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be ≥ {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be ≤ {le}",
    "missing": "is missing",
    "literal_error": "must be {expected}",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be finite",
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "path_type": "must be the name of a file, in quotes",
    "tuple_type": "must be a list in brackets",
    "list_type": "must be a list in brackets",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
}
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_NO_SECTION = ("dict_type", "model_type", "model_attributes_type", "dataclass_type")
_UNKNOWN = "unknown key "
_LONGEST = 60
_MOST_PROBLEMS = 30


def problems_of(
    error: ValidationError, tree: dict[str, Any], root: type[BaseModel]
) -> list[Problem]:
    """Return one `Problem` for each fault, in the order of the file's sections.

    What the members of a union without a tag say about one value becomes one problem.
    """
    merged: dict[tuple[str, str], Problem] = {}
    for item in error.errors(include_url=False):
        if _counts_valid_entries_alone(item):
            continue
        problem = _problem(item, tree, root)
        place = (problem.path, problem.value)
        merged[place] = _either(merged[place], problem) if place in merged else problem
    found = _without_misspelt(list(merged.values()))
    more = len(found) - _MOST_PROBLEMS
    if more > 0:
        found[_MOST_PROBLEMS:] = [Problem("case", "", f"{more} more faults")]
    return found


def _counts_valid_entries_alone(item: Any) -> bool:
    """Whether a list is said to be too short only since some of its entries, told by themselves."""
    return item["type"] == "too_short" and bool(len(item["input"]) >= item["ctx"]["min_length"])


def _without_misspelt(problems: list[Problem]) -> list[Problem]:
    """Leave out that a key is missing where its misspelling is told already."""
    told = {
        f"{p.path.removeprefix(_UNKNOWN).rpartition('.')[0]}.{_meant(p.rule)}"
        for p in problems
        if p.path.startswith(_UNKNOWN)
    }
    return [p for p in problems if p.rule != _RULES["missing"] or _dotted(p.path) not in told]


def _dotted(path: str) -> str:
    return path if "." in path else f".{path}"


def _meant(rule: str) -> str:
    return rule.removeprefix("did you mean ").removesuffix("?")


def _either(one: Problem, other: Problem) -> Problem:
    if other.rule in one.rule:
        return one
    rule = f"{one.rule}, or {other.rule.removeprefix('must be ')}"
    return Problem(one.path, one.value, rule, one.remedy or other.remedy)


def _problem(item: Any, tree: dict[str, Any], root: type[BaseModel]) -> Problem:
    kind, context, loc, given = item["type"], item.get("ctx", {}), item["loc"], item["input"]
    path = _path(loc, tree, root, missing=kind == "missing") or "case"
    if kind == "extra_forbidden":
        return _unknown_key(path, loc, root)
    value = "" if kind == "missing" or isinstance(given, dict) else _shown(given)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_kind(path, kind, context)
    if kind in ("value_error", "assertion_error"):
        return Problem(path, value, item["msg"].partition(", ")[2] or item["msg"])
    if kind in _BOUNDS and isinstance(given, float) and math.isnan(given):
        return Problem(path, value, _RULES["finite_number"])
    if kind in _NO_SECTION:
        return Problem(path, value, "must be a section", _section_remedy(path, given, loc, root))
    if kind == "too_short" and context["min_length"] == 1:
        return Problem(path, value, "must not be empty")
    numbers = {name: _plain_number(limit) for name, limit in context.items()}
    rule = _RULES.get(kind, "").format(**numbers) or item["msg"][0].lower() + item["msg"][1:]
    remedy = _nearest(given, context.get("expected", "")) if kind == "literal_error" else ""
    return Problem(path, value, rule, remedy)


def _plain_number(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, float) else value


def _section_remedy(
    path: str, given: Any, loc: tuple[int | str, ...], root: type[BaseModel]
) -> str:
    if isinstance(given, list):
        return f"write [{path}], not [[{path}]]"
    tags = _all_tags(root, loc)
    kind = given if given in tags else "…"
    return f'write [{path}] and under it kind = "{kind}"' if tags else f"write [{path}]"


def _unknown_key(path: str, loc: tuple[int | str, ...], root: type[BaseModel]) -> Problem:
    key, where = str(loc[-1]), _UNKNOWN + path
    owners = models_at(root, loc[:-1])
    names = list(dict.fromkeys(name for owner in owners for name in owner.model_fields))
    close = difflib.get_close_matches(key, names, 1, 0.6)
    if close:
        return Problem(where, "", f"did you mean {close[0]}?")
    kinds = [
        tag
        for model in models_at(root, loc[:-2])
        for tag in tags_of(model)
        if key in model.model_fields and loc[-2] in _all_tags(root, loc[:-2])
    ]
    if kinds:
        listed = " or ".join(f'"{kind}"' for kind in kinds)
        return Problem(where, "", f"it belongs to kind = {listed}")
    home = _home_of(key, root) if len(loc) > 1 else ""
    if home and home != loc[0]:
        return Problem(where, "", f"it belongs to [{home}]")
    listed = ", ".join(names)
    return Problem(where, "", f"known here: {listed}" if listed else "remove it")


def _all_tags(root: type[BaseModel], loc: tuple[int | str, ...]) -> list[Any]:
    return [tag for model in models_at(root, loc) for tag in tags_of(model)]


def _home_of(key: str, root: type[BaseModel]) -> str:
    """Return the one section of the case that has such a key, or nothing."""
    homes = [
        section
        for section, field in root.model_fields.items()
        if any(key in model.model_fields for model in models_of(field.annotation))
    ]
    return homes[0] if len(homes) == 1 else ""


def _wrong_kind(path: str, kind: str, context: Any) -> Problem:
    key = str(context["discriminator"]).strip("'")
    if kind == "union_tag_not_found":
        return Problem(f"{path}.{key}", "", "is missing; it chooses what the section describes")
    expected = str(context["expected_tags"])
    remedy = _nearest(context["tag"], expected)
    return Problem(f"{path}.{key}", _shown(context["tag"]), f"must be one of {expected}", remedy)


def _nearest(value: Any, expected: str) -> str:
    names = [name.strip(" '\"") for name in expected.replace(" or ", ",").split(",")]
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(str(value).lower(), lower, 1, 0.5)
    return f"did you mean {lower[close[0]]}?" if close else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _path(loc: tuple[int | str, ...], tree: Any, root: type[BaseModel], *, missing: bool) -> str:
    """Return the dotted path of a fault in the file.

    A location also holds tags of unions, and keys that a shorthand stands for. Neither is in the
    file: only what the file holds is shown, and the last part of what is missing in it. A tag that
    is called like a key of its section (kind = "file" with a key `file`) comes before any key.
    """
    parts: list[str] = []
    node, tagged = tree, False
    for i, part in enumerate(loc):
        is_tag = not tagged and part in _all_tags(root, loc[:i])
        tagged = is_tag
        if is_tag:
            continue
        if isinstance(node, dict) and (part in node or (missing and i == len(loc) - 1)):
            parts.append(_key(str(part)))
            node = node.get(part)
        elif isinstance(node, list) and isinstance(part, int):
            parts[-1:] = [f"{parts[-1] if parts else ''}[{part}]"]
            node = node[part] if part < len(node) else None
    return ".".join(parts)


def _key(text: str) -> str:
    """Return a key as TOML writes it."""
    return toml_key(text) if len(text) <= _LONGEST else _shown(text)


def models_at(root: type[BaseModel], loc: tuple[int | str, ...]) -> list[type[BaseModel]]:
    """Return the models that a location can name, following fields and tags of unions."""
    found: list[type[BaseModel]] = [root]
    for part in loc:
        following: list[type[BaseModel]] = []
        for model in found:
            if part in model.model_fields:
                following += models_of(model.model_fields[str(part)].annotation)
            elif part in tags_of(model):
                following.append(model)
        found = following or found
    return found


def models_of(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation can stand for."""
    return list(dict.fromkeys(_models(annotation)))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if issubclass(annotation, Kind) and annotation.is_root():
            yield from annotation.kinds()
        else:
            yield annotation
        return
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is typing.Annotated:
        yield from _models(arguments[0])
    elif origin in (typing.Union, UnionType, dict, tuple, list):
        for argument in arguments:
            yield from _models(argument)


def tags_of(model: type[BaseModel]) -> tuple[Any, ...]:
    """Return the values of ``kind`` (or ``model``) that choose this model in a union."""
    for key in ("kind", "model"):
        if key in model.model_fields:
            return typing.get_args(model.model_fields[key].annotation)
    return ()


_TWICE = re.compile(r"Cannot (?:declare|mutate) (?:immutable namespace )?\((.*?),?\)(?: twice)?")


def toml_message(error: Exception, text: str) -> str:
    """Return what is wrong with a TOML text: the fault, its line, and what to do."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    message = str(error)
    where = re.search(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    if where is None:
        return message.partition(";")[0]
    fault = message[: where.start()]
    line, at_end = (int(where[1]), False) if where[1] else (text.count("\n") + 1, True)
    lines = text.split("\n")
    shown = "" if at_end or line > len(lines) else _shown_line(lines[line - 1])
    place = "at the end of the file" if at_end else f"line {line}, column {where[2]}"
    return f"{place}: {_plain_fault(fault)}{shown}{_remedy(fault, lines, line)}"


def _shown_line(line: str) -> str:
    text = line.strip()
    text = text if text.isprintable() else text.encode("unicode_escape").decode()
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return f": {text}" if text else ""


def _plain_fault(fault: str) -> str:
    twice = _TWICE.search(fault)
    if twice:
        return f"section [{twice[1].replace(chr(39), '').replace(', ', '.')}] stands twice"
    if fault == "Cannot overwrite a value":
        return "a key stands twice"
    if fault == r"Illegal character '\n'":
        return "text is not closed by a quote"
    return fault[:1].lower() + fault[1:]


def _remedy(fault: str, lines: list[str], line: int) -> str:
    written = lines[line - 1] if line <= len(lines) else ""
    bare = re.search(r"=\s*([+-]?[\d.]+(?:[eE][+-]?\d+)?\s*[A-Za-zµ/^*%]+[^\"'#]*)", written)
    if bare:
        return f'; a quantity is text in quotes: "{bare[1].strip()}"'
    word = re.search(r"=\s*([A-Za-z_]\w*)\s*(?:#.*)?$", written)
    if word and "nvalid value" in fault:
        return f'; text stands in quotes: "{word[1]}"'
    return ""
