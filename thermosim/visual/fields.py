"""Pictures of ΔT on the cut through particle and substrate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.model.layout import Focus
    from thermosim.results import Result
    from thermosim.visual.fields_cut import Cut

Window = tuple[float, float, float, float]
"""Ranges (x0, x1, z0, z1) [µm]."""

_CONTACT_RADII = 5.0
_NM = 1e-3  # µm
_MOST_WIDTHS = 5.0  # of a particle: particles farther apart are not shown in one window
_UNITS = {_NM: "nm", 1.0: "µm", 1e3: "mm", 1e6: "m"}


@dataclass(frozen=True)
class Frames:
    """What the panels of a picture show [µm]; None where there is nothing to show."""

    middle: Window
    contact: Window | None
    whole: Window | None


def focus_of(result: Result) -> Focus:
    """Return what stands in the middle of the pictures of a result that has a focus."""
    focus = result.layout.focus
    assert focus is not None
    return focus


def frames(cut: Cut, result: Result) -> Frames:
    """Return the windows: particles, five contact radii around the first contact, everything."""
    focus = focus_of(result)
    low, high = (1e6 * x for x in focus.width)
    foot = 1e6 * focus.foot[0]
    x0, x1, _, z1 = cut.extent(cut.numbers[focus.region])
    if x1 - x0 > _MOST_WIDTHS * (high - low):
        x0, x1 = foot + low, foot + high
    middle, half = 0.5 * (x0 + x1), 0.65 * max(x1 - x0, z1)
    window = (middle - half, middle + half, z1 - 1.75 * half, z1 + 0.25 * half)
    b = float(result.summary.get("contact_radius_m", 0.0)) * 1e6
    reach = min(_CONTACT_RADII * b, 0.9 * half)
    contact = (foot - reach, foot + reach, -reach, reach) if b > 0 else None
    return Frames(window, contact, _below(cut, focus.region, 4 * half))


def _below(cut: Cut, region: str, width: float) -> Window | None:
    """Return the window of all but a region, if it is wider than `width`."""
    numbers = [int(n) for n in np.unique(cut.regions) if n != cut.numbers[region]]
    if not numbers:
        return None
    x0, x1, z0, z1 = np.array([cut.extent(n) for n in numbers]).T
    window = float(x0.min()), float(x1.max()), float(z0.min()), float(z1.max())
    return window if window[1] - window[0] > width else None


def draw_temperature(cut: Cut, result: Result) -> Figure:
    """Draw ΔT around the particle, at the contact and over the whole substrate."""
    windows = frames(cut, result)
    with style.styled():
        figure, places = panels(windows)
        axes = figure.add_axes(places["middle"])
        titles = panel_titles(result)
        paint(axes, cut, windows.middle, titles["middle"])
        if windows.contact is not None:
            mark(axes, windows.contact, windows.middle)
            close = figure.add_axes(places["contact"])
            paint(close, cut, windows.contact, titles["contact"])
        if windows.whole is not None:
            strip = figure.add_axes(places["whole"])
            far = outside(cut, windows.middle)
            paint(strip, cut, windows.whole, titles["whole"], limits=far, stretched=True)
        heading(figure, result, _meaning(result))
    return figure


def _meaning(result: Result) -> str:
    text = f"ΔT = temperature minus {result.layout.zero} temperature{where(result)}"
    time = result.summary.get("time_s")
    return text if time is None else f"{text}, after {style.time_text(time)}"


def where(result: Result) -> str:
    """Return which plane is shown, where that is not plain."""
    focus = focus_of(result)
    if focus.count == 1:
        return ""
    return f"; cut at y = {style.si_text(focus.foot[1], 'm')}, through particle 1"


def panels(windows: Frames) -> tuple[Figure, dict[str, Any]]:
    """Return a figure and the places of its panels, as fractions of width and height."""
    width = 11.4 if windows.contact is not None else 6.6
    height = 7.4 if windows.whole is not None else 5.6
    figure = style.new_figure(width, height)
    side, low = 4.0, height - 4.85

    def place(x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        return x / width, y / height, w / width, h / height

    places = {
        "middle": place(0.75, low, side, side),
        "contact": place(6.35, low, side, side),
        "whole": place(0.75, 0.6, width - 0.75 - 1.05, 1.15),
    }
    return figure, places


def panel_titles(result: Result) -> dict[str, str]:
    """Return what stands above each panel."""
    focus, b = focus_of(result), result.summary.get("contact_radius_m", 0.0)
    return {
        "middle": focus.title,
        "contact": f"Contact, radius {style.si_text(b, 'm', 3)}",
        "whole": focus.below,
    }


def heading(figure: Figure, result: Result, below: str) -> None:
    """Write the title of the case and a line below it, at the upper edge of the figure."""
    width, height = figure.get_size_inches()
    left = 0.25 / width
    title = result.case.title or "Untitled case"
    size = style.title_size(title, width)
    figure.text(left, 1 - 0.12 / height, title, fontsize=size, weight="bold", va="top")
    figure.text(left, 1 - 0.40 / height, below, fontsize=9.5, color=style.NEUTRAL, va="top")


def paint(
    axes: Axes,
    cut: Cut,
    window: Window,
    title: str,
    *,
    limits: tuple[float, float] | None = None,
    stretched: bool = False,
    bar: bool = True,
) -> Any:
    """Fill a window with ΔT, isotherms and outlines; the colours span `limits` [K] or the window.

    Returns what a colour bar needs.
    """
    from matplotlib.tri import Triangulation

    points, triangles, values = cut.triangles(window)
    low, high = limits or seen_range(points, values, window)
    offset, factor, label = style.temperature_scale(np.array([low, high]), cut.symbol)
    factor_x, factor_z = length_scales(window, stretched=stretched)
    shown = (values - offset) / factor
    ends = (low - offset) / factor, (high - offset) / factor
    mesh = Triangulation(points[:, 0] / factor_x, points[:, 1] / factor_z, triangles)
    filled = axes.tripcolor(mesh, shown, shading="gouraud", cmap=style.COLOURS, clim=_open(*ends))
    filled.set_rasterized(True)
    if cut.symbol == "ΔT" and turns_sign(low, high):
        most = max(-ends[0], ends[1])
        filled.set(cmap=style.DIVERGING, clim=(-most, most))
        if np.ptp(np.sign(shown)):
            axes.tricontour(mesh, shown, levels=[0.0], colors=style.INK, linewidths=1.2)
    levels = isotherms(*ends)
    if len(levels):
        thin: dict[str, Any] = {"colors": "white", "linestyles": "solid", "linewidths": 0.5}
        axes.tricontour(mesh, shown, levels=levels, alpha=0.55, **thin)
    lines(axes, cut.outlines / np.array([factor_x, factor_z]), style.INK, 0.9)
    frame(axes, window, title, cut.axes, stretched=stretched)
    if bar:
        beyond = _beyond(values, low, high) if limits else "neither"
        colour_bar(axes, filled, label, beyond)
    return filled


def _open(low: float, high: float) -> tuple[float, float]:
    """Return limits that differ, for a field that is constant."""
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def turns_sign(low: float, high: float) -> bool:
    """Whether a range of ΔT holds cold and warm, beyond a trace of either."""
    return min(-low, high) > 0.01 * max(-low, high)


def seen_range(
    points: NDArray[np.float64], values: NDArray[np.float64], window: Window
) -> tuple[float, float]:
    """Return lowest and highest value at the points inside a window (all if none is inside)."""
    x0, x1, z0, z1 = window
    x, z = points.T
    inside = (x >= x0) & (x <= x1) & (z >= z0) & (z <= z1)
    seen = values[inside] if inside.any() else values
    return float(seen.min()), float(seen.max())


def outside(cut: Cut, window: Window) -> tuple[float, float]:
    """Return lowest and highest ΔT [K] of what lies beside the particle's window."""
    points, values = cut.x.reshape(-1, 2), cut.values.reshape(-1)
    far = (points[:, 0] < window[0]) | (points[:, 0] > window[1])
    seen = values[far] if far.any() else values
    return float(seen.min()), float(seen.max())


def _beyond(values: NDArray[np.float64], low: float, high: float) -> str:
    slack = 1e-6 * (high - low)
    below, above = bool((values < low - slack).any()), bool((values > high + slack).any())
    return {(False, False): "neither", (True, False): "min", (False, True): "max"}.get(
        (below, above), "both"
    )


def isotherms(low: float, high: float, count: int = 9) -> NDArray[np.float64]:
    """Return round levels between two values, without the ends."""
    from matplotlib.ticker import MaxNLocator

    if not high > low:
        return np.empty(0)
    locator = MaxNLocator(count + 1, steps=[1, 2, 2.5, 5, 10])
    levels = np.asarray(locator.tick_values(low, high))
    slack = 0.01 * (high - low)
    return np.asarray(levels[(levels > low + slack) & (levels < high - slack)])


def length_scale(size: float) -> float:
    """Return micrometres per unit of an axis that suits a size [µm]: nm, µm, mm or m."""
    limits = {1.5e6: 1e6, 1.5e3: 1e3, 2.0: 1.0}
    return next((scale for limit, scale in limits.items() if size >= limit), _NM)


def length_scales(window: Window, *, stretched: bool) -> tuple[float, float]:
    """Return micrometres per unit across and in height; a stretched panel has one for each."""
    across, height = window[1] - window[0], window[3] - window[2]
    if not stretched:
        across = height = max(across, height)
    return length_scale(across), length_scale(height)


def lines(axes: Axes, segments: NDArray[np.float64], colour: str, width: float) -> None:
    """Draw lines (n, points, 2) as one path: thousands of single ones take a second."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    bent = _is_bent(segments)
    for group in (segments[bent], segments[~bent][:, [0, -1]]):
        if not len(group):
            continue
        codes = np.full(group.shape[:2], Path.LINETO, dtype=Path.code_type)
        codes[:, 0] = Path.MOVETO
        path = Path(group.reshape(-1, 2), codes.ravel())
        axes.add_artist(PathPatch(path, fill=False, edgecolor=colour, linewidth=width, snap=False))


def _is_bent(segments: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the lines (n, points, 2) whose middle lies off the chord by a thousandth of it."""
    if segments.shape[1] < 3:
        return np.zeros(len(segments), dtype=bool)
    first, last = segments[:, 0], segments[:, -1]
    middle = segments[:, segments.shape[1] // 2]
    chord, off = last - first, middle - first
    area = np.abs(chord[:, 0] * off[:, 1] - chord[:, 1] * off[:, 0])
    return np.asarray(area > 1e-3 * (chord**2).sum(axis=1))


def frame(
    axes: Axes, window: Window, title: str, names: tuple[str, str], *, stretched: bool = False
) -> None:
    """Set limits, labels and title of a panel; a stretched one does not keep the aspect."""
    scale_x, scale_z = length_scales(window, stretched=stretched)
    x0, x1, z0, z1 = window
    room = 0.06 * (z1 - z0) if stretched else 0.0
    axes.set(xlim=(x0 / scale_x, x1 / scale_x), ylim=((z0 - room) / scale_z, (z1 + room) / scale_z))
    if stretched:
        title += " (height not to scale)"
    else:
        axes.set_aspect("equal")
    axes.set_title(title, fontsize=10.5, y=1.0)  # given: nothing stands above, where it is sought
    axes.set_xlabel(f"{names[0]} ({_UNITS[scale_x]})")
    axes.set_ylabel(f"{names[1]} ({_UNITS[scale_z]})")
    axes.set_facecolor("white")


def colour_bar(axes: Axes, filled: Any, label: str, beyond: str = "neither") -> None:
    """Put a colour bar of the panel's height at its right."""
    figure: Any = axes.figure
    box = axes.get_position()
    width = figure.get_size_inches()[0]
    place = figure.add_axes((box.x1 + 0.12 / width, box.y0, 0.16 / width, box.height))
    bar = figure.colorbar(filled, cax=place, extend=beyond)
    bar.ax.set_title(label, fontsize=9.5, fontweight="normal", loc="center", pad=8)
    bar.outline.set_linewidth(0.6)


def mark(axes: Axes, inner: Window, outer: Window) -> None:
    """Show where the zoom is: a rectangle, or an arrow where that would be too small to see."""
    scale, _ = length_scales(outer, stretched=False)
    x0, x1, z0, z1 = (w / scale for w in inner)
    middle = 0.5 * (x0 + x1), 0.5 * (z0 + z1)
    if inner[1] - inner[0] > 0.02 * (outer[1] - outer[0]):
        axes.plot([x0, x1, x1, x0, x0], [z0, z0, z1, z1, z0], color=style.WARMS, lw=1.2)
        return
    axes.annotate(
        "contact",
        middle,
        xytext=(88, 10),
        textcoords="offset points",
        fontsize=9,
        arrowprops={"arrowstyle": "->", "color": style.WARMS, "lw": 1.4},
    )
