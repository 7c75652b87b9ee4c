"""The heat budget in words, as rows of a table and as bars.

One sign everywhere here: heat is positive when it warms the body it belongs to, negative when it
cools it; the rows of a body sum to zero in a steady state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from thermosim.results.words import (
    delta_text,
    goal_delta,
    goal_text,
    largest_error,
    without_rounding,
)
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.results import Result

CONTACT = "conduction through the contact"


@dataclass(frozen=True)
class Row:
    """One path of heat: the body it belongs to, words, and heat [W] that warms that body."""

    body: str
    label: str
    heat: float
    source: bool = False


def rows_of(result: Result) -> list[Row]:
    """Return the budget of a result, body by body, sources first; rounding is 0 W."""
    layout = result.layout
    sources, paths = [], []
    for name, heat in result.budget.items():
        place, _, path = name.partition(":")
        if place == "source":
            words = layout.source_words(path)
            sources.append(Row(layout.owner(path), words, heat, source=True))
        else:
            paths.append(Row(layout.owner(place), layout.path_words(place, path), -heat))
    rows = [*sources, *_contact_rows(result, paths), *paths]
    bodies = list(dict.fromkeys(row.body for row in rows))
    turned = max((abs(row.heat) for row in rows), default=0.0)
    return [
        replace(row, heat=without_rounding(row.heat, turned))
        for row in sorted(rows, key=lambda row: bodies.index(row.body))
    ]


def _contact_rows(result: Result, paths: list[Row]) -> list[Row]:
    """Return what the main body gives to the other one, where that has paths of its own."""
    layout = result.layout
    heat = result.summary.get(layout.contact)
    if heat is None or all(row.body == layout.main for row in paths):
        return []
    return [Row(layout.main, CONTACT, -heat), Row(layout.other, CONTACT, heat)]


def shares(rows: list[Row]) -> list[float]:
    """Return each row's share of the heat that its body takes in (or gives off): 0 to 1."""
    turned: dict[str, float] = {}
    for body in {row.body for row in rows}:
        heats = [row.heat for row in rows if row.body == body]
        turned[body] = max(sum(h for h in heats if h > 0), -sum(h for h in heats if h < 0))
    return [abs(row.heat) / turned[row.body] if turned[row.body] else 0.0 for row in rows]


def percent(share: float) -> str:
    """Return a share in words that never round a small one to nothing."""
    if share == 0 or share > 1 - 1e-7:
        return f"{round(100 * share)} %"
    if share > 0.9999:
        return "> 99.99 %"
    digits = 4 if share > 0.99 else 3 if share > 0.1 else 2
    return f"{100 * share:#.{digits}g} %" if share >= 1e-6 else "< 0.0001 %"


def draw_budget(result: Result) -> Figure:
    """Draw the heat budget: for each body a bar per path, right warms and left cools."""
    rows = rows_of(result)
    bodies = list(dict.fromkeys(row.body for row in rows))
    with style.styled():
        height = 1.9 + 0.36 * len(rows) + 0.45 * len(bodies)
        figure = style.new_figure(9.0, height)
        axes = figure.add_axes((0.36, 0.72 / height, 0.58, 1 - (0.72 + 1.1) / height))
        _bars(axes, rows, bodies, result.layout.heat_unit)
        title = result.case.title or "Untitled case"
        size = style.title_size(title, 9.0)
        figure.text(0.02, 1 - 0.12 / height, title, fontsize=size, weight="bold", va="top")
        figure.text(
            0.02, 1 - 0.42 / height, headline(result), fontsize=9.5, color=style.NEUTRAL, va="top"
        )
    return figure


def _bars(axes: Axes, rows: list[Row], bodies: list[str], watts: str) -> None:
    scale, unit = style.si_scale([row.heat for row in rows], watts)
    reach = max((abs(row.heat) for row in rows), default=0.0) / scale or 1.0
    position, ticks, words = 0.0, [], []
    for body in bodies:
        axes.text(
            -0.02, position, _title(body), transform=axes.get_yaxis_transform(),
            ha="right", va="center", weight="bold",
        )  # fmt: skip
        for row, share in zip(rows, shares(rows), strict=True):
            if row.body != body:
                continue
            position += 1.0
            text = f"{style.si_text(row.heat, watts, zeros=True)}  ({percent(share)})"
            _bar(axes, position, row.heat / scale, text, reach)
            ticks.append(position)
            words.append(row.label)
        position += 1.35
    axes.set_yticks(ticks, words)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(position - 0.6, -0.6)
    axes.set_xlim(-2.3 * reach, 2.3 * reach)
    axes.axvline(0.0, color=style.NEUTRAL, lw=0.8)
    axes.set_xlabel(f"← takes heat away          heat ({unit})          brings heat →")
    style.clean_axes(axes, grid="x")
    axes.spines["left"].set_visible(False)


def _title(body: str) -> str:
    return body.capitalize()


def _bar(axes: Axes, position: float, length: float, text: str, reach: float) -> None:
    axes.barh(position, length, height=0.72, color=style.COOLS if length < 0 else style.WARMS)
    side = -1 if length < 0 else 1
    axes.text(
        length + side * 0.025 * reach,
        position,
        text,
        ha="right" if side < 0 else "left",
        va="center",
        fontsize=9,
    )


def headline(result: Result) -> str:
    """Return the result in two lines: how cold or warm, and which path balances it."""
    layout, numbers = result.layout, result.summary
    delta, error = goal_delta(result)[0], largest_error(result)
    when = f"After {style.time_text(numbers['time_s'])} the" if "time_s" in numbers else "The"
    colder = f"{delta_text(abs(delta), error)} {'colder' if delta < 0 else 'warmer'} than"
    if layout.zero:
        several = layout.focus is not None and layout.focus.count > 1
        who = f"{layout.about}s are on average" if several else f"{layout.about} is"
        return f"{when} {who} {colder} the {layout.zero}.{_balance(result)}"
    beside = f", {colder} {layout.T_ref:g} K" if layout.lit else ""
    return f"{when} {layout.goal} is {goal_text(result)}{beside}.{_largest_flow(result)}"


def _balance(result: Result) -> str:
    """Return what drives the main body, and the path by which most of that goes or comes back."""
    layout = result.layout
    rows = [row for row in rows_of(result) if row.body == layout.main]
    source = sum(row.heat for row in rows if row.source)
    against = [row for row in rows if not row.source and row.heat * source < 0]
    if not against:
        return ""
    share = dict(zip([id(r) for r in rows], shares(rows), strict=True))
    best = max(against, key=lambda row: abs(row.heat))
    verb = "takes away" if source < 0 else "brings"
    back = "comes back" if source < 0 else "leaves"
    amount = style.si_text(abs(source), layout.heat_unit, zeros=True)
    return (
        f"\nThe {layout.driver} {verb} {amount}; "
        f"{percent(share[id(best)])} of it {back} by {best.label}."
    )


def _largest_flow(result: Result) -> str:
    """Return where the most heat comes from and goes to; nothing if none flows."""
    rows = rows_of(result)
    come, go = [r for r in rows if r.heat > 0], [r for r in rows if r.heat < 0]
    if not come or not go:
        return ""
    unit = result.layout.heat_unit
    first, last = max(come, key=lambda r: r.heat), min(go, key=lambda r: r.heat)
    return (
        f"\n{style.si_text(first.heat, unit, zeros=True)} comes from {first.label}; "
        f"{style.si_text(-last.heat, unit, zeros=True)} goes to {last.label}."
    )
