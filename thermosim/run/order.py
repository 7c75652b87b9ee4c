"""In which order many cases are best computed: a process keeps the last mesh it had."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from thermosim.errors import ThermosimError
from thermosim.model.drawing import drawing_of

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase


def by_mesh(cases: Mapping[str, AnyCase]) -> dict[str, AnyCase]:
    """Return the cases with those of one mesh behind each other, else in the order they had."""
    groups: dict[str, list[str]] = {}
    for name, case in cases.items():
        groups.setdefault(_mesh_of(case) or f"of {name} alone", []).append(name)
    return {name: cases[name] for group in groups.values() for name in group}


def _mesh_of(case: AnyCase) -> str:
    """Return the key of the mesh of a case as text; nothing where it is not kept or not known."""
    try:
        key = drawing_of(case).key()
    except (ThermosimError, OSError, ValueError):  # the run will tell
        return ""
    return "" if key is None else json.dumps(key, sort_keys=True)
