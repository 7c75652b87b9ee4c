"""The figures of the reproduction that are not figures of a single case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from thermosim.reproduce.yamada_experiment import Experiment, Measured


@style.styled()
def draw_steady(experiments: list[Experiment], measured: Measured | None = None) -> Figure:
    """Draw ΔT against intensity (Fig. 5e): a panel for each set of assumptions, measured points."""
    figure = style.new_figure(4.5 * len(experiments), 4.0, layout="constrained")
    panels = figure.subplots(1, len(experiments), squeeze=False)[0]
    for i, (axes, found) in enumerate(zip(panels, experiments, strict=True)):
        factor, unit = style.si_scale(found.steady, "K")
        axes.semilogx(found.intensity / 1e7, found.steady / factor, "o-", color=style.colour_of(i))
        axes.axhline(0.0, color="0.4", linewidth=0.8)
        if measured is not None:
            points = measured.intensity / 1e7, measured.delta_T / factor
            axes.plot(*points, "x", color=style.INK, label="measured")
            axes.legend()
        axes.set(title=found.name, xlabel="intensity (kW/cm²)", ylabel=f"steady mean ΔT ({unit})")
        style.clean_axes(axes, grid="y")
        style.readable_decades(axes.xaxis)
    return figure


@style.styled()
def draw_courses(experiments: list[Experiment]) -> Figure:
    """Draw ΔT over time under steps of intensity (Fig. 5d)."""
    shown = [found for found in experiments if found.time is not None]
    figure = style.new_figure(4.5 * max(len(shown), 1), 4.0, layout="constrained")
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    for i, (axes, found) in enumerate(zip(panels, shown, strict=True)):
        assert found.time is not None
        assert found.course is not None
        factor, unit = style.si_scale(found.course, "K")
        axes.plot(found.time / 60, found.course / factor, color=style.colour_of(i))
        axes.axhline(0.0, color="0.4", linewidth=0.8)
        axes.set(title=found.name, xlabel="time (min)", ylabel=f"mean ΔT ({unit})")
        axes.set_xticks(np.arange(0, found.time[-1] / 60 + 1, 15))
        style.clean_axes(axes, grid="y")
    return figure
