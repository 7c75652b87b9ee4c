"""Pictures of a study: lines, families and maps of its objective; scatter of sampled studies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.language.units import common_unit
from thermosim.studies.optimum import require_number
from thermosim.studies.plan import SAMPLE, STAGE
from thermosim.visual import style
from thermosim.visual.studies import draw_array, draw_map, scale_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_MOST = 24  # pictures of one study
_DECADES = 30.0  # largest over smallest value from which a logarithmic axis is worth it


def draw_study(dataset: xr.Dataset, objective: str, folder: Path) -> list[Path]:
    """Draw the objective of a study into a folder and return the files; none without numbers.

    Raises
    ------
    CaseError
        If the results have no such number.
    """
    require_number(dataset, objective)
    array = dataset[objective]
    if not np.isfinite(array.values).any():
        return []
    if SAMPLE in array.dims:
        return [style.save(_scatter(dataset, objective), folder / f"{objective}.png")]
    drawn = []
    for name, figure in _figures(array, objective):
        drawn.append(style.save(figure, folder / f"{name}.png"))
        if len(drawn) == _MOST:
            break
    return drawn


def _figures(array: xr.DataArray, objective: str) -> Iterator[tuple[str, Figure]]:
    """Yield a picture for each pair of axes: the varied parameters, or stages against the first."""
    numeric = [str(dim) for dim in array.dims if array[dim].dtype != object]
    texts = [str(dim) for dim in array.dims if str(dim) not in numeric]
    if not numeric:
        return
    x = numeric[0]
    for family in [*texts, *numeric[1:]] or [""]:
        others = [str(dim) for dim in array.dims if dim not in (x, family)]
        for chosen, part in _slices(array, others):
            if not np.isfinite(part.values).any():
                continue
            ordered = part.transpose(family, x) if family else part
            name = "_".join([objective, *([family] if family else []), *chosen])
            title = ", ".join(f"{dim} {value}" for dim, value in zip(others, chosen, strict=True))
            yield name, both_signs(draw_array(readable(ordered), title=title), ordered)
            if family in numeric and min(ordered.shape) >= 4:
                yield f"{name}_map", map_of(ordered, title)


def _slices(
    array: xr.DataArray, others: list[str]
) -> Iterator[tuple[tuple[str, ...], xr.DataArray]]:
    """Yield the array at each place of the other dimensions, with the place in words."""
    for index in np.ndindex(*(array.sizes[dim] for dim in others)):
        at = dict(zip(others, index, strict=True))
        words = tuple(_word(array[dim], i) for dim, i in at.items())
        yield words, array.isel(at)


def _word(coordinate: xr.DataArray, i: int) -> str:
    value = coordinate.values[i]
    if not isinstance(value, str):
        return style.si_text(float(value), coordinate.attrs.get("units", "")).replace(" ", "")
    safe = "".join(c if c.isalnum() else "_" for c in value.lower())
    return f"{i + 1}_{safe}" if coordinate.name == STAGE else safe


def readable(array: xr.DataArray) -> xr.DataArray:
    """Return an array as it is drawn: prefixed units, many sizes of one sign as magnitudes."""
    shown = array.assign_coords({dim: _scaled(array[dim]) for dim in array.dims})
    values = array.values[np.isfinite(array.values)]
    one_sign = bool((values > 0).all() or (values < 0).all())
    if not one_sign or np.abs(values).max() < _DECADES * np.abs(values).min():
        return shown
    found = abs(shown)
    words = array.attrs.get("long_name", array.name)
    sign = "−" if values[0] < 0 else ""
    found.attrs = {**array.attrs, "long_name": f"{sign}{words}", "scale": "log"}
    return found


def both_signs(figure: Figure, array: xr.DataArray) -> Figure:
    """Show numbers of both signs over many sizes on an axis linear near 0, logarithmic beyond."""
    sizes = np.abs(array.values[np.isfinite(array.values) & (array.values != 0.0)])
    mixed = (array.values > 0).any() and (array.values < 0).any()
    if mixed and sizes.max() > _DECADES**2 * sizes.min():
        factor, _ = scale_of(array).factor(array.values)
        near = 10.0 ** np.floor(np.log10(np.quantile(sizes, 0.1) / factor))
        figure.axes[0].set_yscale("symlog", linthresh=near, linscale=0.5)
        figure.axes[0].autoscale(axis="y")  # with the margins of the new scale
    return figure


def _scaled(coordinate: xr.DataArray) -> xr.DataArray:
    """Return a coordinate in the unit it was asked for, else what suits it: 2e-6 m is 2 µm."""
    if coordinate.dtype == object:
        return coordinate
    unit = str(coordinate.attrs.get("units", "1"))
    factor, name = 1.0, unit
    asked = str(coordinate.attrs.get("unit_written", unit))
    here, there = common_unit(asked), common_unit(unit)
    if asked != unit and here and there and here[1] == there[1]:
        factor, name = here[0] / there[0], asked
    elif unit.isalpha():
        factor, name = style.si_scale(np.median(np.abs(coordinate.values)), unit)
    changed = coordinate / factor
    changed.attrs = {**coordinate.attrs, "units": "" if name == "1" else style.printed_unit(name)}
    return changed


def map_of(array: xr.DataArray, title: str) -> Figure:
    """Draw numbers over two parameters as colours, axes ascending and in prefixed units."""
    x, y = array[array.dims[1]], array[array.dims[0]]
    x, y = _scaled(x), _scaled(y)
    columns, rows = np.argsort(x.values), np.argsort(y.values)
    z = array.values[np.ix_(rows, columns)]
    scales = scale_of(x), scale_of(y), scale_of(array)
    return draw_map(x.values[columns], y.values[rows], z, *scales, title=title)


def _scatter(dataset: xr.Dataset, objective: str) -> Figure:
    """Return a panel for each sampled parameter with the objective over it."""
    array = dataset[objective]
    names = [str(n) for n, c in dataset.coords.items() if n != SAMPLE and c.dims == (SAMPLE,)]
    names = [name for name in names if dataset[name].dtype != object] or [SAMPLE]
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    with style.styled():
        figure = style.new_figure(3.6 * columns, 3.0 * rows, layout="constrained")
        panels: Any = np.ravel(figure.subplots(rows, columns, sharey=True, squeeze=False))
        shown, label = scale_of(array).shown(array.values)
        # several stages share the samples
        table = np.atleast_2d(shown) if array.ndim == 1 else shown.reshape(-1, array.shape[-1])
        for panel, name in zip(panels, names, strict=False):
            coordinate = _scaled(dataset[name])
            scale = scale_of(coordinate)
            x, words = scale.shown(coordinate.values)
            for i, line in enumerate(table):
                panel.plot(x, line, ".", ms=4, color=style.colour_of(i))
            panel.set_xlabel(words)
            panel.set_xscale("log" if scale.log else "linear")
            style.clean_axes(panel, grid="both")
        for panel in panels[len(names) :]:
            panel.set_visible(False)
        panels[0].set_ylabel(label)
    return figure
