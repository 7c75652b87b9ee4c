"""One page on a claimed ΔT that a referee can attach: no other file, no network."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim import __version__
from thermosim.language.units import si_text, time_scale
from thermosim.visual import style
from thermosim.visual.claim_words import (
    Document,
    conductance_rows,
    duties,
    required_rows,
    rounded,
    sentence,
    sigmas,
    without_value,
)
from thermosim.visual.html import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 5.6  # inches: still readable on a telephone
_FAR = 12.0  # standard deviations at which the axis ends
_SURE, _RANGE = 2.0, 3.0  # standard deviations: of the verdict, and of a range


def claim_page(found: Document, case_text: str) -> str:
    """Return the page: sentence, arithmetic, the four duties, what would have to be, the case."""
    figures = [_conductances(found), _distances(found), _course(found)]
    required = [("as the case stands", found["required"])]
    if found["required_even_light"]:
        required.append(("even light, without losses", found["required_even_light"]))
    return render(
        "claim.html.j2",
        title=found["title"] or "A claimed ΔT",
        sentence=sentence(found),
        verdict=found["verdict"],
        duties=duties(found),
        figures=[(_svg(figure), alt) for figure, alt in filter(None, figures)],
        required=[(n, required_rows(rows), without_value(rows)) for n, rows in required],
        sources=_sources(found),
        notes=list(found.get("data", {}).get("notes", ())),
        version=__version__,
        case_text=case_text,
    )


def _sources(found: Document) -> list[tuple[str, str]]:
    """Return where the spread of each number comes from."""
    both = {**(found["required_even_light"] or {}), **found["required"]}
    return [(path, row["source"]) for path, row in both.items() if row.get("source")]


def _svg(figure: Figure) -> str:
    """Return a figure as a data URL; the same figure gives the same text."""
    import matplotlib

    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "thermosim"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()


def _conductances(found: Document) -> tuple[Figure, str]:
    """Draw what each path conducts, and what the claim allows in all."""
    rows = [(name, G) for name, G in conductance_rows(found) if G > 0.0]
    allowed = found["allowed_conductance_W_per_K"]
    with style.styled():
        figure = style.new_figure(_WIDTH, 1.3 + 0.34 * len(rows), layout="constrained")
        axes = figure.add_subplot()
        for i, (_, G) in enumerate(rows):
            axes.barh(i, G, color=style.WARMS if allowed < G else style.COOLS, height=0.62)
            axes.text(G, i, f" {si_text(G, 'W/K', 3)}", va="center", fontsize=9)
        axes.axvline(allowed, color=style.INK, lw=1.2, ls="--")
        axes.set_title(f"allowed in all: {si_text(allowed, 'W/K', 3)} (dashed)")
        axes.set_xscale("log")
        sizes = [allowed, *(G for _, G in rows)]
        axes.set_xlim(min(sizes) / 3.0, max(sizes) * 30.0)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.invert_yaxis()
        axes.set_xlabel("conductance (W/K)")
        style.clean_axes(axes, grid="x")
    told = ", ".join(f"{name} {si_text(G, 'W/K', 3)}" for name, G in rows)
    return figure, f"What conducts: {told}; the claim allows {si_text(allowed, 'W/K', 3)} in all."


def _distances(found: Document) -> tuple[Figure, str] | None:
    """Draw how far from its prior each number would have to be, alone; None if none has a value."""
    light, rows = "as the case stands", _with_distance(found["required"])
    if not rows and found["required_even_light"]:
        light, rows = "even light, without losses", _with_distance(found["required_even_light"])
    if not rows:
        return None
    with style.styled():
        figure = style.new_figure(_WIDTH, 1.4 + 0.32 * len(rows), layout="constrained")
        axes = figure.add_subplot()
        axes.axvspan(-_SURE, _SURE, color=style.GRID)
        for i, (_, sigma) in enumerate(rows):
            shown = float(np.clip(sigma, -_FAR, _FAR))
            colour = style.COOLS if abs(sigma) <= _RANGE else style.WARMS
            axes.plot([0.0, shown], [i, i], color=colour)
            marker = "o" if shown == sigma else ("<" if sigma < 0 else ">")
            axes.plot(shown, i, marker, color=colour)
            axes.annotate(
                sigmas(sigma), (shown, i), xytext=(0, 5),
                textcoords="offset points", ha="center", fontsize=8,
            )  # fmt: skip
        axes.axvline(0.0, color=style.NEUTRAL, lw=0.8)
        axes.set_yticks(range(len(rows)), [_short(path) for path, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.8)
        axes.set_xlim(-1.15 * _FAR, 1.15 * _FAR)
        axes.set_xlabel("distance from what is known (σ)")
        axes.set_title(light)
        style.clean_axes(axes, grid="x")
    told = ", ".join(f"{path} {sigmas(sigma)}" for path, sigma in rows)
    return figure, f"How far off each number alone would have to be: {told}."


def _with_distance(required: Document) -> list[tuple[str, float]]:
    rows = [(path, v["sigma"]) for path, v in required.items() if v["sigma"] is not None]
    return sorted(rows, key=lambda row: abs(row[1]))


def _short(path: str) -> str:
    """Return the end of a path, with the name of the material."""
    parts = path.split(".")
    return f"{parts[1]} {parts[-1]}" if parts[0] == "materials" else parts[-1]


def _course(found: Document) -> tuple[Figure, str] | None:
    """Draw the fastest course that ends at the claim, the time observed, and the data."""
    clock, claim = found["clock"], found["claimed_delta_T_K"]
    tau, after, data = clock["shortest_time_s"], clock["after_s"], found.get("data")
    if not tau or (after is None and data is None):
        return None
    last = max(t for t in (after, tau, data and data["last_s"]) if t is not None)
    time = np.geomspace(1e-2 * tau, 3.0 * last, 400)
    scale, unit = time_scale(last)
    with style.styled():
        figure = style.new_figure(_WIDTH, 3.0, layout="constrained")
        axes = figure.add_subplot()
        body = claim * -np.expm1(-time / tau)
        axes.semilogx(time / scale, body, color=style.COOLS, label="a body that holds the claim")
        if data is not None:
            _draw_data(axes, data, time, scale)
        if after is not None:
            axes.plot(after / scale, claim, "D", color=style.INK, label="the claim")
        axes.set_xlabel(f"time after light on ({unit})")
        axes.set_ylabel("ΔT (K)")
        axes.legend()
        style.clean_axes(axes, grid="both")
    seen = data["time_constant_s"] if data is not None else after
    ratio = rounded(seen / tau)
    return (
        figure,
        f"Course of a body that holds the claim; what was observed is {ratio} times slower.",
    )


def _draw_data(axes: Any, data: Document, time: Any, scale: float) -> None:
    t, y = (np.asarray(data[name], float) for name in ("time_s", "delta_T_K"))
    axes.plot((t[1:] - t[0]) / scale, y[1:], "o", color=style.WARMS, label="data")
    fitted = data["end_K"] * -np.expm1(-time / data["time_constant_s"])
    axes.plot(time / scale, fitted, color=style.WARMS, lw=0.9, ls="--", label="their time constant")
