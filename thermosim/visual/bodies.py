"""Pictures of bodies of any geometry: the temperature and the mesh on their cuts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from thermosim.language.units import si_text, time_text
from thermosim.results.words import absolute
from thermosim.visual import style
from thermosim.visual.fields import frame, heading, paint
from thermosim.visual.fields_cut import Cut, flat_cut, slice_of
from thermosim.visual.meshes import counts, draw_cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.model.layout import Layout
    from thermosim.results import Result
    from thermosim.visual.fields import Window
    from thermosim.visual.fields_read import Field

_WIDEST, _TALLEST = 6.2, 5.2  # inches of a panel
_SLIM = 6.0  # panels longer than this many widths are stretched
_SMALL = 0.2  # of the body: regions this small have a panel of their own
_INSIDE = 5e-3  # of the extent: cuts keep this far from the faces
_PLANES = {"x": (1, 0, 2), "y": (0, 1, 2), "z": (0, 2, 1)}
"""Coordinates across, along the normal and upward, by the name of the normal."""


@dataclass(frozen=True)
class Panel:
    """One picture of a figure: a window [µm] of a cut, its size [inches], whether all is in it."""

    title: str
    cut: Cut
    window: Window
    width: float
    height: float
    stretched: bool
    whole: bool


def body_cuts(field: Field, layout: Layout) -> list[tuple[str, Cut]]:
    """Return what pictures show of a body, with titles: its plane, or two cuts in space.

    The cuts are those of the largest areas; they pass through the goal, or else the first probe
    that is a point, or else the middle.
    """
    if field.dim == 2:
        names = ("x", "y") if layout.symmetry == "planar" else ("r", "z")
        cut = flat_cut(field, drop_axis=layout.symmetry == "axisymmetric")
        return [("", replace(cut, axes=names, symbol="T"))]
    low, high = field.points.min(axis=0), field.points.max(axis=0)
    room = _INSIDE * (high - low)
    middle = 0.5 * (low + high)
    through = middle if layout.through is None else 1e6 * np.array(layout.through)
    at = np.clip(through, low + room, high - room)
    size = high - low
    normals = sorted(_PLANES, key=lambda n: size["xyz".index(n)])[:2]
    found = []
    for normal in sorted(normals, reverse=True):
        across, along, up = _PLANES[normal]
        turned = replace(field, points=field.points[:, [across, along, up]])
        cut = slice_of(turned, float(at[along]))
        where = f"Cut at {normal} = {si_text(at[along] * 1e-6, 'm')}"
        found.append((where, replace(cut, axes=("xyz"[across], "xyz"[up]), symbol="T")))
    return found


def panels_of(cuts: list[tuple[str, Cut]]) -> list[Panel]:
    """Return the panels of a body: each cut as a whole, and around regions too small to see."""
    found = []
    for title, cut in cuts:
        whole = cut.extent()
        found.append(_panel(title or "Whole body", cut, whole, whole=True))
        for name, number in cut.numbers.items():
            if not (cut.regions == number).any():
                continue
            window = cut.extent(number)
            if max(_size(window)) < _SMALL * max(_size(whole)):
                found.append(_panel(f"{title + ': ' if title else ''}{name}", cut, window, 0.5))
    return found


def _size(window: Window) -> tuple[float, float]:
    return window[1] - window[0], window[3] - window[2]


def _panel(
    title: str, cut: Cut, window: Window, margin: float = 0.03, *, whole: bool = False
) -> Panel:
    room = margin * max(_size(window))
    width, height = _size(window)
    stretched = max(width, height) > _SLIM * min(width, height)
    room_x, room_z = (margin * width, margin * height) if stretched else (room, room)
    x0, x1, z0, z1 = window
    window = x0 - room_x, x1 + room_x, z0 - room_z, z1 + room_z
    width, height = _size(window)
    if stretched:
        size = (_WIDEST, 1.8) if width > height else (1.8, _TALLEST)
    else:
        scale = min(_WIDEST / width, _TALLEST / height)
        size = scale * width, scale * height
    return Panel(title, cut, window, *size, stretched, whole)


def _figure(panels: list[Panel]) -> tuple[Figure, list[Axes]]:
    """Return a figure with the panels beside each other, or below if they are wide."""
    below = all(p.width > 1.8 * p.height for p in panels)
    widths, heights = [p.width + 2.0 for p in panels], [p.height + 1.0 for p in panels]
    width = max(widths) if below else sum(widths)
    height = (sum(heights) if below else max(heights)) + 0.75
    width = max(width, 6.4)
    figure = style.new_figure(width, height)
    axes, left, top = [], 0.85, height - 1.15
    for panel in panels:
        place = (left / width, (top - panel.height) / height)
        axes.append(figure.add_axes((*place, panel.width / width, panel.height / height)))
        if below:
            top -= panel.height + 1.0
        else:
            left += panel.width + 2.0
    return figure, axes


def draw_body_temperature(cuts: list[tuple[str, Cut]], result: Result) -> Figure:
    """Draw the absolute temperature on the cuts of a body; whole cuts share their colours."""
    low = min(float(cut.values.min()) for _, cut in cuts)
    high = max(float(cut.values.max()) for _, cut in cuts)
    with style.styled():
        shown = panels_of(cuts)
        figure, places = _figure(shown)
        for axes, panel in zip(places, shown, strict=True):
            limits = (low, high) if panel.whole else None
            paint(
                axes, panel.cut, panel.window, panel.title,
                limits=limits, stretched=panel.stretched,
            )  # fmt: skip
            _axis(axes, panel)
        change = high - low
        text = f"Temperature here from {absolute(low, change=change)} to "
        text += absolute(high, change=change)
        time = result.summary.get("time_s")
        heading(figure, result, text if time is None else f"{text}, after {time_text(time)}")
    return figure


def draw_body_mesh(cuts: list[tuple[str, Cut]], result: Result) -> Figure:
    """Draw the cells on the cuts of a body."""
    with style.styled():
        shown = panels_of(cuts)
        figure, places = _figure(shown)
        for axes, panel in zip(places, shown, strict=True):
            draw_cells(axes, panel.cut, panel.window, stretched=panel.stretched)
            frame(axes, panel.window, panel.title, panel.cut.axes, stretched=panel.stretched)
            _axis(axes, panel)
        heading(figure, result, counts(result))
    return figure


def _axis(axes: Axes, panel: Panel) -> None:
    """Mark the axis of revolution where the panel shows it."""
    if panel.cut.axes[0] == "r" and panel.window[0] <= 0.0:
        axes.axvline(0.0, color=style.NEUTRAL, lw=1.0, ls="-.")
