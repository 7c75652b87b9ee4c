"""Pictures of the mesh: whole, particle, contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermosim.visual import style
from thermosim.visual.fields import (
    Frames,
    Window,
    frame,
    frames,
    heading,
    length_scales,
    lines,
    mark,
    panel_titles,
    panels,
    where,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.results import Result
    from thermosim.visual.fields_cut import Cut

_FILLS = ("#d9e6f2", "#f3e3d3", "#e3efdf", "#ebe1f0", "#f4efcf")


def draw_mesh(cut: Cut, result: Result) -> Figure:
    """Draw the cells around the particle, at the contact and over the whole substrate."""
    windows = frames(cut, result)
    with style.styled():
        figure, places = panels(windows)
        titles = panel_titles(result)
        for name, window in _shown(windows):
            axes = figure.add_axes(places[name])
            draw_cells(axes, cut, window, stretched=name == "whole")
            frame(axes, window, titles[name], cut.axes, stretched=name == "whole")
            if name == "middle" and windows.contact is not None:
                mark(axes, windows.contact, window)
        heading(figure, result, caption(result))
    return figure


def _shown(windows: Frames) -> list[tuple[str, Window]]:
    pairs = [
        ("middle", windows.middle),
        ("contact", windows.contact),
        ("whole", windows.whole),
    ]
    return [(name, window) for name, window in pairs if window is not None]


def draw_cells(axes: Axes, cut: Cut, window: Window, *, stretched: bool = False) -> None:
    """Fill the regions and draw the edges of the cells that a window shows."""
    scale = np.array(length_scales(window, stretched=stretched))
    _fill(axes, cut, window, scale)
    lines(axes, _within(cut.edges, window) / scale, style.NEUTRAL, 0.35)
    lines(axes, _within(cut.outlines, window) / scale, style.INK, 1.0)


def _within(segments: NDArray[np.float64], window: Window) -> NDArray[np.float64]:
    """Return the lines whose bounding box meets a window."""
    low, high = segments.min(axis=1), segments.max(axis=1)
    x0, x1, z0, z1 = window
    seen = (high[:, 0] >= x0) & (low[:, 0] <= x1) & (high[:, 1] >= z0) & (low[:, 1] <= z1)
    return np.asarray(segments[seen])


def _fill(axes: Axes, cut: Cut, window: Window, scale: NDArray[np.float64]) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.tri import Triangulation

    for number in np.unique(cut.regions):
        colours = ListedColormap([_FILLS[(number - 1) % len(_FILLS)]])
        points, triangles, values = cut.of_region(number).triangles(window, most=10_000)
        if len(triangles):
            x, z = np.asarray(points / scale).T
            mesh = Triangulation(x, z, triangles)
            axes.tripcolor(mesh, 0 * values, shading="gouraud", cmap=colours)


def caption(result: Result) -> str:
    """Return cell count, quality and what is shown in one line."""
    symmetry = {"axisymmetric": "half of the cut, mirrored", "quarter": "a quarter, mirrored"}
    shown = symmetry.get(result.case.symmetry, "cut at the middle")
    return f"{counts(result)} ({shown}{where(result)})"


def counts(result: Result) -> str:
    """Return number of cells and unknowns, and quality."""
    numbers = result.summary
    text = f"{numbers.get('n_cells', '?')} cells"
    if "n_dofs" in numbers:
        text += f", {numbers['n_dofs']} unknowns"
    if "min_scaled_jacobian" in numbers:
        text += f", minimum scaled Jacobian {numbers['min_scaled_jacobian']:.3g}"
    return text
