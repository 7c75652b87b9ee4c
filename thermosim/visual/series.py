"""Pictures of what changes in time: temperature, and the heat of every path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.language import units
from thermosim.visual import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.model.layout import Layout
    from thermosim.results import Result
    from thermosim.results.series import Series

Floats = NDArray[np.float64]
_KW_PER_CM2 = 1e7  # W/m²
_MOST_INSIDE = 4  # curves; the names of more stand beside the axes


def time_scale(time: ArrayLike) -> tuple[float, str]:
    """Return seconds per unit and the unit in which times [s] read best: h, min, s, ms, µs."""
    longest = float(np.max(np.abs(np.asarray(time, dtype=float)), initial=0.0))
    return units.time_scale(longest)


def draw_delta_T(
    time: ArrayLike,
    delta_T: Mapping[str, ArrayLike],
    *,
    title: str = "",
    error: Mapping[str, ArrayLike] | None = None,
    events: Sequence[tuple[str, float]] = (),
    steady: float | None = None,
    symbol: str = "ΔT",
) -> Figure:
    """Draw ΔT [K] over time [s].

    Parameters
    ----------
    delta_T : name of each curve and its values, one per time
    error : of curves by the same names [K]; drawn as a band
    events : name and time [s] of what happens, such as "light off"
    steady : ΔT [K] in the end
    symbol : "T" where temperatures are absolute

    Raises
    ------
    ValueError
        If a curve has not one value per time, or an error belongs to no curve.
    """
    (t, curves), bands = _checked(time, delta_T), _checked(time, error or {})[1]
    if not bands.keys() <= curves.keys():
        raise ValueError(f"error of {', '.join(bands.keys() - curves.keys())}: no such curve")
    seconds, unit = time_scale(t)
    everything = np.concatenate(list(curves.values()))
    offset, factor, label = style.temperature_scale(everything, symbol)
    with style.styled():
        figure = style.new_figure(7.2, 4.4, layout="constrained")
        axes = figure.subplots()
        for i, (name, values) in enumerate(curves.items()):
            colour, y = style.colour_of(i), (values - offset) / factor
            # the first ones, mean before extremes and probes, lie on top
            axes.plot(t / seconds, y, color=colour, label=name, zorder=3 - 0.01 * i, **_dots(t))
            _band(axes, t / seconds, y, bands.get(name, 0 * t) / factor, colour)
        if steady is not None:
            axes.axhline(
                (steady - offset) / factor, color=style.NEUTRAL, ls="--", label="steady state"
            )
        _finish(axes, t / seconds, unit, label, title)
        _mark_events(axes, events, seconds)
    return figure


def draw_heat(
    time: ArrayLike,
    heat: Mapping[str, ArrayLike],
    *,
    title: str = "",
    events: Sequence[tuple[str, float]] = (),
    logarithmic: bool = False,
    unit: str = "W",
) -> Figure:
    """Draw heat by path over time.

    Parameters
    ----------
    time : shape (n,), [s]
    heat : path in words and its heat, shape (n,), [W]; positive warms the body
    events : name and time [s] of what happens
    logarithmic : show decades, positive above and negative below zero, so that small paths are
        readable beside large ones
    unit : W, or W/m of a planar body

    Raises
    ------
    ValueError
        If a path has not one value per time.
    """
    t, curves = _checked(time, heat)
    seconds, time_unit = time_scale(t)
    everything = np.concatenate([np.zeros(1), *curves.values()])
    factor, watts = style.si_scale(everything, unit)
    with style.styled():
        figure = style.new_figure(7.2, 4.4, layout="constrained")
        axes = figure.subplots()
        for i, (name, values) in enumerate(curves.items()):
            colour = style.colour_of(i)
            axes.plot(t / seconds, values / factor, color=colour, label=name, **_dots(t))
        axes.axhline(0.0, color=style.NEUTRAL, lw=0.8)
        if logarithmic:
            axes.set_yscale("symlog", linthresh=_smallest(curves) / factor, linscale=2)
        label = f"heat ({watts})\n← takes away      brings →"
        _finish(axes, t / seconds, time_unit, label, title)
        _mark_events(axes, events, seconds)
    return figure


def draw_course(result: Result, series: Series) -> tuple[Figure, Figure]:
    """Draw what a transient wrote down: temperatures, and the heat of the main body by path."""
    layout, title, events = result.layout, result.case.title, light_switches(result)
    symbol = "ΔT" if layout.zero else "T"
    temperatures = temperatures_of(series, layout)
    heat = {path: values for path, values in heat_of(series, layout).items() if values.any()}
    return (
        draw_delta_T(series.time, temperatures, title=title, events=events, symbol=symbol),
        draw_heat(
            series.time, heat, title=f"{title}: heat of the {layout.about}", unit=layout.heat_unit
        ),
    )


def temperatures_of(series: Series, layout: Layout) -> dict[str, Floats]:
    """Return the temperatures of a series by name: differences, or absolute ones of regions."""
    columns = series.columns
    zero = layout.T_ref if layout.zero else 0.0
    probes = {
        name[6:].removesuffix("_K"): values - zero
        for name, values in columns.items()
        if name.startswith("probe_")
    }
    if layout.zero:
        words = {"delta_T_mean_K": "mean", "delta_T_min_K": "lowest", "delta_T_max_K": "highest"}
        found = {text: series[name] for name, text in words.items() if name in columns}
        return found | {f"probe {name}": values for name, values in probes.items()}
    return probes | {
        f"{name[7:].removesuffix('_mean_K')}, mean": values
        for name, values in columns.items()
        if name.startswith("region_") and name.endswith("_mean_K")
    }


def heat_of(series: Series, layout: Layout) -> dict[str, Floats]:
    """Return the heat [W] that each path brings to the main body; what is left is the contact's."""
    from thermosim.visual.budget import CONTACT

    found: dict[str, Floats] = {}
    elsewhere = False
    for column, values in series.columns.items():
        place, _, path = column.removesuffix("_W").partition(":")
        if not path:
            continue
        if layout.owner(path if place == "source" else place) != layout.main:
            elsewhere = True
        elif place == "source":
            found[layout.source_words(path)] = values
        else:
            found[layout.path_words(place, path)] = -values
    if elsewhere and found:
        found[CONTACT] = -np.sum(list(found.values()), axis=0)
    return found


def light_switches(result: Result, most: int = 12) -> list[tuple[str, float]]:
    """Return when the light changes and to what; nothing if that is too often to read."""
    levels = result.summary.get("segments", [])
    laser = result.case.laser
    if laser is None or len(levels) > most:
        return []
    found: list[tuple[str, float]] = []
    for level in levels:
        intensity = level["intensity_factor"] * laser.peak_intensity / _KW_PER_CM2
        words = f"{intensity:.3g} kW/cm²" if intensity > 0 else "off"
        found.append((words if found else f"light {words}", float(level["start_s"])))
    return found


def _checked(time: ArrayLike, curves: Mapping[str, ArrayLike]) -> tuple[Floats, dict[str, Floats]]:
    """Return arrays of floats, one value per time.

    Raises
    ------
    ValueError
        Naming the curve of another shape.
    """
    t = np.atleast_1d(np.asarray(time, dtype=float))
    found = {name: np.atleast_1d(np.asarray(v, dtype=float)) for name, v in curves.items()}
    for name, values in found.items():
        if t.ndim != 1 or values.shape != t.shape:
            raise ValueError(
                f"{name} has shape {values.shape}; needs one value per time, {t.shape}"
            )
    return t, found


def _band(axes: Axes, x: NDArray[Any], y: NDArray[Any], half: NDArray[Any], colour: str) -> None:
    if half.any():
        axes.fill_between(x, y - half, y + half, color=colour, alpha=0.2, lw=0)


def _dots(t: Floats) -> dict[str, Any]:
    """Return the style of a curve: with dots where its steps are few enough to be seen."""
    return {"marker": "o", "markersize": 2.5} if t.size <= 60 else {}


def _smallest(curves: Mapping[str, Floats]) -> float:
    """Return a tenth of the smallest path's largest heat, where a logarithmic axis turns linear."""
    peaks = [float(np.abs(values).max()) for values in curves.values()]
    return 0.1 * min((peak for peak in peaks if peak > 0), default=1.0)


def _finish(axes: Axes, t: NDArray[Any], unit: str, label: str, title: str) -> None:
    axes.set_xlabel(f"time ({unit})")
    axes.set_ylabel(label)
    if t[-1] > t[0]:
        axes.set_xlim(t[0], t[-1])
    if title:
        axes.set_title(title)
    style.clean_axes(axes, grid="both")
    if len(axes.lines) <= _MOST_INSIDE:
        axes.legend()
        return
    figure: Any = axes.figure
    figure.set_size_inches(9.6, 4.4)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _mark_events(axes: Axes, events: Sequence[tuple[str, float]], seconds: float) -> None:
    """Draw a line at each event, its name above the axes and below their title."""
    if events:
        axes.set_title(axes.get_title("left"), pad=18)
    for name, when in events:
        axes.axvline(when / seconds, color=style.NEUTRAL, ls=":", lw=1)
        axes.text(
            when / seconds, 1.01, name, transform=axes.get_xaxis_transform(),
            va="bottom", fontsize=8, color=style.NEUTRAL,
        )  # fmt: skip
