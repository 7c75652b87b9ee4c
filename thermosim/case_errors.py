"""Validation errors of pydantic as messages for people: path, value, rule, remedy."""

from __future__ import annotations

import difflib
import typing
from types import UnionType
from typing import Any

from pydantic import BaseModel, ValidationError

from thermosim.errors import Problem

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
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be finite",
    "string_type": "must be text in quotes",
    "dict_type": "must be a section",
    "model_type": "must be a section",
    "model_attributes_type": "must be a section",
}
_LONGEST = 60


def problems_of(error: ValidationError, tree: dict[str, Any], root: type[BaseModel]) -> list[Problem]:
    """Return one `Problem` for each fault, in the order of the file's sections."""
    return [_problem(item, tree, root) for item in error.errors(include_url=False)]


def _problem(item: Any, tree: dict[str, Any], root: type[BaseModel]) -> Problem:
    path = _path(item["loc"], tree)
    kind, context = item["type"], item.get("ctx", {})
    owner = _model_at(root, item["loc"][:-1] if kind == "extra_forbidden" else item["loc"])
    if kind == "extra_forbidden":
        return _unknown_key(path, str(item["loc"][-1]), owner)
    value = "" if kind == "missing" or isinstance(item["input"], dict) else _shown(item["input"])
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _wrong_kind(path, kind, context)
    if kind in ("value_error", "assertion_error"):
        return Problem(path or "case", value, item["msg"].partition(", ")[2] or item["msg"])
    rule = _RULES.get(kind, "").format(**context) or item["msg"][0].lower() + item["msg"][1:]
    remedy = _nearest(item["input"], context.get("expected", "")) if kind == "literal_error" else ""
    return Problem(path or "case", value, rule, remedy)


def _unknown_key(path: str, key: str, owner: type[BaseModel] | None) -> Problem:
    names = list(owner.model_fields) if owner is not None else []
    close = difflib.get_close_matches(key, names, 1, 0.6)
    if close:
        remedy = f"did you mean {close[0]}?"
    else:
        remedy = f"known here: {', '.join(names)}" if names else "remove it"
    return Problem(f"unknown key {path}", "", remedy)


def _wrong_kind(path: str, kind: str, context: Any) -> Problem:
    key = str(context["discriminator"]).strip("'")
    if kind == "union_tag_not_found":
        return Problem(f"{path}.{key}", "", "is missing; it chooses what the section describes")
    expected = str(context["expected_tags"])
    remedy = _nearest(context["tag"], expected)
    return Problem(f"{path}.{key}", f'"{context["tag"]}"', f"must be one of {expected}", remedy)


def _nearest(value: Any, expected: str) -> str:
    names = [name.strip(" '\"") for name in expected.replace(" or ", ",").split(",")]
    close = difflib.get_close_matches(str(value), names, 1, 0.5)
    return f"did you mean {close[0]}?" if close else ""


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _path(loc: tuple[int | str, ...], tree: Any) -> str:
    """Return the dotted path of a fault in the file; tags of unions are no part of it."""
    parts: list[str] = []
    node = tree
    for i, part in enumerate(loc):
        if isinstance(node, dict) and (part in node or i == len(loc) - 1):
            if part in node or not _is_tag(part, node):
                parts.append(str(part))
            node = node.get(part)
        elif isinstance(node, list | tuple) and isinstance(part, int) and part < len(node):
            parts[-1:] = [f"{parts[-1] if parts else ''}[{part}]"]
            node = node[part]
    return ".".join(parts)


def _is_tag(part: int | str, node: dict[str, Any]) -> bool:
    return any(node.get(key) == part for key in ("kind", "model", "profile"))


def _model_at(root: Any, loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the model that the location names, following fields and tags of unions."""
    found: list[Any] = [root]
    for part in loc:
        following: list[Any] = []
        for candidate in found:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                if part in candidate.model_fields:
                    following += _models(candidate.model_fields[str(part)].annotation)
                elif part in _tags(candidate):
                    following.append(candidate)
        if following:
            found = following
    return found[0] if len(found) == 1 or found else None


def _models(annotation: Any) -> list[Any]:
    """Return the models that an annotation can stand for."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is typing.Annotated:
        return _models(arguments[0])
    if origin in (typing.Union, UnionType, dict, tuple, list):
        return [model for argument in arguments for model in _models(argument)]
    return []


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    for key in ("kind", "model"):
        if key in model.model_fields:
            return typing.get_args(model.model_fields[key].annotation)
    return ()
