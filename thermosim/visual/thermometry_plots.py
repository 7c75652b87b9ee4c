"""Pictures of thermometry: spectra, log ratios with their lines, T(t), and the choice of window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.constants import e

from thermosim.language.units import time_scale
from thermosim.thermometry import (
    Spectra,
    ThermometrySeries,
    ThermometrySettings,
    window_counts,
)
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_LINES = 8


def figure_axes(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Axes]:
    """Return a figure of its own (no pyplot state) and its axes; size in inches."""
    figure = style.new_figure(width, height, layout="constrained")
    axes = figure.add_subplot()
    style.clean_axes(axes, grid="both")
    return figure, axes


def shown_columns(count: int, always: int = 0) -> npt.NDArray[np.int64]:
    """Return at most eight of ``count`` columns, evenly spread, with ``always`` among them."""
    if count <= _MAX_LINES:
        return np.arange(count)
    spread = np.linspace(0, count - 1, _MAX_LINES - 1).round().astype(np.int64)
    return np.unique(np.r_[spread, always])


@style.styled()
def plot_spectra(spectra: Spectra, settings: ThermometrySettings) -> Figure:
    """Draw the spectra on a logarithmic scale with the window of the fit shaded."""
    figure, axes = figure_axes()
    columns = shown_columns(len(spectra.labels))
    for color, column in zip(style.shades(len(columns)), columns, strict=True):
        signal = spectra.signal[column]
        axes.plot(
            spectra.energy / e,
            np.where(signal > 0, signal, np.nan) * settings.counts_per_unit,
            color=color,
            lw=1.2,
            label=spectra.labels[column],
        )
    axes.set_yscale("log")
    axes.axvspan(settings.E_min / e, settings.E_max / e, color="0.88", zorder=0, label="window")
    if settings.background is not None:
        low, high = settings.background
        axes.axvspan(
            low / e, high / e, color="tab:orange", alpha=0.15, zorder=0, label="background"
        )
    axes.set_xlabel("photon energy (eV)")
    axes.set_ylabel("photons per sample")
    axes.margins(x=0.01)
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


@style.styled()
def plot_ratios(
    spectra: Spectra, series: ThermometrySeries, settings: ThermometrySettings
) -> Figure:
    """Draw the log ratio of each spectrum to the reference with its fitted line and error bars.

    Only slopes count, so each is shifted until its line is 0 in the middle of the window.
    """
    figure, axes = figure_axes()
    window = window_counts(spectra, settings)
    reference = series.reference_index
    middle = 0.5 * (settings.E_min + settings.E_max)
    columns = [c for c in shown_columns(len(series.labels), reference) if c != reference]
    for color, i in zip(style.shades(len(columns)), columns, strict=True):
        N, N0 = window.counts[i], window.counts[reference]
        used = (N > 0) & (N0 > 0)
        E, N, N0 = window.energy[used], N[used], N0[used]
        noise = np.sqrt(window.variance[i][used] / N**2 + window.variance[reference][used] / N0**2)
        at_middle = series.intercept[i] + series.slope[i] * (middle - series.centre[i])
        label = f"{series.labels[i]}: {series.delta_T[i]:+.2f} ± {series.sigma[i]:.2f} K"
        dots: dict[str, Any] = {"fmt": "o", "ms": 2.5, "lw": 0.6, "alpha": 0.55}
        axes.errorbar(E / e, np.log(N / N0) - at_middle, noise, color=color, **dots)
        ends = np.asarray([settings.E_min, settings.E_max])
        axes.plot(ends / e, series.slope[i] * (ends - middle), color=color, lw=1.6, label=label)
    axes.axhline(0.0, color="0.6", lw=0.8)
    axes.set_xlabel("photon energy (eV)")
    axes.set_ylabel(f'ln(I / I of "{series.labels[reference]}"), shifted')
    if columns:
        axes.legend(frameon=False, fontsize=8)
    return figure


@style.styled()
def plot_series(series: ThermometrySeries) -> Figure:
    """Draw the temperature change against time (or column) with one standard deviation."""
    figure, axes = figure_axes()
    x: npt.NDArray[np.float64]
    if series.time is None:
        x = np.asarray(np.arange(len(series.labels), dtype=np.float64))
        axes.set_xticks(x[shown_columns(len(x))])
        axes.set_xticklabels([series.labels[i] for i in shown_columns(len(x))], rotation=30)
        axes.set_xlabel("spectrum")
    else:
        seconds, unit = time_scale(float(np.abs(series.time).max()))
        x = np.asarray(series.time / seconds)
        axes.set_xlabel(f"time ({unit})")
    others = np.arange(len(x)) != series.reference_index
    bars: dict[str, Any] = {"fmt": "o", "capsize": 2.5, "ms": 4.5, "color": style.COOLS}
    label = "reading ± σ, noise of the reference included"
    axes.errorbar(x[others], series.delta_T[others], series.sigma[others], label=label, **bars)
    axes.plot(
        x[~others], series.delta_T[~others], "s", mfc="white", mec="0.2", label="reference (given)"
    )
    axes.axhline(0.0, color="0.6", lw=0.8, zorder=0)
    axes.set_ylabel(f"T − {series.reference_temperature:g} K (K)")
    axes.legend(frameon=False, fontsize=8)
    return figure
