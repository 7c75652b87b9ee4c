"""ΔT about an optimum: a map centred on zero with its break-even line, or a curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.constants import e

from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SCALES = {"J": (e, "eV"), "W/m^2": (1e7, "kW/cm²"), "m": (1e-6, "µm"), "1/m^3": (1e6, "1/cm³")}


@style.styled()
def draw_optimum(found: Mapping[str, Any], best: Mapping[str, float], title: str = "") -> Figure:
    """Draw ΔT of a map of `infer.optimise.mapped` with the best point [SI] in it."""
    figure = style.new_figure(6.4, 4.6, layout="constrained")
    axes = figure.subplots()
    scales = [_SCALES.get(unit, (1.0, unit)) for unit in found["units"]]
    grids = [np.asarray(g) / s for g, (s, _) in zip(found["axes"], scales, strict=True)]
    at = [best[path] / s for path, (s, _) in zip(found["paths"], scales, strict=True)]
    names = [
        f"{path} ({unit})" if unit else path
        for path, (_, unit) in zip(found["paths"], scales, strict=True)
    ]
    (_curve if len(grids) == 1 else _map)(figure, axes, grids, found, at)
    axes.set_xlabel(names[0])
    if len(grids) == 2:
        axes.set_ylabel(names[1])
    for axis, logarithmic in zip("xy", found["logarithmic"], strict=False):
        if logarithmic:
            getattr(axes, f"set_{axis}scale")("log")
            style.readable_decades(getattr(axes, f"{axis}axis"))
    told = "circle: coldest; black line: ΔT = 0" if len(grids) == 2 else "dashed: coldest"
    axes.set_title(f"{title}\n{told}")
    return figure


def _curve(figure: Figure, axes: Axes, grids: list[Any], found: Any, at: list[float]) -> None:
    x, theta = grids[0], np.asarray(found["delta_T_K"])
    axes.plot(x, theta, color=style.INK)
    for test, colour in ((theta < 0.0, style.COOLS), (theta > 0.0, style.WARMS)):
        axes.fill_between(x, theta, 0.0, where=test, color=colour, alpha=0.25, linewidth=0)
    axes.axhline(0.0, color=style.NEUTRAL, linewidth=0.8)
    axes.axvline(at[0], color=style.INK, linestyle="--", linewidth=0.8)
    low = float(np.nanmin(theta))
    if low < 0.0:  # what heats far beyond would hide what cools
        axes.set_ylim(1.15 * low, -1.15 * low)
    axes.set_ylabel("ΔT (K)\n← cools     heats →")
    style.clean_axes(axes, grid="both")


def _map(figure: Figure, axes: Axes, grids: list[Any], found: Any, at: list[float]) -> None:
    theta = np.asarray(found["delta_T_K"]).T
    low = float(np.nanmin(theta))
    size = abs(low) if low < 0.0 else float(np.nanmax(np.abs(theta))) or 1.0
    shown = axes.pcolormesh(
        *grids, np.clip(theta, -size, size), cmap=style.DIVERGING, vmin=-size, vmax=size,
        shading="gouraud",
    )  # fmt: skip
    if low < 0.0 < float(np.nanmax(theta)):
        axes.contour(*grids, theta, levels=[0.0], colors="black", linewidths=1.4)
    if np.any(found["broken"]):
        axes.contourf(
            *grids, np.asarray(found["broken"], float).T, levels=[0.5, 1.5], colors="none",
            hatches=["///"],
        )  # fmt: skip
    axes.plot(
        *at, "o", markerfacecolor="none", markeredgecolor="black", markersize=9, clip_on=False
    )
    figure.colorbar(shown, ax=axes, label="ΔT (K)\n← cools     heats →", extend="max")
