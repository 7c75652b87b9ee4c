"""Figures of a gain model, drawn from the tables of ``gain.tables``; each returns its Figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import e

from thermosim.gain.numerics import Array, floats
from thermosim.gain.tables import CoolingMap, Decays, GainSpectrum, IntensityCurve
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.language.tables import Decays as Measured

_KW_CM2 = 1e7
_INTENSITY = "pump intensity (kW/cm²)"
_PHOTON = "pump photon energy (eV)"


@style.styled()
def draw_intensity_curve(curve: IntensityCurve, title: str = "") -> Figure:
    """Draw eta_ext and g over pump intensity, with and without Auger losses (paper, Fig. 3)."""
    figure = style.new_figure(6.4, 6.0, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    I = floats(curve.intensity / _KW_CM2)
    dark, light = style.shades(3)[0], style.shades(3)[1]
    above.semilogx(I, 100.0 * curve.eta_ext, color=dark)
    above.axhline(100.0 * curve.eta_ext[0], color=light, linestyle="--")
    above.set_ylabel("external quantum\nefficiency $\\eta_\\mathrm{ext}$ (%)")
    below.semilogx(I, curve.gain * 1e15, color=dark, label="with Auger recombination")
    below.semilogx(
        I, curve.gain_without_auger * 1e15, color=light, linestyle="--", label="efficiency constant"
    )
    below.axhline(0.0, color="0.5", linewidth=0.8)
    below.set_ylim(*_gain_limits(curve))
    below.set_ylabel("cooling gain per dot g (fW)\n← heats     cools →")
    below.set_xlabel(_INTENSITY)
    below.set_xlim(I[0], I[-1])
    below.legend(frameon=False, loc="lower left")
    _mark_optimum(below, I, floats(curve.gain * 1e15))
    _excitation_axis(above, curve)
    if title:
        figure.suptitle(title, weight="bold")
    return figure


def _gain_limits(curve: IntensityCurve) -> tuple[float, float]:
    """Return limits [fW] that show the optimum, and as much heating as cooling."""
    top = float(curve.gain.max()) * 1e15
    if top <= 0.0:
        return float(curve.gain.min()) * 1.05e15, -0.05e15 * float(curve.gain.min())
    return -1.6 * top, 1.6 * top


def _mark_optimum(axes: Axes, intensity: Array, gain: Array) -> None:
    best = int(np.argmax(gain))
    if gain[best] <= 0.0:
        return
    axes.plot(intensity[best], gain[best], "o", color="black", markersize=4)
    axes.annotate(
        f"{gain[best]:.3g} fW\nat {intensity[best]:.3g} kW/cm²",
        (intensity[best], gain[best]),
        xytext=(10, 6),
        textcoords="offset points",
    )


def _excitation_axis(axes: Axes, curve: IntensityCurve) -> None:
    """Add x = beta tau_X above; it is proportional to the intensity."""
    scale = float(curve.x[-1] / curve.intensity[-1]) * _KW_CM2

    def to_x(intensity: ArrayLike) -> Any:
        return floats(intensity) * scale

    def to_intensity(x: ArrayLike) -> Any:
        return floats(x) / scale

    upper = axes.secondary_xaxis("top", functions=(to_x, to_intensity))
    upper.set_xlabel(r"excitation number $x=\beta\tau_\mathrm{X}$")


@style.styled()
def draw_gain_spectrum(spectrum: GainSpectrum, title: str = "") -> Figure:
    """Draw G(E_ex) for several efficiencies over the peak of the first one (paper, Fig. 1f)."""
    figure = style.new_figure(6.4, 4.6, layout="constrained")
    axes = figure.subplots()
    E = spectrum.photon_energy / e
    colours = style.shades(len(spectrum.eta_ext))
    for eta, row, colour in zip(spectrum.eta_ext, spectrum.relative, colours, strict=True):
        axes.plot(E, row, color=colour, label=f"{100 * eta:.4g} %")
    axes.axhline(0.0, color="0.5", linewidth=0.8)
    axes.set_ylim(-1.2, 1.15)
    axes.set_xlim(E[0], E[-1])
    axes.set_xlabel(_PHOTON)
    axes.set_ylabel("cooling gain G over its peak (1)\n← heats     cools →")
    axes.legend(title=r"$\eta_\mathrm{ext}$", frameon=False, loc="lower left")
    style.clean_axes(axes, grid="both")
    if title:
        axes.set_title(title)
    return figure


@style.styled()
def draw_cooling_map(cooling: CoolingMap, title: str = "") -> Figure:
    """Draw net cooling over photon energy and intensity, with break-even and optimum.

    Cooling is coloured on a logarithmic scale over four decades; where the body heats is grey.
    """
    from matplotlib.colors import LogNorm

    figure = style.new_figure(6.8, 5.0, layout="constrained")
    axes = figure.subplots()
    E, I = cooling.photon_energy / e, cooling.intensity / _KW_CM2
    axes.set_facecolor("0.82")
    top = float(cooling.net_cooling.max())
    if top > 0.0:
        cools = np.where(cooling.net_cooling > 0.0, cooling.net_cooling, np.nan)
        norm = LogNorm(1e-4 * top, top)
        mesh = axes.pcolormesh(E, I, cools, norm=norm, cmap=style.COLOURS, rasterized=True)
        figure.colorbar(mesh, ax=axes, label="net cooling (W/m³)", extend="min")
        axes.contour(E, I, cooling.net_cooling, levels=[0.0], colors="black", linewidths=1.5)
        _mark_best(axes, cooling)
    axes.set_yscale("log")
    axes.set_xlim(E[0], E[-1])
    axes.set_ylim(I[0], I[-1])
    axes.set_xlabel(_PHOTON)
    axes.set_ylabel(_INTENSITY)
    note = "black: break-even; grey: heats" if top > 0.0 else "heats everywhere"
    note = f"{title}\n{note}" if title else note
    axes.set_title(note, fontsize="medium", pad=10)  # clear of a star at the edge
    style.readable_decades(axes.yaxis)
    return figure


def _mark_best(axes: Axes, cooling: CoolingMap) -> None:
    E, I = cooling.best_photon_energy / e, cooling.best_intensity / _KW_CM2
    edge = "\nat the edge of the range" if cooling.at_edge else ""
    side = 1 if np.mean(cooling.photon_energy) / e >= E else -1
    axes.plot(E, I, "*", color="white", markeredgecolor="black", markersize=14, clip_on=False)
    axes.annotate(
        f"{style.power_of_ten(cooling.best_net_cooling, 3)} W/m³\n{E:.4g} eV, {I:.3g} kW/cm²{edge}",
        (E, I),
        xytext=(12 * side, -12),
        ha="left" if side > 0 else "right",
        textcoords="offset points",
        va="top",
        bbox={"boxstyle": "round", "facecolor": "white", "alpha": 0.8, "edgecolor": "none"},
    )


@style.styled()
def draw_decays(decays: Decays, title: str = "", measured: Measured | None = None) -> Figure:
    """Draw emission after a pulse for several mean numbers of excitons.

    Measured decays are dots, from their highest count on, scaled to the curve of their number.
    """
    figure = style.new_figure(6.4, 4.6, layout="constrained")
    axes = figure.subplots()
    colours = style.shades(len(decays.mean_excitons))
    for n, row, colour in zip(decays.mean_excitons, decays.signal, colours, strict=True):
        axes.semilogy(decays.time * 1e9, row, color=colour, label=f"{n:g}")
    rows = () if measured is None else enumerate(measured.counts)
    for i, row in rows:
        start, curve = int(row.argmax()), decays.signal[min(i, len(decays.signal) - 1)]
        scaled = np.where(row > 0, row, np.nan)[start:] * float(curve.max() / row.max())
        assert measured is not None
        since = (measured.time[start:] - measured.time[start]) * 1e9
        axes.semilogy(since, scaled, ".", ms=2.0, color="0.35", zorder=0)
    axes.set_xlim(0.0, float(decays.time.max()) * 1e9)
    axes.set_xlabel("time after the pulse (ns)")
    axes.set_ylabel(r"emission $I\,\tau_\mathrm{rad}/\langle n\rangle$ (1)")
    axes.legend(title=r"excitons per pulse $\langle n\rangle$", frameon=False)
    style.clean_axes(axes, grid="both")
    if title:
        axes.set_title(title)
    return figure
