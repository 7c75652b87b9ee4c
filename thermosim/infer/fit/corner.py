"""The posterior of a fit for people: a picture of each parameter and each pair, rows and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.infer.fit.posterior import intervals
from thermosim.infer.fit.profile import LEVELS
from thermosim.infer.fit.result import Estimate, Fit
from thermosim.infer.fit.shown import number, places_of, scaled_of, shown_unit, told
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.infer.fit.likelihood import Array

_MOST = 8  # parameters of a picture
_BINS, _PAIR_BINS, _SMOOTH = 40, 36, 1.0
_VALUES = 3  # of a mode, in words
_RANGE, _MARGIN = (0.001, 0.999), 0.06


def drawn_names(fit: Fit) -> list[str]:
    """Return the parameters of the picture: those that all data sets share, if there are two."""
    free = [e.parameter for e in fit.estimates if not e.parameter.held]
    shared = [p.name for p in free if not p.own]
    return (shared if len(shared) > 1 else [p.name for p in free])[:_MOST]


@style.styled()
def draw_posterior(fit: Fit) -> Figure:
    """Draw the posterior of each parameter, and where 68 and 95 % of each pair lie."""
    posterior = fit.posterior
    assert posterior is not None
    estimates = [next(e for e in fit.estimates if e.parameter.name == n) for n in drawn_names(fit)]
    count = len(estimates)
    figure = style.new_figure(1.2 + 1.5 * max(count, 2), 0.9 + 1.5 * max(count, 2),
                              layout="constrained")  # fmt: skip
    grid = figure.subplots(count, count, squeeze=False)
    samples: list[Array] = [
        np.asarray(posterior.of(e.parameter.name) / scaled_of(e)[0]) for e in estimates
    ]
    ends = [_range(s) for s in samples]
    names = [p.name for p in posterior.parameters]
    for i, e in enumerate(estimates):
        for j, other in enumerate(estimates):
            axes = grid[i, j]
            if j > i:
                axes.set_axis_off()
                continue
            if i == j:
                _draw_one(axes, samples[i], e)
            else:
                _draw_pair(axes, samples[j], samples[i])
                at = [[m.values[names.index(k.parameter.name)] / scaled_of(k)[0]
                       for m in posterior.modes] for k in (other, e)]  # fmt: skip
                axes.plot(*at, "+", color=style.WARMS, ms=7, mew=1.4)
                axes.set_ylim(*ends[i])
            axes.set_xlim(*ends[j])
            _label(axes, other if i == count - 1 else None, e if j == 0 and i > 0 else None)
    figure.align_labels()
    return figure


def _draw_one(axes: Axes, samples: Array, estimate: Estimate) -> None:
    low, high = np.quantile(samples, [0.5 - 0.5 * LEVELS[0], 0.5 + 0.5 * LEVELS[0]])
    heights, edges = np.histogram(samples, _BINS, density=True)
    axes.stairs(heights, edges, color=style.COOLS, lw=1.2)
    axes.axvspan(low, high, color=style.COOLS, alpha=0.15, lw=0.0)
    axes.axvline(float(np.median(samples)), color=style.COOLS, lw=1.0)
    axes.axvline(estimate.value / scaled_of(estimate)[0], color=style.WARMS, lw=1.0, ls="--")
    axes.set_ylim(0.0, 1.1 * heights.max())
    axes.set_yticks([])


def _draw_pair(axes: Axes, x: Array, y: Array) -> None:
    from scipy.ndimage import gaussian_filter

    heights, xs, ys = np.histogram2d(x, y, _PAIR_BINS, [_range(x), _range(y)])
    heights = gaussian_filter(heights, _SMOOTH)
    levels = sorted({_height(heights, share) for share in LEVELS})
    middle = [0.5 * (edges[1:] + edges[:-1]) for edges in (xs, ys)]
    colours = ["#bcd3ea", "#6f9fcb"][-len(levels) :]
    axes.contourf(*middle, heights.T, levels=[*levels, heights.max() * 1.01], colors=colours)
    axes.contour(*middle, heights.T, levels=levels, colors=style.COOLS, linewidths=0.8)


def _range(samples: Array) -> tuple[float, float]:
    """Return from where to where a picture shows a parameter."""
    low, high = (float(v) for v in np.quantile(samples, _RANGE))
    return low - _MARGIN * (high - low), high + _MARGIN * (high - low)


def _height(heights: Array, share: float) -> float:
    """Return the height above which a share of all samples lies."""
    falling = np.sort(heights.ravel())[::-1]
    at = int(np.searchsorted(np.cumsum(falling), share * falling.sum()))
    return float(falling[min(at, len(falling) - 1)])


def _label(axes: Axes, below: Estimate | None, beside: Estimate | None) -> None:
    for estimate, axis in ((below, axes.xaxis), (beside, axes.yaxis)):
        if estimate is None:
            axis.set_tick_params(labelbottom=False, labelleft=False)
            continue
        unit = scaled_of(estimate)[1]
        name = estimate.parameter.name
        axis.set_label_text(f"{name} ({unit})" if unit != "1" else name, fontsize=9)
    axes.locator_params(axis="x", nbins=3)
    if beside is not None or axes.get_yticks().size:
        axes.locator_params(axis="y", nbins=3)
    axes.tick_params(labelsize=8)
    style.clean_axes(axes)


def posterior_rows(fit: Fit) -> dict[str, dict[str, str]]:
    """Return for each free parameter, and what follows, median and intervals in words."""
    assert fit.posterior is not None
    rows = {}
    for e in fit.estimates:
        if not e.parameter.held:
            rows[e.parameter.name] = _row(fit.posterior.of(e.parameter.name), *shown_unit(e))
    for name, (unit, samples) in fit.posterior.derived.items():
        rows[name] = _row(samples, 1.0, unit)
    return rows


def _row(samples: Array, factor: float, unit: str) -> dict[str, str]:
    found = {k: v / factor for k, v in intervals(samples).items()}
    wide = 0.5 * (found["high_68"] - found["low_68"])
    text = {k: number(v, places_of(wide)) for k, v in found.items()}
    return {
        "median": told(text["median"], unit),
        "68": told(f"{text['low_68']} … {text['high_68']}", unit),
        "95": told(f"{text['low_95']} … {text['high_95']}", unit),
    }


def walk_words(fit: Fit) -> str:
    """Return how the samples were drawn, in words."""
    assert fit.posterior is not None
    chain = fit.posterior.chain
    steps, walkers, _ = chain.places.shape
    return (
        f"{walkers} walkers of {steps + chain.dropped} steps, the first {chain.dropped} dropped: "
        f"{chain.lengths:.0f} autocorrelation times, {chain.acceptance:.0%} of the proposals taken"
    )


def mode_lines(fit: Fit) -> list[str]:
    """Return each mode in words, where there are several: its weight and what differs there."""
    assert fit.posterior is not None
    modes, first = fit.posterior.modes, fit.posterior.modes[0].values
    if len(modes) < 2:
        return []
    values = np.array([m.values for m in modes])
    spread = np.ptp(values, axis=0) / np.maximum(np.abs(first), 1e-300)
    shared = {e.parameter.name for e in fit.estimates if not e.parameter.own}
    order = [j for j in np.argsort(-spread) if fit.posterior.parameters[j].name in shared]
    lines = []
    for mode in modes:
        told = [
            f"{p.name} = {mode.values[j]:.4g}{'' if p.unit == '1' else f' {p.unit}'}"
            for j in order[:_VALUES] for p in (fit.posterior.parameters[j],) if spread[j] > 0.0
        ]  # fmt: skip
        rise = f"deviance {mode.rise:+.2g}" if mode.rise > 0.0 else "least deviance"
        lines.append(f"{mode.weight:.0%} ± {mode.sigma:.0%}: {', '.join(told)} ({rise})")
    return lines


def posterior_words(fit: Fit) -> dict[str, Any]:
    """Return what a page tells of the posterior."""
    rows = posterior_rows(fit)
    names = drawn_names(fit)
    free = sum(not e.parameter.held for e in fit.estimates)
    seen = "" if len(names) == free else f" (of {len(names)} of {free} parameters)"
    caption = (
        f"Posterior{seen}: where 68 and 95 % of it lie; on the diagonal median and 68 % (blue), "
        "best fit (dashed). Crosses: modes."
    )
    return {"rows": rows, "walk": walk_words(fit), "modes": mode_lines(fit), "caption": caption}
