"""Figures of the maps of ``gain.maps``: colours are centred on zero, break-even is a black line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.constants import c, e, h

from thermosim.gain.maps import HOTTEST
from thermosim.gain.numerics import floats
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.gain.maps import (
        DetuningMap,
        EfficiencyMap,
        Litmos,
        SizeStudy,
        TemperatureMap,
    )

_KW_CM2 = 1e7
_DIVERGING = "RdBu_r"  # blue cools, red heats
_PHOTON, _INTENSITY = "pump photon energy (eV)", "pump intensity (kW/cm²)"


@style.styled()
def draw_litmos(
    found: Litmos, conductance: float | None, intensity: float, title: str = ""
) -> Figure:
    """Draw ΔT per absorbed power over the pump wavelength; the heat where no conductance is known.

    Both zero crossings are marked, with what they tell at this intensity [W/m²].
    """
    figure = style.new_figure(6.8, 4.6, layout="constrained")
    axes = figure.subplots()
    wavelength = h * c / found.photon_energy * 1e9
    value, unit = _litmos_scale(found, conductance)
    axes.plot(wavelength, value, color=style.INK)
    for test, colour in ((value < 0.0, style.COOLS), (value > 0.0, style.WARMS)):
        axes.fill_between(wavelength, value, 0.0, where=test, color=colour, alpha=0.25, linewidth=0)
    axes.axhline(0.0, color=style.NEUTRAL, linewidth=0.8)
    size = max(-2.5 * float(value.min()), 0.02 * float(value.max()))
    axes.set_ylim(-size, size)
    axes.set_xlim(float(wavelength.min()), float(wavelength.max()))
    for i, E in enumerate(found.crossings):
        nm, side = h * c / E * 1e9, 1 if i else -1
        axes.plot(nm, 0.0, "o", color="black", markersize=5)
        axes.annotate(
            f"{nm:.2f} nm", (nm, 0.0), xytext=(8 * side, -8), textcoords="offset points",
            ha="left" if i else "right", va="top",
        )  # fmt: skip
    axes.set_xlabel("pump wavelength (nm)")
    axes.set_ylabel(f"{unit}\n← cools     heats →")
    style.clean_axes(axes, grid="both")
    note = "zero crossings: " + (
        "none"
        if found.eta_ext is None or found.alpha_background is None
        else f"η_ext = {100 * found.eta_ext:.3f} %, background {found.alpha_background:.3g} 1/m "
        f"at {intensity / _KW_CM2:.3g} kW/cm²"
    )
    if len(found.crossings) == 1:
        note = "one zero crossing: without background absorption the red one is missing"
    axes.set_title(f"{title}\n{note}" if title else note, fontsize="medium")
    return figure


def _litmos_scale(found: Litmos, conductance: float | None) -> tuple[Any, str]:
    """Return the curve and what it is, with its unit."""
    if conductance is None:
        return 100.0 * found.heating, "heat per absorbed energy (%)"
    value = floats(found.heating / conductance)
    for factor, unit in ((1e-9, "K/nW"), (1e-6, "K/µW"), (1e-3, "K/mW")):
        if -float(value.min()) * factor > 1e-3:
            return value * factor, f"ΔT per absorbed power ({unit})"
    return value, "ΔT per absorbed power (K/W)"


@style.styled()
def draw_efficiency_map(found: EfficiencyMap, title: str = "") -> Figure:
    """Draw the cooling efficiency over photon energy and intensity."""
    figure, axes = _frame(found.photon_energy, found.intensity / _KW_CM2)
    percent = 100.0 * found.efficiency
    limit = _limit(percent)
    _coloured(
        figure, axes, found.photon_energy / e, found.intensity / _KW_CM2, -percent, limit,
        "heat per absorbed energy (%)",
    )  # fmt: skip
    _over_intensity(axes, title, "blue: cools; black: break-even")
    return figure


@style.styled()
def draw_temperature_map(
    found: TemperatureMap, T_start: float, made_for: tuple[float, float], title: str = ""
) -> Figure:
    """Draw where a body without leaks ends, as ΔT; dotted: beyond the range of the model."""
    figure, axes = _frame(found.photon_energy, found.intensity / _KW_CM2)
    E, I, change = found.photon_energy / e, found.intensity / _KW_CM2, found.temperature - T_start
    limit = float(np.nanmax(np.abs(np.minimum(change, 0.0)))) or float(np.nanmax(change))
    axes.set_facecolor("0.8")
    _coloured(figure, axes, E, I, change, limit, "ΔT without any leak (K)")
    if np.nanmin(found.temperature) < made_for[0] < np.nanmax(found.temperature):
        axes.contour(E, I, found.temperature, levels=[made_for[0]], colors="black",
                     linewidths=1.0, linestyles="dotted")  # fmt: skip
    note = (
        f"black: break-even; dotted: {made_for[0]:g} K, where the model's range ends\n"
        f"grey: heats beyond {HOTTEST * T_start:g} K"
    )
    _over_intensity(axes, title, note)
    return figure


@style.styled()
def draw_detuning_map(found: DetuningMap, made_for: tuple[float, float], title: str = "") -> Figure:
    """Draw the cooling efficiency under weak light over photon energy and temperature."""
    figure, axes = _frame(found.photon_energy, found.temperature)
    percent = 100.0 * found.efficiency
    limit = _limit(percent)
    _coloured(
        figure, axes, found.photon_energy / e, found.temperature, -percent, limit,
        "heat per absorbed energy, weak light (%)",
    )  # fmt: skip
    axes.axhline(made_for[0], color="black", linestyle="dotted", linewidth=1.0)
    axes.set_ylabel("temperature of the dots (K)")
    note = f"black: lowest temperature at each pump; dotted: model made for above {made_for[0]:g} K"
    axes.set_title(f"{title}\n{note}" if title else note, fontsize="medium")
    return figure


@style.styled()
def draw_size_study(found: SizeStudy, intensity: float, title: str = "") -> Figure:
    """Draw gain and net cooling over the diameter of the dots, with the best one."""
    figure = style.new_figure(6.8, 5.6, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    d = found.diameter * 1e9
    above.semilogy(d, np.where(found.largest_gain > 0.0, found.largest_gain * 1e15, np.nan),
                   color=style.SERIES[0], label="largest gain (fW)")  # fmt: skip
    above.semilogy(d, 100.0 * found.eta_BX, color=style.SERIES[1], label="η_BX (%)")
    above.semilogy(d, np.where(found.best_intensity > 0.0, found.best_intensity / _KW_CM2, np.nan),
                   color=style.SERIES[2], label="best intensity (kW/cm²)")  # fmt: skip
    above.legend(loc="upper right", frameon=True)
    above.set_ylabel("at its own best intensity")
    cooling = found.net_cooling * 1e-6
    top = float(cooling.max())
    below.plot(d, cooling, color=style.INK)
    below.axhline(0.0, color=style.NEUTRAL, linewidth=0.8)
    limit = 1.25 * top if top > 0.0 else -float(cooling.min())
    below.set_ylim(-limit, limit)
    if np.isfinite(found.best):
        below.plot(found.best * 1e9, top, "o", color="black", markersize=5)
        below.annotate(
            f"{found.best * 1e9:.3g} nm", (found.best * 1e9, top), xytext=(8, -2),
            textcoords="offset points",
        )  # fmt: skip
    below.set_ylabel(f"net cooling at {intensity / _KW_CM2:.3g} kW/cm²\n(W/cm³)")
    below.set_xlabel("diameter of the dots (nm)")
    below.set_xlim(float(d.min()), float(d.max()))
    for axes in (above, below):
        style.clean_axes(axes, grid="both")
    note = "fixed share of the volume"
    above.set_title(f"{title}\n{note}" if title else note, fontsize="medium")
    return figure


def _limit(percent: Any) -> float:
    """Return the end of the colours: as much as cools at best, or a tenth of the worst heating."""
    top = float(np.max(percent))
    return top if top > 0.0 else -0.1 * float(np.min(percent))


def _frame(E: Any, y: Any) -> tuple[Figure, Axes]:
    figure = style.new_figure(6.8, 5.0, layout="constrained")
    axes = figure.subplots()
    axes.set_xlim(float(E[0]) / e, float(E[-1]) / e)
    axes.set_ylim(float(np.min(y)), float(np.max(y)))
    axes.set_xlabel(_PHOTON)
    return figure, axes


def _coloured(
    figure: Figure, axes: Axes, x: Any, y: Any, value: Any, limit: float, label: str
) -> None:
    """Draw ``value`` in colours from -limit to limit, and its zero as a black line."""
    mesh = axes.pcolormesh(
        x, y, value, vmin=-limit, vmax=limit, cmap=_DIVERGING, shading="nearest", rasterized=True
    )
    bar = figure.colorbar(mesh, ax=axes, extend="both")
    bar.set_label(f"{label}\n← cools     heats →")
    if np.nanmin(value) < 0.0 < np.nanmax(value):
        axes.contour(x, y, value, levels=[0.0], colors="black", linewidths=1.5)


def _over_intensity(axes: Axes, title: str, note: str) -> None:
    axes.set_yscale("log")
    axes.set_ylabel(_INTENSITY)
    style.readable_decades(axes.yaxis)
    axes.set_title(f"{title}\n{note}" if title else note, fontsize="medium")
