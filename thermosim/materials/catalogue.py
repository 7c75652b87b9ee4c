"""The library of materials: one data file each, read on first use."""

from __future__ import annotations

import copy
import difflib
import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from thermosim.errors import CaseError, Problem
from thermosim.materials.material import Material

ALIASES = {"mica": "muscovite", "glass": "soda_lime_glass", "SiO2": "fused_silica", "Si": "silicon"}
"""Other names under which library materials are found."""


@functools.cache
def material_names() -> tuple[str, ...]:
    """Return the names of the library, sorted, aliases not among them."""
    entries = (files(__package__) / "library").iterdir()
    stems = (e.name.removesuffix(".toml") for e in entries if e.name.endswith(".toml"))
    return tuple(sorted(stems, key=str.lower))


def library_text(name: str) -> dict[str, Any] | None:
    """Return what the data file of a material of the library holds; None if there is none."""
    official = ALIASES.get(name, name)
    if official not in material_names():
        return None
    return copy.deepcopy(_parsed(official))


@functools.cache
def _parsed(official: str) -> dict[str, Any]:
    """Return what a data file holds, which takes longest of all that planning a point does."""
    path = files(__package__) / "library" / f"{official}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@functools.cache
def _from_library(name: str) -> Material:
    return Material.model_validate(library_text(name), context={"case_file": True})


def load_material(
    name: str, own: Mapping[str, Material] | None = None, path: str = "material"
) -> Material:
    """Return the material called ``name``: one of ``own`` (of the case) or of the library.

    ``path`` is where the name stands, for the message.

    Raises
    ------
    CaseError
        If there is no such material; the message names the nearest ones.
    """
    own = own or {}
    if name in own:
        return own[name]
    official = ALIASES.get(name, name)
    if official in material_names():
        return _from_library(official)
    known = sorted({*own, *material_names(), *ALIASES}, key=str.lower)
    lower = {k.lower(): k for k in known}
    near = [lower[n] for n in difflib.get_close_matches(name.lower(), lower, n=1)]
    remedy = f"did you mean {near[0]}? " if near else ""
    raise CaseError(
        [
            Problem(
                path,
                f'"{name}"',
                "no such material",
                f"{remedy}known: {', '.join(known)}; or define [materials.{name}]",
            )
        ]
    )
