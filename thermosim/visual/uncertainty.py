"""What numbers that are not known exactly do to ΔT, as bars: the largest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermosim.results.words import goal_words, signed, spread
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from thermosim.results import Result

_MOST, _LEAST = 12, 1e-3  # bars, and share of the largest below which there is none


def has_uncertainty(result: Result) -> bool:
    """Return whether there is anything to draw."""
    return bool(result.summary.get("sensitivity"))


def draw_uncertainty(result: Result) -> Figure:
    """Draw the change of ΔT by one standard deviation of each number, up and down."""
    known = result.summary["sensitivity"]
    largest = max(abs(entry["change_K"]) for entry in known.values())
    shown = [(p, e) for p, e in known.items() if abs(e["change_K"]) >= _LEAST * largest][:_MOST]
    ends = [e[side] for _, e in shown for side in ("up_K", "down_K")]
    scale, unit = style.si_scale(ends, "K")
    with style.styled():
        height = 1.7 + 0.42 * len(shown)
        figure = style.new_figure(9.0, height)
        axes = figure.add_axes((0.42, 0.72 / height, 0.54, 1 - (0.72 + 0.85) / height))
        for place, (_, entry) in enumerate(shown):
            for side, colour in (("up_K", style.WARMS), ("down_K", style.COOLS)):
                axes.barh(place, entry[side] / scale, color=colour, height=0.62)
            note = signed(entry["change_K"]) + ("" if entry["linear"] else ", not linear")
            edge = max(entry["up_K"], entry["down_K"], 0.0) / scale
            axes.text(edge, place, f"  {note}", va="center", fontsize=8, color=style.NEUTRAL)
        words = [f"{path}\n{spread(entry)}" for path, entry in shown]
        axes.set_yticks(range(len(shown)), words, fontsize=8)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.axvline(0.0, color=style.NEUTRAL, lw=0.8)
        low, high = min([0.0, *ends]) / scale, max([0.0, *ends]) / scale
        axes.set_xlim(low - 0.08 * (high - low), high + 0.5 * (high - low))
        axes.set_xlabel(f"change of ΔT ({unit})")
        style.clean_axes(axes, grid="x")
        axes.spines["left"].set_visible(False)
        title = "Numbers not known exactly: one standard deviation up (orange) and down (blue)"
        figure.text(0.02, 1 - 0.12 / height, title, fontsize=10.5, weight="bold", va="top")
        figure.text(
            0.02, 1 - 0.42 / height, f"ΔT = {goal_words(result)}", fontsize=9,
            color=style.NEUTRAL, va="top",
        )  # fmt: skip
    return figure
