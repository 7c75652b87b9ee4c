"""Pictures of a fit: data with their model and residuals, profiles; one page that holds them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.infer.fit.corner import draw_posterior, posterior_words
from thermosim.infer.fit.data import Measured
from thermosim.infer.fit.result import Estimate, Fit
from thermosim.infer.fit.shown import follows, scaled_of, shown
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_LINES = 8
_DECADES = 30.0


def _groups(fit: Fit) -> list[list[int]]:
    """Return numbers of data sets that one picture shows: those of one model and axis."""
    found: dict[tuple[int, str], list[int]] = {}
    at = 0
    for m, model in enumerate(fit.joint.models):
        for one in model.sets:
            found.setdefault((m, one.x_name), []).append(at)
            at += 1
    return list(found.values())


@style.styled()
def draw_fit(fit: Fit) -> Figure:
    """Draw data, model and, below, residuals over their standard deviation."""
    groups, sets = _groups(fit), fit.joint.sets
    figure = style.new_figure(6.8, 5.2 * len(groups), layout="constrained")
    rows = figure.subplots(2 * len(groups), 1, height_ratios=[3, 1] * len(groups), squeeze=False)
    for g, group in enumerate(groups):
        above, below = rows[2 * g, 0], rows[2 * g + 1, 0]
        below.sharex(above)
        colours = style.shades(len(group))
        for colour, i in zip(colours, group, strict=True):
            _draw_set(above, below, sets[i], fit.predicted[i], fit.residual[i], colour)
        _finish(above, below, [sets[i] for i in group])
    return figure


def _draw_set(
    above: Axes, below: Axes, one: Measured, predicted: Any, residual: Any, colour: Any
) -> None:
    x = one.x / one.x_factor
    dots: dict[str, Any] = {"ms": 3.0, "color": colour, "alpha": 0.55, "zorder": 1}
    bars = not one.counts and len(x) <= 200
    if bars:
        sigma = np.abs((one.y - predicted) / np.where(residual == 0.0, np.inf, residual))
        sigma = np.where(sigma > 0.0, sigma, np.median(sigma))
        above.errorbar(x, one.y, sigma, fmt="o", lw=0.8, **dots)
    else:
        above.plot(x, one.y, ".", **dots)
    above.plot(x, predicted, color=colour, lw=1.6, label=_label(one.label), zorder=3)
    below.plot(x, residual, ".", ms=3.0, color=colour, alpha=0.7)


def _label(text: str) -> str:
    """Return the label of a column, its unit as it is printed where it is a quantity."""
    number, _, unit = text.partition(" ")
    quantity = number[:1].isdigit() and " " not in unit
    return f"{number} {style.printed_unit(unit)}".strip() if quantity else text


def _finish(above: Axes, below: Axes, sets: list[Measured]) -> None:
    first = sets[0]
    y = np.concatenate([one.y for one in sets])
    if first.x_name == "intensity" and min(one.x.min() for one in sets) > 0.0:
        above.set_xscale("log")
    if first.y_unit == "counts" and y.max() > _DECADES * max(float(np.median(y)), 1e-300):
        above.set_yscale("log")
        positive = y[y > 0.0]
        above.set_ylim(0.5 * float(np.percentile(positive, 1)), 2.0 * float(y.max()))
    unit = f" ({first.y_unit})" if first.y_unit and "(" not in first.y_name else ""
    above.set_ylabel("counts" if first.x_name == "time" and first.counts
                     else f"{first.y_name}{unit}")  # fmt: skip
    below.set_xlabel(f"{first.x_name} ({style.printed_unit(first.x_unit)})")
    below.set_ylabel("residual / σ")
    below.axhline(0.0, color=style.NEUTRAL, lw=0.8)
    for level in (-2.0, 2.0):
        below.axhline(level, color=style.GRID, lw=0.8)
    if len(sets) <= _LINES:
        above.legend()
    above.tick_params(labelbottom=False)
    style.clean_axes(above, grid="both")
    style.clean_axes(below)


@style.styled()
def draw_profiles(fit: Fit) -> Figure:
    """Draw the profile of each shared parameter: rise of the deviance, the levels, the ends."""
    names = list(fit.curves)
    rows = -(-len(names) // _COLUMNS)
    figure = style.new_figure(7.2, 2.5 * max(rows, 1), layout="constrained")
    grid = figure.subplots(max(rows, 1), _COLUMNS, squeeze=False).ravel()
    for axes, name in zip(grid, names, strict=False):
        estimate = next(e for e in fit.estimates if e.parameter.name == name)
        _draw_profile(axes, fit, estimate, name)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    for axes in grid[::_COLUMNS]:
        axes.set_ylabel("Δ deviance")
    return figure


def _draw_profile(axes: Axes, fit: Fit, estimate: Estimate, name: str) -> None:
    curve = fit.curves[name]
    factor, unit = scaled_of(estimate)
    values, rise = curve.values / factor, curve.rise / fit.factor**2
    order = np.argsort(values)
    values, rise = values[order], rise[order]
    axes.plot(values, rise, color=style.COOLS)
    if estimate.sigma:
        wide = estimate.sigma / factor
        near = (values - estimate.value / factor) / wide
        axes.plot(values, near**2, "--", color=style.NEUTRAL, lw=0.9)
    for level, colour in zip(fit.rises, (style.COOLS, style.WARMS), strict=True):
        axes.axhline(level, color=colour, lw=1.1, ls=":")
    for k, colour in enumerate((style.COOLS, style.WARMS)):
        for end in (estimate.low[k], estimate.high[k]):
            if end is not None:
                axes.axvline(end / factor, color=colour, lw=1.1, ls=":")
    axes.set_ylim(0.0, 6.0)
    axes.set_xlim(values[0], values[-1])
    axes.set_xlabel(f"{name} ({unit})" if unit != "1" else name)
    axes.locator_params(axis="x", nbins=4)
    style.clean_axes(axes)


def page_of(fit: Fit, title: str) -> str:
    """Return the page of a fit, with its pictures in it."""
    from thermosim.visual.html import render

    pictures = [(draw_fit(fit), "Data, model (lines) and residuals over their standard deviation.")]
    if fit.curves:
        words = (
            "Profiles: by how much the deviance rises when a parameter is held and all others are "
            "fitted again. Dashed: what the curvature says. Dotted: 68 % (blue), 95 % (red)."
        )
        pictures.append((draw_profiles(fit), words))
    told = None
    if fit.posterior is not None:
        told = posterior_words(fit)
        pictures.append((draw_posterior(fit), told["caption"]))
    names = fit.free
    return render(
        "fit.html.j2",
        title=title,
        models=[(m.name, m.equation) for m in fit.joint.models],
        warnings=fit.warnings,
        degenerate=[f"{' and '.join(d['parameters'])}: {d['why']}" for d in fit.degenerate],
        rows=[shown(e) for e in fit.estimates],
        derived=[(name, follows(unit, v, sigma)) for name, (unit, v, sigma) in fit.derived.items()],
        chi2=f"{fit.chi2_reduced:.4g}",
        freedom=fit.freedom,
        noise=[one.notes[-1] for one in fit.joint.sets],
        notes=notes_of(fit),
        names=names,
        correlation=[
            (names[i], [f"{c:+.2f}" for c in row]) for i, row in enumerate(fit.correlation)
        ],
        posterior=told,
        pictures=[(_png(figure), caption) for figure, caption in pictures],
    )


def notes_of(fit: Fit) -> list[str]:
    """Return what the reader and the models took, each once."""
    lines = [f"{one.source}: {note}" for one in fit.joint.sets for note in one.notes]
    return list(dict.fromkeys([*lines, *(n for m in fit.joint.models for n in m.notes)]))


def _png(figure: Figure) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=figure.dpi)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def document_of(fit: Fit) -> dict[str, Any]:
    """Return a fit as JSON holds it."""
    names = fit.free
    pairs = {
        f"{names[i]}, {names[j]}": float(fit.correlation[i, j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
    }
    return {
        "model": " + ".join(dict.fromkeys(m.name for m in fit.joint.models)),
        "parameters": {e.parameter.name: e.document() for e in fit.estimates},
        "derived": {
            name: {"value": v, "unit": unit, "sigma": s}
            for name, (unit, v, s) in fit.derived.items()
        },
        "chi2_reduced": fit.chi2_reduced,
        "degrees_of_freedom": fit.freedom,
        "deviance": fit.deviance,
        "widened_by": fit.factor,
        "correlations": pairs,
        "degenerate": fit.degenerate,
        "warnings": fit.warnings,
        "data": [
            {"label": one.label, "source": one.source, "numbers": len(one.y), "noise": one.noise,
             "chi2_reduced": m.chi2, "residuals_run_sigma": m.run}
            for one, m in zip(fit.joint.sets, fit.misfits, strict=True)
        ],
        "reading": notes_of(fit),
        **({} if fit.posterior is None else {"posterior": fit.posterior.document()}),
    }  # fmt: skip
