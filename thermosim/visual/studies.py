"""Pictures of studies: a line, a family of lines, a map; from plain arrays or from xarray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.visual import style

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_WITH_PREFIX = ("K", "W", "m", "s", "J", "eV", "W/K", "W/m²", "W/m³", "Pa", "Hz")
_MOST_LINES, _MOST_INSIDE, _LONG = 12, 3, 14
_DECADES = 30.0  # from this ratio of sizes on colours are logarithmic away from zero


@dataclass(frozen=True)
class Scale:
    """What an axis shows: words, the unit of the numbers, and whether it is logarithmic."""

    words: str
    unit: str = ""
    log: bool = False

    def shown(self, values: Floats) -> tuple[Floats, str]:
        """Return values and label with the SI prefix that reads best."""
        factor, unit = self.factor(values)
        label = f"{self.words} ({unit})" if unit else self.words
        return np.asarray(values / factor), label

    def factor(self, values: Floats) -> tuple[float, str]:
        """Return what values are divided by, and the unit that is left."""
        if self.unit not in _WITH_PREFIX or self.log:
            return 1.0, self.unit
        return style.si_scale(values, self.unit)


def draw_line(
    x: ArrayLike,
    y: ArrayLike,
    x_scale: Scale,
    y_scale: Scale,
    *,
    error: ArrayLike | None = None,
    title: str = "",
) -> Figure:
    """Draw one number over another, with its error as a band if given; shapes (n,).

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    curve = np.asarray(y, dtype=float)[None]
    band = None if error is None else np.asarray(error, dtype=float)[None]
    return draw_family(x, curve, [""], x_scale, y_scale, error=band, title=title)


def draw_family(
    x: ArrayLike,
    curves: ArrayLike,
    names: Sequence[str],
    x_scale: Scale,
    y_scale: Scale,
    *,
    family: str = "",
    error: ArrayLike | None = None,
    title: str = "",
) -> Figure:
    """Draw several lines over the same x.

    Parameters
    ----------
    x : shape (n,)
    curves : shape (m, n); NaN leaves a gap (a run that failed)
    names : m texts for the legend; `family` is its title
    error : shape (m, n), drawn as bands

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    xs, ys, bands = _family_arrays(x, curves, names, error)
    with style.styled():
        figure = style.new_figure(7.0, 4.6, layout="constrained")
        axes = figure.subplots()
        x_shown, x_label = x_scale.shown(xs)
        shown, y_label = y_scale.shown(ys if bands is None else np.stack([ys, bands]))
        values, errors = (shown, None) if bands is None else (shown[0], shown[1])
        _draw_lines(axes, x_shown, values, errors, names)
        _finish(axes, x_label, y_label, x_scale, y_scale, title)
        if any(names):
            _name_lines(figure, axes, names, family)
    return figure


def _name_lines(figure: Figure, axes: Axes, names: Sequence[str], family: str) -> None:
    """Put few names beside the lines, more below the picture: there they hide none."""
    title = family or None
    if len(names) <= _MOST_INSIDE:
        axes.legend(title=title)
        return
    columns = 2 if max(map(len, names)) > _LONG else 4
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", title=title,
                  ncols=columns)  # fmt: skip


def _draw_lines(
    axes: Axes, x: Floats, values: Floats, errors: Floats | None, names: Sequence[str]
) -> None:
    colours = style.shades(len(names)) if len(names) > 1 else [style.COOLS]
    marker = "o" if x.size <= 40 else ""
    for i, name in enumerate(names):
        line: dict[str, Any] = {"marker": marker, "ms": 3.5, "color": colours[i], "label": name}
        axes.plot(x, values[i], **line)
        if errors is not None:
            band = values[i] - errors[i], values[i] + errors[i]
            axes.fill_between(x, *band, color=colours[i], alpha=0.2, lw=0)


def _family_arrays(
    x: ArrayLike, curves: ArrayLike, names: Sequence[str], error: ArrayLike | None
) -> tuple[Floats, Floats, Floats | None]:
    xs, ys = np.asarray(x, dtype=float), np.asarray(curves, dtype=float)
    bands = None if error is None else np.asarray(error, dtype=float)
    if xs.ndim != 1 or ys.shape != (len(names), xs.size):
        raise ValueError(
            f"curves have shape {ys.shape}; {len(names)} names and x of shape {xs.shape} need "
            f"{(len(names), xs.size)}"
        )
    if bands is not None and bands.shape != ys.shape:
        raise ValueError(f"error has shape {bands.shape}; must be that of the curves, {ys.shape}")
    return xs, ys, bands


def draw_map(
    x: ArrayLike,
    y: ArrayLike,
    z: ArrayLike,
    x_scale: Scale,
    y_scale: Scale,
    z_scale: Scale,
    *,
    levels: Sequence[float] = (),
    title: str = "",
) -> Figure:
    """Draw a number over two others as colours, with contours at `levels` in the unit of z.

    Numbers of both signs have colours that are centred on zero, and a black line where they are 0.

    Parameters
    ----------
    x, y : shapes (n,) and (m,), ascending
    z : shape (m, n); NaN (a run that failed) stays grey

    Raises
    ------
    ValueError
        If the shapes do not fit, or nothing is finite.
    """
    xs, ys, zs = _map_arrays(x, y, z)
    with style.styled():
        figure = style.new_figure(7.0, 5.0, layout="constrained")
        axes = figure.subplots()
        axes.set_facecolor("0.85")
        (x_shown, x_label), (y_shown, y_label) = x_scale.shown(xs), y_scale.shown(ys)
        shown, z_label = z_scale.shown(zs)
        colours = _colours(shown, log=z_scale.log)
        walls = _walls(x_shown, log=x_scale.log), _walls(y_shown, log=y_scale.log)
        filled = axes.pcolormesh(*walls, shown, shading="flat", **colours)
        if colours["cmap"] == style.DIVERGING:
            _break_even(axes, x_shown, y_shown, shown)
            z_label += ", black line: 0"
        figure.colorbar(filled, ax=axes, label=z_label)
        _contours(axes, x_shown, y_shown, shown, np.asarray(levels) / z_scale.factor(zs)[0])
        _finish(axes, x_label, y_label, x_scale, y_scale, title)
        axes.grid(visible=False)
    return figure


def _walls(x: Floats, *, log: bool) -> Floats:
    """Return the edges of the cells around ascending values, halfway as the axis shows them.

    Halfway by length on a logarithmic axis the first cell would reach beyond zero.
    """
    if log:
        return np.asarray(np.exp(_walls(np.log(x), log=False)))
    if x.size == 1:
        return np.array([x[0] - 0.5, x[0] + 0.5])
    middles = 0.5 * (x[1:] + x[:-1])
    return np.concatenate([[2.0 * x[0] - middles[0]], middles, [2.0 * x[-1] - middles[-1]]])


def _colours(z: Floats, *, log: bool) -> dict[str, Any]:
    """Return colour map and norm: of both signs centred on zero, symmetric in sign."""
    from matplotlib.colors import CenteredNorm, SymLogNorm

    sizes = np.abs(z[np.isfinite(z) & (z != 0.0)])
    if log or not (z < 0.0).any() or not (z > 0.0).any():
        return {"cmap": style.COLOURS, "norm": "log" if log else None}
    if sizes.max() < _DECADES * min(-np.nanmin(z), np.nanmax(z)):
        return {"cmap": style.DIVERGING, "norm": CenteredNorm(halfrange=float(sizes.max()))}
    most = float(sizes.max())  # the small ones of one sign must be seen beside the others
    near = float(10.0 ** np.floor(np.log10(min(-np.nanmin(z), np.nanmax(z)))))
    return {"cmap": style.DIVERGING, "norm": SymLogNorm(near, vmin=-most, vmax=most)}


def _break_even(axes: Axes, x: Floats, y: Floats, z: Floats) -> None:
    if min(z.shape) > 1:
        axes.contour(x, y, z, levels=[0.0], colors="black", linewidths=1.4)


def _map_arrays(x: ArrayLike, y: ArrayLike, z: ArrayLike) -> tuple[Floats, Floats, Floats]:
    xs, ys, zs = (np.asarray(a, dtype=float) for a in (x, y, z))
    if zs.shape != (ys.size, xs.size):
        raise ValueError(f"z has shape {zs.shape}; x and y need {(ys.size, xs.size)}")
    if not np.isfinite(zs).any():
        raise ValueError("z holds no finite number; nothing to draw")
    return xs, ys, zs


def _contours(axes: Axes, x: Floats, y: Floats, z: Floats, levels: Floats) -> None:
    """Draw the contours that lie within the values, labelled."""
    inside = np.sort(levels[(levels > np.nanmin(z)) & (levels < np.nanmax(z))])
    if inside.size and min(z.shape) > 1:
        drawn = axes.contour(
            x, y, z, levels=inside, colors="white", linestyles="solid", linewidths=1
        )
        axes.clabel(drawn, fmt="%g", fontsize=9)


def _finish(
    axes: Axes, x_label: str, y_label: str, x_scale: Scale, y_scale: Scale, title: str
) -> None:
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    if x_scale.log:
        axes.set_xscale("log")
        style.readable_decades(axes.xaxis)
    if y_scale.log:
        axes.set_yscale("log")
        style.readable_decades(axes.yaxis)
    if title:
        axes.set_title(title)
    style.clean_axes(axes, grid="both")


def draw_array(data: xr.DataArray, *, title: str = "", **options: Any) -> Figure:
    """Draw an xarray of one or two dimensions, with the units in its attributes.

    One dimension gives a line; two give a family of lines if the first has at most twelve values
    and a map otherwise. ``long_name`` and ``units`` label; ``scale = "log"`` makes an axis
    logarithmic. `options` go to the drawing function.

    Raises
    ------
    ValueError
        If it has no dimension or more than two.
    """
    if data.ndim not in {1, 2}:
        raise ValueError(f"has {data.ndim} dimensions {data.dims}; select one or two of them first")
    scale = scale_of(data)
    x = data[data.dims[-1]]
    if data.ndim == 1:
        return draw_line(x.values, data.values, scale_of(x), scale, title=title, **options)
    rows = data[data.dims[0]]
    if rows.size > _MOST_LINES and rows.dtype.kind in "fiu":
        return draw_map(
            x.values, rows.values, data.values, scale_of(x), scale_of(rows), scale,
            title=title, **options,
        )  # fmt: skip
    words = scale_of(rows)
    names = [_value(value, words.unit) for value in rows.values]
    return draw_family(
        x.values, data.values, names, scale_of(x), scale,
        family=words.words, title=title, **options,
    )  # fmt: skip


def _value(value: Any, unit: str) -> str:
    if not isinstance(value, int | float | np.number):
        return str(value)
    if unit in _WITH_PREFIX:
        return style.si_text(float(value), unit)
    return f"{float(value):.4g} {unit}".strip()


def scale_of(data: xr.DataArray) -> Scale:
    """Return label, unit and kind of axis from an xarray's attributes."""
    words = str(data.attrs.get("long_name", "value" if data.name is None else data.name))
    return Scale(words, str(data.attrs.get("units", "")), data.attrs.get("scale") == "log")
