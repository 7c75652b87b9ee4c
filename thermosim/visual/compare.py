"""Results side by side: the cuts in one colour scale, ΔT, and the heat that leaks in or out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.results.words import absolute, delta_text, goal_delta, largest_error
from thermosim.visual import style
from thermosim.visual.budget import percent, rows_of, shares
from thermosim.visual.fields import frames, paint, seen_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.results import Result
    from thermosim.visual.fields import Window
    from thermosim.visual.fields_cut import Cut

_MOST_CUTS = 4
_DPI = 160
_WRAP = 34
_SIDES = {2: 3.8, 3: 3.2}  # inches of a square panel, by number of results


def draw_side_by_side(results: Sequence[Result], cuts: Sequence[Cut | None]) -> Figure:
    """Draw two or more results: temperature, ΔT with its error, the heat budget.

    Cuts are drawn where every result has one and there are at most four; all in one scale.
    """
    style.require_same_length(results=results, cuts=cuts)
    shown = [cut for cut in cuts if cut is not None]
    with_cuts = len(shown) == len(results) <= _MOST_CUTS
    side = _SIDES.get(len(results), 2.6)
    with style.styled():
        width = 1.85 + 0.8 * (len(results) - 1) + side * len(results) if with_cuts else 10.3
        paths = _paths(results)
        below = 1.4 + 0.3 * max(len(paths), 2) * len(results)
        names = 0.75 + 0.24 * len(results)
        figure = style.new_figure(width, below + (side + 1.95 if with_cuts else names))
        figure.set_dpi(_DPI)
        _heading(figure, results)
        if with_cuts:
            _draw_cuts(figure, results, shown, side)
        else:
            _list_names(figure, results)
        _draw_bars(figure, results, paths, below)
    return figure


def _heading(figure: Figure, results: Sequence[Result]) -> None:
    width, height = figure.get_size_inches()
    text = f"{_count(len(results))} side by side: how cold or warm, and where the heat flows"
    figure.text(0.25 / width, 1 - 0.14 / height, text, fontsize=14, weight="bold", va="top")
    zero = results[0].layout.zero
    if not zero:
        return
    text = f"ΔT = temperature minus {zero} temperature"
    figure.text(0.25 / width, 1 - 0.43 / height, text, fontsize=9.5, color=style.NEUTRAL, va="top")


def _list_names(figure: Figure, results: Sequence[Result]) -> None:
    """Say which letter is which result, where no cuts stand for them."""
    width, height = figure.get_size_inches()
    for i, result in enumerate(results):
        place = 1 - (0.75 + 0.24 * i) / height
        text = f"{letter(i)}  {name_of(result)}"
        figure.text(0.25 / width, place, text, color=style.colour_of(i), weight="bold", va="top")


def _count(number: int) -> str:
    words = {2: "Two cases", 3: "Three cases", 4: "Four cases"}
    return words.get(number, f"{number} cases")


def _draw_cuts(figure: Figure, results: Sequence[Result], cuts: Sequence[Cut], side: float) -> None:
    width, height = figure.get_size_inches()
    limits = _common_range(results, cuts)
    filled: Any = None
    for i, (result, cut) in enumerate(zip(results, cuts, strict=True)):
        left, bottom = 0.75 + i * (side + 0.8), height - 1.25 - side
        axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
        window = _window(cut, result)
        filled = paint(axes, cut, window, "", limits=limits, bar=False)
        axes.set_title(f"{letter(i)}  {wrapped(result)}", color=style.colour_of(i), fontsize=11)
        _note_mean(axes, result)
    place = (left + side + 0.15) / width, bottom / height, 0.18 / width, side / height
    bar = figure.colorbar(filled, cax=figure.add_axes(place))
    label = style.temperature_scale(np.array(limits), cuts[0].symbol)[2]
    bar.ax.set_title(label, fontsize=9.5, weight="normal",
                     loc="center", pad=8)  # fmt: skip


def _note_mean(axes: Axes, result: Result) -> None:
    axes.text(
        0.03,
        0.97,
        _answer(result),
        transform=axes.transAxes,
        va="top",
        fontsize=9.5,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 2.0},
    )


def _answer(result: Result) -> str:
    """Return the one number of a result, for a corner of its picture."""
    layout, (delta, _) = result.layout, goal_delta(result)
    if layout.zero:
        error = largest_error(result)
        text = style.si_text(delta, "K") if not error else delta_text(delta, error)
        return f"mean ΔT\n{text}"
    return f"{layout.goal}\n{absolute(layout.T_ref + delta, change=abs(delta))}"


def _window(cut: Cut, result: Result) -> Window:
    """Return the window of what stands in the middle, or of all, as a square."""
    if result.layout.focus is not None:
        return frames(cut, result).middle
    x0, x1, z0, z1 = cut.extent()
    half = 0.52 * max(x1 - x0, z1 - z0)
    x, z = 0.5 * (x0 + x1), 0.5 * (z0 + z1)
    return x - half, x + half, z - half, z + half


def _common_range(results: Sequence[Result], cuts: Sequence[Cut]) -> tuple[float, float]:
    lows, highs = [], []
    for result, cut in zip(results, cuts, strict=True):
        window = _window(cut, result)
        points, _, values = cut.triangles(window, most=10_000)
        low, high = seen_range(points, values, window)
        lows.append(low)
        highs.append(high)
    return min(lows), max(highs)


def letter(index: int) -> str:
    """Return A, B, … Z, AA, … for the result with this number."""
    head = letter(index // 26 - 1) if index >= 26 else ""
    return head + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index % 26]


def name_of(result: Result) -> str:
    """Return what a result is called: its title, else its folder."""
    return result.case.title or (result.directory.name if result.directory else "untitled")


def wrapped(result: Result, width: int = _WRAP) -> str:
    """Return the name of a result in at most two lines."""
    from textwrap import wrap

    found = wrap(name_of(result), width)
    return "\n".join(found[:2]) + (" …" if len(found) > 2 else "")


def _draw_bars(
    figure: Figure, results: Sequence[Result], paths: Sequence[tuple[str, bool]], below: float
) -> None:
    width, height = figure.get_size_inches()
    bottom, tall = 0.62, below - 1.05
    left = figure.add_axes((0.55 / width, bottom / height, 0.25, tall / height))
    draw_temperatures(left, results)
    start = 0.55 / width + 0.25 + 2.45 / width
    right = figure.add_axes((start, bottom / height, 1 - start - 0.25 / width, tall / height))
    draw_budgets(right, results, paths)


def draw_temperatures(axes: Axes, results: Sequence[Result]) -> None:
    """Draw ΔT of the goal of each result as a bar with the largest ± that is known."""
    found = [(goal_delta(result)[0], largest_error(result)) for result in results]
    means, errors = np.array([(delta, error or np.nan) for delta, error in found]).T
    factor, unit = style.si_scale(means, "K")
    ends = np.abs(means) + np.nan_to_num(errors)
    reach = float(ends.max()) / factor or 1.0
    places = np.arange(len(results))
    colours = [style.colour_of(i) for i in range(len(results))]
    axes.barh(
        places, means / factor, 0.55, color=colours,
        xerr=errors / factor, error_kw={"ecolor": style.INK, "capsize": 3},
    )  # fmt: skip
    for i, (mean, error) in enumerate(zip(means, errors, strict=True)):
        text = delta_text(float(mean), float(error))
        axes.text(
            0.01, i - 0.36, text, transform=axes.get_yaxis_transform(), va="bottom", fontsize=9
        )
    axes.set_yticks(places, [letter(i) for i in range(len(results))], weight="bold")
    axes.set_ylim(len(results) - 0.45, -0.75)
    axes.set_xlim(
        min(0.0, float((means - np.nan_to_num(errors)).min()) / factor) - 0.05 * reach,
        max(0.0, float((means + np.nan_to_num(errors)).max()) / factor) + 0.05 * reach,
    )
    axes.axvline(0.0, color=style.NEUTRAL, lw=0.8)
    layout = results[0].layout
    what = f"ΔT of the {layout.about}" if layout.zero else "T of the goal minus reference"
    axes.set_xlabel(f"{what} ({unit})")
    unsure = any(result.summary.get("delta_T_material_K") for result in results)
    what = "numbers not known exactly" if unsure else "numerical error"
    axes.set_title(f"{'Mean ΔT' if layout.zero else 'ΔT'} ± {what}")
    style.clean_axes(axes, grid="x")


def _paths(results: Sequence[Result]) -> list[tuple[str, bool]]:
    """Return every path of the main bodies' budgets once: label, and whether it is a source."""
    found: dict[tuple[str, bool], None] = {}
    for result in results:
        for row in rows_of(result):
            if row.body == result.layout.main:
                found[row.label, row.source] = None
    return sorted(found, key=lambda path: not path[1])


def draw_budgets(axes: Axes, results: Sequence[Result], paths: Sequence[tuple[str, bool]]) -> None:
    """Draw what each path brings to (or takes from) the main body, results grouped by path."""
    tables = [_main_table(result) for result in results]
    heats = [heat for table in tables for heat, _ in table.values()]
    watts = results[0].layout.heat_unit
    factor, unit = style.si_scale(heats, watts)
    reach = max(map(abs, heats), default=0.0) / factor or 1.0
    step = 0.8 / len(results)
    for p, (label, _) in enumerate(paths):
        for i, table in enumerate(tables):
            heat, share = table.get(label, (0.0, 0.0))
            place = p + (i - 0.5 * (len(results) - 1)) * step
            axes.barh(place, heat / factor, 0.88 * step, color=style.colour_of(i))
            text = f"{style.si_text(heat, watts, 3, zeros=True)} ({percent(share)})"
            _say(axes, place, heat / factor, text, reach)
    axes.set_yticks(range(len(paths)), [label for label, _ in paths])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(paths) - 0.5, -0.5)
    low, high = min(0.0, *heats) / factor, max(0.0, *heats) / factor
    axes.set_xlim(low - 1.1 * reach * (low < 0), high + 1.1 * reach * (high > 0))
    axes.axvline(0.0, color=style.NEUTRAL, lw=0.8)
    body = results[0].layout.about
    axes.set_xlabel(f"← cools the {body}      heat ({unit})      warms it →")
    axes.set_title(f"Heat of the {body} by path")
    style.clean_axes(axes, grid="x")
    axes.spines["left"].set_visible(False)


def _main_table(result: Result) -> dict[str, tuple[float, float]]:
    """Return heat [W] and share of the main body's paths by label."""
    rows = rows_of(result)
    found: dict[str, tuple[float, float]] = {}
    for row, share in zip(rows, shares(rows), strict=True):
        if row.body == result.layout.main:
            heat, part = found.get(row.label, (0.0, 0.0))
            found[row.label] = heat + row.heat, part + share
    return found


def _say(axes: Axes, place: float, length: float, text: str, reach: float) -> None:
    side = -1 if length < 0 else 1
    axes.text(
        length + side * 0.02 * reach,
        place,
        text,
        ha="right" if side < 0 else "left",
        va="center",
        fontsize=8.5,
    )
