"""Meshes kept between runs, each named by a digest of all that shapes it."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem import native
from thermosim.fem.data import FORMAT, MeshData
from thermosim.mesh.session import load_gmsh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.model.drawing import Drawing

MeshReport = dict[str, float]
MESHER = 7
"""Goes up with every change of what the mesher makes of the same drawing."""
_STORED = 2
"""Goes up with every change of how a mesh is written."""


def cache_path(drawing: Drawing) -> Path | None:
    """Return where the mesh of a drawing is kept; None if it is not to be."""
    key = drawing.key()
    if key is None:
        return None
    parts = {"format": FORMAT, "stored": _STORED, "mesher": MESHER, "gmsh": gmsh_version(), **key}
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
    return cache_folder() / f"{digest}.npz"


def cache_folder() -> Path:
    """Return the folder of all cached meshes."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "thermosim" / "meshes"


@functools.cache
def gmsh_version() -> str:
    """Return the version of the mesher, without importing it where possible."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gmsh")
    except PackageNotFoundError:  # distributions ship gmsh without Python metadata
        return str(load_gmsh().__version__)


def read_mesh(path: Path) -> tuple[MeshData, MeshReport] | None:
    """Return a cached mesh; None if there is none or the file is damaged."""
    try:
        arrays = native.read_cached(path)
        header = json.loads(str(arrays.pop("header", "{}")))
        report = json.loads(str(arrays.pop("report", "{}")))
    except native.DAMAGED:
        return None
    if header.pop("format", None) != FORMAT:
        return None
    native.touch(path)
    return MeshData(**_unpacked(arrays), **header), report


def write_mesh(path: Path, data: MeshData, report: MeshReport) -> None:
    """Write aside, then rename: a reader never sees half a file. A full disk is no error."""
    aside = native.begin(path)
    if aside is None:
        return
    arrays = _packed(data)
    texts = {"header": np.array(data.header()), "report": np.array(json.dumps(report))}
    if native.write_arrays(aside / path.name, texts | arrays):
        (aside / path.name).replace(path)
    native.discard(aside)
    native.prune(path.parent)


def _packed(data: MeshData) -> dict[str, NDArray[Any]]:
    """Return the arrays of a mesh with half the bytes: few facets have a tag."""
    tags = data.facet_tags.ravel()
    places = np.flatnonzero(tags)
    small = len(data.points) <= np.iinfo(np.int32).max
    return {
        "points": data.points,
        "cells": data.cells.astype(np.int32) if small else data.cells,
        "cell_tags": data.cell_tags,
        "facets": np.array(data.facet_tags.shape),
        "facet_places": places,
        "facet_tags": tags[places],
    }


def _unpacked(arrays: dict[str, Any]) -> dict[str, Any]:
    tags = np.zeros(arrays.pop("facets"), dtype=arrays["facet_tags"].dtype)
    tags.ravel()[arrays.pop("facet_places")] = arrays["facet_tags"]
    return arrays | {"cells": arrays["cells"].astype(np.int64), "facet_tags": tags}
