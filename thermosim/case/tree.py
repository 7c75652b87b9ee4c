"""Changing the tree of a case file: overrides at dotted paths, sections that start anew."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from thermosim.materials.catalogue import library_text

_CHOOSERS = ("kind", "model")


def with_override(tree: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of `tree` with `value` at the dotted `path`."""
    nested: Any = value
    parts = path.split(".")
    for part in reversed(parts):
        nested = {part: nested}
    return merged(spelled_out(tree, parts), nested)


def spelled_out(tree: Mapping[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    """Return a tree in which the library material has a section that a path leads into.

    A section of the case replaces the whole material; who sets one of its values means the rest
    to stay.
    """
    own = tree.get("materials", {})
    known = parts[0] == "materials" and len(parts) > 2 and isinstance(own, Mapping)
    text = library_text(parts[1]) if known and parts[1] not in own else None
    return dict(tree) if text is None else {**tree, "materials": {**own, parts[1]: text}}


def merged(tree: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `tree` with `overrides` laid over it, section by section.

    A section whose ``kind`` or ``model`` changes starts anew: the keys of the old kind would be
    unknown to the new one.
    """
    result = dict(tree)
    for key, value in overrides.items():
        old = result.get(key)
        if isinstance(value, Mapping):
            keep = isinstance(old, Mapping) and not _other_kind(old, value)
            result[key] = merged(old if keep and isinstance(old, Mapping) else {}, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def _other_kind(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return any(key in new and key in old and new[key] != old[key] for key in _CHOOSERS)


def expanded(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return overrides, whose keys may be dotted paths, as nested sections."""
    result: dict[str, Any] = {}
    for path, value in overrides.items():
        inner = expanded(value) if isinstance(value, Mapping) else value
        result = with_override(result, path, inner)
    return result
