"""Changing the tree of a case file: overrides at dotted paths, sections that start anew."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

_CHOOSERS = ("kind", "model")


def with_override(tree: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of `tree` with `value` at the dotted `path`."""
    nested: Any = value
    for part in reversed(path.split(".")):
        nested = {part: nested}
    return merged(tree, nested)


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
