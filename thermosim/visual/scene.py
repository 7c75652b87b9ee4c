"""The fields of a result as a scene that a page can turn: mesh, skin, fields over time, windows."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim.results.moments import spread
from thermosim.visual import fields_lattice as lattice
from thermosim.visual.fields_read import read_moment, read_times
from thermosim.visual.scene_coarse import coarsened, corners_only
from thermosim.visual.style import time_text

if TYPE_CHECKING:
    from pathlib import Path

    from thermosim.results import Result
    from thermosim.visual.fields_read import Field


Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
IN_REPORT, IN_PAGE = 60_000, 400_000
"""Cells of a scene in a report and in a page of its own; more are thinned out."""
_FEW_TIMES, _TIMES = 24, 60  # shown in a report, and in a page of its own
_MOST_NUMBERS = 6_000_000  # of all fields at all times
_NUMBERS = {2: "xy", 3: "xyz"}


@dataclass(frozen=True)
class Shown:
    """A field that a scene shows: its array, name, unit, factor to that unit, colour scale."""

    array: str
    name: str
    unit: str
    factor: float = 1.0
    scale: str = "plain"


_LIGHT = "intensity_W_per_m2"
_BY_CELL = (
    Shown(_LIGHT, "light", "kW/cm²", 1e-7, "light"),
    Shown("excitation", "excitations per dot x", "", 1.0, "light"),
    Shown("source_W_per_m3", "heat source", "W/m³", 1.0, "signed"),
)


def scene_of(result: Result, most: int = IN_PAGE) -> dict[str, Any]:
    """Return the scene of a result as a document with arrays of 32-bit numbers.

    Lengths are in µm, of axisymmetric and planar results in two directions. Meshes of more than
    `most` cells are thinned out, the more where they are finest in number, not in size.
    """
    folder, numbers = result.directory, result.summary
    assert folder is not None
    times = _chosen(read_times(folder), result, most)
    field, _ = read_moment(folder, times[0][0], numbers["mesh_unit_m"])
    mesh, keep, nodes = _thinned(field, most)
    times = times[-max(1, _MOST_NUMBERS // (2 * len(mesh.points))) :]
    frames = [_moment(folder, step, nodes, keep) for step, _ in times]
    skin, owner = skin_of(mesh, drop_axis=result.layout.symmetry == "axisymmetric")
    return {
        "title": result.case.title or "Untitled case",
        "symmetry": result.layout.symmetry,
        "dim": mesh.dim,
        "cellCount": len(field.cells),
        "thinned": len(mesh.cells) < len(field.cells),
        "regions": _regions(mesh, numbers["regions"]),
        "points": packed(mesh.points[:, : mesh.dim], "<f4"),
        "cells": packed(mesh.cells, "<u4"),
        "cellRegions": packed(mesh.regions, "<u1"),
        "skin": packed(skin, "<u4"),
        "skinOwner": packed(owner, "<u4"),
        "pieces": pieces(mesh.dim, mesh.degree),
        "skinPieces": pieces(mesh.dim - 1, mesh.degree),
        "edges": edge_nodes(mesh.dim, mesh.degree),
        "times": [time_text(t) for _, t in times] if len(times) > 1 else [],
        "fields": _fields(result, mesh, frames),
        "flux": [packed(f, "<f4") for _, c in frames for f in _flux(c, mesh.dim)],
        "windows": windows_of(result, mesh),
        "colours": _colours(),
    }


def _chosen(times: list[float], result: Result, most: int) -> list[tuple[int, float]]:
    """Return number and time of the moments that are shown, ends of levels and the last too."""
    levels = result.summary.get("segments", [])
    ends = [level["stop_s"] for level in levels if "stop_s" in level]  # not in older results
    count = _FEW_TIMES if most <= IN_REPORT else _TIMES
    return [(int(i), times[i]) for i in spread(times, ends, count)]


def _thinned(field: Field, most: int) -> tuple[Field, Ints, Ints]:
    """Return the mesh that is shown, and which cells and nodes of the files it has."""
    mesh, nodes = _merged(field)
    kept: Ints = np.arange(len(mesh.cells), dtype=np.int64)
    if len(mesh.cells) * len(pieces(mesh.dim, mesh.degree)) > most:
        mesh, used = corners_only(mesh)
        nodes = nodes[used]
    while len(mesh.cells) > most:
        mesh, cells, used = coarsened(mesh)
        kept, nodes = kept[cells], nodes[used]
    return mesh, kept, nodes


def _merged(field: Field) -> tuple[Field, Ints]:
    """Return the mesh with the nodes that ranks share once, and which node of the files each is."""
    _, first, inverse = np.unique(field.names, return_index=True, return_inverse=True)
    mesh = replace(
        field,
        points=field.points[first],
        values=field.values[first],
        names=np.arange(len(first)),
        cells=inverse.reshape(-1)[field.cells],
    )
    return mesh, first.astype(np.int64)


def _moment(folder: Path, step: int, nodes: Ints, keep: Ints) -> tuple[Floats, dict[str, Floats]]:
    field, cells = read_moment(folder, step)
    return field.values[nodes], {name: values[keep] for name, values in cells.items()}


def _regions(mesh: Field, numbers: dict[str, int]) -> list[dict[str, Any]]:
    there = {int(number) for number in np.unique(mesh.regions)}
    return [{"name": n.replace("_", " "), "number": k} for n, k in numbers.items() if k in there]


def _fields(
    result: Result, mesh: Field, frames: list[tuple[Floats, dict[str, Floats]]]
) -> list[dict[str, Any]]:
    """Return the fields that there are, the temperature that the result is about first."""
    delta = _field("delta_T", Shown("", "ΔT", "K", 1.0, "signed"), [v for v, _ in frames], "node")
    absolute = {"key": "T", "name": "temperature T", "scale": "plain"}
    found = [delta, {**delta, **absolute, "base": delta["base"] + result.layout.T_ref}]
    if not result.layout.zero:
        found.reverse()
    for shown in _BY_CELL:
        if all(shown.array in cells for _, cells in frames):
            values = [_where_not_zero(cells[shown.array], mesh.regions) for _, cells in frames]
            if not all(np.isnan(v).all() for v in values):
                found.append(_field(shown.array.split("_")[0], shown, values, "cell"))
    return found


def _field(key: str, shown: Shown, values: list[Floats], where: str) -> dict[str, Any]:
    frames = [packed(v * shown.factor, "<f4") for v in values]
    base = 0.0
    if shown.unit == "K":  # 32-bit numbers of a level of 300 K would resolve no more than 30 µK
        base = float(np.mean(values[-1]))
        frames = [packed(v - base, "<f4") for v in values]
    return {"key": key, "name": shown.name, "unit": shown.unit, "scale": shown.scale,
            "where": where, "base": base, "frames": frames}  # fmt: skip


def _where_not_zero(values: Floats, regions: Ints) -> Floats:
    """Return values with NaN in the regions where all are zero: nothing is lit, or released."""
    found = values.copy()
    for number in np.unique(regions):
        there = regions == number
        if not np.any(values[there]):
            found[there] = np.nan
    return found


def _flux(cells: dict[str, Floats], dim: int) -> list[Floats]:
    return [cells["flux_W_per_m2"][:, :dim]] if "flux_W_per_m2" in cells else []


def windows_of(result: Result, mesh: Field) -> list[dict[str, Any]]:
    """Return the views by name: middle and half width [µm], the one to begin with first."""
    focus, numbers = result.layout.focus, result.summary["regions"]
    whole = _window("whole", mesh.points)
    if focus is None:
        return [whole]
    nodes = np.unique(mesh.cells[mesh.regions == numbers[focus.region]])
    found = [_window(focus.region, mesh.points[nodes])]
    b = 1e6 * float(result.summary.get("contact_radius_m", 0.0))
    if b > 0:
        x, y = (1e6 * c for c in focus.foot)
        middle = [x, 0.0] if mesh.dim == 2 else [x, y, 0.0]
        found.append({"name": "contact", "middle": middle, "half": 4.0 * b})
    return [*found, whole]


def _window(name: str, points: Floats) -> dict[str, Any]:
    low, high = points.min(axis=0), points.max(axis=0)
    middle = 0.5 * (low + high)
    half = 0.5 * float(np.max(high - low))
    return {"name": name, "middle": [float(c) for c in middle], "half": max(half, 1e-6)}


def skin_of(mesh: Field, *, drop_axis: bool) -> tuple[Ints, Ints]:
    """Return the facets around each region, by their nodes, and the cell that each belongs to."""
    local = edge_nodes(2, mesh.degree) if mesh.dim == 2 else lattice.face_nodes(mesh.degree)
    facets = np.concatenate([mesh.cells[:, list(nodes)] for nodes in local])
    owner = np.tile(np.arange(len(mesh.cells)), len(local))
    corners = facets[:, [0, -1]] if mesh.dim == 2 else facets[:, :3]
    keys = np.column_stack([np.sort(corners, axis=1), mesh.regions[owner]])
    _, inverse, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    alone = counts[inverse.reshape(-1)] == 1
    if drop_axis:
        size = 1e-9 * float(np.abs(mesh.points).max())
        alone &= ~(np.abs(mesh.points[facets][:, :, 0]) < size).all(axis=1)
    return facets[alone], owner[alone].astype(np.int64)


@cache
def pieces(dim: int, degree: int) -> list[list[int]]:
    """Return the straight simplices between the nodes of a curved one, by local node."""
    if dim == 1:
        return [[i, i + 1] for i in range(degree)]
    if degree == 1:
        return [list(range(dim + 1))]
    from scipy.spatial import Delaunay

    at = lattice.nodes(dim, degree)[:, 1:]
    found = np.sort(Delaunay(at).simplices, axis=1)
    volumes = np.abs(np.linalg.det(at[found][:, 1:] - at[found][:, :1]))
    return [[int(i) for i in piece] for piece in found[volumes > 1e-9]]


@cache
def edge_nodes(dim: int, degree: int) -> list[list[int]]:
    """Return the nodes along each edge of a cell, in order (of a tetrahedron: of its facets)."""
    found = []
    for number, (a, b) in enumerate(lattice.EDGES[2]):
        inner = range(3 + number * (degree - 1), 3 + (number + 1) * (degree - 1))
        found.append([a, *inner, b])
    return found


def _colours() -> dict[str, list[str]]:
    """Return the colour maps of the pictures, as colours from low to high."""
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    from thermosim.visual.style import COLOURS, DIVERGING

    names = {"plain": COLOURS, "signed": DIVERGING, "light": "inferno"}
    at = np.linspace(0.0, 1.0, 33)
    return {key: [to_hex(c) for c in mpl.colormaps[name](at)] for key, name in names.items()}


def packed(values: Any, kind: str) -> NDArray[Any]:
    """Return an array of little-endian numbers of 32 bits, or bytes."""
    return np.ascontiguousarray(values, dtype=kind)


def scene_bytes(scene: dict[str, Any]) -> bytes:
    """Return a scene as one block, compressed: length of the JSON, JSON, arrays.

    In the JSON an array is ``{"at": offset, "n": numbers, "kind": type}``; equal ones stand once.
    """
    blocks: list[bytes] = []
    known: dict[bytes, int] = {}  # the light of a level is the same at all of its times

    def placed(part: Any) -> Any:
        if not isinstance(part, np.ndarray):
            return part.item() if isinstance(part, np.generic) else part
        block = part.tobytes()
        if block not in known:
            known[block] = sum(len(other) for other in blocks)
            blocks.append(block + b"\0" * (-len(block) % 4))
        return {"at": known[block], "n": part.size, "kind": part.dtype.str.strip("<|")}

    text = json.dumps(_walked(scene, placed), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    head = len(text).to_bytes(4, "little")
    return gzip.compress(b"".join([head, text, *blocks]), 6, mtime=0)


def _walked(part: Any, leaf: Any) -> Any:
    if isinstance(part, dict):
        return {key: _walked(value, leaf) for key, value in part.items()}
    if isinstance(part, list):
        return [_walked(value, leaf) for value in part]
    return leaf(part)
