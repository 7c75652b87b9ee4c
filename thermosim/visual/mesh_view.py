"""The mesh in space: a picture, and a page to turn it in any browser without a network."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.data import MeshData, facet_nodes
from thermosim.visual import style
from thermosim.visual.mesh_page import PAGE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_COLOURS = (
    "#4c8dc9", "#e0a458", "#7fb77e", "#b58bc9", "#d9ce6a", "#d97b6a", "#6ac4c4", "#9a9a9a",
)  # fmt: skip
_WIDER = 1.4  # a square seen along its diagonal
_MOST = 400_000  # triangles in a page
_QUADRATIC = ((0, 5, 4), (5, 1, 3), (4, 3, 2), (5, 3, 4))


def skin(mesh: MeshData) -> dict[str, NDArray[np.int64]]:
    """Return the facets of each boundary and of the rest of the outside, shape (n, nodes).

    Of a 2-D mesh the cells of each region.
    """
    if mesh.tdim == 2:
        return {name: mesh.cells[mesh.cell_tags == tag] for name, tag in mesh.regions.items()}
    from thermosim.mesh.measure import boundary_facets

    found = {name: boundary_facets(mesh, tag) for name, tag in mesh.boundaries.items()}
    rest = _unnamed_outside(mesh)
    return {**found, "plane of symmetry": rest} if len(rest) else found


def _unnamed_outside(mesh: MeshData) -> NDArray[np.int64]:
    """Return the facets without a name that one cell alone has."""
    local = facet_nodes(mesh.tdim, mesh.order)
    facets = np.vstack([mesh.cells[:, nodes] for nodes in local])
    tags = mesh.facet_tags.T.ravel()
    keys = np.sort(facets[:, :3], axis=1)
    _, first, counts = np.unique(keys, axis=0, return_index=True, return_counts=True)
    alone = first[counts == 1]
    return np.asarray(facets[alone[tags[alone] == 0]])


def triangles(mesh: MeshData, facets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return straight triangles (n, 3): one for a facet, four for a curved one."""
    if mesh.order == 1:
        return facets[:, :3]
    return np.concatenate([facets[:, list(part)] for part in _QUADRATIC])


def edges(mesh: MeshData, facets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the edges of facets as straight pieces (n, 2), each once."""
    pairs = [(0, 1), (1, 2), (2, 0)]
    if mesh.order == 2:
        pairs = [(0, 5), (5, 1), (1, 3), (3, 2), (2, 4), (4, 0)]
    ends = np.vstack([facets[:, list(pair)] for pair in pairs])
    return np.unique(np.sort(ends, axis=1), axis=0)


def draw_mesh(mesh: MeshData, path: Path) -> None:
    """Draw whole body, particle and contact side by side into a PNG file."""
    if mesh.tdim == 2:
        _draw_plane(mesh, path)
    else:
        _draw_space(mesh, path)


def _frames(mesh: MeshData) -> list[tuple[str, NDArray[np.float64], float]]:
    """Return title, centre and half width of the views, in mesh units."""
    low, high = mesh.points.min(axis=0), mesh.points.max(axis=0)
    views = [("whole", (low + high) / 2, float(np.max(high - low)) / 2)]
    if "particle" in mesh.regions:
        nodes = mesh.cells[mesh.cell_tags == mesh.regions["particle"]]
        x = mesh.points[nodes.ravel()]
        low, high = x.min(axis=0), x.max(axis=0)
        views.append(("particle", (low + high) / 2, 0.6 * float(np.max(high - low))))
    for name in ("contact",):
        if name in mesh.boundaries:
            from thermosim.mesh.measure import boundary_facets

            x = mesh.points[boundary_facets(mesh, mesh.boundaries[name]).ravel()]
            low, high = x.min(axis=0), x.max(axis=0)
            views.append((name, (low + high) / 2, 1.5 * float(np.max(high - low))))
    return views


def _draw_plane(mesh: MeshData, path: Path) -> None:
    import matplotlib.pyplot as plt
    from matplotlib.collections import LineCollection, PolyCollection

    views = _frames(mesh)
    with style.styled():
        figure, axes = plt.subplots(1, len(views), figsize=(4.2 * len(views), 4.2), squeeze=False)
        scale = mesh.unit * 1e6
        for ax, (title, center, half) in zip(axes[0], views, strict=True):
            for (name, cells), colour in zip(skin(mesh).items(), _cycle(), strict=False):
                seen = np.abs(mesh.points[cells[:, :3]] - center).min(axis=1).max(axis=1) < 2 * half
                near = cells[seen]
                faces = PolyCollection(
                    list(mesh.points[triangles(mesh, near)] * scale), facecolors=colour, alpha=0.5
                )
                faces.set_label(name)
                ax.add_collection(faces)
                wires = LineCollection(
                    list(mesh.points[edges(mesh, near)] * scale), colors="k", linewidths=0.25
                )
                ax.add_collection(wires)
            c, h = center * scale, half * scale
            ax.set(xlim=(c[0] - h, c[0] + h), ylim=(c[1] - h, c[1] + h), title=title)
            ax.set_aspect("equal")
            ax.set_xlabel("r (µm)" if mesh.symmetry == "axisymmetric" else "x (µm)")
        axes[0, 0].set_ylabel("z (µm)" if mesh.symmetry == "axisymmetric" else "y (µm)")
        axes[0, 0].legend(loc="upper right")
        style.save(figure, path)


def _cycle() -> list[str]:
    return list(_COLOURS) * 8


def _draw_space(mesh: MeshData, path: Path) -> None:
    import pyvista as pv

    views = _frames(mesh)
    plotter: Any = pv.Plotter(
        off_screen=True, shape=(1, len(views)), window_size=[640 * len(views), 640]
    )
    for i, (title, center, half) in enumerate(views):
        plotter.subplot(0, i)
        for (name, facets), colour in zip(skin(mesh).items(), _cycle(), strict=False):
            shown = name not in ("substrate_top", "particle_base") or title != "contact"
            faces = _polydata(mesh, triangles(mesh, facets), 3)
            plotter.add_mesh(faces, color=colour, opacity=1.0 if shown else 0.4, lighting=True)
            plotter.add_mesh(_polydata(mesh, edges(mesh, facets), 2), color="black", line_width=0.5)
        up = 1.1 * half * (_WIDER if title == "whole" else 1.0)
        plotter.add_text(f"{title}: {_length(2 * up * mesh.unit)} high", font_size=10)
        if i == 0:
            named = [list(pair) for pair in zip(skin(mesh), _cycle(), strict=False)]
            plotter.add_legend(named, bcolor="w", size=(0.36, 0.24), loc="lower left", face="r")
        away = np.array([1.0, -1.6, 0.7]) * 3 * half
        plotter.camera.position = center + away
        plotter.camera.focal_point = center
        plotter.camera.up = (0, 0, 1)
        plotter.enable_parallel_projection()
        plotter.camera.parallel_scale = up
    plotter.screenshot(str(path))
    plotter.close()


def _length(length: float) -> str:
    """Return a length [m] in nm or µm."""
    return f"{length * 1e9:.3g} nm" if length < 1e-6 else f"{length * 1e6:.4g} µm"


def _polydata(mesh: MeshData, pieces: NDArray[np.int64], size: int) -> Any:
    import pyvista as pv

    used, index = np.unique(pieces, return_inverse=True)
    rows = np.column_stack([np.full(len(pieces), size), index.reshape(-1, size)])
    if size == 3:
        return pv.PolyData(mesh.points[used], faces=rows.ravel())
    return pv.PolyData(mesh.points[used], lines=rows.ravel())


def write_view(mesh: MeshData, path: Path) -> None:
    """Write a page that shows the outside of the mesh: turn, zoom, hide parts."""
    from thermosim.mesh.measure import areas

    sizes = {name: _area_text(area) for name, area in areas(mesh).items()}
    parts, left = [], _MOST
    for (name, found), colour in zip(skin(mesh).items(), _cycle(), strict=False):
        facets = found[: max(left // 4, 1)]
        pieces = triangles(mesh, facets)
        left -= len(pieces)
        used, index = np.unique(pieces, return_inverse=True)
        number = np.full(len(mesh.points), -1)
        number[used] = np.arange(len(used))
        points = np.zeros((len(used), 3))
        x = mesh.points[used]
        if mesh.tdim == 2:
            points[:, 0], points[:, 2] = x[:, 0], x[:, 1]
        else:
            points[:] = x
        wires = number[edges(mesh, facets)]
        parts.append(
            {
                "name": name,
                "colour": colour,
                "size": sizes.get(name, ""),
                "points": _packed(points * mesh.unit * 1e6, "<f4"),
                "triangles": _packed(index.reshape(-1, 3), "<u4"),
                "edges": _packed(wires, "<u4"),
            }
        )
    views = [[title, _in_space(center), half] for title, center, half in _scaled_frames(mesh)]
    flat = mesh.tdim == 2
    document = json.dumps({"parts": parts, "views": views, "cells": len(mesh.cells), "flat": flat})
    path.write_text(PAGE.replace("@DATA@", document), encoding="utf-8")


def _area_text(area: float) -> str:
    """Return an area [m²] in µm², or mm² if it is large."""
    return f"{area * 1e12:.5g} µm²" if area < 1e-7 else f"{area * 1e6:.4g} mm²"


def _scaled_frames(mesh: MeshData) -> list[tuple[str, NDArray[np.float64], float]]:
    scale = mesh.unit * 1e6
    return [(title, center * scale, half * scale) for title, center, half in _frames(mesh)]


def _in_space(center: NDArray[np.float64]) -> list[float]:
    x = [float(c) for c in center]
    return x if len(x) == 3 else [x[0], 0.0, x[1]]


def _packed(values: Any, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()
